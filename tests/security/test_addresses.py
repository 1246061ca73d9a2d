"""An address is stored in one form, and costs no more than it is long."""

import unicodedata
from contextlib import suppress

import idna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.security.addresses import normal_address, spellings
from portal.security.smtp_addresses import ascii_address
from tests import timing


def test_an_address_is_stored_in_lower_case():
    assert normal_address("Ann@Example.COM") == "ann@example.com"


@pytest.mark.parametrize(
    "text",
    [
        *("", "ann", "ann@", "@example.com", "a b@example.com", "a@b@example.com"),
        *("ann@example.com.", "ann@-example.com", "ann@[127.0.0.1]", '"a b"@example.com'),
        *("ann\uff20example.com", "ann@xn--a.example", "ann@example.com\r\nBcc: eve@evil.example"),
        "a@" + ".".join(["\u00fc" * 40] * 5) + ".example",
        "a" * 60 + "@" + ".".join(["\u00fc" * 50] * 3) + ".example",
    ],
    ids=ascii,
)
def test_what_is_no_address_is_refused(text: str):
    with pytest.raises(ValueError, match=r"^address$"):
        normal_address(text)


@pytest.mark.threat("headers made of text")
@pytest.mark.parametrize(
    "local",
    [
        *("\uff41nn", "\u0130nfo", "i\u0307nfo", "анна", "ann\u00e9", "\u0430nn", "ann\u2024b"),
        *("=?utf-8?q?bob=40evil.example?=", "a=?b", "a" * 65),
    ],
    ids=ascii,
)
def test_what_mail_cannot_carry_before_the_at_is_refused_for_that(local: str):
    with pytest.raises(ValueError, match=r"^local_part$"):
        normal_address(f"{local}@example.com")


def spelt(domain: str, how: str) -> str:
    match how:
        case "A-labels":
            return idna.encode(domain).decode()
        case "upper A-labels":
            return idna.encode(domain).decode().upper()
        case "full width":
            return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in domain)
        case "decomposed":
            return unicodedata.normalize("NFD", domain)
        case "ideographic dots":
            return domain.replace(".", "\u3002")
        case "upper":
            # Where that can be undone: the capital of \u00df is SS, another domain.
            return domain.upper() if domain.upper().lower() == domain else domain
    return domain


SPELLINGS = (
    "",
    "A-labels",
    "upper A-labels",
    "full width",
    "decomposed",
    "ideographic dots",
    "upper",
)
DOMAINS = (
    "example.com",
    "m\u00fcller.example",
    "stra\u00dfe.example",
    "почта.рф",
    "例え.テスト",
    "a.b-c.example",
)
LOCALS = st.from_regex(
    r"[a-zA-Z0-9!#$%&'*+/^_`{|}~-]{1,20}(\.[a-zA-Z0-9+_-]{1,10})?", fullmatch=True
)


@settings(max_examples=200)
@given(LOCALS, st.sampled_from(DOMAINS), st.sampled_from(SPELLINGS), st.booleans())
def test_all_spellings_of_an_address_are_one(local: str, domain: str, how: str, upper: bool):
    typed = f"{local.upper() if upper else local}@{spelt(domain, how)}"
    assert normal_address(typed) == f"{local.lower()}@{domain}"
    assert normal_address(normal_address(typed)) == normal_address(typed)
    assert spellings(f" {typed} ")[-1] == normal_address(typed)
    assert ascii_address(normal_address(typed)) == f"{local.lower()}@{spelt(domain, 'A-labels')}"


@settings(max_examples=200)
@given(st.text(max_size=80) | st.emails() | st.text("@.=?x\u00fc\uff41-", max_size=20))
def test_what_is_taken_in_can_be_mailed_to(text: str):
    address = ""
    with suppress(ValueError):
        address = normal_address(text)
    if address:
        assert ascii_address(address).isascii()
        assert len(address) <= 254


def test_who_has_another_spelling_from_before_is_looked_for_under_it_first():
    assert spellings("\u0130nfo@example.com") == ("i\u0307nfo@example.com",)
    assert spellings("Ann@XN--MLLER-KVA.example") == (
        "ann@xn--mller-kva.example",
        "ann@m\u00fcller.example",
    )


@pytest.mark.threat("costly text")
@pytest.mark.parametrize("text", ["a" * 1_000_000, "a@" + "b." * 500_000, "\u0301" * 500_000])
def test_a_megabyte_is_refused_at_once(text: str):
    def ask():
        with pytest.raises(ValueError, match=r"^address$"):
            normal_address(text)

    assert timing.cpu_seconds(ask) < 0.05
