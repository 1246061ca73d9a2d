"""Comparisons that stand beside each other can be taken out of a search, one by one."""

import pytest

from portal.search_language.fields import FIELDS
from portal.search_language.parser import parse
from portal.search_language.removable import removable
from portal.search_language.tree import conjuncts


@pytest.mark.parametrize(
    ("text", "rests"),
    [
        ("", []),
        ("printer", []),
        ("status:open", [""]),
        ("printer status:open", ["printer"]),
        ("status:open printer", ["printer"]),
        ("status:open AND printer", ["printer"]),
        ("printer AND status:open toner", ["printer toner"]),
        ("-status:closed printer", ["printer"]),
        ("NOT NOT status:closed printer", ["printer"]),
        ("status:open created:7d", ["created:7d", "status:open"]),
        ('"a  b" tag:"x  y"', ['"a  b"']),
        # What is in an OR, or in brackets, is not asked of each ticket.
        ("status:open OR printer", []),
        ("(status:open OR tag:x) created:7d", ["(status:open OR tag:x)"]),
        ("-(status:open tag:x) created:7d", ["-(status:open tag:x)"]),
        # What is wrong, and what is not a field.
        ("status:opem created:7d", []),
        ("http://status:open", []),
    ],
)
def test_each_leaves_the_others(text: str, rests: list[str]):
    assert [part.rest for part in removable(text)] == rests


@pytest.mark.parametrize(
    "text",
    [
        "priority>=high -status:closed printer",
        "created:7d AND NOT has:attachment AND printer -toner",
        "tag:a (tag:b OR tag:c) -tag:d x",
    ],
)
def test_what_is_left_asks_for_all_the_rest_and_nothing_else(text: str):
    whole = set(conjuncts(parse(text, FIELDS).tree))
    parts = removable(text)
    assert parts
    for part in parts:
        gone = whole - set(conjuncts(parse(part.rest, FIELDS).tree))
        [one] = gone
        assert part.is_not is (one != part.comparison)
        assert len(whole) == len(conjuncts(parse(part.rest, FIELDS).tree)) + 1
