"""Does the first device in a home bring the next one, and who earns from it?

Being locked in has three meanings. A *switching cost* holds a buyer who would rather leave
(Farrell and Klemperer 2007). A *network effect* makes a device worth more where more are in use
(Rohlfs 1974; Katz and Shapiro 1985). *State dependence* lets each purchase change the next, as in
Polya's urn (Arthur 1989), and looks from outside just like homes that differ in taste (Heckman
1981). The last part follows the number of Xiaomi devices in a home, quarter by quarter.

Functions take floats or arrays that broadcast. Equation numbers are those of the chapter.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, minimize_scalar
from scipy.special import expit, gammaln, softmax
from scipy.stats import betabinom, binom, nbinom, poisson

from coalescence.models._check import within

Floats = NDArray[np.float64]
Number = Any  # a float, or an array of them
Table = dict[str, Any]  # name of a column -> its values
BELOW_ONE = float(np.nextafter(1, 0))

# --- Switching cost: a bargain first, a rip-off later -------------------------------------------


class Rivals(NamedTuple):
    """Two brands that differ in taste to a newcomer and bind an owner by a switching cost."""

    taste: Number = 0.2  # t, what it costs the most devoted newcomer to take the other brand
    switching: Number = 0.15  # s, what it costs an owner to change the brand later
    discount: Number = 0.9  # delta, worth today of one unit earned later
    cost: Number = 1.0  # c, cost of one device; the unit of all prices here
    floor: Number = 0.0  # lowest price that a brand can ask from newcomers


def two_prices(rivals: Rivals) -> tuple[Number, Number]:
    """What do a newcomer and later an owner pay? (first, later), eq. (1).

    p1 = c + t - delta s and p2 = c + s: Hotelling in the first period, a market of captives in the
    second (Klemperer 1987; Farrell and Klemperer 2007, section 2.3). The floor under the
    first price is the casebook's own addition; at 0 a device may be given away, not paid for.
    """
    within("taste", rivals.taste, 0)
    within("switching", rivals.switching, 0)
    within("discount", rivals.discount, 0, 1)
    first = rivals.cost + rivals.taste - rivals.discount * rivals.switching
    return np.maximum(first, rivals.floor), rivals.cost + rivals.switching


def lifetime(rivals: Rivals) -> tuple[Number, Number]:
    """What does a buyer pay, and a brand earn on her, over both periods? (paid, earned).

    Both in today's money. As long as the floor does not bind, earned is t and paid is
    c + t + delta c: the switching cost has left both.
    """
    first, later = two_prices(rivals)
    paid = first + rivals.discount * later
    return paid, paid - rivals.cost * (1 + rivals.discount)


def prices(taste: float, discount: float, floor: float = 0.0) -> Table:
    """How do the prices move as it gets harder to leave? 13 rows, prices in units of cost.

    Columns: switching (cost of changing the brand), first (price to newcomers), later (price to
    owners), earned (by the brand on a buyer over both periods).
    """
    rivals = Rivals(taste, np.linspace(0, 0.6, 13), discount, floor=floor)
    first, later = two_prices(rivals)
    _, earned = lifetime(rivals)
    return {"switching": rivals.switching, "first": first, "later": later, "earned": earned}


# --- Network effect: critical mass, and who wants a common standard -----------------------------


def willingness(share: Number, alone: Number = 0.0) -> Number:
    """What would the last of a `share` of homes pay if just they were connected? Eq. (2).

    p = (1 - x)(a + x): homes value a connection between 0 and 1 times a + x. With `alone` a = 0
    this is Rohlfs' (1974) p = x(1 - x); a > 0 is a device that is of use by itself.
    """
    within("share", share, 0, 1)
    within("alone", alone, 0)
    return (1 - share) * (alone + share)


def _roots(price: ArrayLike, alone: ArrayLike) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    p, a = (np.asarray(x, dtype=float) for x in (price, alone))
    within("price", p, 0)
    within("alone", a, 0)
    inside = (1 + a) ** 2 - 4 * p
    width = np.sqrt(np.maximum(inside, 0))
    low, high = (1 - a - width) / 2, (1 - a + width) / 2
    return np.maximum(low, 0), np.maximum(high, 0), (inside >= 0) & (high > 0)


def critical_mass(price: ArrayLike, alone: ArrayLike = 0.0) -> Number:
    """Which share of homes must be connected before it grows by itself?

    The lower root of eq. (2), p = (1 - x)(a + x): 0 if any start will do, infinite if none will.
    """
    low, _, possible = _roots(price, alone)
    return np.where(possible, low, np.inf)[()]


def stable_share(price: ArrayLike, alone: ArrayLike = 0.0) -> Number:
    """Which share of homes is connected once it has taken off? The upper root; 0 if none."""
    _, high, possible = _roots(price, alone)
    return np.where(possible, high, 0.0)[()]


def join(share: Number, price: Number, alone: Number = 0.0) -> Number:
    """Which share of homes joins when it sees that `share` has? One round of eq. (2)."""
    within("share", share, 0, 1)
    within("price", price, 0)
    within("alone", alone, 0)
    worth = np.asarray(alone + share, dtype=float)
    joined = 1 - price / np.where(worth > 0, worth, 1)
    return np.where(worth > 0, np.maximum(joined, 0), price == 0)[()]


def tip(price: float, alone: float, start: float) -> Table:
    """Does a network of `start` homes take off or die? 52 rows of three kinds.

    Columns: kind ("demand", "round", "critical", "stable"), share of homes, price that the last
    of them would pay, round (0 to 19), and real: 0 for a critical mass that does not exist.
    """
    curve, path = np.linspace(0, 1, 30), [start]
    while len(path) < 20:
        path.append(float(join(path[-1], price, alone)))
    mass, end = float(critical_mass(price, alone)), float(stable_share(price, alone))
    share = np.array([*curve, *path, min(mass, 1.0), end])
    return {
        "kind": ["demand"] * 30 + ["round"] * 20 + ["critical", "stable"],
        "share": share,
        "price": np.append(willingness(share[:50], alone), [price, price]),
        "round": np.array([0] * 30 + [*range(20)] + [0, 0]),
        "real": np.array([1.0] * 50 + [float(0 < mass < 1), float(end > 0)]),
    }


class Market(NamedTuple):
    """Makers that compete in quantities for buyers who count the other users."""

    makers: Number = 3  # n, number of makers
    effect: Number = 0.5  # theta, what one more user of the network adds to each user's value
    room: Number = 1.0  # A - c, what the keenest buyer would pay beyond the cost of a device


def katz_shapiro(market: Market, compatible: bool = True) -> Number:
    """How much does each maker sell when expectations come true? Eq. (3).

    x = (A - c) / (n + 1 - n theta) on one standard and (A - c) / (n + 1 - theta) on n separate
    ones (Katz and Shapiro 1985, linear effect). A maker's profit is x**2, the buyers' surplus
    (n x)**2 / 2.
    """
    within("makers", market.makers, 1)
    within("effect", market.effect, 0, BELOW_ONE)
    network = market.makers if compatible else 1
    return market.room / (market.makers + 1 - network * market.effect)


def standards(effect: float) -> Table:
    """Who gains from a common standard? 16 rows: 1 to 8 makers, apart or on one standard.

    Columns: makers, standard ("separate", "common"), sold by all, profit of one maker and surplus
    of the buyers, in units of A - c and of its square.
    """
    makers = np.arange(1, 9)
    ways = [katz_shapiro(Market(makers, effect), common) for common in (False, True)]
    each, n = np.concatenate(ways), np.tile(makers, 2)
    return {
        "makers": n,
        "standard": ["separate"] * 8 + ["common"] * 8,
        "sold": n * each,
        "profit": each**2,
        "surplus": (n * each) ** 2 / 2,
    }


# --- State dependence: Polya's urn, and its double -----------------------------------------------


class Urn(NamedTuple):
    """Balls of two colours; each ball drawn is put back with `added` more of its colour."""

    xiaomi: Number = 1.0  # r, balls for Xiaomi at the start
    rival: Number = 1.0  # b, balls for others
    added: Number = 1.0  # c, balls added with each purchase; 0: nothing is learned or tied


def next_chance(urn: Urn, bought: ArrayLike, of: ArrayLike) -> Number:
    """How likely is the next purchase Xiaomi's after `bought` `of` so many were? Eq. (4).

    (r + c k) / (r + b + c n). It is also the mean of Beta(r/c, b/c) after k of n, so that homes
    with fixed tastes drawn from that distribution show the very same numbers.
    """
    within("bought", bought, 0)
    within("of minus bought", np.asarray(of) - np.asarray(bought), 0)
    drawn = urn.xiaomi + urn.added * np.asarray(bought)
    return drawn / (urn.xiaomi + urn.rival + urn.added * np.asarray(of))


def outcomes(urn: Urn, purchases: int) -> Floats:
    """How likely is each number of Xiaomi purchases, 0 to `purchases`?

    Beta-binomial (Eggenberger and Polya 1923); the share tends to Beta(r/c, b/c), uniform for one
    ball each and one added.
    """
    within("xiaomi", urn.xiaomi, 0, open_low=True)
    within("rival", urn.rival, 0, open_low=True)
    within("added", urn.added, 0)
    k = np.arange(purchases + 1)
    if urn.added == 0:
        return np.asarray(binom.pmf(k, purchases, urn.xiaomi / (urn.xiaomi + urn.rival)))
    return np.asarray(betabinom.pmf(k, purchases, urn.xiaomi / urn.added, urn.rival / urn.added))


def draw(urn: Urn, urns: int, purchases: int, *, seed: int = 0) -> Floats:
    """Which share of the purchases so far was Xiaomi's? (urns, purchases), by simulation."""
    uniform = np.random.default_rng(seed).random((purchases, urns))
    bought = np.zeros((purchases + 1, urns))
    for n, u in enumerate(uniform):
        bought[n + 1] = bought[n] + (u < next_chance(urn, bought[n], n))
    return (bought[1:] / np.arange(1, purchases + 1)[:, None]).T


MOMENTS = np.array([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000])  # purchases at which we look


def urns(xiaomi: float, rival: float, added: float, seed: int = 1) -> Table:
    """Where do six equal markets end up? 60 rows: market, purchases, share of Xiaomi."""
    share = draw(Urn(xiaomi, rival, added), 6, int(MOMENTS[-1]), seed=seed)
    return {
        "market": np.repeat(np.arange(1, 7), len(MOMENTS)),
        "purchases": np.tile(MOMENTS, 6),
        "share": share[:, MOMENTS - 1].ravel(),
    }


def luck(xiaomi: float, rival: float, added: float) -> Table:
    """How unequal do equal homes become? 21 rows: bought of 20, chance, and chance if unbound."""
    urn = Urn(xiaomi, rival, added)
    return {
        "bought": np.arange(21),
        "chance": outcomes(urn, 20),
        "unbound": outcomes(urn._replace(added=0.0), 20),
    }


def lookalike(xiaomi: float, rival: float, added: float) -> Table:
    """Can a look at five purchases tell lock-in from taste, and can a gift? 12 rows.

    One world is an urn; in the other every home has a fixed taste drawn from Beta(r/c, b/c). Each
    home then gets one Xiaomi device as a present. Columns: world ("lock-in", "taste"), owned of
    five, seen (chance that the sixth purchase is Xiaomi's), gift (that chance after the present).
    """
    within("added", added, 0, open_low=True)
    urn, owned = Urn(xiaomi, rival, added), np.arange(6)
    seen = np.asarray(next_chance(urn, owned, 5))
    bound = np.asarray(next_chance(urn, owned + 1, 6))
    return {
        "world": ["lock-in"] * 6 + ["taste"] * 6,
        "owned": np.tile(owned, 2),
        "seen": np.tile(seen, 2),
        "gift": np.concatenate([bound, seen]),
    }


# --- The home: how many devices are Xiaomi's? -----------------------------------------------------


class Home(NamedTuple):
    """A home with places for devices, each of which comes up for a purchase now and then.

    The chain is the casebook's own: a logit choice with state dependence in each of the places.
    """

    taste: float = -2.0  # log-odds that a purchase is Xiaomi's in a home that has none
    bond: float = 0.2  # added to the log-odds by each Xiaomi device that is there already
    spread: float = 0.0  # standard deviation of taste between homes
    places: int = 10  # devices that a home has room for
    turnover: float = 0.8  # chance in a quarter that one of the places comes up, 0 to 1


def _checked(home: Home) -> Home:
    within("taste", home.taste, -20, 20)
    within("bond", home.bond, -2, 2)
    within("spread", home.spread, 0, 5)
    within("places", home.places, 1, 60)
    within("turnover", home.turnover, 0, 1)
    return home


def transition(home: Home, taste: ArrayLike | None = None) -> Floats:
    """How likely is it to go from x to y Xiaomi devices in a quarter? Eq. (5).

    One place, each as likely as the other, comes up with chance `turnover`; what is bought for it
    is Xiaomi's with log-odds taste + bond * (Xiaomi devices in the other places), else another
    brand or nothing. `taste` (...) overrides the home's own; returns (..., places+1, places+1).
    """
    _checked(home)
    a = np.asarray(home.taste if taste is None else taste, dtype=float)[..., None]
    owned = np.arange(home.places + 1)
    rate = home.turnover / home.places
    up = rate * (home.places - owned) * expit(a + home.bond * owned)
    down = rate * owned * expit(-a - home.bond * (owned - 1))
    chain = np.zeros((*a.shape[:-1], home.places + 1, home.places + 1))
    chain[..., owned, owned] = 1 - up - down
    chain[..., owned[:-1], owned[1:]] = up[..., :-1]
    chain[..., owned[1:], owned[:-1]] = down[..., 1:]
    return chain


def stationary(chain: ArrayLike) -> Floats:
    """Which shares does a Markov chain leave unchanged? (..., k, k) to (..., k).

    Solves pi P = pi with pi summing to 1. The chain needs one closed class.
    """
    matrix = np.asarray(chain, dtype=float)
    size = matrix.shape[-1]
    system = np.swapaxes(matrix, -1, -2) - np.eye(size)
    system[..., -1, :] = 1
    target = np.zeros((*matrix.shape[:-1], 1))
    target[..., -1, 0] = 1
    return np.asarray(np.linalg.solve(system, target)[..., 0])


def settled(home: Home, taste: ArrayLike | None = None) -> Floats:
    """Which share of homes of one taste has 0, 1, 2 ... devices in the long run? Eq. (6).

    The chain of `transition` is reversible: pi_x is in proportion to
    binom(places, x) exp(taste x + bond x(x - 1)/2), one bond for each *pair* of devices.
    """
    _checked(home)
    a = np.asarray(home.taste if taste is None else taste, dtype=float)[..., None]
    x = np.arange(home.places + 1)
    ways = gammaln(home.places + 1) - gammaln(x + 1) - gammaln(home.places - x + 1)
    return np.asarray(softmax(ways + a * x + home.bond * x * (x - 1) / 2, axis=-1))


def devices(home: Home, quarters: int | None = None) -> Floats:
    """Which share of all homes has 0, 1, 2 ... devices after so many quarters? (places + 1,).

    All start with none; None stands for the long run. Exact for one taste; tastes that differ are
    integrated out with 41 Gauss-Hermite points.
    """
    _checked(home)
    nodes, weights = np.polynomial.hermite_e.hermegauss(41 if home.spread > 0 else 1)
    tastes = home.taste + home.spread * nodes
    if quarters is None:
        shares = settled(home, tastes)
    else:
        within("quarters", quarters, 0)
        shares = np.linalg.matrix_power(transition(home, tastes), quarters)[:, 0]
    return np.asarray(weights @ shares / weights.sum())


def another(shares: ArrayLike) -> Number:
    """Which share of homes with a device has two or more? (..., k), as from `devices`, to (...)."""
    share = np.asarray(shares, dtype=float)
    return share[..., 2:].sum(axis=-1) / share[..., 1:].sum(axis=-1)


def simulate(home: Home, homes: int, quarters: int, *, seed: int = 0) -> NDArray[np.int8]:
    """How many Xiaomi devices has each of so many homes after so many quarters? (homes,).

    The same chain played out with random numbers, all homes at once, every home with its own
    taste.
    """
    _checked(home)
    random = np.random.default_rng(seed)
    bound = np.exp(home.bond * np.arange(-1, home.places + 1))  # [x + 1] is exp(bond x)
    odds = np.exp(home.taste + home.spread * random.standard_normal(homes))
    rate = home.turnover / home.places
    owned = np.zeros(homes, dtype=np.int8)
    for _ in range(quarters):
        gain, lose = odds * bound[owned + 1], odds * bound[owned]
        u = random.random(homes)
        more = u < rate * (home.places - owned) * gain / (1 + gain)
        fewer = u > 1 - rate * owned / (1 + lose)
        owned += more.astype(np.int8) - fewer.astype(np.int8)
    return owned


def homes(taste: float, bond: float, spread: float, years: int) -> Table:
    """How many devices have homes after some years, and would they if nothing tied them? 11 rows.

    Columns: devices, share of homes, twin (share if devices with the same mean fell into the
    places independently of each other: binomial).
    """
    share = devices(Home(taste, bond, spread), 4 * years)
    x = np.arange(len(share))
    filled = min(float(share @ x) / (len(share) - 1), 1.0)
    twin = binom.pmf(x, len(share) - 1, filled)
    return {"devices": x, "share": share, "twin": twin}


# --- The count that is reported: a mean and a tail ------------------------------------------------


def tail(mean: ArrayLike, shape: ArrayLike = np.inf, least: ArrayLike = 5) -> Number:
    """Which share of users has at least so many devices, if counts are negative binomial?

    `mean` devices a user. An infinite `shape` is Poisson, devices that know nothing of each other;
    the smaller the shape, the more they crowd in the same homes, by bond or by taste.
    """
    m, k, least = np.broadcast_arrays(
        np.asarray(mean, dtype=float), np.asarray(shape, dtype=float), least
    )
    within("mean", m, 0)
    within("shape", k, 0, open_low=True)
    finite = np.where(np.isfinite(k), k, 1.0)
    crowded = nbinom.sf(least - 1, finite, finite / (finite + m))
    return np.where(np.isfinite(k), crowded, poisson.sf(least - 1, m))[()]


def crowding(mean: float, share: float, least: int = 5) -> float:
    """Which shape of the negative binomial gives the reported mean and tail? Inverse of `tail`.

    The one nearest to Poisson. ValueError if the tail is thinner than Poisson's or thicker than
    any shape's.
    """

    def reached(log_shape: float) -> float:
        return float(tail(mean, np.exp(log_shape), least))

    top = minimize_scalar(lambda z: -reached(z), bounds=(-7.0, 14.0), method="bounded")
    within("share", share, float(tail(mean, least=least)), -float(top.fun))
    if reached(20.0) >= share:  # as good as Poisson
        return np.inf
    return float(np.exp(brentq(lambda z: reached(z) - share, float(top.x), 20.0)))


def ways(mean: float, share: float, most: float = 1.5) -> Table:
    """Where does the reported tail go if the mean grows from here in one of three ways? 31 rows.

    Columns: mean; loose (devices know nothing of each other); crowded (they crowd as now, the same
    shape); broader (owners own what they own now, and there are more or fewer of them).
    """
    means = np.linspace(0, most, 31)
    return {
        "mean": means,
        "loose": tail(means),
        "crowded": tail(means, crowding(mean, share)),
        "broader": means * share / mean,
    }
