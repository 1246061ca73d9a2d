"""What is left of a rendered message in a text: what its HTML shows, and none of the marks."""

import re
from collections import Counter
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal import markdown
from portal.markdown.text import as_text

MARKS = "*_~`#|\\[]"
# What a text adds: markers of quotes and items, and addresses of links.
ADDED = re.compile(r"\d+\.|[->()]")
WORDS = st.sampled_from(
    ["cold", "Müller", "<b>", "&amp;", "3 < 4", "a*b", "C:\\x", "12.", "-", ">"]
)
PIECES = st.sampled_from(
    [
        *("**{}**", "*{}*", "~~{}~~", "`{}`", "# {}", "- {}", "1. {}", "> {}", "> > {}", "  - {}"),
        *("[{}](https://example.com/x)", "```\n{}\n```", "| {} | b |\n|---|---|\n| c | d |", "{}"),
    ]
)
MESSAGES = st.lists(st.tuples(PIECES, WORDS, st.sampled_from(["\n", "\n\n", " "])), max_size=8).map(
    lambda parts: "".join(piece.format(word) + end for piece, word, end in parts)
)


def text_of(message: str) -> str:
    return as_text(markdown.render(message))


def shown(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


def solid(text: str) -> str:
    return re.sub(r"\s", "", text)


def is_inside(part: str, whole: str) -> bool:
    """Whether all of `part` is in `whole`, in its order."""
    rest = iter(whole)
    return all(character in rest for character in part)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("The **boiler** is *cold*, `x` ~~y~~.", "The boiler is cold, x y."),
        ("a\nb\n\nc", "a\nb\n\nc"),
        ("# Head\ntext", "Head\n\ntext"),
        ("> a\n> b\n\nc", "> a\n> b\n\nc"),
        ("> > a\n> b", "> > a\n>\n> b"),
        ("- a\n- b\n  - c\n\nd", "- a\n- b\n  - c\n\nd"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("see [the manual](https://example.com/x)", "see the manual (https://example.com/x)"),
        ("https://example.com ann@example.com", "https://example.com ann@example.com"),
        ("```\nif x:\n    y\n\nz\n```\nend", "if x:\n    y\n\nz\n\nend"),
        ("| room | degrees |\n|---|---|\n| 12 | 14 |", "room   degrees\n12   14"),
        ("[ERROR]: disk-full", "[ERROR]: disk-full"),
        ("a < b & c", "a < b & c"),
        ("", ""),
    ],
)
def test_a_message_is_read_without_its_marks(message: str, text: str) -> None:
    assert text_of(message) == text


@settings(max_examples=60)
@given(MESSAGES | st.text(max_size=200))
def test_every_word_that_the_html_shows_is_in_the_text_in_its_order(message: str) -> None:
    html = markdown.render(message)
    assert is_inside(solid(shown(html)), solid(as_text(html)))


@settings(max_examples=60)
@given(MESSAGES | st.text(max_size=200))
def test_a_text_has_no_mark_that_the_html_does_not_show(message: str) -> None:
    html = markdown.render(message)
    addresses = "".join(unescape(address) for address in re.findall(r'href="([^"]*)"', html))
    more = Counter(as_text(html)) - Counter(shown(html)) - Counter(addresses)
    assert not [mark for mark in MARKS if more[mark]]
    assert not re.sub(ADDED, "", solid("".join(more.elements()))).strip("0123456789.")


def test_a_long_message_takes_a_moment() -> None:
    text = text_of("> a\n\n- b **c** [d](https://example.com)\n\n" * 300)
    assert text.count("(https://example.com)") == 300
