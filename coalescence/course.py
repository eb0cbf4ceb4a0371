"""Whose course is it? What a fork sets apart from the casebook, so that each can change in peace.

The casebook's settings stand in `_config.yml` and `_toc.yml`. A fork leaves both alone and writes
`course.yml`, a file that the casebook never has: nothing in it can conflict when the casebook's
improvements are merged. As a Sphinx extension this module lays the one over the other.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from coalescence import data, names

ROOT = Path(__file__).resolve().parent.parent
FILE = "course.yml"
TEXT = ("title", "author", "term", "repository", "branch", "root")
LISTS = ("drop", "add")
# The pages that other pages always need: references, the ledger and the glossary stand there.
NEEDED = ("book/teaching/words", "book/teaching/sources")
ADDRESS = re.compile(r"https://github\.com/([\w.-]+)/([\w.-]+?)(?:\.git)?/?")
LABEL = re.compile(
    r"^\(([^()\s]+)\)=\s*$|^\s*:?name: *(\S+)|^\$\$ *\(([^()\s]+)\)|\$\$ \(([^()\s]+)\) *$", re.M
)

log = logging.getLogger(__name__)


class CourseError(ValueError):
    """`course.yml` asks for something that cannot be; the message says what was expected."""


class Course(NamedTuple):
    """A course's own settings."""

    title: str
    author: str
    repository: str  # https://github.com/owner/name
    branch: str
    term: str = ""
    answers: bool = True  # whether students see the folded answers under "Your turn"
    drop: tuple[str, ...] = ()  # chapters, or whole parts by their caption
    add: tuple[dict[str, Any], ...] = ()  # parts: caption and chapters, as in `_toc.yml`
    root: str = ""  # the first page, if it is one of the course's own
    own: bool = False  # whether there is a `course.yml`

    @property
    def slug(self) -> str:
        """owner/name, as Binder and GitHub say it."""
        return "/".join(_address(self.repository))

    @property
    def pages(self) -> str:
        """Where GitHub publishes the pages."""
        owner, name = _address(self.repository)
        return f"https://{owner.lower()}.github.io/{name}/"


def _address(url: str) -> tuple[str, str]:
    found = ADDRESS.fullmatch(url)
    if not found:
        raise CourseError(f"repository {url!r}: expected https://github.com/owner/name")
    return found[1], found[2]


def original(root: Path = ROOT) -> Course:
    """The casebook's own settings, from `_config.yml`."""
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    place = config["repository"]
    return Course(str(config["title"]), str(config["author"]), place["url"], place["branch"])


def read(root: Path = ROOT) -> Course:
    """The settings in force: the casebook's, with `course.yml` laid over them."""
    base, file = original(root), root / FILE
    if not file.exists():
        return base
    try:
        own = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as wrong:
        raise CourseError(f"{FILE}: not readable as YAML ({wrong})") from None
    known = (*TEXT, "answers", *LISTS)
    if not isinstance(own, dict) or set(own) - set(known):
        found = ", ".join(map(str, set(own) - set(known))) if isinstance(own, dict) else "no keys"
        raise CourseError(f"{FILE}: found {found}, expected some of {', '.join(known)}")
    for key in LISTS:
        if not isinstance(own.get(key) or [], list):
            raise CourseError(f"{FILE}, {key}: found {own[key]!r}, expected a list")
        own[key] = tuple(own.get(key) or ())
    if not isinstance(own.get("answers", True), bool):
        raise CourseError(f"{FILE}, answers: found {own['answers']!r}, expected true or false")
    own |= {key: str(own[key]) for key in TEXT if key in own}
    made = base._replace(**own, own=True)
    _address(made.repository)
    contents(root, made)
    return made


def contents(root: Path = ROOT, course: Course | None = None) -> dict[str, Any]:
    """The table of contents in force: `_toc.yml` without what is dropped, with what is added."""
    course = course or read(root)
    toc: dict[str, Any] = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    if not (course.drop or course.add or course.root):
        return toc
    if course.root:
        if not (root / f"{course.root}.md").exists():
            raise CourseError(f"{FILE}, root: found {course.root!r}, expected a page that exists")
        toc["root"] = course.root
    if "parts" not in toc:
        toc["parts"] = [{"caption": "Chapters", "chapters": toc.pop("chapters")}]
    parts = toc["parts"]
    known = [*(part.get("caption", "") for part in parts), *files(toc)]
    for name in course.drop:
        if name not in known:
            raise CourseError(
                f"{FILE}, drop: found {name!r}, expected a chapter or caption of _toc.yml"
            )
        if name in NEEDED or (name in (p.get("caption") for p in parts) and _holds(parts, name)):
            needed = " and ".join(NEEDED)
            raise CourseError(f"{FILE}, drop: found {name}; {needed} must stay, others need them")
    for part in parts:
        part["chapters"] = [one for one in part["chapters"] if one["file"] not in course.drop]
    toc["parts"] = parts = [
        part for part in parts if part["chapters"] and part.get("caption") not in course.drop
    ]
    for new in course.add:
        if not isinstance(new, dict) or set(new) != {"caption", "chapters"}:
            raise CourseError(f"{FILE}, add: found {new!r}, expected a caption and its chapters")
        for one in new["chapters"]:
            if not isinstance(one, dict) or not (root / f"{one.get('file')}.md").exists():
                raise CourseError(f"{FILE}, add: found {one!r}, expected file: and a chapter")
        for part in parts:
            if part.get("caption") == new["caption"]:
                part["chapters"] += new["chapters"]
                break
        else:
            parts.insert(len(parts) - 1, new)
    return toc


def _holds(parts: list[dict[str, Any]], caption: str) -> bool:
    return any(set(files(part)) & set(NEEDED) for part in parts if part.get("caption") == caption)


def files(node: Any) -> list[str]:
    """The chapters that a table of contents, or a piece of one, names."""
    if isinstance(node, dict):
        own = [node[key] for key in ("root", "file") if key in node]
        return own + [name for value in node.values() for name in files(value)]
    return [name for value in node for name in files(value)] if isinstance(node, list) else []


def localized(text: str, root: Path = ROOT) -> str:
    """`text` with the casebook's address, wherever it stands, replaced by the course's."""
    here, there = read(root), original(root)
    if not here.own:
        return text
    for old, new in ((there.pages, here.pages), (there.slug, here.slug)):
        text = text.replace(old, new)
    return text


# --- the Sphinx extension ---


def lay_over(app: Sphinx, config: Config) -> None:
    """Let the course's settings and contents take the place of the casebook's."""
    root = Path(app.srcdir)
    course, base = read(root), original(root)
    config.course = repr(course)  # a change of course.yml builds every page again
    if not course.own:
        return
    config.html_title = config.project = course.title
    config.author = course.author
    theme = config.html_theme_options
    theme |= {"repository_url": course.repository, "repository_branch": course.branch}
    credit = f"Made from “{base.title}” by {base.author}."
    foot = [course.term and f"{course.term}.", theme.get("extra_footer", ""), credit]
    theme["extra_footer"] = " ".join(filter(None, foot))
    if course.drop or course.add or course.root:
        file = Path(app.doctreedir) / "contents.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        toc = yaml.safe_dump(contents(root, course), sort_keys=False)
        if not file.exists() or file.read_text() != toc:
            file.write_text(toc)
        config.external_toc_path = file.as_posix()


def for_readers(app: Sphinx, _docname: str, source: list[str]) -> None:
    """Give the parser the edition's text."""
    source[0] = edited(app, source[0], lines=True)


def ask_tables(app: Sphinx, docname: str, source: list[str]) -> None:
    """Warn of each figure that a chapter asks of a table which the course has swapped."""
    known = {name: data.metrics(name) for name in data.tables()}
    asked = names.asked(source[0], {name: words for name, (words, _) in known.items()})
    for table in data.swapped():
        for metric in sorted(asked.get(table, set()) - known[table][1]):
            if any(metric in known[other][1] for other in asked if other != table):
                continue
            log.warning(
                "asks for %s, which data/course/%s.csv does not hold: add it, or name the chapter "
                "under drop in %s", metric, table, FILE, location=docname,
            )  # fmt: skip


class Setting(SphinxRole):
    """``{setting}`half </book/coalescence/equity?lab-split.stake=0.5>` ``: a lab, already set."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """A link that sets the lab; plain words where the course leaves the chapter out."""
        found = re.fullmatch(r"(.+?) </([\w/-]+)\?(([\w-]+)\.[^>]*)>", self.text, re.S)
        if not found or not (Path(self.env.srcdir) / f"{found[2]}.md").exists():
            expected = "words </book/...?lab-name.control=value> of a chapter that exists"
            text = f"setting: found {self.text!r}, expected {expected}"
            message = self.inliner.reporter.error(text, line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        words, chapter, query, lab = found.groups()
        builder = self.env.app.builder
        if chapter not in self.env.found_docs or builder.format != "html":
            return [nodes.inline(words, words, classes=["cb-left-out"])], []
        place = builder.get_relative_uri(self.env.docname, chapter)
        return [nodes.reference("", words, refuri=f"{place}?{query}#{lab}", internal=True)], []


class Needs(SphinxDirective):
    """``{needs}``: which chapter asks which table, read from the chapters."""

    def run(self) -> list[nodes.Node]:
        """A table of chapter, tables and the number of metrics asked for."""
        known = {name: data.metrics(name)[0] for name in data.tables()}
        lines = ["| Chapter | Tables in `data/`, with the number of metrics |", "|---|---|"]
        for chapter in files(contents(ROOT)):
            file = ROOT / f"{chapter}.md"
            if "/teaching/" in chapter or not file.exists():
                continue
            self.env.note_dependency(str(file))
            asked = names.asked(file.read_text(encoding="utf-8"), known)
            told = [f"{t} ({len(m)})" if m else t for t, m in asked.items()]
            lines.append(f"| {{doc}}`/{chapter}` | {', '.join(told) or 'none'} |")
        found: list[nodes.Node] = self.parse_text_to_nodes("\n".join(lines))
        return found


def edited(app: Sphinx, text: str, *, lines: bool = False) -> str:
    """A chapter's source as this edition may show it."""
    from coalescence import edition

    root = Path(app.srcdir)
    if app.config.edition == "student":
        text = edition.student(text, answers=read(root).answers, lines=lines)
    return localized(text, root)


def edit_copies(app: Sphinx, error: Exception | None) -> None:
    """Do the same to the sources that Sphinx copies beside the pages."""
    if error is None and app.builder.format == "html":
        for file in (Path(app.outdir) / "_sources").rglob("*.md"):
            text = file.read_text(encoding="utf-8")
            file.write_text(edited(app, text), encoding="utf-8")


class Teacher(SphinxDirective):
    """``{teacher}``: what the teacher reads beside a question; other editions never see it."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """A box with a title of its own."""
        title = self.arguments[0] if self.arguments else "For the teacher"
        box = nodes.admonition("\n".join(self.content), classes=["cb-teacher"])
        box += nodes.title(title, title)
        self.state.nested_parse(self.content, self.content_offset, box)
        return [box]


def for_teachers(app: Sphinx, config: Config) -> None:
    """Know the teacher's blocks in the teacher's edition alone: elsewhere one is an error."""
    if config.edition not in ("student", "teacher"):
        raise CourseError(f"edition: found {config.edition!r}, expected student or teacher")
    if config.edition == "teacher":
        app.add_directive("teacher", Teacher)


def labels(text: str) -> set[str]:
    """The names that a chapter's headings, figures and equations can be referred to by."""
    return {next(filter(None, found)) for found in LABEL.findall(text)}


@cache
def left_out(root: Path, kept: frozenset[str]) -> dict[str, str]:
    """What can be referred to in chapters that are not in the contents: target to title."""
    found = dict[str, str]()
    for file in sorted((root / "book").rglob("*.md")):
        name = file.relative_to(root).with_suffix("").as_posix()
        if name in kept or ".ipynb_checkpoints" in name:
            continue
        text = file.read_text(encoding="utf-8")
        title = text.partition("\n# ")[2].partition("\n")[0] or name
        found |= dict.fromkeys([name, *labels(text)], title)
    return found


def in_words(app: Sphinx, env: Any, node: Any, shown: nodes.Element) -> nodes.Node | None:
    """A reference to a chapter that the course leaves out, as plain words."""
    target = node["reftarget"]
    if node["reftype"] == "doc":
        place = "/" + str(Path(node["refdoc"]).parent / target)
        target = str(target if target.startswith("/") else _flat(place)).lstrip("/")
    title = left_out(Path(app.srcdir), frozenset(env.found_docs)).get(target)
    if title is None:
        return None
    log.info("%s: %s is not in the contents: shown in words", node["refdoc"], target)
    words = shown.astext() if node.get("refexplicit") else title
    if node["reftype"] in ("numref", "eq"):
        words = f"a {'figure' if node['reftype'] == 'numref' else 'formula'} of “{title}”"
    return nodes.inline(words, words, classes=["cb-left-out"])


def _flat(place: str) -> str:
    parts: list[str] = []
    for part in place.split("/"):
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the parts above with Sphinx."""
    app.add_config_value("edition", "student", "env", (str,))
    app.add_config_value("course", "", "env", (str,))
    app.connect("config-inited", lay_over, priority=1)
    app.connect("config-inited", for_teachers, priority=1)
    app.connect("source-read", for_readers, priority=100)
    app.connect("source-read", ask_tables, priority=200)
    app.add_directive("needs", Needs)
    app.add_role("setting", Setting())
    app.connect("build-finished", edit_copies)
    app.connect("missing-reference", in_words)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
