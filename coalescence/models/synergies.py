"""What do four synergies add to a shop, and how much of that is more than arithmetic?

*Funnel.* What a shop earns is visits times chance times pieces times margin: an identity, so rises
in different factors multiply and rises in the same factor add, whatever the practices behind them.
*Credit.* The logarithmic mean Divisia index (Ang 2004) shares a change out among its factors and
leaves nothing over; it is used on the lab's shop and on the company's revenue alike.
*Rent.* A fixed cost decides how many of the four must work.

Functions take floats or arrays that broadcast. Equation numbers are those of the chapter.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coalescence.models import together
from coalescence.models._check import within

Floats = NDArray[np.float64]
Number = Any  # a float, or an array of them
Table = dict[str, Any]  # name of a column -> its values

# --- The funnel -----------------------------------------------------------------------------------

FACTORS = ("Visits", "Chance of buying", "Pieces", "Margin")  # what a shop's earnings multiply


class Funnel(NamedTuple):
    """A shop's year; all four numbers are illustrative."""

    visits: Number = 200_000.0  # people who come in, a year
    chance: Number = 0.2  # that a visitor buys something
    pieces: Number = 1.5  # in one purchase
    margin: Number = 50.0  # RMB earned on a piece, before rent and wages


def earned(funnel: Funnel) -> Number:
    """What does the shop earn in a year, before rent? Eq. (1), RMB: the product of the four."""
    within("chance", funnel.chance, 0, 1)
    return funnel.visits * funnel.chance * funnel.pieces * funnel.margin


WAYS = {  # how much of its rise each synergy (row) brings to each factor (column)
    "apart": np.array([[0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1]], dtype=float),
    "told": np.array([[0, 1, 0, 0], [0, 0, 1, 0], [0.5, 0, 0, 0.5], [0, 0.5, 0, 0.5]]),
    "one": np.array([[0, 1, 0, 0]] * 4, dtype=float),
}


def raised(gains: ArrayLike, way: str = "apart") -> Floats:
    """How many times its old value is each factor? Eq. (2), (..., 4) in the order of FACTORS.

    `gains` (..., 4) are the rises that in-home IoT, design, portfolio and channels would bring
    alone. "apart": each moves a factor of its own; "told": as the documents tell it, two of them
    half and half; "one": all move the chance of buying. Inside a factor rises add: the casebook's
    own assumption of no synergy at all.
    """
    gain = np.asarray(gains, dtype=float)
    within("gains", gain, 0, 10)
    if way not in WAYS:
        raise ValueError(f"way = {way!r} is unknown: expected one of {', '.join(WAYS)}")
    return np.asarray(1 + gain @ WAYS[way])


def needed(rent: Number, factors: Number = 4) -> Number:
    """By how much must each of four equal rises lift a shop whose rent is `rent` times earnings?

    Eq. (4): factors / 4 * (rent**(1 / factors) - 1), if the four spread evenly over so many
    factors (1, 2 or 4). The more factors, the less.
    """
    within("rent", rent, 1)
    within("factors", factors, 1, 4)
    return factors / 4 * np.expm1(np.log(rent) / factors)


# --- Credit ---------------------------------------------------------------------------------------


def log_mean(first: ArrayLike, second: ArrayLike) -> Number:
    """Which mean turns a change in logarithms into a change? (b - a) / ln(b / a), eq. (3).

    It lies between the geometric and the arithmetic mean; a itself where both are equal.
    """
    a, b = np.broadcast_arrays(np.asarray(first, dtype=float), np.asarray(second, dtype=float))
    within("first", a, 0, open_low=True)
    within("second", b, 0, open_low=True)
    ratio = np.log(b / a)
    apart = np.abs(ratio) > 1e-6  # nearer, the series ends after its second term
    near = a * (1 + ratio / 2 + ratio**2 / 6)
    return np.where(apart, (b - a) / np.where(apart, ratio, 1.0), near)[()]


def decompose(before: ArrayLike, after: ArrayLike) -> Floats:
    """How much of the change in a product is owed to each of its factors? Eq. (3), Ang (2004).

    `before` and `after` (..., n) are positive factors. Returns (..., n) amounts in the product's
    unit that add up to the change exactly, turn their sign if time runs backwards, and give
    nothing to a factor that stands still. The additive LMDI.
    """
    old, new = (np.asarray(x, dtype=float) for x in (before, after))
    within("before", old, 0, open_low=True)
    within("after", new, 0, open_low=True)
    mean = log_mean(old.prod(axis=-1), new.prod(axis=-1))
    return np.asarray(np.asarray(mean)[..., None] * np.log(new / old))


def credit(gains: ArrayLike, way: str = "apart") -> Floats:
    """How much of the rise in earnings is each synergy credited with? (..., 4), eq. (3).

    Each factor's part of the rise, shared by what the synergies bring to that factor.
    """
    gain = np.asarray(gains, dtype=float)
    times = raised(gain, way)
    part = decompose(np.ones_like(times), times)
    whole = times - 1
    each = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return np.asarray(gain * (each @ WAYS[way].T))


# --- Tables for the labs --------------------------------------------------------------------------

TOGETHER = "All four"


def funnel(in_home: float, design: float, portfolio: float, channels: float, way: str) -> Table:
    """What do the four bring together, and who is credited with it? 5 rows.

    The controls are rises from each alone, and one of WAYS. Columns: factor and times (its old
    value; last row: earnings), synergy, alone and credit (last row: all four, and their sum).
    """
    gains = np.array([in_home, design, portfolio, channels])
    times, share = raised(gains, way), credit(gains, way)
    alone = raised(np.diag(gains), way).prod(axis=-1) - 1
    return {
        "factor": [*FACTORS, "Earnings"],
        "times": np.append(times, times.prod()),
        "synergy": [*together.NAMES, TOGETHER],
        "alone": np.append(alone, alone.sum()),
        "credit": np.append(share, share.sum()),
    }


UNEVEN = np.array([0.4, 0.8, 1.2, 1.6])  # in-home, design, portfolio, channels: their mean is 1


def rent(level: float, gain: float, way: str) -> Table:
    """Which of the 16 shops pay their rent? One row each.

    `level` is the rent as a multiple of what the shop earns with none of the four; `gain` is the
    mean rise, shared out 1 : 2 : 3 : 4. Columns: subset, count of synergies that work, times (what
    the shop earns), pays (1 or 0) and level (the rent, the same in each row).
    """
    works = np.arange(16)[:, None] >> np.arange(4) & 1
    times = raised(works * gain * UNEVEN, way).prod(axis=-1)
    return {
        "subset": [together.label(mask) for mask in range(16)],
        "count": works.sum(axis=1),
        "times": times,
        "pays": (times >= level - 1e-9).astype(float),
        "level": np.full(16, level),
    }
