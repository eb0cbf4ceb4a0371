"""A chapter opened as a notebook in a real JupyterLab: its cells run, its labs do not flicker."""

import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

from coalescence.lab import BUILDER
from tests.served import ROOT, with_labs

pytestmark = pytest.mark.kernel

BIN = Path(sys.executable).parent
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


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def stop(server):
    """End the server, which ends its kernels."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, sign)
            server.wait(20)
            return
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            break


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory):
    """The address of a JupyterLab in a copy of the book, as a reader without settings meets it."""
    home = tmp_path_factory.mktemp("home")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("JUPYTER")}
    kept.pop(BUILDER, None)
    own = {
        "HOME": home, "PYTHONPATH": ROOT, "IPYTHONDIR": home / "ipython",
        "JUPYTER_CONFIG_DIR": home / "config", "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime", "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
    }  # fmt: skip
    kept |= {key: str(value) for key, value in own.items()}
    viewer = [BIN / "jupytext-config", "set-default-viewer", "python", "markdown"]
    subprocess.run(viewer, env=kept, check=True, capture_output=True)
    shutil.copytree(ROOT / "book", home / "course" / "book")  # JupyterLab saves what it opens
    port = free_port()
    command = [
        BIN / "jupyter", "lab", "--no-browser", f"--port={port}", "--ServerApp.port_retries=0",
        "--IdentityProvider.token=", f"--ServerApp.root_dir={home / 'course'}", "--allow-root",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.news_url=", "--LabApp.extension_manager=readonly",
    ]  # fmt: skip
    with (home / "log").open("w") as log:
        server = subprocess.Popen(command, env=kept, stdout=log, stderr=log, start_new_session=True)
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/api", timeout=5)
                break
            except (urllib.error.URLError, TimeoutError):
                assert server.poll() is None, (home / "log").read_text()[-2000:]
                time.sleep(0.1)
        yield address
    finally:
        stop(server)


@pytest.fixture(scope="module")
def notebook(chrome, jupyter):
    """The first chapter that holds a lab, opened as a notebook by its path and run from the top."""
    page = chrome.new_page(viewport={"width": 1200, "height": 1000})
    page.set_default_timeout(90_000)
    page.outside = []

    def cut(route):
        if route.request.url.startswith((jupyter, "data:", "blob:")):
            return route.continue_()
        page.outside.append(route.request.url)
        return route.abort()

    page.route("**/*", cut)
    chapter = next(name for name in with_labs() if "/coalescence/" in name)
    page.goto(f"{jupyter}/lab/tree/{chapter}.md")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(
        """() => {
          const cells = document.querySelectorAll(".jp-CodeCell .jp-InputPrompt");
          const prompts = [...cells].map((prompt) => prompt.textContent);
          return prompts.some((text) => /\\d/.test(text)) && !prompts.join("").includes("*");
        }"""
    )
    page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for()
    yield page
    page.close()


def test_every_cell_runs_without_an_error(notebook):
    errors = notebook.locator(
        ".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error'],"
        " .jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']"
    )
    assert errors.all_text_contents() == []
    prompts = notebook.locator(".jp-CodeCell .jp-InputPrompt").all_text_contents()
    assert all(any(map(str.isdigit, text)) for text in prompts), "a cell was not run"


def test_a_moved_slider_changes_the_chart_without_a_blank_frame_or_a_jump(notebook):
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


MOVE = """
from coalescence.lab import Lab

for lab in [shown for shown in Out.values() if isinstance(shown, Lab)]:
    assert lab.live.box.get_state()["_view_name"] == "VBoxView"
    before = [chart.outputs for chart in lab.live.charts]
    for name, part in lab.parts.items():
        lab.controls[name].value = part.stops[part.start - 1 if part.start else 1]
    after = [chart.outputs for chart in lab.live.charts]
    assert all(a != b for a, b in zip(before, after)), f"{lab.title}: the chart stayed"
    assert lab.data.equals(lab.table(**lab.value))
    print(lab.title)
"""


@pytest.mark.parametrize("chapter", with_labs())
def test_a_chapter_runs_in_a_kernel_and_every_lab_moves(chapter, monkeypatch):
    monkeypatch.delenv(BUILDER, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    book = jupytext.read(ROOT / f"{chapter}.md")
    book.cells.append(nbformat.v4.new_code_cell(MOVE))
    NotebookClient(book, timeout=120, kernel_name="python3").execute()
    moved = "".join(out["text"] for out in book.cells[-1].outputs).splitlines()
    declared = [cell for cell in book.cells[:-1] if "\nlab(" in "\n" + cell.source]
    assert len(moved) == len(declared) > 0


def test_nothing_is_asked_of_another_host(notebook):
    assert notebook.outside == []
