"""How wide is what the whole firm might have become, and which parameters decide?

A crowd of firms runs through `firm.step` at once: one firm whose fields are arrays. Every firm has
parameters of its own, drawn from their ranges (Monte Carlo). Variance is then shared out among the
parameters by Sobol' (2001) indices, estimated as in Saltelli et al. (2010), after the screening of
Morris (1991); both by SALib (Iwanaga, Usher and Herman 2022).

Large crowds are drawn in chunks, here or on a Dask cluster. A chunk's seed depends on its number
alone and only whole numbers are added up, so the result is the same to the last bit however many
machines there were and whatever had to be done twice.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from coalescence.models import firm as engine
from coalescence.models.firm import Decision, Firm
from coalescence.models.flight import SCORES, YEARS

Floats = NDArray[np.float64]
Model = Callable[[Floats], Floats]  # rows of numbers from 0 to 1 -> one answer for each row
Progress = Callable[[int, int], object]  # chunks done, chunks in all
NAMES = tuple(SCORES)
LAST = YEARS[-1]
CHUNK = 10_000  # firms at once: their arrays stay in the processor's cache
SHIFT = 14  # binary digits of a short float that are not counted: bins 0.2% wide or less
HALF = 1 << (31 - SHIFT)  # bins below zero, and as many above
EITHER = frozenset({"steep"})  # parameters that are one end of their range or the other
PATIENCE = 30  # seconds to wait for a cluster


class Range(NamedTuple):
    """A parameter that is not known exactly."""

    name: str  # a field of `Firm`
    value: float  # as many firms lie below as above
    low: float
    high: float


class Study(NamedTuple):
    """What a crowd of firms has in common; all of it can be compared and hashed."""

    firm: Firm  # the single firm in their middle
    ranges: tuple[Range, ...]
    decisions: tuple[Decision, ...]  # one a year, from 2011


class Crowd(NamedTuple):
    """How a crowd came out, as counts of firms in narrow bins: as large for 10^8 firms as for 10.

    The bins are those of a short float's first 18 binary digits, so a bin is at most 0.2% wide.
    """

    firms: int
    years: tuple[int, ...]
    counts: NDArray[np.int64]  # (years, scores, bins)

    def of(self, score: str, year: int | None = None) -> NDArray[np.int64]:
        """The counts of one score at the end of a year (the last, if none is named)."""
        at = len(self.years) - 1 if year is None else self.years.index(year)
        found: NDArray[np.int64] = self.counts[at, NAMES.index(score)]
        return found

    def quantile(self, score: str, share: float, year: int | None = None) -> float:
        """Below what do `share` (0 to 1) of the firms stay? To 0.1%."""
        upto = np.cumsum(self.of(score, year))
        return float(middle(np.searchsorted(upto, max(share * self.firms, 1))))

    def mean(self, score: str, year: int | None = None) -> float:
        """The mean over the firms, to 0.1% of their mean size."""
        counts = self.of(score, year)
        bins = np.flatnonzero(counts)
        return float(np.dot(counts[bins], middle(bins)) / self.firms)

    def below(self, score: str, value: float, year: int | None = None) -> float:
        """The share of firms whose score stays below `value`, as far as bins tell them apart."""
        counts = self.of(score, year)
        return float(counts[: coded(np.array([value]))[0]].sum() / self.firms)


# --- Drawing and running firms -------------------------------------------------------------------


def ranges(table: Mapping[str, Iterable[Any]]) -> tuple[Range, ...]:
    """The uncertain parameters in a table such as `firm`: columns parameter, value, low, high.

    A parameter whose range is empty or has no width is held at its value. ValueError names a row
    that makes no sense.
    """
    found = []
    columns = [list(table[key]) for key in ("parameter", "value", "low", "high")]
    for name, *numbers in zip(*columns, strict=True):
        value, low, high = (float(x) for x in numbers)
        if name not in Firm._fields:
            raise ValueError(f"range {name!r} is no parameter of the firm")
        if math.isnan(low) or math.isnan(high) or low == high:
            continue
        if not (math.isfinite(low) and math.isfinite(high) and low <= value <= high):
            raise ValueError(
                f"range {name!r}: expected low <= value <= high, got {low:g}, {value:g}, {high:g}"
            )
        if name in EITHER and value not in (low, high):
            raise ValueError(f"range {name!r}: expected {low:g} or {high:g}, got {value:g}")
        found.append(Range(str(name), value, low, high))
    return tuple(found)


def hold(study: Study, names: Iterable[str]) -> Study:
    """The same study with these parameters held at their values."""
    held = set(names)
    if unknown := held - {one.name for one in study.ranges}:
        raise ValueError(f"no range is called {', '.join(sorted(unknown))}")
    return study._replace(ranges=tuple(one for one in study.ranges if one.name not in held))


def drawn(study: Study, unit: Floats) -> Firm:
    """The firms whose parameters stand at these places in their ranges: 0 low, 1/2 value, 1 high.

    `unit` is (firms, ranges); each half of a range is spread evenly, so half of the firms lie below
    the value. What can only be one of two has its value in the upper half, the other in the lower.
    """
    fields = {}
    for one, at in zip(study.ranges, np.asarray(unit, float).T, strict=True):
        down, up = engine.most(0.5 - at, 0.0), engine.most(at - 0.5, 0.0)
        if one.name in EITHER:
            other = one.low if one.value == one.high else one.high
            fields[one.name] = one.value * (at >= 0.5) + other * (at < 0.5)
            continue
        fields[one.name] = (
            one.value - 2 * down * (one.value - one.low) + 2 * up * (one.high - one.value)
        )
    return study.firm._replace(**fields)


def ends(study: Study, unit: Floats, years: Sequence[int] = (LAST,)) -> Floats:
    """The scores at the ends of these years, (years, scores, firms), of the firms at `unit`."""
    pieces = [
        _walk(study, unit[at : at + CHUNK], years) for at in range(0, max(len(unit), 1), CHUNK)
    ]
    return np.concatenate(pieces, axis=2)


def _walk(study: Study, unit: Floats, years: Sequence[int]) -> Floats:
    firm, count = drawn(study, unit), len(unit)
    state, found = engine.start(firm), {}
    for year, decision in zip(range(YEARS[0], max(years) + 1), study.decisions, strict=False):
        for _ in range(4):
            state, _flow = engine.step(state, decision, firm)
        if year in years:
            found[year] = np.stack([np.broadcast_to(getattr(state, x), count) for x in NAMES])
    if missing := [year for year in years if year not in found]:
        raise ValueError(f"year {missing[0]} is out of range: there is no decision for it")
    return np.asarray([found[year] for year in years], dtype=np.float64)


def middles(study: Study) -> Floats:
    """The place of the single firm in every range, (1, ranges)."""
    return np.full((1, len(study.ranges)), 0.5)


# --- Crowds, here or on a cluster ----------------------------------------------------------------


class Job(NamedTuple):
    """All that a worker must know to draw any chunk of a crowd."""

    study: Study
    firms: int
    seed: int
    years: tuple[int, ...]


class Part(NamedTuple):
    """What one chunk adds to the counts."""

    places: NDArray[np.int64]  # in the flattened counts
    counts: NDArray[np.int64]


def coded(values: Floats) -> NDArray[np.int64]:
    """The number of the bin that each value falls into; larger values never have lower numbers."""
    short = values.astype(np.float32) + np.float32(0.0)  # no minus zero
    bits = short.view(np.int32).astype(np.int64)
    ordered = np.where(bits >= 0, bits, -(bits & 0x7FFFFFFF) - 1)
    return (ordered >> SHIFT) + HALF


def middle(bins: Any) -> Floats:
    """The value in the middle of each bin."""
    order = np.asarray(bins, np.int64) - HALF
    upward = np.where(order >= 0, order, ~order)
    low, high = ((upward + k << SHIFT).astype(np.int32).view(np.float32) for k in (0, 1))
    size = (low.astype(float) + high.astype(float)) / 2
    found: Floats = np.where(order >= 0, size, -size)
    return found


def units(job: Job, chunk: int) -> Floats:
    """Where the firms of a chunk lie in their ranges, (firms, ranges); 0 and 1 at most.

    The seed is the chunk's child of the job's, as `SeedSequence(seed).spawn` makes them.
    """
    count = min(CHUNK, job.firms - chunk * CHUNK)
    seed = np.random.SeedSequence(job.seed, spawn_key=(chunk,))
    chances = np.random.default_rng(seed).random((len(job.study.ranges), count))
    unit: Floats = chances.T
    return unit


def part(job: Job, chunk: int) -> Part:
    """Draw and run one chunk, and count how its firms came out."""
    scores = ends(job.study, units(job, chunk), job.years)
    if not np.isfinite(scores).all():
        raise FloatingPointError(f"chunk {chunk}: a firm's score is not a finite number")
    rows = scores.reshape(-1, scores.shape[-1])
    places = coded(rows) + 2 * HALF * np.arange(len(rows))[:, None]
    return Part(*np.unique(places, return_counts=True))


def run(
    study: Study,
    firms: int,
    *,
    seed: int = 0,
    years: Sequence[int] = (LAST,),
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Crowd:
    """A crowd of `firms`, drawn from the study's ranges and run to the last of `years`.

    One machine does it, or a Dask cluster where `scheduler` is the address of one
    ("tcp://host:8786"); its workers need this package. `progress` is called after each chunk.
    """
    if firms < 1:
        raise ValueError(f"firms = {firms} is out of range: expected 1 or more")
    job = Job(study, firms, seed, tuple(sorted(years)))
    chunks = range(math.ceil(firms / CHUNK))
    counts = np.zeros((len(job.years), len(NAMES), 2 * HALF), np.int64)
    flat = counts.reshape(-1)
    parts = (
        (part(job, chunk) for chunk in chunks)
        if scheduler is None
        else _afar(scheduler, job, chunks)
    )
    for done, one in enumerate(parts, 1):
        flat[one.places] += one.counts
        if progress:
            progress(done, len(chunks))
    return Crowd(firms, job.years, counts)


def _afar(scheduler: str, job: Job, chunks: Iterable[int]) -> Iterator[Part]:
    """The parts as a cluster's workers finish them, in any order.

    A few for each worker are under way at a time, so that memory stays flat; when a worker dies,
    Dask gives what it had to another.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise ModuleNotFoundError(
            "a cluster needs Dask: pip install 'coalescence[cluster]'"
        ) from None
    try:
        client = Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as wrong:
        raise ConnectionError(f"no Dask scheduler answers at {scheduler} ({wrong})") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            raise ConnectionError(f"the Dask scheduler at {scheduler} has no workers") from None
        left = iter(chunks)
        ahead = 4 * sum(client.nthreads().values())

        def submit(chunk: int) -> Any:
            return client.submit(part, job, chunk, pure=False)

        running = as_completed(map(submit, islice(left, ahead)), loop=client.loop)
        for future in running:
            yield future.result()
            for chunk in islice(left, 1):
                running.add(submit(chunk))


# --- Which parameters decide ---------------------------------------------------------------------


def answer(study: Study, score: str, year: int = LAST) -> Model:
    """One score at the end of a year, as a function of places in the ranges."""

    def model(unit: Floats) -> Floats:
        found: Floats = ends(study, unit, (year,))[0, NAMES.index(score)]
        return found

    return model


def _problem(names: Sequence[str]) -> dict[str, Any]:
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


def screen(model: Model, names: Sequence[str], *, paths: int = 50, seed: int = 1) -> dict[str, Any]:
    """Morris' screening: columns parameter, effect, error, spread, largest effect first.

    `effect` is the mean size of a step's effect along random paths (mu*), per whole range, `error`
    half of its 95% interval, `spread` the effects' standard deviation, which is 0 only where the
    model is a sum of straight lines. Runs: `paths` x (parameters + 1).
    """
    from SALib.analyze.morris import analyze
    from SALib.sample.morris import sample

    problem = _problem(names)
    unit = sample(problem, paths, num_levels=4, seed=seed)
    found = analyze(problem, unit, model(unit), num_levels=4, seed=seed)
    columns = {"effect": "mu_star", "error": "mu_star_conf", "spread": "sigma"}
    return _sorted(names, {key: np.asarray(found[name]) for key, name in columns.items()}, "effect")


def indices(
    model: Model, names: Sequence[str], *, base: int = 1024, seed: int = 1
) -> dict[str, Any]:
    """Sobol' indices: columns parameter, first, first_error, total, total_error, by total index.

    `first` is the share of variance that goes when the parameter alone becomes known, `total` the
    share that stays when all others are; errors are halves of 95% intervals by bootstrap. Runs:
    `base` (a power of 2) x (parameters + 2).
    """
    from SALib.analyze.sobol import analyze
    from SALib.sample.sobol import sample

    if base < 2 or base & (base - 1):
        raise ValueError(f"base = {base} is out of range: expected a power of 2")
    problem = _problem(names)
    unit = sample(problem, base, calc_second_order=False, seed=seed)
    found = analyze(problem, model(unit), calc_second_order=False, seed=seed)
    columns = {"first": "S1", "first_error": "S1_conf", "total": "ST", "total_error": "ST_conf"}
    return _sorted(names, {key: np.asarray(found[name]) for key, name in columns.items()}, "total")


def _sorted(names: Sequence[str], columns: dict[str, Floats], by: str) -> dict[str, Any]:
    order = np.argsort(-columns[by], kind="stable")
    return {
        "parameter": [names[i] for i in order],
        **{key: values[order] for key, values in columns.items()},
    }


@lru_cache(maxsize=64)
def ranked(study: Study, score: str, year: int = LAST, base: int = 256) -> tuple[str, ...]:
    """The uncertain parameters, the one with the largest total index first."""
    names = [one.name for one in study.ranges]
    return tuple(indices(answer(study, score, year), names, base=base)["parameter"])


def swings(study: Study, score: str, year: int = LAST) -> dict[str, Any]:
    """One at a time: the score with each parameter alone at its low and its high end.

    Columns parameter, low, high, the widest swing first.
    """
    count = len(study.ranges)
    unit = np.full((2 * count, count), 0.5)
    unit[np.arange(count), np.arange(count)] = 0.0
    unit[count + np.arange(count), np.arange(count)] = 1.0
    low, high = answer(study, score, year)(unit).reshape(2, count)
    order = np.argsort(-np.abs(high - low), kind="stable")
    names = [study.ranges[i].name for i in order]
    return {"parameter": names, "low": low[order], "high": high[order]}


def added(study: Study, score: str, firms: int = 1000, *, seed: int = 0) -> dict[str, Any]:
    """For each firm of a crowd: what it came to, and what its parameters promise one at a time.

    The promise is the single firm's score, and for each parameter what it changes alone.
    """
    model = answer(study, score)
    unit = units(Job(study, firms, seed, (LAST,)), 0)[:firms]
    base, promise = model(middles(study))[0], np.zeros(len(unit))
    for at in range(len(study.ranges)):
        alone = np.full_like(unit, 0.5)
        alone[:, at] = unit[:, at]
        promise += model(alone) - base
    return {"promised": base + promise, "came": model(unit)}


# --- The lab -------------------------------------------------------------------------------------

HELD = {  # how many of the parameters, by total index, are held at their values
    "none": "nothing",
    "one": "the one that decides most",
    "three": "the three that decide most",
    "eight": "the eight that decide most",
    "rest": "all but the eight that decide most",
}
BINS = 24
DRAWN = 10_000


def chosen(study: Study, score: str, held: str) -> tuple[str, ...]:
    """The parameters that a choice of the lab holds."""
    order = ranked(study, score)
    return {
        "none": (), "one": order[:1], "three": order[:3], "eight": order[:8], "rest": order[8:],
    }[held]  # fmt: skip


@lru_cache(maxsize=64)
def _crowd(study: Study, years: tuple[int, ...]) -> Floats:
    return ends(study, units(Job(study, DRAWN, 0, years), 0), years)


def spread(
    study: Study,
    years: tuple[int, ...],
    *,
    score: str,
    year: int,
    held: str,
    firms: int = DRAWN,
) -> dict[str, Any]:
    """The lab: how the first `firms` firms of a crowd spread, with parameters held.

    Columns start and end of each of 24 bins, share of firms in it, and, alike in every row, the
    score of the single firm (`line`) and the bounds of nine firms in ten (`low`, `high`). The bins
    span 98% of the crowd with nothing held; what lies outside is counted at the ends.
    """
    which = (years.index(year), NAMES.index(score))
    free = _crowd(study, years)[which]
    first, last = np.quantile(free, [0.01, 0.99])
    edges = np.linspace(first, last, BINS + 1)
    values = _crowd(hold(study, chosen(study, score, held)), years)[which][:firms]
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    line = answer(study, score, year)(middles(study))[0]
    low, high = np.quantile(values, [0.05, 0.95])
    alike = {"line": line, "low": low, "high": high}
    return {
        "start": edges[:-1], "end": edges[1:], "share": counts / len(values),
        **{name: np.full(BINS, value) for name, value in alike.items()},
    }  # fmt: skip
