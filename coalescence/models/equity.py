"""Who should own how much of a partner company, who should control it, and how is it paid for?

*Stake.* Founder and investor both work at the venture, and each works for the share that it owns
(Jensen and Meckling 1976; Bhattacharyya and Lafontaine 1995; Holmstrom and Milgrom 1987).
*Control.* Whoever can shut the other out also kills the other's reason to invest (Grossman and
Hart 1986; Hart and Moore 1990).
*Channel.* What the investor earns as the partner's shop can undo what it earns as an owner
(Spengler 1950; Cachon and Lariviere 2005).

Every function takes floats or arrays that broadcast against each other. Equation numbers are
those of the chapter.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from coalescence.models._check import within

Number = float | NDArray[np.float64]
Table = dict[str, Any]  # name of a column -> its values

# --- The stake: two sides work, each for its share ---------------------------------------------


class Venture(NamedTuple):
    """A partner company that a founder and an investor build together."""

    founder: Number = 1.0  # k1, value added by one unit of the founder's effort
    investor: Number = 0.5  # k2, value added by one unit of the investor's help
    risk: Number = 0.0  # r sigma^2, twice what it costs the founder to bear all of the luck


def efforts(venture: Venture, stake: Number) -> tuple[Number, Number]:
    """How hard does each side work when the investor owns `stake` (0 to 1)? Eq. (1).

    Each gains its share of what it adds and pays for its effort e with e**2 / 2.
    Returns (founder's effort, investor's help). Jensen and Meckling (1976): founder's = 1 - stake.
    """
    within("stake", stake, 0, 1)
    return (1 - stake) * venture.founder, stake * venture.investor


def output(venture: Venture, stake: Number) -> Number:
    """What does the venture earn, before either side counts what its work cost it? Eq. (1)."""
    founder, investor = efforts(venture, stake)
    return venture.founder * founder + venture.investor * investor


def first_best(venture: Venture) -> Number:
    """What would the venture be worth if both worked as though each owned all of it? Eq. (2)."""
    return (venture.founder**2 + venture.investor**2) / 2


def payoffs(venture: Venture, stake: Number) -> tuple[Number, Number]:
    """What is left to (founder, investor) after effort and risk, before any price for the shares?

    In units of value. The founder's luck costs it risk / 2 times the square of its share.
    """
    earned = output(venture, stake)
    founder, investor = efforts(venture, stake)
    keeps = 1 - stake
    luck = venture.risk * keeps**2 / 2
    return keeps * earned - founder**2 / 2 - luck, stake * earned - investor**2 / 2


def value(venture: Venture, stake: Number) -> Number:
    """What is the venture worth to both together when the investor owns `stake`? Eq. (2)."""
    founder, investor = payoffs(venture, stake)
    return founder + investor


def loss(venture: Venture, stake: Number) -> Number:
    """How much less is that than the first best? Quadratic in what each side gave away, eq. (2).

    Without help and risk this is stake**2 / 2, the agency cost of outside equity.
    """
    within("stake", stake, 0, 1)
    slack = venture.founder**2 * stake**2
    return (slack + (venture.investor**2 + venture.risk) * (1 - stake) ** 2) / 2


def best_stake(venture: Venture) -> Number:
    """Which investor's stake makes the venture most valuable? Eq. (3).

    Bhattacharyya and Lafontaine (1995) where risk is 0; where help is 0 the founder's share
    1 - best_stake is the incentive strength 1 / (1 + r c sigma^2) of Holmstrom and Milgrom (1987).
    """
    investor = venture.investor**2 + venture.risk
    return investor / (venture.founder**2 + investor)


def free_stake(venture: Venture) -> Number:
    """Which stake would the investor take if the shares cost it nothing?

    The stake that maximises the investor's own payoff: a half without help, more with it.
    """
    founder, investor = np.asarray(venture.founder**2), np.asarray(venture.investor**2)
    inside = founder > investor  # otherwise the payoff still rises at a stake of one
    return np.where(inside, founder / np.where(inside, 2 * founder - investor, 1), 1.0)[()]


def implied_help(stake: Number, risk: Number = 0.0) -> Number:
    """How strong is help if `stake` is the best one? Relative to the founder's effort, eq. (8).

    The inverse of `best_stake` with founder = 1: k2 / k1. `stake` in [0, 1). Where the risk alone
    explains more than the stake, the answer is 0.
    """
    within("stake", stake, 0, np.nextafter(1, 0))
    return np.sqrt(np.maximum(stake / (1 - stake) - risk, 0))


def diluted(stake: Number, rounds: Sequence[Number]) -> Number:
    """What is left of `stake` after new shares were sold in each of `rounds`? Eq. (9).

    `rounds` holds the share of the enlarged company that each round sells (0.2 = 20 %).
    """
    for share in rounds:
        within("share sold in a round", share, 0, 1)
        stake = stake * (1 - share)
    return stake


CURVE = np.linspace(0, 1, 21)  # stakes at which the lab draws its curves
CLOSED_BOOKS = 0.25  # risk with closed books: weighs as much as help half as strong as the founder


def split(stake: float, help: float, books: bool = True) -> Table:
    """Who gains how much from a stake, as shares of the first best? A row for each stake.

    `help` is the investor's strength relative to the founder's; with `books` open the founder's
    share is free of luck. Columns: point ("curve", "chosen", "best"), stake, together, founder,
    xiaomi. The last two rows are the stake chosen and the best one.
    """
    venture = Venture(investor=help, risk=0.0 if books else CLOSED_BOOKS)
    stakes = np.append(CURVE, [stake, best_stake(venture)])
    founder, investor = np.asarray(payoffs(venture, stakes)) / first_best(venture)
    return {
        "point": ["curve"] * len(CURVE) + ["chosen", "best"],
        "stake": stakes,
        "together": founder + investor,
        "founder": founder,
        "xiaomi": investor,
    }


# --- Control: who can shut the other out --------------------------------------------------------

CONTROL = ("founder", "both", "xiaomi")  # whose consent the use of the company needs


class Relation(NamedTuple):
    """Two sides that must invest in each other before they can agree on how to share."""

    founder: Number = 1.0  # a1: the founder's investment i creates 2 a1 sqrt(i)
    investor: Number = 1.0  # a2: the investor's creates 2 a2 sqrt(i)
    bargain: Number = 0.5  # beta, the founder's share of whatever is bargained over


def keeps(relation: Relation, control: str) -> tuple[Number, Number]:
    """Which part of what its investment creates does each side keep? (founder, investor).

    Whoever controls the company could use its own investment alone, and so keeps all of it. The
    other needs the controller's consent and keeps its bargaining share. With joint control each
    needs the other's consent (Hart and Moore 1990).
    """
    if control not in CONTROL:
        raise ValueError(f"control = {control!r}: expected one of {', '.join(CONTROL)}")
    within("bargain", relation.bargain, 0, 1)
    founder, investor = relation.bargain, 1 - relation.bargain
    whole = 1 + 0 * founder
    return whole if control == "founder" else founder, whole if control == "xiaomi" else investor


def investments(relation: Relation, control: str) -> tuple[Number, Number]:
    """How much does each side invest? (founder, investor), eq. (4).

    Each invests until what it keeps of the next unit created pays for that unit:
    kept * a / sqrt(i) = 1. With a = 1: 1 with control, 0.25 without at a 50:50 bargain.
    """
    founder, investor = keeps(relation, control)
    return (founder * relation.founder) ** 2, (investor * relation.investor) ** 2


def created(relation: Relation, control: str) -> tuple[Number, Number]:
    """What do the investments add, less what they cost? (founder's, investor's)."""
    founder, investor = investments(relation, control)
    return (
        2 * relation.founder * np.sqrt(founder) - founder,
        2 * relation.investor * np.sqrt(investor) - investor,
    )


def takeover_point(bargain: Number) -> Number:
    """How strong must the investor's investment be (a2 / a1) before it should control? Eq. (5).

    A founder who bargains well is safe without control, so the point falls with `bargain`.
    """
    within("bargain", bargain, 0, 1, open_low=True)
    return (1 - bargain) / bargain


def hold_up(control: str, weight: float, bargain: float) -> Table:
    """What is each way of control worth? Rows: three ways of control times two sides.

    `weight` is a2 / a1 and `bargain` the founder's share. Columns: control, side, invested (share
    of what would be worth investing), net (what the side's investment adds, as a share of the
    most that both could) and chosen (1 where the row belongs to the chosen `control`).
    """
    relation = Relation(investor=weight, bargain=bargain)
    most = relation.founder**2 + relation.investor**2
    return {
        "control": np.repeat(CONTROL, 2).tolist(),
        "side": ["founder", "xiaomi"] * len(CONTROL),
        "invested": np.ravel([keeps(relation, way) for way in CONTROL]) ** 2,
        "net": np.ravel([created(relation, way) for way in CONTROL]) / most,
        "chosen": np.repeat([float(way == control) for way in CONTROL], 2),
    }


# --- The channel: how the investor is paid as the partner's shop ---------------------------------


class Market(NamedTuple):
    """Buyers of the partner's product: at price P they buy (ceiling - P) / slope pieces."""

    ceiling: Number = 100.0  # a, RMB at which nobody buys
    slope: Number = 1.0  # b, RMB by which the price must fall to sell one piece more
    cost: Number = 50.0  # c, RMB to make and ship one piece


class Deal(NamedTuple):
    """What a way of paying the channel leads to."""

    price: Number  # RMB that a buyer pays
    quantity: Number  # pieces sold
    channel: Number  # RMB that Xiaomi earns as the channel
    partner: Number  # RMB that the partner company earns, before its owners share it


def _sold(market: Market, price: Number) -> Number:
    return (market.ceiling - price) / market.slope


def integrated(market: Market) -> Number:
    """What would a single firm earn that makes and sells the product? (a - c)**2 / (4 b)."""
    within("cost", market.cost, 0, np.min(market.ceiling))
    return (market.ceiling - market.cost) ** 2 / (4 * market.slope)


def commission(market: Market, rate: Number) -> Deal:
    """Agency: the partner sets the price, Xiaomi keeps `rate` of it (0 <= rate < 1). Eq. (6).

    The partner prices as though a piece cost c / (1 - rate). Xiaomi's stake does not matter to it.
    Hagiu and Wright (2015).
    """
    within("rate", rate, 0, np.nextafter(1, 0))
    felt = np.minimum(market.cost / (1 - rate), market.ceiling)
    price = (market.ceiling + felt) / 2
    quantity = _sold(market, price)
    fee = rate * price * quantity
    return Deal(price, quantity, fee, (price - market.cost) * quantity - fee)


def wholesale(market: Market, stake: Number = 0.0) -> Deal:
    """The partner sets a wholesale price, Xiaomi the retail price (Spengler 1950). 0 <= stake < 1.

    Xiaomi counts its `stake` in the partner's margin as its own; the partner foresees that and
    charges (a - c) / (2 (1 - stake)) over cost, so that the price to the buyer stays where it was.
    """
    within("stake", stake, 0, np.nextafter(1, 0))
    margin = (market.ceiling - market.cost) / (2 * (1 - stake))
    felt = market.cost + (1 - stake) * margin  # a piece's cost as Xiaomi counts it
    price = (market.ceiling + felt) / 2
    quantity = _sold(market, price)
    return Deal(price, quantity, (price - market.cost - margin) * quantity, margin * quantity)


def profit_share(market: Market, share: Number = 0.5) -> Deal:
    """Xiaomi buys at cost, sets the price and keeps `share` of the profit. Eq. (7).

    The same as revenue sharing at the wholesale price share * c, which coordinates the channel
    (Cachon and Lariviere 2005): whatever the share, the price is that of a single firm.
    """
    within("share", share, 0, 1)
    price = (market.ceiling + market.cost) / 2
    profit = integrated(market) * np.ones_like(share)
    return Deal(price, _sold(market, price), share * profit, (1 - share) * profit)


WAYS = ("commission", "wholesale", "profit share")
PARTS = ("founder", "channel", "stake", "lost")


def divided(market: Market, deal: Deal, stake: Number) -> NDArray[np.float64]:
    """Who gets the profit that a single firm would earn, when Xiaomi owns `stake` of the partner?

    Shares of it, in the order of PARTS: the founder and other owners, Xiaomi as the channel,
    Xiaomi through its stake, and what is lost because the price is too high.
    """
    within("stake", stake, 0, 1)
    founder, owned = (1 - stake) * deal.partner, stake * deal.partner
    most = integrated(market)
    lost = most - deal.channel - deal.partner
    return np.array([founder, deal.channel, owned, lost], dtype=np.float64) / most


def channel(stake: float, rate: float, cost: float, share: float = 0.5) -> Table:
    """Who gets how much of the channel's profit? A row for each way of paying and each part.

    `stake` is Xiaomi's, `rate` its commission, `cost` the unit cost as a share of the price at
    which nobody buys, `share` Xiaomi's part of the profit when it buys at cost. Columns: way, part
    (founder and other owners; Xiaomi as channel; Xiaomi through its stake; lost), profit (share of
    what a single firm would earn) and price (share of the price at which nobody buys).
    """
    market = Market(ceiling=1.0, cost=cost)
    deals = (commission(market, rate), wholesale(market, stake), profit_share(market, share))
    return {
        "way": np.repeat(WAYS, len(PARTS)).tolist(),
        "part": list(PARTS) * len(WAYS),
        "profit": np.concatenate([divided(market, deal, stake) for deal in deals]),
        "price": np.repeat(np.array([deal.price for deal in deals]), len(PARTS)),
    }
