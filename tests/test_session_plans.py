"""The session plans set labs that exist, to stops that they have, and fill the minutes they say."""

import re
from itertools import pairwise
from urllib.parse import parse_qsl

import pytest

from tests.served import ROOT, labs

PLANS = (ROOT / "book/teaching/session-plans.md").read_text(encoding="utf-8")
SETTINGS = sorted(set(re.findall(r"\{setting\}`[^<`]+ </([\w/-]+)\?([^>`]+)>`", PLANS)))


def test_there_are_settings_in_every_plan():
    assert len(SETTINGS) >= 8


@pytest.mark.parametrize(("chapter", "query"), SETTINGS)
def test_a_link_sets_a_lab_to_one_of_its_stops(chapter, query):
    known = {f"lab-{lab.name}": lab for lab in labs(chapter)}
    for key, value in parse_qsl(query):
        lab, _, name = key.partition(".")
        stops = [str(stop) for stop in known[lab].parts[name].stops]
        assert value in stops, f"{lab} has no stop {value} of {name}; it has {stops}"
        assert value != str(known[lab].start[name]), "this is where the lab starts anyway"


@pytest.mark.parametrize("minutes", [60, 90, 180])
def test_the_minutes_of_a_plan_follow_each_other_and_add_up(minutes):
    plan = re.split(r"^## ", PLANS, flags=re.M)
    text = next(part for part in plan if part.startswith(f"{minutes} minutes"))
    spans = [tuple(map(int, span)) for span in re.findall(r"^\| (\d+)–(\d+) \|", text, flags=re.M)]
    assert spans[0][0] == 0
    assert spans[-1][1] == minutes
    assert all(one[1] == two[0] for one, two in pairwise(spans))
