"""The flight simulator in the built page, played by keyboard and without a network."""

import json
import re
from itertools import pairwise

import pytest

from coalescence import game
from coalescence.models import flight
from coalescence.models.firm import Decision
from tests import test_pages
from tests.served import HTML, ROOT
from tests.test_pages import AXE, COLOURS, Reader

pytestmark = pytest.mark.browser

site, reader = test_pages.site, test_pages.reader
PAGE = "book/simulator/flight.html"
DESK = game.desk()
FIRM, PLAIN = DESK.firm, DESK.scenes["history"]
SEED = 4711
LOADING = 60_000  # ms that a slow machine may take to start Python
HOSTILE = "<img src=x onerror=alert(1)>"
GUESSES = [{"users": float(7 * i), "cash": i - 1.5} for i in range(10)]
# Each year some steps on from the year before, as many as keys are pressed: (lever, steps).
KEYS = [("margin", 3), ("platform", 1), ("stores", 2), ("partners", 5), ("stake", -4),
        ("margin", 2), ("stores", 3), ("platform", 2), ("partners", 4), ("margin", -1)]  # fmt: skip


def decisions():
    """What the keys lead to: each step is counted in Python's decimals."""
    now, made = Decision(), []
    for name, steps in KEYS:
        now = now._replace(**{name: round(getattr(now, name) + steps * flight.LIMITS[name][2], 6)})
        made.append(now)
    return made


def written(count, player="", guesses=GUESSES):
    """The log as Python writes it, after so many rounds."""
    made = flight.log(
        PLAIN, FIRM, decisions()[:count], SEED, player=player, guesses=guesses[:count]
    )
    return json.dumps(made, indent=1)


def start(page, button="Start"):
    """Load Python by a press of the panel's button."""
    page.get_by_role("button", name=button).click()
    page.locator("#flight-scenario:visible, [data-part=play]:visible").first.wait_for(
        timeout=LOADING
    )


def begin(page, seed=SEED):
    page.locator("#flight-seed").fill(str(seed))
    page.get_by_role("button", name="Begin").click()
    page.locator("legend", has_text="Decide for 2011").wait_for()


def play(page, first, last):
    """Rounds from one year's place to before another's, with the mouse's speed."""
    for at in range(first, last):
        for name, value in decisions()[at]._asdict().items():
            page.locator(f"#flight-{name}").fill(f"{value:g}")
        for name, value in GUESSES[at].items():
            page.locator(f"#flight-guess-{name}").fill(f"{value:g}")
        page.get_by_role("button", name=f"Run {2011 + at}").click()
        page.locator("h3", has_text=f"What happened in {2011 + at}").wait_for()


def saved(page):
    """The log that the page hands out."""
    fold = page.locator("[data-part=more]")
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save the decision log").click()
    return waiting.value.path().read_text(encoding="utf-8")


def opened(page, field, text, name="file.json"):
    """Open a file in one of the two fields."""
    fold = page.locator("[data-part=more]")
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()
    body = {"name": name, "mimeType": "application/json", "buffer": text.encode()}
    page.locator(f"[data-file={field}]").set_input_files(body)


@pytest.fixture(scope="module")
def deck(chrome, site):
    """A page in which Python runs and a game has begun; nothing may go wrong in it."""
    one = Reader(chrome, site)
    page = one.open(PAGE)
    start(page)
    begin(page)
    yield page
    page.context.close()
    assert one.faults == []


def reach(page, wanted):
    """Press Tab until the element with this id or this name has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "() => [document.activeElement.id, document.activeElement.textContent.trim()]"
        )
        if wanted in found:
            return
    pytest.fail(f"{wanted} cannot be reached by Tab")


# --- by keyboard ---


def test_ten_rounds_by_keyboard_are_pythons_to_the_last_digit(reader):
    page = reader.open(PAGE)
    page.get_by_role("button", name="Start the simulator").focus()
    page.keyboard.press("Enter")
    page.locator("#flight-progress").wait_for()
    assert page.evaluate("() => document.activeElement.dataset.part") == "wait"
    assert 0 <= page.locator("#flight-deck").bounding_box()["y"] < 900, "the deck left the view"
    page.locator("#flight-scenario").wait_for(timeout=LOADING)
    page.context.set_offline(True)
    asked = []
    page.on("request", lambda one: asked.append(one.url))
    reach(page, "flight-seed")
    page.keyboard.press("Control+A")
    page.keyboard.type(str(SEED))
    reach(page, "flight-player")
    page.keyboard.type(f"Ada {HOSTILE}")
    page.keyboard.press("Enter")
    page.locator("legend", has_text="Decide for 2011").wait_for()
    for at, (name, steps) in enumerate(KEYS):
        reach(page, f"flight-{name}")
        for _ in range(abs(steps)):
            page.keyboard.press("ArrowRight" if steps > 0 else "ArrowLeft")
        for guessed, value in GUESSES[at].items():
            reach(page, f"flight-guess-{guessed}")
            page.keyboard.type(f"{value:g}")
        page.keyboard.press("Enter")
        # In the last round the debrief comes between the words and the focus.
        page.wait_for_function(
            "(told) => document.activeElement.textContent === told",
            arg=f"What happened in {2011 + at}",
        )
        heard = page.locator("[data-part=play] [role=status]").text_content()
        run = flight.play(PLAIN, FIRM, decisions()[: at + 1], SEED)
        assert heard == flight.sentence(run, GUESSES[at])
    reach(page, "Save, open, start again")
    page.keyboard.press("Enter")
    reach(page, "Save the decision log")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    text = waiting.value.path().read_text(encoding="utf-8")
    assert text == written(10, player=f"Ada {HOSTILE}")
    assert waiting.value.suggested_filename == f"flight-history-{SEED}.json"
    assert [url for url in asked if not url.startswith("blob:")] == []
    rows = page.locator("[data-table=scores] tbody tr").all()
    end = flight.play(PLAIN, FIRM, decisions(), SEED).states[-1]
    told = [row.locator("td").first.text_content() for row in rows]
    assert told == [flight.told(name, value) for name, value in flight.scores(end).items()]
    debrief = DESK.debrief("history", SEED, [one._asdict() for one in decisions()])
    shown = page.locator("[data-table=debrief] tbody tr").all()
    assert [row.locator("th, td").all_text_contents() for row in shown] == debrief["rows"]


# --- what is kept ---


def test_a_reload_in_round_five_goes_on_in_round_five(reader):
    page = reader.open(PAGE)
    start(page)
    begin(page)
    play(page, 0, 4)
    page.reload()
    assert "4 of 10 rounds" in page.locator("[data-text=kept]").inner_text()
    start(page, "Continue in 2015")
    page.locator("legend", has_text="Decide for 2015").wait_for()
    play(page, 4, 5)
    assert saved(page) == written(5)
    page.get_by_role("button", name="the same luck").click()
    page.locator("legend", has_text="Decide for 2011").wait_for()
    play(page, 0, 1)
    assert saved(page) == written(1)


def test_earlier_runs_stand_beside_the_next_one(deck):
    opened(deck, "log", written(10))
    deck.get_by_text("Think back").wait_for()
    deck.get_by_role("button", name="the same luck").click()
    deck.locator("legend", has_text="Decide for 2011").wait_for()
    play(deck, 0, 2)
    assert deck.locator(".cb-line-earlier").count() == len(flight.CHARTED)
    assert deck.locator(".cb-earlier").is_visible()


def put(page, text):
    """Let the browser have kept this as its run."""
    page.evaluate("(text) => localStorage.setItem(`${location.pathname}#flight.run`, text)", text)
    page.reload()


def assert_set_aside(page, text):
    kept = page.evaluate("() => ({ ...localStorage })")
    assert kept[f"/{PAGE}#flight.broken"] == text
    assert f"/{PAGE}#flight.run" not in kept


def test_a_kept_run_that_is_none_is_reported_and_set_aside_before_anything_is_loaded(reader):
    page = reader.open(PAGE)
    hostile = json.dumps({"log": json.dumps({"rounds": HOSTILE}), "own": 1})
    for text in ("{", "[]", '"<b>"', hostile):
        put(page, text)
        assert "was set aside" in page.locator("#flight-deck [role=alert]").inner_text()
        assert page.get_by_role("button", name="Start the simulator").is_visible()
        assert_set_aside(page, text)


def test_a_kept_run_that_is_forged_is_reported_and_set_aside_when_python_reads_it(reader):
    page = reader.open(PAGE)
    forged = json.dumps({"log": written(3).replace(str(SEED), "12"), "own": ""})
    put(page, forged)
    start(page, "Continue in 2014")
    note = page.locator("#flight-deck [role=alert]").inner_text()
    assert "set aside: round 2012: the scores do not follow from the decisions" in note
    assert_set_aside(page, forged)
    begin(page)


def test_a_browser_that_keeps_nothing_plays_on_and_says_so(reader):
    page = reader.open("genindex.html")
    page.add_init_script(
        "for (const name of ['getItem', 'setItem', 'removeItem'])"
        " Storage.prototype[name] = () => { throw new Error('no storage'); };"
    )
    page.goto(reader.site + PAGE)
    start(page)
    begin(page)
    assert "keeps nothing" in page.locator("#flight-deck [role=alert]").inner_text()
    play(page, 0, 1)
    assert saved(page) == written(1)
    reader.faults.clear()  # the theme's own scripts ask for storage as well


# --- files ---


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "not readable as JSON"),
        (json.dumps({"format": "coalescence-flight", "version": 1, "scenario": HOSTILE}), HOSTILE),
        (written(10).replace('"margin": 0.08', '"margin": 0.8'), "margin = 0.8 is out of range"),
        (written(10).replace('"seed": 4711', '"seed": 4712'), "do not follow from the decisions"),
        (written(10).replace('"year": 2013', '"year": 2003'), "round 2013 is missing; found 2003"),
        (" " * 2_000_000, "larger than"),
    ],
)
def test_a_broken_log_is_told_as_text(deck, text, told):
    before = deck.locator("[data-text=playing]").inner_text()
    opened(deck, "log", text)
    note = deck.locator("#flight-deck [role=alert]")
    deck.wait_for_function("(told) => document.body.textContent.includes(told)", arg=told)
    assert told in note.inner_text()
    assert deck.locator("#flight-deck img").count() == 0
    assert deck.locator("[data-text=playing]").inner_text() == before


def test_a_log_is_continued_and_a_finished_one_reviewed(deck):
    opened(deck, "log", written(3, player=HOSTILE))
    deck.locator("legend", has_text="Decide for 2014").wait_for()
    assert saved(deck) == written(3, player=HOSTILE)
    opened(deck, "log", written(10))
    deck.get_by_text("Think back").wait_for()
    assert deck.locator("[data-part=round]").is_hidden()
    assert saved(deck) == written(10)


def test_a_teachers_scenario_is_checked_and_played(deck):
    own = {
        **PLAIN._asdict(),
        "name": "mine",
        "title": HOSTILE,
        "fixed": {"stores": 0, "stake": 0.5},
    }
    opened(deck, "scenario", json.dumps({**own, "fixed": {"stores": 99}}))
    deck.get_by_text("stores = 99 is out of range").wait_for()
    opened(deck, "scenario", json.dumps(own))
    deck.locator("#flight-scenario").wait_for()
    assert deck.locator("#flight-scenario option:checked").text_content() == HOSTILE
    begin(deck)
    assert deck.locator("#flight-stores").is_disabled()
    assert deck.locator("#flight-stake + output").inner_text() == "50%"
    assert deck.locator("#flight-deck img").count() == 0
    scene = flight.scenario(own)
    assert json.loads(saved(deck))["mark"] == flight.mark(scene, FIRM)


# --- to everybody, everywhere ---


@pytest.mark.parametrize("rounds", [5, 10])
def test_the_running_game_is_sound_on_a_phone_and_in_both_themes(deck, rounds):
    deck.evaluate(AXE.read_text(encoding="utf-8"))
    opened(deck, "log", written(rounds))
    deck.locator("h3", has_text=f"What happened in {2010 + rounds}").wait_for()
    deck.evaluate("""() => {
      for (const fold of document.querySelectorAll("#flight-deck details")) fold.open = 1;
      const alike = "#flight-deck tbody tr:nth-child(n+4)";
      for (const row of document.querySelectorAll(alike)) row.remove();
    }""")
    for width, theme, rules in (
        (1280, "light", None),
        (1280, "dark", COLOURS),
        (320, "light", ["target-size", "scrollable-region-focusable", "label"]),
    ):
        deck.set_viewport_size({"width": width, "height": 900})
        assert deck.evaluate("() => document.documentElement.scrollWidth") <= width
        deck.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        deck.wait_for_timeout(300)
        asked = {"resultTypes": ["violations"]}
        asked |= {"runOnly": {"type": "rule", "values": rules}} if rules else {}
        found = deck.evaluate("(asked) => axe.run('#flight-deck', asked)", asked)
        faults = [
            f"{fault['id']}: {node['html'][:200]}\n{node['failureSummary']}"
            for fault in found["violations"]
            for node in fault["nodes"]
        ]
        assert not faults, f"{theme}, {width} px:\n" + "\n".join(faults)
    deck.set_viewport_size({"width": 1280, "height": 900})


def test_active_loops_are_lit_marked_and_named(deck):
    opened(deck, "log", written(6))
    deck.locator("h3", has_text="What happened in 2016").wait_for()
    run = flight.play(PLAIN, FIRM, decisions()[:6], SEED)
    active = {loop["code"]: loop["words"] for loop in flight.loops(run) if loop["active"]}
    assert 0 < len(active) < len(flight.LOOPS)
    lit = deck.locator(".cb-loops .cb-lit")
    assert [group.get_attribute("data-loop") for group in lit.all()] == list(active)
    assert all(" active" in group.text_content() for group in lit.all())
    named = deck.locator("[data-list=loops] li").all_text_contents()
    assert named == [f"{code}: {words}" for code, words in active.items()]


def test_without_javascript_the_panel_tells_what_the_game_is(reader):
    page = reader.open(PAGE, java_script_enabled=False)
    box = page.locator("#flight-deck")
    assert box.get_by_text("needs JavaScript").is_visible()
    assert box.get_by_role("button").count() == 0
    for lever in flight.LEVERS.values():
        assert lever.label in box.inner_text()


@pytest.mark.parametrize("missing", ["**/flight-worker*", "**/*.wasm"])
def test_what_does_not_load_is_told_and_can_be_tried_again(reader, missing):
    page = reader.open(PAGE, fail=missing)
    page.locator("[data-do=start]").click()
    note = page.locator("#flight-deck [role=alert]")
    note.wait_for(timeout=LOADING)
    assert "could not be loaded" in note.inner_text()
    assert "notebook" in note.inner_text()
    assert page.locator("[data-do=start]").is_visible()
    reader.faults.clear()  # the console names what did not arrive
    if "worker" in missing:
        page.context.unroute(missing)
        start(page)


def test_from_a_file_the_page_says_what_to_do(chrome):
    page = chrome.new_page()
    page.goto((HTML / PAGE).as_uri())
    page.locator("[data-do=start]").click()
    page.get_by_text("Open the book at its web address").wait_for()
    page.close()


def test_only_the_page_with_the_game_loads_its_script_and_python_only_when_started(reader):
    asked = []
    page = reader.open("book/index.html")
    page.on("request", lambda one: asked.append(one.url))
    page.wait_for_load_state("networkidle")
    assert page.locator("script[src*='flight.js']").count() == 0
    page.goto(reader.site + PAGE)
    page.locator("#flight-deck").scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if re.search("pyodide|worker|/python/", url)]


def test_the_site_carries_the_engine_as_it_is_and_the_size_that_the_button_says():
    text = (HTML / PAGE).read_text(encoding="utf-8")
    static = HTML / "_static"
    for name in ("firm", "flight"):
        path = f"coalescence/models/{name}.py"
        assert (static / "python" / path).read_bytes() == (ROOT / path).read_bytes()
    (core,) = static.glob("pyodide-*")
    files = [*core.iterdir(), *(static / "python").rglob("*.py")]
    whole = sum(file.stat().st_size for file in files)
    assert f"{whole / 1e6:.1f} MB where a server does not compress" in text
    sizes = [float(size) for size in re.findall(r"(\d+\.\d) MB", text)]
    assert all(a <= b for a, b in pairwise(sorted(sizes)))
    assert 3 < min(sizes) < whole / 1e6
