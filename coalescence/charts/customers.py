"""Charts and sentences for building with the first users and letting them talk."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, HEIGHT, INK, LINE, ORANGE, WIDTH, layered
from coalescence.charts._parts import FIFTHS, key, lines, mark, worded

# --- The weekly loop ---


def loop(table: pd.DataFrame) -> alt.Chart:
    """Faults that are still unknown, with these testers and with twice as many."""
    names = {
        "unknown": "Still unknown",
        "doubled": "With twice the testers",
        "known": "Found and reported",
    }
    x = alt.X("week:Q", title="Weeks since the first release").scale(domain=[0, 26], nice=False)
    return lines(table, x, names, "Faults", [0, 150]).properties(
        description="Faults found and still unknown over half a year of weekly testing, and those "
        "unknown if there were twice as many testers"
    )


def say_loop(table: pd.DataFrame, *, testers: float, every: float, added: float = 0.0) -> str:
    """What is left after half a year, and what doubling would bring."""
    last = table.iloc[-1]
    weeks = "every week" if every == 1 else f"every {every:g} weeks"
    return (
        f"{testers:g} testers with a release {weeks} leave {last.unknown:.0f} faults unknown after "
        f"half a year; twice the testers, or twice the releases, would leave {last.doubled:.0f}."
    )


# --- Word of mouth ---


def word(table: pd.DataFrame) -> alt.LayerChart:
    """Adopters by what won them, and the same path by Euler's method."""
    x = alt.X("year:Q", title="Years").scale(domain=[0, 8], nice=False)
    parts = {"prompted": "Won by advertising", "told": "Won by word of mouth"}
    scale = alt.Scale(domain=list(parts.values()), range=[ORANGE, BLUE])
    y = alt.Y("value:Q", title="Share of people who adopted", stack="zero")
    y = y.scale(domain=[0, 1.1], nice=False).axis(format="%", values=FIFTHS)
    areas = (
        alt.Chart(table)
        .transform_fold(list(parts), as_=["part", "value"])
        .transform_calculate(words=worded(parts, "part"))
        .mark_area(opacity=0.75)
        .encode(x=x, y=y, color=alt.Color("words:N", scale=scale))
    )
    walk = alt.Chart(table).mark_line(color=INK, strokeDash=[2, 3], clip=True)
    steps = key(("··· computed in steps (Euler)", INK))
    return layered(areas, walk.encode(x=x, y=alt.Y("euler:Q")), *steps).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Share of people won by advertising and by word of mouth over eight years, "
        "with the same path computed in steps",
    )


def say_word(
    table: pd.DataFrame, *, advertising: float, contacts: float, fraction: float, step: float
) -> str:
    """How much is word of mouth, and how far the steps lead astray."""
    last = table.iloc[-1]
    astray = (table.euler - table.adopters).abs().max()
    return (
        f"After eight years {last.adopters:.0%} have adopted, {last.told / last.adopters:.0%} of "
        f"them through others. Steps of {step:g} years are wrong by up to {astray:.1%} of all."
    )


def fading(table: pd.DataFrame) -> alt.Chart:
    """Who has not heard, who talks, and who fell silent."""
    names = {"unaware": "Has not heard", "talking": "Talks about it", "silent": "Fell silent"}
    x = alt.X("time:Q", title="Days").scale(domain=[0, 100], nice=False)
    return lines(table, x, names, "Share of people", [0, 1], form="%").properties(
        description="Shares of people who have not heard, who talk and who fell silent over time"
    )


def say_fading(table: pd.DataFrame, *, infectivity: float, duration: float) -> str:
    """How many one talker wins at first, and how many hear in the end."""
    ratio, last = table.ratio.iloc[0], table.iloc[-1]
    fate = "so the talk dies out" if ratio <= 1 else "so the talk spreads"
    return (
        f"One talker makes {ratio:.2g} others talk at first, {fate}: after 100 days "
        f"{1 - last.unaware:.0%} have heard, and at most {table.talking.max():.0%} talked at once."
    )


def acquaintances(table: pd.DataFrame) -> alt.Chart:
    """Adoption among friends beside Bass's crowd in which everybody hears everybody."""
    names = {"network": "Hears only friends", "mixed": "Hears everybody (Bass)"}
    x = alt.X("year:Q", title="Years").scale(domain=[0, 10], nice=False)
    return lines(table, x, names, "Share who adopted", [0, 1], form="%").properties(
        description="Share of people who adopted over ten years when they hear only their friends, "
        "and when everybody hears everybody"
    )


def say_acquaintances(table: pd.DataFrame, *, kind: str, p: float, q: float) -> str:
    """When half have adopted, among friends and in the crowd."""
    network, mixed = _half(table, "network"), _half(table, "mixed")
    return f"Half have adopted {network} among friends, and {mixed} if everybody heard everybody."


def _half(table: pd.DataFrame, column: str) -> str:
    reached = table[table[column] >= 0.5]
    if reached.empty:
        return "in more than ten years"
    return f"after {reached['year'].iloc[0]:g} years"


# --- Free software first ---


def free(table: pd.DataFrame) -> alt.LayerChart:
    """What free users are worth, by how many there are."""
    x = alt.X("seed:Q", title="Free users, % of the market")
    x = x.scale(domain=[0, 0.2], nice=False, clamp=True)
    x = x.axis(format="%", values=[0, 0.05, 0.1, 0.15, 0.2])
    y = alt.Y("gain:Q", title="Value over that without free users")
    y = y.scale(domain=[-0.25, 0.75], nice=False).axis(format="+%")
    zero = alt.Chart(table).mark_rule(color=LINE, strokeWidth=2).encode(y=alt.datum(0))
    curve = alt.Chart(table).transform_filter("datum.point == 'curve'").mark_line(clip=True)
    return layered(
        zero,
        curve.encode(x=x, y=y),
        *mark(table, "datum.point == 'best'", "seed:Q", "gain:Q", "best"),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Gain in value over the share of the market that gets the product free, with "
        "the best share marked (at the right edge if it is more than a fifth)",
    )


def say_free(table: pd.DataFrame, *, p: float, q: float, lost: float, discount: float = 0.1) -> str:
    """The best number of free users, and what it brings."""
    best, none = table[table.point == "best"].iloc[0], table.iloc[0]
    if best.seed < 0.0005:
        return "Here no free user pays: each costs more sales than talk brings."
    return (
        f"It is best to give it free to {best.seed:.1%} of the market: that is worth "
        f"{best.gain:+.1%}, and half the market is reached after {best.wait:.1f} years instead of "
        f"{none.wait:.1f}."
    )
