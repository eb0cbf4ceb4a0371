"""The built pages in a real browser: every lab tells Python's numbers, to everybody, everywhere."""

import functools
import os
import random
import re
from collections import Counter
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit
from xml.etree import ElementTree

import pandas as pd
import pytest

from coalescence.lab import places
from tests.served import HTML, ROOT, chapters, labs, served, with_labs

pytestmark = pytest.mark.browser

CHAPTERS = [f"{name}.html" for name in chapters()]
LABS = [f"{name}.html" for name in with_labs()]
# What hangs on the page script and not on a chapter is tried on every sixth page with labs, which
# keeps the whole within half an hour; EVERY=1 tries it on all of them.
SOME = LABS if os.environ.get("EVERY") else LABS[::6]
PAGES = [*CHAPTERS, "genindex.html", "search.html"]
AXE = ROOT / "vendor" / "node_modules" / "axe-core" / "axe.min.js"
SETTINGS = 50  # random settings of each lab, besides its corners

# Moves a lab's native controls to each of some settings and reports what the lab then shows.
DRIVE = """async ([id, settings]) => {
  const box = document.getElementById(id);
  const inputs = [...box.querySelectorAll("form input, form select")];
  box.querySelector(".cb-numbers").open = true;
  await new Promise(requestAnimationFrame);
  const seen = [];
  for (const stops of settings) {
    for (const [i, input] of inputs.entries()) {
      if (input.type === "checkbox") input.checked = Boolean(stops[i]);
      else input.value = stops[i];
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }
    for (const view of box.lab.views) await view.runAsync();
    seen.push({
      charts: box.lab.views.map((view) => view.data("lab").map((row) => ({ ...row }))),
      printed: [...box.querySelectorAll(".cb-numbers tbody tr")].map((line) =>
        [...line.cells].map((cell) => cell.textContent)),
      say: box.querySelector(".cb-say").textContent,
      words: [...box.querySelectorAll("form output")].map((output) => output.textContent),
    });
  }
  return seen;
}"""
DRAWN = "(box) => [...box.querySelectorAll('.cb-live')].map((live) => live.innerHTML).join()"
STOPS = """(box) => [...box.querySelectorAll("form input, form select")].map((input) =>
  input.type === "checkbox" ? Number(input.checked) : Number(input.value))"""
SHIFT = """() => new Promise((done) => {
  new PerformanceObserver((list) => {
    const shifts = list.getEntries();
    done(shifts.reduce((sum, shift) => sum + shift.value, 0));
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(0), 500);
})"""


# --- a reader ---


@pytest.fixture(scope="session")
def site():
    """The address of the built pages."""
    if not (HTML / "index.html").exists():
        pytest.fail(f"{HTML} is not there: build the book first (make html)")
    with served(HTML) as address:
        yield address


class Reader:
    """Somebody with a browser that reaches this site and nothing else; notes what goes wrong."""

    def __init__(self, chrome, site):
        self.chrome, self.site, self.faults, self.contexts = chrome, site, [], []

    def open(self, address, *, width=1280, fail="", **options):
        """A page of the site; files that match `fail` do not arrive."""
        context = self.chrome.new_context(viewport={"width": width, "height": 900}, **options)
        self.contexts.append(context)
        context.set_default_timeout(20_000)
        context.route(lambda url: not url.startswith(self.site), self.refuse)
        if fail:
            context.route(fail, lambda route: route.abort())
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        page.on("console", self.listen)
        page.goto(urljoin(self.site, address))
        return page

    def refuse(self, route):
        self.faults.append(f"asks another host: {route.request.url}")
        route.abort()

    def listen(self, message):
        if message.type in ("error", "warning"):
            self.faults.append(f"{message.type} in the console: {message.text}")


@pytest.fixture
def reader(chrome, site):
    """A reader who must meet no error on the way."""
    one = Reader(chrome, site)
    yield one
    for context in one.contexts:
        context.close()
    assert one.faults == []


def wake(page):
    """Bring every lab of a page into view, and wait until they can be moved."""
    boxes = page.locator(".cb-lab")
    for box in boxes.all():
        box.scroll_into_view_if_needed()
    page.wait_for_function("() => !document.querySelector('.cb-lab:not(.cb-alive)')")
    return boxes.all()


# --- Python's labs, to compare with ---


def labs_of(page):
    return labs(page.removesuffix(".html"))


@functools.cache
def every(lab):
    """A lab's tables at all settings, by stops, and its columns' decimal places."""
    stops = list(product(*(range(len(part.stops)) for part in lab.parts.values())))
    tables = dict(zip(stops, (lab.table(**setting) for setting in lab.settings()), strict=True))
    first = tables[stops[0]]
    numbers = [key for key in first if not isinstance(first[key].iloc[0], str)]
    digits = {key: places([x for table in tables.values() for x in table[key]]) for key in numbers}
    return tables, digits


def rounded(table, digits):
    """A table's rows as a page holds them."""
    return [
        {key: round(float(v), digits[key]) if key in digits else v for key, v in row.items()}
        for row in table.to_dict("records")
    ]


def setting_of(lab, stops):
    return {key: part.stops[i] for (key, part), i in zip(lab.parts.items(), stops, strict=True)}


def sentence(lab, stops):
    return lab.sentence(every(lab)[0][tuple(stops)], **setting_of(lab, stops))


def default(lab):
    return tuple(part.start for part in lab.parts.values())


def other(part):
    """A stop that is not the default."""
    return part.start - 1 if part.start else part.start + 1


# --- every page ---


def test_the_site_opens_at_the_first_page(reader):
    page = reader.open("index.html")
    page.wait_for_url("**/book/index.html")
    assert page.title()


COLOURS = ["color-contrast", "link-in-text-block"]
LOOKS = {  # what axe is asked at each width and theme; colours are the same at every width
    "wide": (1280, {"light": {}, "dark": {"runOnly": {"type": "rule", "values": COLOURS}}}),
    "phone": (320, {"light": {"rules": {rule: {"enabled": False} for rule in COLOURS}}}),
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("address", PAGES)
def test_a_page_opens_without_an_error_and_axe_finds_nothing(reader, address, look):
    """Nor does it ask another host (`reader` sees to both); a phone scrolls down only."""
    width, themes = LOOKS[look]
    page = reader.open(address, width=width, reduced_motion="reduce")
    wake(page)
    page.wait_for_load_state("networkidle")
    assert page.title()
    page.evaluate(
        """() => {
          for (const fold of document.querySelectorAll("details")) fold.open = 1;
          const alike = ".cb-numbers tr:nth-child(n+4)";
          for (const row of document.querySelectorAll(alike)) row.remove();
        }"""  # the rows of a table of numbers are alike
    )
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = []
    for theme, rules in themes.items():
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        asked = {**rules, "resultTypes": ["violations"]}
        result = page.evaluate("(rules) => axe.run(document, rules)", asked)
        found += [
            f"{theme}, {fault['id']}: {node['html'][:200]}\n{node['failureSummary']}"
            for fault in result["violations"]
            for node in fault["nodes"]
        ]
    assert not found, "\n".join(found)


class Anchors(HTMLParser):
    """The ids of a page, and what it links to."""

    def __init__(self, html):
        super().__init__()
        self.ids, self.links = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if found.get("id") else []
        self.links += [found[key] for key in ("href", "src") if found.get(key)]


@functools.cache
def anchors(path):
    return Anchors(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("address", ["index.html", *PAGES])
def test_every_link_within_the_book_arrives(site, address):
    here = anchors(HTML / address)
    lost = []
    for link in here.links:
        target, mark = urldefrag(urljoin(f"http://book/{address}", link))
        parts = urlsplit(target)
        if parts.netloc != "book":
            continue
        path = HTML / unquote(parts.path).lstrip("/")
        path = path / "index.html" if path.is_dir() else path
        if not path.exists() or (mark and path.suffix == ".html" and mark not in anchors(path).ids):
            lost.append(link)
    assert lost == []
    twice = [name for name, count in Counter(here.ids).items() if count > 1]
    assert twice == [], "ids that stand twice"


class Words(HTMLParser):
    """What a page prints, without its code and scripts."""

    def __init__(self, html):
        super().__init__()
        self.text, self.within = "", []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        quiet = tag in ("script", "style") or "cell_input" in (dict(attrs).get("class") or "")
        if quiet or (self.within and tag == self.within[0]):
            self.within.append(tag)

    def handle_endtag(self, tag):
        if self.within and tag == self.within[0]:
            self.within.pop()

    def handle_data(self, data):
        self.text += "" if self.within else data + " "


@pytest.mark.parametrize("address", CHAPTERS)
def test_a_page_prints_no_warning_and_no_number_that_is_none(address):
    text = Words((HTML / address).read_text(encoding="utf-8")).text
    wrong = re.findall(r".{0,40}(?:\bnan\b|\binf\b|\w+Warning:|Traceback \(most).{0,40}", text)
    assert wrong == []


# --- every lab ---


@pytest.mark.parametrize("address", LABS)
def test_every_number_and_sentence_in_a_page_is_pythons(reader, address):
    page = reader.open(address)
    assert [box.get_attribute("id") for box in wake(page)] == [
        f"lab-{lab.name}" for lab in labs_of(address)
    ]
    for lab in labs_of(address):
        tables, digits = every(lab)
        chance = random.Random(lab.name)
        corners = product(*({0, len(part.stops) - 1} for part in lab.parts.values()))
        settings = [*sorted(corners), *(chance.choice(list(tables)) for _ in range(SETTINGS))]
        shown = page.evaluate(DRIVE, [f"lab-{lab.name}", settings])
        for stops, seen in zip(settings, shown, strict=True):
            setting = setting_of(lab, stops)
            rows = rounded(tables[stops], digits)
            assert seen["charts"] == [rows] * len(lab.charts), f"{lab.name} at {setting}"
            assert seen["say"] == sentence(lab, stops), f"{lab.name} at {setting}"
            printed = [
                [cell if isinstance(value, str) else float(cell) for cell, value in zip(
                    line, row.values(), strict=True)]
                for line, row in zip(seen["printed"], rows, strict=True)
            ]  # fmt: skip
            assert printed == [list(row.values()) for row in rows], f"{lab.name} at {setting}"
            words = [
                part.words[i]
                for part, i in zip(lab.parts.values(), stops, strict=True)
                if part.kind == "slider"
            ]
            assert seen["words"] == words


@pytest.mark.parametrize("address", LABS)
def test_the_drawing_is_the_same_whatever_the_table(address):
    """Only the data is swapped in a page, so nothing else in a chart may depend on it."""
    from coalescence.lab import drawing

    for lab in labs_of(address):
        tables, _ = every(lab)
        for table in (tables[min(tables)], tables[max(tables)]):
            for chart, drawn in zip(lab.charts, lab.drawings, strict=True):
                assert drawing(chart, table).spec == drawn.spec, lab.name


@pytest.mark.parametrize("address", SOME)
def test_the_address_carries_the_setting(reader, address):
    page = reader.open(address)
    wake(page)
    for lab in labs_of(address):
        moved = tuple(other(part) for part in lab.parts.values())
        page.evaluate(DRIVE, [f"lab-{lab.name}", [moved]])
        asked = [f"lab-{lab.name}.{key}=" for key in lab.parts]
        page.wait_for_function(
            "(asked) => asked.every((part) => location.search.includes(part))", arg=asked
        )
        heard = page.locator(f"#lab-{lab.name} [role=status]").text_content()
        assert heard == sentence(lab, moved), "a screen reader is not told"
    page.reload()
    for lab, box in zip(labs_of(address), wake(page), strict=True):
        moved = [other(part) for part in lab.parts.values()]
        assert box.evaluate(STOPS) == moved, lab.name
        assert box.locator(".cb-say").text_content() == sentence(lab, moved)
        box.get_by_role("button", name="Reset").click()
        assert tuple(box.evaluate(STOPS)) == default(lab)
    page.wait_for_function("() => location.search === ''")


@pytest.mark.parametrize("address", SOME)
def test_nonsense_in_the_address_gives_the_default_and_a_note(reader, address):
    asked = [f"lab-{lab.name}.{key}=17,<b>" for lab in labs_of(address) for key in lab.parts]
    page = reader.open(f"{address}?{'&'.join(asked)}&utm=1")
    for lab, box in zip(labs_of(address), wake(page), strict=True):
        assert tuple(box.evaluate(STOPS)) == default(lab)
        assert box.locator(".cb-say").text_content() == sentence(lab, default(lab))
        assert "its default is shown" in box.locator(".cb-note").inner_text()


@pytest.mark.parametrize("address", SOME)
def test_without_javascript_there_are_pictures_and_words(reader, address):
    page = reader.open(address, java_script_enabled=False)
    for lab, box in zip(labs_of(address), page.locator(".cb-lab").all(), strict=True):
        names = [image.get_attribute("aria-label") for image in box.get_by_role("img").all()]
        assert names == [drawn.words for drawn in lab.drawings]
        assert box.locator(".cb-say").text_content() == sentence(lab, default(lab))
        assert box.locator(".cb-controls").is_hidden(), "controls that cannot work are shown"


@pytest.mark.parametrize("address", SOME)
def test_dark_mode_recolours_without_drawing_again(reader, address):
    page = reader.open(address, color_scheme="light")
    wake(page)
    page.evaluate("""() => {
      window.redrawn = 0;
      window.marks = [...document.querySelectorAll(".cb-live")].map((live) => {
        const every = { subtree: true, childList: true, attributes: true };
        new MutationObserver(() => (window.redrawn += 1)).observe(live, every);
        return live.querySelector(".role-mark [stroke^='var('], .role-mark [fill^='var(']");
      });
      window.colours = () => window.marks.map((mark) => {
        const name = mark.getAttribute("fill")?.startsWith("var(") ? "fill" : "stroke";
        return getComputedStyle(mark)[name];
      });
    }""")
    light = page.evaluate("() => colours()")
    for _ in range(3):
        page.locator(".theme-switch-button").first.click()
        if page.locator("html").get_attribute("data-theme") == "dark":
            break
    dark = page.evaluate("() => colours()")
    assert all(before != after for before, after in zip(light, dark, strict=True))
    assert page.evaluate("() => redrawn") == 0


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("address", SOME)
def test_nothing_moves_when_a_lab_comes_alive(reader, address, width):
    held = []
    page = reader.open(address, width=width)
    page.context.route("**/labs/*.js", lambda route: held.append(route))
    page.reload()
    boxes = page.locator(".cb-lab").all()
    page.wait_for_timeout(300)
    for box in boxes:
        box.scroll_into_view_if_needed()
    before = [box.bounding_box() for box in boxes]
    top = page.evaluate("() => scrollY")
    page.context.unroute("**/labs/*.js")
    for route in held:
        route.continue_()
    page.wait_for_function("() => !document.querySelector('.cb-lab:not(.cb-alive)')")
    assert [box.bounding_box() for box in boxes] == before
    assert page.evaluate("() => scrollY") == top
    assert page.evaluate(SHIFT) < 0.01


@pytest.mark.parametrize("missing", ["**/labs/*.js", "**/vega.js*"])
@pytest.mark.parametrize("address", SOME)
def test_a_lab_that_cannot_load_says_so_and_keeps_its_picture(reader, address, missing):
    page = reader.open(address, fail=missing)
    for box in page.locator(".cb-lab").all():
        box.scroll_into_view_if_needed()
        note = box.locator(".cb-note")
        note.wait_for()
        assert "the picture shows its default" in note.inner_text()
        assert box.get_by_role("img").count() == len(box.locator(".cb-chart").all())
        assert box.locator("fieldset[disabled]").count() == 1
    assert reader.faults
    assert all("ERR_FAILED" in fault for fault in reader.faults)
    reader.faults.clear()


# --- charts as files ---


@pytest.mark.parametrize("address", CHAPTERS)
def test_every_chart_of_a_page_lies_beside_it_as_svg_and_csv(address):
    text = (HTML / address).read_text(encoding="utf-8")
    charts = text.count('<div class="cb-chart">')
    taken = re.findall(r'<a href="([^"]+)" download data-take="(svg|csv)"', text)
    kinds = Counter(kind for _, kind in taken)
    assert kinds["svg"] == charts, "a chart without its picture"
    assert kinds["csv"] == text.count('<p class="cb-take">'), "a chart without its numbers"
    assert 'type="text/csv"' not in text
    assert len({link for link, _ in taken}) == len(taken), "two charts share a file"
    for link, kind in taken:
        file = HTML / unquote(urlsplit(urljoin(f"http://book/{address}", link)).path).lstrip("/")
        if kind == "svg":
            picture = file.read_text(encoding="utf-8")
            root = ElementTree.fromstring(picture)
            assert "var(" not in picture, "a colour that only the page knows"
            assert "CC BY 4.0" in "".join(root.itertext()), "no source line"
            assert float(root.get("height")) > 22
        else:
            table = pd.read_csv(file)
            assert table.size, file.name


@pytest.mark.parametrize("address", SOME)
def test_a_living_lab_gives_the_chart_and_the_numbers_it_shows_now(reader, address):
    page = reader.open(address, color_scheme="dark")
    for lab, box in zip(labs_of(address), wake(page), strict=True):
        moved = tuple(other(part) for part in lab.parts.values())
        page.evaluate(DRIVE, [f"lab-{lab.name}", [moved]])
        with page.expect_download() as got:
            box.get_by_role("link", name="CSV", exact=True).press("Enter")
        rows = pd.read_csv(got.value.path(), keep_default_na=False).to_dict("records")
        tables, digits = every(lab)
        words = [{k: v if k in digits else str(v) for k, v in row.items()} for row in rows]
        assert words == rounded(tables[moved], digits), lab.name
        for link in box.locator("[data-take=svg]").all():
            with page.expect_download() as got:
                link.press("Enter")
            picture = Path(got.value.path()).read_text(encoding="utf-8")
            assert "var(" not in picture
            root = ElementTree.fromstring(picture)
            last = "".join(list(root)[-1].itertext())
            assert "CC BY 4.0" in last
            assert f"{address}" in last
            assert next(iter(root)).get("fill") == "#ffffff"
        assert got.value.suggested_filename.endswith(".svg")


# --- questions ---


def asking(mark):
    return [
        f"{name}.html" for name in chapters() if f"\n{mark}(" in (ROOT / f"{name}.md").read_text()
    ]


@pytest.mark.parametrize("address", asking("guess"))
def test_a_guess_is_kept_and_shown_beside_the_answer(reader, address):
    page = reader.open(address)
    guesses = page.locator(".cb-guess").all()
    said = {}
    for box in guesses:
        box.locator("input").focus()
        for key in ("ArrowLeft", "ArrowLeft"):
            page.keyboard.press(key)
        said[box.get_attribute("data-guess")] = box.locator("output").inner_text()
    for again in (False, True):
        if again:
            page.reload()
        for name, words in said.items():
            assert page.locator(f".cb-guess[data-guess='{name}'] output").inner_text() == words
            beside = page.locator(f".cb-compare[data-guess='{name}'] [data-mine]")
            assert beside.count(), f"the guess {name} is never compared with an answer"
            assert beside.all_inner_texts() == [words] * beside.count()


@pytest.mark.parametrize("address", [page for page in asking("check") if page in SOME])
def test_a_check_is_answered_by_keyboard(reader, address):
    page = reader.open(address)
    for box in page.locator(".cb-check").all():
        for option in box.locator("details").all():
            option.locator("summary").focus()
            page.keyboard.press("Enter")
            right = "cb-right" in option.get_attribute("class")
            assert option.locator("p").inner_text().startswith("Right." if right else "Not so.")
            assert option.locator("p").is_visible()
        assert box.locator(".cb-right").count() == 1
