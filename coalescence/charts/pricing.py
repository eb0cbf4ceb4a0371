"""Prices and costs in pictures: two plans, a shared part, what was paid, and what might hide."""

import altair as alt
import pandas as pd

from coalescence.charts import (
    BLUE,
    GREEN,
    HEIGHT,
    INK,
    LINE,
    MUTED,
    ORANGE,
    PAPER,
    SKY,
    WIDTH,
    layered,
)  # fmt: skip
from coalescence.charts._parts import place, row_of, worded
from coalescence.models import pricing

PLANS = dict(zip(pricing.PLANS, ("One period at a time", "Whole life"), strict=True))
PARTS = {"part": "The part itself", "misfit": "Too strong for most", "design": "Design and tools"}


# --- pricing for the curve ---


def _plans(table: pd.DataFrame) -> alt.Chart:
    order = list(PLANS.values())
    return (
        alt.Chart(table)
        .transform_calculate(words=worded(PLANS, "plan"))
        .encode(
            x=alt.X("period:Q", title="Period after the launch")
            .scale(domain=[0.8, 6.2])
            .axis(tickCount=6, format="d"),
            color=alt.Color("words:N").scale(domain=order, range=[ORANGE, BLUE]),
        )
    )


def _shape() -> alt.Shape:
    return alt.Shape("words:N").scale(domain=list(PLANS.values()), range=["square", "circle"])


def experience(table: pd.DataFrame) -> alt.LayerChart:
    """Prices and unit costs of both plans, period by period."""
    title = "Price and unit cost, % of the cost at launch"
    y = (
        alt.Y("price:Q", title=title)
        .scale(domain=[0.2, 1.4], nice=False)
        .axis(format="%", tickCount=6)
    )
    base = _plans(table)
    launch = alt.Chart(pd.DataFrame({"y": [1.0]})).encode(y="y:Q")
    note = base.transform_filter("datum.period == 6 && datum.plan == 'whole life'")
    note = note.mark_text(align="right", dy=16, color=MUTED, text="thin: unit cost")
    return layered(
        launch.mark_rule(color=MUTED, strokeDash=[2, 3]),
        base.mark_line(strokeWidth=1.2, strokeDash=[3, 2]).encode(y="cost:Q"),
        base.mark_line(clip=True).encode(y=y),
        base.mark_point(size=70, opacity=1, clip=True).encode(y=y, shape=_shape()),
        note.encode(y="cost:Q", color=alt.value(MUTED)),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Price and unit cost in six periods, for a firm that looks at one period at a "
        "time and for one that looks at the phone's whole life",
    )


def earnings(table: pd.DataFrame) -> alt.LayerChart:
    """What looking ahead has cost or brought by the end of each period."""
    base = (
        _plans(table)
        .transform_filter("datum.plan == 'whole life'")
        .encode(
            y=alt.Y("more:Q", title="Whole life earns more").scale(domain=[-0.2, 0.5]),
            color=alt.value(BLUE),
        )
    )
    return layered(
        alt.Chart(pd.DataFrame({"y": [0]})).mark_rule(color=ORANGE).encode(y="y:Q"),
        base.mark_line(clip=True),
        base.mark_point(size=70, opacity=1, clip=True),
    ).properties(
        width=WIDTH,
        height=130,
        description="Discounted profit so far of the firm that looks at the whole life, less that "
        "of the firm that looks at one period at a time, in units of the cost at launch",
    )


def say_experience(table: pd.DataFrame, *, progress: float, patience: float, ceiling: float) -> str:
    """Where both open, and what looking ahead earns."""
    near, far = (row_of(table[table.period == 1], plan=plan) for plan in PLANS)
    short, long = (row_of(table[::-1], plan=plan) for plan in PLANS)  # at the end
    more = ""
    if short.profit > 1e-6:
        more = f" and earns {max(long.profit / short.profit - 1, 0):.1%} more"
    return (
        f"Whoever looks ahead opens at {far.price:.0%} of the cost at launch instead of "
        f"{near.price:.0%}{more} over the phone's life. After six periods a unit costs it "
        f"{long.cost:.0%}."
    )


# --- one part for several models ---


def versions(table: pd.DataFrame) -> alt.LayerChart:
    """What the part costs per phone, for every number of versions."""
    order = list(PARTS.values())
    x = alt.X("versions:O", title="Versions of the part, for 12 models").axis(labelAngle=0)
    base = (
        alt.Chart(table)
        .transform_fold(list(PARTS), as_=["what", "cost"])
        .transform_calculate(words=worded(PARTS, "what"), order=place(PARTS, "what"))
    )
    bars = base.mark_bar(stroke=PAPER, strokeWidth=1, clip=True).encode(
        x=x,
        y=alt.Y("cost:Q", title="Cost (RMB per phone)").scale(domain=[0, 140]),
        color=alt.Color("words:N")
        .scale(domain=order, range=[BLUE, ORANGE, SKY])
        .legend(symbolType="square", columns=3, labelFontSize=12),
        order="order:Q",
    )
    best = alt.Chart(table).transform_filter("datum.best == 1").encode(x=x)
    return layered(
        bars,
        best.mark_rule(color=GREEN).encode(y="total:Q", y2=alt.value(20)),
        best.mark_text(color=GREEN, fontWeight=600, text="cheapest", y=10),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Cost of the part per phone, split into design, the part and waste from its "
        "being too strong, for one to twelve versions",
    )


def say_versions(table: pd.DataFrame, *, design: float, spread: float, volume: float) -> str:
    """How many versions are cheapest, and what one for all or one for each would cost."""
    best = row_of(table, best=1)
    return (
        f"{best.versions:.0f} version{'s' if best.versions > 1 else ''} for 12 models cost"
        f"{'' if best.versions > 1 else 's'} RMB {best.total:.0f} per phone; one for all costs "
        f"{row_of(table, versions=1).total:.0f}, a different one in each "
        f"{row_of(table, versions=12).total:.0f}."
    )


# --- what was reported ---


def observed(table: pd.DataFrame) -> alt.LayerChart:
    """Cost of a phone over all phones made so far (`year`, `made` in million, `cost` in RMB).

    `curve` holds what an ordinary learning curve would have made of the first cost.
    """
    x = alt.X("made:Q", title="Phones sold so far (million, logarithmic)")
    y = alt.Y("cost:Q", title="Cost of a phone sold (RMB, logarithmic)")
    base = (
        alt.Chart(table)
        .transform_window(before="lag(cost)", sort=[alt.SortField("year")])
        .encode(
            x=x.scale(type="log", domain=[200, 2000]).axis(values=[200, 500, 1000, 2000]),
            y=y.scale(type="log", domain=[500, 1400], nice=False).axis(
                values=[500, 700, 1000, 1400]
            ),
        )
    )
    words = base.encode(text="year:O")
    return layered(
        base.mark_line(color=ORANGE, strokeDash=[7, 3]).encode(y="curve:Q"),
        base.transform_filter("datum.year == 2024")
        .mark_text(color=ORANGE, align="right", dy=16, text="an ordinary curve")
        .encode(y="curve:Q"),
        base.mark_line(color=LINE),
        base.mark_point(color=BLUE, opacity=1),
        words.transform_filter("!(datum.cost < datum.before)").mark_text(dy=-11, fontSize=11),
        words.transform_filter("datum.cost < datum.before").mark_text(dy=15, fontSize=11),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="What a phone cost Xiaomi on average, over all phones sold until then, beside "
        "a falling learning curve",
    )


def hidden(table: pd.DataFrame) -> alt.LayerChart:
    """What a phone cost, and what the phone of one year would cost on its learning curve."""
    x = alt.X("year:O", title=None).axis(labelAngle=0)
    title = "Cost of a phone (RMB)"
    y = alt.Y("cost:Q", title=title).scale(domain=[0, 1600]).axis(tickCount=5, format=",d")
    base = alt.Chart(table).encode(x=x)
    end = base.transform_filter("datum.year == 2024")
    start = base.transform_filter("abs(datum.content - 1) < 1e-9")
    return layered(
        base.mark_area(color=LINE, opacity=0.6, clip=True).encode(y="cost:Q", y2="same:Q"),
        base.mark_line(color=ORANGE, strokeDash=[7, 3], clip=True).encode(y="same:Q"),
        base.mark_line(color=BLUE).encode(y=y),
        base.mark_point(color=BLUE, opacity=1).encode(y="cost:Q"),
        start.mark_point(color=INK, size=130, shape="diamond", opacity=1).encode(y="cost:Q"),
        end.mark_text(color=BLUE, align="right", dx=8, dy=-14, text="phones as sold").encode(
            y="cost:Q"
        ),
        end.mark_text(color=ORANGE, align="right", dx=8, dy=16, text="the same phone").encode(
            y="same:Q"
        ),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="What an average phone cost Xiaomi by year, and what the phone of one year "
        "would have cost in the others on a learning curve",
    )


def say_hidden(table: pd.DataFrame, *, progress: float, base: int) -> str:
    """What the same phone would cost at the end, and how much more phones would have to hold."""
    end = table.iloc[-1]
    yearly = end.content ** (1 / (end.year - base)) - 1
    return (
        f"On a {progress:.0%} curve the average phone of {base} would have cost RMB {end.same:,.0f}"
        f" in {end.year:.0f}; those sold cost RMB {end.cost:,.0f}, so they would have to hold "
        f"{end.content - 1:.0%} more, {yearly:.1%} a year.".replace("-", "\N{MINUS SIGN}")
    )
