"""Check crowds against single runs, indices against closed forms, a cluster against none."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from distributed import Client
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coalescence import data, live
from coalescence.charts import uncertainty as charts
from coalescence.lab import BUILDER
from coalescence.models import firm as engine
from coalescence.models import firm_fit, flight, uncertainty
from coalescence.models.uncertainty import CHUNK, Job, Range, Study
from tests.labs import Lab

ROOT = Path(__file__).resolve().parent.parent
TABLE = data.table("firm")
STUDY = Study(
    firm_fit.stored(TABLE),
    uncertainty.ranges(TABLE),
    tuple(firm_fit.decided(data.table("company"), data.table("partners"))),
)
NAMES = [one.name for one in STUDY.ranges]
YEARS = (2014, 2017, 2020)


def test_a_firm_in_a_crowd_is_the_same_firm_to_the_last_bit():
    unit = np.random.default_rng(5).random((40, len(NAMES)))
    crowd = uncertainty.ends(STUDY, unit, YEARS)
    many = uncertainty.drawn(STUDY, unit)
    for at in (0, 17, 39):
        own = [float(np.broadcast_to(field, 40)[at]) for field in many]
        run = engine.run(engine.Firm(*own), STUDY.decisions[:10])
        for year, scores in zip(YEARS, crowd[:, :, at], strict=True):
            state = run.states[4 * (year - 2010)]
            assert flight.scores(state) == dict(zip(uncertainty.NAMES, scores, strict=True))


def test_the_single_firm_stands_in_the_middle_of_every_range():
    one = uncertainty.drawn(STUDY, uncertainty.middles(STUDY))
    assert [float(np.ravel(field)[0]) for field in one] == list(STUDY.firm)
    low, high = (uncertainty.drawn(STUDY, np.full((1, len(NAMES)), x)) for x in (0.0, 1.0))
    for each in STUDY.ranges:
        assert (getattr(low, each.name)[0], getattr(high, each.name)[0]) == pytest.approx(
            (each.low, each.high), rel=1e-14
        )


def test_half_of_the_firms_lie_below_the_value_however_lopsided_the_range():
    study = STUDY._replace(ranges=(Range("fan_voice", 2.0, 1.0, 11.0),))
    values = uncertainty.drawn(study, np.random.default_rng(1).random((20_000, 1))).fan_voice
    assert np.mean(values < 2.0) == pytest.approx(0.5, abs=0.02)
    assert np.mean(values > 6.5) == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize(("value", "other"), [(6.0, 3.0), (3.0, 6.0)])
def test_what_is_one_of_two_is_never_between(value, other):
    study = STUDY._replace(ranges=(Range("steep", value, 3.0, 6.0),))
    drawn = uncertainty.drawn(study, np.array([[0.0], [0.49], [0.5], [1.0]])).steep
    assert list(drawn) == [other, other, value, value]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("fan_vioce", 2.0, 1.0, 3.0), "'fan_vioce' is no parameter"),
        (("fan_voice", 4.0, 1.0, 3.0), "'fan_voice': expected low <= value <= high, got 1, 4, 3"),
        (("steep", 4.0, 3.0, 6.0), "'steep': expected 3 or 6, got 4"),
        (("fan_voice", 4.0, 1.0, np.inf), "'fan_voice': expected low"),
    ],
)
def test_a_range_that_makes_no_sense_is_named(row, said):
    columns = {key: [x] for key, x in zip(("parameter", "value", "low", "high"), row, strict=True)}
    with pytest.raises(ValueError, match=said):
        uncertainty.ranges(columns)


def test_a_parameter_without_a_range_is_held():
    columns = {"parameter": ["buy", "room", "help"], "value": [1, 1, 1], "low": [1, np.nan, 0.5],
               "high": [1, np.nan, 2]}  # fmt: skip
    assert uncertainty.ranges(columns) == (Range("help", 1, 0.5, 2),)
    held = uncertainty.hold(STUDY, ["buy"])
    assert len(held.ranges) == len(STUDY.ranges) - 1
    with pytest.raises(ValueError, match="no range is called sell"):
        uncertainty.hold(STUDY, ["buy", "sell"])


def test_a_year_without_a_decision_is_named():
    with pytest.raises(ValueError, match="year 2031 is out of range"):
        uncertainty.ends(STUDY, uncertainty.middles(STUDY), (2031,))
    with pytest.raises(ValueError, match="firms = 0 is out of range"):
        uncertainty.run(STUDY, 0)


# --- bins ----------------------------------------------------------------------------------------

sizes = st.floats(-1e12, 1e12).filter(lambda x: x == 0 or abs(x) > 1e-30)


@given(arrays(float, 20, elements=sizes))
def test_bins_keep_order_and_are_narrow(values):
    values = np.sort(values)
    bins = uncertainty.coded(values)
    assert np.all(np.diff(bins) >= 0)
    assert np.all(uncertainty.coded(-values) == 2 * uncertainty.HALF - 1 - bins + (values == 0))
    assert uncertainty.middle(bins) == pytest.approx(values, rel=1.01e-3, abs=1e-30)


def test_quantiles_mean_and_share_of_a_crowd_are_those_of_its_firms():
    crowd = uncertainty.run(STUDY, 25_000, seed=3, years=(2020, 2014))
    assert (crowd.firms, crowd.years) == (25_000, (2014, 2020))
    assert np.all(crowd.counts.sum(axis=2) == 25_000)
    job = Job(STUDY, 25_000, 3, crowd.years)
    firms = np.concatenate([uncertainty.units(job, k) for k in range(3)])
    exact = uncertainty.ends(STUDY, firms, crowd.years)
    for i, year in enumerate(crowd.years):
        for k, score in enumerate(uncertainty.NAMES):
            values = exact[i, k]
            limit = 2e-3 * np.abs(values).mean()
            assert crowd.mean(score, year) == pytest.approx(values.mean(), abs=limit)
            for share in (0.05, 0.5, 0.95):
                true = np.quantile(values, share, method="inverted_cdf")
                assert crowd.quantile(score, share, year) == pytest.approx(true, rel=1.01e-3)
    lost = np.mean(exact[-1, 0] < 0)
    assert crowd.below("cash", 0.0) == lost


def test_chunks_are_drawn_as_numpy_spawns_them():
    job = Job(STUDY, 2 * CHUNK + 5, 9, (2020,))
    third = np.random.SeedSequence(9).spawn(3)[2]
    expected = np.random.default_rng(third).random((len(NAMES), 5)).T
    assert np.array_equal(uncertainty.units(job, 2), expected)


def test_progress_is_told_after_each_chunk():
    told = []
    uncertainty.run(STUDY, 2 * CHUNK + 1, progress=lambda done, all_: told.append((done, all_)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_notebook_shows_a_bar_and_the_built_page_none(monkeypatch, capsys):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    move = live.bar("Firms")
    move(3, 8)
    assert [(one.value, one.max, one.description) for one in shown] == [(3, 8, "Firms")]
    monkeypatch.setenv(BUILDER, "html")
    live.bar("Firms")(3, 8)
    assert len(shown) == 1
    assert capsys.readouterr().out == ""


# --- indices -------------------------------------------------------------------------------------


def ishigami(unit):
    """Ishigami and Homma's function, whose indices are known (a = 7, b = 0.1)."""
    x, y, z = (np.pi * (2 * unit - 1)).T
    return np.sin(x) + 7 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x)


def test_indices_of_a_function_whose_indices_are_known():
    found = uncertainty.indices(ishigami, ["x", "y", "z"], base=8192)
    variance = 7**2 / 8 + 0.1 * np.pi**4 / 5 + 0.1**2 * np.pi**8 / 18 + 1 / 2
    first = {"x": (1 + 0.1 * np.pi**4 / 5) ** 2 / 2, "y": 7**2 / 8, "z": 0.0}
    pair = 0.1**2 * np.pi**8 * (1 / 18 - 1 / 50)
    total = {"x": first["x"] + pair, "y": first["y"], "z": pair}
    assert found["parameter"] == ["x", "y", "z"]
    for key, exact, error in (("first", first, "first_error"), ("total", total, "total_error")):
        for name, value, width in zip("xyz", found[key], found[error], strict=True):
            assert value == pytest.approx(exact[name] / variance, abs=0.02)
            assert 0 <= width < 0.1


def test_indices_of_a_sum_are_its_shares_of_variance():
    found = uncertainty.indices(lambda unit: unit @ [3.0, 0.0, 4.0], ["x", "y", "z"])
    assert found["parameter"] == ["z", "x", "y"]
    assert found["first"] == pytest.approx([0.64, 0.36, 0.0], abs=0.02)
    assert found["total"] == pytest.approx([0.64, 0.36, 0.0], abs=0.02)
    with pytest.raises(ValueError, match=r"base = 100 .* power of 2"):
        uncertainty.indices(ishigami, ["x", "y", "z"], base=100)


def test_screening_finds_slopes_and_curves():
    def model(unit):
        return 3 * unit[:, 0] - 2 * unit[:, 1] + 10 * unit[:, 2] * unit[:, 3]

    found = uncertainty.screen(model, ["a", "b", "c", "d", "e"], paths=200)
    row = {name: at for at, name in enumerate(found["parameter"])}
    assert set(found["parameter"][:2]) == {"c", "d"}
    assert found["effect"][[row["a"], row["b"], row["e"]]] == pytest.approx([3, 2, 0])
    assert found["spread"][[row["a"], row["b"], row["e"]]] == pytest.approx([0, 0, 0], abs=1e-9)
    assert found["effect"][row["c"]] == pytest.approx(5, abs=0.8)
    assert found["spread"][row["c"]] > 2


def test_the_same_seed_gives_the_same_indices():
    model = uncertainty.answer(STUDY, "cash")
    first, again = (uncertainty.indices(model, NAMES, base=64) for _ in range(2))
    assert all(np.array_equal(first[key], again[key]) for key in first)


def test_holding_what_decides_narrows_the_crowd_more_than_holding_the_rest():
    order = uncertainty.ranked(STUDY, "users")
    width = {}
    for held, names in {"all": (), "eight": order[:8], "rest": order[8:]}.items():
        crowd = uncertainty.run(uncertainty.hold(STUDY, names), CHUNK)
        width[held] = crowd.quantile("users", 0.95) - crowd.quantile("users", 0.05)
    assert width["eight"] < 0.5 * width["all"] < width["rest"] < 1.1 * width["all"]


def test_one_at_a_time_agrees_with_single_runs_and_adds_up_where_only_one_varies():
    found = uncertainty.swings(STUDY, "cash")
    name, low = found["parameter"][0], found["low"][0]
    worst = next(one.low for one in STUDY.ranges if one.name == name)
    run = engine.run(STUDY.firm._replace(**{name: worst}), STUDY.decisions[:10])
    assert low == pytest.approx(run.states[-1].cash, rel=1e-12)
    alone = STUDY._replace(ranges=STUDY.ranges[:1])
    sums = uncertainty.added(alone, "cash", 50)
    assert sums["promised"] == pytest.approx(sums["came"])


def test_what_the_chapter_says_in_words_still_holds():
    """After another fit these may fail: then the chapter's sentences must change."""
    found = uncertainty.indices(uncertainty.answer(STUDY, "cash"), NAMES)
    total = dict(zip(found["parameter"], found["total"], strict=True))
    assert sum(total[name] for name in firm_fit.SYNERGIES) < 0.02
    assert {"service", "overhead", "answer_lag", "steep"} <= set(found["parameter"][:5])
    assert found["first"].sum() < 1 < found["total"].sum()
    sums = uncertainty.added(STUDY, "cash", 400)
    best = np.argsort(sums["came"])[-20:]
    assert sums["promised"][best].mean() < 0.9 * sums["came"][best].mean()
    crowd = uncertainty.run(STUDY, 20_000, years=(2020, 2021, 2022, 2023, 2024))
    assert crowd.mean("cash", 2020) > crowd.quantile("cash", 0.5, 2020)
    seen = firm_fit.observed(data.table("company"), 2024)
    ends = {one.at - 1: one.value for one in seen if one.name == "users"}
    bounds = {y: [crowd.quantile("users", q, y) for q in (0.05, 0.95)] for y in crowd.years[1:]}
    assert sum(low < ends[year] < high for year, (low, high) in bounds.items()) >= 3
    assert crowd.below("users", ends[2024], 2024) > 0.9
    single = engine.run(STUDY.firm, STUDY.decisions).states[-1]
    assert single.users < 0.8 * ends[2024]


# --- the lab -------------------------------------------------------------------------------------

CORNERS = {"score": list(uncertainty.NAMES), "year": [2014, 2020],
           "held": ["none", "rest"], "firms": [10, 10_000]}  # fmt: skip


def test_the_lab():
    lab = Lab(uncertainty.BINS, CORNERS)
    lab.holds(uncertainty, charts, "spread", STUDY, YEARS)
    table = uncertainty.spread(STUDY, YEARS, score="cash", year=2020, held="none")
    assert table["share"].sum() == pytest.approx(1)
    line = engine.run(STUDY.firm, STUDY.decisions[:10]).states[-1].cash
    assert table["line"] == pytest.approx(line)


# --- a real cluster ------------------------------------------------------------------------------

DASK = [sys.executable, "-m", "dask"]  # the command line tool


@pytest.fixture
def cluster():
    """A Dask scheduler and two workers, processes of this machine: its address, the workers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    where = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DASK_DISTRIBUTED__ADMIN__EVENT_LOOP": "asyncio",
    }
    quiet = {"env": where, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    local = ["--host", "127.0.0.1"]
    commands = [["scheduler", *local, "--port", str(port), "--no-dashboard"]]
    commands += [["worker", address, *local, "--nthreads", "1", "--no-nanny", "--no-dashboard",
                  "--name", str(k)] for k in range(2)]  # fmt: skip
    started = [subprocess.Popen([*DASK, *command], **quiet) for command in commands]
    yield address, started[1:]
    for one in started:
        one.kill()
        one.wait(timeout=30)


def test_a_cluster_gives_the_same_bits_even_when_a_worker_is_killed(cluster, monkeypatch):
    """Once undisturbed, once with a worker killed in mid-run: both as on one machine."""
    address, workers = cluster
    firms = 24 * CHUNK - 7
    here = uncertainty.run(STUDY, firms, seed=11)
    there = uncertainty.run(STUDY, firms, seed=11, scheduler=address)
    assert np.array_equal(here.counts, there.counts)

    killed = []

    def kill_one(done, _all):
        if done == 8:
            with Client(address, set_as_default=False) as look:
                known = look.scheduler_info()["workers"]
                doomed = next(at for at, one in known.items() if str(one["name"]) == "0")
                killed.extend(look.processing()[doomed])
            workers[0].send_signal(signal.SIGKILL)
            workers[0].wait(timeout=10)

    again = uncertainty.run(STUDY, firms, seed=11, scheduler=address, progress=kill_one)
    assert killed, "the worker had nothing under way that could be lost"
    assert workers[0].returncode == -signal.SIGKILL
    assert workers[1].poll() is None
    assert np.array_equal(here.counts, again.counts)

    workers[1].kill()
    workers[1].wait(timeout=10)
    monkeypatch.setattr(uncertainty, "PATIENCE", 2)
    with pytest.raises(ConnectionError, match=f"the Dask scheduler at {address} has no workers"):
        uncertainty.run(STUDY, firms, scheduler=address)


def test_no_cluster_is_said_in_a_sentence(monkeypatch):
    monkeypatch.setattr(uncertainty, "PATIENCE", 1)
    with pytest.raises(ConnectionError, match="no Dask scheduler answers at tcp"):
        uncertainty.run(STUDY, 10, scheduler="tcp://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'coalescence\[cluster\]'"):
        uncertainty.run(STUDY, 10, scheduler="tcp://127.0.0.1:9")


def test_dask_is_not_imported_without_a_scheduler():
    code = (
        "import sys; from coalescence.models import uncertainty as u; from coalescence.models.firm "
        "import Decision, Firm; r = u.Range('buy', 0.7, 0.5, 1.0);"
        "u.run(u.Study(Firm(), (r,), (Decision(),) * 10), 10);"
        "print({'dask', 'distributed', 'SALib'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
