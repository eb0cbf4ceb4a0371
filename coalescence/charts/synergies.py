"""Four synergies in pictures: the funnel, who is credited, the rent, and the company's growth."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, INK, MUTED, ORANGE, PINK, layered
from coalescence.charts._parts import key
from coalescence.models import synergies
from coalescence.models.together import NAMES

ROWS = [*synergies.FACTORS, "Earnings"]
WAYS = {
    "apart": "One factor each",
    "told": "As the documents tell it",
    "one": "All the same factor",
}
COUNTS = ("none", "one", "two", "three", "all four")


def funnel(table: pd.DataFrame) -> alt.LayerChart:
    """Each factor as a multiple of its old value, and earnings, their product."""
    y = alt.Y("factor:N", title=None).sort(ROWS)
    scale = alt.Scale(domain=[0, 3.2], nice=False)
    x = alt.X("times:Q", title="Times its old value", scale=scale).axis(
        values=[0, 1, 2, 3], format="d"
    )
    base = alt.Chart(table).encode(y=y)
    product = base.transform_filter("datum.factor == 'Earnings'").transform_calculate(
        added="1 + datum.alone"
    )
    one = alt.Chart(pd.DataFrame({"level": [1]})).mark_rule(color=INK, strokeDash=[2, 3])
    return layered(
        base.mark_bar(size=22).encode(
            x=x,
            color=alt.condition("datum.factor == 'Earnings'", alt.value(ORANGE), alt.value(BLUE)),
        ),
        one.encode(x=alt.X("level:Q", scale=scale)),
        product.mark_tick(color=INK, thickness=3, size=30).encode(x=alt.X("added:Q", scale=scale)),
        base.mark_text(align="left", dx=6, fontWeight=600).encode(
            x=x, text=alt.Text("times:Q", format=".2f")
        ),
        *key(("upright mark: the four rises only added", INK), left=2, top=-14, down=0),
    ).properties(
        width=300,
        height=180,
        description="Four factors of a shop's earnings as multiples of their old values, and the "
        "earnings, which are their product, with a mark where the four rises would add up to",
    )


def credit(table: pd.DataFrame) -> alt.LayerChart:
    """What each synergy brings alone and what it is credited with of the whole."""
    base = alt.Chart(table).transform_filter(f"datum.synergy != '{synergies.TOGETHER}'")
    y = alt.Y("synergy:N", title=None).sort(list(NAMES))
    scale = alt.Scale(domain=[0, 0.5], nice=False)
    alone = alt.X("alone:Q", title="Rise in earnings, of the old", scale=scale)
    shared = alt.X("credit:Q", scale=scale)
    return layered(
        base.mark_rule(color=MUTED, strokeWidth=2).encode(
            y=y, x=alone.axis(format="%", tickCount=5), x2="credit:Q"
        ),
        base.mark_point(color=BLUE, size=90, filled=False, strokeWidth=2.5, opacity=1).encode(
            y=y, x=alone
        ),
        base.mark_point(color=ORANGE, size=90, opacity=1).encode(y=y, x=shared),
        *key(("ring: alone", BLUE), left=2, top=-14, down=0),
        *key(("dot: credited with all four", ORANGE), left=110, top=-14, down=0),
    ).properties(
        width=300,
        height=130,
        description="The rise that each of four synergies brings alone, and what it is credited "
        "with when all four work",
    )


def say_funnel(table: pd.DataFrame, **setting: object) -> str:
    """Does the product exceed the sum, and why?"""
    times, added = float(table["times"].iloc[-1]), 1 + float(table["alone"].iloc[-1])
    more = round(100 * (times - added))
    moved = int((table["times"].iloc[:4] > 1 + 1e-9).sum())
    start = f"Together the four multiply earnings by {times:.2f}"
    if more <= 0:
        return f"{start}, which is what their rises add up to."
    points = "point" if more == 1 else "points"
    return (
        f"{start}; their rises add up to {added:.2f}. "
        f"The {more} {points} between come from multiplying {moved} factors."
    )


def rent(table: pd.DataFrame) -> alt.LayerChart:
    """Earnings of 16 shops over how many synergies work, and the rent."""
    x = alt.X("count:O", title="Synergies that work", axis=alt.Axis(labelAngle=0))
    scale = alt.Scale(domain=[0.8, 4.4], nice=False)
    y = alt.Y("times:Q", title="Earnings (1: none works)", scale=scale)
    base = alt.Chart(table).encode(x=x)
    level = alt.Chart(table).transform_aggregate(level="mean(level)")
    paid = (
        alt.Chart(table)
        .transform_aggregate(paid="sum(pays)", shops="count()", groupby=["count"])
        .transform_calculate(words="datum.paid + ' of ' + datum.shops")
    )
    return layered(
        level.mark_rule(color=INK, strokeWidth=2, strokeDash=[6, 3]).encode(
            y=alt.Y("level:Q", scale=scale)
        ),
        base.mark_point(size=75, opacity=0.75).encode(
            y=y.axis(values=[1, 2, 3, 4], format="d"),
            color=alt.condition("datum.pays == 1", alt.value(GREEN), alt.value(PINK)),
            shape=alt.condition("datum.pays == 1", alt.value("circle"), alt.value("square")),
        ),
        paid.mark_text(fontWeight=600).encode(x=x, y=alt.value(10), text="words:N"),
        *key(("dashed: the rent; above the columns: how many pay it", INK), left=2, top=-12),
    ).properties(
        width=340,
        height=230,
        description="What 16 shops earn over how many of the four synergies work in them, with the "
        "rent as a line and the number that pays it",
    )


def say_rent(table: pd.DataFrame, *, level: float, gain: float, way: str) -> str:
    """How many must work, and how many always suffice?"""
    pays = table[table["pays"] == 1]["count"]
    start = f"The rent is {level:g} times what the shop earns with none of the four."
    if pays.empty:
        return f"{start} Not even all four pay it."
    if len(pays) == 16:
        return f"{start} Every shop pays it."
    shops = f"{len(pays)} of the 16 shops {'pays' if len(pays) == 1 else 'pay'}"
    least, safe = (
        int(pays.min()),
        next(k for k in range(5) if table[table["count"] >= k]["pays"].all()),
    )
    if least == 4:
        return f"{start} {shops}: it takes all four."
    if least == safe:
        which = "it is" if least == 1 else "they are"
        enough = "is enough" if least == 1 else "are enough"
        return f"{start} {shops}: {COUNTS[least]} {enough}, whichever {which}."
    return f"{start} {shops}: {COUNTS[least]} can be enough, {COUNTS[safe]} always are."


def growth(table: pd.DataFrame) -> alt.LayerChart:
    """How much each factor brought; table: line (business and years), factor, amount (RMB bn)."""
    blocks = [
        pd.concat([pd.DataFrame({"line": [line], "factor": [line]}), block])
        for line, block in table.groupby("line", sort=False)
    ]
    rows = pd.concat(blocks, ignore_index=True)
    rows["row"] = rows["line"] + "|" + rows["factor"]
    y = alt.Y("row:N", title=None, sort=rows["row"].tolist())
    head = "split(datum.label, '|')[0] == split(datum.label, '|')[1]"
    y = y.axis(
        labelExpr="split(datum.label, '|')[1]",
        labelLimit=190,
        labelFontWeight=alt.condition(head, alt.value(600), alt.value(400)),
        ticks=False,
        domain=False,
    )
    x = alt.X("amount:Q", title="Brought by the factor, RMB bn")
    x = x.scale(domain=[-74, 50], nice=False).axis(values=[-50, -25, 0, 25, 50])
    zero = alt.Chart(pd.DataFrame({"level": [0]})).mark_rule(color=MUTED)
    base = alt.Chart(rows).encode(y=y)
    sign = alt.condition("datum.amount < 0", alt.value(PINK), alt.value(BLUE))
    words = base.encode(x=x, text=alt.Text("amount:Q", format="+.0f"))
    bars = base.transform_filter("isValid(datum.amount)").mark_bar(size=13)
    return layered(
        bars.encode(x=x, color=sign),
        zero.encode(x="level:Q"),
        words.transform_filter("datum.amount >= 0").mark_text(align="left", dx=4),
        words.transform_filter("datum.amount < 0").mark_text(align="right", dx=-4),
    ).properties(
        width=240,
        height=18 * len(rows),
        description="How many RMB billion each factor brought to or took from the change in "
        "revenue of Xiaomi's connected products and phones over two periods",
    )
