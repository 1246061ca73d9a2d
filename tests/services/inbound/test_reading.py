"""Where a mail goes: to its ticket, to a new one, or to where it waits for staff."""

from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from portal import clock
from portal.extensions import db
from portal.models.delivery import Outbox, OutboxState
from portal.models.inbound import InboundMessage, InboundState, Mailbox, Reason
from portal.models.organizations import OrganizationDomain
from portal.models.people import User
from portal.models.tickets import (
    Attachment,
    Channel,
    EventKind,
    MailedComment,
    MailedKind,
    Ticket,
    TicketEvent,
    TicketStatus,
)
from portal.security import reply_addresses
from portal.services.tickets import tickets as ticket_services
from tests import factories
from tests.cast import Cast
from tests.factories import Filed, writing
from tests.inbound.mails import DESK, comments, mail, row, take_in, tickets
from tests.services.inbound.test_bounces import bounce
from tests.statements import statements


@pytest.fixture(autouse=True)
def _desk(app: Flask) -> None:
    with writing(app):
        db.session.add(Mailbox(address=DESK))


@pytest.fixture
def filed(app: Flask, cast: Cast) -> Filed:
    return factories.file_ticket(app, cast.ann)


@pytest.mark.threat("foreign rows")
@pytest.mark.databases("postgresql")
def test_no_ticket_is_locked_that_the_sender_may_not_see(
    app: Flask, cast: Cast, filed: Filed
) -> None:
    foreign = factories.file_ticket(app, cast.carl)
    with statements(app) as seen:
        take_in(app, mail(subject=f"{foreign.number} {filed.number}"))
    assert len(comments(app, filed.id)) == 2
    locks = [one for one in seen if "FROM tickets" in one and "FOR UPDATE" in one]
    assert len(locks) == 1


def our_mail(app: Flask, ticket: Filed, user_id: int) -> str:
    """The Message-ID of a mail about the ticket to that person, marked as sent."""
    with writing(app):
        query = (
            select(Outbox)
            .join(TicketEvent, TicketEvent.id == Outbox.event_id)
            .where(TicketEvent.ticket_id == ticket.id, Outbox.user_id == user_id)
        )
        found = db.session.scalars(query).first()
        assert found is not None
        found.state = OutboxState.SENT
        return found.message_id


def reply_address(app: Flask, ticket: Filed, user_id: int) -> str:
    with app.app_context():
        return reply_addresses.sign(DESK, db.session.get_one(Ticket, ticket.id), user_id)


def kinds(app: Flask, ticket_id: int) -> list[str]:
    with app.app_context():
        query = select(TicketEvent.kind).where(TicketEvent.ticket_id == ticket_id)
        return list(db.session.scalars(query.order_by(TicketEvent.id)))


def state(app: Flask, message_id: int) -> tuple[str, str | None]:
    found = row(app, message_id)
    return found.state, found.reason


HELD, SUSPECTED, DONE = InboundState.HELD, InboundState.SUSPECTED, InboundState.DONE


def test_a_mail_of_a_customer_is_a_ticket_of_theirs(app: Flask, cast: Cast) -> None:
    one = mail(subject="Re: A leak", text="It drips.\n\n-- \nAnn")
    one.add_attachment(b"%PDF-1", maintype="application", subtype="pdf", filename="plan.pdf")
    [message_id] = take_in(app, one)
    [ticket] = tickets(app)
    assert (ticket.subject, ticket.requester_id) == ("A leak", cast.ann.id)
    assert ticket.channel == Channel.MAIL
    [comment] = comments(app, ticket.id)
    assert comment.message == "It drips."
    found = row(app, message_id)
    assert (found.state, found.ticket_id, found.comment_id) == (DONE, ticket.id, comment.id)
    with app.app_context():
        [file] = db.session.scalars(select(Attachment))
        assert (file.filename, file.content_type) == ("plan.pdf", "application/pdf")
        assert db.session.get_one(MailedComment, comment.id).rest == "-- \nAnn"


def test_a_stranger_gets_an_account_without_a_password_and_one_receipt(app: Flask) -> None:
    take_in(app, mail('"Zoë Zander" <Zoe@New.example>', "Здравствуйте, не работает кран."))
    [ticket] = tickets(app)
    with app.app_context():
        user = db.session.get_one(User, ticket.requester_id)
        assert (user.email, user.name, user.locale) == ("zoe@new.example", "Zoë Zander", "ru")
        assert user.is_untouched
        told = db.session.scalars(select(Outbox.template).where(Outbox.user_id == user.id))
        assert list(told) == ["ticket_filed"]


def test_a_new_sender_joins_the_organization_of_a_domain_that_is_proven(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "INBOUND_AUTHSERV", "mx.example.com")
    with writing(app):
        acme = cast.ann.organization_id
        confirmed = {"role": "user", "asked_by_id": cast.ann.id, "confirmed_at": clock.now()}
        db.session.add(OrganizationDomain(organization_id=acme, domain="acme.example", **confirmed))
    passed = "mx.example.com; dmarc=pass header.from=acme.example"
    take_in(app, mail("zoe@acme.example", headers={"Authentication-Results": passed}))
    take_in(app, mail("zak@acme.example"))
    with app.app_context():
        places = select(User.organization_id == acme, User.organization_role, User.is_verified)
        joined, alone = (
            tuple(db.session.execute(places.where(User.email == f"{name}@acme.example")).one())
            for name in ("zoe", "zak")
        )
    assert joined == (True, "user", False)
    assert alone == (False, "owner", False)


def by_our_mail(app: Flask, filed: Filed, cast: Cast) -> EmailMessage:
    return mail(headers={"In-Reply-To": our_mail(app, filed, cast.ann.id)})


def by_references(app: Flask, filed: Filed, cast: Cast) -> EmailMessage:
    ours = our_mail(app, filed, cast.ann.id)
    return mail(headers={"References": f"<old@x.example> {ours} <lost@x.example>"})


def by_thread(app: Flask, filed: Filed, cast: Cast) -> EmailMessage:
    return mail(headers={"References": f"<lodge.{filed.number}@localhost>"})


def by_address(app: Flask, filed: Filed, cast: Cast) -> EmailMessage:
    # Some servers change the case.
    return mail(to=reply_address(app, filed, cast.ann.id).replace("support+t", "Support+T"))


def by_subject(app: Flask, filed: Filed, cast: Cast) -> EmailMessage:
    return mail(subject=f"AW: [{filed.number}] No hot water")


@pytest.mark.parametrize("made", [by_our_mail, by_references, by_thread, by_address, by_subject])
def test_an_answer_lands_on_its_ticket(app: Flask, filed: Filed, cast: Cast, made) -> None:
    take_in(app, made(app, filed, cast))
    assert [ticket.id for ticket in tickets(app)] == [filed.id]
    assert [comment.message for comment in comments(app, filed.id)][1:] == ["It drips again."]


def test_an_answer_to_an_own_mail_lands_on_its_ticket(app: Flask, cast: Cast) -> None:
    first = mail()
    take_in(app, first)
    take_in(app, mail(text="And more.", headers={"In-Reply-To": str(first["Message-ID"])}))
    [ticket] = tickets(app)
    assert [comment.message for comment in comments(app, ticket.id)][1:] == ["And more."]


def test_an_answer_opens_a_solved_ticket(app: Flask, filed: Filed, cast: Cast) -> None:
    with writing(app):
        solved = db.session.get_one(Ticket, filed.id)
        ticket_services.set_status(actor=cast.sam, ticket=solved, status=TicketStatus.SOLVED)
    take_in(app, by_subject(app, filed, cast))
    assert tickets(app)[0].status == TicketStatus.OPEN


def test_an_answer_to_a_closed_ticket_continues_it_in_another(
    app: Flask, filed: Filed, cast: Cast
) -> None:
    with writing(app):
        closed = db.session.get_one(Ticket, filed.id)
        ticket_services.set_status(actor=cast.sam, ticket=closed, status=TicketStatus.CLOSED)
    take_in(app, by_subject(app, filed, cast))
    _old, new = tickets(app)
    assert kinds(app, filed.id)[-1] == EventKind.FOLLOWED_BY
    assert kinds(app, new.id) == [EventKind.FILED, EventKind.FOLLOWS]


@pytest.mark.threat("identity by mail")
@pytest.mark.parametrize("made", [by_our_mail, by_references, by_thread, by_address, by_subject])
def test_whoever_may_not_see_the_ticket_gets_another_that_staff_see_beside_it(
    app: Flask, filed: Filed, cast: Cast, made
) -> None:
    one = made(app, filed, cast)
    one.replace_header("From", "carl@example.com")
    take_in(app, one)
    _known, new = tickets(app)
    assert len(comments(app, filed.id)) == 1
    assert new.requester_id == cast.carl.id
    assert kinds(app, new.id) == [EventKind.FILED, EventKind.PERHAPS_RELATED]
    # Nothing that the sender sees has changed by it.
    assert new.version_for(staff=False) == 1


@pytest.mark.threat("identity by mail")
def test_a_signed_address_of_another_desk_or_ticket_leads_nowhere(
    app: Flask, filed: Filed, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as other:
        other.setitem(app.config, "SECRET_KEY", "x" * 64)
        foreign = reply_address(app, filed, cast.ann.id)
    take_in(app, mail(to=foreign))
    with writing(app):
        # As after a backup was restored: the id is another ticket's now.
        moved = db.session.get_one(Ticket, filed.id)
        address = reply_addresses.sign(DESK, moved, cast.ann.id)
        moved.created_at = moved.created_at.replace(year=2001)
    take_in(app, mail(text="Second.", to=address))
    assert len(comments(app, filed.id)) == 1
    assert len(tickets(app)) == 3


def test_the_same_mail_twice_or_by_two_ways_is_one_comment(app: Flask, cast: Cast) -> None:
    one = mail()
    again = b"Received: from elsewhere\r\n" + one.as_bytes()
    other_lines = one.as_bytes().replace(b"\r\n", b"\n")
    assert len(set(take_in(app, one, again, other_lines))) == 1
    [ticket] = tickets(app)
    assert len(comments(app, ticket.id)) == 1


def test_a_mail_to_two_mailboxes_is_one_comment_on_its_ticket(
    app: Flask, filed: Filed, cast: Cast
) -> None:
    with writing(app):
        db.session.add(Mailbox(address="sales@example.com"))
    answer = by_subject(app, filed, cast)
    take_in(app, answer, recipients=[DESK])
    [second] = take_in(app, answer, recipients=["sales@example.com"])
    assert state(app, second) == (DONE, Reason.DUPLICATE)
    assert len(comments(app, filed.id)) == 2


def test_a_new_mail_goes_to_the_department_of_its_mailbox(app: Flask, cast: Cast) -> None:
    with writing(app):
        db.session.add(Mailbox(address="sales@example.com", department="Sales"))
    take_in(app, mail(to="Sales+web@Example.com"))
    assert tickets(app)[0].department == "Sales"


@pytest.mark.threat("identity by mail")
def test_staff_speak_by_mail_only_when_it_is_proven(
    app: Flask, filed: Filed, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "INBOUND_AUTHSERV", "mx.example.com")
    subject = f"[{filed.number}]"
    passed = "mx.example.com; dmarc=pass header.from=example.com"
    unproven = {
        "nothing said": {},
        "another server": {"Authentication-Results": passed.replace("mx.", "evil.")},
        "another domain": {"Authentication-Results": passed.replace("from=", "from=evil.")},
        "another's address": {"To": reply_address(app, filed, cast.ann.id)},
    }
    for text, headers in unproven.items():
        [message_id] = take_in(app, mail("sam@example.com", text, subject=subject, headers=headers))
        assert state(app, message_id) == (HELD, Reason.UNPROVEN_STAFF)
    assert len(comments(app, filed.id)) == 1
    proven = {
        "by the server": {"Authentication-Results": passed},
        "by the address": {"To": reply_address(app, filed, cast.sam.id)},
    }
    for text, headers in proven.items():
        take_in(app, mail("sam@example.com", text, subject=subject, headers=headers))
    said = [(one.author_id, one.message) for one in comments(app, filed.id)[1:]]
    assert said == [(cast.sam.id, text) for text in proven]


def test_what_is_suspected_waits_with_its_reason(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "INBOUND_AUTHSERV", "mx.example.com")
    with writing(app):
        db.session.execute(update(User).where(User.id == cast.bob.id).values(is_active=False))
    failed = "mx.example.com; dmarc=fail header.from=example.com"
    doubtful = [
        (mail(headers={"X-Spam-Flag": "YES"}), SUSPECTED, Reason.SPAM),
        (mail(headers={"Authentication-Results": failed}), SUSPECTED, Reason.FORGED),
        (mail("bob@example.com"), SUSPECTED, Reason.ACCOUNT_DISABLED),
        (mail(DESK), SUSPECTED, Reason.OWN_ADDRESS),
        (mail("support+t.x@example.com"), SUSPECTED, Reason.OWN_ADDRESS),
        (mail("usr000001@deleted.invalid"), HELD, Reason.NO_SENDER),
        (mail(headers={"From": "nobody"}), HELD, Reason.NO_SENDER),
        (mail(headers={"List-Id": "<news.example.com>"}), SUSPECTED, Reason.BULK),
        (mail(headers={"Auto-Submitted": "auto-replied"}), SUSPECTED, Reason.AUTOMATIC),
    ]
    ids = take_in(app, *(one for one, _state, _reason in doubtful))
    assert [state(app, one) for one in ids] == [tuple(rest) for _mail, *rest in doubtful]
    assert not tickets(app)


@pytest.mark.threat("mail loops")
def test_an_automatic_answer_is_a_note_that_changes_nothing(
    app: Flask, filed: Filed, cast: Cast
) -> None:
    with writing(app):
        solved = db.session.get_one(Ticket, filed.id)
        ticket_services.set_status(actor=cast.sam, ticket=solved, status=TicketStatus.SOLVED)
        mails = db.session.scalar(select(func.count(Outbox.id)))
    answer = mail(
        text="I am away.",
        headers={
            "In-Reply-To": our_mail(app, filed, cast.ann.id),
            "Auto-Submitted": "auto-replied",
        },
    )
    take_in(app, answer)
    [ticket] = tickets(app)
    note = comments(app, filed.id)[-1]
    assert (ticket.status, note.internal, note.message) == ("solved", True, "I am away.")
    with app.app_context():
        assert db.session.get_one(MailedComment, note.id).kind == MailedKind.AUTOMATIC
        assert db.session.scalar(select(func.count(Outbox.id))) == mails


@pytest.mark.threat("mail loops")
def test_who_writes_too_often_waits_and_gets_few_receipts(app: Flask, cast: Cast) -> None:
    ids = take_in(app, *(mail("robot@new.example", f"Number {n}.") for n in range(32)))
    assert state(app, ids[29]) == (DONE, None)
    assert state(app, ids[31]) == (SUSPECTED, Reason.TOO_MANY)
    with app.app_context():
        sent = select(func.count(Outbox.id)).where(
            Outbox.recipient == "robot@new.example", Outbox.state == OutboxState.PENDING
        )
        assert db.session.scalar(sent) == 5


def test_a_bounce_marks_the_mail_that_came_back(app: Flask, filed: Filed, cast: Cast) -> None:
    ours = our_mail(app, filed, cast.ann.id)
    [message_id] = take_in(app, bounce(ours))
    found = row(app, message_id)
    assert (found.state, found.reason, found.ticket_id) == (DONE, Reason.BOUNCE, filed.id)
    assert len(comments(app, filed.id)) == 1
    with app.app_context():
        mail_row = db.session.scalars(select(Outbox).where(Outbox.message_id == ours)).one()
        assert mail_row.state == OutboxState.PARKED
        assert mail_row.error == "came back: 5.1.1 550 no such <mailbox>"


def test_a_mail_of_ours_to_our_own_mailbox_waits_for_nobody(
    app: Flask, filed: Filed, cast: Cast
) -> None:
    ours = our_mail(app, filed, cast.ann.id)
    told, forged = take_in(
        app, mail(DESK, headers={"Message-ID": ours}), mail(DESK, subject=filed.number)
    )
    assert state(app, told) == (DONE, Reason.OWN_ADDRESS)
    assert state(app, forged) == (SUSPECTED, Reason.OWN_ADDRESS)
    assert len(comments(app, filed.id)) == 1


def test_what_cannot_be_read_stays_and_holds_up_nothing(app: Flask, cast: Cast) -> None:
    deep = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(2000)
    )
    broken, fine = take_in(app, deep, mail())
    assert state(app, broken) == (InboundState.FAILED, Reason.UNREADABLE)
    assert state(app, fine) == (DONE, None)


def test_the_journey_says_what_became_of_it(app: Flask, filed: Filed, cast: Cast) -> None:
    [message_id] = take_in(app, by_subject(app, filed, cast))
    found = row(app, message_id)
    assert [one["step"] for one in found.journey] == [
        "received",
        "parsed",
        "authenticated",
        "posted",
    ]
    assert found.journey[-1]["ticket"] == filed.number
    assert found.journey[-1]["sign"] == "subject"
    with app.app_context():
        assert db.session.scalar(select(func.count(InboundMessage.id))) == 1
