"""Challenges in pictures: demand when all have one, two rivals, a suit, what moved the units."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, HEIGHT, INK, MUTED, ORANGE, WIDTH, layered
from coalescence.charts._parts import key, lines, worded

BOUGHT = {"first": "First purchases", "again": "Replacements"}
VALUES = {"settled": "Settled at once", "free": "Free to drop it", "bound": "Bound to the end"}


def saturation(table: pd.DataFrame) -> alt.LayerChart:
    """First purchases and replacements by year: the table of `challenges.saturation`."""
    axis = alt.Axis(labelAngle=0, values=[1, 5, 10, 15, 20, 25, 30])
    bars = (
        alt.Chart(table)
        .transform_fold(list(BOUGHT), as_=["kind", "value"])
        .transform_calculate(words=worded(BOUGHT, "kind"), place="datum.kind == 'again' ? 0 : 1")
        .mark_bar()
        .encode(
            x=alt.X("year:O", title="Year after the launch", axis=axis),
            y=alt.Y("value:Q", title="Purchases (million a year)").scale(domain=[0, 80]),
            color=alt.Color(
                "words:N", scale=alt.Scale(domain=[*BOUGHT.values()], range=[ORANGE, BLUE])
            ),
            order=alt.Order("place:Q"),
            tooltip=[
                alt.Tooltip("year:O", title="Year"),
                alt.Tooltip("words:N", title="Kind"),
                alt.Tooltip("value:Q", title="Million", format=".1f"),
            ],
        )
    )
    steady = alt.Chart(table).transform_aggregate(steady="mean(steady)").encode(y="steady:Q")
    return layered(
        bars,
        steady.mark_rule(color=INK, strokeDash=[6, 3], strokeWidth=2),
        *key(("dashed: potential / mean life", INK)),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="First purchases and replacements of a durable in each of thirty years as "
        "stacked bars, with a dashed line at the level that sales settle at.",
    )


def say_saturation(table: pd.DataFrame, *, q: float, life: float, shape: float) -> str:
    """When replacements take over, and whether sales overshoot the long run."""
    over = int(table["year"][table["again"] > table["first"]].min())
    total = table["first"] + table["again"]
    peak, steady = int(total.argmax()), float(table["steady"].iloc[0])
    end = f"sales settle at {steady:.0f} million a year"
    if total.max() < 1.02 * steady:
        return f"From year {over} on most buyers replace; {end} without ever falling."
    return (
        f"From year {over} on most buyers replace. Sales reach {total.max():.0f} million in year "
        f"{table['year'].iloc[peak]}, more than they can keep: {end}."
    )


def rivalry(table: pd.DataFrame) -> alt.Chart:
    """Our share over time and its level in the end: the table of `challenges.rivalry`."""
    x = alt.X("year:Q", title="Year").scale(domain=[0, 10], nice=False)
    names = {"share": "Our share", "steady": "Where it ends"}
    return lines(table, x, names, "Share of the customers", (0, 1), form="%").properties(
        description="A firm's share of the customers over ten years against a rival, and the "
        "level that it tends to.",
    )


def say_rivalry(table: pd.DataFrame, *, spend: float, effect: float, start: float) -> str:
    """Where the share ends, and how much of the way is done after two years."""
    end, then = table["steady"].iloc[0], table["share"][table["year"] == 2].iloc[0]
    if abs(end - start) < 0.005:
        return f"The share stays where it is, at {end:.0%}."
    return (
        f"The share moves from {start:.0%} towards {end:.0%}; after two years it is at "
        f"{then:.0%}, {(then - start) / (end - start):.0%} of the way."
    )


def answers(table: pd.DataFrame) -> alt.Chart:
    """Equilibrium spending by the power of spending: the table of `challenges.answers`."""
    x = alt.X("power:Q", title="% more effect from 1% more spending").scale(domain=[0, 1])
    names = {"ours": "We spend", "theirs": "The rival spends"}
    return lines(table, x, names, "USD million a year", (0, 500)).properties(
        description="What two rivals spend on advertising in equilibrium, over the power of "
        "spending.",
    )


def say_answers(table: pd.DataFrame, *, worth: float, effect: float) -> str:
    """What both burn at a power of one half and of one, and the share that is left to us."""
    half, one = (table.iloc[int((table["power"] - power).abs().argmin())] for power in (0.5, 1.0))
    return (
        f"If twice the money had twice the effect, both would burn "
        f"USD {one['ours'] + one['theirs']:.0f} million a year, at a power of one half "
        f"{half['ours'] + half['theirs']:.0f}; we hold {one['share']:.0%} and {half['share']:.0%}."
    )


def lawsuit(table: pd.DataFrame) -> alt.LayerChart:
    """Value of a suit over what will be learned about it: the table of `challenges.lawsuit`."""
    x = alt.X("spread:Q", title="How far the news may move the award (± USD million)")
    zero = alt.Chart(pd.DataFrame({"value": [0]})).mark_rule(color=MUTED).encode(y="value:Q")
    hues = (BLUE, ORANGE, GREEN)
    drawn = lines(
        table,
        x.scale(domain=[0, 200], nice=False),
        VALUES,
        "Worth to the plaintiff (USD million)",
        (-120, 200),
        colours=hues,
    )
    return layered(drawn, zero).properties(
        width=WIDTH,
        height=HEIGHT,
        description="What a suit is worth to the plaintiff over how much will be learned on the "
        "way: if bound to the end, if free to drop it, and what both sides settle for at once.",
    )


def say_lawsuit(table: pd.DataFrame, *, award: float, first: float, second: float) -> str:
    """What the suit is worth bound to the end, and for how much it settles."""
    bound, settled = table["bound"].iloc[0], table["settled"]
    kind = "loses" if bound < 0 else "brings"
    return (
        f"Seen through to the end the suit {kind} USD {abs(bound):.0f} million. It settles for "
        f"{settled.iloc[0]:.0f} if nothing new can come up and for {settled.iloc[-1]:.0f} if "
        f"news can move it by {table['spread'].iloc[-1]:.0f}; least is {settled.min():.0f}."
    )


def bargaining(table: pd.DataFrame) -> alt.LayerChart:
    """The range of settlements over the award: the table of `challenges.bargaining`."""
    x = alt.X("award:Q", title="Award at stake (USD million)").scale(domain=[0, 200], nice=False)
    band = (
        alt.Chart(table)
        .transform_filter("datum.room >= 0")
        .mark_area(color=BLUE, opacity=0.15)
        .encode(x=x, y="least:Q", y2="most:Q")
    )
    names = {"most": "Most the defendant pays", "least": "Least the plaintiff takes"}
    return layered(band, lines(table, x, names, "USD million", (0, 250))).properties(
        width=WIDTH,
        height=HEIGHT,
        description="The most that a defendant would pay and the least that a plaintiff would "
        "take, over the award at stake; where the first is higher the area between is shaded.",
    )


def say_bargaining(table: pd.DataFrame, *, plaintiff: float, defendant: float, cost: float) -> str:
    """Up to which award the case is settled."""
    if plaintiff <= defendant:
        return "Neither side is the more hopeful one: every case can be settled."
    limit = 2 * cost / (plaintiff - defendant)
    if limit >= table["award"].iloc[-1]:
        return "The sides differ, yet by less than a trial costs: all these cases can be settled."
    return f"Cases can be settled up to an award of USD {limit:.0f} million; larger ones are tried."


PARTS = {"market": "The market", "share": "The share of it", "units": "Xiaomi's units"}


def episodes(table: pd.DataFrame) -> alt.LayerChart:
    """Changes of the market, of the share and of the units (`episode`, `market`, `share`, `units`).

    The columns are changes as parts of one: 1.1 times 0.9 units are 0.1, -0.1 and -0.01.
    """
    order = list(PARTS.values())
    base = (
        alt.Chart(table)
        .transform_fold(list(PARTS), as_=["part", "change"])
        .transform_calculate(words=worded(PARTS, "part"))
        .encode(
            x=alt.X("episode:N", sort=list(table["episode"]), title=None).axis(labelAngle=0),
            xOffset=alt.XOffset("words:N", sort=order),
        )
    )
    y = alt.Y("change:Q", title="Change").scale(domain=[-0.5, 0.5], nice=False).axis(format="+%")
    bars = base.mark_bar().encode(
        y=y,
        color=alt.Color("words:N")
        .scale(domain=order, range=[MUTED, BLUE, ORANGE])
        .legend(symbolType="square"),
    )
    words = [
        base.transform_filter(where)
        .mark_text(dy=dy, fontSize=11)
        .encode(y="change:Q", text=alt.Text("change:Q", format="+.0%"))
        for where, dy in (("datum.change >= 0", -8), ("datum.change < 0", 9))
    ]
    zero = alt.Chart(pd.DataFrame({"change": [0]})).mark_rule(color=INK).encode(y="change:Q")
    return layered(bars, zero, *words).properties(
        width=WIDTH,
        height=230,
        description="For three episodes, the change of the whole market, of Xiaomi's share of it "
        "and of its units, as groups of bars above and below zero",
    )
