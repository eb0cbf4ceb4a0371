"""Whom to pick, in pictures: the length of the list, how much of it is taken, and when to stop."""

from collections.abc import Iterator
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from coalescence.charts import BLUE, GREEN, INK, LINE, MUTED, ORANGE, layered
from coalescence.charts._parts import FIFTHS
from coalescence.models import selection

QUALITY = "Quality, standard deviations above average"


def _ends(
    base: alt.Chart, field: str, names: list[str], value: str, *places: tuple[Any, int, int]
) -> Iterator[alt.Chart]:
    """The two chosen points, a circle and a diamond, and their values (align, dx, dy)."""
    styles = (BLUE, "circle"), (ORANGE, "diamond")
    for name, (colour, shape), (align, dx, dy) in zip(names, styles, places, strict=True):
        chosen = base.transform_filter(f"datum.point == 'chosen' && datum.{field} == '{name}'")
        yield chosen.mark_point(shape=shape, size=120, color=colour, opacity=1)
        yield chosen.mark_text(align=align, dx=dx, dy=dy, color=colour, fontWeight=600).encode(
            text=alt.Text(f"{value}:Q", format=".2f")
        )


def reach(table: pd.DataFrame) -> alt.LayerChart:
    """Quality of the partners chosen over the length of the list, one line for each source."""
    sources = list(selection.SOURCES)
    x = alt.X("number:Q", title="Candidates on the list (each step ten times as many)")
    x = x.scale(type="log", domain=[1, 1000], nice=False).axis(values=[1, 10, 100, 1000])
    y = alt.Y("quality:Q", title=QUALITY).scale(domain=[0, 3.3], nice=False)
    base = alt.Chart(table).encode(x=x, y=y.axis(tickCount=6))
    return layered(
        base.transform_filter("datum.point == 'curve'")
        .mark_line()
        .encode(
            color=alt.Color("source:N")
            .scale(domain=sources, range=[BLUE, ORANGE])
            .legend(symbolType="stroke", symbolSize=400),
            strokeDash=alt.StrokeDash("source:N").scale(domain=sources, range=[[1, 0], [6, 3]]),
        ),
        *_ends(base, "source", sources, "quality", ("right", -10, -9), ("right", -10, -9)),
    ).properties(
        width=380,
        height=250,
        description="Average quality of the chosen partners over the number of candidates, for a "
        "personal network and for an open call, with a mark where each list ends",
    )


def say_reach(table: pd.DataFrame, *, network: int, insight: float, partners: int) -> str:
    """What each list brings, and how long the open call would have to be."""
    ends = table[table.point == "chosen"].set_index("source")["quality"]
    known = selection.Candidates(network, insight)
    needed = selection.equal_reach(known, float(selection.OPEN_CALL.insight), partners)
    longer = (
        f"an open call would need about {float(f'{needed:.2g}'):,.0f} candidates to be as good"
        if needed < selection.MOST
        else "not even an open call of a billion would be as good"
    )
    who, are = (f"The best {partners}", "are") if partners > 1 else ("The best", "is")
    return (
        f"{who} of {network} known ones {are} {ends['circle']:.2f} standard deviations above "
        f"average, of {selection.OPEN_CALL.number:,.0f} strangers {ends['open call']:.2f}; "
        f"{longer}."
    )


def shortlist(table: pd.DataFrame) -> alt.LayerChart:
    """Quality of those taken and of the last one taken over the share of the list taken."""
    x = alt.X("share:Q", title="Share of the list that is taken")
    x = x.scale(domain=[0, 1]).axis(format="%", values=FIFTHS)
    scale = alt.Scale(domain=[-3, 3], nice=False)
    base = alt.Chart(table).encode(x=x)
    average = base.encode(y=alt.Y("average:Q", title=QUALITY, scale=scale))
    last = base.encode(y=alt.Y("last:Q", scale=scale))
    zero = alt.Chart(pd.DataFrame({"level": [0]})).mark_rule(color=LINE, strokeWidth=1.5)
    middle = "abs(datum.share - 0.5) < 0.001"
    return layered(
        zero.encode(y=alt.Y("level:Q", scale=scale)),
        average.mark_line(color=BLUE),
        last.mark_line(color=ORANGE, strokeDash=[6, 3]),
        average.transform_filter(middle)
        .mark_text(align="left", dx=-10, dy=-14, color=BLUE, fontWeight=600)
        .encode(text=alt.value("average of those taken")),
        last.transform_filter(middle)
        .mark_text(align="left", dx=-90, dy=26, color=ORANGE, fontWeight=600)
        .encode(text=alt.value("the last one taken")),
    ).properties(
        width=380,
        height=240,
        description="Average quality of the partners taken, and quality of the last one, over the "
        "share of the list that is taken",
    )


def say_shortlist(table: pd.DataFrame, *, network: int, insight: float) -> str:
    """What a twentieth and a half of the list bring."""
    few, half = table.iloc[0], table.iloc[9]
    return (
        f"The best {few.partners:.0f} of {network} average {few.average:.2f} standard deviations "
        f"above the average candidate, the best {half.partners:.0f} only {half.average:.2f}, and "
        f"the last of these is an average candidate ({half['last']:.2f})."
    )


def secretary(table: pd.DataFrame) -> alt.LayerChart:
    """Chance of taking the very best over the share passed over first."""
    x = alt.X("share:Q", title="Share of the candidates passed over first")
    x = x.scale(domain=[0, 1]).axis(format="%", values=FIFTHS)
    y = alt.Y("chance:Q", title="Chance of taking the very best")
    y = y.scale(domain=[0, 0.5], nice=False).axis(format="%", tickCount=5)
    base = alt.Chart(table).encode(x=x, y=y)
    best = base.transform_filter("datum.point == 'best'")
    return layered(
        base.transform_filter("datum.point == 'curve'").mark_line(color=BLUE),
        best.mark_point(shape="diamond", size=140, color=GREEN, opacity=1),
        best.transform_calculate(
            words="'pass over ' + datum.skip + ', then ' + format(datum.chance, '.1%')"
        )
        .mark_text(dy=-16, color=INK, fontWeight=600)
        .encode(text="words:N"),
    ).properties(
        width=380,
        height=220,
        description="Chance of taking the very best candidate over the share of candidates passed "
        "over at first, with the best rule marked",
    )


def say_secretary(table: pd.DataFrame, *, candidates: int) -> str:
    """The best rule in words."""
    best, first = table[table.point == "best"].iloc[0], table.iloc[0]
    return (
        f"Of {candidates} candidates, passing over the first {best.skip:.0f} and taking the next "
        f"who beats them all finds the very best with {best.chance:.1%}; taking the first one, "
        f"with {first.chance:.1%}."
    )


def boxes(table: pd.DataFrame) -> alt.LayerChart:
    """Reservation values of a friend of a friend and of a stranger over the cost of checking."""
    kinds = list(selection.KINDS)
    x = alt.X("cost:Q", title="Cost of checking one candidate, standard deviations of quality")
    x = x.scale(domain=[0, 1]).axis(values=FIFTHS)
    y = alt.Y("reservation:Q", title="Reservation value: knock where it is highest")
    y = y.scale(domain=[-1.2, 2.4], nice=False)
    base = alt.Chart(table).encode(x=x)
    chosen = base.transform_filter("datum.point == 'chosen'")
    return layered(
        chosen.mark_rule(color=LINE, strokeWidth=5),
        base.transform_filter("datum.point == 'curve'")
        .mark_line()
        .encode(
            y=y,
            color=alt.Color("kind:N")
            .scale(domain=kinds, range=[BLUE, ORANGE])
            .legend(symbolType="stroke", symbolSize=400),
            strokeDash=alt.StrokeDash("kind:N").scale(domain=kinds, range=[[1, 0], [6, 3]]),
        ),
        *_ends(base.encode(y=y), "kind", kinds, "reservation", ("left", 9, -10), ("right", -9, 12)),
    ).properties(
        width=380,
        height=250,
        description="Reservation values of a friend of a friend and of a stranger over the cost "
        "of checking a candidate; the one with the higher value is checked first",
    )


def say_boxes(table: pd.DataFrame, *, lead: float, insight: float, cost: float) -> str:
    """Whom to check first, and what makes one stop."""
    value = table[table.point == "chosen"].set_index("kind")["reservation"]
    first = "stranger" if value["stranger"] > value["friend"] else "friend of a friend"
    return (
        f"The friend of a friend, better by {lead:g} on average, has a reservation value of "
        f"{value['friend']:z.2f}, the stranger one of {value['stranger']:z.2f}: at a cost of "
        f"{cost:g} check the {first} first and stop at anyone better than {value.max():z.2f}."
    )


CIRCLES = {100: -9, 150: 7, 250: 0}  # teams in a circle, and by how many pixels its name is nudged


def outgrown(counted: pd.DataFrame) -> alt.LayerChart:
    """Average quality over the number of partners, for three circles and an open call.

    `counted`: how many partners there were when (period, value), drawn as upright lines.
    """
    partners = np.arange(5, 101, 5)
    lists = [
        (f"circle of {number}", "circle", nudge, selection.Candidates(number, 0.8))
        for number, nudge in CIRCLES.items()
    ]
    lists.append(("open call", "open call", -7, selection.OPEN_CALL))
    scale = alt.Scale(domain=list(selection.SOURCES), range=[BLUE, ORANGE])
    dash = alt.StrokeDash("source:N", legend=None).scale(
        domain=list(selection.SOURCES), range=[[1, 0], [6, 3]]
    )
    x = alt.X("partners:Q", title="Partners taken").scale(domain=[0, 132], nice=False)
    y = alt.Y("quality:Q", title=QUALITY).scale(domain=[0, 2], nice=False)
    x, y = x.axis(values=[0, 20, 40, 60, 80, 100]), y.axis(tickCount=5)
    layers: list[alt.Chart] = []
    for words, source, nudge, candidates in lists:
        line = pd.DataFrame(
            {"partners": partners, "quality": selection.secured(candidates, partners)}
        )
        base = alt.Chart(line.assign(source=source, words=words)).encode(
            x=x, y=y, color=alt.Color("source:N", scale=scale, legend=None)
        )
        layers += [
            base.mark_line().encode(strokeDash=dash),
            base.transform_filter("datum.partners == 100")
            .mark_text(align="left", dx=5, dy=nudge)
            .encode(text="words:N"),
        ]
    dates = alt.Chart(counted[["period", "value"]]).encode(x="value:Q")
    return layered(
        dates.mark_rule(color=MUTED, strokeDash=[2, 2]),
        dates.mark_text(angle=270, align="right", baseline="bottom", dx=-4, dy=-3, y=0).encode(
            text="period:N", color=alt.value(MUTED)
        ),
        *layers,
    ).properties(
        width=380,
        height=240,
        description="Average quality of the partners taken over their number, for circles of 100, "
        "150 and 250 teams and for an open call, with the numbers of partners counted at three "
        "dates",
    )
