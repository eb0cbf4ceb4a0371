"""The community in pictures: who does the work, what recognition adds, what an event leaves."""

from typing import Any

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, LINE, ORANGE, SKY, layered
from coalescence.charts._parts import FIFTHS, key
from coalescence.models import community

ABOVE: dict[str, Any] = {"left": 2, "top": -12, "down": 0, "fontWeight": 600}  # a key on top


def participation(table: pd.DataFrame) -> alt.LayerChart:
    """Lorenz curve from the most active down, with the top 1 and 10 % marked."""
    x = alt.X("share:Q", title="Members, most active first")
    x = x.scale(domain=[0, 1]).axis(format="%", values=FIFTHS)
    y = alt.Y("part:Q", title="Part of all contributions")
    y = y.scale(domain=[0, 1]).axis(format="%", values=FIFTHS)
    base = alt.Chart(table).encode(x=x, y=y)
    top, tenth = (
        base.transform_filter(f"abs(datum.share - {share}) < 1e-6").transform_calculate(
            words="'the top ' + format(datum.share, '.0%') + ' bring ' + format(datum.part, '.0%')"
        )
        for share in (0.01, 0.1)
    )
    equal = alt.Chart(pd.DataFrame({"share": [0, 1], "part": [0, 1]}))
    return layered(
        equal.mark_line(color=LINE, strokeDash=[4, 3]).encode(x=x, y=y),
        base.mark_line(color=BLUE),
        top.mark_point(color=ORANGE, size=100, opacity=1),
        tenth.mark_point(color=ORANGE, size=100, opacity=1),
        *(
            group.mark_text(align="right", color=ORANGE, fontWeight=600).encode(
                x=alt.value(335), y=alt.value(215 + 20 * i), text="words:N"
            )
            for i, group in enumerate((top, tenth))
        ),
    ).properties(
        width=340,
        height=250,
        description="Part of all contributions that comes from the most active members, over "
        "their share; dashed: all contribute alike",
    )  # fmt: skip


def say_participation(table: pd.DataFrame, *, members: int, exponent: float) -> str:
    """What the top and the rest bring."""
    part = table.set_index("share")["part"]
    uneven = community.gini(community.Members(members, exponent))
    return (
        f"Of {members:,} members the most active 1% bring {part.iloc[1]:.0%} of all contributions, "
        f"the top tenth {part.iloc[10]:.0%} and the other nine tenths {1 - part.iloc[10]:.0%}; the "
        f"Gini coefficient is {uneven:.2f}."
    )


def groups(table: pd.DataFrame) -> alt.LayerChart:
    """What the 1, the 9 and the 90 % bring."""
    y = alt.Y("group:N", title=None).sort(list(community.GROUPS))
    x = alt.X("part:Q", title="Part of all contributions").scale(domain=[0, 1.12], nice=False)
    base = alt.Chart(table).encode(y=y, x=x.axis(format="%", values=FIFTHS))
    return layered(
        base.mark_bar(color=BLUE, size=26),
        base.mark_text(align="left", dx=5, fontWeight=600).encode(
            text=alt.Text("part:Q", format=".0%")
        ),
    ).properties(
        width=290,
        height=120,
        description="Part of all contributions from the most active 1 %, the next 9 % and the "
        "other 90 % of the members",
    )


def recognised(table: pd.DataFrame) -> alt.LayerChart:
    """Share who contribute over the weight of recognition."""
    x = alt.X("visible:Q", title="Recognition: weight of what others think")
    x = x.scale(domain=[0, 1]).axis(values=FIFTHS)
    y = alt.Y("share:Q", title="Members who contribute")
    y = y.scale(domain=[0, 1]).axis(format="%", values=FIFTHS)
    base = alt.Chart(table).encode(x=x, y=y)
    chosen = base.transform_filter("datum.point == 'chosen'")
    return layered(
        alt.Chart(table)
        .transform_filter("datum.point == 'chosen'")
        .mark_rule(color=LINE, strokeWidth=5)
        .encode(x=x),
        base.transform_filter("datum.point == 'curve'").mark_line(color=BLUE),
        chosen.mark_point(color=BLUE, size=110, opacity=1),
        chosen.transform_calculate(
            words="format(datum.share, '.0%') + ' contribute; doing so earns an esteem of ' + "
            "format(datum.esteem, '.2f')"
        )
        .mark_text(align="left", color=BLUE, fontWeight=600)
        .encode(x=alt.value(2), y=alt.value(-12), text="words:N"),
    ).properties(
        width=380,
        height=230,
        description="Share of members who contribute over the weight of recognition, with the "
        "chosen weight and the esteem that contributing then earns",
    )


def say_recognised(table: pd.DataFrame, *, cost: float, visible: float) -> str:
    """What recognition adds and what it costs in honour."""
    none, now = table.iloc[0], table.iloc[-1]
    return (
        f"Unseen, {none.share:.0%} would contribute; with a weight of {visible:g} on what others "
        f"think {now.share:.0%} do, and to contribute then says {now.esteem:.2f} standard "
        f"deviations about a member instead of {none.esteem:.2f}."
    )


def events(table: pd.DataFrame) -> alt.LayerChart:
    """Buyers with and without events over the years."""
    x = alt.X("year:Q", title="Years since the launch").scale(domain=[0, 12], nice=False)
    level = alt.Scale(domain=[0, 150], nice=False)
    base = alt.Chart(table).encode(x=x.axis(values=[0, 2, 4, 6, 8, 10, 12]))
    y = alt.Y("events:Q", title="Buyers so far, % of the first potential", scale=level)
    return layered(
        base.mark_line(color=ORANGE, strokeDash=[6, 3]).encode(y=alt.Y("plain:Q", scale=level)),
        base.mark_line(color=BLUE).encode(y=y.axis(tickCount=6)),
        *key(("line: with events", BLUE), ("dashed: without", ORANGE), across=130, **ABOVE),
    ).properties(
        width=380,
        height=230,
        description="Cumulative buyers over twelve years with and without events",
    )


def left(table: pd.DataFrame) -> alt.LayerChart:
    """What the events brought directly and what is left of it."""
    x = alt.X("year:Q", title="Years since the launch").scale(domain=[0, 12], nice=False)
    level = alt.Scale(domain=[0, 100], nice=False)
    base = alt.Chart(table).encode(x=x.axis(values=[0, 2, 4, 6, 8, 10, 12]))
    extra = alt.Y("extra:Q", title="Buyers, % of the first potential", scale=level)
    brought = alt.Y("brought:Q", scale=level)
    return layered(
        base.mark_area(color=SKY, opacity=0.25).encode(y=extra.axis(tickCount=6)),
        base.mark_line(color=BLUE).encode(y=extra),
        base.mark_line(color=GREEN, strokeDash=[2, 3], interpolate="step-after").encode(y=brought),
        *key(
            ("line: more than without", BLUE),
            ("dotted: bought at events", GREEN),
            across=190,
            **ABOVE,
        ),
    ).properties(
        width=380,
        height=200,
        description="How many more have bought than without events, beside how many bought at "
        "the events",
    )  # fmt: skip


def say_events(
    table: pd.DataFrame, *, first: float, number: int, reach: float, fresh: float
) -> str:
    """What the events brought, what it grew to and what is left."""
    top, last = table.iloc[int(table["extra"].to_numpy().argmax())], table.iloc[-1]
    borrowed = last.brought - last.extra
    end = (
        f"{borrowed:.1f} points were only borrowed from later"
        if borrowed > 0.05
        else "none of it was borrowed from later"
    )
    return (
        f"{last.brought:.1f}% of the first potential buy at the events; the lead over the same "
        f"market without them is largest in year {top.year:g}, {top.extra:.1f} points, and "
        f"{last.extra:.1f} after twelve years: {end}."
    )
