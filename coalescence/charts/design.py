"""Design congruence in pictures: latecomers, the ugly product, and what is bought together."""

from typing import Any

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, HEIGHT, INK, MUTED, ORANGE, PINK, WIDTH, layered
from coalescence.charts._parts import FIFTHS, key, worded
from coalescence.models.design import PRODUCTS

CASES = {
    "all match": "All six match",
    "one does not": "The speaker does not",
    "left out": "No speaker at all",
}


def latecomer(table: pd.DataFrame) -> alt.LayerChart:
    """What each further product adds: its own appeal and the pairs it completes."""
    x = alt.X("product:O", title="Product of the range, in order of launch").axis(labelAngle=0)
    y = alt.Y("own:Q", title="Utils that it adds").scale(domain=[-3, 5], clamp=True)
    base = alt.Chart(table).transform_calculate(total="datum.own + datum.matched").encode(x=x)
    zero = alt.Chart(pd.DataFrame({"own": [0]})).mark_rule(color=MUTED).encode(y=y)
    return layered(
        base.mark_bar(color=BLUE, opacity=0.75).encode(y=y, y2="total:Q"),
        zero,
        base.mark_tick(color=INK, thickness=2, width=18).encode(y=y),
        base.mark_point(color=ORANGE, size=60, opacity=1).encode(y="total:Q"),
        *key(
            ("dot: all that it adds", ORANGE),
            ("bar: from its pairs", BLUE),
            ("line: own", INK),
            left=10,
            top=12,
        ),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Utility that each of twelve products adds to a range: a line for its own "
        "appeal, a bar for the pairs that it completes and a dot for the sum",
    )


def chance(table: pd.DataFrame) -> alt.LayerChart:
    """How likely a home with all the earlier products is to buy the next."""
    x = alt.X("product:O", title="Product of the range, in order of launch").axis(labelAngle=0)
    y = alt.Y("chance:Q", title="Chance of a purchase").scale(domain=[0, 1])
    base = alt.Chart(table).encode(x=x, y=y.axis(format="%", values=FIFTHS))
    return layered(base.mark_line(), base.mark_point(opacity=1)).properties(
        width=WIDTH,
        height=150,
        description="Chance that a home with all earlier products buys the next, by its number",
    )


def ugly(table: pd.DataFrame) -> alt.LayerChart:
    """How often each product is bought when all match, when one does not, and without that one."""
    order = list(CASES.values())
    base = (
        alt.Chart(table)
        .transform_calculate(words=worded(CASES, "case"))
        .transform_filter("datum.chance > 0")
        .encode(
            x=alt.X("chance:Q", title="Homes that buy it")
            .scale(domain=[0, 1])
            .axis(format="%", values=FIFTHS),
            y=alt.Y("product:N", title=None, sort=list(PRODUCTS)),
        )
    )
    marks = base.mark_point(size=110, opacity=1).encode(
        color=alt.Color("words:N").scale(domain=order, range=[BLUE, ORANGE, GREEN]),
        shape=alt.Shape("words:N").scale(domain=order, range=["circle", "triangle-up", "diamond"]),
    )
    span = base.mark_rule(color=MUTED).encode(
        x=alt.X("min(chance):Q", title="Homes that buy it"), x2="max(chance):Q"
    )
    return layered(span, marks).properties(
        width=WIDTH - 40,
        height=220,
        description="Share of homes that buy each of six products when all match, when the "
        "speaker does not match, and when there is no speaker",
    )


def alike(table: pd.DataFrame) -> alt.LayerChart:
    """Sales of two products while the price of the second rises."""
    x = alt.X("dearer:Q", title="Price rise of the second product (utils)").scale(domain=[0, 3.6])
    y = alt.Y("first:Q", title="Homes that buy").scale(domain=[0, 1])
    base = alt.Chart(table).encode(x=x.axis(values=[0, 1, 2, 3]))
    last = base.transform_filter("datum.dearer == 3")
    seen = (
        alt.Chart(table)
        .transform_filter("datum.dearer == 0")
        .transform_calculate(words="'seen together ' + format(datum.lift, '.2f') + ' × chance'")
    )
    return layered(
        base.mark_line(color=BLUE).encode(y=y.axis(format="%", values=FIFTHS)),
        base.mark_line(color=PINK, strokeDash=[6, 3]).encode(y="second:Q"),
        last.mark_text(align="left", dx=6, dy=-7, color=BLUE, text="first").encode(y="first:Q"),
        last.mark_text(align="left", dx=6, dy=-3, color=PINK, text="second").encode(y="second:Q"),
        seen.mark_text(align="left", x=10, y=12, color=INK, fontWeight=600).encode(text="words:N"),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Share of homes that buy the first and the second of two products while the "
        "second becomes dearer; the first falls only if the two match",
    )


def held(table: pd.DataFrame) -> alt.LayerChart:
    """Users by number of devices, and the share of all pairs that each group of them holds."""
    last = int(table["devices"].max())
    words = f"datum.devices == {last} ? '{last}+' : '' + datum.devices"
    order = [*map(str, range(last)), f"{last}+"]
    x = alt.X("words:O", title="Connected devices of a user", sort=order).axis(labelAngle=0)
    y = alt.Y("users:Q", title="Share").scale(domain=[0, 0.4]).axis(format="%")
    base = alt.Chart(table).transform_calculate(words=words).encode(x=x)
    dots = base.encode(y="pairs:Q")
    return layered(
        base.mark_bar(color=BLUE, opacity=0.75).encode(y=y),
        dots.mark_line(color=ORANGE, strokeDash=[4, 3], strokeWidth=1.5),
        dots.mark_point(color=ORANGE, size=60, opacity=1),
        *key(("bars: of all users", BLUE), ("dots: of all pairs", ORANGE), left="width"),
    ).properties(
        width=WIDTH,
        height=220,
        description="Share of users by number of connected devices as bars, and as dots the share "
        "of all pairs of devices that these users hold",
    )


def _case(table: pd.DataFrame, case: str) -> float:
    """How many products a home buys in this case."""
    return float(table[table["case"] == case]["chance"].sum())


def say_latecomer(table: pd.DataFrame, *, weight: float, match: float, appeal: float = -1.0) -> str:
    """Which product is the first to be as likely bought as not?"""
    even = table[table["chance"] >= 0.5 - 1e-9]["product"].tolist()
    reached = f"the first at even odds is number {even[0]}" if even else "none is at even odds"
    first, last = table["chance"].tolist()[0], table["chance"].tolist()[-1]
    return (
        f"A home takes the first product with a chance of {first:.0%} and, if it has the eleven "
        f"others, the twelfth with {last:.0%}; {reached}."
    )


def say_ugly(table: pd.DataFrame, *, misfit: float, weight: float, appeal: float = -1.0) -> str:
    """What does the odd product cost, and would it be better left out?"""
    full, odd, out = (_case(table, case) for case in CASES)
    change = odd - out
    does = f"{'adds' if change > 0 else 'costs'} {abs(change):.2f}"
    return (
        f"Of six that all match a home buys {full:.2f}, of these six {odd:.2f}. Without the "
        f"speaker it buys {out:.2f}: keeping it "
        f"{does if abs(change) >= 0.005 else 'changes nothing'}."
    )


def say_alike(table: pd.DataFrame, *, weight: float, spread: float) -> str:
    """What is seen, and what does the price test say?"""
    first: list[Any] = table["first"].tolist()
    seen = float(table["lift"].max())
    fall = (first[0] - first[-1]) / first[0]
    return (
        f"The two are bought together {seen:.2f} times as often as chance would have it. When the "
        f"second becomes dearer by 3 utils, the first loses {fall:.0%} of its buyers"
        f"{': they do not need each other' if fall < 0.005 else ''}."
    )
