"""The community in pictures: who does the work, what an event leaves, how users are counted."""

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
    few = community.voices(community.Members(members, exponent))
    return (
        f"Of {members:,} members the most active 1% bring {part.iloc[1]:.0%} of all contributions, "
        f"the next 9% {part.iloc[10] - part.iloc[1]:.0%} and the other 90% "
        f"{1 - part.iloc[10]:.0%}; half of everything comes from {few:,} of them."
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
    level = alt.Scale(domain=[0, 50], nice=False)
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
    where, it = ("the event", "it") if number == 1 else ("the events", "them")
    return (
        f"{last.brought:.1f}% of the first potential buy at {where}; the lead over the same "
        f"market without {it} is largest in year {top.year:g}, {top.extra:.1f} points, and "
        f"{last.extra:.1f} after twelve years: {end}."
    )


def users(announced: pd.DataFrame, active: pd.DataFrame) -> alt.LayerChart:
    """Users as announced beside those active in a month: rows of `data.series`."""
    both = pd.concat([announced.assign(kind="announced"), active.assign(kind="active")])
    both["date"] = pd.to_datetime(both["period"], format="ISO8601")
    x = alt.X("date:T", title="Year").axis(format="%Y", tickCount="year")
    y = alt.Y("value:Q", title="Users of MIUI (million)").scale(domain=[0, 350], nice=False)
    drawn = []
    for kind, colour, dash in (("announced", ORANGE, [6, 3]), ("active", BLUE, [1, 0])):
        base = alt.Chart(both[["date", "kind", "value"]]).encode(x=x, y=y)
        base = base.transform_filter(f"datum.kind == '{kind}'")
        drawn += [
            base.mark_line(color=colour, strokeDash=dash),
            base.mark_point(color=colour, opacity=1),
        ]
    keys = key(
        ("dashed: as announced", ORANGE), ("solid: active in the month", BLUE), across=170, **ABOVE
    )
    return layered(*drawn, *keys).properties(
        width=380,
        height=230,
        description="Users of MIUI as the company announced them and as monthly active users, "
        "from 2012 to 2019; the announced numbers run ahead.",
    )
