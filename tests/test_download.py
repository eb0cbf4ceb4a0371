"""A chapter downloaded as a notebook: plain to read, and it runs alone in an empty folder."""

import ast
import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from coalescence.download import ALONE, notebook, plain
from coalescence.lab import BUILDER
from coalescence.launch import WHEEL, WHEELS, bibliography, published
from tests.places import alone, kernel
from tests.served import HTML, ROOT, notebooks, served, with_labs

NOTEBOOKS = HTML / "_sources"
# Every third chapter, and those whose labs are unlike the others'; EVERY=1 takes them all.
ODD = {"book/index", "book/simulator/flight", "book/simulator/uncertainty", "book/teaching/sources"}
SOME = [
    name
    for i, name in enumerate(notebooks())
    if i % 3 == 1 or name in ODD or os.environ.get("EVERY")
]
MOVE = """
from coalescence.lab import Lab

for lab in [shown for shown in Out.values() if isinstance(shown, Lab)]:
    assert lab.live.box.get_state()["_view_name"] == "VBoxView"
    before = [chart.outputs for chart in lab.live.charts]
    for name, part in lab.parts.items():
        lab.controls[name].value = part.stops[part.start - 1 if part.start else 1]
    after = [chart.outputs for chart in lab.live.charts]
    assert all(a != b for a, b in zip(before, after)), f"{lab.title}: the chart stayed"
    assert lab.data.equals(lab.table(**lab.value))
    print("moved:", lab.title)
"""
WHERE = "import coalescence; print(coalescence.__file__)"


# --- from MyST to plain Markdown ---


def say(role, text):
    return f"<{role} {text}>"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("No role: `{x}` and $a_{i}$.", "No role: `{x}` and $a_{i}$."),
        ("As {cite:t}`a2000` says {claim}`C24`.", "As <cite:t a2000> says <claim C24>."),
        ('Up {eval}`f"{x:.0%}"` of it.', 'Up <eval f"{x:.0%}"> of it.'),
        ("(mark)=\n# Title\n", "# Title\n"),
        ("$$\na\n$$ (eq-a)\n\nb", "$$\na\n\\tag{<number eq-a>}\n$$\n\nb"),
        (":::{tip} Mind\n:class: a\nOne.\n\nTwo.\n:::\n", "> **Mind**\n>\n> One.\n>\n> Two.\n"),
        (":::{note}\n{doc}`/a`\n:::\n", "> **Note**\n>\n> <doc /a>\n"),
        ("```{ledger}\n```\n", "[Ledger, on the page](page.html)\n"),
        ("```{ledger}\n```\n\n## Next\n\n```{symbols}\n```", "[Ledger, on the page](page.html)\n\n"
         "## Next\n\n[Symbols, on the page](page.html)"),
        ("````{tip} D\n```{x}\n```\n````", "> **D**\n>\n> [X, on the page](page.html)"),
        ("```python\nx = 1\n```\n", "```python\nx = 1\n```\n"),
    ],
)  # fmt: skip
def test_plain_markdown_has_no_role_or_block_left(text, wanted):
    assert plain(text, say, "page.html") == wanted


HEAD = "---\nkernelspec:\n  display_name: Python 3\n  language: python\n  name: python3\n---\n\n"


def test_a_notebook_starts_with_the_package_and_folds_what_the_page_hides():
    cells = "```{code-cell}\n:tags: [remove-input]\n1\n```\n\n```{code-cell}\n2\n```\n"
    made = notebook(f"{HEAD}# A\n\n{cells}", say, "start", "page.html")
    nbformat.validate(made)
    assert [one.source for one in made.cells] == ["start", "# A", "1", "2"]
    folded = [one.metadata.get("jupyter", {}).get("source_hidden", False) for one in made.cells]
    assert folded == [True, False, True, False]


def test_a_figure_keeps_its_number_and_caption():
    options = "---\nmystnb:\n  figure:\n    name: fig-a\n    caption: Sales {claim}`C01`.\n---\n"
    made = notebook(
        f"{HEAD}```{{code-cell}} ipython3\n{options}1\n```\n", say, "start", "page.html"
    )
    assert made.cells[-1].source == "*<numref fig-a>. Sales <claim C01>.*"


@pytest.mark.parametrize(
    ("url", "pages"),
    [
        ("https://github.com/Ada/book", "https://ada.github.io/book/"),
        ("https://github.com/ada/ada.github.io", "https://ada.github.io/"),
        ("https://gitlab.com/ada/book", "https://ada.gitlab.io/book/"),
    ],
)
def test_the_pages_address_follows_from_the_repositorys(url, pages):
    assert published(url) == pages


@pytest.mark.parametrize("url", ["", "https://example.org/ada/book", "https://github.com/ada"])
def test_a_repository_that_tells_no_pages_address_is_an_error_that_says_what_to_set(url):
    with pytest.raises(ValueError, match=r"_config\.yml, repository: url: .* html: baseurl"):
        published(url)


def test_every_work_has_authors_and_a_year():
    works = bibliography(ROOT / "data" / "references.bib")
    assert works["yang2021"] == ("Yang et al.", "2021")
    assert all(names and re.search(r"\d{4}|undated", year) for names, year in works.values())


# --- the built notebooks ---


@pytest.mark.kernel
@pytest.mark.parametrize("chapter", notebooks())
def test_a_page_offers_its_notebook_in_plain_markdown(chapter):
    page = (HTML / f"{chapter}.html").read_text(encoding="utf-8")
    (link,) = set(re.findall(r'href="([^"]*_sources/[^"]+\.ipynb)"', page))
    path = (HTML / f"{chapter}.html").parent / link
    made = nbformat.read(path, as_version=4)
    nbformat.validate(made)
    words = "\n".join(one.source for one in made.cells if one.cell_type == "markdown")
    assert not re.findall(r"\{[a-z:]+\}`|^:::|^\([\w-]+\)=$|```\{", words, flags=re.M)
    asked = re.findall(r"`(f?\"[^`]*\{[^`]*)`", words)
    assert asked == [], "a number that was not put in"


@pytest.fixture(scope="module")
def site():
    """The address of the built pages, served."""
    assert (HTML / WHEELS / WHEEL).exists(), "build the book first (make html)"
    with served(HTML) as address:
        yield address


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """Python without the package, and a folder to run in, empty but for one that has its name.

    The index meets such a folder where the chapters lie beside it.
    """
    folder = tmp_path_factory.mktemp("alone")
    (folder / "empty" / "coalescence").mkdir(parents=True)
    return alone(folder / "python"), folder / "empty"


def downloaded(chapter, site):
    """A chapter's notebook, its package taken from the served copy of the site."""
    made = nbformat.read(NOTEBOOKS / f"{chapter}.ipynb", as_version=4)
    published = re.search(r"https://\S+/(?=_static/wheels/)", made.cells[0].source)
    assert made.cells[0].source == ALONE.format(wheel=f"{published[0]}{WHEELS}/{WHEEL}")
    made.cells[0].source = made.cells[0].source.replace(published[0], site)
    return made


@pytest.mark.kernel
@pytest.mark.parametrize("chapter", SOME)
def test_a_downloaded_chapter_runs_alone_and_every_lab_moves(chapter, site, empty, monkeypatch):
    python, folder = empty
    for name, value in kernel(python, folder.parent / "jupyter").items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(BUILDER, raising=False)
    book = downloaded(chapter, site)
    book.cells += [nbformat.v4.new_code_cell(code) for code in (MOVE, WHERE)]
    about = {"metadata": {"path": str(folder)}}
    NotebookClient(book, timeout=120, kernel_name="alone", resources=about).execute()
    moved = "".join(out.get("text", "") for out in book.cells[-2].outputs).count("moved:")
    sources = [cell.source for cell in book.cells[:-2] if cell.cell_type == "code"]
    assert moved == sum(shows_a_lab(source) for source in sources)
    assert bool(moved) == (chapter in with_labs())
    came = Path(book.cells[-1].outputs[0]["text"].strip())
    assert came.is_relative_to(python.parent.parent), "not the installed package"
    assert list(folder.rglob("*")) == [folder / "coalescence"], "a chapter left a file behind"


def shows_a_lab(source):
    """Whether a cell ends in a lab's declaration."""
    if "%pip" in source:
        return False
    last = ast.parse(source).body[-1:]
    return bool(last) and ast.unparse(last[0]).startswith("lab(")
