"""The community against sums, limits, direct integration and simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp
from scipy.stats import norm

from coalescence import data
from coalescence.charts import community as charts
from coalescence.models import community, rise
from coalescence.models.community import Event, Members, Recognition
from tests.labs import Lab

# --- participation ---


@given(st.integers(1, 3000), st.floats(0, 4), st.floats(0, 1))
@settings(max_examples=50, deadline=None)
def test_top_share_is_a_ratio_of_harmonic_sums(n, s, share):
    part = np.arange(1, n + 1, dtype=float) ** -s
    top = part[: round(share * n)].sum() / part.sum()
    assert community.top_share(Members(n, s), share) == pytest.approx(top, abs=1e-9)


def test_zipfs_law_of_ten_thousand():
    """H(100) / H(10000) = 5.1874 / 9.7876: the top 1 % bring 53 %, not yet 90 %."""
    harmonic = {100: 5.187377517639621, 1000: 7.485470860550345, 10_000: 9.787606036044348}
    for share, count in ((0.01, 100), (0.1, 1000)):
        expected = harmonic[count] / harmonic[10_000]
        assert community.top_share(Members(), share) == pytest.approx(expected)


def test_ninety_nine_to_one_needs_a_steeper_law_than_zipfs():
    exponent = community.exponent_for(10_000, 0.01, 0.9)
    assert exponent == pytest.approx(1.42, abs=0.01)
    assert community.top_share(Members(10_000, exponent), 0.01) == pytest.approx(0.9)


@given(st.integers(1, 3000), st.floats(0, 4), st.floats(0.05, 0.95))
@settings(max_examples=40, deadline=None)
def test_voices_are_the_fewest_that_suffice(n, s, part):
    members = Members(n, s)
    few = community.voices(members, part)
    assert community.top_share(members, few / n) >= part - 1e-9
    assert few == 1 or community.top_share(members, (few - 1) / n) < part + 1e-9


def test_half_of_a_zipf_community_is_brought_by_about_the_root_of_its_number():
    """H(74) = 4.8880 < 9.7876 / 2 = 4.8938 < H(75) = 4.9014."""
    assert community.voices(Members()) == 75
    for n in (100, 10_000, 1_000_000):
        root = np.sqrt(n) * np.exp(-np.euler_gamma / 2)
        assert community.voices(Members(n)) == pytest.approx(root, abs=1)
    assert community.voices(Members(1000, 0)) == 500
    assert community.voices(Members(1_000_000, 1.5)) == community.voices(Members(10_000, 1.5)) == 2


def test_groups_of_a_zipf_community():
    assert community.groups(10_000, 1.0)["part"] == pytest.approx([0.530, 0.235, 0.235], abs=1e-3)


@given(st.floats(0, 3), st.floats(0.05, 1))
@settings(max_examples=30, deadline=None)
def test_steeper_laws_are_less_equal(s, more):
    assert community.top_share(Members(500, s + more), 0.1) > community.top_share(
        Members(500, s), 0.1
    )


# --- recognition ---


@pytest.mark.parametrize("u", [-3.0, -1.0, 0.0, 0.5, 2.0, 3.0])
@pytest.mark.parametrize("spread", [0.5, 1.0, 4.0])
def test_esteem_is_the_difference_of_two_means(u, spread):
    above = quad(lambda v: v * norm.pdf(v, 0, spread), u * spread, 12 * spread)[0]
    difference = above / norm.sf(u) + above / norm.cdf(u)  # the mean of all is nought
    assert community.esteem(u * spread, spread) == pytest.approx(difference, rel=1e-6)


def test_esteem_is_least_when_half_contribute():
    bars = np.linspace(-3, 3, 601)
    assert bars[community.esteem(bars).argmin()] == pytest.approx(0, abs=1e-9)
    assert community.esteem(0) == pytest.approx(2 * np.sqrt(2 / np.pi))  # 1.60
    assert community.esteem(1.3) == pytest.approx(community.esteem(-1.3))
    assert np.isfinite(community.esteem(-38.0))


@given(st.floats(0.1, 4), st.floats(0, 1), st.floats(0.5, 2))
@settings(max_examples=40, deadline=None)
def test_nobody_regrets_contributing_or_not(cost, visible, spread):
    share = community.contributing(Recognition(cost, visible, spread))
    bar = spread * norm.isf(share)
    if abs(bar) < 8 * spread:  # beyond, a share next to one has lost its digits
        indifferent = bar + visible * community.esteem(bar, spread)
        assert indifferent == pytest.approx(cost, abs=1e-5 * spread)


@given(st.floats(0.1, 3), st.floats(0, 0.9), st.floats(0.01, 0.1))
@settings(max_examples=40, deadline=None)
def test_recognition_brings_more_and_cost_fewer(cost, visible, more):
    here = community.contributing(Recognition(cost, visible))
    assert community.contributing(Recognition(cost, visible + more)) >= here
    assert community.contributing(Recognition(cost + more, visible)) <= here
    assert community.contributing(Recognition(cost, 0.0)) == pytest.approx(norm.sf(cost))


def test_recognition_does_not_depend_on_the_unit():
    assert community.contributing(Recognition(3, 0.5, 2)) == pytest.approx(
        community.contributing(Recognition(1.5, 0.5, 1))
    )


# --- events ---

innovation, imitation = st.floats(0.005, 0.1), st.floats(0, 0.8)


@given(st.floats(0, 0.99), innovation, imitation)
def test_clock_inverts_the_bass_curve(share, p, q):
    assert rise.bass_share(community.clock(share, p, q), p, q) == pytest.approx(share, abs=1e-9)


@pytest.mark.parametrize("fresh", [0.0, 0.1])
def test_events_by_integrating_the_differential_equation_piece_by_piece(fresh):
    market, plan = rise.Bass(0.02, 0.4, 100.0), [Event(1.0, 0.05, fresh), Event(2.5, 0.1, 0.0)]
    years = np.linspace(0, 8, 33)
    m, state, now, found = market.m, 0.0, 0.0, []

    def flow(_, n, m):
        return (market.p + market.q * n / m) * (m - n)

    for event in [*plan, None]:
        end = event.time if event else 8.001
        inside = years[(years >= now) & (years < end)]
        path = solve_ivp(flow, (now, end), [state], args=(m,), dense_output=True, rtol=1e-10)
        found += path.sol(inside)[0].tolist()
        state, now = float(path.y[0, -1]), end
        if event:
            state += event.reach * (m - state) + event.fresh * m
            m += event.fresh * m
    assert community.with_events(market, plan, years) == pytest.approx(found, rel=1e-5, abs=1e-6)


@given(st.floats(0, 5), st.floats(0, 0.5), innovation, imitation)
@settings(max_examples=40, deadline=None)
def test_an_event_lifts_and_in_the_end_only_borrows(time, reach, p, q):
    market, years = rise.Bass(p, q, 100.0), np.array([*np.linspace(0, 10, 41), 10_000.0])
    plain = rise.bass_adopters(years, *market)
    lifted = community.with_events(market, [Event(time, reach)], years)
    assert np.all(lifted >= plain - 1e-6)
    assert lifted[years < time] == pytest.approx(plain[years < time])
    assert lifted[-1] == pytest.approx(plain[-1], abs=1e-6)  # all borrowed
    fresh = community.with_events(market, [Event(time, reach, 0.1)], years)
    assert fresh[-1] == pytest.approx(110)  # those from outside are left


@given(st.floats(0.5, 5), st.floats(0.01, 0.3))
@settings(max_examples=30, deadline=None)
def test_a_lead_turns_where_both_markets_together_hold_the_share_of_the_chapter(time, reach):
    """dD/dt = D [q - p - q (N0 + N1) / m], so growing below (q - p) / q and shrinking above."""
    market, years = rise.Bass(), np.linspace(0, 12, 481)
    plain = rise.bass_adopters(years, *market)
    lifted = community.with_events(market, [Event(time, reach)], years)
    after = years > time + 0.05
    grows = np.diff((lifted - plain)[after]) > 0
    below = (lifted + plain)[after][:-1] / market.m < (market.q - market.p) / market.q
    assert np.count_nonzero(grows != below) <= 1  # within one step of the turn


def test_without_events_it_is_bass_and_with_imitation_the_lift_first_grows():
    market, years = rise.Bass(), np.linspace(0, 10, 21)
    assert community.with_events(market, [], years) == pytest.approx(
        rise.bass_adopters(years, *market)
    )
    extra = community.events(2.0, 1, 0.05, 0.0)["extra"]
    assert extra.max() > extra[8] * 1.5
    dull = rise.Bass(0.03, 0.0, 100.0)
    lift = community.with_events(dull, [Event(2, 0.05)], years) - rise.bass_adopters(years, *dull)
    assert np.all(np.diff(lift[4:]) < 0)  # nobody talks: it only wears off


# --- every function ---


def test_arrays_are_floats_elementwise():
    shares = np.array([0.01, 0.1, 1])
    whole = community.top_share(Members(), shares)
    assert whole == pytest.approx([community.top_share(Members(), x) for x in shares])
    visible = np.array([0.0, 0.4, 1.0])
    many = community.contributing(Recognition(1.5, visible))
    assert many == pytest.approx([community.contributing(Recognition(1.5, x)) for x in visible])
    assert community.clock(shares[:2], 0.03, 0.38)[1] == pytest.approx(
        community.clock(0.1, 0.03, 0.38)
    )


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: community.top_share(Members(0), 0.1), "number"),
        (lambda: community.voices(Members(10, -1)), "exponent"),
        (lambda: community.top_share(Members(), 1.2), "share"),
        (lambda: community.voices(Members(), 1.5), "part"),
        (lambda: community.exponent_for(100, 0.1, 0.05), "part"),
        (lambda: community.esteem(0, 0), "spread"),
        (lambda: community.contributing(Recognition(visible=1.5)), "visible"),
        (lambda: community.contributing(Recognition(cost=0)), "cost / spread"),
        (lambda: community.clock(1.0, 0.03, 0.38), "share"),
        (lambda: community.clock(0.5, 0, 0.38), "p = 0"),
        (lambda: community.with_events(rise.Bass(), [Event(reach=1)], [0, 5]), "reach"),
        (lambda: community.with_events(rise.Bass(), [Event(time=-1)], [0, 5]), "time"),
        (lambda: community.with_events(rise.Bass(), [Event(fresh=-1)], [0, 5]), "fresh"),
    ],
)
def test_out_of_range_is_refused(call, name):
    with pytest.raises(ValueError, match=name):
        call()


LABS = {
    "participation": Lab(29, {"members": (100, 1_000_000), "exponent": (0.0, 2.0)}),
    "events": Lab(
        49,
        {"first": (0.0, 6.0), "number": (0, 5), "reach": (0.0, 0.2), "fresh": (0.0, 0.1)},
        ("events", "left"),
    ),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(community, charts, name)


def test_users_are_drawn_from_the_casebooks_table():
    said = data.series("miui_users_announced", kind=None)
    drawn = charts.users(said, data.series("miui_mau", kind=None)).to_dict()
    rows = [row for rows in drawn["datasets"].values() for row in rows]
    assert {row.get("kind") for row in rows} >= {"announced", "active"}
    assert "announced" in drawn["description"]
