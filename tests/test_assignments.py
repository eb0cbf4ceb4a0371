"""The exercises as assignments: nbgrader releases them, and grades a right and a wrong answer."""

import os
from pathlib import Path
from unittest import mock

import nbformat
import numpy as np
import pandas as pd
import pytest

from coalescence import assignments, course
from coalescence.grade import agrees, finite, plain
from coalescence.lab import BUILDER
from tests.served import ROOT

# Two of the chapters that grade themselves, of a number and of a count; and a wrong answer.
WRONG = {
    "book/coalescence/strategy": "answer = 65.0",
    "book/coalescence/selection": "answer = 50",
}
READ = "book/coalescence/portfolio"  # a person reads this one


def text(chapter):
    return (ROOT / f"{chapter}.md").read_text(encoding="utf-8")


# --- what agrees ---


@pytest.mark.parametrize(
    ("given", "expected", "right"),
    [
        (0.75, 0.7499999, True),
        (np.float64(0.74), 0.75, True),
        (0.7, 0.75, False),
        (57, 57, True),
        (56, 57, False),
        (np.array([1.0, 2.0]), [1.0, 2.001], True),
        (pd.Series([1.0, 2.0]), {0: 1.0, 1: 2.0}, True),
        ([1.0], [1.0, 2.0], False),
        ({"a": 1.0}, {"a": 1.0}, True),
        ({"b": 1.0}, {"a": 1.0}, False),
        (" Yes", "yes", True),
        (None, 1.0, False),
        ("1", 1.0, False),
        (float("nan"), 1.0, False),
    ],
)
def test_what_agrees(given, expected, right):
    assert agrees(given, expected) is right


def test_what_is_an_answer_at_all():
    assert finite([1, {"a": np.float64(2)}])
    assert not any(finite(one) for one in (None, [], [1, float("inf")], {"a": None}))
    assert plain((np.int64(1), np.array([2.0]))) == [1, [2.0]]


# --- what is made of a chapter ---


def test_an_exercise_is_read_from_a_chapter():
    one = assignments.exercise("book/coalescence/strategy", text("book/coalescence/strategy"))
    assert one.name == "coalescence-strategy"
    assert one.expected == pytest.approx(65 * 2 / 3)
    assert "RMB 65" in one.question
    assert "Show an answer" not in one.question
    assert "lab(" not in one.before
    assert one.wanted == "by how much the price in the shop falls, in RMB"


def test_numbers_in_a_question_are_computed_and_references_are_words():
    asked = "With {eval}`f'{2 * x}'` of {term}`margin <Gross margin>` by {eq}`eq-a` {cite:p}`bass`."
    told = assignments.words(asked, {"x": 4})
    assert told == "With 8 of margin by the chapter's equation (see the chapter)."


def test_every_exercise_of_the_book_becomes_an_assignment(tmp_path):
    """Each one's cells are run here, so that no notebook asks for a name that nothing defines."""
    made = assignments.write(tmp_path)
    chapters = [
        name for name in course.files(course.contents(ROOT)) if "Show an answer" in text(name)
    ]
    assert [one.chapter for one in made] == chapters
    assert len({one.name for one in made}) == len(made) >= 25
    assert sum(bool(one.wanted) for one in made) >= 12
    for one in made:
        file = tmp_path / "source" / one.name / f"{one.name}.ipynb"
        found = nbformat.read(file, as_version=4)
        nbformat.validate(found)
        names = [
            cell.metadata.nbgrader.grade_id for cell in found.cells if "nbgrader" in cell.metadata
        ]
        kinds = (
            ["before", "code", "form", "value", "why"] if one.wanted else ["before", "code", "why"]
        )
        assert names == kinds
        assert "{eval}" not in file.read_text(encoding="utf-8")


def answered(source: Path, release: Path, target: Path, answer: str | None) -> None:
    """A submission: the released notebook with the chapter's answer, or with another one."""
    asked = nbformat.read(release, as_version=4)
    solved = {cell.metadata.nbgrader.grade_id: cell for cell in
              nbformat.read(source, as_version=4).cells if "nbgrader" in cell.metadata}  # fmt: skip
    for cell in asked.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "code":
            cell.source = answer or solved["code"].source
    target.parent.mkdir(parents=True)
    nbformat.write(asked, target)


@pytest.mark.kernel
def test_nbgrader_gives_a_right_answer_full_points_and_a_wrong_one_fewer(tmp_path):
    from nbgrader.api import Gradebook
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    made = assignments.write(tmp_path, [*WRONG, READ])
    assignments.release(tmp_path, made)
    for one in made:
        source, release = (tmp_path / kind / one.name / f"{one.name}.ipynb" for kind in (
            "source", "release"))  # fmt: skip
        given = release.read_text(encoding="utf-8")
        for secret in ("BEGIN SOLUTION", "HIDDEN TESTS", "agrees("):
            assert secret in source.read_text(encoding="utf-8") or not one.wanted
            assert secret not in given, "the students' notebook gives the answer away"
        told = "\n".join(cell.source for cell in nbformat.reads(given, as_version=4).cells)
        assert max(one.solution.splitlines(), key=len) not in told
        for student in ("right", "wrong") if one.wanted else ("right",):
            answer = WRONG[one.chapter] if student == "wrong" else None
            target = tmp_path / "submitted" / student / one.name / f"{one.name}.ipynb"
            answered(source, release, target, answer)

    config = Config()
    config.CourseDirectory.root = str(tmp_path)
    grader = NbGraderAPI(config=config)
    kept = {key: value for key, value in os.environ.items() if key != BUILDER}
    with mock.patch.dict(os.environ, {**kept, "PYTHONPATH": str(ROOT)}, clear=True):
        for one in made:
            for student in ("right", "wrong") if one.wanted else ("right",):
                done = grader.autograde(one.name, student, force=True, create=True)
                assert done["success"], done
    form, value = assignments.POINTS["form"], assignments.POINTS["value"]
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as book:
        for one in made:
            grades = {}
            for student in ("right", "wrong") if one.wanted else ("right",):
                parts = book.find_submission(one.name, student).notebooks[0].grades
                grades[student] = {part.cell.name: part for part in parts}
            if one.wanted:
                right = [grades["right"][name].auto_score for name in ("form", "value")]
                assert right == [form, value], one.name
                assert grades["wrong"]["form"].auto_score == form
                assert grades["wrong"]["value"].auto_score == 0, one.name
            else:
                assert grades["right"]["code"].needs_manual_grade
            assert not grades["right"]["why"].auto_score
