"""A chapter as a notebook that runs alone: its cells as they are, its text as plain Markdown.

Jupyter, Colab and JupyterLite know Markdown and formulas, but not the book's roles and blocks.
"""

import re
from collections.abc import Callable
from typing import Any

import jupytext
import nbformat

ROLE = re.compile(r"\{([a-z]+(?::[a-z]+)?)\}`([^`]+)`")
TARGET = re.compile(r"^\([\w-]+\)=\n", re.M)
LABEL = re.compile(r"\n?\$\$ \(([\w-]+)\)")
BLOCK = re.compile(
    r"^(?P<fence>:{3,}|`{3,})\{(?P<name>[\w-]+)\}(?P<title>.*)\n"
    r"(?P<body>(?:.*\n)*?)(?P=fence)[ ]*$",
    re.M,
)
OPTION = re.compile(r"^:[\w-]+:.*\n", re.M)
HIDDEN = {"remove-input", "remove-cell", "hide-input", "hide-cell"}
ALONE = """\
# The casebook's package and its data come as one file, if they are not here already.
from importlib.util import find_spec

if getattr(find_spec("coalescence"), "origin", None) is None:
    %pip install --quiet {wheel}"""

Say = Callable[[str, str], str]  # a role's name and text in, plain Markdown out


def notebook(chapter: str, say: Say, start: str, page: str) -> Any:
    """A chapter's MyST text as a notebook whose first cell is `start`.

    `say` puts each role into words; `page` is the address of the chapter as a page.
    """
    book = jupytext.reads(chapter, fmt="md:myst")
    kernel = book.metadata["kernelspec"]
    cells = [_code(start, ["hide-input"])]
    for cell in book.cells:
        if cell.cell_type == "markdown":
            cells.append(_text(plain(cell.source, say, page)))
            continue
        cells.append(_code(cell.source, cell.metadata.get("tags", [])))
        if figure := cell.metadata.get("mystnb", {}).get("figure"):
            number = say("numref", figure["name"])
            cells.append(_text(f"*{number}. {plain(figure['caption'], say, page)}*"))
    whole = nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}}
    )
    for place, cell in enumerate(whole.cells):
        cell["id"] = f"cell-{place}"  # the same at every build
    return whole


def plain(text: str, say: Say, page: str) -> str:
    """MyST text as plain Markdown: roles in words, blocks quoted, formulas with their numbers."""
    text = TARGET.sub("", text)
    text = LABEL.sub(lambda found: rf"{chr(10)}\tag{{{say('number', found[1])}}}{chr(10)}$$", text)
    text = BLOCK.sub(lambda found: _quote(found, page), text)
    return ROLE.sub(lambda found: say(found[1], found[2]), text)


def _quote(found: re.Match[str], page: str) -> str:
    body = OPTION.sub("", found["body"]).strip()
    body = BLOCK.sub(lambda inner: _quote(inner, page), body)
    title = found["title"].strip() or found["name"].capitalize()
    if not body:
        return f"[{title}, on the page]({page})"
    lines = [f"**{title}**", "", *body.splitlines()]
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _text(source: str) -> Any:
    return nbformat.v4.new_markdown_cell(source)


def _code(source: str, tags: list[str]) -> Any:
    """A code cell, folded away where the page does not show its code."""
    folded = {"jupyter": {"source_hidden": True}, "cellView": "form"} if HIDDEN & {*tags} else {}
    return nbformat.v4.new_code_cell(
        source, metadata={**folded, **({"tags": tags} if tags else {})}
    )
