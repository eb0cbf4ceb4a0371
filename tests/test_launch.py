"""Every way to run a chapter derives from the one address in `_config.yml`: a tiny book, moved."""

import html
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from coalescence.launch import WHEEL
from tests.places import run
from tests.served import ROOT
from tests.test_build import Book

pytestmark = pytest.mark.build

OLD = "https://github.com/your-name/strategic-coalescence"
NEW = "https://github.com/Dean/course-2027"
HUB = "https://hub.example.edu"


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """A tiny book whose repository has another address and branch, with a hub for its class."""
    book = Book(tmp_path_factory.mktemp("moved"))
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    url = re.search(r"^  url: (\S+)", config, flags=re.M)[1]
    config = config.replace(f"url: {url}", f"url: {NEW}").replace("branch: main", "branch: autumn")
    config = config.replace("launch_buttons:", "launch_buttons:\n  jupyterhub_url: " + HUB, 1)
    config = re.sub(r"(launch_buttons:)(.*)\n(  jupyterhub_url: \S+)(.*)", r"\1\n\3", config)
    book.write("_config.yml", config)
    code, log = book.build()
    assert code == 0, log[-3000:]
    return book


@pytest.fixture(params=["index", "first", "second"])
def links(request, moved):
    """A page's name, and where it links to."""
    page = moved.page(request.param)
    return request.param, [html.unescape(link) for link in re.findall(r'href="([^"]+)"', page)]


def one(links, start):
    (found,) = {link for link in links if link.startswith(start)}
    return found


def test_every_button_derives_from_the_address(links):
    name, found = links
    if name == "index":
        return  # a page without cells has nothing to launch
    binder = urlsplit(one(found, "https://mybinder.org/"))
    assert binder.path == "/v2/gh/Dean/course-2027/autumn"
    assert parse_qs(binder.query)["urlpath"] == [f"lab/tree/book/{name}.md"]
    colab = one(found, "https://colab.research.google.com/")
    assert colab.endswith(f"/github/Dean/course-2027/blob/notebooks/book/{name}.ipynb")
    hub = urlsplit(one(found, f"{HUB}/"))
    assert hub.path == "/hub/user-redirect/git-pull"
    assert parse_qs(hub.query) == {
        "repo": [NEW], "branch": ["notebooks"],
        "urlpath": [f"lab/tree/course-2027/book/{name}.ipynb"],
    }  # fmt: skip
    assert one(found, "../lite/") == f"../lite/lab/index.html?path=book/{name}.ipynb"
    assert f"../_sources/book/{name}.ipynb" in found


def test_no_page_keeps_an_older_address(moved):
    pages = [moved.page(name) for name in ("index", "first", "second")]
    assert not [page for page in pages if "your-name" in page]


def test_the_notebooks_carry_the_number_and_the_packages_new_address(moved):
    made = json.loads((moved.folder / "_build/html/_sources/book/first.ipynb").read_bytes())
    first, *_, last = ("".join(cell["source"]) for cell in made["cells"])
    pages = "https://dean.github.io/course-2027/"
    assert f"{pages}_static/wheels/{WHEEL}" in first
    assert (moved.folder / "_build/html/_static/wheels" / WHEEL).exists()
    assert f"[C24]({pages}book/index.html#claim-c24)" in last
    assert last.endswith("a number: 17.")


def test_notebooks_are_sent_to_their_branch_on_top_of_what_was_sent_before(moved, tmp_path):
    for name in ("Makefile", "requirements.txt"):
        (moved.folder / name).write_bytes((ROOT / name).read_bytes())
    run("git", "init", "--quiet", "--bare", tmp_path / "remote.git")
    run("git", "init", "--quiet", cwd=moved.folder)
    for _ in range(2):
        run("make", "notebooks", f"REMOTE={tmp_path / 'remote.git'}", cwd=moved.folder)
    told = ["git", "-C", tmp_path / "remote.git"]
    names = run(*told, "ls-tree", "-r", "--name-only", "notebooks").split()
    assert names == ["book/first.ipynb", "book/second.ipynb"]
    assert run(*told, "rev-list", "--count", "notebooks").strip() == "2"


def test_a_repository_elsewhere_builds_once_it_names_its_pages(moved):
    config = moved.folder / "_config.yml"
    good = config.read_text(encoding="utf-8")
    config.write_text(good.replace(NEW, "https://gitlab.com/dean/course-2027"), encoding="utf-8")
    code, log = moved.build()
    assert code == 0, log[-3000:]
    assert "colab.research" not in moved.page("first")
    assert "https://mybinder.org/v2/gl/dean%2Fcourse-2027/autumn" in moved.page("first")
    config.write_text(good, encoding="utf-8")
