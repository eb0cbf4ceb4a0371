"""Can a firm be cheaper and better at once, and what is it worth?

*Two rivals.* Only the difference of value less cost decides who sells how much and for what
markup (Hotelling 1929, with unequal firms).
*The value stick.* What is created lies between worth and cost, the price divides it, and nobody
can keep more than would be missed without it (Brandenburger and Stuart 1996).
*The frontier.* Whether the middle is stuck (Porter 1980, 1996) depends on how the frontier between
value and cost is bent; what a firm learns lifts it off that frontier.

Every function takes floats or arrays that broadcast. Equation numbers are those of the chapter.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from coalescence.models import pricing
from coalescence.models._check import within

Floats = NDArray[np.float64]
Number = float | Floats
Table = dict[str, Any]  # name of a column -> its values

# --- Two rivals ----------------------------------------------------------------------------------


class Contest(NamedTuple):
    """How a market of one buyer a head is divided between firm A and its rival B."""

    share: Number  # s_A, A's share of the buyers
    markup: Number  # A's price less its cost, RMB
    rival_markup: Number  # B's
    profit: Number  # A's, RMB per buyer in the market
    rival_profit: Number  # B's


def hotelling(value: ArrayLike, cost: ArrayLike, taste: ArrayLike) -> Contest:
    """Who sells how much, and for what markup? Eqs. (1) and (2), Hotelling (1929).

    A stands at one end of a line of tastes and B at the other, and every buyer takes one.
    `value` is worth A less worth B and `cost` cost A less cost B, RMB; `taste` t > 0 is what the
    whole line is worth to a buyer. With d = value - cost, s_A = 1/2 + d / (6 t) and A's markup
    is t + d / 3. Beyond |d| = 3 t the better firm serves all, at the price that keeps the other
    out (its markup is |d| - t).
    """
    within("taste", taste, 0, open_low=True)
    t = np.asarray(taste, dtype=float)
    lead = np.asarray(value, dtype=float) - np.asarray(cost, dtype=float)
    share = np.clip(0.5 + lead / (6 * t), 0, 1)
    markup, rival = (
        np.where(ahead >= 3 * t, ahead - t, np.maximum(t + ahead / 3, 0))[()]
        for ahead in (lead, -lead)
    )
    return Contest(share, markup, rival, share * markup, (1 - share) * rival)


def revealed(markup: ArrayLike, rival_markup: ArrayLike) -> tuple[Any, Any]:
    """Which lead and which taste do two markups speak for? Eq. (8), eq. (2) turned round.

    If both firms price for profit, the lead in value less cost is 3/2 of the difference and the
    taste t the mean. Returns (lead, taste).
    """
    within("markup", markup, 0)
    within("rival_markup", rival_markup, 0)
    ours, theirs = np.asarray(markup, dtype=float), np.asarray(rival_markup, dtype=float)
    return 1.5 * (ours - theirs), (ours + theirs) / 2


def missing_markup(
    markup: ArrayLike, rival_markup: ArrayLike, share: ArrayLike, rival_share: ArrayLike
) -> Any:
    """What must a phone earn besides its markup for its share to be worth its low price? Eq. (9).

    Between two firms that price for profit, shares are as markups: s_A / s_B = m_A / m_B.
    """
    within("markup", markup, 0)
    within("rival_markup", rival_markup, 0)
    within("share", share, 0)
    within("rival_share", rival_share, 0, open_low=True)
    return np.divide(share, rival_share) * np.asarray(rival_markup, dtype=float) - markup


LINE = np.linspace(0, 1, 21)  # tastes along the lab's line, 0 is A's end
WORTH, COST = 1500.0, 1000.0  # RMB, of the rival's phone in the labs


def duel(value: float, cost: float, taste: float) -> Table:
    """Who buys from whom along the line of tastes? 22 rows.

    RMB; `value` and `cost` are what A's phone is worth and costs more than the rival's. Columns:
    point ("line", "edge"), place on the line, ours and theirs (what a buyer there keeps from
    either phone). The last row is the buyer to whom both are the same, or the end of the line.
    """
    contest = hotelling(value, cost, taste)
    place = np.append(LINE, contest.share)
    ours = WORTH + value - (COST + cost + contest.markup) - taste * place
    theirs = WORTH - (COST + contest.rival_markup) - taste * (1 - place)
    return {
        "point": ["line"] * LINE.size + ["edge"],
        "place": place,
        "ours": ours,
        "theirs": theirs,
    }


# --- The value stick -----------------------------------------------------------------------------


class Stick(NamedTuple):
    """One product between a buyer and a supplier, RMB."""

    worth: Number = 1500.0  # V, the most that a buyer would pay
    price: Number = 1100.0  # P, what she pays
    cost: Number = 1000.0  # C, what the firm pays its suppliers
    supply: Number = 950.0  # S, the least that the suppliers would accept


def divided(stick: Stick) -> Floats:
    """Who gets how much of V - S? (buyer V - P, firm P - C, suppliers C - S), eq. (3)."""
    worth, price, cost, supply = (np.asarray(end, dtype=float) for end in stick)
    return np.stack(np.broadcast_arrays(worth - price, price - cost, cost - supply))


def added_value(created: ArrayLike) -> Any:
    """How much less would be created without each firm? Eq. (4), Brandenburger and Stuart (1996).

    `created` (..., firms) is what a sale by each firm creates, V - C in RMB; one buyer takes one.
    Only the best firm adds value, its lead over the second best. Returns (..., firms).
    """
    within("created", created, 0)
    gap = np.asarray(created, dtype=float)
    if gap.ndim == 0 or gap.shape[-1] < 2:
        raise ValueError(f"created has shape {gap.shape}: expected two firms or more")
    ranked = np.sort(gap, axis=-1)
    best, second = ranked[..., -1:], ranked[..., -2:-1]
    return np.where(gap == best, best - second, 0.0)


PARTS = ("cost", "firm", "buyer")  # of a stick, from below


def sticks(value: float, cost: float, taste: float) -> Table:
    """How is what each phone is worth divided, and what would be missed without it? 6 rows.

    RMB, as in `duel`. Columns: firm ("ours", "theirs"), part (cost, firm, buyer), amount, and
    share of the buyers and added value of the firm, the same in its three rows. The buyer's part
    is that of one to whom the phone suits best.
    """
    contest = hotelling(value, cost, taste)
    ours = Stick(WORTH + value, COST + cost + contest.markup, COST + cost, COST + cost)
    theirs = Stick(WORTH, COST + contest.rival_markup, COST, COST)
    amounts = [[stick.cost, *divided(stick)[1::-1]] for stick in (ours, theirs)]
    added = added_value(np.maximum([WORTH + value - COST - cost, WORTH - COST], 0))
    return {
        "firm": ["ours"] * 3 + ["theirs"] * 3,
        "part": list(PARTS) * 2,
        "amount": np.ravel(amounts),
        "share": np.repeat([float(contest.share), 1 - float(contest.share)], 3),
        "added": np.repeat(added, 3),
    }


# --- The frontier between value and cost ---------------------------------------------------------


def frontier(position: ArrayLike, bend: ArrayLike, reach: ArrayLike = 1.0) -> tuple[Any, Any]:
    """What can be saved and what added at a position between low cost and high value? Eq. (5).

    `position` 0 is all for cost, 1 all for value; the frontier is saving**bend + value**bend =
    reach**bend, in RMB of `reach`. Returns (saving, value). The form is the casebook's own way of
    drawing Porter's (1996) productivity frontier.
    """
    within("position", position, 0, 1)
    within("bend", bend, 0, open_low=True)
    within("reach", reach, 0)
    x, power = np.asarray(position, dtype=float), 1 / np.asarray(bend, dtype=float)
    return np.multiply(reach, (1 - x) ** power), np.multiply(reach, x**power)


def middle_gap(bend: ArrayLike) -> Any:
    """How much of a specialist's advantage is left in the middle? 2**(1 - 1 / bend), eq. (6).

    Below 1 the middle is stuck, which is so whenever the frontier is bent inwards (bend < 1).
    """
    within("bend", bend, 0, open_low=True)
    return 2 ** (1 - 1 / np.asarray(bend, dtype=float))


def learned(doublings: ArrayLike, progress: ArrayLike, cost: float = COST) -> Any:
    """How much is a phone cheaper after so many doublings of what was ever made? RMB."""
    within("doublings", doublings, 0)
    made = 2 ** np.asarray(doublings, dtype=float)
    return cost - pricing.unit_cost(pricing.Curve(cost, progress), made)


def doublings_to_escape(position: float, bend: float, reach: float, progress: float) -> float:
    """After how many doublings is a firm in the middle level with the specialists? Eq. (7).

    0 where it never was behind.
    """
    within("progress", progress, 0, np.nextafter(1, 0), open_low=True)
    behind = reach - sum(frontier(position, bend, reach))
    within("what the middle is behind", behind, high=np.nextafter(COST, 0))
    return max(0.0, float(np.log(1 - behind / COST) / np.log(progress)))


REACH = 300.0  # RMB, a specialist's advantage in the lab
TASTE = 150.0  # RMB, t against a specialist in the lab
RATE = 0.95  # progress ratio of the lab: 5% cheaper with every doubling
PLACES = np.sin(np.linspace(0, np.pi / 2, 21)) ** 2  # closer near the ends, where it bends most


def middle(position: float, bend: float, doublings: float, community: float) -> Table:
    """Where does a firm stand that goes for both, and what does it earn? 22 rows.

    RMB. `doublings` is how much more often it doubled what it ever made than its rivals, and
    `community` what its users' ideas add to the worth. Columns: point ("frontier", "ours"),
    position, saving and value (the rivals' frontier; ours in the last row), lead over a
    specialist, share and profit per buyer against one from each position, with our learning.
    """
    places = np.append(PLACES, position)
    saving, value = frontier(places, bend, REACH)
    own_saving = saving + learned(doublings, RATE)
    own_value = value + community
    lead = own_saving + own_value - REACH
    contest = hotelling(lead, 0.0, TASTE)
    ours = np.arange(places.size) == PLACES.size
    return {
        "point": ["frontier"] * PLACES.size + ["ours"],
        "position": places,
        "saving": np.where(ours, own_saving, saving),
        "value": np.where(ours, own_value, value),
        "lead": lead,
        "share": contest.share,
        "profit": contest.profit,
    }
