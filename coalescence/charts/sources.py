"""The figure of the sources page: how the claims came out."""

import altair as alt
import pandas as pd

from coalescence.charts import BLUE, INK, WIDTH, layered

ORDER = ["confirmed", "partly", "out of date", "contested", "not checkable", "note"]


def verdicts(claims: pd.DataFrame) -> alt.LayerChart:
    """One dot a claim (columns id, judgement), a line a verdict."""
    base = (
        alt.Chart(claims[["id", "judgement"]])
        .transform_window(place="row_number()", groupby=["judgement"])
        .encode(
            x=alt.X("place:Q", title="Claims", axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y("judgement:N", title=None, sort=ORDER),
        )
    )
    dots = base.mark_circle(size=420, color=BLUE, opacity=0.22)
    names = base.mark_text(fontSize=11, color=INK).encode(text="id:N")
    counts = claims.judgement.value_counts()
    return layered(dots, names).properties(
        width=WIDTH - 40,
        height=200,
        description="Claims by verdict: "
        + ", ".join(f"{counts.get(name, 0)} {name}" for name in ORDER),
    )
