"""Check the cooperative-game tools against published values, closed forms and definitions."""

import csv
import json
import math
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coalescence.charts import together as charts
from coalescence.models import together
from coalescence.models.together import Practices
from tests.labs import Lab

KNOWN = list(csv.DictReader((Path(__file__).parent / "checks/shapley_known.csv").open()))
G = (0.1, 0.2, 0.3, 0.4)
few = settings(max_examples=30, deadline=None)  # quick, and calm on a busy machine


def game(row):
    """The table of worths of one published game."""
    rule, n = json.loads(row["definition"]), int(row["n_players"])
    by_size = [s for k in range(1, n + 1) for s in combinations(range(n), k)]
    listed = next((rule[key] for key in rule if key.startswith("vector")), [])
    if listed:
        worth = dict(zip(by_size, listed, strict=True))
        return together.tabulate(lambda s: worth.get(s, 0), n)
    if "L" in rule:
        left, right = ({i - 1 for i in rule[side]} for side in "LR")
        return together.tabulate(lambda s: min(len(left & set(s)), len(right & set(s))), n)
    if "w" in rule:
        return together.tabulate(lambda s: sum(rule["w"][i] for i in s) >= rule["q"], n)
    if "c" in rule:
        return together.tabulate(lambda s: max((rule["c"][i] for i in s), default=0), n)
    if "v" in rule:
        return together.tabulate(lambda s: len(s) ** 2, n)
    return together.tabulate(lambda s: len(s) >= 9 and set(s) >= set(range(5)), n)


def tables(n):
    return arrays(float, 1 << n, elements=st.integers(-20, 20).map(float))


def some_tables(low=1, high=5):
    return st.integers(low, high).flatmap(tables)


@pytest.mark.parametrize("row", KNOWN, ids=[row["game"] for row in KNOWN])
def test_shapley_of_published_games(row):
    expected = json.loads(row["shapley"])
    if isinstance(expected, dict):
        expected = [expected["permanent"]] * 5 + [expected["nonpermanent"]] * 10
    assert together.shapley(game(row)) == pytest.approx(expected, abs=1e-12)


def test_security_council_by_counting():
    """A temporary member is pivotal with the five and three others before it."""
    temporary = math.comb(9, 3) * math.factorial(8) * math.factorial(6) / math.factorial(15)
    council = game(KNOWN[-1])
    assert together.shapley(council)[-1] == pytest.approx(temporary, abs=1e-12)
    assert not together.supermodular(council)


@pytest.mark.parametrize("row", KNOWN, ids=[row["game"] for row in KNOWN])
def test_sampled_shapley_within_monte_carlo_error(row):
    table, n = game(row), int(row["n_players"])
    mask = np.array([1 << i for i in range(n)])
    estimate = together.sampled(lambda s: table[mask[list(s)].sum()], n, orders=600, seed=7)
    gap = np.abs(estimate.share - together.shapley(table))
    assert np.all(gap <= 4.5 * estimate.error + 1e-12 + 0.02 * (estimate.error == 0))
    assert estimate.share.sum() == pytest.approx(table[-1] - table[0])


def test_sampled_beyond_the_table():
    """|S|**2 with 40 practices: each gets 40, but no table of 2**40 is possible."""
    estimate = together.sampled(lambda s: len(s) ** 2, 40, orders=400, seed=1)
    assert np.all(np.abs(estimate.share - 40) < 4.5 * estimate.error)
    again = together.sampled(lambda s: len(s) ** 2, 40, orders=400, seed=1)
    assert np.array_equal(estimate.share, again.share)
    with pytest.raises(ValueError, match="sampled"):
        together.tabulate(len, 17)


@few
@given(st.integers(0, 63), st.integers(1, 63))
def test_unanimity_games(carrier, asked):
    """v(S) = 1 if S holds the carrier: one dividend, and closed interaction indices."""
    v = together.tabulate(lambda s: sum(1 << i for i in s) & carrier == carrier, 6)
    assert np.array_equal(together.dividends(v), np.arange(64) == carrier)
    group = together.members(asked)
    expected = 0.0
    if asked & carrier == asked:
        expected = 1 / (carrier.bit_count() - len(group) + 1)
    assert together.interaction(v, group) == pytest.approx(expected)


@few
@given(some_tables(2, 5))
def test_interaction_of_pairs_by_definition(v):
    """The weighted mean of second differences, Grabisch and Roubens (1999)."""
    n = v.size.bit_length() - 1
    for i, j in combinations(range(n), 2):
        rest = [k for k in range(n) if k not in (i, j)]
        weight = [
            math.factorial(n - m.bit_count() - 2) * math.factorial(m.bit_count())
            / math.factorial(n - 1)
            for m in range(1 << len(rest))
        ]  # fmt: skip
        expected = np.dot(weight, together.second_differences(v, i, j))
        assert together.interaction(v, (i, j)) == pytest.approx(expected, abs=1e-9)


@few
@given(some_tables())
def test_shapley_is_efficient_and_of_order_one(v):
    n = v.size.bit_length() - 1
    share = together.shapley(v)
    assert share.sum() == pytest.approx(v[-1] - v[0])
    assert share == pytest.approx([together.interaction(v, (i,)) for i in range(n)])


@few
@given(tables(4), st.permutations(range(4)))
def test_shapley_follows_a_renaming(v, order):
    """Symmetry: who is called what does not matter."""
    renamed = together.tabulate(lambda s: v[sum(1 << order[i] for i in s)], 4)
    assert together.shapley(renamed) == pytest.approx(together.shapley(v)[list(order)])


@few
@given(tables(4), st.integers(-9, 9))
def test_dummy_gets_its_own(v, own):
    """A practice that adds the same everywhere gets just that and interacts with none."""
    wider = np.concatenate([v, v + own])
    assert together.shapley(wider) == pytest.approx([*together.shapley(v), own])
    for i in range(4):
        assert together.interaction(wider, (i, 4)) == pytest.approx(0, abs=1e-9)


@few
@given(tables(4), tables(4))
def test_shapley_adds(v, w):
    assert together.shapley(v + w) == pytest.approx(together.shapley(v) + together.shapley(w))
    both = together.shapley(np.stack([v, w]))
    assert both == pytest.approx(np.stack([together.shapley(v), together.shapley(w)]))


@few
@given(some_tables(0, 6))
def test_moebius_round_trip(v):
    assert together.from_dividends(together.dividends(v)) == pytest.approx(v)
    n = v.size.bit_length() - 1
    d = [
        sum((-1) ** (s ^ t).bit_count() * v[t] for t in range(1 << n) if t & s == t)
        for s in range(1 << n)
    ]
    assert together.dividends(v) == pytest.approx(d)


def test_moebius_at_sixteen():
    v = np.random.default_rng(3).normal(size=1 << 16)
    assert together.from_dividends(together.dividends(v)) == pytest.approx(v, abs=1e-9)
    assert together.shapley(v).sum() == pytest.approx(v[-1] - v[0])


mostly_complements = st.tuples(
    arrays(float, 16, elements=st.integers(0, 5).map(float)), st.integers(-2, 0)
)


@few
@given(mostly_complements, st.integers(0, 15))
def test_supermodular_by_definition(made, where):
    d, dent = made
    d[where] += dent
    v = together.from_dividends(d)
    pairs = [(s, t) for s in range(16) for t in range(16)]
    defined = all(v[s | t] + v[s & t] >= v[s] + v[t] - 1e-9 for s, t in pairs)
    assert together.supermodular(v) == defined
    apart = all(v[s | t] >= v[s] + v[t] - 1e-9 for s, t in pairs if s & t == 0)
    assert together.superadditive(v) == apart


def test_textbook_signs():
    """Gloves match across sides and crowd out within; costs of an airport are submodular."""
    glove = game(KNOWN[1])
    assert together.interaction(glove, (0, 1)) > 0 > together.interaction(glove, (1, 2))
    airport = game(KNOWN[9])
    assert together.supermodular(-airport)
    assert not together.supermodular(airport)
    assert together.supermodular(game(KNOWN[11]))  # |S|**2 is convex in size


def test_four_practices_by_hand():
    v = together.worth_table(Practices())
    assert v[-1] == pytest.approx(1.1 * 1.2 * 1.3 * 1.4 - 1)
    assert v[-1] == pytest.approx(1.4024)
    assert together.surplus(v) == pytest.approx(0.4024)
    assert together.alone(v) == pytest.approx(G)
    assert together.removed(v) == pytest.approx([2.4024 * g / (1 + g) for g in G])


@few
@given(st.lists(st.floats(0, 1), min_size=1, max_size=6), st.floats(-1, 4))
def test_dividends_of_the_practices(gains, pair):
    """Closed form at scale 1: pair ** (size - 1) times the product of the gains."""
    v = together.worths(gains, pair)
    for mask in range(1, v.size):
        inside = together.members(mask)
        closed = pair ** (len(inside) - 1) * math.prod(gains[i] for i in inside)
        assert together.dividends(v)[mask] == pytest.approx(closed, abs=1e-9)
    assert together.supermodular(v, tolerance=1e-9) or pair < 0
    if abs(pair) > 1e-6:  # below, this quotient loses its digits and the model's sum does not
        product = math.prod(1 + pair * g for g in gains)
        assert v[-1] == pytest.approx((product - 1) / pair, rel=1e-6, abs=1e-6)


def test_scale_is_a_convex_function_of_the_sum():
    """No complementarity, increasing returns: supermodular, and blind to the make-up of size."""
    v = together.worths(G, 0.0, 1.5)
    assert v == pytest.approx(
        [(1 + sum(G[i] for i in together.members(m))) ** 1.5 - 1 for m in range(16)]
    )
    assert together.supermodular(v)
    assert not together.supermodular(together.worths(G, 0.0, 0.8))
    assert v[0b0011] == pytest.approx(v[0b0100])  # 10% and 20% against 30%
    assert together.worths(G)[0b0011] > together.worths(G)[0b0100]


def test_split_and_scale_alone():
    assert together.split(Practices()) == pytest.approx((0, 0.4024))
    scale, synergy = together.split(Practices(pair=0, scale=1.6))
    assert scale == pytest.approx(2**1.6 - 1 - sum((1 + g) ** 1.6 - 1 for g in G))
    assert synergy == 0
    power = together.scale_alone(Practices())
    assert 2**power - 1 - sum((1 + g) ** power - 1 for g in G) == pytest.approx(0.4024)
    with pytest.raises(ValueError, match="no returns to size"):
        together.scale_alone(Practices(pair=10, scale=3))


def test_worths_broadcast():
    grid = together.worths(G, np.array([0.0, 1.0, 2.0])[:, None], np.array([1.0, 1.5]))
    assert grid.shape == (3, 2, 16)
    assert grid[1, 1] == pytest.approx(together.worths(G, 1.0, 1.5))


def test_peaks_of_the_imitator():
    """By hand: no practice pays alone, all four do, and nothing between is a place to rest."""
    profit = together.net(together.worths(G, 2.5), 0.45)
    assert together.alone(profit) == pytest.approx([-0.35, -0.25, -0.15, -0.05])
    assert profit[-1] == pytest.approx((1.25 * 1.5 * 1.75 * 2 - 1) / 2.5 - 1.8)
    assert together.peaks(profit) == [0, 15]
    assert together.peaks(together.net(together.worths(G, 0), 0.25)) == [0b1100]


def test_supermodular_profit_makes_the_last_step_the_best():
    """With complements, what a practice adds never falls as others join (Topkis)."""
    table = together.imitate("in_home", 0.45, 2.5)
    assert table["profit"] == pytest.approx([0, -0.35, -0.3, 0, 0.425])
    assert table["forecast"] == pytest.approx([0, -0.35, -0.4, -0.55, -0.8])
    assert table["practice"] == ["None", "In-home IoT", "Channels", "Portfolio", "Design"]


def test_districts_against_textbook_sample_sizes():
    """Half a standard deviation needs 63 a group (normal approximation, Cohen 1988)."""
    assert together.districts(0.5, 1) / 2 == pytest.approx(62.79, abs=0.01)
    assert together.districts(0.5, 1, 2) == pytest.approx(4 * together.districts(0.5, 1, 1))
    halved = together.districts(0.25, 1, 2) / together.districts(0.5, 1, 1)
    assert halved == pytest.approx(16)  # an interaction half as large: sixteen times as many


def test_districts_in_simulation():
    random = np.random.default_rng(11)
    cell = round(float(together.districts(0.5, 1, 2)) / 4)
    y = random.normal(size=(2000, 2, 2, cell))
    y[:, 1, 1] += 0.5
    mean = y.mean(axis=-1)
    found = mean[:, 1, 1] - mean[:, 1, 0] - mean[:, 0, 1] + mean[:, 0, 0]
    assert np.mean(np.abs(found) > 1.96 * np.sqrt(4 / cell)) == pytest.approx(0.8, abs=0.03)


@few
@given(
    st.sampled_from([-1.0, 0.0, 0.5, 2.0]), st.sampled_from([0.8, 1.0, 1.2]),
    st.lists(st.booleans(), min_size=4, max_size=4), st.sampled_from(["even", "uneven"]),
)  # fmt: skip
def test_credit_table(pair, scale, on, gains):
    table = together.credit(pair, scale, *on, gains=gains)
    assert {len(column) for column in table.values()} == {12}
    first, shared, last = np.array(table["rise"]).reshape(3, 4)
    assert np.all(first[~np.array(on)] == 0)
    whole = together.worths(np.array(on) * together.PROFILES[gains], pair, scale)[-1]
    assert shared.sum() == pytest.approx(whole)
    if pair >= 0 and scale >= 1:
        assert np.all(first <= shared + 1e-12)
        assert np.all(shared <= last + 1e-12)


def test_tables_of_sixteen():
    table = together.sixteen(Practices())
    assert {len(column) for column in table.values()} == {16}
    assert table["subset"][0] == "None"
    assert table["subset"][0b1010] == "Design + Channels"
    assert len(set(zip(table["home"], table["shop"], strict=True))) == 16
    assert sum(table["dividend"]) == pytest.approx(1.4024)
    twins = together.twins(0.0, 1.4)
    assert twins["sales"] == pytest.approx(twins["twin"])
    assert np.all(np.diff(twins["size"]) >= -1e-12)
    assert np.all(np.array(together.twins(1.0, 1.4)["sales"]) >= np.array(twins["twin"]) - 1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: together.shapley([0, 1, 2]), r"2\*\*n"),
        (lambda: together.shapley(5.0), r"2\*\*n"),
        (lambda: together.worths([0.1, -0.1]), "gains"),
        (lambda: together.worths([2.0], -1.0), "pair x gain"),
        (lambda: together.worths(G, 1.0, 0.0), "scale"),
        (lambda: together.interaction(np.zeros(4), ()), "one or more"),
        (lambda: together.interaction(np.zeros(4), (0, 2)), "practices"),
        (lambda: together.second_differences(np.zeros(4), 1, 1), "different"),
        (lambda: together.net(np.zeros(4), -1), "cost"),
        (lambda: together.districts(0, 1), "effect"),
        (lambda: together.sampled(len, 0), "n = 0"),
    ],
)
def test_errors_name_what_was_expected(call, words):
    with pytest.raises(ValueError, match=words):
        call()


LABS = {
    "credit": Lab(
        12,
        {"pair": (0, 2), "scale": (1, 1.5), **dict.fromkeys(Practices._fields[:4], (True, False))},
    ),
    "imitate": Lab(5, {"first": Practices._fields[:4], "cost": (0, 0.6), "pair": (0, 2)}),
    "twins": Lab(16, {"pair": (0, 2), "scale": (1, 1.5)}),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(together, charts, name)


def test_what_the_chapter_says_of_a_low_cost():
    """Strongest first, mild complements: no step but the last loses, and three beat four."""
    profit = together.imitate("channels", 0.3, 1.0)["profit"]
    assert profit == pytest.approx([0, 0.1, 0.22, 0.284, 0.2024])
