"""JupyterLite in the built pages: the chapters are in it, and what it carries runs offline."""

import html
import json
import re
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest

from coalescence import __version__
from coalescence.lite import EXTENSIONS, START
from tests.served import HTML, notebooks, served

pytestmark = pytest.mark.kernel

LITE = HTML / "lite"
OFFLINE = """%pip install --quiet --no-deps coalescence
import sys, coalescence
from coalescence import names
print(sys.platform, coalescence.__version__, names.cited("{claim}`C24`"))"""


def listed(folder=""):
    """The notebooks that JupyterLite's contents name below a folder."""
    place = LITE / "api" / "contents" / folder / "all.json"
    for entry in json.loads(place.read_bytes())["content"]:
        if entry["type"] == "directory":
            yield from listed(entry["path"])
        else:
            yield entry["path"]


def test_every_chapter_is_in_it_and_says_what_comes_from_outside():
    assert sorted(listed()) == sorted(f"{name}.ipynb" for name in notebooks())
    for path in listed():
        first = json.loads((LITE / "files" / path).read_bytes())["cells"][0]
        assert first["source"] == START
        assert "fetched from outside" in first["source"]
        assert first["metadata"] == {}, "what is fetched must be in sight"


def test_it_carries_the_package_and_no_source_maps():
    carried = json.loads((LITE / "pypi" / "all.json").read_bytes())
    assert list(carried["coalescence"]["releases"]) == [__version__]
    ours, sites = (
        next(folder.glob("coalescence-*.whl")).read_bytes()
        for folder in (LITE / "pypi", HTML / "_static" / "wheels")
    )
    assert ours == sites
    assert list(LITE.rglob("*.map")) == []
    settings = json.loads((LITE / "jupyter-lite.json").read_bytes())["jupyter-config-data"]
    assert {one["name"] for one in settings["federated_extensions"]} == {*EXTENSIONS}
    size = sum(path.stat().st_size for path in LITE.rglob("*") if path.is_file()) / 1e6
    print(f"JupyterLite: {size:.0f} MB")
    assert size < 60


@pytest.mark.parametrize("chapter", notebooks())
def test_a_page_launches_its_own_notebook(chapter):
    page = (HTML / f"{chapter}.html").read_text(encoding="utf-8")
    (link,) = re.findall(r'href="([^"]*lite/lab/index\.html[^"]*)"', page)
    there = urlsplit(urljoin(f"http://book/{chapter}.html", html.unescape(link)))
    assert there.path == "/lite/lab/index.html"
    assert parse_qs(there.query)["path"] == [f"{chapter}.ipynb"]
    assert "fetched from outside" in page, "the button must say so"


def test_a_chapter_opens_and_the_package_runs_with_the_outside_network_cut(chrome):
    outside = []
    with served(HTML) as site:
        context = chrome.new_context(viewport={"width": 1200, "height": 1000})
        context.set_default_timeout(90_000)

        def cut(route):
            if route.request.url.startswith((site, "data:", "blob:")):
                return route.continue_()
            outside.append(route.request.url)
            return route.abort()

        context.route("**/*", cut)
        page = context.new_page()
        chapter = notebooks()[1]
        page.goto(f"{site}lite/lab/index.html?path={chapter}.ipynb")
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for()
        assert outside == [], "asks another host before a cell is run"
        first = page.locator(".jp-CodeCell").first
        first.locator(".cm-content").click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(OFFLINE)
        page.keyboard.press("Shift+Enter")
        first.get_by_text(f"emscripten {__version__} {{'C24'}}").wait_for()
        assert outside == [], "the package does not come from this site"
        context.close()
