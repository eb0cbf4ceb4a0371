"""Charts and sentences for many heads, trying ideas and voting."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, HEIGHT, ORANGE, WIDTH, layered
from coalescence.charts._parts import lines, mark
from coalescence.models import cocreation

# --- Heads ---

POWERS = ["1", "100", "10,000", "1 million", "100 million"]  # every second power of ten
IDEAS = "Best idea (SD above the average)"


def _many(count: float) -> str:
    """A number of heads in words: 280, 21,000, 100 million."""
    if count >= 1e6:
        return f"{count / 1e6:,.3g} million"
    size = 10 ** max(len(str(int(count))) - 2, 0)
    return f"{round(count / size) * size:,.0f}"


def heads(table: pd.DataFrame) -> alt.LayerChart:
    """The best idea of so many heads, alike and not, and the small panel that equals the crowd."""
    names = {"unlike": "Nothing in common", "alike": "Alike"}
    x = alt.X("power:Q", title="Heads, one idea each (log scale)")
    x = x.scale(domain=[0, 8], nice=False).axis(
        values=[0, 2, 4, 6, 8], labelExpr=f"{POWERS}[datum.value / 2]", labelFlush=False
    )
    curves = lines(table, x, names, IDEAS, [0, 6], where="datum.point == 'curve'")
    here = alt.Chart(table).encode(x=x, y=alt.Y("alike:Q"))
    crowd = here.transform_filter("datum.point == 'crowd'")
    panel = here.transform_filter("datum.point == 'panel'")
    level = here.transform_filter("datum.point != 'curve'")
    return layered(
        curves,
        level.mark_line(color=GREEN, strokeDash=[3, 3], strokeWidth=1.5),
        crowd.mark_point(color=ORANGE, size=110, opacity=1),
        panel.mark_point(shape="diamond", size=140, color=GREEN, opacity=1),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Quality of the best idea by the number of heads, if their ideas have nothing "
        "in common and if they are alike; a dotted line leads from the crowd chosen to the small "
        "panel of unlike heads whose best idea is as good",
    )


def say_heads(table: pd.DataFrame, *, power: float, alike: float) -> str:
    """How good the best idea is, and how few would have found it."""
    crowd, panel = table.iloc[-2], table.iloc[-1]
    best = f"The best idea of {_many(10**power)} heads lies {crowd.alike:.1f} SD above the average"
    if alike == 0:
        return f"{best}."
    return f"{best}, as good as that of {_many(10**panel.power)} heads with nothing in common."


def crowd(table: pd.DataFrame) -> alt.LayerChart:
    """Heads (`date`, `heads`) and the best idea they could have, both as multiples of the first."""
    best = cocreation.best_of(table["heads"].to_numpy(float))
    grown = pd.DataFrame(
        {
            "date": table["date"].astype(str),
            "Heads": table["heads"] / table["heads"].iloc[0],
            "Their best idea": best / best[0],
        }
    ).melt("date", var_name="line", value_name="times")
    grown["last"] = (grown["date"] == grown["date"].max()).astype(int)
    x = alt.X("date:T", title=None).scale(domain=["2010-06-01", "2016-03-01"])
    x = x.axis(format="%Y", tickCount=6)
    y = alt.Y("times:Q", title="Times what it was at first (log scale)")
    y = y.scale(type="log", domain=[0.5, 4e6], nice=False)
    y = y.axis(values=[1, 10, 100, 1000, 10_000, 100_000, 1_000_000], format=",")
    colour = alt.Color("line:N", legend=None).scale(range=[BLUE, ORANGE])
    base = alt.Chart(grown).encode(x=x, y=y, color=colour)
    ends = base.transform_filter("datum.last == 1").transform_calculate(
        words="datum.line + ' ×' + format(datum.times, datum.times < 10 ? '.1f' : ',.0f')"
    )
    return layered(
        base.mark_line(),
        base.mark_point(size=70, opacity=1).encode(shape=alt.Shape("line:N", legend=None)),
        ends.mark_text(align="right", dy=-14, dx=12, fontWeight=600).encode(text="words:N"),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Users of the software and the best idea of as many unlike heads, both as "
        "multiples of the first hundred testers, on a log scale",
    )


# --- Search ---


def tries(table: pd.DataFrame) -> alt.LayerChart:
    """What it is worth to try so many ideas a week, once and until one is good enough."""
    names = {"again": "Until good enough", "once": "One release only"}
    x = alt.X("ideas:Q", title="Ideas tried in one release").scale(domain=[0, 40], nice=False)
    title = "Worth (SD of ideas)"
    curves = lines(table, x, names, title, [-0.5, 2.5])
    best = mark(table, "datum.best == 1", "ideas:Q", "again:Q", "best", align="left", dx=-5)
    return layered(curves, *best).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Worth of the best idea found less the cost of tests and of waiting, by the "
        "number of ideas tried in a release, for one release and for searching on, with the best "
        "number marked",
    )


def say_tries(table: pd.DataFrame, *, cost: float, wait: float) -> str:
    """How many at once, for how long."""
    best, alone = table[table.best == 1].iloc[0], table.iloc[0]
    if best.ideas == 1:
        return (
            f"One idea a release is best, for {best.rounds:.0f} releases on average: worth "
            f"{best.again:.2f}."
        )
    return (
        f"It is best to try {best.ideas:.0f} ideas in a release, for {best.rounds:.1f} releases on "
        f"average: worth {best.again:.2f}. One at a time takes {alone.rounds:.1f} and is worth "
        f"{alone.again:.2f}."
    )


# --- Votes ---


def votes(table: pd.DataFrame) -> alt.Chart:
    """How good a product gets under votes and under one designer."""
    names = {"vote": "Users vote", "designer": "One designer decides"}
    x = alt.X("week:Q", title="Weeks, one change each").scale(domain=[0, 15], nice=False)
    title = "Quality (0% average, 100% best possible)"
    return lines(table, x, names, title, [-0.1, 1.05], form="%").properties(
        description="Mean quality over a hundred landscapes of the best of so many versions, each "
        "changed in one feature a week, by majority vote and by one designer"
    )


def say_votes(table: pd.DataFrame, *, others: int, apart: float, versions: int) -> str:
    """Where voting stops, and what a designer would reach."""
    last = table.iloc[-1]
    peaks = last.peaks
    land = "a single peak" if peaks < 1.5 else f"{peaks:.0f} local peaks on average"
    which = (
        "the vote reaches" if versions == 1 else f"the best of {versions} versions by vote reaches"
    )
    return (
        f"With {land}, {which} {last.vote:.0%} of the way from an average product to the best one; "
        f"with one designer it is {last.designer:.0%}."
    )
