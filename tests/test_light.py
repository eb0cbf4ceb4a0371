"""The slimmer style sheets and fonts: nothing that a page shows is lost."""

import re
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sphinx_book_theme
from fontTools.ttLib import TTFont
from pydata_sphinx_theme import __file__ as pydata

from coalescence import light
from tests import test_pages
from tests.served import HTML

site, reader = test_pages.site, test_pages.reader
THEMES = [
    Path(pydata).parent / "theme/pydata_sphinx_theme/static",
    Path(sphinx_book_theme.__file__).parent / "theme/sphinx_book_theme/static",
]
SHEET = HTML / "_static" / light.SHEET
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
    """A file of the site as it was before it was made lighter."""
    places = [*THEMES, HTML / "_static"]
    return next(place / name for place in places if (place / name).exists()).read_bytes()


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
    made = light.font(file, {0xF002, 0xF0C9})
    with TTFont(BytesIO(made)) as part, TTFont(BytesIO(file)) as whole:
        assert set(part.getBestCmap()) == {0xF002, 0xF0C9} < set(whole.getBestCmap())


def test_every_script_comes_where_it_is_needed():
    assert light.unneeded("design-tabs.js", '<p class="cb-sd">')
    assert not light.unneeded("design-tabs.js", '<p class="x sd-card">')
    assert light.unneeded("copybutton.js", "<pre>")
    assert not light.unneeded("copybutton.css", "<pre>")
    assert not light.unneeded("lab.js", "")


def test_sheets_become_one_with_what_they_import_and_their_addresses():
    files = {
        "a/b.css": '@import "../c.css";p{background:url(d.png)}@import url("e/f.css");q{r:url(#s)}',
        "c.css": "x{background:url('y.png')}",
        "a/e/f.css": 'z{background:url("data:w")}',
    }
    assert light.whole("a/b.css", files.__getitem__) == (
        'x{background:url(y.png)}p{background:url(a/d.png)}z{background:url("data:w")}q{r:url(#s)}'
    )


def page(*links):
    head = "".join(f'<link rel="stylesheet" href="../_static/{link}?v=1" />\n' for link in links)
    scripts = (
        '<script src="../_static/moved/1.js"></script><script src="../searchindex.js"></script>'
    )
    return f"<head>{head}{scripts}<script src='late.js'></script></head><p class='a'>"


def test_a_second_build_of_one_page_gives_all_pages_its_sheet(tmp_path):
    texts = {"one.css": ".a{b:c}.z{b:c}", "two.css": ".d{b:c}"}
    (tmp_path / "book").mkdir()
    (tmp_path / "_static").mkdir()
    first, second = tmp_path / "book/first.html", tmp_path / "book/second.html"

    def lighten():
        light.lighten(tmp_path, lambda name: texts[name].encode(), {"_static"})
        return (tmp_path / "_static" / light.SHEET).read_text()

    for html in (first, second):
        html.write_text(page(*texts))
    assert lighten() == "/* one.css two.css */\n.a{b:c}"
    before = first.read_text()
    assert before == second.read_text()
    assert "searchindex" not in before
    assert re.findall("<script (?:defer )?src", before) == ["<script src", "<script defer src"]
    assert light.LINK.findall(before) == [("../_static/", light.SHEET)]
    lighten()
    assert first.read_text() == before
    second.write_text(page(*texts) + "<p class='d'>")
    assert lighten() == "/* one.css two.css */\n.a{b:c}.d{b:c}"
    assert light.LINK.search(first.read_text())[0] == light.LINK.search(second.read_text())[0]
    assert first.read_text() != before


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["book/coalescence/trust", "book/teaching/words", "search"])
def test_a_page_looks_as_it_does_with_the_whole_style_sheets(reader, name, theme):
    """Every computed style of every element is the same, but for the fonts' own files."""
    names = re.search(r"/\* (.*) \*/", SHEET.read_text(encoding="utf-8"))[1].split()
    assert len(names) > 5
    seen = []

    def apart(route):
        html = (HTML / f"{name}.html").read_text(encoding="utf-8")
        up = light.LINK.search(html)[1]
        links = "".join(f'<link rel="stylesheet" href="{up}{one}">' for one in names)
        route.fulfill(body=light.LINK.sub(links, html), content_type="text/html")

    def untouched(route):
        file = urlsplit(route.request.url).path.partition("/_static/")[2]
        kind = {"content_type": "text/css"} if file.endswith(".css") else {}
        route.fulfill(body=original(file), **kind)

    # One context for both: Chromium may choose another system font in the next one.
    page = reader.open("genindex.html", color_scheme=theme)
    for whole in (False, True):
        if whole:
            page.context.route(f"**/{name}.html", apart)
            page.context.route(re.compile(r"\.css|/webfonts/"), untouched)
        page.goto(f"{reader.site}{name}.html", wait_until="networkidle")
        page.keyboard.press("Control+k")  # the dialog of the search
        page.wait_for_timeout(300)
        seen.append(page.evaluate(STYLES))
        assert page.locator("link[rel=stylesheet]").count() == (len(names) if whole else 1)
    slim, full = seen
    assert len(slim) == len(full) > 50
    assert [a[0] for a, b in zip(slim, full, strict=True) if a != b] == []


@pytest.mark.browser
def test_every_icon_on_a_page_has_its_sign_in_the_font(reader):
    signs = light.signs(SHEET.read_text(encoding="utf-8"))
    with TTFont(HTML / "_static" / light.FONTS / "fa-solid-900.woff") as font:
        had = set(font.getBestCmap())
    with TTFont(BytesIO(original(f"{light.FONTS}/fa-solid-900.ttf"))) as font:
        assert had == signs & set(font.getBestCmap())
    page = reader.open("book/coalescence/trust.html")
    shown = page.evaluate("""() => [...document.querySelectorAll(".fa-solid")].map((icon) =>
      getComputedStyle(icon, "::before").content.replaceAll('"', ""))""")
    assert len(shown) > 10
    assert {ord(sign) for sign in shown} <= had


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_is_light_or_dark_and_in_its_place_from_the_first_paint(reader, theme):
    """Before the theme's own script has come, and after it."""
    seen = []
    for fail in ("**/scripts/pydata-sphinx-theme.js*", ""):
        page = reader.open("book/coalescence/trust.html", fail=fail, color_scheme=theme)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("() => document.documentElement.dataset.theme") == theme
        heights = "() => [...document.querySelectorAll('article pre')].map((e) => e.offsetHeight)"
        seen.append(page.evaluate(heights))
    assert seen[0] == seen[1]
    assert page.evaluate(test_pages.SHIFT) < 0.002
    reader.faults.clear()  # the console names the script that did not arrive
