"""The tables are whole, say what the sources say, and say where they are broken."""

import csv
import importlib.util
import io
import re
import shutil
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from coalescence import data

TABLES = ["company", "partners", "exchange", "claims", "verification"]


def cells(folder: Path, name: str) -> list[list[str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def write(folder: Path, name: str, rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    (folder / f"{name}.csv").write_text(text.getvalue(), encoding="utf-8", newline="")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package with a tenth of its rows, so that checking it is quick."""
    small = Path(shutil.copytree(data.FOLDER, tmp_path_factory.mktemp("small") / "data"))
    few = {"company": {"revenue_total", "smartphones_sold"}, "partners": {"Zimi"}}
    few["claims"] = {f"C{n:02d}" for n in (1, 2, 3, 4, 5, 24)}
    for name, kept in few.items():
        head, *rows = cells(small, name)
        write(small, name, [head, *(row for row in rows if row[0] in kept)])
    return small


@pytest.fixture
def folder(small: Path, tmp_path: Path) -> Path:
    """A copy to break."""
    return Path(shutil.copytree(small, tmp_path / "data"))


def row_of(folder: Path, name: str, **where: str) -> int:
    """The row in the file (the header is 1) where the columns hold these values."""
    head, *rows = cells(folder, name)
    hits = [
        n for n, r in enumerate(rows, 2) if all(r[head.index(k)] == v for k, v in where.items())
    ]
    assert len(hits) == 1
    return hits[0]


# ------------------------------------------------------------------------------ the tables as kept


def test_the_package_is_valid(small: Path) -> None:
    data.check()
    data.check(small)


@pytest.mark.parametrize("name", TABLES)
def test_the_files_are_utf8_with_unix_lines_and_a_stable_form(name: str, tmp_path: Path) -> None:
    before = (data.FOLDER / f"{name}.csv").read_bytes()
    write(tmp_path, name, cells(data.FOLDER, name))
    assert (tmp_path / f"{name}.csv").read_bytes() == before
    assert b"\r" not in before


@pytest.mark.parametrize("name", TABLES)
def test_columns_are_typed_as_the_dictionary_says(name: str) -> None:
    frame, words = data.table(name), data.dictionary()
    words = words[words["table"] == name].set_index("column")
    assert list(frame.columns) == list(words.index)
    assert words[["unit", "description"]].map(lambda text: bool(text.strip())).all(axis=None)
    for column, kind in words["type"].items():
        dtypes = {"number": {"float64"}, "integer": {"int64", "Int64"}, "string": {"str"}}
        assert str(frame[str(column)].dtype) in dtypes[str(kind)]


def test_a_table_is_a_copy() -> None:
    mine = data.table("claims")
    mine.loc[0, "claim"] = "changed"
    assert data.claim("C01").claim != "changed"


def test_a_fact_stands_in_one_table_only() -> None:
    company, partners = data.table("company"), data.table("partners")
    whole = partners[partners["company"] == "ALL"]
    assert not set(company["metric"]) & set(whole["metric"])
    assert not company["metric"].str.contains("soocas|viomi|yeelight|investees").any()


def test_nothing_recalled_is_kept() -> None:
    for name in ("company", "partners", "exchange"):
        frame = data.table(name)
        assert set(frame["grade"]) <= {"verified", "derived"}
        assert (
            not frame[["note", "source_title"]]
            .apply(lambda c: c.str.contains("recall"))
            .any(axis=None)
        )


def test_the_ledger_has_every_claim_and_a_closed_vocabulary() -> None:
    claims = data.table("claims")
    assert list(claims["id"]) == [f"C{n:02d}" for n in range(1, 37)]
    words = {"confirmed", "partly", "contested", "out of date", "not checkable", "note"}
    assert set(claims["judgement"]) == words
    assert data.claim("C24").judgement == "partly"
    with pytest.raises(KeyError, match="C01 to C36"):
        data.claim("C99")


def test_references_have_unique_keys() -> None:
    keys = re.findall(r"^@\w+\{([^,]+),", (data.FOLDER / "references.bib").read_text("utf-8"), re.M)
    assert len(keys) == len(set(keys)) > 30
    assert {"bass1969", "jensenmeckling1976", "yang2021"} <= set(keys)


# --------------------------------------------------------------- the figures against the sources

COMPANY = [  # metric, period, value, unit, definition as the source gives it
    ("revenue_total", "2014", 74.3, "RMB bn", "company sales with tax"),
    ("revenue_total", "2015", 66.811, "RMB bn", "IFRS"),
    ("revenue_total", "2017", 114.625, "RMB bn", "IFRS"),
    ("revenue_total", "2020", 245.87, "RMB bn", "IFRS"),
    ("revenue_total", "2022", 280.04402, "RMB bn", "IFRS"),
    ("revenue_total", "2024", 365.9064, "RMB bn", "IFRS"),
    ("revenue_iot", "2020", 67.4, "RMB bn", "IFRS, segment"),
    ("revenue_internet", "2017", 9.896, "RMB bn", "IFRS, segment"),
    ("adjusted_net_profit", "2015", -0.3039, "RMB bn", "non-IFRS, as adjusted by the company"),
    ("adjusted_net_profit", "2017", 5.3619, "RMB bn", "non-IFRS, as adjusted by the company"),
    ("smartphones_sold", "2016", 55.41, "million", "company figure"),
    ("smartphones_sold", "2024", 168.5, "million", "company figure"),
    ("iot_connected_devices", "2019-09-30", 213, "million", "excl. smartphones and laptops"),
    ("iot_connected_devices", "2020-12-31", 324.8, "million", "excl. smartphones and laptops"),
    (
        "iot_connected_devices",
        "2021-12-31",
        434,
        "million",
        "excl. smartphones, tablets and laptops",
    ),
    ("miui_mau", "2017-12", 171, "million", "monthly active users, world"),
    ("mi_home_stores_china", "2016-12", 54, "stores", "Mi Home stores, mainland China"),
    ("gross_margin_smartphones", "2023", 14.6, "%", "gross, segment"),
    ("gross_margin_iot", "2023", 16.3, "%", "gross, segment"),
    ("gross_margin_hardware", "2016", 4.4, "%", "gross, smartphones and IoT together"),
]


@pytest.mark.parametrize(("metric", "period", "value", "unit", "definition"), COMPANY)
def test_a_chosen_figure(
    metric: str, period: str, value: float, unit: str, definition: str
) -> None:
    rows = data.series(metric, kind=None)
    row = rows[rows["period"] == period].iloc[0]
    assert (row["value"], row["unit"], row["definition"]) == (value, unit, definition)


PARTNERS = [
    ("Zimi", "stake_xiaomi", [22.47, 49.91, 100]),
    ("Huami", "stake_xiaomi", [19.3]),
    ("Huami", "stake_shunwei", [20.4]),
    ("Roborock", "stake_xiaomi", [11.85]),
    ("Roborock", "revenue_share_xiaomi", [100, 90.36, 50.17, 0.35]),
    ("Roborock", "revenue", [183, 1119, 3051, 4200]),
    ("Ninebot", "revenue_share_xiaomi", [73.76, 57.31, 52.33, 32.29]),
    ("Viomi", "revenue", [312.5, 873.2, 2561.2, 4647.5, 5825.6, 5303.8, 3232.7, 2493.4]),
    ("ALL", "investees", [210, 270, 290, 300, 310, 320, 330, 360, 390, 400]),
    ("ALL", "typical_stake_low", [10, 20]),
    ("ALL", "typical_stake_high", [20, 25]),
]


@pytest.mark.parametrize(("company", "metric", "values"), PARTNERS)
def test_a_partner_through_time(company: str, metric: str, values: list[float]) -> None:
    assert list(data.series(metric, "partners", None, company=company)["value"]) == values


@pytest.mark.parametrize(
    ("year", "usd"), [(2014, 12.06), (2015, 10.63), (2017, 16.96), (2020, 35.61), (2024, 50.85)]
)
def test_dollars_are_renminbi_over_the_rate(year: int, usd: float) -> None:
    revenue = data.series("revenue_total").set_index("year")["value"]
    rate = data.series("rmb_per_usd", "exchange").set_index("year")["value"]
    assert revenue[year] / rate[year] == pytest.approx(usd, abs=0.005)


def test_printed_dollars_fit_the_rate_of_their_time() -> None:
    printed = data.series("revenue_total_usd").set_index("year")["value"]
    revenue = data.series("revenue_total").set_index("year")["value"]
    rate = data.series("rmb_per_usd", "exchange").set_index("year")["value"]
    assert (revenue / printed / rate).dropna().between(0.93, 1.07).all()
    assert not data.table("company")["metric"].str.contains("avg_rate").any()


def test_quarters_add_up_and_shares_fit() -> None:
    for metric in ("revenue_total", "smartphones_sold", "adjusted_net_profit", "rnd_expense"):
        rows = data.series(metric, kind=None).set_index("period")["value"]
        quarters = rows[["2025Q1", "2025Q2", "2025Q3"]].sum()
        assert quarters == pytest.approx(rows["2025 Jan-Sep"], rel=0.005)
    total = data.series("revenue_total").set_index("year")["value"]
    for part in ("smartphones", "iot", "internet"):
        share = data.series(f"revenue_{part}_share").set_index("year")["value"]
        computed = 100 * data.series(f"revenue_{part}").set_index("year")["value"] / total
        assert computed[share.index].to_numpy() == pytest.approx(share.to_numpy(), abs=0.2)


# ---------------------------------------------------------------------------------------- choosing


def test_annual_rows_are_one_a_year_and_breaks_show() -> None:
    for table in ("company", "partners", "exchange"):
        frame = data.table(table)
        annual = frame[frame["period"].str.fullmatch(r"\d{4}(-12(-31)?)?")]
        key = [c for c in ("company", "metric", "year") if c in frame]
        assert not annual.duplicated(key).any()
    revenue = data.series("revenue_total")
    assert list(revenue["year"]) == list(range(2012, 2025))
    assert set(revenue[revenue["year"] < 2015]["definition"]) == {"company sales with tax"}
    assert set(revenue[revenue["year"] >= 2015]["definition"]) == {"IFRS"}
    devices = data.series("iot_connected_devices", kind=None)
    eras = devices["year"].map(lambda year: (year >= 2018) + (year >= 2021))
    by_era = [set(devices[eras == era]["definition"]) for era in range(3)]
    assert not by_era[0] & by_era[1]
    assert not by_era[1] & by_era[2]
    assert [len(definitions) for definitions in by_era[1:]] == [1, 1]


def test_series_is_told_apart_by_kind() -> None:
    assert set(data.series("revenue_total", kind="quarter")["period_kind"]) == {"quarter"}
    assert list(data.series("revenue_total", kind="half")["period"]) == ["2013H1", "2025H1"]


@pytest.mark.parametrize(
    ("metric", "options", "said"),
    [
        ("revenue_totl", {}, "revenue_total"),
        ("revenue_iot_lifestyle", {}, "revenue_iot"),
        ("founding", {}, "month"),
        ("stake_xiaomi", {"table": "partners", "kind": None, "company": "Apple"}, "Apple"),
        ("revenue_total", {"colour": "red"}, "colour"),
    ],
)
def test_a_metric_that_is_not_there(metric: str, options: dict[str, str], said: str) -> None:
    with pytest.raises(KeyError, match=said):
        data.series(metric, **options)


def test_words() -> None:
    assert data.words("revenue_total") == "Revenue (RMB bn)"
    assert data.words("rmb_per_usd", "exchange") == "Renminbi per US dollar (RMB per USD)"
    with pytest.raises(KeyError, match="the tables are company"):
        data.table("phones")


# ---------------------------------------------------------------------------------- broken tables

Break = Callable[[Path], tuple[str, int | None, str]]  # breaks; says file, row, column to be named


def cell(name: str, column: str, value: str, **where: str) -> Break:
    def broken(folder: Path) -> tuple[str, int, str]:
        row, rows = row_of(folder, name, **where), cells(folder, name)
        rows[row - 1][rows[0].index(column)] = value
        write(folder, name, rows)
        return f"{name}.csv", row, column

    return broken


def no_file(folder: Path) -> tuple[str, None, str]:
    (folder / "partners.csv").unlink()
    return "partners.csv", None, ""


def no_descriptor(folder: Path) -> tuple[str, None, str]:
    (folder / "datapackage.json").unlink()
    return "datapackage.json", None, ""


def bad_descriptor(folder: Path) -> tuple[str, None, str]:
    (folder / "datapackage.json").write_text("{", encoding="utf-8")
    return "datapackage.json", None, ""


def empty_file(folder: Path) -> tuple[str, int, str]:
    (folder / "exchange.csv").write_bytes(b"")
    return "exchange.csv", 1, "metric"


def header_only(folder: Path) -> tuple[str, int, str]:
    write(folder, "exchange", cells(folder, "exchange")[:1])
    return "exchange.csv", 2, "metric"


def no_column(folder: Path) -> tuple[str, int, str]:
    rows = cells(folder, "company")
    write(folder, "company", [row[:7] + row[8:] for row in rows])
    return "company.csv", 1, rows[0][7]


def one_column_more(folder: Path) -> tuple[str, int, str]:
    write(folder, "claims", [[*row, "x"] for row in cells(folder, "claims")])
    return "claims.csv", 1, "x"


def wrong_encoding(folder: Path) -> tuple[str, int, str]:
    rows = cells(folder, "claims")
    rows[4][1] = "caf\u00e9"
    write(folder, "claims", rows)
    path = folder / "claims.csv"
    path.write_bytes(path.read_bytes().replace("caf\u00e9".encode(), b"caf\xe9"))
    return "claims.csv", 5, "claim"


def unquoted_comma(folder: Path) -> tuple[str, int, str]:
    path, row = folder / "exchange.csv", row_of(folder, "exchange", period="2020")
    path.write_text(path.read_text("utf-8").replace("6.9042", "6,9042"), encoding="utf-8")
    return "exchange.csv", row, "note"


def key_twice(folder: Path) -> tuple[str, int, str]:
    rows = cells(folder, "company")
    write(folder, "company", [*rows[:3], rows[2], *rows[3:]])
    return "company.csv", 4, "metric + period"


def revenue(year: int) -> dict[str, str]:
    return {"metric": "revenue_total", "period": str(year)}


BROKEN: dict[str, Break] = {
    "no file": no_file,
    "no descriptor": no_descriptor,
    "bad descriptor": bad_descriptor,
    "empty file": empty_file,
    "header only": header_only,
    "no column": no_column,
    "one column more": one_column_more,
    "wrong encoding": wrong_encoding,
    "unquoted comma": unquoted_comma,
    "key twice": key_twice,
    "not finite": cell("company", "value", "nan", **revenue(2020)),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_broken_table_says_where(broken: Break, folder: Path) -> None:
    file, row, column = broken(folder)
    with pytest.raises(data.DataError) as caught:
        data.check(folder)
    place = file + (f", row {row}, column {column}:" if row else "")
    assert str(caught.value).startswith(place)
    assert re.search("expected|JSON", str(caught.value))


AGAINST_THE_SCHEMA = [  # the cell, and what is to be said of it
    (cell("company", "value", "about 67", **revenue(2015)), "'about 67', expected a number"),
    (cell("company", "value", "", **revenue(2016)), "empty cell, expected a number, not empty"),
    (cell("company", "year", "2017.5", **revenue(2017)), "'2017.5', expected a whole number"),
    (cell("company", "year", "1999", **revenue(2018)), "at least 2010"),
    (cell("company", "unit", "RMB billion", **revenue(2019)), "expected one of % | "),
    (cell("company", "definition", "", **revenue(2020)), "empty cell, expected text, not empty"),
    (cell("company", "grade", "recalled", **revenue(2021)), "expected one of verified | derived"),
    (cell("company", "source_url", "xiaomi", **revenue(2022)), "'xiaomi', expected an address"),
    (cell("exchange", "value", "0", period="2020"), "expected a number, at least 1"),
    (cell("claims", "id", "24", id="C24"), "'24', expected text, like C[0-9]{2}"),
    (cell("claims", "judgement", "true", id="C05"), "'true', expected one of confirmed | partly"),
]
BEYOND_THE_SCHEMA = [
    (cell("company", "unit", "USD bn", **revenue(2016)), "'USD bn', expected 'RMB bn' as above"),
    (cell("company", "metric", "turnover", **revenue(2017)), "'turnover', expected a metric"),
    (cell("company", "period", "late 2018", **revenue(2018)), "'late 2018', expected a year"),
    (cell("company", "year", "2020", **revenue(2019)), "2020, expected the year of '2019'"),
    (
        cell("company", "value", "-55", metric="smartphones_sold", period="2016"),
        "-55, expected no negative number of million",
    ),
]


@pytest.mark.parametrize("many", [AGAINST_THE_SCHEMA, BEYOND_THE_SCHEMA], ids=["schema", "series"])
def test_every_broken_cell_is_named(many: list[tuple[Break, str]], folder: Path) -> None:
    places = [(broken(folder), said) for broken, said in many]
    with pytest.raises(data.DataError) as caught:
        data.check(folder)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(places)
    for (file, row, column), said in places:
        (line,) = (one for one in lines if one.startswith(f"{file}, row {row}, column {column}: "))
        assert said in line


def test_years_that_do_not_ascend(folder: Path) -> None:
    rows = cells(folder, "exchange")
    write(folder, "exchange", [*rows[:3], rows[4], rows[3], *rows[5:]])
    with pytest.raises(data.DataError, match=r"exchange\.csv, row 5, column year: found 2012"):
        data.check(folder)


def test_faults_are_listed_together_up_to_a_limit(folder: Path) -> None:
    rows = cells(folder, "company")
    write(folder, "company", [rows[0], *([*row[:4], "x", *row[5:]] for row in rows[1:])])
    with pytest.raises(data.DataError) as caught:
        data.check(folder)
    lines = str(caught.value).splitlines()
    assert len(lines) == 21
    assert lines[0] == "company.csv, row 2, column value: found 'x', expected a number, not empty"
    assert lines[-1] == f"... and {len(rows) - 21} more"


def test_a_kernel_needs_no_frictionless(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "frictionless", None)
    assert len(data.table("exchange")) == 15
    file, row, column = cell("company", "value", "1,2", **revenue(2020))(folder)
    with pytest.raises(data.DataError, match=f"{file}, row {row}, column {column}: found '1,2'"):
        data.table("company", folder)


def test_a_wheel_brings_its_own_tables(tmp_path: Path) -> None:
    package = tmp_path / "coalescence"
    shutil.copytree(data.FOLDER, package / "tables")
    shutil.copy(str(data.__file__), package)
    (tmp_path / "data").mkdir()  # another package's folder beside ours
    spec = importlib.util.spec_from_file_location("wheel_data", package / "data.py")
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(wheel := importlib.util.module_from_spec(spec))
    assert package / "tables" == wheel.FOLDER
    assert len(wheel.table("claims")) == 36


# ------------------------------------------------------------------------------ tables for readers


class Page(HTMLParser):
    """Collects the tags and, for each header cell, its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.heads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "th":
            self.heads.append("")

    def handle_data(self, text: str) -> None:
        if self.heads and self.tags[-1][0] == "th":
            self.heads[-1] += text


def test_a_shown_table_is_accessible() -> None:
    frame = pd.DataFrame(
        {
            "source_title": ["<b>A & B</b>", ""],
            "value": [-136854.5, 0.25],
            "year": [2020, 2021],
            "source_url": ["https://example.org/a?b=1&c", "javascript:alert(1)"],
        }
    )
    shown = data.show(frame, "Sales <of> phones")
    page = Page()
    page.feed(text := shown._repr_html_())
    assert page.tags[0] == (
        "div",
        {
            "class": "cb-table",
            "tabindex": "0",
            "role": "region",
            "aria-label": "Sales <of> phones",
        },
    )
    assert "<caption>Sales &lt;of&gt; phones</caption>" in text
    assert all(head.strip() for head in page.heads)
    assert [a["scope"] for tag, a in page.tags if tag == "th"] == ["col"] * 4 + ["row"] * 2
    assert [a["href"] for tag, a in page.tags if tag == "a"] == ["https://example.org/a?b=1&c"]
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in text
    assert "<b>" not in text
    assert '<td class="cb-number">−136,854.5</td>' in text
    assert '<td class="cb-number">2020</td>' in text
    assert set(shown._repr_mimebundle_()) == {"text/html", "text/plain"}


def test_a_shown_table_drops_a_nameless_index_and_keeps_a_named_one() -> None:
    rows = data.series("revenue_total")[["year", "value"]]
    assert data.show(rows).frame.columns.tolist() == ["year", "value"]
    assert data.show(rows.set_index("year")).frame.columns.tolist() == ["year", "value"]
    assert 'aria-label="Table of year, value"' in data.show(rows)._repr_html_()
