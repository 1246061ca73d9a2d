"""Mails that came back: who is told, when an address gets none, and how it gets them again."""

from datetime import timedelta
from itertools import count

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.delivery import Outbox, OutboxState, ReasonNotToSend, ReturnedMail
from portal.models.inbound import Mailbox
from portal.models.people import AccountEvent, User
from portal.models.tickets import Notification, TicketEvent
from tests import factories
from tests.cast import Cast
from tests.factories import Filed, writing
from tests.inbound.mails import DESK, mail, take_in

_numbers = count(1)
NO_MAILBOX = "5.1.1"


@pytest.fixture(autouse=True)
def _desk(app: Flask) -> None:
    with writing(app):
        db.session.add(Mailbox(address=DESK))


@pytest.fixture
def filed(app: Flask, cast: Cast) -> Filed:
    return factories.file_ticket(app, cast.ann)


def bounce(message_id: str, status: str = NO_MAILBOX, to: str = "ann@example.com") -> bytes:
    """What a mail server writes about a mail of that Message-ID; of none without one."""
    original = f"Message-ID: {message_id}\n" if message_id else ""
    return f"""From: MAILER-DAEMON@example.com
To: {DESK}
Subject: Undelivered
Message-ID: <bounce{next(_numbers)}@example.com>
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

It did not arrive.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; {to}
Action: failed
Status: {status}
Diagnostic-Code: smtp; 550 no such <mailbox>
--b
Content-Type: text/rfc822-headers

{original}Subject: x
--b--
""".encode()


def answered(app: Flask, cast: Cast, ticket: Filed) -> str:
    """The Message-ID of a mail to Ann about a new answer of Sam, which has left."""
    factories.post_comment(app, cast.sam, ticket, f"Answer {next(_numbers)}")
    with writing(app):
        query = select(Outbox).where(Outbox.template == "reply", Outbox.user_id == cast.ann.id)
        row = db.session.scalars(query.order_by(Outbox.id.desc())).first()
        assert row is not None
        row.state = OutboxState.SENT
        return row.message_id


def come_back(app: Flask, cast: Cast, ticket: Filed, *statuses: str) -> None:
    for status in statuses:
        take_in(app, bounce(answered(app, cast, ticket), status))


def is_stopped(app: Flask, person_id: int) -> bool:
    with app.app_context():
        return db.session.get_one(User, person_id).mail_stopped_at is not None


def newest_mail(app: Flask, person_id: int) -> Outbox:
    with app.app_context():
        query = select(Outbox).where(Outbox.user_id == person_id).order_by(Outbox.id.desc())
        return db.session.scalars(query).first()  # type: ignore[return-value]


def kinds_of_log(app: Flask, person_id: int) -> list[str]:
    with app.app_context():
        query = select(AccountEvent.kind).filter_by(user_id=person_id).order_by(AccountEvent.id)
        return list(db.session.scalars(query))


def test_three_that_say_there_is_no_mailbox_stop_mails_about_tickets(
    app: Flask, filed: Filed, cast: Cast
) -> None:
    come_back(app, cast, filed, NO_MAILBOX, "5.2.1")
    assert not is_stopped(app, cast.ann.id)
    come_back(app, cast, filed, "5.4.4")
    assert is_stopped(app, cast.ann.id)
    assert kinds_of_log(app, cast.ann.id)[-1] == "mail_stopped"
    factories.post_comment(app, cast.sam, filed, "Are you there?")
    last = newest_mail(app, cast.ann.id)
    assert (last.state, last.error) == (OutboxState.DROPPED, ReasonNotToSend.ADDRESS_FAILS)


@pytest.mark.parametrize("status", ["4.4.7", "5.2.2", "5.3.4", "5.7.26", "5.6.0", ""])
def test_what_says_nothing_of_the_address_does_not_count(
    app: Flask, filed: Filed, cast: Cast, status: str
) -> None:
    come_back(app, cast, filed, *[status] * 4)
    assert not is_stopped(app, cast.ann.id)


def test_the_same_mail_comes_back_once(app: Flask, filed: Filed, cast: Cast) -> None:
    ours = answered(app, cast, filed)
    take_in(app, *(bounce(ours) for _again in range(4)))
    with app.app_context():
        [one] = db.session.scalars(select(ReturnedMail))
        assert (one.address, one.status, one.counts) == ("ann@example.com", NO_MAILBOX, True)
        assert one.said == "550 no such <mailbox>"
    assert not is_stopped(app, cast.ann.id)


def test_the_chain_of_a_mail_that_came_back_has_arrived(
    app: Flask, filed: Filed, cast: Cast
) -> None:
    sent = [answered(app, cast, filed) for _number in range(3)]
    chain = f"In-Reply-To: {sent[2]}\nReferences: {' '.join(sent)}\nSubject:"
    take_in(app, bounce("").replace(b"Subject:", chain.encode(), 1))
    with app.app_context():
        parked = select(Outbox.message_id).where(Outbox.state == OutboxState.PARKED)
        assert list(db.session.scalars(parked)) == [sent[2]]


def test_those_of_long_ago_do_not_count(app: Flask, filed: Filed, cast: Cast) -> None:
    with clock.at(clock.now() - timedelta(days=31)):
        come_back(app, cast, filed, NO_MAILBOX, NO_MAILBOX)
    come_back(app, cast, filed, NO_MAILBOX, NO_MAILBOX)
    assert not is_stopped(app, cast.ann.id)


@pytest.mark.threat("identity by mail")
def test_what_names_no_mail_of_ours_is_noted_once_and_counts_nothing(
    app: Flask, filed: Filed, cast: Cast
) -> None:
    take_in(app, *(bounce("") for _again in range(4)))
    take_in(app, *(bounce("<lodge.0123@example.com>") for _again in range(4)))
    with app.app_context():
        [one] = db.session.scalars(select(ReturnedMail))
        assert (one.user_id, one.message_id, one.counts) == (cast.ann.id, "", False)
    assert not is_stopped(app, cast.ann.id)


@pytest.mark.threat("identity by mail")
def test_what_was_answered_has_arrived_whatever_somebody_in_copy_says(
    app: Flask, filed: Filed, cast: Cast
) -> None:
    known = [answered(app, cast, filed) for _number in range(3)]
    chain = {"In-Reply-To": known[2], "References": " ".join(known), "Cc": "eve@example.com"}
    take_in(app, mail(subject=f"Re: {filed.number}", headers=chain))
    take_in(app, *map(bounce, known))
    assert not is_stopped(app, cast.ann.id)
    come_back(app, cast, filed, *[NO_MAILBOX] * 3)
    assert is_stopped(app, cast.ann.id)


def test_one_about_nobody_here_changes_nothing(app: Flask, cast: Cast) -> None:
    take_in(app, bounce("", to="nobody@example.com"))
    with app.app_context():
        assert db.session.scalars(select(ReturnedMail)).all() == []


def test_mails_to_an_address_that_was_left_count_for_no_other(
    app: Flask, filed: Filed, cast: Cast
) -> None:
    sent = [answered(app, cast, filed) for _number in range(3)]
    with writing(app):
        db.session.get_one(User, cast.ann.id).email = "ann@elsewhere.example.com"
    take_in(app, *map(bounce, sent))
    assert not is_stopped(app, cast.ann.id)


@pytest.fixture
def stopped(app: Flask, filed: Filed, cast: Cast) -> Filed:
    """A ticket of Ann, who gets no mails any more."""
    come_back(app, cast, filed, *[NO_MAILBOX] * 3)
    assert is_stopped(app, cast.ann.id)
    return filed


def test_a_mail_from_the_address_proves_it(app: Flask, stopped: Filed, cast: Cast) -> None:
    take_in(app, mail())
    assert not is_stopped(app, cast.ann.id)
    assert kinds_of_log(app, cast.ann.id)[-1] == "mail_resumed"
    come_back(app, cast, stopped, NO_MAILBOX, NO_MAILBOX)
    assert not is_stopped(app, cast.ann.id)


@pytest.mark.threat("mail loops")
def test_an_automatic_answer_proves_nothing(app: Flask, stopped: Filed, cast: Cast) -> None:
    headers = {"Auto-Submitted": "auto-replied"}
    take_in(app, mail(subject=f"Re: {stopped.number}", headers=headers))
    assert is_stopped(app, cast.ann.id)


def test_a_new_address_is_tried(app: Flask, stopped: Filed, cast: Cast) -> None:
    with writing(app):
        db.session.get_one(User, cast.ann.id).email = "ann@elsewhere.example.com"
    assert not is_stopped(app, cast.ann.id)


def test_the_author_of_the_answer_is_told_by_the_bell(app: Flask, filed: Filed, cast: Cast) -> None:
    come_back(app, cast, filed, NO_MAILBOX)
    with app.app_context():
        [told] = db.session.scalars(select(Notification).filter_by(kind="mail_returned"))
        event = db.session.get_one(TicketEvent, told.event_id)
        assert (told.user_id, event.actor_id) == (cast.sam.id, cast.sam.id)
        assert told.created_at > event.created_at


def test_who_wants_no_such_notifications_gets_none(app: Flask, filed: Filed, cast: Cast) -> None:
    with writing(app):
        db.session.get_one(User, cast.sam.id).muted_on_pages = ["answer_returned"]
    come_back(app, cast, filed, NO_MAILBOX)
    with app.app_context():
        assert db.session.scalars(select(Notification)).all() == []


def test_nobody_is_told_of_a_receipt_that_came_back(app: Flask, filed: Filed, cast: Cast) -> None:
    with writing(app):
        row = db.session.scalars(select(Outbox).where(Outbox.template == "ticket_filed")).one()
        row.state = OutboxState.SENT
        ours = row.message_id
    take_in(app, bounce(ours))
    with app.app_context():
        assert db.session.scalars(select(Notification)).all() == []
        assert db.session.scalars(select(ReturnedMail)).one().user_id == cast.ann.id
