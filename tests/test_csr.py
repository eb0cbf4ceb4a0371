"""Insurance against closed forms and simulation; take-back against renewal and conservation."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import minimize_scalar

from coalescence.charts import csr as charts
from coalescence.models import csr
from coalescence.models.csr import Exposure, TakeBack
from tests.labs import Lab

few = settings(max_examples=40, deadline=None)
risks = st.builds(
    Exposure,
    frequency=st.floats(0.01, 2),
    loss=st.floats(10, 1000),
    shield=st.floats(0.05, 0.95),
    scale=st.floats(1, 50),
    backlash=st.floats(0, 1),
    penalty=st.floats(0, 2),
)
backs = st.builds(
    TakeBack,
    life=st.floats(0.5, 12),
    shape=st.floats(0.5, 6),
    collected=st.floats(0, 1),
    recovered=st.floats(0, 1),
)
sales = arrays(float, st.integers(1, 30), elements=st.floats(0, 200))


# --- insurance ---


@few
@given(risks)
def test_best_spend_minimises_the_burden(risk: Exposure) -> None:
    best = csr.best_spend(risk)
    found = minimize_scalar(
        lambda x: float(csr.burden(risk, x)), bounds=(0, 40 * risk.scale), method="bounded"
    )
    assert csr.burden(risk, best) <= found.fun + 1e-6


def test_expected_loss_by_hand() -> None:
    risk = Exposure(frequency=0.5, loss=100, shield=0.4, scale=10, backlash=0.25, penalty=1)
    share = 0.4 * (1 - np.exp(-1))
    soft, hard = 100 * (1 - share), 100 * (1 + share)
    assert csr.burden(risk, 10) == pytest.approx(10 + 0.5 * (0.75 * soft + 0.25 * hard))


def test_certainty_equivalent_by_simulation() -> None:
    """ln E exp(a total loss) / a over many simulated years."""
    risk, a = Exposure(frequency=0.8, loss=100, backlash=0.3), 0.005
    random = np.random.default_rng(5)
    soft, hard = csr.losses(risk, 15.0)
    events = random.poisson(0.8, 200_000)
    bad = random.binomial(events, 0.3)
    total = bad * hard + (events - bad) * soft
    expected = np.log(np.exp(a * total).mean()) / a
    assert csr.burden(risk, 15.0, a) - 15 == pytest.approx(expected, rel=0.01)
    assert csr.burden(risk, 15.0, 1e-9) == pytest.approx(csr.burden(risk, 15.0))


@few
@given(risks, st.floats(1e-5, 0.004))
def test_aversion_costs_more(risk: Exposure, aversion: float) -> None:
    spend = np.array([0.0, 10, 40])
    assert (csr.burden(risk, spend, aversion) >= csr.burden(risk, spend) - 1e-9).all()


@few
@given(risks.map(lambda r: r._replace(backlash=0.0)), st.floats(1e-4, 0.004))
def test_the_averse_insure_more(risk: Exposure, aversion: float) -> None:
    assert csr.best_spend(risk, aversion) >= csr.best_spend(risk) - 1e-3


@few
@given(risks)
def test_too_much_backlash_is_no_insurance(risk: Exposure) -> None:
    limit = csr.worst_backlash(risk)
    at = risk._replace(backlash=limit)
    assert csr.burden(at, 30.0) == pytest.approx(csr.burden(at, 0.0) + 30)
    assert csr.best_spend(at) == 0
    assert csr.best_spend(at, 0.001) == 0


@few
@given(risks, st.floats(0.1, 10))
def test_insurance_knows_no_units(risk: Exposure, unit: float) -> None:
    other = risk._replace(loss=unit * risk.loss, scale=unit * risk.scale)
    assert csr.best_spend(other) == pytest.approx(unit * csr.best_spend(risk), abs=1e-9)


# --- take-back ---


@few
@given(sales, backs)
def test_nothing_gets_lost(sold: np.ndarray, back: TakeBack) -> None:
    found = csr.flows(sold, back)
    together = found.in_use + np.cumsum(found.collected + found.uncollected)
    np.testing.assert_allclose(together, np.cumsum(sold), atol=1e-9)
    np.testing.assert_allclose(found.recovered + found.lost, found.collected, atol=1e-12)
    for flow in found:
        assert (flow >= -1e-9).all()


@few
@given(st.floats(1.5, 8), st.floats(1, 5))
def test_steady_sales_fill_a_stock_of_one_life(life: float, shape: float) -> None:
    """Little's law: the stock is the inflow times the mean time in it."""
    found = csr.flows(np.full(200, 10.0), TakeBack(life, shape))
    assert found.in_use[-1] == pytest.approx(10 * life, rel=0.03)
    assert found.retired[-1] == pytest.approx(10, rel=1e-3)


@few
@given(arrays(float, st.integers(2, 20), elements=st.floats(1, 200)), st.floats(0.05, 0.95))
def test_the_life_that_leaves_so_many_in_use(sold: np.ndarray, part: float) -> None:
    in_use = part * sold.sum()
    life = csr.life_for(sold, in_use)
    assert csr.flows(sold, TakeBack(life)).in_use[-1] == pytest.approx(in_use, rel=1e-6)
    assert csr.life_for(sold, min(1.02 * in_use, 0.99 * sold.sum())) > life


def test_survival_in_closed_form() -> None:
    np.testing.assert_allclose(csr.survival([0, 1, 5], 4, 1), np.exp(-np.array([0, 1, 5]) / 4))
    rayleigh = np.exp(-np.pi / 4 * (3 / 4) ** 2)  # shape 2 has the mean sqrt(pi) / 2 x scale
    assert csr.survival(3, 4, 2) == pytest.approx(rayleigh)
    age = np.linspace(0, 200, 400_001)
    for shape in (0.8, 2, 4):
        area = np.trapezoid(csr.survival(age, 4, shape), age)
        assert area == pytest.approx(4, rel=1e-4)


def test_one_cohort_by_hand() -> None:
    found = csr.flows([100, 0, 0], TakeBack(life=2, shape=1, collected=0.5, recovered=0.5))
    alive = 100 * np.exp(-np.array([0.5, 1.5, 2.5]) / 2)
    np.testing.assert_allclose(found.in_use, alive)
    np.testing.assert_allclose(found.retired, -np.diff(alive, prepend=100))
    assert found.recovered.sum() == pytest.approx(0.25 * (100 - alive[-1]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: csr.averted(Exposure(), -1), "spend = -1 is out of range"),
        (lambda: csr.averted(Exposure(shield=2), 1), "shield = 2"),
        (lambda: csr.burden(Exposure(backlash=-0.1), 1), "backlash = -0.1"),
        (lambda: csr.burden(Exposure(), 1, -1), "aversion = -1"),
        (lambda: csr.survival(1, 0, 1), "life = 0"),
        (lambda: csr.flows([1.0], TakeBack(collected=1.5)), "collected = 1.5"),
        (lambda: csr.flows([], TakeBack()), "at least one year"),
        (lambda: csr.life_for([1.0], 1), "in_use = 1"),
        (lambda: csr.flows([-1], TakeBack()), "sold = -1"),
    ],
)
def test_errors_say_what_is_wrong(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=message):
        call()


# --- labs and charts ---


LABS = {
    "insurance": Lab(41, {"frequency": (0.05, 0.5), "loss": (100, 1000), "backlash": (0, 0.6)}),
    "take_back": Lab(16, {"life": (2, 8), "collected": (0, 1), "recovered": (0.5, 1)}),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name: str) -> None:
    given = ([61.1, 66.8, 55.4, 91.4, 118.7, 124.6], 2014) if name == "take_back" else ()
    LABS[name].holds(csr, charts, name, *given)


def test_the_balance_marks_what_is_gone() -> None:
    table = pd.DataFrame({"year": [2023, 2024], "sold": [9.0, 12.0], "active": [5.0, 7.0]})
    drawn = charts.balance(table).to_dict()
    rows = [row for rows in drawn["datasets"].values() for row in rows]
    assert [row["gone"] for row in rows if "gone" in row] == [5.0]
