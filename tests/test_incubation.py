"""Incubation against textbook figures, closed forms and simulation."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import minimize_scalar

from coalescence.charts import incubation as charts
from coalescence.models import incubation
from coalescence.models.incubation import Outcomes, Project, Startup, Supply, Widget
from tests.labs import Lab

# --- waiting ---


def test_widgets_of_dixit_and_pindyck():
    """Chapter 2: NPV 600, waiting 773; an option to wait at 1,980 is worth as much as 1,600 now."""
    assert incubation.build_now(Widget()) == pytest.approx(600)
    assert incubation.build_later(Widget()) == pytest.approx(773, abs=0.5)
    assert incubation.build_later(Widget(cost=1980)) == pytest.approx(600)


def test_widget_summed_year_by_year():
    years = np.arange(1, 600)
    now = 200 + (200 / 1.1**years).sum() - 1600
    later = 0.5 * (-1600 / 1.1 + (300 / 1.1**years).sum())
    assert incubation.build_now(Widget()) == pytest.approx(now)
    assert incubation.build_later(Widget()) == pytest.approx(later)


@given(st.floats(0, 190), st.floats(1, 10), st.floats(500, 3000))
def test_swing_raises_waiting_and_not_building(swing, more, cost):
    here, there = (Widget(high=200 + s, low=200 - s, cost=cost) for s in (swing, swing + more))
    assert incubation.build_now(there) == pytest.approx(incubation.build_now(here))
    assert incubation.build_later(there) >= incubation.build_later(here) - 1e-9


# --- staging ---


@pytest.mark.parametrize("risk", [0.2, 0.6, 1.0])
def test_two_tranches_are_the_call_of_black_and_scholes(risk):
    """The first tranche buys a call on the project struck at the second."""
    v, k, r = 100.0, 55.0, 0.05
    d1 = (np.log(v / k) + r + risk**2 / 2) / risk
    call = v * stats.norm.cdf(d1) - k * np.exp(-r) * stats.norm.cdf(d1 - risk)
    found = incubation.staged(Project(v, 2 * k, 2, risk), steps=400)
    assert found == pytest.approx(call - k, abs=0.1)


def test_three_tranches_by_simulation_with_the_rule_of_the_tree():
    """A lower bound from following a good rule on simulated values, close to the tree's worth."""
    project = Project(100, 120, 3, 0.7, rate=0.05)
    z = np.random.default_rng(3).standard_normal((200_000, 2))
    values = 100 * np.exp(np.cumsum(0.05 - 0.7**2 / 2 + 0.7 * z, axis=1))
    rules = [
        np.exp(-0.05)
        * np.where(
            values[:, 0] > bar,
            -40 + np.exp(-0.05) * np.maximum(values[:, 1] - 40, 0),
            0,
        ).mean()
        for bar in np.linspace(40, 100, 31)
    ]
    assert incubation.staged(project, 200) + 40 == pytest.approx(max(rules), rel=0.02)


projects = st.builds(
    Project, value=st.floats(20, 300), cost=st.just(100.0), stages=st.integers(1, 5),
    risk=st.floats(0.1, 1.5), salvage=st.floats(0, 1), rate=st.just(0.05),
)  # fmt: skip


@given(projects, st.floats(0.05, 0.5))
@settings(max_examples=30, deadline=None)
def test_the_right_to_stop_is_never_worth_less_and_rises_with_risk(project, more):
    kept = incubation.staged(project, 30)
    assert kept >= incubation.committed(project) - 1e-9
    riskier = project._replace(risk=project.risk + more)
    assert incubation.staged(riskier, 30) >= kept - 0.3  # but for the tree's coarseness
    assert incubation.staged(project._replace(salvage=0.0), 30) <= kept + 1e-9


@given(projects, st.floats(0.01, 100))
@settings(max_examples=20, deadline=None)
def test_staging_does_not_depend_on_the_currency(project, rate):
    same = project._replace(value=project.value * rate, cost=project.cost * rate)
    assert incubation.staged(same, 20) == pytest.approx(rate * incubation.staged(project, 20))


def test_one_tranche_leaves_nothing_to_stop_and_no_risk_nothing_to_learn():
    one = Project(stages=1)
    assert incubation.staged(one) == pytest.approx(incubation.committed(one)) == 0
    sure = Project(value=150, risk=0.05, rate=0.01)
    assert incubation.staged(sure) == pytest.approx(incubation.committed(sure), abs=1e-3)


# --- suppliers and help ---


@given(
    v=st.floats(11, 30), c=st.floats(1, 5), beta=st.floats(0.05, 0.95), paid=st.floats(0.5, 1),
    other=st.floats(0, 1),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_price_maximises_the_nash_product(v, c, beta, paid, other):
    def product(w):
        return -(beta * np.log(paid * w - c) + (1 - beta) * np.log(paid * (v - w - other)))

    low, high = c / paid, v - other
    edge = 1e-9 * (high - low)
    best = minimize_scalar(product, bounds=(low + edge, high - edge), options={"xatol": 1e-9}).x
    price = incubation.parts_price(Supply(v, c, beta, paid, other))
    assert price == pytest.approx(best, rel=1e-4)


@given(v=st.floats(5, 50), c=st.floats(0, 5), beta=st.floats(0, 1))
def test_sure_payment_without_an_alternative_is_the_textbook_price(v, c, beta):
    assert incubation.parts_price(Supply(v, c, beta)) == pytest.approx(c + beta * (v - c))


@given(st.floats(0.5, 0.9), st.floats(0.01, 0.1), st.floats(0, 0.9))
def test_risk_raises_the_price_and_another_supplier_lowers_it(paid, more, beta):
    price = incubation.parts_price
    assert price(Supply(power=beta, paid=paid + more)) < price(Supply(power=beta, paid=paid))
    assert price(Supply(power=beta, elsewhere=1)) <= price(Supply(power=beta))


@given(st.floats(0.05, 1), st.floats(0.1, 10))
def test_cost_of_serving_is_the_integral_of_the_marginal_cost(size, slope):
    volumes = np.linspace(1 - size, 1, 2001)
    average = np.trapezoid(slope * volumes, volumes) / size
    assert incubation.cost_of_serving(size, slope) == pytest.approx(average)


@given(
    st.builds(
        Startup, alone=st.floats(1, 1000), gain=st.floats(0, 500), money=st.floats(0, 100),
        power=st.floats(0, 1),
    )
)  # fmt: skip
def test_stake_splits_the_gain_and_is_larger_for_the_smaller(startup):
    stake = incubation.stake_for_help(startup)
    assert 0 <= stake <= 1
    whole = startup.alone + startup.gain + startup.money
    assert stake * whole - startup.money == pytest.approx(startup.power * startup.gain, abs=1e-6)
    assert (1 - stake) * whole >= startup.alone - 1e-6  # the founder gains as well
    assert incubation.stake_for_help(startup._replace(alone=startup.alone + 10)) <= stake


# --- portfolio ---


@given(st.floats(1.05, 10), st.floats(0.01, 1))
def test_mean_and_median_are_those_of_the_pareto_distribution(tail, success):
    sure = Outcomes(tail, 1.0)
    assert incubation.mean_multiple(sure) == pytest.approx(stats.pareto(tail).mean())
    assert incubation.median_multiple(sure) == pytest.approx(stats.pareto(tail).median())
    assert incubation.median_multiple(sure) == pytest.approx(2 ** (1 / tail))
    mean = incubation.mean_multiple(Outcomes(tail, success))
    assert mean == pytest.approx(success * tail / (tail - 1))
    above = incubation.at_least(Outcomes(tail, success), 3.0)
    assert above == pytest.approx(success * stats.pareto(tail).sf(3))


def test_a_fat_tail_has_no_mean_and_most_return_nothing():
    assert incubation.mean_multiple(Outcomes(1.0)) == np.inf
    assert incubation.median_multiple(Outcomes(1.4, 0.35)) == 0


@given(st.floats(0.5, 3), st.floats(0.2, 1), st.floats(2, 50))
def test_implied_tail_inverts(tail, success, multiple):
    share = incubation.at_least(Outcomes(tail, success), multiple)
    assert incubation.implied_tail(multiple, share, success) == pytest.approx(tail)


def test_observed_venture_returns_have_a_tail_below_one():
    """Rounded shares published by Correlation Ventures: the power law has no finite mean."""
    base = incubation.OBSERVED[1.0]
    tails = [incubation.implied_tail(x, p, base) for x, p in incubation.OBSERVED.items() if x > 1]
    assert tails == pytest.approx([0.778, 0.942], abs=0.001)


@given(st.integers(1, 30), st.integers(0, 30), st.floats(1.5, 20))
def test_an_interval_of_the_tail_is_that_of_the_share(above, more, multiple):
    """Clopper and Pearson (1934): the ends are quantiles of beta distributions."""
    of = above + more
    best, low, high = incubation.tail_between(above, of, multiple)
    assert low <= best <= high
    assert multiple**-best == pytest.approx(above / of)
    assert multiple**-high == pytest.approx(stats.beta(above, more + 1).ppf(0.025))
    least = stats.beta(above + 1, more).ppf(0.975) if more else 1.0
    assert multiple**-low == pytest.approx(least)


@given(st.floats(0, 1), st.floats(0.5, 0.99), st.floats(0, 2))
def test_a_name_saves_from_the_weak_and_a_second_supplier_from_the_strong(power, paid, elsewhere):
    nobody, known, second, both = incubation.supplier(power, paid, elsewhere)["price"]
    assert nobody - known == pytest.approx((1 - power) * (4 / paid - 4))
    assert nobody - second == pytest.approx(power * elsewhere)
    assert nobody - both == pytest.approx(2 * nobody - known - second)


@given(st.floats(0.5, 1))
def test_a_large_order_can_do_what_a_name_does(paid):
    """With cost slope Q**2 / 2 the share 2 (1 - paid) of the volume makes up for the risk."""
    assert incubation.cost_of_serving(2 * (1 - paid)) / paid == pytest.approx(4)


def test_portfolios_average_to_the_exact_mean():
    outcomes = Outcomes(tail=3.5, success=0.35)
    multiple, _ = incubation.portfolios(outcomes, 40, runs=20_000, seed=1)
    error = multiple.std() / np.sqrt(len(multiple))
    assert abs(multiple.mean() - incubation.mean_multiple(outcomes)) < 4 * error


def test_below_one_the_sum_is_a_fixed_number_of_times_the_best():
    """Darling (1952): E[sum / max] -> 1 / (1 - alpha) however many there are."""
    _, best = incubation.portfolios(Outcomes(0.5, 1.0), 3000, runs=3000, seed=2)
    assert (1 / best).mean() == pytest.approx(2, rel=0.05)


def test_a_few_by_listing_every_case():
    """Two that succeed with s: at least one does with 1 - (1 - s)^2; one alone is safe with s."""
    multiple, best = incubation.portfolios(Outcomes(2, 0.3), 2, runs=40_000, seed=3)
    assert np.mean(multiple > 0) == pytest.approx(1 - 0.7**2, abs=0.01)
    assert np.mean(best == 1) == pytest.approx(2 * 0.3 * 0.7, abs=0.01)
    alone, _ = incubation.portfolios(Outcomes(2, 0.3), 1, runs=40_000, seed=4)
    assert np.mean(alone > 1) == pytest.approx(0.3, abs=0.01)


def test_more_partners_are_safer_where_the_mean_is_above_one():
    table = incubation.portfolio(0.9, 0.35)
    assert table["safe"][-1] > 0.98 > table["safe"][5]
    assert np.all(np.diff(table["best"]) < 0)
    again = incubation.portfolio(0.9, 0.35)
    assert again["safe"] == table["safe"]  # the same luck every time


# --- every function ---


def test_arrays_are_floats_elementwise():
    costs = np.array([1000.0, 1600, 3000])
    for function in (incubation.build_now, incubation.build_later):
        whole = function(Widget(cost=costs))
        assert whole == pytest.approx([function(Widget(cost=c)) for c in costs])
    powers = np.array([0.1, 0.5])
    assert incubation.parts_price(Supply(power=powers))[1] == pytest.approx(7)
    tails = np.array([0.8, 1.4])
    assert incubation.mean_multiple(Outcomes(tails)) == pytest.approx([np.inf, 1.225])
    stakes = incubation.stake_for_help(Startup(alone=np.array([20.0, 200.0])))
    assert stakes[1] == pytest.approx(incubation.stake_for_help(Startup(alone=200.0)))


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: incubation.build_now(Widget(rate=0)), "rate"),
        (lambda: incubation.build_later(Widget(chance=1.2)), "chance"),
        (lambda: incubation.staged(Project(risk=0)), "risk"),
        (lambda: incubation.staged(Project(risk=0.01, rate=1)), "rate per step"),
        (lambda: incubation.committed(Project(stages=0)), "stages"),
        (lambda: incubation.parts_price(Supply(value=3)), "value - cost"),
        (lambda: incubation.cost_of_serving(1.5), "size"),
        (lambda: incubation.stake_for_help(Startup(power=2)), "power"),
        (lambda: incubation.at_least(Outcomes(), 0.5), "multiple"),
        (lambda: incubation.mean_multiple(Outcomes(tail=0)), "tail"),
        (lambda: incubation.implied_tail(5, 0.5, 0.4), "share / success"),
        (lambda: incubation.portfolios(Outcomes(), 0), "partners"),
        (lambda: incubation.tail_between(0, 5, 10), "above"),
    ],
)
def test_out_of_range_is_refused(call, name):
    with pytest.raises(ValueError, match=name):
        call()


LABS = {
    "staging": Lab(12, {"stages": (1, 6), "salvage": (0, 0.8), "value": (50, 150)}),
    "supplier": Lab(4, {"power": (0, 1), "survival": (0.5, 1), "elsewhere": (0, 2)}),
    "help_buys": Lab(21, {"gain": (0, 200), "power": (0, 1)}),
    "portfolio": Lab(12, {"tail": (0.7, 2.5), "success": (0.1, 0.9)}),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(incubation, charts, name)


def test_shares_beyond_the_floor_are_drawn_on_a_power_law():
    table = pd.DataFrame(incubation.beyond({"March": (2, 7), "December": (3, 16)}))
    assert table["who"].tolist() == ["US venture financings"] * 2 + ["March", "December"]
    assert table["share"].tolist() == pytest.approx([0.1 / 0.35, 0.04 / 0.35, 2 / 7, 3 / 16])
    assert charts.tails(table, 0.86).to_dict()["layer"]
