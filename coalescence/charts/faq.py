"""Three questions in pictures: reasons that stand or fall, growth with a line left out, profit."""

from typing import Any

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, MUTED, ORANGE, PAPER, SKY, WIDTH, layered
from coalescence.charts._parts import FIFTHS, inside, key, place, row_of, worded

QUESTIONS = {
    "success": "Why successful?",
    "advantage": "Which advantage?",
    "strategy": "Which strategy?",
}
STANDARDS = {"confirmed": "confirmed", "partly": "partly confirmed, too"}
VERDICTS = {"stands": "stands", "unproven": "cannot be checked", "falls": "falls"}
LINES = {"connected": "connected products", "services": "services", "phones": "phones"}


def survive(table: pd.DataFrame) -> alt.LayerChart:
    """Every reason a square with its number: filled where it stands, empty where it falls."""
    order = [f"{words} {teller}" for words in QUESTIONS.values() for teller in ("FAQ", "article")]
    base = alt.Chart(table).transform_calculate(
        row=f"{worded(QUESTIONS, 'question')} + ' ' + datum.teller",
        words=worded(VERDICTS, "verdict"),
    )
    x = alt.X("place:Q", title=None, axis=None).scale(domain=[0.4, 8.6], nice=False)
    y = alt.Y("row:N", title=None).sort(order)
    y = y.axis(labelLimit=220, grid=False, domain=False, ticks=False)
    scale = alt.Scale(domain=list(VERDICTS.values()), range=[GREEN, MUTED, ORANGE])
    squares = base.encode(x=x, y=y, color=alt.Color("words:N", scale=scale, legend=None))
    stand = squares.transform_filter("datum.verdict == 'stands'")
    open_ = squares.transform_filter("datum.verdict == 'unproven'")
    fall = squares.transform_filter("datum.verdict == 'falls'")
    look: dict[str, Any] = {"shape": "square", "size": 620, "opacity": 1, "strokeWidth": 2}
    return layered(
        stand.mark_point(**look),
        open_.mark_point(filled=False, strokeDash=[2, 3], **look),
        fall.mark_point(filled=False, **look),
        stand.mark_text(fontWeight=600).encode(text="number:Q", color=alt.value(PAPER)),
        open_.mark_text(fontWeight=600).encode(text="number:Q"),
        fall.mark_text(fontWeight=600).encode(text="number:Q"),
        *key(("■ stands", GREEN), left=2, top=-14, fontWeight=600),
        *key(("□ falls", ORANGE), left=84, top=-14, fontWeight=600),
        *key(("⬚ cannot be checked", MUTED), left=150, top=-14, fontWeight=600),
    ).properties(
        width=280,
        height=216,
        description="A square for each of 21 reasons, in a row for each question and teller: "
        "filled where the reason stands, dotted where it cannot be checked, empty where it falls",
    )


def say_survive(table: pd.DataFrame, **setting: object) -> str:
    """How many reasons of either teller stand."""
    stand = table[table["verdict"] == "stands"]
    told = [
        f"{(stand['teller'] == teller).sum()} of {(table['teller'] == teller).sum()} reasons of "
        f"the {teller}"
        for teller in ("FAQ", "article")
    ]
    left = [words for key, words in QUESTIONS.items() if key not in set(stand["question"])]
    none = f"; to “{left[0]}” there is no answer left" if left else ""
    return f"By this standard there stand {' and '.join(told)}{none}."


def without(table: pd.DataFrame) -> alt.LayerChart:
    """Revenue as it was and without the growth that is due to one line."""
    x = alt.X("year:Q", title="Year").scale(domain=[2015, 2024], nice=False)
    x = x.axis(format="d", values=[2016, 2018, 2020, 2022, 2024], grid=False)
    level = alt.Scale(domain=[0, 400], nice=False)
    base = alt.Chart(table).encode(x=x)
    actual = alt.Y("actual:Q", title="Revenue (RMB bn)", scale=level)
    rest = alt.Y("without:Q", scale=level)
    chosen = base.transform_filter("datum.chosen == 1")
    return layered(
        base.mark_area(color=ORANGE, opacity=0.13).encode(y=actual, y2="without:Q"),
        base.mark_line(color=BLUE).encode(y=actual),
        base.mark_line(color=ORANGE, strokeDash=[6, 3]).encode(y=rest),
        chosen.mark_rule(color=MUTED, strokeWidth=1.5).encode(y=actual, y2="without:Q"),
        chosen.mark_point(color=BLUE, size=90, opacity=1).encode(y=actual),
        chosen.mark_point(color=ORANGE, size=90, opacity=1, shape="diamond").encode(y=rest),
        *key(("line: as it was", BLUE), ("dashed: without what is due to the line", ORANGE)),
    ).properties(
        width=WIDTH,
        height=230,
        description="Xiaomi's revenue since 2015, and without the growth that is put down to one "
        "line of business",
    )


def say_without(table: pd.DataFrame, *, line: str, spill: float, until: int) -> str:
    """Which share of growth the line is given, and what would make it half."""
    row, first = row_of(table, year=until), table.iloc[0]
    more = row.actual - first.actual
    if more < 10:
        return f"By {until} revenue had grown by RMB {more:.1f} bn: there is nothing to share out."
    turn = (
        "It passes half without any help to the others"
        if row.half <= 0
        else f"For half of it, {row.half:.0%} of the others' growth must be its doing"
    )
    return (
        f"Of the RMB {more:.0f} bn that revenue grew from {first.year:.0f} to {until}, "
        f"{row.due:.0%} is put down to {LINES[line]}. {turn}."
    )


PARTS = {"services": "Services", "connected": "Connected products", "phones": "Phones"}
SHADES = [GREEN, SKY, BLUE]


def profits(table: pd.DataFrame) -> alt.LayerChart:
    """Gross profit of three lines year by year, as shares of their sum.

    Takes the columns year, line and share.
    """
    base = alt.Chart(table).transform_calculate(
        words=worded(PARTS, "line"), place=place(PARTS, "line")
    )
    x = alt.X("year:O", title=None).axis(labelAngle=0)
    y = alt.Y("share:Q", title="Share of their gross profit").scale(domain=[0, 1])
    bars = base.mark_bar(stroke=PAPER, size=44).encode(
        x=x,
        y=y.axis(format="%", values=FIFTHS),
        color=alt.Color("words:N")
        .scale(domain=list(PARTS.values()), range=SHADES)
        .legend(symbolType="square"),
        order="place:Q",
    )
    amounts = inside(base, "y", "share", "year", 0.06, form=".0%", colours=SHADES)
    return layered(bars, amounts.encode(x=x)).properties(
        width=WIDTH - 40,
        height=230,
        description="Shares of services, connected products and phones in their gross profit, by "
        "year",
    )
