"""Is a low price a business model? What do rivals do, is entry worth it, and who pays for whom?

*Price stack.* A price is its cost times everybody's markup, from the parts to the till.
*Entry.* A new country is a fixed cost against a share that comes slowly.
*Response.* What a lower cost earns depends on whether rivals sleep, make less (Cournot 1838), cut
prices (Bertrand 1883) or copy.
*Common costs.* Whether phones live on services depends on the key by which costs are shared out.

Every function takes floats or arrays that broadcast. Equation numbers are those of the chapter.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coalescence.models import rise
from coalescence.models._check import within

Floats = NDArray[np.float64]
Number = float | Floats
Table = dict[str, Any]  # name of a column -> its values

# --- The price stack -----------------------------------------------------------------------------


class Chain(NamedTuple):
    """Everything between the parts of a phone and its buyer."""

    parts: Number = 800.0  # RMB, components and licences
    making: Number = 100.0  # RMB, assembly and freight
    advertising: Number = 0.0  # share of the maker's price
    margin: Number = 0.05  # the maker's, as a share of its price
    tiers: Number = 0.0  # wholesalers and retailers, one after the other
    markup: Number = 0.12  # of each tier, on what it paid
    tax: Number = 0.17  # value-added tax on the last price


class Stack(NamedTuple):
    """A price, from below, RMB."""

    parts: Number
    making: Number
    advertising: Number
    maker: Number
    channel: Number
    tax: Number


def stack(chain: Chain) -> Stack:
    """Of what does the price consist? P = c / (1 - a - m) (1 + mu)**n (1 + tax)."""
    within("parts", chain.parts, 0)
    within("making", chain.making, 0)
    within("tiers", chain.tiers, 0)
    within("markup", chain.markup, 0)
    share = np.add(chain.advertising, chain.margin)
    within("advertising + margin", share, high=np.nextafter(1, 0))
    factory = (np.asarray(chain.parts, dtype=float) + chain.making) / (1 - share)
    shelf = factory * (1 + np.asarray(chain.markup, dtype=float)) ** chain.tiers
    return Stack(
        np.asarray(chain.parts, dtype=float)[()],
        np.asarray(chain.making, dtype=float)[()],
        factory * chain.advertising,
        factory * chain.margin,
        shelf - factory,
        shelf * chain.tax,
    )


USUAL = Chain(advertising=0.05, margin=0.15)  # what the lab compares with: assumed, not reported
DIRECT = Chain(tiers=1, markup=0.03)  # its own web shop, delivery included: assumed


def chains(tiers: int, markup: float, margin: float) -> Table:
    """What does the same phone cost through the usual chain, and sold direct? 12 rows.

    `tiers` and `markup` are the usual chain's, `margin` that of the maker who sells direct.
    Columns: chain ("usual", "direct"), part (a field of Stack), amount and price, RMB.
    """
    both = (USUAL._replace(tiers=tiers, markup=markup), DIRECT._replace(margin=margin))
    stacks = [np.array(stack(chain), dtype=float) for chain in both]
    return {
        "chain": ["usual"] * 6 + ["direct"] * 6,
        "part": list(Stack._fields) * 2,
        "amount": np.concatenate(stacks),
        "price": np.repeat([amounts.sum() for amounts in stacks], 6),
    }


# --- Entry into a country ------------------------------------------------------------------------


class Entry(NamedTuple):
    """A country that may be entered at the end of year 0.

    Market and path are set by eye to what trackers estimated for India, 2014 being year 0; the
    costs are assumed.
    """

    market: Number = 95.0  # million phones sold there a year, in year 0
    growth: Number = 0.09  # of that market a year
    plateau: Number = 0.30  # share of it that the entrant ends with
    speed: Number = 2.5  # how fast it gets there, per year (logistic)
    middle: Number = 2.6  # year in which half of that share is reached
    margin: Number = 60.0  # RMB a phone, services included
    once: Number = 2000.0  # RMB m, fixed cost of entry
    yearly: Number = 600.0  # RMB m, fixed cost of staying
    discount: Number = 0.12  # i, a year
    years: int = 10  # horizon


def share(entry: Entry, year: ArrayLike) -> Any:
    """Which share does the entrant hold in this year? A logistic path to the plateau."""
    within("plateau", entry.plateau, 0, 1)
    return rise.logistic(year, 1.0, entry.speed, entry.middle) * entry.plateau  # type: ignore[arg-type]


def sales(entry: Entry, year: ArrayLike) -> Any:
    """How many phones does it sell there? Million."""
    return entry.market * (1 + np.asarray(entry.growth)) ** year * share(entry, year)


def _factors(entry: Entry) -> tuple[Floats, Any]:
    """Years 1 ... T and the worth of a sum in each of them today."""
    within("discount", entry.discount, 0)
    within("years", entry.years, 1)
    years = np.arange(1, entry.years + 1, dtype=float)
    return years, (1 + np.asarray(entry.discount, dtype=float)) ** -years


def net_present_value(entry: Entry) -> float:
    """Is entry worth it? RMB m today, eq. (3): enter if it is above 0. Plain numbers only."""
    years, worth = _factors(entry)
    cash = sales(entry, years) * entry.margin - entry.yearly
    return float(np.sum(cash * worth) - entry.once)


def break_even_share(entry: Entry) -> float:
    """Which plateau would just pay? Eq. (4); above 1 no share does. Plain numbers only."""
    within("margin", entry.margin, 0, open_low=True)
    years, worth = _factors(entry)
    whole = sales(entry._replace(plateau=1.0), years) * entry.margin
    fixed = entry.once + np.sum(entry.yearly * worth)
    return float(fixed / np.sum(whole * worth))


def payback(entry: Entry) -> float:
    """In which year has entry paid for itself, discounted? Infinity if it has not by the end."""
    years, worth = _factors(entry)
    so_far = np.cumsum((sales(entry, years) * entry.margin - entry.yearly) * worth) - entry.once
    paid = years[so_far >= 0]
    return float(paid[0]) if paid.size else float("inf")


def enter(plateau: float, middle: float, margin: float, once: float) -> Table:
    """How does an entry go, year by year? 11 rows.

    Columns: year, share of the market, cash of the year and so_far (RMB bn, so_far discounted and
    together since year 0), needed (the plateau that would just pay, 1 where none does).
    """
    entry = Entry(plateau=plateau, middle=middle, margin=margin, once=once)
    years, worth = _factors(entry)
    cash = np.append(-entry.once, sales(entry, years) * entry.margin - entry.yearly) / 1000
    year = np.append(0.0, years)
    return {
        "year": year,
        "share": share(entry, year),
        "cash": cash,
        "so_far": np.cumsum(cash * np.append(1.0, worth)),
        "needed": np.full(year.size, min(break_even_share(entry), 1.0)),
    }


# --- What rivals do ------------------------------------------------------------------------------


class Outcome(NamedTuple):
    """Where a market of several firms comes to rest."""

    price: Any  # RMB
    quantity: Any  # (..., firms)
    profit: Any  # (..., firms)
    surplus: Any  # of the buyers


def _settled(price: Any, quantity: Any, costs: Any, ceiling: Any, slope: Any) -> Outcome:
    surplus = (ceiling - price) * quantity.sum(axis=-1) / 2
    return Outcome(price, quantity, (price[..., None] - costs) * quantity, surplus)


def cournot(costs: ArrayLike, ceiling: ArrayLike, slope: ArrayLike = 1.0) -> Outcome:
    """What happens if each chooses how much to make? Eq. (1), Cournot (1838).

    `costs` (..., firms) RMB a piece; buyers take (ceiling - price) / slope. With n firms at work
    the price is (a + sum of costs) / (n + 1) and q_i = (price - c_i) / b; firms whose cost is
    above the price make nothing, so n is the number that makes that price lowest.
    """
    c, a, b = _firms(costs, ceiling, slope)
    ranked = np.cumsum(np.sort(c, axis=-1), axis=-1)
    prices = (a[..., None] + ranked) / (np.arange(c.shape[-1]) + 2)
    price = np.minimum(prices.min(axis=-1), a)
    quantity = np.maximum(price[..., None] - c, 0) / b[..., None]
    return _settled(price, quantity, c, a, b)


def bertrand(costs: ArrayLike, ceiling: ArrayLike, slope: ArrayLike = 1.0) -> Outcome:
    """What happens if each sets a price? Bertrand (1883).

    The cheapest firm sells everything at the cost of the second cheapest, or at its monopoly price
    where that is lower; firms that are equally cheap share the market and earn nothing. At equal
    prices buyers go to the cheaper firm, as in the equilibria that Blume (2003) makes exact.
    """
    c, a, b = _firms(costs, ceiling, slope)
    if c.shape[-1] < 2:
        raise ValueError("costs has one firm: expected two or more")
    ranked = np.sort(c, axis=-1)
    lowest = np.minimum(ranked[..., 0], a)
    price = np.minimum(np.minimum(ranked[..., 1], (a + lowest) / 2), a)
    ahead = c == ranked[..., :1]
    quantity = ahead / ahead.sum(axis=-1, keepdims=True) * ((a - price) / b)[..., None]
    return _settled(price, quantity, c, a, b)


def _firms(costs: ArrayLike, ceiling: ArrayLike, slope: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Costs (..., firms), ceiling and slope (...), as arrays that broadcast."""
    within("costs", costs, 0)
    within("ceiling", ceiling, 0)
    within("slope", slope, 0, open_low=True)
    c, a, b = (np.asarray(value, dtype=float) for value in (costs, ceiling, slope))
    shape = np.broadcast_shapes(c.shape[:-1], a.shape, b.shape)
    return (
        np.broadcast_to(c, (*shape, c.shape[-1])),
        np.broadcast_to(a, shape),
        np.broadcast_to(b, shape),
    )


def war_pays(rivals: ArrayLike, ceiling: ArrayLike) -> Any:
    """From which cost advantage does the leader gain by a price war? (a - 1) / (n + 1)**2, eq. (2).

    A share of the `rivals`' common cost, which is 1, as `ceiling` is too. Below it the leader earns
    more if all make less; from there to a - 1, where even Cournot's rivals are gone, it earns more
    under Bertrand. The casebook's own algebra.
    """
    within("rivals", rivals, 1)
    within("ceiling", ceiling, 1)
    return (np.asarray(ceiling, dtype=float) - 1) / (np.asarray(rivals, dtype=float) + 1) ** 2


EDGES = np.linspace(0, 0.4, 9)  # cost advantages along the lab's axis, shares of the rivals' cost
WAYS = ("sleep", "make less", "cut prices", "copy")


def respond(costs: ArrayLike, ceiling: ArrayLike, way: str) -> Outcome:
    """What does the first firm's lower cost lead to, by what its rivals do? Slope 1.

    `costs` (..., firms), of which the first has the advantage. Rivals "sleep" who go on making
    what they made when all had the second firm's cost; who "make less" play Cournot and who "cut
    prices" Bertrand; who "copy" get the first firm's cost, and all play Cournot.
    """
    if way not in WAYS:
        raise ValueError(f"way = {way!r}: expected one of {', '.join(WAYS)}")
    c, a, b = _firms(costs, ceiling, 1.0)
    if way == "cut prices":
        return bertrand(c, a)
    if way == "copy":
        return cournot(np.repeat(c[..., :1], c.shape[-1], axis=-1), a)
    if way == "make less":
        return cournot(c, a)
    before = cournot(np.repeat(c[..., 1:2], c.shape[-1], axis=-1), a)
    theirs = before.quantity[..., 1:]
    ours = np.maximum(a - theirs.sum(axis=-1) - c[..., 0], 0) / 2
    quantity = np.concatenate([ours[..., None], theirs], axis=-1)
    return _settled(a - quantity.sum(axis=-1), quantity, c, a, b)


def response(rivals: int, ceiling: float) -> Table:
    """What is a cost advantage worth, by what the rivals do? 36 rows.

    The rivals' cost is 1 and `ceiling` the price at which nobody buys. Columns: way, edge (the
    advantage), ours and theirs (profits), buyers (surplus), each as a share of what buyers would
    gain if all were sold at the rivals' cost, and price (share of the rivals' cost).
    """
    costs = np.ones((EDGES.size, rivals + 1))
    costs[:, 0] = 1 - EDGES
    whole = (ceiling - 1) ** 2 / 2
    ends = [respond(costs, ceiling, way) for way in WAYS]
    return {
        "way": np.repeat(WAYS, EDGES.size).tolist(),
        "edge": np.tile(EDGES, len(WAYS)),
        "ours": np.concatenate([end.profit[:, 0] for end in ends]) / whole,
        "theirs": np.concatenate([end.profit[:, 1:].sum(axis=1) for end in ends]) / whole,
        "buyers": np.concatenate([end.surplus for end in ends]) / whole,
        "price": np.concatenate([end.price for end in ends]),
    }


# --- Who pays for whom ---------------------------------------------------------------------------

SEGMENTS = ("phones", "iot", "services")


class Accounts(NamedTuple):
    """One year of a firm with several segments."""

    revenue: ArrayLike  # of each segment, RMB bn
    gross: ArrayLike  # gross profit of each, RMB bn
    profit: float  # what is left of them all, RMB bn

    @property
    def common(self) -> float:
        """What the segments' gross profits have to bear together, RMB bn."""
        return float(np.sum(self.gross)) - self.profit


def _parts(accounts: Accounts) -> tuple[Floats, Floats, Floats]:
    """Gross profit, and each segment's part of the revenue and of the gross profit."""
    within("revenue", accounts.revenue, 0, open_low=True)
    revenue, gross = (np.asarray(v, dtype=float) for v in (accounts.revenue, accounts.gross))
    within("gross profit together", gross.sum(), 0, open_low=True)
    return gross, revenue / revenue.sum(), gross / gross.sum()


def allocated(accounts: Accounts, key: float) -> Floats:
    """What is left of each segment's gross profit once the common costs are shared out? Eq. (5).

    `key` 1 shares them out by revenue, 0 by gross profit, and what lies between is a mix.
    """
    within("key", key, 0, 1)
    gross, by_revenue, by_gross = _parts(accounts)
    left: Floats = gross - accounts.common * (key * by_revenue + (1 - key) * by_gross)
    return left


def balancing_key(accounts: Accounts) -> Floats:
    """Which key leaves a segment with nothing? Eq. (6); outside 0 to 1 no key does. (segments,)"""
    gross, by_revenue, by_gross = _parts(accounts)
    apart = by_revenue - by_gross
    part = gross / accounts.common - by_gross
    key: Floats = np.divide(part, apart, out=np.full(part.shape, np.inf), where=apart != 0)
    return key


def books(years: Mapping[int, Accounts], *, year: int, key: float) -> Table:
    """What does each segment earn in a year, by the key? 3 rows.

    Columns: segment (of SEGMENTS), gross and left (RMB bn), revenue (RMB bn).
    """
    accounts = years[year]
    return {
        "segment": list(SEGMENTS),
        "gross": np.asarray(accounts.gross, dtype=float),
        "left": allocated(accounts, key),
        "revenue": np.asarray(accounts.revenue, dtype=float),
    }
