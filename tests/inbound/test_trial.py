"""Mails that the desk sends to itself leave by the mail server and are read by the worker."""

import pytest
from flask import Flask

from portal.extensions import db
from portal.inbound import trial
from portal.mail.transport import open_transport
from portal.models.inbound import Mailbox, MailTrial
from portal.queries.inbound import mailboxes
from tests.cast import Cast
from tests.factories import writing
from tests.inbound.mails import take_in, tickets
from tests.smtp_sink import sink


@pytest.fixture(autouse=True)
def _mailboxes(app: Flask, cast: Cast) -> None:
    with writing(app):
        db.session.add_all(Mailbox(address=f"{name}@example.com") for name in ("help", "sales"))
        db.session.add(Mailbox(address="old@example.com", is_active=False))


def send(app: Flask) -> list[str | None]:
    with app.app_context():
        return [one.error for one in trial.send_trials()]


def trials(app: Flask) -> list[MailTrial]:
    with app.app_context():
        return list(mailboxes.trials().values())


def test_each_active_mailbox_gets_one_and_all_come_back(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sink() as server:
        transport = open_transport(f"smtp://127.0.0.1:{server.port}?tls=0")
        monkeypatch.setitem(app.extensions, "lodge.mail", transport)
        assert send(app) == [None, None]
        assert [one.rcpt_tos for one in server.envelopes] == [
            ["help@example.com"],
            ["sales@example.com"],
        ]
        assert all(one.is_open and one.left_at for one in trials(app))
        take_in(app, *(bytes(one.content or b"") for one in server.envelopes))
    assert all(one.arrived_at for one in trials(app))
    assert not tickets(app)


def test_a_refused_recipient_is_told_and_the_others_leave(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sink() as server:
        server.refusals["help@example.com"] = ["550 nobody here"]
        transport = open_transport(f"smtp://127.0.0.1:{server.port}?tls=0")
        monkeypatch.setitem(app.extensions, "lodge.mail", transport)
        assert send(app) == ["recipient refused: 550 nobody here", None]
    assert [one.error is None for one in trials(app)] == [False, True]


def test_a_server_that_is_away_is_tried_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with sink() as server:
        server.senders = ["421 going down"]
        transport = open_transport(f"smtp://127.0.0.1:{server.port}?tls=0")
        monkeypatch.setitem(app.extensions, "lodge.mail", transport)
        first, second = send(app)
        assert first and first == second
        assert server.connections == 1


def test_a_server_that_takes_too_long_is_given_up(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "_TOTAL_SECONDS", -1.0)
    with sink() as server:
        transport = open_transport(f"smtp://127.0.0.1:{server.port}?tls=0")
        monkeypatch.setitem(app.extensions, "lodge.mail", transport)
        assert send(app) == ["the mail server takes too long"] * 2
        assert not server.taken


def test_a_folder_of_mails_brings_nothing_back(app: Flask) -> None:
    assert send(app) == ["MAIL_URL names no mail server"] * 2


def test_a_desk_without_mailboxes_gets_its_first_one(app: Flask) -> None:
    with writing(app):
        db.session.execute(db.delete(Mailbox))
    assert len(send(app)) == 1
    with app.app_context():
        assert [one.address for one in mailboxes.active()] == [mailboxes.default_address()]


def test_a_desk_that_has_switched_its_mailboxes_off_sends_nothing(app: Flask) -> None:
    with writing(app):
        db.session.execute(db.update(Mailbox).values(is_active=False))
    assert send(app) == []
