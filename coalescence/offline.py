"""The book to take along: the pages in one zip that opens from disk, and the whole as a PDF.

python -m coalescence.offline zip | pdf [--source FOLDER]
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from coalescence.strict import META

NAME = "strategic-coalescence"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LEFT_OUT = {"lite", ".buildinfo", "objects.inv"}  # what only a server can serve, or nobody reads
STILL = (1980, 1, 1, 0, 0, 0)  # one date for all, so that the same pages give the same zip
SEARCH = "SHOW_SEARCH_SUMMARY: true"  # its excerpts are fetched, which a page from disk may not do


def pack(site: Path, target: Path) -> int:
    """Put the built pages into one zip; the number of files in it.

    A page from disk carries no policy: what "the site itself" means there, browsers disagree on.
    """
    if not (site / "index.html").exists():
        raise FileNotFoundError(f"{site} holds no pages: build the book first (make html)")
    target.parent.mkdir(parents=True, exist_ok=True)
    files = [p for p in sorted(site.rglob("*")) if p.is_file() and p.suffix != ".map"]
    files = [p for p in files if p.relative_to(site).parts[0] not in LEFT_OUT]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for file in files:
            content = file.read_bytes()
            if file.suffix == ".html":
                content = content.replace(META.encode(), b"")
            if file.name == "documentation_options.js":
                content = content.replace(SEARCH.encode(), SEARCH.replace("true", "false").encode())
            entry = zipfile.ZipInfo(f"{NAME}/{file.relative_to(site).as_posix()}", STILL)
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return len(files)


def chromium() -> str:
    """The browser that prints: the one in the variable CHROMIUM, or the first one found."""
    found = [os.environ.get("CHROMIUM"), *map(shutil.which, BROWSERS)]
    for path in filter(None, found):
        return path
    raise FileNotFoundError(
        "The PDF is printed by Chromium or Chrome, and none was found: install one "
        "(Debian: apt-get install chromium), or name it in the variable CHROMIUM."
    )


def printed(page: Path, target: Path) -> None:
    """Print one page to a PDF with its outline; RuntimeError with the browser's words if not."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    command = [
        chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
        "--generate-pdf-document-outline", "--run-all-compositor-stages-before-draw",
        "--timeout=300000", f"--print-to-pdf={target}", page.resolve().as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    if done.returncode or not target.exists():
        raise RuntimeError(f"the PDF could not be printed:\n{done.stderr[-2000:]}")


def addressed(body: str, site: str, place: str) -> str:
    """The whole book as one page, which begins with chapter `place`: each lab with its address.

    Sphinx marks where a chapter begins by `id="document-..."`; the lab's own mark follows.
    """

    def told(match: re.Match[str]) -> str:
        nonlocal place
        if match["chapter"]:
            place = match["chapter"]
            return match[0]
        url = f"{site}{place}.html#{match['lab']}"
        return f'{match[0]}<p class="cb-address">Move it: <a href="{url}">{url}</a></p>'

    marks = r'id="document-(?P<chapter>[^"]+)"|<div class="cb-lab" id="(?P<lab>[^"]+)"[^>]*>'
    return re.sub(marks, told, body)


def main() -> int:
    """Make one of the two from the book in `--source`."""
    from coalescence.book import ROOT, build

    parser = argparse.ArgumentParser(description="Pack the pages, or print the book.")
    parser.add_argument("kind", choices=["zip", "pdf"])
    parser.add_argument("--source", type=Path, default=ROOT)
    arguments = parser.parse_args()
    source = arguments.source.resolve()
    target = source / "dist" / f"{NAME}.{arguments.kind}"
    if arguments.kind == "zip":
        print(f"{pack(source / '_build' / 'html', target)} files in {target}")
        return 0
    if failed := build(source, "singlehtml"):
        return failed
    root = re.search(r"^root: *(\S+)", (source / "_toc.yml").read_text(encoding="utf-8"), re.M)
    whole = source / "_build" / "singlehtml"  # the page's links start at the site's root
    page = shutil.copy(whole / f"{root[1] if root else 'index'}.html", whole / "whole.html")
    printed(Path(page), target)
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
