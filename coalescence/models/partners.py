"""What is a partner worth, which of four links is the weakest, and when does a firm need partners?

*Chain.* A partner brings something if it was well chosen, keeps its word, is worth both sides'
effort and gets its product made. Links multiply, as in the O-ring of Kremer (1993). Each link is a
neighbour's model: `selection` (Harter 1961), `trust` (Greif 1993), `equity` (Bhattacharyya and
Lafontaine 1995); the last one, repeated attempts, and putting the four in a row are the casebook's.
*Ways.* Build, buy or partner (Williamson 1991's hierarchy, market and hybrid, loosely) for a firm
that is short of engineers, as firms that grow are short of people to grow with (Penrose 1959).

Functions take floats or arrays that broadcast unless they say otherwise. Equation numbers are
those of the chapter.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import fixed_quad
from scipy.optimize import minimize_scalar
from scipy.special import betainc
from scipy.stats import norm

from coalescence.models import equity, selection, trust
from coalescence.models._check import within

Floats = NDArray[np.float64]
Number = Any  # a float, or an array of them
Table = dict[str, Any]  # name of a column -> its values

# --- The four links -------------------------------------------------------------------------------


def good(candidates: selection.Candidates, chosen: float, bar: float = 0.0) -> Number:
    """How likely is one of the `chosen` to be better than `bar`? Eq. (2), a share of one.

    `selection` gives the mean quality of those who look best; this is the chance that one of them,
    picked at random, turns out above `bar` (standard deviations above the average candidate). By
    the same quadrature: what shows is x, and quality then is normal with mean rho x and variance
    1 - rho^2. An insight below one.
    """
    within("insight", candidates.insight, 0, np.nextafter(1, 0))
    within("spread", candidates.spread, 0, open_low=True)
    within("chosen / number", np.divide(chosen, candidates.number), 0, 1, open_low=True)
    n, rho = (np.asarray(x, dtype=float)[..., None] for x in candidates[:2])
    level = bar / np.asarray(candidates.spread, dtype=float)[..., None]
    rest = np.where(n > chosen, n - chosen, 1.0)

    def integrand(x: Floats) -> Any:
        ranks = np.where(n > chosen, n / chosen * betainc(rest, chosen, norm.cdf(x)), 1.0)
        return norm.pdf(x) * ranks * norm.sf((level - rho * x) / np.sqrt(1 - rho**2))

    chance, _ = fixed_quad(integrand, -selection.FAR, selection.FAR, n=selection.NODES)
    return np.asarray(chance)[()]


class Bond(NamedTuple):
    """What holds a partner to its word."""

    game: trust.Game = trust.Game()  # payoffs of one dealing
    circle: Number = 5.0  # K, how many will not deal with it again once they have seen it cheat
    seen: Number = 0.3  # chance that cheating shows when Xiaomi owns nothing and sees no books


def hold(bond: Bond, stake: Number) -> Number:
    """How strong is the bond, as a multiple of the temptation? Eq. (3).

    The founder pockets what cheating brings but owns only 1 - `stake` of the company that loses K
    relations; the stake opens books, so that cheating shows with the chance
    seen + (1 - seen) stake. Both are the casebook's own reading of the documents.
    """
    within("circle", bond.circle, 0)
    within("seen", bond.seen, 0, 1)
    within("stake", stake, 0, 1)
    bar = trust.threshold(bond.game)
    within("threshold", bar, 0, open_low=True)
    shows = bond.seen + (1 - bond.seen) * np.asarray(stake)
    return shows * (1 - np.asarray(stake)) * bond.circle * (1 - bar) / bar


def keeps(bond: Bond, stake: Number = 0.0) -> Number:
    """How likely is a partner to keep its word? x / (1 + x), eq. (4).

    A partner keeps it if the future counts for at least 1 / (1 + x) of the present (the discount
    factor of `trust.community_patience` where all see at once and nothing is owned). How patient a
    partner is, nobody knows: any number from 0 to 1 is taken to be as likely as another.
    """
    x = hold(bond, stake)
    return x / (1 + x)


def trusting_stake(seen: Number) -> Number:
    """Which stake binds a partner best, whatever the circle? Eq. (8).

    Half of (1 - 2 seen) / (1 - seen), and nothing where cheating shows more often than not anyway.
    """
    within("seen", seen, 0, np.nextafter(1, 0))
    return np.maximum(1 - 2 * np.asarray(seen), 0) / (2 * (1 - np.asarray(seen)))


def effort(help: Number, stake: Number) -> Number:
    """What is the venture worth at that stake, of what both sides' full effort would make it?

    `equity.value` over `equity.first_best`; `help` is the strength of Xiaomi's, the founder's is 1.
    """
    venture = equity.Venture(investor=help)
    return equity.value(venture, stake) / equity.first_best(venture)


def delivers(once: Number, rounds: Number) -> Number:
    """How likely is a good partner to get its product made in so many rounds of help? Eq. (5).

    1 - (1 - once)^rounds: every round is another attempt that succeeds with the chance `once`.
    """
    within("once", once, 0, 1)
    within("rounds", rounds, 0)
    return 1 - (1 - np.asarray(once)) ** rounds


# --- The chain ------------------------------------------------------------------------------------

LINKS = ("well chosen", "keeps its word", "both sides' effort", "gets it made")


class Partner(NamedTuple):
    """A partnership and its four links; all numbers are assumed."""

    candidates: selection.Candidates = selection.Candidates()  # the list that it was chosen from
    chosen: float = 20.0  # how many of them are taken
    bar: float = 0.5  # quality from which on a partner is good, standard deviations
    bond: Bond = Bond()  # what holds it to its word
    stake: Number = 0.2  # Xiaomi's share of it
    help: Number = 0.5  # strength of Xiaomi's help, the founder's work being 1
    once: Number = 0.15  # chance that one round of help gets the product made
    rounds: Number = 3.0  # rounds of help at most
    cost: Number = 0.01  # of a round, as a share of what a faultless partner is worth


def links(partner: Partner) -> tuple[Number, Number, Number, Number]:
    """How strong is each of the four LINKS? Shares of one."""
    return (
        good(partner.candidates, partner.chosen, partner.bar),
        keeps(partner.bond, partner.stake),
        effort(partner.help, partner.stake),
        delivers(partner.once, partner.rounds),
    )


def worth(partner: Partner) -> Number:
    """What is the partnership worth, less help? Eq. (1), of what a faultless partner would be.

    The product of the links, less the rounds paid for: a good partner stops needing them once its
    product is made, on average after delivers / once of them; one that is not good needs all.
    """
    within("cost", partner.cost, 0)
    within("once", partner.once, 0, 1, open_low=True)
    well, word, work, made = links(partner)
    paid = well * made / partner.once + (1 - well) * np.asarray(partner.rounds)
    return well * word * work * made - partner.cost * paid


def tenth(strengths: Sequence[Number] | Floats) -> Floats:
    """What would ten points more on each link add to the product? Eq. (6), one row for each link.

    A tenth of the product of all the others, so most at the weakest link (Kremer 1993).
    """
    chain = np.asarray(strengths, dtype=float)
    within("links", chain, 0, 1)
    others = [np.delete(chain, i, axis=0).prod(axis=0) for i in range(len(chain))]
    return np.asarray(others) / 10


def chain(insight: float, circle: int, stake: float, rounds: int) -> Table:
    """Which link is the weakest? A row for each link.

    Columns: link, strength, more (points that ten points on this link would add to the product),
    product (of all four) and worth (less the cost of help), the last two the same in each row.
    """
    partner = Partner(
        candidates=selection.Candidates(insight=insight),
        bond=Bond(circle=circle),
        stake=stake,
        rounds=rounds,
    )
    strength = np.array(links(partner), dtype=float)
    return {
        "link": list(LINKS),
        "strength": strength,
        "more": tenth(strength),
        "product": np.full(len(LINKS), strength.prod()),
        "worth": np.full(len(LINKS), worth(partner)),
    }


# --- Reputation and equity ------------------------------------------------------------------------


def best_stake(bond: Bond, help: float = 0.5) -> float:
    """Which stake makes word and effort together worth most? Eq. (7). Single numbers.

    It lies between `trusting_stake` and `equity.best_stake` and moves from the first towards the
    second as the circle grows.
    """
    found = minimize_scalar(
        lambda stake: -float(keeps(bond, stake) * effort(help, stake)),
        bounds=(0, 1),
        options={"xatol": 1e-9},
    )
    return float(found.x)


CIRCLES = np.arange(1, 16)


def bind(seen: float, help: float) -> Table:
    """Does a partner bound by its circle need more equity or less? Rows: circles of 1 to 15.

    Columns: circle, best (stake), word (chance that it keeps its word at that stake) and, the same
    in each row, binds (the stake that binds best) and works (the one for both sides' effort).
    """
    bonds = [Bond(circle=float(circle), seen=seen) for circle in CIRCLES]
    best = np.array([best_stake(bond, help) for bond in bonds])
    works = equity.best_stake(equity.Venture(investor=help))
    return {
        "circle": CIRCLES,
        "best": best,
        "word": keeps(Bond(circle=CIRCLES, seen=seen), best),
        "binds": np.full(len(CIRCLES), trusting_stake(seen)),
        "works": np.full(len(CIRCLES), works),
    }


# --- Build, buy or partner ------------------------------------------------------------------------


class Way(NamedTuple):
    """A way of entering a category of products."""

    engineers: float  # of one's own that a category ties up
    kept: float  # what one keeps of a category, of what the best specialist would make of it


def mix(ways: Sequence[Way], engineers: ArrayLike, categories: float) -> Floats:
    """How many categories does one enter in each way? Eq. (9), (ways, ...) of them.

    The most valuable mix for so many `engineers` and no more than so many `categories`. With two
    limits a best mix uses two ways at most, so each way and each pair is tried (linear
    programming). A way that keeps nothing is left out.
    """
    have = np.asarray(engineers, dtype=float)
    within("engineers", have, 0)
    within("categories", categories, 0)
    within("engineers of a way", [way.engineers for way in ways], 0, open_low=True)
    tried = []
    for i, way in enumerate(ways):
        entered = np.zeros((len(ways), *have.shape))
        entered[i] = np.minimum(categories, have / way.engineers)
        tried.append(entered)
    for i, j in combinations(range(len(ways)), 2):
        few, many = sorted((i, j), key=lambda k: ways[k].engineers)
        gap = ways[many].engineers - ways[few].engineers
        spare = have - categories * ways[few].engineers
        share = np.clip(spare / gap, 0, categories) if gap > 0 else np.zeros(have.shape)
        fits = spare >= 0
        entered = np.zeros((len(ways), *have.shape))
        entered[many] = np.where(fits, share, 0)
        entered[few] = np.where(fits, categories - share, 0)
        tried.append(entered)
    options = np.array(tried)  # (option, way, ...)
    kept = np.array([way.kept for way in ways])
    value = np.moveaxis(options, 1, -1) @ kept
    best = np.argmax(value, axis=0)
    chosen = np.take_along_axis(options, best[None, None, ...], axis=0)[0]
    keeps_something = (kept > 0).reshape(-1, *[1] * have.ndim)
    return np.asarray(np.where(keeps_something, chosen, 0.0))


WAYS = ("partner", "buy", "build")
NEED = {"partner": 2.0, "buy": 6.0, "build": 10.0}  # engineers that a category ties up
CATEGORIES = 100.0
STAFF = np.arange(0, 1201, 100)
SHOP = 0.5  # Xiaomi's part of a partner's profit as its shop, before the stake


def kept(skill: float, stake: float, price: float) -> tuple[Way, Way, Way]:
    """What does Xiaomi keep of a category in each of WAYS? In that order.

    A partner's: half as the shop and its `stake` in the other half. A bought one's: all but the
    `price`. Its own: `skill`, as it is outside its trade.
    """
    shares = SHOP + stake * (1 - SHOP), 1 - price, skill
    one, two, three = (Way(NEED[way], share) for way, share in zip(WAYS, shares, strict=True))
    return one, two, three


def enter(skill: float, stake: float, price: float) -> Table:
    """With how many engineers does one partner, buy or build? Rows: 13 staffs times three ways.

    There are 100 categories. Columns: staff (engineers), way, categories (entered in that way) and
    value (kept from them, in categories' worth).
    """
    ways = kept(skill, stake, price)
    entered = mix(ways, STAFF, CATEGORIES)
    return {
        "staff": np.tile(STAFF, len(WAYS)),
        "way": np.repeat(WAYS, len(STAFF)).tolist(),
        "categories": entered.ravel(),
        "value": (entered * np.array([[way.kept] for way in ways])).ravel(),
    }
