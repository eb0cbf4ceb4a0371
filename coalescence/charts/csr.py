"""Responsibility in pictures: what insurance is worth, where products end, how many are gone."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, HEIGHT, LINE, MUTED, ORANGE, WIDTH, layered
from coalescence.charts._parts import lines, mark, place, worded

ENDS = {"recovered": "Used again", "lost": "Taken back, lost", "uncollected": "Not taken back"}


def insurance(table: pd.DataFrame) -> alt.LayerChart:
    """Cost of events and in all over spending: the table of `csr.insurance`."""
    x = alt.X("spend:Q", title="Spent on goodwill (USD million a year)")
    names = {"total": "Events and spending", "events": "Events alone"}
    drawn = lines(table, x.scale(domain=[0, 100]), names, "USD million a year", (0, 400))
    return layered(
        drawn, *mark(table, "datum.best == 1", "spend:Q", "total:Q", "best", align="left", dx=6)
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Expected yearly cost of bad events, and of events and spending together, "
        "over what is spent on goodwill, with the best spending marked.",
    )


def say_insurance(table: pd.DataFrame, *, frequency: float, loss: float, backlash: float) -> str:
    """How much to spend, and what that saves."""
    best = table.iloc[int(table["total"].argmin())]
    if best["spend"] == 0:
        return "As insurance, goodwill is not worth its price here: the best spending is nothing."
    saved = table["total"].iloc[0] - best["total"]
    return (
        f"As insurance, USD {best['spend']:g} million a year is worth spending: it averts "
        f"{table['events'].iloc[0] - best['events']:.0f} million of losses a year, "
        f"{saved:.0f} more than it costs."
    )


def take_back(table: pd.DataFrame) -> alt.LayerChart:
    """Where retired products end, over the products sold: the table of `csr.take_back`."""
    x = alt.X(
        "year:O", title="Year", axis=alt.Axis(labelAngle=0, values=list(range(2012, 2041, 4)))
    )
    order = list(ENDS.values())
    bars = (
        alt.Chart(table)
        .transform_fold(list(ENDS), as_=["end", "value"])
        .transform_calculate(words=worded(ENDS, "end"), place=place(ENDS, "end"))
        .mark_bar()
        .encode(
            x=x,
            y=alt.Y("value:Q", title="Products (million a year)").scale(domain=[0, 200]),
            color=alt.Color("words:N", scale=alt.Scale(domain=order, range=[GREEN, ORANGE, LINE])),
            order=alt.Order("place:Q"),
            opacity=alt.Opacity(
                "kind:N",
                scale=alt.Scale(domain=["reported", "assumed"], range=[1, 0.55]),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("year:O", title="Year"),
                alt.Tooltip("words:N", title="End"),
                alt.Tooltip("value:Q", title="Million", format=".1f"),
            ],
        )
    )
    base = alt.Chart(table).encode(x=x)
    sold = base.mark_line(color=BLUE, interpolate="step").encode(y="sold:Q")
    words = (
        base.transform_filter("datum.year == 2015")
        .mark_text(color=BLUE, dy=-12, align="left", dx=-30, fontWeight=600)
        .encode(y="sold:Q", text=alt.value("sold"))
    )
    pale = (
        base.transform_filter("datum.kind == 'assumed'")
        .transform_aggregate(year="min(year)")
        .mark_text(color=MUTED, align="left", dx=-4)
        .encode(x=x, y=alt.value(8), text=alt.value("pale: assumed"))
    )
    return layered(bars, sold, words, pale).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Products retired in each year as stacked bars: used again, taken back and "
        "lost, or not taken back; a stepped line shows the products sold.",
    )


def say_take_back(table: pd.DataFrame, *, life: float, collected: float, recovered: float) -> str:
    """How many are in use at the end of the reported years, and what became of the others."""
    known = table[table["kind"] == "reported"]
    last = known.iloc[-1]
    total, again = known["sold"].sum(), known["recovered"].sum()
    return (
        f"Of {total:,.0f} million sold to {last['year']}, {last['in_use']:,.0f} million are still "
        f"in use and {known['uncollected'].sum():,.0f} million were not taken back; material of "
        f"{again:,.0f} million was used again."
    )


def balance(table: pd.DataFrame) -> alt.LayerChart:
    """Sold so far and still in use, with the gap at the end: columns year, sold and active."""
    x = alt.X("year:Q", title="End of the year")
    x = x.scale(domain=[2012, 2024], nice=False).axis(format="d", values=list(range(2012, 2025, 2)))
    names = {"sold": "Sold so far", "active": "In use in the month"}
    last = table.tail(1).assign(gone=lambda end: end.sold - end.active)
    gap = alt.Chart(last).encode(x=x)
    words = "'green: ' + format(datum.gone, ',.0f') + ' million gone'"
    return layered(
        lines(table.dropna(), x, names, "Phones (million)", (0, 1400)),
        alt.Chart(table).mark_line(color=BLUE).encode(x=x, y="sold:Q"),
        gap.mark_rule(color=GREEN, strokeWidth=4).encode(y="active:Q", y2="sold:Q"),
        gap.transform_calculate(words=words)
        .mark_text(align="right", dx=0, dy=78, color=GREEN, fontWeight=600)
        .encode(y="active:Q", text="words:N"),
    ).properties(
        description="Phones sold so far and phones in use by year; the gap at the end is marked "
        "with the number that are no longer in use.",
    )
