"""The whole firm: its arithmetic, its stocks and its flows."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalescence import data
from coalescence.models import equity, firm, firm_fit, rise
from coalescence.models.firm import Decision, Firm, State

COMPANY, PARTNERS = data.table("company"), data.table("partners")
DECIDED = firm_fit.decided(COMPANY, PARTNERS)
BEST = firm_fit.stored(data.table("firm"))

choices = st.builds(
    Decision,
    margin=st.floats(-0.1, 0.4),
    stores=st.floats(-1, 5),
    partners=st.floats(0, 60),
    stake=st.floats(0, 1),
    platform=st.floats(0, 0.15),
)


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
