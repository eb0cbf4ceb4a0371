"""Charts of the introduction: winners among all firms, belief by cases, references checked."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, HEIGHT, INK, MUTED, ORANGE, WIDTH, layered
from coalescence.charts._parts import key

FOLLOW, REST = "Firms that follow the practice", "Firms that do not"
VERDICTS = ["confirmed", "doubtful", "not found", "not checked"]


def winners(table: pd.DataFrame) -> alt.LayerChart:
    """Both kinds of firms by performance; what lies beyond the bar is filled."""
    x = alt.X("performance:Q", title="Performance (0: average without the practice)").scale(
        domain=[-4, 6], nice=False
    )
    layers: list[alt.Chart] = []
    for column, colour, dash in (("rest", ORANGE, [7, 3]), ("follow", BLUE, [1, 0])):
        base = alt.Chart(table).encode(
            x=x,
            y=alt.Y(f"{column}:Q", title="Share of firms (density)").scale(
                domain=[0, 0.5], nice=False
            ),
        )
        beyond = base.transform_filter("datum.performance >= datum.bar")
        layers.append(beyond.mark_area(color=colour, opacity=0.3, clip=True))
        layers.append(base.mark_line(color=colour, strokeDash=dash, clip=True))
    rule = (
        alt.Chart(table)
        .mark_rule(color=MUTED, strokeDash=[2, 3])
        .encode(x="max(bar):Q", y=alt.datum(0), y2=alt.datum(0.42))
    )
    words = key((FOLLOW, BLUE), (REST, ORANGE), down=0, across=215)
    return layered(*layers, rule, *words).properties(
        width=WIDTH,
        height=HEIGHT,
        description=(
            "Two curves of firms by performance, those that follow a practice and those that do "
            "not; a line marks the bar that only the best pass, and what lies beyond it is filled."
        ),
    )


def say_winners(table: pd.DataFrame, *, mean: float, spread: float, top: float) -> str:
    """What the best look like, against what the practice does."""
    share = table["share"].iloc[0]
    does = (
        "adds nothing on average"
        if mean == 0
        else f"{'adds' if mean > 0 else 'costs'} {abs(mean):g} standard deviations on average"
    )
    return (
        f"The practice {does}; half of all firms follow it, "
        f"and {share:.0%} of the best {top:.0%} do."
    )


def cases(table: pd.DataFrame) -> alt.LayerChart:
    """Belief that the practice works, by the number of winners seen to follow it."""
    x = alt.X("cases:Q", title="Winners seen, all of them followers").scale(domain=[0, 30])
    y = alt.Y("belief:Q", title="Belief that it works").scale(domain=[0, 1]).axis(format="%")
    line = alt.Chart(table).mark_line(point=True).encode(x=x, y=y)
    one = alt.Chart(table).transform_filter("datum.cases == 1").encode(x=x, y=y)
    mark = one.mark_point(shape="diamond", size=170, color=GREEN, opacity=1)
    word = one.mark_text(text="one case", color=GREEN, fontWeight=600, align="left", dx=9, dy=12)
    sure = alt.Chart().mark_rule(color=MUTED, strokeDash=[2, 3]).encode(y=alt.datum(0.95))
    return layered(line, mark, word, sure).properties(
        width=WIDTH,
        height=HEIGHT,
        description=(
            "Belief that a practice works after each further winner that follows it; a dotted "
            "line at 95%, a diamond after the first case."
        ),
    )


def say_cases(table: pd.DataFrame, *, prior: float, effect: float, top: float) -> str:
    """How far one case moves the belief, and how many it takes."""
    one = table["belief"].iloc[1]
    enough = table["cases"][table["belief"] >= 0.95]
    takes = (
        f"it takes {enough.iloc[0]} to be 95% sure" if len(enough) else "not even 30 make it 95%"
    )
    return f"One winner moves the belief from {prior:.0%} to {one:.0%}; {takes}."


def references(table: pd.DataFrame) -> alt.LayerChart:
    """One dot a reference of document 002 (columns ref, judgement), a line a verdict."""
    base = (
        alt.Chart(table[["ref", "judgement"]])
        .transform_window(place="row_number()", groupby=["judgement"])
        .encode(
            x=alt.X("place:Q", title="References").axis(tickMinStep=1, format="d"),
            y=alt.Y("judgement:N", title=None).scale(domain=VERDICTS),
        )
    )
    dots = base.mark_circle(size=420, color=BLUE, opacity=0.22)
    names = base.mark_text(fontSize=11, color=INK).encode(text="ref:N")
    counts = table["judgement"].value_counts()
    return layered(dots, names).properties(
        width=WIDTH - 40,
        height=150,
        description="References of document 002 by what a search found: "
        + ", ".join(f"{counts.get(name, 0)} {name}" for name in VERDICTS),
    )
