"""The slimmer style sheets and fonts: nothing that a page shows is lost."""

import re
from io import BytesIO
from pathlib import Path

import pytest
import sphinx_book_theme
import sphinx_design
from fontTools.ttLib import TTFont
from pydata_sphinx_theme import __file__ as pydata

from coalescence import light
from tests import test_pages
from tests.served import HTML

site, reader = test_pages.site, test_pages.reader
THEMES = [
    Path(pydata).parent / "theme/pydata_sphinx_theme/static",
    Path(sphinx_book_theme.__file__).parent / "theme/sphinx_book_theme/static",
    Path(sphinx_design.__file__).parent / "static",
]
# What a style sheet says of every element of a kind, and of what it draws before and after it.
STYLES = """() => {
  const kinds = new Map();
  for (const element of document.querySelectorAll("body, body *:not(svg *, math *)")) {
    const parent = element.parentElement;
    const kind = [parent, element].map((one) => `${one.tagName}.${one.className}`).join(" > ");
    if (!kinds.has(kind)) kinds.set(kind, element);
  }
  return [...kinds].map(([kind, element]) =>
    [kind, ...[null, "::before", "::after"].map((part) => {
      const style = getComputedStyle(element, part);
      return part && style.content === "none" ? "" :
        [...style].sort().map((name) => style.getPropertyValue(name)).join(";");
    })]);
}"""


def original(name):
    """A theme's file as it is installed."""
    return next(place / name for place in THEMES if (place / name).exists())


@pytest.mark.parametrize(
    ("css", "slimmer"),
    [
        (".a{b:c}.z{b:c}", ".a{b:c}"),
        (".a,.z,.a .z{b:c}", ".a{b:c}"),
        ("p,p#a>.b:hover{b:c}#z{b:c}", "p,p#a>.b:hover{b:c}"),
        (".a:not(.z):is(.z,b){b:c}", ".a:not(.z):is(.z,b){b:c}"),
        ("@media print{.a{b:c}.z{b:c}}@media screen{.z{b:c}}", "@media print{.a{b:c}}"),
        ("@font-face{font-family:z}", "@font-face{font-family:z}"),
        ("@keyframes z{0%{b:c}}", "@keyframes z{0%{b:c}}"),
        (r".a\.b{b:c}.z\.b{b:c}", ""),
        ("/* z */ :root { --z : 1 }", ":root{ --z : 1 }"),
        ('[class*=z]{content:".z,#z"}', '[class*=z]{content:".z,#z"}'),
    ],
)
def test_a_rule_stays_if_all_that_it_asks_for_is_known(css, slimmer):
    assert light.slim(css, {"a", "b"}) == slimmer


def test_a_font_keeps_the_signs_asked_for_and_no_other():
    file = original(f"{light.FONTS}/fa-solid-900.ttf")
    with TTFont(BytesIO(light.font(file, {0xF002, 0xF0C9}))) as part, TTFont(file) as whole:
        assert set(part.getBestCmap()) == {0xF002, 0xF0C9} < set(whole.getBestCmap())


def test_every_script_and_sheet_comes_where_it_is_needed():
    assert light.unneeded("searchtools.js", "book/index", "")
    assert not light.unneeded("searchtools.js", "search", "")
    assert light.unneeded("sphinx-design.min.css", "a", '<p class="cb-sd">')
    assert not light.unneeded("sphinx-design.min.css", "a", '<p class="x sd-card">')
    assert not light.unneeded("lab.js", "a", "")


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["book/coalescence/trust", "book/teaching/words", "search"])
def test_a_page_looks_as_it_does_with_the_whole_style_sheets(reader, name, theme):
    """Every computed style of every element is the same, but for the fonts' own files."""
    asked = []

    def whole(route):
        asked.append(route.request.url)
        sheet = next(name for name in light.SHEETS if name in route.request.url)
        route.fulfill(body=original(sheet).read_bytes(), content_type="text/css")

    def fonts(route):
        name = route.request.url.rpartition("/")[2]
        route.fulfill(body=original(f"{light.FONTS}/{name}").read_bytes())

    seen = []
    for swapped in (False, True):
        page = reader.open("genindex.html", color_scheme=theme)
        if swapped:
            page.context.route(re.compile("|".join(map(re.escape, light.SHEETS))), whole)
            page.context.route("**/webfonts/*", fonts)
        page.goto(f"{reader.site}{name}.html", wait_until="networkidle")
        page.keyboard.press("Control+k")  # the dialog of the search
        page.wait_for_timeout(300)
        seen.append(page.evaluate(STYLES))
    assert len(asked) >= 2
    slim, full = seen
    assert len(slim) == len(full) > 50
    assert [a[0] for a, b in zip(slim, full, strict=True) if a != b] == []


@pytest.mark.browser
def test_every_icon_on_a_page_has_its_sign_in_the_font(reader):
    sheets = [(HTML / "_static" / name).read_text(encoding="utf-8") for name in light.SHEETS]
    signs = light.signs("".join(sheets))
    with TTFont(HTML / "_static" / light.FONTS / "fa-solid-900.woff") as font:
        had = set(font.getBestCmap())
    with TTFont(original(f"{light.FONTS}/fa-solid-900.ttf")) as font:
        assert had == signs & set(font.getBestCmap())
    page = reader.open("book/coalescence/trust.html")
    shown = page.evaluate("""() => [...document.querySelectorAll(".fa-solid")].map((icon) =>
      getComputedStyle(icon, "::before").content.replaceAll('"', ""))""")
    assert len(shown) > 10
    assert {ord(sign) for sign in shown} <= had
