"""The whole firm and its history: what was decided, the fit, forecasts, the sixteen, the labs."""

import numpy as np
import pandas as pd
import pytest

from coalescence import data, refit
from coalescence.charts import firm as charts
from coalescence.models import firm, firm_fit, together
from tests.labs import Lab

COMPANY, PARTNERS = data.table("company"), data.table("partners")
DECIDED = firm_fit.decided(COMPANY, PARTNERS)
BEST = firm_fit.stored(data.table("firm"))
SOLD = {int(r.year): float(r.value) for r in data.series("smartphones_sold").itertuples()}


@pytest.fixture(scope="module")
def fit():
    """The fit, made once."""
    return refit.found()


# --- History -------------------------------------------------------------------------------------


def test_decisions_follow_the_counts_of_stores_and_partners():
    held, shops = 0.0, 0.0
    for one in DECIDED[:10]:
        for _ in range(4):
            held += (one.partners - BEST.leave * held) / 4
        shops += one.stores
    investees = PARTNERS[PARTNERS["metric"] == "investees"].set_index("period")["value"]
    assert held == pytest.approx(90 * investees["2020-12-31"] / investees["2018-03-31"], rel=0.01)
    assert shops == pytest.approx(1.25, abs=0.2)  # a thousand on 6 December, 2,000 in January
    assert DECIDED[6].margin == pytest.approx(0.088)
    assert 0.1 <= DECIDED[0].stake <= 0.25


def test_moments_of_counting():
    assert firm_fit.moment("2018-03-31") == firm_fit.moment("2018-03") == 2018.25
    assert firm_fit.moment("2020-12-31") == 2021.0


def test_only_one_definition_of_devices_is_fitted_and_nothing_later():
    figures = firm_fit.observed(COMPANY)
    assert all(one.at <= 2021.0 for one in figures)
    devices = [one for one in figures if one.name == "devices"]
    assert min(one.at for one in devices) > 2018
    assert {one.name for one in figures} == {*firm_fit.SERIES, "profit", "devices"}


# --- The fit -------------------------------------------------------------------------------------


def test_the_kept_parameters_are_what_the_fit_finds(fit):
    kept = data.table("firm").set_index("parameter")
    for name, value in fit.firm._asdict().items():
        assert kept.loc[name, "value"] == pytest.approx(value, rel=2e-3), f"{name}: run make firm"
    assert set(kept[kept["basis"] == "fitted"].index) == set(firm_fit.PRIORS)
    inside = (kept["low"] <= kept["value"]) & (kept["value"] <= kept["high"])
    assert inside.all()


def test_a_made_up_history_gives_its_parameters_back():
    """Figures made by known parameters, with weak priors elsewhere, lead back to them."""
    true = BEST._replace(online=150.0, imitation=1.7, device_price=500.0)
    run = firm.run(true, DECIDED[:10])
    made = [one._replace(value=float(firm_fit.modelled(run, one)), spread=0.01)
            for one in firm_fit.observed(COMPANY)]  # fmt: skip
    priors = {n: firm_fit.PRIORS[n]._replace(spread=2.0)
              for n in ("online", "imitation", "device_price")}  # fmt: skip
    found = firm_fit.fit(made, DECIDED[:10], true._replace(online=99.0), priors, tries=1)
    for name in priors:
        assert getattr(found.firm, name) == pytest.approx(getattr(true, name), rel=0.01)


def test_the_fit_follows_the_record(fit):
    gaps = firm_fit.gaps(firm.run(fit.firm, DECIDED[:10]), figures := firm_fit.observed(COMPANY))
    late = [abs(g) for g, one in zip(gaps, figures, strict=True) if one.at >= 2014]
    assert np.mean(late) < 0.12
    assert fit.cost < 30


def test_the_record_teaches_the_market_and_not_the_synergies(fit):
    taught = firm_fit.learned(fit)
    assert taught["online"] > 0.7
    assert all(taught[name] < 0.25 for name in firm_fit.SYNERGIES)


def test_a_market_that_never_runs_full_fits_worse():
    figures = firm_fit.observed(COMPANY)
    found = firm_fit.explanations(figures, DECIDED[:10], refit.base())
    costs = {name: one.fit.cost for name, one in found.items()}
    assert costs["Nothing runs full"] > 1.5 * costs["Whole firm"]
    assert found["Whole firm"].sold(2016) < 1.05 * found["Whole firm"].sold(2015)
    assert found["Nothing runs full"].sold(2016) > 1.1 * found["Nothing runs full"].sold(2015)


def test_a_table_that_lacks_a_parameter_is_named():
    table = data.table("firm")
    with pytest.raises(ValueError, match="lacks the parameters online"):
        firm_fit.stored(table[table["parameter"] != "online"])
    with pytest.raises(ValueError, match="unknown parameters offline"):
        firm_fit.stored(pd.concat([table, table[:1].replace("online", "offline")]))


# --- Forecasts -----------------------------------------------------------------------------------


def test_forecasts_use_nothing_of_the_years_held_out():
    later = COMPANY.copy()
    later.loc[later["year"].fillna(0) > 2020, "value"] *= 7
    runs = {"firm": firm.run(BEST, firm_fit.frozen(DECIDED[:10], 4))}
    one, two = (firm_fit.contest(table, runs) for table in (COMPANY, later))
    assert one["forecast"] == two["forecast"]
    known = {name: (np.arange(2015.0, 2021), np.arange(1.0, 7)) for name in firm_fit.SERIES}
    made = firm_fit.forecasts(known, range(2021, 2025), runs)["phones"]
    assert made["Same as last year"].tolist() == [6] * 4
    assert made["Same step every year"] == pytest.approx([7, 8, 9, 10])
    assert made["Same growth every year"] == pytest.approx([6 * 1.2**k for k in (1, 2, 3, 4)])


def test_a_perfect_forecast_scores_zero():
    run = firm.run(BEST, DECIDED)
    table = COMPANY.copy()
    for name, metric in firm_fit.SERIES.items():
        series = firm.yearly(run, name) if name in firm_fit.FLOWS else firm.ends(run, name)
        for year in range(2021, 2025):
            hit = (table["metric"] == metric) & (table["year"] == year)
            table.loc[hit, "value"] = series[year - 2011]
    scores = firm_fit.contest(table, {"firm": run})
    assert scores["all"][-1] == pytest.approx(0, abs=1e-12)
    assert scores["all"][0] > 0.05


# --- The sixteen ---------------------------------------------------------------------------------


def test_the_sixteen_begin_at_nothing_and_end_at_all():
    table = firm_fit.sixteen(BEST, DECIDED[:10], firm_fit.revenue)
    assert table.shape == (16,)
    assert table[0] == 0
    none = firm_fit.revenue(firm.run(firm_fit.switched(BEST, 0), DECIDED[:10]))
    assert table[-1] == pytest.approx(firm_fit.revenue(firm.run(BEST, DECIDED[:10])) / none - 1)
    assert together.shapley(table).sum() == pytest.approx(table[-1])


def test_the_sixteen_of_many_firms_have_intervals(fit):
    worth = firm_fit.sixteen(firm_fit.drawn(fit, 200), DECIDED[:10], firm_fit.revenue)
    told = firm_fit.credit(worth)
    assert worth.shape == (200, 16)
    for low, middle, high in zip(told["low"], told["share"], told["high"], strict=True):
        assert low < middle < high


# --- Labs ----------------------------------------------------------------------------------------


LABS = {
    "otherwise": Lab(14, {"margin": (-0.05, 0.2), "stores": (0, 10), "partners": (0, 2),
                          "stake": (0, 1), "supply": (False, True)}, ("otherwise", "scores")),
    "loops": Lab(8, {"year": (2011, 2020)}),
}  # fmt: skip


@pytest.mark.parametrize("name", LABS)
def test_a_lab_is_tidy_drawn_and_told(name):
    given = (BEST, DECIDED[:10], SOLD) if name == "otherwise" else (BEST, DECIDED[:10])
    LABS[name].holds(firm_fit, charts, name, *given)


def test_as_it_was_decided_nothing_changes():
    table = firm_fit.otherwise(BEST, DECIDED[:10], SOLD)
    assert table["now"] == table["fitted"]
    assert charts.say_otherwise(pd.DataFrame(table)).startswith("As it was decided")
