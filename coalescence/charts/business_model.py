"""The business model in pictures: price stacks, an entry, what rivals do, and who pays for whom."""

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
    PINK,
    SKY,
    WIDTH,
    layered,
)  # fmt: skip
from coalescence.charts._parts import FIFTHS, inside, key, place, row_of, worded

CHAINS = {"usual": "Usual chain", "direct": "Sold direct"}
PARTS = {
    "parts": "Parts",
    "making": "Making",
    "advertising": "Advertising",
    "maker": "Maker's margin",
    "channel": "Channel",
    "tax": "Tax",
}
SHADES = [BLUE, SKY, PINK, ORANGE, GREEN, LINE]  # of the parts, in their order
WAYS = {
    "sleep": "Rivals sleep",
    "make less": "Rivals make less",
    "cut prices": "Rivals cut prices",
    "copy": "Rivals copy",
}


# --- the price stack ---


def chains(table: pd.DataFrame) -> alt.LayerChart:
    """Of what the price consists through the usual chain and sold direct."""
    order = list(CHAINS.values())
    base = alt.Chart(table).transform_calculate(
        words=worded(CHAINS, "chain"),
        kind=worded(PARTS, "part"),
        place=place(PARTS, "part"),
    )
    y = alt.Y("words:N", title=None).sort(order)
    bars = base.mark_bar(stroke=PAPER, strokeWidth=1, size=46, clip=True).encode(
        x=alt.X("amount:Q", title="What the buyer pays (RMB)").scale(domain=[0, 3000]),
        y=y,
        color=alt.Color("kind:N")
        .scale(domain=list(PARTS.values()), range=SHADES)
        .legend(symbolType="square", columns=3),
        order="place:Q",
    )
    amounts = inside(
        base, "x", "amount", "words", 150, form=".0f", colours=SHADES, fontSize=11.5, clip=True
    )
    totals = base.transform_filter("datum.part == 'tax'").mark_text(
        align="left", dx=6, fontWeight=600, clip=True
    )
    return layered(
        bars,
        amounts.encode(y=y),
        totals.encode(y=y, x="price:Q", text=alt.Text("price:Q", format=",.0f")),
    ).properties(
        width=WIDTH,
        height=150,
        description="Parts, making, advertising, the maker's margin, the channel and tax in the "
        "price of the same phone through the usual chain and sold direct",
    )


def say_chains(table: pd.DataFrame, *, tiers: int, markup: float, margin: float) -> str:
    """How much cheaper the direct phone is, and what that is due to."""
    usual, direct = (row_of(table, chain=chain).price for chain in CHAINS)
    channel = row_of(table, chain="usual", part="channel").amount
    return (
        f"The same phone costs RMB {usual:,.0f} through {tiers} tiers and RMB {direct:,.0f} sold "
        f"direct, {1 - direct / usual:.0%} less; the tiers alone take RMB {channel:,.0f}."
    )


# --- entry ---


def shares(table: pd.DataFrame, reported: pd.DataFrame | None = None) -> alt.LayerChart:
    """The entrant's share by year and the one it needs; `reported` shares (year, value in %)."""
    x = alt.X("year:Q", title="Years after entry").scale(domain=[0, 10]).axis(tickCount=10)
    y = alt.Y("share:Q", title="Share of the market").scale(domain=[0, 0.5])
    base = alt.Chart(table).encode(x=x, y=y.axis(format="%", tickCount=5))
    needed = alt.Chart(table).transform_filter("datum.year == 0")
    layers = [
        needed.mark_rule(color=ORANGE, strokeDash=[5, 4], clip=True).encode(
            x=alt.value(0), x2=alt.value("width"), y="needed:Q"
        ),
        needed.mark_text(
            color=ORANGE, align="right", dy=12, text="share that would just pay", clip=True
        ).encode(x=alt.value("width"), y="needed:Q"),
        base.mark_line(),
        base.mark_point(opacity=1),
    ]
    if reported is not None:
        known = alt.Chart(reported).transform_calculate(share="datum.value / 100")
        layers.append(
            known.mark_point(shape="diamond", size=100, color=INK, opacity=1).encode(
                x="year:Q", y="share:Q"
            )
        )
    return layered(*layers).properties(
        width=WIDTH,
        height=HEIGHT,
        description="The entrant's share of the market by year after entry, and the lasting share "
        "at which entry would just pay",
    )


def cash(table: pd.DataFrame) -> alt.LayerChart:
    """Cash of each year, and the sum so far, discounted."""
    base = alt.Chart(table).encode(
        x=alt.X("year:Q", title="Years after entry").scale(domain=[-0.5, 10.5]).axis(tickCount=10)
    )
    y = alt.Y("cash:Q", title="Cash (RMB bn)").scale(domain=[-6, 22])
    bars = base.mark_bar(size=18, clip=True).encode(
        y=y,
        color=alt.condition("datum.cash < 0", alt.value(ORANGE), alt.value(SKY)),
    )
    line = base.encode(y="so_far:Q")
    words = (("bars: of the year", MUTED), ("line: so far, discounted", MUTED))
    return layered(
        bars,
        alt.Chart(pd.DataFrame({"y": [0]})).mark_rule(color=MUTED).encode(y="y:Q"),
        line.mark_line(color=INK, clip=True),
        line.mark_point(color=INK, opacity=1, clip=True),
        *key(*words, left=6, top=10, down=16),
    ).properties(
        width=WIDTH,
        height=200,
        description="Cash of each year after entry as bars, and the discounted sum so far",
    )


def say_enter(
    table: pd.DataFrame, *, plateau: float, middle: float, margin: float, once: float
) -> str:
    """Whether entry pays, when, and which share would do."""
    end, needed = table["so_far"].iloc[-1], table["needed"].iloc[0]
    paid = table[table.so_far >= 0]["year"]
    when = f" It has paid for itself in year {paid.iloc[0]:.0f}." if len(paid) else ""
    limit = f"a lasting share of {needed:.0%} would just pay" if needed < 1 else "no share would"
    return (
        f"A share of {plateau:.0%} makes entry worth RMB {end:+.1f} bn after ten years; "
        f"{limit}.{when}".replace("-", "\N{MINUS SIGN}")
    )


# --- what rivals do ---


def _ways(table: pd.DataFrame) -> alt.Chart:
    order = list(WAYS.values())
    return (
        alt.Chart(table)
        .transform_calculate(words=worded(WAYS, "way"))
        .encode(
            x=alt.X("edge:Q", title="Cost advantage over the rivals")
            .scale(domain=[0, 0.4])
            .axis(format="%", tickCount=5),
            color=alt.Color("words:N")
            .scale(domain=order, range=[MUTED, BLUE, ORANGE, PINK])
            .legend(columns=2, symbolType="stroke"),
            strokeDash=alt.StrokeDash("words:N").scale(
                domain=order, range=[[2, 2], [1, 0], [6, 3], [8, 2, 2, 2]]
            ),
        )
    )


def response(table: pd.DataFrame) -> alt.LayerChart:
    """What the cost leader earns, by its advantage and by what rivals do."""
    y = alt.Y("ours:Q", title="Our profit, % of the buyers' largest gain").scale(domain=[0, 1])
    lines = _ways(table).mark_line(clip=True).encode(y=y.axis(format="%", values=FIFTHS))
    return layered(lines).properties(
        width=WIDTH,
        height=HEIGHT,
        description="The cost leader's profit over its cost advantage, if rivals sleep, make "
        "less, cut prices or copy",
    )


def prices(table: pd.DataFrame) -> alt.LayerChart:
    """What buyers pay, by the advantage and by what rivals do."""
    y = alt.Y("price:Q", title="Price, % of the rivals' cost").scale(domain=[0.6, 2])
    lines = _ways(table).mark_line(clip=True).encode(y=y.axis(format="%", tickCount=5))
    return layered(lines).properties(
        width=WIDTH,
        height=180,
        description="The price that buyers pay over the cost advantage, if rivals sleep, make "
        "less, cut prices or copy",
    )


def say_response(table: pd.DataFrame, *, rivals: int, ceiling: float) -> str:
    """What an advantage of a fifth is worth, by what the rivals do."""
    near = table[(table.edge - 0.2).abs() < 1e-9].set_index("way")
    none = row_of(table[table.edge == 0], way="make less").ours
    return (
        f"With {rivals} rival{'s' if rivals > 1 else ''} a cost lower by 20% lifts our profit from "
        f"{none:.0%} of the buyers' largest gain to {near.ours['make less']:.0%} if they make less "
        f"and {near.ours['cut prices']:.0%} if they cut prices, but only to "
        f"{near.ours['copy']:.0%} once they copy it."
    )


# --- who pays for whom ---

SEGMENTS = {"phones": "Phones", "iot": "IoT products", "services": "Services and the rest"}


def books(table: pd.DataFrame) -> alt.LayerChart:
    """Each segment's gross profit, and what is left of it after common costs."""
    base = alt.Chart(table).transform_calculate(
        words=worded(SEGMENTS, "segment"),
        end="max(datum.gross, datum.left, 0)",
        text="format(datum.gross, '.1f') + ' → ' + replace(format(datum.left, '.1f'), '-', '−')",
    )
    y = alt.Y("words:N", title=None).sort(list(SEGMENTS.values())).axis(labelLimit=150)
    x = alt.X("gross:Q", title="Gross profit (grey) and what is left of it (RMB bn)")
    colour = alt.condition("datum.left < 0", alt.value(ORANGE), alt.value(BLUE))
    zero = alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(color=MUTED)
    return layered(
        base.mark_bar(color=LINE, size=40).encode(
            x=x.scale(domain=[-10, 40]).axis(tickCount=6), y=y
        ),
        base.mark_bar(size=18).encode(x="left:Q", y=y, color=colour),
        zero.encode(x="x:Q"),
        base.mark_text(align="left", dx=6).encode(x="end:Q", y=y, text="text:N"),
    ).properties(
        width=WIDTH,
        height=180,
        description="Gross profit of phones, of IoT products and of services with the rest, and "
        "what is left of each after its part of the common costs",
    )


def say_books(table: pd.DataFrame, *, year: int, key: float) -> str:
    """What phones and hardware keep, and how much of the profit that is."""
    phones = row_of(table, segment="phones").left
    hardware = table[table.segment != "services"]
    part = hardware["left"].sum() / table["left"].sum()
    margin = hardware["left"].sum() / hardware["revenue"].sum()
    did = f"earned RMB {phones:.1f} bn" if phones >= 0 else f"lost RMB {-phones:.1f} bn"
    whole = f"{part:.0%} of the profit" if part >= 0 else "none of the profit"
    return (
        f"With {key:.0%} of the common costs of {year} shared out by revenue, phones {did}; "
        f"hardware brought {whole}, at a net margin of {margin:.1%}.".replace("-", "\N{MINUS SIGN}")
    )


def promise(table: pd.DataFrame, cap: float) -> alt.LayerChart:
    """Hardware's net margin between the two keys (`year`, `low`, `high`), its `gross`, a `cap`."""
    x = alt.X("year:O", title=None).axis(labelAngle=0)
    y = alt.Y("low:Q", title="Margin on hardware").scale(domain=[-0.04, 0.18])
    base = alt.Chart(table).encode(x=x)
    limit = alt.Chart(pd.DataFrame({"cap": [cap], "words": [f"promised: at most {cap:.0%} net"]}))
    return layered(
        limit.mark_rule(color=ORANGE, strokeDash=[5, 4]).encode(y="cap:Q"),
        limit.mark_text(color=ORANGE, align="left", dx=4, dy=-9).encode(
            x=alt.value(0), y="cap:Q", text="words:N"
        ),
        base.mark_bar(color=BLUE, size=20, cornerRadius=3).encode(
            y=y.axis(format="%", tickCount=6), y2="high:Q"
        ),
        base.mark_tick(color=INK, size=24, thickness=2.5).encode(y="gross:Q"),
        *key(("ticks: gross margin", INK), ("bars: net margin, by the key", BLUE), left=6),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Xiaomi's gross margin on hardware by year, and between which limits its net "
        "margin lies, beside the promised five per cent",
    )
