"""What is a home full of devices worth, and should the hub work with its rivals' devices?

*Size.* Every pair may work together (Metcalfe), but the next pair is worth less than the last
(Odlyzko and Tilly 2005: n log n).
*Opening.* Firms compete for users who value the network that their device can reach: Katz and
Shapiro (1985) with partial compatibility; with unequal installed bases the larger one has more to
lose (Cremer, Rey and Tirole 2000); a converter may work one way only (Farrell and Saloner 1992).

Functions take floats or arrays that broadcast against each other.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma

from coalescence.models._check import within

Floats = NDArray[np.float64]
Number = float | Floats
Table = dict[str, Any]  # name of a column -> its values

# --- Size: three laws of a network's value -------------------------------------------------------

LAWS = {
    "each alone": "n",
    "nearest pairs most": "n log n",
    "every pair alike": "n (n - 1) / 2",
}


def pairs(devices: ArrayLike) -> Any:
    """How many pairs of devices are there? n (n - 1) / 2, eq. (1)."""
    within("devices", devices, 0)
    n = np.asarray(devices, dtype=float)
    return n * (n - 1) / 2


def ranked_pairs(devices: ArrayLike) -> Any:
    """What are the pairs worth if each device's second-best is worth half its best? Eq. (2).

    n (1 + 1/2 + ... + 1/(n - 1)) / 2 by Zipf's law of ranks, which grows like n log n (Odlyzko and
    Tilly 2005); the best pair counts as one. For whole n of one or more; 0 for one device.
    """
    within("devices", devices, 1)
    n = np.asarray(devices, dtype=float)
    return n * (digamma(n) + np.euler_gamma) / 2


def network_value(law: str, devices: ArrayLike, worth: float = 1.0, pair: float = 0.1) -> Any:
    """What are `devices` worth together under one of the LAWS? In units of one device's `worth`.

    Each alone is worth `worth`; a pair that works together adds `pair`, or under "nearest pairs
    most" the best pair does.
    """
    if law not in LAWS:
        raise ValueError(f"law = {law!r} is unknown: expected one of {', '.join(LAWS)}")
    n = np.asarray(devices, dtype=float)
    if law == "each alone":
        within("devices", n, 0)
        return worth * n
    return worth * n + pair * (pairs(n) if law == "every pair alike" else ranked_pairs(n))


def hub(pair: float, seen: int = 20) -> Table:
    """What does one more device add? Rows: three laws times `seen` numbers of devices.

    `pair` is what the first pair adds, as a share of a device's own worth. Columns: law, devices,
    value (of all, in devices' own worth), added (by the last one).
    """
    count = np.arange(1, seen + 1)
    value = np.array([network_value(law, count, 1.0, pair) for law in LAWS])
    return {
        "law": np.repeat(list(LAWS), seen).tolist(),
        "devices": np.tile(count, len(LAWS)),
        "value": value.ravel(),
        "added": np.diff(value, prepend=0.0, axis=1).ravel(),
    }


def joining(law: str, own: ArrayLike, other: ArrayLike) -> Any:
    """What does a network of `own` members gain if it is joined to one of `other`? Eq. (3).

    Each member's value times the members who gain: under "every pair alike" own * other, as much
    as the other network gains; under "nearest pairs most" own (H(own + other - 1) - H(own - 1)),
    more for the smaller one, and nothing under "each alone" (Odlyzko and Tilly 2005).
    """
    within("own", own, 1)
    within("other", other, 1)
    n, m = np.asarray(own, dtype=float), np.asarray(other, dtype=float)
    if law not in LAWS:
        raise ValueError(f"law = {law!r} is unknown: expected one of {', '.join(LAWS)}")
    if law == "each alone":
        return 0.0 * n * m
    return n * m if law == "every pair alike" else n * (digamma(n + m) - digamma(n))


SIDES = ("larger", "smaller")


def join(times: float) -> Table:
    """Who gains from joining two hubs' homes? Rows: two laws times two hubs.

    The smaller hub has 1,000 members, the larger `times` as many. Columns: law, side, share (of
    the value that joining adds).
    """
    laws = list(LAWS)[1:]
    rows = []
    for law in laws:
        gains = joining(law, 1000 * times, 1000.0), joining(law, 1000.0, 1000 * times)
        rows += [float(gain / sum(gains)) for gain in gains]
    return {"law": np.repeat(laws, 2).tolist(), "side": list(SIDES) * 2, "share": rows}


# --- Opening: compatibility in a duopoly ---------------------------------------------------------


class Market(NamedTuple):
    """Two firms, each with an installed base, that sell to new users; units of the latter's number.

    The keenest new user would pay `worth` for a device that reaches nobody, and the next ones less,
    one for one. A firm's device reaches its own users and, of the rival's, the part that is
    compatible; each user reached adds `network`.
    """

    worth: Number = 1.0  # A, less the unit cost of each firm
    network: Number = 0.3  # mu, value of each user reached
    base: Number = 0.5  # installed base of the first firm
    rival_base: Number = 0.1  # installed base of the second
    cost: Number = 0.0  # c1, unit cost of the first
    rival_cost: Number = 0.0  # c2


class Sales(NamedTuple):
    """What firms sell and earn in equilibrium."""

    own: Number  # x1, new users of the first firm
    rival: Number  # x2
    profit: Number  # x1^2, of the first
    rival_profit: Number  # x2^2


def symmetric_sales(
    worth: ArrayLike, network: ArrayLike, firms: ArrayLike, compatible: bool
) -> Any:
    """How much does each of `firms` alike sell? Katz and Shapiro (1985), linear network value.

    Expectations are fulfilled and rivals' quantities taken as given: x = worth / (n + 1 - n mu) if
    all are compatible, worth / (n + 1 - mu) if none is. `network` is mu, below 1.
    """
    within("network", network, 0, np.nextafter(1, 0))
    within("firms", firms, 1)
    n, mu = np.asarray(firms, dtype=float), np.asarray(network, dtype=float)
    return np.asarray(worth, dtype=float) / (n + 1 - (n if compatible else 1) * mu)


def equilibrium(market: Market, reach: ArrayLike = 0.0, rival_reach: ArrayLike = 0.0) -> Sales:
    """What do the two sell and earn? Eq. (4).

    `reach`: which part of the rival's users the first firm's device works with; `rival_reach` the
    other way round (a one-way converter if one is 0). Firms choose quantities with expectations
    fulfilled, as in Katz and Shapiro (1985): x_i (2 - mu) + x_j (1 - mu reach_i) =
    worth - c_i + mu (base_i + reach_i base_j), and profit is x_i^2. A firm that would sell less
    than nothing is out, and the other is alone.
    """
    within("network", market.network, 0, np.nextafter(1, 0))
    within("reach", reach, 0, 1)
    within("rival_reach", rival_reach, 0, 1)
    within("base", market.base, 0)
    within("rival_base", market.rival_base, 0)
    mu = np.asarray(market.network, dtype=float)
    one, two = np.asarray(reach, dtype=float), np.asarray(rival_reach, dtype=float)
    wants = market.worth - market.cost + mu * (market.base + one * market.rival_base)
    rival = market.worth - market.rival_cost + mu * (market.rival_base + two * market.base)
    within("what a lone firm would sell", wants, 0)
    within("what a lone rival would sell", rival, 0)
    mine, theirs = 1 - mu * one, 1 - mu * two
    spread = (2 - mu) ** 2 - mine * theirs
    first = ((2 - mu) * wants - mine * rival) / spread
    second = ((2 - mu) * rival - theirs * wants) / spread
    own = np.where(first <= 0, 0.0, np.where(second <= 0, wants / (2 - mu), first))
    other = np.where(second <= 0, 0.0, np.where(first <= 0, rival / (2 - mu), second))
    return Sales(own[()], other[()], (own**2)[()], (other**2)[()])


def gain_from_opening(market: Market, reach: ArrayLike = 1.0) -> tuple[Any, Any]:
    """What does two-way compatibility up to `reach` bring each firm? (first, rival), in profit."""
    closed, opened = equilibrium(market), equilibrium(market, reach, reach)
    return opened.profit - closed.profit, opened.rival_profit - closed.rival_profit


WAYS = ("both ways", "only mine reaches theirs", "only theirs reaches mine")
REACH = np.linspace(0, 1, 21)


def opening(base: float, network: float, way: str) -> Table:
    """Who gains from opening? Rows: 21 degrees of compatibility.

    The larger firm has an installed base of `base`, the rival 0.1; `way` is one of WAYS. Columns:
    reach, larger, rival (change of profit against closed), users (change of new users in all).
    """
    if way not in WAYS:
        raise ValueError(f"way = {way!r} is unknown: expected one of {', '.join(WAYS)}")
    market = Market(network=network, base=base)
    mine = REACH if way != WAYS[2] else 0 * REACH
    theirs = REACH if way != WAYS[1] else 0 * REACH
    closed, opened = equilibrium(market), equilibrium(market, mine, theirs)
    return {
        "reach": REACH,
        "larger": opened.profit - closed.profit,
        "rival": opened.rival_profit - closed.rival_profit,
        "users": opened.own + opened.rival - closed.own - closed.rival,
    }


BASES = np.linspace(0, 1, 21)


def lead(network: float, reach: float) -> Table:
    """How large may a lead be before opening costs the leader? Rows: 21 installed bases.

    The rival's base is 0.1; `reach` is how far both open. Columns: base, larger, rival (change of
    profit against closed).
    """
    larger, rival = gain_from_opening(Market(network=network, base=BASES), reach)
    return {"base": BASES, "larger": larger, "rival": rival}
