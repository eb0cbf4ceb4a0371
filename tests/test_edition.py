"""The teacher's answers are in the teacher's edition and nowhere that a student can look.

Stays in the teacher's repository: a student's tree has no answers to look for.
"""

import functools
import html
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from coalescence import course, edition
from tests.served import HTML, ROOT
from tests.test_build import HEAD, Book

RUN = 6  # so many words in a row of an answer, found together, are a leak
FENCED = "# A\n\nAsk.\n\n````{teacher} Why\nOne *two*.\n\n```{note}\nthree\n```\n````\n\nAfter.\n"


# --- one function takes the answers out ---


def test_a_block_is_taken_out_and_the_rest_is_left_as_it_was():
    assert edition.student(FENCED) == "# A\n\nAsk.\n\n\nAfter.\n"
    assert edition.answers(FENCED) == ["One *two*.\n\n```{note}\nthree\n```"]
    plain = "# A\n\n```{note}\nOne.\n```\n\n`````md\n````{teacher}\nshown\n````\n`````\n"
    assert edition.student(plain) == plain
    assert edition.answers(plain) == []


def test_a_block_within_another_directive_is_taken_out():
    inner = "````{dropdown} More\nshown\n```{teacher}\nsecret\n```\nstays\n````\n\nAfter.\n"
    cell = "```{code-cell}\nx = 1\n```\n\n"
    assert edition.answers(cell + inner) == ["secret"]
    assert edition.student(cell + inner) == cell + inner.replace("```{teacher}\nsecret\n```\n", "")


def test_lines_keep_their_numbers_on_request():
    kept = edition.student(FENCED, lines=True).splitlines()
    assert len(kept) == len(FENCED.splitlines())
    assert kept[-1] == "After."


@pytest.mark.parametrize("fence", ["```", "````", ":::", "~~~~"])
@pytest.mark.parametrize("indent", ["", "   "])
def test_every_fence_that_markdown_knows_is_known(fence, indent):
    text = f"1. Ask.\n\n{indent}{fence}{{teacher}}\n{indent}secret\n{indent}{fence}\n2. Ask.\n"
    assert "secret" not in edition.student(text)
    assert "teacher" not in edition.student(text)
    assert edition.student(text).endswith("2. Ask.\n")


@pytest.mark.parametrize("end", ["", "```\n", "::::\n"])
def test_a_block_that_stays_open_is_an_error(end):
    with pytest.raises(edition.EditionError, match="line 3: the teacher's block is not closed"):
        edition.student(f"# A\n\n````{{teacher}}\nsecret\n{end}")


def test_folded_answers_leave_on_request():
    chapters = [ROOT / f"{name}.md" for name in course.files(course.contents(ROOT))]
    folded = [text for text in map(Path.read_text, chapters) if "Show an answer" in text]
    assert len(folded) >= 25
    for text in folded:
        kept = edition.student(text, answers=False)
        assert "Show an answer" not in kept
        assert kept.count("```{code-cell}") == edition.student(text).count("```{code-cell}") - 1
        lines = edition.student(text, answers=False, lines=True)
        assert lines.count("\n") == text.count("\n")


# --- the looking for answers ---


def words(text: str) -> list[str]:
    """The words of a text, markup, code and escapes taken away."""
    text = re.sub(r"\{[\w:]+\}`[^`]*`", " | ", text)  # a role: its text is computed
    text = html.unescape(re.sub(r"<[^>]*>", "", text))
    text = re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), text)
    text = re.sub(r"\\[nrt]", " ", text).replace("’", "'").replace("*", "").replace("\\", "")
    return re.findall(r"[a-z']+|\|", text.lower())


def runs(text: str) -> set[tuple[str, ...]]:
    """Every run of RUN words in a text, none of them across a computed word."""
    found = words(text)
    every = zip(*(found[n:] for n in range(RUN)), strict=False)
    return {run for run in every if "|" not in run}


@functools.cache
def secrets() -> tuple[frozenset[tuple[str, ...]], frozenset[str]]:
    """Runs of words that only the answers have, and single words that nothing else has."""
    texts = {name: (ROOT / name).read_text("utf-8") for name in edition.files(ROOT)
             if name.endswith((".md", ".txt", ".yml", ".csv", ".bib", ".json"))
             or (name.endswith(".py") and name not in edition.PRIVATE)}  # fmt: skip
    said = [one for name, text in texts.items() if name.endswith(".md") for one in
            edition.answers(text)]  # fmt: skip
    open_ = [edition.student(t) if name.endswith(".md") else t for name, t in texts.items()]
    raw = " ".join(open_).lower().replace("’", "'")
    told = {*words(raw), *re.findall(r"[a-z']+", raw), *re.findall(r"[a-z]+", raw)}
    alone = {word for one in said for word in words(one) if len(word) > 7} - told
    return frozenset(set().union(*map(runs, said)) - set().union(*map(runs, open_))), frozenset(
        alone
    )


TEXTS = (".html", ".js", ".md", ".ipynb", ".json", ".txt", ".py", ".csv", ".yml", ".svg", ".map")


def leaks(folder: Path) -> list[str]:
    """Everything under a folder that gives an answer away: file and words; archives too."""
    told, alone = secrets()
    found = []

    def look(name: str, raw: bytes) -> None:
        text = raw.decode("utf-8", "replace")
        hit = told & runs(text)
        if hit:
            found.append(f"{name}: {' '.join(min(hit))}")
        own = name.startswith("book/") or "_sources/book/" in name
        if own and (rare := alone & set(words(text))):
            found.append(f"{name}: {min(rare)}")
        if name.endswith(".md") and edition.answers(text):
            found.append(f"{name}: a teacher's block")

    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or name.startswith(".git/"):
            continue
        if path.suffix in (".whl", ".zip"):
            with zipfile.ZipFile(path) as archive:
                for one in archive.namelist():
                    look(f"{name}/{one}", archive.read(one))
        elif path.suffix in TEXTS and "vega" not in path.name:
            look(name, path.read_bytes())
    return found


def test_there_are_answers_to_look_for_in_every_part_of_the_book():
    held = {name for name in course.files(course.contents(ROOT))
            if edition.answers((ROOT / f"{name}.md").read_text("utf-8"))}  # fmt: skip
    assert len(held) >= 7
    assert {Path(name).parent.name for name in held} == {
        "coalescence", "collaboration", "case-study", "teaching"}  # fmt: skip
    told, alone = secrets()
    assert len(told) > 1500
    assert len(alone) > 10


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """The student's repository, as `make student` writes it."""
    out = tmp_path_factory.mktemp("public") / "tree"
    edition.write(out)
    return out


def test_the_students_tree_holds_no_answer_and_all_else(tree):
    assert leaks(tree) == []
    names = set(edition.files(ROOT)) - set(edition.PRIVATE)
    there = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()}
    assert there == {*names, edition.STAMP}
    together = (tree / "book/coalescence/together.md").read_text()
    assert "Discuss in class" in together
    assert "Show an answer" in together


@pytest.mark.parametrize("name", ["book/x.md", "_sources/book/x.md", "searchindex.js", "x.ipynb"])
def test_the_looking_finds_an_answer_wherever_one_is_put(tmp_path, name):
    """Otherwise an empty list above would prove nothing."""
    chapter = (ROOT / "book/coalescence/together.md").read_text("utf-8")
    piece = edition.answers(chapter)[0].split("\n")[1]
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"source": [piece]}) if name.endswith(("js", "ipynb")) else piece
    file.write_text(text)
    assert leaks(tmp_path)
    with zipfile.ZipFile(tmp_path / "x.whl", "w") as archive:
        archive.writestr("coalescence/x.md", piece)
    file.unlink()
    assert leaks(tmp_path)


def test_the_tree_is_written_again_but_never_over_other_files(tree, tmp_path):
    (tree / "left").write_text("from before")
    (tree / ".git").mkdir(exist_ok=True)
    (tree / ".git/config").write_text("kept")
    edition.write(tree)
    assert not (tree / "left").exists()
    assert (tree / ".git/config").read_text() == "kept"
    shutil.rmtree(tree / ".git")
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(edition.EditionError, match="holds other files"):
        edition.write(tmp_path)
    assert (tmp_path / "thesis.txt").exists()
    for place in (ROOT / "public", ROOT.parent):
        with pytest.raises(edition.EditionError, match="lies within"):
            edition.write(place)


@pytest.mark.browser
def test_the_built_site_holds_no_answer():
    assert (HTML / "book/teaching/session-plans.html").exists(), "build the book first (make html)"
    assert leaks(HTML) == []


CHAPTER = """
# Class

Ask how much.

```{{code-cell}} ipython3
answer = 6 * 7
```

````{{teacher}} Expected
{secret} It is {{eval}}`answer + 1`, see {{doc}}`second`.
````
"""


@pytest.mark.build
def test_both_editions_are_built_from_one_source(tmp_path):
    """The answer is in the teacher's pages, its number computed; the student's have none of it."""
    book = Book(tmp_path)
    secret = edition.answers((ROOT / "book/case-study/csr.md").read_text("utf-8"))[0].split("\n")[2]
    book.write("book/first.md", HEAD + CHAPTER.format(secret=secret))
    (book.folder / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\n"
        "chapters:\n  - file: book/first\n  - file: book/second\n"
    )
    book.write("book/index.md", "# Tiny\n")
    book.write("book/second.md", "# Second\n")
    for name in ("student", "teacher"):
        done = subprocess.run(
            [sys.executable, "-m", "coalescence.book", "--edition", name],
            cwd=book.folder, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    ours = tmp_path / "_build/teacher/html/book/first.html"
    text = re.sub(r"<[^>]+>", "", ours.read_text())
    assert "It is 43, see Second." in text
    assert leaks(tmp_path / "_build/teacher/html")
    assert leaks(tmp_path / "_build/html") == []
    assert "Ask how much." in (tmp_path / "_build/html/_sources/book/first.md").read_text()
