"""A class's logs: what is whole is counted to the last digit, what is broken is named."""

import copy
import json
import os
import time

import altair as alt
import pytest

from coalescence import data, debrief, page
from coalescence.charts import debrief as charts
from coalescence.models import firm as engine
from coalescence.models import firm_fit, flight
from coalescence.models.firm import Decision
from coalescence.models.flight import YEARS

FIRM = firm_fit.stored(data.table("firm"))
HISTORY = firm_fit.decided(data.table("company"), data.table("partners"))
SCENES = flight.scenes(data.scenarios())
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def log(player="Ada", scene="history", seed=1, decisions=None, guesses=()):
    chosen = [flight.ruled(SCENES[scene], one) for one in decisions or HISTORY[:10]]
    return flight.log(SCENES[scene], FIRM, chosen, seed, player=player, guesses=guesses)


GOOD = log()


def changed(change):
    """A good log in which something was changed, as JSON."""
    found = copy.deepcopy(GOOD)
    change(found)
    return json.dumps(found).encode()


def put(*path, value):
    def change(record):
        for step in path[:-1]:
            record = record[step]
        record[path[-1]] = value

    return changed(change)


BROKEN = {  # file -> what it holds, and a part of what must be said of it
    "missing-round": (changed(lambda r: r["rounds"].pop(4)), "9 rounds; expected 10"),
    "two-alike": (changed(lambda r: r["rounds"].__setitem__(4, r["rounds"][3])),
                  "round 2015 is missing; found 2014"),
    "out-of-range": (put("rounds", 3, "decision", "margin", value=0.9),
                     "round 2014: margin = 0.9 is out of range; expected -0.1 to 0.4"),
    "no-decision": (changed(lambda r: r["rounds"][2]["decision"].pop("stake")),
                    "round 2013: the decision 'stake' is missing"),
    "wrong-version": (put("version", value=99), "version 99"),
    "forged-score": (put("rounds", 9, "scores", "cash", value=1e6),
                     "round 2020: the scores do not follow from the decisions"),
    "last-digit": (put("rounds", 9, "scores", "cash",
                       value=GOOD["rounds"][9]["scores"]["cash"] * (1 + 2**-52)),
                   "round 2020: the scores do not follow"),
    "forged-decision": (put("rounds", 0, "decision", "platform", value=0.15),
                        "round 2011: the scores do not follow"),
    "forged-seed": (put("seed", value=2), "the scores do not follow"),
    "not-json": (b"dear teacher, my game is attached", "not readable as JSON"),
    "empty": (b"", "not readable as JSON"),
    "huge": (b" " * (debrief.LARGEST + 1), "100,001 bytes; a log has at most 100,000"),
    "binary": (bytes(range(256)) * 20, "not text"),
    "deep": (b"[" * 50_000, "not readable as JSON"),
    "a-list": (b"[1, 2]", "not a decision log"),
    "wrong-scenario": (put("scenario", value=SCRIPT), "is unknown; expected alone"),
    "other-rules": (put("scenario", value="online"), "played with other parameters"),
    "endless-number": (put("rounds", 3, "decision", "stores", value=10**400), "stores = 1000"),
    "not-a-number": (put("rounds", 3, "guess", value={"users": float("nan")}), "guess 'users'"),
    "long-name": (put("player", value="x" * 81), "player: expected at most 80 characters"),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A thousand logs of one class, twenty broken ones among them, and hostile names."""
    home = tmp_path_factory.mktemp("class")
    (home / "group b").mkdir()
    names = ["Ada", "Ada", "ada (2)", "Ada (2)", SCRIPT, '"><b>x', "", "a\u202eb\x00c\ud800d",
             "=HYPERLINK(1)", "李四"]  # fmt: skip
    for number in range(1000 - len(BROKEN)):
        player = names[number] if number < len(names) else f"Player {number}"
        margin = 0.02 + 0.01 * (number % 12)
        decisions = [one._replace(margin=margin) for one in HISTORY[:10]]
        scene = ["history", "majority"][number % 10 == 9]
        where = home / ("group b" if number % 2 else ".") / f"log{number:04}.json"
        guesses = [{"users": 10.0 * at, "nonsense": 1.0} for at in range(10)]
        where.write_text(json.dumps(log(player, scene, 1, decisions, guesses)))
    for name, (content, _said) in BROKEN.items():
        (home / f"broken {name}.json").write_bytes(content)
    (home / ".DS_Store").write_bytes(b"\x00")
    return home


@pytest.fixture(scope="module")
def session(folder):
    start = time.process_time()
    found = debrief.read(folder, SCENES, FIRM)
    assert time.process_time() - start < 20  # about 2 on an idle machine
    return found


def test_of_a_thousand_logs_the_broken_are_named_and_the_rest_counted(session):
    assert len(session.played) == 1000 - len(BROKEN)
    reasons = {one.file.removeprefix("broken ").removesuffix(".json"): one.reason
               for one in session.left_out}  # fmt: skip
    assert set(reasons) == set(BROKEN)
    for name, (_content, said) in BROKEN.items():
        assert said in reasons[name], name


def test_the_tables_hold_what_the_logs_say(session, folder):
    final, rounds = debrief.results(session, HISTORY), debrief.rounds(session)
    assert len(final) == len(session.played)
    assert len(rounds) == 10 * len(final)
    for at in (0, 500, 900):
        one = session.played[at]
        told = json.loads((folder / one.file).read_text())
        row = final.iloc[at]
        assert row[list(flight.SCORES)].to_dict() == told["rounds"][-1]["scores"]
        own = rounds[rounds["player"] == one.player]
        for (_, line), written in zip(own.iterrows(), told["rounds"], strict=True):
            assert line[list(flight.LIMITS)].to_dict() == written["decision"]
            assert line[list(flight.SCORES)].to_dict() == written["scores"]
            assert line["guess_users"] == written["guess"]["users"]
            assert line["off_users"] == line["guess_users"] - written["scores"]["users"]
    assert "guess_nonsense" not in rounds


def test_players_of_one_name_are_kept_and_numbered(session):
    names = [one.player for one in session.played]
    assert len(set(names)) == len(names)
    assert {"Ada", "Ada (2)", "Ada (3)", "ada (2)", "No name", "李四"} <= set(names)


def test_a_copy_of_a_log_is_kept_and_numbered(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.json").write_text(json.dumps(GOOD))
    found = debrief.read(tmp_path, SCENES, FIRM)
    assert [one.player for one in found.played] == ["Ada", "Ada (2)", "Ada (3)"]


def test_names_never_become_markup(session):
    final = debrief.results(session, HISTORY)
    left = data.show(data.pd.DataFrame(session.left_out))
    shown = data.show(final)._repr_html_() + left._repr_html_()
    assert "&lt;script&gt;" in shown
    assert final["player"].str.contains("<script>", regex=False).any()
    head = alt.Chart(final.head(12)).mark_text().encode(y="player:N", text="player:N")
    drawn = page.chart_bundle(head.properties(description="x").to_dict(), "html")["text/html"]
    for text in (shown, drawn, final._repr_html_()):
        own = text.replace('<script type="text/csv">', "")  # the numbers, escaped and taken out
        assert "<script" not in own
        assert own.count("</script") == text.count("</script") == text.count("<script")
        assert "<img" not in text
        assert "<b>" not in text
    for one in session.played:
        assert one.player.isprintable()
        one.player.encode()  # no half characters


def test_history_plays_with_the_same_luck_and_rules(session):
    final = debrief.results(session, HISTORY)
    for scene in ("history", "majority"):
        row = final[final["scenario"] == scene].iloc[0]
        chosen = [flight.ruled(SCENES[scene], one) for one in HISTORY[:10]]
        run = engine.run(flight.setting(SCENES[scene], FIRM), chosen,
                         flight.luck(1, SCENES[scene].luck))  # fmt: skip
        for name, value in flight.scores(run.states[-1]).items():
            assert row[name] - row[f"over_{name}"] == pytest.approx(value)


def one_of(decisions, scene="history"):
    """The mistakes of a single game: name -> years."""
    record = log(scene=scene, decisions=decisions)
    game = flight.replay(record, SCENES, FIRM)
    found = debrief.mistakes(
        debrief.Session((debrief.Played("Ada", "a.json", game),), (), SCENES, FIRM)
    )
    years = {name: when.split(", ") for name, when in zip(found["mistake"], found["when"],
                                                          strict=True)}  # fmt: skip
    assert all(found["years"] == [len(when) for when in years.values()])
    return years, game


def test_each_mistake_is_found_where_its_rule_says():
    calm = Decision(0.05, 0.0, 0.0, 0.2, 0.01)
    years, _ = one_of([calm] * 10)
    assert years == {}
    years, _ = one_of([calm._replace(platform=0.0 if year in (2013, 2018) else 0.01)
                       for year in YEARS])  # fmt: skip
    assert years == {"Nothing for the platform": ["2013", "2018"]}
    years, _ = one_of([calm._replace(partners=5.0 * (year > 2017), stake=0.51) for year in YEARS])
    assert years == {"Majority stakes": ["2018", "2019", "2020"]}


def test_stores_and_low_prices_count_only_while_cash_is_below_zero():
    spender = Decision(-0.05, 0.2, 0.0, 0.2, 0.1)
    years, game = one_of([spender] * 10)
    owing = [str(year) for at, year in enumerate(YEARS)
             if min(state.cash for state in game.run.states[4 * at : 4 * at + 5]) < 0]  # fmt: skip
    assert 0 < len(owing) < 10
    assert years == {"Stores on credit": owing, "Below cost while owing": owing}


def test_a_margin_is_raised_too_early_only_before_half_is_won():
    raised = [Decision(0.01 * at + 0.01, 0.0, 0.0, 0.2, 0.01) for at in range(10)]
    years, game = one_of(raised)
    early = [str(year) for at, year in enumerate(YEARS)
             if at and game.run.flows[4 * at - 1].full < 0.5]  # fmt: skip
    assert 0 < len(early) < 9
    assert years == {"Margin too early": early}


def test_what_a_scenario_fixes_is_nobody_s_mistake():
    years, _ = one_of([Decision(0.05, 0.0, 5.0, 0.51, 0.01)] * 10, "majority")
    assert "Majority stakes" not in years


def test_counts_add_up(session):
    found, counted = debrief.mistakes(session), debrief.counted(session)
    assert counted["players"].sum() == len(found)
    assert counted["years"].sum() == found["years"].sum()
    assert list(counted["mistake"]) == [rule.name for rule in debrief.RULES]


def test_charts_draw_a_class(session):
    session = session._replace(played=session.played[:100])
    rounds = debrief.rounds(session)
    own = rounds[rounds["player"] == session.played[0].player]
    drawn = [
        charts.results(debrief.results(session, HISTORY)),
        charts.paths(debrief.paths(session, HISTORY), own),
        charts.mistakes(debrief.counted(session)),
        charts.off(debrief.guesses(session), "users"),
    ]
    for chart in drawn:
        with alt.data_transformers.enable("default", max_rows=None):
            spec = chart.to_dict()
        assert "<svg" in page.chart_bundle(spec, "html")["text/html"]


def test_an_empty_class_says_so(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    empty = debrief.read(tmp_path, SCENES, FIRM)
    with pytest.raises(ValueError, match="all 1 files were left out"):
        debrief.results(empty, HISTORY)
    with pytest.raises(FileNotFoundError, match="nowhere is no folder"):
        debrief.read(tmp_path / "nowhere", SCENES, FIRM)


def test_what_is_no_file_is_named(tmp_path):
    os.mkfifo(tmp_path / "pipe.json")
    found = debrief.read(tmp_path, SCENES, FIRM)
    assert found.left_out == (debrief.LeftOut("pipe.json", "no ordinary file"),)


def test_the_example_class_is_the_same_every_time(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        debrief.example(tmp_path / name, SCENES["history"], FIRM, HISTORY)
    one, two = (sorted((tmp_path / name).iterdir()) for name in ("one", "two"))
    assert [file.read_bytes() for file in one] == [file.read_bytes() for file in two]
    found = debrief.read(tmp_path / "one", SCENES, FIRM)
    assert len(found.played) == 30
    assert not found.left_out
    assert all(game.player.startswith("Invented") for game in found.played)


# --- the folder of scenarios ---------------------------------------------------------------------


def test_scenarios_are_read_and_what_is_wrong_is_named(tmp_path):
    assert {"history", "alone", "majority", "online", "supply"} <= set(SCENES)
    with pytest.raises(data.DataError, match="scenarios: found no file, expected"):
        data.scenarios(tmp_path)
    (tmp_path / "scenarios").mkdir()
    file = tmp_path / "scenarios" / "mine.json"
    file.write_text("{")
    with pytest.raises(data.DataError, match=r"scenarios/mine\.json: not readable as JSON"):
        data.scenarios(tmp_path)
    good = data.scenarios()["history"]
    for change, said in [
        ({}, r"mine\.json: name = 'history'; expected 'mine'"),
        ({"name": "mine", "goal": ""}, r"mine\.json: 'goal' is missing"),
        ({"name": "mine", "firm": {"colour": 1}}, r"mine\.json: 'colour' in 'firm' is unknown"),
    ]:
        file.write_text(json.dumps({**good, **change}))
        with pytest.raises(flight.FlightError, match=said):
            flight.scenes(data.scenarios(tmp_path))
