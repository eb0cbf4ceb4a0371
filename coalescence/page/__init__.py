"""The page face of a lab: every setting computed when the book is built, as one flat array.

The page picks a setting and draws it; it computes nothing and interpolates nothing.
"""

import base64
import hashlib
import json
import re
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import vl_convert as vlc

from coalescence import charts, take
from coalescence.lab import BUDGET, DATASET, Control, Drawing, Lab, LabError, places

NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
TAG = re.compile(r"<[^>]*>")
FINE = re.compile(r'\.(\d\d)\d+(?=[ ,"LMCHVAZ)])')  # hundredths of a pixel are enough
NARROW = 280  # width of a plot on a phone, in pixels
ROLES = re.compile(r' (?:aria-[a-z]+|role)="[^"]*"')  # the picture is one image, with one name
GAP = "\x01"  # stands for a number in a sentence
# Colours that the style sheet changes in dark mode, by the name it knows them under.
NAMED = ("BLUE", "ORANGE", "GREEN", "PINK", "SKY", "RED", "INK", "MUTED", "LINE", "PAPER")
COLOURS = {
    getattr(charts, name): f"var(--cb-{name.lower()},{getattr(charts, name)})" for name in NAMED
}


def bundle(lab: Lab, builder: str) -> dict[str, Any]:
    """What a cell that ends in a lab shows in the built book."""
    if builder != "html":
        return {"image/png": png(lab.drawings[0].filled(lab.table())), "text/plain": lab.title}
    return {"text/html": html(lab), "text/plain": lab.title}


def chart_bundle(spec: dict[str, Any], builder: str) -> dict[str, Any]:
    """What a cell that ends in a plain chart shows in the built book: a picture, no script."""
    words = str(spec.get("description") or spec.get("title") or "")
    if not words:
        raise LabError("a chart in a chapter needs .properties(description=...)")
    if builder != "html":
        return {"image/png": png(spec), "text/plain": words}
    return {
        "text/html": f'<div class="cb-chart">{pictures(spec, words)}</div>'
        + take.links(take.tables(spec)),
        "text/plain": words,
    }


def png(spec: dict[str, Any]) -> str:
    """A chart as PNG in base64, for paper."""
    return base64.b64encode(vlc.vegalite_to_png(spec, scale=2)).decode()


def pictures(spec: dict[str, Any], words: str) -> str:
    """A chart's picture, and a narrower one for phones; the style sheet shows one of them."""
    wide = picture(spec, words, "cb-wide")
    return wide + picture(narrowed(spec), words, "cb-narrow") if narrows(spec) else wide


def narrows(spec: dict[str, Any]) -> bool:
    """Whether a chart is one plot, whose width can simply be set."""
    return not {"facet", "repeat", "hconcat", "vconcat", "concat"} & set(spec) and (
        spec.get("width", charts.WIDTH) > NARROW
    )


def narrowed(spec: dict[str, Any]) -> dict[str, Any]:
    """The same chart for a phone."""
    return {**spec, "width": NARROW}


def picture(spec: dict[str, Any], words: str, kind: str) -> str:
    """A chart as an inline SVG that follows the page's colours and carries its description."""
    svg = recoloured(vlc.vegalite_to_svg(spec))
    svg = TAG.sub(lambda tag: FINE.sub(r".\1", ROLES.sub("", tag[0])), svg)
    own = hashlib.sha256(svg.encode()).hexdigest()[:8]  # no two pictures of a page share a name
    svg = re.sub(r'(\bid="|url\(#)', rf"\g<1>p{own}-", svg)
    start = f'<svg role="img" aria-label="{escape(words)}" '
    return svg.replace("<svg ", start, 1).replace('class="marks"', f'class="{kind}"', 1)


def recoloured(text: str) -> str:
    """The casebook's colours named instead of fixed, so that dark mode can change them."""
    for colour, name in COLOURS.items():
        text = re.sub(rf'(?<=["\'])(?i:{colour})(?=["\'])', name, text)
    return text


def payload(lab: Lab) -> dict[str, Any]:
    """Everything the page needs to show any setting of a lab."""
    sizes = [len(part.stops) for part in lab.parts.values()]
    tables = [lab.table(**setting) for setting in lab.settings()]
    first = tables[0]
    for setting, table in zip(lab.settings(), tables, strict=True):
        if list(table.columns) != list(first.columns) or len(table) != len(first):
            raise LabError(
                f"{lab.name} at {setting}: {len(table)} rows of {list(table.columns)}; expected "
                f"{len(first)} of {list(first.columns)}, as at the first setting"
            )
    moving = [key for key in first if not all(t[key].equals(first[key]) for t in tables)]
    count = len(tables) * len(first) * len(moving)
    if count > BUDGET:
        raise LabError(
            f"{lab.name} asks for {count:,} numbers ({' x '.join(map(str, sizes))} settings, "
            f"{len(first)} rows, columns {', '.join(map(str, moving))}); the budget is {BUDGET:,}: "
            "use fewer stops, rows or controls"
        )
    whole = pd.concat(tables, ignore_index=True)
    return {
        "sizes": sizes,
        "rows": len(first),
        "columns": [
            column(str(key), whole[key] if key in moving else first[key], len(first))
            for key in first
        ],
        "moving": [key in moving for key in first],
        "say": sentences(lab, tables),
        "narrow": [NARROW if narrows(drawing.spec) else 0 for drawing in lab.drawings],
        "charts": [json.loads(recoloured(json.dumps(vega(drawing)))) for drawing in lab.drawings],
    }


def column(name: str, values: "pd.Series[Any]", rows: int) -> dict[str, Any]:
    """One column of all settings: words or decimal `places`, and the steps between its numbers."""
    if not pd.api.types.is_numeric_dtype(values):
        codes, words = pd.factorize(values)
        return {"name": name, "words": list(words), "steps": steps(codes, rows)}
    point = places(values)
    return {"name": name, "places": point, "steps": steps(scaled(values, point), rows)}


def scaled(values: Any, point: int) -> "np.typing.NDArray[np.int64]":
    """`values` in units of 10 ** -point, rounded as they are printed."""
    return np.rint([round(float(v), point) * 10.0**point for v in values]).astype(np.int64)


def steps(numbers: "np.typing.NDArray[Any]", rows: int) -> list[int]:
    """Differences from the setting before, and within these from the row before.

    They are small, so they compress to half of what the numbers would.
    """
    table = numbers.reshape(-1, rows).astype(np.int64)
    change = np.diff(np.diff(table, axis=0, prepend=0), axis=1, prepend=0)
    return [int(n) for n in change.ravel()]


def sentences(lab: Lab, tables: list[pd.DataFrame]) -> dict[str, Any]:
    """Every setting's sentence: the few forms they take, and the numbers in them."""
    settings = lab.settings()
    every = [lab.sentence(t, **s) for t, s in zip(tables, settings, strict=True)]
    shapes, forms = pd.factorize(np.array([NUMBER.sub(GAP, text) for text in every], dtype=object))
    numbers = " ".join(number for text in every for number in NUMBER.findall(text))
    return {"forms": list(forms), "form": [int(i) for i in shapes], "numbers": numbers}


def vega(drawing: Drawing) -> dict[str, Any]:
    """A drawing compiled to Vega, its table empty; the page runs Vega alone."""
    spec: dict[str, Any] = vlc.vegalite_to_vega(drawing.spec)
    if DATASET not in [source["name"] for source in spec["data"]]:
        raise LabError("the compiled chart lost its table")
    for key in ("$schema", "description"):
        spec.pop(key, None)
    return spec


def html(lab: Lab) -> str:
    """The lab as it stands before any script runs: the default setting, whole and readable."""
    table = lab.table()
    mark = f"lab-{lab.name}"
    controls = "".join(_control(mark, name, part) for name, part in lab.parts.items())
    presets = "".join(
        f'<button type="button" data-preset="{escape(json.dumps(_indexes(lab, setting)))}">'
        f"{escape(name)}</button>"
        for name, setting in lab.presets.items()
    )
    shown = "".join(
        f'<div class="cb-chart">{pictures(d.filled(table), d.words)}</div>' for d in lab.drawings
    )
    sent = payload(lab)
    shipped = json.dumps(sent, separators=(",", ":"), ensure_ascii=False)
    shipped = shipped.replace("<", "\\u003c")  # so that no text can end the script
    digest = hashlib.sha256(shipped.encode()).hexdigest()[:10]
    return (
        f'<div class="cb-lab" id="{mark}" data-lab="{lab.name}-{digest}" role="group"'
        f' aria-labelledby="{mark}-title">'
        f'<p class="cb-title" id="{mark}-title">{escape(lab.title)}</p>'
        f'<form class="cb-controls"><fieldset disabled>'
        f'<legend class="cb-hidden">{escape(lab.title)}: controls</legend>{controls}'
        f'<div class="cb-buttons">{presets}<button type="reset">Reset</button></div>'
        f"</fieldset></form>"
        f'<div class="cb-show"><div class="cb-charts">{shown}</div>'
        f'<p class="cb-say">{escape(lab.sentence(table, **lab.start))}</p>'
        f'<p class="cb-hidden" role="status"></p>{take.links([table], len(lab.drawings))}</div>'
        f'<details class="cb-numbers"><summary>The numbers in this chart</summary>'
        f"{numbers(lab, table, sent['columns'])}</details>"
        f'<script type="application/json">{shipped}</script></div>'
    )


def numbers(lab: Lab, table: pd.DataFrame, columns: list[dict[str, Any]]) -> str:
    """The lab's table at its default, each number printed as the page will print it."""
    titles = {key: title for d in reversed(lab.drawings) for key, title in d.titles.items()}
    heads, lines = [], [[] for _ in range(len(table))]  # type: list[str], list[list[str]]
    for key, column in zip(table, columns, strict=True):
        point = column.get("places")
        side = "" if point is None else ' class="cb-number"'
        title = titles.get(str(key), "")
        alone = list(titles.values()).count(title) == 1
        name = title if alone else str(key).replace("_", " ")
        heads.append(f'<th scope="col"{side}>{escape(name)}</th>')
        for line, value in zip(lines, table[key], strict=True):
            line.append(f"<td{side}>{escape(value) if point is None else fixed(value, point)}</td>")
    body = "".join(f"<tr>{''.join(line)}</tr>" for line in lines)
    label = escape(f"{lab.title}: the numbers")
    return (
        f'<div class="cb-table" tabindex="0" role="region" aria-label="{label}"><table>'
        f"<thead><tr>{''.join(heads)}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def fixed(value: float, point: int) -> str:
    """A number as the page prints it."""
    return f"{round(float(value), point) + 0.0:.{max(point, 0)}f}"  # + 0.0: no minus zero


def _indexes(lab: Lab, setting: Any) -> list[int]:
    return [lab.parts[key].index(value) for key, value in {**lab.start, **setting}.items()]


def _control(mark: str, name: str, part: Control) -> str:
    at = f"{mark}-{name}"
    label = f'<label for="{at}">{escape(part.label)}</label>'
    basis = f'<span class="cb-basis cb-{part.basis}" id="{at}-basis">{part.basis}</span>'
    stops = escape(json.dumps([str(stop) for stop in part.stops]))
    common = (
        f'id="{at}" name="{escape(name)}" data-start="{part.start}" data-stops="{stops}"'
        f' aria-describedby="{at}-basis"'
    )
    word = escape(part.words[part.start])
    if part.kind == "switch":
        checked = " checked" if part.start else ""
        body = f'<input type="checkbox" role="switch" {common}{checked}>'
        return f'<div class="cb-control cb-switch">{body}{label}{basis}</div>'
    if part.kind == "choice":
        options = "".join(
            f"<option value={i}{' selected' if i == part.start else ''}>{escape(text)}</option>"
            for i, text in enumerate(part.words)
        )
        return f'<div class="cb-control">{label}{basis}<select {common}>{options}</select></div>'
    words = escape(json.dumps(part.words, ensure_ascii=False))
    return (
        f'<div class="cb-control">{label}{basis}'
        f'<input type="range" {common} min="0" max="{len(part.stops) - 1}" step="1"'
        f' value="{part.start}" aria-valuetext="{word}" data-words="{words}">'
        f'<output for="{at}" aria-live="off">{word}</output></div>'
    )
