"""What would you have done? Ten rounds of the whole firm, a year each, in a player's hands.

A game is a scenario, a seed and one decision a year; `firm` turns them into a run, and the same
three give the same run to the last bit wherever they are played. A decision log (JSON) holds them
with the scores they led to, so whoever reads it can replay it. Like `firm`, the module imports the
standard library alone.
"""

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from coalescence.models import firm as engine
from coalescence.models.firm import Decision, Firm, Run, State

FORMAT = "coalescence-flight"
VERSION = 1  # of the log's format and of the engine's arithmetic; raised when either changes
YEARS = tuple(range(int(engine.FIRST), int(engine.FIRST) + 10))
LIMITS = {  # what can be decided: (low, high, step), in the units of `Decision`
    "margin": (-0.1, 0.4, 0.01),
    "stores": (-1.0, 5.0, 0.05),
    "partners": (0.0, 60.0, 1.0),
    "stake": (0.0, 1.0, 0.01),
    "platform": (0.0, 0.15, 0.005),
}
LARGE = 1e300  # a number beyond is none that anybody meant
SCORES = {  # no one number wins: name of a stock at the end -> words and unit
    "cash": ("Cash", "RMB bn"),
    "users": ("Phone users", "million"),
    "founders": ("Partners' founders have earned", "RMB bn"),
    "buyers": ("Phone buyers have saved", "RMB bn"),
}


class FlightError(ValueError):
    """A scenario, a decision or a log cannot be used; the message says which part and why."""


class Scenario(NamedTuple):
    """A situation to play."""

    name: str
    title: str
    brief: str  # where the firm stands
    role: str  # who the player is
    goal: str
    firm: Mapping[str, float] = {}  # parameters of the firm that differ
    fixed: Mapping[str, float] = {}  # decisions that are taken away
    luck: float = 0.05  # standard deviation of a quarter's orders, share


def scenario(record: Mapping[str, Any], where: str = "scenario") -> Scenario:
    """A scenario from its JSON object; FlightError names the part that is missing or wrong."""
    if not isinstance(record, Mapping):
        raise FlightError(f"{where}: expected an object, got {type(record).__name__}")
    needed = [name for name in Scenario._fields if name not in Scenario._field_defaults]
    for name in needed:
        if not (isinstance(record.get(name), str) and record[name]):
            raise FlightError(f"{where}: {name!r} is missing; expected words")
    for name in record:
        if name not in Scenario._fields:
            raise FlightError(
                f"{where}: {name!r} is unknown; expected {', '.join(Scenario._fields)}"
            )
    for part, known in (("firm", Firm._fields), ("fixed", Decision._fields)):
        changes = record.get(part, {})
        if not isinstance(changes, Mapping):
            raise FlightError(f"{where}: {part!r} must be an object of numbers")
        for name, value in changes.items():
            if name not in known:
                raise FlightError(f"{where}: {part}.{name} is unknown; expected {', '.join(known)}")
            _finite(value, f"{where}: {part}.{name}")
            if part == "fixed":
                allowed(name, value, where)
    luck = record.get("luck", 0.0)
    if not 0 <= _finite(luck, f"{where}: luck") <= 0.5:
        raise FlightError(f"{where}: luck = {luck}; expected 0 to 0.5")
    return Scenario(**record)


def scenes(records: Mapping[str, Any]) -> dict[str, Scenario]:
    """The scenarios in `data.scenarios()`; FlightError names the file and the part."""
    found = {}
    for file, record in records.items():
        where = f"scenarios/{file}.json"
        found[file] = scenario(record, where)
        if found[file].name != file:
            raise FlightError(f"{where}: name = {found[file].name!r}; expected {file!r}")
    return found


def _finite(value: Any, where: str) -> float:
    if not isinstance(value, bool) and isinstance(value, (int, float)) and abs(value) <= LARGE:
        return float(value)
    raise FlightError(f"{where} = {str(value)[:40]!r}; expected a number")


def allowed(name: str, value: Any, where: str) -> float:
    """`value` as a number within the limits of the decision `name`; FlightError if it is not."""
    low, high, _ = LIMITS[name]
    number = _finite(value, f"{where}: {name}")
    if not low <= number <= high:
        raise FlightError(
            f"{where}: {name} = {number:g} is out of range; expected {low:g} to {high:g}"
        )
    return number


def decided(record: Mapping[str, Any], where: str = "round") -> Decision:
    """A decision from its JSON object, complete and within limits."""
    if not isinstance(record, Mapping):
        raise FlightError(f"{where}: expected an object of decisions, got {type(record).__name__}")
    for name in LIMITS:
        if name not in record:
            raise FlightError(f"{where}: the decision {name!r} is missing")
    return Decision(**{name: allowed(name, record[name], where) for name in LIMITS})


def setting(scene: Scenario, firm: Firm) -> Firm:
    """The firm of a scenario."""
    return firm._replace(**scene.firm)


def ruled(scene: Scenario, decision: Decision) -> Decision:
    """The decision with what the scenario has fixed."""
    return decision._replace(**scene.fixed)


def luck(seed: int, spread: float, quarters: int = 4 * len(YEARS)) -> tuple[float, ...]:
    """By which share orders exceed what is expected, quarter by quarter.

    Twelve uniform numbers less six: nearly normal, and the same in every Python.
    """
    chance, found = random.Random(seed), []
    for _ in range(quarters):
        total = -6.0
        for _ in range(12):  # `sum` rounds as its Python likes
            total += chance.random()
        found.append(spread * total)
    return tuple(found)


def play(scene: Scenario, firm: Firm, decisions: Sequence[Decision], seed: int) -> Run:
    """The run that these decisions lead to, as far as they go."""
    chances = luck(seed, scene.luck)
    return engine.run(setting(scene, firm), [ruled(scene, one) for one in decisions], chances)


def scores(state: State) -> dict[str, float]:
    """How the player stands."""
    return {name: float(getattr(state, name)) for name in SCORES}


# --- What made the difference --------------------------------------------------------------------


class Difference(NamedTuple):
    """By how much one change moved the scores."""

    change: str  # a decision, or "all"
    scores: dict[str, float]


def differences(
    scene: Scenario, firm: Firm, mine: Sequence[Decision], other: Sequence[Decision], seed: int
) -> list[Difference]:
    """What if only one of the decisions had been mine, in every year? One replay for each.

    The last, "all", is the whole gap between the two; what the single changes leave unexplained is
    what the decisions did together.
    """

    def end(decisions: Sequence[Decision]) -> dict[str, float]:
        return scores(play(scene, firm, decisions, seed).states[-1])

    base = end(other)
    changed = {
        name: [o._replace(**{name: getattr(m, name)}) for m, o in zip(mine, other, strict=False)]
        for name in LIMITS
    }
    changed["all"] = list(mine)
    return [
        Difference(name, {key: value - base[key] for key, value in end(decisions).items()})
        for name, decisions in changed.items()
    ]


# --- The log -------------------------------------------------------------------------------------


def mark(scene: Scenario, firm: Firm) -> str:
    """A short sign of the numbers that a run rests on: version, scenario and parameters."""
    said = [VERSION, *(repr(float(x)) for x in setting(scene, firm)), sorted(scene.fixed.items()),
            scene.luck]  # fmt: skip
    return hashlib.sha256(repr(said).encode()).hexdigest()[:12]


def log(
    scene: Scenario,
    firm: Firm,
    decisions: Sequence[Decision],
    seed: int,
    *,
    player: str = "",
    guesses: Sequence[Mapping[str, float]] = (),
) -> dict[str, Any]:
    """The decision log of a game, finished or not, ready for JSON."""
    result = play(scene, firm, decisions, seed)
    rounds = []
    for at, (year, decision) in enumerate(zip(YEARS, decisions, strict=False)):
        guess = dict(guesses[at]) if at < len(guesses) else {}
        rounds.append({"year": year, "decision": decision._asdict(), "guess": guess,
                       "scores": scores(result.states[4 * at + 4])})  # fmt: skip
    return {"format": FORMAT, "version": VERSION, "mark": mark(scene, firm),
            "scenario": scene.name, "seed": seed, "player": player, "rounds": rounds}  # fmt: skip


class Game(NamedTuple):
    """A log that was read and replayed."""

    player: str
    scenario: str
    seed: int
    decisions: tuple[Decision, ...]
    guesses: tuple[dict[str, float], ...]
    run: Run


def replay(
    record: Any, scenes: Mapping[str, Scenario], firm: Firm, *, finished: bool = True
) -> Game:
    """The game that a log tells, played again; FlightError names what is broken or forged.

    Every round's scores must come out as they are written, to the last digit.
    """
    if not isinstance(record, Mapping) or record.get("format") != FORMAT:
        raise FlightError(f"not a decision log; expected an object with format {FORMAT!r}")
    if record.get("version") != VERSION:
        raise FlightError(f"version {record.get('version')!r}; this casebook reads {VERSION}")
    name = record.get("scenario")
    if not isinstance(name, str) or name not in scenes:
        raise FlightError(f"scenario {name!r} is unknown; expected {', '.join(scenes)}")
    scene, seed, rounds = scenes[name], record.get("seed"), record.get("rounds")
    if record.get("mark") != mark(scene, firm):
        raise FlightError("mark: it was played with other parameters of the firm or the scenario")
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**53:
        raise FlightError(f"seed = {seed!r}; expected a whole number from 0 to 2^53")
    if not isinstance(rounds, Sequence) or isinstance(rounds, str):
        raise FlightError("rounds: expected a list")
    if len(rounds) > len(YEARS) or (finished and len(rounds) < len(YEARS)):
        raise FlightError(f"{len(rounds)} rounds; expected {len(YEARS)}")
    decisions, guesses = [], []
    for year, one in zip(YEARS, rounds, strict=False):
        if not isinstance(one, Mapping) or one.get("year") != year:
            found = one.get("year") if isinstance(one, Mapping) else one
            raise FlightError(f"round {year} is missing; found {found!r}")
        decisions.append(decided(one.get("decision", {}), f"round {year}"))
        for key, value in scene.fixed.items():
            if getattr(decisions[-1], key) != value:
                raise FlightError(f"round {year}: {key} is fixed at {value:g} in this scenario")
        guess = one.get("guess", {})
        if not isinstance(guess, Mapping):
            raise FlightError(f"round {year}: guess must be an object of numbers")
        guesses.append({key: _finite(guess[key], f"round {year}: guess {key}") for key in guess})
    result = play(scene, firm, decisions, seed)
    for at, (year, one) in enumerate(zip(YEARS, rounds, strict=False)):
        told, found = one.get("scores"), scores(result.states[4 * at + 4])
        if told != found:
            raise FlightError(f"round {year}: the scores do not follow from the decisions")
    player = record.get("player", "")
    if not isinstance(player, str) or len(player) > 80:
        raise FlightError("player: expected at most 80 characters")
    return Game(player, name, seed, tuple(decisions), tuple(guesses), result)


def read(text: str) -> Any:
    """A log's JSON; FlightError if it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as wrong:
        raise FlightError(f"not readable as JSON ({wrong})") from None
