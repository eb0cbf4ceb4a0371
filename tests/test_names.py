"""Words, symbols and names: read from the models and the chapters, and said alike in both."""

import re
from pathlib import Path

import pytest
import yaml

from coalescence import data, names

ROOT = Path(__file__).resolve().parent.parent
MODELS = sorted((ROOT / "coalescence" / "models").glob("[!_]*.py"))
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text())
FILES = [one["file"] for part in TOC["parts"] for one in part["chapters"]]


def text_of(file):
    return (ROOT / f"{file}.md").read_text(encoding="utf-8")


def test_fields_are_read_with_record_default_and_meaning(tmp_path):
    module = tmp_path / "one.py"
    module.write_text(
        "class Phone(NamedTuple):\n"
        '    """A phone."""\n\n'
        "    cost: float = 2.0  # RMB, of making one\n"
        "    sold: float  # pieces\n"
        "    rest: float\n"
        "    pair: tuple = (\n        1, 2,\n    )  # of two lines\n\n"
        "def cost(x: float) -> float:\n    y: float = x  # not a field\n    return y\n"
    )
    assert list(names.fields(module)) == [
        names.Name("Phone", "cost", "2.0", "RMB, of making one"),
        names.Name("Phone", "sold", "", "pieces"),
        names.Name("Phone", "pair", "(1, 2)", "of two lines"),
    ]


def test_the_first_place_that_ties_a_symbol_counts():
    text = "the share $s$ (`stake`), help $k_2$ (`investor`, a year); later $t$ (`stake`)"
    assert names.tied(text) == {"stake": "s", "investor": "k_2"}


def test_models_and_claims_of_a_chapter():
    text = "from coalescence.models import equity, trust as t\nx\n{claim}`C24` {claim}`C01`"
    assert names.models(text) == ["equity", "trust"]
    assert names.cited(text) == {"C24", "C01"}


@pytest.mark.parametrize("module", MODELS, ids=lambda path: path.stem)
def test_every_parameter_of_a_record_has_a_meaning(module):
    """A field with a default is something that a reader sets: it must say what it is."""
    source = module.read_text(encoding="utf-8")
    explained = {(one.record, one.name) for one in names.fields(module)}
    for record, body in re.findall(r"^class (\w+)\(NamedTuple\):\n(.*?)(?=^\S|\Z)", source,
                                   flags=re.S | re.M):  # fmt: skip
        for name in re.findall(r"^    (\w+): [^=\n]+ = ", body, flags=re.M):
            assert (record, name) in explained


@pytest.mark.parametrize("file", [file for file in FILES if "/teaching/" not in file])
def test_a_symbol_is_tied_to_a_name_that_the_code_has(file):
    code = "\n".join(
        (ROOT / "coalescence" / "models" / f"{module}.py").read_text(encoding="utf-8")
        for module in [*names.models(text_of(file)), "_check"]
    )
    for name in names.tied(text_of(file)):
        assert re.search(rf"\b{name}\b", code), f"{name} stands in no model of this chapter"


def test_every_claim_of_the_ledger_is_judged_in_a_chapter_and_no_other_is():
    chapters = [file for file in FILES if "/teaching/" not in file]
    judged = set().union(*(names.cited(text_of(file)) for file in chapters))
    assert judged | {"C01"} == set(data.table("claims").id)  # C01 notes what the documents are
