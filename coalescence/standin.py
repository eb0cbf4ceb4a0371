"""STAND-IN until data/firm.csv and `firm_fit.stored` and `firm_fit.decided` are there.

To swap: delete this file; in the chapters and tests replace `standin.table(` by `data.table(`,
`standin.stored(` by `firm_fit.stored(` and `standin.decided(` by `firm_fit.decided(`.
Nothing here was fitted: defaults of `Firm`, ranges of 30% around them, decisions made up.
"""

from typing import Any

import pandas as pd

from coalescence.models.firm import Decision, Firm

FIXED = ("launch", "entry", "steep", "scarce")  # dates and switches


def table(name: str) -> pd.DataFrame:
    """What data.table("firm") will give."""
    rows = [
        {"name": key, "value": value,
         "low": value * (1 if key in FIXED else 0.7), "high": value * (1 if key in FIXED else 1.3)}
        for key, value in Firm()._asdict().items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def stored(table: pd.DataFrame) -> Firm:
    """What firm_fit.stored will give."""
    return Firm(**dict(zip(table["name"], table["value"], strict=True)))


def decided(company: Any, partners: Any) -> list[Decision]:
    """What firm_fit.decided will give: decisions of 2011-2024."""
    return [
        Decision(0.05, 0.0, 5.0, 0.2, 0.03),
        Decision(0.05, 0.0, 5.0, 0.2, 0.03),
        Decision(0.05, 0.0, 10.0, 0.2, 0.03),
        *[Decision(0.06, 0.02, 30.0, 0.2, 0.03)] * 3,
        *[Decision(0.08, 0.2, 40.0, 0.2, 0.03)] * 3,
        *[Decision(0.09, 1.0, 40.0, 0.2, 0.03)] * 5,
    ]
