"""Charts and sentences for the four synergies together."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, INK, LINE, MUTED, ORANGE, PINK, layered
from coalescence.charts._parts import key, place
from coalescence.models.together import NAMES, WAYS

COLOURS = alt.Scale(domain=list(NAMES), range=[BLUE, ORANGE, GREEN, PINK])
COUNTS = ("no", "one", "two", "three", "four")


def sixteen(table: pd.DataFrame) -> alt.LayerChart:
    """The 16 subsets as a four by four map: the rise in sales, shaded by what exceeds the sum."""
    home = alt.Y("home:N", sort=["Neither", *NAMES[:2], "Both"], title="Bond with the home")
    shop = alt.X("shop:N", sort=["Neither", *NAMES[2:], "Both"], title="Work of the shop")
    base = alt.Chart(table).encode(
        x=shop.axis(orient="top", labelAngle=0, domain=False, ticks=False),
        y=home.axis(domain=False, ticks=False),
    )
    shade = alt.FillOpacity("surplus:Q", legend=None)
    cells = base.mark_rect(color=BLUE, stroke=LINE).encode(
        fillOpacity=shade.scale(domain=[0, 0.45], range=[0, 0.45])
    )
    tested = base.transform_filter("datum.count <= 1").mark_rect(
        fillOpacity=0, stroke=INK, strokeWidth=2
    )
    rise = base.mark_text(fontSize=15, fontWeight=600, dy=-6).encode(
        text=alt.Text("rise:Q", format="+.0%")
    )
    more = (
        base.transform_filter("datum.surplus > 0.0005")
        .transform_calculate(more="format(100 * datum.surplus, '.0f') + ' above sum'")
        .mark_text(fontSize=10.5, dy=12)
        .encode(text="more:N")
    )
    return layered(cells, tested, rise, more).properties(
        width=360,
        height=236,
        description="The rise in sales for each of the 16 subsets of four practices. Darker cells "
        "exceed the sum of their parts by more. Five framed cells are all that tests of one "
        "practice at a time can see.",
    )


def credit(table: pd.DataFrame) -> alt.LayerChart:
    """Three ways to credit four practices, as stacked bars."""
    way = alt.X("way:N", sort=list(WAYS), title="How credit is given")
    rise = alt.Y("low:Q", title="Rise in sales credited")
    base = (
        alt.Chart(table)
        .transform_calculate(place=place(NAMES, "practice"))
        .transform_stack(
            stack="rise", groupby=["way"], sort=[alt.SortField("place")], as_=["low", "high"]
        )
        .transform_calculate(middle="(datum.low + datum.high) / 2")
        .encode(x=way.axis(labelAngle=0))
    )
    bars = base.mark_bar(width=36, xOffset=-36).encode(
        y=rise.scale(domain=[0, 4], nice=False).axis(format="%", tickCount=8),
        y2="high:Q",
        color=alt.Color("practice:N", title="Practice", scale=COLOURS, legend=None),
    )
    # A name stands beside each segment that is tall enough to carry one.
    names = (
        base.transform_filter("datum.rise > 0.12")
        .transform_calculate(words="datum.practice + ' ' + format(datum.rise, '.0%')")
        .mark_text(align="left", xOffset=-15, fontSize=10.5)
        .encode(y="middle:Q", text="words:N")
    )
    total = (
        alt.Chart(table)
        .transform_aggregate(total="sum(rise)", groupby=["way"])
        .mark_text(xOffset=-36, dy=-9, fontSize=13, fontWeight=600)
        .encode(x=way, y="total:Q", text=alt.Text("total:Q", format=".0%"))
    )
    return layered(bars, names, total).properties(
        width=370,
        height=260,
        description="Three stacked bars of four practices: the rise that each shows alone, its "
        "Shapley share of the rise of all together, and what is lost when it is removed.",
    )


def imitate(table: pd.DataFrame) -> alt.LayerChart:
    """Profit of a rival after each practice copied, beside what single tests promise."""
    steps = alt.X("copied:O", title="Practices copied", axis=alt.Axis(labelAngle=0))
    level = alt.Scale(domain=[-1.8, 2.8], nice=False)
    title = "Profit, % of sales before"
    base = alt.Chart(table).encode(x=steps)
    profit = alt.Y("profit:Q", title=title, scale=level)
    forecast = alt.Y("forecast:Q", title=title, scale=level)
    names = (
        base.transform_filter("datum.copied > 0")
        .transform_calculate(plus="'+ ' + datum.practice")
        .mark_text(fontSize=10.5, color=MUTED)
    )
    zero = alt.Chart(pd.DataFrame({"level": [0]})).mark_rule(color=MUTED)
    return layered(
        zero.encode(y=alt.Y("level:Q", scale=level, title=title)),
        base.mark_line(color=MUTED, strokeDash=[5, 4]).encode(y=forecast),
        base.mark_line(color=BLUE).encode(y=profit.axis(format="%", values=[-1, 0, 1, 2])),
        base.mark_point(color=BLUE, size=70, opacity=1).encode(y=profit),
        names.encode(y=alt.value(242), text="plus:N"),
        *key(
            ("solid: what the rival earns", BLUE),
            ("dashed: what single tests promise", MUTED),
            left=10,
        ),
    ).properties(
        width=380,
        height=250,
        description="Profit of a rival after copying none to all four practices: a solid line for "
        "what it earns, a dashed one for what tests of one practice at a time promise.",
    )


def twins(table: pd.DataFrame) -> alt.LayerChart:
    """Sales against size on logarithmic axes, the twins without synergy as a line."""
    size = alt.X("size:Q", title="Size of the firm (base firm = 1)")
    size = size.scale(type="log", domain=[0.98, 2.06], nice=False)
    size = size.axis(values=[1, 1.2, 1.4, 1.6, 1.8, 2], format=".1f")
    level = alt.Scale(type="log", domain=[0.95, 6.2], nice=False)
    sales = alt.Y("sales:Q", title="Sales (base firm = 1)", scale=level)
    base = alt.Chart(table).encode(x=size)
    dots = base.encode(y=sales.axis(values=[1, 1.5, 2, 3, 4, 5, 6], format="~r"))
    end = base.transform_filter("datum.count == 4").encode(y=sales)
    return layered(
        base.mark_line(color=MUTED).encode(y=alt.Y("twin:Q", scale=level)),
        dots.transform_filter("datum.count > 1").mark_point(color=ORANGE, size=80, opacity=1),
        dots.transform_filter("datum.count == 1").mark_point(
            color=ORANGE, size=80, filled=False, strokeWidth=2.5, opacity=1
        ),
        end.mark_text(align="right", dx=-10, dy=-4, color=ORANGE, fontWeight=600).encode(
            text=alt.value("all four")
        ),
        *key(
            ("line: twins, no synergy", MUTED),
            ("ring: one practice on", ORANGE),
            ("dot: several on", ORANGE),
            left="width",
            top=211,
        ),
    ).properties(
        width=380,
        height=260,
        description="Sales against size for firms with each subset of practices, on logarithmic "
        "axes. A line shows twin firms of equal size that have no complementarity. Dots above the "
        "line are synergy.",
    )


def devices(table: pd.DataFrame) -> alt.LayerChart:
    """Users, connected devices and many-device users over time, one line for each definition.

    Takes rows of the company table: metric, period, value in million, definition.
    """
    words = {
        "miui_mau": "Monthly users of MIUI",
        "iot_connected_devices": "Connected devices",
        "users_5plus_devices": "Users with five or more",
    }
    named = table.assign(series=table["metric"].map(words))
    month = alt.X("period:T", title="Year", axis=alt.Axis(format="%Y", tickCount="year"))
    month = month.scale(domain=["2017-10", "2025-12"])
    million = alt.Y("value:Q", title="Million (each step is tenfold)")
    million = million.scale(type="log", domain=[1, 2000], nice=False)
    base = alt.Chart(named).encode(
        x=month,
        y=million.axis(values=[1, 10, 100, 1000], format=",d"),
        color=alt.Color(
            "series:N",
            title="Series",
            legend=None,
            scale=alt.Scale(domain=list(words.values()), range=[BLUE, ORANGE, GREEN]),
        ),
        detail="definition:N",
    )
    places = pd.DataFrame(
        {
            "series": list(words.values()),
            "period": ["2023-06", "2023-06", "2023-06"],
            "value": [330.0, 1250.0, 6.5],
        }
    )
    names = alt.Chart(places).mark_text(fontWeight=600)
    return layered(
        base.mark_line(),
        base.mark_point(size=35, opacity=1).encode(
            shape=alt.Shape("series:N", legend=None, scale=alt.Scale(domain=list(words.values())))
        ),
        names.encode(x=month, y=million, text="series:N", color=alt.Color("series:N")),
    ).properties(
        width=380,
        height=250,
        description="Monthly users of MIUI, connected devices and users with five or more devices "
        "on a logarithmic axis, 2018 to 2025. The devices' line breaks where their definition "
        "changed.",
    )


def say_credit(table: pd.DataFrame, **setting: object) -> str:
    """How far apart are the three totals?"""
    parts, whole, lost = (table.loc[table["way"] == way, "rise"].sum() for way in WAYS)
    on = sum(bool(setting[name]) for name in ("in_home", "design", "portfolio", "channels"))
    if on < 2:  # a single practice has nobody to meet
        return f"With {COUNTS[on]} practice{'' if on else 's'} on there is nothing to coalesce."
    more = round(100 * (whole - parts))
    gap = f"{abs(more)} points {'more' if more > 0 else 'less'}" if more else "no more and no less"
    return (
        f"Together the {COUNTS[on]} raise sales by {whole:.0%}, {gap} than the {parts:.0%} that "
        f"tests of each alone add up to; switching each off in turn would claim {lost:.0%}."
    )


def say_imitate(table: pd.DataFrame, **setting: object) -> str:
    """Where does a rival stop that turns back at the first loss?"""
    profit = table["profit"].tolist()
    stop = next((k for k in range(4) if profit[k + 1] < profit[k] - 1e-9), 4)
    ends = ("never starts", "stops at one", "stops at two", "stops at three", "copies all four")
    earns = f"{profit[stop]:+.0%}" if stop else "nothing"
    return (
        f"{table['practice'][1]} alone brings {profit[1]:+.0%}, all four {profit[4]:+.0%}; "
        f"a rival that turns back at the first loss {ends[stop]} and earns {earns}."
    )


def say_twins(table: pd.DataFrame, **setting: object) -> str:
    """How much of the surplus is scale, how much synergy?"""
    all_four, single = table["count"] == 4, table["count"] == 1
    parts = float((table.loc[single, "sales"] - 1).sum())
    whole = float(table.loc[all_four, "sales"].iloc[0]) - 1
    twin = float(table.loc[all_four, "twin"].iloc[0]) - 1
    more, scale = round(100 * (whole - parts)), round(100 * (twin - parts))
    return (
        f"All four raise sales by {whole:.0%}, {more} points above the sum of the single tests: "
        f"{scale} points are scale, {more - scale} are synergy."
    )
