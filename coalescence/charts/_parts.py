"""What several chapters draw with: lines told apart twice, marks, keys, written-in bars."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import altair as alt
import pandas as pd

from coalescence.charts import (
    BLUE,
    GREEN,
    HEIGHT,
    INK,
    LINE,
    MUTED,
    NIGHT,
    ORANGE,
    PAPER,
    SKY,
    WIDTH,
)

COLOURS = (BLUE, ORANGE, MUTED, GREEN)
DASHES = ([1, 0], [7, 3], [2, 3], [9, 3, 2, 3])
UPON = {SKY: NIGHT, LINE: INK}  # what reads on a pale bar; on the others the ground does
FIFTHS = [0, 0.2, 0.4, 0.6, 0.8, 1]  # ticks of an axis of shares


def worded(names: Mapping[str, str], field: str) -> str:
    """A Vega expression: the words that `names` has for the key in `field`."""
    return f"({dict(names)})[datum.{field}]"


def place(names: Iterable[str], field: str) -> str:
    """A Vega expression: how many of `names` stand before the one in `field`."""
    return f"indexof({list(names)}, datum.{field})"


def row_of(table: pd.DataFrame, **where: Any) -> Any:
    """The first row of the table with these values."""
    for column, value in where.items():
        table = table[table[column] == value]
    return table.iloc[0]


def lines(
    table: pd.DataFrame,
    x: alt.X,
    names: Mapping[str, str],
    title: str,
    domain: Sequence[float],
    *,
    colours: Sequence[str] = COLOURS,
    form: str = "",
    where: str = "",
    height: int = HEIGHT,
) -> alt.Chart:
    """The columns that are keys of `names`, each under its words; `where` filters the rows."""
    chart = alt.Chart(table)
    if where:
        chart = chart.transform_filter(where)
    order, count = list(names.values()), len(names)
    scale = alt.Scale(domain=order, range=list(colours[:count]))
    dash = alt.Scale(domain=order, range=list(DASHES[:count]))
    y = alt.Y("value:Q", title=title).scale(domain=list(domain), nice=False)
    drawn: alt.Chart = (
        chart.transform_fold(list(names), as_=["line", "value"])
        .transform_calculate(words=worded(names, "line"))
        .mark_line(clip=True)
        .encode(
            x=x,
            y=y.axis(format=form) if form else y,
            color=alt.Color("words:N", scale=scale).legend(
                symbolType="stroke", symbolSize=500, columns=2, labelLimit=220
            ),
            strokeDash=alt.StrokeDash("words:N", scale=dash),
        )
        .properties(width=WIDTH, height=height)
    )
    return drawn


def mark(
    table: pd.DataFrame, where: str, x: str, y: str, text: str, **look: Any
) -> list[alt.Chart]:
    """A diamond and a word on the rows that `where` keeps."""
    base = alt.Chart(table).transform_filter(where).encode(x=x, y=y)
    colour = look.pop("color", GREEN)
    return [
        base.mark_point(shape="diamond", size=130, color=colour, opacity=1, clip=True),
        base.mark_text(text=text, color=colour, fontWeight=600, clip=True, **{"dy": -14, **look}),
    ]


def key(
    *entries: tuple[str, str],
    left: int | Literal["width"] = 12,
    top: int = 14,
    down: int = 17,
    across: int = 0,
    **look: Any,
) -> list[alt.Chart]:
    """Words where the plot stays empty, each with the colour of what it names.

    The first stands at (left, top) in pixels, each further one `across` and `down` from it.
    At "width" all end at the right edge, which is nearer on a phone.
    """
    return [
        alt.Chart(pd.DataFrame({"words": [words]}))
        .mark_text(**{**_side(left), "color": colour, **look})
        .encode(
            x=alt.value(left if isinstance(left, str) else left + across * i),
            y=alt.value(top + down * i),
            text="words:N",
        )
        for i, (words, colour) in enumerate(entries)
    ]


def _side(left: int | str) -> dict[str, Any]:
    return {"align": "right", "dx": -4} if left == "width" else {"align": "left"}


def inside(
    base: alt.Chart,
    along: str,
    value: str,
    by: str,
    least: float,
    *,
    form: str,
    colours: Sequence[str],
    **look: Any,
) -> alt.Chart:
    """The amounts written into a stacked bar's segments, which have these `colours`.

    The bars run `along` "x" or "y", stack the field `value` by the field `by` in the order of the
    field "place"; amounts below `least` are left out.
    """
    inks = [UPON.get(colour, PAPER) for colour in colours]
    drawn: alt.Chart = (
        base.transform_stack(
            stack=value, groupby=[by], sort=[alt.SortField("place")], as_=["from", "to"]
        )
        .transform_filter(f"datum.{value} >= {least}")
        .transform_calculate(middle="(datum.from + datum.to) / 2")
        .mark_text(color=alt.ExprRef(f"({inks})[datum.place]"), **look)
        .encode(**{along: "middle:Q"}, text=alt.Text(f"{value}:Q", format=form))
    )
    return drawn
