"""Why take orders first, make few, and let it sell out?

*Pre-orders.* They tell part of the demand before the batch is made, so that less of it has to be
guessed (Arrow, Harris and Marschak 1951 for the guess; Tang and others 2004 for the orders). *Small
batches.* Each one is made knowing more than the one before (Fisher and Raman 1996). *Scarcity.* A
good maker can afford what a bad one cannot (Stock and Balachander 2005), and whoever fears to find
nothing left buys before she knows what she wants (DeGraba 1995).

Money and quantities are in any unit; functions take floats or arrays that broadcast. Equation
numbers are those of the chapter.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coalescence.models import channels
from coalescence.models._check import within

Number = float | NDArray[np.float64]
Table = dict[str, Any]  # name of a column -> its values

# --- One batch, made before demand is known ------------------------------------------------------


class Season(NamedTuple):
    """Normal demand, and what a phone too few or too many costs."""

    mean: Number = 100.0  # expected demand, phones
    spread: Number = 30.0  # its standard deviation, phones
    price: Number = 1.0  # received for a phone sold
    cost: Number = 0.8  # of making one
    salvage: Number = 0.4  # received for one left over


def missed(season: Season) -> Any:
    """What does a phone too few cost? The margin c_u = price - cost."""
    within("price - cost", np.subtract(season.price, season.cost), 0, open_low=True)
    return np.subtract(season.price, season.cost)


def stranded(season: Season) -> Any:
    """What does a phone too many cost? The loss c_o = cost - salvage."""
    within("cost - salvage", np.subtract(season.cost, season.salvage), 0, open_low=True)
    return np.subtract(season.cost, season.salvage)


def service(season: Season) -> Any:
    """How often should the batch be enough? The critical ratio c_u / (c_u + c_o), eq. (1)."""
    return missed(season) / (missed(season) + stranded(season))


def _demand(season: Season) -> channels.Demand:
    """The season as the newsvendor of `channels` sees it."""
    within("spread", season.spread, 0)
    return channels.Demand(season.mean, season.spread, missed(season), stranded(season))


def order(season: Season) -> Any:
    """How many phones should be made? Q* = F^-1(c_u / (c_u + c_o)), eq. (1)."""
    return channels.order(_demand(season))


def mismatch(season: Season, made: ArrayLike) -> Any:
    """What do too many and too few cost, on average, if so many are made?

    c_o E(Q - D)+ + c_u E(D - Q)+ = sigma [c_o z + (c_o + c_u) L(z)] with the normal loss function
    L(z) = phi(z) - z (1 - Phi(z)).
    """
    within("spread", season.spread, 0, open_low=True)
    return channels.cost(_demand(season), made)


def risk(season: Season) -> Any:
    """What does not knowing demand cost at best? (c_u + c_o) phi(z*) sigma, linear in sigma."""
    return channels.least_cost(_demand(season))


def served(season: Season, made: ArrayLike) -> Any:
    """Which share of those who want a phone gets one, on average? 1 - E(D - Q)+ / mean."""
    within("mean", season.mean, 0, open_low=True)
    over = stranded(season)
    short = mismatch(season, made) - over * (np.asarray(made, float) - season.mean)
    return 1 - short / (over + missed(season)) / season.mean


def earned(season: Season, made: ArrayLike) -> Any:
    """What does a batch of this size earn, on average? Margin on mean demand less `mismatch`."""
    return missed(season) * season.mean - mismatch(season, made)


# --- Orders before the batch ---------------------------------------------------------------------


TINY = 1e-9  # a spread as good as none


class Booking(NamedTuple):
    """What people say before the batch is made."""

    serious: Number  # least chance of buying at which a visitor books
    booked: Number  # share of visitors who book
    kept: Number  # share of bookings that become purchases, on average


def book(fee: ArrayLike, gain: ArrayLike = 1.0) -> Booking:
    """Who books when it costs a `fee` that is lost by those who do not buy? Eq. (2).

    A visitor who will want the phone with chance theta gains `gain` from having booked it, or loses
    the fee: she books if theta gain >= (1 - theta) fee. Theta is spread evenly between 0 and 1, an
    assumption of the casebook.
    """
    within("fee", fee, 0)
    within("gain", gain, 0, open_low=True)
    least = np.asarray(fee, float) / (np.asarray(gain, float) + np.asarray(fee, float))
    return Booking(least, 1 - least, (1 + least) / 2)


def informed(spread: ArrayLike, noise: ArrayLike) -> Any:
    """How uncertain is demand after a signal of it with this noise? Eq. (3).

    Normal demand and a signal of it with independent error: sigma sqrt(1 - rho^2), where
    rho^2 = sigma^2 / (sigma^2 + noise^2); the bivariate normal case of Tang and others (2004).
    """
    within("spread", spread, 0, open_low=True)
    within("noise", noise, 0)
    sigma, error = np.asarray(spread, float), np.asarray(noise, float)
    return sigma * error / np.hypot(sigma, error)


def preorders(margin: float, spread: float, doubt: float = 0.5) -> Table:
    """What is a booking fee worth? Rows for fees of 0 to 100% of a buyer's gain from the phone.

    `margin` and `spread` (standard deviation of demand) as shares of cost and of mean demand; a
    phone left over loses half its cost. The share of bookings that falls through is known only up
    to `doubt` (standard deviation as a share of it): the casebook's own way of saying that a free
    click tells little. Columns: fee, bookings (per phone sold in the end), made and served (best
    batch and demand met, shares of mean demand), risk (cost of not knowing, share of the cost of
    mean demand), and the same without orders: made_blind, served_blind and blind.
    """
    fee = np.linspace(0, 1, 21)
    booking = book(fee)
    noise = doubt * (1 - booking.kept) / booking.kept
    season = Season(1.0, spread, 1 + margin, 1.0, 0.5)
    known = season._replace(spread=np.maximum(informed(spread, noise), TINY))
    made, blind = order(known), np.full(21, float(order(season)))
    return {
        "fee": fee,
        "bookings": 1 / np.asarray(booking.kept),
        "made": made,
        "made_blind": blind,
        "served": served(known, made),
        "served_blind": served(season, blind),
        "risk": risk(known),
        "blind": np.full(21, float(risk(season))),
    }


# --- One big batch or many small ones ------------------------------------------------------------


class Flow(NamedTuple):
    """Demand that comes in n equal parts, and what each batch costs."""

    spread: float = 0.3  # standard deviation of total demand, share of its mean
    level: float = 0.7  # share of that variance which is the phone's level, the same all along
    setup: float = 0.002  # cost of one more batch, share of the cost of mean demand
    leave: float = 0.1  # share of those who find it sold out that does not wait for the next batch
    holding: float = 0.02  # cost of carrying a phone to the next batch, share of its cost
    margin: float = 0.1  # on a phone, share of its cost
    loss: float = 0.5  # on a phone left at the very end, share of its cost


def learning(flow: Flow, batches: int) -> NDArray[np.float64]:
    """How uncertain is each of `batches` equal parts of demand, once the earlier are seen? Eq. (4).

    Each part is the common level plus luck of its own, both normal: after k parts the level is
    known up to 1 / (1 / tau^2 + k / s^2). Standard deviations, share of total mean demand.
    """
    within("batches", batches, 1)
    within("level", flow.level, 0, 1)
    within("spread", flow.spread, 0, open_low=True)
    tau2 = flow.level * flow.spread**2 / batches**2
    luck2 = (1 - flow.level) * flow.spread**2 / batches
    seen = np.arange(batches)
    # tau2 / (1 + seen tau2 / luck2), written so that no luck at all is allowed
    known = np.divide(
        tau2 * luck2, luck2 + seen * tau2, out=np.where(seen == 0, tau2, 0.0), where=luck2 > 0
    )
    return np.asarray(np.sqrt(luck2 + known), dtype=float)


def sequence(flow: Flow, batches: int) -> tuple[float, float, float]:
    """What do setting up, running short and the last batch cost, as shares of total cost.

    Before the last batch, whoever finds nothing waits or leaves (`leave`), and what is left goes
    into the next batch: a newsvendor with c_u = leave margin and c_o = holding. The last one has
    c_u = margin and c_o = loss. Leftovers are taken never to exceed the next target, the usual
    myopic simplification. One batch is the plain newsvendor. The casebook's own composition.
    """
    within("leave", flow.leave, 0, 1)
    for name in ("setup", "holding"):
        within(name, getattr(flow, name), 0)
    for name in ("margin", "loss"):
        within(name, getattr(flow, name), 0, open_low=True)
    sigma = learning(flow, batches)
    early = _least(flow.leave * flow.margin, flow.holding) * float(sigma[:-1].sum())
    return flow.setup * batches, early, _least(flow.margin, flow.loss) * float(sigma[-1])


def _least(under: float, over: float) -> float:
    """Cost of not knowing per unit of standard deviation, (c_u + c_o) phi(z*)."""
    if under == 0 or over == 0:
        return 0.0
    return float(channels.least_cost(channels.Demand(0.0, 1.0, under, over)))


def small_batches(level: float, leave: float, setup: float) -> Table:
    """One big batch or up to forty small ones? A row for each number of batches.

    Columns: batches, and costs as a share of the cost of mean demand: setup, early (short or over
    before the end), last (the last batch), total; best is 1 for the cheapest number of batches.
    """
    flow = Flow(level=level, leave=leave, setup=setup)
    batches = np.arange(1, 41)
    costs = np.array([sequence(flow, int(n)) for n in batches])
    total = costs.sum(axis=1)
    return {"batches": batches, "setup": costs[:, 0], "early": costs[:, 1], "last": costs[:, 2],
            "total": total, "best": (np.arange(40) == np.argmin(total)).astype(int)}  # fmt: skip


# --- Scarcity as a signal ------------------------------------------------------------------------


class Doubt(NamedTuple):
    """A phone whose quality only some can judge; a market of size 1, money in any unit."""

    price: Number = 1.0  # of a good phone, all that it is worth to a buyer
    good: Number = 0.6  # cost of making a good one
    bad: Number = 0.5  # cost of making a bad one
    worth: Number = 0.7  # what a bad phone is worth to a buyer, and its honest price
    experts: Number = 0.2  # share of buyers who can tell


def scarce(doubt: Doubt) -> Any:
    """At most how many may a good maker offer, so that no bad one imitates? Eq. (5).

    A bad maker who imitates sells at the good price, but not to experts: min(B, 1 - experts)
    phones. Honesty sells one to everybody at `worth`. He is deterred if
    B <= (worth - bad) / (price - bad), or by any B if fewer can be fooled (then 1: not needed).

    The casebook's reduced form of Stock and Balachander's (2005) signalling game: one price, one
    value for all. In theirs the maker also chooses the price; scarcity is the better signal if the
    two cost nearly the same, a bad phone is worth little and a moderate number of buyers can tell.
    """
    price, worth = _checked(doubt)
    limit = (worth - doubt.bad) / (price - doubt.bad)
    return np.where(1 - np.asarray(doubt.experts) <= limit, 1.0, limit)[()]


def signals(doubt: Doubt) -> Any:
    """Is scarcity both needed and worth its price to a good maker? True or False.

    Worth it if selling few as good beats selling to everybody as bad, or to the experts alone.
    """
    limit = scarce(doubt)
    else_ = np.maximum(doubt.worth - doubt.good, (doubt.price - doubt.good) * doubt.experts)
    return (limit < 1) & ((doubt.price - doubt.good) * limit >= else_ - 1e-12)


def _checked(doubt: Doubt) -> tuple[Any, Any]:
    within("experts", doubt.experts, 0, 1)
    within("bad", doubt.bad, 0)
    within("good - bad", np.subtract(doubt.good, doubt.bad), 0)
    within("price - good", np.subtract(doubt.price, doubt.good), 0, open_low=True)
    within("worth - bad", np.subtract(doubt.worth, doubt.bad), 0)
    within("price - worth", np.subtract(doubt.price, doubt.worth), 0, open_low=True)
    return np.asarray(doubt.price, float), np.asarray(doubt.worth, float)


def signal(experts: float, worth: float, good: float) -> Table:
    """Who gains from which batch? Rows for batches of 0 to 100% of the market and for the limit.

    Settings as in Doubt, price 1 and cost of a bad phone 0.5. Columns: point ("curve", "limit"),
    batch, and profits: good (believed), imitator (bad, believed), honest (bad, sold as bad).
    """
    doubt = Doubt(good=good, worth=worth, experts=experts)
    batch = np.append(np.linspace(0, 1, 21), scarce(doubt))
    return {
        "point": ["curve"] * 21 + ["limit"],
        "batch": batch,
        "good": (doubt.price - good) * batch,
        "imitator": (doubt.price - doubt.bad) * np.minimum(batch, 1 - experts),
        "honest": np.full(22, worth - doubt.bad),
    }


# --- Buying before one knows ---------------------------------------------------------------------


def ample(high: ArrayLike, low: ArrayLike, likes: ArrayLike) -> Any:
    """What does a maker take from each customer if there is enough for all, costs aside?

    Customers will learn whether the phone is worth `high` (chance `likes`) or `low` to them. If
    likes high > low, the later price is `high`, waiting gains nothing, and all buy at once at the
    expected worth. Otherwise the later price will be `low`: all can wait for it, and pay `low`.
    """
    top, least, share = _valued(high, low, likes)
    return np.where(share * top > least, share * top + (1 - share) * least, least)[()]


def frenzy(high: ArrayLike, low: ArrayLike, likes: ArrayLike, stock: ArrayLike) -> Any:
    """And if there is stock for only a share of them, at a price of the expected worth?

    DeGraba's (1995) buying frenzy in two values: as all others buy at once, nothing is left for one
    who waits, so she buys before she knows. `stock` below 1. For stocks above `likes` there may be
    a second equilibrium, in which all wait. Returns revenue per customer, stock x expected worth.
    """
    top, least, share = _valued(high, low, likes)
    within("stock", stock, 0, 1)
    return np.asarray(stock, float) * (share * top + (1 - share) * least)


def _valued(*numbers: ArrayLike) -> tuple[Any, Any, Any]:
    high, low, likes = (np.asarray(number, float) for number in numbers)
    within("low", low, 0)
    within("high - low", high - low, 0)
    within("likes", likes, 0, 1)
    return high, low, likes
