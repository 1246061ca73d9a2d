"""A link leads where its words say, or it is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.markdown import render
from tests.markdown import read


@pytest.mark.parametrize(
    ("message", "targets"),
    [
        ("siehe (https://example.com/straße).", ["https://example.com/straße"]),
        (
            "“https://example.com/x”, «https://example.com/y»!",
            ["https://example.com/x", "https://example.com/y"],
        ),
        ("见https://example.com/日本語。次", ["https://example.com/日本語"]),
        ("请看https://example.com谢谢", []),
        ("邮箱anna@example.com，谢谢", ["mailto:anna@example.com"]),
        ("пишите на anna@example.com.", ["mailto:anna@example.com"]),
        ("ask jürgen@example.com", []),
        (
            "'anna@example.com' o'brien@example.com",
            ["mailto:anna@example.com", "mailto:o'brien@example.com"],
        ),
        ("a@b.example.evil@c.example", []),
        ("https://bank.example@evil.example/", []),
        (
            "**anna@example.com** _https://example.com/a_b_",
            ["mailto:anna@example.com", "https://example.com/a_b"],
        ),
        ("https://example.com/a_b_c/*x*/__d__", ["https://example.com/a_b_c/*x*/__d__"]),
        ("http://e.org/c_(d) (http://e.org/e)", ["http://e.org/c_(d)", "http://e.org/e"]),
        ("http://localhost:8000/x?a=1&b=2&copy;=3", ["http://localhost:8000/x?a=1&b=2&copy;=3"]),
        ("www.example.com, awww.example.com", ["http://www.example.com"]),
        ("ftp://www.example.com file:///etc javascript:alert(1)", []),
        ("`https://example.com` and\n\n    anna@example.com", []),
        ("[the page](https://e.org/a_b_(c)?d=*e*)", ["https://e.org/a_b_(c)?d=*e*"]),
        ("[mail us](mailto:help@e.org)", ["mailto:help@e.org"]),
        (
            "[https://e.org](https://e.org/) [e.org](https://www.e.org/x)",
            ["https://e.org/", "https://www.e.org/x"],
        ),
        ("[bank.example](https://evil.example/)", ["https://evil.example/"]),
        ("<https://e.org/?q=<z>", ["https://e.org/?q="]),
        ("| a | https://e.org/x|\n|-|-|\n| 1 | 2 |", ["https://e.org/x"]),
    ],
)
def test_an_address_in_any_surroundings(message: str, targets: list[str]) -> None:
    html = render(message)
    assert [unquoted(target) for target in read.targets(html)] == targets


def unquoted(target: str) -> str:
    from urllib.parse import unquote

    return unquote(target)


AROUND = st.text(
    st.sampled_from(" .,;:!?'\"()[]{}<>«»“”‘’*_~`|-–—/\\@&#。，「」（）中ü7aяé😀\n"), max_size=6
)
ADDRESSES = st.sampled_from(
    ["https://example.com/a/b", "http://example.com", "anna@example.com", "www.example.com/x?y=z"]
)


@given(AROUND, ADDRESSES, AROUND)
def test_whatever_stands_around_it_the_words_of_a_link_are_its_target(
    before: str, address: str, after: str
) -> None:
    html = render(before + address + after)
    shown = read.text(html)
    for target in read.targets(html):
        words = unquoted(target).removeprefix("mailto:")
        assert words in shown or words.removeprefix("http://") in shown
