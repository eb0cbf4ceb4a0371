"""In-home lock-in against published closed forms, exact chains, limits and simulation."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.stats import beta, binom, kstest, norm, poisson

from coalescence.charts import in_home as charts
from coalescence.models import in_home
from coalescence.models.in_home import Home, Market, Rivals, Urn
from tests.labs import Lab

quick = settings(max_examples=15, deadline=None)
tastes = st.floats(0.05, 1)
switchings = st.floats(0, 0.5)
discounts = st.floats(0, 1)


# --- switching cost ---


@quick
@given(tastes, switchings, discounts)
def test_first_price_is_the_best_answer_to_itself(taste, switching, discount):
    """Hotelling newcomers, solved by numerical best response; each is worth delta s later on."""
    first, later = in_home.two_prices(Rivals(taste, switching, discount, floor=-10))
    worth = discount * (later - 1)
    found = minimize_scalar(
        lambda p: -(p - 1 + worth) * np.clip(0.5 + (first - p) / (2 * taste), 0, 1),
        bounds=(first - 2 * taste, first + 2 * taste),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert found.x == pytest.approx(first, abs=1e-5)


@quick
@given(tastes, switchings)
def test_no_brand_gains_by_poaching_the_owners_of_the_other(taste, switching):
    """At c + s a rival must sell at c to win the other's owners, which earns nothing on anyone."""
    _, later = in_home.two_prices(Rivals(taste, switching))
    poaching_price = later - switching
    assert (poaching_price - 1) * 2 <= (later - 1) + 1e-9


@quick
@given(tastes, switchings, discounts)
def test_rents_are_competed_away(taste, switching, discount):
    """Farrell and Klemperer (2007): first-period bargains give back the later rip-off in full."""
    paid, earned = in_home.lifetime(Rivals(taste, switching, discount, floor=-10))
    assert earned == pytest.approx(taste)
    assert paid == pytest.approx(1 + taste + discount)


def test_prices_by_hand():
    first, later = in_home.two_prices(Rivals(0.2, 0.15, 0.9))
    assert (first, later) == pytest.approx((1.065, 1.15))


@quick
@given(tastes, discounts, st.floats(0, 1))
def test_a_floor_leaves_rents_with_the_brand(taste, discount, floor):
    table = in_home.prices(taste, discount, floor)
    assert np.all(np.diff(table["earned"]) >= -1e-12)
    assert np.all(table["earned"] >= taste - 1e-12)
    assert np.all(table["first"] >= floor)


# --- network effect ---


def test_critical_mass_of_the_textbook():
    """Rohlfs' curve p = x(1 - x): at .16 the roots are .2 and .8, at 1/4 both are a half."""
    assert in_home.critical_mass(0.16) == pytest.approx(0.2)
    assert in_home.stable_share(0.16) == pytest.approx(0.8)
    assert in_home.critical_mass(0.25) == in_home.stable_share(0.25) == 0.5
    assert in_home.critical_mass(0.26) == np.inf
    assert in_home.stable_share(0.26) == 0


@quick
@given(st.floats(0.001, 0.999), st.floats(0, 0.99))
def test_critical_mass_and_stable_share_are_roots_of_demand(cut, alone):
    price = cut * (1 + alone) ** 2 / 4
    low, high = in_home.critical_mass(price, alone), in_home.stable_share(price, alone)
    assert in_home.willingness(high, alone) == pytest.approx(price)
    if price > alone:
        assert in_home.willingness(low, alone) == pytest.approx(price)
    else:
        assert low == pytest.approx(0, abs=1e-12)
    roots = np.sort(np.roots([1, alone - 1, price - alone]))
    assert high == pytest.approx(roots[1])


@quick
@given(st.floats(0.02, 0.22), st.floats(0.02, 0.98))
def test_start_decides_where_the_network_ends(price, start):
    mass = in_home.critical_mass(price)
    if abs(start - mass) < 0.02:
        return
    share = start
    for _ in range(150):
        share = float(in_home.join(share, price))
    end = in_home.stable_share(price) if start > mass else 0
    assert share == pytest.approx(end, abs=1e-6)


@quick
@given(st.floats(0, 0.3), st.floats(0, 0.5), st.floats(0, 0.5))
def test_a_device_of_use_alone_needs_less_company(price, alone, more):
    assert in_home.critical_mass(price, alone + more) <= in_home.critical_mass(price, alone) + 1e-9
    assert in_home.stable_share(price, alone + more) >= in_home.stable_share(price, alone) - 1e-9


def test_join_is_a_count_of_homes():
    """A million homes with values spread evenly, each asked."""
    value = (np.arange(1_000_000) + 0.5) / 1e6
    assert in_home.join(0.4, 0.16, 0.1) == pytest.approx(np.mean(value * 0.5 >= 0.16), abs=1e-5)
    assert in_home.join(0.0, 0.16) == 0
    assert in_home.join(0.0, 0.0) == 1


@quick
@given(st.integers(1, 10), st.floats(0, 0.99), st.booleans())
def test_katz_shapiro_maker_cannot_do_better(makers, effect, common):
    """Cournot's best answer with expected networks held fixed and found to be true."""
    each = in_home.katz_shapiro(Market(makers, effect), common)
    network = makers * each if common else each
    room = 1 + effect * network - (makers - 1) * each
    found = minimize_scalar(
        lambda x: -x * (room - x), bounds=(0, 3 * each), options={"xatol": 1e-10}
    )
    assert found.x == pytest.approx(each, rel=1e-5)


@quick
@given(st.integers(2, 10), st.floats(0.01, 0.99))
def test_a_common_standard_sells_more(makers, effect):
    common, apart = (in_home.katz_shapiro(Market(makers, effect), way) for way in (True, False))
    cournot = 1 / (makers + 1)
    assert common > apart > cournot
    assert in_home.katz_shapiro(Market(makers, 0.0)) == pytest.approx(cournot)


# --- the urn and its double ---


def test_one_ball_each_and_one_added_is_uniform():
    """Arthur (1989), Polya: every number of red balls is as likely as every other."""
    assert in_home.outcomes(Urn(1, 1, 1), 20) == pytest.approx(np.full(21, 1 / 21))


@quick
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 4), st.integers(1, 8))
def test_outcomes_are_the_sum_over_all_orders(xiaomi, rival, added, purchases):
    urn, expected = Urn(xiaomi, rival, added), np.zeros(purchases + 1)
    for order in product((0, 1), repeat=purchases):
        chance, bought = 1.0, 0
        for n, one in enumerate(order):
            red = float(in_home.next_chance(urn, bought, n))
            chance *= red if one else 1 - red
            bought += one
        expected[bought] += chance
    assert in_home.outcomes(urn, purchases) == pytest.approx(expected)


def test_share_tends_to_the_beta_distribution():
    """Share -> Beta(r/c, b/c), by Kolmogorov and Smirnov on 2,000 urns."""
    share = in_home.draw(Urn(1, 2, 1), 2000, 1000, seed=4)[:, -1]
    assert kstest(share, beta(1, 2).cdf).pvalue > 0.01
    cumulative = np.cumsum(in_home.outcomes(Urn(3, 2, 2), 4000))
    x = np.linspace(0, 1, 4001)
    assert cumulative == pytest.approx(beta(1.5, 1).cdf(x), abs=1e-3)


@quick
@given(st.floats(0.5, 5), st.floats(0.5, 5), st.floats(0.2, 3), st.integers(0, 5))
def test_fixed_tastes_show_the_same_numbers_as_the_urn(xiaomi, rival, added, bought):
    """Bayes by numerical integration: E[p | k of 5] under Beta(r/c, b/c), Heckman's trap."""
    a, b = xiaomi / added, rival / added
    over, _ = quad(
        lambda p: p**bought * (1 - p) ** (5 - bought), 0, 1, weight="alg", wvar=(a, b - 1)
    )
    under, _ = quad(
        lambda p: p**bought * (1 - p) ** (5 - bought), 0, 1, weight="alg", wvar=(a - 1, b - 1)
    )
    seen = in_home.next_chance(Urn(xiaomi, rival, added), bought, 5)
    assert seen == pytest.approx(over / under, rel=1e-6)
    table = in_home.lookalike(xiaomi, rival, added)
    assert table["seen"][bought] == table["seen"][6 + bought] == table["gift"][6 + bought]
    assert table["gift"][bought] > table["seen"][bought]


@quick
@given(st.floats(0.1, 5), st.floats(0.1, 5), st.floats(0.1, 5), st.floats(0.1, 9))
def test_an_urn_does_not_care_for_the_size_of_its_balls(xiaomi, rival, added, size):
    one, other = Urn(xiaomi, rival, added), Urn(xiaomi * size, rival * size, added * size)
    assert in_home.outcomes(one, 9) == pytest.approx(in_home.outcomes(other, 9))


# --- the home ---

homes = st.builds(
    Home,
    taste=st.floats(-4, 2),
    bond=st.floats(-0.3, 0.4),
    spread=st.just(0.0),
    places=st.integers(1, 12),
    turnover=st.floats(0.1, 1),
)


@quick
@given(homes)
def test_linear_algebra_finds_the_product_form(home):
    """The chain's stationary shares, solved, are the reversible (Gibbs) form of eq. (6)."""
    chain = in_home.transition(home)
    assert chain.sum(axis=-1) == pytest.approx(np.ones(home.places + 1))
    assert np.all(chain >= -1e-15)
    assert in_home.stationary(chain) == pytest.approx(in_home.settled(home), abs=1e-9)
    shares = in_home.settled(home)
    flow = shares[:, None] * chain
    assert flow == pytest.approx(flow.T, abs=1e-12)


def test_a_chain_of_two_states_by_hand():
    assert in_home.stationary([[0.9, 0.1], [0.3, 0.7]]) == pytest.approx([0.75, 0.25])


@quick
@given(st.floats(-3, 3), st.integers(1, 12))
def test_without_a_bond_devices_are_independent(taste, places):
    home = Home(taste, 0.0, 0.0, places)
    expected = binom.pmf(np.arange(places + 1), places, 1 / (1 + np.exp(-taste)))
    assert in_home.settled(home) == pytest.approx(expected)
    assert in_home.devices(home) == pytest.approx(expected)


@quick
@given(st.floats(-4, 0), st.floats(0, 0.3), st.floats(0.05, 0.3))
def test_a_bond_fills_homes_and_years_do(taste, bond, more):
    def at_least(home, quarters):
        return np.cumsum(in_home.devices(home, quarters)[::-1])

    assert np.all(at_least(Home(taste, bond + more), 40) >= at_least(Home(taste, bond), 40) - 1e-12)
    assert np.all(at_least(Home(taste, bond), 41) >= at_least(Home(taste, bond), 40) - 1e-12)


def test_simulated_homes_agree_with_the_exact_chain():
    """A million homes of differing tastes, ten years: within Monte Carlo error of the chain."""
    home, count = Home(-2.0, 0.2, 0.8), 1_000_000
    found = np.bincount(in_home.simulate(home, count, 40, seed=1), minlength=11)
    exact = in_home.devices(home, 40)
    assert found.sum() == count
    assert np.all(np.abs(found - count * exact) < 4 * np.sqrt(count * exact * (1 - exact)))


def test_simulation_repeats_with_its_seed():
    home = Home(spread=1.0)
    one, again, other = (in_home.simulate(home, 1000, 8, seed=s) for s in (3, 3, 4))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("quarters", [0, 12, None])
def test_differing_tastes_are_integrated_out(quarters):
    """Gauss-Hermite against adaptive integration of the density, a taste at a time."""
    home = Home(-2.0, 0.2, 1.2)
    if quarters == 0:
        assert in_home.devices(home, 0) == pytest.approx(np.eye(11)[0])
        return

    def weighted(taste, x):
        same = home._replace(taste=taste, spread=0.0)
        return in_home.devices(same, quarters)[x] * norm.pdf(taste, -2.0, 1.2)

    for x in (0, 5, 10):
        expected, _ = quad(weighted, -9, 5, args=(x,))
        assert in_home.devices(home, quarters)[x] == pytest.approx(expected, abs=1e-6)


def test_homes_with_another_device():
    assert in_home.another([0.5, 0.3, 0.15, 0.05]) == pytest.approx(0.4)
    counts = in_home.simulate(Home(-2.0, 0.3), 100_000, 30, seed=6)
    found = (counts >= 2).sum() / (counts >= 1).sum()
    assert in_home.another(in_home.devices(Home(-2.0, 0.3), 30)) == pytest.approx(found, abs=0.01)


def test_taste_alone_can_pass_for_a_bond():
    """Ten years on, homes without any bond match bound homes in mean and in five-or-more."""
    bound = in_home.devices(Home(-2.5, 0.3), 40)
    x, many = np.arange(11), bound[5:].sum()
    gap = []
    for spread in np.linspace(0, 1.5, 16):
        fit = minimize_scalar(
            lambda a, s=spread: (in_home.devices(Home(a, 0, s), 40) @ x - bound @ x) ** 2,
            bounds=(-5, 0),
            method="bounded",
        )
        gap.append(abs(in_home.devices(Home(fit.x, 0, spread), 40)[5:].sum() - many))
    assert min(gap) < 0.002 < gap[0]


# --- the tail ---


def test_tail_is_poisson_at_the_limit():
    means = np.array([0.2, 0.8, 1.5])
    assert in_home.tail(means) == pytest.approx(poisson.sf(4, means))
    assert in_home.tail(means, 1e8) == pytest.approx(poisson.sf(4, means), rel=1e-5)


def test_tail_mixes_poisson_homes_over_gamma_tastes():
    mixed, _ = quad(lambda g: poisson.sf(4, 0.8 * g) * (0.7 * 0.7**-0.3 * g**-0.3
        * np.exp(-0.7 * g) / 1.2980553326475577), 0, np.inf)  # fmt: skip
    assert in_home.tail(0.8, 0.7) == pytest.approx(mixed, rel=1e-6)


@quick
@given(st.floats(0.2, 2), st.floats(0.5, 50))
def test_crowding_inverts_the_tail(mean, shape):
    share = float(in_home.tail(mean, shape))
    found = in_home.crowding(mean, share)
    assert in_home.tail(mean, found) == pytest.approx(share, rel=1e-6)
    assert in_home.crowding(mean, float(poisson.sf(4, mean))) > 1e5


def test_least_may_be_an_array():
    at_least = in_home.tail(0.8, 1.2, np.arange(60))
    assert at_least[5] == in_home.tail(0.8, 1.2)
    assert -np.diff(at_least) @ np.arange(59) == pytest.approx(0.8)  # the mean, from the shares


def test_three_ways_lead_through_what_was_reported():
    table = in_home.ways(0.75, 0.012)
    here = int(np.searchsorted(table["mean"], 0.75))
    assert table["crowded"][here] == pytest.approx(0.012)
    assert table["broader"][here] == pytest.approx(0.012)
    assert table["loose"][here] == pytest.approx(poisson.sf(4, 0.75))
    assert np.all(table["crowded"][here + 1 :] > table["broader"][here + 1 :])


def test_ways_are_drawn_over_what_was_seen():
    seen = pd.DataFrame({"year": [2020, 2021], "mean": [0.8, 0.9], "share": [0.015, 0.017]})
    chart = charts.ways(pd.DataFrame(in_home.ways(0.9, 0.017)), seen.assign(old=[True, False]))
    assert "five or more" in chart.to_dict()["description"]


# --- what the labs open ---

LABS = {
    "prices": Lab(13, {"taste": (0.1, 0.5), "discount": (0, 1), "floor": (0, 1)}),
    "tip": Lab(
        52,
        {"price": (0.02, 0.16, 0.6), "alone": (0, 0.5), "start": (0, 0.2, 1)},
        ("tip", "rounds"),
    ),
    "standards": Lab(16, {"effect": (0, 0.8)}),
    "urns": Lab(60, {"xiaomi": (1, 10), "rival": (1, 10), "added": (0, 5), "seed": (1, 2)}),
    "luck": Lab(21, {"xiaomi": (1, 10), "rival": (1, 10), "added": (0, 5)}),
    "lookalike": Lab(12, {"xiaomi": (1, 10), "rival": (1, 10), "added": (0.5, 5)}),
    "homes": Lab(11, {"taste": (-4, 0), "bond": (0, 0.6), "spread": (0, 2), "years": (0, 20)}),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(in_home, charts, name)


def test_sentences_say_what_happens():
    def said(price, alone, start):
        setting = {"price": price, "alone": alone, "start": start}
        return charts.say_tip(pd.DataFrame(in_home.tip(**setting)), **setting)

    assert "takes off" in said(0.16, 0.0, 0.25)
    assert "dies" in said(0.16, 0.0, 0.15)
    assert "edge" in said(0.16, 0.0, 0.2)
    assert "Any start" in said(0.1, 0.3, 0.0)
    assert "no share" in said(0.6, 0.0, 0.9)


def test_arrays_are_floats_side_by_side():
    shares = np.linspace(0, 1, 5)
    assert in_home.join(shares, 0.16) == pytest.approx([in_home.join(s, 0.16) for s in shares])
    grid = in_home.critical_mass(np.array([[0.1], [0.2]]), np.array([0.0, 0.1, 0.2]))
    assert grid.shape == (2, 3)
    assert grid[1, 2] == in_home.critical_mass(0.2, 0.2)
    chains = in_home.transition(Home(), np.array([-2.0, 1.0]))
    assert in_home.stationary(chains)[1] == pytest.approx(in_home.settled(Home(taste=1.0)))
    first, _ = in_home.two_prices(Rivals(switching=np.array([0.1, 0.2])))
    assert first[1] == in_home.two_prices(Rivals(switching=0.2))[0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: in_home.two_prices(Rivals(taste=-1)), "taste = -1"),
        (lambda: in_home.two_prices(Rivals(switching=-0.1)), "switching"),
        (lambda: in_home.two_prices(Rivals(discount=1.1)), "discount"),
        (lambda: in_home.willingness(1.2), "share"),
        (lambda: in_home.critical_mass(-0.1), "price"),
        (lambda: in_home.join(0.5, 0.1, -1), "alone"),
        (lambda: in_home.katz_shapiro(Market(0)), "makers"),
        (lambda: in_home.katz_shapiro(Market(effect=1)), "effect"),
        (lambda: in_home.next_chance(Urn(), 3, 2), "of minus bought"),
        (lambda: in_home.outcomes(Urn(xiaomi=0), 5), "xiaomi"),
        (lambda: in_home.lookalike(1, 1, 0), "added"),
        (lambda: in_home.devices(Home(turnover=1.5)), "turnover"),
        (lambda: in_home.devices(Home(), -1), "quarters"),
        (lambda: in_home.tail(1, 0), "shape"),
        (lambda: in_home.crowding(1.0, 0.5), "share"),
    ],
)
def test_errors_name_what_was_expected(call, words):
    with pytest.raises(ValueError, match=words):
        call()
