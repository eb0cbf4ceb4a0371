"""What did the class do? A folder of decision logs as tables, with what is broken named.

Every log is replayed: only a game whose decisions lead to the scores it claims is counted. Names
come from the players, so they are cleaned here and shown as text only.
"""

import json
import random
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from coalescence.models import firm as engine
from coalescence.models import flight
from coalescence.models.firm import Decision, Firm, Flow, State
from coalescence.models.flight import LIMITS, YEARS, Game, Scenario

LARGEST = 100_000  # bytes of a log; a whole game takes about 3,000
UNNAMED = "No name"


class Played(NamedTuple):
    """A game that stood the test, and who played it."""

    player: str  # cleaned, and no other's in the class
    file: str
    game: Game


class LeftOut(NamedTuple):
    """A file that is no game, and why."""

    file: str
    reason: str


class Session(NamedTuple):
    """A class: what was played, what could not be used, and what it is replayed with."""

    played: tuple[Played, ...]
    left_out: tuple[LeftOut, ...]
    scenes: Mapping[str, Scenario]
    firm: Firm


def read(folder: Path | str, scenes: Mapping[str, Scenario], firm: Firm) -> Session:
    """All logs in a folder and its subfolders, in the order of their names.

    Hidden files are passed over. FileNotFoundError if there is no such folder.
    """
    home = Path(folder)
    if not home.is_dir():
        raise FileNotFoundError(f"{home} is no folder; expected one that holds decision logs")
    played, left_out, taken = list[Played](), list[LeftOut](), set[str]()
    for path in sorted(home.rglob("*")):
        file = path.relative_to(home)
        if path.is_dir() or any(part.startswith(".") for part in file.parts):
            continue
        name = cleaned(file.as_posix())
        try:
            game = flight.replay(flight.read(_text(path)), scenes, firm)
        except (flight.FlightError, OSError) as wrong:
            left_out.append(LeftOut(name, cleaned(str(wrong), 200)))
        else:
            played.append(Played(_own(cleaned(game.player) or UNNAMED, taken), name, game))
    return Session(tuple(played), tuple(left_out), scenes, firm)


def _text(path: Path) -> str:
    if not path.is_file():
        raise flight.FlightError("no ordinary file")
    size = path.stat().st_size
    if size > LARGEST:
        raise flight.FlightError(f"{size:,} bytes; a log has at most {LARGEST:,}")
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise flight.FlightError("not text (UTF-8)") from None


def cleaned(text: str, longest: int = 80) -> str:
    """Words from outside: no characters that steer, hide or break others, no runs of blanks."""
    seen = (one if unicodedata.category(one)[0] != "C" else " " for one in text[: 4 * longest])
    return " ".join("".join(seen).split())[:longest].strip()


def _own(name: str, taken: set[str]) -> str:
    """The name, with a number if somebody has it already."""
    own, count = name, 1
    while own in taken:
        count += 1
        own = f"{name} ({count})"
    taken.add(own)
    return own


def _games(session: Session) -> tuple[Played, ...]:
    if not session.played:
        raise ValueError(f"no game in this class: all {len(session.left_out)} files were left out")
    return session.played


# --- Tables --------------------------------------------------------------------------------------


def rounds(session: Session) -> pd.DataFrame:
    """One row a player and year: decisions, scores at the year's end, guesses and how far off.

    Columns player, scenario, seed, year, the decisions, the scores, and for whatever somebody
    guessed `guess_` (as guessed) and `off_` (guess less what came, in the same unit).
    """
    rows = []
    for player, _file, game in _games(session):
        for at, (year, decision) in enumerate(zip(YEARS, game.decisions, strict=True)):
            row = {"player": player, "scenario": game.scenario, "seed": game.seed, "year": year,
                   **decision._asdict(), **flight.scores(game.run.states[4 * at + 4])}  # fmt: skip
            for what, guess in game.guesses[at].items():
                came = happened(game, at, what)
                if came is not None:
                    row |= {f"guess_{what}": guess, f"off_{what}": guess - came}
            rows.append(row)
    return pd.DataFrame(rows)


def happened(game: Game, at: int, what: str) -> float | None:
    """A stock at the end of round `at` (from 0) or a flow's mean over it; None if it is neither."""
    if what in State._fields:
        return float(getattr(game.run.states[4 * at + 4], what))
    if what in Flow._fields:
        return float(engine.mean([getattr(f, what) for f in game.run.flows[4 * at : 4 * at + 4]]))
    return None


def results(session: Session, history: Sequence[Decision]) -> pd.DataFrame:
    """One row a player: the final scores, and each score less history's with the same luck.

    Columns player, scenario, seed, the scores, `over_` and the score. History's decisions are
    played in the player's scenario, with the player's seed.
    """
    ends, rows = dict[tuple[str, int], dict[str, float]](), []
    for player, _file, game in _games(session):
        key = (game.scenario, game.seed)
        if key not in ends:
            ends[key] = rival(session, *key, history)
        scores = flight.scores(game.run.states[-1])
        over = {f"over_{name}": value - ends[key][name] for name, value in scores.items()}
        rows.append({"player": player, "scenario": key[0], "seed": key[1], **scores, **over})
    return pd.DataFrame(rows)


def rival(
    session: Session, scenario: str, seed: int, history: Sequence[Decision]
) -> dict[str, float]:
    """The scores that history's decisions reach in a scenario, with the luck of a seed."""
    scene = session.scenes[scenario]
    run = flight.play(scene, session.firm, history[: len(YEARS)], seed)
    return flight.scores(run.states[-1])


def paths(session: Session, history: Sequence[Decision]) -> pd.DataFrame:
    """What was decided: columns year, decision, low, quarter, middle, three, high and history.

    `low` to `high` holds nine players in ten, `quarter` to `three` half of them.
    """
    marks = {"low": 0.05, "quarter": 0.25, "middle": 0.5, "three": 0.75, "high": 0.95}
    table, rows = rounds(session), []
    for name in LIMITS:
        for year, decision in zip(YEARS, history, strict=False):
            of_year = table.loc[table["year"] == year, name]
            spread = {mark: float(of_year.quantile(q)) for mark, q in marks.items()}
            rows.append({"year": year, "decision": name, **spread,
                         "history": getattr(decision, name)})  # fmt: skip
    return pd.DataFrame(rows)


def guesses(session: Session) -> pd.DataFrame:
    """Every guess: columns player, year, what, guess, came, off (their difference)."""
    rows = [
        {"player": player, "year": year, "what": what, "guess": guess, "came": came,
         "off": guess - came}
        for player, _file, game in session.played
        for at, year in enumerate(YEARS)
        for what, guess in game.guesses[at].items()
        if (came := happened(game, at, what)) is not None
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["player", "year", "what", "guess", "came", "off"])


# --- Mistakes, each a rule on the replayed run ---------------------------------------------------


def _owing(game: Game, at: int) -> bool:
    """Did cash fall below zero at the beginning or in the course of round `at`?"""
    return any(state.cash < 0 for state in game.run.states[4 * at : 4 * at + 5])


def _stores_on_credit(game: Game, at: int) -> bool:
    return bool(game.decisions[at].stores > 0) and _owing(game, at)


def _margin_too_early(game: Game, at: int) -> bool:
    if not at or game.decisions[at].margin <= game.decisions[at - 1].margin:
        return False
    return bool(game.run.flows[4 * at - 1].full < 0.5)


def _majority(game: Game, at: int) -> bool:
    return bool(game.decisions[at].partners > 0 and game.decisions[at].stake > 0.5)


def _no_platform(game: Game, at: int) -> bool:
    return bool(game.decisions[at].platform == 0)


def _below_cost(game: Game, at: int) -> bool:
    return bool(game.decisions[at].margin < 0) and _owing(game, at)


class Rule(NamedTuple):
    """A typical mistake."""

    name: str
    words: str  # when a round counts
    decision: str  # what is to blame; where a scenario fixes it nobody is
    broken: Callable[[Game, int], bool]


RULES = (
    Rule("Stores on credit", "opened stores in a year in which cash was below zero",
         "stores", _stores_on_credit),
    Rule("Margin too early", "raised the margin while fewer than half of those whom its price "
         "could win were users", "margin", _margin_too_early),
    Rule("Majority stakes", "took on partners with a stake above one half", "stake", _majority),
    Rule("Nothing for the platform", "spent nothing on the platform", "platform", _no_platform),
    Rule("Below cost while owing", "sold below cost in a year in which cash was below zero",
         "margin", _below_cost),
)  # fmt: skip


def mistakes(session: Session) -> pd.DataFrame:
    """Every mistake: columns player, mistake, years (how many), when (the years in words)."""
    rows = []
    for player, _file, game in session.played:
        fixed = session.scenes[game.scenario].fixed
        for rule in RULES:
            if rule.decision in fixed:
                continue
            years = [str(year) for at, year in enumerate(YEARS) if rule.broken(game, at)]
            if years:
                rows.append((player, rule.name, len(years), ", ".join(years)))
    return pd.DataFrame(rows, columns=["player", "mistake", "years", "when"])


def counted(session: Session) -> pd.DataFrame:
    """How common is each mistake? Columns mistake, rule, players, share (of the class), years."""
    found, whole = mistakes(session), max(len(session.played), 1)
    rows = []
    for rule in RULES:
        own = found[found["mistake"] == rule.name]
        rows.append({"mistake": rule.name, "rule": rule.words, "players": len(own),
                     "share": len(own) / whole, "years": int(own["years"].sum())})  # fmt: skip
    return pd.DataFrame(rows)


# --- An example class ----------------------------------------------------------------------------


def example(
    folder: Path,
    scene: Scenario,
    firm: Firm,
    history: Sequence[Decision],
    *,
    players: int = 30,
    seed: int = 2026,
) -> None:
    """Write the logs of an invented class to a folder: no person played them.

    Each player follows history's decisions times factors of her own, drawn once and again each
    year, give or take a few steps, within the limits of the game; she guesses that users and cash
    will change as they did in the year before.
    """
    chance = random.Random(seed)
    for number in range(1, players + 1):
        bias = {name: chance.lognormvariate(0.0, 0.6) for name in LIMITS}
        decisions = [
            flight.ruled(scene, _invented(one, bias, chance)) for one in history[: len(YEARS)]
        ]
        states = flight.play(scene, firm, decisions, seed).states[::4]
        guesses = [
            {what: _next(*(getattr(states[max(at - back, 0)], what) for back in (1, 0)))
             for what in ("users", "cash")}
            for at in range(len(YEARS))
        ]  # fmt: skip
        log = flight.log(scene, firm, decisions, seed, player=f"Invented player {number}",
                         guesses=guesses)  # fmt: skip
        (Path(folder) / f"log-{number:02}.json").write_text(json.dumps(log), encoding="utf-8")


def _next(before: float, now: float) -> float:
    return round(2 * now - before, 1)


def _invented(one: Decision, bias: Mapping[str, float], chance: random.Random) -> Decision:
    found = {}
    for name, (low, high, step) in LIMITS.items():
        value = getattr(one, name) * bias[name] * chance.lognormvariate(0.0, 0.3)
        value += 2 * step * chance.gauss(0.0, 1.0)
        found[name] = min(max(round(round(value / step) * step, 10), low), high)
    return Decision(**found)
