"""Charts and sentences for a crowd of firms."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, INK, MUTED, ORANGE, PAPER, WIDTH, layered
from coalescence.charts._parts import key
from coalescence.models.uncertainty import HELD, Crowd

WORDS = {  # of each score, with its unit
    "cash": "Cash, RMB bn",
    "users": "Phone users, million",
    "founders": "Earned by partners' founders, RMB bn",
    "buyers": "Saved by phone buyers, RMB bn",
}
SAID = {  # in a sentence
    "cash": ("cash", "RMB {} bn"),
    "users": ("phone users", "{} million"),
    "founders": ("founders' earnings", "RMB {} bn"),
    "buyers": ("buyers' savings", "RMB {} bn"),
}
BANDS = {"5 to 95": (0.05, 0.95), "25 to 75": (0.25, 0.75)}


def amount(score: str, value: float) -> str:
    """A score with its unit, as a sentence says it."""
    number = f"{value:.1f}" if abs(value) < 20 else f"{value:,.0f}"
    return SAID[score][1].format(number.replace("-", "\N{MINUS SIGN}"))


def fan(
    crowd: Crowd, score: str, line: Sequence[float], seen: pd.DataFrame | None = None
) -> alt.LayerChart:
    """A score at the ends of the years: half of the firms, nine in ten, and the single `line`.

    `seen` are figures of the record: columns year (2015.5 is the middle of the year after the end
    of 2015) and value.
    """
    rows = [
        {"year": year, "band": band, "low": crowd.quantile(score, low, year),
         "high": crowd.quantile(score, high, year)}
        for year in crowd.years for band, (low, high) in BANDS.items()
    ]  # fmt: skip
    single = pd.DataFrame({"year": crowd.years, "line": line})
    x = alt.X("year:Q", title="End of year", axis=alt.Axis(format="d", tickCount=5))
    bands = alt.Chart(pd.DataFrame(rows)).encode(
        x=x,
        y=alt.Y("low:Q", title=WORDS[score]),
        y2="high:Q",
        opacity=alt.Opacity(
            "band:N", scale=alt.Scale(domain=list(BANDS), range=[0.22, 0.4]), legend=None
        ),
    )
    words = [("line: the single firm", ORANGE), ("dark: half of the firms", BLUE),
             ("light: nine firms in ten", BLUE)]  # fmt: skip
    drawn = [bands.mark_area(color=BLUE),
             alt.Chart(single).mark_line(color=ORANGE).encode(x=x, y="line:Q")]  # fmt: skip
    if seen is not None:
        points = alt.Chart(seen).mark_point(shape="diamond", color=INK, size=55, opacity=1)
        drawn, words = (
            [*drawn, points.encode(x=x, y="value:Q")],
            [*words, ("marks: the record", INK)],
        )
    return layered(*drawn, *key(*words)).properties(
        width=WIDTH,
        height=250,
        description=f"{WORDS[score]}, at the end of each year: a band for half of a crowd of firms "
        "and a wider one for nine in ten, with the single firm as a line.",
    )


def deciders(table: pd.DataFrame, count: int = 12) -> alt.LayerChart:
    """First-order and total index of the parameters that decide most, with 95% intervals."""
    top = table.head(count)
    names = [name.replace("_", " ") for name in top["parameter"]]
    kinds = {"total": "Total: alone and together", "first": "First order: alone"}
    rows = pd.concat(
        pd.DataFrame(
            {
                "parameter": names,
                "kind": words,
                "share": top[key],
                "low": (top[key] - top[f"{key}_error"]).clip(lower=0),
                "high": top[key] + top[f"{key}_error"],
            }
        )
        for key, words in kinds.items()
    )
    y = alt.Y("parameter:N", sort=names, title=None)
    base = alt.Chart(rows).encode(
        y=y,
        yOffset=alt.YOffset("kind:N", sort=list(kinds.values())),
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=list(kinds.values()), range=[BLUE, ORANGE]),
            legend=alt.Legend(columns=1, labelLimit=260),
        ),
    )
    return layered(
        base.mark_bar(height=7).encode(
            x=alt.X("share:Q", title="Share of variance").axis(format="%")
        ),
        base.mark_rule(color=MUTED, strokeWidth=1.5).encode(
            x="low:Q", x2="high:Q", color=alt.value(MUTED)
        ),
    ).properties(
        width=330,
        height=22 * len(names),
        description="Bars of the first-order and the total index of the parameters that decide "
        "most, with 95% intervals.",
    )


def promises(table: pd.DataFrame, score: str) -> alt.LayerChart:
    """What each firm came to, against what its parameters promise one at a time."""
    low = float(min(table["promised"].min(), table["came"].min()))
    high = float(max(table["promised"].max(), table["came"].max()))
    scale = alt.Scale(domain=[low, high], nice=True)
    diagonal = alt.Chart(pd.DataFrame({"promised": [low, high], "came": [low, high]}))
    x = alt.X("promised:Q", title=f"Promised one at a time ({WORDS[score]})", scale=scale)
    y = alt.Y("came:Q", title="What it came to", scale=scale)
    return layered(
        alt.Chart(table).mark_point(size=14, color=BLUE, opacity=0.4).encode(x=x, y=y),
        diagonal.mark_line(color=ORANGE, strokeDash=[5, 3], strokeWidth=2).encode(x=x, y=y),
    ).properties(
        width=280,
        height=280,
        description="Each firm of a crowd as a dot: the score it came to against the score that "
        "its parameters promise one at a time. On the dashed line both agree.",
    )


def spread(table: pd.DataFrame) -> alt.LayerChart:
    """The lab: a histogram of a crowd, with the single firm and nine firms in ten."""
    base = alt.Chart(table)
    x = alt.X(
        "start:Q", title="Score at the end of the year", scale=alt.Scale(zero=False, nice=False)
    )
    return layered(
        base.mark_rect(color=BLUE, opacity=0.75, stroke=PAPER, strokeWidth=0.5).encode(
            x=x,
            x2="end:Q",
            y=alt.Y("share:Q", title="Share of the firms").axis(format="%"),
            y2=alt.datum(0),
        ),
        base.mark_rule(color=ORANGE, strokeWidth=2.5).encode(x="mean(line):Q"),
        base.mark_rule(color=GREEN, strokeWidth=2, strokeDash=[5, 4]).encode(x="mean(low):Q"),
        base.mark_rule(color=GREEN, strokeWidth=2, strokeDash=[5, 4]).encode(x="mean(high):Q"),
        *key(
            ("solid: the single firm", ORANGE),
            ("dashed: nine firms in ten between", GREEN),
            left=0,
            top=-12,
            down=0,
            across=170,
        ),
    ).properties(
        width=WIDTH,
        height=250,
        description="A histogram of a score over a crowd of firms. A solid line marks the single "
        "firm, two dashed lines the bounds of nine firms in ten.",
    )


def say_spread(table: Any, **setting: Any) -> str:
    """Where do nine firms in ten end, and where does the single line?"""
    frame = pd.DataFrame(table)
    line, low, high = (float(frame[name].iloc[0]) for name in ("line", "low", "high"))
    score, firms = str(setting["score"]), int(setting.get("firms", 10_000))
    words, year = SAID[score][0], setting["year"]
    return (
        f"With {HELD[str(setting['held'])]} held, nine in ten of {firms:,} firms end {year} with "
        f"{words} between {amount(score, low)} and {amount(score, high)}; "
        f"the single firm has {amount(score, line)}."
    )
