"""The book taken along: the zip lives from disk without a network, the PDF holds the whole."""

import shutil
import zipfile

import pytest

from coalescence import offline
from coalescence.page import game
from coalescence.strict import META
from tests import test_pages
from tests.served import HTML
from tests.test_pages import DRIVE, SOME, Reader, labs_of, other, sentence, wake

site = test_pages.site
BODY = (
    '<div class="cb-lab" id="lab-w" data-lab="w-1"></div>'
    '<span id="document-book/a"></span><div class="cb-lab" id="lab-x" data-lab="x-1"><p>1</p></div>'
    '<span id="document-book/b/c"></span><div class="cb-lab" id="lab-y" data-lab="y-1"></div>'
)


def test_a_printed_lab_tells_its_address():
    body = offline.addressed(BODY, "https://me.github.io/book/", "book/index")
    for told in ("index.html#lab-w", "a.html#lab-x", "b/c.html#lab-y"):
        assert f'<a href="https://me.github.io/book/book/{told}">' in body


def test_what_is_not_there_is_named(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="holds no pages: build the book first"):
        offline.pack(tmp_path, tmp_path / "a.zip")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    with pytest.raises(FileNotFoundError, match=r"install one .*CHROMIUM"):
        offline.chromium()
    monkeypatch.setattr(game, "PYODIDE", tmp_path / "vendor" / "node_modules" / "pyodide")
    with pytest.raises(FileNotFoundError, match=r"mjs is not there: remove \S*vendor and build"):
        game.carry(tmp_path)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory, site):
    """The zip of the built pages, unpacked; as a browser names the folder."""
    home = tmp_path_factory.mktemp("home")
    offline.pack(HTML, home / "a.zip")
    offline.pack(HTML, home / "b.zip")
    assert (home / "a.zip").read_bytes() == (home / "b.zip").read_bytes()
    with zipfile.ZipFile(home / "a.zip") as packed:
        packed.extractall(home / "a folder")
    yield (home / "a folder" / offline.NAME).as_uri() + "/"
    shutil.rmtree(home)


@pytest.mark.browser
@pytest.mark.parametrize("address", SOME)
def test_labs_live_from_disk_without_a_network(chrome, unpacked, address):
    reader = Reader(chrome, unpacked)
    page = reader.open(address, offline=True)
    wake(page)
    for lab in labs_of(address):
        moved = tuple(other(part) for part in lab.parts.values())
        (shown,) = page.evaluate(DRIVE, [f"lab-{lab.name}", [moved]])
        assert shown["say"] == sentence(lab, moved)
    assert META not in page.content()
    page.context.close()
    assert reader.faults == []


@pytest.mark.browser
def test_the_way_through_the_book_from_disk(chrome, unpacked):
    reader = Reader(chrome, unpacked)
    page = reader.open("index.html", offline=True)
    page.wait_for_url("**/book/index.html")
    page.locator("nav.bd-links a").nth(1).click()
    page.wait_for_load_state()
    page.locator(".search-button-field").click()
    page.keyboard.type("synergy")
    page.keyboard.press("Enter")
    page.locator("#search-results li a").first.click()
    page.wait_for_url("**/book/**")
    page.locator(".theme-switch-button").first.click()
    page.context.close()
    assert reader.faults == []
