"""Saturation, rivalry and suits: renewal theory, differential equations, published claims."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from coalescence.charts import challenges as charts
from coalescence.lab import drawing
from coalescence.models import challenges
from coalescence.models.challenges import Market, Rival, Suit
from coalescence.models.rise import bass_sales, bass_share
from tests.labs import Lab

few = settings(max_examples=40, deadline=None)
markets = st.builds(
    Market,
    p=st.floats(0.01, 0.1),
    q=st.floats(0.1, 1),
    m=st.floats(1, 500),
    life=st.floats(1, 6),
    shape=st.floats(1, 5),
)


# --- saturation ---


@few
@given(markets)
def test_sales_settle_at_potential_over_mean_life(market: Market) -> None:
    """The elementary renewal theorem: the shape of the lifetimes does not matter in the end."""
    first, again = challenges.demand(market, 100)
    assert again[-1] == pytest.approx(challenges.long_run(market), rel=0.01)
    assert first.sum() == pytest.approx(market.m, rel=1e-3)
    assert (again >= -1e-9).all()


@few
@given(markets)
def test_first_purchases_are_bass(market: Market) -> None:
    first, _ = challenges.demand(market, 20)
    expected = bass_sales(np.arange(1, 21), market.p, market.q, market.m)
    np.testing.assert_allclose(first, expected, atol=1e-9)


def test_memoryless_lifetimes_in_closed_form() -> None:
    """With exponential lives replacements are owners / life at any time."""
    market = Market(life=3, shape=1)
    _, again = challenges.demand(market, 12)
    for year in range(12):
        owners = quad(lambda t: bass_share(t, market.p, market.q), year, year + 1)[0]
        assert again[year] == pytest.approx(market.m * owners / market.life, rel=0.02, abs=0.02)


def test_renewals_of_one_buyer_by_hand() -> None:
    """Replaced after one period with chance 0.5, else after two: u_n = (2 + (-1/2)^n) / 3."""
    n = np.arange(1, 12)
    again = challenges.replacements([1] + [0] * 11, [0, 0.5, 0.5])
    np.testing.assert_allclose(again[1:], (2 + (-0.5) ** n) / 3)


@few
@given(markets, st.floats(0.1, 10))
def test_demand_grows_with_the_potential(market: Market, unit: float) -> None:
    one, other = (
        challenges.demand(market, 15),
        challenges.demand(market._replace(m=unit * market.m), 15),
    )
    np.testing.assert_allclose(other.again, unit * one.again, atol=1e-9)


# --- rivalry ---


@few
@given(st.floats(1, 500), st.floats(0.01, 0.1), st.floats(0, 1), st.floats(0.2, 1))
def test_share_obeys_lanchester(spend: float, effect: float, start: float, power: float) -> None:
    us, them = Rival(spend, effect, power), Rival(power=power)
    t = np.linspace(0, 8, 9)
    found = solve_ivp(
        lambda _, m: us.pull * (1 - m) - them.pull * m, (0, 8), [start], "LSODA", t, rtol=1e-9
    )
    ours = challenges.share(t, us, them, start)
    np.testing.assert_allclose(ours, found.y[0], atol=1e-5)
    np.testing.assert_allclose(ours + challenges.share(t, them, us, 1 - start), 1)
    assert challenges.share(1e6, us, them, start) == pytest.approx(
        challenges.steady_share(us, them)
    )
    assert challenges.steady_share(us._replace(spend=2 * spend), them) > challenges.steady_share(
        us, them
    )


def test_shares_take_arrays() -> None:
    spends = np.array([10.0, 100, 400])
    shares = challenges.steady_share(Rival(spends), Rival())  # type: ignore[arg-type]
    for one, spend in zip(shares, spends, strict=True):
        assert one == pytest.approx(challenges.steady_share(Rival(float(spend)), Rival()))
    assert shares[1] == 0.5


@few
@given(
    st.tuples(st.floats(50, 2000), st.floats(50, 2000)),
    st.tuples(st.floats(0.01, 0.1), st.floats(0.01, 0.1)),
    st.floats(0.1, 1),
)
def test_nobody_gains_by_leaving_the_contest(
    worth: tuple[float, float], effect: tuple[float, float], power: float
) -> None:
    spends = challenges.contest(worth, effect, power)
    for i in (0, 1):
        them = Rival(float(spends[1 - i]), effect[1 - i], power)

        def loss(log: float, i: int = i, them: Rival = them) -> float:
            us = Rival(float(spends[i] * np.exp(log)), effect[i], power)
            return float(us.spend - worth[i] * challenges.steady_share(us, them))

        best = minimize_scalar(loss, bounds=(-3, 3), method="bounded")
        assert loss(0.0) <= best.fun + 1e-6 * worth[i]


def test_contest_of_equals() -> None:
    """Tullock (1980): equal rivals for a prize V each spend power V / 4."""
    np.testing.assert_allclose(challenges.contest((800, 800), (0.1, 0.1), 0.5), [100, 100])


# --- litigation ---


@few
@given(st.floats(1, 200), st.floats(0.1, 200), st.floats(0, 100), st.floats(0, 200))
def test_option_to_drop_a_suit(award: float, spread: float, first: float, second: float) -> None:
    suit = Suit(award, spread, first, second)
    expected = quad(
        lambda x: max(x - second, 0) * norm.pdf(x, award, spread),
        second,
        max(second, award) + 12 * spread,
        points=[award] if award > second else None,
    )[0]
    value = challenges.with_option(suit)
    assert value + first == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert value >= max(challenges.to_the_end(suit), -first) - 1e-9
    assert challenges.with_option(suit._replace(spread=2 * spread)) >= value - 1e-9
    sure = challenges.with_option(suit._replace(spread=0.0))
    assert sure == pytest.approx(max(award - second, 0) - first)


def test_settlement_as_grundfest_and_huang_describe_it() -> None:
    """Their abstract: little variance, the expected value; then a break; then it only grows."""
    spread = np.linspace(0, 300, 601)
    value = challenges.settlement(Suit(100, spread, 30, 80, 110))  # type: ignore[arg-type]
    quiet = spread < 20  # bad news are not bad enough to drop the suit
    np.testing.assert_allclose(value[quiet], 100)
    steps = np.diff(value)
    assert (steps < -1).sum() == 1
    assert (steps[int(np.argmin(steps)) + 1 :] > 0).all()


@few
@given(st.floats(1, 200), st.floats(0, 200), st.floats(0, 400))
def test_every_suit_is_credible_if_enough_may_be_learned(
    award: float, first: float, second: float
) -> None:
    """Grundfest and Huang (2006), also for suits of negative expected value."""
    far = 10 * (award + first + second)
    suit = Suit(award, far, first, second, first + second)
    assert challenges.settlement(suit) > 0
    assert challenges.with_option(suit) > 0


@few
@given(st.floats(1, 200), st.floats(1, 800), st.floats(0.1, 0.9))
def test_enough_stages_make_a_threat_credible(award: float, cost: float, power: float) -> None:
    """Bebchuk (1996): a suit not worth its cost can succeed if the cost comes in parts."""
    defence = cost * (1 - power) / power  # what the plaintiff pays she gets back in bargaining
    assume(abs(cost / award - round(cost / award)) > 1e-6)
    enough = int(np.ceil(cost / award))
    settled = [challenges.staged(award, cost, defence, n, power) for n in range(1, enough + 2)]
    assert settled[enough - 1 :] == pytest.approx([award, award])
    assert settled[: enough - 1] == [0.0] * (enough - 1)


@few
@given(st.floats(1, 200), st.floats(0, 300), st.floats(0, 300), st.floats(0, 1))
def test_two_stages_without_news(award: float, cost: float, defence: float, power: float) -> None:
    suit = Suit(award, 0.0, cost / 2, cost / 2, defence, power)
    plain = challenges.staged(award, cost, defence, 2, power)
    assert challenges.settlement(suit) == pytest.approx(max(plain, 0), abs=1e-9)


def test_bargaining_range_of_a_textbook_exercise() -> None:
    """Award 100,000, costs 20,000 each: odds of 0.7 on both sides, then 0.6 against 0.5."""
    assert challenges.bargaining_range(100, 0.7, 0.7, 20, 20) == pytest.approx((50, 90))
    assert challenges.bargaining_range(100, 0.6, 0.5, 20, 20) == pytest.approx((40, 70))
    least, most = challenges.bargaining_range([100, 500], 0.6, 0.5, 20, 20)
    np.testing.assert_allclose(most - least, [30, -10])  # no settlement from an award of 400 on


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: challenges.replacements([1], [1.0]), "the first share below 1"),
        (lambda: challenges.replacements([1], [0.7, 0.7]), "sum of shares = 1.4"),
        (lambda: challenges.demand(Market(life=0), 3), "life = 0 is out of range"),
        (lambda: challenges.demand(Market(), 0), "years = 0"),
        (lambda: challenges.long_run(Market(life=-1)), "life = -1"),
        (lambda: challenges.steady_share(Rival(0), Rival(0)), "sum of pulls = 0"),
        (lambda: challenges.share(-1, Rival(), Rival(), 0.5), "t = -1"),
        (lambda: challenges.contest((1, 1), (1, 1), 1.5), "power = 1.5"),
        (lambda: challenges.settlement(Suit(first=-1)), "first = -1"),
        (lambda: challenges.with_option(Suit(spread=-1)), "spread = -1"),
        (lambda: challenges.staged(1, 1, 1, 0), "stages = 0"),
        (lambda: challenges.bargaining_range(1, 2, 0.5, 1, 1), "plaintiff = 2"),
    ],
)
def test_errors_say_what_is_wrong(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=message):
        call()


def test_a_suit_without_costs_always_settles() -> None:
    assert challenges.settlement(Suit(100, 0, 0, 0, 0)) == pytest.approx(100)


# --- labs and charts ---


LABS = {
    "saturation": Lab(30, {"q": (0.2, 1), "life": (1.5, 6), "shape": (1, 5)}),
    "rivalry": Lab(41, {"spend": (20, 400), "effect": (0.02, 0.1), "start": (0, 0.5, 1)}),
    "answers": Lab(20, {"worth": (200, 2000), "effect": (0.02, 0.1)}),
    "lawsuit": Lab(41, {"award": (20, 200), "first": (0, 100), "second": (0, 150)}),
    "bargaining": Lab(21, {"plaintiff": (0.2, 0.9), "defendant": (0.1, 0.8), "cost": (0, 10, 80)}),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name: str) -> None:
    LABS[name].holds(challenges, charts, name)


def test_share_that_stays() -> None:
    setting = {"spend": 100.0, "effect": 0.05, "start": 0.5}
    assert "stays" in charts.say_rivalry(pd.DataFrame(challenges.rivalry(**setting)), **setting)


def test_episodes_are_drawn() -> None:
    table = pd.DataFrame({"episode": ["2016"], "market": [0.1], "share": [-0.1], "units": [-0.01]})
    assert "market" in drawing(charts.episodes, table).words
