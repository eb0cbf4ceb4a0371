"""Trust in pictures: what slow news costs, where it travels, and which ties keep a promise."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, INK, LINE, MUTED, PALETTE, SKY, layered
from coalescence.charts._parts import FIFTHS, key, place, worded
from coalescence.models import trust

STATES = {
    "supported": "Kept, with a common friend",
    "unsupported": "Kept, without one",
    "unravels": "Unravels",
}
PATIENCE = "Least patience that keeps one honest (discount factor)"


def delay(table: pd.DataFrame) -> alt.LayerChart:
    """The least patience over the delay with which cheating is noticed."""
    x = alt.X("delay:Q", title="Periods until cheating is noticed")
    x = x.scale(domain=[0, 24], nice=False).axis(values=[1, 3, 6, 9, 12, 15, 18, 21, 24])
    y = alt.Y("patience:Q", title="Least patience (discount factor)")
    y = y.scale(domain=[0, 1]).axis(values=FIFTHS, format=".1f")
    base = alt.Chart(table).encode(x=x, y=y)
    named = base.transform_filter("datum.delay == 1 || datum.delay == 3 || datum.delay == 12")
    return layered(
        base.mark_area(color=BLUE, opacity=0.08, y2=0).encode(y2=alt.datum(1)),
        base.mark_line(color=BLUE),
        named.mark_point(color=BLUE, size=80, opacity=1),
        named.mark_text(align="left", dx=8, dy=13, color=BLUE, fontWeight=600).encode(
            text=alt.Text("patience:Q", format=".2f")
        ),
        *key(("shaded: keeps its word", MUTED), left=372, top=206, align="right"),
    ).properties(
        width=380,
        height=230,
        description="Least discount factor that keeps a partner honest, over the number of "
        "periods until cheating is noticed",
    )


def say_delay(table: pd.DataFrame, *, temptation: float, reward: float) -> str:
    """What three periods of delay cost."""
    need = table.set_index("delay")["patience"]
    return (
        f"Cheating brings {temptation:g} once instead of {reward:g}: noticed at once, a discount "
        f"factor of {need[1]:.2f} keeps a partner honest; noticed after three periods it takes "
        f"{need[3]:.2f}, after twelve {need[12]:.2f}."
    )


def spread(table: pd.DataFrame) -> alt.LayerChart:
    """Share of a cheater's partners who know, period by period, in five networks."""
    names = list(trust.NETWORKS)
    x = alt.X("period:Q", title="Period after the cheating")
    x = x.scale(domain=[1, 11], nice=False).axis(values=list(range(1, 12)))
    y = alt.Y("share:Q", title="Partners who know")
    y = y.scale(domain=[0, 1]).axis(format="%", values=FIFTHS)
    dashes = [[1, 0], [8, 3], [3, 2], [10, 3, 2, 3], [2, 4]]
    lines = alt.Chart(table).mark_line()
    return layered(
        lines.encode(
            x=x,
            y=y,
            color=alt.Color("network:N")
            .scale(domain=names, range=PALETTE[:5])
            .legend(symbolType="stroke", columns=5, symbolSize=250),
            strokeDash=alt.StrokeDash("network:N").scale(domain=names, range=dashes),
        )
    ).properties(
        width=380,
        height=230,
        description="Share of a cheater's partners who know of it, over the periods since, in "
        "a clique, a small world, circles with one member in common, a ring and a star",
    )


def say_spread(table: pd.DataFrame, *, talk: float, members: int) -> str:
    """Where everybody knows in the end, and where nobody else does."""
    last = table[table.period == table.period.max()].set_index("network")["share"]
    return (
        f"With a chance of {talk:.0%} a period that a friend tells a friend, after eleven periods "
        f"{last['clique']:.0%} of the cheater's partners know in a clique of {members}, "
        f"{last['small world']:.0%} in a small world, {last['circles']:.0%} where circles share "
        f"one member, and in a star only the one who was cheated."
    )


def honesty(table: pd.DataFrame) -> alt.LayerChart:
    """Least patience in five networks, beside what it would be if nobody else heard."""
    y = alt.Y("network:N", title=None).sort(list(trust.NETWORKS))
    scale = alt.Scale(domain=[0, 1.35], nice=False)
    base = alt.Chart(table).encode(y=y)
    x = alt.X("patience:Q", title=PATIENCE, scale=scale).axis(values=FIFTHS)
    return layered(
        base.mark_rule(color=LINE, strokeWidth=4).encode(x=x, x2="alone:Q"),
        base.mark_tick(color=MUTED, thickness=3, size=18).encode(x=alt.X("alone:Q", scale=scale)),
        base.mark_point(color=BLUE, size=110, opacity=1).encode(x=x),
        base.transform_calculate(
            words="format(datum.patience, '.2f') + ', ' + format(datum.hear, '.0f') + "
            "(datum.hear < 1.5 ? ' hears' : ' hear')"
        )
        .mark_text(align="left", color=BLUE, fontWeight=600)
        .encode(x=alt.datum(1.06), text="words:N"),
    ).properties(
        width=340,
        height=210,
        description="Least discount factor that keeps a partner honest in five networks (dots), "
        "beside what it would be if only the one who was cheated knew (ticks)",
    )


def say_honesty(table: pd.DataFrame, *, talk: float, temptation: float, members: int = 25) -> str:
    """What the network saves."""
    need = table.set_index("network")
    return (
        f"If only the one who was cheated knew, it would take a discount factor of "
        f"{need['alone']['star']:.2f}; in a clique, where {need['hear']['clique']:.0f} hear, "
        f"{need['patience']['clique']:.2f} is enough, in circles, where "
        f"{need['hear']['circles']:.0f} hear, {need['patience']['circles']:.2f}."
    )  # fmt: skip


def favours(table: pd.DataFrame) -> alt.LayerChart:
    """Which ties are kept, which of them have a common friend, which unravel."""
    base = alt.Chart(table).transform_calculate(
        words=worded(STATES, "state"), place=place(STATES, "state")
    )
    y = alt.Y("network:N", title=None).sort(list(trust.NETWORKS))
    x = alt.X("share:Q", title="Share of the network's ties").scale(domain=[0, 1])
    bars = base.mark_bar(stroke="white").encode(
        y=y,
        x=x.axis(format="%", values=FIFTHS),
        color=alt.Color("words:N")
        .scale(domain=list(STATES.values()), range=[BLUE, SKY, LINE])
        .legend(symbolType="square", columns=2),
        order="place:Q",
    )
    quilt = (
        base.transform_filter("datum.state == 'supported' && datum.quilt == 1")
        .mark_text(align="left", dx=8, color="white", fontWeight=600)
        .encode(y=y, x=alt.datum(0), text=alt.value("a social quilt"))
    )
    none = (
        base.transform_filter("datum.state == 'unravels' && datum.share == 1")
        .mark_text(align="left", dx=8, color=INK)
        .encode(y=y, x=alt.datum(0), text=alt.value("no favours are done"))
    )
    return layered(bars, quilt, none).properties(
        width=330,
        height=190,
        description="Share of the ties of five networks that are kept with a common friend, kept "
        "without one, and that unravel; networks that are social quilts are named",
    )


def say_favours(table: pd.DataFrame, *, patience: float, value: float, circle: int) -> str:
    """How many ties must be at stake, and where they are."""
    kept = table[table.state != "unravels"].groupby("network")["share"].sum()
    names = [kind for kind in trust.NETWORKS if kept[kind] > 0]
    quilt = table[(table.quilt == 1)]["network"].unique().tolist()
    where = ", ".join(names) if names else "none of these networks"
    return (
        f"A favour worth {value:g} times its cost is done only if {int(table.needed.iloc[0])} or "
        f"more ties are at stake: favours go on in {where}; "
        f"{'the ' + quilt[0] + ' network is' if quilt else 'none is'} a social quilt."
    )
