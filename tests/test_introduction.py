"""Winners and cases: against simulation, Bayes' rule on counts, and known limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalescence import data
from coalescence.charts import introduction as charts
from coalescence.lab import drawing
from coalescence.models import introduction
from coalescence.models.introduction import Practice
from tests.labs import Lab

SHARES = st.floats(0.01, 0.99)


def test_winners_agree_with_a_simulation():
    practice, firms = Practice(-0.5, 2.0, 0.5), 400_000
    random = np.random.default_rng(7)
    follow = random.random(firms) < practice.share
    performance = random.normal(size=firms) * np.where(follow, 2.0, 1.0) - 0.5 * follow
    best = np.argsort(performance)[-firms // 100 :]
    error = np.sqrt(0.25 / best.size)
    assert introduction.among_winners(practice, 0.01) == pytest.approx(
        follow[best].mean(), abs=4 * error
    )


def test_a_risky_practice_that_harms_fills_the_top_and_the_bottom():
    """Denrell 2003: riskier practices look better among the best."""
    risky = Practice(mean=-0.5, spread=2.0)
    shares = [introduction.among_winners(risky, top) for top in (0.5, 0.1, 0.01, 0.001)]
    assert np.all(np.diff(shares) > 0)
    assert shares[2] > 0.8
    mirrored = introduction.above(risky, -introduction.bar(risky, 0.01))
    lost = risky.share - mirrored[0], 1 - risky.share - mirrored[1]
    assert lost[0] / sum(lost) > 0.8


@given(st.floats(-1, 1), st.floats(0.2, 3), SHARES)
def test_the_bar_is_passed_by_just_the_top(mean, spread, top):
    practice = Practice(mean, spread)
    assert sum(introduction.above(practice, introduction.bar(practice, top))) == pytest.approx(top)


@given(SHARES, SHARES)
def test_a_practice_without_effect_is_as_common_among_winners_as_elsewhere(top, share):
    practice = Practice(0.0, 1.0, share)
    assert introduction.among_winners(practice, top) == pytest.approx(share)
    assert introduction.likelihood_ratio(0.0, top, share) == pytest.approx(1)


def test_densities_add_up_to_one():
    x = np.linspace(-30, 30, 6001)
    assert np.trapezoid(sum(introduction.density(Practice(0.5, 2.5, 0.3), x)), x) == pytest.approx(
        1, abs=1e-6
    )


def test_belief_is_bayes_rule_on_counts():
    """Of 100 practices 30 work; winners follow 8 in 10 of these, and 4 in 10 of the rest."""
    working, idle = 30 * 0.8, 70 * 0.4
    assert introduction.belief(0.3, 0.8 / 0.4) == pytest.approx(working / (working + idle))
    assert introduction.belief(0.3, 2.0, 0) == pytest.approx(0.3)


@given(SHARES, st.floats(1.05, 5))
def test_the_cases_needed_make_it_just_sure(prior, ratio):
    needed = introduction.cases_needed(prior, ratio)
    assert introduction.belief(prior, ratio, needed) == pytest.approx(0.95)


def test_no_number_of_cases_shows_what_winners_do_no_more_often():
    assert introduction.cases_needed(0.5, 1.0) == np.inf


@pytest.mark.parametrize(
    "call",
    [
        lambda: introduction.bar(Practice(), 0.0),
        lambda: introduction.bar(Practice(), 1.0),
        lambda: introduction.above(Practice(spread=0.0), 1.0),
        lambda: introduction.density(Practice(share=1.2), 1.0),
        lambda: introduction.belief(1.2, 2.0),
    ],
)
def test_what_is_out_of_range_is_named(call):
    with pytest.raises(ValueError, match=r"(top|spread|share|prior) = .* is out of range"):
        call()


LABS = {
    "winners": Lab(61, {"mean": [-1.0, 0.0, 1.0], "spread": [0.5, 2.5], "top": [0.01, 0.5]}),
    "cases": Lab(31, {"prior": [0.1, 0.9], "effect": [0.25, 1.5], "top": [0.01, 0.5]}),
}


@pytest.mark.parametrize("name", LABS)
def test_a_lab_holds(name):
    LABS[name].holds(introduction, charts, name)


def test_the_densities_stay_within_the_chart():
    for spread in (0.5, 2.5):
        table = introduction.winners(1.0, spread, 0.01)
        assert max(table["follow"].max(), table["rest"].max()) <= 0.42


def test_the_figure_of_the_references_counts_them():
    found = data.table("document002")
    assert sorted(found.ref) == list(range(1, 26))
    counts = found.judgement.value_counts()
    words = charts.references(found).to_dict()["description"]
    assert all(f"{counts.get(name, 0)} {name}" in words for name in charts.VERDICTS)
    assert drawing(charts.references, found[["ref", "judgement"]]).words == words
