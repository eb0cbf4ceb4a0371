"""The channels in pictures: data and common stock, demonstrations and the showroom."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, HEIGHT, INK, LINE, MUTED, ORANGE, SKY, WIDTH, layered
from coalescence.charts._parts import FIFTHS, lines, row_of, worded

STOCK = {
    "alone": "Alone",
    "data": "Alone, with data",
    "pooled": "From one stock",
    "both": "One stock and data",
}
TOLD = {"shared": "Shared by all shops", "local": "Of each shop alone"}  # what the web foretells
KEPT = {"shown": "Keep it, shown", "unseen": "Keep it, unseen"}
BACK = {"back_shown": "Return it, shown", "back_unseen": "Return it, unseen"}
PLACES = {"online": "Our web shop", "store": "Our store", "rival": "Rival's web shop"}


def stock(table: pd.DataFrame) -> alt.LayerChart:
    """What not knowing demand costs each shop: alone, told by the web, from one stock, or both."""
    x = alt.X("shops:Q", title="Shops served from one stock").scale(domain=[1, 20], nice=False)
    drawn = lines(
        table,
        x.axis(values=[1, 5, 10, 15, 20]),
        STOCK,
        "Cost of not knowing demand",
        [0, 1.02],
        colours=(MUTED, ORANGE, SKY, BLUE),
        form="%",
    )
    return layered(drawn).properties(
        description="Cost of not knowing demand to each of 1 to 20 shops, as a share of that of a "
        "lone shop: with data, with a common stock, and with both",
    )


def demonstration(table: pd.DataFrame) -> alt.LayerChart:
    """What a demonstration is worth to the buyer and to the shop, over how unsure the fit is."""
    x = alt.X("spread:Q", title="How unsure its worth is (s.d., % of the price)")
    x = x.scale(domain=[0, 1.15]).axis(format="%", values=FIFTHS)
    y = alt.Y("buyer:Q", title="Gain per visitor, % of the price").scale(
        domain=[-0.1, 0.4], clamp=True
    )
    base = alt.Chart(table).encode(x=x)
    last = base.transform_filter("datum.spread > 0.99")
    zero = alt.Chart(pd.DataFrame({"buyer": [0]})).mark_rule(color=MUTED).encode(y="buyer:Q")
    return layered(
        zero,
        base.mark_line(color=GREEN, strokeDash=[6, 3]).encode(y=y.axis(format="%")),
        base.mark_line(color=BLUE).encode(y="shop:Q"),
        last.mark_text(align="left", dx=6, color=GREEN, text="buyer").encode(y="buyer:Q"),
        last.mark_text(align="left", dx=6, color=BLUE, text="shop").encode(y="shop:Q"),
        *(
            alt.Chart(pd.DataFrame({"words": [words]}))
            .mark_text(align="left", color=MUTED, fontStyle="italic", x=left, y=HEIGHT - 10)
            .encode(text="words:N")
            for words, left in (("search goods", 8), ("experiential goods", 225))
        ),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Gain from a demonstration to the buyer and to the shop, as the worth of the "
        "product becomes less sure",
    )


def outcomes(table: pd.DataFrame) -> alt.HConcatChart:
    """Who keeps it and who returns it, with and without a demonstration."""
    x = alt.X("spread:Q", title="How unsure its worth is").scale(domain=[0, 1])
    panels = []
    for names in (KEPT, BACK):
        order = list(names.values())
        lines = (
            alt.Chart(table)
            .transform_fold(list(names), as_=["what", "share"])
            .transform_calculate(words=worded(names, "what"))
            .mark_line()
            .encode(
                x=x.axis(format="%", values=[0, 0.5, 1]),
                y=alt.Y("share:Q", title="Visitors")
                .scale(domain=[0, 1])
                .axis(format="%", values=FIFTHS),
                color=alt.Color("words:N")
                .scale(domain=order, range=[BLUE, ORANGE])
                .legend(orient="top", direction="vertical"),
                strokeDash=alt.StrokeDash("words:N").scale(domain=order, range=[[1, 0], [5, 3]]),
            )
        )
        panels.append(lines.properties(width=150, height=170))
    both: alt.HConcatChart = alt.hconcat(
        *panels,
        description="Share of visitors who buy and keep the product and who return it, with and "
        "without a demonstration, as its worth becomes less sure",
    ).resolve_scale(color="independent", strokeDash="independent")
    return both


def showroom(table: pd.DataFrame) -> alt.LayerChart:
    """Where people of the district buy before and after the store opens."""
    x = alt.X("share:Q", title="People of the district who buy there")
    x = x.scale(domain=[0, 0.25], clamp=True).axis(format="%")
    order = list(PLACES.values())
    base = (
        alt.Chart(table)
        .transform_calculate(place=worded(PLACES, "where"))
        .encode(y=alt.Y("place:N", title=None, sort=order))
    )
    when = alt.Color("when:N").scale(domain=["before", "after"], range=[MUTED, BLUE])
    shape = alt.Shape("when:N").scale(domain=["before", "after"], range=["circle", "diamond"])
    after = base.transform_filter("datum.when == 'after'")
    return layered(
        base.mark_line(color=LINE, strokeWidth=7).encode(x=x, detail="place:N"),
        base.mark_point(size=130, opacity=1).encode(x=x, color=when, shape=shape),
        after.mark_text(dy=-15, color=INK).encode(x=x, text=alt.Text("share:Q", format=".1%")),
    ).properties(
        width=WIDTH - 60,
        height=150,
        description="Share of people who buy in our web shop, in our store and in a rival's web "
        "shop, before and after our store opens",
    )


def say_stock(table: pd.DataFrame, *, alike: float, told: float, part: str) -> str:
    """What do twenty shops save, by the one, by the other, and by both?"""
    last = row_of(table[::-1])
    data, pooled, both = (1 - last[name] for name in ("data", "pooled", "both"))
    gap = both - data - pooled
    verdict = "as much as" if abs(gap) < 0.005 else "more than" if gap > 0 else "less than"
    return (
        f"Twenty shops save {data:.0%} of the cost by the data, {pooled:.0%} by one stock and "
        f"{both:.0%} by both, {verdict} the two added."
    )


def say_demonstration(
    table: pd.DataFrame, *, mean: float, noise: float, staff: float, refund: float = 0.1
) -> str:
    """From which spread on does it pay?"""
    pays = table[table["shop"] > 1e-9]
    last = row_of(table[::-1])
    if pays.empty:
        return "The demonstration pays for none of these products."
    return (
        f"The demonstration pays the shop from a spread of {pays['spread'].min():.0%} of the price "
        f"on. At {last['spread']:.0%} it brings {last['shop']:.1%} of the price per visitor, and "
        f"{last['shown']:.0%} of visitors keep the product instead of {last['unseen']:.0%}."
    )


def say_showroom(table: pd.DataFrame, *, store: float, lift: float, spill: float) -> str:
    """What happened to all our sales, to the web and to the rival?"""
    share = table.set_index(["when", "where"])["share"]
    before, web, shop, rival = (
        float(share[key])
        for key in (
            ("before", "online"),
            ("after", "online"),
            ("after", "store"),
            ("after", "rival"),
        )
    )
    other = rival / float(share[("before", "rival")]) - 1
    return (
        f"The store changes all our sales by {(web + shop) / before - 1:+.0%}, those of our web "
        f"shop by {web / before - 1:+.0%} and those of the rival by {other:+.0%}."
    )


def growth(stores: pd.DataFrame, share: pd.DataFrame) -> alt.VConcatChart:
    """Stores in China (`period`, `value`) above the share of phones (the same, and `tracker`)."""

    def dated(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(date=[_date(period) for period in table["period"]])

    x = alt.X("date:Q", title=None).scale(domain=[2019.75, 2023.1], nice=False)
    x = x.axis(format="d", values=[2020, 2021, 2022, 2023])
    counts = alt.Y("value:Q", title="Stores").scale(domain=[0, 12000], nice=False)
    percent = alt.Y("value:Q", title="% of phones").scale(domain=[0, 20], nice=False)
    above = (
        alt.Chart(dated(stores[["period", "value"]]))
        .mark_line(point=True, color=BLUE)
        .encode(x=x, y=counts.axis(format=",d", values=[0, 4000, 8000, 12000]))
    )
    below = (
        alt.Chart(dated(share[["period", "value", "tracker"]]))
        .mark_point(size=80, opacity=1)
        .encode(
            x=x,
            y=percent.axis(values=[0, 5, 10, 15, 20]),
            color=alt.Color("tracker:N").scale(range=[ORANGE, GREEN]),
            shape=alt.Shape("tracker:N").scale(range=["circle", "diamond"]),
        )
    )
    both: alt.VConcatChart = alt.vconcat(
        *(panel.properties(width=330, height=115) for panel in (above, below)),
        description="Number of Xiaomi's stores in mainland China, and below it its share of the "
        "phones sold there by two trackers, from the end of 2019 to the end of 2022",
    )
    return both


def _date(period: str) -> float:
    """A date, or the middle of a quarter, as a year with a fraction."""
    year, rest = int(period[:4]), period[4:]
    if rest.startswith("Q"):
        return year + (int(rest[1]) - 0.5) / 4
    month, _, day = rest[1:].partition("-")
    return year + (int(month) - 1 + int(day or 15) / 31) / 12
