"""A real Chromium for the tests: found, or installed, or a clear failure; never skipped."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str:
    """Path of a Chromium or Chrome on this machine, installing one if there is none."""
    if given := os.environ.get("CHROMIUM"):
        return given
    for name in NAMES:
        if found := shutil.which(name):
            return found
    if shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=True)
        if found := shutil.which("chromium"):
            return found
    raise RuntimeError(
        "The page tests need Chromium or Chrome, and none was found: install one "
        "(Debian: apt-get install chromium), or name it in the variable CHROMIUM."
    )


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless browser that talks to nobody of its own accord."""
    quiet = ["--no-sandbox", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--no-first-run", "--disable-quic"]  # fmt: skip
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=quiet)
        try:
            yield running
        finally:
            running.close()
