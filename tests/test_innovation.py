"""Generations, their timing and search: conservation, limits and counts made elsewhere."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from coalescence.charts import innovation as charts
from coalescence.lab import drawing
from coalescence.models import innovation
from coalescence.models.cocreation import landscapes
from coalescence.models.innovation import Successor
from coalescence.models.rise import bass_share
from tests.labs import Lab

few = settings(max_examples=30, deadline=None)
rates = st.floats(0.005, 0.1), st.floats(0.05, 1.0)
T = np.linspace(0, 30, 61)


# --- generations ---


def test_one_generation_is_bass() -> None:
    alone = innovation.generations(T, [0], [50], 0.03, 0.38)
    np.testing.assert_allclose(alone[0], 50 * bass_share(T, 0.03, 0.38))


def test_norton_bass_as_printed() -> None:
    """The three equations of Norton and Bass (1987), written out for three generations."""
    p, q, m = 0.02, 0.5, (100.0, 40.0, 60.0)
    f1, f2, f3 = (bass_share(T - tau, p, q) for tau in (0, 4, 9))
    expected = [
        f1 * m[0] * (1 - f2),
        f2 * (m[1] + f1 * m[0]) * (1 - f3),
        f3 * (m[2] + f2 * (m[1] + f1 * m[0])),
    ]
    np.testing.assert_allclose(innovation.generations(T, [0, 4, 9], m, p, q), expected)


@few
@given(*rates, st.lists(st.tuples(st.floats(0, 8), st.floats(0, 100)), min_size=1, max_size=6))
def test_users_are_conserved(p: float, q: float, lines: list[tuple[float, float]]) -> None:
    launches = np.cumsum([gap for gap, _ in lines])
    added = [m for _, m in lines]
    users = innovation.generations(T, list(launches), added, p, q)
    everybody = sum(
        m * bass_share(T - launch, p, q) for m, launch in zip(added, launches, strict=True)
    )
    np.testing.assert_allclose(users.sum(axis=0), everybody, atol=1e-9)
    assert (users >= 0).all()
    late = innovation.generations(1e4, list(launches), added, p, q)
    np.testing.assert_allclose(late[-1], sum(added), atol=1e-9)  # the last one has them all
    np.testing.assert_allclose(late[:-1], 0, atol=1e-9)


@few
@given(*rates, st.floats(0.1, 10))
def test_generations_know_no_units(p: float, q: float, unit: float) -> None:
    """A clock that runs `unit` times faster needs rates that much smaller."""
    users = innovation.generations(T, [0, 3], [9, 5], p, q)
    other = innovation.generations(T * unit, [0, 3 * unit], [9, 5], p / unit, q / unit)
    np.testing.assert_allclose(users, other, atol=1e-9)


@pytest.mark.parametrize(
    ("launches", "added", "message"),
    [
        ([0, 3], [1], "a launch and a potential each"),
        ([], [], "a launch and a potential each"),
        ([3, 0], [1, 1], "time between launches = -3"),
        ([0], [-1], "added = -1"),
    ],
)
def test_generations_say_what_is_wrong(
    launches: list[float], added: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        innovation.generations(1.0, launches, added, 0.03, 0.4)


# --- timing ---


def by_quadrature(line: Successor, delay: float) -> float:
    def profit(t: float) -> float:
        old, new = innovation.generations(t, [0, delay], [line.old, line.new], line.p, line.q)
        return float(np.exp(-line.rate * t) * (line.old_margin * old + line.new_margin * new))

    value = quad(profit, 0, delay)[0] + quad(profit, delay, line.horizon)[0]
    return value - line.cost * np.exp(-line.rate * delay) * (delay < line.horizon)


@few
@given(st.floats(0, 80), st.floats(0.3, 2), st.floats(0, 400), st.floats(0, 0.3), st.floats(0, 20))
def test_worth_is_the_discounted_margin(
    new: float, margin: float, cost: float, rate: float, delay: float
) -> None:
    line = Successor(new=new, new_margin=margin, cost=cost, rate=rate)
    assert innovation.worth(line, delay) == pytest.approx(by_quadrature(line, delay), abs=0.01)


def test_worth_takes_arrays() -> None:
    delays = np.array([[0.0, 2.5], [10, 20]])
    table = innovation.worth(Successor(), delays)
    for place in product((0, 1), (0, 1)):
        assert table[place] == pytest.approx(innovation.worth(Successor(), float(delays[place])))


@few
@given(st.floats(1, 80), st.floats(0, 400), st.floats(0.02, 0.2), st.floats(0.3, 1))
def test_a_cannibal_comes_early_or_not_at_all(
    new: float, cost: float, rate: float, margin: float
) -> None:
    """Wilson and Norton (1989), for a line extension that earns no more on a user."""
    line = Successor(new=new, cost=cost, rate=rate, new_margin=margin, horizon=60)
    assert innovation.best_delay(line) in (0, 60)


def test_a_better_earner_may_wait_for_the_old_one() -> None:
    line = Successor(new=0, new_margin=2, cost=350)
    assert 0 < innovation.best_delay(line) < 5
    assert innovation.best_delay(line._replace(cost=100)) == 0
    assert innovation.best_delay(line._replace(cost=900)) == line.horizon


def test_worth_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="delay = 21 is out of range"):
        innovation.worth(Successor(), 21)
    with pytest.raises(ValueError, match="cost = -1"):
        innovation.worth(Successor(cost=-1), 1)


# --- search ---


def test_steps_without_links_in_closed_form() -> None:
    """Each feature is right once it has been tried: it lacks half its gap (1 - 1/N)^t till then."""
    quality = landscapes(6, 0, 5).quality
    weeks = 30
    found = innovation.search(quality, ["step"] * weeks)
    top, bottom = quality.max(axis=-1), quality.min(axis=-1)
    wait = (1 - 1 / 6) ** np.arange(weeks + 1)
    np.testing.assert_allclose(found, top[:, None] - (top - bottom)[:, None] / 2 * wait)


@few
@given(st.integers(0, 5), st.integers(1, 12))
def test_jumps_are_the_best_of_so_many_draws(links: int, jumps: int) -> None:
    quality = landscapes(6, links, 3).quality
    found = innovation.search(quality, ["jump", ""] * jumps)[:, -1]
    ordered = np.sort(quality, axis=-1)
    chance = np.diff((np.arange(65) / 64) ** (jumps + 1))  # the largest of jumps + 1 draws
    np.testing.assert_allclose(found, ordered @ chance)


def test_steps_end_on_a_peak() -> None:
    """A walk simulated one by one ends as high as the distribution says."""
    quality = landscapes(6, 3, 1).quality[0]
    random = np.random.default_rng(7)
    ends = []
    for _ in range(2000):
        place = random.integers(64)
        for bit in 1 << random.integers(6, size=40):
            place = max(place, place ^ bit, key=lambda v: quality[v])
        ends.append(quality[place])
    exact = innovation.search(quality, ["step"] * 40)[-1]
    assert exact == pytest.approx(np.mean(ends), abs=4 * np.std(ends) / np.sqrt(2000))


@few
@given(st.lists(st.sampled_from(["step", "jump", ""]), max_size=20), st.integers(0, 5))
def test_search_never_falls_back(plan: list[str], links: int) -> None:
    quality = landscapes(6, links, 3).quality
    found = innovation.search(quality, plan)
    assert found.shape == (3, len(plan) + 1)
    assert (np.diff(found, axis=-1) >= -1e-12).all()
    assert (found <= quality.max(axis=-1, keepdims=True) + 1e-12).all()
    np.testing.assert_allclose(found[:, 0], quality.mean(axis=-1))
    np.testing.assert_allclose(innovation.search(10 * quality, plan), 10 * found)


def test_equally_good_versions_lose_nobody() -> None:
    assert innovation.search([0.5, 0.5, 0.5, 0.5], ["step", "jump"]) == pytest.approx([0.5] * 3)


def test_search_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="stride = 'leap' is unknown"):
        innovation.search([1.0, 2.0], ["leap"])


@given(st.integers(2, 12), st.integers(0, 60))
def test_features_tried_are_what_steps_have_gained(features: int, weeks: int) -> None:
    """Without links quality closes the gap to the best exactly as features get tried."""
    quality = landscapes(features, 0, 2).quality
    found = innovation.search(quality, ["step"] * weeks)[:, -1]
    start, top = quality.mean(axis=-1), quality.max(axis=-1)
    gained = (found - start) / (top - start)
    np.testing.assert_allclose(gained, innovation.tried(features, weeks), atol=1e-9)


# --- how soon they give way ---


def test_years_in_use_by_hand() -> None:
    """All of the latest year and half of the one before; nothing; everything."""
    assert innovation.years_in_use([10, 20, 30], 40) == pytest.approx(1.5)
    assert innovation.years_in_use([10, 20, 30], 0) == 0
    assert innovation.years_in_use([10, 20, 30], 60) == 3


@given(st.floats(0.2, 9), st.floats(0.5, 1.5))
def test_years_in_use_finds_the_life_that_was_put_in(life: float, growth: float) -> None:
    sold = 100 * growth ** np.arange(12)
    whole = int(life)
    in_use = sold[12 - whole :].sum() + (life - whole) * sold[11 - whole]
    assert innovation.years_in_use(sold, in_use) == pytest.approx(life)


@given(st.floats(1, 9), st.floats(10, 90), st.floats(0.01, 0.9))
def test_random_life_finds_the_chance_that_was_put_in(
    life: float, before: float, growth: float
) -> None:
    """So many are given up that the mean of the stock leaves once in a life."""
    after = before * (1 + growth)
    given_up = (before + after) / 2 / life
    sold = after - before + given_up
    assert innovation.random_life(sold, before, after) == pytest.approx(life)


def test_the_two_readings_err_in_opposite_directions() -> None:
    """Growth that ends, lives that do not change: one reading rises, the other falls."""
    sold = np.append(100 * 1.5 ** np.arange(12), np.full(12, 100 * 1.5**11))
    stock = [0.0]
    for flow in sold:  # a quarter of the year's mean stock is given up in it
        stock.append((stock[-1] * (1 - 0.125) + flow) / (1 + 0.125))
    readings = [innovation.years_in_use(sold[:n], stock[n]) for n in (12, 24)]
    assert readings[1] > readings[0] + 1
    alike = np.convolve(sold, np.ones(4))[: sold.size]  # every phone lasts four years
    readings = [innovation.random_life(sold[n], alike[n - 1], alike[n]) for n in (11, 23)]
    assert readings[1] < readings[0] - 1
    assert readings[1] == pytest.approx(4)


def test_use_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="in_use = 11"):
        innovation.years_in_use([4, 6], 11)
    with pytest.raises(ValueError, match="sold = -1"):
        innovation.years_in_use([-1, 6], 2)
    with pytest.raises(ValueError, match="given up = -1"):
        innovation.random_life(2, 5, 8)
    with pytest.raises(ValueError, match="features = 0"):
        innovation.tried(0, 3)


# --- labs and charts ---


LABS = {
    "succession": Lab(46, {"gap": (0.5, 5), "added": (0, 100), "q": (0.2, 1)}),
    "timing": Lab(41, {"added": (0, 60), "margin": (0.5, 2), "cost": (0, 400)}),
    "strides": Lab(53, {"others": (0, 9), "interval": (1, 13)}),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name: str) -> None:
    LABS[name].holds(innovation, charts, name)


def test_sentences() -> None:
    words = [
        charts.say_timing(pd.DataFrame(innovation.timing(**s)), **s)
        for s in (
            {"added": 40, "margin": 1, "cost": 50},
            {"added": 40, "margin": 1, "cost": 400},
            {"added": 0, "margin": 2, "cost": 350},
        )
    ]
    assert ["at once" in words[0], "never" in words[1], "after 1" in words[2]] == [True] * 3


def test_research_is_drawn() -> None:
    table = pd.DataFrame({"year": [2023, 2024], "value": [19.1, 24.1], "share": [0.07, 0.066]})
    assert "Xiaomi" in drawing(charts.research, table).words


def test_years_in_use_are_drawn() -> None:
    table = pd.DataFrame({"year": [2023, 2024], "equal": [4.1, 4.3], "random": [7.1, 6.3]})
    assert "surveys" in drawing(lambda t: charts.years_in_use(t, 1.8, 3.6), table).words
