"""Make the casebook a course of your own: its settings, and new chapters.

python -m coalescence.fork course --repository URL --title T --author A --term T
python -m coalescence.fork chapter NAME --title T
"""

import argparse
import re
import sys
from pathlib import Path
from typing import Any

import yaml

from coalescence import course
from coalescence.course import ROOT, CourseError

TEMPLATE = Path(__file__).parent / "template"
CAPTION = "Our course"  # the part that new chapters join
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
HEAD = """\
# Your course. The casebook never has this file, so nothing in it conflicts when you merge.
# answers: false takes the folded answers under "Your turn" out of what students see.
# drop: chapters (book/case-study/csr), or a whole part by its caption (Collaboration).
# root: a first page of your own, such as book/course/index.
# add: parts, each a caption and chapters, as in _toc.yml; a known caption gets more chapters.
"""
MADE = {  # of the template: where each piece goes
    "chapter.md": "book/course/{name}.md",
    "models.txt": "coalescence/models/{word}.py",
    "charts.txt": "coalescence/charts/{word}.py",
    "test.txt": "tests/test_{word}.py",
}


def settings(root: Path) -> dict[str, Any]:
    """What `course.yml` says now."""
    file = root / course.FILE
    return (yaml.safe_load(file.read_text(encoding="utf-8")) or {}) if file.exists() else {}


def write(root: Path, own: dict[str, Any]) -> None:
    """Write `course.yml`, and leave it as it was if it asks for something that cannot be."""
    file = root / course.FILE
    before = file.read_text(encoding="utf-8") if file.exists() else None
    text = yaml.safe_dump(own, sort_keys=False, allow_unicode=True, width=100)
    file.write_text(HEAD + text, encoding="utf-8")
    try:
        course.read(root)
    except CourseError:
        if before is None:
            file.unlink()
        else:
            file.write_text(before, encoding="utf-8")
        raise


def make(root: Path, *, repository: str, title: str, author: str, term: str) -> list[str]:
    """Give the casebook a course's address, title, author and term; the files that changed."""
    for name, value in {"REPO": repository, "TITLE": title, "AUTHOR": author}.items():
        if not value.strip():
            raise CourseError(f"{name} is empty: expected make fork REPO=https://... TITLE=... "
                              'AUTHOR=... TERM="Spring 2027"')  # fmt: skip
    before, base = course.read(root), course.original(root)
    own = {"title": title, "author": author, "term": term, "repository": repository.rstrip("/")}
    rest = {"branch": "main", "answers": True, "drop": [], "add": []}
    write(root, rest | settings(root) | own if before.own else own | rest)
    here = course.read(root)
    texts = {root / name: (root / name).read_text(encoding="utf-8") for name in ("README.md",)}
    cite = root / "CITATION.cff"
    texts[cite] = cited(cite.read_text(encoding="utf-8"), here, base)
    for file, text in texts.items():
        for was in (before, base):
            text = text.replace(was.pages, here.pages).replace(was.slug, here.slug)
        file.write_text(text, encoding="utf-8")
    return [course.FILE, *(file.name for file in texts)]


def cited(text: str, here: course.Course, base: course.Course) -> str:
    """CITATION.cff for the course; the casebook it was made from stays under `references`."""
    fields = {"title": here.title, "repository-code": here.repository, "url": here.pages}
    for key, value in fields.items():
        line = f"{key}: {quoted(value)}".replace("\\", r"\\")
        text, count = re.subn(rf"^{key}: .*$", line, text, flags=re.M)
        if count != 1:
            raise CourseError(f"CITATION.cff: found {count} lines of {key}, expected one")
    name = f"authors:\n  - name: {quoted(here.author)}\n"
    text = re.sub(r"^authors:\n(?:  .*\n)+", lambda _: name, text, count=1, flags=re.M)
    if "\nreferences:" in text:
        return text
    origin = [{"type": "software", "title": base.title, "authors": [{"name": base.author}]}]
    return text + str(yaml.safe_dump({"references": origin}, sort_keys=False))


def quoted(text: str) -> str:
    """A text as YAML writes it on one line."""
    written = str(yaml.safe_dump(text, allow_unicode=True, width=1000))
    return written.removesuffix("\n...\n").strip()


def chapter(root: Path, name: str, title: str) -> list[str]:
    """Write a chapter, its model, charts and test from the template; the files that were made."""
    if not NAME.fullmatch(name):
        raise CourseError(f"NAME={name!r}: expected lower-case letters, digits and single hyphens")
    if not (root / course.FILE).exists():
        raise CourseError(f"there is no {course.FILE}: expected make fork before the first chapter")
    word = name.replace("-", "_")
    title = title.strip() or name.replace("-", " ").capitalize()
    made = {piece: root / path.format(name=name, word=word) for piece, path in MADE.items()}
    for path in made.values():
        if path.exists():
            raise CourseError(f"{path.relative_to(root)} is there already: choose another NAME")
    for piece, path in made.items():
        text = (TEMPLATE / piece).read_text(encoding="utf-8")
        text = text.replace("our_chapter", word).replace("our-chapter", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("\n# Our chapter\n", f"\n# {title}\n"), encoding="utf-8")
    own = settings(root)
    parts = own["add"] = list(own.get("add") or [])
    ours = next((part for part in parts if part["caption"] == CAPTION), None)
    if ours is None:
        ours = {"caption": CAPTION, "chapters": []}
        parts.append(ours)
    ours["chapters"].append({"file": f"book/course/{name}"})
    write(root, own)
    return [*(path.relative_to(root).as_posix() for path in made.values()), course.FILE]


def main() -> int:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description="Make the casebook a course of your own.")
    parser.add_argument("--source", type=Path, default=ROOT)
    what = parser.add_subparsers(dest="what", required=True)
    one = what.add_parser("course")
    for key in ("repository", "title", "author", "term"):
        one.add_argument(f"--{key}", default="")
    one = what.add_parser("chapter")
    one.add_argument("name")
    one.add_argument("--title", default="")
    given = vars(parser.parse_args())
    root, kind = given.pop("source").resolve(), given.pop("what")
    try:
        done = make(root, **given) if kind == "course" else chapter(root, **given)
    except CourseError as wrong:
        print(wrong, file=sys.stderr)
        return 1
    print("Written: " + ", ".join(done))
    return 0


if __name__ == "__main__":
    sys.exit(main())
