"""The live face of a lab: ipywidgets controls and an Altair chart that changes in place."""

import os
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from coalescence.lab import BUILDER, shown

if TYPE_CHECKING:
    from coalescence.lab import Control, Lab

WIDE = {"width": "auto", "max_width": "28rem"}  # no widget: importing this makes none


class Face:
    """Ordinary ipywidgets around one lab."""

    def __init__(self, lab: "Lab") -> None:
        self.lab = lab
        self.controls = {name: _widget(part) for name, part in lab.parts.items()}
        self.charts = [widgets.Output(layout=_frame(d.spec)) for d in lab.drawings]
        self.words = widgets.HTML()
        self.held = False
        for control in self.controls.values():
            control.observe(self.draw, "value")
        settings = {**lab.presets, "Reset": lab.start}
        buttons = [self._button(name, setting) for name, setting in settings.items()]
        marks = [
            widgets.HBox([self.controls[name], widgets.HTML(f"<small>{part.basis}</small>")])
            for name, part in lab.parts.items()
        ]
        self.box = widgets.VBox(
            [
                widgets.HTML(f"<b>{escape(lab.title)}</b>"),
                *marks,
                widgets.HBox(buttons, layout=widgets.Layout(flex_flow="row wrap")),
                widgets.HBox(self.charts, layout=widgets.Layout(flex_flow="row wrap")),
                self.words,
            ]
        )
        self.draw()

    @property
    def value(self) -> dict[str, Any]:
        """The setting shown now."""
        return {name: control.value for name, control in self.controls.items()}

    def draw(self, _change: Any = None) -> None:
        """Compute the model at the present setting and put its chart in the old one's place."""
        if self.held:
            return
        table = self.lab.table(**self.value)
        for output, drawing in zip(self.charts, self.lab.drawings, strict=True):
            bundle = shown(drawing.filled(table), drawing.words)
            output.outputs = ({"output_type": "display_data", "data": bundle, "metadata": {}},)
        self.words.value = f"<p>{escape(self.lab.sentence(table, **self.value))}</p>"

    def _button(self, name: str, setting: Any) -> widgets.Button:
        def press(_button: Any) -> None:
            self.held = True  # one drawing for the whole preset
            for key, value in {**self.lab.start, **setting}.items():
                self.controls[key].value = self.lab.parts[key].stops[
                    self.lab.parts[key].index(value)
                ]
            self.held = False
            self.draw()

        button = widgets.Button(description=name, layout=widgets.Layout(width="auto"))
        button.on_click(press)
        return button


def bar(label: str) -> Callable[[int, int], None]:
    """A bar that shows how far a long run is: call it with what is done and how much there is.

    The built page shows none.
    """
    if os.environ.get(BUILDER):
        return lambda done, whole: None
    from IPython.display import display

    shown = widgets.IntProgress(description=label, style={"description_width": "initial"})
    display(shown)  # type: ignore[no-untyped-call]

    def move(done: int, whole: int) -> None:
        shown.max, shown.value = whole, done

    return move


def _widget(part: "Control") -> Any:
    options = list(zip(part.words, part.stops, strict=True))
    style = {"description_width": "initial"}
    start = part.stops[part.start]
    if part.kind == "switch":
        return widgets.Checkbox(start, description=part.label, indent=False, layout=WIDE)
    if part.kind == "choice":
        return widgets.Dropdown(
            options=options, value=start, description=part.label, style=style, layout=WIDE
        )
    return widgets.SelectionSlider(
        options=options, value=start, description=part.label, style=style, layout=WIDE
    )


def _frame(spec: dict[str, Any]) -> widgets.Layout:
    """Room for the chart, kept while it is drawn again, so that nothing below it jumps."""
    height = spec.get("height", 260)
    return widgets.Layout(min_height=f"{height + 90 if isinstance(height, int) else 350}px")
