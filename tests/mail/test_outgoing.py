"""What one mail is made of, and when it must not leave."""

from datetime import timedelta

import pytest
from flask import current_app
from flask.ctx import AppContext

from portal import clock
from portal.extensions import begin_write, db
from portal.mail import outgoing
from portal.mail.outgoing import OutgoingMail
from portal.models.delivery import Outbox
from portal.models.people import OrganizationRole, Role, User
from portal.models.tickets import Comment, Ticket, TicketStatus
from portal.services.tickets import comments, tickets
from portal.services.tickets.attachments import Upload
from tests.cast import Cast


@pytest.fixture
def answered(context: AppContext, cast: Cast) -> OutgoingMail:
    """Sam's answer on Bob's ticket, as it is about to be sent to Bob."""
    begin_write()
    ticket = tickets.file(actor=cast.bob, subject="No hot water", message="Since Monday.")
    comments.post(actor=cast.sam, ticket=ticket, message="On our way.")
    db.session.flush()
    row = db.session.scalars(db.select(Outbox).where(Outbox.template == "reply")).one()
    return outgoing.read(row.id)


def test_a_mail_is_read_with_all_that_it_speaks_of(answered: OutgoingMail, cast: Cast) -> None:
    assert isinstance(answered.ticket, Ticket)
    assert isinstance(answered.comment, Comment)
    assert answered.comment.message == "On our way."
    assert answered.reader
    assert answered.author
    assert (answered.reader.id, answered.author.id) == (cast.bob.id, cast.sam.id)
    assert outgoing.reason_not_to_send(answered) is None


def test_a_disabled_reader_gets_nothing(answered: OutgoingMail) -> None:
    assert answered.reader
    answered.reader.is_active = False
    assert "disabled" in (outgoing.reason_not_to_send(answered) or "")


@pytest.mark.threat("rights kept or taken")
def test_who_left_the_organization_gets_nothing(answered: OutgoingMail, cast: Cast) -> None:
    assert answered.reader
    answered.reader.organization_id = cast.carl.organization_id
    assert "not see" in (outgoing.reason_not_to_send(answered) or "")


def test_an_assignee_who_is_staff_no_longer_gets_nothing(
    answered: OutgoingMail, cast: Cast
) -> None:
    sam = db.session.get_one(User, cast.sam.id)
    mail = OutgoingMail(row=answered.row, reader=sam, ticket=answered.ticket)
    assert outgoing.reason_not_to_send(mail) is None
    sam.role, sam.organization_role = Role.CUSTOMER, OrganizationRole.OWNER
    assert "not see" in (outgoing.reason_not_to_send(mail) or "")


@pytest.mark.threat("notes and secrets shown")
def test_an_internal_note_goes_to_nobody_whoever_owed_it(answered: OutgoingMail) -> None:
    assert answered.comment
    answered.comment.internal = True
    assert "internal" in (outgoing.reason_not_to_send(answered) or "")
    mailbox = OutgoingMail(row=answered.row, comment=answered.comment)
    assert "internal" in (outgoing.reason_not_to_send(mailbox) or "")


def last_mail(template: str) -> OutgoingMail:
    query = db.select(Outbox.id).where(Outbox.template == template).order_by(Outbox.id.desc())
    found = db.session.scalars(query).first()
    assert found
    return outgoing.read(found)


@pytest.mark.threat("notes and secrets shown")
@pytest.mark.parametrize("most", [0, 1, 20])
def test_earlier_public_messages_are_quoted_and_no_notes(
    answered: OutgoingMail, cast: Cast, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setitem(current_app.config, "MAIL_QUOTED_MESSAGES", most)
    assert answered.ticket
    comments.post(actor=cast.sam, ticket=answered.ticket, message="A secret.", internal=True)
    comments.post(actor=cast.bob, ticket=answered.ticket, message="Thank you.")
    comments.post(actor=cast.sam, ticket=answered.ticket, message="Later.")
    earlier = [one.comment.message for one in last_mail("customer_reply").earlier]
    assert earlier == ["On our way.", "Since Monday."][:most]


def test_a_solution_quotes_what_was_said_before_it(
    answered: OutgoingMail, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(current_app.config, "MAIL_QUOTED_MESSAGES", 20)
    assert answered.ticket
    tickets.set_status(actor=cast.sam, ticket=answered.ticket, status=TicketStatus.SOLVED)
    with clock.at(clock.now() + timedelta(seconds=10)):
        comments.post(actor=cast.sam, ticket=answered.ticket, message="Later.")
    earlier = [one.comment.message for one in last_mail("ticket_solved").earlier]
    assert earlier == ["On our way.", "Since Monday."]


def test_a_mail_is_read_with_the_files_of_its_message(answered: OutgoingMail, cast: Cast) -> None:
    assert answered.ticket
    assert answered.attachments == ()
    files = [Upload(str(n), f"{n}.txt", "text/plain", 10 + n, "") for n in range(2)]
    comments.post(actor=cast.sam, ticket=answered.ticket, message="Look.", uploads=files)
    db.session.flush()
    found = last_mail("reply").attachments
    assert [(file.filename, file.size) for file in found] == [("0.txt", 10), ("1.txt", 11)]


@pytest.mark.parametrize("muted", [False, True])
def test_a_receipt_knows_whether_answers_will_come(answered: OutgoingMail, muted: bool) -> None:
    assert answered.reader
    answered.reader.muted = ["reply"] if muted else []
    assert last_mail("ticket_filed").answers_come is not muted


def enclosed_sizes(template: str, most: int) -> list[int]:
    """The sizes of the files that go with the newest mail of that template."""
    query = db.select(Outbox.id).where(Outbox.template == template).order_by(Outbox.id.desc())
    return [
        file.size for file in outgoing.files_to_enclose(db.session.scalars(query).first(), most)
    ]


def uploads(*sizes: int) -> list[Upload]:
    return [
        Upload(
            key=f"{number:032x}",
            filename=f"{number}.pdf",
            content_type="application/pdf",
            size=size,
            sha256="0" * 64,
        )
        for number, size in enumerate(sizes)
    ]


def test_files_go_with_the_mail_as_long_as_there_is_room(
    answered: OutgoingMail, cast: Cast
) -> None:
    assert answered.ticket
    files = uploads(3, 4, 5, 1)
    comments.post(actor=cast.sam, ticket=answered.ticket, message="Plans.", uploads=files)
    db.session.flush()
    assert enclosed_sizes("reply", 8) == [3, 4]
    assert enclosed_sizes("reply", 100) == [3, 4, 5, 1]
    assert enclosed_sizes("reply", 0) == []


def test_nobody_is_sent_their_own_files(answered: OutgoingMail, cast: Cast) -> None:
    tickets.file(actor=cast.bob, subject="A leak", message="Look.", uploads=uploads(3))
    db.session.flush()
    assert enclosed_sizes("ticket_filed", 100) == []
    assert enclosed_sizes("ticket_filed_staff", 100) == [3]


@pytest.mark.threat("notes and secrets shown")
def test_files_of_a_note_go_with_no_mail(answered: OutgoingMail, cast: Cast) -> None:
    assert answered.ticket
    files = uploads(3)
    comments.post(actor=cast.sam, ticket=answered.ticket, message="Plans.", uploads=files)
    db.session.flush()
    db.session.scalars(db.select(Comment).order_by(Comment.id.desc())).first().internal = True
    db.session.flush()
    assert enclosed_sizes("reply", 100) == []


def test_who_only_looks_at_tickets_may_not_answer(answered: OutgoingMail, cast: Cast) -> None:
    assert answered.may_answer
    bob = db.session.get_one(User, cast.bob.id)
    bob.organization_role = OrganizationRole.VIEWER
    assert not outgoing.read(answered.row.id).may_answer
