"""Nobody is left out: by ear, by keyboard alone, with large letters, without motion."""

import re

import pytest

from tests import test_pages
from tests.test_pages import CHAPTERS, DRAWN, LABS, SOME, STOPS, Reader, wake

pytestmark = pytest.mark.browser

site = test_pages.site
ASKING = "book/coalescence/trust.html"
FLIGHT = "book/simulator/flight.html"
KEPT = ("role", "name", "value", "description")  # of a node in the accessibility tree

# What a lab's markup says, to hold against what is heard and what keys do.
FACTS = """(box) => ({
  title: box.querySelector(".cb-title").textContent,
  say: box.querySelector(".cb-say").textContent,
  pictures: [...box.querySelectorAll(".cb-chart")].map((chart) =>
    chart.querySelector("svg").getAttribute("aria-label")),
  controls: [...box.querySelectorAll("form input, form select")].map((input) => ({
    id: input.id,
    role: { range: "slider", checkbox: "switch" }[input.type] ?? "combobox",
    label: input.labels[0].textContent,
    words: input.type === "range" ? JSON.parse(input.dataset.words)
      : input.type === "checkbox" ? ["false", "true"]
      : [...input.options].map((option) => option.textContent),
    text: input.getAttribute("aria-valuetext"),
    basis: input.parentElement.querySelector(".cb-basis").textContent,
    stop: input.type === "checkbox" ? Number(input.checked) : Number(input.value),
  })),
  buttons: [...box.querySelectorAll("form button")].map((button) => button.textContent),
  presets: [...box.querySelectorAll("[data-preset]")].map((one) => JSON.parse(one.dataset.preset)),
  heads: [...box.querySelectorAll(".cb-numbers thead tr > *")].map((head) => head.textContent),
  focusable: [...box.querySelectorAll("input, select, button, a[href], summary, [tabindex='0']")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true })).length,
})"""
LISTEN = """(box) => {
  const status = box.querySelector("[role=status]");
  box.said = [];
  new MutationObserver(() => box.said.push(status.textContent)).observe(status,
    { childList: true, characterData: true, subtree: true });
}"""
TOLD = "(box) => box.said.at(-1) === box.querySelector('.cb-say').textContent"


@pytest.fixture(scope="module")
def page(chrome, site):
    """One page for every visit of a reader who asked for less motion; nothing may go wrong."""
    one = Reader(chrome, site)
    opened = one.open("genindex.html", reduced_motion="reduce")
    opened.set_default_timeout(20_000)
    yield opened
    opened.context.close()
    assert one.faults == []


def visit(page, address):
    page.goto(re.match(r"https?://[^/]+/", page.url)[0] + address)


def first(page):
    """The first lab of a page, alive."""
    box = page.locator(".cb-lab").first
    box.scroll_into_view_if_needed()
    page.locator(".cb-lab >> nth=0").and_(page.locator(".cb-alive")).wait_for()
    return box


# --- by ear ---


def heard(page, box):
    """What the accessibility tree holds of a lab, itself first; each node as one flat dict."""
    session = page.context.new_cdp_session(page)
    asked = {"expression": f"document.getElementById('{box.get_attribute('id')}')"}
    found = session.send("Runtime.evaluate", asked)["result"]["objectId"]
    nodes = session.send("Accessibility.queryAXTree", {"objectId": found})["nodes"]
    session.detach()
    below, told = {node["nodeId"]: node.get("childIds", []) for node in nodes}, []
    for node in (node for node in nodes if not node["ignored"]):
        more = {one["name"]: one["value"].get("value") for one in node.get("properties", ())}
        own = {key: node[key].get("value", "") for key in KEPT if key in node}
        told.append({**dict.fromkeys(KEPT, ""), **more, **own, "id": node["nodeId"]})
    heard = {node["id"] for node in told}
    for node in told:
        node["within"], inner = set(), [node["id"]]
        while inner:
            inner = [one for each in inner for one in below.get(each, ())]
            node["within"] |= heard & {*inner}
    return told


def of(told, *roles):
    return [node for node in told if node["role"] in roles]


def names(told, *roles):
    return [node["name"] for node in of(told, *roles)]


def assert_told(told, facts):
    """A lab's tree tells what the lab shows now, each thing by its name, and nothing twice."""
    lab, *rest = told
    assert (lab["role"], lab["name"]) == ("group", facts["title"])
    for node, control in zip(
        of(rest, "slider", "combobox", "switch"), facts["controls"], strict=True
    ):
        assert (node["role"], node["name"]) == (control["role"], control["label"])
        # DevTools tells a slider's bare number; to a screen reader the browser gives these words.
        state = node["checked" if control["role"] == "switch" else "value"]
        heard = control["text"] if control["role"] == "slider" else state
        assert heard == control["words"][control["stop"]]
        assert node["description"] == control["basis"]
    assert names(rest, "image") == facts["pictures"]
    assert not any(node["within"] for node in of(rest, "image")), "a picture is read piece by piece"
    assert not [node for node in rest if "graphics" in node["role"]]
    assert names(rest, "button") == facts["buttons"]
    assert facts["say"] in names(rest, "StaticText")
    loud = [node["role"] for node in rest if node.get("live", "off") != "off"]
    assert loud == ["status"], "something besides the sentence speaks up"
    focusable = [node for node in rest if node.get("focusable") and node["role"] != "option"]
    assert len(focusable) == facts["focusable"], "what takes the focus is not in the tree"
    assert all(node["name"] for node in focusable)


def step(control):
    """A key that moves a control from where it stands, and the stop it leads to."""
    if control["role"] == "switch":
        return "Space", 1 - control["stop"]
    back, on = {"slider": ("ArrowLeft", "ArrowRight"), "combobox": ("ArrowUp", "ArrowDown")}[
        control["role"]
    ]
    return (back, control["stop"] - 1) if control["stop"] else (on, 1)


@pytest.mark.parametrize("address", LABS)
def test_a_screen_reader_is_told_what_a_lab_shows_before_and_after_a_move(page, address):
    """The first lab of each page, and all of some."""
    visit(page, address)
    for box in wake(page) if address in SOME else [first(page)]:
        facts = box.evaluate(FACTS)
        assert_told(heard(page, box), facts)
        box.evaluate(LISTEN)
        key, stop = step(facts["controls"][0])
        box.locator("form input, form select").first.focus()
        page.keyboard.press(key)
        now = box.evaluate(FACTS)
        assert now["controls"][0]["stop"] == stop
        page.wait_for_function(TOLD, arg=box.element_handle())
        box.locator(".cb-numbers summary").press("Enter")
        told = heard(page, box)
        assert_told(told, box.evaluate(FACTS))
        assert names(of(told, "StaticText"), "StaticText").count(now["say"]) == 2  # seen and said
        assert len(of(told, "table")) == 1
        assert names(told, "columnheader") == facts["heads"]
        assert box.evaluate("(box) => box.said") == [now["say"]], "said more than once"


def test_a_guess_is_heard_with_its_unit_and_by_the_slider_alone(page):
    visit(page, ASKING)
    box = page.locator(".cb-guess:has([data-unit='%'])").first
    box.locator("input").press("ArrowRight")
    words = box.locator("output").inner_text()
    assert words.endswith("%")
    box.evaluate("(box) => { box.id = 'asked'; }")
    told = heard(page, box)
    assert box.locator("input").get_attribute("aria-valuetext") == words
    assert names(told, "slider") == [box.locator("label").inner_text()]
    assert not [node for node in told if node.get("live", "off") != "off"]


# --- by keyboard alone ---

FOCUS = """(field) => [
  field.type === "checkbox" ? Number(field.checked) : Number(field.value),
  field === document.activeElement,
]"""
# The ring around what has the focus, and what is behind it, in both themes.
RING = """() => ["light", "dark"].map((theme) => {
  document.documentElement.dataset.theme = theme;
  const one = document.activeElement;
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(one);
  let ground = "rgba(0, 0, 0, 0)";
  for (let at = one.parentElement; at && / 0\\)$/.test(ground); at = at.parentElement)
    ground = getComputedStyle(at).backgroundColor;
  return [theme, one.id || one.textContent, outlineStyle, parseFloat(outlineWidth),
          outlineColor, ground];
})"""


def keys(control):
    """Each key that a control knows, and where it leads; None: further up."""
    last, at = len(control["words"]) - 1, control["stop"]
    if control["role"] == "switch":
        return [("Space", 1 - at), ("Space", at)]
    on = "ArrowRight" if control["role"] == "slider" else "ArrowDown"
    page = [("PageUp", None), ("Home", 0)] if control["role"] == "slider" else []
    return [("End", last), ("Home", 0), *page, (on, 1)]


@pytest.mark.parametrize("address", SOME)
def test_every_control_knows_its_keys_and_keeps_the_focus(page, address):
    visit(page, address)
    for box in wake(page):
        facts, drawn, redrawn = box.evaluate(FACTS), box.evaluate(DRAWN), False
        for control in facts["controls"]:
            field = page.locator(f"[id='{control['id']}']")
            field.focus()
            for key, stop in keys(control):
                page.keyboard.press(key)
                now, focused = field.evaluate(FOCUS)
                assert focused, f"{control['id']} lost the focus by {key}"
                assert now == stop or (stop is None and now > 0), f"{control['id']}, {key}"
                redrawn = redrawn or box.evaluate(DRAWN) != drawn
        assert redrawn, "no key changed the chart"
        for name, wanted in zip(facts["buttons"], [*facts["presets"], None], strict=True):
            button = box.get_by_role("button", name=name, exact=True)
            button.press("Enter")
            starts = [control["stop"] for control in facts["controls"]]
            assert box.evaluate(STOPS) == (wanted or starts), name
            assert button.evaluate("(button) => button === document.activeElement")


def light(colour):
    """Relative luminance of a colour as a browser writes it."""
    parts = [float(part) / 255 for part in re.findall(r"[\d.]+", colour)[:3]]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, bright = sorted([light(one), light(other)])
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("address", SOME)
def test_tab_passes_through_a_lab_in_order_and_its_ring_is_seen_in_both_themes(page, address):
    visit(page, address)
    box = first(page)
    wanted = box.evaluate("""(box) => {
      const all = box.querySelectorAll("input, select, button, a[href], summary, [tabindex='0']");
      const shown = [...all].filter((one) => one.checkVisibility({ visibilityProperty: true }));
      return shown.map((one) => one.id || one.textContent);
    }""")
    box.locator("input, select").first.focus()
    page.keyboard.press("Shift+Tab")
    passed = []
    for _ in wanted:
        page.keyboard.press("Tab")
        rings = page.evaluate(RING)
        passed.append(rings[0][1])
        for theme, name, style, width, colour, ground in rings:
            assert style != "none", f"{name} has no ring in the {theme} theme"
            assert width >= 2
            assert contrast(colour, ground) >= 3, f"{name} in the {theme} theme"
    assert passed == wanted


# --- without motion ---


def test_nothing_moves_for_a_reader_who_asked_for_that(page):
    page.add_init_script("""window.smooth = [];
      for (const [on, name] of [[window, "scrollTo"], [window, "scrollBy"],
          [Element.prototype, "scrollTo"], [Element.prototype, "scrollIntoView"]]) {
        const own = on[name];
        on[name] = function (...given) {
          if (given[0]?.behavior === "smooth") window.smooth.push(name);
          return own.apply(this, given);
        };
      }""")
    for address in (SOME[0], FLIGHT, "search.html?q=synergy"):
        visit(page, address)
        moving = page.evaluate("""() => {
          const found = new Set();
          for (const one of document.querySelectorAll("*"))
            for (const part of [null, "::before", "::after", "::backdrop"]) {
              const style = getComputedStyle(one, part);
              const times = `${style.transitionDuration}, ${style.animationDuration}`;
              if (times.split(", ").some((time) => parseFloat(time) > 0) ||
                  style.scrollBehavior === "smooth")
                found.add(`${one.localName}.${one.className}${part ?? ""}`);
            }
          return [...found];
        }""")
        assert moving == [], address
    visit(page, SOME[0])
    page.locator(".theme-switch-button").first.click()
    page.locator("details summary").first.click()
    page.locator("nav.bd-toc-nav a, nav.bd-links a").last.scroll_into_view_if_needed()
    assert page.evaluate("() => document.getAnimations().length") == 0
    target = page.locator("article h2[id], article section[id] > h2").last
    mark = target.evaluate("(head) => head.id || head.parentElement.id")
    page.evaluate("(mark) => { location.hash = mark; }", mark)
    at = page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done(scrollY)))")
    page.wait_for_timeout(100)
    assert at == page.evaluate("() => scrollY") > 0, "the page glides to a heading"
    assert page.evaluate("() => smooth") == []


# --- with large letters ---

LOOKS = {  # how a window of 1280 px looks: width, height, device pixels, size of letters
    "200%": (640, 400, 2, "100%"),
    "400%": (320, 256, 4, "100%"),
    "letters only, 200%": (1280, 800, 1, "200%"),
}
# What is cut off, sticks out, lies under something else, or cannot be reached.
LOST = """() => {
  const faults = [];
  const tell = (one) => `${one.localName}.${one.className?.baseVal ?? one.className} ` +
    `"${one.textContent.trim().slice(0, 40)}"`;
  const shown = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    !one.closest(".cb-hidden, svg, math");
  if (document.documentElement.scrollWidth > innerWidth) faults.push("the page scrolls sideways");
  for (const one of document.querySelectorAll("article *")) {
    if (!shown(one) || !one.clientWidth) continue;
    const { overflowX, overflowY } = getComputedStyle(one);
    const cuts = (how) => how === "hidden" || how === "clip";
    if ((cuts(overflowX) && one.scrollWidth > one.clientWidth + 1) ||
        (cuts(overflowY) && one.scrollHeight > one.clientHeight + 1))
      faults.push(`cut off: ${tell(one)}`);
  }
  const ours = ".cb-lab, .cb-flight, .cb-guess, .cb-compare, .cb-check";
  for (const one of document.querySelectorAll(`:is(${ours}) *`)) {
    if (!shown(one) || one.closest("input, .cb-table, .cb-live")) continue;
    const edge = one.getBoundingClientRect();
    if (edge.right > innerWidth + 1 || edge.left < -1) faults.push(`out of the page: ${tell(one)}`);
    if (one.clientWidth && one.scrollWidth > one.clientWidth + 1)
      faults.push(`sticks out: ${tell(one)}`);
  }
  const groups = ".cb-control, .cb-controls fieldset, .cb-buttons, .cb-row, .cb-lab";
  for (const group of document.querySelectorAll(groups)) {
    const inner = [...group.children].filter(shown);
    const parts = inner.map((one) => [one, one.getBoundingClientRect()]);
    for (const [i, [one, a]] of parts.entries())
      for (const [other, b] of parts.slice(i + 1))
        if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
            Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1)
          faults.push(`${tell(one)} lies over ${tell(other)}`);
  }
  const fields = `:is(${ours}) :is(input, select, button, summary)`;
  for (const one of [...document.querySelectorAll(fields)].filter(shown)) {
    one.scrollIntoView({ block: "center" });
    const { left, top, width, height } = one.getBoundingClientRect();
    const hit = document.elementFromPoint(left + width / 2, top + height / 2);
    if (!one.contains(hit)) faults.push(`cannot be reached: ${tell(one)}`);
  }
  return faults;
}"""


@pytest.mark.parametrize("address", CHAPTERS if SOME == LABS else [*SOME, FLIGHT])
def test_large_letters_cost_nothing(page, address):
    visit(page, address)
    wake(page)
    session, lost = page.context.new_cdp_session(page), {}
    for look, (width, height, ratio, letters) in LOOKS.items():
        page.evaluate("(size) => { document.documentElement.style.fontSize = size; }", letters)
        session.send("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": ratio, "mobile": False,
        })  # fmt: skip
        lost[look] = page.evaluate(LOST)
    session.send("Emulation.clearDeviceMetricsOverride")
    session.detach()
    assert lost == {look: [] for look in LOOKS}
