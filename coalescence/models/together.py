"""How much more than the sum of its parts is a set of practices, and why?

A set of n practices is a cooperative game: a table of 2**n worths, one for every subset. Entry
`mask` of the table belongs to the practices whose bits are set in `mask` (practice 0 is bit 0).
The table splits into what each subset adds that no smaller one explains (Harsanyi 1963), is
shared out by the Shapley value (1953) and its interaction index (Grabisch and Roubens 1999), and
shows complements where worth is supermodular (Milgrom and Roberts 1990, Topkis 1998).
"""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.stats import norm

from coalescence.models._check import within

Floats = NDArray[np.float64]
Number = np.float64 | Floats  # a number for one table, an array for several
NAMES = ("In-home IoT", "Design", "Portfolio", "Channels")  # the four synergies of the documents
EXACT = 16  # practices whose whole table of 65,536 worths is still quick to work with


class Practices(NamedTuple):
    """The documents' four synergies; a worth is a rise in sales, 0.4 being +40%."""

    in_home: float = 0.1  # rise in sales from in-home IoT alone, share of the base firm's sales
    design: float = 0.2  # rise from design alone
    portfolio: float = 0.3  # rise from the product portfolio alone
    channels: float = 0.4  # rise from joining the channels alone
    pair: float = 1.0  # complementarity: 0 the rises add, 1 they multiply, below 0 they overlap
    scale: float = 1.0  # returns to size: sales grow with size to this power


class Sampled(NamedTuple):
    """Shapley values estimated from random orders."""

    share: Floats  # mean contribution of each practice, in units of worth
    error: Floats  # its standard error


# Tables of worths ---------------------------------------------------------------------------


def members(mask: int) -> tuple[int, ...]:
    """Which practices does this entry of the table stand for? Their numbers, from 0."""
    return tuple(i for i in range(int(mask).bit_length()) if mask >> i & 1)


def sizes(n: int) -> NDArray[np.int64]:
    """How many practices are in each of the 2**n subsets?"""
    return np.bitwise_count(np.arange(1 << n)).astype(np.int64)


def tabulate(worth: Callable[[tuple[int, ...]], float], n: int) -> Floats:
    """What is every subset of n practices worth, by any function of the members' numbers?

    Returns the 2**n worths in the order of their bitmask.
    Raises ValueError beyond 16 practices, where `sampled` does without the table.
    """
    if not 0 <= n <= EXACT:
        raise ValueError(f"n = {n} practices: expected 0 to {EXACT}; use sampled() beyond that")
    return np.array([worth(members(mask)) for mask in range(1 << n)], dtype=float)


def worths(gains: ArrayLike, pair: ArrayLike = 1.0, scale: ArrayLike = 1.0) -> Floats:
    """By what share do sales rise with each subset of practices? Eq. (1).

    `gains` (..., n) are the rises from each practice alone at scale 1, `pair` is the
    complementarity and `scale` the returns to size; their leading axes broadcast. Returns
    (..., 2**n) rises. The inner form is Sugeno's lambda-measure, also Keeney and Raiffa's
    multiplicative utility: U(S with i) = U(S) + g_i + pair * U(S) * g_i.
    """
    gain, link, power = (np.asarray(x, dtype=float) for x in (gains, pair, scale))
    within("gains", gain, 0, 10)
    within("pair", link, -1, 10)
    within("scale", power, 0, 5, open_low=True)
    within("pair x gain", link[..., None] * gain, -1)
    rise = np.zeros((*np.broadcast_shapes(gain.shape[:-1], link.shape, power.shape), 1))
    for one in np.moveaxis(gain, -1, 0):
        added = one[..., None]
        rise = np.concatenate([rise, rise + added + link[..., None] * rise * added], axis=-1)
    return np.asarray(np.expm1(power[..., None] * np.log1p(rise)), dtype=float)


def worth_table(practices: Practices) -> Floats:
    """By what share do sales rise with each of the 16 subsets of the four synergies? Eq. (1)."""
    return worths(practices[:4], practices.pair, practices.scale)


def _players(worth: ArrayLike) -> tuple[Floats, int]:
    """A copy of the table as floats, and the number of practices it is about."""
    table = np.array(worth, dtype=float)
    entries = table.shape[-1] if table.ndim else 0
    if entries < 1 or entries & (entries - 1):
        raise ValueError(f"worth has {entries} entries: expected 2**n, one for every subset")
    return table, entries.bit_length() - 1


# What each subset adds, and who gets the credit ------------------------------------------------


def dividends(worth: ArrayLike) -> Floats:
    """What does each subset add that none of its parts explains? Eq. (3), Harsanyi (1963).

    The fast Moebius transform of a table (..., 2**n): n passes, exact but for rounding.
    """
    table, n = _players(worth)
    for i in range(n):
        halves = table.reshape(*table.shape[:-1], -1, 2, 1 << i)
        halves[..., 1, :] -= halves[..., 0, :]
    return table


def from_dividends(dividend: ArrayLike) -> Floats:
    """Which table of worths has these dividends? The inverse of `dividends`, (..., 2**n)."""
    table, n = _players(dividend)
    for i in range(n):
        halves = table.reshape(*table.shape[:-1], -1, 2, 1 << i)
        halves[..., 1, :] += halves[..., 0, :]
    return table


def interaction(worth: ArrayLike, practices: Sequence[int]) -> Number:
    """How much do these practices gain from each other, on average? Eq. (5).

    Grabisch and Roubens' (1999) interaction index for any set of practice numbers: each larger
    subset's dividend, divided by its size less theirs plus 1. Of one practice it is the Shapley
    value. Takes a table (..., 2**n), returns (...).
    """
    dividend = dividends(worth)
    n = dividend.shape[-1].bit_length() - 1
    if not practices or len(set(practices)) < len(practices):
        raise ValueError(f"practices = {practices}: expected one or more different numbers")
    within("practices", practices, 0, n - 1)
    inside = sum(1 << i for i in practices)
    masks = np.arange(1 << n)
    larger = masks[masks & inside == inside]
    share: Number = dividend[..., larger] @ (1 / (sizes(n)[larger] - len(practices) + 1))
    return share


def shapley(worth: ArrayLike) -> Floats:
    """What is each practice's share of the whole? Eq. (4), Shapley (1953).

    Every dividend is split equally among its members. (..., 2**n) in, (..., n) out; the shares
    add up to the worth of all less the worth of none.
    """
    dividend = dividends(worth)
    n = dividend.shape[-1].bit_length() - 1
    holds = np.arange(1 << n)[:, None] >> np.arange(n) & 1
    return np.asarray(dividend @ (holds / np.maximum(sizes(n), 1)[:, None]), dtype=float)


def sampled(
    worth: Callable[[tuple[int, ...]], float], n: int, *, orders: int = 1000, seed: int = 0
) -> Sampled:
    """What is each of many practices' share, when 2**n is too many to try?

    The mean contribution on joining in random orders (Castro, Gomez and Tejada 2009), with its
    standard error. `worth` takes the members' numbers, sorted; it is called orders * n + 1 times.
    """
    within("n", n, 1)
    within("orders", orders, 2)
    random = np.random.default_rng(seed)
    empty = worth(())
    contributions = np.empty((orders, n))
    for row in contributions:
        before, present = empty, set[int]()
        for i in random.permutation(n).tolist():
            present.add(i)
            after = worth(tuple(sorted(present)))
            row[i], before = after - before, after
    error = contributions.std(axis=0, ddof=1) / np.sqrt(orders)
    return Sampled(contributions.mean(axis=0), error)


def alone(worth: ArrayLike) -> Floats:
    """What does each practice show when it is switched on by itself? (..., 2**n) to (..., n)."""
    table, n = _players(worth)
    return np.asarray(table[..., 1 << np.arange(n)] - table[..., :1])


def removed(worth: ArrayLike) -> Floats:
    """What is lost when each practice is switched off last? (..., 2**n) to (..., n)."""
    table, n = _players(worth)
    return np.asarray(table[..., -1:] - table[..., (1 << n) - 1 - (1 << np.arange(n))])


# Are they complements? -----------------------------------------------------------------------


def second_differences(worth: ArrayLike, i: int, j: int) -> Floats:
    """How much more does i add once j is there? Eq. (2), one number for each set of the others.

    Takes a table (..., 2**n), returns (..., 2**(n-2)).
    """
    table, n = _players(worth)
    within("i, j", (i, j), 0, n - 1)
    if i == j:
        raise ValueError(f"i = j = {i}: expected two different practices")
    masks = np.arange(1 << n)
    rest = masks[(masks & (1 << i | 1 << j)) == 0]
    first, second = rest | 1 << i, rest | 1 << j
    both = first | second
    return np.asarray(table[..., both] - table[..., first] - table[..., second] + table[..., rest])


def supermodular(worth: ArrayLike, *, tolerance: float = 1e-9) -> bool:
    """Are all practices complements, whatever else is on? Eq. (2), Topkis (1998).

    Non-negative second differences of all pairs are the same as
    v(S or T) + v(S and T) >= v(S) + v(T) for all S and T.
    """
    _, n = _players(worth)
    pairs = combinations(range(n), 2)
    return all(bool(np.all(second_differences(worth, i, j) >= -tolerance)) for i, j in pairs)


def superadditive(worth: ArrayLike, *, tolerance: float = 1e-9) -> bool:
    """Is every union of two separate sets worth at least the two apart? One table of 2**n."""
    table, n = _players(worth)
    for mask in range(1 << n):
        others = np.zeros(1, dtype=np.int64)
        for i in range(n):
            if not mask >> i & 1:
                others = np.concatenate([others, others | 1 << i])
        if np.any(table[mask | others] < table[mask] + table[others] - tolerance):
            return False
    return True


# The imitator --------------------------------------------------------------------------------


def net(worth: ArrayLike, cost: ArrayLike) -> Floats:
    """What is left of each subset's worth after a fixed cost for each practice in it? Eq. (6)."""
    table, n = _players(worth)
    within("cost", cost, 0)
    return np.asarray(table - np.asarray(cost, dtype=float)[..., None] * sizes(n))


def peaks(profit: ArrayLike) -> list[int]:
    """At which subsets does every single switch make things worse? Levinthal (1997).

    Takes one table of 2**n and returns the bitmasks of its strict local peaks, where a rival
    that changes one practice at a time stops.
    """
    table, n = _players(profit)
    masks = np.arange(1 << n)
    top = np.ones(1 << n, dtype=bool)
    for i in range(n):
        top &= table > table[masks ^ (1 << i)]
    return [int(mask) for mask in masks[top]]


# Scale against synergy -------------------------------------------------------------------------


def surplus(worth: ArrayLike) -> Number:
    """How much more do all practices bring than the sum of each alone? (..., 2**n) to (...)."""
    table, _ = _players(worth)
    more: Number = table[..., -1] - table[..., 0] - alone(table).sum(axis=-1)
    return more


def split(practices: Practices) -> tuple[float, float]:
    """How much of the surplus is scale, and how much synergy? Eq. (8).

    Scale is the surplus that a twin of the same size and the same returns to size would show with
    no complementarity at all; synergy is the rest. Both as shares of the base firm's sales.
    """
    whole = float(surplus(worth_table(practices)))
    twin = float(surplus(worth_table(practices._replace(pair=0.0))))
    return twin, whole - twin


def scale_alone(practices: Practices) -> float:
    """Which returns to size would give the same surplus with no complementarity? A scale.

    Raises ValueError when no power up to 5 does.
    """
    goal = float(surplus(worth_table(practices)))

    def gap(scale: float) -> float:
        return float(surplus(worths(practices[:4], 0.0, scale))) - goal

    if gap(1e-3) > 0 or gap(5.0) < 0:
        raise ValueError(f"surplus = {goal:g}: no returns to size up to 5 give it")
    return float(brentq(gap, 1e-3, 5.0, xtol=1e-12))


def districts(
    effect: ArrayLike, spread: ArrayLike, order: int = 1, *, size: float = 0.05, power: float = 0.8
) -> Number:
    """How many districts does an experiment need to see an effect? Eq. (9).

    `effect` is the dividend of `order` practices (1 a practice alone, 2 a pair) and `spread` the
    standard deviation between districts, in the same unit. The districts are divided equally
    over the 2**order cells; `size` is the two-sided error and `power` the chance of seeing it.
    """
    within("effect", effect, 0, open_low=True)
    within("spread", spread, 0, open_low=True)
    within("order", order, 1)
    z = norm.ppf(1 - size / 2) + norm.ppf(power)
    ratio = np.asarray(spread, dtype=float) / np.asarray(effect, dtype=float)
    needed: Number = (z * 2**order * ratio) ** 2
    return needed


# Tables for the chapter's figures and labs -----------------------------------------------------


def label(mask: int, names: Sequence[str] = NAMES) -> str:
    """What is this subset called? For instance 'Design + Channels'."""
    return " + ".join(names[i] for i in members(mask)) or "None"


def sixteen(practices: Practices) -> dict[str, list[str] | list[int] | list[float]]:
    """What do all 16 subsets of the four synergies bring? One row each.

    Columns: subset, home (which of in-home and design), shop (which of portfolio and channels),
    count of practices, rise in sales, sum of the rises alone, surplus, dividend.
    """
    rise = worth_table(practices)
    parts = worths(alone(rise), 0.0)
    masks = range(16)
    return {
        "subset": [label(mask) for mask in masks],
        "home": [("Neither", NAMES[0], NAMES[1], "Both")[mask & 3] for mask in masks],
        "shop": [("Neither", NAMES[2], NAMES[3], "Both")[mask >> 2] for mask in masks],
        "count": sizes(4).tolist(),
        "rise": rise.tolist(),
        "sum": parts.tolist(),
        "surplus": (rise - parts).tolist(),
        "dividend": dividends(rise).tolist(),
    }


PROFILES = {"uneven": (0.1, 0.2, 0.3, 0.4), "even": (0.25, 0.25, 0.25, 0.25)}
WAYS = ("Each alone", "Together, shared", "Each removed")  # three ways to give credit


def credit(
    pair: float,
    scale: float,
    in_home: bool = True,
    design: bool = True,
    portfolio: bool = True,
    channels: bool = True,
    gains: str = "uneven",
) -> dict[str, list[str] | list[float]]:
    """What is each practice credited with: alone, by Shapley, when removed? 12 rows.

    The switches say which practices run; `gains` names one of PROFILES. Columns: way of giving
    credit, practice, rise in sales.
    """
    on = np.array([in_home, design, portfolio, channels], dtype=float)
    rise = worths(on * PROFILES[gains], pair, scale)
    shares = np.concatenate([alone(rise), shapley(rise), removed(rise)])
    return {
        "way": [way for way in WAYS for _ in NAMES],
        "practice": list(NAMES) * 3,
        "rise": shares.tolist(),
    }


def imitate(first: str, cost: float, pair: float) -> dict[str, list[str] | list[int] | list[float]]:
    """What does a rival earn as it copies practice after practice? Five rows, 0 to 4 copied.

    It begins with `first` (a field of Practices) and goes on with the strongest that is left.
    Columns: copied, practice copied last, profit, and forecast: the profit that tests of one
    practice at a time would promise.
    """
    practices = Practices(pair=pair)
    gains = practices[:4]
    start = Practices._fields.index(first)
    order = [start, *sorted(set(range(4)) - {start}, key=lambda i: -gains[i])]
    masks = np.concatenate([[0], np.cumsum([1 << i for i in order])])
    return {
        "copied": list(range(5)),
        "practice": ["None", *(NAMES[i] for i in order)],
        "profit": net(worth_table(practices), cost)[masks].tolist(),
        "forecast": net(worths(gains, 0.0), cost)[masks].tolist(),
    }


def twins(pair: float, scale: float) -> dict[str, list[str] | list[int] | list[float]]:
    """What do firms of equal size sell, with and without synergy? 16 rows, by size.

    Columns: subset, count of practices, size (sum of what each adds, the base firm being 1),
    sales of the firm, and twin: the sales of a firm of that size and no complementarity. Eq. (7).
    """
    practices = Practices(pair=pair, scale=scale)
    size = 1 + worths(practices[:4], 0.0)
    rows = np.lexsort((sizes(4), size.round(9)))
    return {
        "subset": [label(mask) for mask in rows.tolist()],
        "count": sizes(4)[rows].tolist(),
        "size": size[rows].tolist(),
        "sales": (1 + worth_table(practices))[rows].tolist(),
        "twin": (size**scale)[rows].tolist(),
    }
