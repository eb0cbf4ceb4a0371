"""What did it bring to build with the first users, and to let them do the talking?

*Weekly loop.* Testers empty a pool of faults (Goel and Okumoto 1979; Jelinski and Moranda 1972).
*Word of mouth.* A stock of people flows to a stock of adopters (Bass 1969; Sterman 2000), falls
silent again (Kermack and McKendrick 1927), or hears only its friends. *Free software first.* Seeds
light the fire and may eat the harvest (Jain, Mahajan and Muller 1995).

Rates are hazards per year unless a field says otherwise; `per_week` and `chance` convert them.
Functions take floats or arrays that broadcast. Equation numbers are those of the chapter. What the
same customers were then sold, at which price and how few of it, is in `customers_sale`.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import solve_ivp
from scipy.optimize import brentq, minimize_scalar
from scipy.sparse import csr_array
from scipy.special import hyp2f1

from coalescence.models import rise
from coalescence.models._check import within

Floats = NDArray[np.float64]
Number = float | Floats
Table = dict[str, Any]  # name of a column -> its values

WEEKS = 365.25 / 7  # in a year


def per_week(rate: ArrayLike) -> Any:
    """What is a hazard per year worth per week? Rates of flow divide by time; chances do not."""
    return np.asarray(rate, dtype=float) / WEEKS


def chance(rate: ArrayLike, time: ArrayLike = 1.0) -> Any:
    """How likely does something with this hazard happen within `time`? 1 - exp(-rate time)."""
    within("rate", rate, 0)
    within("time", time, 0)
    return -np.expm1(-np.asarray(rate, dtype=float) * np.asarray(time, dtype=float))


# --- The weekly loop: testers empty a pool of faults ---------------------------------------------


class Pool(NamedTuple):
    """Faults in a program that is being tested."""

    faults: Number = 100.0  # a, expected number that is there when testing begins
    rate: Number = 0.005  # b, chance that one tester meets one given fault in one release
    added: Number = 0.0  # faults that every release brings with its new features


def found(pool: Pool, releases: ArrayLike, testers: ArrayLike = 1.0) -> Any:
    """How many faults are known after so many releases? Eq. (1), Goel and Okumoto (1979).

    mu = a (1 - exp(-b n k)): testers n and releases k enter as a product, so one replaces the
    other. With `added` faults per release the pool is refilled and never empties.
    """
    within("testers", testers, 0)
    return pool.faults + pool.added * np.asarray(releases, float) - left(pool, releases, testers)


def left(pool: Pool, releases: ArrayLike, testers: ArrayLike = 1.0) -> Any:
    """How many faults are still unknown then?

    Solves dx/dk = added - b n x from x = a: a exp(-b n k) + added (1 - exp(-b n k)) / (b n).
    """
    for name, value in (("faults", pool.faults), ("added", pool.added), ("releases", releases)):
        within(name, value, 0)
    within("rate", pool.rate, 0, open_low=True)
    k, speed = np.asarray(releases, float), pool.rate * np.asarray(testers, float)
    gone = -np.expm1(-speed * k)
    refill = np.where(speed > 0, gone / np.where(speed > 0, speed, 1), k)
    return pool.faults * (1 - gone) + pool.added * refill


class Growth(NamedTuple):
    """A reliability growth model fitted by maximum likelihood."""

    faults: float  # estimated number in the beginning
    rate: float  # chance per unit of testing time that one given fault shows


def goel_okumoto(times: ArrayLike, counts: ArrayLike) -> Growth:
    """How many faults were there, judging by the `counts` known at `times`?

    Maximum likelihood for failures counted per interval: the counts between two times are
    Poisson. `counts` are cumulative and start from none at time 0. ValueError if discovery does
    not slow down: then no finite pool explains it.
    """
    ends, total = np.asarray(times, float), np.asarray(counts, float)
    if ends.ndim != 1 or ends.shape != total.shape or len(ends) < 2:
        raise ValueError(f"times and counts: expected equally long rows, got {ends.shape}")
    starts, new = np.append(0.0, ends[:-1]), np.diff(total, prepend=0.0)
    within("steps between times", ends - starts, 0, open_low=True)
    within("steps between counts", new, 0)
    last, n = ends[-1], total[-1]

    def slope(b: float) -> float:
        """Of the log-likelihood: zero where the mean time of discovery is the observed one."""
        return float(n * _cut(b, last) - new @ (starts + _cut(b, ends - starts)))

    low, high = 1e-6 / last, 300 / last
    if slope(low) <= 0:
        raise ValueError("counts: discovery does not slow down, no finite pool explains it")
    if slope(high) >= 0:
        raise ValueError("counts: everything was found at once, any fast rate explains it")
    b = float(brentq(slope, low, high, xtol=1e-15))
    return Growth(float(n / -np.expm1(-b * last)), b)


def _cut(rate: float, length: Any) -> Any:
    """Mean of an exponential waiting time, given that it is shorter than `length`."""
    return 1 / rate - length / np.expm1(rate * length)


def jelinski_moranda(intervals: ArrayLike) -> Growth:
    """How many faults were there, judging by the waits between failures?

    Maximum likelihood when the i-th wait is exponential with hazard rate (N - i + 1). ValueError
    if the waits do not grow (Littlewood and Verrall's condition): then N is infinite.
    """
    waits = np.asarray(intervals, float)
    within("intervals", waits, 0, open_low=True)
    n, before = len(waits), np.arange(len(waits))
    mean = before @ waits / waits.sum()
    if mean <= before.mean():
        raise ValueError("intervals: the waits do not grow longer, no finite pool explains them")

    def slope(faults: float) -> float:
        return float(np.sum(1 / (faults - before)) - n / (faults - mean))

    faults = float(brentq(slope, n - 1 + 1e-9, 1e9, xtol=1e-12))
    return Growth(faults, float(n / (waits.sum() * (faults - mean))))


def loop(testers: float, every: float, added: float = 0.0) -> Table:
    """How fast do users who test empty the pool? A row for each of 27 weeks.

    `testers` meet a new release `every` so many weeks; each week's features bring `added` faults.
    Columns: week, known and unknown faults, and twice the testers' unknown ones.
    """
    within("every", every, 0, open_low=True)
    week = np.arange(27)
    pool = Pool(added=added * every)
    done = week / every
    return {
        "week": week,
        "known": found(pool, done, testers),
        "unknown": left(pool, done, testers),
        "doubled": left(pool, done, 2 * testers),
    }


# --- Word of mouth: stocks and flows -------------------------------------------------------------


def euler(
    flow: Callable[[Floats], ArrayLike], start: ArrayLike, times: ArrayLike, step: float
) -> Floats:
    """Where do stocks stand at `times` if they flow for one `step` at a time?

    Euler's method, the integration of system dynamics programs, here so that its error can be
    seen; elsewhere solve_ivp or a closed form is used. `times` start at 0 and are whole numbers
    of steps. Returns (times, stocks).
    """
    within("step", step, 0, open_low=True)
    ticks = np.asarray(times, float) / step
    if not np.allclose(ticks, np.round(ticks), atol=1e-6):
        raise ValueError(f"step = {step:g}: the times asked for are not whole numbers of steps")
    marks = np.round(ticks).astype(int)
    stocks = np.array(start, dtype=float)
    path = [stocks]
    for _ in range(int(marks.max())):
        stocks = stocks + step * np.asarray(flow(stocks), float)
        path.append(stocks)
    return np.asarray(np.array(path)[marks], dtype=float)


class Town(NamedTuple):
    """People who may adopt, as in Sterman's (2000) Bass model; defaults are AnyLogic's."""

    people: float = 100_000.0  # total population
    advertising: float = 0.011  # a: share of those left that advertising wins, per year
    contacts: float = 100.0  # c: people met in a year
    fraction: float = 0.015  # i: share of contacts with an adopter that lead to adoption


def adopters(town: Town, years: ArrayLike, step: float | None = None) -> Any:
    """How many have adopted? dN/dt = (a + c i N / m)(m - N), nobody at first.

    Exact (Bass 1969 with p = a and q = c i), or with a `step` in years by Euler's method.
    """
    a, q, m = town.advertising, town.contacts * town.fraction, town.people
    if step is None:
        return rise.bass_adopters(years, a, q, m)
    return euler(lambda n: (a + q * n / m) * (m - n), np.zeros(np.shape(a * q * m)), years, step)


class Talk(NamedTuple):
    """People who have not heard, who talk and who fell silent; defaults are SDXorg's reference."""

    unaware: float = 1000.0  # S at first, people
    talking: float = 5.0  # I at first, people
    silent: float = 0.0  # R at first, people
    infectivity: float = 0.3  # contacts of one talker that would make a talker, per unit of time
    duration: float = 5.0  # mean time somebody talks
    people: float = 1000.0  # population that contacts are drawn from


def rumour(talk: Talk, times: ArrayLike, step: float | None = None) -> Floats:
    """Who has not heard, who talks, who is silent? Kermack and McKendrick's (1927) SIR.

    dS/dt = -i S I / P, dI/dt = -dS/dt - I / duration. Returns (times, 3), by solve_ivp, or with a
    `step` by Euler's method. `times` start at 0.
    """
    within("duration", talk.duration, 0, open_low=True)
    within("people", talk.people, 0, open_low=True)

    def flow(stocks: Floats) -> list[float]:
        heard = talk.infectivity * stocks[0] * stocks[1] / talk.people
        fades = stocks[1] / talk.duration
        return [-heard, heard - fades, fades]

    t = np.asarray(times, float)
    if step is not None:
        return euler(flow, talk[:3], t, step)
    solved = solve_ivp(lambda _, y: flow(y), (0, t[-1]), talk[:3], "LSODA", t, rtol=1e-9, atol=1e-9)
    return np.asarray(solved.y.T, dtype=float)


def word(advertising: float, contacts: float, fraction: float, step: float) -> Table:
    """How do advertising and word of mouth share the work, and what does the step hide?

    33 quarters of the Town. Columns: year, adopters (share of the people, exact), prompted (the
    part won by advertising alone), told (the rest), euler (share by Euler's method with `step`).
    """
    town = Town(advertising=advertising, contacts=contacts, fraction=fraction)
    year = np.arange(33) / 4
    share = adopters(town, year) / town.people
    alone = rise.bass_unprompted(year, advertising, contacts * fraction, 1.0)
    walked = adopters(town, year, step) / town.people
    return {"year": year, "adopters": share, "prompted": alone, "told": share - alone,
            "euler": np.clip(walked, -1, 2)}  # fmt: skip


def fading(infectivity: float, duration: float) -> Table:
    """How far does a rumour get when talkers fall silent? 51 rows, time 0 to 100.

    Columns: time, unaware, talking, silent (shares of all) and ratio (talkers that one talker
    makes at first; below 1 the rumour dies).
    """
    time = np.arange(0, 101, 2)
    stocks = rumour(Talk(infectivity=infectivity, duration=duration), time)
    shares = stocks / stocks[0].sum()
    return {"time": time, "unaware": shares[:, 0], "talking": shares[:, 1],
            "silent": shares[:, 2], "ratio": np.full(51, infectivity * duration)}  # fmt: skip


# --- Word of mouth along friendships -------------------------------------------------------------

KINDS = ("random", "clusters", "hubs")


@lru_cache(maxsize=8)
def friendships(kind: str, people: int, friends: int, seed: int = 0) -> csr_array:
    """Who knows whom? A symmetric 0/1 matrix of `people` with about `friends` each.

    "random": Erdos and Renyi; "clusters": Watts and Strogatz (1998) with one tie in fifty rewired;
    "hubs": Barabasi and Albert (1999). An even number of `friends`.
    """
    within("people", people, 3)
    within("friends", friends, 2, people - 1)
    if kind == "random":
        graph = nx.fast_gnp_random_graph(people, friends / (people - 1), seed=seed)
    elif kind == "clusters":
        graph = nx.watts_strogatz_graph(people, friends, 0.02, seed=seed)
    elif kind == "hubs":
        graph = nx.barabasi_albert_graph(people, friends // 2, seed=seed)
    else:
        raise ValueError(f"kind = {kind!r} is unknown: expected one of {', '.join(KINDS)}")
    return csr_array(nx.to_scipy_sparse_array(graph, dtype=np.float64, format="csr"))


def contagion(
    known: csr_array, p: float, q: float, periods: int, *, first: int = 0, runs: int = 1,
    seed: int = 0,
) -> Floats:  # fmt: skip
    """Which share has adopted after each period, if only friends are heard?

    Everybody's hazard per period is p + q / d times the number of friends who adopted by its
    start, d being the mean number of friends. In a complete graph this is the Bass model. `first`
    people, drawn at random, have adopted at the beginning. Each adopts when the hazards that have
    come over them exceed a patience drawn once from the exponential law. Returns (periods + 1,
    runs).
    """
    within("p", p, 0)
    within("q", q, 0)
    people = known.shape[0]
    within("first", first, 0, people)
    random = np.random.default_rng(seed)
    has = np.zeros((people, runs))
    for run in range(runs):
        has[random.permutation(people)[:first], run] = 1.0
    tie = q * people / max(known.nnz, 1)
    share = np.empty((periods + 1, runs))
    share[0] = has.mean(axis=0)
    patience = random.exponential(size=has.shape)
    for period in range(periods):
        patience -= p + tie * (known @ has)
        has = np.maximum(has, patience <= 0)
        share[period + 1] = has.mean(axis=0)
    return share


def acquaintances(kind: str, p: float, q: float) -> Table:
    """How does word of mouth travel when people only hear their friends? 41 quarters.

    The mean of eight runs among 2,000 people with eight friends each, in months. Columns: year,
    network (share that adopted), mixed (Bass: everybody hears everybody).
    """
    known = friendships(kind, 2000, 8)
    months = contagion(known, p / 12, q / 12, 120, runs=8, seed=1)
    year = np.arange(41) / 4
    return {"year": year, "network": months[::3].mean(axis=1), "mixed": rise.bass_share(year, p, q)}


# --- Free software first: seeding ----------------------------------------------------------------


def seeded(diffusion: rise.Bass, seed: Number, lost: Number = 1.0) -> tuple[Any, Any, Any]:
    """Which Bass curve do the buyers follow once `seed` users talk from the start? Eq. (2).

    `seed` users got the product free; `lost` of them (0 to 1) will never buy. With lost = 1 this is
    N(0) = S of Jain, Mahajan and Muller (1995); lost below 1, seeds that buy as well, is the
    casebook's own. Returns (p, q, m) of the buyers: p + q S / m, q (1 - lost S / m), m - lost S.
    """
    p, q, m = diffusion
    within("lost", lost, 0, 1)
    within("seed", np.asarray(seed) / m, 0, 1)
    paying = 1 - lost * seed / m
    return p + q * seed / m, q * paying, m * paying


def present_buyers(p: ArrayLike, q: ArrayLike, m: ArrayLike, discount: ArrayLike) -> Any:
    """How many buyers today are a whole Bass curve worth, at so much `discount` a year?

    V0 of eq. (3): the integral of exp(-r t) dN = m 2F1(s, 1; s + 2; -q / p) / (s + 1),
    with s = r / (p + q).
    """
    within("p", p, 0, open_low=True)
    within("q", q, 0)
    within("discount", discount, 0)
    p, q = np.asarray(p, float), np.asarray(q, float)
    s = np.asarray(discount, float) / (p + q)
    return m * hyp2f1(s, 1.0, s + 2, -q / p) / (s + 1)


def seed_value(
    diffusion: rise.Bass, seed: Number, *, lost: Number = 1.0, discount: Number = 0.1,
    cost: Number = 0.1,
) -> Any:  # fmt: skip
    """What is a diffusion with free seeds worth, in margins on one buyer?

    Its slope at no seeds, where `lost` is 1, is eq. (3). `cost` of one seed is a share of the
    margin on one buyer; `discount` per year.
    """
    within("cost", cost, 0)
    return present_buyers(*seeded(diffusion, seed, lost), discount) - cost * seed


def best_seed(
    diffusion: rise.Bass, *, lost: float = 1.0, discount: float = 0.1, cost: float = 0.1
) -> float:
    """How many free users are best? Between none and the whole potential."""

    def loss(share: Any) -> Any:
        return -seed_value(diffusion, share * diffusion.m, lost=lost, discount=discount, cost=cost)

    grid = np.linspace(0, 1, 201)
    near = int(np.argmin(loss(grid)))
    edges = grid[max(near - 1, 0)], grid[min(near + 1, 200)]
    found = minimize_scalar(loss, bounds=edges, method="bounded", options={"xatol": 1e-7})
    at = found.x if found.fun < loss(grid[near]) else grid[near]
    return float(at * diffusion.m)


def free(p: float, q: float, lost: float, discount: float = 0.1) -> Table:
    """How many free users are worth it? Rows for seeds of 0 to 20% and for the best one.

    Columns: point ("curve", "best"), seed (share of the potential), gain (value over that without
    seeds, as a share of it) and wait (years until half of the potential has bought or was seeded;
    those who never buy count as seeded).
    """
    market = rise.Bass(p, q, 1.0)
    best = best_seed(market, lost=lost, discount=discount)
    seed = np.append(np.linspace(0, 0.2, 21), best)
    value = seed_value(market, seed, lost=lost, discount=discount)
    speed, pull, paying = seeded(market, seed, lost)
    need = np.maximum(0.5 - lost * seed, 0) / paying  # share of the buyers that makes it a half
    wait = np.log((1 + pull / speed * need) / (1 - need)) / (speed + pull)
    return {"point": ["curve"] * 21 + ["best"], "seed": seed, "gain": value / value[0] - 1,
            "wait": wait}  # fmt: skip
