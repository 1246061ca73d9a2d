"""Solved tickets as they are learned: their labels and first texts."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ScalarSelect, and_, func, select

from portal.extensions import db
from portal.models.assistance import Target
from portal.models.people import User
from portal.models.people.actor import ERASED_DOMAIN
from portal.models.tickets import DONE, Comment, Priority, Tag, Ticket, TicketTag
from portal.queries.tickets.tickets import NOT_DELETED

DONE_ONES = and_(Ticket.status.in_(sorted(DONE)), NOT_DELETED)


class Learnable(NamedTuple):
    """A ticket's version, names of its labels, and what it said when it came in."""

    version: int
    labels: Mapping[Target, Sequence[str]]
    subject: str
    message: str


def find(ids: Sequence[int]) -> dict[int, Learnable]:
    """Those that are solved, in no trash, and of nobody who was erased."""
    query = (
        select(
            Ticket.id,
            Ticket.version,
            Ticket.subject,
            Ticket.type,
            Ticket.department,
            Ticket.priority,
            _first_message().label("message"),
            _tags().label("tags"),
        )
        .join(User, User.id == Ticket.requester_id)
        .where(Ticket.id.in_(ids), DONE_ONES, User.email.not_like(f"%@{ERASED_DOMAIN}"))
    )
    return {
        row.id: Learnable(
            row.version,
            {
                Target.TYPE: [row.type] if row.type else [],
                Target.DEPARTMENT: [row.department] if row.department else [],
                Target.PRIORITY: [Priority(row.priority).word],
                Target.TAGS: (row.tags or "").split(),
            },
            row.subject,
            row.message or "",
        )
        for row in db.session.execute(query)
    }


def texts_of(ticket_id: int) -> tuple[str, str]:
    """Subject and first public message; empty where there is none."""
    query = select(Ticket.subject, _first_message()).where(Ticket.id == ticket_id)
    subject, message = db.session.execute(query).one()
    return subject, message or ""


def first_of_newest(number: int) -> int:
    """The id of the first of so many newest solved tickets; 0 of none."""
    newest = select(Ticket.id).where(DONE_ONES).order_by(Ticket.id.desc()).limit(number).subquery()
    return db.session.scalar(select(func.min(newest.c.id))) or 0


def count(most: int) -> int:
    some = select(Ticket.id).where(DONE_ONES).limit(most).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def newest_id() -> int:
    return db.session.scalar(select(func.max(Ticket.id))) or 0


def after(ticket_id: int, limit: int) -> Sequence[int]:
    """Ids of solved tickets above that one, in order."""
    query = select(Ticket.id).where(Ticket.id > ticket_id, DONE_ONES)
    return db.session.scalars(query.order_by(Ticket.id).limit(limit)).all()


def _first_message() -> ScalarSelect[Any]:
    return (
        select(Comment.message)
        .where(Comment.ticket_id == Ticket.id, Comment.internal.is_(False))
        .order_by(Comment.id)
        .limit(1)
        .scalar_subquery()
    )


def _tags() -> ScalarSelect[Any]:
    return (
        select(func.aggregate_strings(Tag.name, " "))
        .join(TicketTag, TicketTag.tag_id == Tag.id)
        .where(TicketTag.ticket_id == Ticket.id)
        .scalar_subquery()
    )
