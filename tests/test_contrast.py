"""Whatever is written on the ground, on a quiet box or into a bar reads in both themes."""

import re

import pytest

from coalescence import charts
from coalescence.charts._parts import UPON
from coalescence.page import COLOURS
from coalescence.page.game import HERE

ENOUGH = 4.5  # WCAG 2, level AA, for text
CSS = (HERE / "casebook.css").read_text(encoding="utf-8")
TEXTS = ("blue", "green", "pink", "red", "ink", "muted")
BARS = [*charts.PALETTE, charts.MUTED, charts.LINE]


def theme(name):
    """The colours that the style sheet gives a theme, by their names."""
    rule = re.search(rf"html\[data-theme={name}\] {{(.*?)}}", CSS, re.S)
    return dict(re.findall(r"--cb-(\w+): (#\w+)", rule[1]))


def light(colour):
    """Relative luminance of #rgb or #rrggbb."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    lines = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * line for weight, line in zip((0.2126, 0.7152, 0.0722), lines, strict=True))


def contrast(one, other):
    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def shown(colour, named):
    """A chart's colour as a page of this theme shows it."""
    found = re.fullmatch(r"var\(--cb-(\w+),#\w+\)", COLOURS.get(colour, ""))
    return named[found[1]] if found else colour


def test_contrast_is_as_the_standard_has_it():
    assert contrast("#fff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_text_reads_on_the_ground_and_on_a_box(name):
    named = theme(name)
    for text in TEXTS:
        for ground in ("paper", "tint"):
            assert contrast(named[text], named[ground]) >= ENOUGH, (text, ground)
    assert contrast(named["orange"], named["paper"]) >= ENOUGH


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("bar", BARS)
def test_a_number_reads_on_its_bar(name, bar):
    named = theme(name)
    ink = UPON.get(bar, charts.PAPER)
    assert contrast(shown(ink, named), shown(bar, named)) >= ENOUGH


def test_no_chart_writes_in_a_white_that_stays_white():
    folder = HERE.parent / "charts"
    assert [f.name for f in folder.glob("*.py") if '"white"' in f.read_text("utf-8")] == []
