"""Heads, search, testers and votes: published tables, simulation, closed forms and limits."""

import math
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import betabinom, norm

from coalescence.charts import cocreation as charts
from coalescence.lab import tidy
from coalescence.models import cocreation, together
from coalescence.models.cocreation import Trial
from tests.labs import Lab

quick = settings(max_examples=25, deadline=None)

shares = st.floats(0, 1)

# --- heads and search ---


def test_harters_table_of_the_largest_of_n():
    """Harter (1961): expected largest of n standard normals."""
    table = {1: 0.0, 2: 0.56419, 3: 0.84628, 5: 1.16296, 10: 1.53875, 100: 2.50759, 1000: 3.24144}
    found = cocreation.best_of(list(table))
    np.testing.assert_allclose(found, list(table.values()), atol=6e-6)
    assert cocreation.best_of(2) == pytest.approx(1 / math.sqrt(math.pi), abs=1e-10)
    assert cocreation.best_of(3) == pytest.approx(1.5 / math.sqrt(math.pi), abs=1e-10)


def test_ideas_that_are_alike_by_simulation():
    """Each idea is sqrt(r) of a common part and sqrt(1 - r) of its own."""
    random = np.random.default_rng(3)
    common, own = random.standard_normal((100_000, 1)), random.standard_normal((100_000, 12))
    best = (math.sqrt(0.6) * common + math.sqrt(0.4) * own).max(axis=1).mean()
    assert cocreation.best_alike(12, 0.6) == pytest.approx(best, abs=0.02)
    assert cocreation.best_alike([3, 5], 0.75) == pytest.approx(cocreation.best_of([3, 5]) / 2)
    with pytest.raises(ValueError, match="alike"):
        cocreation.best_alike(5, 1.1)


@quick
@given(st.floats(0, 8), shares)
def test_a_panel_with_nothing_in_common_equals_the_crowd(power, alike):
    number = 10**power
    panel = cocreation.as_many(number, alike)
    assert 1 <= panel <= number * (1 + 1e-6)
    assert cocreation.best_of(panel) == pytest.approx(
        float(cocreation.best_alike(number, alike)), abs=1e-6
    )
    assert cocreation.as_many([1, 100], [alike, 0.0]) == pytest.approx([1, 100])


@quick
@given(st.floats(-3, 3))
def test_one_try_with_a_floor_is_the_normal_loss(floor):
    """E[max(x, z)] = z + phi(z) - z (1 - Phi(z))."""
    closed = floor + norm.pdf(floor) - floor * norm.sf(floor)
    assert cocreation.best_of(1, floor) == pytest.approx(closed, abs=1e-9)
    assert cocreation.best_of(5, 20.0) == 20
    assert cocreation.best_of(5, -50.0) == pytest.approx(1.16296, abs=6e-6)


def test_best_number_at_once_is_where_one_more_no_longer_pays():
    n = np.arange(1, 200)
    for cost in (0.005, 0.02, 0.1):
        worth = cocreation.parallel(Trial(cost, 0.3), n)
        best = int(n[worth.argmax()])
        assert cocreation.best_of(best + 1) - cocreation.best_of(best) <= cost
        assert best == 1 or cocreation.best_of(best) - cocreation.best_of(best - 1) >= cost


@pytest.mark.parametrize("n", [1, 3, 10])
def test_reservation_value_is_what_searching_by_it_earns(n):
    """Weitzman (1979): simulate the rule and compare its mean with the value."""
    test = Trial(0.03, 0.1)
    z = cocreation.worth(test, n)
    random = np.random.default_rng(n)
    best = random.standard_normal((40_000, 60, n)).max(axis=2)
    stop = (best >= z).argmax(axis=1)
    earned = best[np.arange(40_000), stop] - (stop + 1) * (0.03 * n + 0.1)
    assert z == pytest.approx(earned.mean(), abs=0.02)
    assert cocreation.rounds(test, n) == pytest.approx((stop + 1).mean(), rel=0.02)


@quick
@given(st.floats(0.005, 0.2), st.floats(0.01, 1), st.integers(1, 40))
def test_searching_on_is_never_worse_than_one_round(cost, week, n):
    test = Trial(cost, week)
    assert cocreation.worth(test, n) >= cocreation.parallel(test, n) - 1e-7
    dearer = Trial(cost, 2 * week)
    assert cocreation.worth(dearer, n) < cocreation.worth(test, n)


def test_fast_tests_favour_turns_and_slow_ones_favour_crowds():
    assert cocreation.at_once(Trial(0.02, 0.0)) == 1
    numbers = [cocreation.at_once(Trial(0.02, week)) for week in (0.0, 0.02, 0.1, 0.5)]
    assert np.all(np.diff(numbers) > 0)
    cheaper = [cocreation.at_once(Trial(cost, 0.1)) for cost in (0.1, 0.05, 0.02)]
    assert np.all(np.diff(cheaper) > 0)


def test_arrays_are_worth_what_each_is():
    test = Trial()
    many = cocreation.worth(test, [1, 5, 20])
    np.testing.assert_allclose(many, [cocreation.worth(test, n) for n in (1, 5, 20)], atol=1e-9)


def test_finding_the_right_design_by_enumeration():
    """One of 12 is right: count tests and weeks for every place it may have."""
    for batch in (1, 2, 3, 4, 6, 12):
        weeks = np.arange(12) // batch + 1
        cost = (2.0 * batch * weeks + 5.0 * weeks).mean()
        assert cocreation.find_cost(12, batch, 2.0, 5.0) == pytest.approx(cost)


@quick
@given(st.integers(2, 500), st.floats(0.01, 10), st.floats(0, 10))
def test_square_root_batch_is_cheapest(candidates, cost, week):
    best = cocreation.find_batch(candidates, cost, week)
    grid = np.linspace(1, candidates, 400)
    least = cocreation.find_cost(candidates, grid, cost, week).min()
    assert cocreation.find_cost(candidates, best, cost, week) <= least * (1 + 1e-12)
    assert cocreation.find_batch(100, 1.0, 4.0) == 20


def test_search_out_of_range_is_refused():
    with pytest.raises(ValueError, match="n = "):
        cocreation.best_of(0)
    with pytest.raises(ValueError, match="cost of a release"):
        cocreation.worth(Trial(0.0, 0.0), 3)
    with pytest.raises(ValueError, match="cost"):
        cocreation.parallel(Trial(-0.1, 0.1), 3)
    with pytest.raises(ValueError, match="batch"):
        cocreation.find_cost(10, 0, 1, 1)


# --- testers ---


def test_five_users_find_most_of_it():
    """Nielsen and Landauer (1993): at 31% a user, five find some 85%, fifteen all but a little."""
    assert cocreation.detected(0.31, 5) == pytest.approx(0.85, abs=0.01)
    assert cocreation.detected(0.31, 15) > 0.99


@quick
@given(shares, st.integers(0, 50), st.floats(0.01, 0.95))
def test_uneven_faults_follow_the_beta_binomial(chance, testers, uneven):
    found = cocreation.detected(chance, testers, uneven)
    assert -1e-12 <= found <= cocreation.detected(chance, testers) + 1e-9
    if 0.01 < chance < 0.99:
        size = 1 / uneven - 1
        missed = betabinom.pmf(0, testers, chance * size, (1 - chance) * size)
        assert found == pytest.approx(1 - missed, abs=1e-8)
    assert cocreation.detected(chance, testers + 1, uneven) >= found - 1e-12


def test_detection_takes_arrays_and_refuses_nonsense():
    grid = cocreation.detected([[0.1], [0.5]], [0, 1, 5])
    assert grid.shape == (2, 3)
    assert grid[1, 2] == pytest.approx(1 - 0.5**5)
    assert cocreation.detected(0.3, 1, 0.5) == pytest.approx(0.3)
    for wrong, word in (((1.1, 1), "chance"), ((0.5, -1), "testers"), ((0.5, 1, 1.0), "uneven")):
        with pytest.raises(ValueError, match=word):
            cocreation.detected(*wrong)


# --- landscapes ---


def test_peaks_are_those_that_the_module_on_complements_finds():
    land = cocreation.landscapes(8, 4, 5)
    top = cocreation.peaks(land.quality)
    for quality, found in zip(land.quality, top, strict=True):
        assert np.flatnonzero(found).tolist() == together.peaks(quality)


@pytest.mark.parametrize("features", [4, 8, 11])
def test_number_of_peaks_where_everything_interacts(features):
    """Kauffman and Levin (1987): 2^N / (N + 1) on average."""
    count = 400 if features < 10 else 100
    number = cocreation.peaks(cocreation.landscapes(features, features - 1, count, 3).quality).sum(
        1
    )
    error = number.std() / math.sqrt(count)
    assert number.mean() == pytest.approx(cocreation.expected_peaks(features), abs=4 * error)


def test_independent_features_have_one_peak_that_all_reach():
    land = cocreation.landscapes(9, 0, 50, 4)
    assert np.all(cocreation.peaks(land.quality).sum(axis=1) == 1)
    row = np.arange(50)
    for users, apart in ((1, 0.0), (25, 0.3), (9, 1.0), (90, 1.0)):
        end = cocreation.vote(land, cocreation.tastes(users, 9, apart), 12, seed=5).place[-1]
        np.testing.assert_allclose(land.quality[row, end], land.quality.max(axis=1))


def test_contributions_depend_on_the_right_features():
    land = cocreation.landscapes(6, 2, 3, 1)
    combos = np.arange(64)
    for i, flipped in product(range(6), range(6)):
        same = np.allclose(land.parts[:, i, combos], land.parts[:, i, combos ^ (1 << flipped)])
        assert same == ((flipped - i) % 6 > 2)


def test_a_climber_stops_at_a_peak_and_never_goes_down():
    land = cocreation.landscapes(9, 5, 40, 2)
    row = np.arange(40)
    walk = cocreation.vote(land, cocreation.tastes(1, 9, 0.0), 40, seed=3)
    height = land.quality[row, walk.place]
    assert np.all(np.diff(height, axis=0) >= -1e-12)
    assert np.all(cocreation.peaks(land.quality)[row, walk.place[-1]])
    assert not walk.changed[-1].any()


def test_users_who_agree_decide_like_one_mind():
    """All want the same changes; only the order among the wanted ones differs from a climber's."""
    land = cocreation.landscapes(9, 5, 40, 2)
    walk = cocreation.vote(land, cocreation.tastes(25, 9, 0.0), 60, seed=3)
    assert np.all(np.diff(land.quality[np.arange(40), walk.place], axis=0) >= -1e-12)
    assert np.all(cocreation.peaks(land.quality)[np.arange(40), walk.place[-1]])


def test_where_a_vote_rests_no_change_has_a_majority():
    land = cocreation.landscapes(8, 3, 30, 6)
    weights = cocreation.tastes(15, 8, 0.7, seed=1)
    walk = cocreation.vote(land, weights, 40, seed=2)
    resting = ~walk.changed[-1]
    assert resting.any()
    for one in np.flatnonzero(resting):
        place = walk.place[-1, one]
        for i in range(8):
            gain = weights @ (land.parts[one, :, place ^ 1 << i] - land.parts[one, :, place])
            assert (gain > 1e-12).sum() <= (gain < -1e-12).sum()


def test_votes_get_stuck_the_lower_the_more_features_interact():
    ends = [cocreation.votes(k, 0.5)["vote"][-1] for k in (0, 2, 5, 9)]
    assert ends[0] == pytest.approx(1)
    assert np.all(np.diff(ends) < -0.05)


def test_another_version_brings_more_than_another_decider():
    one, two = (cocreation.votes(3, 0.5, versions) for versions in (1, 2))
    assert abs(one["vote"][-1] - one["designer"][-1]) < 0.03
    assert two["vote"][-1] > one["designer"][-1] + 0.05
    few, many = (cocreation.votes(3, 0.5, users=users)["vote"][-1] for users in (5, 101))
    assert few == pytest.approx(many, abs=0.02)
    narrow = cocreation.votes(3, 1.0)
    assert narrow["vote"][-1] < narrow["designer"][-1] - 0.1


def test_best_of_some_values_by_enumeration():
    values = np.sort(np.random.default_rng(1).random((6, 2)), axis=0)
    draws = [np.max(draw, axis=0) for draw in combinations(values, 3)]
    np.testing.assert_allclose(cocreation.best_versions(values, 3), np.mean(draws, axis=0))
    np.testing.assert_allclose(cocreation.best_versions(values, 1), values.mean(axis=0))
    with pytest.raises(ValueError, match="versions"):
        cocreation.best_versions(values, 7)


def test_landscapes_come_from_their_seed():
    one = cocreation.landscapes.__wrapped__(7, 3, 4, 9).parts
    np.testing.assert_array_equal(one, cocreation.landscapes(7, 3, 4, 9).parts)
    assert not np.allclose(one, cocreation.landscapes(7, 3, 4, 8).parts)


def test_tastes_add_up_and_nonsense_is_refused():
    weights = cocreation.tastes(30, 10, 0.4)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    np.testing.assert_allclose(weights.mean(axis=0), 0.1)
    for call, word in (
        (lambda: cocreation.landscapes(20, 2), "features"),
        (lambda: cocreation.landscapes(5, 5), "others"),
        (lambda: cocreation.tastes(0, 5, 0.5), "users"),
        (lambda: cocreation.tastes(5, 5, 1.5), "apart"),
        (lambda: cocreation.vote(cocreation.landscapes(5, 1), np.ones((2, 4)), 3), "weights"),
        (lambda: cocreation.ruggedness(12), "features"),
    ):
        with pytest.raises(ValueError, match=word):
            call()


# --- what the labs open ---

LABS = {
    "heads": Lab(35, {"power": (2, 4, 6, 8), "alike": (0.0, 0.5, 0.9)}),
    "tries": Lab(40, {"cost": (0.015, 0.05), "wait": (0.0, 0.52)}),
    "votes": Lab(16, {"others": (0, 9), "apart": (0.0, 1.0), "versions": (1, 10)}),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(cocreation, charts, name)


def test_ruggedness_is_flat_without_interaction():
    table = tidy(cocreation.ruggedness(5), "ruggedness")
    assert table["others"].tolist() == [0, 1, 2, 3, 4]
    assert table["peaks"].iloc[0] == table["best"].iloc[0] == 1
    assert np.all(np.diff(table["peaks"]) > 0)


def test_the_crowd_and_its_best_idea_are_drawn_as_multiples():
    counted = pd.DataFrame({"date": ["2010-08-16", "2015-02-01"], "heads": [100.0, 1e8]})
    layers = charts.crowd(counted).to_dict()
    drawn = next(iter(layers["datasets"].values()))
    ends = {row["line"]: row["times"] for row in drawn if row["date"] == "2015-02-01"}
    assert ends["Heads"] == 1e6
    assert ends["Their best idea"] == pytest.approx(2.276, abs=1e-3)
    assert charts._many(278.2) == "280"
    assert charts._many(6) == "6"
    assert charts._many(2.6e5) == "260,000"
