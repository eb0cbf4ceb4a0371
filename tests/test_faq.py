"""Reasons and claims by hand, growth shared out against sums, and the ledger itself."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalescence import data
from coalescence.charts import faq as charts
from coalescence.models import faq
from coalescence.models.faq import Accounts, Reason
from tests.labs import Lab

LEDGER = data.table("claims").set_index("id")["judgement"].to_dict()
YEARS = np.arange(2015, 2020)
FIRM = Accounts(
    year=YEARS,
    total=np.array([100.0, 105, 150, 200, 300]),
    phones=np.array([80.0, 70, 100, 120, 150]),
    connected=np.array([15.0, 30, 40, 60, 115]),
    services=np.array([5.0, 5, 10, 20, 35]),
)


# --- reasons ---


def test_every_claim_of_a_reason_is_in_the_ledger():
    assert {claim for reason in faq.REASONS for claim in reason.claims} <= set(LEDGER)
    known = faq.STANDARDS["partly"] | faq.OPEN | {"contested", "out of date"}
    assert set(LEDGER.values()) == known


@pytest.mark.parametrize(
    ("judgement", "standard", "doubt", "verdict"),
    [
        ("confirmed", "confirmed", False, "stands"),
        ("partly", "confirmed", True, "falls"),
        ("partly", "partly", False, "stands"),
        ("out of date", "partly", False, "falls"),
        ("contested", "partly", True, "falls"),
        ("not checkable", "confirmed", False, "unproven"),
        ("note", "confirmed", True, "stands"),
    ],
)
def test_a_claim_is_judged_by_the_standard(judgement, standard, doubt, verdict):
    assert faq.judged(judgement, standard, doubt) == verdict


def test_a_chain_is_as_strong_as_its_weakest_link():
    ledger = {"A": "confirmed", "B": "contested"}
    both = Reason("success", "FAQ", "both", ("A", "B"))
    assert faq.verdict(both, ledger, "confirmed") == "falls"
    assert faq.verdict(both, ledger, "confirmed", weakest=False) == "stands"
    bare = Reason("success", "FAQ", "merely said")
    assert faq.verdict(bare, ledger, "confirmed") == "unproven"
    assert faq.verdict(bare, ledger, "confirmed", doubt=True) == "stands"


def test_a_laxer_standard_lets_no_reason_fall_that_stood():
    def order(*setting):
        return np.array([faq.VERDICTS.index(v) for v in faq.survive(LEDGER, *setting)["verdict"]])

    strict = order("confirmed", False, True)
    for laxer in (("partly", False, True), ("confirmed", True, True), ("confirmed", False, False)):
        assert np.all(order(*laxer) >= strict)


def test_places_number_each_row_of_squares():
    table = pd.DataFrame(faq.survive(LEDGER, "partly", False, True))
    for _, row in table.groupby(["question", "teller"]):
        assert row["place"].tolist() == list(range(1, len(row) + 1))
    assert table["number"].tolist() == list(range(1, 22))


def test_reasons_that_rest_on_a_claim_are_counted():
    assert faq.resting_on("C14") == faq.resting_on("C14", "FAQ") + faq.resting_on("C14", "article")
    assert faq.resting_on("C14", "FAQ") == 3
    assert faq.resting_on("C99") == 0


# --- growth ---


def test_growth_shared_out_by_hand():
    """2019: 200 more in all, 100 of it from connected products."""
    assert faq.growth_due(FIRM, "connected", 0)[-1] == pytest.approx(0.5)
    assert faq.growth_due(FIRM, "connected", 0.2)[-1] == pytest.approx((100 + 20) / 200)
    assert faq.spill_for(FIRM, "connected")[-1] == pytest.approx(0)
    assert faq.spill_for(FIRM, "services")[-1] == pytest.approx((100 - 30) / 170)
    assert np.isnan(faq.growth_due(FIRM, "phones", 0)[0])


@given(st.sampled_from(faq.LINES), st.floats(0, 1))
def test_what_is_left_and_what_is_due_are_the_whole(line, spill):
    table = faq.without(FIRM, line, spill, 2018)
    grown = table["actual"] - table["actual"][0]
    assert table["without"] + table["due"] * grown == pytest.approx(table["actual"])


@given(st.sampled_from(faq.LINES), st.floats(0, 1))
def test_the_spill_for_a_share_gives_that_share(line, share):
    spill = faq.spill_for(FIRM, line, share)[-1]
    if 0 <= spill <= 1:
        assert faq.growth_due(FIRM, line, spill)[-1] == pytest.approx(share)


def test_without_help_the_lines_add_up_to_growth():
    shares = sum(faq.growth_due(FIRM, line, 0)[-1] for line in faq.LINES)
    assert shares == pytest.approx(1)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: faq.judged("partly", "true"), "standard"),
        (lambda: faq.growth_due(FIRM, "cars", 0), "line"),
        (lambda: faq.growth_due(FIRM, "phones", 1.2), "spill"),
        (lambda: faq.spill_for(FIRM, "phones", 2), "share"),
        (lambda: faq.without(FIRM, "phones", 0, 2030), "until"),
    ],
)
def test_what_is_out_of_range_is_named(call, name):
    with pytest.raises(ValueError, match=name):
        call()


# --- labs and charts ---

GIVEN = SimpleNamespace(
    survive=partial(faq.survive, LEDGER), without=partial(faq.without, FIRM)
)  # fmt: skip
LABS = {
    "survive": Lab(
        21,
        {"standard": list(faq.STANDARDS), "doubt": (False, True), "weakest": (False, True)},
    ),
    "without": Lab(5, {"line": faq.LINES, "spill": (0, 1), "until": (2016, 2019)}),
}


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_drawn_and_said(name):
    LABS[name].holds(GIVEN, charts, name)


def test_profits_are_drawn():
    table = pd.DataFrame(
        {"year": [2020, 2020], "line": ["phones", "services"], "share": [0.5, 0.5]}
    )
    assert charts.profits(table).to_dict()["layer"]
