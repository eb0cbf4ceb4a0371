"""A course made of the casebook: its own address, chapters and company, and clean merges."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from docutils import nodes

from coalescence import course, data, fork, names
from tests.served import ROOT
from tests.test_build import Book

OLD, NEW = course.original(ROOT), "https://github.com/me/my-course"
MADE = {"repository": NEW, "title": "Growth: a course", "author": "A. Teacher",
        "term": "Spring 2027"}  # fmt: skip
SETTINGS = ("_config.yml", "_toc.yml", "README.md", "CITATION.cff")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with the settings and one chapter, to make a course of."""
    for name in SETTINGS:
        shutil.copy(ROOT / name, tmp_path)
    for name in course.files(course.contents(ROOT, course.original(ROOT))):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.md").write_text("# A page\n")
    return tmp_path


# --- the settings ---


def test_a_course_without_settings_is_the_casebook(root):
    assert course.read(root) == course.original(root)
    assert course.contents(root) == yaml.safe_load((root / "_toc.yml").read_text())
    assert course.localized(OLD.repository, root) == OLD.repository


def test_a_fork_leaves_the_casebooks_settings_alone_and_names_itself_everywhere_else(root):
    before = {name: (root / name).read_text() for name in SETTINGS}
    fork.make(root, **MADE)
    assert all((root / name).read_text() == before[name] for name in ("_config.yml", "_toc.yml"))
    here = course.read(root)
    assert (here.title, here.author, here.term) == ("Growth: a course", "A. Teacher", "Spring 2027")
    assert (here.repository, here.pages) == (NEW, "https://me.github.io/my-course/")
    cite = yaml.safe_load((root / "CITATION.cff").read_text())
    assert (cite["title"], cite["repository-code"], cite["url"]) == (here.title, NEW, here.pages)
    assert cite["authors"] == [{"name": "A. Teacher"}]
    assert cite["references"][0]["title"] == OLD.title, "the original is not credited"
    for name in ("README.md", "CITATION.cff", "course.yml"):
        assert OLD.slug not in (root / name).read_text()
    assert course.localized(f"{OLD.repository}/issues {OLD.pages}", root) == (
        f"{NEW}/issues https://me.github.io/my-course/"
    )


def test_a_second_make_fork_keeps_what_was_dropped_and_added(root):
    fork.make(root, **MADE)
    fork.write(root, {**fork.settings(root), "drop": ["Collaboration"], "answers": False})
    fork.make(root, **{**MADE, "term": "Autumn 2027", "repository": NEW + "-2"})
    here = course.read(root)
    assert (here.term, here.drop, here.answers) == ("Autumn 2027", ("Collaboration",), False)
    assert "my-course-2" in (root / "CITATION.cff").read_text()


def test_chapters_are_dropped_added_and_put_first(root):
    (root / "book/course").mkdir()
    for name in ("one", "two", "index"):
        (root / f"book/course/{name}.md").write_text("# Ours\n")
    ours = [{"caption": "Ours", "chapters": [{"file": "book/course/one"}]},
            {"caption": "Coalescence", "chapters": [{"file": "book/course/two"}]}]  # fmt: skip
    fork.write(root, {"drop": ["Collaboration", "book/coalescence/rise"], "add": ours,
                      "root": "book/course/index"})  # fmt: skip
    toc = course.contents(root)
    kept = course.files(toc)
    assert kept[0] == "book/course/index"
    assert not {"book/index", "book/coalescence/rise", "book/collaboration/ecosystem"} & set(kept)
    captions = [part["caption"] for part in toc["parts"]]
    assert "Collaboration" not in captions
    assert captions[-2:] == ["Ours", "Teaching"]
    assert toc["parts"][0]["chapters"][-1]["file"] == "book/course/two"


@pytest.mark.parametrize(
    ("own", "fault"),
    [
        ({"titel": "x"}, "found titel, expected some of title, author"),
        ({"repository": "me/my-course"}, "'me/my-course': expected https://github.com/owner/name"),
        ({"drop": "Collaboration"}, "drop: found 'Collaboration', expected a list"),
        ({"drop": ["book/x"]}, "drop: found 'book/x', expected a chapter or caption of _toc.yml"),
        ({"drop": ["book/teaching/sources"]}, "book/teaching/sources must stay, others need them"),
        ({"drop": ["Teaching"]}, "must stay, others need them"),
        ({"add": ["book/course/x"]}, "expected a caption and its chapters"),
        ({"add": [{"caption": "x", "chapters": [{"file": "book/x"}]}]}, "'book/x'}, expected file"),
        ({"answers": "no thanks"}, "answers: found 'no thanks', expected true or false"),
        ({"root": "book/x"}, "root: found 'book/x', expected a page that exists"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_what_was_expected(root, own, fault):
    fork.make(root, **MADE)
    before = (root / "course.yml").read_text()
    with pytest.raises(course.CourseError, match=re.escape(fault)):
        fork.write(root, {**fork.settings(root), **own})
    assert (root / "course.yml").read_text() == before


@pytest.mark.parametrize("missing", ["repository", "title", "author"])
def test_a_fork_needs_an_address_a_title_and_an_author(root, missing):
    with pytest.raises(course.CourseError, match="is empty: expected make fork REPO="):
        fork.make(root, **{**MADE, missing: " "})
    assert not (root / "course.yml").exists()


def test_a_chapter_needs_a_name_of_its_own_and_a_fork(root):
    with pytest.raises(course.CourseError, match="expected make fork before the first chapter"):
        fork.chapter(root, "our-firm", "")
    fork.make(root, **MADE)
    with pytest.raises(course.CourseError, match="expected lower-case letters"):
        fork.chapter(root, "Our Firm", "")
    assert fork.chapter(root, "our-firm", "")[0] == "book/course/our-firm.md"
    with pytest.raises(course.CourseError, match="is there already"):
        fork.chapter(root, "our-firm", "")
    assert "book/course/our-firm" in course.files(course.contents(root))


# --- another company's data ---


@pytest.fixture
def other(tmp_path, monkeypatch) -> Path:
    """The casebook's tables with the company's replaced by another's."""
    folder = Path(shutil.copytree(data.FOLDER, tmp_path / "data"))
    shutil.rmtree(folder / "course", ignore_errors=True)
    swap(folder)
    monkeypatch.setattr(data, "FOLDER", folder)
    monkeypatch.delenv(data.TABLES, raising=False)
    forget()
    yield folder
    forget()


def forget():
    data._package.cache_clear()
    data._read.cache_clear()


ROW = "{metric},{year},year,{year},{value},stated,{unit},as in the report,verified,primary,{title},https://example.org/report,"


def swap(folder: Path) -> None:
    """Put another company's table into `data/course/`."""
    own = folder / "course"
    own.mkdir()
    head = (folder / "company.csv").read_text(encoding="utf-8").partition("\n")[0]
    rows = [ROW.format(metric="revenue_total", year=2018 + n, value=10 + n, unit="EUR bn",
                       title="Annual report") for n in range(6)]  # fmt: skip
    rows += [
        ROW.format(metric="bicycles_sold", year=2023, value=4.5, unit="million", title="Report")
    ]
    (own / "company.csv").write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    words = ["table,metric,label,unit", "company,bicycles_sold,Bicycles sold,million",
             "company,revenue_total,Revenue,EUR bn", ""]  # fmt: skip
    (own / "metrics.csv").write_text("\n".join(words), encoding="utf-8")


def test_another_companys_table_takes_the_place_of_the_first(other):
    data.check()
    assert data.swapped() == ["company"]
    assert list(data.series("revenue_total")["value"]) == [10, 11, 12, 13, 14, 15]
    assert data.words("bicycles_sold") == "Bicycles sold (million)"
    assert len(data.table("partners")) > 100, "a table that was not swapped is gone"


def test_a_figure_that_the_other_company_lacks_is_named_with_its_file(other):
    with pytest.raises(KeyError, match=r"'smartphones_sold' \(course/company.csv\)"):
        data.series("smartphones_sold")


def test_the_swapped_table_is_held_against_the_schema(other):
    file = other / "course" / "company.csv"
    file.write_text(file.read_text().replace(",10,stated", ",ten,stated"))
    with pytest.raises(
        data.DataError, match=r"course/company.csv, row 2, column value: found 'ten'"
    ):
        data.check()


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("ours.csv", "x\n", "course/ours.csv: found this file, expected one of company.csv"),
        ("metrics.csv", "table,metric\nx,y\n", "metrics.csv, row 2: found"),
        ("metrics.csv", "table,metric,label,unit\nclaims,a,b,c\n",
         "row 2, column table: found 'claims', expected one of company, partners"),
    ],
)  # fmt: skip
def test_a_file_that_has_no_place_is_refused(other, name, text, fault):
    (other / "course" / name).write_text(text)
    with pytest.raises(data.DataError, match=re.escape(fault)):
        data.check()


def test_a_chapter_that_asks_for_the_first_companys_figures_is_told_which(other, monkeypatch):
    said = []
    monkeypatch.setattr(course.log, "warning", lambda text, *of, **_: said.append(text % of))
    chapters = {name: (ROOT / f"{name}.md").read_text(encoding="utf-8") for name in (
        "book/coalescence/together", "book/coalescence/selection")}  # fmt: skip
    for name, text in chapters.items():
        course.ask_tables(SimpleNamespace(), name, [text])
    told = "asks for users_5plus_devices, which data/course/company.csv does not hold: add it, or"
    assert any(line.startswith(told) for line in said)
    assert not any("investees" in line for line in said), "the partners' table was not swapped"


def test_every_figure_that_a_chapter_asks_for_is_in_the_casebooks_tables():
    known = {name: data.metrics(name) for name in data.tables()}
    asked = set()
    for chapter in course.files(course.contents(ROOT, course.original(ROOT))):
        text = (ROOT / f"{chapter}.md").read_text(encoding="utf-8")
        asked |= set(names.asked(text, {name: words for name, (words, _) in known.items()}))
    assert {"company", "partners", "industry", "products", "exchange", "flash_sales"} <= asked


# --- references ---


@pytest.mark.parametrize(
    ("kind", "target", "words"),
    [
        ("doc", "/book/coalescence/trust", "Trust"),
        ("doc", "../coalescence/trust", "Trust"),
        ("ref", "trust", "Trust"),
        ("numref", "fig-together-sixteen", "a figure of “The four together”"),
        ("eq", "eq-equity-best", "a formula of “Partner equity”"),
        ("doc", "/book/coalescence/never", None),
        ("doc", "never", None),
        ("numref", "fig-never", None),
        ("eq", "eq-never", None),
    ],
)
def test_only_what_a_course_left_out_becomes_words(kind, target, words):
    app = SimpleNamespace(srcdir=ROOT)
    env = SimpleNamespace(found_docs={"book/index", "book/course/x"})
    node = {"reftype": kind, "reftarget": target, "refdoc": "book/course/x", "refexplicit": False}
    shown = course.in_words(app, env, node, nodes.inline("", "shown"))
    assert (shown and shown.astext()) == words


# --- the whole: a clone, a course, an upstream change, a build ---


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=A. Teacher", "-c", "user.email=teacher@example.org"]
    command = ["git", "-C", str(folder), *who, *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def improve(upstream: Path) -> None:
    """What the casebook's authors might change in a week."""
    changes = {
        "_config.yml": ("timeout: 120", "timeout: 121"),
        "_toc.yml": ("      - file: book/coalescence/selection\n",
                     "      - file: book/coalescence/selection\n"
                     "      - file: book/coalescence/fresh\n"),
        "CITATION.cff": ("version: 0.1.0", "version: 0.2.0"),
        "book/coalescence/selection.md": ("## The claim\n", "## The claim\n\nA new sentence.\n"),
        "data/company.csv": (",stated,", ",about,"),
        "README.md": ("## Licence and citation", "## Licence, and citation"),
    }  # fmt: skip
    for name, (old, new) in changes.items():
        text = (upstream / name).read_text(encoding="utf-8")
        assert old in text
        (upstream / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    fresh = "# Fresh\n\nSee {doc}`/book/coalescence/rise` and {numref}`fig-together-sixteen`.\n"
    (upstream / "book/coalescence/fresh.md").write_text(fresh)


@pytest.mark.build
def test_a_fork_is_made_merged_and_built_under_its_own_address(tmp_path):
    upstream, here = tmp_path / "upstream", tmp_path / "here"
    upstream.mkdir()
    listed = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    for name in listed:
        if (ROOT / name).is_file() and not (ROOT / name).is_symlink():
            (upstream / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, upstream / name)
    (upstream / "course.yml").unlink(missing_ok=True)
    shutil.rmtree(upstream / "data" / "course", ignore_errors=True)
    git(upstream, "init", "--quiet", "--initial-branch=main")
    git(upstream, "add", ".")
    git(upstream, "commit", "--quiet", "-m", "The casebook")
    git(tmp_path, "clone", "--quiet", str(upstream), "here")

    fork.make(here, **MADE)
    fork.chapter(here, "our-firm", "Our firm")
    first = "# Welcome\n\nBegin with {doc}`our-firm`, then read {doc}`../coalescence/trust`.\n"
    first += f"The code is at {OLD.repository}.\n"
    (here / "book/course/index.md").write_text(first)
    swap(here / "data")
    kept = {"book/index", "book/course/our-firm", "book/coalescence/selection", *course.NEEDED}
    drop = [name for name in course.files(course.contents(here)) if name not in kept]
    fork.write(here, {**fork.settings(here), "drop": drop, "root": "book/course/index"})
    git(here, "add", ".")
    git(here, "commit", "--quiet", "-m", "Our course")

    improve(upstream)
    git(upstream, "add", ".")
    git(upstream, "commit", "--quiet", "-m", "Improvements")
    git(here, "pull", "--quiet", "--no-rebase", "--no-edit")
    assert git(here, "status", "--porcelain") == ""
    assert "version: 0.2.0" in (here / "CITATION.cff").read_text()
    assert course.files(course.contents(here)) == [
        "book/course/index", "book/coalescence/selection", "book/coalescence/fresh",
        "book/course/our-firm", *course.NEEDED]  # fmt: skip

    (here / "vendor").symlink_to(ROOT / "vendor")
    book = Book.__new__(Book)
    book.folder = here
    code, log = book.build()
    assert code == 0, re.findall(r".*(?:WARNING|ERROR|CRITICAL):.*", log) or log[-3000:]
    kinds = (".html", ".js", ".md", ".ipynb", ".json", ".txt")
    built = [path for path in (here / "_build/html").rglob("*") if path.suffix in kinds]
    pages = {path: path.read_text(encoding="utf-8") for path in built}
    assert len([path for path in pages if path.suffix == ".html"]) >= 8
    old = [path.name for path, text in pages.items() if OLD.slug in text or OLD.pages in text]
    assert old == [], "the casebook's address is still there"
    html = {path.stem: text for path, text in pages.items() if path.suffix == ".html"}
    addresses = {one for text in html.values()
                 for one in re.findall(r"https://github\.com/[\w.-]+/[\w.-]+", text)}  # fmt: skip
    assert NEW in addresses
    assert not {one for one in addresses if "your-name" in one or "strategic-coalescence" in one}
    assert "Spring 2027." in html["our-firm"]
    assert "Made from “Strategic Coalescence”" in html["our-firm"]
    assert "By A. Teacher" in re.sub(r"\s+", " ", html["our-firm"])
    assert "EUR bn" in html["our-firm"]
    assert "A new sentence." in html["selection"]
    assert '<span class="cb-left-out">' in html["selection"], "a dropped chapter is not in words"
    assert "a figure of “The four together”" in html["fresh"]
    left = [path for path in (here / "_build/html/book").rglob("*.html") if path.stem == "trust"]
    assert left == []


@pytest.mark.build
def test_what_the_template_makes_passes_the_casebooks_own_checks(tmp_path):
    """Style, types, the frame of a chapter, and the test that comes with it."""
    here = tmp_path / "here"
    leave = shutil.ignore_patterns("__pycache__", ".*", "_build", "vendor")
    shutil.copytree(ROOT, here, ignore=leave, symlinks=True)
    fork.make(here, **MADE)
    fork.chapter(here, "our-firm", "Our firm")
    made = ["coalescence/models/our_firm.py", "coalescence/charts/our_firm.py",
            "tests/test_our_firm.py"]  # fmt: skip
    python = [sys.executable, "-m"]
    for command in (
        ["ruff", "check", *made],
        ["ruff", "format", "--check", *made],
        ["mypy", f"--cache-dir={ROOT / '.mypy_cache'}", *made[:2]],
        ["pytest", "-q", "-k", "our or checked", "tests/test_our_firm.py", "tests/test_chapters.py",
         "tests/test_names.py", "tests/test_verification.py"],
    ):  # fmt: skip
        done = subprocess.run([*python, *command], cwd=here, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "no tests ran" not in done.stdout
