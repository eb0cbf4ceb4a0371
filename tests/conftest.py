"""One browser for all tests that need one."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def chrome() -> "Iterator[Browser]":
    """A headless Chromium."""
    from tests.browser import browser

    with browser() as running:
        yield running
