"""A lab: a model, a few controls and a chart, declared once and alive everywhere.

In a kernel a lab is ipywidgets controls above an Altair chart. In the published page, where no
kernel runs, it is the same model evaluated on every combination of the controls' stops when the
book is built (`coalescence.page`). Both faces share everything below the class.
"""

import math
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count, product
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

BUILDER = "CASEBOOK_BUILDER"  # set while the book is built, to the builder's format
BUDGET = 60_000  # numbers that one lab may ship with a page
DATASET = "lab"  # what a lab's table is called inside its charts
EXACT = 2**53  # the largest whole number that a page can count up to
SMALLEST = 100  # decimal places that a page can print
FIGURES = 4  # significant figures printed of a column's largest number
VEGALITE = "application/vnd.vegalite.v5+json"  # the type that JupyterLab draws by itself
BASES = ("reported", "estimated", "assumed")
NAME = re.compile(r"[a-z][a-z0-9-]*")
_counter = count()

Columns = Mapping[str, Any] | pd.DataFrame
Model = Callable[..., Columns]


class LabError(ValueError):
    """A lab was declared in a way that cannot work; the message says what to change."""


@dataclass(frozen=True)
class Control:
    """One thing a reader can set: its stops, the words shown for them, and where it starts."""

    kind: str  # slider, choice or switch
    label: str
    stops: tuple[Any, ...]
    words: tuple[str, ...]  # one for each stop
    start: int  # index of the default stop
    basis: str  # what the default rests on: reported, estimated or assumed

    def index(self, value: Any) -> int:
        """Where `value` stands among the stops; LabError if it is none of them."""
        for i, stop in enumerate(self.stops):
            if stop == value or (_number(stop) and _number(value) and math.isclose(stop, value)):
                return i
        near = (
            sorted(self.stops, key=lambda s: abs(s - value))[:2] if _number(value) else self.stops
        )
        raise LabError(
            f"{self.label}: {value!r} is no stop; expected one of "
            f"{', '.join(map(str, near))}{' (the nearest)' if _number(value) else ''}"
        )


def slider(
    low: float,
    high: float,
    default: float,
    *,
    step: float,
    label: str,
    unit: str = "",
    form: str = "{:g}",
    basis: str = "assumed",
) -> Control:
    """A range of evenly spaced stops from `low` to `high`, shown with `form` and `unit`."""
    if not (step > 0 and high > low):
        raise LabError(f"{label}: expected low < high and step > 0, got {low}, {high}, {step}")
    count = round((high - low) / step)
    if not math.isclose(low + count * step, high, abs_tol=1e-9):
        raise LabError(f"{label}: steps of {step} from {low} do not arrive at {high}")
    whole = all(isinstance(x, int) for x in (low, high, step))
    stops = [low + i * step if whole else round(low + i * step, 10) for i in range(count + 1)]
    words = [f"{form.format(stop)}{' ' + unit if unit else ''}" for stop in stops]
    return _control("slider", label, stops, words, default, basis)


def choice(
    options: Mapping[Any, str] | list[str], default: Any, *, label: str, basis: str = "assumed"
) -> Control:
    """A few named alternatives: a list of words, or a mapping from value to words."""
    named = options if isinstance(options, Mapping) else {word: word for word in options}
    return _control("choice", label, list(named), list(named.values()), default, basis)


def switch(default: bool, *, label: str, basis: str = "assumed") -> Control:
    """Something that is either on or off."""
    return _control("switch", label, [False, True], ["off", "on"], default, basis)


def _control(
    kind: str, label: str, stops: list[Any], words: list[str], default: Any, basis: str
) -> Control:
    if basis not in BASES:
        raise LabError(f"{label}: basis {basis!r} is unknown; expected one of {', '.join(BASES)}")
    control = Control(kind, label, tuple(stops), tuple(words), 0, basis)
    return Control(kind, label, tuple(stops), tuple(words), control.index(default), basis)


@dataclass(frozen=True)
class Drawing:
    """A chart as a Vega-Lite specification with the lab's table left open."""

    spec: dict[str, Any]

    def filled(self, table: pd.DataFrame) -> dict[str, Any]:
        """The whole specification for one table."""
        rows = table.to_dict("records")
        return {**self.spec, "datasets": {**self.spec.get("datasets", {}), DATASET: rows}}

    @property
    def titles(self) -> dict[str, str]:
        """What the chart's axes and legends call each column."""
        return dict(_titles(self.spec))

    @property
    def words(self) -> str:
        """The chart described for those who do not see it."""
        return str(self.spec.get("description") or self.spec.get("title") or "Chart")


@dataclass(frozen=True, eq=False)
class Lab:
    """What `lab` declares; `controls`, `value` and `data` are there for the curious."""

    model: Model
    parts: Mapping[str, Control]
    title: str
    name: str
    charts: tuple[Callable[[pd.DataFrame], alt.TopLevelMixin], ...]
    say: Callable[..., str] | None = None
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @cached_property
    def start(self) -> dict[str, Any]:
        """The default setting."""
        return {name: part.stops[part.start] for name, part in self.parts.items()}

    def settings(self) -> Iterator[dict[str, Any]]:
        """Every combination of stops, the last control moving fastest."""
        for stops in product(*(part.stops for part in self.parts.values())):
            yield dict(zip(self.parts, stops, strict=True))

    def table(self, **setting: Any) -> pd.DataFrame:
        """The model's tidy table at one setting (what is not named stays at its default)."""
        setting = {**self.start, **setting}
        return tidy(self.model(**setting), f"{self.name} at {setting}")

    def sentence(self, table: pd.DataFrame, **setting: Any) -> str:
        """What the chart shows now, in words."""
        return self.say(table, **setting) if self.say else ""

    @cached_property
    def drawings(self) -> tuple[Drawing, ...]:
        """The charts with the table left open: drawn once, afterwards only the data changes."""
        return tuple(drawing(chart, self.table()) for chart in self.charts)

    @cached_property
    def live(self) -> "Any":
        """The lab's live face, made when it is first asked for."""
        from coalescence.live import Face

        return Face(self)

    @property
    def controls(self) -> dict[str, Any]:
        """The ipywidgets of the live face, by name."""
        return dict(self.live.controls)

    @property
    def value(self) -> dict[str, Any]:
        """The setting that the live controls show now."""
        return dict(self.live.value)

    @property
    def data(self) -> pd.DataFrame:
        """The table that the live chart shows now."""
        return self.table(**self.value)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        """Show the page's face while the book is built, the live one otherwise."""
        if builder := os.environ.get(BUILDER):
            from coalescence import page

            return page.bundle(self, builder)
        bundle: dict[str, Any] = self.live.box._repr_mimebundle_(**kwargs)
        return bundle


def lab(
    model: Model,
    *,
    chart: Callable[[pd.DataFrame], alt.TopLevelMixin],
    also: Callable[[pd.DataFrame], alt.TopLevelMixin] | None = None,
    title: str,
    say: Callable[..., str] | None = None,
    presets: Mapping[str, Mapping[str, Any]] | None = None,
    name: str = "",
    **controls: Control,
) -> Lab:
    """Declare a lab.

    `model` takes the controls' values by name and returns a tidy table (a DataFrame, or a mapping
    from column to equally long values). `chart`, and a second one `also`, turn that table into an
    Altair chart; `say` turns it into one sentence; `presets` name settings worth a button.
    """
    if not controls:
        raise LabError(f"{title}: a lab needs at least one control")
    known = presets or {}
    for preset, setting in known.items():
        for key, value in setting.items():
            if key not in controls:
                raise LabError(f"preset {preset!r}: no control is called {key!r}")
            controls[key].index(value)
    charts = (chart,) if also is None else (chart, also)
    short = name or getattr(model, "__name__", "lab").replace("_", "-")
    if not NAME.fullmatch(short):
        raise LabError(f"{title}: name={short!r}; expected lower-case letters, digits and hyphens")
    return Lab(model, controls, title, short, charts, say, known)


def tidy(columns: Columns, where: str) -> pd.DataFrame:
    """`columns` as a tidy table; LabError if it is not one."""
    if not isinstance(columns, pd.DataFrame):
        if not isinstance(columns, Mapping):
            raise LabError(f"{where}: expected a table or a mapping, got {type(columns).__name__}")
        shapes = {key: np.shape(values) for key, values in columns.items()}
        if len(set(shapes.values())) != 1 or len(next(iter(shapes.values()))) != 1:
            raise LabError(f"{where}: not tidy, columns of shapes {shapes}; expected equal lengths")
        columns = pd.DataFrame(dict(columns))
    for key in columns:
        values = columns[key]
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            if not np.isfinite(values.to_numpy(float)).all():
                row = int(np.flatnonzero(~np.isfinite(values.to_numpy(float)))[0])
                raise LabError(f"{where}: column {key!r}, row {row} is not a finite number")
        elif not all(isinstance(value, str) for value in values):
            raise LabError(f"{where}: column {key!r} is neither numbers nor words")
    if columns.empty:
        raise LabError(f"{where}: the table is empty")
    return columns.reset_index(drop=True)


def drawing(chart: Callable[[pd.DataFrame], alt.TopLevelMixin], table: pd.DataFrame) -> Drawing:
    """The chart of `table`, with the table taken out so that another can take its place."""
    with alt.data_transformers.enable("default", consolidate_datasets=True, max_rows=None):
        spec = chart(table).to_dict()
        own = alt.Chart(table).mark_point().to_dict()["data"]["name"]
    if own not in spec.get("datasets", {}):
        name = getattr(chart, "__name__", "chart")
        raise LabError(f"{name} must draw the table it is given; transform it inside Altair")
    del spec["datasets"][own]
    if not spec["datasets"]:
        del spec["datasets"]
    return Drawing(_renamed(spec, own))


def _renamed(node: Any, old: str) -> Any:
    if isinstance(node, dict):
        return {key: _renamed(value, old) for key, value in node.items()}
    if isinstance(node, list):
        return [_renamed(value, old) for value in node]
    return DATASET if node == old else node


def _titles(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        if isinstance(node.get("field"), str) and isinstance(node.get("title"), str):
            yield node["field"], node["title"]
        for value in node.values():
            yield from _titles(value)
    elif isinstance(node, list):
        for value in node:
            yield from _titles(value)


def places(values: Any) -> int:
    """Decimal places to print of a column: none for whole numbers, else FIGURES in all."""
    numbers = np.asarray(values, dtype=float)
    largest = np.abs(numbers).max()
    if largest <= EXACT and np.array_equal(numbers, np.round(numbers)):
        return 0
    return min(FIGURES - 1 - math.floor(math.log10(largest)), SMALLEST)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def shown(spec: dict[str, Any], words: str) -> dict[str, Any]:
    """A chart for a live front end, which draws it by itself; Colab does not, and gets a page."""
    if "google.colab" not in sys.modules:
        return {VEGALITE: spec, "text/plain": words}
    page = alt.Chart.from_dict(spec).to_html(output_div=f"chart-{next(_counter)}", fullhtml=False)
    return {"text/html": page, "text/plain": words}


def _show(spec: dict[str, Any], **_options: Any) -> dict[str, Any]:
    """Show a plain chart: a picture in the built book, live in a kernel without any network."""
    if builder := os.environ.get(BUILDER):
        from coalescence import page

        return page.chart_bundle(spec, builder)
    return shown(spec, str(spec.get("description", "chart")))


np.set_printoptions(legacy="1.25")  # a number in a cell reads 1.4, not np.float64(1.4)
alt.renderers.register("casebook", _show)
alt.renderers.enable("casebook")
