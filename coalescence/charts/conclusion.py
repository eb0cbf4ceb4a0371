"""Charts of the conclusion: every claim's verdict, and what each lesson brings a firm."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, INK, MUTED, ORANGE, PINK, RED, SKY, WIDTH, layered
from coalescence.charts._parts import place, worded

SUBJECTS = [
    "How it is known", "Beginnings", "Size", "Customers", "Money", "Shops and brands",
    "Partners and products", "Abroad and after",
]  # fmt: skip
VERDICTS = {
    "confirmed": GREEN, "partly": SKY, "out of date": ORANGE, "contested": RED,
    "not checkable": PINK, "note": MUTED,
}  # fmt: skip
SHAPES = ["circle", "square", "diamond", "triangle-up", "cross", "triangle-down"]
LESSONS = {
    "direct": "Sell without shops",
    "margin": "Earn after the sale",
    "word": "Let customers advertise",
    "scarcity": "Keep supply short",
    "minority": "Own a fifth of a partner",
    "abroad": "Enter every country at once",
}


def ledger(claims: pd.DataFrame) -> alt.LayerChart:
    """Every claim (columns id, subject, judgement), a line a subject, in the order of verdicts."""
    order = list(VERDICTS)
    base = (
        alt.Chart(claims[["id", "subject", "judgement"]])
        .transform_calculate(rank=place(order, "judgement"))
        .transform_window(
            place="row_number()",
            groupby=["subject"],
            sort=[alt.SortField("rank"), alt.SortField("id")],
        )
        .encode(
            x=alt.X("place:Q", axis=None).scale(domain=[0.5, 9.5]),
            y=alt.Y("subject:N", title=None, sort=SUBJECTS),
        )
    )
    marks = base.mark_point(size=230, filled=True, opacity=0.9, yOffset=-7).encode(
        color=alt.Color("judgement:N").scale(domain=order, range=list(VERDICTS.values())),
        shape=alt.Shape("judgement:N", legend=alt.Legend(columns=3, symbolOpacity=1)).scale(
            domain=order, range=SHAPES
        ),
    )
    names = base.mark_text(fontSize=10.5, color=INK, dy=10).encode(text="id:N")
    counts = claims.judgement.value_counts()
    return layered(marks, names).properties(
        width=300,
        height=alt.Step(40),
        description="Every claim of the ledger by subject and verdict: "
        + ", ".join(f"{counts.get(name, 0)} {name}" for name in order),
    )


def lessons(table: pd.DataFrame) -> alt.LayerChart:
    """A bar a lesson: what it brings, to the right of nothing or to the left."""
    base = (
        alt.Chart(table)
        .transform_calculate(
            words=worded(LESSONS, "lesson"),
            shown="min(1, max(-1, datum.gain))",
            label="(datum.gain > 0 ? '+' : '') + format(datum.gain, '.0%')",
        )
        .encode(y=alt.Y("words:N", title=None, sort=list(LESSONS.values())).axis(labelLimit=200))
    )
    x = alt.X("shown:Q", title="Gain from following it").scale(domain=[-1, 1.25], nice=False)
    bars = base.mark_bar(height=18).encode(
        x=x.axis(
            labelExpr="(datum.value > 0 ? '+' : '') + format(datum.value, '.0%')",
            values=[-1, -0.5, 0, 0.5, 1],
        ),
        color=alt.condition("datum.gain > 0", alt.value(BLUE), alt.value(ORANGE)),
    )
    right = base.transform_filter("datum.gain >= 0").mark_text(align="left", dx=5)
    left = base.transform_filter("datum.gain < 0").mark_text(align="left", dx=5)
    zero = alt.Chart().mark_rule(color=MUTED).encode(x=alt.datum(0))
    return layered(
        bars,
        zero,
        right.encode(x="shown:Q", text="label:N"),
        left.encode(x=alt.datum(0), text="label:N"),
    ).properties(
        width=WIDTH - 160,
        height=240,
        description=(
            "Bars of what each of six lessons would bring a firm with these conditions, to the "
            "right where it gains and to the left where it loses; bars end at one hundred per cent."
        ),
    )


def say_lessons(table: pd.DataFrame, **_conditions: object) -> str:
    """Which lessons carry over, and which do harm."""
    words = table["lesson"].map(lambda key: LESSONS[key][0].lower() + LESSONS[key][1:])
    over = list(words[table["gain"] > 0.005])
    harm = list(words[table["gain"] < -0.005])
    return (
        f"Carries over ({len(over)} of {len(table)}): {', '.join(over) or 'none'}. "
        f"Does harm: {', '.join(harm) or 'none'}."
    )
