"""Growth: published Bass estimates, closed forms and known limits, then properties."""

import csv
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalescence.charts import rise as charts
from coalescence.models import rise
from tests.labs import Lab

CHECKS = Path(__file__).parent / "checks"


def rows(name: str) -> list[dict[str, str]]:
    with (CHECKS / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def numbers(table: list[dict[str, str]], column: str) -> Any:
    return np.array([float(row[column]) for row in table])


SERIES = {
    product: list(group)
    for product, group in groupby(rows("bass_mms1986_series.csv"), key=lambda row: row["product"])
}
ESTIMATES = {row["product"]: row for row in rows("bass_nls_estimates.csv")}
IPHONE = numbers(rows("bass_iphone_ucla_series.csv"), "sales_million")
OLS = {row["case"]: row for row in rows("bass_ols_expected.csv")}

rates = st.floats(0.001, 0.2)
imitations = st.one_of(st.just(0.0), st.floats(1e-9, 1.5))
potentials = st.floats(0.1, 1e6)


# --- growth rates ---


def test_cagr_by_hand() -> None:
    assert rise.cagr(100, 121, 2) == pytest.approx(0.10)
    assert rise.cagr(15, 37, 3) == pytest.approx(0.351, abs=5e-4)  # the documents' two figures
    np.testing.assert_allclose(rise.cagr([1, 4], [2, 2], 1), [1, -0.5])


@given(st.floats(0.1, 1e4), st.floats(0.1, 1e4), st.integers(1, 30), st.floats(1e-3, 1e3))
def test_cagr_knows_no_units(first: float, last: float, years: int, unit: float) -> None:
    growth = rise.cagr(first, last, years)
    assert rise.cagr(first * unit, last * unit, years) == pytest.approx(growth, abs=1e-9)
    assert first * (1 + growth) ** years == pytest.approx(last)


@pytest.mark.parametrize("wrong", [(0, 1, 1), (1, -1, 1), (1, 2, 0)])
def test_cagr_says_what_is_wrong(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="out of range"):
        rise.cagr(*wrong)


# --- curves ---


@given(potentials, st.floats(0.05, 3), st.floats(-5, 5), st.floats(0, 20))
def test_logistic_is_symmetric_about_its_middle(
    k: float, r: float, middle: float, d: float
) -> None:
    both = rise.logistic(middle - d, k, r, middle) + rise.logistic(middle + d, k, r, middle)
    assert both == pytest.approx(k)


@given(potentials, st.floats(0.05, 3), st.floats(-5, 5))
def test_where_the_s_curves_bend(k: float, r: float, middle: float) -> None:
    h = 1e-3 / r
    for curve, share in ((rise.logistic, 1 / 2), (rise.gompertz, 1 / np.e)):
        assert curve(middle, k, r, middle) == pytest.approx(share * k)
        before, at, after = (curve(middle + i * h, k, r, middle) for i in (-1, 0, 1))
        assert abs(after - 2 * at + before) / k < 1e-8  # no curvature at the inflection
        early = [curve(middle - 1 / r + i * h, k, r, middle) for i in (-1, 0, 1)]
        assert early[2] - 2 * early[1] + early[0] > 0


def test_far_below_its_ceiling_a_logistic_is_an_exponential() -> None:
    t = np.arange(5.0)
    low = rise.logistic(t, 1e9, 0.4, np.log(1e9) / 0.4)  # starts at 1, ceiling 1e9
    np.testing.assert_allclose(low, rise.exponential(t, 1, 0.4), rtol=1e-6)


@settings(max_examples=50)
@given(rates, imitations, potentials)
def test_bass_adoption_rises_and_stays_below_its_potential(p: float, q: float, m: float) -> None:
    adopters = rise.bass_adopters(np.linspace(-3, 60, 200), p, q, m)
    assert (np.diff(adopters) >= -1e-9 * m).all()
    assert adopters[0] == 0
    assert (adopters <= m * (1 + 1e-12)).all()
    assert rise.bass_adopters(1e5, p, q, m) == pytest.approx(m)


@settings(max_examples=50)
@given(rates, imitations, potentials, st.integers(1, 60))
def test_bass_interval_sales_add_up(p: float, q: float, m: float, n: int) -> None:
    sales = rise.bass_sales(np.arange(1, n + 1), p, q, m)
    assert sales.sum() == pytest.approx(rise.bass_adopters(n, p, q, m))
    assert 0 <= rise.bass_unprompted(n, p, q, m) <= sales.sum() * (1 + 1e-9)


@settings(max_examples=50)
@given(rates, imitations)
def test_bass_obeys_its_own_equation(p: float, q: float) -> None:
    t, h = np.linspace(1, 20, 15), 1e-4
    share = rise.bass_share(t, p, q)
    speed = (rise.bass_share(t + h, p, q) - rise.bass_share(t - h, p, q)) / (2 * h)
    np.testing.assert_allclose(speed, (p + q * share) * (1 - share), atol=1e-7)
    alone = rise.bass_unprompted(t + h, p, q, 1) - rise.bass_unprompted(t - h, p, q, 1)
    np.testing.assert_allclose(alone / (2 * h), p * (1 - share), atol=1e-7)


@settings(max_examples=50)
@given(rates, st.floats(0.21, 1.5), potentials)
def test_bass_peak_is_the_highest_point(p: float, q: float, m: float) -> None:
    when, height = rise.bass_peak(p, q, m)
    share = rise.bass_share(np.array([when * 0.99, when, when * 1.01]), p, q)
    speed = m * (p + q * share) * (1 - share)
    assert speed[1] == pytest.approx(height)
    assert speed[1] >= speed.max() * (1 - 1e-12)
    faster = rise.bass_peak(2 * p, 2 * q, m)  # twice the rates: half the time, twice the height
    assert faster == pytest.approx((when / 2, 2 * height))


def test_bass_without_imitation_peaks_at_once() -> None:
    assert rise.bass_peak(0.1, 0.05, 10) == (0, 1)
    assert rise.bass_unprompted(4, 0.1, 0, 10) == pytest.approx(10 * (1 - np.exp(-0.4)))


@pytest.mark.parametrize(("p", "q"), [(0, 0.4), (-0.1, 0.4), (0.1, -0.4)])
def test_bass_needs_somebody_to_start(p: float, q: float) -> None:
    with pytest.raises(ValueError, match="out of range"):
        rise.bass_share(1, p, q)


def test_sterman_word_of_mouth() -> None:
    """AnyLogic's Bass model after Sterman: 1.1% a year by advertising, 100 contacts, 1.5% each."""
    table = rows("bass_sterman_anylogic.csv")
    exact = rise.bass_adopters(numbers(table, "t_years"), 0.011, 100 * 0.015, 100_000)
    np.testing.assert_allclose(exact, numbers(table, "adopters_exact"), rtol=1e-12)


def test_weekly_rates_belong_to_weeks() -> None:
    product = rise.Bass()
    weekly = rise.bass_adopters(52 * 6, product.p / 52, product.q / 52, product.m)
    assert weekly == pytest.approx(rise.bass_adopters(6, *product))
    assert rise.bass_adopters(52 * 6, *product) == pytest.approx(product.m)  # the trap


# --- estimation ---


@pytest.mark.parametrize("product", ESTIMATES)
def test_bass_by_nonlinear_least_squares(product: str) -> None:
    """Srinivasan and Mason (1986), on the series of Mahajan, Mason and Srinivasan (1986)."""
    expected, data = ESTIMATES[product], SERIES[product]
    sales = numbers(data, "sales")
    found = rise.fit("bass", numbers(data, "t"), sales)
    for i, name in enumerate("pqm"):
        assert found.values[i] == pytest.approx(float(expected[f"{name}_full"]), rel=2e-4)
        assert found.errors[i] == pytest.approx(float(expected[f"se_{name}"]), rel=2e-4)
        if published := expected[f"{name}_published"]:
            digits = 0 if name == "m" else 4
            assert round(found.values[i], digits) == pytest.approx(float(published), rel=1e-4)
    assert found.rmse**2 * len(sales) == pytest.approx(float(expected["SSE"]), rel=1e-6)
    assert rise.bass_peak(*found.values)[0] == pytest.approx(
        float(expected["peak_time_t"]), rel=1e-4
    )


def test_sales_of_an_interval_are_not_the_speed_at_its_end() -> None:
    """The trap: fitting the density q(t) to yearly sales gives other estimates."""
    p, q, m = 0.0185, 0.6159, 39659.0  # colour television, as published
    t = numbers(SERIES["color_television"], "t")
    share = rise.bass_share(t, p, q)
    density = m * (p + q * share) * (1 - share)
    wrong = rise.fit("bass", t, density).values
    right = rise.fit("bass", t, rise.bass_sales(t, p, q, m)).values
    np.testing.assert_allclose(right, [p, q, m], rtol=1e-4)
    assert abs(wrong[0] / p - 1) > 0.25


def test_bass_regression_on_last_period() -> None:
    """Bass's parabola for the iPhone, as in Rossi's UCLA course (R's lm)."""
    expected = OLS["iphone_ucla_rossi"]
    found = rise.bass_regression(IPHONE)
    for name, value in found._asdict().items():
        assert value == pytest.approx(float(expected[name]), rel=1e-6)
        assert value == pytest.approx(float(expected[f"{name}_pub"]), rel=1e-3)
    product = rise.bass_ols(IPHONE)
    for name, value in product._asdict().items():
        assert value == pytest.approx(float(expected[name]), rel=1e-6)


def test_regression_on_this_period_is_the_trap() -> None:
    total = np.cumsum(IPHONE)
    today = np.linalg.lstsq(np.vander(total, 3, increasing=True), IPHONE)[0]
    assert abs(today[1] / rise.bass_regression(IPHONE).b - 1) > 0.05


def test_parabola_to_parameters() -> None:
    """MIT 2.555A's in-class parabola: a discrete Bass process must give its own p, q, m back."""
    expected = OLS["mit_2.555A_inclass"]
    p, q, m = (float(expected[f"{name}_pub"]) for name in "pqm")
    assert float(expected["a"]) == pytest.approx(p * m)
    sales, total = [], 0.0
    for _ in range(8):
        sales.append(float(expected["a"]) + float(expected["b"]) * total
                     + float(expected["c"]) * total**2)  # fmt: skip
        total += sales[-1]
    np.testing.assert_allclose(rise.bass_ols(sales), [p, q, m], rtol=1e-5)


@pytest.mark.parametrize(
    ("sales", "message"),
    [
        ([1, 2, 4.5, 12, 40], "c = .* is not negative"),
        ([0.7, 0.1, 4.3, 8.5, 63, 4.2], "a = .* is not positive"),
        ([1, 2, 3], "at least 4 periods"),
    ],
)
def test_no_potential_is_told(sales: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rise.bass_ols(sales)


@pytest.mark.parametrize(
    ("curve", "truth"),
    [
        ("exponential", (5.0, 0.3)),
        ("logistic", (180.0, 0.45, 6.0)),
        ("gompertz", (230.0, 0.2, 5.5)),
        ("bass", (0.01, 0.4, 1500.0)),
    ],
)
def test_a_curve_without_noise_is_found_again(curve: str, truth: tuple[float, ...]) -> None:
    t = np.arange(1.0, 13.0)
    found = rise.fit(curve, t, rise.CURVES[curve].shape(t, *truth))
    np.testing.assert_allclose(found.values, truth, rtol=1e-3)
    assert found.rmse < 0.01
    assert not found.open_ended


@pytest.mark.parametrize("unit", [0.01, 1000])
def test_a_fit_knows_no_units(unit: float) -> None:
    t = np.arange(1.0, 10.0)
    values = np.array([7, 19, 61, 67, 55, 91, 119, 125, 146.0])
    one, other = rise.fit("logistic", t, values), rise.fit("logistic", t, unit * values)
    assert other.ceiling == pytest.approx(unit * one.ceiling, rel=1e-3)
    np.testing.assert_allclose(other.values[1:], one.values[1:], rtol=1e-3)


def test_before_the_bend_no_ceiling_is_found() -> None:
    t = np.arange(1.0, 5.0)
    values = rise.exponential(t, 2, 0.9) * np.array([1, 1.01, 0.99, 1.01])
    s_curve, endless = rise.fit("logistic", t, values), rise.fit("exponential", t, values)
    assert s_curve.open_ended
    assert np.isinf(s_curve.ceiling)
    assert np.isinf(s_curve.errors).all()
    assert np.isinf(endless.ceiling)
    np.testing.assert_allclose(s_curve(t), endless(t), rtol=0.03)


def test_fit_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="unknown: expected one of exponential"):
        rise.fit("spline", [1, 2], [1, 2])
    with pytest.raises(ValueError, match="3 parameters and cannot be fitted to 2"):
        rise.fit("logistic", [1, 2], [1, 2])
    with pytest.raises(ValueError, match="equally long"):
        rise.fit("logistic", [1, 2, 3], [1, 2])


def test_a_search_that_gets_lost_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object, **__: object) -> None:
        raise RuntimeError("maxfev reached")

    monkeypatch.setattr(rise, "curve_fit", lost)
    with pytest.raises(ValueError, match="no search arrived"):
        rise.fit("logistic", [1, 2, 3], [1, 2, 4])


# --- forecasts and tables ---


def test_naive_forecasts_and_scores_by_hand() -> None:
    known, happened = [1, 2, 4], [5, 8]
    np.testing.assert_allclose(rise.last_value(known, 2), [4, 4])
    np.testing.assert_allclose(rise.drift(known, 2), [5.5, 7])
    s = rise.score(known, happened, rise.last_value(known, 2))
    assert s.rmse == pytest.approx(np.sqrt((1 + 16) / 2))
    assert s.mape == pytest.approx((1 / 5 + 4 / 8) / 2)
    assert s.mase == pytest.approx(2.5 / 1.5)
    assert rise.score(known, happened, happened) == (0, 0, 0)


@pytest.fixture(scope="module")
def histories() -> dict[str, rise.History]:
    year = np.arange(2012.0, 2025.0)
    value = rise.logistic(year - 2011, 180, 0.5, 6) * np.where(year == 2022, 0.8, 1)
    return {"a": rise.History(year, value), "b": rise.History(year, 2 * value, since=2015)}


def test_contest_scores_later_years_only(histories: dict[str, rise.History]) -> None:
    table = rise.contest(histories["a"], 2020)
    assert table["forecast"][1] == "Logistic"
    assert table["inside"][1] < 0.01  # the truth up to 2020
    assert table["rmse"][1] == pytest.approx(0.2 * rise.logistic(11, 180, 0.5, 6) / 2, rel=1e-3)
    assert len({len(column) for column in table.values()}) == 1
    other = rise.contest(histories["b"], 2020)
    assert all(np.isfinite(other["mase"]))


@pytest.mark.parametrize("curve", rise.CURVES)
@pytest.mark.parametrize(
    ("series", "last", "used"), [("a", 2014, 3), ("b", 2014, 3), ("b", 2022, 8)]
)
def test_replay_is_tidy(
    histories: dict[str, rise.History], curve: str, series: str, last: int, used: int
) -> None:
    table = rise.replay(histories, series=series, curve=curve, last=last)
    kinds = list(table["kind"])
    assert kinds.count("used") == used
    assert kinds.count("other definition") == (3 if series == "b" else 0)
    assert {len(column) for column in table.values()} == {13}
    for name in set(table) - {"kind"}:
        assert np.isfinite(table[name]).all()


def test_ceilings_leave_out_what_cannot_be_told(histories: dict[str, rise.History]) -> None:
    table = rise.ceilings(histories["a"], "logistic", range(2014, 2022))
    assert table["year"][-1] == 2021
    assert 2014 not in table["year"]  # three values and three parameters: no standard error
    assert table["ceiling"][-1] == pytest.approx(180, rel=1e-3)
    total = rise.ceilings(histories["a"], "bass", [2021])
    assert total["so_far"] == [pytest.approx(histories["a"].value[:10].sum())]


def test_diffusion_splits_every_year() -> None:
    table = rise.diffusion(p=0.03, q=0.4, m=100)
    both = table["unprompted"] + table["told"]
    np.testing.assert_allclose(both, rise.bass_sales(np.arange(1, 31), 0.03, 0.4, 100))
    assert (table["told"] >= 0).all()
    assert table["unprompted"].sum() == pytest.approx(
        100 * 0.03 / 0.4 * np.log(1 + 0.4 / 0.03), rel=1e-3
    )


def test_diffusion_is_tidy_drawn_and_said() -> None:
    corners = {"p": (0.005, 0.1), "q": (0, 1), "m": (100, 500)}
    Lab(30, corners).holds(rise, charts, "diffusion")
