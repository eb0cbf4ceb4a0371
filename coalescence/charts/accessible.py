"""Charts and sentences for pre-orders, small batches and scarcity."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, HEIGHT, MUTED, ORANGE, PINK, WIDTH, layered
from coalescence.charts._parts import key, lines, mark, place, worded
from coalescence.models import accessible

COSTS = {"setup": "Starting batches", "early": "Short or over before", "last": "The last batch"}


# --- Orders before the batch ---


def preorders(table: pd.DataFrame) -> alt.Chart:
    """The cost of not knowing demand, by the booking fee, with orders and without."""
    names = {"risk": "With bookings", "blind": "Without"}
    x = alt.X("fee:Q", title="Booking fee, % of a buyer's gain").scale(domain=[0, 1], nice=False)
    y = "Cost of not knowing, % of phones' cost"
    return lines(table, x.axis(format="%"), names, y, [0, 0.1], form="%").properties(
        description="Cost of too many or too few phones over the booking fee, with bookings taken "
        "before the batch is made and without"
    )


def say_preorders(table: pd.DataFrame, *, margin: float, spread: float, doubt: float = 0.5) -> str:
    """What free bookings tell, and what paid ones tell."""
    free, paid = table.iloc[0], table.iloc[-1]
    return (
        f"Without bookings, not knowing demand costs {free.blind:.1%} of the cost of the phones. "
        f"Free bookings, {free.bookings:.1f} for each phone sold, lower that to {free.risk:.1%}; "
        f"with a fee as large as the gain it is {paid.risk:.1%}."
    )


# --- One big batch or many small ones ---


def small_batches(table: pd.DataFrame) -> alt.LayerChart:
    """What a season costs in so many batches, by kind of cost."""
    order = list(COSTS.values())
    x = alt.X("batches:Q", title="Number of batches").scale(domain=[0.5, 40.5], nice=False)
    y = alt.Y("value:Q", title="Cost, % of phones' cost", stack="zero")
    bars = (
        alt.Chart(table)
        .transform_fold(list(COSTS), as_=["part", "value"])
        .transform_calculate(words=worded(COSTS, "part"), place=place(COSTS, "part"))
        .mark_bar(size=7, clip=True)
        .encode(
            x=x,
            y=y.scale(domain=[0, 0.1], nice=False).axis(format="%"),
            color=alt.Color("words:N", sort=order)
            .scale(domain=order, range=[MUTED, ORANGE, BLUE])
            .legend(symbolType="square", columns=2),
            order="place:Q",
        )
    )
    best = mark(table, "datum.best == 1", "batches:Q", "total:Q", "")
    return layered(bars, *best, *key(("diamond: cheapest", GREEN), left=40)).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Cost of starting batches, of running short or over before the end, and of the "
        "last batch, by the number of batches, with the cheapest number marked",
    )


def say_small_batches(table: pd.DataFrame, *, level: float, leave: float, setup: float) -> str:
    """How many batches are cheapest, and what that saves."""
    best, one = table[table.best == 1].iloc[0], table.iloc[0]
    if best.batches == 1:
        return f"One big batch is cheapest here; it costs {one.total:.1%} of the phones' cost."
    return (
        f"{best.batches:.0f} batches are cheapest: {best.total:.1%} of the phones' cost instead of "
        f"{one.total:.1%} for one big batch."
    )


# --- Scarcity as a signal ---


def signal(table: pd.DataFrame) -> alt.LayerChart:
    """What a good and an imitating maker earn from a batch, and what honesty earns."""
    names = {"good": "Good maker", "imitator": "Imitator", "honest": "Bad maker, honest"}
    x = alt.X("batch:Q", title="Batch offered, % of the market").scale(domain=[0, 1], nice=False)
    curves = lines(
        table,
        x.axis(format="%"),
        names,
        "Profit (price of a good phone = 1)",
        [0, 0.5],
        colours=(BLUE, ORANGE, PINK),
        where="datum.point == 'curve'",
    )
    base = alt.Chart(table).transform_filter("datum.point == 'limit'").encode(x=x)
    rule = base.mark_rule(color=GREEN, strokeWidth=2, strokeDash=[4, 3], y=26, y2=HEIGHT)
    words = key(("- - - largest batch not worth imitating", GREEN))
    return layered(curves, rule, *words).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Profit of a good maker, of a bad one who imitates him and of an honest bad "
        "one, by the batch offered, with the largest batch that is not worth imitating",
    )


def say_signal(table: pd.DataFrame, *, experts: float, worth: float, good: float) -> str:
    """How scarce it must be, and whether that pays."""
    doubt = accessible.Doubt(good=good, worth=worth, experts=experts)
    limit = table[table.point == "limit"].iloc[0]
    if limit.batch >= 1:
        return "So many can judge for themselves that nobody imitates: no scarcity is needed."
    pays = "and that pays" if accessible.signals(doubt) else "but that costs more than it gains"
    return (
        f"A batch of at most {limit.batch:.0%} of the market proves quality, because a bad maker "
        f"earns more by being honest; a good one then earns {limit.good:.2f}, {pays}."
    )


# --- Buying before one knows ---


def rush(table: pd.DataFrame) -> alt.Chart:
    """Revenue from too small a stock at a high price, and from enough for all."""
    names = {"frenzy": "Too few for all", "ample": "Enough for all"}
    x = alt.X("stock:Q", title="Stock, % of the customers").scale(domain=[0, 1], nice=False)
    y = "Revenue per customer (highest worth = 1)"
    return lines(table, x.axis(format="%"), names, y, [0, 1]).properties(
        description="Revenue per customer from a stock that is too small for all, over its size, "
        "and from a stock that is enough"
    )


def say_rush(table: pd.DataFrame, *, likes: float, low: float) -> str:
    """From which stock on a frenzy pays."""
    needed = table.needed.iloc[0]
    if needed >= 1:
        return "Here customers lose nothing by buying at once, so a shortage only costs sales."
    return (
        f"A shortage earns more than plenty as long as the stock is above {needed:.0%} of demand."
    )
