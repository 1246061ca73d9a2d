"""Visibility of tickets, and finding one by its number.

A list is read row by row in the order of its index, so what limits somebody to their departments
asks nothing that depends on the row but its own columns.
"""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, func, or_, select, true, union_all
from sqlalchemy.orm import aliased

from portal.errors import NotFound, or_not_found
from portal.extensions import db
from portal.models.base import BigId
from portal.models.organizations import Organization
from portal.models.people import Actor, Sight, User
from portal.models.people.person import Person
from portal.models.products import Product
from portal.models.tickets import (
    Attachment,
    Department,
    DepartmentMember,
    Draft,
    ScheduledComment,
    Tag,
    Ticket,
    TicketParticipant,
    TicketProduct,
    TicketRead,
    TicketTag,
    TicketViewer,
)
from portal.models.tickets.ticket import parse_number
from portal.prepared import Prepared
from portal.queries.paging import AnyRow

# Deleted tickets are excluded everywhere but in the trash.
NOT_DELETED = Ticket.deleted_at.is_(None)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The condition on tickets that `actor` may see.

    Staff see all, or those of the departments that they serve. Customers see those of their
    organization or, with the role `user`, only their own; and those in which they take part. Nobody
    sees the trash.
    """
    return NOT_DELETED & in_sight(actor)


def in_sight(actor: Actor) -> ColumnElement[bool]:
    """The same with those in the trash."""
    return _in_sight(actor.sight, actor.organization_id, actor.id)


def is_visible(actor: Actor, ticket: Ticket) -> bool:
    """`visible_to` of a ticket at hand: the same answer without a statement."""
    if ticket.deleted_at is not None:
        return False
    match actor.sight:
        case Sight.ALL:
            return True
        case Sight.DEPARTMENTS:
            seen = exists().where(Ticket.id == ticket.id, in_sight(actor))
            return bool(db.session.scalar(select(seen)))
    of_organization = ticket.organization_id == actor.organization_id
    if of_organization and (actor.reads_organization or ticket.requester_id == actor.id):
        return True
    return takes_part(actor, ticket.id)


def takes_part(actor: Actor, ticket_id: int) -> bool:
    """Whether they are a participant. Staff are none, whatever they were before."""
    if actor.is_staff:
        return False
    rows = exists().where(
        TicketParticipant.user_id == actor.id, TicketParticipant.ticket_id == ticket_id
    )
    return bool(db.session.scalar(select(rows)))


def visibility_condition(sight: Sight) -> ColumnElement[bool]:
    """`visible_to` for prepared statements; `visibility_values` has its parameters."""
    return NOT_DELETED & in_sight_of(sight)


def in_sight_of(sight: Sight) -> ColumnElement[bool]:
    """`in_sight` for prepared statements, with the same parameters."""
    organization = bindparam("actor_organization_id", type_=Ticket.organization_id.type)
    return _in_sight(sight, organization, bindparam("actor_id", type_=BigId))


def _in_sight(sight: Sight, organization: Any, person: Any) -> ColumnElement[bool]:
    match sight:
        case Sight.ALL:
            return true()
        case Sight.DEPARTMENTS:
            return _of_departments(person)
    own: ColumnElement[bool] = Ticket.organization_id == organization
    if sight is Sight.OWN:
        own &= Ticket.requester_id == person
    return own | is_shared_with(person)


def is_shared_with(person: Any) -> ColumnElement[bool]:
    """The condition on tickets in which `person`, an id or a parameter, takes part."""
    shared = select(TicketParticipant.ticket_id).where(TicketParticipant.user_id == person)
    return Ticket.id.in_(shared)


def _of_departments(person: Any) -> ColumnElement[bool]:
    """Of those that `person` serves, of none, and whatever they have to do with themselves."""
    served = select(Department.name).join(DepartmentMember)
    # Until its tickets have the new name.
    former = select(Department.former_name).join(DepartmentMember)
    named = select(TicketViewer.ticket_id).where(TicketViewer.user_id == person)
    return or_(
        Ticket.department.is_(None),
        Ticket.department.in_(
            union_all(
                served.where(DepartmentMember.user_id == person),
                former.where(
                    DepartmentMember.user_id == person, Department.former_name.is_not(None)
                ),
            )
        ),
        Ticket.assignee_id == person,
        Ticket.requester_id == person,
        Ticket.id.in_(named),
    )


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
    return _locked(Ticket.id.in_(ids), visible_to(actor))


def find_changed(ids: list[int]) -> list[Ticket]:
    """The same for who undoes their own change, by which some may have gone out of sight."""
    return _locked(Ticket.id.in_(ids), NOT_DELETED)


def _locked(*which: ColumnElement[bool]) -> list[Ticket]:
    query = select(Ticket).where(*which).order_by(Ticket.id)
    # Two who have written rows about the same tickets would wait for each other otherwise.
    return list(db.session.scalars(query.with_for_update(key_share=True)))


_REQUESTER, _ASSIGNEE = aliased(User), aliased(User)
# What decides about mail to the requester, besides name and address.
_OF_REQUESTER = (
    *("role", "organization_id", "organization_role", "is_active", "rights", "muted"),
    *("locale", "timezone", "mail_stopped_at"),
)
# Columns of a ticket's page besides the ticket's. Tags are joined by spaces, which none has.
_DETAILS = (
    *Person.columns(_REQUESTER, "requester_"),
    *(getattr(_REQUESTER, name).label(f"requester_{name}") for name in _OF_REQUESTER),
    Organization.name.label("organization_name"),
    Organization.personal.label("organization_personal"),
    *Person.columns(_ASSIGNEE, "assignee_"),
    select(func.aggregate_strings(Tag.name, " "))
    .join(TicketTag)
    .where(TicketTag.ticket_id == Ticket.id)
    .scalar_subquery()
    .label("tags"),
    exists().where(Attachment.ticket_id == Ticket.id).label("has_files"),
    exists().where(TicketParticipant.ticket_id == Ticket.id).label("has_participants"),
    exists().where(TicketProduct.ticket_id == Ticket.id).label("has_products"),
    exists().where(Product.organization_id == Ticket.organization_id).label("offers_products"),
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
def _with_details(sight: Sight) -> Prepared[AnyRow]:
    return Prepared(_WITH_DETAILS.where(visibility_condition(sight)))


_DETAILS_ALONE: Prepared[AnyRow] = Prepared(
    _WITH_DETAILS.with_only_columns(*_DETAILS, maintain_column_froms=True)
)


def find_with_details(actor: Actor, number: str) -> tuple[Ticket, AnyRow]:
    """The ticket for reading only, and the columns of `details`.

    Raises NotFound as `find` does. The ticket belongs to no session: the session's bookkeeping
    would cost as much as a statement.
    """
    query = _with_details(actor.sight)
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


def requester_to_read(ticket: Ticket, row: AnyRow) -> User:
    """The requester from the columns of `details`, as `queries.people.users.to_read` has it."""
    known = {name: getattr(row, f"requester_{name}") for name in _REQUESTER_COLUMNS}
    return User(id=ticket.requester_id, **known)


_REQUESTER_COLUMNS = ("email", "first_name", "last_name", *_OF_REQUESTER)


def details(actor: Actor, ticket: Ticket) -> AnyRow:
    """People, organization, tags, and what else there is of the ticket, for `actor`, in one row."""
    return _DETAILS_ALONE.one({"ticket_id": ticket.id, "reader_id": actor.id})
