"""The ecosystem in pictures: who pays, where the flywheel tips, and what greed earns when."""

from typing import Any

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, MUTED, ORANGE, SKY, layered
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
    scale = alt.Scale(domain=[-0.2, 1.8], nice=False)
    x = alt.X("price:Q", title="Price (what the keenest partner would pay alone = 1)", scale=scale)
    x = x.axis(values=[0, 0.5, 1, 1.5], format=".1f")
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


def squeeze(table: pd.DataFrame) -> alt.LayerChart:
    """Resting points and the tip over the commission: a cliff at the right."""
    x = alt.X("commission:Q", title="Commission").scale(domain=[0, 0.6], nice=False)
    x = x.axis(format="%")
    level = alt.Scale(domain=[0, 1])
    axis = alt.Axis(format="%", values=FIFTHS)
    base = alt.Chart(table).encode(x=x)
    high = base.transform_filter("datum.states == 3 || datum.high > 0.3")
    low = base.transform_filter("datum.states == 3 || datum.low < 0.3")
    tip = base.transform_filter("datum.states == 3")
    best = base.transform_filter("datum.best == 1").encode(y=alt.Y("high:Q", scale=level))
    return layered(
        high.mark_line(color=BLUE).encode(
            y=alt.Y("high:Q", title="Share of users who could join", scale=level, axis=axis)
        ),
        low.mark_line(color=MUTED).encode(y=alt.Y("low:Q", scale=level)),
        tip.mark_line(color=ORANGE, strokeDash=[6, 3]).encode(y=alt.Y("tip:Q", scale=level)),
        best.mark_point(shape="diamond", size=150, color=GREEN, opacity=1),
        *key(("upper line: full", BLUE), ("dashed: tips", ORANGE), **{**ABOVE, "top": -29}),
        *key(("lower line: empty", MUTED), ("diamond: earns most", GREEN), **ABOVE),
    ).properties(
        width=400,
        height=250,
        description="Shares of users at which the platform rests, full or nearly empty, and the "
        "share at which it tips, over the commission; a diamond marks the commission that earns "
        "most in the long run",
    )  # fmt: skip


def say_squeeze(table: pd.DataFrame, *, variety: float, alone: float) -> str:
    """Which commission earns most, and how near the edge is."""
    full = table[(table.states == 3) | (table.high > 0.3)]
    best = table[table.best == 1].iloc[0]
    edge = full.commission.max()
    need = (
        f"there it tips at {best.tip:.0%} of users"
        if best.states == 3
        else "there it starts from nothing"
    )
    return (
        f"The commission that earns most is {best.commission:.0%}; {need}. Above {edge:.0%} the "
        f"only place to rest is at {table.low.iloc[-1]:.0%}."
        if edge < table.commission.max()
        else f"The commission that earns most is {best.commission:.0%}; {need}. At no commission "
        "shown does the platform empty."
    )


def _years(base: alt.Chart) -> alt.Chart:
    x = alt.X("year:Q", title="Years since the rise").scale(domain=[0, 30], nice=False)
    drawn: alt.Chart = base.encode(x=x.axis(values=[0, 5, 10, 15, 20, 25, 30]))
    return drawn


def raised(table: pd.DataFrame) -> alt.LayerChart:
    """Users and partners after the commission was raised."""
    level = alt.Scale(domain=[0, 1])
    base = _years(alt.Chart(table))
    users = alt.Y("users:Q", title="Share of all who could join", scale=level)
    partners = alt.Y("partners:Q", scale=level)
    return layered(
        base.mark_line(color=BLUE).encode(y=users.axis(format="%", values=FIFTHS)),
        base.mark_line(color=ORANGE, strokeDash=[6, 3]).encode(y=partners),
        *key(("line: users", BLUE), ("dashed: partners", ORANGE), **ABOVE),
    ).properties(
        width=400,
        height=210,
        description="Shares of users and of partners over thirty years after the rise",
    )


def raised_income(table: pd.DataFrame) -> alt.LayerChart:
    """The platform's income, beside what it was before."""
    base = _years(alt.Chart(table))
    y = alt.Y("income:Q", title="Income (before = 1)").scale(domain=[0, 3], nice=False)
    before = alt.Chart().mark_rule(color=MUTED, strokeDash=[3, 3]).encode(y=alt.datum(1))
    return layered(before, base.mark_line(color=GREEN).encode(y=y)).properties(
        width=400,
        height=160,
        description="The platform's income over thirty years after the rise, as a multiple of what "
        "it was before",
    )


def say_raised(table: pd.DataFrame, *, commission: float, back: float) -> str:
    """How long the rise pays, and what is left."""
    last = table.iloc[-1]
    less = table[(table.year > 0) & (table.income < 0.995)]
    when = (
        "in thirty years it is never less than before"
        if less.empty
        else f"from year {less.year.iloc[0]:g} on it is less than before"
    )
    if back and not less.empty and last.income > 0.9:
        when += ", and recovers in the end"
    return (
        f"In year 5 income is {table.income[table.year == 5].iloc[0]:.0%} of what it was; {when}. "
        f"After 30 years {last.users:.0%} of users and {last.partners:.0%} of partners are there."
    )


KINDS = {
    "devices": "Connected devices",
    "iot": "IoT revenue",
    "internet": "Internet services revenue",
}


def per_user(table: pd.DataFrame) -> alt.LayerChart:
    """Devices and revenue for each user (year, devices, iot, internet), 2018 = 100.

    The devices' definition changed in 2021, so their line is cut there.
    """
    first = table.iloc[0]
    long = pd.concat(
        [
            pd.DataFrame(
                {
                    "year": table["year"],
                    "line": words,
                    "index": 100 * table[name] / first[name],
                    "piece": words if name != "devices" else "old",
                }
            )
            for name, words in KINDS.items()
        ]
    )
    cut = (long["line"] == KINDS["devices"]) & (long["year"] >= 2021)
    long.loc[cut, "piece"] = "new"
    x = alt.X("year:O", title="End of year").axis(labelAngle=0)
    y = alt.Y("index:Q", title="For each monthly user, 2018 = 100").scale(domain=[0, 220])
    colour = alt.Color("line:N", legend=None).scale(
        domain=list(KINDS.values()), range=[BLUE, ORANGE, GREEN]
    )
    base = alt.Chart(long).encode(x=x, y=y, color=colour)
    shape = alt.Shape("line:N", legend=None)
    names = [
        base.transform_filter(f"datum.line == '{words}' && datum.year == 2023")
        .mark_text(fontWeight=600, align="right", dy=dy, dx=20)
        .encode(text="line:N")
        for words, dy in zip(KINDS.values(), (-24, -26, 22), strict=True)
    ]
    return layered(
        base.mark_line().encode(detail="piece:N"),
        base.mark_point(opacity=1, size=65).encode(shape=shape),
        *names,
    ).properties(
        width=400,
        height=250,
        description="Connected devices, IoT revenue and internet services revenue for each "
        "monthly user of the software, by year, as an index with 2018 at 100",
    )
