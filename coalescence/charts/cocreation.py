"""Charts and sentences for trying ideas, testing and voting."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, HEIGHT, MUTED, ORANGE, WIDTH, layered
from coalescence.charts._parts import lines, mark
from coalescence.models import cocreation

# --- Search ---


def tries(table: pd.DataFrame) -> alt.LayerChart:
    """What it is worth to try so many ideas a week, once and until one is good enough."""
    names = {"again": "Until good enough", "once": "One week only"}
    x = alt.X("ideas:Q", title="Ideas tried at once").scale(domain=[0, 40], nice=False)
    title = "Worth (standard deviations of ideas)"
    curves = lines(table, x, names, title, [-1, 2.5])
    best = mark(table, "datum.best == 1", "ideas:Q", "again:Q", "best", align="left", dx=-5)
    return layered(curves, *best).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Worth of the best idea found less the cost of tests and weeks, by the number "
        "of ideas tried at once, for one week and for searching on, with the best number marked",
    )


def say_tries(table: pd.DataFrame, *, cost: float, week: float) -> str:
    """How many at once, for how long."""
    best, alone = table[table.best == 1].iloc[0], table.iloc[0]
    if best.ideas == 1:
        return (
            f"Trying one idea after another is best; it takes {best.rounds:.0f} weeks on average."
        )
    return (
        f"It is best to try {best.ideas:.0f} ideas at once, for {best.rounds:.1f} weeks on "
        f"average: worth {best.again:.2f}. One after another takes {alone.rounds:.1f} weeks and is "
        f"worth {alone.again:.2f}."
    )


# --- Testers ---


def testers(table: pd.DataFrame) -> alt.Chart:
    """Which share of the faults so many testers find."""
    names = {"found": "Some faults are harder", "even": "All faults alike"}
    x = alt.X("testers:Q", title="Testers").scale(domain=[0, 40], nice=False)
    return lines(table, x, names, "Share of the faults found", [0, 1], form="%").properties(
        description="Share of the faults that at least one of so many testers finds, if some are "
        "harder to find than others and if all are alike"
    )


def say_testers(table: pd.DataFrame, *, chance: float, uneven: float) -> str:
    """What five testers find, and what the next ones add."""
    five, twenty = table.iloc[5], table.iloc[20]
    return (
        f"Five testers find {five.found:.0%} of the faults, and a sixth adds {five.one:.1%}; "
        f"twenty find {twenty.found:.0%}."
    )


# --- Votes ---


def votes(table: pd.DataFrame) -> alt.Chart:
    """How good a product gets under votes and under one designer."""
    names = {"vote": "Users vote", "designer": "One designer decides"}
    x = alt.X("week:Q", title="Weeks, one change each").scale(domain=[0, 25], nice=False)
    title = "Quality (0 average, 1 best possible)"
    return lines(table, x, names, title, [-0.1, 1.05]).properties(
        description="Mean quality of a hundred products that are changed one feature a week, by "
        "majority vote and by one designer"
    )


def say_votes(table: pd.DataFrame, *, others: int, users: int, apart: float) -> str:
    """Where voting stops, and why."""
    last = table.iloc[-1]
    peaks = last.peaks
    land = "a single peak" if peaks < 1.5 else f"{peaks:.0f} local peaks on average"
    moving = f"; {last.moving:.0%} still move" if last.moving >= 0.005 else ""
    return (
        f"With {land} the vote reaches {last.vote:.0%} of the way from an average product to the "
        f"best one{moving}. A designer who climbs reaches {last.designer:.0%}."
    )


def ruggedness(table: pd.DataFrame) -> alt.LayerChart:
    """Local peaks by the number of features that interact."""
    x = alt.X("others:O", title="Other features that each one depends on (K)").axis(labelAngle=0)
    scale = alt.Scale(type="log", domain=[0.4, 500], nice=False)
    y = alt.Y("peaks:Q", title="Local peaks (log scale)", scale=scale)
    y = y.axis(values=[1, 3, 10, 30, 100, 300])
    base = alt.Chart(table).encode(x=x)
    counted = base.encode(y=y)
    words = counted.encode(text=alt.Text("peaks:Q", format=".3~r"))
    formula = base.mark_line(color=ORANGE, strokeDash=[6, 3]).encode(y=alt.Y("formula:Q"))
    name = (
        alt.Chart(table)
        .transform_filter("datum.others == 0")
        .mark_text(text="if all interact: 2^N / (N + 1)", color=ORANGE, align="left", dy=-10)
        .encode(x=x, y="formula:Q")
    )
    return layered(
        formula,
        name,
        counted.mark_line(color=BLUE),
        counted.mark_point(color=BLUE, size=80, opacity=1),
        words.mark_text(color=MUTED, dy=15, dx=13),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Mean number of local peaks by the number of other features that each depends "
        "on, beside the number expected if all interact",
    )


def say_ruggedness(table: pd.DataFrame, *, features: int) -> str:
    """How many peaks, and how often a climb finds the best."""
    last, first = table.iloc[-1], table.iloc[0]
    many = cocreation.expected_peaks(features)
    return (
        f"If {features} features are independent, every climb ends at the best of "
        f"{2**features:,} products ({first.peaks:.0f} peak). If all interact there are about "
        f"{many:,.0f} peaks, and {last.best:.0%} of climbs end at the best."
    )
