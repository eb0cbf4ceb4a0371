"""Pre-orders, batches and scarcity: published examples, simulation, closed forms and limits."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from coalescence.charts import accessible as charts
from coalescence.lab import tidy
from coalescence.models import accessible
from coalescence.models.accessible import Doubt, Flow, Season
from tests.labs import Lab

quick = settings(max_examples=25, deadline=None)

seasons = st.builds(
    Season,
    mean=st.floats(0, 1e4),
    spread=st.floats(0.1, 1e3),
    price=st.floats(1.05, 3),
    cost=st.just(1.0),
    salvage=st.floats(0, 0.95),
)
shares = st.floats(0, 1)


# --- one batch ---


def test_porteus_newsvendor():
    """Mean 100, deviation 30, price 4, cost 1: Q = 120.23, cost 38.13, profit 261.87 (SCperf)."""
    season = Season(100, 30, 4, 1, 0)
    made = accessible.order(season)
    assert accessible.service(season) == 0.75
    assert made == pytest.approx(120.23, abs=5e-3)
    assert accessible.mismatch(season, made) == pytest.approx(38.13, abs=5e-3)
    assert accessible.risk(season) == pytest.approx(38.13, abs=5e-3)
    assert accessible.earned(season, made) == pytest.approx(261.87, abs=5e-3)


@quick
@given(seasons)
def test_order_is_the_cheapest_batch_and_risk_its_cost(season):
    made = accessible.order(season)
    found = minimize_scalar(
        lambda q: accessible.mismatch(season, q),
        bounds=(made - season.spread, made + season.spread), method="bounded",
    )  # fmt: skip
    assert made == pytest.approx(found.x, abs=1e-3 * season.spread)
    assert accessible.mismatch(season, made) == pytest.approx(accessible.risk(season))


def test_mismatch_is_the_expected_cost_of_too_many_and_too_few():
    season = Season(50, 10, 1.0, 0.7, 0.2)

    def cost(d: float, made: float) -> float:
        return float((0.5 * max(made - d, 0) + 0.3 * max(d - made, 0)) * norm.pdf(d, 50, 10))

    for made in (35, 50, 61):
        area = quad(cost, -50, 150, args=(made,), points=[made])[0]
        assert accessible.mismatch(season, made) == pytest.approx(area, rel=1e-6)


@quick
@given(seasons, st.floats(0.01, 100))
def test_risk_is_linear_in_spread_and_free_of_units(season, unit):
    risk = accessible.risk(season)
    assert accessible.risk(season._replace(spread=unit * season.spread)) == pytest.approx(
        unit * risk
    )
    assert accessible.risk(season._replace(mean=0.0)) == pytest.approx(risk)
    money = season._replace(
        price=season.price * unit, cost=season.cost * unit, salvage=season.salvage * unit
    )
    assert accessible.risk(money) == pytest.approx(unit * risk)


def test_demand_met_by_simulation():
    season = Season(1.0, 0.3, 1.05, 1.0, 0.5)
    demand = 1 + 0.3 * np.random.default_rng(2).standard_normal(400_000)
    for made in (0.6, 1.0, 1.3):
        assert accessible.served(season, made) == pytest.approx(
            np.minimum(demand, made).mean(), abs=2e-3
        )
    with pytest.raises(ValueError, match="mean"):
        accessible.served(season._replace(mean=0.0), 1.0)


def test_knowing_more_enlarges_the_batch_of_a_thin_margin_and_shrinks_that_of_a_wide_one():
    thin, wide = (accessible.preorders(margin, 0.3) for margin in (0.05, 0.8))
    assert np.all(np.diff(thin["made"]) > 0)
    assert np.all(np.diff(wide["made"]) < 0)
    even = accessible.preorders(0.5, 0.3)
    assert even["made"] == pytest.approx(np.ones(21))
    assert accessible.preorders(0.05, 0.3, doubt=0.0)["served"] == pytest.approx(np.ones(21))


def test_newsvendor_takes_arrays_and_refuses_nonsense():
    spread = np.array([10.0, 20, 40])
    orders = accessible.order(Season(spread=spread))
    assert orders[1] == accessible.order(Season(spread=20.0))
    for season, word in (
        (Season(price=0.8), "price - cost"),
        (Season(salvage=0.8), "cost - salvage"),
        (Season(spread=-1.0), "spread"),
    ):
        with pytest.raises(ValueError, match=word):
            accessible.order(season)


# --- orders before the batch ---


@quick
@given(st.floats(0, 10), st.floats(0.1, 10))
def test_a_fee_sorts_visitors(fee, gain):
    booking = accessible.book(fee, gain)
    least = booking.serious
    assert least * gain == pytest.approx((1 - least) * fee)  # she who just books gains nothing
    assert booking.booked + least == pytest.approx(1)
    assert booking.kept == pytest.approx(quad(lambda x: x, least, 1)[0] / (1 - least))
    assert accessible.book(2 * fee + 0.1, gain).kept > booking.kept


def test_a_signal_of_demand_narrows_it_as_regression_says():
    random = np.random.default_rng(1)
    demand = 100 + 30 * random.standard_normal(200_000)
    signal = demand + 20 * random.standard_normal(200_000)
    slope, start = np.polyfit(signal, demand, 1)
    left = (demand - slope * signal - start).std()
    assert accessible.informed(30, 20) == pytest.approx(left, rel=0.01)


@quick
@given(st.floats(0.1, 100), st.floats(0, 100))
def test_information_never_hurts(spread, noise):
    left = accessible.informed(spread, noise)
    assert 0 <= left <= min(spread, noise) * (1 + 1e-12)
    rho2 = spread**2 / (spread**2 + noise**2)
    assert left == pytest.approx(spread * np.sqrt(1 - rho2), abs=1e-6 * spread)
    assert accessible.informed(spread, 1e12) == pytest.approx(spread)


# --- batches ---


@quick
@given(
    st.floats(0.05, 0.5), shares, st.integers(1, 30)
)  # fmt: skip
def test_parts_of_demand_have_its_variance(spread, level, batches):
    """Predictive variances of a Gaussian multiply to the determinant of its covariance."""
    sigma = accessible.learning(Flow(spread=spread, level=min(level, 0.99)), batches)
    tau2 = min(level, 0.99) * spread**2 / batches**2
    luck2 = (1 - min(level, 0.99)) * spread**2 / batches
    covariance = np.full((batches, batches), tau2) + np.eye(batches) * luck2
    assert covariance.sum() == pytest.approx(spread**2)
    assert 2 * np.log(sigma).sum() == pytest.approx(np.linalg.slogdet(covariance)[1], abs=1e-6)
    assert np.all(np.diff(sigma) <= 1e-12)


def test_without_luck_one_batch_tells_all():
    sigma = accessible.learning(Flow(level=1.0), 5)
    assert sigma[0] == pytest.approx(0.3 / 5)
    assert np.all(sigma[1:] == 0)


def test_one_batch_is_the_newsvendor():
    flow = Flow(setup=0.01)
    setup, early, last = accessible.sequence(flow, 1)
    assert (setup, early) == (0.01, 0)
    season = Season(1.0, flow.spread, 1 + flow.margin, 1.0, 1 - flow.loss)
    assert last == pytest.approx(accessible.risk(season))


@quick
@given(shares, shares, st.integers(2, 40))
def test_if_all_wait_only_the_last_batch_is_a_guess(level, leave, batches):
    flow = Flow(level=level)
    patient = accessible.sequence(flow._replace(leave=0.0), batches)
    assert patient[1] == 0
    assert patient[2] <= accessible.sequence(flow, 1)[2] + 1e-12
    assert accessible.sequence(flow._replace(leave=leave), batches)[1] >= 0


def test_impatience_and_dear_batches_make_for_fewer():
    def best(**change: float) -> int:
        table = accessible.small_batches(**{"level": 0.5, "leave": 0.1, "setup": 0.0005, **change})
        return int(table["batches"][table["best"] == 1][0])

    assert best(leave=0.0) > best(leave=0.1) > best(leave=1.0) > 1
    assert best(setup=0.0001) > best(setup=0.002)
    assert best(setup=0.1) == 1


def test_a_flow_out_of_range_is_refused():
    for flow, word in (
        (Flow(leave=1.2), "leave"), (Flow(setup=-1.0), "setup"), (Flow(margin=0.0), "margin"),
        (Flow(level=1.5), "level"), (Flow(spread=0.0), "spread"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=word):
            accessible.sequence(flow, 3)
    with pytest.raises(ValueError, match="batches"):
        accessible.sequence(Flow(), 0)


# --- the signal ---

doubts = st.builds(
    lambda bad, worth, good, experts: Doubt(
        price=1.0, bad=bad, worth=bad + worth * (1 - bad), good=bad + good * (1 - bad),
        experts=experts,
    ),
    st.floats(0, 0.9), st.floats(0.01, 0.99), st.floats(0, 0.95), shares,
)  # fmt: skip


@quick
@given(doubts)
def test_no_bad_maker_imitates_the_scarce_batch_but_would_a_larger_one(doubt):
    limit = accessible.scarce(doubt)

    def imitates(batch: float) -> float:
        return (doubt.price - doubt.bad) * min(batch, 1 - doubt.experts)

    honest = doubt.worth - doubt.bad
    assert imitates(limit) <= honest * (1 + 1e-9) + 1e-12
    if limit < 1:
        assert imitates(min(limit + 0.01, 1)) > honest or limit + 0.01 > 1 - doubt.experts


@quick
@given(doubts)
def test_scarcity_pays_exactly_if_no_more_than_the_batch_can_judge(doubt):
    """With costs in order, being believed on few beats being disbelieved on all."""
    limit = accessible.scarce(doubt)
    if limit < 1 and abs(limit - doubt.experts) > 1e-6 and doubt.good < doubt.worth:
        assert accessible.signals(doubt) == (doubt.experts < limit)
    if limit == 1:
        assert not accessible.signals(doubt)


def test_scarcity_needs_a_poor_alternative_and_not_too_many_who_can_tell():
    """Stock and Balachander: a low value of the bad phone, an intermediate number who can tell."""
    worth = np.array([0.6, 0.7, 0.95])
    assert accessible.signals(Doubt(worth=worth, experts=0.15)).tolist() == [True, True, False]
    assert accessible.scarce(Doubt(worth=worth, experts=0.15)) == pytest.approx([0.2, 0.4, 1])
    experts = np.array([0.1, 0.3, 0.5, 0.9])
    told = [True, True, False, False]
    assert accessible.signals(Doubt(experts=experts)).tolist() == told


def test_a_doubt_out_of_order_is_refused():
    for doubt, word in (
        (Doubt(good=0.4), "good - bad"), (Doubt(good=1.0), "price - good"),
        (Doubt(worth=0.4), "worth - bad"), (Doubt(worth=1.0), "price - worth"),
        (Doubt(experts=1.1), "experts"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=word):
            accessible.signals(doubt)


# --- the frenzy ---


@quick
@given(st.floats(0.1, 10), shares, shares, shares)
def test_a_frenzy_pays_if_the_stock_is_large_and_plenty_would_be_cheap(high, low, likes, stock):
    low = low * high
    plenty = accessible.ample(high, low, likes)
    rush = accessible.frenzy(high, low, likes, stock)
    mean = likes * high + (1 - likes) * low
    assert plenty <= mean * (1 + 1e-12)
    assert plenty >= max(low, likes * high) * (1 - 1e-12)
    assert rush == pytest.approx(stock * mean)
    if likes * high > low:
        assert rush <= plenty * (1 + 1e-12)  # nobody has a reason to wait


def test_with_plenty_nobody_pays_more_than_waiting_allows():
    """Whoever buys early gets E[v] - p; whoever waits gets likes (high - low) at a price of low."""
    high, low, likes = 1.0, 0.6, 0.5
    price = accessible.ample(high, low, likes)
    early, late = likes * high + (1 - likes) * low - price, likes * (high - low)
    assert early == pytest.approx(late)


def test_frenzy_takes_arrays_and_refuses_nonsense():
    values = accessible.frenzy(1.0, np.array([[0.2], [0.6]]), 0.5, np.array([0.5, 0.9]))
    assert values.shape == (2, 2)
    assert values[1, 1] == pytest.approx(0.72)
    with pytest.raises(ValueError, match="stock"):
        accessible.frenzy(1, 0.5, 0.5, 1.2)
    with pytest.raises(ValueError, match="high - low"):
        accessible.ample(1, 2, 0.5)


# --- what the labs open ---

LABS = {
    "preorders": Lab(
        21,
        {"margin": (0.02, 0.8), "spread": (0.1, 0.4), "doubt": (0.0, 1.0)},
        ("preorders", "not_knowing"),
    ),
    "small_batches": Lab(40, {"level": (0, 1), "leave": (0, 1), "setup": (0, 0.05)}),
    "signal": Lab(22, {"experts": (0, 0.9), "worth": (0.5, 0.95), "good": (0.5, 0.9)}),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(accessible, charts, name)


def test_fees_lower_the_risk_and_sentences_know_the_cases():
    table = accessible.preorders(0.05, 0.3)
    assert np.all(np.diff(table["risk"]) < 0)
    assert np.all(table["risk"] < table["blind"])
    one = tidy(accessible.small_batches(0.5, 0.1, 0.1), "batches")
    assert "One big batch" in charts.say_small_batches(one, level=0.5, leave=0.1, setup=0.1)
    told = tidy(accessible.signal(0.9, 0.7, 0.6), "signal")
    assert "no scarcity" in charts.say_signal(told, experts=0.9, worth=0.7, good=0.6)


def test_registrations_are_drawn_beside_phones():
    table = pd.DataFrame({"sale": ["A", "B"], "units": [1e5, 2e4], "registered": [7e6, 1e5]})
    assert "registered" in charts.registered(table).to_dict()["description"]
