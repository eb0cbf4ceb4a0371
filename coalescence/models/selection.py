"""Whom to pick as a partner: many candidates known a little, or few known well?

*Reach against knowledge.* The best of a longer list is better, and what the choosers cannot see
does not help them choose (order statistics, Harter 1961).
*Stopping.* Candidates who come one by one and must be answered at once (the secretary problem,
Gilbert and Mosteller 1966), and candidates whom a fee shows as they are (Weitzman 1979).

Quality is measured in standard deviations of all candidates, 0 being the average one. Every
function takes floats or arrays that broadcast against each other.
"""

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import fixed_quad
from scipy.optimize import brentq, elementwise
from scipy.special import betainc, digamma
from scipy.stats import norm

from coalescence.models._check import within
from coalescence.models._normal import loss

Floats = NDArray[np.float64]
Number = float | Floats
Table = dict[str, Any]  # name of a column -> its values

FAR = 9.0  # standard deviations beyond which no candidate is expected, not even among a billion
MOST = 1e9  # candidates on the longest list that is considered
NODES = 400  # of the Gauss-Legendre quadrature: eight correct digits up to a billion candidates

# --- Reach against knowledge: the best of a list -------------------------------------------------


class Candidates(NamedTuple):
    """A list of possible partners and how well the choosers know them."""

    number: Number = 50.0  # n, how many are on the list
    insight: Number = 0.8  # rho, correlation of what the choosers see with what will turn out
    spread: Number = 1.0  # sigma, how much candidates differ (standard deviation of quality)


def mean_of_best(chosen: ArrayLike, count: ArrayLike) -> Any:
    """How good on average are the best `chosen` of `count`, perfectly seen? Eq. (2).

    The mean of the `chosen` highest of `count` standard normal draws, by quadrature:
    n / k times the integral of x phi(x) P(at most k - 1 of the others are better). Neither
    number need be whole. In standard deviations; 0 if all are taken.
    """
    within("count", count, 1, MOST)
    within("chosen", chosen, 1)
    within("chosen / count", np.divide(chosen, count), 0, 1 + 1e-12)
    k, n = np.broadcast_arrays(np.asarray(chosen, dtype=float), np.asarray(count, dtype=float))
    best, rest = k[..., np.newaxis], np.where(n > k, n - k, 1.0)[..., np.newaxis]

    def integrand(x: Floats) -> Any:
        return x * norm.pdf(x) * betainc(rest, best, norm.cdf(x))

    mean, _ = fixed_quad(integrand, -FAR, FAR, n=NODES)
    return np.where(n > k, mean * n / k, 0.0)[()]


def expected_best(count: ArrayLike) -> Any:
    """How good is the best of `count`, perfectly seen? m of eq. (2) for one.

    m_10 = 1.539, m_100 = 2.508, m_1000 = 3.241 (Harter 1961).
    """
    return mean_of_best(1, count)


def expected_rank(rank: ArrayLike, count: ArrayLike) -> Any:
    """How good is the `rank`-th best of `count` (1 = the best), perfectly seen?

    From eq. (2): what the sum of the best k has more than the sum of the best k - 1.
    """
    within("rank", rank, 1)
    k = np.asarray(rank, dtype=float)
    before = np.maximum(k - 1, 1)
    fewer = np.where(k >= 2, (k - 1) * mean_of_best(before, count), 0.0)
    return k * mean_of_best(k, count) - fewer


def secured(candidates: Candidates, chosen: ArrayLike = 1) -> Any:
    """How good will the `chosen` partners be who look best? rho sigma m, eqs. (1) and (2).

    In the units of `spread`. Whatever the choosers cannot see is average in those they choose.
    """
    within("insight", candidates.insight, 0, 1)
    within("spread", candidates.spread, 0)
    return candidates.insight * candidates.spread * mean_of_best(chosen, candidates.number)


def equal_reach(candidates: Candidates, insight: float, chosen: float = 1) -> float:
    """How many candidates seen with less `insight` are as good a list as `candidates`?

    All three of `candidates` single numbers. Infinite if not even a billion would do.
    """
    within("insight", insight, 0, 1)
    goal = float(secured(candidates, chosen))

    def gap(log_count: float) -> float:
        return float(insight * candidates.spread * mean_of_best(chosen, np.exp(log_count))) - goal

    low, high = float(np.log(chosen)), float(np.log(MOST))
    if gap(high) < 0:
        return float("inf")
    return float(np.exp(brentq(gap, low, high, xtol=1e-10))) if gap(low) < 0 else float(chosen)


OPEN_CALL = Candidates(number=1000, insight=0.3)  # the alternative: many strangers, hardly known
CURVE = 21  # points of a lab's curve
SOURCES = ("circle", "open call")


def reach(network: int, insight: float, partners: int) -> Table:
    """What do a personal network and an open call bring? Rows: a curve and its end for each.

    `network` candidates seen with `insight`, against an open call of 1,000 seen with 0.3;
    `partners` are needed. Columns: source, point ("curve" or "chosen"), number (of
    candidates), quality (average of the partners chosen).
    """
    lists = [Candidates(network, insight), OPEN_CALL]
    curve = np.round(np.geomspace(partners, 1000, CURVE))
    numbers = [np.append(curve, one.number) for one in lists]
    quality = [
        secured(one._replace(number=number), partners)
        for one, number in zip(lists, numbers, strict=True)
    ]
    return {
        "source": np.repeat(SOURCES, CURVE + 1).tolist(),
        "point": (["curve"] * CURVE + ["chosen"]) * len(lists),
        "number": np.concatenate(numbers),
        "quality": np.concatenate(quality),
    }


def shortlist(network: int, insight: float) -> Table:
    """How fast does quality fall as more of a list is taken? Rows: 5 %, 10 % ... 100 % of it.

    Columns: share (of the list), partners, average (quality of those taken), last (quality of the
    last one taken). `network` is a multiple of 20.
    """
    share = np.arange(1, 21) / 20
    partners = np.round(share * network)
    candidates = Candidates(network, insight)
    return {
        "share": share,
        "partners": partners,
        "average": secured(candidates, partners),
        "last": insight * expected_rank(partners, network),
    }


# --- Stopping: candidates who come one by one ----------------------------------------------------


def secretary_chance(count: ArrayLike, skip: ArrayLike) -> Any:
    """How likely is it to get the very best of `count` by passing over the first `skip`?

    They come in random order, only their rank among those seen is known, and each must be answered
    at once. Rule: pass over `skip`, then take the first who beats them all. (Gilbert and Mosteller
    1966.) With r passed over: r / n times the sum of 1 / (i - 1) for i = r + 1 ... n.
    """
    within("count", count, 1)
    within("skip", skip, 0)
    within("skip / (count - 1)", np.divide(skip, np.maximum(np.subtract(count, 1), 1e-9)), 0, 1)
    n, r = np.asarray(count, dtype=float), np.asarray(skip, dtype=float)
    passed = np.maximum(r, 1)
    return np.where(r == 0, 1 / n, passed / n * (digamma(n) - digamma(passed)))[()]


def secretary_rule(count: int) -> int:
    """How many of `count` candidates should be passed over? 37 of 100, in the limit n / e."""
    return int(np.argmax(secretary_chance(count, np.arange(count))))


def secretary(candidates: int) -> Table:
    """How much looking before leaping? A row for each share passed over, the last the best rule.

    Columns: point ("curve", "best"), skip (candidates passed over), share (of all), chance.
    """
    skip = np.append(np.round(np.linspace(0, candidates - 1, 41)), secretary_rule(candidates))
    return {
        "point": ["curve"] * 41 + ["best"],
        "skip": skip,
        "share": skip / candidates,
        "chance": secretary_chance(candidates, skip),
    }


# --- Pandora's boxes: candidates whom a fee shows as they are ------------------------------------


class Box(NamedTuple):
    """A candidate as a closed box: what may be inside, and what it costs to look."""

    values: Sequence[float]  # what the candidate may turn out to be worth
    chances: Sequence[float]  # how likely each is; they add up to one
    cost: float  # what it costs to find out, in the same unit


def reservation(box: Box) -> float:
    """Which sure thing is as good as the chance to look into this box? z of eq. (3).

    Solves cost = E[max(x - z, 0)] (Weitzman 1979). Look first where it is highest; stop at a find
    that beats it everywhere else. ValueError if the chances do not add up to one.
    """
    within("cost", box.cost, 0, open_low=True)
    within("chances", box.chances, 0, 1)
    within("sum of the chances", sum(box.chances), 1 - 1e-9, 1 + 1e-9)
    values, chances = np.asarray(box.values, dtype=float), np.asarray(box.chances, dtype=float)

    def gap(z: float) -> float:
        return float(chances @ np.maximum(values - z, 0)) - box.cost

    return float(brentq(gap, values.min() - 2 * box.cost, values.max(), xtol=1e-12))


def pandora(boxes: Sequence[Box], fallback: float = 0.0) -> float:
    """What is the best search through `boxes` worth, costs deducted?

    The mean of the highest min(value, reservation) over all boxes, the `fallback` included: under
    Weitzman's rule every box pays as though its owner could buy it at its reservation value.
    """
    caps = [np.minimum(box.values, reservation(box)) for box in boxes]
    worth = 0.0
    for places in product(*(range(len(box.chances)) for box in boxes)):
        chance = prod(box.chances[i] for i, box in zip(places, boxes, strict=True))
        best = max(float(cap[i]) for i, cap in zip(places, caps, strict=True))
        worth += chance * max(fallback, best)
    return worth


def normal_reservation(mean: ArrayLike, spread: ArrayLike, cost: ArrayLike) -> Any:
    """The reservation value of a candidate whose worth is normal, eq. (3).

    With u = (z - mean) / spread: cost = spread (phi(u) - u (1 - Phi(u))). All in one unit.
    """
    within("spread", spread, 0, open_low=True)
    within("cost", cost, 0, open_low=True)
    mean, spread = np.asarray(mean, dtype=float), np.asarray(spread, dtype=float)
    fee = np.asarray(cost, dtype=float) / spread

    def gap(u: Floats, fee: Floats) -> Floats:
        found: Floats = loss(u) - fee
        return found

    low = -fee - 1  # there the expected gain is at least the fee
    root = elementwise.find_root(gap, (low, np.full_like(low, 30.0)), args=(fee,)).x
    return (mean + spread * root)[()]


KINDS = ("friend", "stranger")


def boxes(lead: float, insight: float, cost: float) -> Table:
    """Whose door to knock at first? Rows: 20 costs of checking and the chosen one, for two kinds.

    A friend of a friend is better than a stranger by `lead` on average and already known with
    `insight`, so that sqrt(1 - insight^2) of the spread is left; a stranger is open: mean 0,
    spread 1. Columns: kind, point ("curve", "chosen"), cost, reservation.
    """
    costs = np.append(np.linspace(0.05, 1, 20), cost)
    left = np.sqrt(1 - insight**2)
    values = [normal_reservation(lead, left, costs), normal_reservation(0, 1, costs)]
    return {
        "kind": np.repeat(KINDS, len(costs)).tolist(),
        "point": (["curve"] * 20 + ["chosen"]) * 2,
        "cost": np.tile(costs, 2),
        "reservation": np.concatenate(values),
    }
