"""Design congruence against random utility, conditional logits, finite differences and counts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import binom, norm

from coalescence.charts import design as charts
from coalescence.models import design, in_home
from coalescence.models.in_home import Home
from tests.labs import Lab

quick = settings(max_examples=20, deadline=None)
N = 4


def square(low, high):
    """A symmetric matrix with a zero diagonal."""
    return arrays(float, (N, N), elements=st.floats(low, high)).map(
        lambda g: np.triu(g, 1) + np.triu(g, 1).T
    )


appeals = arrays(float, N, elements=st.floats(-3, 2))
weights = st.floats(0, 1.5)


def by_hand(appeal, match, weight):
    """U(B) of every bundle, summed product by product and pair by pair."""
    found = []
    for mask in range(1 << len(appeal)):
        inside = [i for i in range(len(appeal)) if mask >> i & 1]
        matched = sum(match[i][j] for i in inside for j in inside if i < j)
        found.append(sum(appeal[i] for i in inside) + weight * matched)
    return found


@quick
@given(appeals, square(-1, 1), weights)
def test_utilities_count_each_pair_once(appeal, match, weight):
    found = design.utilities(appeal, match, weight)
    assert found == pytest.approx(np.array(by_hand(appeal, match, weight)), abs=1e-12)
    assert found[0] == 0


def test_value_grows_with_pairs():
    assert design.pairs(12) == 66
    full = [design.utilities(np.zeros(n), 1.0 - np.eye(n), 0.3)[-1] for n in range(1, 9)]
    assert full == pytest.approx(0.3 * design.pairs(np.arange(1, 9)))
    assert np.diff(full) == pytest.approx(0.3 * np.arange(1, 8))  # late products gain most


def test_one_ugly_product_costs_all_its_pairs():
    n, match = 6, 1.0 - np.eye(6)
    odd = match.copy()
    odd[-1, :] = odd[:, -1] = 0
    lost = design.utilities(np.zeros(n), match)[-1] - design.utilities(np.zeros(n), odd)[-1]
    assert lost == n - 1


def test_chances_are_those_of_random_utility():
    """McFadden: the bundle of highest U + Gumbel noise, drawn 200,000 times."""
    utility = design.utilities([-0.5, 0.2, -1.0], design.congruence([0.1, 0.2, 0.9]), 1.2)
    noise = np.random.default_rng(5).gumbel(size=(200_000, 8))
    best = (utility + noise).argmax(axis=1)
    drawn, chance = np.bincount(best, minlength=8) / 200_000, design.chances(utility)
    assert np.all(np.abs(drawn - chance) < 4.5 * np.sqrt(chance * (1 - chance) / 200_000))
    top = (utility + noise).max(axis=1) - np.euler_gamma
    assert design.inclusive(utility) == pytest.approx(top.mean(), abs=4.5 * top.std() / 447)


@quick
@given(appeals, square(-1, 1), weights)
def test_slope_of_the_log_sum_is_demand(appeal, match, weight):
    """Williams, Daly and Zachary: dV/da_i = P(i), by central differences."""
    step = 1e-5 * np.eye(N)
    up, down = (
        design.inclusive(design.utilities(appeal + sign * step, match, weight)) for sign in (1, -1)
    )
    demand = design.bought(design.utilities(appeal, match, weight))
    assert (up - down) / 2e-5 == pytest.approx(demand, abs=1e-6)


@quick
@given(appeals, square(-1, 1), weights, st.integers(0, N - 1))
def test_conditional_choice_is_a_logit(appeal, match, weight, i):
    """Russell and Petersen (2000): P(i | the rest) from the joint table."""
    chance = design.chances(design.utilities(appeal, match, weight))
    for mask in range(1 << N):
        if mask >> i & 1:
            continue
        owned = [mask >> j & 1 for j in range(N)]
        expected = chance[mask | 1 << i] / (chance[mask] + chance[mask | 1 << i])
        assert design.next_chance(appeal, match, owned, weight)[i] == pytest.approx(expected)


@quick
@given(appeals, square(0, 1), weights)
def test_matching_never_lowers_sales_or_worth(appeal, match, weight):
    tied, loose = (design.utilities(appeal, match, w) for w in (weight, 0.0))
    assert np.all(design.bought(tied) >= design.bought(loose) - 1e-12)
    assert design.inclusive(tied) >= design.inclusive(loose) - 1e-12
    assert design.bought(loose) == pytest.approx(expit(appeal))
    assert design.inclusive(loose) == pytest.approx(np.logaddexp(0, appeal).sum())


@quick
@given(st.floats(-4, 1), st.floats(0, 0.5), st.integers(1, 8))
def test_bundles_of_like_products_are_the_homes_of_the_last_chapter(appeal, weight, n):
    """The household chain settles where the bundle logit stands: one bond for each pair."""
    chance = design.chances(design.utilities(np.full(n, appeal), 1.0 - np.eye(n), weight))
    count = np.bincount(design.holds(n).sum(axis=1).astype(int), weights=chance)
    settled = in_home.settled(Home(taste=appeal, bond=weight, places=n))
    assert count == pytest.approx(settled, abs=1e-12)
    if weight == 0:
        assert count == pytest.approx(binom.pmf(np.arange(n + 1), n, expit(appeal)))


@quick
@given(arrays(float, N, elements=st.floats(0, 1)), st.floats(0, 1))
def test_congruence_is_an_index(styles, shift):
    match = design.congruence(styles)
    assert np.array_equal(match, match.T)
    assert np.all((match >= 0) & (match <= 1))
    moved = design.congruence(styles * (1 - shift) + shift / 2)
    assert np.all(moved >= match - 1e-12)  # styles nearer to each other match better
    assert design.congruence(1 - styles) == pytest.approx(match)


def test_congruence_by_hand():
    match = design.congruence([[0, 0.5], [0, 0.5], [1, 0]])
    assert match == pytest.approx(np.array([[0, 1, 0.25], [1, 0, 0.25], [0.25, 0.25, 0]]))


@quick
@given(st.floats(-3, 2), st.floats(-3, 2), st.floats(0, 2))
def test_complements_are_those_with_a_positive_gamma(first, second, weight):
    """Gentzkow (2007): of one taste, a dearer second product hurts the first iff Gamma > 0."""
    base, dearer = design.pair(first, np.array([second, second - 1e-4]), weight)
    slope = (dearer[1] + dearer[3] - base[1] - base[3]) / 1e-4
    gap = base[3] * base[0] - base[1] * base[2]
    assert slope == pytest.approx(-gap, abs=1e-4)
    assert gap == pytest.approx(np.expm1(weight) * base[1] * base[2], rel=1e-6, abs=1e-15)
    assert design.lift(base) >= 1 - 1e-12


@quick
@given(st.floats(-2, 1), st.floats(-2, 1), st.floats(0.3, 2))
def test_shared_taste_looks_like_a_match(first, second, spread):
    """Gentzkow's warning: Gamma = 0 and yet bought together, with no cross-effect of price."""
    chance = design.pair(first, np.array([second, second - 2]), 0.0, spread)
    assert np.all(design.lift(chance) > 1)
    buyers = chance[:, 1] + chance[:, 3]
    assert buyers[1] == pytest.approx(buyers[0])


def test_taste_is_integrated_out():
    def both(nu):
        table = np.exp([0, -1 + nu, -0.5 + nu, -1.5 + 2 * nu + 0.7])
        return table[3] / table.sum() * norm.pdf(nu, scale=1.3)

    assert design.pair(-1.0, -0.5, 0.7, 1.3)[3] == pytest.approx(quad(both, -12, 12)[0], abs=1e-7)


def test_arrays_are_floats_side_by_side():
    match, weight = design.congruence([0.1, 0.4, 0.8]), np.array([0.0, 0.5, 1.0])
    appeal = np.array([[-1.0, 0, 0.3], [0, 0, 0], [1, -2, 0]])
    table = design.utilities(appeal, match, weight)
    assert table.shape == (3, 8)
    for row, a, w in zip(table, appeal, weight, strict=True):
        assert row == pytest.approx(design.utilities(a, match, w))
    assert design.bought(table)[2] == pytest.approx(design.bought(table[2]))
    owned = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0]])
    assert design.next_chance(appeal, match, owned, weight).shape == (3, 3)
    assert design.pair(np.zeros(5), -1.0, 0.4, 1.0).shape == (5, 4)


def test_ugly_table_by_enumeration():
    table = {key: np.array(value) for key, value in design.ugly(1.5, 0.4, -1.0).items()}
    match = 1.0 - np.eye(5)
    out = design.bought(design.utilities(np.full(5, -1.0), match, 0.4))
    assert table["chance"][12:17] == pytest.approx(out)
    assert table["chance"][17] == 0
    odd = np.ones((6, 6)) - np.eye(6)
    odd[5, :5] = odd[:5, 5] = -0.5
    weights = np.exp(by_hand(np.full(6, -1.0), odd, 0.4))
    assert table["worth"][6] == pytest.approx(np.log(weights.sum()))
    same = design.ugly(0.0, 0.4)
    assert np.array_equal(same["chance"][:6], same["chance"][6:12])


def test_a_product_that_matches_nothing_neither_helps_nor_hurts_the_others():
    chance = design.ugly(1.0, 0.5)["chance"]
    assert chance[6:11] == pytest.approx(chance[12:17])
    assert chance[11] == pytest.approx(expit(-1))


def test_pairs_are_where_many_devices_are():
    shares = [0.5, 0.2, 0.1, 0.1, 0.06, 0.04]
    table = design.held(shares, most=4)
    weight = np.array([0, 0, 1 * 0.1, 3 * 0.1, 6 * 0.06 + 10 * 0.04])
    assert table["pairs"] == pytest.approx(weight / weight.sum())
    assert table["users"] == pytest.approx([0.5, 0.2, 0.1, 0.1, 0.1])
    assert "pairs" in charts.held(pd.DataFrame(table)).to_dict()["description"]


LABS = {
    "latecomer": Lab(
        12,
        {"weight": (0, 0.5), "match": (-0.5, 1), "appeal": (-3, 0)},
        ("latecomer", "chance"),
    ),
    "ugly": Lab(18, {"misfit": (0, 1, 2), "weight": (0, 0.8), "appeal": (-2, 0)}),
    "alike": Lab(13, {"weight": (0, 2), "spread": (0, 2)}),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(design, charts, name)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: design.pairs(-1), "products = -1"),
        (lambda: design.holds(17), "products"),
        (lambda: design.congruence([0.5, 1.5]), "styles"),
        (lambda: design.utilities([0, 0], [[0, 1], [1, 0]], -1), "weight"),
        (lambda: design.utilities([0, 0], [[0, 1], [0.5, 0]]), "symmetric"),
        (lambda: design.utilities([0, 0, 0], [[0, 1], [1, 0]]), "3 by 3"),
        (lambda: design.utilities([0, 0], [[1, 1], [1, 0]]), "itself"),
        (lambda: design.next_chance([0, 0], [[0, 1], [1, 0]], [2, 0]), "owned"),
        (lambda: design.lift(np.ones(8) / 8), "4 bundles"),
        (lambda: design.pair(0, 0, 0, -1), "spread"),
        (lambda: design.latecomer(0.1, 1.5), "match"),
        (lambda: design.ugly(3, 0.1), "misfit"),
        (lambda: design.held([0.5, 0.5], 4), "most"),
    ],
)
def test_errors_name_what_was_expected(call, words):
    with pytest.raises(ValueError, match=words):
        call()
