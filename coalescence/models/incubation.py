"""Why help small firms along, a step at a time, and many of them at once?

*Staging.* An investment that can wait or stop is worth more the less certain it is (Dixit and
Pindyck 1994; Cox, Ross and Rubinstein 1979; Gompers 1995 for venture capital).
*Suppliers.* A known name and a second supplier both lower the price of a startup's parts, the one
from weak suppliers, the other from strong ones (Nash 1950; Inderst and Wey 2007 for size).
*Help.* The smaller the partner, the larger the stake that the same help buys, and no more in money.
*Portfolio.* Outcomes follow a power law: most are lost and the best one pays for all.

Every function takes floats or arrays that broadcast against each other unless it says otherwise.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest

from coalescence.models._check import within

Floats = NDArray[np.float64]
Number = float | Floats
Table = dict[str, Any]  # name of a column -> its values

# --- Waiting: the two-period example of Dixit and Pindyck ----------------------------------------


class Widget(NamedTuple):
    """A factory that makes one widget a year for ever, at a price known after the first year."""

    price: Number = 200.0  # P0, this year's price
    high: Number = 300.0  # price for ever after if it rises
    low: Number = 100.0  # price for ever after if it falls
    chance: Number = 0.5  # q, that it rises
    cost: Number = 1600.0  # I, to build the factory, lost once spent
    rate: Number = 0.1  # r, interest per year


def build_now(widget: Widget) -> Any:
    """What is the factory worth if it is built now or never? NPV, eq. (1). 600 by default."""
    within("chance", widget.chance, 0, 1)
    within("rate", widget.rate, 0, open_low=True)
    later = widget.chance * widget.high + (1 - widget.chance) * widget.low
    return widget.price + later / widget.rate - widget.cost


def build_later(widget: Widget) -> Any:
    """What is it worth to wait a year and build only if that pays? Eq. (2). 773 by default."""
    within("chance", widget.chance, 0, 1)
    within("rate", widget.rate, 0, open_low=True)
    up, down = (
        np.maximum(price * (1 + 1 / widget.rate) - widget.cost, 0)
        for price in (np.asarray(widget.high), np.asarray(widget.low))
    )
    return (widget.chance * up + (1 - widget.chance) * down) / (1 + widget.rate)


# --- Staging: paying in tranches, with the right to stop -----------------------------------------


class Project(NamedTuple):
    """A partner paid for in equal tranches, the first now, the others a year apart."""

    value: float = 100.0  # V, what the finished project would be worth if it were ready today
    cost: float = 100.0  # all tranches together
    stages: int = 4  # number of tranches
    risk: float = 0.6  # sigma, volatility of the value, per square root of a year
    salvage: float = 0.0  # share of what has been paid in that is got back when stopping
    rate: float = 0.05  # r, riskless interest per year, compounded continuously


STEPS = 60  # of the binomial tree in a year


def committed(project: Project) -> float:
    """What is the project worth if every tranche is promised today? V less their present value."""
    _check(project)
    tranche, years = project.cost / project.stages, np.arange(project.stages)
    return float(project.value - tranche * np.exp(-project.rate * years).sum())


def staged(project: Project, steps: int = STEPS) -> float:
    """What is it worth if the investor may stop before each tranche? Eq. (3). Single numbers.

    Backwards through the binomial tree of Cox, Ross and Rubinstein (1979): at each tranche pay and
    go on, or stop and take the salvage. Two tranches without salvage are a European call.
    """
    _check(project)
    tranche, stages = project.cost / project.stages, int(project.stages)
    step = 1 / steps
    up = np.exp(project.risk * np.sqrt(step))
    chance = (np.exp(project.rate * step) - 1 / up) / (up - 1 / up)
    within("rate per step", project.rate * np.sqrt(step), 0, project.risk)
    discount = np.exp(-project.rate * step)
    last = (stages - 1) * steps
    worth = project.value * up ** (2.0 * np.arange(last + 1) - last)  # ready once all is paid
    for stage in range(stages - 1, 0, -1):
        worth = np.maximum(worth - tranche, project.salvage * tranche * stage)
        for _ in range(steps):
            worth = discount * (chance * worth[1:] + (1 - chance) * worth[:-1])
    return float(worth[0] - tranche)


def _check(project: Project) -> None:
    within("value", project.value, 0, open_low=True)
    within("cost", project.cost, 0, open_low=True)
    within("stages", project.stages, 1, 20)
    within("risk", project.risk, 0, 5, open_low=True)
    within("salvage", project.salvage, 0, 1)


RISKS = np.linspace(0.1, 1.2, 12)


def staging(stages: int, salvage: float, value: float) -> Table:
    """For which partners is staging worth most? Rows: twelve risks.

    `value` in % of the cost. Columns: risk, promised (worth if all is promised), staged (worth
    with the right to stop), option (the difference), all in % of the cost.
    """
    projects = [Project(value, 100.0, stages, float(risk), salvage) for risk in RISKS]
    promised = np.array([committed(project) for project in projects])
    kept = np.array([staged(project, 30) for project in projects])
    return {"risk": RISKS, "promised": promised, "staged": kept, "option": kept - promised}


# --- Suppliers: what a part costs a nobody and a somebody ----------------------------------------


class Supply(NamedTuple):
    """A startup that buys a part from a supplier."""

    value: Number = 10.0  # v, what a part is worth to the buyer, RMB
    cost: Number = 4.0  # c, what it costs the supplier, RMB
    power: Number = 0.5  # beta, the supplier's share of what is bargained over
    paid: Number = 1.0  # chance that the buyer survives to pay for the part
    elsewhere: Number = 0.0  # what a part would bring the buyer from another supplier, RMB


def parts_price(supply: Supply) -> Any:
    """Which price do buyer and supplier agree on? Nash (1950), eq. (4).

    w = c + beta (v - c) where the buyer surely pays and has no other supplier. The chance of being
    paid raises the supplier's cost to c / paid, and another supplier shrinks what is bargained
    over: the casebook's own reading of "a nobody startup". No trade is a ValueError.
    """
    within("power", supply.power, 0, 1)
    within("paid", supply.paid, 0, 1, open_low=True)
    cost = supply.cost / np.asarray(supply.paid)
    surplus = supply.value - cost - supply.elsewhere
    within("value - cost / paid - elsewhere", surplus, 0)
    return cost + supply.power * surplus


def cost_of_serving(size: ArrayLike, slope: ArrayLike = 4.0) -> Any:
    """What does a part cost a supplier whose cost rises with volume, by the size of the buyer?

    `size` is the buyer's share of the supplier's volume. With cost slope Q^2 / 2 and Q = 1, losing
    the buyer saves slope (size - size^2 / 2), or slope (1 - size / 2) a part: the larger the buyer,
    the cheaper the average part it stands for, and so its price (Inderst and Wey 2007).
    """
    within("size", size, 0, 1)
    within("slope", slope, 0)
    return np.asarray(slope, dtype=float) * (1 - np.asarray(size, dtype=float) / 2)


BUYERS = ("a nobody", "with a known name", "with a second supplier", "with both")


def supplier(power: float, survival: float, elsewhere: float) -> Table:
    """What do a name and a second supplier save on parts? Rows: four buyers.

    A part is worth RMB 10 and costs 4 to make. A known name makes sure that it is paid for, which
    otherwise happens with the chance `survival`; a second supplier would leave the buyer with
    `elsewhere`, RMB a part. Columns: buyer, cost (to the supplier, per part paid for), price.
    """
    nobody = Supply(power=power, paid=survival)
    cases = [
        nobody,
        nobody._replace(paid=1.0),
        nobody._replace(elsewhere=elsewhere),
        nobody._replace(paid=1.0, elsewhere=elsewhere),
    ]
    return {
        "buyer": list(BUYERS),
        "cost": [float(case.cost / case.paid) for case in cases],
        "price": [float(parts_price(case)) for case in cases],
    }


# --- Help: what it is worth to a small and to a large partner ------------------------------------


class Startup(NamedTuple):
    """A partner before and with Xiaomi's help, RMB million."""

    alone: Number = 20.0  # what it is worth without help: what it can fall back on
    gain: Number = 80.0  # what help adds to it
    money: Number = 10.0  # what Xiaomi pays in
    power: Number = 0.5  # Xiaomi's share of what is bargained over


def stake_for_help(startup: Startup) -> Any:
    """Which stake do help and money buy? Eq. (5).

    Nash (1950): s (alone + gain + money) - money = power * gain. Help that adds as much to a
    smaller partner buys more of it; without help the stake is what the money alone buys. The
    casebook's own application.
    """
    within("alone", startup.alone, 0, open_low=True)
    within("gain", startup.gain, 0)
    within("money", startup.money, 0)
    within("power", startup.power, 0, 1)
    whole = startup.alone + startup.gain + startup.money
    return (startup.money + startup.power * startup.gain) / whole


def help_buys(gain: float, power: float) -> Table:
    """How much of a small and of a large partner does the same help buy? Rows: 21 sizes.

    `gain` and sizes in RMB million; RMB 10 million are paid in. Columns: alone, helped (the stake
    for help and money), money (the stake that the money alone buys).
    """
    alone = np.geomspace(10, 1000, 21)
    return {
        "alone": alone,
        "helped": stake_for_help(Startup(alone, gain, 10.0, power)),
        "money": stake_for_help(Startup(alone, 0.0, 10.0, power)),
    }


# --- Portfolio: a power law of outcomes ----------------------------------------------------------


class Outcomes(NamedTuple):
    """How many times its money an investment returns: nothing, or a power law from 1 on."""

    tail: Number = 1.4  # alpha: P(X > x) = x^-alpha among those that return their money
    success: Number = 0.35  # share that return their money at all


def at_least(outcomes: Outcomes, multiple: ArrayLike) -> Any:
    """Which share returns more than `multiple` (1 or more) times its money? Eq. (6)."""
    _outcomes(outcomes)
    within("multiple", multiple, 1)
    return outcomes.success * np.asarray(multiple, dtype=float) ** -np.asarray(outcomes.tail)


def mean_multiple(outcomes: Outcomes) -> Any:
    """What does an investment return on average? success alpha / (alpha - 1), eq. (6).

    Infinite where alpha is 1 or less.
    """
    _outcomes(outcomes)
    tail = np.asarray(outcomes.tail, dtype=float)
    inside = tail > 1
    return np.where(inside, outcomes.success * tail / np.where(inside, tail - 1, 1), np.inf)[()]


def median_multiple(outcomes: Outcomes) -> Any:
    """What does the middle one return? (2 success)^(1 / alpha), or nothing if most fail."""
    _outcomes(outcomes)
    share = np.asarray(outcomes.success, dtype=float)
    return np.where(share >= 0.5, (2 * share) ** (1 / np.asarray(outcomes.tail)), 0.0)[()]


def implied_tail(multiple: ArrayLike, share: ArrayLike, success: ArrayLike) -> Any:
    """Which alpha puts `share` of all investments above `multiple`, if `success` return >= 1?"""
    within("multiple", multiple, 1, open_low=True)
    within("success", success, 0, 1, open_low=True)
    ratio = np.divide(share, success)
    within("share / success", ratio, 0, 1, open_low=True)
    return -np.log(ratio) / np.log(multiple)


def tail_between(above: int, of: int, multiple: float) -> tuple[float, float, float]:
    """Which alpha do `above` of `of` beyond `multiple` times their floor speak for?

    Returns the estimate and the ends of its 95% interval, from the exact (Clopper-Pearson) one of
    the share.
    """
    within("of", of, 1)
    within("above", above, 1, of)
    ends = binomtest(above, of).proportion_ci()
    shares = np.array([above / of, ends.high, ends.low])
    best, low, high = implied_tail(multiple, shares, 1.0)
    return float(best), float(low), float(high)


def portfolios(
    outcomes: Outcomes, partners: int, runs: int = 4000, seed: int = 0
) -> tuple[Floats, Floats]:
    """What do `runs` portfolios of equal stakes in `partners` return, and which part is the best's?

    Returns (multiple on all the money, share of the proceeds that came from the best partner; 0
    where there were none). The same `seed` gives the same luck at every tail.
    """
    _outcomes(outcomes)
    within("partners", partners, 1, 1e6)
    rng = np.random.default_rng(seed)
    luck, lucky = rng.random((runs, partners)), rng.random((runs, partners))
    found = np.where(lucky < outcomes.success, (1 - luck) ** (-1 / outcomes.tail), 0.0)
    total = found.sum(axis=1)
    best = np.divide(found.max(axis=1), total, out=np.zeros(runs), where=total > 0)
    return total / partners, best


def _outcomes(outcomes: Outcomes) -> None:
    within("tail", outcomes.tail, 0, open_low=True)
    within("success", outcomes.success, 0, 1)


# Rounded shares of 21,000 US venture financings, 2004-2013, as published (Levine 2014 and Coats
# 2019 for Correlation Ventures): multiple of the money -> share that returned at least as much.
OBSERVED = {1.0: 0.35, 5.0: 0.10, 10.0: 0.04}
MANY = 10.0  # times the floor, beyond which partners are counted


def beyond(partners: Mapping[str, tuple[int, int]]) -> Table:
    """Which share is many times the floor? Venture financings beside groups of partners.

    `partners` maps a name to (how many are beyond MANY times the floor, how many reach the floor).
    Columns: who, times (the floor), share, low and high (95% interval; the financings are too many
    to need one).
    """
    floor = OBSERVED[1.0]
    rows = [
        ("US venture financings", x, p / floor, p / floor, p / floor)
        for x, p in OBSERVED.items()
        if x > 1
    ]
    for who, (above, of) in partners.items():
        ends = binomtest(above, of).proportion_ci()
        rows.append((who, MANY, above / of, float(ends.low), float(ends.high)))
    return dict(zip(("who", "times", "share", "low", "high"), zip(*rows, strict=True), strict=True))


COUNTS = np.array([1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 120, 200])  # partners in a lab's portfolio


def portfolio(tail: float, success: float) -> Table:
    """How many partners does it take to be safe? Rows: twelve sizes of portfolio.

    Columns: partners, safe (chance to get back more than the money), typical (median multiple of
    the portfolio), best (mean share of the proceeds that came from the best partner,
    in portfolios that returned anything).
    """
    drawn = [portfolios(Outcomes(tail, success), int(n), 2000) for n in COUNTS]
    return {
        "partners": COUNTS,
        "safe": [float(np.mean(multiple > 1)) for multiple, _ in drawn],
        "typical": [float(np.median(multiple)) for multiple, _ in drawn],
        "best": [float(share.sum() / max(np.count_nonzero(share), 1)) for _, share in drawn],
    }
