"""Trust in pictures: where news travels, what growth does, and which ties keep a promise."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, INK, LINE, MUTED, ORANGE, PALETTE, PAPER, SKY, layered
from coalescence.charts._parts import FIFTHS, place, worded
from coalescence.models import trust

STATES = {
    "supported": "Kept, with a common friend",
    "unsupported": "Kept, without one",
    "unravels": "Unravels",
}
PATIENCE = "Least patience that keeps one honest (discount factor)"


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


CIRCLES = {
    "in common": "Friends have friends in common",
    "anywhere": "Friends are found anywhere",
}


def growth(table: pd.DataFrame) -> alt.LayerChart:
    """Least patience in two circles of the same density while they grow."""
    base = alt.Chart(table).transform_calculate(words=worded(CIRCLES, "kind"))
    x = alt.X("members:Q", title="Members of the circle, each with as many friends as before")
    x = x.scale(domain=[0, 400], nice=False).axis(values=[25, 55, 100, 200, 300, 400])
    y = alt.Y("patience:Q", title="Least patience (discount factor)")
    y = y.scale(domain=[0, 0.6], nice=False).axis(tickCount=6, format=".1f")
    lines = base.mark_line(point=alt.OverlayMarkDef(filled=True, size=45)).encode(
        x=x,
        y=y,
        color=alt.Color("words:N")
        .scale(domain=list(CIRCLES.values()), range=[BLUE, ORANGE])
        .legend(symbolType="stroke", columns=1, symbolSize=400, labelLimit=300),
        strokeDash=alt.StrokeDash("words:N").scale(
            domain=list(CIRCLES.values()), range=[[1, 0], [7, 3]]
        ),
    )
    alone = base.transform_filter("datum.members == 25 && datum.kind == 'anywhere'")
    density = base.transform_filter(
        "datum.kind == 'anywhere' && indexof([55, 400], datum.members) >= 0"
    ).transform_calculate(words="'density ' + format(datum.density, '.0%')")
    ends = alt.Chart(table)
    return layered(
        alone.mark_rule(color=MUTED, strokeDash=[2, 3]).encode(y=alt.Y("alone:Q")),
        alone.mark_text(align="right", dy=-9, color=MUTED, text="nobody else hears").encode(
            x=alt.value(376), y="alone:Q"
        ),
        lines,
        density.transform_filter("datum.members == 55")
        .mark_text(align="left", dx=-8, color=MUTED)
        .encode(x="members:Q", y=alt.datum(0.06), text="words:N"),
        density.transform_filter("datum.members == 400")
        .mark_text(align="right", color=MUTED)
        .encode(x="members:Q", y=alt.datum(0.06), text="words:N"),
        ends.transform_filter("indexof([55, 400], datum.members) >= 0")
        .mark_rule(color=LINE)
        .encode(x="members:Q", y=alt.datum(0), y2=alt.datum(0.04)),
    ).properties(
        width=380,
        height=240,
        description="Least discount factor that keeps a partner honest, over the number of members "
        "of a circle, if friends have friends in common and if they are found anywhere",
    )


def say_growth(table: pd.DataFrame, *, ties: int, talk: float) -> str:
    """What growth does to the density and to the two circles."""
    need = table.set_index(["kind", "members"])["patience"]
    thin = table.set_index("members")["density"].groupby(level=0).first()
    common, anywhere = need["in common"], need["anywhere"]
    return (
        f"With {ties} friends each, growing from 55 to 400 thins the circle from a density of "
        f"{thin[55]:.0%} to {thin[400]:.0%}; the patience needed goes from {common[55]:.2f} to "
        f"{common[400]:.2f} where friends have friends in common, and from {anywhere[55]:.2f} to "
        f"{anywhere[400]:.2f} where they are found anywhere."
    )


def favours(table: pd.DataFrame) -> alt.LayerChart:
    """Which ties are kept, which of them have a common friend, which unravel."""
    base = alt.Chart(table).transform_calculate(
        words=worded(STATES, "state"), place=place(STATES, "state")
    )
    y = alt.Y("network:N", title=None).sort(list(trust.NETWORKS))
    x = alt.X("share:Q", title="Share of the network's ties").scale(domain=[0, 1])
    bars = base.mark_bar(stroke=PAPER).encode(
        y=y,
        x=x.axis(format="%", values=FIFTHS),
        color=alt.Color("words:N")
        .scale(domain=list(STATES.values()), range=[BLUE, SKY, LINE])
        .legend(symbolType="square", columns=2),
        order="place:Q",
    )
    quilt = (
        base.transform_filter("datum.state == 'supported' && datum.quilt == 1")
        .mark_text(align="left", dx=8, color=PAPER, fontWeight=600)
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
