"""By how much a normal number is expected to pass a bar: newsvendors, options, searches."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm


def loss(z: ArrayLike) -> Any:
    """By how much is a standard normal number above `z`, counting 0 if below? phi(z) - z Phi(-z).

    The standard normal loss function, E max(x - z, 0).
    """
    bar = np.asarray(z, dtype=float)
    return norm.pdf(bar) - bar * norm.sf(bar)
