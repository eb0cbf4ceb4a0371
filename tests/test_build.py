"""The build stops at what is wrong and does again only what has changed: a tiny book, built."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from coalescence.lab import BUILDER
from coalescence.strict import META
from tests.browser import chromium
from tests.served import ROOT

pytestmark = pytest.mark.build

HEAD = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---
"""
CHAPTER = """
# {name}

```{{code-cell}} ipython3
from coalescence.models import {name}

answer = {name}.answer()
```

A claim {{claim}}`C24`, and a number: {{eval}}`answer`.
"""
TOC = """
format: jb-book
root: book/index
chapters:
  - file: book/first
  - file: book/second
"""


class Book:
    """A copy of the book's machinery with two small chapters, each with a model of its own."""

    def __init__(self, folder: Path):
        self.folder = folder
        leave = shutil.ignore_patterns("__pycache__")
        for name in ("coalescence", "data"):
            shutil.copytree(ROOT / name, folder / name, ignore=leave)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, folder)
        config = (ROOT / "_config.yml").read_text(encoding="utf-8")
        self.write("_config.yml", re.sub(r"\n  jupyterlite_url: .*", "", config))  # not built
        if (ROOT / "vendor").exists():
            (folder / "vendor").symlink_to(ROOT / "vendor")
        self.write("_toc.yml", TOC)
        self.write("book/index.md", "# Tiny\n\n```{ledger}\n```\n")
        for name in ("first", "second"):
            self.write(f"book/{name}.md", HEAD + CHAPTER.format(name=name))
            self.answer(name, 17)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")

    def answer(self, name: str, number: int) -> None:
        """Let a chapter's model give `number`."""
        text = f"def answer() -> int:\n    return {number}\n"
        self.write(f"coalescence/models/{name}.py", text)

    def build(self) -> tuple[int, str]:
        """How a build ended, and what it said."""
        kept = {k: v for k, v in os.environ.items() if k not in (BUILDER, "PYTHONPATH")}
        done = subprocess.run(
            [sys.executable, "-m", "coalescence.book"],
            cwd=self.folder,
            env={**kept, "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        return done.returncode, re.sub(r"\x1b\[[\d;]*m", "", done.stdout)

    def page(self, name: str) -> str:
        return (self.folder / f"_build/html/book/{name}.html").read_text(encoding="utf-8")


def executed(log: str) -> set[str]:
    """The chapters whose cells a build ran."""
    return set(re.findall(r"/book/(\w+)\.md: Executed notebook", log))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The tiny book, and the log of its first build."""
    book = Book(tmp_path_factory.mktemp("tiny"))
    code, log = book.build()
    assert code == 0, log[-3000:]
    return book, log


@pytest.fixture
def book(built):
    """The tiny book, built and as it was."""
    book, _ = built
    texts = {path: path.read_text() for path in book.folder.glob("book/*.md")}
    yield book
    for path, text in texts.items():
        if path.read_text() != text:
            path.write_text(text)


def test_a_good_book_builds_without_a_warning(built):
    book, log = built
    assert executed(log) == {"first", "second"}
    assert not re.findall(r".*(?:WARNING|ERROR|CRITICAL):.*", log)
    assert "a number: 17" in re.sub(r"<[^>]+>", "", book.page("first"))
    sites = [book.folder / "_build" / "html" / name for name in ("search.html", "book/first.html")]
    assert all(META in page.read_text(encoding="utf-8") for page in sites)


def test_a_book_without_changes_runs_nothing(book):
    code, log = book.build()
    assert code == 0, log[-3000:]
    assert executed(log) == set()


def test_a_changed_model_rebuilds_the_chapters_that_use_it(book):
    book.answer("second", 4711)
    code, log = book.build()
    assert code == 0, log[-3000:]
    assert executed(log) == {"second"}
    assert "a number: 4711" in re.sub(r"<[^>]+>", "", book.page("second"))
    assert all(book.page(name).count(META) == 1 for name in ("first", "second"))


def test_a_cell_that_fails_fails_the_build_until_it_is_mended(book):
    cell = "\n```{code-cell} ipython3\nassert answer == 'another'\n```\n"
    book.write("book/first.md", HEAD + CHAPTER.format(name="first") + cell)
    for _ in range(2):
        code, log = book.build()
        assert code != 0
        assert re.search(r"/book/first\.md: WARNING: .*failed: CellExecutionError", log)
        assert "assert answer == 'another'" in log
    assert executed(log) == set()


LAB = """
```{code-cell} ipython3
import altair as alt
from coalescence.lab import lab, slider

def many(a, b):
    return {"x": range(100), "y": [a + b * x for x in range(100)]}

def line(table):
    return alt.Chart(table).mark_line().encode(x="x:Q", y="y:Q").properties(description="A line")

parts = {name: slider(0, STOPS, 0, step=1, label=name) for name in "ab"}
lab(many, chart=line, title="Many", **parts)
```
"""


def test_a_lab_that_asks_too_much_fails_the_build(book):
    cell = LAB.replace("STOPS", "39")
    book.write("book/first.md", HEAD + CHAPTER.format(name="first") + cell)
    code, log = book.build()
    assert code != 0
    assert re.search(r"/book/first\.md: WARNING:", log)
    assert "many asks for 160,000 numbers (40 x 40 settings, 100 rows, columns y)" in log


def test_an_unknown_claim_fails_the_build(book):
    text = CHAPTER.format(name="first").replace("C24", "C999")
    book.write("book/first.md", HEAD + text)
    code, log = book.build()
    assert code != 0
    assert re.search(r"/book/first\.md:\d+: ERROR: .*there is no claim 'C999'; they run from", log)


def test_a_broken_table_stops_the_build_with_file_row_and_column(book):
    path = book.folder / "data" / "company.csv"
    good = path.read_text(encoding="utf-8")
    lines = good.splitlines(keepends=True)
    value = lines[0].rstrip("\n").split(",").index("value")
    cells = lines[4].split(",")
    lines[4] = ",".join([*cells[:value], "many", *cells[value + 1 :]])
    path.write_text("".join(lines), encoding="utf-8")
    code, log = book.build()
    path.write_text(good, encoding="utf-8")
    assert code != 0
    assert "company.csv, row 5, column value: found 'many', expected a number" in log
    assert executed(log) == set()


@pytest.mark.browser
def test_the_whole_book_is_printed_with_the_address_of_every_lab(book):
    for name in ("first", "second"):
        cell = LAB.replace("STOPS", "3").replace('title="Many"', f'title="Many", name="{name}"')
        link = "\n{setting}`One </book/first?lab-first.a=1>`\n"
        book.write(f"book/{name}.md", HEAD + CHAPTER.format(name=name) + cell + link)
    done = subprocess.run(
        [sys.executable, "-m", "coalescence.offline", "pdf"],
        cwd=book.folder,
        env={**os.environ, "CHROMIUM": chromium()},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    pdf = (book.folder / "dist" / "strategic-coalescence.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", pdf)) >= 3
    for name in ("first", "second"):
        assert f"/book/{name}.html#lab-{name})".encode() in pdf
        assert f"/Title ({name})".encode() in pdf, "the outline lacks a chapter"
    code, log = book.build()  # the pages' links are their own, whatever was read for the PDF
    assert code == 0, log[-3000:]
    assert 'href="first.html?lab-first.a=1#lab-first"' in book.page("second")
