"""The live face of the flight simulator: ipywidgets around the same desk, in the same words."""

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any

import ipywidgets as widgets

from coalescence.charts import flight as charts
from coalescence.game import HEADS, TITLE, WORDS
from coalescence.lab import VEGALITE
from coalescence.models import flight

STYLE = {"description_width": "initial"}
WIDE = {"width": "auto", "max_width": "32rem"}
WRAP = {"flex_flow": "row wrap"}


class Face:
    """One game: choose, decide, predict, run; `log` is the decision log so far."""

    def __init__(self, desk: flight.Desk) -> None:
        self.desk, self.log = desk, ""
        self.game: dict[str, Any] = {"decisions": [], "guesses": []}
        self.earlier: list[str] = []
        self.scenario = widgets.Dropdown(description=WORDS["scenario"], style=STYLE, layout=WIDE)
        self.seed = widgets.BoundedIntText(
            1, 0, 2**53 - 1, description=WORDS["seed"], style=STYLE, layout=WIDE
        )
        self.player = widgets.Text(description=WORDS["player"], style=STYLE, layout=WIDE)
        self.levers = {name: _lever(name) for name in flight.LEVERS}
        self.guesses = {
            name: widgets.FloatText(description=f"{one.label} ({one.unit})", style=STYLE)
            for name in flight.GUESSED
            for one in [flight.FIGURES[name]]
        }
        self.step = _button("", self.run)
        self.chart = widgets.Output(layout=widgets.Layout(min_height="340px"))
        self.said, self.story, self.ask, self.predict, self.end, self.note = (
            widgets.HTML() for _ in range(6)
        )
        self.file, self.own = (
            widgets.FileUpload(accept=".json", description=WORDS[name], layout=WIDE)
            for name in ("open_log", "open_scenario")
        )
        self.name = widgets.Text("flight.json", description="File", style=STYLE)
        self.scenario.observe(self.tell, "value")
        self.file.observe(self.opened, "value")
        self.own.observe(self.taken, "value")
        self.choose(next(iter(desk.scenes)))
        asked = [self.ask, *self.levers.values(), self.predict, *self.guesses.values(), self.step]
        self.round = widgets.VBox(asked)
        self.more = widgets.VBox(
            [widgets.HBox([self.name, _button(WORDS["export"], self.save)], layout=WRAP),
             widgets.HBox([_button(WORDS["again"], self.begin), self.file, self.own], layout=WRAP)]
        )  # fmt: skip
        self.box = widgets.VBox(
            [
                widgets.HTML(f"<b>{escape(TITLE)}</b><p>{escape(WORDS['intro'])}</p>"),
                *(self.scenario, self.story, self.seed, self.player),
                _button(WORDS["begin"], self.begin),
                *(self.note, self.said, self.chart, self.end, self.round, self.more),
            ]
        )
        self.begin()

    def choose(self, name: str) -> None:
        """Offer the desk's scenarios, this one chosen."""
        self.scenario.options = [(scene.title, name) for name, scene in self.desk.scenes.items()]
        self.scenario.value = name
        self.tell()

    def tell(self, _change: Any = None) -> None:
        """Brief, role and goal of the chosen scenario."""
        if self.scenario.value is None:
            return  # while the list of scenarios is replaced
        scene = self.desk.scenes[self.scenario.value]
        self.story.value = "".join(
            f"<p><b>{escape(WORDS[part])}:</b> {escape(getattr(scene, part))}</p>"
            for part in ("brief", "role", "goal")
        )

    def begin(self) -> None:
        """Start from the first year, with the seed that stands there."""
        self.game = {"scenario": self.scenario.value, "seed": self.seed.value,
                     "player": self.player.value[:80], "decisions": [], "guesses": []}  # fmt: skip
        self.turn()

    def run(self) -> None:
        """Play the year as it is decided."""
        decision = {name: lever.value for name, lever in self.levers.items()}
        guess = {name: box.value for name, box in self.guesses.items()}
        self.game["decisions"] = [*self.game["decisions"], decision]
        self.game["guesses"] = [*self.game["guesses"], guess]
        self.turn()

    def turn(self) -> None:
        """Ask where the game stands, and show it."""
        state = self.desk.turn(**self.game, earlier=self.earlier)
        scene, year = self.desk.scenes[self.game["scenario"]], state["year"]
        self.log, self.note.value = state["log"], ""
        self.said.value = self.report(state)
        table = charts.rows(state["lines"])
        drawn = charts.progress(table).to_dict() if len(table) else None
        bundle = {VEGALITE: drawn, "text/plain": "chart"} if drawn else {"text/plain": ""}
        self.chart.outputs = ({"output_type": "display_data", "data": bundle, "metadata": {}},)
        self.round.layout.display = "" if year else "none"
        self.end.value = "" if year else self.debrief(state)
        for name, lever in self.levers.items():
            lever.value = _nearest(lever, state["decision"][name])
            lever.disabled = name in scene.fixed
        if year:
            self.ask.value = f"<b>{escape(WORDS['decide'].format(year=year))}</b>"
            self.predict.value = f"<b>{escape(WORDS['predict'].format(year=year))}</b>"
            self.step.description = WORDS["run"].format(year=year)
        elif self.log not in self.earlier:
            self.earlier = [*self.earlier, self.log][-5:]

    def report(self, state: dict[str, Any]) -> str:
        """The last year as HTML: sentence, prediction, loops, all numbers under a fold."""
        if "sentence" not in state:
            return ""
        on = [f"{loop['code']}: {loop['words']}" for loop in state["loops"] if loop["active"]]
        return (
            f"<p>{escape(state['sentence'])}</p><p>{escape(state['warning'])}</p>"
            f"{_table('against', state['against'])}{_list(on or [WORDS['none']])}"
            f"<details><summary>{escape(WORDS['facts'])}</summary>"
            f"{_table('facts', state['facts'])}</details>"
            f"<details><summary>{escape(WORDS['table'])}</summary>"
            f"{_table('table', state['table'])}</details>"
        )

    def debrief(self, state: dict[str, Any]) -> str:
        """The end as HTML: scores, what made the difference, what to think back on."""
        asked = ("scenario", "seed", "decisions")
        found = self.desk.debrief(**{name: self.game[name] for name in asked})
        names = [one["name"] for one in self.desk.kept(self.earlier)]
        return (
            f"<b>{escape(WORDS['end'])}</b>{_table('scores', state['scores'], names)}"
            f"<b>{escape(WORDS['debrief'])}</b>{_list(found['words'])}"
            f"<p>{escape(WORDS['debrief_help'])}</p>{_table('debrief', found['rows'])}"
            f"<b>{escape(WORDS['reflect'])}</b>{_list(flight.PROMPTS)}"
        )

    def save(self) -> None:
        """Write the log beside the notebook."""
        with open(self.name.value, "w", encoding="utf-8") as file:
            file.write(self.log)
        self.note.value = f"<p>{escape(self.name.value)}</p>"

    def opened(self, change: Any) -> None:
        """Go on with a log that was opened, or say what is wrong with it."""

        def go_on(text: str) -> None:
            self.game = self.desk.resumed(text)
            self.turn()

        self.read(change, go_on)

    def taken(self, change: Any) -> None:
        """Put a teacher's scenario among the others."""

        def take(text: str) -> None:
            name = self.desk.opened(text)["name"]
            self.choose(name)

        self.read(change, take)

    def read(self, change: Any, use: Callable[[str], None]) -> None:
        """Hand an opened file's text on; what is wrong with it is told."""
        for file in change["new"]:
            try:
                use(bytes(file["content"]).decode("utf-8"))
            except (flight.FlightError, UnicodeDecodeError) as wrong:
                self.note.value = f"<p>{escape(str(wrong))}</p>"


def _lever(name: str) -> Any:
    lever, (low, high, step) = flight.LEVERS[name], flight.LIMITS[name]
    count = round((high - low) / step)
    stops = [round(low + i * step, 6) for i in range(count + 1)]
    options = [(f"{stop * lever.scale:.4g}", stop) for stop in stops]
    return widgets.SelectionSlider(
        options=options, value=0.0, description=f"{lever.label} ({lever.unit})", style=STYLE,
        layout=WIDE, tooltip=lever.help,
    )  # fmt: skip


def _nearest(lever: Any, value: float) -> float:
    return float(min((stop for _, stop in lever.options), key=lambda stop: abs(stop - value)))


def _button(words: str, press: Callable[[], None]) -> widgets.Button:
    button = widgets.Button(description=words, layout=widgets.Layout(width="auto"))
    button.on_click(lambda _button: press())
    return button


def _list(texts: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>"


def _table(name: str, rows: Sequence[Sequence[str]], more: Sequence[str] = ()) -> str:
    heads = "".join(f"<th>{escape(head)}</th>" for head in [*HEADS[name], *more])
    lines = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    return f"<table><tr>{heads}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
