"""Who wrote it, under which licence, in which version: every place says the same."""

import json
import re
import tomllib

import pytest
import yaml

from coalescence import course
from tests.served import HTML, ROOT

CITE = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
DATA = json.loads((ROOT / "data/datapackage.json").read_text(encoding="utf-8"))
CODE, TEXT = ((ROOT / name).read_text(encoding="utf-8") for name in ("LICENSE", "LICENSE-text"))
ORIGINAL = course.original(ROOT)


def test_code_is_mit_and_text_is_cc_by_in_every_place():
    assert CODE.startswith("MIT License")
    assert TEXT.splitlines()[0].endswith("(CC BY 4.0)")
    assert PROJECT["license"] == "MIT"
    assert set(PROJECT["license-files"]) == {"LICENSE", "LICENSE-text"}
    assert CITE["license"] == ["MIT", "CC-BY-4.0"]
    assert [one["name"] for one in DATA["licenses"]] == ["CC-BY-4.0"]
    assert CONFIG["html"]["extra_footer"] == "Text and figures: CC BY 4.0. Code: MIT."
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "Code: MIT (`LICENSE`)" in readme
    assert "CC BY 4.0 (`LICENSE-text`)" in readme


def test_authors_title_version_and_address_agree():
    authors = [one["name"] for one in PROJECT["authors"]]
    assert authors == [ORIGINAL.author]
    for text in (CODE, TEXT):
        assert re.search(r"^Copyright \(c\) (\d+) (.+)$", text, re.M)[2] == ORIGINAL.author
        assert str(CONFIG["copyright"]) in text
    assert CITE["version"] == PROJECT["version"]
    here = course.read(ROOT)
    assert [one["name"] for one in CITE["authors"]] == [here.author]
    assert CITE["title"].startswith(here.title)
    assert (CITE["repository-code"], CITE["url"]) == (here.repository, here.pages)
    assert str(CITE["date-released"]) >= DATA["seen"]
    if here.own:
        assert CITE["references"][0]["authors"] == [{"name": ORIGINAL.author}]


@pytest.mark.browser
def test_the_licence_stands_in_the_footer_of_every_page():
    pages = [path for path in (HTML / "book").rglob("*.html")]
    assert pages, "build the book first (make html)"
    for path in pages:
        foot = path.read_text(encoding="utf-8").partition('class="extra_footer"')[2][:600]
        assert CONFIG["html"]["extra_footer"] in foot, path.name
