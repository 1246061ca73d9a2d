"""Mail of a real server is kept once, in its order, whatever the server or a mail is like."""

import socket

import pytest
from flask import Flask

from jobs.fetching import steps
from portal.extensions import db
from portal.inbound.imap import folder as folders
from portal.inbound.imap.folder import Folder
from portal.models.inbound import FailureReason, InboundState, InboundWay, Reason
from portal.models.tickets import Comment
from portal.security.encryption import encrypt
from tests.cast import Cast
from tests.dovecot import PASSWORD, Dovecot
from tests.fetched import (
    add_mailbox,
    change_mailbox,
    fetching,
    kept,
    mailbox_row,
    wait_for_failure,
    wait_for_kept,
    wait_for_success,
)
from tests.inbound.mails import mail
from tests.inbound.mails import read as read_all
from tests.read_only_mode import change_mode
from tests.waiting import wait_for


def test_a_mail_is_kept_once_marked_as_seen_and_stays(
    app: Flask, cast: Cast, server: Dovecot, user: str
) -> None:
    server.deliver(user, mail(text="One.").as_bytes(), mail(text="Two.").as_bytes())
    mailbox_id = add_mailbox(app, server.port, user)
    for _ in range(2):
        with fetching(app):
            wait_for_success(app, mailbox_id)
        change_mailbox(app, mailbox_id, last_success_at=None)
    one, two = kept(app, mailbox_id)
    assert one.way == two.way == InboundWay.IMAP
    read_all(app)
    with app.app_context():
        said = db.session.scalars(db.select(Comment.message).order_by(Comment.id))
        assert list(said) == ["One.", "Two."]
    assert server.flags(user) == [(b"\\Seen",), (b"\\Seen",)]


def test_new_mail_comes_by_an_idle(app: Flask, server: Dovecot, user: str) -> None:
    mailbox_id = add_mailbox(app, server.port, user)
    with fetching(app):
        wait_for_success(app, mailbox_id)
        # Some of them come while another one is fetched.
        for number in range(1, 6):
            server.deliver(user, mail().as_bytes())
            wait_for_kept(app, mailbox_id, number)
    assert mailbox_row(app, mailbox_id).last_mail_at is not None


def test_while_the_desk_is_read_only_mail_stays_unread_in_its_mailbox(
    app: Flask, server: Dovecot, user: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    mailbox_id = add_mailbox(app, server.port, user)
    with fetching(app):
        wait_for_success(app, mailbox_id)
        change_mode(app)
        server.deliver(user, mail().as_bytes())
        wait_for(lambda: "waits: the desk is read-only" in caplog.text, "waiting")
        assert (kept(app, mailbox_id), server.flags(user)) == ([], [()])
        change_mode(app, on=False)
        wait_for_kept(app, mailbox_id, 1)
    assert mailbox_row(app, mailbox_id).failure_reason is None
    assert server.flags(user) == [(b"\\Seen",)]


def test_a_server_without_idle_is_looked_at_again_and_again(
    app: Flask, server: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Folder, "can_idle", False)
    mailbox_id = add_mailbox(app, server.port, user)
    with fetching(app):
        wait_for_success(app, mailbox_id)
        server.deliver(user, mail().as_bytes())
        wait_for_kept(app, mailbox_id, 1)


def test_the_first_time_only_what_nobody_has_read_is_fetched(
    app: Flask, server: Dovecot, user: str
) -> None:
    server.deliver(user, mail(subject="Old").as_bytes())
    with server.sign_in(user) as client:
        client.select_folder("INBOX")
        client.add_flags(client.search(), [b"\\Seen"])
    server.deliver(user, mail(subject="New").as_bytes())
    mailbox_id = add_mailbox(app, server.port, user)
    with fetching(app):
        wait_for_success(app, mailbox_id)
        # And then whatever comes, also when somebody has read it first.
        with server.sign_in(user) as client:
            client.append("INBOX", mail(subject="Newest").as_bytes(), flags=[b"\\Seen"])
        wait_for_kept(app, mailbox_id, 2)
    read_all(app)
    assert [one.subject for one in kept(app, mailbox_id)] == ["New", "Newest"]


def test_with_another_uidvalidity_all_is_read_again_and_known_mails_are_recognised(
    app: Flask, server: Dovecot, user: str
) -> None:
    known = [mail().as_bytes(), mail().as_bytes()]
    server.replace(user, "Desk", *known)
    mailbox_id = add_mailbox(app, server.port, user, folder="Desk")
    with fetching(app):
        wait_for_success(app, mailbox_id)
    before = mailbox_row(app, mailbox_id).uid_validity
    server.replace(user, "Desk", *known, mail().as_bytes())
    with fetching(app):
        wait_for(lambda: mailbox_row(app, mailbox_id).uid_validity != before, "renumbered")
        wait_for_kept(app, mailbox_id, 3)
    assert len(kept(app, mailbox_id)) == 3


def test_a_broken_mail_does_not_block_those_behind_it(
    app: Flask, cast: Cast, server: Dovecot, user: str
) -> None:
    server.deliver(user, b"\xff\xfe nothing \x80 of a mail\r\n", mail(text="Fine.").as_bytes())
    mailbox_id = add_mailbox(app, server.port, user)
    with fetching(app):
        wait_for_kept(app, mailbox_id, 2)
    read_all(app)
    _broken, fine = kept(app, mailbox_id)
    assert fine.state == InboundState.DONE


def test_a_mail_that_is_too_large_stays_and_is_named(
    app: Flask, server: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "MAX_BYTES", 2000)
    server.deliver(
        user, mail(subject="Film", text="x" * 3000).as_bytes(), mail(subject="Fine").as_bytes()
    )
    mailbox_id = add_mailbox(app, server.port, user)
    with fetching(app):
        wait_for_kept(app, mailbox_id, 2)
    large, fine = kept(app, mailbox_id)
    assert (large.state, large.reason) == (InboundState.FAILED, Reason.TOO_LARGE)
    assert (large.subject, large.sender) == ("Film", "ann@example.com")
    assert large.size > 3000
    assert large.storage_key is None
    assert fine.state == InboundState.RECEIVED
    assert server.flags(user) == [(b"\\Seen",), (b"\\Seen",)]


def test_a_wrong_password_is_named_until_somebody_mends_it(
    app: Flask, server: Dovecot, user: str
) -> None:
    with app.app_context():
        wrong, right = encrypt("wrong"), encrypt(PASSWORD)
    mailbox_id = add_mailbox(app, server.port, user, secret=wrong)
    with fetching(app) as crew:
        failed = wait_for_failure(app, mailbox_id)
        assert failed.failure_reason == FailureReason.PASSWORD
        assert failed.failing_since is not None
        change_mailbox(app, mailbox_id, secret=right)
        crew.look()
        wait_for(lambda: not crew.is_fetching(mailbox_id), "given up")
        crew.look()
        wait_for_success(app, mailbox_id)
    assert mailbox_row(app, mailbox_id).failure_reason is None


def test_a_folder_that_is_missing_is_named(app: Flask, server: Dovecot, user: str) -> None:
    mailbox_id = add_mailbox(app, server.port, user, folder="Nowhere")
    with fetching(app):
        assert wait_for_failure(app, mailbox_id).failure_reason == FailureReason.FOLDER


def test_a_server_that_hangs_stops_no_other_mailbox(
    app: Flask, server: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        allowed = app.config["OUTBOUND_ALLOW"] | {("127.0.0.1", port)}
        monkeypatch.setitem(app.config, "OUTBOUND_ALLOW", allowed)
        monkeypatch.setattr("portal.inbound.imap.client.READ_SECONDS", 0.5)
        hanging = add_mailbox(app, port, f"{user}b")
        mailbox_id = add_mailbox(app, server.port, user)
        server.deliver(user, mail().as_bytes())
        with fetching(app):
            wait_for_kept(app, mailbox_id, 1)
            assert wait_for_failure(app, hanging).failure_reason == FailureReason.CONNECTION


def test_a_mailbox_that_is_switched_off_is_left(app: Flask, server: Dovecot, user: str) -> None:
    mailbox_id = add_mailbox(app, server.port, user)
    with fetching(app) as crew:
        wait_for_success(app, mailbox_id)
        change_mailbox(app, mailbox_id, is_active=False)
        crew.look()
        wait_for(lambda: not crew.is_fetching(mailbox_id), "left")
        server.deliver(user, mail().as_bytes())
        crew.look()
        assert not crew.is_fetching(mailbox_id)
    assert mailbox_row(app, mailbox_id).fetcher is None
    assert kept(app, mailbox_id) == []


def test_one_of_two_processes_fetches_a_mailbox_and_the_other_takes_over(
    app: Flask, server: Dovecot, user: str
) -> None:
    mailbox_id = add_mailbox(app, server.port, user)
    with fetching(app):
        wait_for_success(app, mailbox_id)
        first = mailbox_row(app, mailbox_id).fetcher
        with app.app_context():
            assert not steps.claim(mailbox_id, "another")
    assert first is not None
    with app.app_context():
        assert steps.claim(mailbox_id, "another")


def test_whoever_has_lost_the_mailbox_writes_no_position(
    app: Flask, server: Dovecot, user: str
) -> None:
    mailbox_id = add_mailbox(app, server.port, user)
    with fetching(app):
        wait_for_success(app, mailbox_id)
        before = mailbox_row(app, mailbox_id).last_uid
        change_mailbox(app, mailbox_id, fetcher="another")
        server.deliver(user, mail().as_bytes())
        wait_for_kept(app, mailbox_id, 1)
    row = mailbox_row(app, mailbox_id)
    assert (row.fetcher, row.last_uid) == ("another", before)
