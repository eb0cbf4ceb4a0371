"""Several lines over one axis, told apart by colour and dash: what most labs draw."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, HEIGHT, MUTED, ORANGE, WIDTH

COLOURS = (BLUE, ORANGE, MUTED, GREEN)
DASHES = ([1, 0], [7, 3], [2, 3], [9, 3, 2, 3])


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
        .transform_calculate(words=f"({dict(names)})[datum.line]")
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


def note(words: str, colour: str, left: int = 12, top: int = 14) -> alt.Chart:
    """Words in a corner that stays empty."""
    chart: alt.Chart = (
        alt.Chart(pd.DataFrame({"words": [words]}))
        .mark_text(align="left", color=colour)
        .encode(x=alt.value(left), y=alt.value(top), text="words:N")
    )
    return chart
