"""Files inside a mail: what is sent, under which name, and what is said of the others."""

import io
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

import pytest

from portal.errors import NotFound
from portal.mail import enclosures
from portal.mail.messages import compose
from portal.mail.outgoing import FileToEnclose
from portal.models.tickets import Attachment
from tests.mail.outgoing import attachment, comment, desk, outgoing_mail, part, person, received

DESK = desk()
CONTENT = bytes(range(256)) * 999


class Shelf:
    """A store of a few files, which reads in small pieces as a distant one does."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def open(self, key: str) -> io.BytesIO:
        if key not in self._files:
            raise NotFound
        return Slow(self._files[key])


class Slow(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size if size and size > 0 else 100, 1000))


def read(**files: bytes) -> Mapping[str, bytes | None]:
    wanted = [FileToEnclose(key, len(content)) for key, content in files.items()]
    return enclosures.read(wanted, Shelf(files))  # type: ignore[arg-type]


def stored(filename: str = "boiler.jpg", key: str = "k", **facts: Any) -> Attachment:
    file = attachment(filename, len(CONTENT))
    file.storage_key = key
    for name, value in facts.items():
        setattr(file, name, value)
    return file


def sent(*files: Attachment, **facts: Any) -> EmailMessage:
    facts = {"enclosed": read(k=CONTENT), **facts}
    return received(compose(outgoing_mail("reply", attachments=files, **facts), DESK))


def test_a_file_arrives_as_it_was_stored() -> None:
    [file] = sent(stored()).iter_attachments()
    assert file.get_content() == CONTENT
    assert file.get_content_type() == "image/jpeg"
    assert file.get_filename() == "boiler.jpg"
    assert file.get_content_disposition() == "attachment"


def test_text_and_page_stand_before_it() -> None:
    mail = sent(stored())
    assert mail.get_content_type() == "multipart/mixed"
    assert "The boiler is cold." in part(mail)
    assert "<html" in part(mail, "html")
    assert "Files, in this mail:\n- boiler.jpg" in part(mail)


@pytest.mark.threat("headers made of text")
@pytest.mark.parametrize(
    ("filename", "shown"),
    [
        ("план.pdf", "план.pdf"),
        ('a"b\r\nBcc: eve@example.com.pdf', "a_b Bcc_ eve@example.com.pdf"),
        ("=?utf-8?q?a=0D=0AX:y?=.pdf", "=_utf-8_q_a=0D=0AX_y_=.pdf"),
        ("../../etc/passwd", "passwd"),
        ("invoice \u202efdp.exe", "invoice fdp.exe"),
        ("ё" * 200, "ё" * 127),
    ],
    ids=ascii,
)
def test_a_name_is_only_a_name(filename: str, shown: str) -> None:
    mail = sent(stored(filename))
    [file] = mail.iter_attachments()
    assert file.get_filename() == shown
    assert mail["Bcc"] is file["Bcc"] is None


def test_a_type_that_is_none_is_unknown() -> None:
    [file] = sent(stored(content_type="text/html\r\nX: y")).iter_attachments()
    assert file.get_content_type() == "application/octet-stream"


def test_what_has_no_room_is_on_the_page_and_what_is_gone_is_nowhere() -> None:
    mail = sent(
        stored("first.jpg"),
        stored("large.iso", "large"),
        stored("gone.txt", "gone"),
        enclosed={**read(k=CONTENT), "gone": None},
    )
    assert [file.get_filename() for file in mail.iter_attachments()] == ["first.jpg"]
    text = part(mail)
    assert "Files, on the ticket's page:\n- large.iso" in text
    assert "Files that are not there any more:\n- gone.txt" in text


def test_a_file_that_the_store_has_lost_is_known_as_lost() -> None:
    found = enclosures.read([FileToEnclose("gone", 3)], Shelf({}))  # type: ignore[arg-type]
    assert found == {"gone": None}


def test_no_more_is_read_than_the_row_says() -> None:
    found = enclosures.read([FileToEnclose("k", 3)], Shelf({"k": b"abcdef"}))  # type: ignore[arg-type]
    assert found == {"k": b"YWJj\r\n"}


@pytest.mark.threat("notes and secrets shown")
def test_files_of_words_that_are_not_told_do_not_go() -> None:
    strangers = person(is_verified=False)
    author = person(id=3, email="eve@example.com")
    mail = sent(stored(), reader=strangers, author=author, comment=comment())
    assert list(mail.iter_attachments()) == []
    assert "boiler.jpg" not in part(mail)
