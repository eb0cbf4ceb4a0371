"""What does a customer cost, by advertising and by word of mouth?

Advertising builds a stock of goodwill that decays (Nerlove and Arrow 1962). Referrals branch: each
customer brings a random number of others (Watson and Galton 1875), and whether that number is below
or above one on average decides everything. Time in years, money in USD million unless said.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.stats import nbinom

from coalescence.models._check import within

Floats = NDArray[np.float64]
CUT = 100.0  # where a lab's table stops counting customers


# --- goodwill -------------------------------------------------------------------------------------


class Brand(NamedTuple):
    """A brand whose yearly sales grow with its goodwill, sales = scale goodwill^elasticity."""

    scale: float = 100.0  # yearly sales at a goodwill of one, USD m
    elasticity: float = 0.3  # % more sales from 1% more goodwill
    margin: float = 0.2  # (price - cost) / price; at the best price 1 / price elasticity
    decay: float = 0.3  # share of goodwill that is forgotten, per year
    rate: float = 0.1  # discount rate, per year


def goodwill(t: ArrayLike, spend: ArrayLike, decay: ArrayLike, start: ArrayLike = 0.0) -> Any:
    """How much goodwill is there at time `t` of steady advertising? Eq. (1), dG/dt = u - delta G.

    `spend` u a year from time 0 on, `start` what was there; all broadcast. Goodwill is measured in
    money: one unit of advertising makes one unit of it.
    """
    within("t", t, 0)
    within("decay", decay, 0, open_low=True)
    level = np.asarray(spend, dtype=float) / np.asarray(decay, dtype=float)
    return level + (start - level) * np.exp(-np.asarray(decay) * np.asarray(t, dtype=float))


def best_goodwill(brand: Brand) -> float:
    """Up to which stock is goodwill worth its cost of capital? Eq. (2).

    Where margin dS/dG = rate + decay: one more unit must earn interest and make up for what is
    forgotten. The firm goes there at once and then stays (Nerlove and Arrow 1962).
    """
    within("elasticity", brand.elasticity, 0, 0.99, open_low=True)
    within("margin", brand.margin, 0, 1, open_low=True)
    within("rate + decay", brand.rate + brand.decay, 0, open_low=True)
    gain = brand.margin * brand.elasticity * brand.scale / (brand.rate + brand.decay)
    return float(gain ** (1 / (1 - brand.elasticity)))


def advertising_ratio(
    elasticity: ArrayLike, margin: ArrayLike, decay: ArrayLike, rate: ArrayLike
) -> Any:
    """Which share of its sales should a firm spend on advertising? Eq. (3).

    margin elasticity decay / (rate + decay). With the margin of the best price, 1 / eta, this is
    Nerlove and Arrow's (1962) rule; with goodwill that is gone at once it is that of Dorfman and
    Steiner (1954), the ratio of the two elasticities.
    """
    within("elasticity", elasticity, 0, 1)
    within("margin", margin, 0, 1)
    within("decay", decay, 0, open_low=True)
    within("rate", rate, 0)
    stays = np.asarray(decay, dtype=float) / (np.asarray(rate, dtype=float) + decay)
    return np.asarray(margin) * np.asarray(elasticity, dtype=float) * stays


def brand_worth(brand: Brand, stock: ArrayLike) -> Any:
    """What is a brand worth that builds `stock` of goodwill at once and then keeps it? USD m.

    The margin on sales less decay x stock of upkeep, for ever, less the stock itself.
    """
    within("stock", stock, 0)
    within("rate", brand.rate, 0, open_low=True)
    stock = np.asarray(stock, dtype=float)
    sales = brand.scale * stock**brand.elasticity
    return (brand.margin * sales - brand.decay * stock) / brand.rate - stock


# --- referrals ------------------------------------------------------------------------------------


class Referral(NamedTuple):
    """How many others a customer brings: negative binomial, as in Lloyd-Smith et al. (2005)."""

    mean: float = 0.6  # R, customers brought by a customer on average
    evenness: float = 1.0  # k: small if a few bring most; large if all are alike (Poisson)


def generating(referral: Referral, s: ArrayLike) -> Any:
    """The probability generating function of the number brought, [1 + R (1 - s) / k]^-k."""
    within("mean", referral.mean, 0)
    within("evenness", referral.evenness, 0, open_low=True)
    few = referral.mean / referral.evenness * (1 - np.asarray(s, dtype=float))
    return np.exp(-referral.evenness * np.log1p(few))


def extinction(referral: Referral) -> float:
    """With which chance does a chain that begins with one customer die out? Eq. (4).

    The smallest fixed point of the generating function (Watson and Galton 1875): one if R <= 1.
    """
    generating(referral, 0.0)  # checks the record
    if referral.mean <= 1:
        return 1.0
    near = 1 - 1e-9
    if generating(referral, near) >= near:  # only just above the threshold
        return 1.0
    return float(brentq(lambda s: float(generating(referral, s)) - s, 0, near, xtol=1e-14))


def died_out(referral: Referral, generations: int) -> Floats:
    """With which chance has the chain died out by each generation from 0 on? Iterates of f."""
    chance = [0.0]
    for _ in range(generations):
        chance.append(float(generating(referral, chance[-1])))
    return np.array(chance)


def progeny(mean: ArrayLike, generations: ArrayLike = np.inf) -> Any:
    """How many customers does one bring in all, itself included? Eq. (5), 1 / (1 - R).

    Over so many `generations` (1 + R + ... + R^g); for ever it is finite for R < 1 only, else inf.
    """
    within("mean", mean, 0)
    within("generations", generations, 0)
    r, g = np.broadcast_arrays(np.asarray(mean, float), np.asarray(generations, float))
    ends = np.isfinite(g)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        last = np.where(ends, r ** (g + 1), 0.0)  # what the next generation would still bring
        total = np.where(r == 1, g + 1, (1 - last) / (1 - r))
    total = np.where(~ends & (r >= 1), np.inf, total)
    return total if total.ndim else float(total)


def size_chance(referral: Referral, size: ArrayLike) -> Any:
    """With which chance does a chain end at exactly `size` customers? Eq. (6), Dwass (1969).

    1/n times the chance that n customers bring n - 1 in all. Sums to `extinction`.
    """
    generating(referral, 0.0)  # checks the record
    within("size", size, 1)
    n = np.asarray(size, dtype=float)
    even = referral.evenness
    return nbinom.pmf(n - 1, even * n, even / (even + referral.mean)) / n


# --- what a customer costs ------------------------------------------------------------------------


class Advertising(NamedTuple):
    """What it takes to win customers by advertising alone."""

    reach: float = 1.0  # customers a year at a goodwill of USD 1 m, million
    elasticity: float = 0.4  # % more customers from 1% more goodwill
    decay: float = 0.3  # share of goodwill that is forgotten, per year


def advertised_cost(ads: Advertising, wanted: ArrayLike) -> Any:
    """What does each of `wanted` million customers a year cost by advertising alone? Eq. (7), USD.

    The upkeep of the goodwill they need, decay (wanted / reach)^(1 / elasticity), for each of them.
    """
    within("reach", ads.reach, 0, open_low=True)
    within("elasticity", ads.elasticity, 0, 1, open_low=True)
    within("decay", ads.decay, 0, open_low=True)
    within("wanted", wanted, 0, open_low=True)
    wanted = np.asarray(wanted, dtype=float)
    return ads.decay * (wanted / ads.reach) ** (1 / ads.elasticity) / wanted


def referred_cost(ads: Advertising, wanted: ArrayLike, mean: ArrayLike, bonus: ArrayLike) -> Any:
    """And if every customer brings R others for a `bonus` each? Eq. (8), USD.

    Only the share 1 - R has to be won by advertising, eq. (5), and these are the cheapest ones;
    R is the share that is paid for. Putting the two models together is this casebook's own step.
    """
    within("mean", mean, 0, 1 - 1e-9)
    within("bonus", bonus, 0)
    mean = np.asarray(mean, dtype=float)
    seeds = (1 - mean) * np.asarray(wanted, dtype=float)
    return (1 - mean) * advertised_cost(ads, seeds) + mean * np.asarray(bonus, dtype=float)


def best_bonus(ads: Advertising, wanted: ArrayLike, mean: ArrayLike) -> Any:
    """Up to which bonus is a referral cheaper than advertising? Eq. (9), USD; needs R > 0."""
    within("mean", mean, 0, 1 - 1e-9, open_low=True)
    saved = advertised_cost(ads, wanted) - referred_cost(ads, wanted, mean, 0.0)
    return saved / np.asarray(mean, dtype=float)


# --- labs -----------------------------------------------------------------------------------------


def budget(*, elasticity: float, decay: float, margin: float) -> dict[str, Any]:
    """Worth of a brand by the share of sales it spends on advertising, best = 1."""
    brand = Brand(elasticity=elasticity, decay=decay, margin=margin)
    ratio = float(advertising_ratio(elasticity, margin, decay, brand.rate))
    top = brand_worth(brand, best_goodwill(brand))
    share = np.linspace(0, np.sqrt(0.3), 31) ** 2  # finer where the worth bends
    stock = (share * brand.scale / decay) ** (1 / (1 - elasticity))
    return {
        "share": share,
        "worth": np.maximum(brand_worth(brand, stock) / top, -1),
        "best": np.full(len(share), ratio),
    }


def chain(*, mean: float, evenness: float) -> dict[str, Any]:
    """Customers from one customer, generation by generation, and the chance that it is over."""
    generation = np.arange(21)
    return {
        "generation": generation,
        "customers": np.minimum(progeny(mean, generation), CUT),
        "over": died_out(Referral(mean, evenness), 20),
        "end": np.full(21, extinction(Referral(mean, evenness))),
    }
