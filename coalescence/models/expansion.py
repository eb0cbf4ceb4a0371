"""Enter every country at once, or one after the other?

Each country is a Bass process of its own. Later ones also learn from what the lead country
already uses (the lead-lag effect: Ganesh, Kumar and Subramaniam 1997). Sprinkler means everywhere
at once, waterfall one country after the other (Kalish, Mahajan and Muller 1995).
Time in years, users in millions, money in USD million.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import solve_ivp

from coalescence.models._check import within
from coalescence.models.rise import bass_share

Floats = NDArray[np.float64]
WAYS = ("sprinkler", "waterfall")


class Country(NamedTuple):
    """A market to be entered."""

    m: float = 100.0  # potential, million users
    p: float = 0.03  # innovation, per year
    q: float = 0.4  # imitation among its own people, per year
    cost: float = 300.0  # of entering it, paid at the entry, USD m


class Plan(NamedTuple):
    """What the firm and its surroundings are like."""

    margin: float = 15.0  # earned once on every new user, USD, discounted from the adoption
    rate: float = 0.10  # discount rate, per year
    lead: float = 0.1  # what a whole lead country of users adds to the chance to adopt, per year
    rivals: float = 0.0  # share of a country's potential that rivals take per year of waiting
    delay: float = 0.0  # years between a paid entry and the first sale abroad: rules, permits


HOME = Country(m=100.0, cost=0.0)
ABROAD = (Country(m=120.0), Country(m=80.0), Country(m=60.0), Country(m=40.0))


def lag_share(
    t: ArrayLike, launch: float, country: Country, lead: float, home: Country = HOME
) -> Floats:
    """Which share of a later country has adopted by time `t`? Eq. (1).

    dF/dt = (p + q F + c F_lead(t)) (1 - F) from its `launch` on; the lead country starts at 0 and
    `lead` is c. With c = 0 it is Bass's own curve. Solved by scipy's LSODA; `t` ascends.
    """
    within("launch", launch, 0)
    within("lead", lead, 0)
    within("p", country.p, 0, open_low=True)
    t = np.asarray(t, dtype=float)
    if t.ndim != 1 or (np.diff(t) < 0).any():
        raise ValueError(f"t: expected ascending times in a row, got shape {t.shape}")
    since = np.maximum(t - launch, 0.0)
    if len(t) == 0 or since[-1] == 0:
        return np.zeros(t.shape)

    times, back = np.unique(since, return_inverse=True)
    kinds = tuple(c._replace(m=1.0, cost=0.0) for c in (country, home))
    return _shares(tuple(times.tolist()), launch, kinds[0], lead, kinds[1])[back]


@lru_cache(maxsize=4096)
def _shares(
    times: tuple[float, ...], launch: float, country: Country, lead: float, home: Country
) -> Floats:
    """Eq. (1) solved at these times after the launch, once for all countries of a kind."""

    def speed(s: float, share: Floats) -> Floats:
        pull = lead * bass_share(launch + s, home.p, home.q)
        return np.asarray((country.p + country.q * share + pull) * (1 - share))

    found = solve_ivp(speed, (0.0, times[-1]), [0.0], "LSODA", t_eval=times, rtol=1e-9, atol=1e-11)
    return np.asarray(found.y[0], dtype=float)


def entries(way: str, count: int, gap: float) -> Floats:
    """When is each of `count` countries abroad entered? All at 0, or the first after `gap` years.

    A waterfall enters one country every `gap` years, the first after `gap`.
    """
    if way not in WAYS:
        raise ValueError(f"way = {way!r} is unknown: expected one of {', '.join(WAYS)}")
    within("gap", gap, 0)
    steps = np.arange(1, count + 1) if way == "waterfall" else np.zeros(count)
    return np.asarray(gap * steps, dtype=float)


@lru_cache(maxsize=4096)
def _unit_worth(launch: float, country: Country, rate: float, lead: float, home: Country) -> float:
    """Discounted number of adoptions of a country with a potential of one, seen from time 0.

    The share of eq. (1) and its discounted flow are solved together until nobody is left.
    """

    def speed(s: float, state: Floats) -> Floats:
        pull = lead * bass_share(launch + s, home.p, home.q)
        flow = (country.p + country.q * state[0] + pull) * (1 - state[0])
        return np.array([flow, flow * np.exp(-rate * s)])

    end = 40 / (country.p + country.q + lead)
    found = solve_ivp(speed, (0.0, end), [0.0, 0.0], "LSODA", rtol=1e-9, atol=1e-11)
    return float(found.y[1][-1] * np.exp(-rate * launch))


def country_worth(country: Country, entry: float, plan: Plan, home: Country = HOME) -> float:
    """What is a country worth if it is entered at time `entry`? Eq. (2), USD m.

    margin m (1 - rivals)^entry times the discounted share of eq. (1) from entry + delay on, less
    the cost paid at the entry. That waiting loses potential to `rivals` and that the cost is paid
    `delay` before the first sale are this casebook's simple forms of what Kalish, Mahajan and
    Muller (1995) treat as a game.
    """
    within("entry", entry, 0)
    within("rivals", plan.rivals, 0, 1)
    within("delay", plan.delay, 0)
    within("rate", plan.rate, 0)
    left = country.m * (1 - plan.rivals) ** entry
    kind = country._replace(m=1.0, cost=0.0)
    users = left * _unit_worth(entry + plan.delay, kind, plan.rate, plan.lead, home)
    return float(plan.margin * users - country.cost * np.exp(-plan.rate * entry))


def worth(
    way: str, gap: float, plan: Plan, abroad: Sequence[Country] = ABROAD, home: Country = HOME
) -> float:
    """What are all the countries abroad worth, entered in this `way`? USD m."""
    times = entries(way, len(abroad), gap)
    return sum(country_worth(c, float(t), plan, home) for c, t in zip(abroad, times, strict=True))


# --- labs -----------------------------------------------------------------------------------------


def rollout(*, gap: float, lead: float, delay: float) -> dict[str, Any]:
    """Users at home and abroad over 20 years, by sprinkler and by waterfall; millions."""
    year = np.arange(0, 20.5, 0.5)
    table: dict[str, Any] = {"year": year, "home": HOME.m * bass_share(year, HOME.p, HOME.q)}
    for way in WAYS:
        launches = entries(way, len(ABROAD), gap) + delay
        table[way] = sum(
            c.m * lag_share(year, float(at), c, lead)
            for c, at in zip(ABROAD, launches, strict=True)
        )
    return table


def pace(*, cost: float, lead: float, rivals: float, delay: float) -> dict[str, Any]:
    """What the countries abroad are worth, by the years between entries (0: sprinkler), USD m."""
    plan = Plan(lead=lead, rivals=rivals, delay=delay)
    abroad = [country._replace(cost=cost) for country in ABROAD]
    gap = np.arange(0, 5.25, 0.25)
    value = np.array([worth("waterfall", float(g), plan, abroad) for g in gap])
    best = np.zeros(len(gap))
    best[np.argmax(value)] = 1
    return {"gap": gap, "value": value, "best": best}


def verdict(*, gap: float, rivals: float, delay: float) -> dict[str, Any]:
    """Which way is worth more, on a grid of entry cost and lead effect? Positive: waterfall."""
    rows: dict[str, list[Any]] = {"cost": [], "lead": [], "sprinkler": [], "waterfall": []}
    for lead in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5):
        plan = Plan(lead=lead, rivals=rivals, delay=delay)
        for cost in (0.0, 100.0, 200.0, 300.0, 400.0, 500.0, 600.0):
            abroad = [country._replace(cost=cost) for country in ABROAD]
            rows["cost"].append(cost)
            rows["lead"].append(lead)
            for way in WAYS:
                rows[way].append(worth(way, gap, plan, abroad))
    more = np.array(rows["waterfall"]) - np.array(rows["sprinkler"])
    return {**rows, "difference": more}
