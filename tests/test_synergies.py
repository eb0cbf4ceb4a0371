"""Four synergies against a published decomposition, closed forms and the company's own figures."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coalescence import data
from coalescence.charts import synergies as charts
from coalescence.models import synergies, together
from coalescence.models.synergies import Funnel
from tests.labs import Lab

factors = arrays(float, 4, elements=st.floats(0.01, 100))
rises = arrays(float, 4, elements=st.floats(0, 3))
ways = st.sampled_from(sorted(synergies.WAYS))

# --- credit: the logarithmic mean Divisia index ---


def test_a_published_decomposition():
    """Two sub-categories, three factors: the worked example that the R package LMDIR tests."""
    first = [[1, 10, 2], [4, 5, 3]], [[4, 5, 3], [5, 6, 4]], [[8, 2, 4], [5, 7, 5]]
    last = [[10, 1, 5], [6, 8, 6]]
    expected = [
        (69.79006598, -9.455125793, 39.66505981),
        (42.96021467, -34.31902656, 50.3588119),
        (54.01064234, -9.021284671, 54.01064234),
    ]
    for before, after, effect in zip(first, (*first[1:], last), expected, strict=True):
        found = synergies.decompose(before, after).sum(axis=0)
        assert found == pytest.approx(effect, rel=1e-8)


@given(factors, factors)
def test_nothing_is_left_over_and_time_can_run_backwards(before, after):
    effect = synergies.decompose(before, after)
    scale = before.prod() + after.prod()
    assert effect.sum() == pytest.approx(after.prod() - before.prod(), abs=1e-9 * scale)
    assert synergies.decompose(after, before) == pytest.approx(-effect, abs=1e-9 * scale)


@given(factors, factors, st.integers(0, 3))
def test_a_factor_that_stands_still_gets_nothing(before, after, still):
    after[still] = before[still]
    assert synergies.decompose(before, after)[still] == 0


@given(factors, st.floats(0.1, 10))
def test_equal_ratios_share_equally(before, ratio):
    effect = synergies.decompose(before, ratio * before)
    assert effect == pytest.approx([(ratio**4 - 1) * before.prod() / 4] * 4)


@given(st.floats(0.001, 1000), st.floats(0.001, 1000))
def test_the_log_mean_lies_between_the_geometric_and_the_arithmetic(a, b):
    mean = synergies.log_mean(a, b)
    assert np.sqrt(a * b) <= mean * (1 + 1e-12)
    assert mean <= (a + b) / 2 * (1 + 1e-12)


def test_the_log_mean_of_equals_and_near_equals():
    assert synergies.log_mean(7.0, 7.0) == 7
    near = 7 * np.exp(np.array([1e-7, 1.0001e-6]))
    assert synergies.log_mean(7.0, near) == pytest.approx((7 + near) / 2, rel=1e-11)


def test_the_shapley_value_is_another_exact_share():
    """Equal rises: the same shares. Uneven ones: close, and both add up."""
    times = np.array([1.1, 1.2, 1.3, 1.4])
    effect = synergies.decompose(np.ones(4), times)
    value = together.shapley(together.worths(times - 1))
    assert effect.sum() == pytest.approx(value.sum())
    assert effect == pytest.approx(value, rel=0.02)
    assert effect != pytest.approx(value, rel=1e-4)


# --- the funnel ---


def test_a_shop_by_hand():
    assert synergies.earned(Funnel()) == pytest.approx(200_000 * 0.2 * 1.5 * 50)
    doubled = Funnel()._replace(chance=0.4, pieces=3.0)
    assert synergies.earned(doubled) == pytest.approx(4 * synergies.earned(Funnel()))


def test_each_way_hands_out_the_whole_of_each_rise():
    for shares in synergies.WAYS.values():
        assert shares.sum(axis=1) == pytest.approx(np.ones(4))


@given(rises)
def test_rises_multiply_apart_and_add_in_one_factor(gains):
    assert synergies.raised(gains, "apart").prod() == pytest.approx(np.prod(1 + gains))
    assert synergies.raised(gains, "one").prod() == pytest.approx(1 + gains.sum())


@given(rises)
def test_the_product_of_different_factors_is_no_less_than_the_sum(gains):
    """Bernoulli's inequality: true of any four improvements, whatever they are."""
    assert np.prod(1 + gains) >= 1 + gains.sum() - 1e-9


@given(rises)
def test_in_logarithms_nothing_strengthens_anything(gains):
    """Apart the second differences vanish; in one factor they are at most zero."""
    works = np.arange(16)[:, None] >> np.arange(4) & 1
    for way, most in (("apart", 1e-9), ("one", 1e-9)):
        log = np.log(synergies.raised(works * gains, way).prod(axis=-1))
        for i in range(3):
            bent = together.second_differences(log, i, i + 1)
            assert np.all(bent <= most)
            if way == "apart":
                assert bent == pytest.approx(np.zeros(4), abs=1e-9)


@given(rises, ways)
def test_credit_adds_up_to_the_rise(gains, way):
    whole = synergies.raised(gains, way).prod() - 1
    share = synergies.credit(gains, way)
    assert share.sum() == pytest.approx(whole, abs=1e-9)
    assert np.all(share >= 0)
    assert np.all(share[gains == 0] == 0)


def test_credit_of_one_factor_is_what_each_brings_alone():
    assert synergies.credit([0.1, 0.2, 0.3, 0.4], "one") == pytest.approx([0.1, 0.2, 0.3, 0.4])
    many = synergies.credit(np.array([[0.1] * 4, [0.2] * 4]))
    assert many == pytest.approx(np.array([[0.1160250] * 4, [0.2684] * 4]))


# --- rent ---


@pytest.mark.parametrize("factors", [1, 2, 4])
@given(level=st.floats(1, 5))
def test_the_needed_rise_just_pays_the_rent(factors, level):
    each = synergies.needed(level, factors)
    assert (1 + 4 * each / factors) ** factors == pytest.approx(level)


@given(st.floats(1.01, 5))
def test_more_factors_need_less(level):
    one, two, four = (synergies.needed(level, n) for n in (1, 2, 4))
    assert one > two > four


def test_a_rent_that_none_pays_alone_and_all_pay_together_though_rises_only_add():
    table = pd.DataFrame(synergies.rent(1.75, 0.2, "one"))
    assert table[table.pays == 1]["count"].tolist() == [4]


def test_equal_shops_by_hand():
    table = synergies.rent(1, 0.25, "apart")
    assert table["times"][15] == pytest.approx(1.1 * 1.2 * 1.3 * 1.4)
    assert sum(table["pays"]) == 16


# --- errors ---


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: synergies.earned(Funnel(chance=1.2)), "chance"),
        (lambda: synergies.raised([-0.1, 0, 0, 0]), "gains"),
        (lambda: synergies.raised([0.1] * 4, "two"), "apart, told, one"),
        (lambda: synergies.needed(0.5), "rent"),
        (lambda: synergies.needed(2, 5), "factors"),
        (lambda: synergies.log_mean(0, 1), "first"),
        (lambda: synergies.log_mean(1, 0), "second"),
        (lambda: synergies.decompose([0.0, 1], [1, 1]), "before"),
        (lambda: synergies.decompose([1, 1], [0.0, 1]), "after"),
    ],
)
def test_errors_name_what_was_expected(call, words):
    with pytest.raises(ValueError, match=words):
        call()


# --- the company's figures ---


def test_the_price_of_a_phone_is_revenue_over_pieces():
    """What the chapter computes is what the company reported, to the rounding of its figures."""
    sold = data.series("smartphones_sold").set_index("year")["value"]
    revenue = data.series("revenue_smartphones").set_index("year")["value"]
    stated = data.series("asp_smartphone").set_index("year")["value"]
    price = (1000 * revenue / sold)[stated.index]
    assert price.to_numpy() == pytest.approx(stated.to_numpy(), rel=0.005)


def test_the_figure_of_growth():
    table = pd.DataFrame(
        {
            "line": ["IoT", "IoT", "Phones"],
            "factor": ["Users", "RMB per device", "Pieces"],
            "amount": [27.0, -18.0, 28.0],
        }
    )
    drawn = charts.growth(table).to_dict()
    assert drawn["height"] == 18 * 5  # a head for each of two lines, and three factors
    assert "RMB billion" in drawn["description"]


# --- what the labs open ---

ENDS = (0, 0.1, 0.3)
LABS = {
    "funnel": Lab(
        5,
        {**dict.fromkeys(together.Practices._fields[:4], ENDS), "way": tuple(synergies.WAYS)},
        ("funnel", "credit"),
    ),
    "rent": Lab(
        16, {"level": (1, 1.75, 2, 4), "gain": (0.05, 0.2, 0.4), "way": tuple(synergies.WAYS)}
    ),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(synergies, charts, name)


def test_what_is_said_of_the_sum_and_the_product():
    setting = dict.fromkeys(together.Practices._fields[:4], 0.2)
    apart = charts.say_funnel(pd.DataFrame(synergies.funnel(**setting, way="apart")))
    assert apart.endswith("The 27 points between come from multiplying 4 factors.")
    one = charts.say_funnel(pd.DataFrame(synergies.funnel(**setting, way="one")))
    assert one.endswith("1.80, which is what their rises add up to.")
    small = {"in_home": 0.1, "design": 0.1, "portfolio": 0.0, "channels": 0.0, "way": "apart"}
    assert "The 1 point between" in charts.say_funnel(pd.DataFrame(synergies.funnel(**small)))


@pytest.mark.parametrize(
    ("level", "gain", "way", "words"),
    [
        (4, 0.2, "one", "Not even all four pay it."),
        (1, 0.2, "one", "Every shop pays it."),
        (1.75, 0.2, "one", "1 of the 16 shops pays: it takes all four."),
        (1.5, 0.25, "apart", "two can be enough, three always are."),
        (1.05, 0.25, "apart", "15 of the 16 shops pay: one is enough, whichever it is."),
        (1.5, 0.4, "one", "one can be enough, three always are."),
    ],
)  # fmt: skip
def test_what_is_said_of_the_rent(level, gain, way, words):
    table = pd.DataFrame(synergies.rent(level, gain, way))
    assert charts.say_rent(table, level=level, gain=gain, way=way).endswith(words)
