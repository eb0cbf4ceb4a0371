"""What happens when everybody has one, when a rival answers, and when somebody sues?

First purchases run out and replacements take over (Kamakura and Balasubramanian 1987); two rivals
advertise for the same customers (Lanchester's model as Kimball 1957 brought it to marketing);
a patent suit is an option to go on (Grundfest and Huang 2006). Time in years unless said.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import lfilter

from coalescence.models._check import within
from coalescence.models._normal import loss
from coalescence.models.csr import survival
from coalescence.models.rise import bass_share

Floats = NDArray[np.float64]
STEPS = 12  # months: the step in which demand is added up


# --- saturation -----------------------------------------------------------------------------------


class Market(NamedTuple):
    """A durable that everybody buys once and then again whenever it fails or looks old."""

    p: float = 0.03  # innovation, per year
    q: float = 0.5  # imitation, per year
    m: float = 100.0  # potential: owners in the end, million
    life: float = 3.0  # mean time until an owner replaces it, years
    shape: float = 3.0  # of the Weibull distribution of that time: 1 at random, 6 nearly fixed


class Demand(NamedTuple):
    """Purchases in each period, in the unit of the potential."""

    first: Floats  # by new owners
    again: Floats  # replacements


def replacements(first: ArrayLike, shares: ArrayLike) -> Floats:
    """How many buy again in each period, given first purchases? Eq. (1), the renewal equation.

    B_t = A_t + sum_k w_k B_{t-k}: every purchase, first or not, is replaced after k periods with
    chance w_k (`shares`, from k = 0 on, w_0 < 1). Returns B - A, as long as `first`; a recursive
    filter of scipy's does the sum.
    """
    first, shares = np.asarray(first, dtype=float), np.asarray(shares, dtype=float)
    within("shares", shares, 0, 1)
    within("sum of shares", shares.sum(), 0, 1 + 1e-9)
    if first.ndim != 1 or shares.ndim != 1 or len(shares) == 0 or shares[0] == 1:
        raise ValueError("first and shares must be rows of numbers, the first share below 1")
    kernel = -shares
    kernel[0] += 1
    return np.asarray(lfilter([1.0], kernel, first) - first, dtype=float)


def demand(market: Market, years: int) -> Demand:
    """How many buy for the first time and again, in each of so many years? Eq. (1).

    Bass's first purchases, and renewals with Weibull times, added up by months.
    """
    within("years", years, 1)
    months = np.arange(years * STEPS + 1)
    share = bass_share(months / STEPS, market.p, market.q)
    ages = (np.arange(years * STEPS) + 0.5) / STEPS
    shares = -np.diff(survival(ages, market.life, market.shape), prepend=1.0)
    first = market.m * np.diff(share)
    again = replacements(first, shares)
    return Demand(*(flow.reshape(years, STEPS).sum(axis=1) for flow in (first, again)))


def long_run(market: Market) -> float:
    """What is sold a year once everybody has one? Eq. (2), m / mean life, whatever its shape."""
    within("life", market.life, 0, open_low=True)
    return market.m / market.life


# --- rivalry --------------------------------------------------------------------------------------


class Rival(NamedTuple):
    """A firm that advertises against another one."""

    spend: float = 100.0  # on advertising, USD m a year
    effect: float = 0.05  # share of the rival's customers won a year by the first USD m
    power: float = 0.5  # its effect grows with spend to this power, 0 to 1

    @property
    def pull(self) -> Any:
        """Share of the rival's customers that it wins over in a year."""
        within("spend", self.spend, 0)
        within("effect", self.effect, 0)
        within("power", self.power, 0, 1)
        return self.effect * np.asarray(self.spend, dtype=float) ** self.power


def steady_share(us: Rival, them: Rival) -> Any:
    """Which share is left to us in the end? Eq. (3), pull over the sum of both pulls."""
    both = us.pull + them.pull
    within("sum of pulls", both, 0, open_low=True)
    return us.pull / both


def share(t: ArrayLike, us: Rival, them: Rival, start: ArrayLike) -> Any:
    """Which share of the customers is ours at time `t`? Eq. (4), dM/dt = f (1 - M) - g M.

    Lanchester's duopoly in closed form: the gap to the steady share closes at the rate f + g.
    """
    within("t", t, 0)
    within("start", start, 0, 1)
    end, pace = steady_share(us, them), us.pull + them.pull
    return end + (start - end) * np.exp(-pace * np.asarray(t, dtype=float))


def contest(worth: tuple[float, float], effect: tuple[float, float], power: float) -> Floats:
    """What do both spend if each answers the other? Eq. (5), the equilibrium of eq. (3).

    `worth` is what the whole market earns each of them a year, USD m. Both look at the steady
    share only, which makes it Tullock's (1980) contest: spend_i = power worth_i s (1 - s), with
    odds of the shares s : 1 - s = effect worth^power. Returns the two spendings; power at most 1.
    """
    within("worth", worth, 0, open_low=True)
    within("effect", effect, 0, open_low=True)
    within("power", power, 0, 1, open_low=True)
    prize, force = np.asarray(worth, dtype=float), np.asarray(effect, dtype=float)
    odds = force * prize**power
    split = odds / odds.sum()
    return np.asarray(power * prize * split[0] * split[1], dtype=float)


# --- litigation -----------------------------------------------------------------------------------


class Suit(NamedTuple):
    """A suit in two stages; in between both sides learn how good the case is. USD m."""

    award: float = 100.0  # expected award at trial
    spread: float = 80.0  # standard deviation of what is learned about it
    first: float = 30.0  # plaintiff's cost before that
    second: float = 80.0  # plaintiff's cost after it, if the suit goes on
    defence: float = 110.0  # defendant's cost, split over the stages as the plaintiff's
    power: float = 0.5  # plaintiff's share of what a settlement saves

    @property
    def defences(self) -> tuple[float, float]:
        """The defendant's cost of the two stages."""
        for name in ("first", "second", "defence", "spread"):
            within(name, getattr(self, name), 0)
        within("power", self.power, 0, 1)
        both = self.first + self.second
        early = self.first / both if both else 0.5
        return early * self.defence, (1 - early) * self.defence


def to_the_end(suit: Suit) -> float:
    """What is the suit worth to a plaintiff bound to see it through? Award less both costs."""
    return suit.award - suit.first - suit.second


def with_option(suit: Suit) -> Any:
    """And if she may drop it after what she has learned? Eq. (6), before any settlement.

    The second cost is the price of a call on the award: with a normal distribution of what is
    learned, spread [d N(d) + n(d)] - first, d = (award - second) / spread. The view of a suit as a
    call is Cornell's (1990). Fields may be arrays.
    """
    _ = suit.defences  # checks the record
    gap, spread = np.asarray(suit.award - suit.second, float), np.asarray(suit.spread, float)
    d = gap / np.where(spread > 0, spread, 1.0)
    call = np.where(spread > 0, spread * loss(-d), np.maximum(gap, 0.0))
    return call - suit.first


def settlement(suit: Suit) -> Any:
    """For how much do both sides settle at once? Eq. (7), Grundfest and Huang (2006); 0 if never.

    What is learned is good or bad news of equal chance, award +- spread. A stage's threat is
    credible if the plaintiff gains by going on; then they settle and share what both save. Backward
    from the second stage; nobody knows more than the other and nobody minds risk. Arrays as well.
    """
    early, late = suit.defences
    ahead: Any = 0.0
    for news in (suit.award - np.asarray(suit.spread, float), suit.award + np.asarray(suit.spread)):
        settled = np.maximum(_split(news, suit.second, late, suit.power), 0.0)
        ahead = ahead + np.where(news > suit.second, settled, 0.0) / 2
    now = np.maximum(_split(ahead, suit.first, early, suit.power), 0.0)
    return np.where(ahead > suit.first, now, 0.0)


def staged(award: float, cost: float, defence: float, stages: int, power: float = 0.5) -> float:
    """And if nothing is learned but costs come in equal `stages`? Eq. (8), Bebchuk (1996), USD m.

    The threat is credible at all stages if it is at each one, going backward; 0 if it fails once.
    """
    within("stages", stages, 1)
    within("cost", cost, 0)
    within("defence", defence, 0)
    within("power", power, 0, 1)
    ahead = award
    for _ in range(stages):
        if ahead <= cost / stages:
            return 0.0
        ahead = _split(ahead, cost / stages, defence / stages, power)
    return ahead


def _split(ahead: Any, cost: float, defence: float, power: float) -> Any:
    """What the plaintiff settles for: what she gets by going on, and her share of both costs."""
    return ahead - cost + power * (cost + defence)


def bargaining_range(
    award: ArrayLike,
    plaintiff: ArrayLike,
    defendant: ArrayLike,
    cost: ArrayLike,
    defence: ArrayLike,
) -> tuple[Any, Any]:
    """Between which amounts can two sides settle who differ on the odds? Eq. (9), Landes (1971).

    From the plaintiff's least, P_p award - cost, to the defendant's most, P_d award + defence. If
    the first is higher there is no range and the case is tried.
    """
    within("plaintiff", plaintiff, 0, 1)
    within("defendant", defendant, 0, 1)
    within("cost", cost, 0)
    within("defence", defence, 0)
    award = np.asarray(award, dtype=float)
    return award * np.asarray(plaintiff) - cost, award * np.asarray(defendant) + defence


# --- labs -----------------------------------------------------------------------------------------


def saturation(*, q: float, life: float, shape: float) -> dict[str, Any]:
    """Thirty years of first purchases and replacements, million a year, and the long run."""
    market = Market(q=q, life=life, shape=shape)
    first, again = demand(market, 30)
    return {
        "year": np.arange(1, 31),
        "first": first,
        "again": again,
        "steady": np.full(30, long_run(market)),
    }


def rivalry(*, spend: float, effect: float, start: float) -> dict[str, Any]:
    """Our share over ten years against a rival who spends 100 at an effect of 0.05."""
    t = np.linspace(0, 10, 41)
    us, them = Rival(spend=spend, effect=effect), Rival()
    return {
        "year": t,
        "share": share(t, us, them, start),
        "steady": np.full(len(t), steady_share(us, them)),
    }


def answers(*, worth: float, effect: float) -> dict[str, Any]:
    """What both spend in equilibrium, and our share, by how strongly spending works (the power)."""
    power = np.linspace(0.05, 1, 20)
    force = (effect, 0.05)
    spends = np.array([contest((worth, 1000.0), force, float(a)) for a in power])
    odds = force[0] * worth**power
    return {
        "power": power,
        "ours": spends[:, 0],
        "theirs": spends[:, 1],
        "share": odds / (odds + force[1] * 1000.0**power),
    }


def lawsuit(*, award: float, first: float, second: float) -> dict[str, Any]:
    """Value of a suit by what will be learned about it: bound, free to drop it, settled at once."""
    spread = np.linspace(0, 200, 41)
    case = Suit(award, spread, first, second, first + second)  # type: ignore[arg-type]
    return {
        "spread": spread,
        "bound": np.full(len(spread), to_the_end(case)),
        "free": np.maximum(with_option(case), 0.0),
        "settled": settlement(case),
    }


def bargaining(*, plaintiff: float, defendant: float, cost: float) -> dict[str, Any]:
    """The range of settlements by the award at stake, both sides paying `cost`; USD m."""
    award = np.linspace(0, 200, 21)
    least, most = bargaining_range(award, plaintiff, defendant, cost, cost)
    return {"award": award, "least": np.maximum(least, 0.0), "most": most, "room": most - least}
