"""The channels in pictures: what data save, pooled stock, demonstrations and the showroom."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, HEIGHT, INK, LINE, MUTED, ORANGE, WIDTH, layered
from coalescence.charts._parts import FIFTHS, row_of, worded

KEPT = {"shown": "Keep it, shown", "unseen": "Keep it, unseen"}
BACK = {"back_shown": "Return it, shown", "back_unseen": "Return it, unseen"}
PLACES = {"online": "Our web shop", "store": "Our store", "rival": "Rival's web shop"}


def data(table: pd.DataFrame) -> alt.LayerChart:
    """What not knowing demand costs, over the correlation of what the web foretells."""
    x = alt.X("correlation:Q", title="Correlation of online sales with the shop's demand")
    x = x.scale(domain=[0, 1]).axis(format=".1f", values=FIFTHS)
    y = alt.Y("cost:Q", title="Cost of not knowing demand (RMB)").scale(domain=[0, 4000])
    base = alt.Chart(table).encode(x=x)
    half = base.transform_filter("datum.correlation == 0.5")
    top = alt.Chart(table).transform_filter("datum.correlation == 0")
    saved = half.transform_calculate(words="'saved at 0.5: ' + format(datum.part, '.0%')")
    return layered(
        top.mark_rule(color=MUTED, strokeDash=[5, 4]).encode(y="cost:Q"),
        base.mark_line(color=BLUE).encode(y=y.axis(format=",d")),
        half.mark_point(color=ORANGE, size=90, opacity=1).encode(y="cost:Q"),
        saved.mark_text(color=ORANGE, dy=20, align="right", dx=-4).encode(
            y="cost:Q", text="words:N"
        ),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Cost of not knowing demand as online sales foretell it better: flat at first "
        "and steep near a perfect forecast",
    )


def pooling(table: pd.DataFrame) -> alt.LayerChart:
    """What not knowing demand costs each shop, alone and from one stock."""
    x = alt.X("shops:Q", title="Shops served from one stock").scale(domain=[1, 23])
    y = alt.Y("together:Q", title="Cost to each shop (RMB)").scale(domain=[0, 2600])
    base = alt.Chart(table).encode(x=x.axis(values=[1, 5, 10, 15, 20]))
    last = base.transform_filter("datum.shops == 20")
    return layered(
        base.mark_line(color=MUTED, strokeDash=[2, 2]).encode(y="apart:Q"),
        base.mark_line(color=ORANGE, strokeDash=[6, 3]).encode(y="root:Q"),
        base.mark_line(color=BLUE).encode(y=y.axis(format=",d")),
        base.mark_point(color=BLUE, size=35, opacity=1).encode(y="together:Q"),
        last.mark_text(align="right", dy=-9, color=MUTED, text="each alone").encode(y="apart:Q"),
        last.mark_text(align="right", dy=14, color=ORANGE, text="if independent").encode(
            y="root:Q"
        ),
        last.mark_text(align="right", dy=-11, color=BLUE, text="pooled").encode(y="together:Q"),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Cost of not knowing demand to each shop: alone, from one stock, and from one "
        "stock if demands were independent, for 1 to 20 shops",
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


def say_data(table: pd.DataFrame, *, sd: float, short: float, over: float) -> str:
    """How much do half-good data save?"""
    start, half = row_of(table), row_of(table[table["correlation"] == 0.5])
    return (
        f"Not knowing demand costs RMB {start['cost']:,.0f} a season. Online sales that correlate "
        f"with it by 0.5 save {half['part']:.0%} of that, RMB {half['saved']:,.0f}; half is saved "
        "only from 0.87 on."
    )


def say_pooling(table: pd.DataFrame, *, sd: float, alike: float) -> str:
    """What do four shops and twenty save?"""
    four, twenty = (row_of(table[table["shops"] == n]) for n in (4, 20))
    parts = [1 - row["together"] / row["apart"] for row in (four, twenty)]
    return (
        f"From one stock, four shops save {parts[0]:.0%} of the cost of not knowing demand and "
        f"twenty {parts[1]:.0%}; independent ones would save 50% and 78%."
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
