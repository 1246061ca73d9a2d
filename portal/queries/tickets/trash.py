"""Deleted tickets, for staff only."""

from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import Integer, bindparam, select, tuple_
from sqlalchemy.orm import aliased

from portal.errors import NotFound
from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import Actor, User
from portal.models.people.person import Person
from portal.models.tickets import EventKind, Ticket, TicketEvent
from portal.models.tickets.ticket import parse_number
from portal.queries.paging import (
    AnySelect,
    Page,
    make_page,
    moment_to_number,
    number_to_moment,
    parse_cursor,
)
from portal.queries.tickets.tickets import in_sight
from portal.security import permissions

PAGE = 30
# As in the partial index for the trash.
_TRASHED = Ticket.deleted_at.is_not(None)
_ORDER = (Ticket.deleted_at, Ticket.id)


class TrashRow(NamedTuple):
    """A deleted ticket with its requester and who deleted it."""

    id: int
    subject: str
    deleted_at: datetime
    requester_first_name: str
    requester_last_name: str
    requester_email: str
    organization_name: str
    deleter_first_name: str | None
    deleter_last_name: str | None
    deleter_email: str | None


def page(actor: Actor, *, cursor: str = "", size: int = PAGE) -> Page[TrashRow]:
    """Deleted tickets, the latest deletion first. Raises NotFound for customers."""
    _require(actor)
    values = {"size": size + 1, **(_parse_cursor(cursor) if cursor else {})}
    query = _page(after=bool(cursor)).where(in_sight(actor))
    rows = db.session.connection().execute(query, values)
    return make_page([TrashRow._make(row) for row in rows], size, _cursor)


def find(actor: Actor, number: str) -> Ticket:
    """The deleted ticket of that number, locked.

    Raises NotFound for one that is not deleted, and for customers.
    """
    ticket_id = parse_number(number)
    found = find_many(actor, [] if ticket_id is None else [ticket_id])
    if not found:
        raise NotFound
    return found[0]


def find_many(actor: Actor, ids: list[int]) -> list[Ticket]:
    """Those of `ids` that are deleted, locked, by id. Raises NotFound as `find`."""
    _require(actor)
    query = select(Ticket).where(Ticket.id.in_(ids), _TRASHED, in_sight(actor)).order_by(Ticket.id)
    return list(db.session.scalars(query.with_for_update()))


def _require(actor: Actor) -> None:
    if not permissions.can_delete(actor):
        raise NotFound


_REQUESTER, _DELETER, _DELETION = aliased(User), aliased(User), aliased(TicketEvent)
# Deleted tickets hardly change, so the deletion is among their last events.
_LAST_DELETION = (
    select(TicketEvent.id)
    .where(TicketEvent.ticket_id == Ticket.id, TicketEvent.kind == EventKind.DELETED)
    .order_by(TicketEvent.id.desc())
    .limit(1)
    .correlate(Ticket)
    .scalar_subquery()
)
_LISTED = (
    select(
        Ticket.id,
        Ticket.subject,
        Ticket.deleted_at,
        *Person.columns(_REQUESTER, "requester_"),
        Organization.name,
        *Person.columns(_DELETER, "deleter_"),
    )
    .join(_REQUESTER, _REQUESTER.id == Ticket.requester_id)
    .join(Organization, Organization.id == Ticket.organization_id)
    .outerjoin(_DELETION, _DELETION.id == _LAST_DELETION)
    .outerjoin(_DELETER, _DELETER.id == _DELETION.actor_id)
    .where(_TRASHED)
    .order_by(*(column.desc() for column in _ORDER))
    .limit(bindparam("size", type_=Integer))
)


@cache
def _page(*, after: bool) -> AnySelect:
    if not after:
        return _LISTED
    keys = (bindparam(f"after_{column.key}", type_=column.type) for column in _ORDER)
    return _LISTED.where(tuple_(*_ORDER) < tuple_(*keys))


def _cursor(row: TrashRow) -> str:
    return f"{moment_to_number(row.deleted_at)}.{row.id}"


def _parse_cursor(text: str) -> dict[str, datetime | int]:
    moment, ticket_id = parse_cursor(text, 2)
    return {"after_deleted_at": number_to_moment(moment), "after_id": ticket_id}
