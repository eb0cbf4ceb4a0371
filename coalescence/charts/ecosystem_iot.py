"""The hub in pictures: what one more device adds, who gains from joining or opening, who leads."""

from typing import Any

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, LINE, MUTED, ORANGE, PAPER, layered
from coalescence.charts._parts import FIFTHS, inside, place, worded
from coalescence.models import ecosystem_iot

FIRMS = {"larger": "Larger firm", "rival": "Rival"}


def hub(table: pd.DataFrame) -> alt.LayerChart:
    """What one more device adds under three laws."""
    laws = list(ecosystem_iot.LAWS)
    x = alt.X("devices:Q", title="Devices in the home")
    x = x.scale(domain=[1, 20], nice=False).axis(values=[1, 5, 10, 15, 20])
    y = alt.Y("added:Q", title="Added by the last one (its own worth = 1)")
    y = y.scale(domain=[0, 7], nice=False)
    base = alt.Chart(table)
    return layered(
        base.mark_line(clip=True).encode(
            x=x,
            y=y.axis(tickCount=7),
            color=alt.Color("law:N")
            .scale(domain=laws, range=[MUTED, ORANGE, BLUE])
            .legend(symbolType="stroke", columns=3, symbolSize=250),
            strokeDash=alt.StrokeDash("law:N").scale(
                domain=laws, range=[[2, 3], [6, 3], [1, 0]]
            ),
        )
    ).properties(
        width=380,
        height=230,
        description="What one more device adds to a home, over the number of devices, if each is "
        "worth something alone, if the nearest pairs count most, and if every pair counts alike",
    )  # fmt: skip


def say_hub(table: pd.DataFrame, *, pair: float) -> str:
    """What the last device adds under each law."""
    last = table[table.devices == table.devices.max()].set_index("law")
    added = last["added"]
    return (
        f"If every pair is worth {pair:g} of a device, device number "
        f"{last['devices'].iloc[0]:.0f} adds {added['every pair alike']:.2f} times its own worth; "
        f"if only the nearest pairs count much, {added['nearest pairs most']:.2f}."
    )


def join(table: pd.DataFrame) -> alt.LayerChart:
    """How the gain from joining two hubs is divided under two laws."""
    sides = list(ecosystem_iot.SIDES)
    y = alt.Y("law:N", title=None).sort(list(ecosystem_iot.LAWS))
    x = alt.X("share:Q", title="Share of the value that joining adds").scale(domain=[0, 1])
    base = alt.Chart(table).transform_calculate(place=place(sides, "side"))
    amounts = inside(
        base, "x", "share", "law", 0.06, form=".0%", colours=[BLUE, ORANGE], fontWeight=600
    )
    return layered(
        base.mark_bar(stroke=PAPER, size=34).encode(
            y=y,
            x=x.axis(format="%", values=FIFTHS),
            color=alt.Color("side:N")
            .scale(domain=sides, range=[BLUE, ORANGE])
            .legend(symbolType="square"),
            order="place:Q",
        ),
        amounts.encode(y=y),
    ).properties(
        width=290,
        height=110,
        description="Share of the value added by joining two hubs that goes to the larger and to "
        "the smaller one, under two laws of a network's value",
    )


def say_join(table: pd.DataFrame, *, times: float) -> str:
    """Who gains from joining."""
    share = table.set_index(["law", "side"])["share"]
    return (
        f"If every pair counts alike, a hub {times:g} times as large gains as much from joining as "
        f"the smaller one; if the nearest count most, the smaller one gets "
        f"{share['nearest pairs most', 'smaller']:.0%} of what joining adds."
    )


def _gains(table: pd.DataFrame, x: alt.X, description: str) -> alt.LayerChart:
    """Change of profit of the larger firm and of its rival over `x`."""
    names = list(FIRMS.values())
    y = alt.Y("gain:Q", title="Change of profit by opening")
    y = y.scale(domain=[-0.5, 0.6], nice=False)
    zero: Any = alt.Chart(pd.DataFrame({"gain": [0]})).mark_rule(color=MUTED).encode(y=y)
    lines = (
        alt.Chart(table)
        .transform_fold(list(FIRMS), as_=["firm", "gain"])
        .transform_calculate(words=worded(FIRMS, "firm"))
        .mark_line(clip=True)
        .encode(
            x=x,
            y=y.axis(tickCount=9),
            color=alt.Color("words:N")
            .scale(domain=names, range=[BLUE, ORANGE])
            .legend(symbolType="stroke", symbolSize=250),
            strokeDash=alt.StrokeDash("words:N").scale(domain=names, range=[[1, 0], [6, 3]]),
        )
    )
    return layered(zero, lines).properties(width=380, height=230, description=description)


def opening(table: pd.DataFrame) -> alt.LayerChart:
    """Change of profit over the degree of compatibility."""
    x = alt.X("reach:Q", title="How far the devices work together")
    x = x.scale(domain=[0, 1]).axis(format="%", values=FIFTHS)
    return _gains(
        table,
        x,
        "Change of profit of the larger firm and of its rival, against closed platforms, over the "
        "degree of compatibility",
    )


def say_opening(table: pd.DataFrame, *, base: float, network: float, way: str) -> str:
    """Who gains and who loses from opening all the way."""
    last = table.iloc[-1]
    best = table.iloc[int(table["larger"].to_numpy().argmax())]
    does = {True: "gains", False: "loses"}
    return (
        f"With a base of {base:g} against 0.1 and full opening ({way}), the larger firm "
        f"{does[last.larger >= 0]} {abs(last.larger):.3f} and the rival {does[last.rival >= 0]} "
        f"{abs(last.rival):.3f}; the larger firm would open {best.reach:.0%} of the way."
    )


def lead(table: pd.DataFrame) -> alt.LayerChart:
    """Change of profit by opening over the installed base of the leader."""
    x = alt.X("base:Q", title="Installed base of the larger firm (rival: 0.1)")
    x = x.scale(domain=[0, 1]).axis(values=FIFTHS)
    equal = alt.Chart(pd.DataFrame({"base": [0.1]})).encode(x=x)
    return layered(
        equal.mark_rule(color=LINE, strokeWidth=4),
        equal.mark_text(align="left", dx=6, color=GREEN, fontWeight=600).encode(
            y=alt.value(220), text=alt.value("equal bases")
        ),
        _gains(
            table,
            x,
            "Change of profit of the larger firm and of its rival by opening, over the larger "
            "firm's installed base",
        ),
    ).properties(
        width=380,
        height=230,
        description="Change of profit of the larger firm and of its rival by opening, over the "
        "larger firm's installed base",
    )


def say_lead(table: pd.DataFrame, *, network: float, reach: float) -> str:
    """From which lead on opening costs the leader."""
    loses = table[table.larger < -1e-12]
    end = (
        f"costs the larger firm from an installed base of {loses.base.iloc[0]:g} on"
        if len(loses)
        else "never costs the larger firm here"
    )
    return (
        f"With a network value of {network:g}, opening {reach:.0%} of the way {end}; at a base of "
        f"{table.base.iloc[-1]:g} it brings the larger firm {table.larger.iloc[-1]:+.3f} and the "
        f"rival {table.rival.iloc[-1]:+.3f}."
    )


def leaders(table: pd.DataFrame) -> alt.LayerChart:
    """Share of connected consumer devices by firm (`firm`, `share` in %), the rest last."""
    y = alt.Y("firm:N", title=None, sort=list(table["firm"])).axis(labelLimit=140)
    x = alt.X("share:Q", title="Share of connected consumer devices (%)")
    x = x.scale(domain=[0, 100], nice=False).axis(values=[0, 25, 50, 75, 100])
    base = alt.Chart(table).encode(y=y, x=x)
    return layered(
        base.mark_bar(size=20).encode(
            color=alt.condition("datum.firm == 'Xiaomi'", alt.value(ORANGE), alt.value(MUTED))
        ),
        base.transform_filter("datum.share < 50")
        .mark_text(align="left", dx=6, fontWeight=600)
        .encode(text=alt.Text("share:Q", format=".1f")),
        base.transform_filter("datum.share >= 50")
        .mark_text(align="right", dx=-6, fontWeight=600, color=PAPER)
        .encode(text=alt.Text("share:Q", format=".1f")),
    ).properties(
        width=290,
        height=170,
        description="Share of the world's connected consumer devices of Xiaomi and three other "
        "firms as horizontal bars, with all other makers as the last and by far the longest",
    )
