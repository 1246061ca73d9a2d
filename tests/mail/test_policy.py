"""Headers as they are written out, and as they are read again."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.mail.policy import MailPolicy

WORDS = [
    "Нет",
    "горячей",
    "воды",
    "boiler,",
    "№5",
    '"q"',
    "(x)",
    "ёж" * 20,
    "x" * 90,
    "😀",
    "=?a?=",
]


def written(**headers: str) -> bytes:
    message = EmailMessage(policy=MailPolicy())
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return message.as_bytes()


def read_again(data: bytes, name: str) -> str:
    return str(message_from_bytes(data, policy=policy.default)[name])


@settings(max_examples=300)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join))
def test_a_subject_is_read_as_it_was_written(subject: str) -> None:
    assert read_again(written(Subject=subject), "Subject") == subject


def test_a_long_cyrillic_subject_is_folded_between_whole_letters() -> None:
    data = written(Subject="Нет горячей воды на третьем этаже " * 6)
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) <= 78


@pytest.mark.parametrize("name", ["In_Reply_To", "References"])
def test_a_long_reference_stays_a_reference(name: str) -> None:
    reference = f"<lodge.REQ000007@{'h' * 63}.{'g' * 63}.example.com>"
    assert reference.encode() in written(**{name: reference})


@pytest.mark.parametrize("name", ["Subject", "References", "To", "From"])
def test_a_line_break_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"newline|linefeed"):
        written(**{name: "a\r\nBcc: eve@example.com"})
