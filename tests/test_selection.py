"""Picking partners against published tables, closed forms and brute force."""

from functools import lru_cache
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from coalescence import data
from coalescence.charts import selection as charts
from coalescence.lab import tidy
from coalescence.models import selection
from coalescence.models.selection import Box, Candidates
from tests.labs import Lab

HARTER = {2: 0.56419, 3: 0.84628, 5: 1.16296, 10: 1.53875, 50: 2.24907, 100: 2.50759}
ALPHA, OMEGA = Box([100, 55], [0.5, 0.5], 15), Box([240, 0], [0.2, 0.8], 20)

# --- the best of a list ---


@pytest.mark.parametrize(("n", "published"), HARTER.items())
def test_expected_best_of_harters_table(n, published):
    assert selection.expected_best(n) == pytest.approx(published, abs=5e-6)


def test_expected_best_closed_forms():
    """1 / sqrt(pi) of two, 1.5 / sqrt(pi) of three, nothing of one."""
    assert selection.expected_best(1) == 0
    assert selection.expected_best(2) == pytest.approx(1 / np.sqrt(np.pi), abs=1e-10)
    assert selection.expected_best(3) == pytest.approx(1.5 / np.sqrt(np.pi), abs=1e-10)


@pytest.mark.parametrize("n", [1000, 10**6, 10**9])
def test_expected_best_of_long_lists_by_another_integral(n):
    """E max = integral of 1 - F^n above nought, less F^n below, by adaptive quadrature."""
    above = quad(lambda x: -np.expm1(n * norm.logcdf(x)), 0, 9, points=[4, 5, 6, 7])[0]
    below = quad(lambda x: np.exp(n * norm.logcdf(x)), -9, 0)[0]
    assert selection.expected_best(n) == pytest.approx(above - below, rel=1e-7)


def test_ranks_of_five_and_of_harters_table():
    ranks = selection.expected_rank(np.arange(1, 6), 5)
    assert ranks == pytest.approx([1.16296, 0.49502, 0, -0.49502, -1.16296], abs=5e-6)


def test_mean_of_best_by_simulation():
    draws = np.sort(np.random.default_rng(1).standard_normal((40_000, 30)), axis=1)
    for chosen in (1, 7, 29):
        means = draws[:, -chosen:].mean(axis=1)
        error = means.std() / np.sqrt(len(means))
        assert abs(selection.mean_of_best(chosen, 30) - means.mean()) < 4 * error


@given(st.integers(1, 400), st.data())
@settings(max_examples=40, deadline=None)
def test_mean_of_best_falls_with_the_number_taken_and_rises_with_the_list(n, data):
    chosen = data.draw(st.integers(1, n))
    here = selection.mean_of_best(chosen, n)
    assert here >= -1e-9
    assert selection.mean_of_best(chosen, n + 1) > here
    assert selection.mean_of_best(min(chosen + 1, n), n) <= here + 1e-9
    symmetric = -selection.expected_rank(n + 1 - chosen, n)
    assert selection.expected_rank(chosen, n) == pytest.approx(symmetric, abs=1e-6)


@given(st.floats(0, 1), st.floats(0.1, 100), st.integers(1, 500))
@settings(max_examples=30, deadline=None)
def test_secured_is_linear_in_insight_and_in_the_unit(insight, unit, n):
    whole = selection.secured(Candidates(n, 1.0, 1.0))
    assert selection.secured(Candidates(n, insight, unit)) == pytest.approx(insight * unit * whole)


def test_insight_multiplies_and_reach_adds_little():
    best = selection.expected_best
    assert best(200) - best(100) == pytest.approx(0.239, abs=0.001)  # doubling the list
    double = selection.secured(Candidates(100, 0.8)) / selection.secured(Candidates(100, 0.4))
    assert double == pytest.approx(2)


def test_secured_by_simulating_what_is_seen():
    rng = np.random.default_rng(2)
    true = rng.standard_normal((40_000, 20))
    seen = 0.6 * true + 0.8 * rng.standard_normal(true.shape)
    got = np.take_along_axis(true, seen.argmax(axis=1)[:, np.newaxis], axis=1)
    assert got.mean() == pytest.approx(selection.secured(Candidates(20, 0.6)), abs=0.02)


def test_equal_reach_is_equal():
    known = Candidates(50, 0.8)
    longer = selection.equal_reach(known, 0.5, chosen=5)
    assert selection.secured(Candidates(longer, 0.5), 5) == pytest.approx(
        selection.secured(known, 5)
    )
    assert selection.equal_reach(known, 0.1) == np.inf
    assert selection.equal_reach(Candidates(10, 0.5), 0.4, chosen=10) == 10
    assert selection.equal_reach(known, 0.8) == pytest.approx(50)


# --- stopping ---


def test_secretary_of_gilbert_and_mosteller():
    """37 of 100 with .371, and in the limit n / e with 1 / e."""
    assert selection.secretary_rule(100) == 37
    assert selection.secretary_chance(100, 37) == pytest.approx(0.3710, abs=5e-5)
    many = selection.secretary_rule(100_000)
    assert many / 100_000 == pytest.approx(1 / np.e, abs=1e-4)
    assert selection.secretary_chance(100_000, many) == pytest.approx(1 / np.e, abs=1e-4)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6])
def test_secretary_by_listing_every_order(n):
    orders = list(permutations(range(n)))
    for skip in range(n):
        wins = 0
        for order in orders:
            bar = max(order[:skip], default=-1)
            taken = next((one for one in order[skip:] if one > bar), order[-1])
            wins += taken == n - 1
        assert selection.secretary_chance(n, skip) == pytest.approx(wins / len(orders))


# --- Pandora ---


def test_weitzmans_own_example():
    """Omega is looked into first, though it costs more and pays less on average."""
    assert selection.reservation(ALPHA) == pytest.approx(70)
    assert selection.reservation(OMEGA) == pytest.approx(140)
    assert selection.pandora([ALPHA, OMEGA]) == pytest.approx(-20 + 0.2 * 240 + 0.8 * 62.5)
    alpha_first = -15 + 0.5 * 100 + 0.5 * (-20 + 0.2 * 240 + 0.8 * 55)
    assert selection.pandora([OMEGA, ALPHA]) > alpha_first


chances = st.integers(1, 9).map(lambda k: (k / 10, 1 - k / 10))
some_boxes = st.lists(
    st.builds(
        Box, st.tuples(st.floats(0, 50), st.floats(0, 50)), chances, st.floats(0.1, 10)
    ),
    min_size=1,
    max_size=4,
)  # fmt: skip


@given(some_boxes)
@settings(max_examples=40, deadline=None)
def test_pandora_by_trying_every_plan(boxes):
    @lru_cache(None)
    def best(found, closed):
        worth = found
        for i in closed:
            left = tuple(j for j in closed if j != i)
            box = boxes[i]
            outcomes = zip(box.values, box.chances, strict=True)
            look = sum(p * best(max(found, x), left) for x, p in outcomes) - box.cost
            worth = max(worth, look)
        return worth

    assert selection.pandora(boxes) == pytest.approx(best(0.0, tuple(range(len(boxes)))), abs=1e-7)


@given(st.floats(-5, 5), st.floats(0.1, 5), st.floats(0.01, 5))
@settings(max_examples=40, deadline=None)
def test_normal_reservation_pays_for_looking(mean, spread, cost):
    z = selection.normal_reservation(mean, spread, cost)
    gain = quad(lambda x: (x - z) * norm.pdf(x, mean, spread), z, max(z, mean) + 12 * spread)[0]
    assert gain == pytest.approx(cost, rel=1e-5, abs=1e-7)
    assert selection.normal_reservation(mean + 1, spread, cost) == pytest.approx(z + 1)
    if cost < 5 * spread:  # beyond, both are mean - cost to the last digit
        assert selection.normal_reservation(mean, spread + 0.5, cost) >= z  # risk pays


# --- every function ---


def test_arrays_are_floats_elementwise():
    counts, chosen = np.array([10, 50, 1000]), np.array([[1], [5]])
    whole = selection.mean_of_best(chosen, counts)
    assert whole.shape == (2, 3)
    assert whole[1, 2] == pytest.approx(selection.mean_of_best(5, 1000))
    chance = selection.secretary_chance(10, np.arange(10))
    assert chance == pytest.approx([selection.secretary_chance(10, r) for r in range(10)])
    values = selection.normal_reservation(0, [1, 2], 0.3)
    assert values[1] == pytest.approx(selection.normal_reservation(0, 2, 0.3))


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: selection.mean_of_best(5, 4), "chosen / count"),
        (lambda: selection.mean_of_best(0, 4), "chosen"),
        (lambda: selection.expected_best(2e9), "count"),
        (lambda: selection.expected_rank(0, 4), "rank"),
        (lambda: selection.secured(Candidates(10, 1.2)), "insight"),
        (lambda: selection.equal_reach(Candidates(), 1.2), "insight"),
        (lambda: selection.secretary_chance(4, 4), "skip"),
        (lambda: selection.reservation(Box([1], [0.9], 1)), "sum of the chances"),
        (lambda: selection.reservation(Box([1], [1], 0)), "cost"),
        (lambda: selection.normal_reservation(0, 0, 1), "spread"),
    ],
)
def test_out_of_range_is_refused(call, name):
    with pytest.raises(ValueError, match=name):
        call()


LABS = {
    "reach": Lab(44, {"network": (100, 300), "insight": (0.1, 1.0), "partners": (1, 100)}),
    "shortlist": Lab(20, {"network": (20, 400), "insight": (0.0, 1.0)}),
    "secretary": Lab(42, {"candidates": (2, 10, 200)}),
    "boxes": Lab(42, {"lead": (0, 1), "insight": (0, 0.95), "cost": (0.05, 1)}),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(selection, charts, name)


def test_reach_says_one_partner_as_one():
    table = tidy(selection.reach(150, 0.8, 1), "reach")
    assert charts.say_reach(table, network=150, insight=0.8, partners=1).startswith("The best of")


def test_outgrown_keeps_every_line_inside_its_axes():
    counted = data.series("ecosystem_companies", "partners", None)
    spec = charts.outgrown(counted).to_dict()
    scales = [
        layer["encoding"][axis]["scale"]["domain"]
        for axis in "xy"
        for layer in spec["layer"]
        if "scale" in layer["encoding"].get(axis, {})
    ]
    assert len(scales) == 4 * (len(charts.CIRCLES) + 1)
    tables = [pd.DataFrame(rows) for rows in spec["datasets"].values()]
    lines = pd.concat([table for table in tables if "quality" in table])
    assert lines["quality"].between(*scales[-1]).all()
    assert counted["value"].max() < lines["partners"].max() <= scales[0][1]
