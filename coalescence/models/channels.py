"""What do the web and the shop do for each other?

*Data.* Online sales tell a shop what to stock: a newsvendor with a smaller sigma, and the same law
for shops that pool their stock (Eppen 1979). *Demonstration.* Seeing a product resolves whether it
fits: worth much for a vacuum robot, nothing for a cable. *Showroom.* A shop takes sales from the
web and lifts them (Bell, Gallino and Moreno 2018), and lifts those of rivals too where they sell
the same product (Mehra, Kumar and Raju 2018).

Functions take floats or arrays that broadcast. Equation numbers are those of the chapter.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import owens_t
from scipy.stats import norm

from coalescence.models._check import within
from coalescence.models._normal import loss

Floats = NDArray[np.float64]
Number = Any  # a float, or an array of them
Table = dict[str, Any]  # name of a column -> its values

# --- Data: stock for a demand that is not known --------------------------------------------------


class Demand(NamedTuple):
    """A product in one shop for one season: normal demand, and what a wrong order costs."""

    mean: Number = 100.0  # mu, pieces
    sd: Number = 40.0  # sigma, pieces: how far demand lies from the forecast
    short: Number = 60.0  # p, RMB lost on each piece that is asked for and not there
    over: Number = 20.0  # h, RMB lost on each piece that is there and not asked for


def _ratio(demand: Demand) -> Number:
    for name in ("sd", "short", "over"):
        within(name, getattr(demand, name), 0)
    within("short + over", np.add(demand.short, demand.over), 0, open_low=True)
    return np.asarray(demand.short) / np.add(demand.short, demand.over)


def order(demand: Demand) -> Number:
    """How many pieces should the shop order? mu + z sigma with z at p/(h + p), eq. (1)."""
    within("short", demand.short, 0, open_low=True)
    within("over", demand.over, 0, open_low=True)
    return demand.mean + norm.ppf(_ratio(demand)) * demand.sd


def cost(demand: Demand, quantity: Number) -> Number:
    """What does an order of `quantity` cost on average, beside knowing demand? RMB."""
    _ratio(demand)
    within("sd", demand.sd, 0, open_low=True)
    z = (np.asarray(quantity) - demand.mean) / demand.sd
    left = loss(-z)
    return demand.sd * (demand.over * left + demand.short * (left - z))


def least_cost(demand: Demand) -> Number:
    """What does not knowing demand cost at best? C* = (h + p) phi(z) sigma, RMB, eq. (2).

    Linear in sigma, and free of the mean.
    """
    return np.add(demand.short, demand.over) * norm.pdf(norm.ppf(_ratio(demand))) * demand.sd


def informed(demand: Demand, correlation: Number) -> Demand:
    """What is left of the uncertainty once online sales are seen? sigma sqrt(1 - rho^2), eq. (3).

    `correlation` is that of the shop's demand with what the online sales foretell, -1 to 1.
    """
    within("correlation", correlation, -1, 1)
    return demand._replace(sd=demand.sd * np.sqrt(1 - np.square(correlation)))


def pooled(demand: Demand, shops: Number, alike: Number = 0.0) -> Demand:
    """What do `shops` face that serve each other from one stock? Eppen (1979).

    Means add, sigma becomes sigma sqrt(n (1 + (n - 1) r)) where demands correlate by r = `alike`:
    the square root of n where they are independent.
    """
    within("shops", shops, 1)
    within("alike", alike, 0, 1)
    grown = np.sqrt(shops * (1 + (np.asarray(shops) - 1) * alike))
    return demand._replace(mean=demand.mean * shops, sd=demand.sd * grown)


PARTS = ("shared", "local")


def remaining(alike: Number, told: Number, part: str) -> tuple[Number, Number]:
    """Which shares of a shop's variance are left, shared and local, once the web has told? Eq. (4).

    Demand is mu + sigma (sqrt(r) Z + sqrt(1 - r) e): the share r = `alike` of its variance is a
    surprise Z that all shops have alike, the rest each shop's own. The web foretells the share
    `told` of the variance of one `part`. That it may know one and not the other is the casebook's
    own.
    """
    within("alike", alike, 0, 1)
    within("told", told, 0, 1)
    if part not in PARTS:
        raise ValueError(f"part = {part!r}: expected one of {', '.join(PARTS)}")
    unknown = 1 - np.asarray(told, dtype=float)
    shared, local = np.asarray(alike, dtype=float), 1 - np.asarray(alike, dtype=float)
    return (shared * unknown, local) if part == "shared" else (shared, local * unknown)


def stock(alike: float, told: float, part: str) -> Table:
    """What does each shop save by data, by a common stock, and by both? 20 rows, 1 to 20 shops.

    Columns, as shares of what not knowing demand costs a lone shop without data: shops, alone,
    data (each from its own stock, told by the web), pooled (from one stock, not told), both.
    """
    shops = np.arange(1, 21)

    def cost(told: float) -> tuple[Number, Number]:
        shared, local = remaining(alike, told, part)
        return np.sqrt(shared + local) * np.ones(20), np.sqrt(shared + local / shops)

    (alone, common), (data, both) = cost(0.0), cost(told)
    return {"shops": shops, "alone": alone, "data": data, "pooled": common, "both": both}


# --- Demonstration: finding out whether it fits --------------------------------------------------


class Fit(NamedTuple):
    """What a product turns out to be worth to somebody who does not know it yet; price = 1.

    Nobody buys in order to try: what is returned was bought in good faith.
    """

    mean: Number = 0.9  # m, what it is worth on average
    spread: Number = 0.4  # s, standard deviation of what it is worth: large for experiential goods
    noise: Number = 0.2  # e, standard deviation of the error that a demonstration leaves


def _resolved(fit: Fit) -> tuple[Number, Number]:
    """How far a demonstration moves what one expects (a standard deviation), and m - 1 in units."""
    within("spread", fit.spread, 0, open_low=True)
    within("noise", fit.noise, 0)
    moved = np.square(fit.spread) / np.hypot(fit.spread, fit.noise)
    return moved, (np.asarray(fit.mean) - 1) / moved


def bought(fit: Fit) -> tuple[Number, Number]:
    """Which share of visitors buys, unseen and after a demonstration?

    Unseen all or none: those whose mean exceeds the price. Shown: those whose posterior mean does.
    """
    _, d = _resolved(fit)
    return (np.asarray(fit.mean) > 1).astype(float)[()], norm.cdf(d)


def returned(fit: Fit) -> tuple[Number, Number]:
    """Which share of visitors buys what turns out to be worth less than its price?

    Unseen and shown. The second is a bivariate normal chance, which Owen's T gives here in closed
    form: (Phi(k) - Phi(h))/2 + T(k, e/s), k and h being (1 - m)/s and (1 - m) in units of what the
    demonstration moves.
    """
    _, d = _resolved(fit)
    k = (1 - np.asarray(fit.mean)) / fit.spread
    blind, _ = bought(fit)
    error = np.divide(fit.noise, fit.spread)
    return blind * norm.cdf(k), (norm.cdf(k) - norm.cdf(-d)) / 2 + owens_t(k, error)


def worth_showing(fit: Fit) -> Number:
    """How much better off is a visitor for a demonstration? In prices, eq. (5).

    E max(posterior mean - 1, 0) less max(m - 1, 0): tau (phi(d) - |d| Phi(-|d|)) with d = (m - 1)/
    tau, never negative, greatest where the mean is just the price, and 0 for a search good.
    """
    moved, d = _resolved(fit)
    return moved * loss(np.abs(d))


def profit(fit: Fit, margin: Number = 0.2, refund: Number = 0.1) -> tuple[Number, Number]:
    """What does a visitor bring the shop, unseen and shown? In prices, before the demonstrator.

    `margin` on each piece that is kept, less `refund`, the shop's cost of each that comes back.
    """
    within("refund", refund, 0)
    sold, back = bought(fit), returned(fit)
    unseen, shown = (margin * (s - r) - refund * r for s, r in zip(sold, back, strict=True))
    return unseen, shown


def demonstration(mean: float, noise: float, staff: float, refund: float = 0.1) -> Table:
    """For which products does a demonstration pay? 20 rows.

    `mean` worth in prices, `noise` left by a demonstration and `staff`, its cost to the shop. The
    shop earns 20% on a piece that is kept. Columns: spread (of what it is worth, in prices), buyer
    and shop (what each gains from the demonstration, in prices), unseen and shown (share of
    visitors who buy and keep it), back_unseen and back_shown (share who return it).
    """
    fit = Fit(mean, np.linspace(0.05, 1.0, 20), noise)
    sold, back = bought(fit), returned(fit)
    unseen, shown = profit(fit, 0.2, refund)
    return {
        "spread": fit.spread,
        "buyer": worth_showing(fit),
        "shop": shown - unseen - staff,
        "unseen": sold[0] - back[0],
        "shown": sold[1] - back[1],
        "back_unseen": back[0],
        "back_shown": back[1],
    }


# --- Showroom: substitution and lift -------------------------------------------------------------


class District(NamedTuple):
    """Where people of one district buy: logit utilities, buying nothing being 0.

    The lift in this logit is the casebook's own; its direction is what was observed when an online
    shop opened showrooms (Bell, Gallino and Moreno 2018).
    """

    online: Number = -2.0  # u, buying from us on the web
    store: Number = -2.5  # w, buying in our store once it is open
    rival: Number = -2.0  # r, buying from a rival on the web
    lift: Number = 0.2  # delta, added to our web shop by the store: known, seen, tried
    spill: Number = 0.0  # share of the lift that goes to the rival too: 1 if it sells the same


OPTIONS = ("nothing", "online", "store", "rival")


def demand(district: District, opened: bool) -> Floats:
    """Which share of people buys where, before and after the store opens? (..., 4).

    In the order of OPTIONS.
    """
    within("lift", district.lift, 0)
    within("spill", district.spill, 0, 1)
    u, w, r, lift, spill = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in district))
    u, r = (u + lift, r + spill * lift) if opened else (u, r)
    shop = np.exp(w) if opened else np.zeros_like(w)
    weight = np.stack([np.ones_like(u), np.exp(u), shop, np.exp(r)], axis=-1)
    return np.asarray(weight / weight.sum(axis=-1, keepdims=True))


def needed_lift(store: ArrayLike, rival: ArrayLike = -np.inf) -> Number:
    """How large must the lift be for the web to gain by the store? Eq. (6), without spill.

    delta > ln(1 + e^w / (1 + e^r)): the more the store sells, the more it must lift.
    """
    w, r = np.asarray(store, dtype=float), np.asarray(rival, dtype=float)
    return np.log1p(np.exp(w) / (1 + np.exp(r)))


def implied(share: ArrayLike, more_online: ArrayLike, more_total: ArrayLike) -> tuple[Any, Any]:
    """Which lift and store would explain what was observed? (lift, store).

    `share` of people bought online before the store, `more_online` and `more_total` are the
    relative rises of online and of all sales. No rival; logit shares inverted (Berry 1994).
    """
    s, o, t = (np.asarray(x, dtype=float) for x in (share, more_online, more_total))
    within("share", s, 0, 1, open_low=True)
    within("more_total less more_online", t - o, 0, open_low=True)
    within("share of buyers after", s * (1 + t), 0, np.nextafter(1, 0))
    nothing = 1 - s * (1 + t)
    lift = np.log(s * (1 + o) / nothing) - np.log(s / (1 - s))
    return lift, np.log(s * (t - o) / nothing)


def showroom(store: float, lift: float, spill: float) -> Table:
    """Does the store take from the web or lift it, and whom does it lift? 6 rows.

    `store` is the share that would buy there if it were the only shop. Columns: when ("before",
    "after"), where ("online", "store", "rival"), share of people.
    """
    within("store", store, 0.001, 0.999)
    district = District(store=float(np.log(store / (1 - store))), lift=lift, spill=spill)
    shares = np.array([demand(district, opened)[1:] for opened in (False, True)])
    return {
        "when": ["before"] * 3 + ["after"] * 3,
        "where": list(OPTIONS[1:]) * 2,
        "share": shares.ravel(),
    }
