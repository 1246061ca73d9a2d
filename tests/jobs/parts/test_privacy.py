"""The sweep forgets who asked for it and thought no better of it, each by themselves."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from jobs.exports import export_person
from jobs.outbox import send_due
from jobs.parts import privacy as jobs
from portal import clock
from portal.extensions import db
from portal.mail.transport import FolderTransport, open_transport
from portal.models.delivery import NoticeKind, Outbox
from portal.models.people import AccountEventKind, Actor, User
from portal.models.privacy import PrivacyRequest, PrivacyState
from portal.models.tickets import Rating, Ticket, TicketEvent
from portal.queries.privacy import find_personal_data
from portal.queries.tickets import tickets
from portal.services.delivery import mail_notifications
from portal.services.people import account_log
from portal.services.privacy import erase, privacy_requests
from portal.services.privacy.privacy_requests import UNDO_FOR
from portal.services.tickets import ratings
from tests import factories
from tests.cast import Cast
from tests.mailbox import Mailbox
from tests.sweeping import sweep
from tests.waiting import PATIENCE


def ask(app: Flask, person: Actor) -> int:
    with factories.writing(app):
        return privacy_requests.ask_deletion(actor=person).id


def names(app: Flask, *people: Actor) -> list[str]:
    with app.app_context():
        return [db.session.get_one(User, person.id).first_name for person in people]


def sweep_after(app: Flask, time: timedelta) -> None:
    """What is owed by then leaves, too."""
    with time_machine.travel(clock.now() + time), app.app_context():
        send_due(PATIENCE)
        sweep()


def test_it_happens_after_two_weeks_and_not_before(
    app: Flask, cast: Cast, mailbox: Mailbox
) -> None:
    ask(app, cast.carl)
    sweep_after(app, UNDO_FOR - timedelta(minutes=1))
    assert names(app, cast.carl, cast.ann) == ["Carl", "Ann"]
    sweep_after(app, UNDO_FOR + timedelta(minutes=1))
    assert names(app, cast.carl, cast.ann) == ["", "Ann"]
    with time_machine.travel(clock.now() + UNDO_FOR + timedelta(minutes=2)):
        assert mailbox.subjects(cast.carl.email)[-1] == "Your account is deleted"


def test_the_goodbye_is_in_the_language_of_its_reader(
    app: Flask, cast: Cast, mailbox: Mailbox
) -> None:
    with factories.writing(app):
        db.session.get_one(User, cast.carl.id).locale = "ru"
    ask(app, cast.carl)
    sweep_after(app, UNDO_FOR + timedelta(minutes=1))
    with app.app_context():
        query = select(Outbox.data).where(Outbox.template == "account_deleted")
        assert db.session.scalars(query).one() == {"locale": "ru"}


def test_who_has_undone_it_stays(app: Flask, cast: Cast) -> None:
    ask(app, cast.carl)
    with factories.writing(app):
        privacy_requests.undo_deletion(actor=cast.carl)
    sweep_after(app, 2 * UNDO_FOR)
    assert names(app, cast.carl) == ["Carl"]


def test_the_copy_goes_along(app: Flask, cast: Cast) -> None:
    ask(app, cast.carl)
    later = clock.now() + UNDO_FOR - timedelta(days=1)
    with time_machine.travel(later):
        with factories.writing(app):
            carl = factories.actor(db.session.get_one(User, cast.carl.id))
            export_id = privacy_requests.ask_export(actor=carl).id
        with app.app_context():
            export_person(export_id)
    with app.app_context():
        key = db.session.get_one(PrivacyRequest, export_id).storage_key
        app.extensions["lodge.storage"].open(key).close()
    sweep_after(app, UNDO_FOR + timedelta(minutes=1))
    with app.app_context():
        export = db.session.get_one(PrivacyRequest, export_id)
        assert (export.state, export.storage_key) == (PrivacyState.EXPIRED, None)
    assert not list(app.config["DATA_DIR"].glob("files/*/*/*"))


@pytest.fixture
def written_to(app: Flask, cast: Cast, mailbox: Mailbox) -> Mailbox:
    """Carl has had mails, one of them at a former address; Ann has had one that names him."""
    factories.file_ticket(app, cast.carl)
    with factories.writing(app):
        carl = db.session.get_one(User, cast.carl.id)
        mail_notifications.account_notice(carl, NoticeKind.EMAIL_CHANGED, to="old@example.com")
        account_log.record(
            user=carl, kind=AccountEventKind.EMAIL_CHANGED, **{"from": "old@example.com"}
        )
        ann = db.session.get_one(User, cast.ann.id)
        mail_notifications.account_notice(ann, NoticeKind.JOINED, about=carl.email)
    ask(app, cast.carl)
    assert len(mailbox.sent(cast.carl.email)) == 2
    assert len(mailbox.sent("old@example.com")) == len(mailbox.sent(cast.ann.email)) == 1
    return mailbox


FORGOTTEN = UNDO_FOR + timedelta(minutes=1)
A_WHILE_LATER = FORGOTTEN + timedelta(minutes=3)


def test_files_of_mails_to_the_person_go_along_and_others_stay(
    app: Flask, cast: Cast, written_to: Mailbox
) -> None:
    sweep_after(app, FORGOTTEN)
    assert len(written_to.sent(cast.carl.email)) == 2  # a worker may be writing one
    sweep_after(app, A_WHILE_LATER)
    assert written_to.subjects(cast.carl.email) == ["Your account is deleted"]
    assert written_to.sent("old@example.com") == []
    assert len(written_to.sent(cast.ann.email)) == 1
    assert len(written_to.sent(app.config["SUPPORT_EMAIL"])) == 1


def test_what_a_killed_worker_left_of_them_goes_at_the_next_sweep(
    app: Flask, cast: Cast, written_to: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_path: Path, **_options: bool) -> None:
        raise KeyboardInterrupt

    sweep_after(app, FORGOTTEN)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            sweep_after(app, A_WHILE_LATER)
    assert len(written_to.sent("old@example.com")) == 1
    for _ in range(2):
        sweep_after(app, A_WHILE_LATER)
        assert written_to.sent("old@example.com") == []


def test_they_are_looked_for_once(
    app: Flask, cast: Cast, written_to: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(FolderTransport, "remove", lambda _folder, ids: asked.append(list(ids)))
    sweep_after(app, FORGOTTEN)
    sweep_after(app, A_WHILE_LATER)
    sweep_after(app, A_WHILE_LATER)
    [ids] = asked
    assert isinstance(ids, list) and len(ids) == 3


def test_where_mail_leaves_by_a_server_nothing_is_looked_for(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = open_transport("smtp://mail.example.com")
    monkeypatch.setitem(app.extensions, "lodge.mail", transport)
    monkeypatch.setattr(find_personal_data, "message_ids_to", lambda _user: 1 / 0)
    ask(app, cast.carl)
    with time_machine.travel(clock.now() + A_WHILE_LATER), app.app_context():
        jobs.forget_due()
        jobs.remove_mail_files()
    assert names(app, cast.carl) == [""]


def test_one_that_cannot_be_done_does_not_keep_the_others(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = ask(app, cast.carl)
    ask(app, cast.bob)
    real = erase.erase_person

    def forget(request_id: int, *rest: object) -> object:
        if request_id == broken:
            raise ZeroDivisionError
        return real(request_id, *rest)

    monkeypatch.setattr(erase, "erase_person", forget)
    sweep_after(app, UNDO_FOR + timedelta(minutes=1))
    assert names(app, cast.carl, cast.bob) == ["Carl", ""]
    assert f"deletion {broken} failed" in caplog.text


def test_those_that_cannot_be_done_do_not_stand_before_the_others(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_DELETIONS", 1)
    broken = ask(app, cast.carl)
    ask(app, cast.bob)
    with monkeypatch.context() as patch:
        patch.setattr(erase, "erase_person", lambda *_: 1 / 0)
        sweep_after(app, UNDO_FOR + timedelta(minutes=1))
    sweep_after(app, UNDO_FOR + timedelta(minutes=1))
    assert names(app, cast.carl, cast.bob) == ["Carl", ""]
    with app.app_context():
        waits = db.session.get_one(PrivacyRequest, broken)
        assert (waits.state, waits.error) == (PrivacyState.WAITING, "ZeroDivisionError")
    sweep_after(app, UNDO_FOR + timedelta(hours=2))
    assert names(app, cast.carl) == [""]


def test_two_sweeps_at_once_forget_once(app: Flask, cast: Cast) -> None:
    ask(app, cast.carl)

    def run() -> None:
        with app.app_context():
            jobs.forget_due()

    with time_machine.travel(clock.now() + UNDO_FOR + timedelta(minutes=1)):
        threads = [threading.Thread(target=run) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
    with app.app_context():
        query = select(Outbox.id).where(Outbox.template == "account_deleted")
        assert len(list(db.session.scalars(query))) == 1


def test_who_is_writing_to_a_ticket_of_theirs_is_waited_for(app: Flask, cast: Cast) -> None:
    filed = factories.file_ticket(app, cast.carl)
    factories.rate_ticket(app, cast.carl, filed)
    ask(app, cast.carl)

    def run() -> None:
        with app.app_context():
            jobs.forget_due()

    with time_machine.travel(clock.now() + UNDO_FOR + timedelta(minutes=1)):
        sweeping = threading.Thread(target=run)
        with factories.writing(app):
            ticket = tickets.find(cast.carl, filed.number, lock=True)
            sweeping.start()
            sweeping.join(0.3)  # as far as it comes
            ratings.rate(
                actor=cast.carl, ticket=ticket, rating=Rating.BAD, comment="Ring 0123 456."
            )
        sweeping.join(PATIENCE)
    assert names(app, cast.carl) == [""]
    with app.app_context():
        ticket = db.session.get_one(Ticket, filed.id)
        assert (ticket.rating, ticket.rating_comment) == ("bad", None)
        told = select(TicketEvent.data).where(TicketEvent.kind == "rated")
        assert {data["comment"] for data in db.session.scalars(told)} == {""}
