"""Building with the first users: published fits, reference runs, closed forms and limits."""

import csv
import math
from itertools import product
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp
from scipy.optimize import minimize
from scipy.sparse import csr_array, diags_array
from scipy.stats import poisson

from coalescence.charts import customers as charts
from coalescence.models import customers, rise
from coalescence.models.customers import Pool, Talk, Town
from tests.labs import Lab

quick = settings(max_examples=25, deadline=None)

CHECKS = Path(__file__).parent / "checks"


def columns(name: str) -> dict[str, Any]:
    with (CHECKS / name).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {
        key: np.array([float(row[key]) for row in rows])
        for key in rows[0]
        if key not in ("model", "parameter")
    }


PUBLISHED = columns("srgm_expected.csv")  # NTDS N and phi, then Musa a and b
NTDS = columns("srgm_ntds_intervals.csv")["interval_days"]
MUSA = columns("srgm_musa_cumulative.csv")
rates = st.floats(0.001, 2)
shares = st.floats(0, 1)


# --- rates ---


@quick
@given(rates, st.floats(0, 10))
def test_a_year_is_52_weeks_of_weekly_hazard(rate, years):
    """Hazards are divided; chances compound: surviving every week is surviving the year."""
    weekly = customers.chance(customers.per_week(rate))
    stays = (1 - weekly) ** (customers.WEEKS * years)
    assert stays == pytest.approx(1 - customers.chance(rate, years), rel=1e-9)


@quick
@given(st.floats(0.001, 0.2), st.floats(0.01, 2), st.floats(0, 20))
def test_bass_does_not_care_for_the_unit_of_time(p, q, years):
    weekly = rise.bass_share(years * customers.WEEKS, customers.per_week(p), customers.per_week(q))
    assert weekly == pytest.approx(rise.bass_share(years, p, q), abs=1e-9)


# --- the weekly loop ---


def test_goel_okumoto_on_musas_failures():
    faults, rate = customers.goel_okumoto(MUSA["hour"], MUSA["cumulative_failures"])
    for found, i in ((faults, 2), (rate, 3)):
        assert found == pytest.approx(PUBLISHED["published"][i], abs=PUBLISHED["tolerance"][i])
        assert found == pytest.approx(PUBLISHED["computed"][i], rel=1e-8)


def test_goel_okumoto_maximises_the_poisson_likelihood():
    new = np.diff(MUSA["cumulative_failures"], prepend=0)

    def loss(guess):
        mean = guess[0] * 100 * -np.expm1(-guess[1] * np.append(0, MUSA["hour"]))
        return -poisson.logpmf(new, np.diff(mean)).sum()

    best = minimize(loss, [1.0, 0.1], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    found = customers.goel_okumoto(MUSA["hour"], MUSA["cumulative_failures"])
    assert found == pytest.approx((best.x[0] * 100, best.x[1]), rel=1e-5)


def test_jelinski_moranda_on_ntds():
    found = customers.jelinski_moranda(NTDS)
    for value, i in zip(found, (0, 1), strict=True):
        assert value == pytest.approx(PUBLISHED["published"][i], abs=PUBLISHED["tolerance"][i])
        assert value == pytest.approx(PUBLISHED["computed"][i], rel=1e-8)


@quick
@given(st.floats(0.01, 100))
def test_fits_do_not_depend_on_the_unit_of_time(unit):
    hours = customers.goel_okumoto(MUSA["hour"], MUSA["cumulative_failures"])
    other = customers.goel_okumoto(MUSA["hour"] * unit, MUSA["cumulative_failures"])
    assert other == pytest.approx((hours.faults, hours.rate / unit))
    days = customers.jelinski_moranda(NTDS)
    assert customers.jelinski_moranda(NTDS * unit) == pytest.approx((days.faults, days.rate / unit))


@quick
@given(st.floats(50, 1000), st.floats(0.02, 0.5))
def test_fit_finds_the_curve_that_made_the_counts(faults, rate):
    hours = np.arange(1, 21)
    counts = faults * -np.expm1(-rate * hours)
    assert customers.goel_okumoto(hours, counts) == pytest.approx((faults, rate), rel=1e-5)


def test_no_pool_is_fitted_where_none_can_be_seen():
    hours = np.arange(1, 6)
    with pytest.raises(ValueError, match="does not slow down"):
        customers.goel_okumoto(hours, hours**2)
    with pytest.raises(ValueError, match="found at once"):
        customers.goel_okumoto(hours, [7, 7, 7, 7, 7])
    with pytest.raises(ValueError, match="equally long"):
        customers.goel_okumoto(hours, [1, 2])
    with pytest.raises(ValueError, match="steps between counts"):
        customers.goel_okumoto(hours, [1, 2, 1, 3, 4])
    with pytest.raises(ValueError, match="do not grow"):
        customers.jelinski_moranda([5, 4, 3, 2, 1])


@quick
@given(st.floats(1, 1000), st.floats(1e-4, 0.1), st.integers(0, 60), st.integers(1, 100))
def test_testers_and_releases_replace_each_other(faults, rate, releases, testers):
    pool = Pool(faults, rate)
    known = customers.found(pool, releases, testers)
    assert customers.found(pool, testers, releases) == pytest.approx(known)
    assert known == pytest.approx(faults * (1 - math.exp(-rate * releases * testers)), abs=1e-9)
    assert customers.found(pool, releases, 2 * testers) >= known - 1e-9
    assert known <= faults * (1 + 1e-12)


@quick
@given(st.floats(0, 100), st.floats(0.001, 0.05), st.floats(0, 20), st.integers(0, 30))
def test_a_refilled_pool_solves_its_equation_and_is_conserved(faults, rate, added, testers):
    pool = Pool(faults, rate, added)
    k = np.array([0.0, 1, 5, 20])
    solved = solve_ivp(
        lambda _, x: added - rate * testers * x, (0, 20), [faults], t_eval=k, rtol=1e-9, atol=1e-9
    ).y[0]
    unknown = customers.left(pool, k, testers)
    np.testing.assert_allclose(unknown, solved, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(customers.found(pool, k, testers) + unknown, faults + added * k)


def test_a_refilled_pool_settles_at_what_comes_in_over_what_is_found():
    assert customers.left(Pool(100, 0.01, 4), 1e4, 8) == pytest.approx(4 / 0.08)


def test_pool_takes_arrays_and_refuses_nonsense():
    testers = np.array([1.0, 5, 25])
    grid = customers.found(Pool(), np.arange(4)[:, None], testers)
    assert grid.shape == (4, 3)
    assert grid[2, 1] == customers.found(Pool(), 2, 5)
    for pool, releases, people, word in (
        (Pool(-1.0), 1, 1, "faults"),
        (Pool(rate=0.0), 1, 1, "rate"),
        (Pool(added=-1.0), 1, 1, "added"),
        (Pool(), -1, 1, "releases"),
        (Pool(), 1, -1, "testers"),
    ):
        with pytest.raises(ValueError, match=word):
            customers.found(pool, releases, people)


# --- word of mouth ---


def test_stermans_bass_model_exact_and_by_euler():
    """AnyLogic's tutorial run: a = .011, c = 100, i = .015, 100,000 people, step .01."""
    run = columns("bass_sterman_anylogic.csv")
    exact = customers.adopters(Town(), run["t_years"])
    np.testing.assert_allclose(exact, run["adopters_exact"], rtol=1e-9, atol=1e-6)
    walked = customers.adopters(Town(), run["t_years"], 0.01)
    np.testing.assert_allclose(walked, run["adopters_euler_dt0.01"], rtol=1e-9, atol=1e-6)


def test_sir_reference_run_is_euler_with_a_step_of_one_thirty_second():
    """SDXorg's reference output, printed to six figures."""
    run = columns("sdxorg_sir_output.csv")
    walked = customers.rumour(Talk(), run["Time"], 1 / 32)
    for i, name in enumerate(("Susceptible", "Infectious", "Recovered")):
        np.testing.assert_allclose(walked[:, i], run[name], rtol=6e-6)


def test_halving_the_step_halves_eulers_error():
    times = np.arange(0, 101, 10)
    exact = customers.rumour(Talk(), times)
    gaps = [abs(customers.rumour(Talk(), times, h) - exact).max() for h in (0.25, 0.125, 0.0625)]
    assert gaps[0] / gaps[1] == pytest.approx(2, rel=0.05)
    assert gaps[1] / gaps[2] == pytest.approx(2, rel=0.05)


@quick
@given(st.floats(0.05, 1), st.floats(1, 10))
def test_sir_keeps_everybody_and_meets_its_final_size(infectivity, duration):
    """Kermack and McKendrick: ln(S0 / S_end) = R0 (S0 + I0 - S_end) / P in the end."""
    talk = Talk(infectivity=infectivity, duration=duration)
    path = customers.rumour(talk, np.array([0, 10, 20_000.0]))
    np.testing.assert_allclose(path.sum(axis=1), 1005, rtol=1e-6)
    end = path[-1, 0]
    ratio = infectivity * duration
    assert math.log(1000 / end) == pytest.approx(ratio * (1005 - end) / 1000, rel=1e-3, abs=1e-4)


def test_a_step_must_lead_to_the_times_asked_for():
    with pytest.raises(ValueError, match="whole numbers of steps"):
        customers.adopters(Town(), [0, 1], 0.3)
    with pytest.raises(ValueError, match="duration"):
        customers.rumour(Talk(duration=0.0), [0, 1])


# --- friendships ---


def test_in_a_crowd_where_all_know_all_contagion_is_bass():
    """The mean of many runs is the Bass model in steps, and in short steps that is Bass's curve."""

    def mean_field(step: float, periods: int) -> list[float]:
        share = [0.0]
        for _ in range(periods):
            share.append(
                share[-1] + (1 - share[-1]) * -math.expm1(-(0.03 + 0.5 * share[-1]) * step)
            )
        return share

    everybody = csr_array(np.ones((500, 500)) - np.eye(500))
    runs = customers.contagion(everybody, 0.03 / 6, 0.5 / 6, 60, runs=40, seed=3)
    np.testing.assert_allclose(runs.mean(axis=1), mean_field(1 / 6, 60), atol=0.025)
    bass = rise.bass_share(np.arange(11.0), 0.03, 0.5)
    np.testing.assert_allclose(mean_field(1 / 365, 3650)[::365], bass, atol=1e-3)


def test_without_talk_everybody_adopts_alone():
    nobody = csr_array((4000, 4000))
    share = customers.contagion(nobody, 0.05, 0.9, 20, runs=3, seed=1).mean(axis=1)
    np.testing.assert_allclose(share, customers.chance(0.05, np.arange(21)), atol=0.02)


def test_a_certain_rumour_walks_one_friendship_a_period():
    """With no chance left out, contagion is breadth-first search: networkx's distances."""
    graph = nx.random_regular_graph(3, 60, seed=5)
    known = csr_array(nx.to_scipy_sparse_array(graph, dtype=float))
    share = customers.contagion(known, 0.0, 1e9, 8, first=1, runs=1, seed=2)[:, 0]
    starts = [nx.single_source_shortest_path_length(graph, node) for node in graph]
    reach = [[sum(d <= t for d in far.values()) / 60 for t in range(9)] for far in starts]
    assert any(np.allclose(share, one) for one in reach)


def test_a_hundred_thousand_people_on_a_ring():
    people = 100_000
    ring = diags_array([1.0, 1, 1, 1], offsets=[1, -1, people - 1, 1 - people],
                       shape=(people, people), format="csr")  # fmt: skip
    share = customers.contagion(csr_array(ring), 0.0, 1e9, 5, first=1)[:, 0]
    np.testing.assert_allclose(share * people, [1, 3, 5, 7, 9, 11])


@pytest.mark.parametrize("kind", customers.KINDS)
def test_networks_are_symmetric_and_of_the_size_asked_for(kind):
    known = customers.friendships(kind, 20_000, 8)
    assert known.shape == (20_000, 20_000)
    assert abs(known - known.T).nnz == 0
    assert known.nnz / 20_000 == pytest.approx(8, rel=0.02)
    share = customers.contagion(known, 0.01, 0.3, 12, seed=1)[:, 0]
    assert np.all(np.diff(share) >= 0)


def test_clusters_slow_word_of_mouth_and_hubs_speed_it_up():
    share = {
        kind: customers.acquaintances(kind, 0.01, 0.5)["network"][24] for kind in customers.KINDS
    }
    assert share["clusters"] < share["random"] < share["hubs"]


def test_unknown_networks_are_refused():
    with pytest.raises(ValueError, match="kind"):
        customers.friendships("village", 10, 2)
    with pytest.raises(ValueError, match="first"):
        customers.contagion(csr_array((3, 3)), 0.1, 0.1, 1, first=4)


# --- free software first ---

markets = st.builds(rise.Bass, st.floats(0.001, 0.2), st.floats(0.01, 1), st.floats(1, 1e6))


@quick
@given(markets, shares, shares)
def test_seeded_curve_solves_its_equation(market, share, lost):
    """dX/dt = (p + q (X + S) / m)(m - lost S - X) by solve_ivp."""
    p, q, m = market
    seed = share * m
    t = np.array([0.0, 1, 3, 10])
    solved = solve_ivp(
        lambda _, x: (p + q * (x + seed) / m) * (m - lost * seed - x),
        (0, 10), [0.0], t_eval=t, rtol=1e-9, atol=1e-9 * m,
    ).y[0]  # fmt: skip
    curve = rise.bass_adopters(t, *customers.seeded(market, seed, lost))
    np.testing.assert_allclose(curve, solved, rtol=1e-5, atol=1e-6 * m)


@quick
@given(markets, st.floats(0, 0.9))
def test_seeds_that_never_buy_are_bass_from_a_later_start(market, share):
    """N(0) = S (Jain, Mahajan and Muller): the same curve, entered where S have adopted."""
    p, q, m = market
    entry = math.log((1 + q / p * share) / (1 - share)) / (p + q)
    later = rise.bass_adopters(entry + 4.0, p, q, m) - share * m
    buyers = rise.bass_adopters(4.0, *customers.seeded(market, share * m, 1.0))
    assert buyers == pytest.approx(later, rel=1e-6, abs=1e-9 * m)


@quick
@given(st.floats(0.001, 0.2), st.floats(0, 1), st.floats(0.01, 0.3))
def test_present_buyers_are_the_discounted_integral(p, q, discount):
    def flow(t):
        share = rise.bass_share(t, p, q)
        return (p + q * share) * (1 - share) * math.exp(-discount * t)

    area = sum(quad(flow, a, b, limit=200)[0] for a, b in ((0, 5), (5, 20), (20, 80), (80, 800)))
    area += quad(flow, 800, 20_000, limit=200)[0]
    assert customers.present_buyers(p, q, 1.0, discount) == pytest.approx(area, rel=1e-6, abs=1e-9)


def test_present_buyers_without_discount_and_without_talk():
    assert customers.present_buyers(0.03, 0.38, 50.0, 0.0) == pytest.approx(50)
    assert customers.present_buyers(0.03, 0.0, 1.0, 0.1) == pytest.approx(0.03 / 0.13)


@pytest.mark.parametrize("lost", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("p", "q"), [(0.01, 0.38), (0.03, 0.38), (0.1, 0.1)])
def test_best_seed_beats_a_fine_grid(p, q, lost):
    market = rise.Bass(p, q, 200.0)
    best = customers.best_seed(market, lost=lost)
    grid = np.linspace(0, 200, 4001)
    values = customers.seed_value(market, grid, lost=lost)
    assert customers.seed_value(market, best, lost=lost) >= values.max() - 1e-9
    assert best == pytest.approx(grid[values.argmax()], abs=0.06)


def test_costly_seeds_stay_in_the_published_range():
    """Seeds that cost a whole margin and never buy: none to below a tenth (the published 5-7%)."""
    best = [
        customers.best_seed(rise.Bass(p, q, 1.0), cost=1.0)
        for p, q in product((0.001, 0.01, 0.03), (0.2, 0.4, 0.8))
    ]
    assert min(best) == 0
    assert 0.05 < max(best) < 0.09


def test_innovative_markets_need_fewer_seeds_and_imitation_has_a_hump():
    """Fewer with p throughout (Jain, Mahajan, Muller); with q first more, then fewer."""
    over_p = [customers.best_seed(rise.Bass(p, 0.4, 1.0)) for p in (0.001, 0.01, 0.03, 0.1)]
    assert np.all(np.diff(over_p) < 0)
    over_q = [customers.best_seed(rise.Bass(0.01, q, 1.0)) for q in (0.05, 0.1, 0.4, 1.5)]
    assert over_q[0] < over_q[1] > over_q[2] > over_q[3]


@quick
@given(markets, st.floats(0.01, 0.5))
def test_seeds_that_still_buy_are_worth_more(market, share):
    values = [customers.seed_value(market, share * market.m, lost=lost) for lost in (0, 0.5, 1)]
    assert values[0] >= values[1] - 1e-9 * market.m
    assert values[1] >= values[2] - 1e-9 * market.m


def test_seeding_out_of_range_is_refused():
    with pytest.raises(ValueError, match="lost"):
        customers.seeded(rise.Bass(), 1.0, 1.5)
    with pytest.raises(ValueError, match="seed"):
        customers.seed_value(rise.Bass(m=10.0), 11.0)


# --- what the labs open ---

LABS = {
    "loop": Lab(27, {"testers": (1, 100), "every": (1, 8), "added": (0, 4)}),
    "word": Lab(
        33,
        {
            "advertising": (0.001, 0.1),
            "contacts": (10, 200),
            "fraction": (0.005, 0.03),
            "step": (0.01, 0.25),
        },
    ),
    "fading": Lab(51, {"infectivity": (0.05, 1.0), "duration": (1, 15)}),
    "acquaintances": Lab(41, {"kind": customers.KINDS, "p": (0.005,), "q": (0.1, 1.0)}),
    "free": Lab(22, {"p": (0.005, 0.1), "q": (0.05, 1.0), "lost": (0, 1)}),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(customers, charts, name)


def test_parts_of_the_lab_tables_add_up():
    table = customers.word(0.011, 100, 0.015, 0.25)
    np.testing.assert_allclose(table["prompted"] + table["told"], table["adopters"])
    table = customers.fading(0.3, 5)
    total = table["unaware"] + table["talking"] + table["silent"]
    np.testing.assert_allclose(total, 1, rtol=1e-6)
    table = customers.free(0.03, 0.38, 1.0)
    assert table["gain"][-1] >= table["gain"].max() - 1e-9
    # without seeds half have bought when the Bass share is a half
    assert rise.bass_share(table["wait"][0], 0.03, 0.38) == pytest.approx(0.5)
