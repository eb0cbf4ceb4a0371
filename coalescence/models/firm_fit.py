"""Which parameters make the whole firm follow its history, and how sure can one be of them?

Least squares on logarithms with a prior for every parameter that is fitted (a maximum a posteriori
estimate); the spread of the estimate is Laplace's approximation (Gelman et al. 2013, ch. 13). The
arithmetic is `firm`'s; this module only asks how far it is from what was observed.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from coalescence.models import firm as engine
from coalescence.models.firm import Decision, Firm, Run

Floats = NDArray[np.float64]
SYNERGIES = ("in_home", "design", "portfolio", "channels")
FLOWS = frozenset(engine.Flow._fields)


class Observed(NamedTuple):
    """One figure that the firm should come near."""

    name: str  # a flow of the year, or a stock
    at: float  # the year of a flow; the moment of a stock, 2015.0 being the end of 2014
    value: float  # in the engine's units
    spread: float = 0.1  # share by which the figure or the model's account of it may be off


class Prior(NamedTuple):
    """What is thought of a parameter before the figures are seen."""

    middle: float
    spread: float  # of its logarithm


class Fit(NamedTuple):
    """Fitted parameters, and how uncertain they are."""

    firm: Firm
    names: tuple[str, ...]  # of what was fitted
    logs: Floats  # logarithms of the estimates, (names,)
    covariance: Floats  # of the logarithms, (names, names)
    cost: float  # half the sum of squared residuals, priors included
    tries: int  # starting points from which the best was taken


def modelled(result: Run, one: Observed) -> Any:
    """What the run says of the same thing: a year's flow, or a stock between two quarters."""
    if one.name in FLOWS:
        first = round((one.at - engine.FIRST) * 4)
        return engine.mean([getattr(flow, one.name) for flow in result.flows[first : first + 4]])
    steps = (one.at - engine.FIRST) / engine.QUARTER
    last = min(int(steps), len(result.states) - 2)
    before, after = (getattr(result.states[i], one.name) for i in (last, last + 1))
    return before + (steps - last) * (after - before)


def gaps(result: Run, observed: Sequence[Observed]) -> Floats:
    """How far is the run from each figure? Logarithms of the ratio, 0 where it agrees."""
    values = np.array([float(modelled(result, one)) for one in observed])
    figures = np.array([one.value for one in observed])
    logs: Floats = np.log(np.maximum(values / figures, 0.01))
    return logs


def fit(
    observed: Sequence[Observed],
    decisions: Sequence[Decision],
    priors: Mapping[str, Prior],
    base: Firm,
    *,
    tries: int = 4,
    seed: int = 0,
) -> Fit:
    """The parameters that are most probable given figures and priors.

    Trust-region least squares (scipy) from `tries` starting points drawn from the priors, the
    first at their middle; all but `priors`' parameters stay as in `base`.
    """
    names = tuple(priors)
    middle = np.log([prior.middle for prior in priors.values()])
    spread = np.array([prior.spread for prior in priors.values()])
    width = np.array([one.spread for one in observed])

    def residuals(logs: Floats) -> Floats:
        found = with_logs(base, names, logs)
        off = gaps(engine.run(found, decisions), observed) / width
        return np.concatenate([off, (logs - middle) / spread])

    random = np.random.default_rng(seed)
    starts = [middle] + [middle + 0.7 * spread * random.standard_normal(len(names))
                         for _ in range(tries - 1)]  # fmt: skip
    best = min(
        (least_squares(residuals, at, x_scale=spread, max_nfev=200) for at in starts),
        key=lambda found: float(found.cost),
    )
    slopes = np.asarray(best.jac, dtype=float)  # of the residuals
    covariance = np.linalg.inv(slopes.T @ slopes)
    return Fit(with_logs(base, names, best.x), names, best.x, covariance, float(best.cost), tries)


def with_logs(base: Firm, names: Iterable[str], logs: Iterable[Any]) -> Firm:
    """`base` with these parameters, given by their logarithms (numbers or arrays)."""
    return base._replace(**{name: np.exp(log) for name, log in zip(names, logs, strict=True)})
