"""The business model against textbook equilibria, root finding and its neighbours' functions."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar

from coalescence.charts import business_model as charts
from coalescence.lab import drawing
from coalescence.models import business_model as model
from coalescence.models import customers_sale, equity
from coalescence.models.business_model import Accounts, Chain, Entry
from tests.labs import Lab

few = settings(max_examples=40, deadline=None)


# --- the price stack ---


def test_stack_by_hand():
    """900 at a margin of 10 % is 1,000; two tiers of 10 % make 1,210; tax of 10 % makes 1,331."""
    stack = model.stack(Chain(800, 100, margin=0.1, tiers=2, markup=0.1, tax=0.1))
    assert tuple(stack) == pytest.approx((800, 100, 0, 100, 210, 121))
    assert sum(stack) == pytest.approx(1331)


@given(
    st.floats(1, 2000), st.floats(0, 0.4), st.floats(0, 0.4), st.integers(0, 5), st.floats(0, 0.5)
)
def test_stack_is_the_product_of_all_markups(parts, advertising, margin, tiers, markup):
    """Against the product over tiers of the chapter on customers."""
    chain = Chain(parts, 0, advertising, margin, tiers, markup)
    steps = [1 / (1 - advertising - margin) - 1, *[markup] * tiers, chain.tax]
    assert sum(model.stack(chain)) == pytest.approx(customers_sale.price_stack(parts, steps))


# --- entry ---

entries = st.builds(
    Entry()._replace,
    plateau=st.floats(0.02, 0.5),
    speed=st.floats(0.3, 3),
    margin=st.floats(10, 200),
    once=st.floats(0, 5000),
    yearly=st.floats(0, 2000),
    discount=st.floats(0, 0.3),
)


@few
@given(entries)
def test_net_present_value_year_by_year(entry):
    total = -entry.once
    for year in range(1, 11):
        s = entry.plateau / (1 + np.exp(-entry.speed * (year - 2.6)))
        phones = 95 * 1.09**year * s
        total += (phones * entry.margin - entry.yearly) / (1 + entry.discount) ** year
    assert model.net_present_value(entry) == pytest.approx(total, rel=1e-9, abs=1e-6)


@few
@given(entries)
def test_break_even_share_is_the_root_of_the_value(entry):
    needed = model.break_even_share(entry)
    if needed < 1:
        root = brentq(lambda s: model.net_present_value(entry._replace(plateau=s)), 0, 1)
        assert needed == pytest.approx(root, abs=1e-6)
    assert (entry.plateau > needed) == (model.net_present_value(entry) > 0)


def test_payback_is_when_the_sum_turns():
    entry = Entry()
    year = model.payback(entry)
    assert model.net_present_value(entry._replace(years=int(year))) >= 0
    assert model.net_present_value(entry._replace(years=int(year) - 1)) < 0
    assert model.payback(entry._replace(plateau=0.01)) == np.inf


def test_half_of_the_share_in_the_middle_year():
    assert model.share(Entry(plateau=0.3, middle=3), 3) == pytest.approx(0.15)


@given(st.floats(5, 100), st.floats(1.1, 10))
def test_a_thinner_margin_needs_a_share_larger_in_proportion(margin, times):
    """Whatever entry costs and however fast it goes."""
    entry = Entry(margin=margin)
    wide = entry._replace(margin=times * margin)
    needed = times * model.break_even_share(wide)
    assert model.break_even_share(entry) == pytest.approx(needed)


# --- what rivals do ---


def test_cournot_of_a_textbook_exercise():
    """A published exercise, P = 100 - 2 Q and costs 12 and 20: 16 and 12 pieces at 44."""
    end = model.cournot([12, 20], 100, 2)
    assert end.quantity == pytest.approx([16, 12])
    assert end.price == pytest.approx(44)
    assert end.profit == pytest.approx([512, 288])


costs = st.lists(st.floats(0, 150), min_size=2, max_size=5)


@given(costs, st.floats(50, 200), st.floats(0.2, 5))
def test_no_firm_would_make_more_or_less(costs, ceiling, slope):
    """Nash equilibrium: each quantity is the best answer to the others', also where it is 0."""
    end = model.cournot(costs, ceiling, slope)
    for i, cost in enumerate(costs):
        others = end.quantity.sum() - end.quantity[i]
        answer = max((ceiling - slope * others - cost) / (2 * slope), 0)
        assert end.quantity[i] == pytest.approx(answer, abs=1e-7)
    assert end.price == pytest.approx(max(ceiling - slope * end.quantity.sum(), 0))


def test_cournot_answers_by_numerical_optimisation():
    costs, end = (20.0, 35.0, 50.0), model.cournot((20.0, 35.0, 50.0), 100)
    for i, cost in enumerate(costs):
        others = float(end.quantity.sum() - end.quantity[i])
        found = minimize_scalar(
            lambda q, o=others, c=cost: -(100 - o - q - c) * q, bounds=(0, 100)
        ).x
        assert end.quantity[i] == pytest.approx(found, abs=1e-4)


@given(st.integers(1, 6), st.floats(0, 90))
def test_equal_firms_and_a_single_one(firms, cost):
    """(a - c) / ((n + 1) b) each; one firm is a monopoly."""
    end = model.cournot([cost] * firms, 100)
    assert end.quantity == pytest.approx(np.full(firms, (100 - cost) / (firms + 1)))
    if firms == 1:
        alone = equity.integrated(equity.Market(100, 1, cost))
        assert end.profit[0] == pytest.approx(alone)


def test_a_firm_too_dear_leaves():
    """Gibbons, exercise 1.6: 2 c_2 > a + c_1 leaves the first a monopoly."""
    end = model.cournot([20, 70], 100)
    assert end.quantity.tolist() == [40, 0]
    assert model.cournot([120, 130], 100).quantity.tolist() == [0, 0]


def test_bertrand_closed_forms():
    """The second cost is the price; a drastic advantage is a monopoly; equals earn nothing."""
    end = model.bertrand([40, 60, 70], 100)
    assert (end.price, end.profit.tolist()) == (60, [800, 0, 0])
    drastic = model.bertrand([10, 60], 100)
    assert (drastic.price, drastic.profit[0]) == (55, 45 * 45)
    equal = model.bertrand([50, 50, 80], 100)
    assert (equal.price, equal.quantity.tolist()) == (50, [25, 25, 0])
    assert equal.profit.tolist() == [0, 0, 0]
    assert model.bertrand([110, 120], 100).quantity.sum() == 0


@given(costs, st.floats(50, 200))
def test_no_price_pays_a_firm_better_under_bertrand(costs, ceiling):
    """Undercutting pays nobody; the leader would lose all above the second cost."""
    end = model.bertrand(costs, ceiling)
    for i, cost in enumerate(costs):
        prices = np.linspace(0, end.price, 50)  # at or below the going price everybody comes
        most = np.max((prices - cost) * np.maximum(ceiling - prices, 0))
        assert end.profit[i] >= min(most, 0) - 1e-6
        if cost > min(costs):
            assert most <= 1e-6


@given(st.integers(1, 6), st.floats(1.3, 3), st.floats(0, 0.3))
def test_what_rivals_do_ranks_what_the_leader_earns(rivals, ceiling, edge):
    costs = np.ones(rivals + 1)
    costs[0] -= edge
    profit = {way: model.respond(costs, ceiling, way).profit[0] for way in model.WAYS}
    assert profit["copy"] <= profit["sleep"] + 1e-12
    assert profit["sleep"] <= profit["make less"] + 1e-12
    buyers = {way: model.respond(costs, ceiling, way).surplus for way in model.WAYS}
    assert buyers["make less"] <= buyers["sleep"] + 1e-12 <= buyers["copy"] + 2e-12


@given(st.integers(1, 8), st.floats(1.2, 4), st.floats(0.01, 0.99))
def test_a_price_war_pays_from_the_root_of_the_difference(rivals, ceiling, between):
    """Against the two equilibria on both sides of the threshold, up to a drastic advantage."""

    def gain(edge):
        costs = np.append(1 - edge, np.ones(rivals))
        war, peace = (model.respond(costs, ceiling, way) for way in ("cut prices", "make less"))
        return war.profit[0] - peace.profit[0]

    least, most = model.war_pays(rivals, ceiling), min(ceiling - 1, 1)
    if least < 1:
        assert gain(least) == pytest.approx(0, abs=1e-9)
        assert gain(between * least) < 0
    if least < most:
        assert gain(least + between * (most - least)) > -1e-12


@given(st.lists(st.floats(0, 60), min_size=2, max_size=6), st.floats(0, 60))
def test_an_entrant_takes_the_same_number_from_everybody_who_stays(costs, entrant):
    before, after = model.cournot(costs, 100), model.cournot([*costs, entrant], 100)
    lost = before.quantity - after.quantity[:-1]
    stay = after.quantity[:-1] > 0
    assert lost[stay] == pytest.approx(np.full(stay.sum(), before.price - after.price), abs=1e-7)
    assert (lost[~stay] <= before.price - after.price + 1e-7).all()


def test_without_an_advantage_nothing_but_price_war_changes():
    ends = {way: model.respond([1.0, 1.0], 2.0, way) for way in model.WAYS}
    for way in ("sleep", "make less", "copy"):
        assert ends[way].price == pytest.approx(4 / 3)
    assert ends["cut prices"].price == 1


# --- who pays for whom ---

YEAR = Accounts([60.0, 30, 10], [6.0, 6, 8], 5.0)  # common costs of 15


def test_common_costs_by_hand():
    """By revenue 9, 4.5 and 1.5 of the 15; by gross profit 4.5, 4.5 and 6."""
    assert model.allocated(YEAR, 1) == pytest.approx([-3, 1.5, 6.5])
    assert model.allocated(YEAR, 0) == pytest.approx([1.5, 1.5, 2])
    assert model.allocated(YEAR, 0.5) == pytest.approx([-0.75, 1.5, 4.25])


numbers = st.lists(st.floats(0.5, 50), min_size=3, max_size=3)


@given(numbers, numbers, st.floats(0.05, 0.95), st.floats(0, 1))
def test_nothing_is_lost_in_the_allocation(revenue, gross, kept, key):
    accounts = Accounts(revenue, gross, kept * sum(gross))
    left = model.allocated(accounts, key)
    assert left.sum() == pytest.approx(accounts.profit)
    for i, limit in enumerate(model.balancing_key(accounts)):
        if 0.001 < limit < 0.999:
            root = brentq(lambda k, i=i: model.allocated(accounts, k)[i], 0, 1)
            assert limit == pytest.approx(root, abs=1e-6)


def test_a_segment_average_in_both_never_comes_to_nothing():
    even = Accounts([1.0, 1, 1], [1.0, 1, 1], 1.0)
    assert (model.balancing_key(even) == np.inf).all()


# --- ranges, labs and charts ---


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: model.stack(Chain(advertising=0.6, margin=0.5)), "advertising \\+ margin"),
        (lambda: model.stack(Chain(tiers=-1)), "tiers"),
        (lambda: model.share(Entry(plateau=1.2), 1), "plateau"),
        (lambda: model.net_present_value(Entry(discount=-0.1)), "discount"),
        (lambda: model.net_present_value(Entry(years=0)), "years"),
        (lambda: model.break_even_share(Entry(margin=0)), "margin"),
        (lambda: model.cournot([-1, 2], 10), "costs"),
        (lambda: model.cournot([1, 2], 10, 0), "slope"),
        (lambda: model.bertrand([1], 10), "one firm"),
        (lambda: model.respond([1, 1], 2, "sue"), "way"),
        (lambda: model.war_pays(0, 2), "rivals"),
        (lambda: model.war_pays(1, 0.5), "ceiling"),
        (lambda: model.allocated(YEAR, 2), "key"),
        (lambda: model.allocated(YEAR._replace(revenue=[1, 0, 1]), 1), "revenue"),
        (lambda: model.balancing_key(YEAR._replace(gross=[-1, 0, 0])), "gross profit"),
    ],
)
def test_what_is_out_of_range_is_named(call, name):
    with pytest.raises(ValueError, match=name):
        call()


def test_arrays_are_numbers_one_by_one():
    costs = np.array([[10.0, 20.0, 90.0], [40.0, 40.0, 50.0]])
    ceilings = np.array([100.0, 120.0])
    for rule in (model.cournot, model.bertrand):
        whole = rule(costs, ceilings)
        for i in range(2):
            one = rule(costs[i], ceilings[i])
            assert whole.price[i] == pytest.approx(one.price)
            assert whole.profit[i] == pytest.approx(one.profit)
            assert whole.surplus[i] == pytest.approx(one.surplus)
    stacks = model.stack(Chain(tiers=np.array([0, 3]), margin=np.array([0.05, 0.2])))
    each = [sum(model.stack(Chain(tiers=n, margin=m))) for n, m in ((0, 0.05), (3, 0.2))]
    assert sum(stacks) == pytest.approx(each)


LABS = {
    "chains": Lab(12, {"tiers": (0, 5), "markup": (0.05, 0.15), "margin": (0.0, 0.2)}),
    "enter": Lab(
        11,
        {"plateau": (0.1, 0.4), "middle": (1.6, 3.6), "margin": (15, 90), "once": (1000, 3000)},
        ("shares", "cash"),
    ),
    "response": Lab(
        36,
        {"rivals": (1, 6), "ceiling": (1.5, 3.0)},
        ("response", "prices"),
    ),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(model, charts, name)


def test_reported_shares_are_drawn_beside_the_path():
    reported = pd.DataFrame({"year": [2.0, 3.25], "value": [6.6, 23.5]})
    table = pd.DataFrame(model.enter(0.25, 2.6, 60, 2000))
    assert drawing(lambda t: charts.shares(t, reported), table).words


def test_the_lab_of_the_books():
    years = {2018: YEAR, 2021: YEAR._replace(gross=[16.0, 6, 8])}
    lab = Lab(3, {"year": (2018, 2021), "key": (0.0, 1.0)})
    lab.holds(model, charts, "books", years)
    lost = charts.say_books(pd.DataFrame(model.books(years, year=2018, key=1)), year=2018, key=1)
    assert "phones lost RMB 3.0 bn" in lost
    assert "none of the profit" in lost


def test_the_promise_is_drawn():
    table = pd.DataFrame({"year": [2018], "low": [-0.01], "high": [0.03], "gross": [0.07]})
    assert drawing(lambda t: charts.promise(t, 0.05), table).words
