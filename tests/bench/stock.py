"""A lab in Altair's default way: what the bench puts in the place of `coalescence.lab.lab`.

The bench copies this file beside the chapters of a stock Jupyter Book. Both functions take what
`lab` takes and draw the very same charts, with Altair's default renderer and nothing else.
"""

from typing import Any

import altair as alt
import pandas as pd

from coalescence.lab import DATASET, Control, Lab, lab

alt.renderers.enable("default")
alt.data_transformers.disable_max_rows()


class Shown:
    """A specification that shows itself as an Altair chart does."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec

    def _repr_mimebundle_(self, *_args: Any, **_kwargs: Any) -> Any:
        return alt.renderers.get()(self.spec)


def plain(*model: Any, **declared: Any) -> Shown:
    """The lab's charts at its default setting: the lightest page that Altair makes of them."""
    it = lab(*model, **declared)
    return Shown(together(it, it.table()))


def sliders(*model: Any, **declared: Any) -> Shown:
    """The same charts of every setting, with Vega-Lite's bound parameters that pick one."""
    it = lab(*model, **declared)
    names = {key: f"set_{key}" for key in it.parts}
    every = [
        it.table(**setting).assign(**{names[key]: stop for key, stop in setting.items()})
        for setting in it.settings()
    ]
    spec = together(it, pd.concat(every, ignore_index=True))
    tests = [_test(names[key], part) for key, part in it.parts.items()]
    spec = _filtered(spec, " && ".join(tests))
    spec["params"] = [_parameter(f"{names[key]}_now", part) for key, part in it.parts.items()]
    return Shown(spec)


def together(it: Lab, table: pd.DataFrame) -> dict[str, Any]:
    """One specification with the lab's one or two charts, filled with `table`."""
    specs = [drawing.filled(table) for drawing in it.drawings]
    if len(specs) == 1:
        return dict(specs[0])
    outer = ("$schema", "config", "datasets", "background", "padding", "autosize", "usermeta")
    shared = {key: value for spec in specs for key, value in spec.items() if key in outer}
    shared["datasets"] = {k: rows for spec in specs for k, rows in spec["datasets"].items()}
    inner = [{k: value for k, value in spec.items() if k not in outer} for spec in specs]
    return {**shared, "vconcat": inner}


def _test(name: str, part: Control) -> str:
    if part.kind == "slider":  # a range input's value is a stop but for its last binary digit
        return f"abs(datum.{name} - {name}_now) < 1e-6"
    return f"datum.{name} == {name}_now"


def _parameter(name: str, part: Control) -> dict[str, Any]:
    bind: dict[str, Any] = {"name": part.label}
    if part.kind == "slider":
        low, high = part.stops[0], part.stops[-1]
        bind |= {"input": "range", "min": low, "max": high, "step": part.stops[1] - low}
    elif part.kind == "choice":
        bind |= {"input": "select", "options": list(part.stops), "labels": list(part.words)}
    else:
        bind |= {"input": "checkbox"}
    return {"name": name, "value": part.stops[part.start], "bind": bind}


def _filtered(node: Any, test: str) -> Any:
    """`node` with a filter wherever the lab's table comes in."""
    if isinstance(node, list):
        return [_filtered(value, test) for value in node]
    if not isinstance(node, dict):
        return node
    changed = {
        key: value if key == "datasets" else _filtered(value, test) for key, value in node.items()
    }
    if node.get("data") == {"name": DATASET}:
        changed["transform"] = [{"filter": test}, *changed.get("transform", [])]
    return changed
