"""A process that parses may hang, die or run out of memory: only the mail at hand is lost to it."""

from io import BytesIO
from pathlib import Path

import pytest

from portal.mail_parsing import process
from portal.mail_parsing.message import parse
from portal.mail_parsing.process import Parser, UnreadableError
from tests.inbound.mails import mail

RAW = b"From: ann@example.com\n\nIt drips."
DEEP = b"".join(
    b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(2000)
)


def text_of(parser: Parser, raw: bytes) -> str:
    return parser.parse(BytesIO(raw), len(raw)).text


@pytest.mark.threat("costly text")
def test_a_large_file_comes_whole_and_takes_less_than_five_times_its_mail() -> None:
    content = bytes(range(256)) * 40_000
    made = mail()
    made.add_attachment(content, maintype="application", subtype="pdf", filename="plan.pdf")
    raw = made.as_bytes()
    with Parser() as parser, parser._limited() as running:
        process._ask(running, BytesIO(RAW), len(RAW))
        before = peak(running.pid)
        found = process._ask(running, BytesIO(raw), len(raw))
        assert [file.content for file in found.files] == [content]
        assert peak(running.pid) - before < 5 * len(raw)


def test_large_base64_that_is_damaged_is_read_as_far_as_it_goes() -> None:
    head = b"Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\n"
    [file] = parse(head + b"QUJD\n" * 300_000 + b"?!").files
    assert file.content == b"ABC" * 300_000


def peak(pid: int) -> int:
    """The most memory that a process has had, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


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
