"""Who may read what? The teacher's answers stand beside the questions and leave with one function.

A block of a chapter that begins with ```` ```{teacher} ```` is for the teacher alone. `student`
takes a chapter's text and gives it back without these blocks. Since whoever can read a source can
read its answers, `python -m coalescence.edition OUT` writes the whole repository without them:
that tree is what is published, and what Binder, clones and downloads launch from.
"""

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from coalescence import course

ROOT = course.ROOT
STAMP = ".student"  # marks a folder that `write` made, and may make again
PRIVATE = ("tests/test_edition.py", "tests/test_assignments.py")  # they hold answers
OPEN = re.compile(r"^([ \t]*)(`{3,}|:{3,}|~{3,})\{teacher\}[^\n]*$")
FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,}) *(\{)?[^`]*$")  # without a brace, only shown
SHOWN = re.compile(
    r'^```\{code-cell\}[^\n]*\n---\n(?:(?!^---$).*\n)*?[^\n]*code_prompt_show: "Show an answer"'
    r"\n(?:(?!^---$).*\n)*?---\n(?:(?!^```\s*$).*\n)*?```[^\n]*\n\n?",
    re.M,
)


class EditionError(ValueError):
    """A teacher's block is not closed, or a folder may not be written to."""


def student(text: str, *, answers: bool = True, lines: bool = False) -> str:
    """A chapter's source without the teacher's blocks, and without "Show an answer" on request.

    `answers` keeps the folded cells under "Your turn"; `lines` leaves empty lines in place of what
    is taken out, so that what follows keeps its line numbers. EditionError if a block stays open.
    """
    kept = "".join(
        part if not ours else "\n" * part.count("\n") * lines for ours, part in _parts(text)
    )
    if answers:
        return kept
    return SHOWN.sub(lambda cell: "\n" * cell[0].count("\n") * lines, kept)


def answers(text: str) -> list[str]:
    """What the teacher's blocks of a chapter say, without their fences."""
    blocks = [part for ours, part in _parts(text) if ours]
    return ["".join(block.rstrip("\n").splitlines(keepends=True)[1:-1]).strip() for block in blocks]


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """The text in pieces, each with whether it is a teacher's block."""
    part, start = "", 0
    within: list[tuple[str, str]] = []  # the open fences: their marks, and what kind they are
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        bare = line.rstrip("\n")
        mark, kind = within[-1] if within else ("", "")
        if mark and re.fullmatch(rf"[ \t]*{re.escape(mark[0])}{{{len(mark)},}}[ \t]*", bare):
            within.pop()
            part += line
            if kind == "teacher":
                yield True, part
                part = ""
            continue
        if kind not in ("teacher", "literal"):
            if opened := OPEN.match(bare):
                yield False, part
                part, start = "", number
                within.append((opened[2], "teacher"))
            elif fenced := FENCE.match(bare):
                within.append((fenced[1], "directive" if fenced[2] else "literal"))
        part += line
    if within and within[-1][1] == "teacher":
        mark = within[-1][0]
        raise EditionError(
            f"line {start}: the teacher's block is not closed; expected a line of {mark}"
        )
    yield False, part


def files(root: Path = ROOT) -> list[str]:
    """The repository's files, those that git ignores left out."""
    command = ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
    return sorted(
        name for name in set(listed) if (root / name).is_file() and not (root / name).is_symlink()
    )


def write(out: Path, root: Path = ROOT) -> list[str]:
    """Write the student's repository into `out` and list its files; what else was there goes.

    EditionError if `out` is neither new, nor empty, nor written by this function before.
    """
    if out.resolve().is_relative_to(root.resolve()) or root.resolve().is_relative_to(out.resolve()):
        raise EditionError(f"{out} lies within {root} or around it; expected a folder of its own")
    there = {path.name for path in out.iterdir()} - {".git"} if out.exists() else set()
    if there and STAMP not in there:
        raise EditionError(f"{out} holds other files; expected an empty folder or a student's tree")
    for name in there:
        path = out / name
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    keep = course.read(root).answers
    names = [name for name in files(root) if name not in PRIVATE]
    for name in names:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, out / name)
        if name.endswith(".md"):
            text = (root / name).read_text(encoding="utf-8")
            try:
                (out / name).write_text(student(text, answers=keep), encoding="utf-8")
            except EditionError as wrong:
                raise EditionError(f"{name}, {wrong}") from None
    (out / STAMP).write_text("Written by make student: change the teacher's repository instead.\n")
    return [*names, STAMP]


def main() -> int:
    """Write the student's tree to a folder."""
    parser = argparse.ArgumentParser(description="Write the repository without the answers.")
    parser.add_argument("out", type=Path, help="an empty folder, or one written before")
    out = parser.parse_args().out.absolute()
    try:
        count = len(write(out))
    except EditionError as wrong:
        print(wrong, file=sys.stderr)
        return 1
    print(f"{count} files in {out}, none of them with an answer. Commit and push them from there.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
