"""Binder, emulated: its environment from `.binder/` alone, and every chapter opened by its link.

What Binder does is done here without its containers: install the lock, run postBuild in a clean
copy of the repository with a home of its own, start Jupyter, and open the path that the launch
button of the built page asks for, in Chromium.
"""

import html
import json
import re
import shutil
import statistics
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from playwright.sync_api import TimeoutError

from tests.places import BINDER, bare, binder, checkout, free_port, once, run, running
from tests.served import HTML, ROOT, notebooks, with_labs

pytestmark = pytest.mark.kernel

TOKEN = "reader"
# Looks at the labs' cell before every frame: when, how high, and each chart as a sum of its pixels
# (0 while nothing is drawn). Keys are noted with the time at which they went down.
WATCH = """(cell) => {
  const seen = { frames: [], keys: [] };
  const drawn = (canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let sum = 0;
    for (const [i, pixel] of new Uint32Array(data.buffer).entries())
      if (pixel) sum = (sum + pixel * ((i % 997) + 1)) % 1e9;
    return sum;
  };
  const look = () => {
    const charts = [...cell.querySelectorAll(".jupyter-widgets .jp-OutputArea")].map((area) => {
      const chart = area.querySelector("canvas, svg.marks");
      if (!chart || !chart.getBoundingClientRect().height) return 0;
      return chart.tagName === "CANVAS" ? drawn(chart) : chart.outerHTML;
    });
    const { height } = cell.getBoundingClientRect();
    seen.frames.push({ at: performance.now(), height, charts });
    if (!seen.over) requestAnimationFrame(look);
  };
  cell.addEventListener("keydown", () => seen.keys.push(performance.now()), true);
  requestAnimationFrame(look);
  window.seen = seen;
}"""
DRAWN = """(cell) => [...cell.querySelectorAll(".jupyter-widgets .jp-OutputArea")].map((area) => {
  const chart = area.querySelector("canvas, svg.marks");
  return !chart ? "" : chart.tagName === "CANVAS" ? chart.toDataURL() : chart.outerHTML;
})"""
RUN = """() => {
  const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")];
  const texts = prompts.map((prompt) => prompt.textContent);
  return texts.some((text) => /\\d/.test(text)) && !texts.join("").includes("*");
}"""
WRONG = ", ".join(
    f".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.{kind}']"
    for kind in ("error", "stderr")
)


def launch(chapter):
    """The path that Binder is asked to open by the button of a chapter's page."""
    page = (HTML / f"{chapter}.html").read_text(encoding="utf-8")
    (link,) = re.findall(r'href="(https://mybinder\.org/v2/[^"]+)"', page)
    (path,) = parse_qs(urlsplit(html.unescape(link)).query)["urlpath"]
    return path


class Jupyter:
    """A Jupyter server as Binder starts it, and a reader with a browser that reaches only it."""

    def __init__(self, chrome, address):
        self.address, self.outside = address, []
        self.context = chrome.new_context(viewport={"width": 1200, "height": 1000})
        self.context.set_default_timeout(90_000)
        self.context.route("**/*", self.cut)

    def cut(self, route):
        if route.request.url.startswith((self.address, "data:", "blob:")):
            return route.continue_()
        self.outside.append(route.request.url)
        return route.abort()

    def open(self, chapter):
        """The chapter, opened by its launch path; fails unless it opens as a notebook."""
        page = self.context.new_page()
        page.goto(f"{self.address}/{launch(chapter)}?reset&token={TOKEN}")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for()
        return page

    def run_all(self, page):
        """Run all cells of a notebook, and wait until the last is done."""
        if not page.locator(".jp-CodeCell").count():
            return
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.wait_for_function(RUN)
        page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for()

    def forget(self):
        """Close all pages and end all kernels, so that memory stays low."""
        for page in self.context.pages:
            page.close()
        asked = {"headers": {"Authorization": f"token {TOKEN}"}}
        for one in self.context.request.get(f"{self.address}/api/sessions", **asked).json():
            self.context.request.delete(f"{self.address}/api/sessions/{one['id']}", **asked)


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    """A clean copy of the repository in which postBuild has run, with the home it ran in."""
    folder = tmp_path_factory.getbasetemp().parent / "binder"
    python = binder()

    def make():
        checkout(folder / "course")
        (folder / "home").mkdir()
        path = f"{python / 'bin'}:/usr/bin:/bin"
        own = bare(HOME=folder / "home", PATH=path)
        run(folder / "course" / ".binder" / "postBuild", cwd=folder / "course", env=own)

    once(folder / "made", make)
    return folder


@pytest.fixture(scope="session")
def server(course, tmp_path_factory):
    """The address of Jupyter as Binder starts it, in the copy."""
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(course / "home", home, dirs_exist_ok=True)
    port, python = free_port(), binder()
    address = f"http://127.0.0.1:{port}"
    command = [
        python / "bin" / "jupyter", "notebook", "--no-browser", "--allow-root", f"--port={port}",
        "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}",
    ]  # fmt: skip
    own = bare(HOME=home, PATH=f"{python / 'bin'}:/usr/bin:/bin")
    with running(command, f"{address}/api", home / "log", cwd=course / "course", env=own):
        yield address


@pytest.fixture
def jupyter(chrome, server):
    """A reader of that server, who leaves nothing running."""
    reader = Jupyter(chrome, server)
    yield reader
    reader.forget()
    reader.context.close()
    assert reader.outside == [], "asks another host"


def test_binder_takes_the_python_that_is_tested():
    named = (BINDER / "runtime.txt").read_text().strip()
    steps = yaml.safe_load((ROOT / ".github/workflows/book.yml").read_text())["jobs"]["book"]
    asked = next(s["with"]["python-version"] for s in steps["steps"] if "setup-python" in str(s))
    assert named == f"python-{asked}"


@pytest.mark.parametrize("chapter", notebooks())
def test_a_chapter_opens_as_a_notebook_runs_and_moves(jupyter, chapter):
    page = jupyter.open(chapter)
    jupyter.run_all(page)
    assert page.locator(WRONG).all_text_contents() == []
    prompts = page.locator(".jp-CodeCell .jp-InputPrompt").all_text_contents()
    assert all(any(map(str.isdigit, text)) for text in prompts), "a cell was not run"
    cells = page.locator(".jp-CodeCell:has(.jupyter-widgets .jp-OutputArea)").all()
    assert bool(cells) == (chapter in with_labs())
    for cell in cells[:1]:
        cell.scroll_into_view_if_needed()
        page.wait_for_function(
            f"(cell) => ({DRAWN})(cell).every(Boolean)", arg=cell.element_handle()
        )
        before = cell.evaluate(DRAWN)
        assert move(page, cell, before), "no control changed the chart"


def move(page, cell, before):
    """Whether one of a lab's controls, set to another stop, changes its charts."""
    changed = f"([cell, before]) => JSON.stringify(({DRAWN})(cell)) !== JSON.stringify(before)"
    for control in cell.locator(".noUi-handle, input[type=checkbox], select").all():
        kind = control.evaluate("(control) => control.tagName")
        if kind == "SELECT":
            last = control.evaluate("(c) => c.selectedIndex + 1 === c.length")
            control.select_option(
                index=0 if last else control.evaluate("(c) => c.selectedIndex + 1")
            )
        elif kind == "INPUT":
            control.click()
        else:
            last = control.evaluate("(c) => c.ariaValueNow === c.ariaValueMax")
            control.press("ArrowLeft" if last else "ArrowRight")
        try:
            page.wait_for_function(changed, arg=[cell.element_handle(), before], timeout=10_000)
            return True
        except TimeoutError:
            continue
    return False


def test_a_moved_slider_changes_the_chart_without_a_blank_frame_or_a_jump(jupyter):
    chapter = next(name for name in with_labs() if "/coalescence/" in name)
    notebook = jupyter.open(chapter)
    jupyter.run_all(notebook)
    handle = notebook.locator(".jupyter-widgets .noUi-handle").first
    handle.scroll_into_view_if_needed()
    notebook.wait_for_timeout(1000)
    handle.evaluate(f"(handle) => ({WATCH})(handle.closest('.jp-Cell'))")
    handle.focus()
    for key in ["ArrowRight", "ArrowLeft"] * 6:  # one change at a time
        notebook.wait_for_timeout(150)
        before = notebook.evaluate("() => seen.frames.at(-1).charts.join()")
        notebook.keyboard.press(key)
        notebook.wait_for_function("(old) => seen.frames.at(-1).charts.join() !== old", arg=before)
    for key in ["ArrowRight"] * 4 + ["ArrowLeft"] * 4:  # dragged
        notebook.keyboard.press(key)
        notebook.wait_for_timeout(30)
    notebook.wait_for_timeout(1000)
    seen = json.loads(notebook.evaluate("() => { seen.over = true; return JSON.stringify(seen); }"))
    frames, keys = seen["frames"], seen["keys"]

    waits = []
    for down in keys[:12]:
        before = [frame["charts"] for frame in frames if frame["at"] <= down][-1]
        moved = [f["at"] for f in frames if f["at"] > down and f["charts"] != before]
        waits.append(moved[0] - down)
    blank = [frame for frame in frames if not frame["charts"] or not all(frame["charts"])]
    heights = {frame["height"] for frame in frames}
    print(f"slider to chart: median {statistics.median(waits):.0f} ms, {len(frames)} frames")
    assert len(blank) == 0, f"{len(blank)} of {len(frames)} frames without a chart"
    assert max(heights) - min(heights) < 1, f"the cell's height went through {sorted(heights)}"
