"""How many heads, how many ideas at once, how often, and who should decide?

*Heads.* The best of many ideas beats the average, the less so the more alike they are (Harter
1961). *Search.* Trying in turn lets one stop (Stigler 1961, Weitzman 1979, Morgan and Manning
1985); what is right depends on the price of a test and of waiting (Loch, Terwiesch and Thomke
2001). *Testers.* Each finds a fault with some chance (Nielsen and Landauer 1993). *Votes.* Users
choose the next feature on a landscape where features interact (Kauffman and Levin 1987, Levinthal
1997).

Functions take floats or arrays that broadcast. Equation numbers are those of the chapter.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import fixed_quad
from scipy.optimize import elementwise
from scipy.special import betaln, comb
from scipy.stats import norm

from coalescence.models._check import within

Floats = NDArray[np.float64]
Table = dict[str, Any]  # name of a column -> its values

# --- Heads: many, or different -------------------------------------------------------------------


FAR = 9.0  # standard deviations beyond which a normal number is never found
NODES = 200  # of the quadrature: exact to ten figures


def best_of(n: ArrayLike, floor: ArrayLike = -np.inf) -> Any:
    """How good is the best of n tries, in standard deviations above the average? Eq. (1).

    E[max] of n independent standard normals, integrated from P(max > x) = 1 - Phi(x)^n; with a
    `floor` that one can fall back on, E[max(best, floor)]. n may be any number from 1 on.
    """
    within("n", n, 1)
    count, least = np.broadcast_arrays(np.asarray(n, float), np.asarray(floor, float))
    start = np.clip(least, -FAR, FAR)
    width = FAR - start

    def better(t: Floats) -> Any:
        x = start[..., None] + width[..., None] * t
        return -np.expm1(count[..., None] * norm.logcdf(x))

    return np.maximum(least, start + width * fixed_quad(better, 0, 1, n=NODES)[0])[()]


def best_alike(n: ArrayLike, alike: ArrayLike) -> Any:
    """And if the qualities of any two ideas correlate by `alike`? Eq. (2).

    sqrt(1 - alike) E[max]: what all share is good or bad for all, and only the rest can be chosen.
    """
    within("alike", alike, 0, 1)
    return np.sqrt(1 - np.asarray(alike, float)) * best_of(n)


def as_many(n: ArrayLike, alike: ArrayLike) -> Any:
    """How many ideas that have nothing in common find as good a one as n that are alike?"""
    level = np.asarray(best_alike(n, alike), float)

    def gap(log: Floats, level: Floats) -> Any:
        return best_of(np.exp(np.maximum(log, 0))) - level

    most = np.log(np.asarray(n, float)) + np.zeros_like(level)
    found = elementwise.find_root(gap, (-1 - most, 1 + most), args=(level,)).x
    return np.exp(np.maximum(found, 0))[()]


def heads(power: float, alike: float) -> Table:
    """How good is the best idea of 10^power heads? Rows for 1 to 100 million heads and two points.

    Columns: point ("curve", "crowd" of so many heads that are `alike`, "panel" of as many unlike
    heads as find the same), power (of ten, of the number of heads), alike (best idea of heads that
    are alike) and unlike (of heads that have nothing in common), in standard deviations above the
    average idea.
    """
    panel = np.log10(as_many(10**power, alike))
    powers = np.append(np.linspace(0, 8, 33), [power, panel])
    best = best_of(10**powers)
    same = np.sqrt(1 - alike) * best
    same[-1] = same[-2]
    return {"point": ["curve"] * 33 + ["crowd", "panel"], "power": powers,
            "alike": same, "unlike": best}  # fmt: skip


# --- Search: all at once, or one after another ---------------------------------------------------


class Trial(NamedTuple):
    """What it takes to try an idea; values in standard deviations of the ideas' quality."""

    cost: float = 0.02  # of trying one idea
    wait: float = 0.02  # of waiting for the next release


def parallel(test: Trial, n: ArrayLike) -> Any:
    """What is left of trying n ideas at once and taking the best? Stigler (1961)."""
    within("cost", test.cost, 0)
    within("wait", test.wait, 0)
    return best_of(n) - test.cost * np.asarray(n, float) - test.wait


def worth(test: Trial, n: ArrayLike = 1) -> Any:
    """What is a search worth that tries n ideas a release until one is good enough? Eq. (3).

    The value z at which one more release just pays: E[(best of n - z)+] = n cost + wait, the
    reservation value.
    It is both the rule (stop at the first release's best above z) and the value of following it
    (Weitzman 1979; Morgan and Manning 1985 for n at a time). n = 1 is one idea after another.
    """
    within("n", n, 1)
    count = np.asarray(n, float)
    price = test.cost * count + test.wait
    within("cost of a release", price, 0, open_low=True)

    def gap(z: Floats, count: Floats, price: Floats) -> Any:
        return best_of(count, z) - z - price

    ends = -price - FAR, np.full_like(price, FAR)
    return elementwise.find_root(gap, ends, args=(count, price), tolerances={"xatol": 1e-10}).x


def rounds(test: Trial, n: ArrayLike = 1) -> Any:
    """How many releases does that search last on average? 1 / P(best of n > z)."""
    return 1 / -np.expm1(np.asarray(n, float) * norm.logcdf(worth(test, n)))


MOST = 40  # ideas a release that the lab looks at


def at_once(test: Trial) -> int:
    """How many ideas should be tried in each release? The n up to MOST of the greatest worth."""
    return 1 + int(np.argmax(worth(test, np.arange(1, MOST + 1))))


def tries(cost: float, wait: float) -> Table:
    """How many ideas at once? Rows for 1 to 40 ideas a release.

    Columns: ideas (a release), once (worth of a single round), again (worth of rounds until one is
    good enough), rounds (how many that takes, at most 99) and best (1 where `again` is greatest).
    """
    test = Trial(cost, wait)
    ideas = np.arange(1, MOST + 1)
    again = worth(test, ideas)
    lasts = 1 / -np.expm1(ideas * norm.logcdf(again))
    return {
        "ideas": ideas,
        "once": parallel(test, ideas),
        "again": again,
        "rounds": np.minimum(lasts, 99.0),
        "best": (ideas == 1 + np.argmax(again)).astype(int),
    }


def find_cost(candidates: ArrayLike, batch: ArrayLike, cost: ArrayLike, wait: ArrayLike) -> Any:
    """What does it cost to find the one right design among N, testing b at once?

    All N equally likely and a test always right, the simplest setting of Loch, Terwiesch and Thomke
    (2001): (N + b) / 2 tests and (N / b + 1) / 2 waits on average, N / b whole.
    """
    for name, value in (("batch", batch), ("candidates", candidates)):
        within(name, value, 1)
    n, b = np.asarray(candidates, float), np.asarray(batch, float)
    return np.asarray(cost) * (n + b) / 2 + np.asarray(wait) * (n / b + 1) / 2


def find_batch(candidates: ArrayLike, cost: ArrayLike, wait: ArrayLike) -> Any:
    """How many at once are cheapest there? sqrt(N wait / cost) between 1 and N."""
    within("cost", cost, 0, open_low=True)
    within("wait", wait, 0)
    n = np.asarray(candidates, float)
    return np.clip(np.sqrt(n * np.asarray(wait, float) / np.asarray(cost, float)), 1, n)


# --- Testers: who finds the fault ----------------------------------------------------------------


def detected(chance: ArrayLike, testers: ArrayLike, uneven: ArrayLike = 0.0) -> Any:
    """Which share of the faults is found by at least one of n testers?

    1 - q^n with q = 1 - chance (Nielsen and Landauer 1993). If some faults are harder to meet than
    others, chances follow a beta distribution with this mean, `uneven` (0 to below 1) being the
    share of the greatest possible variance; then fewer are found.
    """
    within("chance", chance, 0, 1)
    within("testers", testers, 0)
    within("uneven", uneven, 0, np.nextafter(1, 0))
    p, n, rho = (np.asarray(x, float) for x in (chance, testers, uneven))
    inside = (rho > 1e-6) & (p > 1e-12) & (p < 1 - 1e-12)
    size = np.where(inside, 1 / np.where(inside, rho, 0.5) - 1, 1.0)
    a, b = np.where(inside, p, 0.5) * size, np.where(inside, 1 - p, 0.5) * size
    return np.where(inside, -np.expm1(betaln(a, b + n) - betaln(a, b)), 1 - (1 - p) ** n)[()]


# --- Votes on a landscape ------------------------------------------------------------------------


class Land(NamedTuple):
    """Random landscapes of quality over all 2^N combinations of N features."""

    parts: Floats  # (landscapes, N, 2^N), what each feature contributes in each combination

    @property
    def quality(self) -> Floats:
        """Mean contribution in each combination, (landscapes, 2^N)."""
        return np.asarray(self.parts.mean(axis=1), dtype=float)


@lru_cache(maxsize=16)
def landscapes(features: int, others: int, count: int = 50, seed: int = 0) -> Land:
    """NK landscapes, eq. (4) (Kauffman and Levin 1987, Levinthal 1997).

    Each of N `features` contributes by itself and its K next `others` on a ring, a fresh uniform
    number for each of their settings.

    Bit i of a combination's number is feature i. Seeded; at most 14 features.
    """
    within("features", features, 1, 14)
    within("others", others, 0, features - 1)
    random = np.random.default_rng(seed)
    combos = np.arange(1 << features)
    parts = np.empty((count, features, 1 << features))
    for i in range(features):
        seen = np.zeros_like(combos)
        for k in range(others + 1):
            seen = seen << 1 | combos >> (i + k) % features & 1
        parts[:, i] = random.random((count, 1 << (others + 1)))[:, seen]
    return Land(parts)


def peaks(quality: Floats) -> NDArray[np.bool_]:
    """In which combinations does every single change make things worse? (..., 2^N) to the same."""
    combos = np.arange(quality.shape[-1])
    top = np.ones(quality.shape, dtype=bool)
    for i in range(quality.shape[-1].bit_length() - 1):
        top &= quality > quality[..., combos ^ (1 << i)]
    return top


def expected_peaks(features: ArrayLike) -> Any:
    """How many peaks has a landscape where everything interacts? 2^N / (N + 1)."""
    n = np.asarray(features, float)
    return 2**n / (n + 1)


class Walk(NamedTuple):
    """A product that is changed week by week."""

    place: NDArray[np.int64]  # (weeks + 1, landscapes), combination it has
    changed: NDArray[np.bool_]  # (weeks, landscapes), whether that week brought a change


def vote(land: Land, weights: Floats, weeks: int, seed: int = 0) -> Walk:
    """Where do users lead a product, if each week the change with most votes is made? Eq. (5).

    User u cares for feature i by `weights` (users, N), votes for every single change that raises
    her own weighted quality, against what lowers it, and abstains from the rest. The change with
    the greatest majority is made, if there is one (ties: the lower feature). One user takes what
    helps her most: with equal weights that is Levinthal's hill climber. The product starts at
    random (`seed`). Voting on one change at a time is the casebook's own reading of the forum.
    """
    count, features, size = land.parts.shape
    if weights.ndim != 2 or weights.shape[1] != features:
        raise ValueError(f"weights: expected (users, {features}), got {weights.shape}")
    within("weights", weights, 0)
    row, flips = np.arange(count), 1 << np.arange(features)
    place: Any = np.random.default_rng(seed).integers(0, size, count)
    places, changed = [place], []
    for _ in range(weeks):
        here = land.parts[row, :, place]  # (landscapes, N)
        there = land.parts[row[:, None], :, place[:, None] ^ flips]  # (landscapes, changes, N)
        gains = (there - here[:, None]) @ weights.T  # (landscapes, changes, users)
        majority = (np.sign(gains) * (abs(gains) > 1e-12)).mean(axis=2)
        choice = (majority if len(weights) > 1 else gains[:, :, 0]).argmax(axis=1)
        passes = majority[row, choice] > 0
        place = np.where(passes, place ^ flips[choice], place)
        places.append(place)
        changed.append(passes)
    return Walk(np.array(places), np.array(changed))


def tastes(users: int, features: int, apart: float, seed: int = 0) -> Floats:
    """What do users care for? (users, N) weights that add up to 1 for each.

    At `apart` = 0 all care equally for all features, at 1 each for one feature only; in between the
    two are mixed.
    """
    within("users", users, 1)
    within("apart", apart, 0, 1)
    random = np.random.default_rng(seed)
    own = np.eye(features)[random.permutation(np.arange(users) % features)]
    return np.asarray((1 - apart) / features + apart * own, dtype=float)


FEATURES, LANDS, WEEKS, STARTS = 10, 100, 15, 12  # of the lab


@lru_cache(maxsize=16)
def _scale(others: int) -> tuple[Floats, float]:
    """Quality of the lab's landscapes, 0 the average and 1 the best, and their mean of peaks."""
    quality = landscapes(FEATURES, others, LANDS).quality
    mean, best = quality.mean(axis=1, keepdims=True), quality.max(axis=1, keepdims=True)
    return (quality - mean) / (best - mean), float(peaks(quality).sum(axis=1).mean())


@lru_cache(maxsize=64)
def _climbs(others: int, users: int, apart: float) -> Floats:
    """Quality in each week of products from different starts, sorted, (starts, weeks, lands).

    One user with equal weights is the designer.
    """
    land, row = landscapes(FEATURES, others, LANDS), np.arange(LANDS)
    weights = tastes(users, FEATURES, apart, seed=2)
    paths = [vote(land, weights, WEEKS, seed=start).place for start in range(STARTS)]
    return np.sort(_scale(others)[0][row, np.array(paths)], axis=0)


def best_versions(sorted_values: Floats, versions: int) -> Any:
    """How good is the best of so many, drawn from values that are sorted along the first axis?

    The mean over all draws without return: the i-th smallest is the best of C(i - 1, v - 1) draws.
    """
    count = len(sorted_values)
    within("versions", versions, 1, count)
    share = comb(np.arange(count), versions - 1) / comb(count, versions)
    return np.tensordot(share, sorted_values, axes=1)


def votes(others: int, apart: float, versions: int = 1, users: int = 25) -> Table:
    """How good does a product get that its users vote on? Rows for weeks 0 to 15.

    Means over 100 landscapes of ten features, each of which interacts with `others`. Of so many
    `versions` with different starts the best in each week counts. Columns: week, vote and designer
    (one who climbs by average quality), 0 being an average product and 1 the best possible, and
    peaks (mean number of local peaks).
    """
    crowd = best_versions(_climbs(others, users, apart), versions)
    expert = best_versions(_climbs(others, 1, 0.0), versions)
    return {
        "week": np.arange(WEEKS + 1),
        "vote": crowd.mean(axis=-1),
        "designer": expert.mean(axis=-1),
        "peaks": np.full(WEEKS + 1, _scale(others)[1]),
    }


def ruggedness(features: int) -> Table:
    """How rugged does interaction make the landscape? Five rows, K from 0 to N - 1.

    Of 3 to 11 `features`, K in quarters. Means over 50 landscapes. Columns: others (K), peaks,
    formula (2^N / (N + 1)), reached (where a climb from anywhere ends, 0 the average and 1 the
    best) and best (share of climbs that end at the best combination).
    """
    within("features", features, 3, 11)
    others = (features - 1) * np.arange(5) // 4
    rows = []
    for k in others.tolist():
        land = landscapes(features, k)
        quality, row = land.quality, np.arange(len(land.parts))
        end = vote(land, tastes(1, features, 0.0), 4 * features, seed=1).place[-1]
        mean, top = quality.mean(axis=1), quality.max(axis=1)
        reached = (quality[row, end] - mean) / (top - mean)
        rows.append(
            (peaks(quality).sum(axis=1).mean(), reached.mean(), (reached > 1 - 1e-9).mean())
        )
    number, reached, best = np.array(rows).T
    return {"others": others, "peaks": number, "formula": np.full(5, expected_peaks(features)),
            "reached": reached, "best": best}  # fmt: skip
