"""Partners against the neighbours' models, simulation, a published chain and scipy."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog
from scipy.stats import norm

from coalescence import data
from coalescence.charts import partners as charts
from coalescence.lab import drawing
from coalescence.models import equity, partners, selection, trust
from coalescence.models.partners import Bond, Partner, Way
from coalescence.models.selection import Candidates
from tests.labs import Lab

shares = st.floats(0, 1)
open_shares = st.floats(0, 0.99)
circles = st.floats(0.1, 50)

# --- well chosen ---


@pytest.mark.parametrize(
    ("number", "chosen", "insight", "bar"), [(50, 20, 0.8, 0.5), (30, 3, 0.4, 1.0)]
)
def test_good_by_simulation(number, chosen, insight, bar):
    rng = np.random.default_rng(5)
    shown = rng.normal(size=(40_000, number))
    best = np.sort(shown, axis=1)[:, -chosen:]
    true = insight * best + np.sqrt(1 - insight**2) * rng.normal(size=best.shape)
    found = partners.good(Candidates(number, insight), chosen, bar)
    assert found == pytest.approx((true > bar).mean(), abs=0.004)


@given(st.floats(0, 0.95), st.floats(-2, 2))
def test_taking_all_or_knowing_nothing_is_taking_at_random(insight, bar):
    everyone = partners.good(Candidates(20, insight), 20, bar)
    assert everyone == pytest.approx(norm.sf(bar), abs=1e-6)
    assert partners.good(Candidates(200, 0.0), 7, bar) == pytest.approx(norm.sf(bar), abs=1e-6)


@given(st.floats(0, 0.9), st.floats(0.01, 0.09), st.floats(0, 1))
def test_more_insight_chooses_better(insight, more, bar):
    less = partners.good(Candidates(50, insight), 5, bar)
    assert partners.good(Candidates(50, insight + more), 5, bar) >= less


def test_good_is_the_tail_of_the_selection_models_mean():
    """Summed over all bars the chances give `selection.secured` back."""
    bars = np.linspace(0, 8, 401)
    above = np.array([partners.good(Candidates(40, 0.7), 10, bar) for bar in bars])
    below = np.array([1 - partners.good(Candidates(40, 0.7), 10, -bar) for bar in bars])
    mean = np.trapezoid(above - below, bars)
    assert mean == pytest.approx(selection.secured(Candidates(40, 0.7), 10), abs=1e-5)


def test_good_broadcasts_and_knows_units():
    many = partners.good(Candidates(np.array([20.0, 50.0]), 0.8), 20, 0.5)
    assert many[1] == partners.good(Candidates(50.0, 0.8), 20, 0.5)
    wide = partners.good(Candidates(50.0, 0.8, spread=2.0), 20, 1.0)
    assert wide == pytest.approx(many[1])


# --- keeps its word ---


@pytest.mark.parametrize("circle", [1, 2, 5, 20])
def test_least_patience_is_that_of_the_community(circle):
    """All see at once and nothing is owned: Greif's condition, as `trust` solves it."""
    least = trust.community_patience(trust.Game(), np.ones(circle))
    assert partners.keeps(Bond(circle=circle, seen=1.0)) == pytest.approx(1 - least, abs=1e-9)


def test_a_bond_by_hand():
    """T, R, P = 5, 3, 1: the loss is as large as the gain; 0.44 shows, four fifths are owned."""
    assert partners.hold(Bond(circle=5, seen=0.3), 0.2) == pytest.approx(0.44 * 0.8 * 5)
    assert partners.keeps(Bond(circle=5, seen=0.3), 0.2) == pytest.approx(1.76 / 2.76)


@given(circles, open_shares, shares)
def test_no_single_deviation_pays_for_those_who_keep_their_word(circle, seen, stake):
    """At the least discount factor the gain from cheating once is what is lost for ever after."""
    game = trust.Game()
    delta = 1 - partners.keeps(Bond(game, circle, seen), stake)
    shows = seen + (1 - seen) * stake
    lost = (1 - stake) * circle * (game.reward - game.punishment)
    gain = game.temptation - game.reward
    assert shows * lost * delta == pytest.approx(gain * (1 - delta), abs=1e-9 * (1 + lost))


@given(open_shares, circles)
def test_the_binding_stake_is_the_best_on_a_grid(seen, circle):
    grid = np.linspace(0, 1, 2001)
    word = partners.keeps(Bond(circle=circle, seen=seen), grid)
    assert partners.trusting_stake(seen) == pytest.approx(grid[np.argmax(word)], abs=6e-4)


def test_where_cheating_shows_a_stake_only_weakens_the_bond():
    assert partners.trusting_stake(0.5) == 0
    assert partners.trusting_stake(0.8) == 0
    assert partners.trusting_stake(0.0) == 0.5
    word = partners.keeps(Bond(seen=0.6), np.linspace(0, 1, 21))
    assert np.all(np.diff(word) < 0)


@given(st.floats(0.3, 30), st.floats(0, 0.4))
def test_a_stake_and_a_circle_help_each_other_only_below_even_odds(circle, seen):
    """Second difference of the chance: positive below one half, negative above."""
    low, high = 0.01, 0.02
    cells = [
        partners.keeps(Bond(circle=circle * up, seen=seen), stake)
        for up in (1, 1.001)
        for stake in (low, high)
    ]
    bent = cells[3] - cells[2] - cells[1] + cells[0]
    if cells[3] < 0.49:
        assert bent > 0
    if cells[0] > 0.51:
        assert bent < 0


# --- effort and delivery ---


def test_effort_is_equitys_value():
    assert partners.effort(0.5, 0.2) == pytest.approx(0.84)
    stakes = np.linspace(0, 1, 101)
    best = equity.best_stake(equity.Venture(investor=0.5))
    assert stakes[np.argmax(partners.effort(0.5, stakes))] == pytest.approx(best)


@given(st.floats(0.01, 0.99), st.integers(0, 12))
def test_rounds_are_a_geometric_law(once, rounds):
    by_round = [once * (1 - once) ** k for k in range(rounds)]
    assert partners.delivers(once, rounds) == pytest.approx(sum(by_round))


def test_rounds_paid_by_simulation():
    rng = np.random.default_rng(2)
    partner = Partner(rounds=4, cost=1.0)
    well, word, work, made = partners.links(partner)
    wins = rng.random((400_000, 4)) < partner.once
    isgood = rng.random(400_000) < well
    first = np.where(wins.any(axis=1), wins.argmax(axis=1) + 1, 4)
    paid = np.where(isgood, first, 4).mean()
    assert well * word * work * made - partners.worth(partner) == pytest.approx(paid, rel=0.005)


# --- the chain ---


def test_ten_tasks_at_ninety_five_per_cent():
    """Kremer's O-ring: ten tasks done well at 95 % leave 60 % of the product."""
    assert np.prod([0.95] * 10) == pytest.approx(0.60, abs=0.002)
    assert partners.tenth([0.95] * 10) == pytest.approx([0.95**9 / 10] * 10)


@given(arrays(float, 4, elements=st.floats(0.01, 0.9)))
def test_ten_points_pay_most_at_the_weakest_link(chain):
    more = partners.tenth(chain)
    for i in range(4):
        raised = chain.copy()
        raised[i] += 0.1
        assert more[i] == pytest.approx(raised.prod() - chain.prod())
    assert more[np.argmin(chain)] == pytest.approx(more.max())


@given(arrays(float, 4, elements=st.floats(0.01, 0.9)), st.integers(0, 3))
def test_one_per_cent_pays_the_same_at_every_link(chain, where):
    raised = chain.copy()
    raised[where] *= 1.01
    assert raised.prod() == pytest.approx(1.01 * chain.prod())


def test_the_labs_chain_is_the_records():
    table = partners.chain(0.8, 5, 0.2, 3)
    assert table["strength"] == pytest.approx(np.array(partners.links(Partner())))
    assert table["worth"][0] == pytest.approx(partners.worth(Partner()))
    assert table["product"][0] - table["worth"][0] > 0


# --- reputation and equity ---


@given(circles, st.floats(0, 0.9), st.floats(0.1, 1))
def test_best_stake_lies_between_what_binds_and_what_works(circle, seen, help):
    ends = partners.trusting_stake(seen), equity.best_stake(equity.Venture(investor=help))
    best = partners.best_stake(Bond(circle=circle, seen=seen), help)
    assert min(ends) - 1e-4 <= best <= max(ends) + 1e-4


@given(st.floats(0.3, 10), st.floats(0, 0.9), st.floats(0.1, 1))
def test_a_larger_circle_moves_the_stake_towards_what_works(circle, seen, help):
    works = equity.best_stake(equity.Venture(investor=help))
    near, far = (partners.best_stake(Bond(circle=k, seen=seen), help) for k in (circle, 3 * circle))
    assert abs(far - works) <= abs(near - works) + 1e-4
    crowd = partners.best_stake(Bond(circle=1e9, seen=seen), help)
    assert crowd == pytest.approx(works, abs=2e-3)


def test_best_stake_on_a_grid():
    stakes = np.linspace(0, 1, 20001)
    for bond in (Bond(), Bond(circle=1, seen=0.1), Bond(circle=12, seen=0.6)):
        both = partners.keeps(bond, stakes) * partners.effort(0.5, stakes)
        assert partners.best_stake(bond) == pytest.approx(stakes[np.argmax(both)], abs=1e-4)


# --- build, buy or partner ---

ways = st.lists(
    st.builds(Way, st.floats(0.5, 20), st.floats(-0.5, 1)), min_size=1, max_size=4
)  # fmt: skip


@given(ways, st.floats(0, 500), st.floats(0, 60))
def test_the_mix_is_the_linear_programs(options, engineers, categories):
    found = partners.mix(options, engineers, categories)
    need = np.array([way.engineers for way in options])
    gain = np.array([way.kept for way in options])
    best = linprog(-gain, A_ub=[need, np.ones(len(options))], b_ub=[engineers, categories])
    assert found @ gain == pytest.approx(-best.fun, abs=1e-6)
    assert np.all(found >= 0)
    assert found @ need <= engineers + 1e-6
    assert found.sum() <= categories + 1e-6


def test_few_engineers_go_where_most_is_kept_for_each_of_them():
    own, partner = Way(10, 0.8), Way(2, 0.6)
    assert partners.mix((own, partner), 100, 100).tolist() == [0, 50]
    assert partners.mix((own, partner), 1000, 100).tolist() == [100, 0]
    assert partners.mix((own, partner), 600, 100).tolist() == [50, 50]
    assert partners.mix((own, Way(10, 0.7)), 600, 100).tolist() == [60, 0]


def test_the_mix_takes_many_staffs_at_once():
    options = partners.kept(0.8, 0.2, 0.2)
    many = partners.mix(options, [100, 600, 1000], 100)
    assert many.shape == (3, 3)
    assert many[:, 1] == pytest.approx(partners.mix(options, 600, 100))
    assert partners.mix(options, 600, 100).tolist() == [0, 100, 0]


def test_what_is_kept_by_hand():
    partner, bought, own = partners.kept(skill=0.8, stake=0.2, price=0.6)
    assert (partner.kept, bought.kept, own.kept) == pytest.approx((0.6, 0.4, 0.8))
    half = equity.profit_share(equity.Market(), share=partners.SHOP)
    theirs = half.channel + 0.2 * half.partner
    assert theirs / equity.integrated(equity.Market()) == pytest.approx(partner.kept)


# --- errors ---


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: partners.good(Candidates(50, 1.0), 5), "insight"),
        (lambda: partners.good(Candidates(50, 0.5, 0.0), 5), "spread"),
        (lambda: partners.good(Candidates(50, 0.5), 60), "chosen / number"),
        (lambda: partners.keeps(Bond(circle=-1)), "circle"),
        (lambda: partners.keeps(Bond(seen=2)), "seen"),
        (lambda: partners.keeps(Bond(), 1.5), "stake"),
        (lambda: partners.keeps(Bond(trust.Game(3, 3, 1))), "threshold"),
        (lambda: partners.trusting_stake(1.0), "seen"),
        (lambda: partners.delivers(1.5, 2), "once"),
        (lambda: partners.delivers(0.5, -1), "rounds"),
        (lambda: partners.worth(Partner(cost=-1)), "cost"),
        (lambda: partners.worth(Partner(once=0)), "once"),
        (lambda: partners.tenth([0.5, 1.5]), "links"),
        (lambda: partners.mix([Way(0, 1)], 1, 1), "engineers of a way"),
        (lambda: partners.mix([Way(1, 1)], -1, 1), "engineers"),
        (lambda: partners.mix([Way(1, 1)], 1, -1), "categories"),
    ],
)
def test_errors_name_what_was_expected(call, words):
    with pytest.raises(ValueError, match=words):
        call()


# --- what the labs open ---

LABS = {
    "chain": Lab(
        4,
        {"insight": (0.2, 0.8), "circle": (1, 9), "stake": (0, 0.2, 0.5), "rounds": (1, 3, 6)},
    ),
    "bind": Lab(15, {"seen": (0, 0.3, 0.4, 0.6), "help": (0.25, 0.5, 1)}),
    "enter": Lab(39, {"skill": (0.4, 0.8, 1), "stake": (0, 0.2, 0.5), "price": (0.2, 0.6, 0.8)}),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(partners, charts, name)


def test_a_chain_that_costs_more_than_it_brings():
    table = pd.DataFrame(partners.chain(0.2, 1, 0.5, 6))
    table["worth"] = -0.01
    assert "less than the help costs" in charts.say_chain(table)


def test_what_is_said_of_reputation_and_equity():
    def said(seen, help):
        return charts.say_bind(pd.DataFrame(partners.bind(seen, help)), seen=seen, help=help)

    assert said(0.1, 0.5).endswith("reputation replaces equity.")
    assert said(0.6, 0.5).endswith("reputation makes room for equity.")
    assert said(0.375, 0.5).endswith("reputation leaves equity alone.")


def test_the_band_of_reported_stakes_and_the_counts_are_drawn():
    table = pd.DataFrame(partners.bind(0.3, 0.5))
    layers = len(drawing(charts.bind, table).spec["layer"])
    banded = drawing(lambda rows: charts.bind(rows, 0.1, 0.25), table)
    assert len(banded.spec["layer"]) == layers + 1
    rows = data.table("partners")
    counted = rows[rows.metric.isin(charts.COUNTED)]
    assert "products on sale" in charts.counts(counted).to_dict()["description"]
