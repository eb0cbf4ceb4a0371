"""The portfolio in pictures: the shelf, who comes back, cross-selling and double jeopardy."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, HEIGHT, INK, MUTED, ORANGE, WIDTH, layered
from coalescence.charts._parts import FIFTHS, key, row_of, worded
from coalescence.models.portfolio import CYCLES, GOODS


def shelf(table: pd.DataFrame) -> alt.LayerChart:
    """What each stocked product earns on its own space, and the shop with and without phones."""
    y = alt.Y("product:N", title=None, sort=list(GOODS))
    x = alt.X("yield:Q", title="Earned on each m² that it takes up (RMB)")
    x = x.scale(domain=[0, 600], clamp=True)
    base = alt.Chart(table).encode(y=y)
    shop = alt.Chart(table).transform_filter("datum.product == 'Phone'")
    words = shop.transform_calculate(
        one="'shop with phones: RMB ' + format(datum.with, ',.0f')",
        none="'shop without: RMB ' + format(datum.without, ',.0f')",
    ).mark_text(align="left", x=0, fontWeight=600)
    average = shop.encode(x="area_with:Q")
    return layered(
        base.mark_bar(size=16).encode(
            x=x,
            color=alt.condition("datum.product == 'Phone'", alt.value(ORANGE), alt.value(BLUE)),
        ),
        base.transform_filter("datum.stocked == 0").mark_text(
            align="right", color=MUTED, x=alt.expr("width"), text="not stocked"
        ),
        average.mark_rule(color=INK, strokeDash=[4, 3]),
        average.mark_text(align="left", color=INK, dx=5, y=214, text="average of the shop"),
        words.encode(text="one:N", y=alt.value(-28), color=alt.value(ORANGE)),
        words.encode(text="none:N", y=alt.value(-10), color=alt.value(INK)),
    ).properties(
        width=WIDTH - 30,
        height=224,
        description="What each of eight products earns on each square metre that it takes up, "
        "with the average of the shop, and the profit of the shop with and without phones",
    )


def cycles(table: pd.DataFrame) -> alt.LayerChart:
    """Visits a year that each product brings from a hundred homes."""
    y = alt.Y("product:N", title=None, sort=list(CYCLES))
    x = alt.X("visits:Q", title="Visits a year from 100 homes").scale(domain=[0, 200], clamp=True)
    base = alt.Chart(table).encode(y=y, x=x)
    words = base.transform_calculate(
        words="format(datum.visits, '.0f') + '  (' + format(datum.owners, '.0f') + ' in use, ' "
        "+ format(datum.life, '.3~r') + ' years)'"
    )
    return layered(
        base.mark_bar(size=18, color=BLUE, opacity=0.75),
        words.mark_text(align="left", dx=5).encode(text="words:N"),
    ).properties(
        width=WIDTH,
        height=180,
        description="Visits a year that each of six products brings from a hundred homes, with "
        "the number in use and the years that one lasts",
    )


def arrivals(table: pd.DataFrame) -> alt.LayerChart:
    """The owners who come back over ten years, beside the rate of the long run."""
    x = alt.X("year:Q", title="Years after the launch day").scale(domain=[0, 10])
    y = alt.Y("visits:Q", title="Visits a year from 100 owners").scale(domain=[0, 150], clamp=True)
    base = alt.Chart(table).encode(x=x)
    settled = base.transform_filter("datum.year > 9.9")
    return layered(
        base.mark_line(color=MUTED, strokeDash=[5, 4]).encode(y="settled:Q"),
        base.mark_line(color=BLUE, interpolate="monotone").encode(y=y),
        settled.mark_text(align="right", dy=-9, color=MUTED, text="long run").encode(y="settled:Q"),
    ).properties(
        width=WIDTH,
        height=HEIGHT - 40,
        description="Visits from owners who all bought on one day, over ten years, and the "
        "constant rate at which they settle",
    )


def cross(table: pd.DataFrame) -> alt.LayerChart:
    """The share of each product's buyers who also buy the other, over the bond between them."""
    x = alt.X("bond:Q", title="Bond between the two, Γ (utils)").scale(domain=[0, 4])
    y = alt.Y("to_first:Q", title="Buyers who also buy the other").scale(domain=[0, 1])
    base = alt.Chart(table).encode(x=x.axis(values=[0, 1, 2, 3, 4]))
    mid = base.transform_filter("datum.bond == 1.5")
    ring = alt.OverlayMarkDef(shape="square", size=30, filled=True, opacity=1, color=ORANGE)
    dot = alt.OverlayMarkDef(size=30, filled=True, opacity=1, color=BLUE)
    return layered(
        base.mark_line(color=BLUE, point=dot).encode(y=y.axis(format="%", values=FIFTHS)),
        base.mark_line(color=ORANGE, strokeDash=[6, 3], point=ring).encode(y="to_second:Q"),
        mid.mark_text(align="right", dx=-8, dy=-8, color=BLUE, text="second's buyers").encode(
            y="to_first:Q"
        ),
        mid.mark_text(align="left", dx=8, dy=10, color=ORANGE, text="first's buyers").encode(
            y="to_second:Q"
        ),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Share of the first product's buyers who buy the second and of the second's "
        "who buy the first, as the bond between the two grows",
    )


def jeopardy(table: pd.DataFrame) -> alt.LayerChart:
    """How often a brand's buyers buy it, over its share of households; the law as a dashed line."""
    x = alt.X("bought:Q", title="Households that buy the brand at least once")
    x = x.scale(domain=[0, 1]).axis(format="%", values=FIFTHS)
    y = alt.Y("rate:Q", title="Purchases of a buyer").scale(domain=[0, 6], clamp=True)
    base = alt.Chart(table).encode(x=x)
    named = base.transform_filter(
        "datum.share == 0.1 || datum.share == 0.25 || datum.share == 0.5"
    ).transform_calculate(words="format(datum.share, '.0%')")
    keys = {"dashed: w (1 − b) is constant": MUTED, "numbers: share of sales": INK}
    return layered(
        base.mark_line(color=MUTED, strokeDash=[5, 4]).encode(y="law:Q"),
        base.mark_line(color=BLUE, strokeWidth=1).encode(y=y),
        base.mark_point(color=BLUE, opacity=1).encode(y=y),
        named.mark_text(dy=15, dx=-4, align="left", color=INK, fontSize=11).encode(
            y=y, text="words:N"
        ),
        *key(*keys.items(), left=10, top=12),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Purchases of a buyer against the share of households that buy the brand, for "
        "twelve market shares: small brands have fewer buyers who also buy a little less often",
    )


def profits(table: pd.DataFrame) -> alt.Chart:
    """Gross profit (`when`, `value` in RMB bn, `segment`: iot or smartphones) in paired bars."""
    names = {"smartphones": "Phones", "iot": "IoT and lifestyle"}
    order = list(names.values())
    drawn: alt.Chart = (
        alt.Chart(table)
        .transform_calculate(words=worded(names, "segment"))
        .mark_bar()
        .encode(
            x=alt.X("when:O", title="Year", sort=None).axis(labelAngle=0, labelOverlap=True),
            xOffset=alt.XOffset("words:N", sort=order),
            y=alt.Y("value:Q", title="Gross profit (RMB bn)").scale(domain=[0, 30]),
            color=alt.Color("words:N").scale(domain=order, range=[ORANGE, BLUE]),
        )
        .properties(
            width=WIDTH,
            height=HEIGHT,
            description="Gross profit from phones and from IoT products in RMB billion, by year",
        )
    )
    return drawn


def say_shelf(table: pd.DataFrame, *, margin: float, draw: float, space: float) -> str:
    """Does the phone pay, and would its own space show it?"""
    phone = row_of(table)
    gain = phone["with"] - phone["without"]
    pays = "raises" if gain > 0 else "lowers"
    own = "less" if phone["yield"] < phone["area_with"] else "more"
    link = "yet" if (own == "less") == (gain > 0) else "and"
    return (
        f"On each m² the phone earns {own} than the shop's average (RMB {phone['yield']:.0f} "
        f"beside {phone['area_with']:.0f}), {link} it {pays} the profit of the shop by "
        f"{abs(gain) / phone['without']:.0%}."
    )


def say_cycles(table: pd.DataFrame, *, phone: float, filter: float, bulbs: float) -> str:
    """Who brings people back?"""
    came = dict(zip(table["product"], table["visits"].astype(float), strict=True))
    most = max(came, key=lambda name: came[name]).lower().removesuffix("s") + "s"
    return (
        f"A hundred homes come back {sum(came.values()):.0f} times a year, most often for {most}. "
        f"The phones bring {came['Phone']:.0f} visits, the filters {came['Filter']:.0f} and the "
        f"bulbs {came['Bulbs']:.0f}."
    )


def say_arrivals(table: pd.DataFrame, *, life: float, shape: int) -> str:
    """How high is the wave, and what is left of it?"""
    came, rate = table["visits"].astype(float), float(table["settled"].max())
    last = came.iloc[-24:]
    return (
        f"In the long run a hundred owners come back {rate:.0f} times a year whatever the shape. "
        f"The first wave reaches {came.max():.0f}; in the last five years the rate still moves "
        f"between {last.min():.0f} and {last.max():.0f}."
    )


def say_cross(table: pd.DataFrame, *, first: float, second: float) -> str:
    """How alike are the two directions?"""
    row = row_of(table[table["bond"] == 2])
    return (
        f"At a bond of 2 each product is bought {row['lift']:.2f} times as often with the other as "
        f"chance would have it, yet {row['to_second']:.0%} of the first's buyers buy the second "
        f"and {row['to_first']:.0%} of the second's the first."
    )


def say_jeopardy(table: pd.DataFrame, *, mean: float, shape: float, switching: float) -> str:
    """How much worse off is the small brand?"""
    small, large = row_of(table[table["share"] == 0.02]), row_of(table[table["share"] == 0.4])
    return (
        f"A brand with 40% of sales has {large['bought'] / small['bought']:.0f} times as many "
        f"buyers as one with 2%, and each buys {large['rate'] / small['rate'] - 1:.0%} more often."
    )
