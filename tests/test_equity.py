"""Partner equity against published closed forms, known limits and independent optimisation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar

from coalescence.charts import equity as charts
from coalescence.models import equity
from coalescence.models.equity import Market, Relation, Venture
from tests.labs import Lab

shares = st.floats(0, 1)
strengths = st.floats(0.1, 10)
risks = st.floats(0, 10)
ventures = st.builds(Venture, founder=strengths, investor=strengths, risk=risks)


def argmax(function, low, high):
    """Where `function` is highest, found numerically."""
    found = minimize_scalar(lambda x: -function(x), bounds=(low, high), options={"xatol": 1e-10})
    return found.x


# --- the stake ---


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.25, 0.5, 0.9, 1.0])
def test_outside_equity_costs_half_the_square_of_what_is_sold(kept):
    """Jensen and Meckling (1976), quadratic form: effort = alpha, loss = (1 - alpha)^2 / 2."""
    alone = Venture(founder=1, investor=0)
    assert equity.efforts(alone, 1 - kept)[0] == pytest.approx(kept)
    lost = equity.first_best(alone) - equity.value(alone, 1 - kept)
    assert lost == pytest.approx((1 - kept) ** 2 / 2)
    assert equity.loss(alone, 1 - kept) == pytest.approx(lost)


def test_first_tenth_is_cheap_and_a_half_is_not():
    alone = Venture(founder=1, investor=0)
    assert equity.loss(alone, 0.1) / equity.first_best(alone) == pytest.approx(0.01)
    assert equity.loss(alone, 0.5) / equity.first_best(alone) == pytest.approx(0.25)


@given(ventures)
def test_best_stake_is_where_the_value_is_highest(venture):
    found = argmax(lambda stake: equity.value(venture, stake), 0, 1)
    assert equity.best_stake(venture) == pytest.approx(found, abs=1e-5)


def test_best_stake_of_bhattacharyya_and_lafontaine():
    """The founder's share k1^2 / (k1^2 + k2^2): equals halve, half the help: a fifth."""
    assert equity.best_stake(Venture(1, 1)) == pytest.approx(1 / 2)
    assert equity.best_stake(Venture(1, 0.5)) == pytest.approx(1 / 5)
    assert equity.best_stake(Venture(1, 0)) == 0
    assert equity.best_stake(Venture(0, 1)) == 1


@given(r=st.floats(0.01, 20), variance=st.floats(0.01, 20))
def test_founders_share_is_holmstrom_and_milgroms_incentive(r, variance):
    """Without help the founder's share is beta* = 1 / (1 + r c sigma^2) at c = 1."""
    founders = 1 - equity.best_stake(Venture(1, 0, risk=r * variance))
    assert founders == pytest.approx(1 / (1 + r * variance))


@given(ventures, shares)
def test_value_never_exceeds_the_first_best_and_loss_is_the_gap(venture, stake):
    gap = equity.first_best(venture) - equity.value(venture, stake)
    assert gap >= -1e-9 * equity.first_best(venture)
    assert equity.loss(venture, stake) == pytest.approx(gap, abs=1e-9)


@given(ventures)
def test_best_stake_is_a_share_and_beats_every_other(venture):
    best = equity.best_stake(venture)
    assert 0 <= best <= 1
    others = np.linspace(0, 1, 101)
    assert np.all(equity.value(venture, others) <= equity.value(venture, best) + 1e-9)


@given(strengths, strengths)
def test_swapping_the_sides_swaps_the_shares(one, other):
    assert equity.best_stake(Venture(one, other)) == pytest.approx(
        1 - equity.best_stake(Venture(other, one))
    )


@given(ventures, st.floats(0.01, 100))
def test_best_stake_does_not_depend_on_the_currency(venture, rate):
    # value and its risk premium are both quadratic in the productivities
    same = Venture(venture.founder * rate, venture.investor * rate, venture.risk * rate**2)
    assert equity.best_stake(same) == pytest.approx(equity.best_stake(venture))


@given(ventures, shares)
def test_neither_side_gains_by_working_more_or_less(venture, stake):
    """The efforts are a Nash equilibrium: each maximises its own payoff against the other's."""
    founder, investor = equity.efforts(venture, stake)
    k1, k2 = venture.founder, venture.investor
    for change in (-0.1, 0.1):
        moved = (1 - stake) * k1 * (founder + change) - (founder + change) ** 2 / 2
        assert moved <= (1 - stake) * k1 * founder - founder**2 / 2 + 1e-9
        moved = stake * k2 * (investor + change) - (investor + change) ** 2 / 2
        assert moved <= stake * k2 * investor - investor**2 / 2 + 1e-9


@given(ventures)
def test_free_stake_is_the_investors_own_optimum(venture):
    free = equity.free_stake(venture)
    grid = np.linspace(0, 1, 201)
    mine = equity.payoffs(venture, free)[1]
    assert np.all(equity.payoffs(venture, grid)[1] <= mine * (1 + 1e-9) + 1e-9)
    assert free >= 0.5


@given(st.floats(0, 0.99))
def test_implied_help_inverts_the_best_stake(stake):
    strength = equity.implied_help(stake)
    assert equity.best_stake(Venture(1, strength)) == pytest.approx(stake, abs=1e-12)


@given(stake=st.floats(0.05, 0.95), risk=st.floats(0, 5))
def test_implied_help_with_risk_solves_the_same_equation(stake, risk):
    if stake <= equity.best_stake(Venture(1, 0, risk)):  # the risk alone explains the stake
        assert equity.implied_help(stake, risk) == 0
    else:
        root = brentq(lambda k: equity.best_stake(Venture(1, k, risk)) - stake, 0, 100)
        assert equity.implied_help(stake, risk) == pytest.approx(root, rel=1e-6, abs=1e-6)


@given(shares, st.lists(st.floats(0, 0.9), max_size=5), st.randoms())
def test_dilution_does_not_care_in_which_order_the_rounds_came(stake, rounds, random):
    shuffled = random.sample(rounds, len(rounds))
    assert equity.diluted(stake, rounds) == pytest.approx(equity.diluted(stake, shuffled))


def test_dilution_by_hand():
    """Two rounds of 15 and 20 %: .25 becomes .17."""
    assert equity.diluted(0.25, [0.15, 0.20]) == pytest.approx(0.17)
    assert equity.diluted(0.25, []) == 0.25


def test_stakes_out_of_range_are_refused():
    for stake in (-0.1, 1.1):
        with pytest.raises(ValueError, match="stake"):
            equity.value(Venture(), stake)
    with pytest.raises(ValueError, match="stake"):
        equity.implied_help(1.0)


def test_everything_takes_arrays():
    stakes = np.linspace(0, 1, 5)
    helps = np.array([[0.0], [0.5], [1.5]])
    values = equity.value(Venture(investor=helps), stakes)
    assert values.shape == (3, 5)
    assert values[1, 2] == pytest.approx(equity.value(Venture(investor=0.5), 0.5))
    assert equity.free_stake(Venture(investor=np.array([0, 1, 2]))) == pytest.approx([0.5, 1, 1])


# --- control ---


def test_hold_up_quarters_the_investment():
    """Grossman and Hart (1986) with v(i) = 2 sqrt(i) and a 50:50 bargain: 0.25 without, 1 with."""
    assert equity.investments(Relation(), "founder") == pytest.approx((1, 0.25))
    assert equity.investments(Relation(), "xiaomi") == pytest.approx((0.25, 1))
    assert equity.investments(Relation(), "both") == pytest.approx((0.25, 0.25))


@given(a=strengths, bargain=st.floats(0.01, 0.99), control=st.sampled_from(equity.CONTROL))
def test_investment_is_what_pays_the_investor_best(a, bargain, control):
    relation = Relation(founder=a, investor=1, bargain=bargain)
    kept = equity.keeps(relation, control)[0]
    found = argmax(lambda root: kept * 2 * a * root - root**2, 0, 2 * a) ** 2
    assert equity.investments(relation, control)[0] == pytest.approx(found, rel=1e-3, abs=1e-6)


@given(st.builds(Relation, founder=strengths, investor=strengths, bargain=st.floats(0.01, 0.99)))
def test_control_belongs_to_whoever_passes_the_takeover_point(relation):
    net = {way: sum(equity.created(relation, way)) for way in equity.CONTROL}
    ratio, point = relation.investor / relation.founder, equity.takeover_point(relation.bargain)
    if abs(ratio - point) > 1e-6 * point:
        assert (net["xiaomi"] > net["founder"]) == (ratio > point)
    assert net["both"] <= min(net["xiaomi"], net["founder"]) + 1e-9  # a mutual veto is worst
    most = relation.founder**2 + relation.investor**2
    assert max(net.values()) <= most + 1e-9


def test_equal_bargain_gives_control_to_the_greater_investment():
    assert equity.takeover_point(0.5) == 1


@given(strengths, strengths, st.floats(0.01, 0.99))
def test_swapping_sides_swaps_control(one, other, bargain):
    here = equity.created(Relation(one, other, bargain), "founder")
    there = equity.created(Relation(other, one, 1 - bargain), "xiaomi")
    assert here == pytest.approx(there[::-1])


def test_unknown_control_is_refused():
    with pytest.raises(ValueError, match="control"):
        equity.keeps(Relation(), "nobody")


# --- the channel ---

markets = st.builds(
    Market, ceiling=st.floats(50, 500), slope=st.floats(0.1, 10), cost=st.floats(0, 49)
)


@given(markets)
def test_integrated_and_wholesale_profits_of_spengler(market):
    """1/4 against 3/16 of (a - c)^2 / b, of which 1/8 the maker's and 1/16 the shop's."""
    unit = (market.ceiling - market.cost) ** 2 / market.slope
    deal = equity.wholesale(market)
    assert equity.integrated(market) == pytest.approx(unit / 4)
    assert (deal.partner, deal.channel) == pytest.approx((unit / 8, unit / 16))


@given(markets, st.floats(0.01, 0.99))
def test_revenue_sharing_at_its_coordinating_price_restores_the_single_firm(market, kept):
    """Cachon and Lariviere (2005): the shop keeps `kept` of revenue and pays w = kept * c."""
    price = argmax(
        lambda p: kept * (p - market.cost) * (market.ceiling - p) / market.slope,
        market.cost, market.ceiling,
    )  # fmt: skip
    deal = equity.profit_share(market, kept)
    assert deal.price == pytest.approx(price, rel=1e-4)
    assert deal.channel + deal.partner == pytest.approx(equity.integrated(market))
    shop = kept * deal.price * deal.quantity - kept * market.cost * deal.quantity
    assert deal.channel == pytest.approx(shop)


@given(markets, st.floats(0, 0.9))
def test_commission_never_beats_a_single_firm(market, rate):
    deal = equity.commission(market, rate)
    assert deal.channel + deal.partner <= equity.integrated(market) * (1 + 1e-9)
    assert deal.partner >= -1e-6
    assert deal.quantity >= 0


@given(markets, st.floats(0, 0.4))
def test_partner_sets_the_price_that_pays_it_best_under_commission(market, rate):
    def mine(price):
        return ((1 - rate) * price - market.cost) * (market.ceiling - price)

    deal = equity.commission(market, rate)
    price = argmax(mine, 0, market.ceiling)
    if mine(price) > 1e-3:
        assert deal.price == pytest.approx(price, rel=1e-4)


def test_no_commission_is_a_single_firm():
    assert equity.commission(Market(), 0).partner == pytest.approx(equity.integrated(Market()))


def test_a_commission_above_the_margin_ends_the_trade():
    deal = equity.commission(Market(ceiling=100, cost=80), 0.2)
    assert deal.quantity == 0
    assert deal.price == 100


@pytest.mark.parametrize("stake", [0.0, 0.2, 0.5, 0.8])
def test_a_stake_leaves_the_wholesale_price_to_buyers_unchanged(stake):
    """Solved again by backward induction over both firms' own profits."""
    market = Market(ceiling=10, slope=1, cost=4)

    def retail(w):
        return argmax(lambda p: (p - w + stake * (w - 4)) * (10 - p), 0, 10)

    w = argmax(lambda w: (w - 4) * (10 - retail(w)), 4, 4 + 5.9 / (1 - stake))
    deal = equity.wholesale(market, stake)
    assert deal.price == pytest.approx(retail(w), rel=1e-4)
    assert deal.price == pytest.approx(equity.wholesale(market, 0).price)
    founder, shop, owned, lost = equity.divided(market, deal, stake)
    assert (founder, shop + owned, lost) == pytest.approx((1 / 2, 1 / 4, 1 / 4))


# --- what the labs open ---


LABS = {
    "split": Lab(23, {"stake": (0, 0.5, 1), "help": (0, 1.5), "books": (True, False)}),
    "hold_up": Lab(
        6,
        {"control": tuple(equity.CONTROL), "weight": (0, 2), "bargain": (0.1, 0.9)},
        ("control", "invested"),
        say="say_control",
    ),
    "channel": Lab(
        12, {"stake": (0, 0.5), "rate": (0, 0.4), "cost": (0.2, 0.8)}, ("channel", "prices")
    ),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(equity, charts, name)


def test_rows_of_the_channel_add_up_to_a_single_firm():
    table = equity.channel(stake=0.2, rate=0.15, cost=0.5)
    assert np.add.reduceat(table["profit"], [0, 4, 8]) == pytest.approx([1, 1, 1])


def test_best_row_of_the_split_is_the_highest():
    for books in (True, False):
        table = equity.split(0.2, 0.75, books)
        assert np.argmax(table["together"]) == 22
        assert table["together"][21] <= table["together"][22]
