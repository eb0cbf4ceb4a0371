"""Learning, sharing and target costs against published tables, closed forms and brute force."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from coalescence.charts import pricing as charts
from coalescence.lab import drawing
from coalescence.models import pricing
from coalescence.models.pricing import Curve, Family, Launch
from tests.labs import Lab

few = settings(max_examples=25, deadline=None)
ratios = st.floats(0.55, 1)


# --- the learning curve ---


@pytest.mark.parametrize(
    ("progress", "unit", "time", "total"),
    [
        (0.70, 3, 0.568, 2.268), (0.75, 3, 0.634, 2.384), (0.80, 3, 0.702, 2.502),
        (0.85, 3, 0.773, 2.623), (0.90, 3, 0.846, 2.746), (0.80, 2, 0.800, 1.800),
        (0.90, 20, 0.634, None), (0.90, 29, 0.599, None),
    ],
)  # fmt: skip
def test_unit_and_total_times_of_a_textbook_table(progress, unit, time, total):
    """Stevenson, Operations Management, table 7S.1, learning curve coefficients."""
    curve = Curve(1.0, progress)
    assert pricing.unit_cost(curve, unit) == pytest.approx(time, abs=6e-4)
    if total:
        assert pricing.total_cost(curve, unit)[-1] == pytest.approx(total, abs=6e-4)


def test_wrights_reading_of_a_textbook_table():
    """80 %, first unit 100 hours: the cumulative averages of an accounting textbook."""
    curve, units = Curve(100, 0.8), np.array([1, 2, 4, 8, 16])
    totals = pricing.total_cost(curve, 16, average=True)[units - 1]
    assert totals == pytest.approx([100, 160, 256, 409.6, 655.36])
    assert totals / units == pytest.approx(pricing.unit_cost(curve, units))


def test_eighty_per_cent_is_an_exponent_of_minus_a_third():
    assert pricing.exponent(0.8) == pytest.approx(-0.322, abs=1e-3)


@given(ratios, st.floats(0.1, 1e4))
def test_every_doubling_saves_the_same_share(progress, units):
    curve = Curve(50.0, progress)
    once, twice = pricing.unit_cost(curve, units), pricing.unit_cost(curve, 2 * units)
    assert twice / once == pytest.approx(progress)


@few
@given(ratios, st.floats(0.1, 50), st.floats(0.1, 50), st.floats(0.1, 50))
def test_lot_cost_is_the_area_and_adds_up(progress, before, more, then):
    curve = Curve(10.0, progress)
    lot = pricing.lot_cost(curve, before, more)
    area = quad(lambda q: pricing.unit_cost(curve, q), before, before + more)[0]
    assert lot == pytest.approx(area)
    both = pricing.lot_cost(curve, before, more + then)
    assert lot + pricing.lot_cost(curve, before + more, then) == pytest.approx(both)


@given(st.floats(0.5, 0.98), st.floats(1, 1e6))
def test_units_to_reach_inverts_the_curve(progress, units):
    curve = Curve(70.0, progress)
    cost = pricing.unit_cost(curve, units)
    assert pricing.units_to_reach(curve, cost) == pytest.approx(units, rel=1e-6)


@given(st.floats(0.5, 1), st.floats(1, 1e4))
def test_fit_finds_the_curve_that_made_the_costs(progress, first):
    made = np.array([1.0, 3.0, 10.0, 50.0])
    curve = pricing.fitted(made, pricing.unit_cost(Curve(first, progress), made))
    assert tuple(curve) == pytest.approx((first, progress))


# --- pricing for the curve ---


@few
@given(st.floats(0.7, 1), st.floats(1.2, 3))
def test_without_impatience_price_is_set_by_the_last_units_cost(progress, ceiling):
    """Spence (1981): the same in every period, marginal revenue = final unit cost."""
    launch = Launch(Curve(1.0, progress), ceiling, patience=1.0)
    plan = pricing.best_plan(launch)
    assert plan.quantity == pytest.approx(np.full(6, plan.quantity[0]), rel=1e-3)
    assert plan.price == pytest.approx(np.full(6, (ceiling + plan.cost[-1]) / 2), rel=1e-3)


@few
@given(st.floats(0.6, 1), st.floats(1.05, 3), st.floats(0.5, 1))
def test_looking_ahead_never_earns_less_and_opens_no_dearer(progress, ceiling, patience):
    launch = Launch(Curve(1.0, progress), ceiling, patience=patience)
    near, far = pricing.myopic_plan(launch), pricing.best_plan(launch)
    assert far.profit.sum() >= near.profit.sum() - 1e-6
    assert far.price[0] <= near.price[0] + 1e-4


@pytest.mark.parametrize(("progress", "patience"), [(0.7, 0.6), (0.8, 0.95), (0.9, 1.0)])
def test_best_plan_beats_a_fine_grid(progress, patience):
    launch = Launch(Curve(1.0, progress), 1.3, periods=2, patience=patience)
    first, second = np.meshgrid(*[np.linspace(0, launch.size / 2, 401)] * 2)
    power = 1 + np.log2(progress)
    area = [(1 + made) ** power / power for made in (0, first, first + second)]
    earned = [1.3 * (1 - q / launch.size) * q for q in (first, second)]
    profit = earned[0] - area[1] + area[0] + patience * (earned[1] - area[2] + area[1])
    best = pricing.best_plan(launch).profit.sum()
    assert profit.max() - 1e-9 <= best <= profit.max() + 1e-3


def test_without_learning_it_is_an_ordinary_monopoly():
    launch = Launch(Curve(1.0, 1.0), ceiling=1.5)
    for plan in (pricing.best_plan(launch), pricing.myopic_plan(launch)):
        assert plan.price == pytest.approx(np.full(6, 1.25), rel=1e-4)
        assert plan.cost == pytest.approx(np.ones(6))


# --- one part for several models ---


def test_what_is_shared_and_what_is_wasted_by_hand():
    """4 models of 1 m, 2 versions: each serves 2, one of which gets a step (of 3) too much."""
    cost = pricing.sharing(Family(4, 1.0, design=20, part=50, progress=0.9, spread=30), 2)
    assert tuple(cost) == pytest.approx((2 * 20 / 4, 50 * 0.9, 0.5 * 30 / 3))


def partitions(models, versions):
    """Every way to cut a row of models into so many groups: the groups' sizes."""
    if versions == 1:
        yield (models,)
        return
    for first in range(1, models - versions + 2):
        for rest in partitions(models - first, versions - 1):
            yield (first, *rest)


@pytest.mark.parametrize("models", [2, 5, 8])
def test_equal_groups_waste_least(models):
    family = Family(models, 1.0, progress=1.0, spread=30)
    for versions in range(1, models + 1):
        least = min(
            sum(size * (size - 1) / 2 for size in sizes) for sizes in partitions(models, versions)
        )
        wasted = pricing.sharing(family, versions).misfit
        assert wasted == pytest.approx(least * 30 / (models - 1) / models)


@given(st.integers(2, 30), st.floats(0.1, 5), st.floats(1, 100), st.floats(0.1, 100))
def test_square_root_law_is_the_limit_of_whole_numbers(models, volume, design, spread):
    """If versions could be divided the cost at the root would be lower than at any number."""
    family = Family(models, volume, design, progress=1.0, spread=spread)
    k = np.clip(pricing.root_law(family), 1, models)
    misfit = spread * (models / k - 1) / (2 * (models - 1))
    limit = design * k / (models * volume) + misfit + family.part
    assert sum(pricing.sharing(family, pricing.best_versions(family))) >= limit - 1e-9


def test_square_root_law_where_groups_are_equal():
    """12 models, spread and design chosen so that the root is 1, 2, 3, 4 or 6: then it is best."""
    for k in (1, 2, 3, 4, 6):
        spread = 2 * 30 * 11 / 144 * k**2
        family = Family(12, 1.0, 30.0, progress=1.0, spread=spread)
        assert pricing.root_law(family) == pytest.approx(k)
        totals = [sum(pricing.sharing(family, n)) for n in (1, 2, 3, 4, 6, 12)]
        assert (1, 2, 3, 4, 6, 12)[int(np.argmin(totals))] == k


@given(st.floats(0.6, 0.99))
def test_bulk_savings_call_for_fewer_versions(progress):
    family = Family(spread=60)
    more = pricing.best_versions(family._replace(progress=1.0))
    assert pricing.best_versions(family._replace(progress=progress)) <= more


# --- the price comes first ---


def test_allowable_cost_by_hand():
    """RMB 1,130 with 13 % tax is 1,000 before; less 10 % channel and 5 % margin: 850."""
    assert pricing.allowable_cost(1130, 0.05, 0.10) == pytest.approx(850)


# --- what would hide the learning ---


def test_content_by_hand():
    """Twice as many made and 80 % learning: what costs the same holds a quarter more."""
    assert pricing.content([10, 20], [50, 50], 0.8) == pytest.approx([1, 1.25])
    assert pricing.content([10, 20], [50, 50], 0.8, base=1) == pytest.approx([0.8, 1])


@given(st.floats(0.6, 1), st.floats(0.8, 1.2), st.integers(0, 3))
def test_costs_on_the_curve_hide_nothing(progress, growth, base):
    """Content that grew by a known factor a year is found again, from any year."""
    made, years = np.array([3.0, 5.0, 11.0, 12.0]), np.arange(4)
    cost = pricing.unit_cost(Curve(70.0, progress), made) * growth**years
    found = pricing.content(made, cost, progress, base)
    assert found == pytest.approx(growth ** (years - float(base)))


# --- ranges, labs and charts ---


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: pricing.exponent(1.2), "progress"),
        (lambda: pricing.unit_cost(Curve(), 0), "units"),
        (lambda: pricing.total_cost(Curve(), 0), "units"),
        (lambda: pricing.lot_cost(Curve(1, 0.5), 1, 1), "progress"),
        (lambda: pricing.units_to_reach(Curve(1, 1.0), 0.5), "progress"),
        (lambda: pricing.outcome(Launch(), [7.0]), "quantity"),
        (lambda: pricing.outcome(Launch(patience=0), [1.0]), "patience"),
        (lambda: pricing.sharing(Family(), 13), "versions"),
        (lambda: pricing.root_law(Family(1)), "models"),
        (lambda: pricing.allowable_cost(100, 0.6, 0.6), "channel \\+ margin"),
        (lambda: pricing.content([0, 1], [1, 1], 0.9), "made"),
        (lambda: pricing.content([1, 2], [1, 0], 0.9), "cost"),
    ],
)
def test_what_is_out_of_range_is_named(call, name):
    with pytest.raises(ValueError, match=name):
        call()


def test_arrays_are_numbers_one_by_one():
    curves, units = Curve(np.array([1.0, 2.0]), np.array([0.7, 0.9])), np.array([3.0, 5.0])
    for function in (pricing.unit_cost, lambda c, q: pricing.lot_cost(c, 1, q)):
        each = [function(Curve(*pair), q) for *pair, q in zip(*curves, units, strict=True)]
        assert function(curves, units) == pytest.approx(each)
    every = pricing.sharing(Family(), np.arange(1, 13))
    each = [tuple(pricing.sharing(Family(), k)) for k in range(1, 13)]
    assert np.allclose(np.array(every).T, each)
    prices = np.array([500, 900])
    assert pricing.allowable_cost(prices, 0.05) == pytest.approx(
        [pricing.allowable_cost(price, 0.05) for price in prices]
    )


LABS = {
    "experience": Lab(
        12,
        {"progress": (0.6, 1.0), "patience": (0.7, 1.0), "ceiling": (1.05, 2.0)},
        ("experience", "earnings"),
    ),
    "versions": Lab(12, {"design": (5, 60), "spread": (0, 80), "volume": (0.5, 4)}),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(pricing, charts, name)


def test_words_without_profit():
    assert "more" not in charts.say_experience(
        pd.DataFrame(pricing.experience(1.0, 0.9, 1.0)), progress=1.0, patience=0.9, ceiling=1.0
    )


def test_reported_costs_are_drawn():
    table = pd.DataFrame({"year": [2017, 2018], "made": [300.0, 420.0], "cost": [800.0, 900.0]})
    table["curve"] = [800.0, 760.0]
    assert drawing(charts.observed, table).words


def test_the_lab_of_the_hidden_content():
    given_ = (np.arange(2017, 2025), np.geomspace(300, 1345, 8), np.linspace(800, 1000, 8))
    lab = Lab(8, {"progress": (0.75, 1.0), "base": (2017, 2022)})
    lab.holds(pricing, charts, "hidden", *given_)
