"""Altair charts in one theme: from a tidy table to a chart, one module a chapter."""

from typing import Any, cast

import altair as alt

WIDTH, HEIGHT = 400, 260  # plot area in pixels: fits beside controls, and a phone at three quarters

# Okabe and Ito's palette for colour-blind readers; the page swaps in a lighter step in dark mode.
BLUE, ORANGE, GREEN, PINK, SKY, RED = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#a63a00",
)  # fmt: skip
INK, MUTED, LINE = "#1f2328", "#59636e", "#d1d9e0"  # text, secondary text, grid and axes
PAPER, NIGHT = "#ffffff", "#101418"  # the ground, dark in dark mode; a dark that stays dark
PALETTE = [BLUE, ORANGE, GREEN, PINK, SKY, RED]


@alt.theme.register("casebook", enable=True)
def theme() -> alt.theme.ThemeConfig:
    """Quiet frames, large type, and colours that differ in lightness as well as in hue."""
    text = {"labelColor": INK, "titleColor": INK, "labelFontSize": 13, "titleFontSize": 13.5}
    config: Any = {
        "aria": False,  # a chart is described in words beside it
        "background": "transparent",
        "font": "Arial, 'Liberation Sans', Helvetica, sans-serif",
        "view": {"continuousWidth": WIDTH, "continuousHeight": HEIGHT, "stroke": None},
        "axis": {
            **text,
            "titleFontWeight": 500,
            "gridColor": LINE,
            "domainColor": MUTED,
            "tickColor": MUTED,
            "titlePadding": 8,
        },
        "axisX": {"grid": False},
        "legend": {**text, "orient": "top", "title": None, "symbolStrokeWidth": 2.5},
        "header": {**text, "title": None},
        "title": {"color": INK, "fontSize": 14, "anchor": "start", "fontWeight": 600},
        "text": {"color": INK, "fontSize": 13},
        "line": {"strokeWidth": 2.5},
        "point": {"filled": True, "size": 60},
        "rule": {"color": MUTED},
        "range": {"category": PALETTE, "ordinal": {"scheme": "blues"}},
        "mark": {"color": BLUE},
    }
    return alt.theme.ThemeConfig(config=config)


def layered(*charts: alt.Chart | alt.LayerChart) -> alt.LayerChart:
    """Charts drawn one upon the other, in this order."""
    return cast(alt.LayerChart, alt.layer(*charts))
