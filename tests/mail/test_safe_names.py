"""Names as strangers are shown them."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.mail.safe_names import AboutType, safe_name
from tests import timing

pytestmark = pytest.mark.threat("words for strangers")


@pytest.mark.parametrize(
    "text",
    [
        "Ann Archer",
        "Dr. Jürgen O’Neil-Łukasz Jr.",
        "ООО «Ромашка & Ко»",
        "株式会社アクメ (東京)",
        "राम शर्मा",
        "محمد می‌خواهد",
        "Studio 54, No. 7",
        "1C",
    ],
)
def test_a_name_stays_as_it_is(text: str) -> None:
    assert safe_name(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Booking.com", "Booking com"),
        ("Win at https://evil.example/x?y=1!", "Win at https evil example x y 1"),
        ("eve@evil.example", "eve evil example"),
        ("evil。example", "evil example"),
        ("call +1 (800) 555-0199 now", "call +… now"),
        ("<b>Acme</b>\r\nBcc: x", "b Acme b Bcc x"),
        ("\u202eemcA", "emcA"),
        ("x" * 200, "x" * 59 + "…"),
    ],
)
def test_what_would_be_a_link_or_a_number_is_none(text: str, shown: str) -> None:
    assert safe_name(text) == shown


@pytest.mark.parametrize("text", ["", " ", "://@", "…", "\u0301", "(.)"])
def test_who_has_no_name_is_called_something_else(text: str) -> None:
    assert safe_name(text, "Somebody") == "Somebody"


# What mail programs look for: a scheme, an address, a host, a number to call.
LINK = re.compile(r"://|@|\w[.。․．]\w|(\d[ ()+#,.–—-]*){7}")


@settings(max_examples=300)
@given(st.text(max_size=250) | st.from_regex(r"[a-z0-9.@:/+ -]{1,120}", fullmatch=True))
def test_no_name_holds_a_link(text: str) -> None:
    shown = safe_name(text, "Somebody")
    assert not LINK.search(shown)
    assert 0 < len(shown) <= 60
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Zl", "Zp", "Cs"}]


@pytest.mark.parametrize("sort", AboutType)
@settings(max_examples=100)
@given(
    text=st.text(max_size=100) | st.sampled_from(["a@b.example, c", "https://evil.example", "x y"])
)
def test_what_is_not_of_its_sort_is_shown_as_a_name(sort: AboutType, text: str) -> None:
    shown = sort.sanitized(text)
    assert shown == text or not LINK.search(shown)
    assert "://" not in shown


@pytest.mark.threat("costly text")
@pytest.mark.parametrize("text", ["1 " * 200_000, "a." * 200_000, "\u0301" * 200_000])
def test_a_name_takes_no_longer_than_it_is_long(text: str) -> None:
    assert timing.cpu_seconds(lambda: safe_name(text)) < 2
