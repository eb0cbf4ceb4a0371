"""Charts and sentences of the whole firm: its loops, its history, and histories that were not."""

from collections.abc import Mapping

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, INK, LINE, MUTED, ORANGE, WIDTH, layered
from coalescence.charts._parts import DASHES, key, worded

# Where each stock stands in the diagram, and what drives what: (from, to, sign, loop).
STOCKS = {
    "Fans": (1.3, 7.2), "Left to win": (1.0, 5.3), "Orders": (3.5, 6.1), "Users": (3.5, 4.1),
    "Output": (5.8, 4.1), "Price": (5.8, 7.0), "Capacity": (7.6, 5.6), "Partners": (0.9, 3.4),
    "Range": (0.9, 1.3), "Devices": (2.9, 2.3), "Reach": (5.2, 2.7), "Stores": (5.2, 1.2),
    "Cash": (7.5, 1.9),
}  # fmt: skip
ARROWS = [
    ("Users", "Orders", "R1"), ("Fans", "Orders", "R1"), ("Orders", "Output", "R1"),
    ("Output", "Users", "R1"), ("Output", "Price", "R2"), ("Price", "Orders", "R2"),
    ("Users", "Partners", "R3"), ("Partners", "Range", "R3"), ("Range", "Devices", "R3"),
    ("Devices", "Users", "R3"), ("Range", "Stores", "R4"), ("Stores", "Reach", "R4"),
    ("Reach", "Users", "R4"), ("Users", "Left to win", "B1"), ("Left to win", "Orders", "B1"),
    ("Capacity", "Output", "B2"), ("Orders", "Capacity", "B2"), ("Stores", "Cash", "B3"),
]  # fmt: skip
SIGNS = {
    "R1": (4.15, 4.75), "R2": (5.3, 5.45), "R3": (2.0, 3.0), "R4": (4.1, 2.2),
    "B1": (2.3, 5.2), "B2": (6.5, 5.05), "B3": (6.5, 1.25), "B4": (0.5, 2.35),
}  # fmt: skip
SCORES = {
    "cash": "Cash", "users": "Phone users", "founders": "Partners' earnings",
    "buyers": "Buyers' savings",
}  # fmt: skip


TICKS = alt.Axis(format="d", values=list(range(2011, 2025, 2)))


def diagram() -> alt.LayerChart:
    """The firm's stocks and loops: arrows between words, a sign in the middle of each loop."""
    rows = []
    for start, end, loop in ARROWS:
        (x, y), (u, v) = STOCKS[start], STOCKS[end]
        far = ((u - x) ** 2 + (v - y) ** 2) ** 0.5
        off, left = 0.48 / far, 0.55 / far
        rows.append((x + (u - x) * off, y + (v - y) * off, u - (u - x) * left, v - (v - y) * left,
                     "reinforcing" if loop[0] == "R" else "balancing", u - x, v - y))  # fmt: skip
    arrows = pd.DataFrame(rows, columns=["x", "y", "u", "v", "kind", "right", "up"])
    across = alt.X("x:Q", axis=None).scale(domain=[0.2, 8.3], nice=False)
    up = alt.Y("y:Q", axis=None).scale(domain=[0.6, 7.7], nice=False)
    colour = alt.Color("kind:N", legend=alt.Legend(symbolType="stroke")).scale(
        domain=["reinforcing", "balancing"], range=[BLUE, ORANGE]
    )
    dash = alt.StrokeDash("kind:N").scale(
        domain=["reinforcing", "balancing"], range=[[1, 0], [5, 3]]
    )
    base = alt.Chart(arrows)
    shafts = base.mark_rule(strokeWidth=1.6).encode(
        x=across, y=up, x2="u:Q", y2="v:Q", color=colour, strokeDash=dash
    )
    heads = (
        base.transform_calculate(
            x="datum.u", y="datum.v", angle="atan2(datum.right * 54, datum.up * 46) * 57.29578"
        )
        .mark_point(shape="triangle-up", size=55, opacity=1)
        .encode(x=across, y=up, color=colour, angle=alt.Angle("angle:Q", scale=None))
    )
    words = pd.DataFrame([(n, *p) for n, p in STOCKS.items()], columns=["name", "x", "y"])
    signs = pd.DataFrame(
        [(n, *p, n[0]) for n, p in SIGNS.items()], columns=["name", "x", "y", "kind"]
    )
    names = alt.Chart(words).mark_text(fontWeight=600).encode(x=across, y=up, text="name:N")
    marks = (
        alt.Chart(signs)
        .mark_text(fontSize=12, fontWeight=600)
        .encode(
            x=across,
            y=up,
            text="name:N",
            color=alt.condition("datum.kind == 'R'", alt.value(BLUE), alt.value(ORANGE)),
        )
    )
    return layered(shafts, heads, names, marks).properties(
        width=440,
        height=330,
        description="The firm's loops. Reinforcing: R1 users and fans bring orders, orders become "
        "output and users; R2 output lowers cost and price, which brings orders; R3 users attract "
        "partners, whose range sells devices that keep users; R4 range draws people into stores, "
        "which add to the reach. Balancing: B1 users leave fewer to win; B2 orders need capacity; "
        "B3 stores cost cash; B4 each further partner adds less to the range.",
    )


def history(table: pd.DataFrame, seen: pd.DataFrame, last: int) -> alt.LayerChart:
    """Phones sold by year: figures as dots, runs as lines, held-out years shaded."""
    order = list(dict.fromkeys(table["run"]))
    first, end = int(table["year"].min()), int(table["year"].max())
    year = alt.X("year:Q", title="Year", axis=TICKS)
    year = year.scale(domain=[first - 0.5, end + 0.5], nice=False)
    million = alt.Y("value:Q", title="Phones sold, million").scale(domain=[0, 220], nice=False)
    shade = pd.DataFrame({"from": [last + 0.5], "to": [end + 0.5]})
    colours = [BLUE, ORANGE, GREEN, MUTED][: len(order)]
    colour = alt.Color("run:N").scale(domain=order, range=colours)
    drawn = alt.Chart(table).encode(
        x=year,
        y=million,
        color=colour.legend(symbolType="stroke", symbolSize=400, columns=1, labelLimit=380),
        strokeDash=alt.StrokeDash("run:N").scale(domain=order, range=list(DASHES[: len(order)])),
    )  # fmt: skip
    return layered(
        alt.Chart(shade)
        .mark_rect(color=LINE, opacity=0.3)
        .encode(x=year.scale(domain=[first - 0.5, end + 0.5], nice=False), x2="to:Q")
        .transform_calculate(year="datum.from"),
        drawn.mark_line(clip=True),
        alt.Chart(seen)
        .mark_point(color=INK, size=55, opacity=1)
        .encode(x=year, y=alt.Y("value:Q", title="Phones sold, million")),
        *key(("dots: reported", INK), left=12, top=12),
    ).properties(
        width=WIDTH,
        height=250,
        description="Phones sold a year, reported as dots and modelled as lines: "
        f"{', '.join(order)}. Years after {last} are shaded; nothing of them was used to fit.",
    )


def slump(table: pd.DataFrame, seen: pd.DataFrame) -> alt.LayerChart:
    """What each explanation makes of the years 2012 to 2018."""
    few = table[table["year"].between(2012, 2018)]
    return history(few, seen[seen["year"].between(2012, 2018)], 2018).properties(
        description="Phones sold, 2012 to 2018: reported as dots, and a line for each version of "
        "the firm, each fitted anew."
    )


def credit(table: pd.DataFrame) -> alt.LayerChart:
    """Each synergy's share of the rise in revenue, with its 90% interval."""
    name = alt.Y("synergy:N", sort=None, title=None)
    share = alt.X("share:Q", title="Rise in revenue of 2020, Shapley share")
    share = share.scale(domain=[0, 0.16], nice=False).axis(format="%")
    base = alt.Chart(table).encode(y=name)
    bars = base.transform_calculate(share="datum.low").mark_rule(color=BLUE, strokeWidth=3)
    single = base.transform_calculate(share="datum.alone").mark_point(
        color=ORANGE, shape="diamond", size=80, filled=False, opacity=1, yOffset=11
    )
    return layered(
        bars.encode(x=share, x2="high:Q"),
        base.mark_point(color=BLUE, size=90, opacity=1).encode(x=share),
        single.encode(x=share),
        *key(
            ("dot and bar: share, 90% interval", BLUE),
            ("diamond: switched on alone", ORANGE),
            left="width",
            top=12,
        ),
    ).properties(
        width=340,
        height=190,
        description="For each of the four synergies a dot for its Shapley share of the rise in the "
        "fitted firm's revenue of 2020, a bar for the 90% interval, and a diamond for what it "
        "brings when switched on alone.",
    )  # fmt: skip


def otherwise(table: pd.DataFrame) -> alt.LayerChart:
    """Phones a year: reported, in the fitted history, and now."""
    year = alt.X("year:Q", title="Year", axis=TICKS)
    year = year.scale(domain=[2010.5, 2020.5], nice=False)
    scale = alt.Scale(domain=[0, 200], nice=False)
    title = "Phones sold, million"
    base = alt.Chart(table).transform_filter("datum.part == 'year'").encode(x=year)
    return layered(
        base.mark_line(color=MUTED, strokeDash=[5, 4], clip=True).encode(
            y=alt.Y("fitted:Q", title=title, scale=scale)
        ),
        base.mark_line(color=BLUE, clip=True).encode(y=alt.Y("now:Q", title=title, scale=scale)),
        base.transform_filter("datum.seen > 0")
        .mark_point(color=INK, size=45, opacity=1)
        .encode(y=alt.Y("seen:Q", title=title, scale=scale)),
        *key(("solid: as you set it", BLUE), ("dashed: as it was decided", MUTED),
             ("dots: reported", INK), left=12, top=12),
    ).properties(
        width=300,
        height=220,
        description="Phones sold a year, 2011 to 2020: reported as dots, in the fitted history as "
        "a dashed line, and as the controls are set as a solid line.",
    )  # fmt: skip


def scores(table: pd.DataFrame) -> alt.LayerChart:
    """The four scores as multiples of those of the fitted history."""
    names = list(SCORES.values())
    base = (
        alt.Chart(table)
        .transform_filter("datum.part == 'score'")
        .transform_calculate(words=worded(SCORES, "score"), shown="clamp(datum.now, 0, 2.5)",
                             told="format(datum.now, '.2f') + ' x'")
        .encode(y=alt.Y("words:N", sort=names, title=None))
    )  # fmt: skip
    times = alt.X("shown:Q", title="End of 2020, as it was decided = 1")
    times = times.scale(domain=[0, 3.2], nice=False).axis(values=[0, 0.5, 1, 1.5, 2, 2.5])
    one = alt.Chart(pd.DataFrame({"one": [1]})).mark_rule(color=INK, strokeDash=[4, 3])
    return layered(
        base.mark_bar(color=BLUE, height=22).encode(x=times),
        one.encode(x=alt.X("one:Q", title="End of 2020, as it was decided = 1")),
        base.mark_text(align="right", dx=-2).encode(x=alt.value("width"), text="told:N"),
    ).properties(
        width=230,
        height=180,
        description="Four bars: cash, phone users, what partners' founders have earned and what "
        "buyers have saved at the end of 2020, as multiples of the fitted history.",
    )


def loops(table: pd.DataFrame) -> alt.LayerChart:
    """How strong each loop is in a year."""
    base = alt.Chart(table).encode(
        y=alt.Y("loop:N", sort=None, title=None, axis=alt.Axis(labelLimit=190))
    )
    share = alt.X("strength:Q", title="Strength, share").axis(format="%")
    kind = alt.Color("kind:N").scale(domain=["reinforcing", "balancing"], range=[BLUE, ORANGE])
    return layered(
        base.mark_bar(height=15).encode(x=share.scale(domain=[0, 1.12], nice=False), color=kind),
        base.mark_text(align="left", dx=4).encode(
            x=share, text=alt.Text("strength:Q", format=".0%")
        ),
    ).properties(
        width=250,
        height=220,
        description="Eight bars, the strength of each loop in the year chosen: four reinforcing "
        "loops above, four balancing ones below.",
    )


def say_otherwise(table: pd.DataFrame, **setting: object) -> str:
    """How do the scores compare with the fitted history?"""
    rows = table[table["part"] == "score"].set_index("score")["now"]
    if (rows.sub(1).abs() < 5e-4).all():
        return "As it was decided: the solid line lies on the dashed one."
    said = [f"{name.lower()} {float(rows[field]):.2f} times" for field, name in SCORES.items()]
    return "Against the firm as it was decided: " + ", ".join(said) + "."


def say_loops(table: pd.DataFrame, *, year: int, **setting: object) -> str:
    """Which loops are strongest?"""
    top = table.sort_values("strength", ascending=False, kind="stable")
    push = top[top["kind"] == "reinforcing"].iloc[0]
    hold = top[top["kind"] == "balancing"].iloc[0]
    return (
        f"In {year} {push['loop']} is the strongest push ({push['strength']:.0%}) and "
        f"{hold['loop']} the strongest brake ({hold['strength']:.0%})."
    )


def parameters(table: pd.DataFrame, meanings: Mapping[str, str]) -> pd.DataFrame:
    """The parameters for readers: name, meaning with unit, value, range, what it rests on."""
    return pd.DataFrame(
        {
            "parameter": table["parameter"],
            "meaning": table["parameter"].map(dict(meanings)),
            "value": table["value"].map("{:.4g}".format),
            "from": table["low"].map("{:.3g}".format),
            "to": table["high"].map("{:.3g}".format),
            "rests_on": table["basis"],
        }
    )
