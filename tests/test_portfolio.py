"""The portfolio against enumeration, an integer program, gamma sums and published toothpaste."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.integrate import quad
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.stats import betabinom, gamma, nbinom

from coalescence.charts import portfolio as charts
from coalescence.lab import drawing
from coalescence.models import portfolio
from coalescence.models.portfolio import Category, Shelf
from tests.labs import Lab

quick = settings(max_examples=20, deadline=None)
BRANDS = list(csv.DictReader((Path(__file__).parent / "checks/dirichlet_toothpaste.csv").open()))
SHARES = np.array([float(row["share"]) for row in BRANDS])
TOOTHPASTE = Category(1.456, 0.778802679700109, 1.29527957011121)  # as estimated in R NBDdirichlet

margins = arrays(float, 6, elements=st.floats(10, 300))
weights = arrays(float, 6, elements=st.floats(0.02, 0.5))
areas = arrays(float, 6, elements=st.integers(1, 6).map(float))


# --- the shelf ---


def test_one_visitor_by_hand():
    assert portfolio.shares([0.5, 0.5]) == pytest.approx([0.25, 0.25])
    assert portfolio.earned([10, 6], [0.5, 0.5]) == pytest.approx([0, 10 / 3, 2, 4])


@quick
@given(margins, weights)
def test_revenue_order_holds_an_optimum(margin, weight):
    """Talluri and van Ryzin (2004): the best nested set beats all 2**n assortments."""
    stocked = portfolio.revenue_ordered(margin, weight)
    value = portfolio.earned(margin, weight)
    mask = int(stocked @ (1 << np.arange(6)))
    assert value[mask] == pytest.approx(value.max())
    outside = margin[~stocked]
    assert np.all(outside <= value.max() + 1e-9)  # what is left out earns less than a visitor
    assert np.all(margin[stocked] >= value.max() - 1e-9)


def test_nothing_is_stocked_at_a_loss():
    assert not portfolio.revenue_ordered([-1.0, -2.0], [0.1, 0.1]).any()


@quick
@given(margins, weights, areas, st.integers(1, 20))
def test_space_limit_against_an_integer_program(margin, weight, area, space):
    """The Charnes-Cooper form of the MNL assortment under a knapsack, solved by HiGHS.

    Variables: w_i = v_i y_i w_0 (chances), w_0, and y_i in {0, 1}.
    """
    n = len(margin)
    eye, none = np.eye(n), np.zeros((n, n))
    rows = [
        LinearConstraint(np.r_[np.ones(n + 1), np.zeros(n)], 1, 1),
        LinearConstraint(np.c_[eye, -weight, none], -np.inf, 0),  # w <= v w0
        LinearConstraint(np.c_[eye, np.zeros(n), -eye], -np.inf, 0),  # w <= y
        LinearConstraint(np.c_[-eye, weight, np.diag(weight)], -np.inf, weight),  # unless y = 0
        LinearConstraint(np.r_[np.zeros(n + 1), area], 0, space),
    ]
    found = milp(
        -np.r_[margin, np.zeros(n + 1)],
        constraints=rows,
        bounds=Bounds(0, 1),
        integrality=np.r_[np.zeros(n + 1), np.ones(n)],
        options={"mip_rel_gap": 1e-9},
    )
    choice = portfolio.best(Shelf(margin, weight, area), float(space))
    assert choice.profit == pytest.approx(-found.fun, rel=1e-3)  # it takes y = 1e-6 for 0
    value = portfolio.earned(margin, weight)[int(np.round(found.x[n + 1 :]) @ (1 << np.arange(n)))]
    assert choice.profit == pytest.approx(value, rel=1e-3)
    assert choice.profit >= value - 1e-12
    assert choice.area <= space
    assert choice.visitors == 1


@quick
@given(margins, weights, areas, st.floats(0, 12), st.floats(0, 6), st.floats(0.1, 10))
def test_more_space_and_more_draw_never_hurt(margin, weight, area, space, more, rate):
    shelf = Shelf(margin, weight, area, 0.1)
    profit = portfolio.best(shelf, space).profit
    assert portfolio.best(shelf, space + more).profit >= profit - 1e-9
    assert portfolio.best(shelf._replace(draw=0.2), space).profit >= profit - 1e-9
    other = portfolio.best(shelf._replace(margin=margin * rate), space)
    assert other.profit == pytest.approx(profit * rate)  # whatever the currency
    assert portfolio.best(shelf, 100).profit <= 1.6 * portfolio.earned(margin, weight).max() + 1e-9


def test_without_draw_or_limit_the_shelf_is_revenue_ordered():
    shelf = portfolio.SHELF._replace(draw=0.0)
    found = portfolio.best(shelf, 100)
    assert np.array_equal(found.stocked, portfolio.revenue_ordered(shelf.margin, shelf.weight))
    assert not found.stocked[portfolio.GOODS.index("Bulbs")]  # 18 RMB is less than a visitor brings


def test_a_phone_below_the_average_can_still_raise_profit():
    """It earns less on its space than the shop does, and pays only through those it brings."""
    table = portfolio.shelf(60, 0.3, 16)
    assert table["yield"][0] < table["area_with"][0]
    assert table["with"][0] > table["without"][0]
    alone = portfolio.shelf(60, 0.0, 16)
    assert alone["with"][0] < alone["without"][0]


def test_a_roomy_shop_earns_less_on_a_metre_and_more_in_all():
    table = portfolio.shelf(60, 0.1, 22)
    assert table["area_with"][0] < table["area_without"][0]
    assert table["with"][0] > table["without"][0]


def test_shelf_rows_add_up_to_the_shop():
    table = portfolio.shelf(100, 0.4, 14)
    assert table["profit"].sum() == pytest.approx(table["with"][0])
    assert np.all(table["profit"][table["stocked"] == 0] == 0)
    without = portfolio.best(portfolio.SHELF, 14, np.arange(8) > 0)
    assert table["without"][0] == pytest.approx(100 * without.profit)
    assert not without.stocked[0]


# --- cycles ---


def test_erlang_two_renewals_of_cox():
    """m(t) = lambda t / 2 - 1/4 + exp(-2 lambda t) / 4 with lambda = 2 / life."""
    t = np.linspace(0, 8, 33)
    rate = 2 / 2.5
    closed = rate * t / 2 - 1 / 4 + np.exp(-2 * rate * t) / 4
    assert portfolio.renewals(t, 2.5, 2) == pytest.approx(closed, abs=1e-12)
    assert portfolio.renewals(t, 2.5, 1) == pytest.approx(t / 2.5)


@quick
@given(st.floats(0, 12), st.floats(0.3, 5), st.integers(1, 40))
def test_renewals_are_the_sum_over_all_lives(years, life, shape):
    """m(t) = sum over j of P(the j-th renewal has come), each a gamma distribution."""
    j = np.arange(1, 200)
    expected = gamma.cdf(years, j * shape, scale=life / shape).sum()
    assert portfolio.renewals(years, life, shape) == pytest.approx(expected, abs=1e-9)


@quick
@given(st.floats(0.2, 5), st.integers(1, 20))
def test_long_run_depends_on_the_mean_only_and_the_lag_on_the_shape(life, shape):
    late = portfolio.renewals(200 * life, life, shape)
    assert late == pytest.approx(200 - (shape - 1) / (2 * shape))  # Cox: (variance / mean^2 - 1)/2
    year = portfolio.renewals(201 * life, life, shape) - late
    assert year == pytest.approx(portfolio.visits(1.0, life) * life)


def test_renewals_in_simulation():
    lives = np.random.default_rng(2).gamma(4, 1.5 / 4, size=(50_000, 12)).cumsum(axis=1)
    count = (lives <= 5.0).sum(axis=1)
    error = count.std() / np.sqrt(len(count))
    assert portfolio.renewals(5.0, 1.5, 4) == pytest.approx(count.mean(), abs=4.5 * error)


def test_visits_add_up_over_products():
    table = portfolio.cycles(2.5, 0.5, 10.0)
    assert table["visits"] == pytest.approx(table["owners"] / table["life"])
    assert portfolio.visits(np.array([200.0, 30.0]), np.array([2.5, 0.25])) == pytest.approx(
        [80, 120]
    )  # one cheap filter in seven homes brings more visits than two phones in each


def test_arrivals_are_all_renewals():
    table = portfolio.arrivals(2.5, 4)
    assert table["visits"].sum() * 10 / 48 == pytest.approx(100 * portfolio.renewals(10, 2.5, 4))
    assert table["visits"][-1] == pytest.approx(table["settled"][-1], rel=0.01)


# --- baskets ---


@quick
@given(st.floats(0.02, 0.98), st.floats(0.02, 0.98))
def test_cross_selling_is_symmetric_in_the_bond_only(first, second):
    table = portfolio.cross(first, second)
    assert (table["to_second"][0], table["to_first"][0]) == pytest.approx((second, first))
    assert table["lift"][0] == pytest.approx(1)
    if first > second:
        assert np.all(table["to_first"] > table["to_second"])
    odds = table["to_second"] / (1 - table["to_second"])
    assert odds == pytest.approx(second / (1 - second) * np.exp(table["bond"]))
    assert np.all(np.diff(table["to_first"]) > 0)


def test_category_of_toothpaste():
    """Goodhardt, Ehrenberg and Chatfield (1984): M = .56 x 2.6 = 1.456, K = .78, S = 1.30."""
    assert portfolio.evenness(1.456, 0.56) == pytest.approx(0.7788, abs=2e-4)
    assert portfolio.penetration(Category()) == pytest.approx(0.56, abs=5e-4)
    assert portfolio.rate(Category()) == pytest.approx(2.6, abs=5e-3)


def test_brands_of_toothpaste():
    """Observed penetrations within a percentage point and a half of the model."""
    observed = [float(row["observed_penetration"]) for row in BRANDS]
    assert portfolio.penetration(TOOTHPASTE, SHARES) == pytest.approx(observed, abs=0.015)
    assert portfolio.penetration(TOOTHPASTE, 0.25) == pytest.approx(0.20, abs=0.0005)


def test_duplication_of_toothpaste():
    """Who buys Macleans also buys: as R NBDdirichlet prints it, two decimals."""
    printed = [float(row["also_buys_among_macleans_buyers"]) for row in BRANDS]
    for row, share, expected in zip(BRANDS, SHARES, printed, strict=True):
        if row["brand"] != "Macleans":
            found = portfolio.duplication(TOOTHPASTE, share, 0.19)
            assert found == pytest.approx(expected, abs=0.0051)


@quick
@given(st.floats(0.2, 8), st.floats(0.1, 4), st.floats(0.2, 5), st.floats(0.01, 0.99))
def test_penetration_is_the_sum_over_purchases(mean, shape, switching, share):
    """The NBD-Dirichlet as published: NBD counts, beta-binomial choices, summed to the tail."""
    n = np.arange(int(nbinom.isf(1e-13, shape, shape / (shape + mean))) + 2)
    counts = nbinom.pmf(n, shape, shape / (shape + mean))
    never = betabinom.pmf(0, n, switching * share, switching * (1 - share))
    found = portfolio.penetration(Category(mean, shape, switching), share)
    assert found == pytest.approx(1 - counts @ never, abs=1e-9)


@quick
@given(st.floats(0.2, 8), st.floats(0.1, 4), st.floats(0.2, 5))
def test_double_jeopardy(mean, shape, switching):
    """Small brands have fewer buyers, who buy less often."""
    table = portfolio.jeopardy(mean, shape, switching)
    assert np.all(np.diff(table["bought"]) > 0)
    assert np.all(np.diff(table["rate"]) > 0)
    assert np.all(table["rate"] >= 1 - 1e-9)
    assert table["bought"] * table["rate"] == pytest.approx(mean * table["share"])


def test_double_jeopardys_law_is_close_for_small_brands():
    table = portfolio.jeopardy(*TOOTHPASTE)
    small = table["share"] <= 0.1
    assert table["law"][small] == pytest.approx(table["rate"][small], rel=0.04)


def test_longer_periods_find_more_buyers():
    periods = np.array([0.25, 1, 4, 16])
    found = portfolio.penetration(Category(), 0.1, periods)
    assert np.all(np.diff(found) > 0)
    one = quad(lambda g: -np.expm1(-g * 4) * gamma.pdf(g, 0.78, scale=1.456 / 0.78), 0, np.inf)[0]
    assert portfolio.penetration(Category(), 1.0, 4) == pytest.approx(one, abs=1e-7)


@quick
@given(st.floats(0.2, 5), st.floats(0.05, 20))
def test_evenness_inverts_the_zeros_of_the_nbd(mean, shape):
    bought = 1 - nbinom.pmf(0, shape, shape / (shape + mean))
    assert portfolio.evenness(mean, float(bought)) == pytest.approx(shape, rel=1e-5)


# --- what the labs open ---

LABS = {
    "shelf": Lab(8, {"margin": (0, 200), "draw": (0, 0.8), "space": (6, 14, 24)}),
    "cycles": Lab(6, {"phone": (1.5, 4), "filter": (0.25, 1), "bulbs": (1, 15)}),
    "arrivals": Lab(48, {"life": (0.5, 5), "shape": (1, 16)}),
    "cross": Lab(17, {"first": (0.05, 0.9), "second": (0.05, 0.9)}),
    "jeopardy": Lab(12, {"mean": (0.5, 10), "shape": (0.2, 3), "switching": (0.3, 5)}),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(portfolio, charts, name)


def test_gross_profits_are_drawn():
    rows = {"when": ["2024", "2024"], "segment": ["smartphones", "iot"], "value": [24.2, 21.1]}
    assert drawing(charts.profits, pd.DataFrame(rows)).words != "Chart"


def test_arrays_are_floats_side_by_side():
    years, lives = np.array([0.5, 2.0]), np.array([[1.0], [3.0]])
    grid = portfolio.renewals(years, lives, 3)
    assert grid.shape == (2, 2)
    assert grid[1, 0] == pytest.approx(portfolio.renewals(0.5, 3.0, 3))
    both = portfolio.rate(Category(mean=np.array([1.0, 2.0])), 0.2)
    assert both[1] == pytest.approx(portfolio.rate(Category(mean=2.0), 0.2))
    pair = portfolio.shares(np.array([[0.1, 0.2], [0.5, 0.0]]))
    assert pair[1] == pytest.approx(portfolio.shares([0.5, 0.0]))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: portfolio.shares([-0.1]), "weight = -0.1"),
        (lambda: portfolio.earned([1.0], [-1.0]), "weight"),
        (lambda: portfolio.revenue_ordered([1.0], [-1.0]), "weight"),
        (lambda: portfolio.best(portfolio.SHELF, -1), "space"),
        (lambda: portfolio.best(portfolio.SHELF, 5, needed=np.arange(8) == 0), "space = 5"),
        (lambda: portfolio.best(Shelf([1.0], [0.1], [-1.0]), 5), "area"),
        (lambda: portfolio.best(Shelf([1.0], [0.1], [1.0], -1.0), 5), "draw"),
        (lambda: portfolio.visits(1.0, 0.0), "life"),
        (lambda: portfolio.renewals(-1.0, 1.0), "years"),
        (lambda: portfolio.renewals(1.0, 1.0, 0), "shape"),
        (lambda: portfolio.cross(0.0, 0.5), "first"),
        (lambda: portfolio.cross(0.5, 1.0), "second"),
        (lambda: portfolio.penetration(Category(shape=0)), "shape"),
        (lambda: portfolio.penetration(Category(), 1.2), "share"),
        (lambda: portfolio.rate(Category(), 0.0), "share"),
        (lambda: portfolio.evenness(1.0, 0.7), "bought"),
    ],
)
def test_errors_name_what_was_expected(call, words):
    with pytest.raises(ValueError, match=words):
        call()
