"""Incubation in pictures: waiting, staging, what a name saves, and a portfolio of outcomes."""

from typing import Any

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, MUTED, ORANGE, PAPER, PINK, layered
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
    pay = f"in {stages} tranches" if stages > 1 else "at once"
    good = table[table["staged"] > 0]["risk"]
    when = f"from a risk of about {good.min():.0%} on" if len(good) else "at no risk shown"
    if len(good) == len(table):
        when = "at any risk shown"
    return (
        f"Paid {pay}, a firm worth {value:g}% of the money is worth starting {when}; the right to "
        f"stop adds {safe.option:.1f} points at a risk of {safe.risk:.0%} and {risky.option:.1f} "
        f"at {risky.risk:.0%}."
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
        base.mark_text(align="right", dx=-5, color=PAPER, fontWeight=600).encode(
            x=alt.X("cost:Q", scale=scale), text=alt.Text("cost:Q", format=".2f")
        ),
    ).properties(
        width=250,
        height=130,
        description="Price of a part for a startup that nobody knows, with a known name, with a "
        "second supplier and with both; the supplier's cost is the darker part of each bar",
    )


def say_supplier(table: pd.DataFrame, *, power: float, survival: float, elsewhere: float) -> str:
    """What a name and what a second supplier save."""
    nobody, known, second, both = table["price"]
    return (
        f"A nobody pays RMB {nobody:.2f} for a part worth 10. "
        f"A known name saves {nobody - known:.2f}, "
        f"a second supplier {nobody - second:.2f}, both {nobody - both:.2f}."
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
    small, large = table.iloc[5], table.iloc[-5]
    return (
        f"Help that adds RMB {gain:g} million, with RMB 10 million in cash, buys "
        f"{small.helped:.0%} of a partner worth RMB {small.alone:.0f} million alone and "
        f"{large.helped:.0%} of one worth RMB {large.alone:.0f} million. "
        f"Either stake is worth RMB {10 + power * gain:g} million."
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
    average = f"{mean:.2f} times the money" if mean < 1e6 else "beyond any finite number"
    sure = "more than 99%" if many.safe > 0.99 else f"{many.safe:.0%}"
    return (
        f"The mean return is {average}. With {few.partners:.0f} partners the chance to get back "
        f"more than the money is {few.safe:.0%}, with {many.partners:.0f} it is {sure}; the best "
        f"of the {many.partners:.0f} brings {many.best:.0%} of the proceeds."
    )


def tails(table: pd.DataFrame, tail: float) -> alt.LayerChart:
    """Shares many times above a floor: venture financings and partners, on a power law."""
    names = list(dict.fromkeys(table["who"]))
    colours = alt.Scale(domain=names, range=[GREEN, BLUE, ORANGE])
    shapes = alt.Scale(domain=names, range=["circle", "diamond", "square"])
    apart = dict(zip(names[1:], (0.95, 1.05), strict=True))  # side by side, where both can be seen
    drawn = table.assign(times=table["times"] * table["who"].map(apart).fillna(1.0))
    curve = pd.DataFrame({"times": [1.0, 20.0]})
    curve["share"] = curve["times"] ** -tail
    x = alt.X("times:Q", title="Times the floor, at least")
    x = x.scale(type="log", domain=[1, 20], nice=False).axis(values=[1, 2, 5, 10, 20])
    y = alt.Y("share:Q", title="Share of those at the floor or above")
    y = y.scale(type="log", domain=[0.03, 1], nice=False)
    y = y.axis(format="~%", values=[0.03, 0.05, 0.1, 0.2, 0.5, 1])
    points = alt.Chart(drawn).encode(
        x=x,
        y=y,
        color=alt.Color("who:N", scale=colours).legend(symbolSize=110, columns=1, labelLimit=320),
    )
    share = points.encode(text=alt.Text("share:Q", format=".0%"))
    return layered(
        alt.Chart(curve).mark_line(color=MUTED, strokeDash=[5, 3]).encode(x=x, y=y),
        points.mark_rule(strokeWidth=2).encode(y=y, y2="high:Q"),
        points.mark_rule(strokeWidth=2).encode(y=y, y2="low:Q"),
        points.mark_point(size=110, opacity=1).encode(shape=alt.Shape("who:N", scale=shapes)),
        share.transform_filter(f"datum.who != {names[-1]!r}").mark_text(
            align="right", dx=-8, dy=14, fontWeight=600
        ),
        share.transform_filter(f"datum.who == {names[-1]!r}").mark_text(
            align="left", dx=9, dy=4, fontWeight=600
        ),
    ).properties(
        width=360,
        height=230,
        description="Share of venture financings, and of Xiaomi's partners at two dates, that lie "
        "many times above a floor, beside a power law, on logarithmic axes",
    )
