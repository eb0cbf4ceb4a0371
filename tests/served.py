"""What the page tests share: the chapters, the labs in them, and the built pages on a server."""

import ast
import functools
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest import mock

import jupytext

from coalescence import course
from coalescence.lab import BUILDER, Lab

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"


def chapters() -> list[str]:
    """The chapters in the contents, in their order, as paths without their ending."""
    return course.files(course.contents(ROOT))


def notebooks() -> list[str]:
    """The chapters that open as notebooks."""
    return [name for name in chapters() if "\nkernelspec:" in (ROOT / f"{name}.md").read_text()]


def with_labs() -> list[str]:
    """The chapters that hold a lab."""
    return [name for name in chapters() if "\nlab(" in (ROOT / f"{name}.md").read_text()]


@functools.cache
def labs(chapter: str) -> tuple[Lab, ...]:
    """The labs that the cells of a chapter end in, made by running its cells here."""
    found, names = [], {"__name__": "__main__"}
    with mock.patch.dict(os.environ):
        os.environ.pop(BUILDER, None)
        for cell in jupytext.read(ROOT / f"{chapter}.md").cells:
            if cell.cell_type != "code":
                continue
            tree = ast.parse(cell.source)
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, chapter, "exec"), names)
            if last is not None:
                shown = eval(compile(ast.Expression(last.value), chapter, "eval"), names)
                found += [shown] if isinstance(shown, Lab) else []
    return tuple(found)


def pages() -> list[str]:
    """The addresses of every built page, without the site's own."""
    built = sorted(path.relative_to(HTML) for path in HTML.rglob("*.html"))
    return [path.as_posix() for path in built if not path.parts[0].startswith("_")]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a server of `folder` on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
