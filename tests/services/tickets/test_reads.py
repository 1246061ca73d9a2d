import pytest
from flask.ctx import AppContext
from sqlalchemy import delete, select

from portal.errors import Forbidden
from portal.extensions import begin_write, db
from portal.models.people import Actor
from portal.models.tickets import Comment, Ticket, TicketRead
from portal.queries.privacy import personal_data
from portal.queries.tickets.reads import last_read
from portal.services.tickets import comments, tickets
from portal.services.tickets.reads import mark_read
from tests.cast import Cast


@pytest.fixture
def ticket(context: AppContext, cast: Cast) -> Ticket:
    begin_write()
    filed = tickets.file(actor=cast.ann, subject="No hot water", message="Since Monday.")
    comments.post(actor=cast.ann, ticket=filed, message="Still none.")
    db.session.flush()
    return filed


def ids(ticket: Ticket) -> list[int]:
    query = select(Comment.id).where(Comment.ticket_id == ticket.id).order_by(Comment.id)
    return list(db.session.scalars(query))


def read(actor: Actor, ticket: Ticket, comment_id: int) -> int:
    mark_read(actor=actor, ticket_id=ticket.id, comment_id=comment_id)
    return last_read(actor, ticket.id)


def test_a_mark_moves_forward_alone(ticket: Ticket, cast: Cast):
    first, second = ids(ticket)
    assert last_read(cast.sam, ticket.id) == 0
    assert read(cast.sam, ticket, first) == first
    assert read(cast.sam, ticket, second) == second
    assert read(cast.sam, ticket, first) == second


def test_each_person_has_marks_of_their_own(ticket: Ticket, cast: Cast):
    _first, second = ids(ticket)
    read(cast.sam, ticket, second)
    assert last_read(cast.ada, ticket.id) == 0


def test_what_is_not_written_yet_cannot_be_read(ticket: Ticket, cast: Cast):
    assert read(cast.sam, ticket, 2**62) == ids(ticket)[-1]


def test_a_comment_before_the_first_one_marks_nothing(ticket: Ticket, cast: Cast):
    assert read(cast.sam, ticket, 0) == 0
    assert db.session.scalars(select(TicketRead)).all() == []


def test_customers_have_no_marks(ticket: Ticket, cast: Cast):
    with pytest.raises(Forbidden):
        read(cast.ann, ticket, ids(ticket)[0])


def test_marks_go_with_their_ticket(ticket: Ticket, cast: Cast):
    filed = tickets.file(actor=cast.ann, subject="Other", message="Thing.")
    db.session.flush()
    read(cast.sam, filed, ids(filed)[0])
    other = filed.id
    # As the trash is emptied: rows that know nothing of marks are deleted by the database's rule.
    db.session.expunge_all()
    for table in ("ticket_events", "comments"):
        where = db.metadata.tables[table].c.ticket_id == other
        db.session.execute(delete(db.metadata.tables[table]).where(where))
    db.session.execute(delete(Ticket.__table__).where(Ticket.__table__.c.id == other))
    assert db.session.scalars(select(TicketRead)).all() == []


def test_they_are_in_the_copy_of_their_readers_data(ticket: Ticket, cast: Cast):
    last = ids(ticket)[-1]
    read(cast.sam, ticket, last)
    marks = dict(personal_data.rows(cast.sam))["read_tickets"]
    assert [row["last_comment_id"] for row in marks] == [last]
    assert dict(personal_data.rows(cast.ada))["read_tickets"] == []
