"""Does doing good pay as insurance, and where do the old phones go?

Goodwill from good deeds softens the blow of a bad event (Godfrey 2005), unless the event makes
them look like hypocrisy (Minor and Morgan 2011). Products come back as their lives end: a stock of
products in use, retired by a Weibull distribution of lifetimes. Time in years, money in USD m.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, minimize_scalar
from scipy.special import gamma
from scipy.stats import weibull_min

from coalescence.models._check import within

Floats = NDArray[np.float64]
AHEAD = 10  # years that a lab looks ahead


# --- reputation as insurance ----------------------------------------------------------------------


class Exposure(NamedTuple):
    """What can happen to a firm's reputation and how far goodwill shields it.

    The idea is Godfrey's (2005); this form, a loss that falls with spending, is the casebook's own.
    """

    frequency: float = 0.2  # bad events per year (Poisson)
    loss: float = 500.0  # value that an event destroys without any goodwill, USD m
    shield: float = 0.5  # largest share of that loss that goodwill averts
    scale: float = 20.0  # yearly spending that earns 63% of the shield, USD m
    backlash: float = 0.1  # share of events that give the lie to the good deeds
    penalty: float = 1.0  # then goodwill adds to the loss what it would avert, times this


def averted(risk: Exposure, spend: ArrayLike) -> Any:
    """Which share of a loss does goodwill avert? Eq. (1), shield (1 - exp(-spend / scale))."""
    within("spend", spend, 0)
    within("shield", risk.shield, 0, 1)
    within("scale", risk.scale, 0, open_low=True)
    return risk.shield * -np.expm1(-np.asarray(spend, dtype=float) / risk.scale)


def losses(risk: Exposure, spend: ArrayLike) -> tuple[Any, Any]:
    """What does an event cost that goodwill softens, and one that gives it the lie? USD m each."""
    share = averted(risk, spend)
    return risk.loss * (1 - share), risk.loss * (1 + risk.penalty * share)


def burden(risk: Exposure, spend: ArrayLike, aversion: float = 0.0) -> Any:
    """What do events and good deeds cost together? Eq. (2), USD m a year.

    Spending plus what a sure payment would have to be to be as bad as the events. They come as a
    compound Poisson process and the owner has constant absolute risk `aversion` a (per USD m):
    frequency (E exp(a loss) - 1) / a, and for a = 0 just the expected loss.
    """
    within("frequency", risk.frequency, 0)
    within("loss", risk.loss, 0)
    within("backlash", risk.backlash, 0, 1)
    within("penalty", risk.penalty, 0)
    within("aversion", aversion, 0)
    soft, hard = losses(risk, spend)
    if aversion > 0:
        soft, hard = (np.expm1(aversion * loss) / aversion for loss in (soft, hard))
    mean = (1 - risk.backlash) * soft + risk.backlash * hard
    return risk.frequency * mean + np.asarray(spend, dtype=float)


def worst_backlash(risk: Exposure) -> float:
    """From which backlash on is goodwill no insurance at all? Eq. (3), 1 / (1 + penalty)."""
    within("penalty", risk.penalty, 0)
    return 1 / (1 + risk.penalty)


def best_spend(risk: Exposure, aversion: float = 0.0) -> float:
    """How much should be spent on goodwill? Eq. (4), USD m a year.

    Without aversion scale x ln(frequency loss shield [1 - backlash (1 + penalty)] / scale), or
    nothing if that is negative; with it the minimum of eq. (2) by scipy.
    """
    burden(risk, 0.0, aversion)  # checks the record
    gain = risk.frequency * risk.loss * risk.shield
    gain *= 1 - risk.backlash * (1 + risk.penalty)
    neutral = risk.scale * np.log(gain / risk.scale) if gain > risk.scale else 0.0
    if aversion == 0:
        return float(neutral)
    found = minimize_scalar(
        lambda spend: float(burden(risk, spend, aversion)),
        bounds=(0.0, 40 * risk.scale),
        method="bounded",
        options={"xatol": 1e-6},
    )
    nothing = float(burden(risk, 0.0, aversion))
    return float(found.x) if float(found.fun) < nothing - 1e-9 else 0.0


# --- products that come back ----------------------------------------------------------------------


class TakeBack(NamedTuple):
    """What becomes of products at the end of their lives."""

    life: float = 4.0  # mean lifetime, drawer included, years
    shape: float = 2.0  # of the Weibull distribution: 1 no ageing, 2 wear, 4 all at about one age
    collected: float = 0.2  # share of the retired that is taken back
    recovered: float = 0.8  # share of the material taken back that is used again


class Flows(NamedTuple):
    """What happens to products in each year, in the unit of the sales."""

    sold: Floats
    retired: Floats
    in_use: Floats  # at the end of the year
    collected: Floats
    uncollected: Floats  # drawers, bins and elsewhere
    recovered: Floats
    lost: Floats  # taken back but not used again


def survival(age: ArrayLike, life: ArrayLike, shape: ArrayLike) -> Any:
    """Which share of products lives longer than `age`? Eq. (5), Weibull (1951) with mean `life`."""
    within("life", life, 0, open_low=True)
    within("shape", shape, 0, open_low=True)
    shape = np.asarray(shape, dtype=float)
    scale = np.asarray(life, dtype=float) / gamma(1 + 1 / shape)
    return weibull_min.sf(np.asarray(age, dtype=float), shape, scale=scale)


def retiring(years: int, life: float, shape: float) -> Floats:
    """Which share of a year's sales retires in that year and in each later one? `years` numbers.

    Sold in the middle of the year on average: in use at its end if older than half a year.
    """
    ends = survival(np.arange(years) + 0.5, life, shape)
    return np.asarray(-np.diff(ends, prepend=1.0), dtype=float)


def flows(sold: ArrayLike, back: TakeBack) -> Flows:
    """Where are the products, year by year? Eq. (6), a stock and flow by cohorts.

    `sold` is a row of yearly sales from the first year on. Nothing gets lost in the books: sold =
    in use + collected + uncollected, collected = recovered + lost, all summed up to any year.
    """
    within("sold", sold, 0)
    within("collected", back.collected, 0, 1)
    within("recovered", back.recovered, 0, 1)
    sold = np.asarray(sold, dtype=float)
    if sold.ndim != 1 or len(sold) == 0:
        raise ValueError(f"sold: expected at least one year in a row, got shape {sold.shape}")
    gone = np.convolve(sold, retiring(len(sold), back.life, back.shape))[: len(sold)]
    taken = back.collected * gone
    used = back.recovered * taken
    return Flows(sold, gone, np.cumsum(sold - gone), taken, gone - taken, used, taken - used)


def life_for(sold: ArrayLike, in_use: float, shape: float = 2.0) -> float:
    """Which mean life leaves `in_use` of all that was `sold`? Eq. (6) solved for life, years.

    `in_use` more than none and less than all. Whatever takes products out of the count counts as
    the end of a life; whatever else is counted as in use makes the life look longer.
    """
    sold = np.asarray(sold, dtype=float)
    within("in_use", in_use, 1e-3 * float(sold.sum()), 0.999 * float(sold.sum()))

    def gap(log_life: float) -> float:
        return float(flows(sold, TakeBack(float(np.exp(log_life)), shape)).in_use[-1]) - in_use

    return float(np.exp(brentq(gap, np.log(1e-2), np.log(1e5))))


# --- labs -----------------------------------------------------------------------------------------


def insurance(*, frequency: float, loss: float, backlash: float) -> dict[str, Any]:
    """Cost of events and of both together by what is spent on goodwill, USD m a year."""
    risk = Exposure(frequency=frequency, loss=loss, backlash=backlash)
    spend = np.linspace(0, 100, 41)
    total = burden(risk, spend)
    best = np.zeros(len(spend))
    best[np.argmin(total)] = 1
    return {"spend": spend, "events": total - spend, "total": total, "best": best}


def take_back(
    sold: Sequence[float], first: int, *, life: float, collected: float, recovered: float
) -> dict[str, Any]:
    """Where the products go that were sold from the year `first` on; millions.

    The last year's sales are repeated for AHEAD more years: an assumption, told apart by `kind`.
    """
    known = np.asarray(sold, dtype=float)
    all_sold = np.concatenate([known, np.full(AHEAD, known[-1])])
    found = flows(all_sold, TakeBack(life=life, collected=collected, recovered=recovered))
    return {
        "year": first + np.arange(len(all_sold)),
        "kind": np.repeat(["reported", "assumed"], [len(known), AHEAD]),
        **found._asdict(),
    }
