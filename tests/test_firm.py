"""The whole firm: its arithmetic, its stocks, its fit and its forecasts."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalescence import data, refit
from coalescence.charts import firm as charts
from coalescence.models import equity, firm, firm_fit, rise, together
from coalescence.models.firm import Decision, Firm, State
from tests.labs import Lab

COMPANY, PARTNERS = data.table("company"), data.table("partners")
DECIDED = firm_fit.decided(COMPANY, PARTNERS)
BEST = firm_fit.stored(data.table("firm"))
SOLD = {int(r.year): float(r.value) for r in data.series("smartphones_sold").itertuples()}

choices = st.builds(
    Decision,
    margin=st.floats(-0.1, 0.4),
    stores=st.floats(-1, 5),
    partners=st.floats(0, 60),
    stake=st.floats(0, 1),
    platform=st.floats(0, 0.15),
)


@pytest.fixture(scope="module")
def fit():
    """The fit, made once."""
    return refit.found()


# --- The arithmetic ------------------------------------------------------------------------------


@pytest.mark.parametrize("module", ["firm", "flight"])
def test_the_game_imports_nothing_but_the_standard_library(module):
    """So that it runs in the browser's Python as it stands."""
    code = (
        "import sys, types\n"
        "for name in ('coalescence', 'coalescence.models'):\n"
        "    sys.modules[name] = package = types.ModuleType(name)\n"
        f"    package.__path__ = [{str(Path(firm.__file__).parent)!r}]\n"
        f"import coalescence.models.{module}\n"
        "from importlib.machinery import SourceFileLoader\n"
        "own = sys.stdlib_module_names | {'coalescence'}\n"
        "print({name.split('.')[0] for name in sys.modules} - own - {'__main__', 'sitecustomize'})"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stdout + done.stderr


def test_the_engine_uses_the_four_operations_alone():
    """Powers, roots and `sum` differ between machines and Pythons in the last digit."""
    tree = ast.parse(Path(firm.__file__).read_text(encoding="utf-8"))
    allowed = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.BitOr)  # the last one joins types
    operations = {type(n.op) for n in ast.walk(tree) if isinstance(n, (ast.BinOp, ast.AugAssign))}
    assert operations <= set(allowed)
    called = {n.func.id for n in ast.walk(tree)
              if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}  # fmt: skip
    assert not called & {"sum", "pow", "round", "fsum", "abs", "min", "max"}


@given(st.lists(choices, min_size=2, max_size=4), st.integers(0, 1000))
def test_an_array_of_firms_gives_each_firms_own_bits(decisions, seed):
    few = np.random.default_rng(seed).uniform(0.8, 1.2, (5, 3))
    names = ("online", "imitation", "learning", "buy", "portfolio")
    many = BEST._replace(**{n: getattr(BEST, n) * row for n, row in zip(names, few, strict=True)})
    wide = firm.run(many, decisions).states[-1]
    for i in range(3):
        one = BEST._replace(**{n: float(getattr(many, n)[i]) for n in names})
        narrow = firm.run(one, decisions).states[-1]
        assert [float(np.broadcast_to(x, 3)[i]) for x in wide] == [float(x) for x in narrow]


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_least_and_most_are_exact(a, b):
    assert firm.least(a, b) == min(a, b)
    assert firm.most(a, b) == max(a, b)


@given(st.floats(0.01, 0.4), st.floats(0, 2))
def test_wrights_law_by_its_approximant(b, growth):
    limit = 0.01 if growth <= 1 else 0.04
    assert firm.wright(b, growth) == pytest.approx((1 + growth) ** -b, rel=limit)


def test_many_small_steps_of_learning_are_the_curve():
    """Wright (1936)."""
    made, unit = 1.0, 100.0
    for _ in range(200):
        unit *= firm.wright(0.2, 0.05)
        made *= 1.05
    assert unit == pytest.approx(100 * made**-0.2, rel=1e-3)


@given(st.floats(0, 1))
def test_a_partners_worth_is_that_of_equity(stake):
    mine = firm.worth(Firm(), stake)
    assert mine == pytest.approx(equity.value(equity.Venture(), stake))


def test_choice_has_the_elasticity_of_luce():
    """-steep times one less the share."""
    step, steep = 1e-6, BEST.steep
    share = firm.won(BEST, 900.0, 1000.0)
    slope = (firm.won(BEST, 900.0 * (1 + step), 1000.0) / share - 1) / step
    assert slope == pytest.approx(-steep * (1 - share), rel=1e-4)
    assert firm.won(BEST, 1000.0, 1000.0) == 0.5
    assert firm.won(BEST._replace(steep=3.0), 500.0, 1000.0) == pytest.approx(1 / (1 + 0.5**3))


def test_without_all_additions_it_is_bass():
    """Bass (1969): one market, no price, no churn, no queue, against the closed form."""
    plain = Firm(online=100.0, street=0.0, abroad=0.0, launch=firm.FIRST, innovation=0.03,
                 imitation=0.38, fan_voice=0.0, wait_voice=0.0, scarce=0.0, phone_life=1e12,
                 channels=0.0, notice=1e12)  # fmt: skip
    state = State(asked=1e-9, fans=0.0)  # so cheap that all who are reached want it
    found = [0.0]
    for _ in range(80):
        state, _ = firm.step(state, Decision(), plain)
        found.append(state.users)
    closed = rise.bass_adopters(np.arange(81) / 4, 0.03, 0.38, 100.0)
    assert np.abs(np.array(found) - closed).max() < 2.5  # Euler's steps of a quarter
    assert found[-1] == pytest.approx(closed[-1], abs=0.5)


# --- Stocks and flows ----------------------------------------------------------------------------


@given(st.lists(choices, min_size=10, max_size=10), st.integers(0, 99))
def test_stocks_stay_sound_whatever_is_decided(decisions, seed):
    random = np.random.default_rng(seed)
    result = firm.run(BEST, decisions, tuple(random.normal(0, 0.1, 40).tolist()))
    for state in result.states:
        assert all(np.isfinite(x) for x in state)
        kept = ("fans", "users", "waiting", "capacity", "stores", "partners", "devices", "unit")
        assert all(getattr(state, name) >= -1e-9 for name in kept)
    for flow in result.flows:
        assert all(np.isfinite(x) for x in flow)
        for name in ("word", "bond", "traffic", "full", "short", "thin"):
            assert -1e-9 <= getattr(flow, name) <= 1 + 1e-9


@given(st.lists(choices, min_size=5, max_size=5))
def test_nobody_comes_from_nowhere(decisions):
    """Users and those who wait change by what flows, and cash by what is earned and spent."""
    result = firm.run(BEST, decisions)
    for before, after, flow in zip(result.states, result.states[1:], result.flows, strict=False):
        assert after.users - before.users == pytest.approx((flow.fresh - flow.lost) / 4, abs=1e-9)
        assert flow.phones >= flow.fresh
        assert after.made - before.made == pytest.approx(flow.phones / 4)
        assert after.cash - before.cash <= flow.profit / 4 + 1e-9


def test_cash_limits_what_is_opened_and_a_poor_firm_opens_nothing():
    much = Decision(stores=5.0, partners=60.0)
    rich, poor = (firm.step(State(users=50.0, devices=5.0, cash=cash), much, BEST)[0]
                  for cash in (100.0, -50.0))  # fmt: skip
    assert rich.stores == pytest.approx(1.25)
    assert poor.stores == 0
    assert poor.partners == 0


def test_stores_can_be_closed_but_not_below_none():
    closing = Decision(stores=-1.0)
    state, _ = firm.step(State(stores=0.1, users=10.0), closing, BEST)
    assert state.stores == pytest.approx(0)


def test_more_than_half_of_a_partner_deters_and_weakens_partners():
    many = Decision(partners=1e6)
    state = State(users=100.0)
    taken = [firm.step(state, many._replace(stake=s), BEST._replace(credit=1e9))[0].partners
             for s in (0.2, 0.51, 1.0)]  # fmt: skip
    assert taken[0] > taken[1] > taken[2] == 0


def test_a_rival_answers_a_lower_price():
    cheap, dear = (firm.run(BEST, [Decision(margin=m)] * 14).states[-1] for m in (0.0, 0.3))
    assert cheap.rival / cheap.unit < dear.rival / dear.unit < 1.1 * BEST.trade


def test_without_scarcity_nobody_waits():
    result = firm.run(BEST._replace(scarce=0.0), DECIDED)
    assert max(state.waiting for state in result.states) < 1e-9
    assert max(flow.short for flow in result.flows) < 1e-9


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
