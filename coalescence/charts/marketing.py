"""Marketing in pictures: the best budget for advertising, and chains of referrals."""

import altair as alt
import numpy as np
import pandas as pd

from coalescence.charts import BLUE, HEIGHT, LINE, ORANGE, WIDTH, layered
from coalescence.charts._parts import key


def budget(table: pd.DataFrame) -> alt.LayerChart:
    """Worth of a brand over its advertising ratio: the table of `marketing.budget`."""
    x = alt.X("share:Q", title="Advertising, % of sales").scale(domain=[0, 0.3], nice=False)
    y = alt.Y("worth:Q", title="Worth of the brand, % of the best")
    base = alt.Chart(table).encode(
        x=x.axis(format="%", values=[0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3])
    )
    curve = base.encode(y=y.scale(domain=[-0.5, 1.25], nice=False).axis(format="%"))
    rule = alt.Chart(table).transform_aggregate(best="mean(best)")
    return layered(
        alt.Chart(pd.DataFrame({"worth": [0]})).mark_rule(color=LINE).encode(y="worth:Q"),
        rule.mark_rule(color=ORANGE, strokeDash=[6, 3], strokeWidth=2, clip=True).encode(
            x="best:Q"
        ),
        curve.mark_line(color=BLUE, clip=True),
        *key(("dashed: what the rule says", ORANGE), left=230),
    ).properties(
        width=WIDTH,
        height=HEIGHT,
        description="Worth of a brand over the share of its sales that it spends on advertising, "
        "with a dashed line at the share that Nerlove and Arrow's rule names.",
    )


def say_budget(table: pd.DataFrame, *, elasticity: float, decay: float, margin: float) -> str:
    """What the rule says, and what spending twice as much costs."""
    best = table["best"].iloc[0]
    twice = np.interp(2 * best, table["share"], table["worth"])
    if 2 * best > table["share"].iloc[-1]:
        return f"The rule says {best:.1%} of sales."
    return (
        f"The rule says {best:.1%} of sales. Spending twice that leaves {twice:.0%} of "
        "the brand's best worth."
    )


def chain(table: pd.DataFrame) -> alt.LayerChart:
    """Chance that a chain is over, and customers in it: the table of `marketing.chain`."""
    x = alt.X("generation:Q", title="Generations of referrals").scale(domain=[0, 20], nice=False)
    base = alt.Chart(table).encode(x=x)
    count = alt.Y("customers:Q", title="Solid: customers from one so far")
    count = count.scale(type="log", domain=[1, 100], nice=False, clamp=True)
    chance = alt.Y("over:Q", title="Dashed: chance that it is over").scale(domain=[0, 1])
    customers = base.mark_line(color=BLUE, clip=True).encode(
        y=count.axis(values=[1, 2, 5, 10, 20, 50, 100], titleColor=BLUE, format=",d")
    )
    over = base.mark_line(color=ORANGE, strokeDash=[6, 3]).encode(
        y=chance.axis(format="%", titleColor=ORANGE, grid=False, orient="right")
    )
    chart: alt.LayerChart = layered(customers, over).resolve_scale(y="independent")
    return chart.properties(
        width=WIDTH - 30,
        height=HEIGHT,
        description="Customers that follow from one customer on average, as a solid line, and "
        "the chance that the chain of referrals is over, as a dashed line, by generation.",
    )


def say_chain(table: pd.DataFrame, *, mean: float, evenness: float) -> str:
    """What one customer brings in the long run, and how likely it is to bring no more."""
    if mean < 1:
        return (
            f"Every chain ends. One customer stands for {1 / (1 - mean):.1f} in the long run, and "
            f"{table['over'].iloc[1]:.0%} bring nobody at all."
        )
    return (
        f"There is no limit to the average chain; yet {table['over'].iloc[1]:.0%} of customers "
        f"bring nobody, and {table['end'].iloc[0]:.0%} of all chains die out."
    )
