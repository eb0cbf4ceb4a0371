"""Innovation in pictures: generations, their timing, strides, what was spent and what is used."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, HEIGHT, INK, MUTED, ORANGE, WIDTH, layered
from coalescence.charts._parts import lines

USERS = {"first": "First", "second": "Second", "third": "Third generation"}
HUES = (BLUE, ORANGE, GREEN)
WAYS = {"steps": "Steps", "jumps": "Jumps", "both": "Steps and jumps"}


def research(table: pd.DataFrame) -> alt.LayerChart:
    """R&D expense a year (`year`, `value` in RMB bn) with its share of revenue (`share`)."""
    base = alt.Chart(table).encode(
        x=alt.X("year:O", title="Year", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("value:Q", title="R&D expense (RMB bn a year)").scale(domain=[0, 30]),
        tooltip=[
            alt.Tooltip("year:O", title="Year"),
            alt.Tooltip("value:Q", title="R&D expense, RMB bn", format=".1f"),
            alt.Tooltip("share:Q", title="Share of revenue", format=".1%"),
        ],
    )
    return layered(
        base.mark_bar(color=BLUE),
        base.mark_text(dy=-9, fontWeight=600).encode(text=alt.Text("share:Q", format=".1%")),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Xiaomi's research and development expense by year as bars, each with its "
        "share of revenue.",
    )


READINGS = {"equal": "All last equally long", "random": "Given up at random"}


def years_in_use(table: pd.DataFrame, low: float, high: float) -> alt.LayerChart:
    """How long phones are used by two readings (`equal`, `random`), over what surveys say."""
    band = alt.Chart(pd.DataFrame({"low": [low], "high": [high]})).encode(y="low:Q", y2="high:Q")
    x = alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0))
    words = alt.Chart(table).encode(x=x).mark_text(dy=-11, fontSize=11.5)
    return layered(
        band.mark_rect(color=MUTED, opacity=0.18),
        band.mark_text(align="right", dx=-6, dy=9, color=MUTED, fontSize=12).encode(
            x=alt.value("width"), y="low:Q", text=alt.value("surveys of owners")
        ),
        lines(table, x, READINGS, "Years in use", (0, 8)),
        words.encode(y="equal:Q", text=alt.Text("equal:Q", format=".1f")),
        words.encode(y="random:Q", text=alt.Text("random:Q", format=".1f")),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="How many years phones are used, by year and by two readings of sales and "
        "users, over the range that surveys give for how long a phone is kept.",
    )


def succession(table: pd.DataFrame) -> alt.LayerChart:
    """Users of each generation over time: the table of `innovation.succession`."""
    x = alt.X("year:Q", title="Years since the first launch").scale(domain=[0, 15], nice=False)
    total = (
        alt.Chart(table)
        .transform_calculate(total="datum.first + datum.second + datum.third")
        .encode(x=x, y=alt.Y("total:Q", scale=alt.Scale(domain=[0, 300])))
    )
    return layered(
        total.mark_area(color=MUTED, opacity=0.18),
        total.transform_filter("datum.year == 15")
        .mark_text(align="right", dx=-4, dy=-8, color=MUTED)
        .encode(text=alt.value("all together")),
        lines(table, x, USERS, "Users (million)", (0, 300), colours=HUES),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Users of three successive generations over fifteen years as lines, over "
        "their sum as a grey area.",
    )


def say_succession(table: pd.DataFrame, *, gap: float, added: float, q: float) -> str:
    """How high each generation rises, and when the first one is past its best."""
    first, second = table["first"].max(), table["second"].max()
    when = table["year"].iloc[int(table["first"].argmax())]
    return (
        f"The first generation has its most users, {first:.0f} million, after "
        f"{when:.1f} years, the second at most {second:.0f} million; after 15 years "
        f"the third has {table['third'].iloc[-1]:.0f} million."
    )


def timing(table: pd.DataFrame) -> alt.LayerChart:
    """Worth of both generations over the delay of the second: the table of `innovation.timing`."""
    scale = alt.Scale(domain=[-200, 1400], nice=False)
    x = alt.X("delay:Q", title="Years until the next generation (20: never)")
    x = x.scale(domain=[0, 20], nice=False)
    base = alt.Chart(table).encode(x=x)
    value = base.encode(y=alt.Y("value:Q", title="Worth of both (USD million)", scale=scale))
    never = base.encode(y=alt.Y("never:Q", scale=scale))
    best = value.transform_filter("datum.best == 1")
    return layered(
        never.mark_line(color=MUTED, strokeDash=[5, 4]),
        alt.Chart(pd.DataFrame({"words": ["dashed: without a next generation"]}))
        .mark_text(align="right", dx=-4, color=MUTED, y=12)
        .encode(x=alt.value("width"), text="words:N"),
        value.transform_filter("datum.delay < 20").mark_line(color=BLUE, clip=True),
        best.mark_point(shape="diamond", size=140, color=GREEN, opacity=1),
        best.transform_calculate(
            words="datum.delay == 0 ? 'best: now' : "
            "'best: after ' + format(datum.delay, '.1f') + ' years'"
        )
        .transform_filter("datum.delay <= 15")
        .mark_text(align="left", dx=10, dy=-12, color=INK, fontWeight=600)
        .encode(text="words:N"),
        best.transform_filter("datum.delay > 15")
        .mark_text(align="right", dx=-6, dy=-14, color=INK, fontWeight=600)
        .encode(text=alt.value("best: never")),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Discounted worth of the old and the next generation over the delay of the "
        "next one, with the best delay marked and a dashed line for no next generation.",
    )


def say_timing(table: pd.DataFrame, *, added: float, margin: float, cost: float) -> str:
    """When the next generation should come, and what it is worth to wait until then."""
    best = table.iloc[int(table["value"].argmax())]
    gain = best["value"] - table["never"].iloc[0]
    if best["delay"] >= table["delay"].iloc[-1]:
        lost = table["never"].iloc[0] - table["value"].iloc[0]
        return f"The next generation should never come: launched now it loses USD {lost:.0f} m."
    if best["delay"] == 0:
        return f"The next generation should come at once; it adds USD {gain:.0f} million."
    more = best["value"] - table["value"].iloc[0]
    return (
        f"The next generation should come after {best['delay']:.1f} years and adds "
        f"USD {gain:.0f} million, {more:.1f} more than at once."
    )


def strides(table: pd.DataFrame) -> alt.Chart:
    """Quality over the weeks by three ways to search: the table of `innovation.strides`."""
    x = alt.X("week:Q", title="Week").scale(domain=[0, 52], nice=False)
    title = "Quality, % of the best version"
    return lines(
        table, x.axis(values=[0, 13, 26, 39, 52]), WAYS, title, (0.6, 1), form="%", colours=HUES
    ).properties(
        description="Average quality of the product over a year of search, by small steps every "
        "week, by long jumps now and then, and by both.",
    )


def say_strides(table: pd.DataFrame, *, others: int, interval: int) -> str:
    """Which way is ahead after a quarter and after a year."""
    early, late = table.iloc[13], table.iloc[-1]
    first = max(WAYS, key=lambda way: early[way])
    last = max(WAYS, key=lambda way: late[way])
    return (
        f"After 13 weeks {WAYS[first].lower()} lead with {early[first]:.0%} of the best version; "
        f"after a year it is {WAYS[last].lower()} with {late[last]:.0%} "
        f"(steps {late['steps']:.0%}, jumps {late['jumps']:.0%})."
    )
