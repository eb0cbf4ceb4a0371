"""The table of what each model was checked against: every check is there and can be found."""

import ast
import re
from pathlib import Path

from coalescence import data

ROOT = Path(__file__).resolve().parent.parent
CHECKS = data.table("verification")
MODELS = {
    path.stem for path in (ROOT / "coalescence" / "models").glob("*.py") if path.stem[0] != "_"
}
OWN = {path.stem.replace("-", "_") for path in (ROOT / "book" / "course").glob("*.md")}


def names_in(file):
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_check_names_a_test_that_is_there():
    named = {}
    for file, name in (test.split("::") for test in CHECKS["test"]):
        named.setdefault(file, set()).add(name)
    missing = {file: names - names_in(file) for file, names in named.items()}
    assert {file: names for file, names in missing.items() if names} == {}


def test_every_reference_is_in_the_bibliography():
    text = (ROOT / "data" / "references.bib").read_text(encoding="utf-8")
    keys = re.findall(r"^@\w+\{([^,]+),", text, flags=re.M)
    assert len(keys) == len(set(keys))
    assert {k for keys in CHECKS["reference"] for k in keys.split(";") if k} <= set(keys)


def test_every_model_was_checked_against_something():
    checked = {test.removeprefix("test_").split(".py")[0] for test in CHECKS["test"]}
    assert checked >= MODELS - OWN, "a course's own models are checked in its own tests"
    words = {chapter.replace("-", "_") for chapter in CHECKS["chapter"]}
    assert words <= MODELS | {"customers"}
