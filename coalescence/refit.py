"""Fit the whole firm to its history again, and write what was found to `data/firm.csv`.

    python -m coalescence.refit

The game and its logs rest on the kept numbers, so that they are the same on every machine; a test
fails when they are no longer what the fit finds.
"""

import csv
from pathlib import Path
from typing import Any

import pandas as pd

from coalescence import data
from coalescence.models import firm, firm_fit, operations
from coalescence.models.firm import Firm

ENGINE = Path(firm.__file__)  # the source in which every parameter's meaning and unit stand
# What is not fitted: (low, high, basis, why). Values are those of `Firm` or of `base`.
HELD: dict[str, tuple[float, float, str, str]] = {
    "half_stores": (0.5, 2, "assumed", ""),
    "entry": (0, 0, "reported", "first sale in India, table flash_sales"),
    "launch": (0, 0, "reported", "pre-orders of the Mi One, table flash_sales"),
    "fan_voice": (2, 10, "assumed", ""),
    "wait_voice": (0, 1, "assumed", ""),
    "steep": (3, 6, "assumed", "3 or 6, nothing between"),
    "notice": (0.5, 2, "assumed", ""),
    "patience": (0.5, 2, "assumed", ""),
    "recruits": (0.2, 1, "assumed", ""),
    "fan_life": (1, 4, "assumed", ""),
    "cost": (0, 0, "reported", "price of the Mi One less the margin of 2016"),
    "capacity_lag": (0.25, 1, "assumed", ""),
    "scarce": (0, 0, "assumed", "a switch"),
    "trade": (1.25, 1.6, "estimated", "shops took 20 to 30% of the price, table industry"),
    "answer_lag": (1, 4, "assumed", ""),
    "rival_cost": (1.25, 1.5, "assumed", ""),
    "pool": (2, 8, "assumed", ""),
    "leave": (0.01, 0.06, "assumed", ""),
    "founder": (0, 0, "assumed", "unit of value, as in the chapter on equity"),
    "help": (0.25, 0.75, "assumed", "as in the chapter on equity"),
    "room": (5, 12, "assumed", ""),
    "device_margin": (0, 0, "reported", "mean gross margin of 2017 to 2020"),
    "partner_margin": (0.04, 0.12, "assumed", ""),
    "care": (0.01, 0.03, "assumed", ""),
    "ticket": (0.05, 0.3, "assumed", ""),
    "platform_life": (3, 8, "assumed", ""),
    "service_margin": (0, 0, "reported", "mean gross margin seen up to 2020"),
    "store_cost": (1, 3, "assumed", "the shop of the chapter on operations"),
    "credit": (3, 8, "assumed", ""),
    "tight": (0.25, 1, "assumed", ""),
}


def base() -> Firm:
    """The firm before the fit: what is reported or estimated from the tables, the rest assumed."""
    company, sales, industry = (data.table(t) for t in ("company", "flash_sales", "industry"))

    def mean(metric: str) -> float:
        rows = company[(company["metric"] == metric) & (company["year"] <= firm_fit.LAST)]
        return float(rows["value"].mean()) / 100

    products = data.table("products")
    price = products[(products["product"] == "Mi One") & (products["metric"] == "price")]
    thin = company[company["metric"] == "gross_margin_hardware"].set_index("year")["value"]
    ratios = industry[industry["metric"].str.startswith("channel_cost_ratio")]
    share = ratios[ratios["entity"] == "Traditional shops, China"]["value"]
    shop = operations.upkeep(operations.Premises())
    cost = float(price["value"].max()) * (1 - float(thin[2016]) / 100)
    return Firm(
        entry=firm_fit.moment(sales[sales["market"] == "India"]["date"].min()[:7]) - 1 / 12,
        launch=firm_fit.moment(sales["date"].min()[:7]),
        cost=cost,
        trade=1 / (1 - float(share.max()) / 100),
        device_margin=mean("gross_margin_iot"),
        service_margin=mean("gross_margin_internet"),
        store_cost=float(shop) / 1e6,
    )


def found(tries: int = 3) -> firm_fit.Fit:
    """The fit to the figures in `data/`."""
    company, partners = data.table("company"), data.table("partners")
    decisions = firm_fit.decided(company, partners, firm_fit.LAST)
    return firm_fit.fit(firm_fit.observed(company), decisions, base(), tries=tries)


def table(fit: firm_fit.Fit) -> pd.DataFrame:
    """A row for each parameter: value, low, high, basis, note; fitted ones with 90% intervals."""
    wide, rows = firm_fit.ranges(fit), []
    for name, value in fit.firm._asdict().items():
        low, high, basis, note = (*wide[name], "fitted", "") if name in wide else HELD[name]
        low, high = (low, high) if high else (value, value)
        rows.append({"parameter": name, "value": short(value), "low": short(low),
                     "high": short(high), "basis": basis, "note": note})  # fmt: skip
    return pd.DataFrame(rows)


def short(value: float) -> float:
    """A number of five significant figures."""
    return float(f"{value:.5g}") if value < 1000 else float(f"{value:.6g}")


def write(frame: pd.DataFrame, file: Path) -> None:
    """The table as the other tables are written."""
    rows: list[dict[str, Any]] = frame.to_dict("records")  # type: ignore[assignment]
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(frame), lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            [
                {
                    k: f"{v:g}"
                    if isinstance(v, float) and abs(v) < 1e5 and v == float(f"{v:g}")
                    else v
                    for k, v in row.items()
                }
                for row in rows
            ]
        )


if __name__ == "__main__":
    write(table(found()), data.FOLDER / "firm.csv")
