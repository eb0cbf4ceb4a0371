"""How does volume bring the cost down to the price that was promised?

*Learning.* Every doubling of what was ever made takes the same share off the unit cost (Wright
1936); whoever looks ahead prices for it (Robinson and Lakhani 1975; Spence 1981).
*Sharing.* One part in several models is designed once and bought in bulk, and fits none of them
quite (Fisher, Ramdas and Ulrich 1999).
*Target costing.* The price comes first and says what the phone may cost (Cooper and Slagmulder
1997).
*A test.* Learning that costs do not show must hide in a product that has become more.

Every function takes floats or arrays that broadcast, unless it says otherwise. Equation numbers
are those of the chapter.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.stats import linregress

from coalescence.models._check import within

Floats = NDArray[np.float64]
Number = float | Floats
Table = dict[str, Any]  # name of a column -> its values

# --- The learning curve --------------------------------------------------------------------------


class Curve(NamedTuple):
    """A learning curve."""

    first: ArrayLike = 100.0  # c_1, cost of the first unit (or of a piece when 1 m were made)
    progress: ArrayLike = 0.8  # progress ratio: cost after a doubling over cost before it


def exponent(progress: ArrayLike) -> Any:
    """To which power of the quantity does cost move? b = log2 of the progress ratio, eq. (1).

    An 80% curve has b = -0.322. `progress` in (0, 1].
    """
    within("progress", progress, 0, 1, open_low=True)
    return np.log2(np.asarray(progress, dtype=float))


def unit_cost(curve: Curve, units: ArrayLike) -> Any:
    """What does a unit cost when `units` were made? c_Q = c_1 Q**b, eq. (1).

    Read as the cost of the last unit this is the unit curve of most tables. Wright (1936) read the
    same power as the *average* of all Q units: see `total_cost`.
    """
    within("units", units, 0, open_low=True)
    return np.multiply(curve.first, np.asarray(units, dtype=float) ** exponent(curve.progress))


def total_cost(curve: Curve, units: int, *, average: bool = False) -> Floats:
    """What have the first 1, 2, ... `units` cost together? One number for each, (units,).

    `average` takes Wright's reading, in which Q**b is the average, so the total is c_1 Q**(1 + b).
    """
    within("units", units, 1)
    made = np.arange(1, units + 1)
    cost = np.asarray(unit_cost(curve, made), dtype=float)
    return made * cost if average else np.cumsum(cost)


def lot_cost(curve: Curve, before: ArrayLike, more: ArrayLike) -> Any:
    """What do `more` units cost on top of `before`? The area under the curve between.

    For volumes so large that a unit is a grain of sand. The progress ratio must be above 1/2.
    """
    within("before", before, 0)
    within("more", more, 0)
    within("progress", curve.progress, 0.5, 1, open_low=True)
    power = 1 + exponent(curve.progress)
    start = np.asarray(before, dtype=float)
    return np.divide(curve.first, power) * ((start + more) ** power - start**power)


def units_to_reach(curve: Curve, cost: ArrayLike) -> Any:
    """How many must be made before a unit costs only `cost`? (cost / c_1)**(1 / b)."""
    within("cost", cost, 0, open_low=True)
    within("progress", curve.progress, 0, np.nextafter(1, 0), open_low=True)
    return np.divide(cost, curve.first) ** (1 / exponent(curve.progress))


def fitted(made: ArrayLike, cost: ArrayLike) -> Curve:
    """Which learning curve lies nearest to these costs? Least squares in logarithms.

    Unlike a curve that is assumed, its progress ratio may exceed 1: costs that rose.
    """
    within("made", made, 0, open_low=True)
    within("cost", cost, 0, open_low=True)
    line = linregress(np.log(made), np.log(cost))
    return Curve(float(np.exp(line.intercept)), float(2.0**line.slope))


# --- Pricing for the curve -----------------------------------------------------------------------


class Launch(NamedTuple):
    """A phone on a learning curve; its volume is counted in what was made before the launch (1)."""

    curve: Curve = Curve(1.0, 0.8)  # first: unit cost at the launch, after 1 was made
    ceiling: float = 1.5  # price at which nobody buys
    size: float = 6.0  # units that would be taken per period at a price of 0
    periods: int = 6  # T, periods before the phone is replaced
    patience: float = 0.95  # delta, worth of the next period's profit beside this one's


class Plan(NamedTuple):
    """What is made and asked in each period, arrays of length T."""

    quantity: Floats
    price: Floats
    made: Floats  # cumulative, at the period's end
    cost: Floats  # of a unit, at the period's end
    profit: Floats  # discounted to the launch


def outcome(launch: Launch, quantity: ArrayLike, before: float = 1.0) -> Plan:
    """What follows from making `quantity` (T,) in each period?"""
    sold = np.asarray(quantity, dtype=float)
    within("quantity", sold, 0, launch.size)
    within("patience", launch.patience, 0, 1, open_low=True)
    made = before + np.cumsum(sold)
    price = launch.ceiling * (1 - sold / launch.size)
    weight = launch.patience ** np.arange(sold.size)
    profit = weight * (price * sold - lot_cost(launch.curve, made - sold, sold))
    return Plan(sold, price, made, np.asarray(unit_cost(launch.curve, made)), profit)


def best_plan(launch: Launch, before: float = 1.0) -> Plan:
    """Which quantities earn most over the whole life of the phone? Spence (1981).

    With patience 1 every period is the same: marginal revenue equals the unit cost of the *last*
    period, eq. (2). Found by scipy's SLSQP from a timid and from a bold start, because with
    steep learning there can be two peaks.
    """
    weight = launch.patience ** np.arange(launch.periods)
    step = weight - np.append(weight[1:], 0)  # of the weights, from each period to the next

    def loss(sold: Floats) -> tuple[float, Floats]:
        plan = outcome(launch, np.clip(sold, 0, launch.size), before)
        ahead = np.cumsum((step * plan.cost)[::-1])[::-1]  # this and later costs that a unit saves
        gain = weight * launch.ceiling * (1 - 2 * plan.quantity / launch.size) - ahead
        return -float(plan.profit.sum()), -gain

    found = [
        minimize(
            loss,
            np.full(launch.periods, start * launch.size),
            jac=True,
            method="SLSQP",
            bounds=[(0, launch.size)] * launch.periods,
            options={"ftol": 1e-12},
        )
        for start in (0.02, 0.45)
    ]
    peak = min(found, key=lambda result: float(result.fun))
    return outcome(launch, np.clip(peak.x, 0, launch.size), before)


def myopic_plan(launch: Launch) -> Plan:
    """Which quantities does a firm make that looks at one period at a time?"""
    made, sold = 1.0, []
    for _ in range(launch.periods):
        sold.append(float(best_plan(launch._replace(periods=1), made).quantity[0]))
        made += sold[-1]
    return outcome(launch, sold)


PLANS = ("one period at a time", "whole life")


def experience(progress: float, patience: float, ceiling: float) -> Table:
    """What do the two firms ask and earn? A row for each plan and period, 12 rows.

    Money as a share of the unit cost at the launch, which `ceiling` is too. Columns: plan, period,
    price, cost of a unit at the period's end, made (times what had been made at the launch), profit
    so far, discounted, and more (how much that is above the first plan's).
    """
    launch = Launch(Curve(1.0, progress), ceiling, patience=patience)
    plans = (myopic_plan(launch), best_plan(launch))
    profit = np.cumsum([plan.profit for plan in plans], axis=1)
    return {
        "plan": np.repeat(PLANS, launch.periods).tolist(),
        "period": np.tile(np.arange(1, launch.periods + 1), 2),
        "price": np.concatenate([plan.price for plan in plans]),
        "cost": np.concatenate([plan.cost for plan in plans]),
        "made": np.concatenate([plan.made for plan in plans]),
        "profit": profit.ravel(),
        "more": (profit - profit[0]).ravel(),
    }


# --- One part for several models -----------------------------------------------------------------


class Family(NamedTuple):
    """Phone models, each in need of a somewhat stronger part than the one before."""

    models: int = 12  # n
    volume: Number = 1.0  # of each model, million phones
    design: Number = 30.0  # RMB m to design and tool one version of the part
    part: Number = 50.0  # RMB for a piece, where 1 m of its version are made
    progress: Number = 0.95  # progress ratio of that price with the version's volume
    spread: Number = 40.0  # RMB wasted where the weakest model gets the strongest one's part


class Sharing(NamedTuple):
    """What the part costs per phone, RMB."""

    design: Number
    part: Number
    misfit: Number


def sharing(family: Family, versions: ArrayLike) -> Sharing:
    """What does the part cost if the family shares `versions` of it? Eq. (3).

    After Fisher, Ramdas and Ulrich (1999): neighbouring models share a version, which must be
    strong enough for the strongest of them, in groups as equal as whole numbers allow.
    """
    within("models", family.models, 1)
    within("versions", versions, 1, family.models)
    k = np.asarray(versions, dtype=int)
    small, left = np.divmod(family.models, k)  # `left` groups have one model more
    steps = family.spread / max(family.models - 1, 1)
    bulk = Curve(family.part, family.progress)
    part, misfit = 0.0, 0.0
    for groups, each in ((k - left, small), (left, small + 1)):
        weight = groups * each / family.models
        part = part + weight * unit_cost(bulk, each * np.asarray(family.volume))
        misfit = misfit + weight * steps * (each - 1) / 2
    return Sharing(k * np.asarray(family.design) / (family.models * family.volume), part, misfit)


def best_versions(family: Family) -> int:
    """How many versions make the part cheapest? The best of all whole numbers up to `models`."""
    total = sum(sharing(family, np.arange(1, family.models + 1)))
    return int(np.argmin(total)) + 1


def root_law(family: Family) -> Any:
    """How many versions would that be without savings in bulk? A square-root law, eq. (4).

    sqrt(V s n / (2 K (n - 1))) with V all phones, s the spread, K the design: volume calls for
    variety, the cost of design against it.
    """
    within("models", family.models, 2)
    within("design", family.design, 0, open_low=True)
    phones = family.models * np.asarray(family.volume, dtype=float)
    ratio = family.models / (2 * np.asarray(family.design) * (family.models - 1))
    return np.sqrt(phones * family.spread * ratio)


def versions(design: float, spread: float, volume: float) -> Table:
    """What does the part cost per phone, for every number of versions? 12 rows.

    Columns: versions, design, part, misfit (RMB per phone), total, best (1 where it is lowest).
    """
    family = Family(design=design, spread=spread, volume=volume)
    number = np.arange(1, family.models + 1)
    cost = sharing(family, number)
    return {
        "versions": number,
        **cost._asdict(),
        "total": cost.design + cost.part + cost.misfit,
        "best": (number == best_versions(family)).astype(float),
    }


# --- The price comes first -----------------------------------------------------------------------


def allowable_cost(
    price: ArrayLike, margin: ArrayLike, channel: ArrayLike = 0.0, tax: ArrayLike = 0.13
) -> Any:
    """What may a phone cost that shall sell at `price`? Eq. (5), Cooper and Slagmulder (1997).

    RMB; `price` is what the buyer pays, with a value-added `tax`. Of the price before tax the
    `channel` keeps a share and the maker a `margin`.
    """
    within("price", price, 0)
    within("tax", tax, 0)
    within("channel + margin", np.add(channel, margin), high=1)
    return np.divide(price, 1 + np.asarray(tax)) * (1 - np.add(channel, margin))


# --- What would hide the learning ----------------------------------------------------------------


def content(made: ArrayLike, cost: ArrayLike, progress: ArrayLike, base: int = 0) -> Any:
    """How much more must a product hold than in year `base`, if learning went on? Eq. (6).

    Its observed `cost` (years,), over what the product of the base year would cost by now at this
    progress ratio, `made` being all that was ever made by then. The casebook's own reading.
    """
    within("made", made, 0, open_low=True)
    within("cost", cost, 0, open_low=True)
    ever, paid = np.asarray(made, dtype=float), np.asarray(cost, dtype=float)
    learned = (ever / ever[base]) ** exponent(progress)
    return paid / (paid[base] * learned)


def hidden(
    years: ArrayLike, made: ArrayLike, cost: ArrayLike, *, progress: float, base: int
) -> Table:
    """What did a phone cost, and what would that of the year `base` have cost? A row a year.

    Columns: year, cost, same (the base year's phone on its learning curve; RMB), content.
    """
    year, paid = np.asarray(years), np.asarray(cost, dtype=float)
    more = content(made, paid, progress, int(np.flatnonzero(year == base)[0]))
    return {"year": year, "cost": paid, "same": paid / more, "content": more}
