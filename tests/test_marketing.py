"""Goodwill and referrals: textbook rules, known fixed points, exact sums."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import minimize_scalar

from coalescence.charts import marketing as charts
from coalescence.models import marketing
from coalescence.models.marketing import Advertising, Brand, Referral
from tests.labs import Lab

few = settings(max_examples=40, deadline=None)
brands = st.builds(
    Brand,
    scale=st.floats(1, 500),
    elasticity=st.floats(0.05, 0.8),
    margin=st.floats(0.05, 0.6),
    decay=st.floats(0.05, 2),
    rate=st.floats(0.02, 0.3),
)
referrals = st.builds(Referral, mean=st.floats(0, 4), evenness=st.floats(0.1, 50))


# --- goodwill ---


@few
@given(st.floats(0, 50), st.floats(0.05, 3), st.floats(0, 100))
def test_goodwill_obeys_its_equation(spend: float, decay: float, start: float) -> None:
    t = np.linspace(0, 10, 11)
    found = solve_ivp(lambda _, g: spend - decay * g, (0, 10), [start], t_eval=t, rtol=1e-9)
    np.testing.assert_allclose(
        marketing.goodwill(t, spend, decay, start), found.y[0], rtol=1e-5, atol=1e-5
    )
    assert marketing.goodwill(1e4, spend, decay, start) == pytest.approx(spend / decay)


@few
@given(brands)
def test_best_goodwill_is_best(brand: Brand) -> None:
    """Found again by scipy on the worth of the brand."""
    best = marketing.best_goodwill(brand)
    found = minimize_scalar(
        lambda z: -marketing.brand_worth(brand, best * np.exp(z)), bounds=(-1, 1), method="bounded"
    )
    assert found.x == pytest.approx(0, abs=1e-3)
    sales = brand.scale * best**brand.elasticity
    ratio = marketing.advertising_ratio(brand.elasticity, brand.margin, brand.decay, brand.rate)
    assert ratio == pytest.approx(brand.decay * best / sales)  # upkeep over sales


@few
@given(brands, st.floats(0.5, 2), st.floats(0.1, 5))
def test_no_detour_pays(brand: Brand, factor: float, years: float) -> None:
    """Nerlove and Arrow: going somewhere else and coming back later is never worth it."""
    best = marketing.best_goodwill(brand)
    there = factor * best

    def flow(stock: float) -> float:
        sales = brand.scale * stock**brand.elasticity
        return brand.margin * sales - brand.decay * stock

    gone = np.exp(-brand.rate * years)
    stay = flow(best) * (1 - gone) / brand.rate
    detour = flow(there) * (1 - gone) / brand.rate - (there - best) + gone * (there - best)
    assert detour <= stay + 1e-9 * abs(stay)


def test_ratio_of_two_elasticities() -> None:
    """Dorfman and Steiner (1954): if nothing is remembered, advertising / sales = a / eta."""
    assert marketing.advertising_ratio(0.12, 1 / 3, 1e9, 0.1) == pytest.approx(0.12 / 3)
    np.testing.assert_allclose(marketing.advertising_ratio([0.1, 0.2], 0.5, 0.3, 0), [0.05, 0.1])


# --- referrals ---


@few
@given(referrals)
def test_extinction_is_the_smallest_fixed_point(referral: Referral) -> None:
    chance = marketing.extinction(referral)
    assert marketing.generating(referral, chance) == pytest.approx(chance, abs=1e-9)
    if referral.mean <= 1:
        assert chance == 1
    elif referral.mean > 1.05:
        assert marketing.died_out(referral, 800)[-1] == pytest.approx(chance, abs=1e-4)


@pytest.mark.parametrize("mean", [0.2, 1.0, 1.5, 4.0])
def test_geometric_chains_end_with_one_over_r(mean: float) -> None:
    assert marketing.extinction(Referral(mean, 1.0)) == pytest.approx(min(1, 1 / mean))


def test_poisson_chains() -> None:
    """Known solutions of s = exp(R (s - 1)): the giant component of a random graph."""
    assert marketing.extinction(Referral(2.0, 1e9)) == pytest.approx(0.2031878700, abs=1e-6)
    assert marketing.extinction(Referral(1.5, 1e9)) == pytest.approx(0.4171877, abs=1e-6)


def test_just_above_the_threshold() -> None:
    assert marketing.extinction(Referral(1 + 1e-12, 1.0)) == 1


@few
@given(st.floats(1.1, 4), st.floats(0.1, 10))
def test_uneven_chains_die_more_often(mean: float, evenness: float) -> None:
    chances = [marketing.extinction(Referral(mean, k)) for k in (evenness, 2 * evenness)]
    assert chances[0] > chances[1]


@few
@given(referrals)
def test_sizes_of_chains_sum_up(referral: Referral) -> None:
    size = np.arange(1, 40001)
    chance = marketing.size_chance(referral, size)
    if abs(referral.mean - 1) > 0.3:
        assert chance.sum() == pytest.approx(marketing.extinction(referral), abs=1e-3)
    if referral.mean < 0.7:
        assert size @ chance == pytest.approx(marketing.progeny(referral.mean), rel=1e-3)


def test_borel_distribution() -> None:
    """Poisson referrals: P(n) = exp(-R n) (R n)^(n - 1) / n!, Borel (1942)."""
    n, r = np.arange(1.0, 8.0), 0.7
    factorial = np.cumprod(n)
    np.testing.assert_allclose(
        marketing.size_chance(Referral(r, 1e8), n), np.exp(-r * n) * (r * n) ** (n - 1) / factorial,
        rtol=1e-5,
    )  # fmt: skip


def test_progeny_by_hand() -> None:
    assert marketing.progeny(0.75) == pytest.approx(4)
    assert marketing.progeny(2.0, 3) == pytest.approx(1 + 2 + 4 + 8)
    assert marketing.progeny(1.0, 5) == 6
    assert marketing.progeny(1.0) == np.inf
    np.testing.assert_allclose(marketing.progeny([0, 0.5], [[0], [1]]), [[1, 1], [1, 1.5]])


# --- cost of a customer ---


@few
@given(st.floats(0.1, 0.9), st.floats(0.1, 50), st.floats(0.01, 0.95), st.floats(0, 50))
def test_costs(elasticity: float, wanted: float, mean: float, bonus: float) -> None:
    ads = Advertising(elasticity=elasticity)
    alone = marketing.advertised_cost(ads, wanted)
    spend = alone * wanted  # upkeep of the goodwill that wins as many: back through eq. (1)
    stock = marketing.goodwill(1e6, spend, ads.decay)
    assert ads.reach * stock**elasticity == pytest.approx(wanted)
    free = marketing.referred_cost(ads, wanted, mean, 0.0)
    assert free == pytest.approx(alone * (1 - mean) ** (1 / elasticity))
    limit = marketing.best_bonus(ads, wanted, mean)
    assert marketing.referred_cost(ads, wanted, mean, limit) == pytest.approx(alone)
    cheaper = marketing.referred_cost(ads, wanted, mean, bonus) < alone
    assert cheaper == (bonus < limit) or abs(bonus - limit) < 1e-6


def test_costs_take_arrays() -> None:
    table = marketing.referred_cost(Advertising(), [1.0, 5.0], [[0.0], [0.5]], 2.0)
    assert table[1, 1] == pytest.approx(marketing.referred_cost(Advertising(), 5, 0.5, 2))
    assert table[0, 1] == pytest.approx(marketing.advertised_cost(Advertising(), 5))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: marketing.goodwill(1, 1, 0), "decay = 0 is out of range"),
        (lambda: marketing.best_goodwill(Brand(elasticity=1)), "elasticity = 1"),
        (lambda: marketing.brand_worth(Brand(rate=0), 1), "rate = 0"),
        (lambda: marketing.extinction(Referral(-1)), "mean = -1"),
        (lambda: marketing.extinction(Referral(1, 0)), "evenness = 0"),
        (lambda: marketing.referred_cost(Advertising(), 1, 1, 0), "mean = 1 is out of range"),
        (lambda: marketing.size_chance(Referral(), 0), "size = 0"),
        (lambda: marketing.advertised_cost(Advertising(), 0), "wanted = 0"),
    ],
)
def test_errors_say_what_is_wrong(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=message):
        call()


# --- labs and charts ---


LABS = {
    "budget": Lab(31, {"elasticity": (0.1, 0.6), "decay": (0.1, 2), "margin": (0.1, 0.5)}),
    "chain": Lab(21, {"mean": (0, 0.6, 1.0, 3), "evenness": (0.1, 10)}),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name: str) -> None:
    LABS[name].holds(marketing, charts, name)
