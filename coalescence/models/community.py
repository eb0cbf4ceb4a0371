"""Who does the work in a community, what does recognition change, and what does an event leave?

*Participation.* Contributions follow Zipf's law of ranks: few do most, "90-9-1" (Nielsen 2006).
*Recognition.* To be seen contributing says something about oneself, less so the more others do it
(Benabou and Tirole 2006).
*Events.* An impulse in the Bass model (1969): some of its buyers only buy earlier, and they talk.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, elementwise
from scipy.stats import norm

from coalescence.models import rise
from coalescence.models._check import within

Floats = NDArray[np.float64]
Number = float | Floats
Table = dict[str, Any]  # name of a column -> its values

# --- Participation: Zipf's law -------------------------------------------------------------------


class Members(NamedTuple):
    """A community whose member of rank r contributes in proportion to r^-exponent."""

    number: int = 10_000  # n, members
    exponent: float = 1.0  # s, 0: all contribute alike; 1: Zipf's law


def _first(members: Members) -> Floats:
    """What the most active 0, 1, 2 ... members bring: H(k, s), generalised harmonic numbers."""
    within("number", members.number, 1, 1e7)
    within("exponent", members.exponent, 0, 20)
    return _harmonic(int(members.number), float(members.exponent))


@lru_cache(maxsize=4)
def _harmonic(number: int, exponent: float) -> Floats:
    return np.cumsum(np.append(0.0, np.arange(1, number + 1, dtype=float) ** -exponent))


def top_share(members: Members, share: ArrayLike) -> Any:
    """Which part of all contributions comes from the most active `share` of members? Eq. (1).

    H(k, s) / H(n, s) of generalised harmonic numbers. The members counted are rounded to whole
    ones.
    """
    within("share", share, 0, 1)
    sums = _first(members)
    count = np.rint(np.asarray(share, dtype=float) * int(members.number)).astype(int)
    return (sums[count] / sums[-1])[()]


def voices(members: Members, part: float = 0.5) -> int:
    """How few members bring `part` of all contributions? The smallest count that does, eq. (1).

    Half at s = 1: near 0.749 sqrt(n), because H(k) is near ln(k) + 0.5772. All at least one.
    """
    sums = _first(members)
    within("part", part, 0, 1)
    return max(int(np.searchsorted(sums, part * sums[-1])), 1)


def exponent_for(number: int, share: float, part: float) -> float:
    """Which exponent lets the top `share` of members bring `part` of all contributions?

    `part` between the `share` itself (all alike) and 1.
    """
    within("part", part, float(top_share(Members(number, 0.0), share)), 1 - 1e-9)

    def gap(exponent: float) -> float:
        return float(top_share(Members(number, exponent), share)) - part

    return float(brentq(gap, 0, 20, xtol=1e-10))


LORENZ = np.concatenate([np.linspace(0, 0.1, 11), np.linspace(0.15, 1, 18)])


def participation(members: int, exponent: float) -> Table:
    """Who does the work? Rows: 29 shares of the members, most active first.

    Columns: share (of members), part (of contributions that comes from them).
    """
    part = top_share(Members(members, exponent), LORENZ)
    return {"share": LORENZ, "part": part}


GROUPS = ("most active 1%", "next 9%", "other 90%")


def groups(members: int, exponent: float) -> Table:
    """What do the 1, the 9 and the 90 % bring? Rows: three groups; columns: group, part."""
    bounds = top_share(Members(members, exponent), np.array([0.0, 0.01, 0.1, 1.0]))
    return {"group": list(GROUPS), "part": np.diff(bounds)}


# --- Recognition: what contributing says about oneself -------------------------------------------


class Recognition(NamedTuple):
    """Members who contribute if they care enough; caring is normal, mean 0."""

    cost: Number = 1.5  # c, of contributing, in the same unit as caring
    visible: Number = 0.5  # x, weight of what others think, times how many see it
    spread: Number = 1.0  # sigma, standard deviation of caring


def esteem(bar: ArrayLike, spread: ArrayLike = 1.0) -> Any:
    """What does it say about a member to contribute rather than not? Delta of eq. (3).

    E[caring | contributes] - E[caring | does not] if those above `bar` contribute. Least, 1.60
    standard deviations, when half do: rare contributors are honoured, rare shirkers stigmatised.
    """
    within("spread", spread, 0, open_low=True)
    spread = np.asarray(spread, dtype=float)
    u = np.asarray(bar, dtype=float) / spread
    return (spread * np.exp(norm.logpdf(u) - norm.logcdf(u) - norm.logsf(u)))[()]


def contributing(recognition: Recognition) -> Any:
    """Which share of the members contributes? Eq. (3).

    The one who is indifferent has bar + visible * esteem(bar) = cost (Benabou and Tirole 2006, for
    a choice between two). `visible` is at most 1: beyond, honour and stigma can hold up several
    answers. `cost` is at least a twentieth of `spread`: below, next to nobody would be left out.
    """
    within("visible", recognition.visible, 0, 1)
    within("spread", recognition.spread, 0, open_low=True)
    within("cost / spread", np.divide(recognition.cost, recognition.spread), 0.05)
    cost, visible = np.broadcast_arrays(
        np.asarray(recognition.cost, dtype=float) / recognition.spread,
        np.asarray(recognition.visible, dtype=float),
    )

    def gap(u: Floats, cost: Floats, visible: Floats) -> Floats:
        found: Floats = u + visible * esteem(u) - cost
        return found

    low = np.full_like(cost, -40.0)
    bar = elementwise.find_root(gap, (low, cost + 1.0), args=(cost, visible)).x
    return norm.sf(bar)[()]


# --- Events: impulses in a Bass model ------------------------------------------------------------


class Event(NamedTuple):
    """Something like a launch party or a fan festival."""

    time: float = 2.0  # years after the launch
    reach: float = 0.05  # share of those who have not bought yet who buy because of it
    fresh: float = 0.0  # buyers from outside the market, as a share of its first potential


def clock(share: ArrayLike, p: float, q: float) -> Any:
    """How long after its launch has a product reached `share` of its potential? Inverse of Bass.

    ln[(1 + (q / p) F) / (1 - F)] / (p + q), in the unit of time of p and q.
    """
    within("p", p, 0, open_low=True)
    within("q", q, 0)
    within("share", share, 0, np.nextafter(1, 0))
    share = np.asarray(share, dtype=float)
    return (np.log1p(q / p * share) - np.log1p(-share)) / (p + q)


def with_events(market: rise.Bass, events: list[Event], years: ArrayLike) -> Floats:
    """How many have bought by each of `years` if there are `events`? Eq. (4).

    Between events word of mouth works as in Bass (1969), exactly: the clock of the Bass curve is
    set forward to where the event has brought it. `fresh` buyers are added to the potential and
    to the buyers, and talk like all others. `years` rising, from 0; at the time of an event its
    buyers are counted.
    """
    times = np.asarray(years, dtype=float)
    bought = np.empty_like(times)
    m, now, start, age = market.m, 0.0, 0.0, 0.0
    for event in sorted(events):
        within("time", event.time, 0)
        within("reach", event.reach, 0, 1 - 1e-9)
        within("fresh", event.fresh, 0)
        inside = (times >= now) & (times < event.time)
        bought[inside] = rise.bass_adopters(age + times[inside] - now, market.p, market.q, m)
        reached = float(rise.bass_adopters(age + event.time - now, market.p, market.q, m))
        fresh = event.fresh * market.m
        start = reached + event.reach * (m - reached) + fresh
        m, now = m + fresh, event.time
        age = float(clock(start / m, market.p, market.q))
    inside = times >= now
    bought[inside] = rise.bass_adopters(age + times[inside] - now, market.p, market.q, m)
    return bought


SEASON = np.linspace(0, 12, 49)


def events(first: float, number: int, reach: float, fresh: float) -> Table:
    """What does a row of yearly events leave? Rows: 49 quarters.

    `number` events a year apart, from year `first` on; each brings `reach` of those who have not
    bought, and `fresh` (a share of the first potential) from outside. Columns: year, plain (buyers
    without events, % of the first potential), events (with), brought (by events directly, so far),
    extra (with less without: above `brought` word of mouth has added, below it sales were borrowed
    from later).
    """
    market = rise.Bass()
    plan = [Event(first + i, reach, fresh) for i in range(number)]
    plain = np.asarray(rise.bass_adopters(SEASON, *market))
    total = with_events(market, plan, SEASON)
    brought = np.zeros_like(SEASON)
    for i, event in enumerate(plan):
        at = np.array([event.time])
        jump = with_events(market, plan[: i + 1], at) - with_events(market, plan[:i], at)
        brought += np.where(event.time <= SEASON, jump, 0.0)
    return {
        "year": SEASON,
        "plain": plain,
        "events": total,
        "brought": brought,
        "extra": total - plain,
    }
