"""How fast did it grow, along which curve, and could anybody have told in advance?

Four curves of the field are fitted to the first years of a series and scored on the later ones:
the exponential, the logistic, the Gompertz curve (Gompertz 1825, Winsor 1932) and the diffusion
of a new product through a population (Bass 1969). Time `t` and every rate belong together: with
`t` in years, rates are per year. Meade and Islam (2006) review the whole family.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import OptimizeWarning, curve_fit

from coalescence.models._check import within

Floats = NDArray[np.float64]

FARAWAY = 100.0  # a ceiling this many times the largest observation is no ceiling
LIMIT = 999.0  # where a lab's table stops counting: a runaway forecast is cut off here
ENDLESS = 10_000.0  # what a lab's table holds for a ceiling that was not found
HOPELESS = 10.0  # and for a mean error of more than tenfold
LEAST = 3  # years needed to fit a curve of three parameters


# --- growth rates -------------------------------------------------------------------------------


def cagr(first: ArrayLike, last: ArrayLike, years: ArrayLike) -> Any:
    """The steady yearly growth that leads from `first` to `last` in `years` years, eq. (1).

    The amounts are positive and share one unit, whichever it is; 0.35 is 35% a year.
    """
    within("first", first, 0, open_low=True)
    within("last", last, 0, open_low=True)
    within("years", years, 0, open_low=True)
    ratio = np.asarray(last, dtype=float) / np.asarray(first, dtype=float)
    return ratio ** (1 / np.asarray(years, dtype=float)) - 1


# --- four curves --------------------------------------------------------------------------------


def exponential(t: ArrayLike, start: float, rate: float) -> Any:
    """Growth that adds the same percentage every year, for ever, eq. (2)."""
    return start * np.exp(rate * np.asarray(t, dtype=float))


def logistic(t: ArrayLike, ceiling: float, rate: float, middle: float) -> Any:
    """An S-curve that bends at half its ceiling, at time `middle`, eq. (3)."""
    return ceiling / (1 + np.exp(-rate * (np.asarray(t, dtype=float) - middle)))


def gompertz(t: ArrayLike, ceiling: float, rate: float, middle: float) -> Any:
    """An S-curve that bends earlier, at ceiling / e, at time `middle`, eq. (4)."""
    return ceiling * np.exp(-np.exp(-rate * (np.asarray(t, dtype=float) - middle)))


class Bass(NamedTuple):
    """A new product on its way through a population (Bass 1969)."""

    p: float = 0.03  # innovation: chance per year that somebody adopts unprompted
    q: float = 0.38  # imitation: what a whole population of adopters adds to that chance, per year
    m: float = 100.0  # potential: how many will ever adopt


def bass_share(t: ArrayLike, p: float, q: float) -> Any:
    """Share of the potential that has adopted by time `t` after the launch, eq. (6).

    Zero at and before the launch. p > 0, else nobody ever starts; q >= 0.
    """
    within("p", p, 0, open_low=True)
    within("q", q, 0)
    left = np.exp(-(p + q) * np.maximum(np.asarray(t, dtype=float), 0.0))
    return (1 - left) / (1 + q / p * left)


def bass_adopters(t: ArrayLike, p: float, q: float, m: float) -> Any:
    """How many have adopted by time `t` after the launch, m F(t)."""
    return m * bass_share(t, p, q)


def bass_sales(t: ArrayLike, p: float, q: float, m: float) -> Any:
    """First purchases in the period that ends at `t`, m [F(t) - F(t - 1)], eq. (7).

    Yearly sales are this difference, not the speed of adoption at the year's end.
    """
    t = np.asarray(t, dtype=float)
    return m * (bass_share(t, p, q) - bass_share(t - 1, p, q))


def bass_unprompted(t: ArrayLike, p: float, q: float, m: float) -> Any:
    """How many of the adopters by time `t` came by themselves, not through others.

    The integral of p (m - N) in closed form; the rest are imitators.
    """
    share = bass_share(t, p, q)  # checks p and q as well
    if q == 0:
        return m * share
    left = np.exp(-(p + q) * np.maximum(np.asarray(t, dtype=float), 0.0))
    return m * p / q * np.log1p(q * (1 - left) / (p + q * left))


def bass_peak(p: float, q: float, m: float) -> tuple[float, float]:
    """When adoption is fastest, and how fast it is then (adopters per year), eq. (8).

    If q <= p the launch itself is the peak.
    """
    within("p", p, 0, open_low=True)
    if q <= p:
        return 0.0, m * p
    return float(np.log(q / p) / (p + q)), m * (p + q) ** 2 / (4 * q)


# --- estimation ---------------------------------------------------------------------------------


class Parabola(NamedTuple):
    """Bass's regression of sales on what had been sold before, a + b Y + c Y^2, eq. (9)."""

    a: float  # p m
    b: float  # q - p
    c: float  # - q / m: must come out negative, or no ceiling exists
    rse: float  # residual standard error, in units of sales


def bass_regression(sales: ArrayLike) -> Parabola:
    """Least squares of each period's sales on the cumulative sales of the period before, eq. (9).

    `sales`: one number a period from the launch on, at least four. The regressor is Y(t-1), zero
    in the first period; with Y(t) today's sales would stand on both sides.
    """
    sold = np.asarray(sales, dtype=float)
    if sold.ndim != 1 or len(sold) < 4:
        raise ValueError(f"sales: expected at least 4 periods in a row, got shape {sold.shape}")
    before = np.concatenate([[0.0], np.cumsum(sold)[:-1]])
    design = np.vander(before, 3, increasing=True)
    beta, *_ = np.linalg.lstsq(design, sold)
    spread = np.sqrt(np.sum((sold - design @ beta) ** 2) / (len(sold) - 3))
    a, b, c = (float(x) for x in beta)
    return Parabola(a, b, c, float(spread))


def bass_ols(sales: ArrayLike) -> Bass:
    """p, q and m from the regression of eq. (9), as Bass (1969) estimated them.

    ValueError if the parabola does not come down again (c >= 0) or starts below zero (a <= 0):
    such data hold no finite, positive potential.
    """
    a, b, c, _ = bass_regression(sales)
    if c >= 0:
        raise ValueError(f"c = {c:.3g} is not negative: these sales show no ceiling m yet")
    if a <= 0:
        raise ValueError(f"a = {a:.3g} is not positive: these sales show no innovators p")
    m = (-b - np.sqrt(b**2 - 4 * a * c)) / (2 * c)
    return Bass(p=float(a / m), q=float(-c * m), m=float(m))


class Curve(NamedTuple):
    """A curve that can be fitted."""

    title: str  # what it is called
    names: tuple[str, ...]  # its parameters, in order
    shape: Callable[..., Any]  # (t, *parameters) -> values
    ceiling: int | None  # which parameter is the ceiling or the potential; None: it has none


CURVES: dict[str, Curve] = {
    "exponential": Curve("Exponential", ("start", "rate"), exponential, None),
    "logistic": Curve("Logistic", ("ceiling", "rate", "middle"), logistic, 0),
    "gompertz": Curve("Gompertz", ("ceiling", "rate", "middle"), gompertz, 0),
    "bass": Curve("Bass", Bass._fields, bass_sales, 2),
}


class Fit(NamedTuple):
    """A curve fitted by least squares."""

    curve: str  # a key of CURVES
    values: Floats  # the estimates, in the order of CURVES[curve].names
    errors: Floats  # their standard errors; infinite where the data cannot tell
    rmse: float  # root mean squared residual, in units of the data
    open_ended: bool  # True if the ceiling ran to the edge of the search: there is none in sight

    def __call__(self, t: ArrayLike) -> Any:
        """The fitted curve at `t`."""
        return CURVES[self.curve].shape(t, *self.values)

    @property
    def ceiling(self) -> float:
        """The estimated ceiling (Bass: the potential m); infinite if none was found."""
        place = CURVES[self.curve].ceiling
        return float("inf") if place is None or self.open_ended else float(self.values[place])


def fit(curve: str, t: ArrayLike, values: ArrayLike) -> Fit:
    """The curve nearest to `values` at times `t`: nonlinear least squares from several starts.

    For "bass" the values are sales per period (interval sales, Srinivasan and Mason 1986) and `t`
    counts periods since the launch, the first being 1. At least as many values as parameters.
    Standard errors come from the residuals and the slope at the optimum.
    """
    if curve not in CURVES:
        raise ValueError(f"curve = {curve!r} is unknown: expected one of {', '.join(CURVES)}")
    t, values = np.asarray(t, dtype=float), np.asarray(values, dtype=float)
    if t.shape != values.shape or t.ndim != 1:
        raise ValueError(f"t and values must be equally long, got {t.shape} and {values.shape}")
    count = len(CURVES[curve].names)
    if len(t) < count:
        raise ValueError(f"{curve} has {count} parameters and cannot be fitted to {len(t)} values")
    low, high = _bounds(curve, t, values)
    tries = [_descend(curve, t, values, start, low, high) for start in _starts(curve, t, values)]
    found = [one for one in tries if one]
    if not found:
        raise ValueError(f"{curve} could not be fitted to these {len(t)} values: no search arrived")
    estimate, covariance, loss = min(found, key=lambda one: one[2])
    edge = (estimate > 0.999 * high) & np.isfinite(high)
    free = len(t) > count and not edge.any() and bool(np.isfinite(covariance).all())
    errors = np.sqrt(np.diag(covariance)) if free else np.full(count, np.inf)
    place = CURVES[curve].ceiling
    open_ended = place is not None and bool(edge[place])
    return Fit(curve, estimate, errors, float(np.sqrt(loss / len(t))), open_ended)


def _bounds(curve: str, t: Floats, values: Floats) -> tuple[Floats, Floats]:
    top, span = FARAWAY * values.max(), float(t[-1] - t[0]) + 1
    low, high = {
        "exponential": ([0, -3], [np.inf, 3]),
        "bass": ([1e-9, 0, 0], [1, 5, FARAWAY * values.sum()]),
    }.get(curve, ([0, 0, t[0] - 10 * span], [top, 5, t[-1] + 10 * span]))
    return np.array(low, dtype=float), np.array(high, dtype=float)


def _starts(curve: str, t: Floats, values: Floats) -> Iterator[tuple[float, ...]]:
    """Sensible places to begin the search: it has several valleys."""
    if curve == "exponential":
        rate = np.log(values[-1] / values[0]) / (t[-1] - t[0]) if values.min() > 0 else 0.1
        rate = float(np.clip(rate, -2, 2))
        yield max(float(values[0] * np.exp(-rate * t[0])), 1e-6), rate
    elif curve == "bass":
        for p, q, times in ((0.03, 0.38, 1.5), (0.005, 0.5, 2), (0.001, 1, 1.2), (0.01, 0.3, 6)):
            yield p, q, times * float(values.sum())
    else:
        for middle, times in ((t.mean(), 1.1), (t[-1], 2), (2 * t[-1] - t[0], 8)):
            yield times * float(values.max()), 0.5, float(middle)


def _descend(
    curve: str, t: Floats, values: Floats, start: tuple[float, ...], low: Floats, high: Floats
) -> tuple[Floats, Floats, float] | None:
    """Estimate, covariance and squared error from one start; None if the search gets lost."""
    shape = CURVES[curve].shape
    scale = np.maximum(np.abs(start), 1e-3)
    with warnings.catch_warnings(), np.errstate(over="ignore"):
        warnings.simplefilter("ignore", OptimizeWarning)  # an unknown covariance comes back as inf
        try:
            found, covariance = curve_fit(
                shape, t, values, start, bounds=(low, high), x_scale=scale, max_nfev=2000
            )
        except RuntimeError:
            return None
        return found, covariance, float(np.sum((values - shape(t, *found)) ** 2))


# --- forecasts and their scores -----------------------------------------------------------------


def last_value(values: ArrayLike, steps: int) -> Floats:
    """The naive forecast: every later year is like the last one known."""
    return np.full(steps, np.asarray(values, dtype=float)[-1])


def drift(values: ArrayLike, steps: int) -> Floats:
    """The naive forecast with drift: add each year what was added in an average year so far."""
    values = np.asarray(values, dtype=float)
    pace = (values[-1] - values[0]) / (len(values) - 1)
    return np.asarray(values[-1] + pace * np.arange(1, steps + 1))


class Score(NamedTuple):
    """How far a forecast lay from what happened."""

    rmse: float  # root mean squared error, in units of the data
    mape: float  # mean absolute error as a share of what happened
    mase: float  # mean absolute error, one being the average change from year to year before


def score(known: ArrayLike, happened: ArrayLike, forecast: ArrayLike) -> Score:
    """Score a `forecast` of `happened` made from `known` (Hyndman and Koehler 2006 for MASE)."""
    known, happened = np.asarray(known, dtype=float), np.asarray(happened, dtype=float)
    gap = np.abs(np.asarray(forecast, dtype=float) - happened)
    usual = np.abs(np.diff(known)).mean()
    return Score(
        rmse=float(np.sqrt(np.mean(gap**2))),
        mape=float(np.mean(gap / happened)),
        mase=float(gap.mean() / usual),
    )


class History(NamedTuple):
    """A yearly series, some of whose first years may be counted by another definition."""

    year: Floats  # calendar years, one after another
    value: Floats  # amount in each year
    since: float = 0.0  # first year that may be compared with the last
    launch: float = 2011.0  # the year at whose end the clock of the Bass curve starts

    def known(self, last: float) -> NDArray[np.bool_]:
        """Which years may be used to fit, if `last` is the last one known."""
        return (self.year >= self.since) & (self.year <= last)


def contest(history: History, last: int) -> dict[str, list[Any]]:
    """Every curve and two naive forecasts from the years up to `last`, scored on the later ones."""
    t, known, later = history.year - history.launch, history.known(last), history.year > last
    seen, happened = history.value[known], history.value[later]
    steps = int(later.sum())
    fits = {name: fit(name, t[known], seen) for name in CURVES}
    rows: list[tuple[str, float, Any]] = [
        (CURVES[name].title, found.rmse, found(t[later])) for name, found in fits.items()
    ]
    changes = np.diff(seen)
    rows.append(("Same as last year", float(np.sqrt(np.mean(changes**2))), last_value(seen, steps)))
    inside = float(np.sqrt(np.mean((changes - changes.mean()) ** 2)))
    rows.append(("Same step every year", inside, drift(seen, steps)))
    scores = [score(seen, happened, forecast) for _, _, forecast in rows]
    return {
        "forecast": [name for name, _, _ in rows],
        "inside": [rmse for _, rmse, _ in rows],
        "rmse": [s.rmse for s in scores],
        "mape": [s.mape for s in scores],
        "mase": [s.mase for s in scores],
    }


def replay(
    histories: Mapping[str, History], *, series: str, curve: str, last: int
) -> dict[str, Any]:
    """Stand at the end of year `last`, fit a curve to what was known, and see what came.

    One row a year; `ceiling` and `error` (the mean miss, as a share) are the same in each row.
    A series needs LEAST comparable years: an earlier `last` is moved up to them.
    """
    history = histories[series]
    last = max(last, int(history.since) + LEAST - 1)
    year, value, t = history.year, history.value, history.year - history.launch
    known, later = history.known(last), year > last
    found, endless = fit(curve, t[known], value[known]), fit("exponential", t[known], value[known])
    naive = last_value(value[known], len(year))
    wrong = score(value[known], value[later], found(t[later])).mape
    return {
        "year": year.astype(int),
        "actual": value,
        "kind": np.select([known, later], ["used", "held out"], "other definition"),
        "fitted": np.minimum(found(t), LIMIT),
        "exponential": np.minimum(endless(t), LIMIT),
        "naive": naive,
        "ceiling": np.full(len(year), np.round(min(found.ceiling, ENDLESS))),
        "error": np.full(len(year), min(wrong, HOPELESS)),
    }


def ceilings(history: History, curve: str, years: ArrayLike) -> dict[str, list[float]]:
    """The ceiling that the data of each year would have announced, with its standard error.

    `so_far` is what the ceiling has to be compared with: the largest year known, or for "bass",
    whose potential counts everybody, the sum. A year without a finite ceiling is left out.
    """
    table: dict[str, list[float]] = {"year": [], "ceiling": [], "error": [], "so_far": []}
    for last in np.asarray(years, dtype=float):
        known = history.known(last)
        seen = history.value[known]
        found = fit(curve, history.year[known] - history.launch, seen)
        if not (np.isfinite(found.ceiling) and np.isfinite(found.errors).all()):
            continue
        place = CURVES[curve].ceiling or 0
        so_far = seen.sum() if curve == "bass" else seen.max()
        row = (last, found.ceiling, float(found.errors[place]), float(so_far))
        for column, number in zip(table.values(), row, strict=True):
            column.append(float(number))
    return table


def diffusion(*, p: float, q: float, m: float) -> dict[str, Any]:
    """Thirty years of first purchases of a new product, by what prompted them, eq. (7)."""
    year = np.arange(1, 31)
    alone = np.diff(bass_unprompted(np.arange(31), p, q, m))
    return {"year": year, "unprompted": alone, "told": bass_sales(year, p, q, m) - alone}
