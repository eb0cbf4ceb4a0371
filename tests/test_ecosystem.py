"""The platform against the papers' pricing formulas, direct optimisation and known limits."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize, minimize_scalar

from coalescence.charts import ecosystem as charts
from coalescence.models import ecosystem
from coalescence.models.ecosystem import Flywheel, Sides
from tests.labs import Lab

worths, crosses = st.floats(0.4, 2), st.floats(0, 1.2)
some_sides = st.builds(
    Sides, users=worths, partners=worths, users_value=crosses, partners_value=crosses,
    users_slope=st.floats(1.3, 3), partners_slope=st.floats(1.3, 3),
    users_cost=st.floats(0, 0.4), partners_cost=st.floats(0, 0.4),
)  # fmt: skip


def profit(sides, user_price, partner_price):
    users, partners = ecosystem.joined(sides, user_price, partner_price)
    return (user_price - sides.users_cost) * users + (
        partner_price - sides.partners_cost
    ) * partners


# --- membership ---


@given(some_sides)
def test_armstrongs_formula(sides):
    """p1 = f1 - alpha2 n2 + phi1 / phi1': here the markup phi / phi' is b n."""
    plan = ecosystem.best_prices(sides)
    one = sides.users_cost - sides.partners_value * plan.partners + sides.users_slope * plan.users
    two = sides.partners_cost - sides.users_value * plan.users
    two += sides.partners_slope * plan.partners
    assert plan.user_price == pytest.approx(one)
    assert plan.partner_price == pytest.approx(two)


@given(some_sides)
@settings(max_examples=25, deadline=None)
def test_best_prices_by_search(sides):
    found = minimize(lambda p: -profit(sides, *p), [0.5, 0.5], tol=1e-12)
    plan = ecosystem.best_prices(sides)
    assert plan.profit == pytest.approx(-found.fun, rel=1e-6)
    assert (plan.user_price, plan.partner_price) == pytest.approx(tuple(found.x), abs=1e-3)


@given(some_sides, st.floats(-0.5, 1), st.floats(-0.5, 1))
def test_joined_solves_both_demands(sides, one, two):
    users, partners = ecosystem.joined(sides, one, two)
    first = (sides.users + sides.users_value * partners - one) / sides.users_slope
    second = (sides.partners + sides.partners_value * users - two) / sides.partners_slope
    assert (users, partners) == pytest.approx((first, second))


@given(some_sides)
def test_swapping_the_sides_swaps_the_prices(sides):
    a1, a2, x1, x2, b1, b2, f1, f2 = sides
    here, there = (ecosystem.best_prices(s) for s in (sides, Sides(a2, a1, x2, x1, b2, b1, f2, f1)))
    assert here.user_price == pytest.approx(there.partner_price)
    assert here.profit == pytest.approx(there.profit)


@given(some_sides, st.floats(0.1, 50))
def test_prices_are_in_the_unit_of_the_worths(sides, unit):
    same = Sides(*(unit * number for number in sides))
    here, there = ecosystem.best_prices(sides), ecosystem.best_prices(same)
    assert there.user_price == pytest.approx(unit * here.user_price)
    assert there.users == pytest.approx(here.users)


def test_without_cross_effects_each_side_pays_the_monopoly_price():
    plan = ecosystem.best_prices(Sides(users_value=0, partners_value=0))
    assert plan.user_price == pytest.approx((0.5 + 0.3) / 2)
    assert plan.partner_price == pytest.approx((1.0 + 0.3) / 2)


@given(some_sides, st.floats(0.01, 0.2))
def test_the_side_that_is_valued_more_pays_less(sides, more):
    valued = sides._replace(partners_value=sides.partners_value + more)
    here, there = ecosystem.best_prices(sides), ecosystem.best_prices(valued)
    markup = sides.users_slope * here.users - sides.partners_value * here.partners
    below = here.user_price < sides.users_cost
    assert bool(below) == bool(markup < 0)
    assert there.profit >= here.profit


@given(some_sides, st.floats(-0.5, 0.5))
@settings(max_examples=30, deadline=None)
def test_best_beside_a_given_price_by_search(sides, price):
    found = minimize_scalar(lambda p: -profit(sides, price, p), bracket=(0, 1)).x
    plan = ecosystem.best_beside(sides, price)
    assert plan.partner_price == pytest.approx(found, abs=1e-4)
    assert plan.user_price == pytest.approx(price)
    assert plan.profit <= ecosystem.best_prices(sides).profit + 1e-9


def test_free_can_be_the_best_price():
    """Parker and Van Alstyne (2005): with a strong enough cross effect one side is not charged."""
    root = brentq(lambda x: ecosystem.best_prices(Sides(partners_value=x)).user_price, 1.5, 2.2)
    free = ecosystem.best_beside(Sides(partners_value=root), 0.0)
    assert free.profit == pytest.approx(ecosystem.best_prices(Sides(partners_value=root)).profit)
    assert ecosystem.best_prices(Sides(partners_value=root + 0.05)).user_price < 0


# --- use ---


@given(st.floats(0.5, 3), st.floats(0.5, 3), st.floats(0, 0.9))
@settings(max_examples=30, deadline=None)
def test_rochet_and_tiroles_rule(b, s, c):
    """p - c = p_B / eta_B = p_S / eta_S with eta_i = p_i / (worth_i - p_i), and best by search."""
    buyer, seller = ecosystem.usage_prices(b, s, c)
    total = buyer + seller
    assert total - c == pytest.approx(b - buyer)
    assert total - c == pytest.approx(s - seller)
    found = minimize(
        lambda p: -(b - p[0]) * (s - p[1]) * (p[0] + p[1] - c), [buyer + 0.01, seller - 0.01]
    )
    assert (buyer, seller) == pytest.approx(tuple(found.x), abs=1e-2)


def test_only_how_the_total_is_divided_differs_between_the_sides():
    buyer, seller = ecosystem.usage_prices(0.6, 2.0, 0.4)
    assert (buyer, seller) == pytest.approx((-0.4 / 3, 2.0 - 2.2 / 3))  # the buyer is paid
    assert buyer + seller == pytest.approx((2 * 2.6 + 0.4) / 3 - 2.6 / 3 + 0.4 / 3)


# --- flywheel ---


wheels = st.builds(
    Flywheel, alone=st.floats(-5, -1), variety=st.floats(1, 12), commission=st.floats(0, 0.6),
    entry=st.floats(0.3, 1), users_pace=st.just(0.5), partners_pace=st.just(1.0),
)  # fmt: skip


@given(wheels)
@settings(max_examples=40, deadline=None)
def test_equilibria_rest_and_alternate(wheel):
    rest, stable = ecosystem.equilibria(wheel)
    assert len(rest) in (1, 3)
    assert stable.tolist() == ([True] if len(rest) == 1 else [True, False, True])
    for users in rest:
        partners = ecosystem.wanted(wheel, users, 0)[1]
        assert ecosystem.wanted(wheel, users, partners)[0] == pytest.approx(users, abs=1e-9)


@pytest.mark.parametrize("commission", [0.0, 0.2, 0.5])
@pytest.mark.parametrize("variety", [5.0, 7.0, 10.0])
def test_paths_end_in_the_resting_point_on_their_side_of_the_threshold(variety, commission):
    wheel = Flywheel(variety=variety, commission=commission)
    rest, stable = ecosystem.equilibria(wheel)
    starts = [(0.0, rest[0]), (1.0, rest[-1])]
    if not stable.all():
        starts += [(rest[1] - 0.03, rest[0]), (rest[1] + 0.03, rest[2])]
    for start, end in starts:
        partners = float(ecosystem.wanted(wheel, start, 0)[1])
        users, _ = ecosystem.turning(wheel, min(start, 1), partners, [0, 150])
        assert users[-1] == pytest.approx(end, abs=2e-3)


def test_stability_is_that_of_the_linearised_system():
    wheel = Flywheel()
    rest, stable = ecosystem.equilibria(wheel)
    pace = np.array([wheel.users_pace, wheel.partners_pace])
    for users, calm in zip(rest, stable, strict=True):
        here = np.array([users, float(ecosystem.wanted(wheel, users, 0)[1])])
        flow = [
            (np.array(ecosystem.wanted(wheel, *(here + d))) - here - d)
            - (np.array(ecosystem.wanted(wheel, *(here - d))) - here + d)
            for d in (np.array([1e-6, 0]), np.array([0, 1e-6]))
        ]
        jacobian = pace[:, np.newaxis] * np.array(flow).T / 2e-6
        assert (np.linalg.eigvals(jacobian).real.max() < 0) == calm


@given(wheels, st.floats(0.01, 0.2))
@settings(max_examples=40, deadline=None)
def test_a_higher_commission_raises_the_threshold(wheel, more):
    here = ecosystem.critical_mass(wheel)
    there = ecosystem.critical_mass(wheel._replace(commission=wheel.commission + more))
    assert there >= here or here == np.inf or np.isclose(here, there)


def test_alone_without_variety_users_settle_at_the_logit():
    users, _ = ecosystem.turning(Flywheel(variety=0.0), 0.9, 0.0, [0, 100])
    assert users[-1] == pytest.approx(1 / (1 + np.exp(3.5)), abs=1e-6)
    never = ecosystem.critical_mass(Flywheel(variety=0.0))
    assert never == np.inf
    assert ecosystem.critical_mass(Flywheel(alone=1.0)) == 0


# --- every function ---


def test_arrays_are_floats_elementwise():
    crosses = np.array([0.5, 1.0, 1.8])
    whole = ecosystem.best_prices(Sides(partners_value=crosses))
    for i, cross in enumerate(crosses):
        assert whole.user_price[i] == pytest.approx(
            ecosystem.best_prices(Sides(partners_value=cross)).user_price
        )
    plan = ecosystem.best_beside(Sides(), np.array([-0.1, 0.0, 0.2]))
    assert plan.profit[1] == pytest.approx(ecosystem.best_beside(Sides(), 0.0).profit)
    buyers = ecosystem.usage_prices([1.0, 2.0], 1.0, 0.1)[0]
    assert buyers[1] == pytest.approx(ecosystem.usage_prices(2.0, 1.0, 0.1)[0])
    stay, _ = ecosystem.wanted(Flywheel(), np.array([0.1, 0.2]), np.array([0.3, 0.4]))
    assert stay[1] == pytest.approx(ecosystem.wanted(Flywheel(), 0.2, 0.4)[0])


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: ecosystem.best_prices(Sides(users_slope=0)), "users_slope"),
        (lambda: ecosystem.best_prices(Sides(users_value=2)), "users_value"),
        (lambda: ecosystem.joined(Sides(partners_slope=-1), 0, 0), "partners_slope"),
        (lambda: ecosystem.usage_prices(1, 1, 3), "buyers"),
        (lambda: ecosystem.wanted(Flywheel(commission=2), 0, 0), "commission"),
        (lambda: ecosystem.wanted(Flywheel(entry=0), 0, 0), "entry"),
        (lambda: ecosystem.turning(Flywheel(), 1.2, 0, [0, 1]), "users"),
        (lambda: ecosystem.turning(Flywheel(), 0.2, -1, [0, 1]), "partners"),
    ],
)
def test_out_of_range_is_refused(call, name):
    with pytest.raises(ValueError, match=name):
        call()


def test_the_edge_comes_without_warning():
    """A commission of 30% hardly moves users and doubles the share at which the platform tips."""
    table = pd.DataFrame(ecosystem.squeeze(7.0, -3.5)).set_index("commission")
    free, dear = table.loc[0.0], table.iloc[30]
    assert dear.high > 0.98 * free.high
    assert dear.tip > 2 * free.tip
    assert table.iloc[38].states == 3
    assert table.iloc[39].states == 1
    assert table.iloc[39].high < 0.05
    for row in (free, dear):
        assert row.low < row.tip < row.high
    best = table[table.best == 1].iloc[0]
    assert best.income == table.income.max()


def test_a_commission_too_high_pays_for_years_and_can_be_taken_back_in_time():
    never = pd.DataFrame(ecosystem.raised(0.45, 0)).set_index("year")
    assert never.income[5] > 1.3
    assert never.income[20] < 0.1
    assert never.users.is_monotonic_decreasing
    soon, late = (pd.DataFrame(ecosystem.raised(0.45, back)).iloc[-1] for back in (10, 20))
    assert soon.income == pytest.approx(1, abs=0.01)
    assert late.income < 0.05
    same = ecosystem.raised(0.2, 0)
    assert same["income"] == pytest.approx(np.ones(61), abs=1e-6)


LABS = {
    "prices": Lab(4, {"users_value": (0, 0.4), "partners_value": (0, 1.8)}),
    "squeeze": Lab(61, {"variety": (6.0, 8.0), "alone": (-4.0, -3.5, -2.0)}),
    "raised": Lab(
        61, {"commission": (0.2, 0.45, 0.6), "back": (0, 10, 20)}, ("raised", "raised_income")
    ),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(ecosystem, charts, name)


def test_devices_and_revenue_for_each_user_start_at_a_hundred():
    table = pd.DataFrame({"year": [2018, 2021], "devices": [0.5, 1.0], "iot": [200.0, 100.0],
                          "internet": [60.0, 66.0]})  # fmt: skip
    rows = next(iter(charts.per_user(table).to_dict()["datasets"].values()))
    ends = {row["line"]: (row["index"], row["piece"]) for row in rows if row["year"] == 2021}
    assert ends["Connected devices"] == (200, "new")
    assert ends["IoT revenue"][0] == 50
