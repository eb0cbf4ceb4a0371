"""The channels against numerical integration, simulation, Eppen's law and textbook newsvendors."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import multivariate_normal, norm

from coalescence.charts import channels as charts
from coalescence.models import channels
from coalescence.models.channels import Demand, District, Fit
from tests.labs import Lab

quick = settings(max_examples=20, deadline=None)
demands = st.builds(
    Demand,
    mean=st.floats(0, 500),
    sd=st.floats(1, 100),
    short=st.floats(1, 100),
    over=st.floats(1, 100),
)
fits = st.builds(Fit, mean=st.floats(0.3, 1.7), spread=st.floats(0.05, 1), noise=st.floats(0.01, 1))


# --- data ---


@quick
@given(demands, st.floats(-3, 3))
def test_cost_of_an_order_by_integration(demand, z):
    quantity = demand.mean + z * demand.sd
    over, _ = quad(lambda x: (z - x) * norm.pdf(x), -12, z)
    short, _ = quad(lambda x: (x - z) * norm.pdf(x), z, 12)
    expected = demand.sd * (demand.over * over + demand.short * short)
    assert channels.cost(demand, quantity) == pytest.approx(expected, rel=1e-6)


@quick
@given(demands)
def test_best_order_and_its_cost(demand):
    """C* = (h + p) phi(z) sigma: the least of the costs of all orders, found numerically."""
    found = minimize_scalar(
        lambda q: channels.cost(demand, q),
        bounds=(demand.mean - 4 * demand.sd, demand.mean + 4 * demand.sd),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert channels.order(demand) == pytest.approx(found.x, abs=1e-3 * demand.sd)
    assert channels.least_cost(demand) == pytest.approx(found.fun)
    assert channels.cost(demand, channels.order(demand)) == pytest.approx(found.fun)


def test_newsvendor_by_hand():
    """p = 60, h = 20: order at the 75% quantile, cost 80 x 0.3178 x 40."""
    assert channels.order(Demand()) == pytest.approx(100 + 0.6745 * 40, abs=0.01)
    assert channels.least_cost(Demand()) == pytest.approx(80 * 0.31778 * 40, rel=1e-4)


@quick
@given(demands, st.floats(0, 5), st.floats(0, 1))
def test_value_of_data_is_linear_in_sigma(demand, times, correlation):
    def saved(one):
        return channels.least_cost(one) - channels.least_cost(channels.informed(one, correlation))

    wider = demand._replace(sd=demand.sd * times, mean=demand.mean + 7)
    assert saved(wider) == pytest.approx(times * saved(demand), abs=1e-9)


def test_data_leave_the_conditional_deviation():
    """Bivariate normal demand and forecast: what is left is the residual of the regression."""
    draws = np.random.default_rng(1).multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], 400_000)
    left = (draws[:, 0] - 0.7 * draws[:, 1]).std()
    assert channels.informed(Demand(sd=1.0), 0.7).sd == pytest.approx(left, rel=0.005)


def test_first_half_of_the_correlation_saves_little():
    saved = [channels.informed(Demand(sd=1.0), rho).sd for rho in (0.5, np.sqrt(0.75), 1)]
    assert saved == pytest.approx([np.sqrt(0.75), 0.5, 0])


@quick
@given(demands, st.integers(1, 50))
def test_square_root_law_of_pooling(demand, shops):
    """Eppen (1979): independent demands, total cost grows with the root of n; alike, with n."""
    alone = channels.least_cost(demand)
    assert channels.least_cost(channels.pooled(demand, shops)) == pytest.approx(
        alone * np.sqrt(shops)
    )
    alike = channels.least_cost(channels.pooled(demand, shops, 1.0))
    assert alike == pytest.approx(alone * shops)


@quick
@given(st.integers(1, 8), st.floats(0, 1))
def test_pooled_sigma_is_that_of_the_sum(shops, alike):
    covariance = 40.0**2 * (alike + (1 - alike) * np.eye(shops))
    assert channels.pooled(Demand(), shops, alike).sd == pytest.approx(np.sqrt(covariance.sum()))


@quick
@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from(channels.PARTS), st.integers(1, 12))
def test_data_and_a_common_stock_by_the_covariance_of_what_is_left(alike, told, part, shops):
    """sigma of the mean of n shops, and of one, from the matrix of what the web did not tell."""
    common = 1 - told if part == "shared" else 1.0
    own = 1 - told if part == "local" else 1.0
    left = alike * common * np.ones((shops, shops)) + (1 - alike) * own * np.eye(shops)
    table = channels.stock(alike, told, part)
    row = {name: column[shops - 1] for name, column in table.items()}
    assert row["both"] == pytest.approx(np.sqrt(left.sum()) / shops)
    assert row["data"] == pytest.approx(np.sqrt(left[0, 0]))
    pooled = channels.pooled(Demand(), shops, alike).sd / shops
    assert row["pooled"] == pytest.approx(pooled / Demand().sd)
    assert row["alone"] == 1


@quick
@given(st.floats(0.05, 0.95), st.floats(0.05, 1), st.integers(2, 20))
def test_shared_news_saves_a_common_stock_more_than_local_news_does(alike, told, shops):
    """Half the variance told either way is worth the same to a lone shop, not to a pool."""
    even = [channels.stock(0.5, told, part) for part in channels.PARTS]
    assert even[0]["data"] == pytest.approx(even[1]["data"])
    assert even[0]["both"][shops - 1] < even[1]["both"][shops - 1]
    row = {name: column[shops - 1] for name, column in channels.stock(alike, told, "local").items()}
    assert 1 - row["both"] <= 2 - row["data"] - row["pooled"] + 1e-12  # substitutes


def test_stock_of_one_shop_is_that_of_the_shop():
    table = channels.stock(0.3, 0.6, "shared")
    assert table["both"][0] == table["data"][0] == pytest.approx(np.sqrt(1 - 0.18))


# --- demonstration ---


@quick
@given(fits)
def test_returns_after_a_demonstration_are_a_bivariate_normal_chance(fit):
    """P(posterior mean > 1 and worth < 1), Owen's T against scipy's multivariate normal."""
    moved = fit.spread**2 / np.hypot(fit.spread, fit.noise)
    joint = multivariate_normal(
        [-fit.mean, fit.mean], [[moved**2, -(moved**2)], [-(moved**2), fit.spread**2]]
    )
    assert channels.returned(fit)[1] == pytest.approx(joint.cdf([-1, 1]), abs=1e-5)


def test_a_demonstration_in_simulation():
    fit, random, n = Fit(1.05, 0.5, 0.3), np.random.default_rng(8), 400_000
    worth = random.normal(fit.mean, fit.spread, n)
    trust = fit.spread**2 / (fit.spread**2 + fit.noise**2)
    belief = fit.mean + trust * (worth + random.normal(0, fit.noise, n) - fit.mean)
    buys = belief > 1
    assert channels.bought(fit)[1] == pytest.approx(buys.mean(), abs=0.004)
    assert channels.returned(fit)[1] == pytest.approx((buys & (worth < 1)).mean(), abs=0.004)
    assert channels.returned(fit)[0] == pytest.approx((worth < 1).mean(), abs=0.004)
    gain = np.maximum(belief - 1, 0).mean() - (fit.mean - 1)
    assert channels.worth_showing(fit) == pytest.approx(gain, abs=0.003)
    kept, back = (buys & (worth > 1)).mean(), (buys & (worth < 1)).mean()
    assert channels.profit(fit, 0.2, 0.1)[1] == pytest.approx(0.2 * kept - 0.1 * back, abs=0.002)


@quick
@given(fits, st.floats(0.01, 1))
def test_demonstrations_help_buyers_of_experiential_goods_most(fit, more):
    worth = channels.worth_showing(fit)
    assert worth >= -1e-12
    assert channels.worth_showing(fit._replace(spread=fit.spread + more)) >= worth - 1e-12
    assert channels.worth_showing(fit._replace(noise=fit.noise + more)) <= worth + 1e-12
    mirrored = fit._replace(mean=2 - fit.mean)
    assert channels.worth_showing(mirrored) == pytest.approx(worth)


def test_limits_of_a_demonstration():
    """A search good has nothing to show; a perfect demonstration leaves no returns."""
    assert channels.worth_showing(Fit(0.9, 0.01, 0.2)) == pytest.approx(0, abs=1e-9)
    assert channels.returned(Fit(1.1, 0.4, 0.0))[1] == pytest.approx(0)
    blind, shown = channels.returned(Fit(1.1, 0.4, 1e6))
    assert shown == pytest.approx(blind, abs=1e-3)  # a useless one changes nothing
    even = channels.worth_showing(Fit(1.0, 0.4, 0.0))
    assert even == pytest.approx(0.4 * norm.pdf(0))


def test_demonstration_pays_from_some_spread_on():
    table = channels.demonstration(0.9, 0.2, 0.02)
    assert table["shop"][0] < 0 < table["shop"][-1]
    assert np.all(np.diff(table["shop"]) > -1e-12)
    assert np.all(table["back_shown"] <= table["shown"] + 1e-12)
    loved = channels.demonstration(1.3, 0.2, 0.0)
    assert np.all(loved["back_shown"] <= loved["back_unseen"] + 1e-12)


# --- showroom ---


@quick
@given(st.floats(-4, 0), st.floats(-4, 0), st.floats(-4, 0))
def test_lift_needed_for_the_web_to_gain(online, store, rival):
    """Closed form against the root of the web's own gain."""

    def gain(lift):
        district = District(online, store, rival, lift)
        return channels.demand(district, True)[1] - channels.demand(district, False)[1]

    assert channels.needed_lift(store, rival) == pytest.approx(brentq(gain, 0, 3))


@quick
@given(st.floats(-3, 0), st.floats(-3, 0), st.floats(-3, 0), st.floats(0, 1), st.floats(0, 1))
def test_shares_add_up_and_spill_helps_the_rival(online, store, rival, lift, spill):
    district = District(online, store, rival, lift, spill)
    before, after = (channels.demand(district, opened) for opened in (False, True))
    assert before.sum() == pytest.approx(1)
    assert after.sum() == pytest.approx(1)
    assert before[2] == 0
    ours = after[1] + after[2]
    assert ours >= before[1]  # what the store takes from the web stays with us
    none = channels.demand(district._replace(spill=0.0), True)
    assert none[3] <= after[3] + 1e-12
    assert none[3] <= before[3] + 1e-12  # without spill the rival loses
    still = channels.demand(district._replace(lift=0.0), True)
    assert still[1] <= before[1]  # without lift the store only takes


@quick
@given(st.floats(0.005, 0.4), st.floats(-0.2, 0.2), st.floats(0.01, 0.3))
def test_implied_lift_explains_what_was_seen(share, more_online, extra):
    """Inversion of logit shares (Berry 1994), put back into the model."""
    more_total = more_online + extra
    lift, store = channels.implied(share, more_online, more_total)
    online = np.log(share / (1 - share)) + lift
    weight = np.array([1, np.exp(online), np.exp(store)])
    after = weight / weight.sum()
    assert after[1] == pytest.approx(share * (1 + more_online))
    assert after[1] + after[2] == pytest.approx(share * (1 + more_total))
    assert (lift > channels.needed_lift(store)) == (more_online > 0) or abs(more_online) < 1e-9


def test_odds_between_old_options_do_not_move_without_lift():
    """Independence of irrelevant alternatives: the store takes from all in proportion."""
    district = District(lift=0.0)
    before, after = (channels.demand(district, opened) for opened in (False, True))
    assert after[[0, 1, 3]] / before[[0, 1, 3]] == pytest.approx(np.full(3, 1 - after[2]))


# --- what the labs open ---

LABS = {
    "stock": Lab(20, {"alike": (0, 0.5, 1), "told": (0, 1), "part": channels.PARTS}),
    "demonstration": Lab(
        20,
        {"mean": (0.6, 1.0, 1.4), "noise": (0, 1), "staff": (0, 0.1)},
        ("demonstration", "outcomes"),
    ),
    "showroom": Lab(6, {"store": (0.01, 0.2), "lift": (0, 1), "spill": (0, 1)}),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(channels, charts, name)


def test_arrays_are_floats_side_by_side():
    many = Demand(sd=np.array([10.0, 20.0]), short=np.array([[30.0], [60.0]]))
    assert channels.least_cost(many).shape == (2, 2)
    assert channels.least_cost(many)[1, 0] == pytest.approx(
        channels.least_cost(Demand(sd=10.0, short=60.0))
    )
    fit = Fit(np.array([0.8, 1.2]), 0.4, np.array([[0.1], [0.2]]))
    for found, one in zip(
        channels.returned(fit), channels.returned(Fit(1.2, 0.4, 0.2)), strict=True
    ):
        assert np.broadcast_to(found, (2, 2))[1, 1] == pytest.approx(one)
    lifts = channels.demand(District(lift=np.array([0.0, 0.5])), True)
    assert lifts[1] == pytest.approx(channels.demand(District(lift=0.5), True))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: channels.least_cost(Demand(sd=-1)), "sd = -1"),
        (lambda: channels.least_cost(Demand(short=0, over=0)), "short"),
        (lambda: channels.order(Demand(over=0)), "over"),
        (lambda: channels.order(Demand(short=0)), "short"),
        (lambda: channels.cost(Demand(sd=0), 1), "sd"),
        (lambda: channels.informed(Demand(), 1.1), "correlation"),
        (lambda: channels.pooled(Demand(), 0), "shops"),
        (lambda: channels.pooled(Demand(), 2, -0.1), "alike"),
        (lambda: channels.remaining(1.5, 0.5, "shared"), "alike"),
        (lambda: channels.remaining(0.5, -1, "shared"), "told"),
        (lambda: channels.remaining(0.5, 0.5, "both"), "part"),
        (lambda: channels.bought(Fit(spread=0)), "spread"),
        (lambda: channels.returned(Fit(noise=-1)), "noise"),
        (lambda: channels.profit(Fit(), refund=-1), "refund"),
        (lambda: channels.demand(District(lift=-1), True), "lift"),
        (lambda: channels.demand(District(spill=2), True), "spill"),
        (lambda: channels.implied(0.0, 0.1, 0.2), "share"),
        (lambda: channels.implied(0.1, 0.2, 0.1), "more_total"),
        (lambda: channels.implied(0.9, 0.1, 0.2), "share of buyers"),
        (lambda: channels.showroom(0.0, 0.1, 0.0), "store"),
    ],
)
def test_errors_name_what_was_expected(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_stores_and_share_are_dated():
    stores = pd.DataFrame({"period": ["2020-12-06", "2021-01"], "value": [1000, 2000]})
    share = pd.DataFrame({"period": ["2020Q4"], "value": [14.6], "tracker": ["Canalys"]})
    drawn = charts.growth(stores, share).to_dict()
    dates = [row["date"] for rows in drawn["datasets"].values() for row in rows]
    assert sorted(dates) == pytest.approx([2020.875, 2020.933, 2021.040], abs=0.001)
