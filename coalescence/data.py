"""Which figures does the casebook rest on, and who says so?

The tables and their schema are a Frictionless Data Package: `data/*.csv` beside
`data/datapackage.json`. A kernel needs pandas only; `check` needs frictionless as well. A course
puts another company's tables into `data/course/`: each takes the place of its namesake.
"""

import csv
import difflib
import functools
import html
import io
import json
import os
import re
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pandas as pd

_HOME = Path(__file__).parent
_CHECKOUT = _HOME.parent / "data"
TABLES = "CASEBOOK_TABLES"  # set to "casebook", it leaves the tables of `data/course/` aside
FOLDER = _CHECKOUT if (_CHECKOUT / "datapackage.json").is_file() else _HOME / "tables"

_PERIODS = {  # how the period of each kind is written, and an example
    "year": (r"\d{4}", "2020"),
    "half": (r"\d{4}H[12]", "2020H1"),
    "quarter": (r"\d{4}Q[1-4]", "2020Q3"),
    "month": (r"(before )?\d{4}-(0[1-9]|1[0-2])", "2020-09"),
    "date": (r"\d{4}-\d{2}-\d{2}", "2020-09-30"),
    "span": (r"\d{4} [A-Z][a-z]{2}-[A-Z][a-z]{2}|\d{4}-\d{4}", "2020 Jan-Sep"),
    "undated": ("undated", "undated"),
}
_TYPES = {"string": "text", "integer": "a whole number", "number": "a number like 1234.5"}
_NUMBERS = {"integer": r"[+-]?\d+", "number": r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"}
_LARGEST = 1e15  # no figure of this casebook comes near; a slipped key does
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffd]")
_YEAR_END = r"\d{4}(-12(-31)?)?"  # a whole year, or a stock at its end
_SIGNED = {"RMB bn", "RMB m", "USD bn", "USD m", "%", "% change"}  # units that may fall below zero


class DataError(ValueError):
    """Something is wrong in `data/`; each line names file, row and column."""


def _fault(file: str, row: int | None, column: str | None, found: str, expected: str) -> str:
    place = [file, f"row {row}" if row else "", f"column {column}" if column else ""]
    return f"{', '.join(filter(None, place))}: found {found}, expected {expected}"


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        found = "no file"
    except OSError as wrong:
        found = f"no readable file ({wrong.strerror})"
    raise DataError(_fault(path.name, None, None, found, f"it in {path.parent}"))


@functools.cache
def _package(folder: Path) -> dict[str, Any]:
    """The descriptor of the package in `folder`, of the shape that the rest relies on."""
    raw = _bytes(folder / "datapackage.json")
    try:
        package: dict[str, Any] = json.loads(raw)
    except (ValueError, RecursionError) as wrong:
        raise DataError(f"datapackage.json: not readable as JSON ({wrong})") from None
    try:
        for fault in _broken_descriptor(package):
            raise DataError(fault)
    except (KeyError, TypeError, AttributeError) as wrong:
        expected = "a data package with resources, their schema and fields, and gaps"
        raise DataError(_fault("datapackage.json", None, None, repr(wrong), expected)) from None
    own = folder / "course"
    if os.environ.get(TABLES) != "casebook" and own.is_dir():
        _lay_over(package, own)
    return package


def _lay_over(package: dict[str, Any], own: Path) -> None:
    """Put a course's tables in the place of their namesakes, and its metrics beside the others."""
    tables = {resource["name"]: resource for resource in package["resources"]}
    for path in sorted(own.glob("*.csv")):
        if path.stem in tables:
            tables[path.stem]["path"] = f"course/{path.name}"
        elif path.stem != "metrics":
            expected = f"one of {', '.join(f'{name}.csv' for name in tables)}, or metrics.csv"
            raise DataError(_fault(f"course/{path.name}", None, None, "this file", expected))
    if not (own / "metrics.csv").exists():
        return
    keys = ["table", "metric", "label", "unit"]
    with (own / "metrics.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows, 2):
        place = functools.partial(_fault, "course/metrics.csv", number)
        if list(row) != keys or not all(row.values()):
            raise DataError(place(None, str(list(row.values())), "a " + ", a ".join(keys)))
        fields = tables.get(row["table"], {"schema": {"fields": []}})["schema"]["fields"]
        named = {field["name"]: field for field in fields}
        if "metric" not in named:
            kept = ", ".join(name for name in tables if _has_metrics(tables[name]))
            raise DataError(place("table", repr(row["table"]), f"one of {kept}"))
        named["metric"]["categories"].append({"value": row["metric"], "label": row["label"]})
        units = named["unit"]["constraints"]["enum"]
        units += [row["unit"]] if row["unit"] not in units else []


def _has_metrics(resource: Mapping[str, Any]) -> bool:
    return any(field["name"] == "metric" for field in resource["schema"]["fields"])


def _broken_descriptor(package: dict[str, Any]) -> Iterator[str]:
    seen = set[str]()
    for resource in package["resources"]:
        fault = functools.partial(_fault, "datapackage.json", None)
        name, fields = resource["name"], resource["schema"]["fields"]
        if resource["path"] != f"{name}.csv" or name in seen:
            yield fault(None, f"the path {resource['path']!r} of {name!r}", "each name once, in it")
        seen.add(name)
        if len({field["name"] for field in fields}) < max(len(fields), 1):
            yield fault(None, f"fields of {name!r} with one name", "each column once")
        for field in fields:
            if field["type"] not in _TYPES:
                expected = f"one of {' | '.join(_TYPES)}"
                yield fault(field["name"], f"the type {field['type']!r} in {name!r}", expected)
            for word in ("unit", "description"):
                field[word].strip()
        for field in fields if {"metric", "period"} <= {one["name"] for one in fields} else ():
            if field["name"] == "metric":
                {one["value"]: one["label"] for one in field["categories"]}
        if unknown := {*resource["schema"].get("primaryKey", ())} - {f["name"] for f in fields}:
            yield fault(None, f"a key of {name!r} with {sorted(unknown)}", "columns of the table")
    if not seen or not isinstance(package["gaps"], list):
        yield _fault("datapackage.json", None, None, "no resources or gaps", "a list of each")


def _resource(name: str, folder: Path) -> dict[str, Any]:
    tables = {resource["name"]: resource for resource in _package(folder)["resources"]}
    if name not in tables:
        raise KeyError(f"there is no table {name!r}; the tables are {', '.join(tables)}")
    resource: dict[str, Any] = tables[name]
    return resource


def _fields(name: str, folder: Path) -> list[dict[str, Any]]:
    fields: list[dict[str, Any]] = _resource(name, folder)["schema"]["fields"]
    return fields


def swapped(folder: Path | None = None) -> list[str]:
    """The tables that a course has put in the place of the casebook's."""
    resources = _package(Path(folder or FOLDER))["resources"]
    return [one["name"] for one in resources if one["path"].startswith("course/")]


def metrics(name: str, folder: Path | None = None) -> tuple[set[str], set[str]]:
    """The metrics that a table's schema knows, and those it has rows of; none if it has no such."""
    folder = Path(folder or FOLDER)
    if not _has_metrics(_resource(name, folder)):
        return set(), set()
    return set(_categories(name, folder)), set(_read(name, folder)["metric"])


def tables(folder: Path | None = None) -> list[str]:
    """The names of all tables."""
    return [resource["name"] for resource in _package(Path(folder or FOLDER))["resources"]]


def _rows(name: str, folder: Path) -> list[tuple[int, dict[str, str]]]:
    """The cells of a table as text, each row with its number in the file (the header is 1)."""
    file, columns = _resource(name, folder)["path"], [f["name"] for f in _fields(name, folder)]
    raw = _bytes(folder / file)
    try:
        text = raw.decode("utf-8-sig")  # spreadsheets put a mark before the text
    except UnicodeDecodeError as wrong:
        row, line = raw.count(b"\n", 0, wrong.start) + 1, raw[: wrong.start].rpartition(b"\n")[2]
        column = columns[min(len(next(csv.reader([line.decode()]), [])) or 1, len(columns)) - 1]
        bad = f"byte 0x{raw[wrong.start]:02x}"
        raise DataError(_fault(file, row, column, bad, "UTF-8 text")) from None
    if strange := _CONTROL.search(text):
        row, bad = text.count("\n", 0, strange.start()) + 1, f"the character {strange[0]!a}"
        raise DataError(_fault(file, row, None, bad, "UTF-8 text without it"))
    if not text.strip():
        raise DataError(_fault(file, 1, columns[0], "an empty file", "a header and rows"))
    (_, header), *lines = _lines(file, text)
    for want, have in zip_longest(columns, header):
        if want != have:
            wanted = f"the column {want!r}" if want else "no further column"
            found = "none" if have is None else repr(have)
            raise DataError(_fault(file, 1, want or have or "without a name", found, wanted))
    rows = []
    for row, cells in lines:
        fault = functools.partial(_fault, file, row)
        if not cells:
            raise DataError(fault(columns[0], "a blank line", f"{len(columns)} cells"))
        if len(cells) != len(columns):
            column = columns[min(len(cells), len(columns) - 1)]
            count = f"{len(columns)} (is a comma unquoted?)"
            raise DataError(fault(column, f"{len(cells)} cells", count))
        for column, cell in zip(columns, cells, strict=True):
            if cell != cell.strip() or "\n" in cell or "\r" in cell:
                raise DataError(fault(column, repr(cell), "one line without space around it"))
        rows.append((row, dict(zip(columns, cells, strict=True))))
    if not rows:
        raise DataError(_fault(file, 2, columns[0], "no rows", "at least one"))
    return rows


def _lines(file: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line, with the number of the line at which they begin."""
    reader, row = csv.reader(io.StringIO(text, newline=""), strict=True), 1
    try:
        for cells in reader:
            yield row, cells
            row = reader.line_num + 1
    except csv.Error as wrong:
        expected = 'a cell in quotes that ends with its quote, and "" for a quote in it'
        raise DataError(_fault(file, row, None, f"a stray quote ({wrong})", expected)) from None


def _number(text: str, kind: str) -> float | int | None:
    """The number that a cell holds, None if it is empty; ValueError if it is neither."""
    if not text:
        return None
    if not re.fullmatch(_NUMBERS[kind], text, re.ASCII):
        raise ValueError(text)
    number = int(text) if kind == "integer" else float(text)
    if not abs(number) < _LARGEST:
        raise ValueError(text)
    return number


@functools.cache
def _read(name: str, folder: Path) -> pd.DataFrame:
    rows, frame = _rows(name, folder), pd.DataFrame()
    for field in _fields(name, folder):
        column, kind = field["name"], field["type"]
        if kind == "string":
            frame[column] = pd.Series([cells[column] for _, cells in rows], dtype="str")
            continue
        numbers = []
        for row, cells in rows:
            try:
                numbers.append(_number(cells[column], kind))
            except ValueError:
                found, expected = repr(cells[column]), f"{_expected(field)}, below {_LARGEST:.0e}"
                file = _resource(name, folder)["path"]
                raise DataError(_fault(file, row, column, found, expected)) from None
        whole = "Int64" if None in numbers else "int64"
        frame[column] = pd.Series(numbers, dtype=whole if kind == "integer" else "float64")
    return frame


def _expected(field: Mapping[str, Any]) -> str:
    """What the schema wants in a cell, in words."""
    rule = field.get("constraints", {})
    words = _TYPES[field["type"]]
    if "enum" in rule:
        words = "one of " + " | ".join(rule["enum"])
    if field.get("format") == "uri":
        return "an address (https://...)"
    for key, sign in {"minimum": "at least", "maximum": "at most", "pattern": "like"}.items():
        words += f", {sign} {rule[key]}" if key in rule else ""
    words += ", no value twice" if rule.get("unique") else ""
    return words + (", not empty" if rule.get("required") else "")


def table(name: str, folder: Path | None = None) -> pd.DataFrame:
    """A whole table, typed as its schema says: one of company, partners, industry, claims …"""
    return _read(name, Path(folder or FOLDER)).copy()


def series(
    metric: str,
    table: str = "company",
    kind: str | None = "year",
    *,
    folder: Path | None = None,
    **where: str,
) -> pd.DataFrame:
    """The rows of one metric, by year; `where` names columns, such as company="Huami".

    kind "year" gives whole years and, for stocks, the ends of years; any other kind the rows of
    that period_kind; None gives all. Rows with different definitions are not one line.
    """
    frame = _read(table, Path(folder or FOLDER))
    known = sorted(frame["metric"].unique())
    if metric not in known:
        stems = {word for word in metric.lower().split("_") if len(word) > 2}
        near = difflib.get_close_matches(metric, known, 5, 0.5)
        near += [name for name in known if stems & set(name.split("_")) and name not in near]
        file = _resource(table, Path(folder or FOLDER))["path"]
        where_not = f" ({file})" if file.startswith("course/") else ""
        nearest = ", ".join(near or known)
        raise KeyError(f"{table} has no metric {metric!r}{where_not}; near: {nearest}")
    rows = frame[frame["metric"] == metric]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    found = sorted(rows["period_kind"].unique())
    if kind == "year":
        rows = rows[rows["period"].str.fullmatch(_YEAR_END)]
    elif kind is not None:
        rows = rows[rows["period_kind"] == kind]
    if rows.empty:
        asked = ", ".join([f"kind={kind!r}", *(f"{k}={v!r}" for k, v in where.items())])
        raise KeyError(f"{metric} has no rows of {asked}; kinds: {', '.join(found) or 'none'}")
    rows = rows.sort_values("year", kind="stable", ignore_index=True)
    whole = rows if rows["year"].isna().any() else rows.astype({"year": "int64"})
    first = ["year", "value", "unit", "definition"]
    return whole[[*first, *(column for column in whole if column not in first)]]


def claim(id: str, folder: Path | None = None) -> "pd.Series[Any]":
    """One row of the claims ledger, such as claim("C24").verdict."""
    claims = _read("claims", Path(folder or FOLDER))
    if id not in (known := list(claims["id"])):
        raise KeyError(f"there is no claim {id!r}; they run from {known[0]} to {known[-1]}")
    return claims.iloc[known.index(id)].copy()


def words(metric: str, table: str = "company", folder: Path | None = None) -> str:
    """A metric's name for people, with its unit: 'Revenue (RMB bn)'."""
    folder = Path(folder or FOLDER)
    units = series(metric, table, None, folder=folder)["unit"].unique()
    name = _categories(table, folder)[metric]
    return f"{name} ({units[0]})" if len(units) == 1 else name


def _categories(name: str, folder: Path) -> dict[str, str]:
    fields = {field["name"]: field for field in _fields(name, folder)}
    return {one["value"]: one["label"] for one in fields["metric"]["categories"]}


def scenarios(folder: Path | None = None) -> dict[str, Any]:
    """What stands in `scenarios/*.json`, by the files' names without their endings."""
    home, found = Path(folder or FOLDER) / "scenarios", {}
    for file in sorted(home.glob("*.json")):
        try:
            found[file.stem] = json.loads(file.read_bytes())
        except ValueError as wrong:
            raise DataError(f"scenarios/{file.name}: not readable as JSON ({wrong})") from None
    if not found:
        raise DataError(_fault("scenarios", None, None, "no file", f"*.json in {home}"))
    return found


def dictionary(folder: Path | None = None) -> pd.DataFrame:
    """The data dictionary: table, column, type, unit, description."""
    keys = ["type", "unit", "description"]
    rows = [
        {"table": resource["name"], "column": field["name"], **{key: field[key] for key in keys}}
        for resource in _package(Path(folder or FOLDER))["resources"]
        for field in resource["schema"]["fields"]
    ]
    return pd.DataFrame(rows)


def gaps(folder: Path | None = None) -> pd.DataFrame:
    """What the tables are known not to hold."""
    return pd.DataFrame({"gap": _package(Path(folder or FOLDER))["gaps"]})


def check(folder: Path | None = None, limit: int = 20) -> None:
    """Hold the whole package against its schema; DataError lists the faults, a line each."""
    folder = Path(folder or FOLDER)
    _package.cache_clear()
    _read.cache_clear()
    for stage in (_broken_files, _broken_cells, _broken_series):
        if faults := list(stage(folder)):
            more = [f"... and {len(faults) - limit} more"] if len(faults) > limit else []
            raise DataError("\n".join(faults[:limit] + more))


def _broken_files(folder: Path) -> Iterator[str]:
    for resource in _package(folder)["resources"]:
        try:
            _rows(resource["name"], folder)
        except DataError as fault:
            yield str(fault)
    known = {f"{resource['name']}.csv" for resource in _package(folder)["resources"]}
    for file in sorted({path.name for path in folder.glob("*.csv")} - known):
        yield _fault(file, None, None, "a table without a schema", "it in datapackage.json")


def _broken_cells(folder: Path) -> Iterator[str]:
    """What frictionless finds: types, constraints, keys."""
    from frictionless import FrictionlessException, Package  # for the build, not for a kernel

    try:
        tasks = Package.from_descriptor(_package(folder), basepath=str(folder)).validate().tasks
    except FrictionlessException as wrong:
        for error in wrong.reasons or [wrong.error]:
            yield f"datapackage.json: {error.message}"
        return
    for task in tasks:
        file = _resource(task.name, folder)["path"]
        fields = {field["name"]: field for field in _fields(task.name, folder)}
        for error in task.errors:
            facts = error.to_dict()
            row, column = facts.get("rowNumber"), facts.get("fieldName")
            if error.type == "primary-key":
                key = next(r for r in _package(folder)["resources"] if r["name"] == task.name)
                column = " + ".join(key["schema"]["primaryKey"])
                yield _fault(file, row, column, "a key twice", "each key once")
            elif column in fields:
                found = repr(facts["cell"]) if facts.get("cell") else "an empty cell"
                yield _fault(file, row, column, found, _expected(fields[column]))
            else:
                yield f"{file}: {error.message}"


def _broken_series(folder: Path) -> Iterator[str]:
    """What a schema cannot say: periods, the order of years, one unit per definition, signs."""
    for name in (resource["name"] for resource in _package(folder)["resources"]):
        try:
            frame = _read(name, folder)
        except DataError as wrong:
            yield str(wrong)
            continue
        if not {"metric", "period", "period_kind", "year", "value", "unit"} <= set(frame):
            continue
        known, last, units = _categories(name, folder), dict[str, int](), dict[str, str]()
        for (row, _), cells in zip(_rows(name, folder), frame.to_dict("records"), strict=True):
            fault = functools.partial(_fault, _resource(name, folder)["path"], row)
            metric, period, year, unit = (cells[k] for k in ("metric", "period", "year", "unit"))
            line = f"{next(iter(cells.values()))} {metric}"
            basis = f"{line} {cells['definition']}"
            if metric not in known:
                yield fault("metric", repr(metric), "a metric that datapackage.json puts in words")
            pattern, example = _PERIODS[cells["period_kind"]]
            if not re.fullmatch(pattern, period) or not _on_the_calendar(period):
                yield fault("period", repr(period), f"a {cells['period_kind']} like {example}")
            if units.setdefault(basis, unit) != unit:
                yield fault("unit", repr(unit), f"{units[basis]!r} as above for this definition")
            if cells["value"] < 0 and unit not in _SIGNED:
                yield fault("value", f"{cells['value']:g}", f"no negative number of {unit}")
            if not pd.isna(year) and str(year) not in period:
                yield fault("year", repr(year), f"the year of {period!r}")
            elif not pd.isna(year) and year < last.setdefault(line, year):
                yield fault("year", repr(year), f"{last[line]} or later, as years ascend")
            elif not pd.isna(year):
                last[line] = year


def _on_the_calendar(period: str) -> bool:
    """Whether a period that looks like a date is one; True of all others."""
    if not re.fullmatch(_PERIODS["date"][0], period):
        return True
    try:
        return bool(date.fromisoformat(period))
    except ValueError:
        return False


class Shown(NamedTuple):
    """A table as readers see it: HTML that can be scrolled, heard and followed to its sources."""

    frame: pd.DataFrame
    caption: str = ""

    def _repr_html_(self) -> str:
        label = html.escape(self.caption or "Table of " + ", ".join(map(_title, self.frame)))
        head = "".join(
            f'<th scope="col"{_side(self.frame[c])}>{_title(c)}</th>' for c in self.frame
        )
        body = []
        for cells in self.frame.itertuples(index=False, name=None):
            row = [
                f"<{tag}{_side(self.frame[column])}>{_cell(column, cell)}</{tag.split()[0]}>"
                for tag, column, cell in zip(
                    ['th scope="row"', *["td"] * len(cells)], self.frame, cells, strict=False
                )
            ]
            body.append(f"<tr>{''.join(row)}</tr>")
        caption = f"<caption>{label}</caption>" if self.caption else ""
        return (
            f'<div class="cb-table" tabindex="0" role="region" aria-label="{label}"><table>'
            f"{caption}<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": self.frame.to_string(index=False)}


def show(frame: pd.DataFrame, caption: str = "") -> Shown:
    """An accessible table of `frame`; a named index becomes columns, an unnamed one is left out."""
    named = [name for name in frame.index.names if name is not None]
    return Shown(frame.reset_index() if named else frame, caption)


def _title(column: object) -> str:
    return html.escape(str(column).replace("_", " ").strip() or "value")


def _side(column: "pd.Series[Any]") -> str:
    return ' class="cb-number"' if pd.api.types.is_numeric_dtype(column.dtype) else ""


def _cell(column: object, cell: Any) -> str:
    """One cell: whole numbers plain (years), others with thousands marked, addresses linked."""
    if pd.isna(cell) or cell == "":
        return "–"
    if isinstance(cell, float):
        text = f"{cell:,.4f}".rstrip("0").rstrip(".") if abs(cell) >= 1e-3 else f"{cell:g}"
        return text.replace("-", "\N{MINUS SIGN}")
    text = html.escape(str(cell))
    if str(column).endswith("url") and str(cell).startswith(("https://", "http://")):
        return f'<a href="{text}">{html.escape(urlsplit(str(cell)).netloc)}</a>'
    return text
