"""What the outbox says of itself, and when a mail must not leave."""

from datetime import UTC, datetime, timedelta

import pytest
from flask.ctx import AppContext

from portal import clock
from portal.extensions import begin_write, db
from portal.models import (
    Comment,
    OrganizationRole,
    Outbox,
    OutboxState,
    Role,
    Ticket,
    User,
)
from portal.queries import outbox
from portal.services import comments, tickets
from tests.cast import Cast

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def add(number: int, **facts: object) -> int:
    known = {
        "template": "already_registered",
        "recipient": "ann@example.com",
        "message_id": f"<{number}@localhost>",
        "state": OutboxState.PENDING,
        "due_at": NOON,
    }
    row = Outbox(**{**known, **facts})
    db.session.add(row)
    db.session.flush()
    return row.id


@pytest.fixture
def answered(context: AppContext, cast: Cast) -> outbox.Letter:
    """Sam's answer on Bob's ticket, as it is about to be sent to Bob."""
    begin_write()
    ticket = tickets.file(actor=cast.bob, subject="No hot water", message="Since Monday.")
    comments.post(actor=cast.sam, ticket=ticket, message="On our way.")
    db.session.flush()
    row = db.session.scalars(db.select(Outbox).where(Outbox.template == "reply")).one()
    return outbox.letter(row.id)


def test_a_letter_has_all_that_its_mail_speaks_of(answered: outbox.Letter, cast: Cast) -> None:
    assert isinstance(answered.ticket, Ticket)
    assert isinstance(answered.comment, Comment)
    assert answered.comment.message == "On our way."
    assert answered.reader
    assert answered.author
    assert (answered.reader.id, answered.author.id) == (cast.bob.id, cast.sam.id)
    assert outbox.objection(answered) is None


def test_a_disabled_reader_gets_nothing(answered: outbox.Letter) -> None:
    assert answered.reader
    answered.reader.is_active = False
    assert "disabled" in (outbox.objection(answered) or "")


@pytest.mark.threat("rights kept or taken")
def test_who_left_the_organization_gets_nothing(answered: outbox.Letter, cast: Cast) -> None:
    assert answered.reader
    answered.reader.organization_id = cast.carl.organization_id
    assert "not see" in (outbox.objection(answered) or "")


def test_an_assignee_who_is_staff_no_longer_gets_nothing(
    answered: outbox.Letter, cast: Cast
) -> None:
    sam = db.session.get_one(User, cast.sam.id)
    letter = outbox.Letter(row=answered.row, reader=sam, ticket=answered.ticket)
    assert outbox.objection(letter) is None
    sam.role, sam.organization_role = Role.CUSTOMER, OrganizationRole.OWNER
    assert "not see" in (outbox.objection(letter) or "")


@pytest.mark.threat("notes and secrets shown")
def test_an_internal_note_goes_to_nobody_whoever_owed_it(answered: outbox.Letter) -> None:
    assert answered.comment
    answered.comment.internal = True
    assert "internal" in (outbox.objection(answered) or "")
    mailbox = outbox.Letter(row=answered.row, comment=answered.comment)
    assert "internal" in (outbox.objection(mailbox) or "")


@pytest.mark.usefixtures("context")
def test_due_is_what_waits_and_whose_time_has_come() -> None:
    begin_write()
    now = clock.now()
    add(1, due_at=now - timedelta(minutes=1))
    add(2, due_at=now - timedelta(minutes=2))
    add(3, due_at=now + timedelta(minutes=1))
    add(4, due_at=now - timedelta(minutes=3), state=OutboxState.SENT)
    assert outbox.count_due(10) == 2
    assert outbox.count_due(1) == 1


@pytest.mark.usefixtures("context")
def test_the_health_of_an_empty_outbox() -> None:
    assert outbox.health() == outbox.Health(0, 0, 0, 0, None)


@pytest.mark.usefixtures("context")
def test_health_counts_what_waits_what_failed_and_what_was_given_up() -> None:
    begin_write()
    add(1, created_at=NOON)
    add(2, created_at=NOON - timedelta(hours=1), error="server away")
    add(3, state=OutboxState.PARKED, error="550")
    add(4, state=OutboxState.SENT)
    add(5, state=OutboxState.DROPPED)
    assert outbox.health() == outbox.Health(2, 1, 1, 0, NOON - timedelta(hours=1))


@pytest.mark.usefixtures("context")
def test_a_long_backlog_is_not_counted_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "COUNT_CAP", 2)
    begin_write()
    for number in range(4):
        add(number)
    assert outbox.health().pending == 2


@pytest.mark.usefixtures("context")
def test_pages_are_newest_first_and_of_one_state() -> None:
    begin_write()
    first, second = add(1), add(2, state=OutboxState.PARKED)
    assert [row.id for row in outbox.page()] == [second, first]
    assert [row.id for row in outbox.page(OutboxState.PARKED)] == [second]
    assert outbox.in_state(OutboxState.PARKED) == [second]


@pytest.mark.usefixtures("context")
def test_of_one_state_the_order_is_that_of_its_index() -> None:
    begin_write()
    late, soon = add(1), add(2)
    db.session.get_one(Outbox, late).due_at = NOON + timedelta(hours=1)
    db.session.get_one(Outbox, soon).due_at = NOON
    db.session.flush()
    assert [row.id for row in outbox.page(OutboxState.PENDING)] == [late, soon]
    assert outbox.in_state(OutboxState.PENDING) == [soon, late]
