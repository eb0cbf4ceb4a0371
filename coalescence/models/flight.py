"""What would you have done? Ten rounds of the whole firm, a year each, in a player's hands.

A game is a scenario, a seed and one decision a year; `firm` turns them into a run, and the same
three give the same run to the last bit wherever they are played. A decision log (JSON) holds them
with the scores they led to, so whoever reads it can replay it. Like `firm`, the module imports the
standard library alone.
"""

import hashlib
import json
import random
from collections.abc import Iterable, Mapping, Sequence
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
                f"{where}: {_short(name)} is unknown; expected {', '.join(Scenario._fields)}"
            )
    for part, known in (("firm", Firm._fields), ("fixed", Decision._fields)):
        changes = record.get(part, {})
        if not isinstance(changes, Mapping):
            raise FlightError(f"{where}: {part!r} must be an object of numbers")
        for name, value in changes.items():
            if name not in known:
                raise FlightError(
                    f"{where}: {_short(name)} in {part!r} is unknown; expected {', '.join(known)}"
                )
            _finite(value, f"{where}: {part}.{name}")
            if part == "fixed":
                allowed(name, value, where)
    luck = _finite(record.get("luck", Scenario._field_defaults["luck"]), f"{where}: luck")
    if not 0 <= luck <= 0.5:
        raise FlightError(f"{where}: luck = {luck:g}; expected 0 to 0.5")
    if (steep := record.get("firm", {}).get("steep", 3)) not in (3, 6):
        raise FlightError(f"{where}: firm.steep = {steep:g}; expected 3 or 6")
    numbers = {part: {name: float(value) for name, value in record.get(part, {}).items()}
               for part in ("firm", "fixed")}  # fmt: skip
    return Scenario(**{**record, **numbers, "luck": luck})  # floats, so that 0 and 0.0 are one


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
    raise FlightError(f"{where} = {_short(value)}; expected a number")


def _short(value: Any) -> str:
    """What was found, as far as a message has room for it."""
    said = f"{value:.3g}" if isinstance(value, float) else repr(value)[:80]
    return said if len(said) < 80 else said + "..."


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
    """The run that these decisions lead to, as far as they go; FlightError if it breaks down."""
    chances = luck(seed, scene.luck)
    try:
        found = engine.run(setting(scene, firm), [ruled(scene, d) for d in decisions], chances)
    except ArithmeticError as wrong:
        raise FlightError(f"scenario {scene.name}: its numbers break down ({wrong})") from None
    if not all(abs(value) <= LARGE for value in found.states[-1]):
        raise FlightError(f"scenario {scene.name}: its numbers do not stay finite")
    return found


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


# --- One decision held, for a lab ---------------------------------------------------------------


def level_of(which: str, level: float) -> float:
    """A decision's value at a `level` of 0 (its lowest) to 1 (its highest), on its steps."""
    low, high, step = LIMITS[which]
    return round(low + step * round(level * (high - low) / step), 6)


def held(desk: "Desk", which: str, level: float) -> dict[str, list[float]]:
    """The firm's own ten years without luck, but one decision held at a level throughout.

    Columns: year, then each score with the decision held and (`own_`) as the firm decided.
    """
    scene = next(iter(desk.scenes.values()))._replace(luck=0.0)
    value = level_of(which, level)
    runs = {"": [one._replace(**{which: value}) for one in desk.history], "own_": desk.history}
    columns: dict[str, list[float]] = {"year": [float(year) for year in YEARS]}
    for prefix, decisions in runs.items():
        found = play(scene, desk.firm, decisions, 0)
        columns |= {prefix + name: engine.ends(found, name) for name in SCORES}
    return columns


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
        other = _short(record.get("version"))
        raise FlightError(f"version {other}; this casebook reads {VERSION}")
    name = record.get("scenario")
    if not isinstance(name, str) or name not in scenes:
        raise FlightError(f"scenario {_short(name)} is unknown; expected {', '.join(scenes)}")
    scene, seed, rounds = scenes[name], record.get("seed"), record.get("rounds")
    if record.get("mark") != mark(scene, firm):
        raise FlightError("mark: it was played with other parameters of the firm or the scenario")
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**53:
        raise FlightError(f"seed = {_short(seed)}; expected a whole number from 0 to 2^53")
    if not isinstance(rounds, Sequence) or isinstance(rounds, str):
        raise FlightError("rounds: expected a list")
    if len(rounds) > len(YEARS) or (finished and len(rounds) < len(YEARS)):
        raise FlightError(f"{len(rounds)} rounds; expected {len(YEARS)}")
    decisions, guesses = [], []
    for year, one in zip(YEARS, rounds, strict=False):
        if not isinstance(one, Mapping) or one.get("year") != year:
            other = _short(one.get("year") if isinstance(one, Mapping) else one)
            raise FlightError(f"round {year} is missing; found {other}")
        decisions.append(decided(one.get("decision", {}), f"round {year}"))
        for key, value in scene.fixed.items():
            if getattr(decisions[-1], key) != value:
                raise FlightError(f"round {year}: {key} is fixed at {value:g} in this scenario")
        guess = one.get("guess", {})
        if not isinstance(guess, Mapping):
            raise FlightError(f"round {year}: guess must be an object of numbers")
        guesses.append({key: _finite(guess[key], f"round {year}: guess {_short(key)}")
                        for key in guess})  # fmt: skip
    result = play(scene, firm, decisions, seed)
    for at, (year, one) in enumerate(zip(YEARS, rounds, strict=False)):
        if one.get("scores") != scores(result.states[4 * at + 4]):
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


# --- What a player reads -------------------------------------------------------------------------


class Lever(NamedTuple):
    """A decision, as it is asked for."""

    label: str
    unit: str
    scale: float  # 100 where a share is shown as a percentage
    help: str


class Figure(NamedTuple):
    """A number of the year, as it is told."""

    label: str
    unit: str
    places: int  # decimals


class Loop(NamedTuple):
    """A feedback loop: driven by a share that the engine gives as a flow."""

    code: str
    name: str
    active: float  # share from which it is called active
    words: str  # {} is the share


LEVERS = {
    "margin": Lever("Phone margin", "% of the price", 100,
                    "What a phone earns before all other cost. Below zero, you pay the buyer."),
    "stores": Lever("Stores to open", "thousand this year", 1,
                    "Each costs rent every year. Below zero, you close some."),
    "partners": Lever("Partners to take on", "firms this year", 1,
                      "They fill the shop with devices. You pay for your stake and their care."),
    "stake": Lever("Stake in each partner", "% of the partner", 100,
                   "Your share of what partners earn. The more you take, the fewer join."),
    "platform": Lever("Platform spending", "% of revenue", 100,
                      "Wins fans, and earns from services later."),
}  # fmt: skip
FIGURES = {  # stocks are told at the end of a year, flows as its total or mean
    "users": Figure("Phone users", "million", 1),
    "cash": Figure("Cash", "RMB bn", 1),
    "phones": Figure("Phones sold", "million", 1),
    "price": Figure("Price of your phone", "RMB", 0),
    "rival": Figure("Price of the rival's phone", "RMB", 0),
    "phone_revenue": Figure("Revenue from phones", "RMB bn", 1),
    "device_revenue": Figure("Revenue from devices", "RMB bn", 1),
    "service_revenue": Figure("Revenue from services", "RMB bn", 1),
    "profit": Figure("Profit", "RMB bn", 1),
    "stores": Figure("Stores", "thousand", 2),
    "partners": Figure("Partners", "firms", 0),
    "devices": Figure("Connected devices", "million", 1),
    "founders": Figure("Partners' founders have earned", "RMB bn", 1),
    "buyers": Figure("Phone buyers have saved", "RMB bn", 1),
}
LOOPS = {
    "word": Loop("R1", "word of mouth", 0.6, "Word of mouth brings {} of new orders."),
    "scale": Loop("R2", "scale and price", 0.2, "Your phone costs {} less than through the trade."),
    "bond": Loop("R3", "users and partners", 0.2, "Of phones and devices in use, {} are devices."),
    "traffic": Loop("R4", "store traffic", 0.1, "Stores add {} of the people you can reach."),
    "full": Loop("B1", "saturation", 0.6, "You have won {} of those who would buy at your price."),
    "short": Loop("B2", "capacity", 0.2, "You could not deliver {} of what was asked for."),
    "rent": Loop("B3", "rent", 0.2, "Stores' rent takes {} of gross profit."),
    "thin": Loop("B4", "reach of the network", 0.3,
                 "Of what the next partner adds, others offer {} already."),
}  # fmt: skip
GUESSED = ("users", "cash")  # what a player predicts before each run
CHARTED = ("users", "cash", "partners", "buyers")
PROMPTS = (
    "Which year would you decide again, and what did you believe then?",
    "Which prediction was furthest off? Name the loop that you had left out.",
    "You had four scores. Which one did you steer by, and who chose it?",
    "Take the same decisions to a firm that sells cars or coffee. Which loop fails first?",
)


def told(name: str, value: float, *, sign: bool = False) -> str:
    """A figure as it is printed: decimals as in `FIGURES`, no minus zero."""
    places = FIGURES[name].places
    return f"{round(value, places) + 0.0:{'+' if sign else ''},.{places}f}"


def amount(name: str, value: float, *, sign: bool = False) -> str:
    """A figure with its unit, as it stands in a sentence."""
    currency, _, unit = FIGURES[name].unit.rpartition(" ")
    return f"{currency} {told(name, value, sign=sign)} {unit}".strip()


def course(result: Run) -> dict[str, list[float]]:
    """Every figure of every year of a run."""
    return {
        name: engine.ends(result, name) if name in State._fields else engine.yearly(result, name)
        for name in FIGURES
    }


def loops(result: Run) -> list[dict[str, Any]]:
    """How strong each loop was in a run's last year, and whether that is called active."""
    found = []
    for name, loop in LOOPS.items():
        share = engine.yearly(result, name)[-1]
        words = loop.words.format(f"{share:.0%}")
        found.append({"code": loop.code, "name": loop.name, "share": share, "words": words,
                      "active": share >= loop.active})  # fmt: skip
    return found


def sentence(result: Run, guess: Mapping[str, float]) -> str:
    """A run's last year in words: where it ended, what was expected, which loops were active."""
    year, end = YEARS[len(result.flows) // 4 - 1], result.states[-1]
    said = (
        f"{year} is over: {amount('users', end.users)} users "
        f"and {amount('cash', end.cash)} in cash."
    )
    if all(name in guess for name in GUESSED):
        said += (
            f" You expected {amount('users', guess['users'])} and {amount('cash', guess['cash'])}."
        )
    on = [f"{loop['name']} ({loop['code']})" for loop in loops(result) if loop["active"]]
    return said + (f" Active: {', '.join(on)}." if on else " No loop was active yet.")


def spoken(found: Sequence[Difference]) -> list[str]:
    """Which single decision moved each score most? A sentence for each score."""
    *single, whole = found
    lines = []
    for name, (label, _) in SCORES.items():
        most = max(single, key=lambda one: abs(one.scores[name]))
        gap, alone = (amount(name, one.scores[name], sign=True) for one in (whole, most))
        if most.scores[name] == 0:
            lines.append(f"{label}: no single decision made a difference.")
            continue
        lines.append(
            f"{label}: {gap} against the firm's own decisions. The largest single difference "
            f"is your {LEVERS[most.change].label.lower()}: {alone}."
        )
    return lines


# --- The desk: what a page or a notebook asks while somebody plays -------------------------------


class Desk(NamedTuple):
    """The firm, the scenarios and the firm's own decisions; answers are ready for JSON.

    A desk keeps nothing of a game: whoever asks brings scenario, seed, decisions and guesses.
    """

    firm: Firm
    scenes: dict[str, Scenario]
    history: tuple[Decision, ...]  # what the firm itself decided, one for each of `YEARS`

    def opened(self, text: str) -> dict[str, Any]:
        """Take in a teacher's scenario from its file's text; FlightError if it cannot be played."""
        scene = scenario(read(text))
        if scene.name in self.scenes and self.scenes[scene.name] != scene:
            raise FlightError(f"scenario: the name {scene.name!r} is taken; give it another")
        play(scene, self.firm, self.history, 0)
        self.scenes[scene.name] = scene
        return scene._asdict()

    def turn(
        self,
        scenario: str,
        seed: int,
        player: str,
        decisions: Sequence[Mapping[str, float]],
        guesses: Sequence[Mapping[str, float]],
        earlier: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Where a game stands after its last round, beside the firm's own and earlier runs."""
        scene = self.scenes[scenario]
        made = [ruled(scene, decided(one)) for one in decisions]
        guesses = [{name: _finite(one[name], f"guess {name}") for name in one} for one in guesses]
        mine = play(scene, self.firm, made, seed)
        lines = {"you": course(mine), "own": course(self.own(scenario, seed))}
        for i, text in enumerate(earlier):
            lines[f"earlier {i + 1}"] = course(replay(read(text), self.scenes, self.firm).run)
        record = log(scene, self.firm, made, seed, player=player, guesses=guesses)
        done = len(made)
        answer = {
            "log": json.dumps(record, indent=1),
            "year": YEARS[done] if done < len(YEARS) else None,
            "decision": (made[-1] if made else ruled(scene, Decision()))._asdict(),
            "lines": {who: {name: line[name][:done] for name in CHARTED}
                      for who, line in lines.items()},
            "scores": [
                [f"{label} ({unit})", *(told(name, line[name][done - 1]) if done else "–"
                                        for line in lines.values())]
                for name, (label, unit) in SCORES.items()
            ],
        }  # fmt: skip
        return {**answer, **(self.year(mine, lines, guesses[-1]) if made else {})}

    def own(self, scenario: str, seed: int) -> Run:
        """The run of the firm's own decisions in a scenario, with the same luck."""
        return play(self.scenes[scenario], self.firm, self.history, seed)

    def year(
        self, mine: Run, lines: Mapping[str, dict[str, list[float]]], guess: Mapping[str, float]
    ) -> dict[str, Any]:
        """What is told of a game's last year."""
        you, own, done = lines["you"], lines["own"], len(mine.flows) // 4
        rows = [
            [f"{figure.label} ({figure.unit})", *(told(name, line[name][done - 1])
                                                  for line in (you, own))]
            for name, figure in FIGURES.items()
        ]  # fmt: skip
        against = [
            [f"{FIGURES[name].label} ({FIGURES[name].unit})", told(name, guess[name]),
             told(name, you[name][-1]), told(name, you[name][-1] - guess[name], sign=True)]
            for name in GUESSED if name in guess
        ]  # fmt: skip
        table = [
            [str(year), *(told(name, you[name][at]) for name in FIGURES)]
            for at, year in enumerate(YEARS[:done])
        ]
        broke = mine.states[-1].cash <= -0.99 * self.firm.credit
        return {
            "sentence": sentence(mine, guess),
            "facts": rows,
            "against": against,
            "table": table,
            "loops": loops(mine),
            "warning": "Nobody lends you more: no store was opened and no partner taken on for "
            "want of cash." if broke else "",
        }  # fmt: skip

    def resumed(self, text: str, finished: bool = False) -> dict[str, Any]:
        """What a log's text holds, replayed; FlightError if it is broken or forged."""
        game = replay(read(text), self.scenes, self.firm, finished=finished)
        known = [{name: guess[name] for name in GUESSED if name in guess} for guess in game.guesses]
        return {"scenario": game.scenario, "seed": game.seed, "player": game.player,
                "decisions": [one._asdict() for one in game.decisions],
                "guesses": known}  # fmt: skip

    def kept(self, texts: Sequence[str]) -> list[dict[str, str]]:
        """Those of some finished games' logs that can still be replayed, each with a name."""
        found = []
        for text in texts:
            try:
                game = replay(read(text), self.scenes, self.firm)
            except FlightError:
                continue  # from another edition of the book
            title = self.scenes[game.scenario].title
            found.append({"log": text, "name": f"{title}, seed {game.seed}"})
        return found

    def debrief(
        self, scenario: str, seed: int, decisions: Sequence[Mapping[str, float]]
    ) -> dict[str, Any]:
        """One change at a time from the firm's own decisions to the player's."""
        scene = self.scenes[scenario]
        mine = [ruled(scene, decided(one)) for one in decisions]
        base = [ruled(scene, one) for one in self.history[: len(mine)]]
        found = differences(scene, self.firm, mine, base, seed)
        together = {
            name: found[-1].scores[name] - _added(one.scores[name] for one in found[:-1])
            for name in SCORES
        }
        shown = [(f"Only your {LEVERS[one.change].label.lower()}", one.scores)
                 for one in found[:-1]]  # fmt: skip
        shown += [("What they did together", together), ("All your decisions", found[-1].scores)]
        rows = [[words, *(told(name, score[name], sign=True) for name in SCORES)]
                for words, score in shown]  # fmt: skip
        return {"words": spoken(found), "rows": rows}


def _added(numbers: Iterable[float]) -> float:
    total = 0.0
    for number in numbers:
        total += number
    return total


def dealt(text: str) -> Desk:
    """The desk that a page ships as JSON: parameters, scenarios, the firm's own decisions."""
    told = json.loads(text)
    scenes = {one["name"]: scenario(one) for one in told["scenarios"]}
    history = tuple(Decision(**one) for one in told["history"])
    return Desk(Firm(**told["firm"]), scenes, history)


def answer(desk: Desk, asked: str, given: str) -> str:
    """A page's question to the desk and the answer, both JSON; a fault is {"error": words}."""
    try:
        return json.dumps(getattr(desk, asked)(**json.loads(given)))
    except FlightError as wrong:
        return json.dumps({"error": str(wrong)})
