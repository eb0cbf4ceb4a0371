"""What every chapter has in common: its frame, its lab, its length, its short cells."""

import re
import statistics
from pathlib import Path

import pytest

from coalescence import course, edition

ROOT = Path(__file__).resolve().parent.parent
FRAME = ["The claim", "Predict first", "The mechanism", "The lab", "What the data say",
         "Where it breaks", "Check yourself", "Your turn", "Discuss in class"]  # fmt: skip
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```\s*$", re.S | re.M)
INDEX, *FILES = course.files(course.contents(ROOT))
CHAPTERS = [file for file in FILES if "/teaching/" not in file]


def read(file):
    return (ROOT / f"{file}.md").read_text(encoding="utf-8")


def prose(text):
    """The chapter without its header, cells, equations and blocks, and the teacher's."""
    text = edition.student(text)
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)
    text = CELL.sub("", text)
    text = re.sub(r"\$\$.*?\$\$[^\n]*", "", text, flags=re.S)
    return re.sub(r"\{eval\}`[^`]*`", "0", text)


def visible(text):
    """Lines of each code cell that a reader sees."""
    for body in CELL.findall(text):
        options = re.match(r"\A---\n.*?\n---\n", body, flags=re.S)
        head = options[0] if options else "\n".join(re.findall(r"^:.*$", body, flags=re.M))
        if "remove-input" not in head:
            lines = body.removeprefix(options[0] if options else "").splitlines()
            yield len([line for line in lines if line.strip() and not line.startswith(":")])


def test_every_file_of_the_contents_exists_and_every_chapter_is_in_it():
    chapters = {path.relative_to(ROOT).with_suffix("").as_posix()
                for path in (ROOT / "book").rglob("*.md")
                if ".ipynb_checkpoints" not in path.parts}  # fmt: skip
    everything = course.files(course.contents(ROOT, course.original(ROOT)))
    assert chapters == {INDEX, *FILES, *everything}


@pytest.mark.parametrize("file", CHAPTERS)
def test_a_chapter_keeps_the_frame(file):
    heads = re.findall(r"^## (.+)$", prose(read(file)), flags=re.M)
    assert [head for head in heads if head in FRAME] == FRAME
    assert "Before you start" in read(file)
    assert re.search(r"Minutes: \d+", read(file))
    assert re.search(r"^\*\*Next:\*\* .*\{doc\}`", read(file), flags=re.M)


@pytest.mark.parametrize("file", CHAPTERS)
def test_a_chapter_has_a_lab_a_guess_its_answer_and_checks(file):
    cells = "\n".join(CELL.findall(read(file)))
    for call, least in {"lab": 1, "guess": 1, "compare": 1, "check": 2}.items():
        found = len(re.findall(rf"^{call}\(", cells, flags=re.M))
        assert found >= least, f"{call}: {found}, expected at least {least}"


@pytest.mark.parametrize("file", CHAPTERS)
def test_a_chapter_is_neither_thin_nor_endless(file):
    count = len(re.findall(r"[A-Za-z’']+", prose(read(file))))
    assert 600 <= count <= 2000


@pytest.mark.parametrize("file", CHAPTERS)
def test_a_chapter_finds_its_models_and_charts_under_its_own_word(file):
    word = Path(file).name.replace("-", "_")
    cells = "\n".join(CELL.findall(read(file)))
    assert f"from coalescence.models import {word}" in cells
    assert f"from coalescence.charts import {word} as charts" in cells


def test_visible_cells_are_short():
    sizes = sorted(size for file in FILES for size in visible(read(file)))
    assert statistics.median(sizes) <= 4
    assert sizes[int(0.9 * (len(sizes) - 1))] <= 10
    assert sizes[-1] <= 20
