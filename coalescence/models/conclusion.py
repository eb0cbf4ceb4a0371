"""For which firm does a lesson carry over?

Each lesson is one of the chapters' models, asked a single question: how much better off is a firm
that follows it than one that does not? The answer hangs on a condition of the firm. Putting them
side by side, and the numbers of the example firm, are this casebook's own.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from coalescence.models import customers_sale, equity, expansion, marketing, operations
from coalescence.models._check import within

Table = dict[str, Any]  # name of a column -> its values


class Firm(NamedTuple):
    """The conditions of a firm on which the lessons hang."""

    shop: float = 0.25  # share of its buyers who need a shop
    services: float = 0.03  # what a user brings a year after the sale, share of the product's cost
    imitated: bool = False  # whether rivals earn the same afterwards
    referral: float = 0.5  # customers that a customer brings
    capacity: float = 10.0  # what it costs to be able to make one more a week, margins on one
    help: float = 0.5  # what its help adds to a partner, beside the founder's effort
    cost: float = 300.0  # of entering one more country, USD m


STAKE = 0.2  # of a partner, about what was usual
BATCH = 1.0  # % of the market on sale each week, if supply is kept short


def direct(shop: ArrayLike, tiers: ArrayLike = 1) -> Any:
    """Gain of the maker from selling without middlemen, losing those who need a shop.

    Share of its profit through a chain of `tiers` middlemen that each set a price (Spengler 1950).
    """
    within("shop", shop, 0, 1)
    market = equity.Market()
    alone = customers_sale.chain(market, 0).maker
    return (1 - np.asarray(shop)) * alone / customers_sale.chain(market, tiers).maker - 1


def most_shoppers(tiers: ArrayLike = 1) -> Any:
    """Share of buyers who need a shop above which direct sale loses, eq. (1): 1 - 2^-tiers."""
    within("tiers", tiers, 0)
    return 1 - 2.0 ** -np.asarray(tiers, dtype=float)


@lru_cache
def thin_margin(services: float, imitated: bool) -> float:
    """Gain in profit from services after the sale, the margin on the product being the best one.

    Share of the profit without services, against one rival that has them too or has none.
    """
    demand = "equals" if imitated else "ahead"
    value = float(operations.lifetime_value(services, 0.7, 0.12))

    def profit(value: float) -> float:
        margin = operations.hardware_margin(value, demand)
        return float((margin + value) * operations.buyers(margin, value, demand))

    return profit(value) / profit(0.0) - 1


def word(referral: ArrayLike) -> Any:
    """Share of the cost of a customer that referrals save, beside advertising alone."""
    ads, wanted = marketing.Advertising(), 10.0
    return 1 - marketing.referred_cost(ads, wanted, referral, 0.0) / marketing.advertised_cost(
        ads, wanted
    )


@lru_cache
def _sales(batch: float) -> tuple[float, float]:
    """Profit of two years with this batch, capacity being free, and the largest weekly sale."""
    sale = customers_sale.Sale(m=100.0, batch=batch)
    sold = np.diff(customers_sale.sell_out(sale, 104).sold)
    return float(customers_sale.sale_profit(sale, 104, line=0)), float(sold.max())


def scarcity(capacity: float) -> float:
    """Gain in profit from one small batch a week, beside making enough for the busiest week."""
    within("capacity", capacity, 0)
    (few, _), (all_, peak) = _sales(BATCH), _sales(customers_sale.ENDLESS)
    return (few - capacity * BATCH) / (all_ - capacity * peak) - 1


def least_capacity_cost() -> float:
    """The cost of capacity above which the small batch earns more, in margins on one."""
    (few, _), (all_, peak) = _sales(BATCH), _sales(customers_sale.ENDLESS)
    return (all_ - few) / (peak - BATCH)


def minority(help: ArrayLike, stake: ArrayLike = STAKE) -> Any:
    """Gain in a partner's value from a stake, beside leaving it to its founder alone."""
    venture = equity.Venture(founder=1.0, investor=help)  # type: ignore[arg-type]
    return equity.value(venture, stake) / equity.value(venture, 0.0) - 1  # type: ignore[arg-type]


def least_help(stake: ArrayLike = STAKE) -> Any:
    """Help, beside the founder's effort, below which a stake destroys value, eq. (2)."""
    within("stake", stake, 0, 1)
    share = np.asarray(stake, dtype=float)
    return np.sqrt(share / (2 - share))


@lru_cache
def at_once(cost: float) -> float:
    """Gain from entering all countries at once, beside one every two years.

    Share of what the slower way brings before entry costs.
    """
    plan, free = expansion.Plan(), [c._replace(cost=0.0) for c in expansion.ABROAD]
    paid = [c._replace(cost=cost) for c in expansion.ABROAD]
    more = expansion.worth("sprinkler", 2.0, plan, paid) - expansion.worth(
        "waterfall", 2.0, plan, paid
    )
    return more / expansion.worth("waterfall", 2.0, plan, free)


def gains(firm: Firm) -> dict[str, float]:
    """What each lesson brings the firm, as a share of what it would have without it."""
    return {
        "direct": float(direct(firm.shop)),
        "margin": thin_margin(firm.services, firm.imitated),
        "word": float(word(firm.referral)),
        "scarcity": scarcity(firm.capacity),
        "minority": float(minority(firm.help)),
        "abroad": at_once(firm.cost),
    }


def lessons(**conditions: Any) -> Table:
    """Lab: the gain from each lesson for a firm with these conditions."""
    found = gains(Firm(**conditions))
    return {"lesson": list(found), "gain": list(found.values())}
