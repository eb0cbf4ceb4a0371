"""The flight simulator, declared once: in a page the engine runs in the browser, in a kernel here.

Both faces ask the same desk (`models.flight.Desk`) and say the same words. Nothing of the game is
written twice: a page carries the two modules of the engine as they are.
"""

import json
import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from coalescence import data
from coalescence.lab import BUILDER
from coalescence.models import firm_fit, flight

TITLE = "The flight simulator"
WORDS = {
    "intro": "You run the firm from 2011 to 2020, a year to a round. In each round you take five "
    "decisions, predict what they will do, and run the year. A rival answers your price. "
    "Luck moves orders by a tenth or so a quarter; a seed repeats it. There are four scores, "
    "and no setting wins them all.",
    "start": "Start the simulator",
    "go_on": "Continue in {year}",
    "see": "Open your finished run",
    "size": "It loads once, from this site alone, and then needs no network. Your run stays in "
    "this browser.",
    "kept": "A run is kept in this browser: {rounds} of 10 rounds played.",
    "lost": "The run kept in this browser cannot be used and was set aside: {why}",
    "unkept": "This browser keeps nothing for this page. Play on, and save your log before you "
    "leave.",
    "waiting": "Loading Python: {come} of {total} MB.",
    "starting": "Starting Python.",
    "fail": "The simulator could not be loaded ({why}). It needs a browser from 2023 or later. "
    "Try again, or open this chapter as a notebook: the same game runs there.",
    "file": "A page opened from a file may not start Python. Open the book at its web address, or "
    "serve its folder: python -m http.server",
    "old": "This browser has no module workers, which the simulator needs. Use a browser from 2023 "
    "or later, or open this chapter as a notebook: the same game runs there.",
    "off": "The simulator needs JavaScript, which is off here. The same game runs when this "
    "chapter is opened as a notebook.",
    "large": "This file is larger than a decision log or a scenario can be.",
    "scenario": "Scenario",
    "seed": "Seed of luck (any whole number)",
    "player": "Your name (optional, stands in the log)",
    "brief": "Brief",
    "role": "Your role",
    "goal": "Your goal",
    "begin": "Begin",
    "decide": "Decide for {year}",
    "decisions": "Your decisions",
    "fixed": "fixed in this scenario",
    "predict": "Predict first: where will you stand at the end of {year}?",
    "run": "Run {year}",
    "report": "What happened in {year}",
    "loops": "Loops at work",
    "loops_help": "Loops on the left (R) drive growth, loops on the right (B) brake it. A bar "
    "shows how strong each was; an active loop is marked and named below.",
    "none": "No loop was strong enough to be called active.",
    "years": "The years so far",
    "facts": "All numbers of this year",
    "table": "All years as a table",
    "you": "you",
    "own": "the firm's own decisions, same luck",
    "earlier": "your earlier runs",
    "end": "The end of 2020",
    "debrief": "What made the difference",
    "debrief_help": "Each row replays the firm's own ten years with one decision taken from you.",
    "reflect": "Think back",
    "more": "Save, open, start again",
    "export": "Save the decision log",
    "again": "Start again with the same luck",
    "luck": "Start again with new luck",
    "other": "Choose another scenario",
    "open_log": "Open a decision log, to continue or review it",
    "open_scenario": "Open a teacher's scenario",
    "playing": "{title}, seed {seed}",
}
HEADS = {
    "against": ["Your prediction", "Expected", "Came", "Off by"],
    "facts": ["This year", "You", "The firm's own decisions"],
    "scores": ["Score", "You", "The firm's own decisions"],
    "table": ["Year", *(f"{one.label} ({one.unit})" for one in flight.FIGURES.values())],
    "debrief": ["Replay", *(f"{label} ({unit})" for label, unit in flight.SCORES.values())],
}


def desk() -> flight.Desk:
    """A desk to play at, with the fitted firm, the scenarios in `data/` and the firm's history.

    DataError or FlightError names a file that cannot be used.
    """
    decided = firm_fit.decided(data.table("company"), data.table("partners"), flight.YEARS[-1])
    scenes = flight.scenes(data.scenarios())
    ordered = dict(sorted(scenes.items(), key=lambda item: (item[0] != "history", item[0])))
    return flight.Desk(firm_fit.stored(data.table("firm")), ordered, tuple(decided))


def shipped(one: flight.Desk) -> str:
    """A desk as JSON, which `flight.dealt` reads in the page."""
    return json.dumps(
        {
            "firm": one.firm._asdict(),
            "scenarios": [scene._asdict() for scene in one.scenes.values()],
            "history": [decision._asdict() for decision in one.history],
        }
    )


@dataclass(frozen=True, eq=False)
class Game:
    """What `game` declares: one desk with two faces."""

    desk: flight.Desk

    @cached_property
    def live(self) -> Any:
        """The game's live face, made when it is first asked for."""
        from coalescence.game_live import Face

        return Face(self.desk)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """Show the page's face while the book is built, the live one otherwise."""
        if builder := os.environ.get(BUILDER):
            from coalescence.page import game as page

            return page.bundle(self.desk, builder)
        bundle: dict[str, Any] = self.live.box._repr_mimebundle_(**kwargs)
        return bundle


def game() -> Game:
    """The flight simulator, ready to play."""
    return Game(desk())
