"""Nothing runs in a page but the site's own files, whatever is put into it or missing from it."""

import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from coalescence.strict import META, POLICY, strict
from tests import test_pages
from tests.served import HTML
from tests.test_pages import PAGES, SOME, STOPS, default, labs_of, wake

browser = pytest.mark.browser
site, reader = test_pages.site, test_pages.reader
ASKING = test_pages.asking("guess")[0]
LAB = SOME[1]
HOSTILE = [
    "<img src=x onerror=hit=1>",
    '"><svg onload=hit=1>',
    "'-hit=1-'",
    "</script><script>hit=1</script>",
    "javascript:hit=1",
    "{{constructor.constructor('hit=1')()}}",
]
# What only markup made of such a string would leave in a page.
TRACES = "() => [window.hit, document.querySelectorAll('[onerror], [onload], [src=x]').length]"
STORES = {  # ways in which a browser keeps nothing, each run before the page's scripts
    "forbidden": """for (const store of ["localStorage", "sessionStorage"])
      Object.defineProperty(window, store, {
        configurable: true, get() { throw new DOMException("denied", "SecurityError"); } });""",
    "full": """Storage.prototype.setItem = () => {
      throw new DOMException("full", "QuotaExceededError"); };""",
}


# --- the policy ---


class Scripts(HTMLParser):
    """What a page's markup would run: scripts between tags, handlers, addresses."""

    def __init__(self, html):
        super().__init__()
        self.metas, self.files, self.inline = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.metas += [found] if tag == "meta" else []
        if tag == "script" and "src" in found:
            self.files.append(found["src"])
        elif tag == "script" and found.get("type") != "application/json":
            self.inline.append(found)
        self.inline += [pair for pair in attrs if pair[0].startswith("on")]
        self.inline += [p for p in attrs if (p[1] or "").strip().lower().startswith("javascript:")]
        assert tag != "base"


@browser
@pytest.mark.parametrize("address", PAGES)
def test_a_page_holds_the_policy_and_no_script_of_its_own(address):
    page = Scripts((HTML / address).read_text(encoding="utf-8"))
    assert page.metas[0] == {"charset": "utf-8"}
    assert page.metas[1] == {"http-equiv": "Content-Security-Policy", "content": POLICY}
    assert page.inline == []
    for file in page.files:
        assert re.match(r"(\.\./)*(_static/|searchindex\.js)", file)
        assert (HTML / address).parent.joinpath(file.split("?")[0]).exists()


def test_what_the_theme_writes_into_a_page_is_moved_in_its_order():
    old = """<head><meta charset="utf-8" /><script data-cfasync="false">one()</script>
      <script>two()</script><script src="_static/a.js"></script><script>three()</script></head>
      <p title="a > b">if x on="y"</p><button class="c" onclick="go(&quot;now&quot;)">Go</button>
      <script type="application/json">{"a": 1}</script>"""
    new, files = strict(old, "../")
    page = Scripts(new)
    assert page.inline == []
    first, own, third, last = page.files
    assert own == "_static/a.js"
    text = {name: files[name.rpartition("/")[2]] for name in (first, third, last)}
    assert text[first] == "one()\ntwo()\n"
    assert text[third] == "three()\n"
    mark = re.search('data-on="([0-9a-f]+)"', new)[1]
    assert f'[data-on="{mark}"]' in text[last]
    assert '"click", function (event) { go("now") }' in text[last]
    assert '<script type="application/json">{"a": 1}</script>' in new
    assert '<p title="a > b">if x on="y"</p>' in new
    assert strict(new, "../") == (new, {}), "a page is sealed once"
    assert new.index(META) < new.index("<script")


@browser
def test_what_is_put_into_a_page_does_not_run(reader):
    page = reader.open(LAB)
    page.evaluate("""async () => {
      document.body.insertAdjacentHTML("beforeend", "<img src='data:,' onerror='hit = 1'>");
      const script = document.createElement("script");
      script.textContent = "hit = 1";
      document.body.append(script);
      const link = document.createElement("a");
      link.href = "javascript:hit=1";
      document.body.append(link);
      link.click();
      const outside = document.createElement("script");
      outside.src = "https://example.org/a.js";
      document.body.append(outside);
      try { setTimeout("hit = 1"); } catch { /* refused */ }
      await new Promise((done) => setTimeout(done, 300));
    }""")
    assert page.evaluate("() => window.hit") is None
    assert len(reader.faults) >= 5
    assert all("Content Security Policy" in fault for fault in reader.faults)
    reader.faults.clear()


@browser
def test_the_buttons_of_the_theme_work_under_the_policy(reader):
    page = reader.open(LAB, permissions=["clipboard-read", "clipboard-write"])
    wake(page)
    page.evaluate("() => { window.print = () => { window.printed = true; }; scrollTo(0, 0); }")
    cell = page.locator("div.highlight:has(button.copybtn)").first
    cell.hover()
    cell.locator("button.copybtn").click()
    page.wait_for_function(
        "async (text) => (await navigator.clipboard.readText()).trim() === text",
        arg=cell.locator("pre").inner_text().strip(),
    )
    page.evaluate("() => scrollTo(0, 0)")
    page.locator(".btn-fullscreen-button").click()
    page.wait_for_function("() => document.fullscreenElement")
    page.evaluate("() => document.exitFullscreen()")
    page.locator(".dropdown-download-buttons > button").click()
    page.locator(".btn-download-pdf-button").click()
    assert page.evaluate("() => window.printed")
    before = page.locator("html").get_attribute("data-mode")
    page.locator(".theme-switch-button").first.click()
    assert page.locator("html").get_attribute("data-mode") != before
    page.locator(".search-button-field").click()
    page.keyboard.type("complementarity")
    page.keyboard.press("Enter")
    page.locator("#search-results li a").first.click()
    page.wait_for_url("**/book/**")
    page.locator("article h1").first.wait_for()


# --- hostile strings ---


@browser
def test_an_address_never_becomes_markup(reader):
    lab = labs_of(LAB)[0]
    key = next(iter(lab.parts))
    page = reader.open("genindex.html")
    for raw in (quote(text, safe="") for text in HOSTILE):
        asked = f"lab-{lab.name}.{key}={raw}&lab-{lab.name}.{raw}=1&{raw}=1&highlight={raw}"
        page.goto(f"{reader.site}{LAB}?{asked}#{raw}")
        box = page.locator(f"#lab-{lab.name}")
        box.scroll_into_view_if_needed()
        assert key in box.locator(".cb-note").inner_text()
        assert page.evaluate(TRACES) == [None, 0]


@browser
def test_an_address_that_is_broken_or_endless_gives_the_default_and_a_note(reader):
    labs, texts = labs_of(LAB), ("%", "%E0%A4%A", "1" * 100_000)
    asked = [
        f"lab-{lab.name}.{next(iter(lab.parts))}={text}"
        for lab, text in zip(labs, texts, strict=True)
    ]
    page = reader.open(LAB)
    # No server takes so long an address, but a page that has arrived does.
    page.evaluate("(asked) => history.replaceState(null, '', asked)", f"?&=&{'&'.join(asked)}")
    for lab, box in zip(labs, wake(page), strict=True):
        assert "its default is shown" in box.locator(".cb-note").inner_text()
        assert tuple(box.evaluate(STOPS)) == default(lab)
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


@browser
def test_without_the_site_s_script_there_are_pictures_and_words(reader):
    """As behind a filter that takes scripts away, though the browser runs them."""
    page = reader.open(LAB, fail="**/lab.js*")
    for box in page.locator(".cb-lab").all():
        assert box.locator("fieldset[disabled]").count() == 1
        assert box.get_by_role("img").count() == len(box.locator(".cb-chart").all())
        assert box.locator(".cb-say").inner_text()
    assert reader.faults
    assert all("ERR_FAILED" in fault for fault in reader.faults)
    reader.faults.clear()


@browser
def test_a_query_never_becomes_markup(reader):
    page = reader.open("genindex.html")
    for text in HOSTILE:
        query = quote(f"{text} synergy", safe="")
        page.goto(f"{reader.site}search.html?q={query}&highlight={query}#{query}")
        page.wait_for_function("() => document.querySelector('.search-summary')?.textContent")
        assert page.locator("form.bd-search input[name=q]").last.input_value().startswith(text)
        assert page.evaluate(TRACES) == [None, 0]


@browser
def test_a_kept_value_that_is_none_is_ignored(reader):
    page = reader.open(ASKING)
    plain = page.locator(".cb-guess output").first.inner_text()
    for text in (*HOSTILE, "", " ", "null", "NaN", "1e999", "-7", "1e6"):
        keep(page, text)
        page.reload()
        assert page.locator(".cb-guess output").first.inner_text() == plain, text
        assert page.locator(".cb-compare [data-mine]").first.inner_text() == "not made yet"
        assert page.evaluate(TRACES) == [None, 0]
        page.locator(".theme-switch-button").first.click()
        assert page.locator("html").get_attribute("data-theme") in ("light", "dark"), text


def keep(page, text):
    """Let the browser's store hold a text wherever a page looks."""
    page.evaluate(
        """(text) => {
          for (const box of document.querySelectorAll(".cb-guess"))
            localStorage.setItem(`casebook.guess.${location.pathname}#${box.dataset.guess}`, text);
          for (const name of ["theme", "sphinx_highlight_terms", "sphinx-design-tab-id-tab"])
            localStorage.setItem(name, text);
        }""",
        text,
    )


@browser
@pytest.mark.parametrize("store", STORES.values(), ids=STORES)
def test_a_browser_that_keeps_nothing_is_no_hindrance(reader, store):
    page = reader.open("genindex.html")
    page.add_init_script(store)
    page.goto(reader.site + ASKING)
    wake(page)
    page.locator(".cb-guess input").first.focus()
    page.keyboard.press("ArrowLeft")
    mine = page.locator(".cb-guess output").first.inner_text()
    assert page.locator(".cb-compare [data-mine]").first.inner_text() == mine
    before = page.locator("html").get_attribute("data-mode")
    page.evaluate("() => scrollTo(0, 0)")
    page.locator(".theme-switch-button").first.click()
    assert page.locator("html").get_attribute("data-mode") != before


# --- files that are not what they should be ---

FILES = {  # what arrives instead, made of the file itself
    "cut short": lambda text: text[: len(text) // 2],
    "empty": lambda text: "",
    "a page": lambda text: "<!DOCTYPE html><title>Please sign in</title>",
    "another's": lambda text: "casebook('another', {sizes: [1]})",
    "of another shape": lambda text: re.sub(r'"sizes":\[', '"sizes":[2,', text),
}


@browser
@pytest.mark.parametrize(
    ("file", "kind"), [*(("labs/*.js", kind) for kind in FILES), ("vega.js*", "cut short")]
)
def test_a_lab_whose_file_is_another_says_so_and_keeps_its_picture(reader, file, kind):
    def send(route):
        path = HTML / route.request.url.removeprefix(reader.site).split("?")[0]
        text = FILES[kind](path.read_text(encoding="utf-8"))
        route.fulfill(body=text, content_type="text/javascript; charset=utf-8")

    page = reader.open("genindex.html")
    page.context.route(f"**/{file}", send)
    page.goto(reader.site + LAB)
    for box in page.locator(".cb-lab").all():
        box.scroll_into_view_if_needed()
        note = box.locator(".cb-note")
        note.wait_for()
        assert "is not whole" in note.inner_text()
        assert "the picture shows its default" in note.inner_text()
        assert box.get_by_role("img").count() == len(box.locator(".cb-chart").all())
        assert box.locator("fieldset[disabled]").count() == 1
    assert all(re.match("page error: (Invalid|Unexpected|missing)", f) for f in reader.faults)
    reader.faults.clear()
