"""Say clearly which parameter is out of range."""

from typing import Any

import numpy as np


def within(
    name: str, value: Any, low: float = -np.inf, high: float = np.inf, *, open_low: bool = False
) -> None:
    """Raise ValueError unless every number in `value` lies in [low, high] (or in (low, high])."""
    numbers = np.asarray(value, dtype=float)
    inside = (numbers > low if open_low else numbers >= low) & (numbers <= high)
    if not np.all(inside):
        wrong = np.extract(~inside, numbers)[0]
        raise ValueError(
            f"{name} = {wrong:g} is out of range: "
            f"expected {'(' if open_low else '['}{low:g}, {high:g}]"
        )
