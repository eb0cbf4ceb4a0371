"""The lessons side by side: each the chapter's own model, with the sign its condition gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalescence import data
from coalescence.charts import conclusion as charts
from coalescence.models import conclusion, customers_sale, equity, expansion
from coalescence.models.conclusion import Firm
from tests.labs import Lab


@given(st.floats(0, 1), st.integers(1, 4))
def test_direct_sale_pays_just_below_the_share_of_shoppers(shop, tiers):
    edge = conclusion.most_shoppers(tiers)
    assert conclusion.direct(edge, tiers) == pytest.approx(0, abs=1e-12)
    if abs(shop - edge) > 1e-9:
        assert (conclusion.direct(shop, tiers) > 0) == (shop < edge)


def test_one_middleman_takes_half_of_what_the_maker_would_have():
    """Spengler 1950, linear demand."""
    assert conclusion.direct(0.0) == pytest.approx(1)
    assert conclusion.most_shoppers() == 0.5


@given(st.floats(0, 0.99))
def test_a_stake_pays_just_above_the_least_help(stake):
    edge = conclusion.least_help(stake)
    assert conclusion.minority(edge, stake) == pytest.approx(0, abs=1e-9)
    if stake > 0.01:
        assert conclusion.minority(edge + 0.05, stake) > 0 > conclusion.minority(edge * 0.9, stake)


def test_the_gain_from_a_stake_is_that_of_equity():
    venture = equity.Venture(founder=1.0, investor=1.0)
    by_hand = equity.value(venture, 0.2) / equity.value(venture, 0.0) - 1
    assert conclusion.minority(1.0) == pytest.approx(by_hand)


def test_services_bring_nothing_where_rivals_have_them_too():
    """Ellison 2005: all of it goes to the buyers."""
    assert conclusion.thin_margin(0.06, True) == pytest.approx(0, abs=1e-12)
    assert conclusion.thin_margin(0.06, False) > conclusion.thin_margin(0.03, False) > 0
    assert conclusion.thin_margin(0.0, False) == 0


def test_short_supply_pays_just_above_the_cost_of_capacity():
    edge = conclusion.least_capacity_cost()
    assert conclusion.scarcity(edge) == pytest.approx(0, abs=1e-9)
    assert conclusion.scarcity(edge + 1) > 0 > conclusion.scarcity(edge - 1)


def test_short_supply_agrees_with_the_sales_week_by_week():
    sale = customers_sale.Sale(m=100.0, batch=conclusion.BATCH)
    plenty = sale._replace(batch=customers_sale.ENDLESS)
    peak = np.diff(customers_sale.sell_out(plenty, 104).sold).max()
    few = customers_sale.sale_profit(sale, 104, line=15)
    many = customers_sale.sale_profit(sale._replace(batch=peak), 104, line=15)
    assert conclusion.scarcity(15.0) == pytest.approx(few / many - 1, abs=1e-6)


def test_referrals_save_more_the_more_there_are():
    saved = conclusion.word(np.linspace(0, 0.9, 10))
    assert saved[0] == pytest.approx(0)
    assert np.all(np.diff(saved) > 0)
    assert saved[-1] < 1


def test_a_dear_entry_speaks_for_one_country_after_another():
    assert conclusion.at_once(0.0) > 0 > conclusion.at_once(900.0)
    paid = [c._replace(cost=600.0) for c in expansion.ABROAD]
    ways = [expansion.worth(way, 2.0, expansion.Plan(), paid) for way in expansion.WAYS]
    assert (conclusion.at_once(600.0) > 0) == (ways[0] > ways[1])


def test_gains_are_those_of_the_lessons():
    firm = Firm(shop=0.6, imitated=True)
    found = conclusion.gains(firm)
    assert list(found) == list(charts.LESSONS)
    assert found["direct"] == pytest.approx(conclusion.direct(0.6))
    assert found["margin"] == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda: conclusion.direct(1.5),
        lambda: conclusion.most_shoppers(-1),
        lambda: conclusion.least_help(2.0),
        lambda: conclusion.scarcity(-1.0),
    ],
)
def test_what_is_out_of_range_is_named(call):
    with pytest.raises(ValueError, match=r"(shop|tiers|stake|capacity) = .* is out of range"):
        call()


LAB = Lab(
    6,
    {
        "shop": [0.0, 0.75], "services": [0.0, 0.06], "imitated": [False, True],
        "referral": [0.0, 0.6], "capacity": [0.0, 30.0], "help": [0.0, 1.5],
        "cost": [0.0, 600.0],
    },
)  # fmt: skip


def test_the_lab_holds():
    LAB.holds(conclusion, charts, "lessons")


def test_a_firm_without_any_condition_is_told_so():
    table = conclusion.lessons(shop=0.75, services=0.0, referral=0.0, capacity=0.0, help=0.0,
                               cost=600.0)  # fmt: skip
    assert "Carries over (0 of 6): none." in charts.say_lessons(charts.pd.DataFrame(table))


def test_every_claim_has_a_subject_and_a_verdict_that_the_figure_knows():
    claims = data.table("claims")
    assert set(claims.subject) == set(charts.SUBJECTS)
    assert set(claims.judgement) <= set(charts.VERDICTS)
    assert claims.subject.value_counts().max() <= 9
    assert "confirmed" in charts.ledger(claims).to_dict()["description"]
