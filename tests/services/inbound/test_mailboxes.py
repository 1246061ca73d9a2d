"""The desk's first mailbox follows INBOUND_URL."""

import pytest
from flask import Flask
from sqlalchemy import select

from jobs.fetching import program
from portal.errors import ConfigError
from portal.extensions import db
from portal.inbound_url import Fetching, parse
from portal.models.inbound import Mailbox, MailboxWay
from portal.security.encryption import decrypt
from tests.fetched import change_mailbox
from tests.read_only_mode import change_mode

URL = "imap://ann%40example.com:se%20cret@imap.example.com/Desk"


def follow(app: Flask, url: str = URL) -> Mailbox:
    """The mailbox after a start with that setting."""
    with app.app_context():
        app.config["INBOUND_URL"] = parse(url)
        program.follow_setting()
        return db.session.scalars(select(Mailbox)).one()


@pytest.fixture(autouse=True)
def _setting(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "INBOUND_URL", None)


def test_it_is_the_mailbox_of_the_desk(app: Flask) -> None:
    mailbox = follow(app)
    assert (mailbox.way, mailbox.security) == (MailboxWay.IMAP, "starttls")
    assert (mailbox.host, mailbox.port) == ("imap.example.com", 143)
    assert (mailbox.username, mailbox.folder) == ("ann@example.com", "Desk")
    with app.app_context():
        assert decrypt(mailbox.secret or "") == "se cret"


def test_another_start_goes_on_where_the_last_one_ended(app: Flask) -> None:
    change_mailbox(app, follow(app).id, uid_validity=7, last_uid=3)
    assert follow(app, URL.replace("se%20cret", "other")).last_uid == 3
    assert follow(app, URL.replace("Desk", "Other")).last_uid is None


class _Idle:
    """A crew that has nothing to fetch."""

    def __init__(self, _app: Flask) -> None: ...

    def look(self) -> None: ...

    def end(self, _seconds: float) -> None: ...


def test_a_start_while_the_desk_is_read_only_waits_and_follows_it_after(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[bool] = []

    def wait(_signals: object, _seconds: float) -> object:
        change_mode(app, on=False)
        waited.append(True)
        return None if len(waited) == 1 else "told to end"

    monkeypatch.setattr(program, "application", lambda: app)
    monkeypatch.setattr(program, "settle", lambda: None)
    monkeypatch.setattr(program, "Crew", _Idle)
    monkeypatch.setattr(program.signal, "pthread_sigmask", lambda *_: set())
    monkeypatch.setattr(program.signal, "sigtimedwait", wait)
    app.config["INBOUND_URL"] = parse(URL)
    change_mode(app)
    program.work()
    with app.app_context():
        assert db.session.scalars(select(Mailbox.host)).one() == "imap.example.com"


def test_a_password_needs_a_key_to_be_stored(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "ENCRYPTION_MASTER_KEYS", [])
    with pytest.raises(ConfigError, match="ENCRYPTION_MASTER_KEY"):
        follow(app)


@pytest.mark.parametrize("url", ["lmtp://127.0.0.1:24", None])
def test_other_ways_change_no_mailbox(app: Flask, url: str | None) -> None:
    with app.app_context():
        app.config["INBOUND_URL"] = url and parse(url)
        program.follow_setting()
        assert db.session.scalars(select(Mailbox)).all() == []
        assert not isinstance(app.config["INBOUND_URL"], Fetching)
