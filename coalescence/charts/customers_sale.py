"""Charts and sentences for direct sale, the margin cap and the weekly sell-out."""

import altair as alt
import pandas as pd

from coalescence.charts import (
    BLUE,
    GREEN,
    HEIGHT,
    LINE,
    MUTED,
    ORANGE,
    PAPER,
    PINK,
    SKY,
    WIDTH,
    layered,
)  # fmt: skip
from coalescence.charts._parts import inside, key, lines, mark, place, worded

PARTS = {
    "maker": "Maker, on the phone",
    "services": "Maker, on services",
    "traders": "Middlemen",
    "buyers": "Buyers",
    "lost": "Lost: price too high",
}
SHADES = [BLUE, GREEN, ORANGE, SKY, LINE]  # of the parts, in their order
TALK = {
    0: "Not at all",
    0.5: "Half as much as owners",
    1: "Like owners",
    2: "Twice as much",
}  # kappa, in words
STOCKS = {"sold": "Bought", "waiting": "Waiting", "gone": "Gave up"}


# --- Direct sale ---


def stack(table: pd.DataFrame) -> alt.LayerChart:
    """Who gets what of the most that the market could yield, by the number of middlemen."""
    base = (
        alt.Chart(table)
        .transform_fold(list(PARTS), as_=["part", "value"])
        .transform_calculate(words=worded(PARTS, "part"), place=place(PARTS, "part"))
    )
    x = alt.X("tiers:O", title="Middlemen between maker and buyer").axis(labelAngle=0)
    y = alt.Y("value:Q", title="% of what the market could yield")
    bars = base.mark_bar(stroke=PAPER, strokeWidth=1).encode(
        x=x,
        y=y.scale(domain=[0, 1], nice=False).axis(format="%"),
        color=alt.Color("words:N")
        .scale(domain=list(PARTS.values()), range=SHADES)
        .legend(symbolType="square", columns=2),
        order="place:Q",
    )
    amounts = inside(base, "y", "value", "tiers", 0.055, form=".0%", colours=SHADES, fontSize=11)
    return layered(bars, amounts.encode(x=x)).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Shares of maker, middlemen and buyers, and what is lost, with no to four "
        "middlemen who each set a price",
    )


def say_stack(table: pd.DataFrame, *, promise: bool, later: float, cost: float = 0.8) -> str:
    """What direct sale and two middlemen leave to maker and buyers."""
    direct, two = table.iloc[0], table.iloc[2]
    parts = [x for row in (direct, two) for x in (row.maker + row.services, row.buyers)]
    kept, bought, left, little = (f"{100 * part:.3g}%" for part in parts)
    return (
        f"The maker takes {direct.margin:.1%} on the phone. Selling directly it gets {kept} of "
        f"what the market could yield, and buyers {bought}; through two middlemen it gets {left}, "
        f"and buyers {little}."
    )


# --- Margin cap ---


def capped(table: pd.DataFrame) -> alt.LayerChart:
    """What every hardware margin earns, with services and without, and what the promise earns."""
    names = {"profit": "With services", "alone": "Hardware alone"}
    x = alt.X("margin:Q", title="Hardware margin, % of cost")
    x = x.scale(domain=[-0.2, 0.4], nice=False, clamp=True).axis(format="%")
    curves = lines(
        table,
        x,
        names,
        "Profit (1 = hardware alone at its best)",
        [-0.5, 4],
        where="datum.point == 'curve'",
    )
    zero = alt.Chart(table).mark_rule(color=LINE, strokeWidth=2).encode(y=alt.datum(0))
    return layered(
        zero,
        curves,
        *mark(
            table,
            "datum.point == 'best'",
            "margin:Q",
            "profit:Q",
            "free to choose",
            align="left",
            dx=-4,
        ),
        *mark(
            table,
            "datum.point == 'cap'",
            "margin:Q",
            "profit:Q",
            "promise",
            color=PINK,
            dx=-9,
            dy=-4,
            align="right",
        ),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Profit over the hardware margin with and without services; the best margin of "
        "a firm free to choose, and the promised one",
    )


def say_capped(
    table: pd.DataFrame,
    *,
    cap: float,
    kept: float,
    service: float,
    retention: float,
    demand: str = "exponential",
) -> str:
    """Whether the promise pays."""
    best = table[table.point == "best"].iloc[0]
    promise = table[table.point == "cap"].iloc[0]
    change = promise.profit / best.profit - 1
    return (
        f"A firm free to choose would take {best.margin:.0%} on the phone. Promising {cap:.0%} and "
        f"keeping {kept:.0%} of its users a year instead of {retention:.0%} "
        f"{'brings' if change >= 0 else 'costs'} {abs(change):.0%} of profit."
    )


# --- Sell-outs ---


def sell_outs(table: pd.DataFrame) -> alt.LayerChart:
    """Who has bought, who waits and who gave up, beside what plenty would have sold."""
    x = alt.X("week:Q", title="Weeks since the launch").scale(domain=[0, 104], nice=False)
    order = list(STOCKS.values())
    scale = alt.Scale(domain=order, range=[BLUE, SKY, LINE])
    y = alt.Y("value:Q", title="% of the market", stack="zero").scale(domain=[0, 100], nice=False)
    colour = alt.Color("words:N", scale=scale)
    areas = (
        alt.Chart(table)
        .transform_fold(list(STOCKS), as_=["stock", "value"])
        .transform_calculate(words=worded(STOCKS, "stock"), place=place(STOCKS, "stock"))
        .mark_area(stroke=PAPER, strokeWidth=1)
        .encode(x=x, y=y, color=colour, order="place:Q")
    )
    line = alt.Chart(table).mark_line(strokeDash=[6, 3], color=ORANGE)
    dashed = key(("- - - bought, had there been plenty", ORANGE))
    return layered(areas, line.encode(x=x, y=alt.Y("plenty:Q")), *dashed).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Share of the market that has bought, waits or gave up over two years of "
        "weekly batches, and what would have been sold had nobody had to wait",
    )


def say_sell_outs(table: pd.DataFrame, *, batch: float, talk: float, leave: float) -> str:
    """What two years of sell-outs bring and cost."""
    last = table.iloc[-1]
    most = table.iloc[int(table.waiting.to_numpy().argmax())]
    queue = (
        f"the queue is longest in week {most.week:.0f}, with {most.waiting:.0f}% of the market"
        if most.waiting >= 0.5
        else "there is hardly ever a queue"
    )
    return (
        f"With {batch:g}% of the market on sale each week {queue}. After two years "
        f"{last.sold:.0f}% have bought and {last.gone:.0f}% gave up; with plenty "
        f"{last.plenty:.0f}% would have bought."
    )


def batches(table: pd.DataFrame) -> alt.LayerChart:
    """Profit, sales and losses by the size of the weekly batch."""
    names = {"profit": "Profit", "sold": "Bought", "gone": "Gave up"}
    x = alt.X("batch:Q", title="Phones on sale each week, % of the market")
    x = x.scale(domain=[0, 3], nice=False, clamp=True)
    curves = lines(table, x, names, "% of the market, profit in margins", [0, 100],
                   colours=(GREEN, BLUE, MUTED), where="datum.point == 'curve'")  # fmt: skip
    best = mark(table, "datum.point == 'best'", "batch:Q", "profit:Q", "best", dy=18)
    return layered(curves, *best).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Profit, share of the market that bought and share that gave up, by the number "
        "of phones on sale each week, with the best number marked",
    )


def say_batches(table: pd.DataFrame, *, talk: float, leave: float, line: float = 10.0) -> str:
    """The best batch and who never gets one."""
    best = table[table.point == "best"].iloc[0]
    return (
        f"The best batch is {best.batch:.1f}% of the market a week: {best.sold:.0f}% buy within "
        f"two years and {best.gone:.0f}% give up. Profit is {best.profit:.0f}% of what one margin "
        f"from everybody would be."
    )


def timed(table: pd.DataFrame) -> alt.Chart:
    """Phones a second in each batch (`date`, `market`, `units`, `seconds`, `timed`), log scale."""
    date = table["date"].str
    month = date.slice(0, 4).astype(int) + (date.slice(5, 7).astype(int) - 0.5) / 12
    drawn = table[["market", "timed"]].assign(month=month, speed=table["units"] / table["seconds"])
    markets = list(dict.fromkeys(table["market"]))
    x = alt.X("month:Q", title="Date of the sale").scale(domain=[2011.5, 2015.5], nice=False)
    y = alt.Y("speed:Q", title="Units a second (each step ten times)")
    y = y.scale(type="log", domain=[1, 20000], nice=False)
    colour = alt.Color("market:N").scale(domain=markets, range=[BLUE, ORANGE])
    shape = alt.Shape("timed:N").scale(domain=["exact", "rounded"], range=["circle", "triangle-up"])
    shape = shape.legend(symbolFillColor=MUTED, symbolStrokeColor=MUTED)
    chart: alt.Chart = (
        alt.Chart(drawn)
        .mark_point(size=90, opacity=0.85)
        .encode(
            x=x.axis(format="d", values=[2012, 2013, 2014, 2015]),
            y=y.axis(values=[1, 10, 100, 1000, 10000], format=",d"),
            color=colour,
            shape=shape,
        )
        .properties(
            width=WIDTH,
            height=HEIGHT,
            description="Units sold each second in batches that sold out, by date, on a "
            "logarithmic scale, with exact and rounded times told apart",
        )
    )
    return chart
