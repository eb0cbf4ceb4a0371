"""Partner equity in pictures: the stake, control, the channel's profit, and what was observed."""

import altair as alt
import numpy as np
import pandas as pd

from coalescence.charts import (
    BLUE,
    GREEN,
    HEIGHT,
    INK,
    LINE,
    MUTED,
    ORANGE,
    PALETTE,
    PAPER,
    PINK,
    SKY,
    WIDTH,
)  # fmt: skip
from coalescence.charts._parts import FIFTHS, inside, place, worded
from coalescence.models import equity

TOP = 1.4  # of the stake's vertical axis: room above 100 % for the reported stakes
GAINS = {"together": "Both together", "founder": "Founder", "xiaomi": "Xiaomi"}
SIDES = {"founder": "Founder's", "xiaomi": "Xiaomi's"}
CONTROL = {"founder": "Founder", "both": "Both (veto)", "xiaomi": "Xiaomi"}
WAYS = {"commission": "Commission", "wholesale": "Wholesale", "profit share": "Profit share"}
KINDS = ["Xiaomi alone", "Xiaomi with Shunwei"]
NAMES = {"Huami": (-50, 14), "Roborock": (9, -8), "Yeelight": (4, 14)}  # nudged, in pixels
PARTS = {
    "founder": "Founder, other owners",
    "channel": "Xiaomi, as the shop",
    "stake": "Xiaomi, as an owner",
    "lost": "Lost: price too high",
}
SHADES = [ORANGE, BLUE, SKY, LINE]  # of the parts, in their order


# --- the stake ---


def split(table: pd.DataFrame, reported: pd.DataFrame | None = None) -> alt.LayerChart:
    """What a stake is worth to each; `reported` stakes (company, value in %) as ticks above."""
    x = alt.X("stake:Q", title="Xiaomi's stake").axis(format="%", values=FIFTHS)
    y = (
        alt.Y("gain:Q", title="Gain, % of what full effort would bring")
        .scale(domain=[0, TOP])
        .axis(format="%", values=FIFTHS)
    )
    order = list(GAINS.values())
    colour = alt.Color("words:N").scale(domain=order, range=[INK, ORANGE, BLUE])
    dash = alt.StrokeDash("words:N").scale(domain=order, range=[[1, 0], [6, 3], [2, 2]])
    gains = (
        alt.Chart(table)
        .transform_fold(list(GAINS), as_=["who", "gain"])
        .transform_calculate(words=worded(GAINS, "who"))
    )
    chosen = gains.transform_filter("datum.point == 'chosen'").encode(x=x)
    best = alt.Chart(table).transform_filter("datum.point == 'best'").encode(x=x, y="together:Q")
    layers = [
        chosen.mark_rule(color=LINE, strokeWidth=6, y=HEIGHT * (1 - 1 / TOP), y2=HEIGHT),
        gains.transform_filter("datum.point == 'curve'")
        .mark_line()
        .encode(x=x, y=y, color=colour.legend(symbolType="stroke"), strokeDash=dash),
        chosen.mark_point(size=70, opacity=1).encode(y=y, color=colour),
        best.mark_point(shape="diamond", size=130, color=GREEN, opacity=1),
        best.mark_text(dy=-14, color=GREEN, fontWeight=600, text="best"),
    ]
    if reported is not None:
        ticks = (
            alt.Chart(reported[["company", "value"]])
            .transform_calculate(stake="datum.value / 100")
            .encode(x=x)
        )
        layers += [
            ticks.mark_tick(color=MUTED, thickness=2, size=8, y=60),
            ticks.mark_text(color=MUTED, fontSize=10, angle=300, align="left", dx=3, y=53).encode(
                text="company:N"
            ),
        ]
    return alt.LayerChart(
        layer=layers,
        width=WIDTH,
        height=HEIGHT,
        description="Gain of founder, Xiaomi and both together over Xiaomi's stake, "
        "with the chosen and the best stake marked and reported stakes as ticks",
    )


def say_split(table: pd.DataFrame, *, stake: float, help: float, books: bool) -> str:
    """What the chosen stake brings, and which one would be best."""
    chosen, best = table[table.point == "chosen"].iloc[0], table[table.point == "best"].iloc[0]
    free = equity.free_stake(equity.Venture(investor=help))
    return (
        f"With a stake of {stake:.0%} the two reach {chosen.together:.0%} of what full effort "
        f"would bring; the best stake is {best.stake:.0%} and reaches {best.together:.0%}. "
        f"Handed shares for nothing, Xiaomi would take {free:.0%}."
    )


# --- control ---


def control(table: pd.DataFrame) -> alt.LayerChart:
    """What each way of control is worth, by whose investment created it; the chosen one in full."""
    base = alt.Chart(table).transform_calculate(
        who=worded(CONTROL, "control"), words=worded(SIDES, "side")
    )
    y = alt.Y("who:N", title="Who controls the company").sort(list(CONTROL.values()))
    x = (
        alt.X("net:Q", title="Value created, % of the most possible")
        .scale(domain=[0, 1.12])
        .axis(format="%", values=FIFTHS)
    )
    bars = base.mark_bar(stroke=PAPER, strokeWidth=1).encode(
        y=y,
        x=x,
        color=alt.Color("words:N", title="From whose investment")
        .scale(domain=list(SIDES.values()), range=[ORANGE, BLUE])
        .legend(symbolType="square"),
        order=alt.Order("words:N"),
        opacity=alt.condition("datum.chosen == 1", alt.value(1), alt.value(0.35)),
    )
    totals = (
        base.transform_aggregate(total="sum(net)", groupby=["who"])
        .mark_text(align="left", dx=5, fontWeight=600)
        .encode(y=y, x="total:Q", text=alt.Text("total:Q", format=".0%"))
    )
    return alt.LayerChart(
        layer=[bars, totals],
        width=WIDTH,
        height=130,
        description="Value created under three ways of control, split by whose investment made it",
    )


def invested(table: pd.DataFrame) -> alt.LayerChart:
    """How much of what is worth investing each side invests under the chosen control."""
    base = (
        alt.Chart(table)
        .transform_filter("datum.chosen == 1")
        .transform_calculate(words=worded(SIDES, "side"))
    )
    y = alt.Y("words:N", title="Investment").sort(list(SIDES.values()))
    x = (
        alt.X("invested:Q", title="Invested, % of what is worth investing")
        .scale(domain=[0, 1.12])
        .axis(format="%", values=FIFTHS)
    )
    colour = alt.Color("words:N", legend=None).scale(
        domain=list(SIDES.values()), range=[ORANGE, BLUE]
    )
    words = base.mark_text(align="left", dx=5, fontWeight=600)
    return alt.LayerChart(
        layer=[
            base.mark_bar(size=22).encode(x=x, y=y, color=colour),
            words.encode(x=x, y=y, text=alt.Text("invested:Q", format=".0%")),
        ],
        width=WIDTH,
        height=80,
        description="What each side invests under the chosen control, of what would be worth it",
    )


def say_control(table: pd.DataFrame, *, control: str, weight: float, bargain: float) -> str:
    """Who should control, and what the chosen control loses."""
    net = table.groupby("control")["net"].sum()
    point = equity.takeover_point(bargain)
    who = {"founder": "With the founder in control", "xiaomi": "With Xiaomi in control"}
    should = "Xiaomi" if weight > point else "the founder" if weight < point else "either"
    return (
        f"{who.get(control, 'With a mutual veto')} the two create {net[control]:.0%} of what is "
        f"possible. Xiaomi should control once its investment weighs more than {point:.2g} (the "
        f"founder's = 1); it weighs {weight:g}, so control suits {should}."
    )


# --- the channel ---


def channel(table: pd.DataFrame) -> alt.LayerChart:
    """Who gets how much of what a single firm would earn, under three ways of paying the shop."""
    base = (
        alt.Chart(table)
        .transform_calculate(
            method=worded(WAYS, "way"),
            words=worded(PARTS, "part"),
            place=place(PARTS, "part"),
        )
    )  # fmt: skip
    y = alt.Y("method:N", title=None).sort(list(WAYS.values()))
    x = (
        alt.X("profit:Q", title="% of what a single firm would earn")
        .scale(domain=[0, 1])
        .axis(format="%", values=FIFTHS)
    )
    bars = base.mark_bar(stroke=PAPER, strokeWidth=1).encode(
        y=y,
        x=x,
        color=alt.Color("words:N")
        .scale(domain=list(PARTS.values()), range=SHADES)
        .legend(symbolType="square", columns=2),
        order="place:Q",
    )
    amounts = inside(base, "x", "profit", "method", 0.08, form=".0%", colours=SHADES, fontSize=11)
    return alt.LayerChart(
        layer=[bars, amounts.encode(y=y)],
        width=WIDTH,
        height=150,
        description="Profit of the founder, of Xiaomi as shop and as owner, and profit lost, "
        "under commission, wholesale and profit share",
    )


def prices(table: pd.DataFrame) -> alt.LayerChart:
    """What the buyer pays under each way of paying the shop."""
    base = (
        alt.Chart(table)
        .transform_filter("datum.part == 'lost'")
        .transform_calculate(method=worded(WAYS, "way"))
    )
    y = alt.Y("method:N", title=None).sort(list(WAYS.values()))
    x = (
        alt.X("price:Q", title="Price to the buyer, % of the price at which nobody buys")
        .scale(domain=[0, 1])
        .axis(format="%")
    )
    rules = base.mark_bar(color=LINE, size=3).encode(y=y, x=x)
    points = base.mark_point(size=90, color=PINK, opacity=1).encode(y=y, x=x)
    words = base.mark_text(align="right", dx=-9, dy=-9).encode(
        y=y, x=x, text=alt.Text("price:Q", format=".0%")
    )
    return alt.LayerChart(
        layer=[rules, points, words],
        width=WIDTH,
        height=110,
        description="Price that the buyer pays under commission, wholesale and profit share",
    )


def say_channel(table: pd.DataFrame, *, stake: float, rate: float, cost: float) -> str:
    """What Xiaomi earns in all under each way, and what is lost."""
    profit = table.set_index(["way", "part"])["profit"]
    xiaomi = {way: profit[way, "channel"] + profit[way, "stake"] for way in WAYS}
    return (
        f"With a stake of {stake:.0%} and a commission of {rate:.0%} Xiaomi earns "
        f"{xiaomi['commission']:.0%} of what a single firm would, and "
        f"{profit['commission', 'lost']:.0%} is lost. "
        f"Wholesale brings it {xiaomi['wholesale']:.0%}, an equal share of the profit "
        f"{xiaomi['profit share']:.0%} with nothing lost."
    )


# --- what was observed ---


def implied(own: pd.DataFrame, joint: pd.DataFrame) -> alt.LayerChart:
    """Reported stakes on the curve of best stakes: Xiaomi's `own` and the `joint` with Shunwei.

    Both tables: company, value (%). A whole company has no place on the curve and is left out.
    """
    strength = np.linspace(0, 1.5, 31)
    curve = pd.DataFrame(
        {"help": strength, "stake": equity.best_stake(equity.Venture(investor=strength))}
    )
    points = pd.concat([own.assign(kind=KINDS[0]), joint.assign(kind=KINDS[1])])
    points = points[points["value"] < 100]
    stakes = points["value"].to_numpy(float) / 100
    points = points[["company", "kind"]].assign(stake=stakes, help=equity.implied_help(stakes))
    x = alt.X("help:Q", title="Xiaomi's help beside the founder's effort (1 = as strong)")
    y = alt.Y("stake:Q", title="Xiaomi's stake").axis(format="%")
    x, y = x.scale(domain=[0, 1.5]), y.scale(domain=[0, 0.7])
    marks = alt.Chart(points).encode(x=x, y=y)
    words = marks.encode(text="company:N")
    return alt.LayerChart(
        layer=[
            alt.Chart(curve).mark_line(color=MUTED, strokeDash=[5, 3]).encode(x=x, y=y),
            marks.mark_point(size=90, opacity=1).encode(
                shape=alt.Shape("kind:N").scale(domain=KINDS, range=["circle", "diamond"]),
                color=alt.Color("kind:N").scale(domain=KINDS, range=[BLUE, ORANGE]),
            ),
            words.mark_text(align="left", dx=9, dy=7).transform_filter(
                f"datum.kind == '{KINDS[0]}'"
            ),
            words.mark_text(align="right", dx=-9, dy=-7).transform_filter(
                f"datum.kind == '{KINDS[1]}'"
            ),
        ],
        width=WIDTH,
        height=HEIGHT,
        description="Reported stakes placed on the curve of best stakes over relative help",
    )


def dependence(table: pd.DataFrame) -> alt.LayerChart:
    """Share of partners' revenue that came through Xiaomi (company, year, value in %)."""
    companies = sorted(table["company"].unique())
    first, last = int(table["year"].min()), int(table["year"].max())
    x = (
        alt.X("year:Q", title="Year")
        .scale(domain=[first, last + 1.5], nice=False)
        .axis(format="d", values=list(range(first, last + 1)), labelFlush=False)
    )
    y = alt.Y("value:Q", title="Revenue through Xiaomi, % of the partner's").scale(domain=[0, 105])
    colour = alt.Color("company:N", legend=None).scale(domain=companies, range=PALETTE)
    shape = alt.Shape("company:N", legend=None)
    base = alt.Chart(table[["company", "year", "value"]]).encode(x=x, y=y, color=colour)
    ends = base.transform_joinaggregate(end="max(year)", groupby=["company"]).transform_filter(
        "datum.year == datum.end"
    )
    names = []
    for company in companies:
        dx, dy = NAMES.get(company, (9, 0))
        name = ends.transform_filter(f"datum.company == '{company}'")
        names.append(
            name.mark_text(align="left", dx=dx, dy=dy, fontWeight=600).encode(text="company:N")
        )
    return alt.LayerChart(
        layer=[base.mark_line(), base.mark_point(opacity=1, size=70).encode(shape=shape), *names],
        width=WIDTH,
        height=HEIGHT,
        description="Share of revenue that partners earned through Xiaomi, by year and partner",
    )
