"""Position in pictures: two rivals on a line, two value sticks, the frontier and the middle."""

from typing import Any

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, GREEN, HEIGHT, LINE, MUTED, ORANGE, PAPER, WIDTH, layered
from coalescence.charts._parts import FIFTHS, inside, place, row_of, worded
from coalescence.models import strategy

FIRMS = {"ours": "Ours", "theirs": "The rival's"}
PARTS = {"cost": "Cost", "firm": "Kept by the firm", "buyer": "Kept by the buyer"}


# --- two rivals ---


def duel(table: pd.DataFrame) -> alt.LayerChart:
    """What buyers of every taste keep from either phone, and where the market divides."""
    order = list(FIRMS.values())
    x = alt.X("place:Q", title="Taste of the buyer (0 likes ours best)").scale(domain=[0, 1])
    y = alt.Y("keeps:Q", title="Worth less price (RMB)").scale(domain=[-200, 800])
    base = (
        alt.Chart(table)
        .transform_fold(list(FIRMS), as_=["firm", "keeps"])
        .transform_calculate(words=worded(FIRMS, "firm"))
        .encode(x=x.axis(values=FIFTHS), y=y)
    )
    lines = base.transform_filter("datum.point == 'line'").mark_line(clip=True)
    edge = alt.Chart(table).transform_filter("datum.point == 'edge'").encode(x=x)
    bar = edge.encode(x2=alt.value(0), y=alt.value(HEIGHT - 4))
    rest = edge.encode(x2=alt.value("width"), y=alt.value(HEIGHT - 4))
    return layered(
        bar.mark_rule(color=BLUE, strokeWidth=8),
        rest.mark_rule(color=ORANGE, strokeWidth=8),
        edge.mark_rule(color=MUTED, strokeDash=[5, 4]),
        edge.mark_text(color=MUTED, dy=-16, align="center", text="← ours | theirs →").encode(
            y=alt.value(HEIGHT)
        ),
        lines.encode(
            color=alt.Color("words:N")
            .scale(domain=order, range=[BLUE, ORANGE])
            .legend(symbolType="stroke"),
            strokeDash=alt.StrokeDash("words:N").scale(domain=order, range=[[1, 0], [6, 3]]),
        ),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="What a buyer keeps of either phone's worth, by taste, and the taste at which "
        "both are the same",
    )


def say_duel(table: pd.DataFrame, *, value: float, cost: float, taste: float) -> str:
    """Who sells how much, for what markup."""
    contest = strategy.hotelling(value, cost, taste)
    dearer = float(cost + contest.markup - contest.rival_markup)
    beside = f"RMB {abs(dearer):.0f} {'dearer' if dearer > 0 else 'cheaper'} than the rival's"
    return (
        f"A lead of RMB {value - cost:g}: we sell to {float(contest.share):.0%} of the buyers at "
        f"RMB {float(contest.markup):.0f} over cost, the rival at "
        f"{float(contest.rival_markup):.0f}; our phone is "
        f"{beside if abs(dearer) >= 0.5 else 'as dear as the rival’s'}."
    )


def sticks(table: pd.DataFrame) -> alt.LayerChart:
    """How the worth of each phone is divided, and what would be missed without its firm."""
    firms, parts, shades = list(FIRMS.values()), list(PARTS.values()), [LINE, BLUE, GREEN]
    base = alt.Chart(table).transform_calculate(
        words=worded(FIRMS, "firm"),
        kind=worded(PARTS, "part"),
        place=place(PARTS, "part"),
    )
    y = alt.Y("words:N", title=None).sort(firms).axis(labelFontWeight="bold")
    x = alt.X("amount:Q", title="RMB, up to what the phone is worth to a buyer it suits")
    bars = base.mark_bar(stroke=PAPER, strokeWidth=1, size=44, clip=True).encode(
        x=x.scale(domain=[0, 2000]),
        y=y,
        color=alt.Color("kind:N").scale(domain=parts, range=shades).legend(symbolType="square"),
        order="place:Q",
    )
    amounts = inside(base, "x", "amount", "words", 110, form=".0f", colours=shades, clip=True)
    notes = (
        base.transform_filter("datum.part == 'cost'")
        .transform_calculate(
            note="'sells to ' + format(datum.share, '.0%') + ', adds ' + format(datum.added, '.0f')"
        )
        .mark_text(align="left", dy=34, color=MUTED)
        .encode(y=y, x=alt.value(2), text="note:N")
    )
    return layered(bars, amounts.encode(y=y), notes).properties(
        width=WIDTH,
        height=170,
        description="Cost, the firm's part and the buyer's part of what each phone is worth, with "
        "each firm's share of buyers and added value",
    )


def say_sticks(table: pd.DataFrame, *, value: float, cost: float, taste: float) -> str:
    """What our firm keeps beside what would be missed without it."""
    ours = row_of(table, firm="ours", part="firm")
    created = table[(table.firm == "ours") & (table.part != "cost")]["amount"].sum()
    return (
        f"Our phone creates RMB {created:.0f} of which we keep RMB {ours.amount:.0f}. "
        f"Were tastes all alike, we could keep no more than our added value, RMB {ours.added:.0f}."
    )


# --- the middle ---


def middle(table: pd.DataFrame) -> alt.LayerChart:
    """The rivals' frontier, what is level with a specialist, and where our firm stands."""
    x = alt.X("saving:Q", title="Cheaper than the plain phone by (RMB)").scale(domain=[0, 600])
    x = x.axis(tickCount=6)
    y = alt.Y("value:Q", title="Worth more by (RMB)").scale(domain=[0, 500])
    base = alt.Chart(table).encode(x=x, y=y)
    level = pd.DataFrame({"saving": [0, strategy.REACH], "value": [strategy.REACH, 0]})
    ours = base.transform_filter("datum.point == 'ours'")
    ends = pd.DataFrame(
        {
            "saving": [strategy.REACH, 0],
            "value": [0, strategy.REACH],
            "words": ["cost leader", "differentiator"],
        }
    )
    corners = alt.Chart(ends).encode(x="saving:Q", y="value:Q")
    return layered(
        alt.Chart(level)
        .mark_line(color=MUTED, strokeDash=[2, 3], strokeWidth=1.5)
        .encode(x="saving:Q", y="value:Q"),
        base.transform_filter("datum.point == 'frontier'")
        .mark_line(color=ORANGE)
        .encode(order="position:Q"),
        corners.mark_point(color=ORANGE, shape="square", size=80, opacity=1),
        corners.mark_text(align="left", dx=9, dy=-10, color=ORANGE).encode(text="words:N"),
        ours.mark_point(color=BLUE, size=150, opacity=1),
        ours.mark_text(align="left", dx=11, color=BLUE, fontWeight=600, text="our firm"),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Saving in cost against worth added: the rivals' frontier, the line of equal "
        "value less cost through the specialists, and our firm",
    )


def standing(table: pd.DataFrame) -> alt.LayerChart:
    """What our firm would earn against a specialist from every position."""
    x = alt.X("position:Q", title="Position (0 all for cost, 1 all for value)").scale(domain=[0, 1])
    y = alt.Y("profit:Q", title="Profit (RMB per buyer)").scale(domain=[0, 400])
    base = alt.Chart(table).encode(x=x, y=y)
    level = alt.Chart(pd.DataFrame({"y": [strategy.TASTE / 2]})).encode(y="y:Q")
    return layered(
        level.mark_rule(color=ORANGE, strokeDash=[5, 4]),
        level.mark_text(
            color=ORANGE, align="right", dx=-2, dy=-8, x="width", text="two specialists"
        ),
        base.transform_filter("datum.point == 'frontier'").mark_line(color=BLUE, clip=True),
        base.transform_filter("datum.point == 'ours'").mark_point(
            color=BLUE, size=130, opacity=1, clip=True
        ),
    ).properties(
        width=WIDTH,
        height=160,
        description="Profit per buyer against a specialist, over our firm's position",
    )


def say_middle(
    table: pd.DataFrame, *, position: float, bend: float, doublings: float, community: float
) -> str:
    """Whether the middle is stuck here, and what lifts it."""
    row = row_of(table, point="ours")
    away = float(strategy.middle_gap(bend))
    shape = "all" if away == 1 else f"{away:.0%}"
    lead = round(row.lead)
    stands = f"RMB {abs(lead)} {'ahead of' if lead > 0 else 'behind'}" if lead else "level with"
    return (
        f"On this frontier the exact middle keeps {shape} of a specialist's advantage. "
        f"Our firm is {stands} a specialist, sells to {row.share:.0%} and earns "
        f"RMB {row.profit:.0f} a buyer, where a specialist against another earns "
        f"{strategy.TASTE / 2:.0f}."
    )


# --- what the markups hide ---


def services(table: pd.DataFrame, brought: float) -> alt.LayerChart:
    """What services must add per phone for Xiaomi's share, rival by rival, and what they brought.

    Takes the columns rival and needed (USD a phone).
    """
    x = alt.X("needed:Q", title="Missing from Xiaomi's profit per phone (USD)")
    x = x.scale(type="log", domain=[5, 200], nice=False).axis(values=[5, 10, 20, 50, 100, 200])
    y = alt.Y("rival:N", title=None).sort(table["rival"].tolist()).axis(grid=True)
    line = alt.Chart(pd.DataFrame({"needed": [brought]})).encode(x=x)
    dots = alt.Chart(table).encode(x=x, y=y)
    amount = dots.encode(text=alt.Text("needed:Q", format=".0f"))
    look: dict[str, Any] = {"color": BLUE, "fontWeight": 600}
    return layered(
        line.mark_rule(color=GREEN, strokeDash=[5, 4], strokeWidth=2),
        line.mark_text(
            align="left", dx=6, color=GREEN, fontWeight=600, text="what services brought"
        ).encode(y=alt.value(HEIGHT - 96)),
        dots.mark_point(color=BLUE, size=130, opacity=1),
        amount.transform_filter(f"datum.needed < {brought}").mark_text(
            align="right", dx=-12, **look
        ),
        amount.transform_filter(f"datum.needed >= {brought}").mark_text(
            align="left", dx=12, **look
        ),
    ).properties(
        width=WIDTH - 60,
        height=190,
        description="What services would have to add to Xiaomi's profit per phone against each of "
        "four rivals, beside what they brought",
    )
