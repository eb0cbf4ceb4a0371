"""Lock-in in pictures: two prices, critical mass, standards, urns, and the devices of a home."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, HEIGHT, INK, LINE, MUTED, ORANGE, PINK, WIDTH, layered
from coalescence.charts._parts import FIFTHS, key, row_of, worded

PRICES = {"later": "Owners pay", "first": "Newcomers pay", "earned": "Brand earns, both periods"}
STANDARDS = {"common": "One standard", "separate": "Separate"}
GIFTS = {"seen": "As seen", "gift": "After a gift"}
WORLDS = {"lock-in": "Lock-in", "taste": "Taste only"}
WAYS = {
    "crowded": "line: fuller homes (crowded as in 2021)",
    "broader": "dashes: more homes, each as in 2021",
    "loose": "dots: devices fall anywhere",
}


def prices(table: pd.DataFrame) -> alt.LayerChart:
    """Prices to newcomers and owners and the brand's earnings over the switching cost."""
    x = alt.X("switching:Q", title="Cost of leaving the brand, % of a device's cost")
    x = x.scale(domain=[0, 0.6]).axis(format="%", values=[0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    y = alt.Y("value:Q", title="% of a device's cost").scale(domain=[0, 1.8])
    order = list(PRICES.values())
    base = (
        alt.Chart(table)
        .transform_fold(list(PRICES), as_=["what", "value"])
        .transform_calculate(words=worded(PRICES, "what"))
        .encode(
            x=x,
            y=y.axis(format="%", values=[0, 0.4, 0.8, 1.2, 1.6]),
            color=alt.Color("words:N").scale(domain=order, range=[ORANGE, BLUE, GREEN]),
            strokeDash=alt.StrokeDash("words:N").scale(
                domain=order, range=[[1, 0], [6, 3], [2, 2]]
            ),
        )
    )
    cost = alt.Chart(pd.DataFrame({"value": [1.0], "words": ["cost"]}))
    return layered(
        cost.mark_rule(color=LINE, strokeWidth=2).encode(y="value:Q"),
        cost.mark_text(align="right", dx=-4, dy=-7, color=MUTED).encode(
            x=alt.datum(0.6), y="value:Q", text="words:N"
        ),
        base.mark_line(),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Price to newcomers, price to owners and what a brand earns on a buyer over "
        "both periods, as the cost of leaving the brand rises",
    )


def tip(table: pd.DataFrame) -> alt.LayerChart:
    """Demand under a network effect, the price, and the two shares at which it holds."""
    x = alt.X("share:Q", title="Homes connected").scale(domain=[0, 1])
    y = alt.Y("price:Q", title="What the last of them would pay").scale(domain=[0, 0.6])
    base = alt.Chart(table).encode(x=x.axis(format="%", values=FIFTHS), y=y)
    marks = base.transform_filter("datum.real == 1")
    critical = marks.transform_filter("datum.kind == 'critical'")
    stable = marks.transform_filter("datum.kind == 'stable'")
    start = base.transform_filter("datum.kind == 'round' && datum.round == 0")
    price = alt.Chart(table).transform_filter("datum.kind == 'stable'").encode(y=y)
    return layered(
        price.mark_rule(color=MUTED, strokeDash=[5, 4]),
        price.mark_text(color=MUTED, align="left", dx=5, text="price").encode(x=alt.datum(1)),
        base.transform_filter("datum.kind == 'demand'").mark_line(color=BLUE),
        start.mark_rule(color=ORANGE, strokeDash=[2, 3]).encode(
            y=alt.value(HEIGHT), y2=alt.value(0)
        ),
        start.mark_text(color=ORANGE, align="left", dx=4, text="start").encode(y=alt.value(8)),
        critical.mark_point(shape="triangle-up", size=110, color=ORANGE, opacity=1),
        critical.mark_text(dx=10, dy=15, color=ORANGE, text="critical mass", align="left"),
        stable.mark_point(shape="circle", size=110, color=GREEN, opacity=1),
        stable.mark_text(dx=6, dy=-14, color=GREEN, text="stable", align="left", fontWeight=600),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="What the last of a share of connected homes would pay, as a hill, and the "
        "price; where the price cuts the hill, the critical mass and the stable share are marked",
    )


def rounds(table: pd.DataFrame) -> alt.LayerChart:
    """The share of homes connected, round after round, on its way to one end or the other."""
    x = alt.X("round:Q", title="Round (each home looks at the last one)")
    x = x.scale(domain=[0, 19], nice=False)
    y = alt.Y("share:Q", title="Homes connected").scale(domain=[0, 1])
    y = y.axis(format="%", values=FIFTHS)
    path = alt.Chart(table).transform_filter("datum.kind == 'round'").encode(x=x, y=y)
    mass = alt.Chart(table).transform_filter("datum.kind == 'critical' && datum.real == 1")
    rule = mass.mark_rule(color=ORANGE, strokeDash=[5, 4]).encode(y="share:Q")
    name = mass.mark_text(color=ORANGE, align="right", dy=-8, text="critical mass")
    return layered(
        rule,
        name.encode(x=alt.datum(19), y="share:Q"),
        path.mark_line(),
        path.mark_point(opacity=1),
    ).properties(
        width=WIDTH,
        height=150,
        description="Share of homes connected in each of twenty rounds, and the critical mass if "
        "there is one",
    )


def standards(table: pd.DataFrame) -> alt.HConcatChart:
    """A maker's profit and the buyers' surplus, on one standard and on separate ones."""
    order = list(STANDARDS.values())
    x = alt.X("makers:O", title="Makers").axis(labelAngle=0)
    base = (
        alt.Chart(table)
        .transform_calculate(words=worded(STANDARDS, "standard"))
        .encode(
            x=x,
            color=alt.Color("words:N").scale(domain=order, range=[BLUE, ORANGE]),
            shape=alt.Shape("words:N").scale(domain=order, range=["circle", "square"]),
            strokeDash=alt.StrokeDash("words:N").scale(domain=order, range=[[1, 0], [5, 3]]),
        )
    )
    panels = [
        layered(base.mark_line().encode(y=y), base.mark_point(opacity=1).encode(y=y)).properties(
            width=150, height=HEIGHT - 40
        )
        for y in (
            alt.Y("profit:Q", title="Profit of one maker").scale(domain=[0, 0.75], clamp=True),
            alt.Y("surplus:Q", title="Surplus of all buyers").scale(domain=[0, 5], clamp=True),
        )
    ]
    return alt.hconcat(*panels).properties(
        description="Profit of one maker and surplus of all buyers for one to eight makers, with "
        "one common standard and with separate ones",
    )


def urns(table: pd.DataFrame) -> alt.Chart:
    """The share of Xiaomi in six markets that began alike, purchase after purchase."""
    x = alt.X("purchases:Q", title="Purchases (each step is tenfold)")
    x = x.scale(type="log", domain=[1, 1000]).axis(values=[1, 10, 100, 1000], format=",d")
    y = alt.Y("share:Q", title="Xiaomi's share of them").scale(domain=[0, 1])
    chart: alt.Chart = (
        alt.Chart(table)
        .mark_line(point=alt.OverlayMarkDef(size=35, filled=True, opacity=1), strokeWidth=2)
        .encode(
            x=x,
            y=y.axis(format="%", values=FIFTHS),
            color=alt.Color("market:N", legend=None),
            strokeDash=alt.StrokeDash("market:N", legend=None),
        )
        .properties(
            width=WIDTH,
            height=HEIGHT,
            description="Xiaomi's share of all purchases in six markets that began with the same "
            "balls in the urn; the shares wander at first and then settle, each elsewhere",
        )
    )
    return chart


def luck(table: pd.DataFrame) -> alt.LayerChart:
    """How many of twenty purchases are Xiaomi's, with the urn and without it."""
    x = alt.X("bought:O", title="Xiaomi purchases out of twenty")
    x = x.axis(labelAngle=0, values=[0, 5, 10, 15, 20])
    y = alt.Y("chance:Q", title="Share of homes").scale(domain=[0, 0.5], clamp=True)
    base = alt.Chart(table).encode(x=x)
    return layered(
        base.mark_bar(color=BLUE, opacity=0.75).encode(y=y.axis(format="%")),
        base.mark_point(color=ORANGE, size=45, opacity=1).encode(y="unbound:Q"),
        *key(
            ("bars: each purchase draws the next", BLUE),
            ("dots: none does", ORANGE),
            left="width",
            top=12,
        ),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Distribution of Xiaomi purchases out of twenty, for homes where each purchase "
        "makes the next more likely and for homes where none does",
    )


def lookalike(table: pd.DataFrame) -> alt.HConcatChart:
    """The next purchase by devices owned: seen alike in both worlds, told apart by a gift."""
    x = alt.X("owned:O", title="Xiaomi of five owned").axis(labelAngle=0)
    y = alt.Y("chance:Q", title="Next purchase is Xiaomi's").scale(domain=[0, 1])
    order = list(GIFTS.values())
    base = (
        alt.Chart(table)
        .transform_fold(list(GIFTS), as_=["when", "chance"])
        .transform_calculate(words=worded(GIFTS, "when"))
        .encode(x=x, y=y.axis(format="%", values=FIFTHS))
    )
    panels = []
    for world, title in WORLDS.items():
        part = base.transform_filter(f"datum.world == '{world}'")
        points = part.mark_point(filled=False, size=80, opacity=1, strokeWidth=2).encode(
            color=alt.Color("words:N").scale(domain=order, range=[INK, PINK]),
            shape=alt.Shape("words:N").scale(domain=order, range=["circle", "triangle-up"]),
        )
        span = part.mark_line(color=LINE, strokeWidth=6).encode(detail="owned:O")
        panels.append(layered(span, points).properties(width=150, height=HEIGHT - 30, title=title))
    return alt.hconcat(*panels, spacing=24).properties(
        description="Chance that the next purchase is Xiaomi's by devices owned, in a world of "
        "lock-in and in a world of differing tastes, as seen and after a free device",
    )


def homes(table: pd.DataFrame) -> alt.LayerChart:
    """Homes by number of Xiaomi devices, beside devices that fall independently of each other."""
    x = alt.X("devices:O", title="Xiaomi devices in the home").axis(labelAngle=0)
    y = alt.Y("share:Q", title="Share of homes").scale(domain=[0, 0.8])
    base = alt.Chart(table).encode(x=x)
    return layered(
        base.mark_bar(color=BLUE, opacity=0.75).encode(y=y.axis(format="%")),
        base.mark_line(color=ORANGE, strokeWidth=1.5, strokeDash=[4, 3]).encode(y="twin:Q"),
        base.mark_point(color=ORANGE, size=50, opacity=1).encode(y="twin:Q"),
        *key(
            ("bars: homes", BLUE),
            ("dots: as many devices, independent", ORANGE),
            left=70,
        ),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Share of homes by number of Xiaomi devices as bars, and the share that the "
        "same devices would give if they fell into homes independently, as dots",
    )


def ways(table: pd.DataFrame, seen: pd.DataFrame) -> alt.LayerChart:
    """Reported users with many devices over devices a user, and three ways they could have gone.

    `seen` has a row for each year: year, mean, share, and old (counted before tablets were out).
    """
    x = alt.X("mean:Q", title="Connected devices per monthly user").scale(domain=[0, 1.5])
    y = alt.Y("share:Q", title="Users with five or more").scale(domain=[0, 0.08])
    y = y.axis(format="%", values=[0, 0.02, 0.04, 0.06, 0.08])
    looks = ((BLUE, [1, 0]), (GREEN, [6, 3]), (MUTED, [2, 3]))
    base = alt.Chart(table).transform_fold(list(WAYS), as_=["way", "share"]).encode(x=x, y=y)
    curves = [
        base.transform_filter(f"datum.way == '{way}'").mark_line(
            color=colour, strokeDash=dash, clip=True
        )
        for way, (colour, dash) in zip(WAYS, looks, strict=True)
    ]
    dots = alt.Chart(seen).encode(x=x, y=y)
    old, new = dots.transform_filter("datum.old"), dots.transform_filter("!datum.old")
    return layered(
        *curves,
        old.mark_point(filled=False, size=80, color=ORANGE, opacity=1, strokeWidth=2),
        new.mark_point(size=80, color=ORANGE, opacity=1),
        old.mark_text(align="right", dx=-8, dy=-6, fontWeight=600).encode(text="year:O"),
        new.mark_text(dy=19, fontWeight=600).encode(text="year:O"),
        *key(*zip(WAYS.values(), (BLUE, GREEN, MUTED), strict=True)),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Share of users with five or more devices over devices per user, year by year: "
        "the dots lie along the dashed straight line of more owners who own as much as before",
    )


def say_prices(table: pd.DataFrame, *, taste: float, discount: float, floor: float = 0.0) -> str:
    """Does the switching cost stay with the brand?"""
    open_, shut = row_of(table), row_of(table[::-1])
    more = shut["earned"] - open_["earned"]
    kept = (
        f"a brand earns {more:.0%} of a device's cost more than with none: the floor keeps "
        "newcomers from getting it all back"
        if more > 1e-9
        else "a brand earns just what it earns with none: newcomers get it all back"
    )
    return (
        f"At a switching cost of {shut['switching']:.0%}, newcomers pay {shut['first']:.0%} of "
        f"cost and owners {shut['later']:.0%}; {kept}."
    )


def say_tip(table: pd.DataFrame, *, price: float, alone: float, start: float) -> str:
    """Where does it start, and where does it end?"""
    mass, end = row_of(table, kind="critical"), row_of(table, kind="stable")
    if not end["real"]:
        return f"At a price of {price:.2f} no share of homes holds: the network dies."
    if not mass["real"]:
        return f"Any start will do: the device is worth its price, and {end['share']:.0%} connect."
    edge = start - mass["share"]
    sits = abs(edge) < 1e-9
    grows = "stays on the edge" if sits else "takes off" if edge > 0 else "dies"
    return (
        f"Critical mass is {mass['share']:.0%} of homes, the stable share {end['share']:.0%}; "
        f"a start with {start:.0%} {grows}."
    )


def say_standards(table: pd.DataFrame, *, effect: float) -> str:
    """What is a common standard worth to three makers and their buyers?"""
    common, apart = (row_of(table, makers=3, standard=name) for name in ("common", "separate"))
    return (
        f"With three makers a common standard raises the sales of each by "
        f"{common['sold'] / apart['sold'] - 1:.0%}, and a maker's profit and the buyers' surplus "
        f"alike by {common['profit'] / apart['profit'] - 1:.0%}."
    )


def say_urns(table: pd.DataFrame, **setting: float) -> str:
    """How far apart did six equal starts end?"""
    last = table[table["purchases"] == table["purchases"].max()]["share"]
    return (
        f"After a thousand purchases the six markets stand between {last.min():.0%} and "
        f"{last.max():.0%}, though all began alike."
    )


def say_luck(table: pd.DataFrame, **setting: float) -> str:
    """How often does one brand get nearly everything?"""
    ends = table[(table["bought"] <= 2) | (table["bought"] >= 18)]
    tied, loose = ends["chance"].sum(), ends["unbound"].sum()
    return (
        f"In {tied:.0%} of homes one side gets at least eighteen of twenty purchases; if no "
        f"purchase drew the next, it would be {loose:.1%}."
    )


def say_lookalike(table: pd.DataFrame, **setting: float) -> str:
    """What is seen, and what does a gift show?"""
    none, gift = row_of(table, owned=0, world="taste"), row_of(table, owned=0, world="lock-in")
    return (
        f"In both worlds the next purchase is Xiaomi's with a chance of {none['seen']:.0%} in "
        f"homes with none and {row_of(table, owned=5)['seen']:.0%} in homes with five. A gift to a "
        f"home with none lifts it to {gift['gift']:.0%} under lock-in and leaves it as it is "
        "under taste."
    )


def say_homes(table: pd.DataFrame, *, taste: float, bond: float, spread: float, years: int) -> str:
    """How many have five or more, and how many would if nothing tied devices together?"""
    mean = float((table["devices"] * table["share"]).sum())
    many = table[table["devices"] >= 5]
    return (
        f"After {years} years a home has {mean:.1f} Xiaomi devices on average and "
        f"{many['share'].sum():.1%} have five or more; independent devices with that mean would "
        f"give {many['twin'].sum():.1%}."
    )
