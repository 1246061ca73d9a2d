"""A process that parses may hang, die or run out of memory: only the mail at hand is lost to it."""

from io import BytesIO

import pytest

from portal.mail_parsing import process
from portal.mail_parsing.process import Parser, UnreadableError

RAW = b"From: ann@example.com\n\nIt drips."
DEEP = b"".join(
    b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(2000)
)


def text_of(parser: Parser, raw: bytes) -> str:
    return parser.parse(BytesIO(raw), len(raw)).text


@pytest.mark.threat("costly text")
@pytest.mark.parametrize(
    "program", ["import time; time.sleep(999)", "raise SystemExit", "x = 1 / 0"]
)
def test_whatever_becomes_of_it_the_next_mail_has_another(
    monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    with Parser() as parser:
        with monkeypatch.context() as broken:
            broken.setattr(process, "_PROGRAM", program)
            broken.setattr(process, "_TIMEOUT", 0.2)
            with pytest.raises(UnreadableError, match="took too long"):
                text_of(parser, RAW)
        assert text_of(parser, RAW) == "It drips."


def test_a_mail_that_cannot_be_parsed_says_why_and_others_go_on() -> None:
    with Parser() as parser:
        with pytest.raises(UnreadableError, match="nested too deeply"):
            text_of(parser, DEEP)
        assert text_of(parser, RAW) == "It drips."


def test_what_is_too_large_is_not_even_sent_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MAX_BYTES", 10)
    with Parser() as parser, pytest.raises(UnreadableError, match="larger than"):
        text_of(parser, RAW)
