"""Entry into several countries: Bass as the limit, the closed form, and who should wait."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from coalescence.charts import expansion as charts
from coalescence.lab import drawing
from coalescence.models import expansion
from coalescence.models.expansion import HOME, Country, Plan
from coalescence.models.rise import bass_sales, bass_share, bass_unprompted
from tests.labs import Lab

few = settings(max_examples=10, deadline=None)
T = np.linspace(0, 25, 26)
countries = st.builds(
    Country, m=st.floats(1, 200), p=st.floats(0.01, 0.1), q=st.floats(0.05, 0.8), cost=st.just(100)
)


def closed(t: float, launch: float, country: Country, lead: float) -> float:
    """u = 1 / (1 - F) turns the equation into a linear one; the lead's integral is known."""

    def led(s: float) -> float:  # integral of the lead country's share up to time s
        return s - float(bass_unprompted(s, HOME.p, HOME.q, 1)) / HOME.p

    def power(s: float) -> float:
        return (country.p + country.q) * s + lead * (led(launch + s) - led(launch))

    s = t - launch
    if s <= 0:
        return 0.0
    tail = quad(lambda v: np.exp(power(s) - power(v)), 0, s, epsabs=1e-12, limit=200)[0]
    return float(1 - 1 / (np.exp(power(s)) - country.q * tail))


@few
@given(countries, st.floats(0, 10))
def test_without_a_lead_it_is_bass(country: Country, launch: float) -> None:
    found = expansion.lag_share(T, launch, country, 0.0)
    np.testing.assert_allclose(found, bass_share(T - launch, country.p, country.q), atol=1e-7)


@pytest.mark.parametrize("launch", [0, 3.5])
@pytest.mark.parametrize("lead", [0.1, 0.5])
def test_lead_effect_in_closed_form(launch: float, lead: float) -> None:
    found = expansion.lag_share(T, launch, Country(), lead)
    expected = [closed(float(t), launch, Country(), lead) for t in T]
    # the closed form is a difference of large numbers: it loses digits late
    np.testing.assert_allclose(found[:16], expected[:16], atol=1e-6)


@few
@given(countries, st.floats(0, 8), st.floats(0, 0.5), st.floats(0.1, 3))
def test_lead_helps_and_waiting_never_overtakes(
    country: Country, launch: float, lead: float, later: float
) -> None:
    early = expansion.lag_share(T, launch, country, lead)
    assert ((early >= 0) & (early <= 1 + 1e-9)).all()
    assert (np.diff(early) >= -1e-7).all()
    assert (early >= expansion.lag_share(T, launch, country, lead / 2) - 1e-7).all()
    assert (early >= expansion.lag_share(T, launch + later, country, lead) - 1e-7).all()


def test_late_entrants_learn_faster() -> None:
    """The lead-lag effect: counted from its own launch, a later country is ahead."""
    now = expansion.lag_share(T, 0, Country(), 0.3)
    late = expansion.lag_share(T + 8, 8, Country(), 0.3)
    assert (late[1:-1] > now[1:-1]).all()


@few
@given(countries, st.floats(0, 6), st.floats(0, 0.5))
def test_country_worth_adds_up_yearly_sales(country: Country, entry: float, lead: float) -> None:
    plan = Plan(margin=10, rate=0.08, lead=lead)
    t = np.linspace(entry, entry + 120, 12001)
    share = expansion.lag_share(t, entry, country, lead)
    sold = np.diff(share) @ np.exp(-0.08 * (t[1:] + t[:-1]) / 2)
    expected = 10 * country.m * sold - 100 * np.exp(-0.08 * entry)
    assert expansion.country_worth(country, entry, plan) == pytest.approx(expected, abs=0.01)


def test_country_worth_of_a_plain_bass_process() -> None:
    plan = Plan(margin=1, rate=0.1, lead=0)
    years = np.arange(0, 200, 0.01)
    sales = 100 * bass_sales(years[1:] / 0.01, 0.0003, 0.004, 1)  # hundredths of a year
    exact = sales @ np.exp(-0.1 * (years[1:] - 0.005))
    assert expansion.country_worth(Country(m=100, cost=0), 0, plan) == pytest.approx(exact)


def test_entries() -> None:
    assert list(expansion.entries("waterfall", 3, 2)) == [2, 4, 6]
    assert list(expansion.entries("sprinkler", 3, 2)) == [0, 0, 0]


@few
@given(st.floats(0, 0.5), st.floats(0, 0.2), st.floats(0, 2), st.floats(0.25, 4))
def test_without_entry_costs_sprinkle(lead: float, rivals: float, delay: float, gap: float) -> None:
    """Waiting only saves interest on the entry cost: where entry is free it never pays."""
    plan = Plan(lead=lead, rivals=rivals, delay=delay)
    free = [c._replace(cost=0.0) for c in expansion.ABROAD]
    assert expansion.worth("sprinkler", gap, plan, free) > expansion.worth(
        "waterfall", gap, plan, free
    )


@few
@given(st.floats(0, 0.5), st.floats(0, 900), st.floats(0.25, 4))
def test_what_speaks_for_the_waterfall(lead: float, cost: float, gap: float) -> None:
    """Kalish, Mahajan and Muller (1995): high entry costs and weak rivals do."""

    def more(cost: float, rivals: float = 0.0) -> float:
        plan, abroad = Plan(lead=lead, rivals=rivals), [Country(cost=cost)] * 3
        ways = (expansion.worth(way, gap, plan, abroad) for way in ("waterfall", "sprinkler"))
        return next(ways) - next(ways)

    assert more(cost + 10) > more(cost)
    assert more(cost, rivals=0.1) < more(cost)


def test_rules_that_delay_cost_money() -> None:
    for way in expansion.WAYS:
        values = [expansion.worth(way, 1, Plan(delay=d)) for d in (0, 1, 2)]
        assert (np.diff(values) < 0).all()
    free = expansion.country_worth(Country(cost=0), 0, Plan(delay=2, lead=0, rate=0.1))
    now = expansion.country_worth(Country(cost=0), 0, Plan(lead=0, rate=0.1))
    assert free == pytest.approx(now * np.exp(-0.2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: expansion.entries("cascade", 2, 1), "way = 'cascade' is unknown"),
        (lambda: expansion.lag_share([1, 0], 0, HOME, 0), "ascending times"),
        (lambda: expansion.lag_share([1], -1, HOME, 0), "launch = -1 is out of range"),
        (lambda: expansion.lag_share([1], 0, Country(p=0), 0), "p = 0"),
        (lambda: expansion.country_worth(HOME, 0, Plan(rivals=2)), "rivals = 2"),
    ],
)
def test_errors_say_what_is_wrong(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=message):
        call()


def test_before_the_launch_nobody() -> None:
    assert (expansion.lag_share(T, 30, HOME, 0.1) == 0).all()
    assert expansion.lag_share([], 0, HOME, 0.1).shape == (0,)


LABS = {
    "rollout": Lab(41, {"gap": (0, 3), "lead": (0, 0.5), "delay": (0, 2)}),
    "pace": Lab(21, {"cost": (0, 600), "lead": (0, 0.5), "rivals": (0.2,), "delay": (0, 2)}),
    "verdict": Lab(42, {"gap": (0.5, 3), "rivals": (0, 0.2), "delay": (0,)}),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name: str) -> None:
    LABS[name].holds(expansion, charts, name)


def test_abroad_is_drawn() -> None:
    table = pd.DataFrame(
        {"year": [2021, 2021], "place": ["Mainland China", "Abroad"], "value": [164.7, 163.6]}
    )
    assert "abroad" in drawing(charts.abroad, table).words
