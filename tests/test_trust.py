"""Trust in networks against closed forms, networkx and simulation."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, diags_array

from coalescence.charts import trust as charts
from coalescence.models import trust
from coalescence.models.trust import Favour, Game
from tests.labs import Lab

games = st.builds(
    Game, temptation=st.floats(3, 20), reward=st.floats(1.5, 3), punishment=st.floats(0, 1)
)


# --- patience ---


def test_textbook_prisoners_dilemma():
    """T, R, P = 5, 3, 1: one half at once, .794 when noticed after three periods."""
    assert trust.patience(Game()) == pytest.approx(0.5)
    assert trust.patience(Game(), 3) == pytest.approx(0.794, abs=5e-4)


@given(games, st.integers(1, 12))
def test_at_the_least_patience_cheating_and_honesty_pay_the_same(game, delay):
    """Summed period by period: T while unnoticed and P for ever after, against R for ever."""
    delta = trust.patience(game, delay)
    if delta < 0.999:
        weights = delta ** np.arange(delay)
        later = delta**delay / (1 - delta)
        cheating = game.temptation * weights.sum() + game.punishment * later
        honest = game.reward * (weights.sum() + later)
        assert cheating == pytest.approx(honest)


@given(games, st.floats(1, 20), st.floats(0.1, 5))
def test_patience_rises_with_delay_and_temptation(game, delay, more):
    assert trust.patience(game, delay + more) >= trust.patience(game, delay)
    tempted = game._replace(temptation=game.temptation + more)
    assert trust.patience(tempted, delay) >= trust.patience(game, delay)


@given(games, st.floats(0.1, 10), st.floats(-5, 5))
def test_patience_does_not_depend_on_the_unit(game, unit, shift):
    same = Game(*(unit * payoff + shift for payoff in game))
    # to the fourth power: near 0 a root enlarges the rounding of the payoffs
    assert trust.patience(same, 4) ** 4 == pytest.approx(trust.patience(game, 4) ** 4, abs=1e-9)


@given(games, st.integers(1, 30))
@settings(max_examples=40)
def test_community_of_one_and_of_many(game, partners):
    """One partner: eq. (1). K who know at once: (T - R) / (T - R + K (R - P))."""
    gain, loss = game.temptation - game.reward, game.reward - game.punishment
    assert trust.community_patience(game, [1]) == pytest.approx(trust.patience(game), abs=1e-9)
    together = trust.community_patience(game, np.ones(partners))
    assert together == pytest.approx(gain / (gain + partners * loss), abs=1e-9)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8))
@settings(max_examples=40)
def test_news_that_never_comes_is_like_a_partner_less(delays):
    needed = trust.community_patience(Game(), delays)
    assert trust.community_patience(Game(), [*delays, np.inf]) == pytest.approx(needed)
    assert trust.community_patience(Game(), [*delays, 1]) <= needed
    slower = trust.community_patience(Game(), np.array(delays) + 1)
    assert slower >= needed


def test_nobody_hears_and_nothing_tempts():
    assert trust.community_patience(Game(), [np.inf]) == np.inf
    assert trust.community_patience(Game(temptation=3), [1]) == 0


# --- news ---


@pytest.mark.parametrize("kind", trust.NETWORKS)
def test_certain_talk_travels_along_shortest_paths(kind):
    graph = trust.network(kind, 25)
    without = graph.copy()
    without.remove_node(0)
    lengths = nx.single_source_shortest_path_length(without, 1)
    expected = [lengths.get(i, np.inf) if i else np.inf for i in range(25)]
    assert trust.arrival(graph, 1, silent=0) == pytest.approx(expected)


def test_news_by_flipping_coins_period_by_period():
    """The same spread simulated as it is told: everybody who knows tells each friend by chance."""
    graph = nx.petersen_graph()
    talk, runs, rng = 0.4, 500, np.random.default_rng(5)
    matrix = nx.to_numpy_array(graph)
    told = []
    for _ in range(runs):
        knows, when = np.arange(10) == 1, np.where(np.arange(10) == 1, 0.0, np.inf)
        knows_zero_out = matrix.copy()
        knows_zero_out[0] = knows_zero_out[:, 0] = 0
        period = 0
        while np.isinf(when[2:]).any():
            period += 1
            hears = (rng.random((10, 10)) < talk) * knows_zero_out * knows[:, np.newaxis]
            new = hears.any(axis=0) & ~knows
            when[new], knows = period, knows | new
        told.append(when[2:].mean())
    direct = [trust.arrival(graph, 1, 0, talk, seed)[2:].mean() for seed in range(runs)]
    error = np.hypot(np.std(told), np.std(direct)) / np.sqrt(runs)
    assert abs(np.mean(told) - np.mean(direct)) < 4 * error


def test_in_a_star_nobody_else_hears_and_in_circles_only_the_circle():
    star = trust.noticed(trust.network("star", 25), runs=5)
    assert np.isfinite(star).sum(axis=1).tolist() == [1] * 5
    circles = trust.noticed(trust.network("circles", 25, circle=5), talk=0.5, runs=5)
    assert np.isfinite(circles).sum(axis=1).tolist() == [4] * 5
    ring = trust.noticed(trust.network("ring", 25), runs=2)
    assert sorted(ring[0]) == [1, 1 + 23]


def test_a_hundred_thousand_members():
    """A ring lattice with shortcuts as a sparse matrix: the news crosses it in a few periods."""
    n, rng = 100_000, np.random.default_rng(0)
    near = diags_array([np.ones(n - k) for k in (1, 2, 3)], offsets=[1, 2, 3], shape=(n, n))
    ends = rng.integers(n, size=(2, n // 2))
    ties = near.tocsr() + csr_array((np.ones(n // 2), tuple(ends)), shape=(n, n))
    times = trust.arrival(ties + ties.T, 1, silent=0)
    assert np.isinf(times[0])
    assert np.isfinite(times[1:]).all()
    assert times[1:].max() < 25


# --- growth ---


@pytest.mark.parametrize("kind", trust.CIRCLES)
@pytest.mark.parametrize("members", [25, 400])
def test_a_growing_circle_keeps_its_ties_and_loses_its_density(kind, members):
    graph = trust.growing(kind, members, 8)
    assert {ties for _, ties in graph.degree} == {8}
    assert nx.density(graph) == pytest.approx(8 / (members - 1))
    assert (nx.transitivity(graph) > 0.6) == (kind == "in common")


def test_growth_hurts_only_where_friends_have_none_in_common():
    table = trust.growth(8, 1.0)
    common, anywhere = np.reshape(table["patience"], (2, len(trust.SIZES)))
    assert common == pytest.approx(np.full(len(trust.SIZES), common[0]))
    assert (np.diff(anywhere) > 0).sum() >= 6
    assert common[0] < anywhere[0] < anywhere[-1] < table["alone"][0]


# --- ties ---


@given(
    v=st.floats(1.1, 20), p=st.floats(0.001, 1), delta=st.floats(0.05, 0.99), c=st.floats(0.1, 1)
)
def test_ties_needed_is_the_m_of_the_paper(v, p, delta, c):
    """m delta p (v - c) / (1 - delta) > c >= (m - 1) delta p (v - c) / (1 - delta)."""
    m = trust.ties_needed(Favour(v, c, p, delta))
    worth = delta * p * (v - c) / (1 - delta)
    assert m * worth > c * (1 - 1e-9)
    assert (m - 1) * worth <= c * (1 + 1e-9)


def test_windmills_are_social_quilts_and_nothing_else_is():
    for m in (2, 3, 4):
        assert trust.is_quilt(nx.windmill_graph(4, m + 1), m)
        assert trust.is_quilt(nx.complete_graph(m + 1), m)
        assert not trust.is_quilt(nx.complete_graph(m + 2), m)
        assert not trust.is_quilt(nx.windmill_graph(4, m + 1), m + 1)
        assert not trust.is_quilt(nx.ring_of_cliques(4, m + 1), m)  # a cycle of circles
    assert not trust.is_quilt(nx.star_graph(5), 2)
    assert not trust.is_quilt(nx.empty_graph(5), 2)


@given(st.integers(2, 4), st.integers(2, 6), st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_every_tree_of_circles_is_a_quilt_whose_ties_are_supported_and_kept(m, circles, seed):
    rng = np.random.default_rng(seed)
    graph = nx.complete_graph(m + 1)
    for _ in range(circles - 1):
        joint, n = int(rng.integers(len(graph))), len(graph)
        more = nx.relabel_nodes(
            nx.complete_graph(m + 1), {i: n + i - 1 if i else joint for i in range(m + 1)}
        )
        graph = nx.compose(graph, more)
    assert trust.is_quilt(graph, m)
    assert trust.supported(graph).all()
    assert trust.sustained(graph, m).number_of_edges() == graph.number_of_edges()
    assert min(d for _, d in graph.degree) == m


def test_supported_by_counting_triangles():
    graph = nx.gnp_random_graph(40, 0.12, seed=3)
    power = np.linalg.matrix_power(nx.to_numpy_array(graph), 2)
    expected = [power[a, b] > 0 for a, b in graph.edges]
    assert trust.supported(graph).tolist() == expected
    assert 0 < sum(expected) < len(expected)


def test_sustained_by_taking_out_the_weak_one_by_one():
    graph = nx.gnp_random_graph(60, 0.08, seed=4)
    left = graph.copy()
    while weak := [one for one, ties in left.degree if ties < 4]:
        left.remove_nodes_from(weak)
    assert set(trust.sustained(graph, 4).edges) == set(left.edges)
    assert trust.sustained(nx.star_graph(20), 2).number_of_edges() == 0


# --- every function ---


def test_arrays_are_floats_elementwise():
    delays = np.array([1.0, 3.0, 7.0])
    whole = trust.patience(Game(temptation=np.array([[4.0], [5.0]])), delays)
    assert whole.shape == (2, 3)
    assert whole[1, 1] == pytest.approx(trust.patience(Game(), 3))
    many = trust.ties_needed(Favour(patience=np.array([0.8, 0.9])))
    assert many.tolist() == [trust.ties_needed(Favour(patience=d)) for d in (0.8, 0.9)]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: trust.patience(Game(punishment=4)), "reward - punishment"),
        (lambda: trust.patience(Game(temptation=2)), "temptation - reward"),
        (lambda: trust.patience(Game(), 0), "delay"),
        (lambda: trust.community_patience(Game(), [0, 1]), "delay"),
        (lambda: trust.network("web", 10), "kind"),
        (lambda: trust.network("ring", 1), "members"),
        (lambda: trust.growing("web", 25, 8), "kind"),
        (lambda: trust.growing("in common", 9, 8), "members"),
        (lambda: trust.network("circles", 24, 5), "members"),
        (lambda: trust.arrival(nx.cycle_graph(5), 1, 0, talk=0), "talk"),
        (lambda: trust.noticed(nx.cycle_graph(5), talk=1.5), "talk"),
        (lambda: trust.ties_needed(Favour(value=0.5)), "value - cost"),
        (lambda: trust.ties_needed(Favour(patience=1)), "patience"),
        (lambda: trust.sustained(nx.cycle_graph(5), 0), "m = 0"),
        (lambda: trust.is_quilt(nx.cycle_graph(5), 0), "m = 0"),
    ],
)
def test_out_of_range_is_refused(call, name):
    with pytest.raises(ValueError, match=name):
        call()


LABS = {
    "spread": Lab(55, {"talk": (0.1, 1), "members": (9, 49)}),
    "honesty": Lab(5, {"talk": (0.1, 1), "temptation": (3.5, 11)}),
    "growth": Lab(16, {"ties": (4, 12), "talk": (0.1, 1)}),
    "favours": Lab(15, {"patience": (0.7, 0.9, 0.99), "value": (2, 10), "circle": (3, 6)}),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(trust, charts, name)


def test_shares_of_ties_add_up():
    table = trust.favours(0.9, 5, 4)
    assert np.add.reduceat(table["share"], range(0, 15, 3)) == pytest.approx(np.ones(5))
