"""The hub against sums, published closed forms and best replies solved numerically."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import fixed_point, minimize_scalar

from coalescence.charts import ecosystem_iot as charts
from coalescence.lab import drawing
from coalescence.models import ecosystem_iot as iot
from coalescence.models.ecosystem_iot import Market
from tests.labs import Lab

# --- size ---


@given(st.integers(1, 300))
def test_pairs_by_counting(n):
    assert iot.pairs(n) == math.comb(n, 2)
    harmonic = sum(1 / k for k in range(1, n))
    assert iot.ranked_pairs(n) == pytest.approx(n * harmonic / 2)


def test_ranked_pairs_grow_like_n_log_n():
    n = 1e8
    assert iot.ranked_pairs(n) / (n * np.log(n) / 2) == pytest.approx(1, abs=0.05)


@given(st.integers(2, 200), st.floats(0.01, 1))
@settings(max_examples=40)
def test_every_pair_alike_is_worth_most_and_each_alone_least(n, pair):
    alone, ranked, alike = (iot.network_value(law, n, 1, pair) for law in iot.LAWS)
    assert alone < ranked <= alike + 1e-9
    assert iot.network_value("every pair alike", 2, 1, pair) == pytest.approx(2 + pair)
    assert iot.network_value("nearest pairs most", 2, 1, pair) == pytest.approx(2 + pair)


def test_the_last_device_adds_a_pair_with_every_other():
    table = pd.DataFrame(iot.hub(0.1))
    alike = table[table.law == "every pair alike"]
    assert alike["added"].to_numpy() == pytest.approx(1 + 0.1 * (alike["devices"] - 1))
    assert alike["added"].sum() == pytest.approx(alike["value"].iloc[-1])


@given(st.integers(1, 1000), st.integers(1, 1000))
def test_joining_of_odlyzko_and_tilly(n, m):
    """Metcalfe: both gain alike, n m. Ranked: the smaller one gains more in all."""
    assert iot.joining("every pair alike", n, m) == n * m
    harmonic = sum(1 / k for k in range(n, n + m))
    assert iot.joining("nearest pairs most", n, m) == pytest.approx(n * harmonic)
    assert iot.joining("each alone", n, m) == 0
    if n < m:
        mine, theirs = iot.joining("nearest pairs most", n, m), None
        theirs = iot.joining("nearest pairs most", m, n)
        assert mine > theirs


def test_what_both_gain_is_the_value_of_the_whole_less_that_of_the_parts():
    for n, m in ((5, 3), (40, 7)):
        for law, value in (
            ("every pair alike", iot.pairs),
            ("nearest pairs most", iot.ranked_pairs),
        ):
            both = iot.joining(law, n, m) + iot.joining(law, m, n)
            # each side counts the value of a pair, so the two together count it twice
            assert both == pytest.approx(2 * (value(n + m) - value(n) - value(m)))


# --- opening ---


@given(st.floats(0.1, 5), st.floats(0, 0.9))
def test_katz_and_shapiros_symmetric_duopoly(worth, mu):
    market = Market(worth, mu, 0, 0)
    assert iot.equilibrium(market, 1, 1).own == pytest.approx(worth / (3 - 2 * mu))
    assert iot.equilibrium(market).own == pytest.approx(worth / (3 - mu))
    assert iot.symmetric_sales(worth, mu, 2, True) == pytest.approx(worth / (3 - 2 * mu))
    assert iot.symmetric_sales(worth, mu, 2, False) == pytest.approx(worth / (3 - mu))
    assert iot.symmetric_sales(worth, mu, 1, True) == pytest.approx(worth / (2 - mu))


def test_without_network_value_it_is_cournot():
    sales = iot.equilibrium(Market(1, 0, 0.7, 0.1, cost=0.1, rival_cost=0.3), 0.4, 0.9)
    assert (sales.own, sales.rival) == pytest.approx(((1 - 0.2 + 0.3) / 3, (1 - 0.6 + 0.1) / 3))


markets = st.builds(
    Market, worth=st.floats(0.8, 2), network=st.floats(0, 0.5), base=st.floats(0, 1),
    rival_base=st.floats(0, 1), cost=st.floats(0, 0.2), rival_cost=st.floats(0, 0.2),
)  # fmt: skip
parts = st.floats(0, 1)


@given(markets, parts, parts)
@settings(max_examples=30, deadline=None)
def test_each_quantity_is_the_best_reply_with_expectations_fulfilled(market, one, two):
    sales = iot.equilibrium(market, one, two)
    mu = market.network
    reached = market.base + sales.own + one * (market.rival_base + sales.rival)

    def profit(x):  # the network is expected, not steered
        return x * (market.worth + mu * reached - market.cost - x - sales.rival)

    best = minimize_scalar(lambda x: -profit(x), bounds=(0, 10)).x
    assert sales.own == pytest.approx(best, abs=1e-4)
    assert sales.profit == pytest.approx(profit(sales.own), abs=1e-9)


@given(markets, parts, parts)
@settings(max_examples=25, deadline=None)
def test_equilibrium_by_iterating_replies(market, one, two):
    bases = np.array([market.base, market.rival_base])
    costs = np.array([market.cost, market.rival_cost])
    reach = np.array([[1, one], [two, 1]])

    def replies(x):
        wants = market.worth - costs + market.network * reach @ (bases + x)
        return np.maximum((wants - x[::-1]) / 2, 0)

    found = fixed_point(replies, [0.3, 0.3], maxiter=5000, method="iteration", xtol=1e-12)
    sales = iot.equilibrium(market, one, two)
    assert (sales.own, sales.rival) == pytest.approx(tuple(found), abs=1e-6)


@given(markets, parts, parts)
def test_swapping_the_firms_swaps_the_results(market, one, two):
    a, mu, b1, b2, c1, c2 = market
    here = iot.equilibrium(market, one, two)
    there = iot.equilibrium(Market(a, mu, b2, b1, c2, c1), two, one)
    assert (here.own, here.rival) == pytest.approx((there.rival, there.own))


@given(st.floats(0.05, 0.5), st.floats(0, 0.5), st.floats(0.01, 0.5))
def test_the_larger_firm_gains_less_from_opening(network, base, more):
    """Cremer, Rey and Tirole (2000): the larger one prefers worse interconnection."""
    larger, rival = iot.gain_from_opening(Market(1, network, base + more, base))
    assert larger < rival
    alike = iot.gain_from_opening(Market(1, network, base, base))
    assert alike[0] == pytest.approx(alike[1])
    assert alike[0] > 0  # equals both gain


def test_a_large_lead_turns_the_gain_into_a_loss():
    small, large = (iot.gain_from_opening(Market(1, 0.3, base, 0.1))[0] for base in (0.3, 0.8))
    assert small > 0 > large


@given(markets, st.floats(0.05, 1))
def test_a_one_way_converter_helps_whom_it_works_for(market, reach):
    closed = iot.equilibrium(market)
    mine, theirs = iot.equilibrium(market, reach, 0), iot.equilibrium(market, 0, reach)
    assert mine.own >= closed.own - 1e-12
    assert mine.rival <= closed.rival + 1e-12
    assert theirs.rival >= closed.rival - 1e-12
    assert theirs.own <= closed.own + 1e-12


def test_a_firm_that_would_sell_less_than_nothing_is_out():
    sales = iot.equilibrium(Market(1, 0.6, 3.0, 0.0))
    assert sales.rival == 0
    assert sales.own == pytest.approx((1 + 0.6 * 3) / (2 - 0.6))
    other = iot.equilibrium(Market(1, 0.6, 0.0, 3.0))
    assert (other.own, other.rival) == pytest.approx((0, sales.own))


# --- every function ---


def test_arrays_are_floats_elementwise():
    counts = np.array([1, 2, 10])
    assert iot.pairs(counts).tolist() == [0, 1, 45]
    assert iot.ranked_pairs(counts)[2] == pytest.approx(iot.ranked_pairs(10))
    reach = np.linspace(0, 1, 5)
    whole = iot.equilibrium(Market(base=np.array([[0.1], [0.6]])), reach, reach)
    assert whole.own.shape == (2, 5)
    assert whole.own[1, 2] == pytest.approx(iot.equilibrium(Market(base=0.6), 0.5, 0.5).own)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: iot.pairs(-1), "devices"),
        (lambda: iot.ranked_pairs(0), "devices"),
        (lambda: iot.network_value("Sarnoff", 2), "law"),
        (lambda: iot.joining("Sarnoff", 2, 2), "law"),
        (lambda: iot.joining("each alone", 0, 2), "own"),
        (lambda: iot.symmetric_sales(1, 1, 2, True), "network"),
        (lambda: iot.symmetric_sales(1, 0.5, 0, True), "firms"),
        (lambda: iot.equilibrium(Market(), 1.1), "reach"),
        (lambda: iot.equilibrium(Market(), 0, -0.1), "rival_reach"),
        (lambda: iot.equilibrium(Market(base=-1)), "base"),
        (lambda: iot.equilibrium(Market(cost=2, base=0)), "what a lone firm would sell"),
        (lambda: iot.opening(0.5, 0.3, "sideways"), "way"),
    ],
)
def test_out_of_range_is_refused(call, name):
    with pytest.raises(ValueError, match=name):
        call()


LABS = {
    "hub": Lab(60, {"pair": (0, 0.1, 0.3)}),
    "join": Lab(4, {"times": (1, 100)}),
    "opening": Lab(21, {"base": (0, 1), "network": (0, 0.5), "way": iot.WAYS}),
    "lead": Lab(21, {"network": (0, 0.5), "reach": (0, 1)}),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(iot, charts, name)


def test_shares_of_the_gain_add_up():
    assert np.add.reduceat(iot.join(10)["share"], [0, 2]) == pytest.approx([1, 1])


def test_leaders_are_drawn():
    table = pd.DataFrame({"firm": ["Xiaomi", "All others"], "share": [1.7, 98.3]})
    assert "Xiaomi" in drawing(charts.leaders, table).words


@given(st.floats(0.05, 0.5), st.floats(0, 0.3), st.floats(0, 2))
def test_where_opening_starts_to_cost_the_leader(network, rival, base):
    """The difference of the two equilibria: it pays iff B < (2 - mu) b + (1 - mu) x, opened."""
    market = Market(1, network, base, rival)
    if iot.equilibrium(market).rival == 0:
        return  # the rival is out: there is nobody to open to
    opened = iot.equilibrium(market, 1.0, 1.0)
    room = (2 - network) * rival + (1 - network) * opened.own - base
    gain = iot.gain_from_opening(market)[0]
    assert abs(room) < 1e-9 or (gain > 0) == (room > 0)
