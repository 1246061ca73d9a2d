"""Fields of a header: bytes out, and read again by whoever reads mail in Python."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.mail import headers
from tests.mail.outgoing import READERS, Reader

WORDS = ["Нет", "горячей", "воды", "boiler,", "№5", '"q"', "(x)", "ёж" * 20, "x" * 90, "😀"]
WORDS += ["=?a?=", "=?utf-8?q?a=0D=0AX:y?=", "?=", "=?", "a@b", "<c>", "\\", ",", ";:", "_"]
# Without spaces at the ends, which no reader keeps, nor controls, which are cleaned before.
TEXTS = st.text(st.characters(min_codepoint=32, exclude_categories=["C", "Z"])) | st.lists(
    st.sampled_from(WORDS), min_size=1, max_size=14
).map(" ".join)

readers = pytest.mark.parametrize("reader", READERS.values(), ids=READERS)


def is_one_field(data: bytes) -> bool:
    """One logical line of printable ASCII, none longer than readers have room for."""
    first, *rest = data.removesuffix(b"\r\n").split(b"\r\n")
    lines = all(line.decode("ascii").isprintable() and line.strip() for line in [first, *rest])
    return data.endswith(b"\r\n") and lines and all(line.startswith(b" ") for line in rest)


@readers
@settings(max_examples=150)
@given(text=TEXTS.filter(bool))
@example("=?utf-8?q?a=0D=0A=0D=0AText?=")
@example("a  b")
@example("x" * 10_000)
@example("ё" * 10_000)
def test_a_text_is_read_as_it_was_typed(reader: Reader, text: str) -> None:
    data = headers.text("Subject", text)
    assert is_one_field(data)
    assert max(map(len, data.split(b"\r\n"))) <= 76
    assert reader(data + b"\r\n")["Subject"] == text


@settings(max_examples=150)
@given(display=TEXTS.filter(bool))
@example('Acme, "Support" \\ (desk)')
@example("Поддержка " * 8 + ".")
def test_a_mailbox_is_read_with_the_name_that_it_was_given(display: str) -> None:
    data = headers.mailbox("From", "support@example.com", display)
    assert is_one_field(data)
    seen = (display, "support@example.com")
    assert READERS["compat32"].mailbox(data + b"\r\n", "From") == seen
    # Python's newer parser puts a space between the encoded words of a name, against RFC 2047.
    if data.count(b"=?utf-8?") <= 1:
        assert READERS["default"].mailbox(data + b"\r\n", "From") == seen


@pytest.mark.parametrize("text", ["Нет горячей воды на третьем этаже ", "Cold water on floor 3 "])
def test_a_long_subject_is_folded_between_letters_or_words(text: str) -> None:
    data = headers.text("Subject", (text * 6).strip())
    assert len(data.split(b"\r\n")) > 2
    assert (b"=?" in data) == (not text.isascii())


def test_a_plain_field_stays_on_its_line() -> None:
    reference = f"<lodge.REQ000007@{'h' * 63}.{'g' * 63}.example.com>"
    assert headers.plain("References", reference) == f"References: {reference}\r\n".encode()


@pytest.mark.threat("headers made of text")
@pytest.mark.parametrize("value", ["a\r\nBcc: eve@example.com", "a\nb", "a\0", "\x1b[31m", "ё", ""])
def test_a_plain_field_takes_nothing_but_printable_ascii(value: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        headers.plain("To", value)
    with pytest.raises(ValueError, match="printable ASCII"):
        headers.mailbox("To", value, "Ann")


def test_message_ids_stand_one_on_a_line() -> None:
    data = headers.message_ids("References", ["<a@example.com>", "<b@example.com>"])
    assert data == b"References: <a@example.com>\r\n <b@example.com>\r\n"


@pytest.mark.threat("headers made of text")
@pytest.mark.parametrize(
    "value", ["", "a@b", "<a b>", "<a\r\nX: y@b>", "<é@b>", "<=?utf-8?q?a?=@b>", "<" + "a" * 249]
)
def test_a_field_of_message_ids_takes_nothing_else(value: str) -> None:
    with pytest.raises(ValueError, match="References"):
        headers.message_ids("References", [value])
    with pytest.raises(ValueError, match="References"):
        headers.message_ids("References", [])
