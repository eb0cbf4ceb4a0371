"""The flight simulator in pictures: one decision held, and the years of a run so far."""

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, MUTED, ORANGE
from coalescence.charts._parts import lines
from coalescence.models import flight

LINES = {"held": "One decision held", "own": "The firm's own decisions"}
LOOK = {"you": (BLUE, [1, 0]), "own": (ORANGE, [7, 4]), "earlier": (MUTED, [2, 3])}
WHO = {"you": "you", "own": "the firm's own decisions", "earlier": "your earlier runs"}


def held(table: pd.DataFrame) -> alt.Chart:
    """Phone users with one decision held for ten years, beside the firm's own decisions."""
    return _years(table, "users", "Phone users, million", (0, 550)).properties(
        description="Phone users by year, 2011 to 2020: a solid line with one decision held, a "
        "dashed one with the firm's own decisions."
    )


def held_cash(table: pd.DataFrame) -> alt.Chart:
    """Cash with one decision held for ten years, beside the firm's own decisions."""
    return _years(table, "cash", "Cash, RMB bn", (-20, 180)).properties(
        description="Cash by year, 2011 to 2020: a solid line with one decision held, a dashed one "
        "with the firm's own decisions."
    )


def _years(table: pd.DataFrame, name: str, title: str, domain: Sequence[float]) -> alt.Chart:
    x = alt.X("year:Q", title="Year").axis(format="d", values=[2011, 2014, 2017, 2020])
    x = x.scale(domain=[2011, 2020], nice=False)
    names = {name: LINES["held"], f"own_{name}": LINES["own"]}
    return lines(table, x, names, title, domain, colours=(BLUE, ORANGE), height=220)


def say_held(table: pd.DataFrame, *, which: str, level: float) -> str:
    """Where the held decision leads, and on how many scores it beats the firm's own."""
    end, lever = table.iloc[-1], flight.LEVERS[which]
    value = flight.level_of(which, level) * lever.scale
    better = sum(float(end[name]) > float(end[f"own_{name}"]) for name in flight.SCORES)
    parts = [
        f"{label.lower()} {flight.amount(name, end[name])} "
        f"(own {flight.amount(name, end[f'own_{name}'])})"
        for name, (label, _) in flight.SCORES.items()
    ]
    return (
        f"{lever.label} held at {value:.4g} ({lever.unit}): at the end of 2020, {'; '.join(parts)}."
        f" It beats the firm's own decisions on {better} of {len(flight.SCORES)} scores."
    )


def rows(runs: Mapping[str, Mapping[str, Sequence[float]]]) -> pd.DataFrame:
    """Runs as a desk tells them, as a tidy table: who, run, year, figure, value."""
    return pd.DataFrame(
        [
            (WHO[who.split()[0]], who, year, _title(name), value)
            for who, line in runs.items()
            for name, values in line.items()
            for year, value in zip(flight.YEARS, values, strict=False)
        ],
        columns=["who", "run", "year", "figure", "value"],
    )


def _title(name: str) -> str:
    return f"{flight.FIGURES[name].label}, {flight.FIGURES[name].unit}"


def progress(table: pd.DataFrame) -> alt.FacetChart:
    """The years so far, a small chart for each figure: this run, the firm's own, earlier ones."""
    order = list(WHO.values())
    colours, dashes = zip(*LOOK.values(), strict=True)
    x = alt.X("year:Q", title=None).axis(format="d", values=[2011, 2014, 2017, 2020])
    line = (
        alt.Chart(table)
        .mark_line(point=alt.OverlayMarkDef(size=30))
        .encode(
            x=x.scale(domain=[2011, 2020], nice=False),
            y=alt.Y("value:Q", title=None),
            detail="run:N",
            color=alt.Color("who:N").scale(domain=order, range=list(colours)),
            strokeDash=alt.StrokeDash("who:N").scale(domain=order, range=list(dashes)),
        )
        .properties(width=190, height=110)
    )
    figure = alt.Facet("figure:N", sort=[_title(name) for name in flight.CHARTED])
    drawn: alt.FacetChart = line.facet(figure, columns=2).resolve_scale(y="independent")
    return drawn.properties(
        description="The years so far, in four small charts: this run, the firm's own decisions "
        "with the same luck, and earlier runs."
    )
