"""Partners in pictures: four links, reputation and equity, three ways to enter, and the counts."""

from typing import Any

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, LINE, MUTED, ORANGE, WIDTH, layered
from coalescence.charts._parts import FIFTHS, key, place, worded
from coalescence.models import partners

WHOLE = ["all four", "less help"]
WAYS = {"partner": "Partner", "buy": "Buy", "build": "Build"}
COUNTED = {
    "investees": "Companies invested in, all kinds",
    "ecosystem_companies": "Makers of hardware and lifestyle goods",
    "ecosystem_companies_with_products": "of these, with products on sale",
}


def chain(table: pd.DataFrame) -> alt.LayerChart:
    """Strength of each link and of the chain; the weakest link in another colour."""
    y = alt.Y("link:N", title=None).sort([*partners.LINKS, *WHOLE])
    scale = alt.Scale(domain=[-0.08, 1.18], nice=False)
    x = alt.X("strength:Q", title="Of what a faultless partner would bring", scale=scale)
    base = (
        alt.Chart(table)
        .transform_joinaggregate(least="min(strength)")
        .transform_calculate(
            more="'+' + format(100 * datum.more, '.1f')",
            said="format(datum.strength, '.0%')",
        )
    )
    whole = (
        alt.Chart(table)
        .transform_filter(f'datum.link == "{partners.LINKS[0]}"')
        .transform_fold(["product", "worth"], as_=["what", "strength"])
        .transform_calculate(link=f"{WHOLE}[datum.what == 'product' ? 0 : 1]")
    )
    weak = alt.condition("datum.strength == datum.least", alt.value(ORANGE), alt.value(BLUE))
    strong = base.encode(y=y)
    together = whole.encode(y=y)
    return layered(
        strong.mark_bar(size=20).encode(
            x=x.axis(format="%", values=FIFTHS), color=weak
        ),
        strong.mark_text(align="left", dx=5, fontWeight=600).encode(x=x, text="said:N"),
        strong.mark_text(align="right", color=MUTED).encode(
            x=alt.value(300), text="more:N"
        ),
        together.mark_bar(size=20, color=GREEN).encode(x=x),
        together.mark_text(align="left", dx=5, fontWeight=600).encode(
            x=alt.X("end:Q", scale=scale), text=alt.Text("strength:Q", format=".1%")
        ).transform_calculate(end="max(datum.strength, 0)"),
        *key(
            ("right: points that ten points more on the link would add", MUTED), left=-108, top=-12
        ),
    ).properties(
        width=300,
        height=190,
        description="Strength of four links of a partnership, of all four multiplied, and of what "
        "is left after the cost of help; the weakest link stands out",
    )  # fmt: skip


def say_chain(table: pd.DataFrame, **setting: object) -> str:
    """Which link is the weakest, and what would mend it?"""
    order = table.sort_values("more", ignore_index=True)
    strongest, weakest = order.iloc[0], order.iloc[-1]
    product, worth = weakest["product"], weakest["worth"]
    left = f"{worth:.1%} after the help is paid" if worth >= 0 else "less than the help costs"
    return (
        f"The four links bring {product:.1%} of what a faultless partner would, {left}. "
        f"The weakest is “{weakest['link']}”: ten points more there add "
        f"{100 * weakest['more']:.1f} points, ten on “{strongest['link']}” only "
        f"{100 * strongest['more']:.1f}."
    )


def bind(
    table: pd.DataFrame, low: float | None = None, high: float | None = None
) -> alt.LayerChart:
    """The best stake over the circle that would hear, between two stakes that it mediates.

    `low` and `high`: the reported range of stakes (shares of one), drawn as a band.
    """
    x = alt.X("circle:Q", title="Circle: how many drop a partner that cheats")
    x = x.scale(domain=[1, 15], nice=False).axis(values=[1, 3, 5, 7, 9, 11, 13, 15])
    scale = alt.Scale(domain=[0, 0.55], nice=False)
    best = alt.Y("best:Q", title="Xiaomi's stake", scale=scale).axis(format="%", tickCount=5)
    base = alt.Chart(table).encode(x=x)
    ends: list[tuple[str, str, str, list[int], int, dict[str, Any]]] = [
        ("binds", "binds best", ORANGE, [6, 3], 1, {"align": "left", "dx": 4}),
        ("works", "works best", GREEN, [2, 3], 15, {"align": "right", "dx": -4}),
    ]
    lines = [
        layered(
            base.mark_line(color=colour, strokeDash=dash, strokeWidth=2).encode(
                y=alt.Y(f"{field}:Q", scale=scale)
            ),
            base.transform_filter(f"datum.circle == {at}")
            .mark_text(dy=-9, color=colour, fontWeight=600, **look)
            .encode(y=alt.Y(f"{field}:Q", scale=scale), text=alt.value(words)),
        )
        for field, words, colour, dash, at, look in ends
    ]
    if low is not None and high is not None:
        band = alt.Chart(pd.DataFrame({"low": [low], "high": [high]}))
        lines.insert(
            0,
            layered(
                band.mark_rect(color=LINE, opacity=0.5).encode(
                    y=alt.Y("low:Q", scale=scale), y2="high:Q"
                ),
                band.mark_text(align="left", baseline="bottom", dx=6, dy=-3, color=MUTED).encode(
                    x=alt.value(0), y=alt.Y("low:Q", scale=scale), text=alt.value("reported")
                ),
            ),
        )
    return layered(*lines, base.mark_line(color=BLUE).encode(y=best)).properties(
        width=WIDTH,
        height=230,
        description="The best stake over the number of others who drop a partner that cheats, "
        "between the stake that binds best and the stake that serves effort best",
    )


def say_bind(table: pd.DataFrame, *, seen: float, help: float) -> str:
    """Does reputation replace equity here, or ask for more of it?"""
    first, last = table.iloc[0], table.iloc[-1]
    change = round(100 * (last.best - first.best))
    verdict = (
        "reputation replaces equity" if change < 0
        else "reputation makes room for equity" if change > 0
        else "reputation leaves equity alone"
    )  # fmt: skip
    return (
        f"With a circle of one the best stake is {first.best:.0%} and the word holds with a chance "
        f"of {first.word:.0%}; with fifteen, {last.best:.0%} and {last.word:.0%}: {verdict}."
    )


def enter(table: pd.DataFrame) -> alt.LayerChart:
    """Categories entered in each way over the engineers at hand, stacked."""
    x = alt.X("staff:Q", title="Engineers at hand (ten build one category)")
    x = x.scale(domain=[0, 1200], nice=False).axis(values=[0, 200, 400, 600, 800, 1000, 1200])
    y = alt.Y("categories:Q", title="Categories entered").stack("zero")
    order = list(WAYS.values())
    drawn = (
        alt.Chart(table)
        .transform_calculate(words=worded(WAYS, "way"), place=place(WAYS, "way"))
        .mark_area(opacity=0.85)
        .encode(
            x=x,
            y=y.scale(domain=[0, 100], nice=False),
            color=alt.Color("words:N")
            .scale(domain=order, range=[BLUE, GREEN, ORANGE])
            .legend(symbolType="square"),
            order="place:Q",
        )
    )
    return layered(drawn).properties(
        width=WIDTH,
        height=220,
        description="Categories entered with partners, by buying and by building, stacked, over "
        "the number of engineers",
    )


def say_enter(table: pd.DataFrame, *, skill: float, stake: float, price: float) -> str:
    """What do few and many engineers lead to?"""
    entered = table.set_index(["staff", "way"])["categories"].to_dict()
    worth = table.groupby("staff")["value"].sum().to_dict()
    ways = {"partner": "with partners", "buy": "bought", "build": "built"}

    def mixed(staff: int) -> str:
        return " and ".join(
            f"{entered[staff, way]:.0f} {words}"
            for way, words in ways.items()
            if entered[staff, way] > 0.5
        )

    return (
        f"200 engineers enter {mixed(200)}, and keep what {worth[200]:.0f} are worth; "
        f"1,000 enter {mixed(1000)}, and keep what {worth[1000]:.0f} are worth."
    )


def counts(table: pd.DataFrame) -> alt.LayerChart:
    """How many companies over time; rows of the table of partners: metric, period, value."""
    named = table.assign(words=table["metric"].map(COUNTED))
    order = list(COUNTED.values())
    x = alt.X("period:T", title="Year").scale(domain=["2016-01", "2022-06"])
    y = alt.Y("value:Q", title="Companies").scale(domain=[-25, 420], nice=False)
    base = alt.Chart(named).encode(
        x=x.axis(format="%Y", tickCount="year"),
        y=y.axis(values=[0, 100, 200, 300, 400]),
        color=alt.Color("words:N")
        .scale(domain=order, range=[MUTED, BLUE, ORANGE])
        .legend(columns=1, symbolSize=90, labelLimit=330),
        shape=alt.Shape("words:N").scale(domain=order, range=["circle", "square", "diamond"]),
    )
    return layered(
        base.mark_line(strokeWidth=1.5),
        base.mark_point(size=70, opacity=1),
        base.transform_filter("datum.metric == 'ecosystem_companies'")
        .mark_text(dy=-12, fontWeight=600)
        .encode(text="value:Q"),
        base.transform_filter("datum.metric == 'ecosystem_companies_with_products'")
        .mark_text(dy=14, fontWeight=600)
        .encode(text="value:Q"),
    ).properties(
        width=360,
        height=210,
        description="Companies that Xiaomi has invested in, makers of hardware and lifestyle goods "
        "among them, and those of them with products on sale, 2016 to 2022",
    )
