"""Files within a winmail.dat come out under their names, and none makes reading slow or fail."""

import base64
import struct

from hypothesis import given
from hypothesis import strategies as st

from portal.mail_parsing import tnef
from portal.mail_parsing.message import parse
from portal.mail_parsing.parsed import Remark
from tests.timing import cpu_seconds

HEAD = b"\x78\x9f\x3e\x22\x01\x00"


def attribute(name: int, value: bytes, level: int = 2) -> bytes:
    return struct.pack("<BHHI", level, name, 6, len(value)) + value + b"\0\0"


def file(content: bytes, *, title: bytes = b"", properties: bytes = b"") -> bytes:
    made = attribute(0x9002, b"\0" * 14)
    made += attribute(0x8010, title + b"\0") if title else b""
    made += attribute(0x800F, content)
    return made + (attribute(0x9005, properties) if properties else b"")


def long_name(name: str, before: bytes = b"", number: int = 1) -> bytes:
    value = f"{name}\0".encode("utf-16-le")
    padding = b"\0" * (-len(value) % 4)
    prop = struct.pack("<HHII", 0x1F, 0x3707, 1, len(value)) + value + padding
    return struct.pack("<I", number) + before + prop


def test_files_come_out_under_the_names_that_fitted() -> None:
    data = HEAD + file(b"%PDF", title=b"OFFER~1.PDF") + file(b"two", title=b"b.txt")
    assert tnef.files(data) == [("OFFER~1.PDF", b"%PDF"), ("b.txt", b"two")]


def test_the_whole_name_comes_before_the_one_that_fitted() -> None:
    """After properties of other kinds: a number, and one with a name of its own."""
    number = struct.pack("<HHI", 3, 0x0E20, 5)
    named = (
        struct.pack("<HH", 0x1E, 0x8001) + b"g" * 16 + struct.pack("<II", 1, 6) + b"a\0b\0\0\0\0\0"
    )
    named += struct.pack("<II", 1, 3) + b"xyz\0"
    properties = long_name("Angebot für März.pdf", number + named, 3)
    data = HEAD + file(b"x", title=b"ANGEBO~1.PDF", properties=properties)
    assert tnef.files(data) == [("Angebot für März.pdf", b"x")]


def test_a_name_is_in_the_code_page_that_is_said() -> None:
    page = attribute(0x9007, struct.pack("<II", 1251, 0), level=1)
    data = HEAD + page + file(b"x", title="Счёт.xls".encode("cp1251"))
    assert tnef.files(data) == [("Счёт.xls", b"x")]


def test_what_is_damaged_gives_what_stands_before() -> None:
    data = HEAD + file(b"whole", title=b"a.txt") + file(b"cut off", title=b"b.txt")
    assert tnef.files(data[:-6]) == [("a.txt", b"whole")]
    assert tnef.files(b"no TNEF") == []
    assert tnef.files(HEAD + file(b"x", title=b"a", properties=b"\xff" * 7)) == [("a", b"x")]


def test_no_more_files_come_out_than_a_message_could_have() -> None:
    assert len(tnef.files(HEAD + file(b"x") * 500)) == tnef.MAX_FILES


@given(st.binary(max_size=300), st.binary(max_size=60))
def test_no_bytes_make_it_fail(rest: bytes, properties: bytes) -> None:
    tnef.files(HEAD + rest)
    tnef.files(HEAD + file(b"x", properties=properties))


def test_many_small_attributes_take_no_longer_than_their_bytes() -> None:
    data = HEAD + attribute(0x8000, b"", level=1) * 400_000
    half = data[: len(data) // 2]
    assert cpu_seconds(lambda: tnef.files(data)) < 5 * cpu_seconds(lambda: tnef.files(half))


def mail(data: bytes) -> bytes:
    return (
        b'Content-Type: multipart/mixed; boundary="b"\n\n'
        b"--b\nContent-Type: text/plain\n\nIt drips.\n"
        b'--b\nContent-Type: application/ms-tnef; name="winmail.dat"\n'
        b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(data) + b"--b--\n"
    )


def test_a_mail_has_the_files_instead_of_the_winmail_dat() -> None:
    found = parse(mail(HEAD + file(b"%PDF-1.4", title=b"offer.pdf") + file(b"x")))
    assert [(one.filename, one.content) for one in found.files] == [
        ("offer.pdf", b"%PDF-1.4"),
        ("file-2", b"x"),
    ]
    assert not found.remarks


def test_one_that_cannot_be_opened_stays_and_is_said() -> None:
    found = parse(mail(b"something else"))
    assert [one.filename for one in found.files] == ["winmail.dat"]
    assert found.remarks == (Remark.TNEF,)
