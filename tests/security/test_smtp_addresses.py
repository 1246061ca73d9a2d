"""What an envelope and a header carry as an address."""

import pytest

from portal.security.smtp_addresses import ascii_address


@pytest.mark.parametrize(
    ("address", "carried"),
    [
        ("ann@example.com", "ann@example.com"),
        ("info@müller.example", "info@xn--mller-kva.example"),
        ("info@xn--mller-kva.example", "info@xn--mller-kva.example"),
        ("support@почта.рф", "support@xn--80a1acny.xn--p1ai"),
        ("a@straße.example", "a@xn--strae-oqa.example"),
        ("root@localhost", "root@localhost"),
        ("o'neil+x=y@desk.local", "o'neil+x=y@desk.local"),
        ("a" * 64 + "@example.com", "a" * 64 + "@example.com"),
    ],
)
def test_a_domain_goes_in_letters_that_every_server_knows(address: str, carried: str) -> None:
    assert ascii_address(address) == carried


@pytest.mark.threat("headers made of text")
@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "@example.com",
        "ann@",
        "анна@example.com",
        "ann.@example.com",
        '"ann"@example.com',
        "ann@example.com\r\nBcc: eve@evil.example",
        "ann\r\n@example.com",
        "ann@exam ple.com",
        "ann@-example.com",
        "ann@example..com",
        "ann@example.com.",
        "ann@[127.0.0.1]",
        "ann@müller.example\u2028",
        "=?utf-8?q?bob=40evil.example?=@example.com",
        "a" * 65 + "@example.com",
        "a@" + "b" * 64 + ".example",
        "a@" + ".".join(["ü" * 30] * 7) + ".example",
        "a@\ud800.example",
    ],
    ids=ascii,
)
def test_what_mail_cannot_carry_is_refused_in_words(address: str) -> None:
    with pytest.raises(ValueError, match=r"^what stands (before|after) the @"):
        ascii_address(address)
