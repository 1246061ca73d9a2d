"""Tickets that wait for their requester, with the question: staff's last public message."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from portal.extensions import db
from portal.models.people import Actor, Role, User
from portal.models.people.person import Person
from portal.models.tickets import Comment, Ticket, TicketStatus
from portal.models.tickets.ticket import UNSOLVED
from portal.queries.paging import AnyRow, AnySelect
from portal.queries.tickets.lists import index_choice
from portal.queries.tickets.lists.ticket_rows import PUBLIC_UPDATED_AT
from portal.queries.tickets.tickets import visible_to

MAX_QUESTIONS = 5
# Of its HTML: the first words are shown, and tags take room.
_MAX_LETTERS = 3000

_AUTHOR, _WRITER = aliased(User), aliased(User)
_LAST = (
    select(Comment.id)
    .join(_WRITER, _WRITER.id == Comment.author_id)
    .where(
        Comment.ticket_id == Ticket.id,
        Comment.internal.is_(False),
        _WRITER.role != Role.CUSTOMER,
    )
    .order_by(Comment.id.desc())
    .limit(1)
    .correlate(Ticket)
    .scalar_subquery()
)
_QUESTIONS = (
    select(
        Ticket.id,
        Ticket.subject,
        func.coalesce(Comment.created_at, PUBLIC_UPDATED_AT).label("asked_at"),
        func.substr(Comment.html, 1, _MAX_LETTERS).label("html"),
        *Person.columns(_AUTHOR),
    )
    .select_from(Ticket)
    .outerjoin(Comment, Comment.id == _LAST)
    .outerjoin(_AUTHOR, _AUTHOR.id == Comment.author_id)
    .where(
        # Few by nature, and in an index of their own.
        UNSOLVED,
        index_choice.unindexed(Ticket.status) == TicketStatus.PENDING,
    )
    .order_by(PUBLIC_UPDATED_AT.desc(), Ticket.id.desc())
    .limit(MAX_QUESTIONS + 1)
)


def of_actor(actor: Actor) -> Sequence[AnyRow]:
    """Up to MAX_QUESTIONS and one more: id, subject, asked_at, html, and who asks.

    `html` is the beginning of the message, None where no staff has written.
    """
    return db.session.execute(query_of(actor)).all()


def query_of(actor: Actor) -> AnySelect:
    return _QUESTIONS.where(visible_to(actor), Ticket.requester_id == actor.id)
