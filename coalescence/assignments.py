"""Chapters' exercises as nbgrader assignments: what "Your turn" asks, with solution and tests.

python -m coalescence.assignments [OUT]

Each chapter gives one notebook. Where the folded answer has a line `answer = ...  # what it is`, a
hidden test compares the student's `answer` with it; everywhere else a person reads the code.
"""

import argparse
import ast
import os
import re
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import jupytext
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from coalescence import course, edition
from coalescence.grade import plain
from coalescence.lab import BUILDER

POINTS = {"form": 1, "value": 4, "code": 5, "why": 5}
ANSWER = re.compile(r"^answer = [^\n]*?  # ([^\n]+)$", re.M)
ROLE = re.compile(r"\{(\w+)(?::\w+)?\}`([^`]*)`")
CONFIG = """\
# nbgrader's settings for this course; see https://nbgrader.readthedocs.io
c = get_config()
c.CourseDirectory.root = {root!r}
c.CourseDirectory.course_id = {name!r}
"""


class Exercise(NamedTuple):
    """What a chapter asks under "Your turn"."""

    chapter: str  # its path without ending
    title: str
    before: str  # what its cells define before the exercise
    question: str
    start: str  # the code that the student changes
    solution: str
    wanted: str  # what goes into `answer`; empty where a person must grade
    expected: Any

    @property
    def name(self) -> str:
        """The assignment's name."""
        return self.chapter.removeprefix("book/").replace("/", "-")


def exercise(chapter: str, text: str) -> Exercise | None:
    """The exercise in a chapter's text, its cells run to know the answer; None if it has none."""
    cells = jupytext.reads(edition.student(text), fmt="md:myst").cells
    at = next((i for i, cell in enumerate(cells) if "## Your turn" in cell.source), None)
    if at is None:
        return None
    after = cells[at + 1 :]
    folded = next((i for i, cell in enumerate(after) if _folded(cell)), None)
    if folded is None:
        return None
    before = "\n".join(definitions(cell.source) for cell in cells[:at] if _code(cell))
    start = "\n\n".join(cell.source for cell in after[:folded] if _code(cell))
    asked = [cells[at].source.partition("## Your turn")[2]]
    asked += [cell.source for cell in after[:folded] if not _code(cell)]
    solution = after[folded].source
    known: dict[str, Any] = {"__name__": "__main__"}
    with mock.patch.dict(os.environ), redirect_stdout(StringIO()):
        os.environ.pop(BUILDER, None)
        for code in (before, start):
            exec(compile(code, chapter, "exec"), known)
        question = words("\n".join(asked).strip(), known)
        exec(compile(solution, chapter, "exec"), known)
    wanted = ANSWER.search(solution)
    title = text.partition("\n# ")[2].partition("\n")[0]
    expected = plain(known["answer"]) if wanted else None
    named = wanted[1] if wanted else ""
    return Exercise(chapter, title, before, question, start, solution, named, expected)


def _code(cell: Any) -> bool:
    return bool(cell.cell_type == "code")


def _folded(cell: Any) -> bool:
    return "hide-cell" in cell.metadata.get("tags", [])


def definitions(code: str) -> str:
    """What a cell defines: its statements without those that only show something."""
    lines = code.splitlines()
    kept = [node for node in ast.parse(code).body if not isinstance(node, ast.Expr)]
    return "\n".join("\n".join(lines[_first(node) - 1 : node.end_lineno]) for node in kept)


def _first(node: ast.stmt) -> int:
    marks = getattr(node, "decorator_list", [])
    return int(min([node.lineno, *(mark.lineno for mark in marks)]))


def words(text: str, known: dict[str, Any]) -> str:
    """A chapter's Markdown for a plain notebook: numbers computed, references in words."""

    def said(role: re.Match[str]) -> str:
        kind, body = role.groups()
        if kind == "eval":
            return str(eval(body, known))
        shown = re.sub(r"\s*<[^>]*>$", "", body)
        return {"eq": "the chapter's equation", "numref": "the chapter's figure",
                "cite": "(see the chapter)", "doc": "another chapter"}.get(kind, shown)  # fmt: skip

    return re.sub(r"^(\$\$.*\$\$) \([\w-]+\)$", r"\1", ROLE.sub(said, text), flags=re.M)


def notebook(one: Exercise, site: str) -> Any:
    """The teacher's notebook of an exercise, as nbgrader reads it."""
    head = (
        f"# {one.title}: your turn\n\nRead [the chapter]({site}{one.chapter}.html) first. The next "
        "cell holds what its cells have defined by then; run it and leave it as it is."
    )
    solution = f"### BEGIN SOLUTION\n{one.solution}\n### END SOLUTION"
    cells = [
        new_markdown_cell(head),
        _marked(new_code_cell(one.before), "before", locked=True),
        new_markdown_cell(one.question),
    ]
    if one.wanted:
        start = f"{one.start}\n\n# Put into `answer`: {one.wanted}.\n{solution}"
        form = "from coalescence.grade import finite\n\nassert finite(answer), "
        form += '"`answer` must hold finite numbers"'
        value = (
            "# A hidden test holds `answer` against the chapter's, within three percent.\n"
            "### BEGIN HIDDEN TESTS\nfrom coalescence.grade import agrees\n\n"
            f"assert agrees(answer, {one.expected!r})\n### END HIDDEN TESTS"
        )
        cells += [
            _marked(new_code_cell(start), "code", solution=True),
            _marked(new_code_cell(form), "form", grade=True, locked=True),
            _marked(new_code_cell(value), "value", grade=True, locked=True),
        ]
    else:
        cells += [
            _marked(new_code_cell(f"{one.start}\n\n{solution}"), "code", grade=True, solution=True)
        ]
    why = "Say in three sentences what you found, and why it is so."
    notes = re.findall(r"^# (.+)$|\"([^\"{]{20,})\"", one.solution, flags=re.M)
    told = " ".join(a or b for a, b in notes) or "What the code shows, with its reason."
    cells += [
        new_markdown_cell(why),
        _marked(
            new_markdown_cell(f"### BEGIN SOLUTION\n{told}\n### END SOLUTION"),
            "why", grade=True, solution=True,
        ),
    ]  # fmt: skip
    made = new_notebook(cells=cells)
    made.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python",
                                   "name": "python3"}  # fmt: skip
    for number, cell in enumerate(made.cells):
        cell["id"] = f"cell-{number}"  # the same from run to run
    return made


def _marked(
    cell: Any, name: str, *, grade: bool = False, solution: bool = False, locked: bool = False
) -> Any:
    mark = {"schema_version": 3, "grade_id": name, "grade": grade, "solution": solution,
            "locked": locked, "task": False, "cell_type": cell.cell_type}  # fmt: skip
    if grade:
        mark["points"] = POINTS[name]
    cell.metadata["nbgrader"] = mark
    return cell


def write(out: Path, chapters: list[str] | None = None, root: Path = course.ROOT) -> list[Exercise]:
    """Write the source notebooks of all chapters (or of some), and nbgrader's settings."""
    here = course.read(root)
    out.mkdir(parents=True, exist_ok=True)
    config = CONFIG.format(root=str(out.resolve()), name=here.slug.partition("/")[2])
    (out / "nbgrader_config.py").write_text(config, encoding="utf-8")
    made = []
    for chapter in chapters or course.files(course.contents(root)):
        one = exercise(chapter, (root / f"{chapter}.md").read_text(encoding="utf-8"))
        if one is None:
            continue
        file = out / "source" / one.name / f"{one.name}.ipynb"
        file.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook(one, here.pages), file)
        made.append(one)
    return made


def release(out: Path, made: list[Exercise]) -> None:
    """Let nbgrader write the students' notebooks, without solutions and hidden tests."""
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    tools = str(Path(sys.executable).parent)  # nbgrader calls alembic by its bare name
    if tools not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([tools, os.environ["PATH"]])
    config = Config()
    config.CourseDirectory.root = str(out.resolve())
    grader = NbGraderAPI(config=config)
    for one in made:
        done = grader.generate_assignment(one.name, force=True, create=True)
        if not done["success"]:
            raise RuntimeError(f"{one.name}: nbgrader refused it:\n{done.get('log', done)}")


def main() -> int:
    """Write all assignments."""
    parser = argparse.ArgumentParser(description="Make nbgrader assignments of the exercises.")
    parser.add_argument("out", type=Path, nargs="?", default=course.ROOT / "_build/assignments")
    out = parser.parse_args().out
    made = write(out)
    release(out, made)
    graded = sum(bool(one.wanted) for one in made)
    print(f"{len(made)} assignments in {out}, {graded} of them graded without a reader.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
