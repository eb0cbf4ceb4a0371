"""The ecosystem in pictures: who pays, what free costs, and when the flywheel starts."""

from typing import Any

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, LINE, MUTED, ORANGE, SKY, layered
from coalescence.charts._parts import FIFTHS, key, worded
from coalescence.models import ecosystem

ABOVE: dict[str, Any] = {"left": 2, "top": -12, "down": 0, "across": 120, "fontWeight": 600}
WAYS = {"apart": "Each side priced for itself", "together": "Both priced together"}


def prices(table: pd.DataFrame) -> alt.LayerChart:
    """Price on each side, priced apart and together, beside what it costs to serve."""
    base = (
        alt.Chart(table)
        .transform_calculate(
            words=worded(WAYS, "way"),
            who="datum.side == 'users' ? 'Users' : 'Partners'",
            label="format(datum.price, '.2f') + ', ' + format(datum.members, '.0%') + ' join'",
            edge="max(datum.price, datum.cost)",
        )
        .encode(
            y=alt.Y("who:N", title=None).sort(["Users", "Partners"]),
            yOffset=alt.YOffset("words:N").sort(list(WAYS.values())),
        )
    )
    scale = alt.Scale(domain=[-0.6, 1.6], nice=False)
    x = alt.X("price:Q", title="Price (what the keenest partner would pay alone = 1)", scale=scale)
    colour = alt.Color("words:N").scale(domain=list(WAYS.values()), range=[SKY, BLUE])
    return layered(
        base.mark_bar(size=24).encode(x=x, color=colour.legend(symbolType="square", columns=1)),
        base.mark_tick(color=ORANGE, thickness=3, size=30).encode(
            x=alt.X("cost:Q", scale=scale)
        ),
        base.mark_text(align="left", dx=7, fontWeight=600).encode(
            x=alt.X("edge:Q", scale=scale), text="label:N"
        ),
    ).properties(
        width=340,
        height=170,
        description="Price to users and to partners when each side is priced for itself and when "
        "both are priced together; a tick marks what it costs to serve one more",
    )  # fmt: skip


def say_prices(table: pd.DataFrame, *, users_value: float, partners_value: float) -> str:
    """Who is subsidised."""
    both = table[table.way == "together"].set_index("side")
    below = [side for side in ecosystem.SIDES if both["price"][side] < both["cost"][side]]
    who = f"{below[0]} are served below cost" if below else "neither side is served below cost"
    apart = table[table.way == "apart"]["profit"].sum()
    return (
        f"Priced together, users pay {both['price']['users']:.2f} and partners "
        f"{both['price']['partners']:.2f}: {who}. The platform earns {both['profit'].sum():.2f} "
        f"instead of {apart:.2f}."
    )


def give_away(table: pd.DataFrame) -> alt.LayerChart:
    """Profit over the price to users, with free and the best price marked."""
    x = alt.X("user_price:Q", title="Price to users (below 0 they are paid)")
    x = x.scale(domain=[-0.4, 0.5], nice=False).axis(tickCount=9, format=".1f")
    y = alt.Y("profit:Q", title="Profit of the platform").scale(domain=[-0.2, 0.4], nice=False)
    base = alt.Chart(table).encode(x=x, y=y)
    free = base.transform_filter("datum.point == 'free'")
    best = base.transform_filter("datum.point == 'best'")
    zero = alt.Chart(pd.DataFrame({"level": [0]})).mark_rule(color=MUTED)
    return layered(
        zero.encode(y=alt.Y("level:Q").scale(domain=[-0.2, 0.4])),
        base.transform_filter("datum.point == 'curve'").mark_line(color=BLUE, clip=True),
        free.mark_point(color=ORANGE, size=110, opacity=1),
        free.mark_text(dy=18, color=ORANGE, fontWeight=600, text="free"),
        best.mark_point(color=GREEN, shape="diamond", size=140, opacity=1),
        best.mark_text(dy=-16, color=GREEN, fontWeight=600, text="best"),
    ).properties(
        width=380,
        height=230,
        description="Profit of the platform over the price it asks of users, with the best price "
        "to partners beside each; free and the best price are marked",
    )


def say_give_away(table: pd.DataFrame, *, users_value: float, partners_value: float) -> str:
    """What free costs, against the best price."""
    free, best = table.iloc[-2], table.iloc[-1]
    return (
        f"The best price to users is {best.user_price:.2f} and earns {best.profit:.2f}; with users "
        f"free and partners paying {free.partner_price:.2f} it is {free.profit:.2f}, "
        f"{free.profit / best.profit:.0%} of that."
    )


def flywheel(table: pd.DataFrame) -> alt.LayerChart:
    """Users and partners over the years."""
    x = alt.X("year:Q", title="Years").scale(domain=[0, 12], nice=False)
    level = alt.Scale(domain=[0, 1])
    base = alt.Chart(table).encode(x=x.axis(values=[0, 2, 4, 6, 8, 10, 12]))
    users = alt.Y("users:Q", title="Share of all who could join", scale=level)
    partners = alt.Y("partners:Q", scale=level)
    return layered(
        base.mark_line(color=BLUE).encode(y=users.axis(format="%", values=FIFTHS)),
        base.mark_line(color=ORANGE, strokeDash=[6, 3]).encode(y=partners),
        *key(("line: users", BLUE), ("dashed: partners", ORANGE), **ABOVE),
    ).properties(
        width=380,
        height=230,
        description="Shares of users and of partners over twelve years from the start",
    )


def say_flywheel(
    table: pd.DataFrame,
    *,
    users: float,
    partners: float,
    commission: float,
    variety: float = 7.0,
) -> str:
    """Whether it starts, and where it tips."""
    last = table.iloc[-1]
    mass = ecosystem.critical_mass(ecosystem.Flywheel(variety=variety, commission=commission))
    need = (
        "at this commission no start is large enough"
        if mass == float("inf")
        else "it starts from nothing"
        if mass == 0
        else f"with partners in step with users it tips at {mass:.0%} of users"
    )
    return (
        f"From {users:.0%} of users and {partners:.0%} of partners it reaches {last.users:.0%} and "
        f"{last.partners:.0%} in {last.year:.0f} years; {need}."
    )


def threshold(table: pd.DataFrame) -> alt.LayerChart:
    """Where users would go from where they are, against staying where they are."""
    level = alt.Scale(domain=[0, 1])
    x = alt.X("users:Q", title="Users now").axis(format="%", values=FIFTHS)
    y = alt.Y("next:Q", title="Users, once all have reacted", scale=level)
    base = alt.Chart(table).encode(x=x.scale(domain=[0, 1]), y=y.axis(format="%", values=FIFTHS))
    stay = alt.Chart(pd.DataFrame({"users": [0, 1], "next": [0, 1]}))
    tip = base.transform_filter("datum.point == 'tip' && datum.exists == 1")
    return layered(
        stay.mark_line(color=LINE, strokeDash=[4, 3]).encode(x=x, y=y),
        base.transform_filter("datum.point == 'curve'").mark_line(color=BLUE),
        base.transform_filter("datum.point == 'low' || datum.point == 'high'").mark_point(
            color=GREEN, size=120, opacity=1
        ),
        tip.mark_point(color=ORANGE, shape="diamond", filled=False, size=160, strokeWidth=3),
        *key(
            ("dots: at rest", GREEN),
            ("diamond: tips", ORANGE),
            ("dashed: no change", MUTED),
            **ABOVE,
        ),
    ).properties(
        width=300,
        height=260,
        description="Share of users once partners and users have reacted, over the share now; "
        "where the curve crosses the dashed diagonal the flywheel rests or tips",
    )


def say_threshold(table: pd.DataFrame, *, variety: float, commission: float) -> str:
    """Where it rests and where it tips."""
    low, tip, high = table[table.point != "curve"]["users"]
    if not table[table.point == "tip"]["exists"].iloc[0]:
        return f"There is one place to rest, at {low:.0%} of users, wherever it starts."
    return (
        f"It rests at {low:.0%} or at {high:.0%} of users, and tips at {tip:.0%}: below that it "
        f"falls back, above it runs by itself."
    )
