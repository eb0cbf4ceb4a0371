"""Incubation in pictures: waiting, staging, what a name saves, and a portfolio of outcomes."""

from typing import Any

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, LINE, MUTED, ORANGE, PINK, layered
from coalescence.charts._parts import FIFTHS, key
from coalescence.models import incubation

ABOVE: dict[str, Any] = {"left": 2, "top": -28, "down": 18, "fontWeight": 600}  # a key on top


def _named(base: alt.Chart, field: str, words: str, colour: str, where: str, dy: int) -> Any:
    """A line's name beside the one point of it where the expression `where` holds."""
    return (
        base.transform_filter(where)
        .mark_text(align="right", dx=-4, dy=dy, color=colour, fontWeight=600)
        .encode(y=alt.Y(f"{field}:Q"), text=alt.value(words))
    )


def wait(table: pd.DataFrame) -> alt.LayerChart:
    """Worth of building now and of waiting over the price swing."""
    x = alt.X("swing:Q", title="Price rises or falls by").scale(domain=[0, 200], nice=False)
    level = alt.Scale(domain=[-900, 2000], nice=False, clamp=True)
    base = alt.Chart(table).encode(x=x)
    curve = base.transform_filter("datum.point == 'curve'")
    chosen = base.transform_filter("datum.point == 'chosen'")
    later = alt.Y("later:Q", title="Worth of the project", scale=level)
    now = alt.Y("now:Q", scale=level)
    return layered(
        chosen.mark_rule(color=LINE, strokeWidth=5),
        curve.mark_line(color=BLUE).encode(y=later.axis(tickCount=6)),
        curve.mark_line(color=ORANGE, strokeDash=[6, 3]).encode(y=now),
        chosen.mark_point(color=BLUE, size=90, opacity=1).encode(y=later),
        chosen.mark_point(color=ORANGE, size=90, opacity=1, shape="diamond").encode(y=now),
        _named(curve, "later", "wait a year", BLUE, "datum.swing == 180", -14),
        _named(curve, "now", "build now", ORANGE, "datum.swing == 200", 16),
    ).properties(
        width=380,
        height=240,
        description="Worth of a project that is built now and of one that waits a year, over the "
        "size of next year's price swing",
    )


def say_wait(table: pd.DataFrame, *, swing: float, cost: float) -> str:
    """Which is better, and what the right to wait is worth."""
    row = table.iloc[-1]
    best = max(row.now, row.later, 0.0)
    do = "wait" if row.later > max(row.now, 0) else "build now" if row.now > 0 else "stay away"
    return (
        f"With a price of 200 that moves by {swing:g} and a cost of {cost:g}, building now is "
        f"worth {row.now:,.0f} and waiting a year {row.later:,.0f}: {do}; the right to wait adds "
        f"{best - max(row.now, 0):,.0f}."
    )


def staging(table: pd.DataFrame) -> alt.LayerChart:
    """Worth of promising everything and of paying in tranches, over risk."""
    x = alt.X("risk:Q", title="Risk of the partner (volatility a year)")
    x = x.scale(domain=[0, 1.2], nice=False).axis(format="%", values=FIFTHS)
    level = alt.Scale(domain=[-60, 120], nice=False)
    base = alt.Chart(table).encode(x=x)
    kept = alt.Y("staged:Q", title="Worth, % of all the money", scale=level)
    plain = alt.Y("promised:Q", scale=level)
    zero = alt.Chart(pd.DataFrame({"level": [0]})).mark_rule(color=MUTED)
    return layered(
        zero.encode(y=alt.Y("level:Q", scale=level)),
        base.mark_area(color=BLUE, opacity=0.1).encode(y=kept.axis(tickCount=6), y2="promised:Q"),
        base.mark_line(color=BLUE).encode(y=kept),
        base.mark_line(color=ORANGE, strokeDash=[6, 3]).encode(y=plain),
        _named(base, "staged", "paid in tranches", BLUE, "abs(datum.risk - 1.1) < 0.05", -14),
        _named(base, "promised", "all promised", ORANGE, "datum.risk > 1.15", 15),
    ).properties(
        width=380,
        height=240,
        description="Worth of an investment that is promised in full and of one paid in tranches "
        "with the right to stop, over the partner's risk",
    )


def say_staging(table: pd.DataFrame, *, stages: int, salvage: float, value: float) -> str:
    """What the right to stop adds to a safe and to a risky partner."""
    safe, risky = table.iloc[1], table.iloc[-3]
    return (
        f"Paid in {stages} tranches, a partner whose finished firm would be worth {value:g}% of "
        f"the money gains {safe.option:.1f} points from the right to stop at a risk of "
        f"{safe.risk:.0%}, and {risky.option:.1f} at {risky.risk:.0%}."
    )


def supplier(table: pd.DataFrame) -> alt.LayerChart:
    """Price of a part for three buyers, the supplier's cost in the darker part of the bar."""
    y = alt.Y("buyer:N", title=None).sort(list(incubation.BUYERS)).axis(labelLimit=170)
    scale = alt.Scale(domain=[0, 11], nice=False)
    base = alt.Chart(table).encode(y=y)
    price = alt.X("price:Q", title="Price of a part, RMB (dark: what it costs)", scale=scale)
    return layered(
        base.mark_bar(color=BLUE, opacity=0.35, size=26).encode(x=price),
        base.mark_bar(color=BLUE, size=26).encode(x=alt.X("cost:Q", scale=scale)),
        base.mark_text(align="left", dx=5, fontWeight=600).encode(
            x=price, text=alt.Text("price:Q", format=".2f")
        ),
        base.mark_text(align="right", dx=-5, color="white", fontWeight=600).encode(
            x=alt.X("cost:Q", scale=scale), text=alt.Text("cost:Q", format=".2f")
        ),
    ).properties(
        width=250,
        height=130,
        description="Price of a part for a nobody, for a startup with a known investor and for "
        "part of a large buyer, with the supplier's cost as the darker part of each bar",
    )


def say_supplier(table: pd.DataFrame, *, power: float, survival: float, size: float) -> str:
    """What a name and what size save."""
    nobody, known, large = table["price"]
    return (
        f"A startup that survives with {survival:.0%} pays {nobody:.2f} for a part worth 10; with "
        f"a known investor {known:.2f}, {1 - known / nobody:.0%} less; as part of a buyer of "
        f"{size:.0%} of the supplier's volume {large:.2f}."
    )


def help_buys(table: pd.DataFrame) -> alt.LayerChart:
    """Stake that help and money buy over the size of the partner."""
    x = alt.X("alone:Q", title="Worth of the partner without help, RMB million")
    x = x.scale(type="log", domain=[10, 1000], nice=False).axis(values=[10, 30, 100, 300, 1000])
    level = alt.Scale(domain=[0, 1])
    base = alt.Chart(table).encode(x=x)
    helped = alt.Y("helped:Q", title="Stake", scale=level).axis(format="%", values=FIFTHS)
    money = alt.Y("money:Q", scale=level)
    return layered(
        base.mark_line(color=BLUE).encode(y=helped),
        base.mark_line(color=ORANGE, strokeDash=[6, 3]).encode(y=money),
        *key(("line: for help and money", BLUE), ("dashed: for the money alone", ORANGE), **ABOVE),
    ).properties(
        width=380,
        height=220,
        description="Stake that the same help and money buy, and that the money alone buys, over "
        "the worth of the partner without help",
    )


def say_help_buys(table: pd.DataFrame, *, gain: float, power: float) -> str:
    """What help buys of a small and of a large partner."""
    small, large = table.iloc[0], table.iloc[-1]
    return (
        f"Help that adds RMB {gain:g} million, with RMB 10 million, buys {small.helped:.0%} of a "
        f"partner worth RMB {small.alone:.0f} million alone and {large.helped:.1%} of one worth "
        f"RMB {large.alone:,.0f} million."
    )


def portfolio(table: pd.DataFrame) -> alt.LayerChart:
    """Chance of a gain, and the best partner's part, over the number of partners."""
    x = alt.X("partners:Q", title="Partners in the portfolio (equal stakes)")
    x = x.scale(type="log", domain=[1, 200], nice=False).axis(values=[1, 3, 10, 30, 100])
    level = alt.Scale(domain=[0, 1])
    base = alt.Chart(table).encode(x=x)
    safe = alt.Y("safe:Q", title="Share", scale=level).axis(format="%", values=FIFTHS)
    best = alt.Y("best:Q", scale=level)
    return layered(
        base.mark_line(color=BLUE).encode(y=safe),
        base.mark_point(color=BLUE, opacity=1).encode(y=safe),
        base.mark_line(color=PINK, strokeDash=[6, 3]).encode(y=best),
        *key(
            ("line with dots: chance to get back more than the money", BLUE),
            ("dashed: the best partner's part of the proceeds", PINK),
            **ABOVE,
        ),
    ).properties(
        width=380,
        height=230,
        description="Chance that a portfolio returns more than the money put in, and the best "
        "partner's part of the proceeds, over the number of partners",
    )


def say_portfolio(table: pd.DataFrame, *, tail: float, success: float) -> str:
    """What twelve and two hundred partners bring."""
    few, many = table.iloc[5], table.iloc[-1]
    mean = incubation.mean_multiple(incubation.Outcomes(tail, success))
    average = f"{mean:.2f} times the money" if mean < 1e6 else "no finite multiple"
    return (
        f"On average an investment returns {average}; {few.partners:.0f} partners return more than "
        f"the money with {few.safe:.0%}, {many.partners:.0f} with {many.safe:.0%}, and the best of "
        f"the {few.partners:.0f} brings {few.best:.0%} of the proceeds."
    )


def tails(outcomes: incubation.Outcomes) -> alt.LayerChart:
    """Observed shares of venture investments above a multiple, on a power law."""
    curve = pd.DataFrame({"multiple": [1.0, 1.5, 2, 3, 5, 7, 10, 15, 20]})
    curve["share"] = incubation.at_least(outcomes, curve["multiple"].to_numpy())
    seen = pd.DataFrame(incubation.OBSERVED.items(), columns=["multiple", "share"])
    x = alt.X("multiple:Q", title="Multiple of the money returned, at least")
    x = x.scale(type="log", domain=[1, 20], nice=False).axis(values=[1, 2, 5, 10, 20])
    y = alt.Y("share:Q", title="Share of investments").scale(type="log", domain=[0.01, 1])
    y = y.axis(format="~%", values=[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1])
    points = alt.Chart(seen).encode(x=x, y=y)
    return layered(
        alt.Chart(curve).mark_line(color=MUTED, strokeDash=[5, 3]).encode(x=x, y=y),
        points.mark_point(color=GREEN, size=110, opacity=1),
        points.mark_text(align="left", dx=9, dy=-8, color=GREEN, fontWeight=600).encode(
            text=alt.Text("share:Q", format=".0%")
        ),
    ).properties(
        width=360,
        height=230,
        description="Share of venture investments that returned at least a multiple of the money, "
        "as observed, beside a power law, on logarithmic axes",
    )
