"""Position against a numerical equilibrium, cooperative games and known limits."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from coalescence.charts import strategy as charts
from coalescence.models import strategy, together
from coalescence.models.strategy import Stick
from tests.labs import Lab

few = settings(max_examples=40, deadline=None)
gaps = st.floats(-400, 400)
tastes = st.floats(20, 500)


# --- two rivals ---


def demand(ours, theirs, value, taste):
    """A's share of the line at these prices, from each buyer's comparison."""
    return np.clip(0.5 + (value - ours + theirs) / (2 * taste), 0, 1)


def answer(profit):
    """The price that pays best: near the best of a grid, refined by scipy."""
    prices = np.linspace(0, 1000, 201)
    near = prices[np.argmax(profit(prices))]
    found = minimize_scalar(
        lambda p: -profit(p), bounds=(near - 5, near + 5), options={"xatol": 1e-9}
    )
    return found.x


@pytest.mark.parametrize(
    ("value", "cost", "taste"),
    [(0, 0, 100), (100, -50, 150), (-80, 40, 120), (200, 100, 60), (0, -250, 100)],
)
def test_hotelling_is_where_neither_firm_moves(value, cost, taste):
    """A Nash equilibrium found by letting each answer the other's price, with scipy."""
    ours = theirs = 500.0
    ours_cost, theirs_cost = 300.0 + cost, 300.0
    for _ in range(60):
        before = (ours, theirs)
        ours = answer(lambda p, q=theirs: (p - ours_cost) * demand(p, q, value, taste))
        theirs = answer(lambda q, p=ours: (q - theirs_cost) * (1 - demand(p, q, value, taste)))
        if np.allclose(before, (ours, theirs), atol=1e-7):
            break
    contest = strategy.hotelling(value, cost, taste)
    assert contest.share == pytest.approx(demand(ours, theirs, value, taste), abs=1e-4)
    assert contest.markup == pytest.approx(ours - ours_cost, abs=1e-2)
    assert contest.rival_markup == pytest.approx(theirs - theirs_cost, abs=1e-2)


@given(gaps, gaps, tastes)
def test_no_other_price_pays_either_firm_better(value, cost, taste):
    """Also at the ends of the line, where one firm serves all."""
    contest = strategy.hotelling(value, cost, taste)
    ours, theirs = cost + contest.markup, contest.rival_markup  # the rival's cost is 0
    prices = np.linspace(-500, 1500, 401)
    best = np.max((prices - cost) * demand(prices, theirs, value, taste))
    assert contest.profit >= best - 1e-6
    best = np.max(prices * (1 - demand(ours, prices, value, taste)))
    assert contest.rival_profit >= best - 1e-6


@given(tastes)
def test_equal_firms_halve_the_market_at_a_markup_of_taste(taste):
    """Hotelling (1929): share 1/2, price less cost t, profit t / 2."""
    contest = strategy.hotelling(0, 0, taste)
    assert tuple(contest) == pytest.approx((0.5, taste, taste, taste / 2, taste / 2))


@given(gaps, gaps, tastes, st.floats(0.1, 10))
def test_only_value_less_cost_matters_in_any_currency(value, cost, taste, rate):
    contest = strategy.hotelling(value, cost, taste)
    assert tuple(strategy.hotelling(0, cost - value, taste)) == pytest.approx(tuple(contest))
    swapped = strategy.hotelling(-value, -cost, taste)
    assert swapped.share == pytest.approx(1 - contest.share)
    assert swapped.profit == pytest.approx(contest.rival_profit)
    scaled = strategy.hotelling(value * rate, cost * rate, taste * rate)
    assert scaled.share == pytest.approx(contest.share)
    assert scaled.profit == pytest.approx(contest.profit * rate)


@given(tastes)
def test_the_ends_of_the_line_join_without_a_jump(taste):
    inside = strategy.hotelling(3 * taste * (1 - 1e-9), 0, taste)
    outside = strategy.hotelling(3 * taste * (1 + 1e-9), 0, taste)
    assert tuple(inside) == pytest.approx(tuple(outside), abs=1e-4)
    assert outside.markup == pytest.approx(2 * taste)
    assert outside.rival_profit == 0


@given(st.floats(-0.9, 0.9), tastes)
def test_markups_reveal_the_lead_and_the_taste(part, taste):
    lead = 3 * part * taste
    contest = strategy.hotelling(lead, 0, taste)
    assert strategy.revealed(contest.markup, contest.rival_markup) == pytest.approx((lead, taste))


@given(st.floats(-0.9, 0.9), tastes, st.floats(0, 50))
def test_what_comes_after_the_sale_is_what_is_missing_from_the_markup(part, taste, service):
    """Income of `service` a phone works like a lower cost, and is taken off the price asked."""
    contest = strategy.hotelling(3 * part * taste, 0, taste)
    shown = np.maximum(contest.markup - service, 0)
    found = strategy.missing_markup(shown, contest.rival_markup, contest.share, 1 - contest.share)
    assert found == pytest.approx(contest.markup - shown, abs=1e-6)


# --- the value stick ---

ends = st.floats(0, 2000)


@given(st.builds(Stick, ends, ends, ends, ends))
def test_a_stick_is_divided_without_rest(stick):
    assert strategy.divided(stick).sum() == pytest.approx(stick.worth - stick.supply, abs=1e-9)


@given(st.lists(st.floats(0, 1000), min_size=2, max_size=5))
def test_added_value_is_what_the_game_loses_without_the_firm(created):
    """Brandenburger and Stuart (1996): the table of all coalitions of one buyer and the firms."""
    firms = len(created)

    def worth(members):
        sellers = [created[i] for i in members if i < firms]
        return max(sellers, default=0.0) if firms in members else 0.0

    lost = together.removed(together.tabulate(worth, firms + 1))
    assert strategy.added_value(created) == pytest.approx(lost[:firms])
    assert lost[firms] == pytest.approx(max(created))  # without the buyer nothing is created


def test_two_equal_firms_add_nothing():
    assert strategy.added_value([500, 500]).tolist() == [0, 0]
    assert strategy.added_value([650, 500, 400]).tolist() == [150, 0, 0]


# --- the frontier ---


@given(st.floats(0, 1), st.floats(0.3, 4), st.floats(1, 500))
def test_frontier_is_a_superellipse(position, bend, reach):
    saving, value = strategy.frontier(position, bend, reach)
    assert (saving**bend + value**bend) ** (1 / bend) == pytest.approx(reach)


@given(st.floats(0.3, 4))
def test_middle_is_stuck_where_the_frontier_bends_inwards(bend):
    left = sum(strategy.frontier(0.5, bend))
    assert strategy.middle_gap(bend) == pytest.approx(left)
    if abs(bend - 1) > 1e-6:
        assert (left < 1) == (bend < 1)
    places = np.linspace(0, 1, 51)
    totals = sum(strategy.frontier(places, bend))
    middle = totals[25]
    assert middle == pytest.approx(totals.min() if bend <= 1 else totals.max())


def test_straight_frontier_makes_every_position_equal():
    assert sum(strategy.frontier(np.linspace(0, 1, 9), 1, 300)) == pytest.approx(np.full(9, 300))
    assert strategy.middle_gap([0.5, 1, 2]) == pytest.approx([0.5, 1, np.sqrt(2)])


def test_one_doubling_on_an_eighty_per_cent_curve():
    assert strategy.learned(1, 0.8) == pytest.approx(200)
    assert strategy.learned(0, 0.8) == 0


@given(st.floats(0, 1), st.floats(0.4, 3), st.floats(0.7, 0.99))
def test_learning_lifts_the_middle_level_with_specialists(position, bend, progress):
    doublings = strategy.doublings_to_escape(position, bend, 300, progress)
    gap = 300 - sum(strategy.frontier(position, bend, 300))
    if gap <= 0:
        assert doublings == 0
    else:
        assert strategy.learned(doublings, progress) == pytest.approx(gap, abs=1e-6)


# --- ranges, labs and charts ---


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: strategy.hotelling(0, 0, 0), "taste"),
        (lambda: strategy.revealed(-1, 2), "markup"),
        (lambda: strategy.missing_markup(2, 14, 7, 0), "rival_share"),
        (lambda: strategy.added_value([-1, 2]), "created"),
        (lambda: strategy.added_value([1]), "two firms"),
        (lambda: strategy.frontier(1.1, 1), "position"),
        (lambda: strategy.frontier(0.5, 0), "bend"),
        (lambda: strategy.middle_gap(0), "bend"),
        (lambda: strategy.learned(-1, 0.8), "doublings"),
        (lambda: strategy.doublings_to_escape(0.5, 0.5, 300, 1.0), "progress"),
        (lambda: strategy.doublings_to_escape(0.5, 0.5, 3000, 0.9), "behind"),
    ],
)
def test_what_is_out_of_range_is_named(call, name):
    with pytest.raises(ValueError, match=name):
        call()


def test_arrays_are_numbers_one_by_one():
    leads, tastes = np.linspace(-400, 400, 9), np.array([[50.0], [200.0]])
    whole = np.array(strategy.hotelling(leads, 0, tastes))
    assert whole.shape == (5, 2, 9)
    for i, j in product(range(2), range(9)):
        one = strategy.hotelling(float(leads[j]), 0, float(tastes[i, 0]))
        assert whole[:, i, j] == pytest.approx(np.array(one))
    both = strategy.added_value([[1, 2, 3], [5, 5, 1]])
    assert both.tolist() == [[0, 0, 1], [0, 0, 0]]


LABS = {
    "duel": Lab(22, {"value": (-200, 300), "cost": (-200, 200), "taste": (50, 300)}),
    "sticks": Lab(6, {"value": (-200, 300), "cost": (-200, 200), "taste": (50, 300)}),
    "middle": Lab(
        22,
        {
            "position": (0.0, 0.5, 1.0),
            "bend": (0.5, 1.0, 2.0),
            "doublings": (0, 6),
            "community": (0, 150),
        },
        ("middle", "standing"),
    ),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(strategy, charts, name)


@few
@given(gaps, gaps, tastes)
def test_at_the_edge_both_phones_are_worth_the_same(value, cost, taste):
    edge = pd.DataFrame(strategy.duel(value, cost, taste)).iloc[-1]
    if 0 < edge.place < 1:
        assert edge.ours == pytest.approx(edge.theirs, abs=1e-6)


def test_parts_of_a_stick_add_up_to_its_worth():
    table = pd.DataFrame(strategy.sticks(100, -50, 150))
    assert table.groupby("firm").amount.sum().to_dict() == pytest.approx(
        {"ours": 1600, "theirs": 1500}
    )


def test_our_firm_stands_where_it_says():
    table = pd.DataFrame(strategy.middle(0.5, 0.5, 0, 0))
    ours = table.iloc[-1]
    assert (ours.saving, ours.value, ours.lead) == pytest.approx((75, 75, -150))


def test_what_services_would_have_to_add_is_drawn():
    table = pd.DataFrame({"rival": ["OPPO", "Apple"], "needed": [11.0, 89.0]})
    assert charts.services(table, 9.6).to_dict()["layer"]
