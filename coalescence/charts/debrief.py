"""Charts of what a class did."""

from collections.abc import Mapping

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, INK, MUTED, ORANGE, WIDTH, layered
from coalescence.charts._parts import key

SCORES = {
    "cash": "Cash, RMB bn",
    "users": "Phone users, million",
    "founders": "Earned by partners' founders, RMB bn",
    "buyers": "Saved by phone buyers, RMB bn",
}
DECISIONS = {
    "margin": "Margin on phones, % of price",
    "stores": "Stores opened, thousand",
    "partners": "Partners taken on",
    "stake": "Stake in each, %",
    "platform": "Platform, % of revenue",
}
PERCENT = ("margin", "stake", "platform")


def results(table: pd.DataFrame) -> alt.FacetChart:
    """Where the class ended in each score: a stroke for each player, a mark for history.

    `table` is `debrief.results`; history's score is the player's less what she has over it.
    """
    long = pd.concat(
        pd.DataFrame(
            {"score": words, "value": table[name], "history": table[name] - table[f"over_{name}"]}
        )
        for name, words in SCORES.items()
    )
    base = alt.Chart().encode(x=alt.X("value:Q", title=None, scale=alt.Scale(zero=False)))
    drawn = layered(
        base.mark_tick(color=BLUE, opacity=0.55, thickness=2, height=26),
        base.mark_point(shape="diamond", color=ORANGE, size=110, opacity=1).encode(
            x=alt.X("history:Q", title=None)
        ),
    ).properties(width=300, height=34)
    facets: alt.FacetChart = (
        drawn.facet(
            data=long,
            row=alt.Row(
                "score:N",
                sort=list(SCORES.values()),
                header=alt.Header(orient="top", labelAnchor="start", labelFontWeight=600),
            ),
        )
        .resolve_scale(x="independent")
        .properties(
            description="Four strips, one for each score, with a stroke for every player and a "
            "diamond for history's decisions played with the same luck.",
        )
    )
    return facets


def paths(table: pd.DataFrame, own: pd.DataFrame | None = None) -> alt.FacetChart:
    """What was decided: bands for half of the class and nine in ten, history as a line.

    `table` is `debrief.paths`; `own` are rows of `debrief.rounds` of one player, drawn as dashes.
    """
    factor = table["decision"].map(lambda name: 100 if name in PERCENT else 1)
    marks = ["low", "quarter", "middle", "three", "high", "history"]
    long = table.assign(**{mark: table[mark] * factor for mark in marks})
    if own is not None:
        mine = own.set_index("year")
        pairs = zip(table["year"], table["decision"], strict=True)
        long["own"] = [float(mine.loc[year, name]) for year, name in pairs] * factor
    long["decision"] = long["decision"].map(DECISIONS)
    x = alt.X("year:Q", title=None, axis=alt.Axis(format="d", values=[2012, 2016, 2020]))
    base = alt.Chart().encode(x=x)
    shapes = [
        base.mark_area(color=BLUE, opacity=0.2).encode(y=alt.Y("low:Q", title=None), y2="high:Q"),
        base.mark_area(color=BLUE, opacity=0.35).encode(y="quarter:Q", y2="three:Q"),
        base.mark_line(color=ORANGE, strokeWidth=2).encode(y="history:Q"),
    ]
    if own is not None:
        shapes.append(base.mark_line(color=INK, strokeDash=[4, 3], strokeWidth=2).encode(y="own:Q"))
    facets: alt.FacetChart = (
        layered(*shapes)
        .properties(width=165, height=90)
        .facet(
            data=long,
            facet=alt.Facet(
                "decision:N",
                sort=list(DECISIONS.values()),
                header=alt.Header(labelFontWeight=600, labelFontSize=12),
            ),
            columns=2,
        )
        .resolve_scale(y="independent")
        .resolve_axis(x="independent")
        .properties(
            description="A plot for each decision over the years: bands for half of the class and "
            "for nine players in ten, and a line for what the firm did.",
        )
    )
    return facets


def mistakes(table: pd.DataFrame) -> alt.LayerChart:
    """How many players made each mistake; `table` is `debrief.counted`."""
    base = alt.Chart(table).encode(y=alt.Y("mistake:N", title=None, sort=list(table["mistake"])))
    return layered(
        base.mark_bar(color=BLUE, height=18).encode(
            x=alt.X("players:Q", title="Players").axis(tickMinStep=1)
        ),
        base.mark_text(align="left", dx=5, color=MUTED).encode(
            x="players:Q", text=alt.Text("share:Q", format=".0%")
        ),
    ).properties(
        width=250,
        height=150,
        description="Bars: how many players made each typical mistake at least once.",
    )


def off(table: pd.DataFrame, what: str, words: Mapping[str, str] = SCORES) -> alt.LayerChart:
    """How far off were the guesses of one thing, year by year? `table` is `debrief.guesses`."""
    rows = table[table["what"] == what]
    y = alt.Y("off:Q", title=[words.get(what, what), "guess less what came"])
    base = alt.Chart(rows).encode(
        x=alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0, values=[2011, 2014, 2017, 2020]))
    )
    zero = alt.Chart(pd.DataFrame({"off": [0.0]})).mark_rule(color=ORANGE, strokeWidth=2)
    return layered(
        zero.encode(y=y),
        base.mark_tick(color=BLUE, opacity=0.4, thickness=2, width=20).encode(y=y),
        base.mark_tick(color=INK, thickness=3, width=26).encode(y="median(off):Q"),
        *key(("above the line: guessed too much", ORANGE)),
    ).properties(
        width=WIDTH,
        height=230,
        description="For each year a stroke for every player's guess less what came, and a dark "
        "one for the middle of the class.",
    )
