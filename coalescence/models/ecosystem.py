"""Whom should a platform charge, whom should it pay, and when does its flywheel start?

*Prices.* A platform with two sides, each of which values the other: users and partner firms
(Armstrong 2006 for membership, Rochet and Tirole 2003 for use, Parker and Van Alstyne 2005 for
giving one side away).
*Flywheel.* Users attract partners, partners' variety attracts users; below a critical mass both
leave again (Rohlfs 1974; Evans and Schmalensee 2010).

Shares are of the users or partners who could ever join; money is in units of what the keenest
partner would pay were there no user. Functions take floats or arrays that broadcast unless they
say otherwise.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.special import expit

from coalescence.models._check import within

Floats = NDArray[np.float64]
Number = float | Floats
Table = dict[str, Any]  # name of a column -> its values

# --- Prices: membership --------------------------------------------------------------------------


class Sides(NamedTuple):
    """A monopoly platform with two sides: n_i = (worth_i + cross_i n_j - price_i) / slope_i."""

    users: Number = 0.5  # what the keenest user would pay were there no partner, a1
    partners: Number = 1.0  # what the keenest partner would pay were there no user, a2
    users_value: Number = 0.2  # alpha1, what all partners together are worth to a user
    partners_value: Number = 1.5  # alpha2, what all users together are worth to a partner
    users_slope: Number = 1.0  # b1, how much less the last user would pay than the keenest
    partners_slope: Number = 2.0  # b2, the same for partners
    users_cost: Number = 0.3  # f1, of serving a user
    partners_cost: Number = 0.3  # f2, of serving a partner


class Plan(NamedTuple):
    """What a platform charges, how many join and what it earns."""

    user_price: Number  # p1
    partner_price: Number  # p2
    users: Number  # n1
    partners: Number  # n2
    profit: Number


def joined(sides: Sides, user_price: Number, partner_price: Number) -> tuple[Any, Any]:
    """How many join at these prices? (users, partners), the two demands solved together.

    Linear demands are not cut off at all who could join. Needs alpha1 alpha2 < b1 b2, or one who
    joins brings in more than one in all.
    """
    _stable(sides)
    one, two = sides.users - user_price, sides.partners - partner_price
    spread = sides.users_slope * sides.partners_slope - sides.users_value * sides.partners_value
    return (
        (sides.partners_slope * one + sides.users_value * two) / spread,
        (sides.users_slope * two + sides.partners_value * one) / spread,
    )


def _plan(sides: Sides, users: Any, partners: Any) -> Plan:
    p1 = sides.users + sides.users_value * partners - sides.users_slope * users
    p2 = sides.partners + sides.partners_value * users - sides.partners_slope * partners
    profit = (p1 - sides.users_cost) * users + (p2 - sides.partners_cost) * partners
    return Plan(p1, p2, users, partners, profit)


def _stable(sides: Sides) -> None:
    within("users_slope", sides.users_slope, 0, open_low=True)
    within("partners_slope", sides.partners_slope, 0, open_low=True)
    both = np.square(np.add(sides.users_value, sides.partners_value))
    room = 4 * np.multiply(sides.users_slope, sides.partners_slope)
    within("(users_value + partners_value)^2 / (4 slopes)", both / room, 0, np.nextafter(1, 0))


def best_prices(sides: Sides) -> Plan:
    """Which prices earn most? Eq. (1).

    Armstrong (2006), monopoly platform: each price is cost, less what one more on this side is
    worth to the other, plus the usual monopoly markup: p1 = f1 - alpha2 n2 + b1 n1. Needs
    (alpha1 + alpha2)^2 < 4 b1 b2, else the platform would grow without bound.
    """
    _stable(sides)
    one, two = sides.users - sides.users_cost, sides.partners - sides.partners_cost
    cross = sides.users_value + sides.partners_value
    spread = 4 * sides.users_slope * sides.partners_slope - np.square(cross)
    return _plan(
        sides,
        (2 * sides.partners_slope * one + cross * two) / spread,
        (2 * sides.users_slope * two + cross * one) / spread,
    )


def best_beside(sides: Sides, user_price: Number) -> Plan:
    """Which price to partners earns most if users pay `user_price`, for example nothing?

    One side given away, the other pays (Parker and Van Alstyne 2005). The profit is a parabola in
    the price to partners; its top is taken.
    """
    low, middle, high = (_earned(sides, user_price, price) for price in (0.0, 0.5, 1.0))
    bend = 2 * (low - 2 * middle + high)  # of the parabola through three of its points
    rise = high - low - bend
    return _plan(sides, *joined(sides, user_price, -rise / (2 * bend)))


def _earned(sides: Sides, user_price: Number, partner_price: Number) -> Any:
    return _plan(sides, *joined(sides, user_price, partner_price)).profit


SIDES = ("users", "partners")


def prices(users_value: float, partners_value: float) -> Table:
    """Who is subsidised? Rows: two sides, each served alone and on one platform.

    Columns: side, way ("apart": each side priced as though the other did not react, "together":
    best for the platform), price, cost, members (share who join) and profit (from that side).
    """
    sides = Sides(users_value=users_value, partners_value=partners_value)
    one = best_prices(sides)
    apart = _apart(sides)
    rows = [
        (side, way, price, cost, members, (price - cost) * members)
        for way, plan in (("apart", apart), ("together", one))
        for side, price, cost, members in (
            ("users", float(plan.user_price), sides.users_cost, float(plan.users)),
            ("partners", float(plan.partner_price), sides.partners_cost, float(plan.partners)),
        )
    ]
    names = ("side", "way", "price", "cost", "members", "profit")
    return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


def _apart(sides: Sides) -> Plan:
    """Each side earns what it can from its own demand: p_i = f_i + b_i n_i, no cross term."""
    b1, b2, x1, x2 = (
        sides.users_slope, sides.partners_slope, sides.users_value, sides.partners_value
    )  # fmt: skip
    one, two = sides.users - sides.users_cost, sides.partners - sides.partners_cost
    spread = 4 * b1 * b2 - x1 * x2
    return _plan(sides, (2 * b2 * one + x1 * two) / spread, (2 * b1 * two + x2 * one) / spread)


# --- Prices: use ---------------------------------------------------------------------------------


def usage_prices(buyers: ArrayLike, sellers: ArrayLike, cost: ArrayLike) -> tuple[Any, Any]:
    """What to charge a buyer and a seller for each transaction? (p_B, p_S).

    Rochet and Tirole (2003): p - c = p_B / eta_B = p_S / eta_S, p the sum of both. With linear
    demands D_i = worth_i - p_i (`buyers` and `sellers` the most that either would pay) both sides
    are left the same margin (buyers + sellers - cost) / 3. `cost` of a transaction is at most what
    both together would pay.
    """
    b, s, c = (np.asarray(x, dtype=float) for x in (buyers, sellers, cost))
    within("buyers + sellers - cost", b + s - c, 0)
    margin = (b + s - c) / 3
    return (b - margin)[()], (s - margin)[()]


# --- Flywheel ------------------------------------------------------------------------------------


class Flywheel(NamedTuple):
    """Users who stay for variety and partners who stay for users; shares and years."""

    alone: float = -3.5  # utility of the phone and its software alone, against the rivals' phone
    variety: float = 7.0  # e, utility added by all partners together
    commission: float = 0.2  # phi, share of a partner's sales that the platform keeps
    entry: float = 0.7  # share of all users that the costliest partner needs, at no commission
    users_pace: float = 0.5  # per year, how fast users react
    partners_pace: float = 1.0  # per year, how fast partners react


def wanted(wheel: Flywheel, users: ArrayLike, partners: ArrayLike) -> tuple[Any, Any]:
    """How many users and partners would there be if all had reacted to these? Eq. (2).

    Users choose by a logit of alone + variety * partners; a partner joins if (1 - commission) users
    covers its entry cost, which is spread evenly up to `entry`. The forms are the casebook's own.
    """
    within("commission", wheel.commission, 0, 1)
    within("entry", wheel.entry, 0, open_low=True)
    stay = expit(wheel.alone + wheel.variety * np.asarray(partners, dtype=float))
    reach = (1 - wheel.commission) * np.asarray(users, dtype=float) / wheel.entry
    return stay, np.clip(reach, 0, 1)


def _excess(wheel: Flywheel, users: ArrayLike) -> Any:
    """How many more users would come once partners have reacted to `users`?"""
    return wanted(wheel, 0, wanted(wheel, users, 0)[1])[0] - np.asarray(users, dtype=float)


def equilibria(wheel: Flywheel) -> tuple[Floats, NDArray[np.bool_]]:
    """Where does the flywheel rest? (shares of users, which of them are stable), rising.

    Roots of what users and partners would do less what they do, found between 0 and 1. Of three
    the middle one is unstable: the critical mass.
    """
    grid = np.linspace(0, 1, 1001)
    grows = _excess(wheel, grid) > 0
    turns = np.flatnonzero(grows[:-1] != grows[1:])
    found = [brentq(lambda u: float(_excess(wheel, u)), grid[i], grid[i + 1]) for i in turns]
    return np.array(found), grows[turns]


def critical_mass(wheel: Flywheel) -> float:
    """Which share of users must there be, partners in step, before the wheel turns by itself?

    0 if it starts from nothing, infinite if it never does.
    """
    rest, stable = equilibria(wheel)
    if not stable.all():
        return float(rest[~stable][0])
    return 0.0 if rest[-1] > 0.5 else float("inf")


def turning(wheel: Flywheel, users: float, partners: float, years: ArrayLike) -> tuple[Any, Any]:
    """How do users and partners move from where they are? (users, partners) at `years`, eq. (3).

    Each closes the gap to what it would be at its pace (solve_ivp). `years` from 0, rising.
    """
    within("users", users, 0, 1)
    within("partners", partners, 0, 1)
    times = np.asarray(years, dtype=float)
    pace = np.array([wheel.users_pace, wheel.partners_pace])

    def flow(_: float, state: Floats) -> Floats:
        gap: Floats = pace * (np.array(wanted(wheel, *state)) - state)
        return gap

    path = solve_ivp(
        flow, (0, float(times[-1])), [users, partners], t_eval=times, rtol=1e-8, atol=1e-10
    )
    return path.y[0], path.y[1]


def income(wheel: Flywheel, users: ArrayLike, partners: ArrayLike) -> Any:
    """What does the platform keep? commission x users x partners, eq. (3): relative, no unit."""
    return wheel.commission * np.asarray(users, float) * np.asarray(partners, float)


TAKEN = np.linspace(0, 0.6, 61)  # commissions that the lab looks at


def squeeze(variety: float, alone: float) -> Table:
    """Where does the wheel rest, and where does it tip? Rows for commissions of 0 to 60%.

    Columns: commission, low, tip and high (shares of users; where there is one resting point all
    three are it), states (1 or 3 points), income (at the high one, relative) and best (1 where
    income is greatest).
    """
    rows = []
    for commission in TAKEN.tolist():
        wheel = Flywheel(alone=alone, variety=variety, commission=commission)
        rest = equilibria(wheel)[0]
        partners = wanted(wheel, rest[-1], 0)[1]
        earned = income(wheel, rest[-1], partners)
        rows.append((rest[0], rest[len(rest) // 2], rest[-1], len(rest), float(earned)))
    low, tip, high, states, kept = np.array(rows).T
    return {"commission": TAKEN, "low": low, "tip": tip, "high": high,
            "states": states.astype(int), "income": kept,
            "best": (np.arange(len(TAKEN)) == kept.argmax()).astype(int)}  # fmt: skip


YEARS = np.linspace(0, 30, 61)


def raised(commission: float, back: float) -> Table:
    """What follows if a full platform raises its commission from 20%, and takes it back later?

    Rows: 61 half-years from the high resting point at 20%; the commission is lowered to that again
    in the year `back` (0: never). Columns: year, users, partners (shares), and income (1 = before).
    """
    usual, greedy = Flywheel(), Flywheel(commission=commission)
    start = float(equilibria(usual)[0][-1])
    firms = float(wanted(usual, start, 0)[1])
    users, partners = (np.array(side) for side in turning(greedy, start, firms, YEARS))
    kept = income(greedy, users, partners)
    if back:
        now = int(np.searchsorted(YEARS, back))
        later = turning(usual, users[now], partners[now], YEARS[now:] - YEARS[now])
        users[now:], partners[now:] = later
        kept[now:] = income(usual, *later)
    before = income(usual, start, firms)
    return {"year": YEARS, "users": users, "partners": partners, "income": kept / before}
