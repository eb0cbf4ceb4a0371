"""Charts and sentences for pre-orders, small batches and scarcity."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, HEIGHT, MUTED, ORANGE, PINK, WIDTH, layered
from coalescence.charts._parts import key, lines, mark, place, worded
from coalescence.models import accessible

COSTS = {"setup": "Starting batches", "early": "Short or over before", "last": "The last batch"}


# --- Orders before the batch ---


def _fee() -> alt.X:
    x = alt.X("fee:Q", title="Booking fee, % of a buyer's gain").scale(domain=[0, 1], nice=False)
    return x.axis(format="%")


def preorders(table: pd.DataFrame) -> alt.Chart:
    """The best batch, by the booking fee, with orders and without."""
    names = {"made": "With bookings", "made_blind": "Without"}
    y = "Best batch, % of expected demand"
    return lines(table, _fee(), names, y, [0, 1.2], form="%").properties(
        description="Best size of the batch over the booking fee, with bookings taken before the "
        "batch is made and without, as shares of expected demand"
    )


def not_knowing(table: pd.DataFrame) -> alt.Chart:
    """The cost of not knowing demand, by the booking fee, with orders and without."""
    names = {"risk": "With bookings", "blind": "Without"}
    y = "Cost of not knowing, % of phones' cost"
    return lines(table, _fee(), names, y, [0, 0.2], form="%").properties(
        description="Cost of too many or too few phones over the booking fee, with bookings taken "
        "before the batch is made and without"
    )


def say_preorders(table: pd.DataFrame, *, margin: float, spread: float, doubt: float = 0.5) -> str:
    """What free bookings tell, and what paid ones tell."""
    free, paid = table.iloc[0], table.iloc[-1]
    return (
        f"Without bookings the best batch is {free.made_blind:.0%} of expected demand and serves "
        f"{free.served_blind:.0%}. Free bookings make it {free.made:.0%}, and a fee as large as "
        f"the gain {paid.made:.0%}, which serves {paid.served:.0%}. Not knowing then costs "
        f"{paid.risk:.1%} of the phones' cost, instead of {free.blind:.1%}."
    )


def registered(table: pd.DataFrame) -> alt.LayerChart:
    """Phones put on sale and people registered for them (sale, units, registered)."""
    order = list(table["sale"])
    base = alt.Chart(table[["sale", "units", "registered"]]).encode(
        y=alt.Y("sale:N", title=None, sort=order).axis(labelLimit=200)
    )
    title = "Phones on sale (circle) and people registered (square), log scale"
    scale = alt.Scale(type="log", domain=[8000, 4e7], nice=False)
    x = alt.X("units:Q", title=title, scale=scale)
    x = x.axis(values=[1e4, 1e5, 1e6, 1e7], format="~s")
    more = base.encode(x=alt.X("registered:Q", scale=scale))
    words = more.transform_calculate(words="'×' + format(datum.registered / datum.units, '.0f')")
    return layered(
        base.mark_rule(color=MUTED, strokeWidth=2).encode(x=x, x2="registered:Q"),
        base.mark_point(color=BLUE, size=110, opacity=1).encode(x=x),
        more.mark_point(color=ORANGE, size=100, shape="square", opacity=1),
        words.mark_text(align="left", dx=10, fontWeight=600).encode(text="words:N"),
    ).properties(
        width=330,
        height=44 * len(order),
        description="Phones put on sale and people who had registered for them, by sale, with how "
        "many registered for each phone",
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
        return (
            "A bad maker earns more by being honest than by fooling those who cannot judge, for "
            "any batch: no scarcity is needed."
        )
    pays = "and that pays" if accessible.signals(doubt) else "but that costs more than it gains"
    return (
        f"A batch of at most {limit.batch:.0%} of the market proves quality, because a bad maker "
        f"earns more by being honest; a good one then earns {limit.good:.2f}, {pays}."
    )
