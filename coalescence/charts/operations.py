"""Shops, brands and services in pictures: the road, two places, a cheap phone, the best margin."""

from typing import Any

import altair as alt
import pandas as pd

from coalescence.charts import (
    BLUE,
    GREEN,
    HEIGHT,
    INK,
    LINE,
    MUTED,
    ORANGE,
    WIDTH,
    layered,
)  # fmt: skip
from coalescence.charts._parts import FIFTHS, row_of, worded
from coalescence.models import operations

PLACES = {"street": "Telecom street", "mall": "Mall"}
LINES = {"one": "One brand", "two": "Two brands"}
EARNED = {"one_profit": "One brand", "two_profit": "Two brands"}
SOURCES = {"together": "Together", "hardware": "From the phone", "after": "From services"}
RIVALS = {
    "alone": "No rival, straight demand",
    "curved": "No rival, exponential demand",
    "equals": "A rival with the same services",
    "ahead": "A rival without services",
}
SEGMENTS = {
    "smartphones": "Phones",
    "iot": "IoT and lifestyle",
    "internet": "Internet services",
}


# --- places ---


def road(table: pd.DataFrame) -> alt.LayerChart:
    """The share that goes to the mall along the road, and where half do."""
    x = alt.X("km:Q", title="Where the shopper lives (km from the mall)").scale(domain=[0, 10])
    y = alt.Y("share:Q", title="Chance of going to the mall").scale(domain=[0, 1])
    base = alt.Chart(table).encode(x=x, y=y.axis(format="%", values=FIFTHS))
    half = base.transform_filter("datum.point == 'break'")
    ends = alt.Chart(pd.DataFrame({"words": ["Mall", "Telecom street"]})).encode(text="words:N")
    first, last = (
        ends.transform_filter(alt.datum.words == word) for word in ("Mall", "Telecom street")
    )
    return layered(
        half.mark_rule(color=ORANGE, strokeDash=[5, 4]).encode(
            y=alt.value(0), y2=alt.value(HEIGHT)
        ),
        base.transform_filter("datum.point == 'road'").mark_line(),
        half.mark_point(color=ORANGE, size=90, opacity=1, shape="diamond"),
        half.mark_text(color=ORANGE, align="center", fontWeight=600, text="half and half").encode(
            y=alt.value(8)
        ),
        first.mark_text(align="left", color=MUTED, x=6, y=HEIGHT - 10),
        last.mark_text(align="right", color=MUTED, x=alt.expr("width - 4"), y=30),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Chance that a shopper goes to the mall, falling along the road from the mall "
        "to the telecom street, and the point where half do",
    )


def say_road(table: pd.DataFrame, *, size: float, gamma: float, decay: float) -> str:
    """Where shoppers divide equally."""
    km = row_of(table, point="break").km
    return (
        f"A mall {size:g} times as big as the street draws half of the shoppers who live "
        f"{km:.1f} of the 10 km away."
    )


def sites(table: pd.DataFrame) -> alt.LayerChart:
    """Contribution over visitors in two places, with who comes and who would have to."""
    x = alt.X("visitors:Q", title="People who come in (thousand a year)").scale(domain=[0, 600])
    y = alt.Y("contribution:Q", title="Contribution (RMB m a year)").scale(domain=[-4, 6])
    order = list(PLACES.values())
    base = (
        alt.Chart(table)
        .transform_calculate(words=worded(PLACES, "place"))
        .encode(
            x=x.axis(tickCount=6),
            y=y,
            color=alt.Color("words:N")
            .scale(domain=order, range=[ORANGE, BLUE])
            .legend(symbolType="stroke"),
        )
    )
    dash = alt.StrokeDash("words:N").scale(domain=order, range=[[6, 3], [1, 0]])
    key = alt.Chart(
        pd.DataFrame(
            {"kind": ["actual", "needed"], "y": [-2.9, -3.6], "words": ["come", "needed to pay"]}
        )
    ).encode(y="y:Q")
    looks: dict[str, dict[str, Any]] = {
        "actual": {"shape": "circle", "size": 130},
        "needed": {"shape": "triangle-up", "size": 90, "filled": False},
    }
    marks = []
    for kind, look in looks.items():
        marks += [
            base.transform_filter(alt.datum.point == kind).mark_point(
                opacity=1, strokeWidth=2, clip=True, **look
            ),
            key.transform_filter(alt.datum.kind == kind).mark_point(
                color=MUTED, opacity=1, strokeWidth=2, x=alt.expr("width - 106"), **look
            ),
        ]
    return layered(
        alt.Chart(pd.DataFrame({"y": [0]})).mark_rule(color=MUTED).encode(y="y:Q"),
        base.transform_filter("datum.point == 'line'").mark_line(clip=True).encode(strokeDash=dash),
        *marks,
        key.mark_text(align="left", color=MUTED, x=alt.expr("width - 94")).encode(text="words:N"),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Contribution of the same shop in the telecom street and in the mall over the "
        "number of visitors, with who comes and the number that breaks even",
    )


def say_sites(
    table: pd.DataFrame, *, rivals: int, anchors: int, breadth: float, rent: float
) -> str:
    """What the shop earns in either place, and how far it is from breaking even."""
    parts = []
    for place, words in PLACES.items():
        actual = row_of(table, place=place, point="actual")
        needed = row_of(table, place=place, point="needed").visitors
        result = "a loss" if actual.contribution < 0 else "a gain"
        parts.append(
            f"{words}: {actual.visitors:,.0f} thousand come, {needed:,.0f} thousand are needed, "
            f"{result} of RMB {abs(actual.contribution):.2f} m a year."
        )
    return " ".join(parts)


# --- brands ---


def brands(table: pd.DataFrame) -> alt.LayerChart:
    """How good the cheap phone is, over the share of demanding buyers."""
    return _two_lines(
        table,
        LINES,
        "Quality of the cheap phone, % of the best",
        [0, 1],
        "Quality of the cheap phone, as a share of the best for its buyers, over the share of "
        "demanding buyers, under one brand and under two",
    )


def brand_profit(table: pd.DataFrame) -> alt.LayerChart:
    """What both phones earn, over the share of demanding buyers."""
    return _two_lines(
        table,
        EARNED,
        "Profit, % of the most possible",
        [0.6, 1],
        "Profit from both phones as a share of what could be earned if every buyer's taste were "
        "known, over the share of demanding buyers",
    )


def _two_lines(
    table: pd.DataFrame, names: dict[str, str], title: str, domain: list[float], description: str
) -> alt.LayerChart:
    order = list(names.values())
    x = alt.X("share:Q", title="Share of demanding buyers").scale(domain=[0, 1])
    base = (
        alt.Chart(table)
        .transform_fold(list(names), as_=["what", "value"])
        .transform_calculate(words=worded(names, "what"))
        .encode(
            x=x.axis(format="%", values=FIFTHS),
            y=alt.Y("value:Q", title=title).scale(domain=domain).axis(format="%", tickCount=5),
            color=alt.Color("words:N")
            .scale(domain=order, range=[ORANGE, BLUE])
            .legend(symbolType="stroke"),
        )
    )
    dash = alt.StrokeDash("words:N").scale(domain=order, range=[[6, 3], [1, 0]])
    chosen = base.transform_filter("datum.point == 'chosen'")
    return layered(
        alt.Chart(table)
        .transform_filter("datum.point == 'chosen'")
        .mark_rule(color=LINE, strokeWidth=6)
        .encode(x=x),
        base.transform_filter("datum.point == 'curve'")
        .mark_line(clip=True)
        .encode(strokeDash=dash),
        chosen.mark_point(size=90, opacity=1, clip=True),
    ).properties(width=WIDTH, height=HEIGHT, description=description)


def say_brands(table: pd.DataFrame, *, ratio: float, share: float, apart: float) -> str:
    """How much worse the cheap phone is made, and what a second brand changes."""
    row = row_of(table, point="chosen")
    limit = float(operations.dropped_from(ratio, 1.0))
    first = f"makes the cheap phone {row.one:.0%} as good as it could be, and none"
    if row.one == 0:
        first = "offers no cheap phone, as always"
    second = f"makes it {row.two:.0%} as good" if row.two > 0 else "offers none either"
    return (
        f"With {share:.0%} demanding buyers one brand {first} from {limit:.0%} on. "
        f"A second brand {second} and adds {row.two_profit / row.one_profit - 1:.1%} to profit."
    )


# --- services ---


def services(table: pd.DataFrame) -> alt.LayerChart:
    """Profit from phone and services over the margin on the phone; best margin and cap marked."""
    order = list(SOURCES.values())
    x = alt.X("margin:Q", title="Margin on the phone, % of its cost").scale(domain=[-0.5, 0.5])
    x = x.axis(format="%", values=[-0.4, -0.2, 0, 0.2, 0.4])
    y = alt.Y("value:Q", title="Profit per possible buyer, % of cost").scale(domain=[-0.3, 0.4])
    base = (
        alt.Chart(table)
        .transform_fold(list(SOURCES), as_=["what", "value"])
        .transform_calculate(words=worded(SOURCES, "what"))
        .encode(
            x=x,
            y=y.axis(format="%", tickCount=7),
            color=alt.Color("words:N").scale(domain=order, range=[INK, ORANGE, BLUE]),
            strokeDash=alt.StrokeDash("words:N").scale(
                domain=order, range=[[1, 0], [6, 3], [2, 2]]
            ),
        )
    )
    best = alt.Chart(table).transform_filter("datum.point == 'best'").encode(x=x)
    cap = alt.Chart(table).transform_filter("datum.point == 'cap'").encode(x=x)
    return layered(
        alt.Chart(pd.DataFrame({"y": [0]})).mark_rule(color=LINE).encode(y="y:Q"),
        cap.mark_rule(color=MUTED, strokeDash=[2, 3]),
        cap.mark_text(color=MUTED, align="left", dx=4, text="5%").encode(y=alt.value(HEIGHT - 8)),
        base.transform_filter("datum.point == 'curve'").mark_line(clip=True),
        best.mark_point(shape="diamond", size=130, color=GREEN, opacity=1, clip=True).encode(
            y="together:Q"
        ),
        best.mark_text(dy=-14, color=GREEN, fontWeight=600, text="best", clip=True).encode(
            y="together:Q"
        ),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Profit per possible buyer from the phone, from services and together, over "
        "the margin on the phone, with the best margin and 5% marked",
    )


def say_services(
    table: pd.DataFrame, *, yearly: float, retention: float, demand: str, discount: float = 0.12
) -> str:
    """What a buyer is worth afterwards, which margin is best, and what 5% earns beside it."""
    value = float(operations.lifetime_value(yearly, retention, discount))
    best, cap = row_of(table, point="best"), row_of(table, point="cap")
    return (
        f"A buyer brings {value:.0%} of the phone's cost afterwards; the best margin on the phone "
        f"is {best.margin:.0%} and earns {best.together:.1%} of cost per possible buyer. "
        f"A margin of {operations.CAP:.0%} earns {cap.together:.1%}."
    )


# --- what was reported ---


def crisis(table: pd.DataFrame) -> alt.LayerChart:
    """Shipments in two years (`entity`, `year`, `value` in million), Xiaomi's line standing out."""
    last = table[table["year"] == table["year"].max()].sort_values("value").reset_index(drop=True)
    first = table[table["year"] == table["year"].min()].set_index("entity")["value"]
    change = last["value"] / last["entity"].map(first).to_numpy() - 1
    words = last["entity"] + change.map(" {:+.0%}".format).str.replace("-", "−")
    heights = list(last["value"])
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + 6)  # no two words on one line
    ends = last.assign(words=words, height=heights)
    own = alt.condition("datum.entity == 'Xiaomi'", alt.value(ORANGE), alt.value(MUTED))
    x = alt.X("year:O", title="Year").axis(labelAngle=0).scale(padding=0.6)
    y = alt.Y("value:Q", title="Phones shipped in China (million)").scale(domain=[0, 100])
    base = alt.Chart(table).encode(x=x, y=y, color=own)
    return layered(
        base.mark_line().encode(detail="entity:N"),
        base.mark_point(size=60, opacity=1),
        alt.Chart(ends)
        .mark_text(align="left", dx=10, fontWeight=600)
        .encode(x=x, y="height:Q", text="words:N", color=own),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Smartphones shipped in China by each vendor in two years, with the change",
    )


def margins(table: pd.DataFrame) -> alt.LayerChart:
    """Gross margins (`year`, `value` in %, `segment`: smartphones, iot or internet)."""
    order = list(SEGMENTS.values())
    years = list(range(int(table["year"].min()), int(table["year"].max()) + 1))
    x = alt.X("year:O", title="Year").scale(domain=years).axis(labelAngle=0)
    base = (
        alt.Chart(table)
        .transform_calculate(words=worded(SEGMENTS, "segment"))
        .encode(
            x=x,
            y=alt.Y("value:Q", title="Gross margin, % of the segment's revenue").scale(
                domain=[0, 80]
            ),
            color=alt.Color("words:N")
            .scale(domain=order, range=[ORANGE, BLUE, GREEN])
            .legend(symbolType="stroke"),
        )
    )
    return layered(
        base.mark_line().encode(
            strokeDash=alt.StrokeDash("words:N").scale(domain=order, range=[[1, 0], [6, 3], [2, 2]])
        ),
        base.mark_point(size=70, opacity=1),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Gross margin of phones, of IoT products and of internet services, by year",
    )


def stores(table: pd.DataFrame) -> alt.LayerChart:
    """Mi Home stores (`period` a date, `value`), on a scale where equal steps are equal ratios."""
    base = alt.Chart(table).encode(
        x=alt.X("period:T", title="Date").axis(
            format="%Y", tickCount={"interval": "year", "step": 2}
        ),
        y=alt.Y("value:Q", title="Mi Home stores in China (each step ten times)")
        .scale(type="log", domain=[1, 30000])
        .axis(values=[1, 10, 100, 1000, 10000], format=",d"),
    )
    return layered(base.mark_line(), base.mark_point(opacity=1)).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Number of Mi Home stores in mainland China, on a logarithmic scale",
    )
