"""Direct sale, margin cap and sell-outs: closed forms, backward induction, solve_ivp and limits."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import minimize_scalar

from coalescence import data
from coalescence.charts import customers_sale as charts
from coalescence.models import customers_sale as sale
from coalescence.models import equity, operations, rise
from coalescence.models.customers import WEEKS
from coalescence.models.customers_sale import Phone, Sale
from tests.labs import Lab

quick = settings(max_examples=25, deadline=None)

shares = st.floats(0, 1)
markets = st.builds(
    equity.Market, ceiling=st.floats(50, 500), slope=st.floats(0.1, 10), cost=st.floats(0, 49)
)


def argmax(f: Any, low: float, high: float) -> float:
    return float(minimize_scalar(lambda x: -f(x), bounds=(low, high), method="bounded").x)


# --- direct sale ---


def test_price_stack_by_hand():
    assert sale.price_stack(100, [0.1, 0.2, 0.25]) == pytest.approx(165)
    assert sale.price_stack(100, []) == 100
    np.testing.assert_allclose(sale.price_stack([100, 200], [[0.1], [0.5]]), [110, 300])


@quick
@given(st.floats(1, 1e4), st.lists(shares, min_size=1, max_size=6), st.randoms())
def test_price_stack_does_not_care_for_the_order(cost, markups, random):
    shuffled = random.sample(markups, len(markups))
    assert sale.price_stack(cost, markups) == pytest.approx(sale.price_stack(cost, shuffled))
    assert sale.price_stack(cost, markups) >= sale.price_stack(cost, markups[1:]) - 1e-9


@quick
@given(markets)
def test_direct_sale_is_one_firm_and_one_middleman_is_wholesale(market):
    """Spengler (1950): 1/4 against 1/8 + 1/16 of (a - c)^2 / b, by the module on equity."""
    direct, one = sale.chain(market, 0), sale.chain(market, 1)
    assert direct.maker == pytest.approx(equity.integrated(market))
    assert direct.traders == pytest.approx(0, abs=1e-6)
    deal = equity.wholesale(market)
    assert one.price == pytest.approx(deal.price)
    assert one.quantity == pytest.approx(deal.quantity)
    assert (one.maker, one.traders) == pytest.approx((deal.partner, deal.channel))


def test_two_middlemen_by_backward_induction():
    market = equity.Market(ceiling=10.0, slope=1.0, cost=4.0)
    w = np.linspace(4, 10, 3001)
    retail = (10 + w) / 2  # the last tier's best price over what it pays
    second = np.array([w[np.argmax((w - paid) * (10 - retail))] for paid in w])
    price = (10 + second) / 2
    best = np.argmax((w - 4) * (10 - price))
    found = sale.chain(market, 2)
    assert found.price == pytest.approx(price[best], abs=0.01)
    assert found.maker == pytest.approx((w[best] - 4) * (10 - price[best]), abs=0.01)


@quick
@given(markets, st.integers(0, 6))
def test_every_tier_halves_the_quantity_and_hurts_all(market, tiers):
    here, more = sale.chain(market, tiers), sale.chain(market, tiers + 1)
    assert more.quantity == pytest.approx(here.quantity / 2)
    assert here.quantity == pytest.approx(
        (market.ceiling - market.cost) / (2 ** (tiers + 1) * market.slope)
    )
    assert more.maker < here.maker
    assert more.buyers < here.buyers
    assert more.maker + more.traders < here.maker + here.traders
    assert more.price > here.price


@quick
@given(markets, st.integers(0, 4), shares)
def test_each_tier_halves_what_a_cheaper_wholesale_price_brings_the_buyer(market, tiers, cut):
    """By setting the tiers' best prices one after the other; the best w is the default."""
    dear = market.cost + 0.5 * (market.ceiling - market.cost)
    cheap = dear - cut * (dear - market.cost)
    price = cheap
    for _ in range(tiers):
        price = (market.ceiling + price) / 2
    found = sale.chain(market, tiers, cheap)
    assert found.price == pytest.approx(price)
    assert sale.chain(market, tiers, dear) == pytest.approx(sale.chain(market, tiers))
    assert sale.chain(market, tiers).price - price == pytest.approx((dear - cheap) / 2**tiers)
    assert found.maker <= sale.chain(market, tiers).maker * (1 + 1e-9)


@quick
@given(st.floats(0, 0.2), st.floats(0.6, 0.8))
def test_a_promise_costs_the_maker_and_stops_binding_once_services_pay(later, cost):
    free, kept = sale.stack(False, later, cost), sale.stack(True, later, cost)
    both = [table["maker"] + table["services"] for table in (free, kept)]
    assert np.all(both[1] <= both[0] + 1e-12)
    assert np.all(kept["buyers"] >= free["buyers"] - 1e-12)
    assert kept["margin"][0] == pytest.approx(min(free["margin"][0], sale.CAP))
    assert both[0][0] == pytest.approx(0.5)  # a firm alone keeps half of what there is


def test_chain_takes_arrays_and_refuses_negative_tiers():
    tiers = np.arange(4)
    whole = sale.chain(equity.Market(), tiers)
    assert whole.maker[2] == sale.chain(equity.Market(), 2).maker
    with pytest.raises(ValueError, match="tiers"):
        sale.chain(equity.Market(), -1)
    with pytest.raises(ValueError, match="markups"):
        sale.price_stack(1, [-2])


# --- margin cap ---


phones = st.builds(
    Phone,
    cost=st.floats(100, 5000),
    spread=st.floats(20, 1000),
    service=st.floats(0, 100),
    retention=st.floats(0, 0.95),
    discount=st.floats(0.05, 0.2),
    demand=st.sampled_from(sale.DEMANDS),
)


@quick
@given(phones)
def test_best_margin_earns_most(phone):
    best = sale.best_margin(phone)
    step = phone.spread / phone.cost
    found = argmax(lambda margin: sale.profit(phone, margin), best - 0.9 * step, best + 0.9 * step)
    assert best == pytest.approx(found, abs=1e-3 * step)
    others = best + step * np.linspace(-2, 2, 41)
    assert np.all(sale.profit(phone, others) <= sale.profit(phone, best) * (1 + 1e-9))


@quick
@given(phones, st.floats(0, 100))
def test_margin_falls_one_for_one_with_exponential_and_by_half_with_linear_demand(phone, more):
    richer = phone._replace(service=phone.service + more)
    gained = sale.lifetime(phone._replace(service=more))
    fell = (sale.best_margin(phone) - sale.best_margin(richer)) * phone.cost
    rate = {"exponential": 1.0, "linear": 0.5}[phone.demand]
    assert fell == pytest.approx(rate * gained, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("shape", "name", "spread"), [("linear", "alone", 0.3), ("exponential", "curved", 0.2)]
)
def test_best_margin_is_that_of_the_chapter_on_operations(shape, name, spread):
    """There the phone's cost is 1, and what hardware alone earns at best is fixed."""
    phone = Phone(cost=1.0, spread=spread, service=0.05, demand=shape)
    assert sale.best_margin(phone) == pytest.approx(
        operations.hardware_margin(sale.lifetime(phone), name)
    )


@quick
@given(phones)
def test_hardware_alone_earns_one_at_its_best(phone):
    alone = phone._replace(service=0.0)
    assert sale.profit(alone, phone.spread / phone.cost) == pytest.approx(1)
    assert sale.best_margin(alone) * phone.cost == pytest.approx(phone.spread)


@quick
@given(phones, st.floats(0.01, 100))
def test_margin_does_not_depend_on_the_currency(phone, rate):
    other = phone._replace(
        cost=phone.cost * rate, spread=phone.spread * rate, service=phone.service * rate
    )
    assert sale.best_margin(other) == pytest.approx(sale.best_margin(phone), abs=1e-9)


@quick
@given(st.floats(20, 100), st.floats(0.5, 0.9), st.floats(-0.1, 0.15))
def test_needed_retention_earns_what_the_best_margin_does(service, retention, cap):
    phone = Phone(service=service, retention=retention)
    need = float(sale.needed_retention(phone, cap))
    if need <= 1:
        promise = sale.profit(phone._replace(retention=need), cap)
        assert promise == pytest.approx(sale.profit(phone, sale.best_margin(phone)))
        if cap < sale.best_margin(phone):
            assert need >= retention - 1e-9
    assert sale.needed_retention(phone, sale.best_margin(phone)) == pytest.approx(retention)


def test_margin_out_of_range_is_refused():
    with pytest.raises(ValueError, match="demand"):
        sale.best_margin(Phone(demand="flat"))
    with pytest.raises(ValueError, match="retention"):
        sale.lifetime(Phone(retention=1.1))
    with pytest.raises(ValueError, match="discount"):
        sale.lifetime(Phone(discount=0.0))
    with pytest.raises(ValueError, match="spread"):
        sale.profit(Phone(spread=0.0), 0.1)


# --- sell-outs ---

sales = st.builds(
    Sale,
    p=st.floats(0.01, 0.5),
    q=st.floats(0, 6),
    m=st.floats(1, 1e4),
    batch=st.floats(0, 300),
    talk=st.floats(0, 2),
    leave=st.floats(0, 1),
    gone=shares,
)


@quick
@given(sales)
def test_everybody_is_somewhere(one):
    path = sale.sell_out(one, 60)
    np.testing.assert_allclose(sum(path), one.m, rtol=1e-9)
    for stock in path:
        assert np.all(stock >= -1e-9 * one.m)
    assert np.all(np.diff(path.sold) <= one.batch * (1 + 1e-9) + 1e-9 * one.m)
    assert np.all(np.diff(path.sold) >= -1e-12)
    assert np.all(np.diff(path.gone) >= -1e-12)


@quick
@given(sales, st.floats(0.01, 100))
def test_sell_outs_do_not_depend_on_the_unit_of_phones(one, unit):
    path = sale.sell_out(one, 30)
    other = sale.sell_out(one._replace(m=one.m * unit, batch=one.batch * unit), 30)
    np.testing.assert_allclose(other.sold, path.sold * unit, rtol=1e-9, atol=1e-9 * one.m * unit)


@pytest.mark.parametrize("batch", [0.0, 3.0, 8.0, 50.0, 1e9])
def test_if_those_who_wait_talk_like_owners_and_stay_interest_is_bass(batch):
    """kappa = 1, lambda = 0: bought and waiting together follow Bass (1969), whatever the batch."""
    path = sale.sell_out(Sale(batch=batch, talk=1.0, leave=0.0), 104)
    year = np.arange(105) / WEEKS
    np.testing.assert_allclose(
        path.sold + path.waiting, rise.bass_adopters(year, 0.1, 4, 1000), rtol=1e-9, atol=1e-9
    )


def test_nobody_leaves_where_there_is_plenty():
    path = sale.sell_out(Sale(batch=1e9, leave=5.0), 104)
    assert path.gone[-1] == path.waiting[-1] == 0


@pytest.mark.parametrize("talk", [0.0, 1.0, 2.0])
@pytest.mark.parametrize(("leave", "gone"), [(0.05, 1.0), (0.2, 0.3)])
def test_weekly_batches_approach_the_continuous_equations(talk, leave, gone):
    """solve_ivp of dW = (p + q (N + kappa W) / m) U - s - lambda W, dN = s = min(B, W) a week."""
    p, q, m, batch = 0.1 / WEEKS, 4 / WEEKS, 1000.0, 9.0

    def flow(_: float, y: Any) -> list[float]:
        sold, waits, away = y
        comes = (p + q * (sold + talk * waits) / m) * (m - sold - waits - away)
        buys = min(batch, 50 * waits)  # whoever need not wait is served within the hour
        return [buys, comes - buys - leave * waits, gone * leave * waits]

    week = np.arange(0, 105, 13)
    solved = solve_ivp(flow, (0, 104), [0.0, 0, 0], "LSODA", week, max_step=0.2).y
    one = Sale(m=m, batch=batch, talk=talk, leave=leave, gone=gone)
    path = sale.sell_out(one, 104)
    for stock, i in ((path.sold, 0), (path.waiting, 1), (path.gone, 2)):
        np.testing.assert_allclose(stock[week], solved[i], atol=20)  # 2% of the market


@quick
@given(st.floats(1, 15), st.floats(0.01, 1), shares)
def test_silent_queues_that_leak_only_lose(batch, leave, gone):
    """kappa = 0 and lambda > 0: at no time is more sold than with plenty."""
    tight = sale.sell_out(Sale(batch=batch, talk=0.0, leave=leave, gone=gone), 104)
    plenty = sale.sell_out(Sale(batch=1e9, talk=0.0), 104)
    assert np.all(tight.sold <= plenty.sold + 1e-9)


def test_talk_fills_a_queue_that_leaks_but_never_a_shop():
    """With lambda > 0 and a tight batch, more talk means more who give up and no more who buy."""
    paths = [sale.sell_out(Sale(batch=10.0, talk=talk, leave=0.05), 104) for talk in (0, 1, 2)]
    gone = [path.gone[-1] for path in paths]
    sold = [path.sold[-1] for path in paths]
    assert gone[0] < gone[1] < gone[2]
    assert sold[0] > sold[1] > sold[2]


def test_scarcity_beats_plenty_only_if_those_who_wait_talk_more_than_owners():
    """Sales within a year, nobody leaving: the best batch is finite only for kappa above 1."""
    batch = np.linspace(5, 60, 56)
    for talk, wins in ((0.5, False), (1.0, False), (2.0, True)):
        tight = sale.sell_out(Sale(batch=batch, talk=talk, leave=0.0), 78).sold[-1]
        plenty = sale.sell_out(Sale(batch=1e9, talk=talk, leave=0.0), 78).sold[-1]
        assert (tight.max() > plenty + 1e-6) == wins


@pytest.mark.parametrize(("talk", "leave"), [(0.0, 0.0), (0.5, 0.05), (2.0, 0.3)])
def test_best_batch_is_inside_and_beats_a_grid(talk, leave):
    one = Sale(talk=talk, leave=leave)
    best = sale.best_batch(one)
    grid = np.linspace(0.1, 100, 1000)
    values = sale.sale_profit(one._replace(batch=grid), 104)
    assert sale.sale_profit(one._replace(batch=best), 104) >= values.max() - 1e-3
    assert 5 < best < 25


def test_patient_queues_allow_a_smaller_factory():
    best = [sale.best_batch(Sale(leave=leave)) for leave in (0.0, 0.02, 0.1, 0.5)]
    assert np.all(np.diff(best) > 0)


def test_profit_without_discount_and_line_is_what_was_sold():
    one = Sale(batch=7.0)
    assert sale.sale_profit(one, 80, line=0.0, discount=0.0) == pytest.approx(
        sale.sell_out(one, 80).sold[-1]
    )


def test_sell_outs_take_arrays_and_refuse_nonsense():
    batch, talk = np.array([5.0, 10, 20]), np.array([[0.0], [1.0]])
    path = sale.sell_out(Sale(batch=batch, talk=talk), 10)
    assert path.sold.shape == (11, 2, 3)
    single = sale.sell_out(Sale(batch=10.0, talk=1.0), 10)
    np.testing.assert_allclose(path.sold[:, 1, 1], single.sold)
    for field, value in {"batch": -1.0, "talk": -0.1, "leave": -1.0, "gone": 2.0, "m": 0.0}.items():
        with pytest.raises(ValueError, match=field):
            sale.sell_out(Sale()._replace(**{field: value}), 3)


# --- what the labs open ---

LABS = {
    "stack": Lab(5, {"promise": (False, True), "later": (0, 0.2), "cost": (0.6, 0.8)}),
    "capped": Lab(
        27, {"cap": (-0.05, 0.2), "kept": (0.5, 0.95), "service": (0, 100), "retention": (0.5, 0.9)}
    ),
    "sell_outs": Lab(53, {"batch": (0.25, 3), "talk": (0, 2), "leave": (0, 0.5)}),
    "batches": Lab(31, {"talk": (0, 2), "leave": (0, 0.5), "line": (0, 20)}),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(sale, charts, name)


def test_parts_of_the_lab_tables_add_up():
    for promise in (False, True):
        table = sale.stack(promise, 0.1)
        parts = ("maker", "services", "traders", "buyers", "lost")
        np.testing.assert_allclose(sum(table[part] for part in parts), 1)
        assert min(table[part].min() for part in parts) >= -1e-12
    table = sale.capped(0.05, 0.8, 60, 0.8)
    assert np.all(table["profit"][-2] >= table["profit"] - 1e-9)
    table = sale.batches(0.5, 0.05)
    assert np.all(table["profit"][-1] >= table["profit"] - 1e-9)


def test_timed_batches_are_drawn_with_their_markets():
    rows = data.table("flash_sales").query("outcome == 'sold out'")
    chart = charts.timed(rows).to_dict()
    assert chart["encoding"]["color"]["scale"]["domain"] == ["China", "India"]
    drawn = next(iter(chart["datasets"].values()))
    low, high = chart["encoding"]["y"]["scale"]["domain"]
    assert len(drawn) == len(rows)
    assert all(low < row["speed"] < high and 2011.5 < row["month"] < 2015.5 for row in drawn)
