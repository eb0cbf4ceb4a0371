"""How should it sell to its first customers: how directly, at which margin, and how few a week?

*Direct sale.* Every middleman adds a markup (Spengler 1950). *Margin cap.* A thin margin buys a
lasting customer (Gupta and Lehmann 2003). *Sell-outs.* Those who wait may talk, or leave (Ho, Savin
and Terwiesch 2002; Keith, Sterman and Struben 2018).

Rates are hazards per year unless a field says per week. Functions take floats or arrays that
broadcast. Equation numbers are those of the chapter, which `customers` shares.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from coalescence.models import equity
from coalescence.models._check import within
from coalescence.models.customers import chance, per_week
from coalescence.models.operations import lifetime_value

Floats = NDArray[np.float64]
Number = float | Floats
Table = dict[str, Any]  # name of a column -> its values

# --- Direct sale: what middlemen add -------------------------------------------------------------


def price_stack(cost: ArrayLike, markups: ArrayLike) -> Any:
    """What does the buyer pay when every tier adds its markup? Eq. (4), c prod(1 + mu).

    `markups` (..., tiers) are shares of what each tier paid. Returns (...).
    """
    within("cost", cost, 0)
    within("markups", markups, -1)
    return np.asarray(cost, float) * np.prod(1 + np.asarray(markups, float), axis=-1)


class Chain(NamedTuple):
    """What a chain of firms that each set a price leads to."""

    price: Any  # to the buyer
    quantity: Any  # sold
    maker: Any  # profit of the first firm
    traders: Any  # profit of all middlemen together
    buyers: Any  # consumer surplus


def chain(market: equity.Market, tiers: ArrayLike, wholesale: ArrayLike | None = None) -> Chain:
    """What happens when `tiers` middlemen each set a price on top? Eq. (4), Spengler (1950).

    Successive monopoly with linear demand: behind a maker's price w, each tier halves what is left
    of a - w, so P = a - (a - w) / 2^n. The maker takes `wholesale`, or the price that is best for
    it, w = (a + c) / 2. No tiers is direct sale; one tier is the wholesale channel of
    `equity.wholesale`. `tiers` need not be whole.
    """
    within("tiers", tiers, 0)
    best = (market.ceiling + market.cost) / 2
    paid = best if wholesale is None else np.asarray(wholesale, float)
    room = (market.ceiling - paid) * 2.0 ** -np.asarray(tiers, float)
    price, quantity = market.ceiling - room, room / market.slope
    return Chain(price, quantity, (paid - market.cost) * quantity, (price - paid) * quantity,
                 market.slope * quantity**2 / 2)  # fmt: skip


CAP = 0.05  # margin that a maker promises, as a share of cost


def stack(promise: bool, later: float, cost: float = 0.8) -> Table:
    """What do middlemen cost whom, and where does a thin margin go? Rows for 0 to 4 tiers.

    The maker takes the margin that earns most, or with a `promise` at most CAP. Each buyer brings
    `later` from services, as a share of cost; `cost` is a share of the price at which nobody buys.
    Columns: tiers, margin (the maker's, share of cost), price (share of the price at which nobody
    buys), and shares of the most that the market could yield in all: maker, services, traders,
    buyers, lost.
    """
    within("cost", cost, 0, 0.99, open_low=True)
    within("later", later, 0)
    tiers, net = np.arange(5), cost * (1 - later)
    free = (1 + net) / 2  # the price that earns most, as though a phone cost so much less
    paid = min(free, cost * (1 + CAP)) if promise else free
    sold = chain(equity.Market(1.0, 1.0, cost), tiers, paid)
    whole = (1 - net) ** 2 / 2
    parts = {"maker": sold.maker / whole, "services": (cost - net) * sold.quantity / whole,
             "traders": sold.traders / whole, "buyers": sold.buyers / whole}  # fmt: skip
    return {
        "tiers": tiers,
        "margin": np.full(5, paid / cost - 1),
        "price": sold.price,
        **parts,
        "lost": 1 - sum(parts.values()),
    }


# --- Margin cap ----------------------------------------------------------------------------------

DEMANDS = ("exponential", "linear")


class Phone(NamedTuple):
    """A phone sold with services; money in RMB."""

    cost: Number = 1500.0  # of making one
    spread: Number = 300.0  # best profit per phone if there were no services
    service: Number = 60.0  # margin on services, per user and year
    retention: Number = 0.8  # share of users who stay from year to year
    discount: Number = 0.12  # a year
    demand: str = "exponential"  # shape of demand, one of DEMANDS


def lifetime(phone: Phone) -> Any:
    """What is a user worth after the purchase? By `operations.lifetime_value`, RMB."""
    within("discount", phone.discount, 0, open_low=True)
    return lifetime_value(phone.service, phone.retention, phone.discount)


def demand(phone: Phone, margin: ArrayLike) -> Any:
    """How many buy at this hardware margin (share of cost), 1 at the best one without services?

    Both shapes have the same level and slope there. Exponential: exp(-(P - P0) / spread); linear:
    1 - (P - P0) / spread.
    """
    if phone.demand not in DEMANDS:
        raise ValueError(f"demand = {phone.demand!r}: expected one of {', '.join(DEMANDS)}")
    within("spread", phone.spread, 0, open_low=True)
    dearer = np.asarray(margin, float) * phone.cost / phone.spread - 1
    return np.exp(-dearer) if phone.demand == "exponential" else np.maximum(1 - dearer, 0)


def profit(phone: Phone, margin: ArrayLike) -> Any:
    """What does a margin earn, over the phone and the life of its user?

    (margin cost + CLV) D, in units of what hardware alone earns at its best margin.
    """
    worth = lifetime(phone)
    earned = np.asarray(margin, float) * phone.cost + worth
    return earned * demand(phone, margin) / phone.spread


def best_margin(phone: Phone) -> Any:
    """Which hardware margin, as a share of cost, earns most? It may be negative.

    With exponential demand it falls one for one with the customer's value; with linear demand half
    as fast. Below -1 the phone is given away, with money on top.
    """
    demand(phone, 0.0)  # checks the shape
    passed = 1.0 if phone.demand == "exponential" else 0.5
    worth = lifetime(phone)
    return (phone.spread - passed * worth) / phone.cost


def needed_retention(phone: Phone, cap: ArrayLike) -> Any:
    """How loyal must a promised margin `cap` make users, to earn as much as the best margin?

    The promise is worth keeping above it. Over 1: no loyalty can pay for it. That a promise raises
    retention is the casebook's own reading of the cap as a commitment.
    """
    best = profit(phone, best_margin(phone)) * phone.spread
    worth = best / demand(phone, cap) - np.asarray(cap, float) * phone.cost
    return worth * (1 + phone.discount) / (phone.service + worth)


MARGINS = np.linspace(-0.2, 0.4, 25)  # where the lab draws its curve


def capped(
    cap: float, kept: float, service: float, retention: float, demand: str = "exponential"
) -> Table:
    """What does a promised margin earn? Rows for 25 margins, for the best one and for the promise.

    `retention` is that of a firm free to choose, `kept` that under the promise, `service` the
    yearly margin (RMB a user). Columns: point ("curve", "best", "cap"), margin, profit and alone
    (what hardware earns by itself), both in units of the best profit of hardware alone.
    """
    free = Phone(service=service, retention=retention, demand=demand)
    margins = np.append(MARGINS, [best_margin(free), cap])
    earned = profit(free, margins)
    earned[-1] = profit(free._replace(retention=kept), cap)
    return {
        "point": ["curve"] * len(MARGINS) + ["best", "cap"],
        "margin": margins,
        "profit": earned,
        "alone": profit(free._replace(service=0.0), margins),
    }


# --- Sell-outs: those who wait talk, or leave ----------------------------------------------------


class Sale(NamedTuple):
    """A phone sold in one batch a week; a phone model lives for about two years."""

    p: Number = 0.1  # unprompted interest, per year
    q: Number = 4.0  # word of mouth of a whole market of owners, per year
    m: Number = 1000.0  # potential buyers, thousand
    batch: Number = 10.0  # B, phones on sale each week, thousand
    talk: Number = 0.5  # kappa, how much one who waits talks beside one who owns: 0, 1, or more
    leave: Number = 0.05  # lambda, hazard per WEEK that one who finds it sold out gives up
    gone: Number = 1.0  # share of those who give up that buys elsewhere; the rest may come back


class Path(NamedTuple):
    """Stocks at the end of each week, week 0 first; all in the units of m."""

    sold: Floats  # N
    waiting: Floats  # W
    gone: Floats  # bought elsewhere
    undecided: Floats  # the rest


def sell_out(sale: Sale, weeks: int) -> Path:
    """Who has bought, who waits, who is gone, week by week? Eq. (5).

    Bass diffusion under a supply limit (Ho, Savin and Terwiesch 2002) with word of mouth of those
    who wait (Keith, Sterman and Struben 2018). During a week dW/dt = (p + q (N + kappa W) / m) U,
    whose solution is a Bass curve, so the step is exact. At its end one batch is sold, and each who
    finds it sold out gives up with probability 1 - exp(-lambda). The single batch a week, and talk
    above 1, are the casebook's own. Fields broadcast; returns stocks (weeks + 1, ...).
    """
    for name in ("q", "batch", "talk", "leave"):
        within(name, getattr(sale, name), 0)
    within("gone", sale.gone, 0, 1)
    within("p", sale.p, 0, open_low=True)
    within("m", sale.m, 0, open_low=True)
    shape = np.broadcast_shapes(*(np.shape(field) for field in sale))
    path = np.zeros((weeks + 1, 4, *shape))
    path[0, 3] = sale.m
    quits = chance(sale.leave)
    for week in range(weeks):
        sold, waits, away, rest = path[week]
        open_ = waits + rest  # the waiting and the undecided
        alone = per_week(sale.p + sale.q * sold / sale.m)
        talked = per_week(sale.q * sale.talk * open_ / sale.m)
        waits = open_ * _later(waits / np.where(open_ > 0, open_, 1), alone, talked)
        buys = np.minimum(sale.batch, waits)
        goes = (waits - buys) * quits
        path[week + 1] = (
            sold + buys,
            waits - buys - goes,
            away + sale.gone * goes,
            open_ - waits + (1 - sale.gone) * goes,
        )
    return Path(*np.moveaxis(path, 1, 0))


def _later(share: Any, p: Any, q: Any) -> Any:
    """The share one unit of time later, if df/dt = (p + q f)(1 - f)."""
    speed, less = p + q * share, (1 - share) * np.exp(-p - q)
    return (speed - p * less) / (speed + q * less)


def sale_profit(sale: Sale, weeks: int, *, line: Number = 10.0, discount: float = 0.1) -> Any:
    """What is the sale worth, in margins on one phone?

    Every phone earns one margin, discounted to the launch at `discount` a year; each phone of
    weekly capacity costs `line` margins once.
    """
    within("line", line, 0)
    within("discount", discount, 0)
    bought = np.diff(sell_out(sale, weeks).sold, axis=0)
    present = np.exp(-per_week(discount) * np.arange(1, weeks + 1))
    return np.tensordot(present, bought, axes=1) - line * sale.batch


def best_batch(sale: Sale, weeks: int = 104, *, line: float = 10.0, discount: float = 0.1) -> float:
    """How many phones a week are best? Between none and the whole market in one week."""

    def loss(batch: Any) -> Any:
        return -sale_profit(sale._replace(batch=batch), weeks, line=line, discount=discount)

    grid = float(np.max(sale.m)) * np.linspace(0, 1, 401) ** 2
    near = int(np.argmin(loss(grid)))
    edges = grid[max(near - 1, 0)], grid[min(near + 1, 400)]
    found = minimize_scalar(
        loss, bounds=edges, method="bounded", options={"xatol": 1e-6 * grid[-1]}
    )
    return float(found.x if found.fun < loss(grid[near]) else grid[near])


ENDLESS = 1e9  # a batch that never sells out


def sell_outs(batch: float, talk: float, leave: float) -> Table:
    """What do weekly sell-outs do? 53 rows, every second week of two years.

    `batch` in % of the market a week. Columns: week, and in % of the market: sold, waiting, gone,
    and plenty (what would have been sold had nobody had to wait).
    """
    sale = Sale(m=100.0, batch=batch, talk=talk, leave=leave)
    path = sell_out(sale, 104)
    plenty = sell_out(sale._replace(batch=ENDLESS), 104).sold
    return {"week": np.arange(0, 105, 2), "sold": path.sold[::2], "waiting": path.waiting[::2],
            "gone": path.gone[::2], "plenty": plenty[::2]}  # fmt: skip


def batches(talk: float, leave: float, line: float = 10.0) -> Table:
    """Which batch is best? Rows for 30 batch sizes and for the best one.

    Columns: point ("curve", "best"), batch (% of the market a week), profit (in % of one margin
    from everybody in the market), sold and gone (% of the market after two years).
    """
    sale = Sale(m=100.0, talk=talk, leave=leave)
    batch = np.append(np.arange(1, 31) / 10, best_batch(sale, line=line))
    sale = sale._replace(batch=batch)
    path = sell_out(sale, 104)
    return {
        "point": ["curve"] * 30 + ["best"],
        "batch": batch,
        "profit": sale_profit(sale, 104, line=line),
        "sold": path.sold[-1],
        "gone": path.gone[-1],
    }
