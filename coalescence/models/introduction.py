"""What can one winner teach?

*Studying the best.* A practice that makes firms more different from one another fills the top, and
the bottom, whether or not it helps on average (Denrell 2003).
*Believing a case.* By Bayes' rule a case moves a belief only by its likelihood ratio: how much more
often winners follow a practice that works than one that does not.

Performance is measured in standard deviations of the firms without the practice.
Every function takes floats. Equation numbers are those of the chapter.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.stats import norm

from coalescence.models._check import within

Table = dict[str, Any]  # name of a column -> its values


class Practice(NamedTuple):
    """Something that some firms do and others do not."""

    mean: float = 0.0  # mu, what it adds to performance on average
    spread: float = 1.5  # sigma, standard deviation of performance with it; 1 without
    share: float = 0.5  # a, share of all firms that follow it


def _checked(practice: Practice) -> Practice:
    within("spread", practice.spread, 0.0, open_low=True)
    within("share", practice.share, 0.0, 1.0)
    return practice


def above(practice: Practice, bar: ArrayLike) -> tuple[Any, Any]:
    """Share of all firms that follow it and pass the bar, and that pass the bar without it."""
    practice = _checked(practice)
    follow = practice.share * norm.sf((np.asarray(bar) - practice.mean) / practice.spread)
    return follow, (1 - practice.share) * norm.sf(np.asarray(bar))


def bar(practice: Practice, top: float) -> float:
    """The performance that just the best `top` (a share, 0 to 1) of all firms reach."""
    within("top", top, 1e-9, 1 - 1e-9)
    widest = 10 * max(1.0, practice.spread) + abs(practice.mean)
    found: float = brentq(lambda x: sum(above(practice, x)) - top, -widest, widest)
    return found


def among_winners(practice: Practice, top: float) -> float:
    """Share of the best `top` that follow the practice, eq. (1)."""
    return float(above(practice, bar(practice, top))[0] / top)


def density(practice: Practice, performance: ArrayLike) -> tuple[Any, Any]:
    """Firms at a performance with the practice and without, as densities that add up to 1."""
    practice = _checked(practice)
    x = np.asarray(performance, dtype=float)
    follow = practice.share * norm.pdf(x, practice.mean, practice.spread)
    return follow, (1 - practice.share) * norm.pdf(x)


def winners(mean: float, spread: float, top: float) -> Table:
    """Lab: all firms, with the practice and without, and how many winners follow it."""
    practice = Practice(mean, spread)
    x = np.linspace(-4, 6, 61)
    follow, rest = density(practice, x)
    return {
        "performance": x,
        "follow": follow,
        "rest": rest,
        "bar": np.full(x.size, bar(practice, top)),
        "share": np.full(x.size, among_winners(practice, top)),
    }


# --- Believing a case ----------------------------------------------------------------------------


def likelihood_ratio(effect: float, top: float, share: float = 0.5) -> float:
    """How much more often a winner follows a practice if it adds `effect` than if it adds nothing.

    Among the winners, over its share among all firms (which is what it would be without effect).
    """
    return among_winners(Practice(effect, 1.0, share), top) / share


def belief(prior: ArrayLike, ratio: ArrayLike, cases: ArrayLike = 1) -> Any:
    """Chance that a practice works after `cases` winners that all follow it, eq. (2)."""
    within("prior", prior, 0.0, 1.0)
    prior = np.asarray(prior, dtype=float)
    weight = prior * np.asarray(ratio, dtype=float) ** np.asarray(cases)
    return weight / (weight + 1 - prior)


def cases_needed(prior: float, ratio: float, sure: float = 0.95) -> float:
    """How many winners, all of them followers, make it `sure` that the practice works.

    Infinite if a winner follows it no more often than any other firm.
    """
    if ratio <= 1:
        return np.inf
    return float(np.log(sure / (1 - sure) * (1 - prior) / prior) / np.log(ratio))


def cases(prior: float, effect: float, top: float) -> Table:
    """Lab: belief after none, one, two ... winners that all follow the practice."""
    number = np.arange(31)
    return {
        "cases": number,
        "belief": belief(prior, likelihood_ratio(effect, top), number),
    }
