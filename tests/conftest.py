"""One browser for all tests that need one, and one way to try properties."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser


# New examples on every run at a desk, the same ones in CI; a slow machine is no failure.
settings.register_profile("casebook", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("casebook")


@pytest.fixture(scope="session")
def chrome() -> "Iterator[Browser]":
    """A headless Chromium."""
    from tests.browser import browser

    with browser() as running:
        yield running
