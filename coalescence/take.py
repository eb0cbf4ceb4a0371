"""Every chart as a file: its picture as SVG and its numbers as CSV, beside the pages.

A chart's cell sends its numbers along (`numbers`); when the page is written they go to a file of
their own, as does the picture that the page already holds, its colours fixed. In a living lab the
page script takes over and gives what the chart shows now.
"""

import re
from html import escape, unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:  # a kernel that draws a chart does without Sphinx
    from sphinx.application import Sphinx

FILES = "_static/figures"
TOKEN = re.compile(
    r'<div class="cb-chart">(?=(?P<svg><svg .*?</svg>))'
    r'|<script type="text/csv">(?P<csv>.*?)</script>'
    r'|<a data-take="(?P<take>svg|csv)" data-nth="(?P<nth>\d)">',
    re.S,
)
VARIABLE = re.compile(r"var\(--[\w-]+,(#\w+)\)")
SIZE = re.compile(r'width="([\d.]+)" height="([\d.]+)" viewBox="0 0 ([\d.]+) ([\d.]+)"')
FOOT = 22  # pixels for the source line


def tables(spec: Any) -> list[pd.DataFrame]:
    """The tables that a chart's specification holds, in its order."""
    if isinstance(spec, list):
        return [table for one in spec for table in tables(one)]
    if not isinstance(spec, dict):
        return []
    found = [pd.DataFrame(rows) for rows in spec.get("datasets", {}).values()]
    data = spec.get("data")
    if isinstance(data, dict) and isinstance(data.get("values"), list):
        found.append(pd.DataFrame(data["values"]))
    rest = (value for key, value in spec.items() if key not in ("datasets", "data"))
    return found + [table for value in rest for table in tables(value)]


def csv(found: list[pd.DataFrame]) -> str:
    """Tables as one; if there are several, the column `chart_layer` says which row is of which."""
    found = [table for table in found if not table.empty]
    if len(found) > 1:
        found = [table.assign(chart_layer=number) for number, table in enumerate(found, 1)]
    whole = pd.concat(found, ignore_index=True) if found else pd.DataFrame()
    return str(whole.to_csv(index=False, lineterminator="\n", float_format="%.10g"))


def links(found: list[pd.DataFrame], pictures: int = 1) -> str:
    """The numbers of a chart or lab, and the links to them, for the page."""
    named = ["SVG"] if pictures == 1 else [f"SVG {n + 1}" for n in range(pictures)]
    shown = [f'<a data-take="svg" data-nth="{n}">{name}</a>' for n, name in enumerate(named)]
    return (
        f'<script type="text/csv">{escape(csv(found))}</script>'
        f'<p class="cb-take">Download: {" ".join(shown)} '
        '<a data-take="csv" data-nth="0">CSV</a></p>'
    )


def alone(svg: str, line: str) -> str:
    """A page's picture as a file of its own: fixed colours, white ground, and a source line."""
    svg = VARIABLE.sub(r"\1", svg)
    size = SIZE.search(svg)
    if size is None:
        raise ValueError("a chart's picture has no size; expected width, height and viewBox")
    width, height, wide, high = (float(number) for number in size.groups())
    grown = f'width="{width:g}" height="{height + FOOT:g}" viewBox="0 0 {wide:g} {high + FOOT:g}"'
    svg = svg.replace(size[0], grown, 1)
    start = svg.index(">") + 1
    text = (
        f'<text x="4" y="{high + 15:g}" font-family="Arial, sans-serif" font-size="9" '
        f'fill="#59636e">{escape(line)}</text></svg>'
    )
    ground = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return svg[:start] + ground + svg[start:].removesuffix("</svg>") + text


def write_files(
    app: "Sphinx", page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Write each chart's picture and numbers beside the pages, and let the links point there."""
    if "cb-take" not in context.get("body", ""):
        return
    folder = Path(app.outdir) / FILES
    folder.mkdir(parents=True, exist_ok=True)
    title = unescape(re.sub(r"<[^>]*>", "", str(context.get("title", ""))))
    line = f"{app.config.html_title}: {title}. {app.config.author}, CC BY 4.0."
    name, number = page.removeprefix("book/").replace("/", "-"), 0
    svgs, numbers = list[str](), ""

    def point(token: re.Match[str]) -> str:
        nonlocal number, svgs, numbers
        if token["svg"]:
            svgs.append(token["svg"])
            return token[0]
        if token["csv"] is not None:
            number, numbers = number + 1, unescape(token["csv"])
            return ""
        kind, nth = token["take"], int(token["nth"])
        last = f"-{nth + 1}" if nth else ""
        file = f"{name}-{number}{last}.{kind}"
        text = numbers if kind == "csv" else alone(svgs[nth], line)
        (folder / file).write_text(text, encoding="utf-8")
        if kind == "csv":
            svgs = []
        href = context["pathto"](f"{FILES}/{file}", 1)
        return f'<a href="{href}" download data-take="{kind}" data-nth="{nth}">'

    context["body"] = TOKEN.sub(point, context["body"])


def setup(app: "Sphinx") -> dict[str, Any]:
    """Register the above with Sphinx."""
    app.connect("html-page-context", write_files, priority=998)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
