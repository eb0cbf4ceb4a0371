"""The figure on the front page: the whole story in one picture."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, HEIGHT, INK, MUTED, ORANGE, PINK, WIDTH, layered
from coalescence.charts._parts import place

SEGMENTS = {  # as reported, in the order in which they are stacked
    "Smartphones": BLUE,
    "IoT and lifestyle": ORANGE,
    "Internet services": GREEN,
    "Other": PINK,
    "All, with tax": MUTED,
}


def story(revenue: pd.DataFrame, events: pd.DataFrame) -> alt.LayerChart:
    """Revenue (year, segment, value) and what happened (year, event, lift)."""
    order = list(SEGMENTS)
    x = alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0, labelExpr="slice(datum.label, 2)"))
    y = alt.Y(
        "value:Q", title="Revenue (RMB billion)", stack="zero", scale=alt.Scale(domain=[0, 480])
    )
    bars = (
        alt.Chart(revenue)
        .transform_calculate(order=place(order, "segment"))
        .mark_bar()
        .encode(
            x=x,
            y=y,
            order=alt.Order("order:Q"),
            color=alt.Color(
                "segment:N",
                scale=alt.Scale(domain=order, range=list(SEGMENTS.values())),
                legend=alt.Legend(columns=3, symbolType="square"),
            ),
        )
    )
    pins = alt.Chart(events).transform_calculate(to="datum.from + datum.lift").encode(x=x)
    rules = pins.mark_rule(strokeDash=[2, 3], color=MUTED).encode(y="from:Q", y2="to:Q")
    words = pins.mark_text(
        align="left", dx=-8, dy=-5, lineBreak="|", color=INK, fontSize=12
    ).encode(y="to:Q", text="event:N")
    return layered(bars, rules, words).properties(
        width=WIDTH,
        height=HEIGHT + 40,
        description=(
            "Stacked bars of Xiaomi's revenue by year and segment, from company sales with tax in "
            "2012 to 2014 to reported segments in 2015 to 2024: a stall in 2015 and 2016, a climb "
            "to 2021, a fall in 2022 and 2023, and a new high in 2024."
        ),
    )
