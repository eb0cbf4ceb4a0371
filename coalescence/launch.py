"""How does a reader of a page come to run it? Every way starts from the repository's address.

Binder opens the repository itself. Colab and a class's JupyterHub open the notebooks that
`make notebooks` sends to a branch of it, which need no set-up. JupyterLite and the download come
with the pages, and so does the package.
"""

import functools
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import nbformat
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import docname_join, logging

from coalescence import __version__, course, lite
from coalescence.download import ALONE, notebook

ROOT = Path(__file__).resolve().parent.parent
BRANCH = "notebooks"  # of the repository, with the chapters as notebooks
WHEEL = f"coalescence-{__version__}-py3-none-any.whl"
WHEELS = "_static/wheels"
LITE = "lite/lab/index.html"
VALUES = "casebook_values"  # what each {eval} of a chapter came to, kept with its text

log = logging.getLogger(__name__)


class Place(NamedTuple):
    """Where the book's source and its published pages are."""

    url: str  # of the repository, such as https://github.com/owner/name
    pages: str  # address of the published pages, with a slash at its end

    @property
    def github(self) -> bool:
        """Whether Colab can open it."""
        return urlsplit(self.url).netloc == "github.com"

    @property
    def wheel(self) -> str:
        """The address of the package with its data."""
        return f"{self.pages}{WHEELS}/{WHEEL}"

    def colab(self, page: str) -> str:
        """The address that opens a chapter in Colab."""
        owner_and_name = urlsplit(self.url).path.strip("/")
        colab = "https://colab.research.google.com/github"
        return f"{colab}/{owner_and_name}/blob/{BRANCH}/{page}.ipynb"

    def hub(self, hub: str, page: str) -> str:
        """The address that brings the chapters to a student's folder on `hub` and opens one."""
        name = self.url.rpartition("/")[2]
        asked = {"repo": self.url, "branch": BRANCH, "urlpath": f"lab/tree/{name}/{page}.ipynb"}
        return f"{hub}/hub/user-redirect/git-pull?{urlencode(asked)}"


def place(config: Config) -> Place:
    """The place that the book's settings name; ValueError if they do not tell all of it."""
    url = str(config.html_theme_options.get("repository_url") or "").rstrip("/")
    url = url.removesuffix(".git")
    return Place(url, str(config.html_baseurl or "") or published(url))


def published(url: str) -> str:
    """Where a repository's pages are published unless its owner says otherwise."""
    host, path = urlsplit(url).netloc, urlsplit(url).path.strip("/")
    homes = {"github.com": "github.io", "gitlab.com": "gitlab.io"}
    owner, _, name = path.partition("/")
    if host not in homes or not owner or not name or "/" in name:
        raise ValueError(
            f"_config.yml, repository: url: found {url!r}, expected https://github.com/owner/name "
            "(or gitlab.com); elsewhere name the address of the pages in html: baseurl"
        )
    home = f"{owner.lower()}.{homes[host]}"
    return f"https://{home}/" if name.lower() == home else f"https://{home}/{name}/"


def settle(app: Sphinx, config: Config) -> None:
    """Offer Colab only where it can open the repository."""
    buttons = config.html_theme_options.get("launch_buttons", {})
    if buttons and not place(config).github:
        buttons.pop("colab_url", None)


def keep_values(app: Sphinx) -> None:
    """Let {eval} note what it came to, for the notebook that is made of the chapter."""
    from myst_nb.ext.eval import EvalRoleAny

    class Eval(EvalRoleAny):  # type: ignore[misc]
        def run(self) -> Any:
            found, messages = super().run()
            values = self.document.attributes.setdefault(VALUES, {})
            values.setdefault(self.text, []).append("".join(node.astext() for node in found))
            return found, messages

    app.add_role("eval", Eval(), override=True)


def offer(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Point a page's launch buttons to where its notebooks are, and write its notebook."""
    if doctree is None or not context.get("ipynb_source"):
        return
    where = place(app.config)
    hub = app.config.html_theme_options["launch_buttons"].get("jupyterhub_url", "").rstrip("/")
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if button.get("text") == "Colab":
                button["url"] = where.colab(page)
            elif button.get("text") == "JupyterHub":
                button["url"] = where.hub(hub, page)
            elif button.get("text") == "JupyterLite":
                button["url"] = f"{context['pathto'](LITE, 1)}?path={page}.ipynb"
                button["tooltip"] = "Run in this browser; numpy and pandas are fetched from outside"
    chapter = course.edited(app, Path(app.env.doc2path(page)).read_text(encoding="utf-8"))
    say = Words(app, page, doctree.attributes.get(VALUES, {}), where).say
    start = ALONE.format(wheel=where.wheel)
    made = notebook(chapter, say, start, f"{where.pages}{page}.html")
    path = Path(app.outdir) / "_sources" / context["ipynb_source"]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(made, path)


class Words:
    """What the roles of one chapter say in plain Markdown, as far as the whole book knows."""

    def __init__(self, app: Sphinx, page: str, values: dict[str, list[str]], where: Place) -> None:
        self.app, self.env, self.page, self.where = app, app.env, page, where
        self.values = {text: list(found) for text, found in values.items()}

    def say(self, role: str, text: str) -> str:
        """A role's text in words, with a link to the published page where there is one."""
        known = {
            "eval": self.value, "doc": self.doc, "claim": self.claim, "cite:p": self.cited,
            "cite:t": self.named, "eq": self.equation, "number": self.number,
            "numref": self.figure,
        }  # fmt: skip
        return known.get(role, _shown)(text)

    def value(self, text: str) -> str:
        """What an expression came to when the book was built; itself if that is not known."""
        found = self.values.get(text)
        if not found:
            return f"`{text}`"
        return found.pop(0) if len(found) > 1 else found[0]

    def doc(self, text: str) -> str:
        """A link to another chapter, by its title."""
        title, target = _titled(text)
        name = docname_join(self.page, target).lstrip("/")
        if name not in self.env.titles:
            return title or target  # left out of this edition
        return f"[{title or self.env.titles[name].astext()}]({self.where.pages}{name}.html)"

    def claim(self, text: str) -> str:
        """A link to a row of the ledger."""
        labels = self.env.get_domain("std").anonlabels  # type: ignore[attr-defined]
        name, mark = labels.get(f"claim-{text.lower()}", (None, None))
        if name is None:
            return text
        return f"[{text}]({self.where.pages}{name}.html#{mark})"

    def cited(self, text: str) -> str:
        """Authors and years, in brackets."""
        works = [self.work(key.strip()) for key in text.split(",")]
        return f"({'; '.join(f'{names} {year}' for names, year in works)})"

    def named(self, text: str) -> str:
        """Authors in the sentence, years in brackets."""
        works = [self.work(key.strip()) for key in text.split(",")]
        return "; ".join(f"{names} ({year})" for names, year in works)

    def work(self, key: str) -> tuple[str, str]:
        """Authors and year of a work in the bibliography."""
        files = self.app.config.bibtex_bibfiles
        works = bibliography(*(Path(self.app.srcdir) / file for file in files))
        return works.get(key, (key, "undated"))

    def number(self, text: str) -> str:
        """The number of an equation."""
        equations = self.env.get_domain("math").equations  # type: ignore[attr-defined]
        return str(equations[text][1]) if text in equations else text

    def equation(self, text: str) -> str:
        """The number of an equation, in brackets."""
        return f"({self.number(text)})"

    def figure(self, text: str) -> str:
        """The number of a figure."""
        labels = self.env.get_domain("std").anonlabels  # type: ignore[attr-defined]
        name, mark = labels.get(text, ("", ""))
        number = self.env.toc_fignumbers.get(name, {}).get("figure", {}).get(mark)
        return f"Fig. {'.'.join(map(str, number))}" if number else "the figure"


def _titled(text: str) -> tuple[str, str]:
    """Title and target of a role's text, `Title <target>` or `target`."""
    title, _, target = text.rpartition("<")
    return title.strip(), target.rstrip(">").strip()


def _shown(text: str) -> str:
    title, target = _titled(text)
    return title or target


@functools.cache
def bibliography(*files: Path) -> dict[str, tuple[str, str]]:
    """Authors and year of each work, by its key."""
    from pybtex.database import parse_file

    works = {}
    for file in files:
        for key, entry in parse_file(str(file)).entries.items():
            people = entry.persons.get("author") or entry.persons.get("editor") or []
            last = [" ".join(str(part) for part in one.rich_last_names) for one in people]
            names = " and ".join(last) if len(last) < 3 else f"{last[0]} et al."
            works[key] = (names or key, str(entry.fields.get("year", "undated")))
    return works


def wheel(folder: Path) -> Path:
    """The package with its data as one file in `folder`; made again if a part of it changed."""
    made = folder / WHEEL
    parts = [ROOT / name for name in ("pyproject.toml", "README.md", "LICENSE")]
    parts += [path for name in ("coalescence", "data") for path in (ROOT / name).rglob("*")]
    parts = [path for path in parts if path.is_file() and "__pycache__" not in path.parts]
    if made.exists() and made.stat().st_mtime > max(path.stat().st_mtime for path in parts):
        return made
    with tempfile.TemporaryDirectory() as apart:
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--wheel-dir", apart, str(ROOT)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"the package could not be built as a wheel:\n{done.stderr}")
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("coalescence-*.whl"):
            old.unlink()
        shutil.move(str(Path(apart) / WHEEL), made)
    return made


def carry(app: Sphinx, error: Exception | None) -> None:
    """Put the package beside the pages for the notebooks that run alone, and JupyterLite."""
    if error is not None or app.builder.format != "html":
        return
    pages = Path(app.outdir)
    made = wheel(pages / WHEELS)
    if app.config.html_theme_options.get("launch_buttons", {}).get("jupyterlite_url"):
        lite.build(pages, made, ROOT / "vendor")


def connect(app: Sphinx) -> None:
    """Register what stands above with Sphinx."""
    app.connect("config-inited", settle)
    app.connect("builder-inited", keep_values)
    app.connect("html-page-context", offer, priority=999)
    app.connect("build-finished", carry)
