"""Responsibility in pictures: what insurance is worth, how long products live, where they end."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, HEIGHT, LINE, MUTED, ORANGE, WIDTH, layered
from coalescence.charts._parts import lines, mark, place, worded

ENDS = {"recovered": "Used again", "lost": "Taken back, lost", "uncollected": "Not taken back"}


def insurance(table: pd.DataFrame) -> alt.LayerChart:
    """Cost of events and in all over spending: the table of `csr.insurance`."""
    x = alt.X("spend:Q", title="Spent on goodwill (USD million a year)")
    names = {"total": "Events and spending", "events": "Events alone"}
    drawn = lines(table, x.scale(domain=[0, 100]), names, "USD million a year", (0, 500))
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


def lifetimes(table: pd.DataFrame) -> alt.Chart:
    """Share in use and share retiring by age: the table of `csr.lifetimes`."""
    x = alt.X("age:Q", title="Age (years)").scale(domain=[0, 12], nice=False)
    names = {"in_use": "Still in use", "within_a_year": "Retired within a year"}
    return lines(table, x, names, "Share of the products sold", (0, 1), form="%").properties(
        description="Share of products that are still in use at each age, and share that retires "
        "in the year that follows.",
    )


def say_lifetimes(table: pd.DataFrame, *, life: float, shape: float) -> str:
    """When half of them are gone."""
    gone = float(table["age"][table["in_use"] <= 0.5].min())
    late = table["in_use"][table["age"] == 2 * life]
    left = f"; {late.iloc[0]:.1%} outlive twice the mean" if len(late) else ""
    return f"They live {life:g} years on average; half are gone by {gone:.2g} years{left}."


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
