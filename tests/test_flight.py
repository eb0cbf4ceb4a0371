"""The game's rules: limits, luck, logs that replay and forgeries that do not."""

import copy
import json
import math
import statistics
import subprocess
import sys

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalescence import data, game
from coalescence.charts import flight as charts
from coalescence.models import firm as engine
from coalescence.models import flight
from coalescence.models.firm import Decision
from tests.labs import Lab
from tests.served import ROOT

DESK = game.desk()
SCENES = DESK.scenes
PLAIN = SCENES["history"]
FIRM = DESK.firm
TEN = [Decision(0.08, 0.2, 12.0, 0.2, 0.03)] * 10
LABS = {
    "held": Lab(
        10,
        {"which": list(flight.LIMITS), "level": (0.0, 0.5, 1.0)},
        charts=("held", "held_cash"),
    )
}


def within(name):
    low, high, _ = flight.LIMITS[name]
    return st.floats(low, high).map(lambda value: round(value, 4))


DECISIONS = st.builds(Decision, **{name: within(name) for name in flight.LIMITS})


def a_log(**changes):
    guesses = [{"users": float(i), "cash": 1.5} for i in range(10)]
    record = flight.log(PLAIN, FIRM, TEN, 7, player="Ada", guesses=guesses)
    return {**json.loads(json.dumps(record)), **changes}


# --- scenarios ---


def test_every_scenario_file_is_valid_and_the_one_as_it_was_comes_first():
    files = {file.stem for file in (ROOT / "data" / "scenarios").glob("*.json")}
    assert set(SCENES) == files
    assert next(iter(SCENES)) == "history"
    assert len(files) >= 5


BAD_SCENARIOS = {
    "expected an object": [],
    "'brief' is missing": {"brief": ""},
    "'<b>' is unknown": {"<b>": 1},
    "'firm' must be an object": {"firm": 3},
    "'speed' in 'firm' is unknown": {"firm": {"speed": 1}},
    "firm.cost = True; expected a number": {"firm": {"cost": True}},
    "firm.cost = inf; expected a number": {"firm": {"cost": math.inf}},
    "firm.cost = 1000": {"firm": {"cost": 10**400}},
    "firm.steep = 4; expected 3 or 6": {"firm": {"steep": 4}},
    "stake = 2 is out of range; expected 0 to 1": {"fixed": {"stake": 2}},
    "luck = 0.6; expected 0 to 0.5": {"luck": 0.6},
}


@pytest.mark.parametrize("message", BAD_SCENARIOS)
def test_a_bad_scenario_is_refused_by_part(message):
    bad = BAD_SCENARIOS[message]
    record = {**PLAIN._asdict(), **bad} if isinstance(bad, dict) else bad
    with pytest.raises(
        flight.FlightError, match=f"^class.json: .*{message}|^class.json: {message}"
    ):
        flight.scenario(record, "class.json")


def test_zero_and_nought_point_nought_are_one_scenario():
    with_int = flight.scenario({**SCENES["online"]._asdict(), "fixed": {"stores": 0}})
    assert flight.mark(with_int, FIRM) == flight.mark(SCENES["online"], FIRM)


def test_a_teachers_scenario_that_breaks_down_is_refused():
    desk = flight.Desk(FIRM, dict(SCENES), DESK.history)
    record = {**PLAIN._asdict(), "name": "broken", "firm": {"phone_life": 0}}
    with pytest.raises(flight.FlightError, match="scenario broken: its numbers break down"):
        desk.opened(json.dumps(record))
    record = {**record, "firm": {"imitation": 1e299, "service": 1e299}}
    with pytest.raises(flight.FlightError, match="scenario broken: its numbers"):
        desk.opened(json.dumps(record))
    with pytest.raises(flight.FlightError, match="the name 'history' is taken"):
        desk.opened(json.dumps({**PLAIN._asdict(), "title": "Mine"}))
    assert desk.scenes == SCENES
    assert desk.opened(json.dumps({**PLAIN._asdict(), "name": "mine"}))["name"] == "mine"
    assert "mine" in desk.scenes


# --- luck ---


def test_luck_is_nearly_normal_and_the_same_on_every_run():
    draws = flight.luck(1, 1.0, 20_000)
    assert statistics.fmean(draws) == pytest.approx(0, abs=0.03)
    assert statistics.pvariance(draws) == pytest.approx(1, abs=0.03)
    assert flight.luck(7, 0.05) == flight.luck(7, 0.05)
    assert flight.luck(7, 0.05) != flight.luck(8, 0.05)
    known = ["-0.13516159716643414", "0.01591266796465593"]
    code = (
        "from coalescence.models.flight import luck; print(*map(repr, luck(7, 0.05)[:2]), sep=',')"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert found.stdout.strip().split(",") == known


def test_a_run_is_the_same_whatever_its_length():
    whole = flight.play(PLAIN, FIRM, TEN, 7)
    assert flight.play(PLAIN, FIRM, TEN[:4], 7).states == whole.states[:17]


# --- logs ---


@settings(max_examples=30)
@given(st.lists(DECISIONS, max_size=10), st.integers(0, 2**53 - 1), st.text(max_size=80))
def test_a_log_survives_json_and_replays_to_the_last_digit(decisions, seed, player):
    record = flight.log(PLAIN, FIRM, decisions, seed, player=player)
    game = flight.replay(flight.read(json.dumps(record)), SCENES, FIRM, finished=False)
    assert list(game.decisions) == decisions
    assert (game.seed, game.player) == (seed, player)
    assert game.run == flight.play(PLAIN, FIRM, decisions, seed)


def at(year, **changes):
    """A log with one round changed."""
    record = a_log()
    record["rounds"][year - 2011].update(changes)
    return record


def decided(year, **changes):
    record = a_log()
    record["rounds"][year - 2011]["decision"].update(changes)
    return record


def without(year):
    record = a_log()
    del record["rounds"][year - 2011]
    return record


def forged():
    record = a_log()
    record["rounds"][5]["scores"]["cash"] += 1e-9
    return record


HOSTILE = "<img src=x onerror=alert(1)>"
BROKEN = {
    "not a decision log; expected an object with format 'coalescence-flight'": lambda: [1],
    "version 2; this casebook reads 1": lambda: a_log(version=2),
    "scenario 'nowhere' is unknown; expected history, alone": lambda: a_log(scenario="nowhere"),
    "scenario \\['history'\\] is unknown": lambda: a_log(scenario=["history"]),
    "mark: it was played with other parameters": lambda: a_log(mark="0" * 12),
    "seed = -1; expected a whole number": lambda: a_log(seed=-1),
    "seed = True; expected": lambda: a_log(seed=True),
    "rounds: expected a list": lambda: a_log(rounds="ten"),
    "9 rounds; expected 10": lambda: without(2020),
    "round 2015 is missing; found 2016": lambda: {
        **without(2015), "rounds": [*without(2015)["rounds"], a_log()["rounds"][9]]},
    "round 2013 is missing; found None": lambda: a_log(rounds=[*a_log()["rounds"][:2], *[{}] * 8]),
    "round 2012: margin = 0.5 is out of range; expected -0.1 to 0.4": lambda: decided(
        2012, margin=0.5),
    "round 2012: margin = nan; expected a number": lambda: decided(2012, margin=math.nan),
    "round 2012: margin = '0.1'; expected a number": lambda: decided(2012, margin="0.1"),
    "round 2014: the decision 'margin' is missing": lambda: at(2014, decision={}),
    "round 2014: expected an object of decisions, got int": lambda: at(2014, decision=3),
    "round 2014: guess must be an object": lambda: at(2014, guess=[3]),
    "round 2014: guess 'users' = 'many'": lambda: at(2014, guess={"users": "many"}),
    "round 2016: the scores do not follow from the decisions": forged,
    "round 2013: the scores do not follow": lambda: at(2013, scores=None),
    "player: expected at most 80 characters": lambda: a_log(player="x" * 81),
}  # fmt: skip


def test_the_log_that_is_broken_below_is_good():
    assert flight.replay(a_log(), SCENES, FIRM).player == "Ada"


@pytest.mark.parametrize("message", BROKEN)
def test_a_broken_or_forged_log_is_refused_and_the_fault_named(message):
    with pytest.raises(flight.FlightError, match=f"^{message}"):
        flight.replay(BROKEN[message](), SCENES, FIRM)


def test_a_decision_that_the_scenario_fixes_cannot_be_another():
    record = flight.log(SCENES["online"], FIRM, TEN, 7)
    with pytest.raises(flight.FlightError, match="2011: stores is fixed at 0 in this scenario"):
        flight.replay(record, SCENES, FIRM)


def test_hostile_words_stay_words_and_messages_short():
    assert flight.replay(a_log(player=HOSTILE), SCENES, FIRM).player == HOSTILE
    for record in (
        a_log(scenario="x" * 10**6),
        a_log(seed="x" * 10**6),
        a_log(version=[0] * 10**5),
    ):
        with pytest.raises(flight.FlightError) as caught:
            flight.replay(record, SCENES, FIRM)
        assert len(str(caught.value)) < 250


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"a": ' + "9" * 5000 + "}"])
def test_what_is_no_json_is_said_so(text):
    with pytest.raises(flight.FlightError, match="not readable as JSON"):
        flight.read(text)


def test_a_changed_parameter_scenario_or_fixed_decision_changes_the_mark():
    marks = {
        flight.mark(PLAIN, FIRM),
        flight.mark(PLAIN, FIRM._replace(cost=1900.0)),
        flight.mark(PLAIN._replace(luck=0.06), FIRM),
        flight.mark(PLAIN._replace(fixed={"stake": 0.5}), FIRM),
    }
    assert len(marks) == 4


# --- what made the difference ---


def test_differences_are_replays_with_one_decision_changed():
    other = [Decision()] * 10
    found = {one.change: one.scores for one in flight.differences(PLAIN, FIRM, TEN, other, 7)}
    assert list(found) == [*flight.LIMITS, "all"]
    base, mine = (flight.scores(flight.play(PLAIN, FIRM, d, 7).states[-1]) for d in (other, TEN))
    only = [one._replace(stores=0.2) for one in other]
    stores = flight.scores(flight.play(PLAIN, FIRM, only, 7).states[-1])
    for name in flight.SCORES:
        assert found["all"][name] == mine[name] - base[name]
        assert found["stores"][name] == stores[name] - base[name]
        assert found["stake"][name] == 0 == found["platform"][name]


def test_the_debrief_says_what_counted_most_and_adds_up():
    told = DESK.debrief("history", 7, [one._asdict() for one in TEN])
    assert len(told["words"]) == len(flight.SCORES)
    assert all("largest single difference is your" in line for line in told["words"])
    for column in range(1, 5):
        numbers = [float(row[column].replace(",", "")) for row in told["rows"]]
        assert sum(numbers[:-1]) == pytest.approx(numbers[-1], abs=0.31)  # six rounded numbers


# --- the desk ---


def test_the_desk_that_a_page_ships_is_the_same_desk():
    shipped = flight.dealt(game.shipped(DESK))
    assert shipped == DESK
    for name, scene in DESK.scenes.items():
        assert flight.mark(shipped.scenes[name], shipped.firm) == flight.mark(scene, FIRM)


def test_a_turn_tells_the_year_and_hides_what_is_to_come():
    decisions, guesses = [one._asdict() for one in TEN[:4]], [{"users": 1.0, "cash": -2.0}] * 4
    told = DESK.turn("history", 7, "", decisions, guesses)
    run = flight.play(PLAIN, FIRM, TEN[:4], 7)
    assert told["year"] == 2015
    assert flight.read(told["log"]) == flight.log(PLAIN, FIRM, TEN[:4], 7, guesses=guesses)
    assert {len(line["users"]) for line in told["lines"].values()} == {4}
    assert told["lines"]["you"]["cash"] == engine.ends(run, "cash")
    assert f"{run.states[-1].users:.1f} million users" in told["sentence"]
    assert told["against"][1][1] == "-2.0"
    for loop in told["loops"]:
        assert loop["active"] == (f"({loop['code']})" in told["sentence"])


def test_a_question_that_cannot_be_answered_gets_words():
    told = json.loads(flight.answer(DESK, "resumed", json.dumps({"text": "{"})))
    assert told["error"].startswith("not readable as JSON")


def test_a_kept_run_goes_on_where_it_was_and_earlier_runs_are_sifted():
    five = json.dumps(flight.log(PLAIN, FIRM, TEN[:5], 7, player="Ada"))
    found = DESK.resumed(five)
    assert (found["player"], len(found["decisions"])) == ("Ada", 5)
    with pytest.raises(flight.FlightError, match="5 rounds; expected 10"):
        DESK.resumed(five, finished=True)
    whole = json.dumps(a_log())
    assert [one["name"] for one in DESK.kept([five, "{", whole])] == ["As it was, seed 7"]


def test_who_runs_out_of_cash_is_told():
    broke = [Decision(-0.1, 5.0, 60.0, 0.2, 0.15)._asdict()] * 3
    assert "Nobody lends" in DESK.turn("history", 1, "", broke, [{}] * 3)["warning"]


def test_every_figure_lever_and_loop_has_words():
    assert set(flight.LEVERS) == set(flight.LIMITS)
    assert set(flight.LOOPS) <= set(engine.Flow._fields)
    assert set(flight.FIGURES) <= {*engine.Flow._fields, *engine.State._fields}
    assert {*flight.SCORES, *flight.GUESSED, *flight.CHARTED} <= set(flight.FIGURES)
    codes = [loop.code for loop in flight.LOOPS.values()]
    assert codes == ["R1", "R2", "R3", "R4", "B1", "B2", "B3", "B4"]


def test_no_minus_zero_is_told():
    assert flight.told("cash", -0.04) == "0.0"
    assert flight.amount("cash", 1234.56, sign=True) == "RMB +1,234.6 bn"
    assert flight.amount("users", 3.21) == "3.2 million"


def test_a_decision_too_small_to_count_with_is_played_as_none():
    tiny, none = (flight.play(PLAIN, FIRM, [Decision(stores=n)], 0) for n in (5e-324, 0.0))
    assert flight.scores(tiny.states[-1]) == flight.scores(none.states[-1])


@settings(max_examples=30)
@given(st.lists(DECISIONS, min_size=10, max_size=10), st.integers(0, 999))
def test_any_ten_years_stay_finite_and_no_stock_falls_below_nothing(decisions, seed):
    run = flight.play(PLAIN, FIRM, decisions, seed)
    for state in run.states:
        assert all(math.isfinite(value) for value in state)
        for name in ("fans", "users", "waiting", "stores", "partners", "devices", "unit", "rival"):
            assert getattr(state, name) >= -1e-9, name


# --- the lab and the live face ---


@pytest.mark.parametrize("name", LABS)
def test_labs_are_tidy_and_said_in_words(name):
    LABS[name].holds(flight, charts, name, DESK)


def test_a_held_decision_stands_on_its_steps():
    assert flight.level_of("margin", 0.7) == 0.25
    assert flight.level_of("stores", 0.0) == -1.0
    table = pd.DataFrame(flight.held(DESK, "stake", 0.2))
    assert list(table.year) == [float(year) for year in flight.YEARS]


def test_the_live_face_plays_ten_rounds_saves_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    face = game.Game(flight.Desk(FIRM, dict(SCENES), DESK.history)).live
    face.seed.value = 7
    face.begin()
    for i in range(10):
        for name, lever in face.levers.items():
            lever.value = getattr(TEN[0], name)
        face.guesses["users"].value, face.guesses["cash"].value = float(i), 1.5
        face.run()
    assert flight.read(face.log) == {**a_log(), "player": ""}
    assert face.round.layout.display == "none"
    assert "What they did together" in face.end.value
    face.save()
    text = (tmp_path / "flight.json").read_bytes()
    face.begin()
    assert face.round.layout.display == ""
    face.opened({"new": [{"content": text}]})
    assert len(face.game["decisions"]) == 10
    face.opened({"new": [{"content": b'{"scenario": "<b>"'}]})
    assert "not readable" in face.note.value
    record = copy.deepcopy(a_log(scenario="<b>"))
    face.opened({"new": [{"content": json.dumps(record).encode()}]})
    assert "&lt;b&gt;" in face.note.value
    assert "<b>" not in face.note.value
    own = {**PLAIN._asdict(), "name": "mine", "title": "Mine", "fixed": {"stores": 0}}
    face.taken({"new": [{"content": json.dumps(own).encode()}]})
    assert face.scenario.value == "mine"
    face.begin()
    assert face.levers["stores"].disabled


def test_the_firm_is_the_one_that_the_book_fitted():
    desk = game.desk()
    kept = data.table("firm").set_index("parameter")["value"]
    assert desk.firm._asdict() == kept.to_dict()
    assert len(desk.history) == len(flight.YEARS)
    run = flight.play(desk.scenes["history"], desk.firm, desk.history, 0)
    assert run.states[-1].users > 300  # million, as reported
