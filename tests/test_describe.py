"""What others show of a page: its words and its card."""

import re
import struct

import pytest
from docutils.core import publish_doctree

from coalescence import describe
from tests.served import HTML, chapters

TEXT = """
Title
=====

First words.

The claim
---------

The documents say so C24, and more [Yang, 2021].

Predict
-------

Else.
"""


def test_the_words_are_the_claims_without_numbers_and_citations():
    assert describe.said(publish_doctree(TEXT)) == "The documents say so, and more."
    other = TEXT.replace("The claim\n---------", "A claim\n-------")
    assert describe.said(publish_doctree(other)) == "First words."
    assert len(describe.said(publish_doctree("Word " * 200))) <= describe.WORDS


def test_a_card_has_the_size_that_is_expected_and_is_not_blank():
    figure = '<svg width="10" height="10" viewBox="0 0 10 10"><rect width="9" height="9"/></svg>'
    one, two = (describe.card(title, figure) for title in ("A title", "Another title"))
    assert one[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", one[16:24]) == describe.SIZE
    assert one != two
    with pytest.raises(ValueError, match="no size"):
        describe.card("A title", "<svg></svg>")


@pytest.mark.browser
def test_every_chapter_says_what_it_is_about():
    found = {}
    for name in chapters():
        page = (HTML / f"{name}.html").read_text(encoding="utf-8")
        words = re.search(r'<meta name="description" content="([^"]*)"', page)
        assert words, name
        assert 30 <= len(words[1]) <= 300, name  # some characters are written as several
        assert f'{name}.html" />' in page
        found[name] = words[1]
    assert len(set(found.values())) == len(found)
    assert (HTML / describe.CARD).stat().st_size > 10_000
