"""Shops, brands and services against worked examples, closed forms and numerical optimisation."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar

from coalescence import data
from coalescence.charts import operations as charts
from coalescence.lab import drawing, tidy
from coalescence.models import operations
from coalescence.models.operations import Premises, Segments, Shoppers, Town
from tests.labs import Lab

few = settings(max_examples=40, deadline=None)
positive = st.floats(0.1, 1000)


# --- where shoppers go ---


def test_huff_of_a_published_worked_example():
    """Campbell, BA 308B notes: Galleria, Northwest Plaza and Riverport from four areas."""
    size = [1_300_000, 1_700_000, 1_500_000]
    minutes = [[40, 25, 30], [15, 25, 30], [40, 50, 45], [40, 30, 20]]
    shares = operations.huff(size, minutes)
    expected = [[.156, .523, .321], [.568, .268, .164],
                [.364, .304, .332], [.126, .293, .581]]  # fmt: skip
    assert shares == pytest.approx(np.array(expected), abs=6e-4)
    revenue = np.array([15, 20, 25, 10]) @ shares  # million dollars a year
    assert revenue == pytest.approx([24.06, 23.74, 22.2], abs=0.02)


@given(
    st.lists(st.tuples(positive, positive), min_size=2, max_size=6),
    st.floats(0, 3),
    st.floats(0, 3),
)
def test_huff_is_the_ratio_of_pulls(places, gamma, decay):
    """Computed the plain way, as the R package MCI does (Wieland 2017; its defaults 1 and 2)."""
    size, distance = np.array(places).T
    pull = size**gamma * distance**-decay
    shares = operations.huff(size, distance, gamma, decay)
    assert shares == pytest.approx(pull / pull.sum())
    assert shares.sum() == pytest.approx(1)


@given(positive, positive, positive, positive, positive, positive)
def test_huff_does_not_depend_on_units_or_other_places(a, b, c, x, y, z):
    shares = operations.huff([a, b, c], [x, y, z])
    assert operations.huff([9 * a, 9 * b, 9 * c], [x / 7, y / 7, z / 7]) == pytest.approx(shares)
    pair = operations.huff([a, b], [x, y])  # independence of irrelevant alternatives
    assert pair == pytest.approx(shares[:2] / shares[:2].sum())


@given(positive, positive, positive)
def test_breaking_point_of_reilly(size, other, apart):
    """The textbook form d / (1 + sqrt(other / size)); there half go either way."""
    km = operations.breaking_point(size, other, apart)
    assert km == pytest.approx(apart / (1 + (other / size) ** 0.5))
    assert operations.huff([size, other], [km, apart - km])[0] == pytest.approx(0.5)


# --- what a shop contributes ---


def test_contribution_by_hand():
    """100,000 come, a fifth buys, RMB 50 each: a million, less 150 x 4,000 and 250,000."""
    groups, premises = [Shoppers(100_000, 0.2, 50)], Premises(150, 4000, 250_000)
    assert operations.contribution(groups, premises) == pytest.approx(150_000)
    assert operations.break_even(groups, premises) == pytest.approx(85_000)


kinds = st.builds(Shoppers, st.floats(1, 1e6), st.floats(0.01, 1), st.floats(1, 500))


@given(st.lists(kinds, min_size=1, max_size=3), st.floats(1, 1000), st.floats(0, 20_000))
def test_break_even_traffic_leaves_nothing(groups, area, rent):
    premises = Premises(area, rent, 1000.0)
    come = sum(group.visitors for group in groups)
    scale = operations.break_even(groups, premises) / come
    scaled = [group._replace(visitors=group.visitors * scale) for group in groups]
    cost = operations.upkeep(premises)
    assert operations.contribution(scaled, premises) == pytest.approx(0, abs=1e-9 * cost)


@given(st.integers(1, 10), st.floats(1, 2))
def test_cluster_draws_more_seekers_to_each_shop_than_a_lone_one(rivals, draw):
    """(1 + rivals) ** (gamma - 1) times as many; at a lower margin."""
    town = Town(draw=draw)
    (here,), there = operations.street(town, rivals), operations.mall(town, rivals, 0)[0]
    assert here.visitors / there.visitors == pytest.approx((1 + rivals) ** (draw - 1))
    assert here.margin < there.margin
    assert here.visitors * (1 + rivals) + there.visitors == pytest.approx(town.seekers)


def test_without_rivals_and_anchors_both_places_are_the_same():
    table = tidy(operations.sites(0, 0, 1.0, 6000), "sites")
    street, mall = (table[table.place == place].iloc[:, 1:] for place in ("street", "mall"))
    assert street.to_numpy().tolist() == mall.to_numpy().tolist()


@few
@given(st.floats(0, 8), st.floats(0, 8), st.floats(0, 1))
def test_anchors_and_breadth_help_the_mall_only_together(rivals, anchors, breadth):
    def earns(a, b):
        return operations.contribution(operations.mall(Town(), rivals, a, b), Premises())

    assert earns(anchors + 1, breadth) >= earns(anchors, breadth)
    assert earns(anchors, 0) == pytest.approx(earns(0, breadth))


# --- how good the cheap one should be ---

segments = st.builds(Segments, st.floats(1, 3), st.just(1.0), st.floats(0.02, 0.95))


def optimum(segments, apart):
    """The best menu under both buyers' participation and temptation, by scipy."""
    high, low, share = segments
    seen = high - apart * (high - low)  # how a demanding buyer values the cheap phone

    def loss(x):
        q_h, p_h, q_l, p_l = x
        return -(share * (p_h - q_h**2 / 2) + (1 - share) * (p_l - q_l**2 / 2))

    rules = [
        lambda x: high * x[0] - x[1] - (seen * x[2] - x[3]),  # demanding not tempted
        lambda x: low * x[2] - x[3] - (low * x[0] - x[1]),  # thrifty neither
        lambda x: high * x[0] - x[1],
        lambda x: low * x[2] - x[3],
        lambda x: x[2],
    ]
    found = minimize(
        loss,
        [high, high, low / 2, low / 3],
        constraints=[{"type": "ineq", "fun": rule} for rule in rules],
        options={"ftol": 1e-12, "maxiter": 500},
    )
    return found.x, -found.fun


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("apart", [0.0, 0.4, 1.0])
def test_product_line_is_the_best_menu(share, apart):
    case = Segments(1.6, 1.0, share)
    (q_h, p_h, q_l, p_l), profit = optimum(case, apart)
    line = operations.product_line(case, apart)
    assert line.profit == pytest.approx(profit, abs=1e-6)
    assert (line.high, line.high_price) == pytest.approx((q_h, p_h), abs=2e-3)
    assert (line.low, line.low_price) == pytest.approx((q_l, p_l), abs=2e-3)


def test_mussa_and_rosen_by_hand():
    """theta 3 and 2, half and half: q = 3 and 2 - 1 = 1, prices 9 - 1 = 8 and 2."""
    line = operations.product_line(Segments(3, 2, 0.5))
    assert tuple(line) == pytest.approx((3, 1, 8, 2, 0.5 * (8 - 4.5) + 0.5 * (2 - 0.5)))


@given(segments)
def test_cheap_phone_goes_at_the_ratio_of_tastes(case):
    """Moorthy (1984): no cheap phone once lambda >= theta_L / theta_H."""
    limit = operations.dropped_from(case.high, case.low)
    assert limit == pytest.approx(case.low / case.high)
    if abs(case.share - limit) > 1e-9:
        assert (operations.product_line(case).low == 0) == (case.share > limit)


@given(segments, st.floats(0, 1), st.floats(0, 1))
def test_a_brand_further_apart_never_hurts(case, one, other):
    near, far = (operations.product_line(case, apart) for apart in sorted((one, other)))
    assert far.profit >= near.profit - 1e-12
    assert far.low >= near.low
    whole = operations.product_line(case, 1.0)
    known = case.share * case.high**2 / 2 + (1 - case.share) * case.low**2 / 2
    assert whole.profit == pytest.approx(known)  # first best, nothing left to the buyers
    assert near.profit <= known + 1e-12


# --- what a buyer brings afterwards ---


def test_margin_multiples_of_gupta_and_lehmann():
    """Their table: retention 60 to 90 % down, discount 10 to 16 % across."""
    published = [[1.20, 1.15, 1.11, 1.07], [1.75, 1.67, 1.59, 1.52],
                 [2.67, 2.50, 2.35, 2.22], [4.50, 4.09, 3.75, 3.46]]  # fmt: skip
    retention = np.array([[0.6], [0.7], [0.8], [0.9]])
    multiples = operations.margin_multiple(retention, [0.10, 0.12, 0.14, 0.16])
    assert np.round(multiples, 2) == pytest.approx(np.array(published))


@given(st.floats(0, 100), st.floats(0, 0.99), st.floats(0.01, 0.5))
def test_lifetime_value_is_the_sum_of_years(margin, retention, discount):
    years = np.arange(1, 3000)
    summed = np.sum(margin * (retention / (1 + discount)) ** years)
    assert operations.lifetime_value(margin, retention, discount) == pytest.approx(summed, abs=1e-9)


def test_a_percent_of_retention_is_worth_several_of_margin():
    """One percent more retention is worth some 5% where 1% more margin is worth 1%."""
    base = operations.lifetime_value(1, 0.8, 0.12)
    assert operations.lifetime_value(1.01, 0.8, 0.12) / base == pytest.approx(1.01)
    assert 0.03 < operations.lifetime_value(1, 0.808, 0.12) / base - 1 < 0.05


@pytest.mark.parametrize("demand", operations.DEMANDS)
@pytest.mark.parametrize("value", [0.0, 0.05, 0.2])
def test_hardware_margin_is_best_given_what_the_rival_asks(demand, value):
    margins = np.linspace(-value, 0.6, 101)
    near = margins[np.argmax((margins + value) * operations.buyers(margins, value, demand))]
    found = minimize_scalar(
        lambda m: -(m + value) * operations.buyers(m, value, demand),
        bounds=(near - 0.01, near + 0.01),
        options={"xatol": 1e-10},
    ).x
    assert operations.hardware_margin(value, demand) == pytest.approx(found, abs=1e-6)


@pytest.mark.parametrize(
    ("demand", "passed"), [("alone", 1 / 2), ("curved", 1), ("equals", 1), ("ahead", 2 / 3)]
)
def test_how_much_of_the_services_goes_into_the_price(demand, passed):
    """Textbook pass-through: half of it before a straight demand, all before an exponential one."""
    change = operations.hardware_margin(0.1, demand) - operations.hardware_margin(0.0, demand)
    assert -change / 0.1 == pytest.approx(passed)


@given(st.floats(0, 0.5))
def test_equal_rivals_keep_nothing_of_their_services(value):
    """Ellison (2005), no cheapskates: profit t / 2 each, whatever the add-ons are worth."""
    margin = operations.hardware_margin(value, "equals")
    earned = (margin + value) * operations.buyers(margin, value, "equals")
    assert earned == pytest.approx(operations.TASTE / 2)


# --- ranges, labs and charts ---


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: operations.huff([0, 1], [1, 1]), "size"),
        (lambda: operations.huff([1, 1], [-1, 1]), "distance"),
        (lambda: operations.earned(Shoppers(conversion=1.2)), "conversion"),
        (lambda: operations.break_even([Shoppers(margin=0)], Premises()), "margin"),
        (lambda: operations.street(Town(pressure=2), 1), "pressure"),
        (lambda: operations.mall(Town(), 1, 1, 1.5), "breadth"),
        (lambda: operations.product_line(Segments(0.5, 1)), "high / low"),
        (lambda: operations.product_line(Segments(), 1.5), "apart"),
        (lambda: operations.lifetime_value(1, 1.1, 0.1), "retention"),
        (lambda: operations.lifetime_value(1, 1, 0), "1 \\+ discount"),
        (lambda: operations.hardware_margin(0.1, "many"), "demand"),
    ],
)
def test_what_is_out_of_range_is_named(call, name):
    with pytest.raises(ValueError, match=name):
        call()


def test_arrays_are_numbers_one_by_one():
    shares = np.array([0.1, 0.5, 0.8])
    line = operations.product_line(Segments(1.5, 1.0, shares), 0.3)
    each = [operations.product_line(Segments(1.5, 1.0, share), 0.3) for share in shares]
    assert np.allclose(np.array(line).T, each)
    values = np.array([0.0, 0.1])
    for demand in operations.DEMANDS:
        margins = operations.hardware_margin(values, demand)
        assert margins == pytest.approx([operations.hardware_margin(v, demand) for v in values])
    rivals = np.array([0, 3])
    (group,) = operations.street(Town(), rivals)
    assert group.visitors[1] == pytest.approx(operations.street(Town(), 3)[0].visitors)
    draws = np.array([1.0, 1.3, 1.6])
    (group,) = operations.street(Town(draw=draws), 4)
    each = [operations.street(Town(draw=draw), 4)[0].visitors for draw in draws]
    assert group.visitors == pytest.approx(each)


LABS = {
    "road": Lab(40, {"size": (0.5, 4), "gamma": (0.5, 2), "decay": (0.5, 3)}),
    "sites": Lab(
        8, {"rivals": (0, 8), "anchors": (0, 8), "breadth": (0.0, 1.0), "rent": (2000, 12000)}
    ),
    "brands": Lab(
        20,
        {"ratio": (1.0, 2.5), "share": (0.05, 0.95), "apart": (0.0, 1.0)},
        ("brands", "brand_profit"),
    ),
    "services": Lab(
        23, {"yearly": (0.0, 0.1), "retention": (0.5, 0.9), "demand": operations.DEMANDS}
    ),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(operations, charts, name)


def test_reported_figures_are_drawn():
    frames = [data.series(f"gross_margin_{k}").assign(segment=k) for k in charts.SEGMENTS]
    assert drawing(charts.margins, pd.concat(frames)[["year", "value", "segment"]]).words
    stores = data.series("mi_home_stores_china", kind=None)[["period", "value"]]
    assert drawing(charts.stores, stores).words
    shipped = data.series("china_smartphone_shipments", "industry")
    both = shipped[shipped.groupby("entity")["year"].transform("nunique") == 2]
    words = charts.crisis(both).to_dict()["datasets"]
    ends = next(rows for rows in words.values() if "words" in rows[0])
    assert ends[0]["words"] == "Xiaomi −35%"
    heights = np.array([row["height"] for row in ends])
    assert np.all(np.diff(heights) >= 6)
