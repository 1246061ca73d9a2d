"""A Message exists only when its bytes may leave."""

import re
from dataclasses import replace

import pytest

from portal.mail.message import Message
from portal.mail.messages import compose
from tests.mail.outgoing import desk, outgoing_mail

MESSAGE = compose(outgoing_mail("reply"), desk())
HEAD, _, BODY = MESSAGE.data.partition(b"\r\n\r\n")


def with_bytes(data: bytes) -> Message:
    return replace(MESSAGE, data=data)


@pytest.mark.threat("headers made of text")
@pytest.mark.parametrize(
    "line",
    [
        b"Bcc: eve@example.com",
        b"To: eve@example.com",
        b"no field",
        b"",
        b"Subject: a\nX: y",
        b"Subject: a\ry",
        b"X-Nul: \0",
        b"Subject: \x1b[31m",
        "References: ё".encode(),
        b" ",
        b"References: " + b"x" * 998,
    ],
    ids=repr,
)
def test_a_header_with_a_line_that_was_not_meant_does_not_leave(line: bytes) -> None:
    head = re.sub(rb"References: .*", lambda _: line, HEAD)
    assert head != HEAD
    with pytest.raises(ValueError, match=r"header|seven-bit"):
        with_bytes(head + b"\r\n\r\n" + BODY)


@pytest.mark.parametrize(
    "body", [b"a\nb", b"a\rb", b"nul\0", b"\x1b[31m", "ё".encode(), b"x" * 999], ids=repr
)
def test_a_body_that_some_server_would_break_does_not_leave(body: bytes) -> None:
    with pytest.raises(ValueError, match="seven-bit"):
        with_bytes(HEAD + b"\r\n\r\n" + body)


def test_a_header_does_not_begin_with_a_continuation() -> None:
    with pytest.raises(ValueError, match="continuation"):
        with_bytes(b" " + MESSAGE.data)


@pytest.mark.threat("headers made of text")
@pytest.mark.parametrize(
    "address", ["", "ann", "ann@", "a b@example.com", "a@b\r\nDATA", "ё@example.com", "<a@b>"]
)
def test_an_envelope_has_addresses_of_plain_ascii(address: str) -> None:
    for end in ("sender", "recipient"):
        with pytest.raises(ValueError, match="envelope"):
            replace(MESSAGE, **{end: address})
