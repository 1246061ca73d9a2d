"""Visibility of tickets, and finding one by its number."""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, func, select
from sqlalchemy.orm import aliased

from portal.errors import NotFound, or_not_found
from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import Actor, User
from portal.models.people.person import Person
from portal.models.tickets import (
    Attachment,
    Draft,
    ScheduledComment,
    Tag,
    Ticket,
    TicketRead,
    TicketTag,
)
from portal.models.tickets.ticket import parse_number
from portal.prepared import Prepared
from portal.queries.paging import AnyRow

# Deleted tickets are excluded everywhere but in the trash.
NOT_DELETED = Ticket.deleted_at.is_(None)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The condition on tickets that `actor` may see.

    Staff see all. Customers see those of their organization or, with the role `user`, only their
    own. Nobody sees the trash.
    """
    own_only = not actor.reads_organization
    return _visibility(actor.is_staff, own_only, actor.organization_id, actor.id)


def is_visible(actor: Actor, ticket: Ticket) -> bool:
    """`visible_to` of a ticket at hand: the same answer without a statement."""
    if ticket.deleted_at is not None:
        return False
    if actor.is_staff:
        return True
    if ticket.organization_id != actor.organization_id:
        return False
    return actor.reads_organization or ticket.requester_id == actor.id


def visibility_condition(*, staff: bool, own_only: bool) -> ColumnElement[bool]:
    """`visible_to` for prepared statements; `visibility_values` has its parameters."""
    return _visibility(staff, own_only, bindparam("actor_organization_id"), bindparam("actor_id"))


def _visibility(staff: bool, own_only: bool, organization: Any, person: Any) -> ColumnElement[bool]:
    if staff:
        return NOT_DELETED
    mine: ColumnElement[bool] = NOT_DELETED & (Ticket.organization_id == organization)
    return mine & (Ticket.requester_id == person) if own_only else mine


def visibility_values(actor: Actor) -> dict[str, int]:
    """The parameters of `visibility_condition`."""
    return {"actor_organization_id": actor.organization_id, "actor_id": actor.id}


_BY_ID = select(Ticket).where(Ticket.id == bindparam("ticket_id"))
_LOCKED = _BY_ID.with_for_update()


def find(actor: Actor, number: str, *, lock: bool = False) -> Ticket:
    """The ticket of that number. Raises NotFound for an invisible one as for none.

    `lock` keeps others from changing it until the transaction ends.
    """
    ticket_id = or_not_found(parse_number(number))
    query = (_LOCKED if lock else _BY_ID).where(visible_to(actor))
    return or_not_found(db.session.scalar(query, {"ticket_id": ticket_id}))


def find_many(actor: Actor, numbers: list[str]) -> list[Ticket]:
    """The tickets of those numbers, locked, by id.

    Raises NotFound if one is missing or invisible.
    """
    ids = {parse_number(number) for number in numbers}
    found = find_visible(actor, [ticket_id for ticket_id in ids if ticket_id is not None])
    if len(found) != len(ids):
        raise NotFound
    return found


def find_visible(actor: Actor, ids: list[int]) -> list[Ticket]:
    """Those of `ids` that are visible to `actor`, locked, by id."""
    query = select(Ticket).where(Ticket.id.in_(ids), visible_to(actor)).order_by(Ticket.id)
    # Two who have written rows about the same tickets would wait for each other otherwise.
    return list(db.session.scalars(query.with_for_update(key_share=True)))


_REQUESTER, _ASSIGNEE = aliased(User), aliased(User)
# Columns of a ticket's page besides the ticket's. Tags are joined by spaces, which none has.
_DETAILS = (
    *Person.columns(_REQUESTER, "requester_"),
    _REQUESTER.locale.label("requester_locale"),
    _REQUESTER.timezone.label("requester_timezone"),
    Organization.name.label("organization_name"),
    Organization.personal.label("organization_personal"),
    *Person.columns(_ASSIGNEE, "assignee_"),
    select(func.aggregate_strings(Tag.name, " "))
    .join(TicketTag)
    .where(TicketTag.ticket_id == Ticket.id)
    .scalar_subquery()
    .label("tags"),
    exists().where(Attachment.ticket_id == Ticket.id).label("has_files"),
    # What most tickets do not have is not asked for.
    exists()
    .where(Draft.user_id == bindparam("reader_id"), Draft.ticket_id == Ticket.id)
    .label("has_draft"),
    exists().where(ScheduledComment.ticket_id == Ticket.id).label("has_scheduled"),
    select(TicketRead.last_comment_id)
    .where(TicketRead.user_id == bindparam("reader_id"), TicketRead.ticket_id == Ticket.id)
    .correlate_except(TicketRead)
    .scalar_subquery()
    .label("last_read"),
)
_WITH_DETAILS = (
    select(*Ticket.__table__.columns, *_DETAILS)
    .join(_REQUESTER, _REQUESTER.id == Ticket.requester_id)
    .join(Organization, Organization.id == Ticket.organization_id)
    .outerjoin(_ASSIGNEE, _ASSIGNEE.id == Ticket.assignee_id)
    .where(Ticket.id == bindparam("ticket_id"))
)


@cache
def _with_details(*, staff: bool, own_only: bool) -> Prepared[AnyRow]:
    return Prepared(_WITH_DETAILS.where(visibility_condition(staff=staff, own_only=own_only)))


_DETAILS_ALONE: Prepared[AnyRow] = Prepared(
    _WITH_DETAILS.with_only_columns(*_DETAILS, maintain_column_froms=True)
)


def find_with_details(actor: Actor, number: str) -> tuple[Ticket, AnyRow]:
    """The ticket for reading only, and the columns of `details`.

    Raises NotFound as `find` does. The ticket belongs to no session: the session's bookkeeping
    would cost as much as a statement.
    """
    query = _with_details(staff=actor.is_staff, own_only=not actor.reads_organization)
    row = or_not_found(
        query.first(
            {
                "ticket_id": parse_number(number),
                "reader_id": actor.id,
                **visibility_values(actor),
            }
        )
    )
    return Ticket(**dict(zip(_COLUMNS, row, strict=False))), row


_COLUMNS = [column.key for column in Ticket.__table__.columns]


def details(actor: Actor, ticket: Ticket) -> AnyRow:
    """People, organization, tags, and what else there is of the ticket, for `actor`, in one row."""
    return _DETAILS_ALONE.one({"ticket_id": ticket.id, "reader_id": actor.id})
