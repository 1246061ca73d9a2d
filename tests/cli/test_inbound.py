"""`flask inbound`: what a pipe or a Maildir brings is kept before the command ends well."""

from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from portal.cli import inbound as command
from portal.extensions import db
from portal.models.inbound import InboundMessage, Mailbox
from portal.storage import Folder
from tests.factories import writing
from tests.inbound.mails import mail

RAW = mail().as_bytes()


def run(app: Flask, *words: object, given: bytes | None = None) -> Result:
    runner = app.test_cli_runner()
    return runner.invoke(command.inbound, [str(word) for word in words], input=given)


def kept(app: Flask) -> list[int]:
    with app.app_context():
        return list(db.session.scalars(select(InboundMessage.id).order_by(InboundMessage.id)))


def test_a_mail_of_a_pipe_is_kept_for_its_mailbox_and_known_again(app: Flask) -> None:
    with writing(app):
        db.session.add(Mailbox(address="sales@example.com"))
    first, again = (run(app, "-", "--to", "Sales+x@example.com", given=RAW) for _ in range(2))
    [message_id] = kept(app)
    assert (first.exit_code, first.output) == (0, f"{message_id} is kept\n")
    assert (again.exit_code, again.output) == (0, f"{message_id} was kept before\n")
    with app.app_context():
        message = db.session.get_one(InboundMessage, message_id)
        assert db.session.get_one(Mailbox, message.mailbox_id).address == "sales@example.com"


def test_new_mails_of_a_maildir_become_seen(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "1.host").write_bytes(RAW)
    (tmp_path / "new" / "2.host").write_bytes(mail().as_bytes())
    assert run(app, tmp_path).exit_code == 0
    assert len(kept(app)) == 2
    assert sorted(path.name for path in (tmp_path / "cur").iterdir()) == [
        "1.host:2,S",
        "2.host:2,S",
    ]
    assert not list((tmp_path / "new").iterdir())


def test_a_folder_has_a_mail_in_each_file_and_a_bad_one_holds_up_no_other(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.inbound.MAX_BYTES", 1000)
    for name, raw in {"1.eml": mail().as_bytes(), "2.eml": b"x" * 1001, "3.eml": RAW}.items():
        (tmp_path / name).write_bytes(raw)
    result = run(app, tmp_path)
    assert result.exit_code == 65
    assert len(kept(app)) == 2
    assert result.output.splitlines()[-1] == "2 of 3 mails are kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.eml", "2.eml", "3.eml"]


def test_the_new_mails_of_a_maildir_may_be_named_themselves(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "1.host").write_bytes(RAW)
    assert run(app, tmp_path / "new").exit_code == 0
    assert [path.name for path in (tmp_path / "cur").iterdir()] == ["1.host:2,S"]


def test_a_mail_that_cannot_be_kept_is_to_be_brought_again(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "1.host").write_bytes(RAW)

    def full(*_args: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(Folder, "_make", full)
    result = run(app, tmp_path)
    assert (result.exit_code, kept(app)) == (75, [])
    assert "is not kept: StorageFull" in result.output
    assert list((tmp_path / "new").iterdir())
    assert run(app, tmp_path / "nowhere.eml").exit_code == 75


def test_what_is_too_large_is_refused_for_good(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.inbound.MAX_BYTES", 10)
    result = run(app, "-", given=RAW)
    assert (result.exit_code, kept(app)) == (65, [])
