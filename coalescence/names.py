"""Which word, symbol and name in the code belong together?

The models' records are read for their fields, the chapters for the one place at which each ties a
symbol to a name, written $s$ (`stake`). Nothing is listed twice by hand.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

TIED = re.compile(r"\$([^$\n]+)\$ \(`(\w+)`")
CLAIM = re.compile(r"\{claim\}`(C\d\d)`")
CODE = re.compile(r"^```\{code-cell\}[^\n]*\n(.*?)^```", re.S | re.M)
IMPORT = re.compile(r"^from coalescence\.models import (.+)$", re.M)


class Name(NamedTuple):
    """A field of a model's record."""

    record: str
    name: str
    default: str  # as written; empty if there is none
    meaning: str  # with its unit


def fields(module: Path) -> Iterator[Name]:
    """The fields of a module's records that a comment explains, in their order."""
    source = module.read_text(encoding="utf-8")
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if not isinstance(node, ast.ClassDef):
            continue
        for one in node.body:
            if not (isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)):
                continue
            meaning = lines[(one.end_lineno or one.lineno) - 1].partition("#")[2].strip()
            if meaning:
                default = ast.unparse(one.value) if one.value else ""
                yield Name(node.name, one.target.id, default, meaning)


def tied(chapter: str) -> dict[str, str]:
    """The symbol that a chapter's text ties to each name, as TeX; the first place counts."""
    found: dict[str, str] = {}
    for symbol, name in TIED.findall(chapter):
        found.setdefault(name, symbol)
    return found


def models(chapter: str) -> list[str]:
    """The model modules that a chapter imports, in its order."""
    return [
        name.strip().split(" as ")[0]
        for line in IMPORT.findall(chapter)
        for name in line.split(",")
    ]


def cited(chapter: str) -> set[str]:
    """The numbers of the claims that a chapter judges."""
    return set(CLAIM.findall(chapter))


def quoted(chapter: str) -> set[str]:
    """The words that a chapter's code and computed numbers put between quotes."""
    code = "\n".join([*CODE.findall(chapter), *re.findall(r"\{eval\}`([^`]*)`", chapter)])
    return {one or two for one, two in re.findall(r"\"(\w+)\"|'(\w+)'", code)}


def asked(chapter: str, metrics: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The tables that a chapter asks, and for which of their `metrics` (table to names)."""
    said = quoted(chapter)
    found = {name: said & known for name, known in metrics.items()}
    named = {table for table in metrics if f'"{table}"' in chapter or f"'{table}'" in chapter}
    alone = {
        table: {one for one in words if sum(one in known for known in metrics.values()) == 1}
        for table, words in found.items()
    }
    return {table: found[table] for table in metrics if alone[table] or table in named}
