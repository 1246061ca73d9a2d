"""MAIL_URL, and mail that goes into a folder."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from portal.errors import ConfigError
from portal.mail.failures import TemporaryFailure
from portal.mail.messages import compose
from portal.mail.smtp import SmtpTransport
from portal.mail.transport import FolderTransport, open_transport
from tests.mail.outgoing import desk, outgoing_mail, part, received

MESSAGE = compose(outgoing_mail("reply"), desk())


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail",
        "http://mail.example.com",
        "folder://relative/path",
        "smtp://",
        "smtp://:25",
        "smtp://mail.example.com:port",
        "smtp://mail.example.com:99999",
        "smtp://user:s3cret/slash@mail.example.com",
        "smtp://user:s3cret#hash@mail.example.com",
        "smtp://mail.example.com/path",
        "smtp://mail.example.com?tls=2",
        "smtp://mail.example.com?starttls=1",
        "smtps://mail.example.com?tls=0",
        "smtp://mail.example.com?ca=/does/not/exist.pem",
        "smtp://user:s3cret%D0%AF@mail.example.com",
        "smtp://[::1",
    ],
)
def test_an_address_that_makes_no_sense_is_one_line_without_the_password(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_transport(url)
    assert "MAIL_URL" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_the_usual_ports() -> None:
    submission = open_transport("smtp://mail.example.com")
    implicit = open_transport("smtps://mail.example.com")
    assert isinstance(submission, SmtpTransport)
    assert isinstance(implicit, SmtpTransport)
    assert (submission.port, implicit.port) == (587, 465)
    assert submission.context is not None


def test_a_folder_gets_a_file_that_any_mail_program_reads(tmp_path: Path) -> None:
    folder = tmp_path / "not yet" / "there"
    open_transport(f"folder://{folder}").send(MESSAGE, within=1)
    [file] = folder.iterdir()
    assert file.suffix == ".eml"
    assert file.read_bytes() == MESSAGE.data
    read = received(file.read_bytes())
    assert read["Message-ID"] == MESSAGE.message_id
    assert part(read, "html") == part(MESSAGE, "html")


def test_a_copy_replaces_the_first(tmp_path: Path) -> None:
    transport = open_transport(f"folder://{tmp_path}")
    transport.send(MESSAGE, within=1)
    transport.send(compose(outgoing_mail("reply"), desk()), within=1)
    assert len(list(tmp_path.iterdir())) == 1


def test_what_is_to_go_is_removed_with_what_a_killed_process_left_of_it(tmp_path: Path) -> None:
    transport = FolderTransport(tmp_path)
    other = replace(compose(outgoing_mail("assigned"), desk()), message_id="<another@localhost>")
    for message in (MESSAGE, other):
        transport.send(message, within=1)
    [mine, theirs] = sorted(tmp_path.iterdir(), key=lambda path: path.read_bytes() != MESSAGE.data)
    (tmp_path / f".{mine.stem}.4711.tmp").write_text("half")
    for _ in range(2):
        transport.remove([MESSAGE.message_id, "<never.sent@localhost>"])
        assert list(tmp_path.iterdir()) == [theirs]
    transport.remove([])
    FolderTransport(tmp_path / "not there").remove([MESSAGE.message_id])


def test_what_customers_wrote_is_for_the_owner_alone(tmp_path: Path) -> None:
    open_transport(f"folder://{tmp_path}").send(MESSAGE, within=1)
    [file] = tmp_path.iterdir()
    assert os.stat(file).st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_is_a_reason_to_wait(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TemporaryFailure, match="file"):
        open_transport(f"folder://{tmp_path}/file").send(MESSAGE, within=1)
