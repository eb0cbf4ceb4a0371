"""Charts of growth: what was sold, what a curve made of it, and who prompted the buyers."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, HEIGHT, INK, MUTED, ORANGE, WIDTH
from coalescence.models import rise

YEARS = list(range(2012, 2025))
NAMES = {"fitted": "Curve chosen", "exponential": "Exponential", "naive": "Same as last year"}


def _year(title: str = "Year") -> alt.X:
    axis = alt.Axis(labelAngle=0, values=YEARS[::2])
    return alt.X("year:O", title=title, scale=alt.Scale(domain=YEARS), axis=axis)


def phones(table: pd.DataFrame) -> alt.LayerChart:
    """Phones sold a year (`year`, `value`), years of decline marked with what was lost."""
    return _bars(table, "Phones sold (million a year)", 200, "Xiaomi's phone sales by year.")


def revenue(table: pd.DataFrame) -> alt.LayerChart:
    """Revenue a year (`year`, `value`, `taxed`), sales with tax apart from audited revenue."""
    bars = _bars(
        table[~table["taxed"]],
        "Revenue (RMB bn a year)",
        400,
        "Xiaomi's audited revenue by year, and before it the company's own sales figures with tax.",
    )
    early = alt.Chart(table[table["taxed"]]).encode(_year(), alt.Y("value:Q"))
    outline = early.mark_bar(fill="transparent", stroke=MUTED, strokeDash=[3, 2])
    note = early.mark_text(text="sales with tax", align="right", dx=16, dy=-9, color=MUTED)
    note = note.transform_filter("datum.year == 2014")
    chart: alt.LayerChart = bars + outline + note
    return chart


def _bars(table: pd.DataFrame, title: str, top: float, description: str) -> alt.LayerChart:
    base = (
        alt.Chart(table)
        .transform_window(before="lag(value)", sort=[alt.SortField("year")])
        .transform_calculate(
            change="datum.before ? datum.value / datum.before - 1 : 0",
            way="datum.change < 0 ? 'Fell' : 'Rose'",
        )
        .encode(_year(), alt.Y("value:Q", title=title, scale=alt.Scale(domain=[0, top])))
    )
    bars = base.mark_bar().encode(
        alt.Color(
            "way:N", scale=alt.Scale(domain=["Rose", "Fell"], range=[BLUE, ORANGE]), legend=None
        ),
        tooltip=[
            alt.Tooltip("year:O", title="Year"),
            alt.Tooltip("value:Q", title=title, format=".1f"),
            alt.Tooltip("change:Q", title="Change on the year before", format="+.0%"),
        ],
    )
    words = (
        base.transform_filter("datum.change < 0")
        .mark_text(dy=-8, color=ORANGE, fontWeight=600)
        .encode(text=alt.Text("change:Q", format="+.0%"))
    )
    chart: alt.LayerChart = bars + words
    return chart.properties(width=WIDTH, height=HEIGHT, description=description)


def ceilings(table: pd.DataFrame) -> alt.LayerChart:
    """Estimated ceilings (`year`, `ceiling`, `error`) over the largest year so far (`so_far`)."""
    scale = alt.Scale(domain=[0, 600])
    base = (
        alt.Chart(table)
        .transform_calculate(
            low="max(0, datum.ceiling - datum.error)", high="datum.ceiling + datum.error"
        )
        .encode(alt.X("year:O", title="Last year known", axis=alt.Axis(labelAngle=0)))
    )
    whiskers = base.mark_rule(color=BLUE, strokeWidth=2, clip=True).encode(
        alt.Y("low:Q", title="Phones (million a year)", scale=scale), alt.Y2("high:Q")
    )
    dots = base.mark_point(color=BLUE, size=80, opacity=1).encode(
        alt.Y("ceiling:Q", scale=scale),
        tooltip=[
            alt.Tooltip("year:O", title="Last year known"),
            alt.Tooltip("ceiling:Q", title="Estimated ceiling", format=".0f"),
            alt.Tooltip("error:Q", title="Standard error", format=".0f"),
            alt.Tooltip("so_far:Q", title="Largest year so far", format=".0f"),
        ],
    )
    steps = base.mark_tick(color=ORANGE, thickness=4, width=24, opacity=1).encode(alt.Y("so_far:Q"))
    notes = pd.DataFrame(
        {
            "year": [2015, 2015],
            "height": [560, 515],
            "words": ["● estimated ceiling, ± one standard error", "▬ largest year so far"],
            "hue": [BLUE, ORANGE],
        }
    )
    key = (
        alt.Chart(notes)
        .mark_text(align="left", dx=-14)
        .encode(
            alt.X("year:O"), alt.Y("height:Q"), text="words:N", color=alt.Color("hue:N", scale=None)
        )
    )
    chart: alt.LayerChart = whiskers + steps + dots + key
    return chart.properties(
        width=WIDTH,
        height=HEIGHT,
        description="The ceiling of the logistic curve fitted to Xiaomi's phone sales, estimated "
        "anew each year, with its standard error, beside the largest year sold so far.",
    )


def replay(table: pd.DataFrame) -> alt.LayerChart:
    """What was known, what came, and three forecasts: the table of `rise.replay`."""
    scale = alt.Scale(domain=[0, 400])
    title = "Phones (million) or revenue (RMB bn)"
    base = alt.Chart(table).encode(_year())
    lines = (
        base.transform_filter(alt.datum.kind != "other definition")
        .transform_fold(list(NAMES), as_=["line", "value"])
        .transform_filter("datum.line != 'naive' || datum.kind == 'held out'")
        .transform_calculate(line=f"{NAMES}[datum.line]")
        .mark_line(clip=True)
        .encode(
            alt.Y("value:Q", title=title, scale=scale),
            alt.Color(
                "line:N", scale=alt.Scale(domain=[*NAMES.values()], range=[BLUE, MUTED, ORANGE])
            ),
            alt.StrokeDash(
                "line:N", scale=alt.Scale(domain=[*NAMES.values()], range=[[1, 0], [6, 4], [2, 3]])
            ),
        )
    )
    kinds = ["used", "held out", "other definition"]
    below = alt.Legend(orient="bottom", symbolStrokeWidth=2)
    points = base.mark_point(size=70, strokeWidth=2, filled=False, color=INK, opacity=1).encode(
        alt.Y("actual:Q", title=title, scale=scale),
        alt.Shape(
            "kind:N",
            scale=alt.Scale(domain=kinds, range=["circle", "diamond", "cross"]),
            legend=below,
        ),
        alt.Fill(
            "kind:N",
            scale=alt.Scale(domain=kinds, range=[INK, "transparent", "transparent"]),
            legend=below,
        ),
        tooltip=[
            alt.Tooltip("year:O", title="Year"),
            alt.Tooltip("actual:Q", title="What happened", format=".1f"),
            alt.Tooltip("fitted:Q", title="Curve chosen", format=".1f"),
            alt.Tooltip("exponential:Q", title="Exponential", format=".1f"),
        ],
    )
    chart: alt.LayerChart = lines + points
    return chart.properties(
        width=WIDTH,
        height=HEIGHT,
        description="Yearly figures used to fit and held out, with the curve chosen, an "
        "exponential fitted to the same years, and a flat line at the last value known.",
    )


def say_replay(table: pd.DataFrame, *, series: str, curve: str, last: int) -> str:
    """What the fit claims, and how far the years held out lie from it."""
    used, later = table[table["kind"] == "used"], table[table["kind"] == "held out"]
    first, end = used["year"].min(), used["year"].max()
    least = f"Fewer than {len(used)} comparable years fit no curve. " if end > last else ""
    unit = "million" if series == "phones" else "RMB bn"
    ceiling = table["ceiling"].iloc[0]
    if curve == "exponential":
        claim = "knows no ceiling"
    elif ceiling >= rise.ENDLESS:
        claim = "finds no ceiling either"
    elif curve == "bass":
        claim = f"expects {ceiling:,.0f} {unit} in all, for ever"
    else:
        claim = f"sees a ceiling of {ceiling:,.0f} {unit} a year"
    error = table["error"].iloc[0]
    miss = "more than tenfold" if error >= rise.HOPELESS else f"by {error:.0%}"
    gap = (later["naive"] / later["actual"] - 1).abs().mean()
    return (
        f"{least}Fitted to {first}–{end}, the {rise.CURVES[curve].title} curve {claim}. It misses "
        f"{end + 1}–{later['year'].max()} {miss} on average; repeating {end} misses by {gap:.0%}."
    )


def scoreboard(contests: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """The tables of `rise.contest` side by side, in words a reader can take in."""
    board = pd.DataFrame()
    for name, contest in contests.items():
        board["forecast"] = contest["forecast"]
        board[f"{name}: gap inside"] = [f"{x:.1f}" for x in contest["inside"]]
        board[f"{name}: missed by"] = [f"{x:.0%}" for x in contest["mape"]]
        board[f"{name}: MASE"] = [f"{x:.2f}" for x in contest["mase"]]
    return board


def diffusion(table: pd.DataFrame) -> alt.Chart:
    """First purchases a year, by what prompted them: the table of `rise.diffusion`."""
    kinds = {"unprompted": "By themselves", "told": "Through others"}
    chart: alt.Chart = (
        alt.Chart(table)
        .transform_fold(list(kinds), as_=["kind", "buyers"])
        .transform_calculate(kind=f"{kinds}[datum.kind]", order="datum.kind == 'told' ? 1 : 0")
        .mark_bar()
        .encode(
            alt.X(
                "year:O",
                title="Year after the launch",
                axis=alt.Axis(labelAngle=0, values=[1, 5, 10, 15, 20, 25, 30]),
            ),
            alt.Y(
                "buyers:Q",
                title="First purchases (million a year)",
                scale=alt.Scale(domain=[0, 35]),
            ),
            alt.Color("kind:N", scale=alt.Scale(domain=[*kinds.values()], range=[ORANGE, BLUE])),
            alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("year:O", title="Year after the launch"),
                alt.Tooltip("kind:N", title="Bought"),
                alt.Tooltip("buyers:Q", title="Million", format=".2f"),
            ],
        )
        .properties(
            width=WIDTH,
            height=HEIGHT,
            description="First purchases of a new product in each of thirty years, split into "
            "those who came by themselves and those who came through others.",
        )
    )
    return chart


def say_diffusion(table: pd.DataFrame, *, p: float, q: float, m: float) -> str:
    """When adoption peaks, how high, and how much of it is imitation."""
    time, height = rise.bass_peak(p, q, m)
    told = table["told"].sum() / (table["told"] + table["unprompted"]).sum()
    when = f"{time:.1f} years after the launch" if time else "at the launch"
    return (
        f"Adoption is fastest {when}, at {height:.1f} million a year; "
        f"{told:.0%} of the buyers of these thirty years came through others."
    )
