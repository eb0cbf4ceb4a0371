"""How soon should a product replace itself, and in how long a stride should it change?

Successive generations win buyers of their own and take over those of the one before (Norton and
Bass 1987). Whether the next one is worth launching now, once the old one has matured, or never,
depends on what it adds and what it takes (Wilson and Norton 1989, Mahajan and Muller 1996).
What a generation should change is search on a rugged landscape (Levinthal 1997).
How fast generations really give way shows in what is in use beside what was sold.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import simpson
from scipy.sparse import csr_array

from coalescence.models._check import within
from coalescence.models.cocreation import landscapes
from coalescence.models.rise import bass_share

Floats = NDArray[np.float64]

WEEKS = 52  # how long a lab's firm searches
FEATURES = 10  # features of a lab's product, each in one of two versions
LANDSCAPES = 40  # landscapes that a lab averages over


# --- generations that replace each other ----------------------------------------------------------


def generations(
    t: ArrayLike, launches: Sequence[float], added: Sequence[float], p: float, q: float
) -> Floats:
    """How many use each generation at time `t`? Eq. (1), Norton and Bass (1987).

    S_i = F_i M_i (1 - F_{i+1}) with M_i = m_i + F_{i-1} M_{i-1}: whoever would use the old
    generation moves on to the next one as it diffuses. `launches` ascend (years), `added` are the
    potentials m_i that each generation opens, any unit; p and q are per year and, as in the paper,
    the same for all. Returns an array with one more axis in front, one entry a generation.
    In all it is always the sum of m_i F_i that use one of them.
    """
    starts = np.asarray(launches, dtype=float)
    if starts.ndim != 1 or len(starts) != len(added) or len(starts) == 0:
        raise ValueError(f"expected a launch and a potential each, got {launches} and {added}")
    within("time between launches", np.diff(starts), 0)
    within("added", added, 0)
    t = np.asarray(t, dtype=float)
    shares = [bass_share(t - start, p, q) for start in starts]
    onward = [*shares[1:], np.zeros_like(t)]  # nothing replaces the last one yet
    users, pool = [], np.zeros_like(t)
    for new, share, leave in zip(added, shares, onward, strict=True):
        reached = share * (new + pool)
        users.append(reached * (1 - leave))
        pool = reached
    return np.array(users)


# --- when to launch the next one ------------------------------------------------------------------


class Successor(NamedTuple):
    """A generation on sale and the one that could replace it."""

    old: float = 100.0  # potential of the generation on sale, million users
    new: float = 40.0  # further users that only the next one can win, million
    old_margin: float = 1.0  # earned a year on a user of the old one, USD
    new_margin: float = 1.0  # earned a year on a user of the next one, USD
    cost: float = 100.0  # of developing and launching the next one, paid at its launch, USD m
    p: float = 0.03  # innovation, per year
    q: float = 0.5  # imitation, per year
    rate: float = 0.10  # discount rate, per year
    horizon: float = 20.0  # years that count; a launch at the horizon is no launch


def worth(line: Successor, delay: ArrayLike) -> Any:
    """What are both generations worth if the next one comes after `delay` years? Eq. (3).

    The discounted margins on the users of eq. (1) less the discounted cost, in USD m. `delay` lies
    in [0, horizon], a number or an array. The integral is Simpson's on 400 steps.
    """
    within("delay", delay, 0, line.horizon)
    within("rate", line.rate, 0)
    within("cost", line.cost, 0)
    delay = np.asarray(delay, dtype=float)
    first = bass_share(np.linspace(0, line.horizon, 401), line.p, line.q)
    t = np.linspace(0, line.horizon, 401)
    alone = simpson(line.old_margin * line.old * first * np.exp(-line.rate * t), x=t)
    # From the launch on, in the time since: the integrand has a kink at the launch only.
    late = delay[..., None] + np.linspace(0, 1, 401) * (line.horizon - delay[..., None])
    second = bass_share(late - delay[..., None], line.p, line.q)
    moved = line.old * bass_share(late, line.p, line.q) * second
    gain = line.new_margin * line.new * second + (line.new_margin - line.old_margin) * moved
    more = simpson(gain * np.exp(-line.rate * late), x=late, axis=-1)
    paid = np.where(delay < line.horizon, line.cost * np.exp(-line.rate * delay), 0.0)
    total = alone + more - paid
    return total if total.ndim else float(total)


def best_delay(line: Successor) -> float:
    """After how many years should the next generation come? The horizon itself means never.

    The best of 401 launch times. If the next one earns no more on a user than the old one, there
    are two answers: early or not at all (Wilson and Norton 1989). If it earns more, a third one
    appears: once the old one has users to move on (compare Mahajan and Muller 1996).
    """
    delays = np.linspace(0, line.horizon, 401)
    return float(delays[np.argmax(worth(line, delays))])


# --- in how long a stride to change ---------------------------------------------------------------


def search(quality: ArrayLike, stride: Sequence[str]) -> Floats:
    """How good is the product after each week of search, on average? Levinthal (1997).

    `quality` is (..., 2**features), as of `cocreation.landscapes`; `stride` says for each week
    what is tried: "step" changes one feature picked at random, "jump" draws all of them anew,
    "" tries nothing. A better version is
    kept, a worse one dropped. The firm starts anywhere. Exact: the whole distribution over the
    versions is carried along. Returns (..., weeks + 1), the first entry being the start.
    """
    level = np.asarray(quality, dtype=float)
    shape, size = level.shape, level.shape[-1]
    flat = level.reshape(-1, size)
    step = _stepping(flat) if "step" in stride else None
    rank = np.argsort(np.argsort(flat, axis=-1), axis=-1)  # 0: the worst version
    place = np.full(flat.shape, 1 / size)
    means = [(place * flat).sum(axis=-1)]
    for kind in stride:
        if kind == "step":
            place = (step @ place.ravel()).reshape(flat.shape)
        elif kind == "jump":
            ranked = np.empty_like(place)
            np.put_along_axis(ranked, rank, place, axis=-1)
            below = np.cumsum(ranked, axis=-1) - ranked
            # Stay if the version drawn is no better, or arrive from any version that is worse.
            mixed = (ranked * np.arange(1, size + 1) + below) / size
            place = np.take_along_axis(mixed, rank, axis=-1)
        elif kind:
            raise ValueError(f"stride = {kind!r} is unknown: expected 'step', 'jump' or ''")
        means.append((place * flat).sum(axis=-1))
    return np.stack(means, axis=-1).reshape(*shape[:-1], len(stride) + 1)


def _stepping(level: Floats) -> csr_array:
    """Chances to arrive at each version (row) from each (column) by one step, all landscapes."""
    count, size = level.shape
    features = size.bit_length() - 1
    home = np.arange(count * size)
    version, first = home % size, home - home % size
    to, start = [], []
    for i in range(features):
        other = first + (version ^ (1 << i))
        to.append(np.where(level.ravel()[other] > level.ravel(), other, home))
        start.append(home)
    chance = np.full(count * size * features, 1 / features)
    return csr_array((chance, (np.concatenate(to), np.concatenate(start))), shape=2 * home.shape)


def tried(features: ArrayLike, weeks: ArrayLike) -> Any:
    """Which share of the features has been tried after so many steps? 1 - (1 - 1/N)**t, eq. (4).

    A step tries one feature picked at random.
    """
    within("features", features, 1)
    within("weeks", weeks, 0)
    return 1 - (1 - 1 / np.asarray(features, dtype=float)) ** np.asarray(weeks, dtype=float)


# --- how soon they give way -----------------------------------------------------------------------


def years_in_use(sold: ArrayLike, in_use: float) -> float:
    """How many of the latest years' sales make up what is in use? Eq. (5).

    `sold` are the sales of each year up to now, in the unit of `in_use`. It is the age at which
    phones are given up if all last equally long; part of the oldest year counts as part of a year.
    If lives differ it grows when sales slow down, though lives have not changed.
    """
    latest = np.asarray(sold, dtype=float)[::-1]
    within("sold", latest, 0)
    within("in_use", in_use, 0, latest.sum())
    together = np.append(0.0, np.cumsum(latest))
    return float(np.interp(in_use, together, np.arange(together.size)))


def random_life(sold: ArrayLike, before: ArrayLike, after: ArrayLike) -> Any:
    """How long is a phone used on average, if any is given up with the same chance? Eq. (6).

    What is in use, from `before` to `after` a year in which so many were `sold`, over what was
    given up in it; years. If lives are more alike it shrinks when sales slow down.
    """
    given_up = np.asarray(sold, dtype=float) - np.subtract(after, before)
    within("given up", given_up, 0, open_low=True)
    return np.add(before, after) / 2 / given_up


# --- labs -----------------------------------------------------------------------------------------


def succession(*, gap: float, added: float, q: float) -> dict[str, Any]:
    """Users of three generations over 15 years: the first opens 100 m, each later one `added` m."""
    year = np.linspace(0, 15, 46)
    users = generations(year, [0, gap, 2 * gap], [100, added, added], 0.03, q)
    return {"year": year, "first": users[0], "second": users[1], "third": users[2]}


def timing(*, added: float, margin: float, cost: float) -> dict[str, Any]:
    """What both generations are worth, by the delay of the second; the last row is never."""
    line = Successor(new=added, new_margin=margin, cost=cost)
    delay = np.linspace(0, line.horizon, 41)
    value = worth(line, delay)
    best = np.zeros(len(delay))
    best[np.argmax(value)] = 1
    return {"delay": delay, "value": value, "never": np.full(len(delay), value[-1]), "best": best}


def strides(*, others: int, interval: int) -> dict[str, Any]:
    """Mean quality in each week, as a share of the best there is, by three ways to search.

    "steps": one feature a week; "jumps": everything anew, once in `interval` weeks; "both": steps,
    and a jump instead in every such week.
    """
    quality = landscapes(FEATURES, others, LANDSCAPES).quality
    jump = [week % interval == 0 for week in range(1, WEEKS + 1)]
    plans = {
        "steps": ["step"] * WEEKS,
        "jumps": ["jump" if now else "" for now in jump],
        "both": ["jump" if now else "step" for now in jump],
    }
    top = quality.max(axis=-1, keepdims=True)
    table: dict[str, Any] = {"week": np.arange(WEEKS + 1)}
    for name, plan in plans.items():
        table[name] = (search(quality, plan) / top).mean(axis=0)
    return table
