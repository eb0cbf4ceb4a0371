"""A printed chapter loses nothing, and leads back to its living labs."""

import re
import zlib

import pytest

from tests import test_pages
from tests.test_access import FACTS, step
from tests.test_pages import CHAPTERS, LABS, SOME, STOPS, Reader, wake

pytestmark = pytest.mark.browser

site = test_pages.site
PAPER = 688  # pixels between the margins of A4
PAGES = [f"book/{name}.html" for name in (
    "coalescence/trust", "coalescence/rise", "case-study/business-model", "simulator/flight",
    "teaching/words",
)]  # fmt: skip
MOVED = "book/coalescence/equity.html"  # its first lab has a slider and a switch
# What only a screen has a use for; everything else must stand on paper.
SCREEN = (
    ".cb-buttons, .cb-numbers, .cb-take, .cb-row, .cb-hidden, .cb-chart, .headerlink, [hidden], "
    "script, style, option, button, .cb-off, .cb-compare dl > :first-child, .prev-next-area, "
    "article h1, details .expanded"  # the theme prints a title of its own
)
# Words that do not stand on the page, or beyond its edge, or are cut by a frame around them.
LOST = """(screen) => {
  const lost = [], range = document.createRange(), known = new Map();
  const frames = (one) => { // what around an element cuts, and at which edges
    if (one.localName === "article") return [];
    if (!known.has(one)) {
      const { overflowX, overflowY } = getComputedStyle(one);
      const [across, down] = [overflowX, overflowY].map((how) => how !== "visible");
      const own = across || down ? [[one.getBoundingClientRect(), across, down]] : [];
      known.set(one, [...own, ...frames(one.parentElement)]);
    }
    return known.get(one);
  };
  const words = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const text = words.currentNode.data.trim(), one = words.currentNode.parentElement;
    if (!text || one.closest(screen)) continue;
    range.selectNodeContents(words.currentNode);
    const at = range.getBoundingClientRect();
    const seen = one.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    let why = seen && at.width ? "" : "not shown";
    if (at.right > innerWidth + 1 || at.left < -1) why ||= "beyond the edge";
    for (const [edge, across, down] of frames(one)) {
      if (across && at.right > edge.right + 1) why ||= "cut at the right";
      if (down && at.bottom > edge.bottom + 1) why ||= "cut at the foot";
    }
    if (why) lost.push(`${why}: ${one.localName}.${one.className} "${text.slice(0, 60)}"`);
  }
  return lost;
}"""
# What stands beside a control, and what the style sheet adds to its label.
PRINTED = """(place) => [
  getComputedStyle(place.querySelector("label"), "::after").content.replace(/[":]/g, "").trim(),
  place.querySelector("output")?.textContent,
  place.querySelector("select")?.checkVisibility() &&
    place.querySelector("select").selectedOptions[0].textContent,
]"""


@pytest.fixture(scope="module")
def page(chrome, site):
    """One page for every visit; nothing may go wrong in it."""
    one = Reader(chrome, site)
    opened = one.open("genindex.html", width=PAPER)
    yield opened
    opened.context.close()
    assert one.faults == []


@pytest.mark.parametrize("address", CHAPTERS if SOME == LABS else PAGES)
def test_a_printed_chapter_holds_every_word_and_the_address_of_every_lab(page, site, address):
    page.emulate_media(media="screen")
    page.goto(site + address)
    page.emulate_media(media="print")
    assert page.evaluate(LOST, SCREEN) == []
    title = page.locator("article h1").text_content().removesuffix("#")
    assert page.locator("h1:visible").all_inner_texts() == [title]
    for box in page.locator(".cb-lab, .cb-flight").all():
        told = f"{site}{address}#{box.get_attribute('id')}"
        line = box.locator(".cb-address")
        assert line.is_visible()
        assert line.inner_text() == f"Move it: {told}"
        assert box.locator(".cb-title").is_visible()
    for chart in page.locator(".cb-lab .cb-chart").all():
        assert chart.get_by_role("img").count() == 1


def assert_printed(page, facts, stops):
    """The setting stands on the paper."""
    page.emulate_media(media="print")
    for control, stop in zip(facts["controls"], stops, strict=True):
        place = page.locator(".cb-control", has=page.locator(f"[id='{control['id']}']"))
        word = {"false": "off", "true": "on"}.get(control["words"][stop], control["words"][stop])
        assert word in place.evaluate(PRINTED)


def test_a_moved_lab_is_printed_as_it_stands_with_the_address_that_brings_it_back(page, site):
    page.emulate_media(media="screen")
    page.goto(site + MOVED)
    box = wake(page)[0]
    facts = box.evaluate(FACTS)
    assert_printed(page, facts, [control["stop"] for control in facts["controls"]])
    page.emulate_media(media="screen")
    for control in facts["controls"]:
        page.locator(f"[id='{control['id']}']").press(step(control)[0])
    page.wait_for_function("() => location.hash")
    stops, said = box.evaluate(STOPS), box.locator(".cb-say").inner_text()
    assert_printed(page, facts, stops)
    told = box.locator(".cb-address").inner_text().removeprefix("Move it: ")
    page.emulate_media(media="screen")
    page.goto("about:blank")
    page.goto(told)
    box = wake(page)[0]
    assert box.evaluate(STOPS) == stops
    assert box.locator(".cb-say").inner_text() == said


def ink(pdf):
    """The colours that a PDF of Chromium's draws with, as #rrggbb."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, flags=re.S)
    drawn = b"".join(zlib.decompressobj().decompress(one) for one in streams if one[:1] == b"x")
    found = set(re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) (?:rg|RG)", drawn))
    return {"#" + "".join(f"{round(255 * float(part)):02x}" for part in one) for one in found}


# The colours of charts by name, of text, of code and of links.
NAMED = """() => {
  const root = getComputedStyle(document.documentElement);
  const named = ["blue", "orange", "green", "ink", "muted"].map((name) => `--cb-${name}`);
  const hex = (colour) => "#" + colour.match(/\\d+/g).slice(0, 3).map((part) =>
    Number(part).toString(16).padStart(2, "0")).join("");
  const drawn = ["article p", "article .highlight .kn", "article p a"].map((one) =>
    hex(getComputedStyle(document.querySelector(one)).color));
  return [named.map((name) => root.getPropertyValue(name).trim()), drawn];
}"""


def test_a_dark_page_is_printed_in_the_light_colours_and_stays_dark(page, site):
    page.emulate_media(media="screen")
    page.goto(site + MOVED)
    wake(page)
    named = {}
    for theme in ("light", "dark"):
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        page.wait_for_timeout(300)  # colours of the theme glide
        named[theme] = [set(colours) for colours in page.evaluate(NAMED)]
    paper = page.pdf()
    assert len(re.findall(rb"/Type /Page\b", paper)) > 3
    printed = ink(paper)
    assert page.locator("html").get_attribute("data-theme") == "dark"
    charts, words = named["light"]
    assert charts <= printed
    dark = set.union(*named["dark"]) - charts - words
    assert len(dark) > len(charts)
    assert dark & printed == set()
