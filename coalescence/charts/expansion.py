"""Expansion in pictures: users at home and abroad, the pace of entry, and which way wins when."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, HEIGHT, INK, ORANGE, PAPER, WIDTH, layered
from coalescence.charts._parts import lines, mark

PLACES = {"waterfall": "Abroad, one by one", "sprinkler": "Abroad, all at once", "home": "At home"}


def abroad(table: pd.DataFrame) -> alt.LayerChart:
    """Revenue by place (`year`, `place`, `value` in RMB bn), the share from abroad above it."""
    places = ["Mainland China", "Abroad"]
    x = alt.X("year:O", title="Year", axis=alt.Axis(labelAngle=0))
    bars = (
        alt.Chart(table)
        .mark_bar()
        .encode(
            x=x,
            y=alt.Y("value:Q", title="Revenue (RMB bn a year)").scale(domain=[0, 400]),
            color=alt.Color("place:N", scale=alt.Scale(domain=places, range=[BLUE, ORANGE])),
            order=alt.Order("place:N"),
            tooltip=[
                alt.Tooltip("year:O", title="Year"),
                alt.Tooltip("place:N", title="Where"),
                alt.Tooltip("value:Q", title="RMB bn", format=".1f"),
            ],
        )
    )
    share = (
        alt.Chart(table)
        .transform_joinaggregate(total="sum(value)", groupby=["year"])
        .transform_filter("datum.place == 'Abroad'")
        .transform_calculate(words="format(datum.value / datum.total, '.0%') + ' abroad'")
        .mark_text(dy=-9, fontWeight=600)
        .encode(x=x, y="total:Q", text="words:N")
    )
    return layered(bars, share).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Xiaomi's revenue by year as stacked bars, mainland China and abroad, with "
        "the share from abroad above each bar.",
    )


def rollout(table: pd.DataFrame) -> alt.Chart:
    """Users over time by place and way of entry: the table of `expansion.rollout`."""
    x = alt.X("year:Q", title="Years since the launch at home").scale(domain=[0, 20], nice=False)
    hues = (BLUE, ORANGE, GREEN)
    return lines(table, x, PLACES, "Users (million)", (0, 320), colours=hues).properties(
        description="Users at home and users abroad over twenty years, the latter once if all "
        "countries are entered at once and once if they are entered one by one.",
    )


def say_rollout(table: pd.DataFrame, *, gap: float, lead: float, delay: float) -> str:
    """How many years apart the two ways reach half the users abroad."""
    half = table["sprinkler"].iloc[-1] / 2
    early, late = (float(table["year"][table[way] >= half].min()) for way in list(PLACES)[1::-1])
    if early == late:
        return f"Both ways reach {half:.0f} million users abroad in year {early:g}."
    return (
        f"All at once, half of the users abroad, {half:.0f} million, are won by year {early:g}; "
        f"one by one by year {late:g}."
    )


def pace(table: pd.DataFrame) -> alt.LayerChart:
    """Worth of the countries abroad over the gap: the table of `expansion.pace`."""
    x = alt.X("gap:Q", title="Years between entries (0: all at once)")
    x = x.scale(domain=[0, 5], nice=False)
    y = alt.Y("value:Q", title="Worth of the countries abroad (USD million)")
    base = alt.Chart(table).encode(x=x, y=y.scale(domain=[-500, 3300], nice=False))
    zero = alt.Chart(pd.DataFrame({"value": [0]})).mark_rule().encode(y="value:Q")
    return layered(
        zero,
        base.mark_line(color=BLUE, clip=True),
        *mark(table, "datum.best == 1", "gap:Q", "value:Q", "best", align="left", dx=6),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Discounted worth of four countries abroad over the years between two "
        "entries, with the best pace marked.",
    )


def say_pace(table: pd.DataFrame, *, cost: float, lead: float, rivals: float, delay: float) -> str:
    """The best pace, and what it brings over entering everywhere at once."""
    best = table.iloc[int(table["value"].argmax())]
    now = table["value"].iloc[0]
    if best["gap"] == 0:
        return f"All at once is best: the countries abroad are then worth USD {now:,.0f} million."
    return (
        f"An entry every {12 * best['gap']:g} months is best: worth "
        f"USD {best['value']:,.0f} million, "
        f"{best['value'] - now:,.0f} more than all at once."
    )


def verdict(table: pd.DataFrame) -> alt.LayerChart:
    """Which way is worth more, by entry cost and lead effect: the table of `expansion.verdict`."""
    axis = alt.Axis(labelAngle=0, domain=False, ticks=False)
    base = (
        alt.Chart(table)
        .transform_calculate(
            winner="datum.sprinkler < 0 && datum.waterfall < 0 ? 'Stay at home' : "
            "datum.difference > 0 ? 'One by one' : 'All at once'"
        )
        .encode(
            x=alt.X("cost:O", title="Entry cost of a country (USD million)", axis=axis),
            y=alt.Y("lead:O", title="Lead effect, per year", sort="descending", axis=axis),
        )
    )
    ways = ["All at once", "One by one", "Stay at home"]
    hues = alt.Scale(domain=ways, range=[ORANGE, BLUE, INK])
    return layered(
        base.mark_rect(stroke=PAPER).encode(
            color=alt.Color("winner:N", scale=hues), fillOpacity=alt.value(0.3)
        ),
        base.mark_text(fontSize=12).encode(text=alt.Text("difference:Q", format="+.0f")),
    ).properties(
        width=WIDTH,
        height=240,
        description="A map of entry cost and lead effect. Each cell says by how many million "
        "dollars entering one by one is worth more than all at once; colours name the winner.",
    )


def say_verdict(table: pd.DataFrame, *, gap: float, rivals: float, delay: float) -> str:
    """In how many cells each way wins, and from which entry cost on waiting pays."""
    wins = table[table["difference"] > 0]
    if wins.empty:
        return f"All at once is worth more in all {len(table)} cells."
    return (
        f"One by one is worth more in {len(wins)} of {len(table)} cells, "
        f"from an entry cost of USD {wins['cost'].min():.0f} million on."
    )
