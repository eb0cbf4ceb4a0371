"""The tables are whole, say what the sources say, and say where they are broken."""

import csv
import importlib.util
import io
import json
import re
import shutil
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

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


def raw(name: str, change: Callable[[bytes], bytes], row: int | None, column: str = "") -> Break:
    """Break a file as a whole; `row` and `column` are what is to be named."""

    def broken(folder: Path) -> tuple[str, int | None, str]:
        path = folder / name
        path.write_bytes(change(path.read_bytes()))
        return name, row, column

    return broken


def line(number: int, change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Change one line of a file (the header is 1)."""

    def changed(text: bytes) -> bytes:
        lines = text.splitlines(keepends=True)
        lines[number - 1] = change(lines[number - 1].rstrip(b"\n")) + b"\n"
        return b"".join(lines)

    return changed


def shaped(name: str, change: Callable[[list[list[str]]], list[list[str]]]) -> Break:
    """Change the cells of a table; the header or its first row is at fault."""

    def broken(folder: Path) -> tuple[str, int, str]:
        old = cells(folder, name)
        write(folder, name, new := change([list(row) for row in old]))
        (place,) = [n for n, (a, b) in enumerate(zip(old[0], new[0], strict=False)) if a != b][:1]
        return f"{name}.csv", 1, old[0][place]

    return broken


def no_file(folder: Path) -> tuple[str, None, str]:
    (folder / "partners.csv").unlink()
    return "partners.csv", None, ""


def a_folder(folder: Path) -> tuple[str, None, str]:
    no_file(folder)
    (folder / "partners.csv").mkdir()
    return "partners.csv", None, ""


def another_table(folder: Path) -> tuple[str, None, str]:
    (folder / "shops.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    return "shops.csv", None, ""


def no_descriptor(folder: Path) -> tuple[str, None, str]:
    (folder / "datapackage.json").unlink()
    return "datapackage.json", None, ""


def described(change: Callable[[dict[str, Any]], object]) -> Break:
    """Change what datapackage.json says."""

    def changed(text: bytes) -> bytes:
        change(package := json.loads(text))
        return json.dumps(package).encode()

    return raw("datapackage.json", changed, None)


def ghost(package: dict[str, Any]) -> None:
    package["resources"].append({**package["resources"][0], "name": "ghost", "path": "ghost.csv"})


def a_table_that_is_not_there(folder: Path) -> tuple[str, None, str]:
    described(ghost)(folder)
    return "ghost.csv", None, ""


def field(package: dict[str, Any], table: int = 0, column: int = 4) -> dict[str, Any]:
    one: dict[str, Any] = package["resources"][table]["schema"]["fields"][column]
    return one


def key_twice(folder: Path) -> tuple[str, int, str]:
    rows = cells(folder, "company")
    write(folder, "company", [*rows[:3], rows[2], *rows[3:]])
    return "company.csv", 4, "metric + period"


def years_out_of_order(folder: Path) -> tuple[str, int, str]:
    rows = cells(folder, "exchange")
    write(folder, "exchange", [*rows[:3], rows[4], rows[3], *rows[5:]])
    return "exchange.csv", 5, "year"


def swapped(rows: list[list[str]]) -> list[list[str]]:
    return [[*row[:4], row[5], row[4], *row[6:]] for row in rows]


def revenue(year: int) -> dict[str, str]:
    return {"metric": "revenue_total", "period": str(year)}


EXCHANGE, DESCRIPTOR = "exchange.csv", "datapackage.json"
RATE = {"period": "2020"}  # stands in row 12
BROKEN: dict[str, tuple[Break, str]] = {  # a kind of fault, and what is to be said of it
    # the files
    "no file": (no_file, "found no file, expected it in "),
    "a folder": (a_folder, "found no readable file .*, expected it in "),
    "a table without a schema": (another_table, "without a schema, expected it in datapackage"),
    "no descriptor": (no_descriptor, "found no file, expected it in "),
    "descriptor not JSON": (raw(DESCRIPTOR, lambda _: b"{", None), "not readable as JSON"),
    "descriptor not text": (raw(DESCRIPTOR, lambda t: b"\xff" + t, None), "not readable as JSON"),
    "descriptor a list": (raw(DESCRIPTOR, lambda _: b"[]", None), "expected a data package"),
    "descriptor empty": (raw(DESCRIPTOR, lambda _: b"{}", None), "expected a data package"),
    "no tables": (described(lambda p: p.update(resources=[])), "expected a list of each"),
    "an unknown table": (a_table_that_is_not_there, "found no file, expected it in "),
    "a table twice": (
        described(lambda p: p["resources"].append(p["resources"][0])),
        "found the path 'company.csv' of 'company', expected each name once",
    ),
    "a table elsewhere": (
        described(lambda p: p["resources"][0].update(path="../company.csv")),
        "found the path '../company.csv'",
    ),
    "a table without fields": (
        described(lambda p: p["resources"][0].pop("schema")),
        "KeyError.'schema'., expected a data package",
    ),
    "an unknown type": (
        described(lambda p: field(p).update(type="money")),
        "column value: found the type 'money' in 'company', expected one of string",
    ),
    "a field twice": (
        described(lambda p: field(p).update(name="metric")),
        "fields of 'company' with one name",
    ),
    "a key of no column": (
        described(lambda p: p["resources"][0]["schema"].update(primaryKey=["metric", "day"])),
        r"found a key of 'company' with \['day'\]",
    ),
    "an unknown rule": (
        described(lambda p: field(p).update(constraints={"pattern": "("})),
        "datapackage.json: .*constraint",
    ),
    # the text
    "empty file": (raw(EXCHANGE, lambda _: b"", 1, "metric"), "an empty file"),
    "blank file": (raw(EXCHANGE, lambda _: b"\n\n", 1, "metric"), "an empty file"),
    "header only": (raw(EXCHANGE, lambda t: t.splitlines()[0], 2, "metric"), "no rows"),
    "Latin-1": (
        raw("claims.csv", line(5, lambda t: t[:4] + b"caf\xe9" + t[4:]), 5, "claim"),
        "byte 0xe9, expected UTF-8 text",
    ),
    "UTF-16": (
        raw(EXCHANGE, lambda t: t.decode().encode("utf-16"), 1, "metric"),
        "byte 0xff, expected UTF-8 text",
    ),
    "UTF-16 without a mark": (
        raw(EXCHANGE, lambda t: t.decode().encode("utf-16-le"), 1),
        r"'\\x00', expected UTF-8 text",
    ),
    "NUL": (raw(EXCHANGE, line(7, lambda t: t + b"\0"), 7), r"'\\x00', expected UTF-8 text"),
    "a lost character": (
        raw(EXCHANGE, line(7, lambda t: t + "\ufffd".encode()), 7),
        r"'\\ufffd', expected UTF-8 text",
    ),
    # the shape
    "no column": (
        shaped("company", lambda rows: [row[:7] + row[8:] for row in rows]),
        "found 'grade', expected the column 'definition'",
    ),
    "a column twice": (
        shaped("company", lambda rows: [[*row[:5], row[4], *row[6:]] for row in rows]),
        "found 'value', expected the column 'bound'",
    ),
    "columns swapped": (shaped("company", swapped), "found 'bound', expected the column 'value'"),
    "a column renamed": (
        shaped("company", lambda rows: [[*rows[0][:4], "Value", *rows[0][5:]], *rows[1:]]),
        "found 'Value', expected the column 'value'",
    ),
    "semicolons": (
        raw(EXCHANGE, lambda t: t.replace(b",", b";"), 1, "metric"),
        "found 'metric;period;.*, expected the column 'metric'",
    ),
    "one column more": (
        raw("claims.csv", line(1, lambda t: t + b",x"), 1, "x"),
        "found 'x', expected no further column",
    ),
    "a comma after the header": (
        raw("claims.csv", line(1, lambda t: t + b","), 1, "without a name"),
        "found '', expected no further column",
    ),
    "a comma after a row": (raw(EXCHANGE, line(9, lambda t: t + b","), 9, "note"), "14 cells"),
    "unquoted comma": (
        raw(EXCHANGE, lambda t: t.replace(b"6.9042", b"6,9042"), 12, "note"),
        r"14 cells, expected 13 \(is a comma unquoted",
    ),
    "a row cut short": (
        raw(EXCHANGE, line(9, lambda t: t[:20]), 9, "year"),
        "3 cells, expected 13",
    ),
    "blank line": (
        raw(EXCHANGE, line(9, lambda t: b"\n" + t), 9, "metric"),
        "a blank line, expected 13 cells",
    ),
    "blank line at the end": (
        raw(EXCHANGE, lambda t: t + b"\n", 17, "metric"),
        "a blank line, expected 13 cells",
    ),
    "a quote not closed": (
        raw(EXCHANGE, line(16, lambda t: t.replace(b"rmb", b'"rmb', 1)), 16),
        "a stray quote .*, expected a cell in quotes",
    ),
    "a quote closed too early": (
        raw(EXCHANGE, line(9, lambda t: t.replace(b"rmb_", b'"rmb"_', 1)), 9),
        "a stray quote .*, expected a cell in quotes",
    ),
    "a line break in a cell": (
        raw(EXCHANGE, line(9, lambda t: t + b'"a\nb"'), 9, "note"),
        r"'a\\nb', expected one line",
    ),
    "a space around a cell": (
        cell("exchange", "unit", "RMB per USD ", **RATE),
        "'RMB per USD ', expected one line without space",
    ),
    # the numbers; the others are below
    **{
        name: (cell("exchange", "value", text, **RATE), f".{re.escape(text)}., expected a number")
        for name, text in {
            "not a number": "nan",
            "infinity": "inf",
            "a huge number": "1e400",
            "a slipped key": "69042000000000000",
            "a thousands separator": "6,904.2",
            "a decimal comma": "6,9042",
            "an apostrophe": "6'904",
            "an underscore": "6_9042",
            "a number with its unit": "6.9 RMB",
            "digits of another script": "\u0666",
            "a hexadecimal": "0x6",
            "a minus of the typesetter": "\N{MINUS SIGN}6.9",
        }.items()
    },
    "a huge whole number": (
        cell("flash_sales", "units", "9" * 30, product="Mi One (pre-orders)"),
        "'9{30}', expected a whole number.*below 1e",
    ),
    "key twice": (key_twice, "a key twice, expected each key once"),
    "years out of order": (years_out_of_order, "found 2012, expected 2013 or later"),
}


@pytest.mark.parametrize(("broken", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_table_says_where(broken: Break, said: str, folder: Path) -> None:
    file, row, column = broken(folder)
    with pytest.raises(data.DataError) as caught:
        data.check(folder)
    place = file + (f", row {row}" if row else "") + (f", column {column}:" if column else "")
    assert str(caught.value).startswith(place)
    assert re.search(said, str(caught.value))
    assert len(str(caught.value)) < 400


SPREADSHEET = {
    "a mark before the text": lambda text: b"\xef\xbb\xbf" + text,
    "lines that end as on Windows": lambda text: text.replace(b"\n", b"\r\n"),
    "both": lambda text: b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"),
    "every cell quoted": lambda text: re.sub(rb"[^,\n]+", rb'"\g<0>"', text),
    "no end of the last line": lambda text: text.rstrip(b"\n"),
}


@pytest.mark.parametrize("change", SPREADSHEET.values(), ids=SPREADSHEET)
def test_what_a_spreadsheet_does_to_a_file_is_read_right(
    change: Callable[[bytes], bytes], folder: Path
) -> None:
    good = data.table("exchange", folder).drop(columns="source_title")
    path = folder / EXCHANGE
    text = re.sub(rb'"[^"\n]*"', b"a title", path.read_bytes())
    path.write_bytes(change(text))
    data.check(folder)
    pd.testing.assert_frame_equal(data.table("exchange", folder)[good.columns], good)


AGAINST_THE_SCHEMA = [  # the cell, and what is to be said of it
    (cell("company", "value", "about 67", **revenue(2015)), "'about 67', expected a number like"),
    (
        cell("company", "value", "", **revenue(2016)),
        "empty cell, expected a number like 1234.5, not empty",
    ),
    (cell("company", "year", "2017.5", **revenue(2017)), "'2017.5', expected a whole number"),
    (cell("company", "year", "1999", **revenue(2018)), "at least 2010"),
    (cell("company", "unit", "RMB billion", **revenue(2019)), "expected one of % | "),
    (cell("company", "definition", "", **revenue(2020)), "empty cell, expected text, not empty"),
    (cell("company", "grade", "recalled", **revenue(2021)), "expected one of verified | derived"),
    (cell("company", "source_url", "xiaomi", **revenue(2022)), "'xiaomi', expected an address"),
    (cell("exchange", "value", "0", period="2020"), "expected a number like 1234.5, at least 1"),
    (cell("claims", "id", "24", id="C24"), "'24', expected text, like C[0-9]{2}"),
    (cell("claims", "judgement", "true", id="C05"), "'true', expected one of confirmed | partly"),
]
BEYOND_THE_SCHEMA = [
    (cell("company", "unit", "USD bn", **revenue(2016)), "'USD bn', expected 'RMB bn' as above"),
    (cell("company", "metric", "turnover", **revenue(2017)), "'turnover', expected a metric"),
    (
        cell("company", "period", "late 2018", **revenue(2018)),
        "'late 2018', expected a year like 2020",
    ),
    (
        cell("company", "period", "31.12.2021", metric="revenue_total", period="2021"),
        "'31.12.2021', expected a year like 2020",
    ),
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


def test_faults_are_listed_together_up_to_a_limit(folder: Path) -> None:
    rows = cells(folder, "company")
    write(folder, "company", [rows[0], *([*row[:4], "x", *row[5:]] for row in rows[1:])])
    with pytest.raises(data.DataError) as caught:
        data.check(folder)
    lines = str(caught.value).splitlines()
    assert len(lines) == 21
    expected = "expected a number like 1234.5, not empty"
    assert lines[0] == f"company.csv, row 2, column value: found 'x', {expected}"
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
