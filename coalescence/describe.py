"""What a search engine, a link in a message or a post shows of a page: words, and a card."""

import re
import textwrap
from html import escape
from pathlib import Path
from typing import Any

import vl_convert as vlc
from docutils import nodes
from sphinx.application import Sphinx

from coalescence import launch, take

WORDS = 200  # characters of a description, at most
CARD = "_static/card.png"
SIZE = (1200, 630)  # pixels of the card, as those who show it expect
SIGN = re.compile(r"\s*(?<!\w)(?:C\d\d|\[[^\]]*\])(?=\W|$)")  # claims' numbers and citations
VIEW = re.compile(r'<svg [^>]*?viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*>')


def said(doctree: nodes.document) -> str:
    """What a chapter is about: its claim's first paragraph, else the first one that is its own."""
    sections = [s for s in doctree.findall(nodes.section) if s[0].astext() == "The claim"]
    for place in [*sections, doctree]:
        for paragraph in place.findall(nodes.paragraph):
            if isinstance(paragraph.parent, (nodes.section, nodes.document)):
                text = " ".join(SIGN.sub("", paragraph.astext()).split())
                return textwrap.shorten(text, WORDS, placeholder=" ...")
    return ""


def describe(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Give a page its description and its card."""
    if doctree is None or app.builder.name != "html":
        return
    pages = launch.place(app.config).pages
    title = re.sub(r"<[^>]*>", "", str(context.get("title", "")))
    words = said(doctree) or str(app.config.html_title)
    told = {
        "og:title": title, "og:description": words, "og:type": "article",
        "og:url": f"{pages}{page}.html", "og:image": f"{pages}{CARD}",
    }  # fmt: skip
    tags = [f'<meta name="description" content="{escape(words)}" />']
    tags += [f'<meta property="{name}" content="{escape(text)}" />' for name, text in told.items()]
    tags += ['<meta name="twitter:card" content="summary_large_image" />']
    context["metatags"] = context.get("metatags", "") + "\n" + "\n".join(tags)


def card(title: str, figure: str) -> bytes:
    """A PNG of SIZE with the book's title beside a figure (the text of an SVG)."""
    view = VIEW.search(figure)
    if view is None:
        raise ValueError("the figure has no size; expected a viewBox")
    wide, high = (float(number) for number in view.groups())
    scale = min(600 / wide, 520 / high)
    lines = "".join(
        f'<text x="60" y="{250 + 74 * n}" font-size="60" font-weight="600">{escape(line)}</text>'
        for n, line in enumerate(textwrap.wrap(title, 16)[:4])
    )
    inner = figure[view.end() : figure.rindex("</svg>")]
    whole = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIZE[0]}" height="{SIZE[1]}" '
        'font-family="Arial, Liberation Sans, sans-serif" fill="#1f2328">'
        '<rect width="100%" height="100%" fill="#ffffff"/>'
        '<rect width="16" height="100%" fill="#0072b2"/>'
        f"{lines}<g transform='translate(560 {(SIZE[1] - high * scale) / 2:g}) scale({scale:g})'>"
        f"{inner}</g></svg>"
    )
    return bytes(vlc.svg_to_png(whole))


def draw(app: Sphinx, error: Exception | None) -> None:
    """Draw the card from the first figure of the first page."""
    out = Path(app.outdir)
    root = str(app.config.root_doc).removeprefix("book/").replace("/", "-")
    figure = out / take.FILES / f"{root}-1.svg"
    if error is None and app.builder.name == "html" and figure.exists():
        made = card(str(app.config.html_title), figure.read_text(encoding="utf-8"))
        (out / CARD).write_bytes(made)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the above with Sphinx."""
    app.connect("html-page-context", describe)
    app.connect("build-finished", draw)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
