"""Does a student's answer agree with the chapter's? Used by the assignments' tests."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

WITHIN = 0.03  # how far a number may lie from the chapter's, as a share: two figures are enough


def plain(value: Any) -> Any:
    """A value as plain numbers, words, lists and dictionaries, so that it can be written down."""
    if isinstance(value, Mapping):
        return {plain(key): plain(one) for key, one in value.items()}
    if hasattr(value, "to_dict") and hasattr(value, "index"):
        return plain(value.to_dict())
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def finite(value: Any) -> bool:
    """Whether an answer consists of finite numbers, words or truths, and of at least one."""
    value = plain(value)
    if isinstance(value, dict | list):
        parts = list(value.values()) if isinstance(value, dict) else value
        return bool(parts) and all(finite(part) for part in parts)
    return isinstance(value, str) or (isinstance(value, int | float) and math.isfinite(value))


def agrees(given: Any, expected: Any, within: float = WITHIN) -> bool:
    """Whether an answer is the expected one: counts exactly, other numbers within a share of it."""
    given, expected = plain(given), plain(expected)
    if isinstance(expected, dict):
        same = isinstance(given, dict) and set(given) == set(expected)
        return same and all(agrees(given[key], one, within) for key, one in expected.items())
    if isinstance(expected, list):
        same = isinstance(given, list) and len(given) == len(expected)
        return same and all(agrees(*pair, within) for pair in zip(given, expected, strict=True))
    if isinstance(expected, str):
        return isinstance(given, str) and given.strip().lower() == expected.strip().lower()
    if isinstance(given, str | dict | list) or given is None:
        return False
    if isinstance(expected, int):
        return bool(given == expected)
    return math.isclose(given, expected, rel_tol=within, abs_tol=1e-9)
