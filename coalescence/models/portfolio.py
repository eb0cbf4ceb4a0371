"""Which products should share a shop, how often do they bring people in, and what else do they buy?

*Shelf.* A shop picks its assortment for visitors who choose by a multinomial logit (Talluri and
van Ryzin 2004) under a limit of space; that some products also bring visitors is the casebook's
own addition. *Cycles.* Every product that wears out sends its owner back: a renewal process
(Cox 1962). *Baskets.* What is bought with what, and how often small brands are bought again
(Russell and Petersen 2000; Goodhardt, Ehrenberg and Chatfield 1984).

Functions take floats or arrays that broadcast. Equation numbers are those of the chapter.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import hyp2f1, logit

from coalescence.models._check import within
from coalescence.models.design import holds, lift, pair

Floats = NDArray[np.float64]
Number = Any  # a float, or an array of them
Table = dict[str, Any]  # name of a column -> its values

# --- The shelf ----------------------------------------------------------------------------------


class Shelf(NamedTuple):
    """Products that a shop may stock, one number each."""

    margin: ArrayLike  # r, RMB earned on a piece
    weight: ArrayLike  # v, how attractive it is to a visitor; leaving with nothing weighs 1
    area: ArrayLike  # m2 that it takes up
    draw: ArrayLike = 0.0  # visitors that it brings, as a share of those who come anyway


class Choice(NamedTuple):
    """An assortment and what it does."""

    stocked: NDArray[np.bool_]  # (n,) which products
    visitors: float  # people who come, 1 being those who come to a shop with no draw
    profit: float  # RMB for each of those who come anyway
    area: float  # m2 taken up


def shares(weight: ArrayLike) -> Floats:
    """Which share of visitors buys each stocked product? v_i / (1 + sum v), eq. (1); (..., n)."""
    v = np.asarray(weight, dtype=float)
    within("weight", v, 0)
    return np.asarray(v / (1 + v.sum(axis=-1, keepdims=True)))


def earned(margin: ArrayLike, weight: ArrayLike) -> Floats:
    """What does a visitor bring with each of the 2**n assortments? Eq. (2), RMB; up to 16 products.

    Sum of r_i v_i over 1 + sum of v_i; entry `mask` stocks the products whose bits are set in it.
    """
    r, v = np.broadcast_arrays(np.asarray(margin, dtype=float), np.asarray(weight, dtype=float))
    within("weight", v, 0)
    inside = holds(len(v))
    return np.asarray(inside @ (r * v) / (1 + inside @ v))


def revenue_ordered(margin: ArrayLike, weight: ArrayLike) -> NDArray[np.bool_]:
    """Which assortment earns most on a visitor, if space is free? (n,), eq. (3).

    Best of the n sets "the k products of highest margin", which hold an optimum (Talluri and van
    Ryzin 2004): stock a product if its margin exceeds what a visitor brings without it.
    """
    r, v = np.broadcast_arrays(np.asarray(margin, dtype=float), np.asarray(weight, dtype=float))
    within("weight", v, 0)
    order = np.argsort(-r, kind="stable")
    value = np.cumsum((r * v)[order]) / (1 + np.cumsum(v[order]))
    stocked = np.zeros(len(v), dtype=bool)
    if value.max() > 0:
        stocked[order[: int(value.argmax()) + 1]] = True
    return stocked


def best(
    shelf: Shelf, space: float, allowed: ArrayLike = True, needed: ArrayLike = False
) -> Choice:
    """Which assortment fits into `space` m2 and earns most? Eq. (4), by trying all 2**n.

    Profit is visitors times what each brings. Visitors are 1 + sum of draw over what is stocked:
    the casebook's own traffic term. `allowed` (n,) rules products out, `needed` (n,) rules them
    in. ValueError if what is needed does not fit.
    """
    r, v, a, d = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in shelf))
    within("space", space, 0)
    within("area", a, 0)
    within("draw", d, 0)
    may, must = (np.broadcast_to(np.asarray(x, dtype=bool), v.shape) for x in (allowed, needed))
    inside = holds(len(v))
    visitors = 1 + inside @ d
    profit = visitors * earned(r, v)
    fits = (inside @ a <= space + 1e-9) & ~np.any((inside == 1) & ~may, axis=1)
    fits &= np.all((inside == 1) | ~must, axis=1)
    if not fits.any():
        raise ValueError(f"space = {space:g} m2 is too little for what is needed")
    mask = int(np.where(fits, profit, -np.inf).argmax())
    stocked = inside[mask].astype(bool)
    return Choice(stocked, float(visitors[mask]), float(profit[mask]), float(a[stocked].sum()))


GOODS = ("Phone", "TV", "Band", "Bulbs", "Purifier", "Robot", "Speaker", "Suitcase")
SHELF = Shelf(  # illustrative: one shop, RMB a piece and m2
    margin=(120.0, 240.0, 40.0, 18.0, 180.0, 300.0, 40.0, 90.0),
    weight=(0.10, 0.02, 0.06, 0.08, 0.02, 0.015, 0.04, 0.03),
    area=(6.0, 5.0, 1.0, 1.0, 2.0, 3.0, 1.0, 3.0),
    draw=(0.5, 0.05, 0.05, 0.05, 0.02, 0.05, 0.02, 0.01),
)


def shelf(margin: float, draw: float, space: float) -> Table:
    """What belongs on the shelf, and does the phone? 8 rows, one a product.

    `margin` (RMB) and `draw` are the phone's. Columns: product, stocked (1 or 0) in the best
    assortment that has the phone, profit from it, yield (profit on each m2 that it takes up) and,
    the same in each row, for the best assortment with the phone and the best without it: profit
    (with, without) and profit on a m2 taken up (area_with, area_without). All in RMB for 100
    people who would come anyway.
    """
    r, d = np.array(SHELF.margin), np.array(SHELF.draw)
    r[0], d[0] = margin, draw
    goods, phone = Shelf(r, SHELF.weight, SHELF.area, d), np.arange(len(GOODS)) == 0
    ways = {"with": best(goods, space, needed=phone), "without": best(goods, space, ~phone)}
    chosen = ways["with"]
    profit = 100 * chosen.visitors * r * shares(np.where(chosen.stocked, goods.weight, 0))
    table: Table = {
        "product": list(GOODS),
        "stocked": chosen.stocked.astype(float),
        "profit": profit,
        "yield": profit / np.asarray(SHELF.area),
    }
    for way, choice in ways.items():
        table[way] = np.full(len(GOODS), 100 * choice.profit)
        table[f"area_{way}"] = np.full(len(GOODS), 100 * choice.profit / choice.area)
    return table


# --- Cycles: what wears out brings its owner back ------------------------------------------------


def visits(owners: Number, life: Number) -> Number:
    """How many come back in a year for a new one? N / tau, eq. (5); the sum over products adds up.

    `owners` and `life` (years) broadcast. In the long run only the mean life matters.
    """
    within("life", life, 0, open_low=True)
    return owners / life


def renewals(years: ArrayLike, life: ArrayLike, shape: int = 2) -> Number:
    """How often has an owner come back by then, on average? Eq. (7), Cox (1962).

    The renewal function of lives that are Erlang with mean `life` (years) and whole-numbered
    `shape`: 1 is wear without memory (t / life), 2 gives lambda t/2 - 1/4 + exp(-2 lambda t)/4
    with lambda = 2 / life, and the larger the shape, the more all wear out on the same day. It
    tends to t / life - (shape - 1) / (2 shape).
    """
    t, tau = (np.asarray(x, dtype=float) for x in (years, life))
    within("years", t, 0)
    within("life", tau, 0, open_low=True)
    within("shape", shape, 1, 200)
    rate = shape * t / tau
    roots = np.exp(2j * np.pi * np.arange(1, shape) / shape)
    waves = roots / (1 - roots) * -np.expm1(-rate[..., None] * (1 - roots))
    return ((rate + waves.sum(axis=-1).real) / shape)[()]


CYCLES = {  # product: owners in 100 homes, years that one lasts; illustrative but for the lives
    "Phone": (200.0, 2.5),  # that a control of the lab sets
    "TV": (60.0, 7.4),
    "Band": (40.0, 1.5),
    "Bulbs": (60.0, 10.0),
    "Purifier": (30.0, 6.0),
    "Filter": (30.0, 0.5),
}


def cycles(phone: float, filter: float, bulbs: float) -> Table:
    """Which product brings a hundred homes back to the shop most often? 6 rows.

    Controls are lives in years. Columns: product, owners (in 100 homes), life, visits a year.
    """
    lives = {"Phone": phone, "Filter": filter, "Bulbs": bulbs}
    owners = np.array([owned for owned, _ in CYCLES.values()])
    life = np.array([lives.get(name, usual) for name, (_, usual) in CYCLES.items()])
    return {"product": list(CYCLES), "owners": owners, "life": life, "visits": visits(owners, life)}


def arrivals(life: float, shape: int) -> Table:
    """When do a hundred owners come back who all bought on the same day? 48 rows, ten years.

    Periods of 2.5 months. Columns: year (end of the period), visits (in that period, a year's
    rate) and settled (the rate in the long run).
    """
    edges = np.linspace(0, 10, 49)
    came = 100 * np.diff(renewals(edges, life, shape)) / np.diff(edges)
    return {"year": edges[1:], "visits": came, "settled": np.full(48, visits(100.0, life))}


# --- Baskets: what is bought with what, and again -------------------------------------------------


def cross(first: float, second: float) -> Table:
    """How much does the first product sell the second, and the second the first? 17 rows.

    `first` and `second` are the shares of buyers if the two had nothing to do with each other; the
    bond between them, Gamma, rises from 0 to 4. Columns: bond, to_second (share of the first's
    buyers who buy the second), to_first, and lift (the same in both directions). Eq. (6).
    """
    within("first", first, 0.001, 0.999)
    within("second", second, 0.001, 0.999)
    bond = np.linspace(0, 4, 17)
    chance = pair(float(logit(first)), float(logit(second)), bond)
    both = chance[:, 3]
    return {
        "bond": bond,
        "to_second": both / (both + chance[:, 1]),
        "to_first": both / (both + chance[:, 2]),
        "lift": lift(chance),
    }


class Category(NamedTuple):
    """Repeat buying in a category: NBD purchases, Dirichlet brand choice.

    The defaults are British toothpaste in a quarter of 1973 (Goodhardt, Ehrenberg and Chatfield).
    """

    mean: Number = 1.456  # M, purchases of the category a household makes in the period
    shape: Number = 0.78  # K, evenness of households: the smaller, the more buy nothing
    switching: Number = 1.30  # S, how freely households change brands


def penetration(category: Category, share: ArrayLike = 1.0, periods: ArrayLike = 1.0) -> Number:
    """Which share of households buys a brand of that market share at least once?

    1 - (K/(K + MT))^K 2F1(K, S(1 - share); S; MT/(K + MT)): the NBD-Dirichlet's sum over the
    number of purchases in closed form. A share of 1 is the category.
    """
    m, k, s, part, t = (np.asarray(x, dtype=float) for x in (*category, share, periods))
    for name, value in (("mean", m), ("shape", k), ("switching", s), ("periods", t)):
        within(name, value, 0, open_low=True)
    within("share", part, 0, 1)
    heavy = m * t / (k + m * t)
    return 1 - (1 - heavy) ** k * hyp2f1(k, s * (1 - part), s, heavy)


def rate(category: Category, share: ArrayLike = 1.0, periods: ArrayLike = 1.0) -> Number:
    """How often does a buyer of the brand buy it? M T share / penetration."""
    within("share", share, 0, open_low=True)
    sold = np.asarray(category.mean) * np.asarray(share) * np.asarray(periods)
    return sold / penetration(category, share, periods)


def duplication(category: Category, share: ArrayLike, other: ArrayLike) -> Number:
    """Which share of the other brand's buyers also buys this one in the period?"""
    mine, theirs = (np.asarray(x, dtype=float) for x in (share, other))
    either = penetration(category, mine + theirs)
    b = penetration(category, theirs)
    return (penetration(category, mine) + b - either) / b


def evenness(mean: float, bought: float) -> float:
    """Which shape K gives a category of that mean and penetration? By mean and zeros.

    Solves (1 + M/K)^-K = 1 - bought; ValueError unless 0 < bought < 1 - exp(-mean), Poisson's.
    """
    within("mean", mean, 0, open_low=True)
    within("bought", bought, 1e-9, -np.expm1(-mean) * (1 - 1e-9))
    return float(
        np.exp(
            brentq(lambda z: np.exp(z) * np.log1p(mean / np.exp(z)) + np.log1p(-bought), -30, 30)
        )
    )


def jeopardy(mean: float, shape: float, switching: float) -> Table:
    """Are small brands bought by fewer people only, or less often too? 12 rows.

    Columns: share of the market, bought (share of households), rate (purchases of a buyer) and
    law: the rate that double jeopardy's w(1 - b) = constant gives, fixed at the smallest brand.
    """
    category = Category(mean, shape, switching)
    share = np.array([0.01, 0.02, 0.05, 0.08, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5])
    b, w = penetration(category, share), rate(category, share)
    return {"share": share, "bought": b, "rate": w, "law": w[0] * (1 - b[0]) / (1 - b)}
