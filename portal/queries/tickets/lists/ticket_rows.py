"""Columns of a ticket with its people and organization, and the TicketRow of them."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, String, bindparam, cast, func, select
from sqlalchemy.orm import aliased

from portal.errors import or_not_found
from portal.models.organizations import Organization
from portal.models.people import Actor, Sight, User
from portal.models.people.person import Person
from portal.models.products import Product
from portal.models.tickets import Tag, Ticket, TicketProduct, TicketTag
from portal.models.tickets.ticket import parse_number
from portal.prepared import Prepared
from portal.queries.paging import AnySelect
from portal.queries.tickets.tickets import visibility_condition, visibility_values

_REQUESTER, _ASSIGNEE, _WRITER = aliased(User), aliased(User), aliased(User)
REQUESTER_NAME = Person.columns(_REQUESTER, "requester_")
ASSIGNEE_NAME = Person.columns(_ASSIGNEE, "assignee_")
WRITER_NAME = Person.columns(_WRITER, "writer_")
# Tags are joined by spaces, which they do not have.
TAGS = (
    select(func.aggregate_strings(Tag.name, " "))
    .join(TicketTag)
    .where(TicketTag.ticket_id == Ticket.id)
    .correlate(Ticket)
    .scalar_subquery()
    .label("tags")
)
# Id and name of each on a line of its own.
_PRODUCT = cast(Product.id, String) + " " + func.replace(Product.name, "\n", " ")
_PRODUCTS = (
    select(func.aggregate_strings(_PRODUCT, "\n"))
    .join(TicketProduct)
    .where(TicketProduct.ticket_id == Ticket.id)
    .correlate(Ticket)
)
PRODUCTS = _PRODUCTS.scalar_subquery().label("products")
# Those of the reader's organization: a ticket may have moved, or be shared with others.
_OWN_PRODUCTS = (
    _PRODUCTS.where(
        Product.organization_id
        == bindparam("actor_organization_id", type_=Ticket.organization_id.type)
    )
    .scalar_subquery()
    .label("products")
)
# What customers see instead of the staff's version and time: no note shows in it.
PUBLIC_VERSION: ColumnElement[int] = func.coalesce(Ticket.public_version, Ticket.version)
PUBLIC_UPDATED_AT: ColumnElement[datetime] = func.coalesce(
    Ticket.public_updated_at, Ticket.updated_at
)


def for_audience(columns: Iterable[Any], *, staff: bool) -> list[Any]:
    """`columns` with version, time of change and products as staff, or customers, see them.

    For customers they need the parameters of `visibility_values`.
    """
    if staff:
        return list(columns)
    public = {
        "version": PUBLIC_VERSION.label("version"),
        "updated_at": PUBLIC_UPDATED_AT.label("updated_at"),
        "products": _OWN_PRODUCTS,
    }
    return [public.get(column.key, column) for column in columns]


class TicketRow(NamedTuple):
    """The columns of `all_columns`, as a named tuple: reading SQLAlchemy's own rows is slower."""

    id: int
    subject: str
    status: str
    priority: int
    type: str | None
    department: str | None
    language: str | None
    channel: str
    version: int
    created_at: datetime
    updated_at: datetime
    first_response_at: datetime | None
    waiting_since: datetime | None
    solved_at: datetime | None
    requester_id: int
    requester_first_name: str
    requester_last_name: str
    requester_email: str
    assignee_id: int | None
    assignee_first_name: str
    assignee_last_name: str
    assignee_email: str
    organization_id: int
    organization_name: str
    tags: str | None
    products: str | None


_ORGANIZATION_NAME = Organization.name.label("organization_name")
_BESIDE = {
    column.key: column
    for column in (*REQUESTER_NAME, *ASSIGNEE_NAME, _ORGANIZATION_NAME, TAGS, PRODUCTS)
}
_ALL_COLUMNS = [
    _BESIDE[name] if name in _BESIDE else getattr(Ticket, name) for name in TicketRow._fields
]


def all_columns(*, staff: bool) -> list[Any]:
    """The columns of a TicketRow."""
    return for_audience(_ALL_COLUMNS, staff=staff)


def from_models(
    ticket: Ticket,
    *,
    requester: User | None,
    assignee: User | None,
    organization: Organization | None,
    tags: Iterable[str],
    products: Iterable[Product],
    staff: bool,
) -> TicketRow:
    """A TicketRow from a loaded ticket and the rows around it."""
    as_it_is = {
        name: getattr(ticket, name)
        for name in TicketRow._fields
        if name in Ticket.__table__.columns
    }
    return TicketRow(
        **as_it_is
        | _parts(requester, "requester_")
        | _parts(assignee, "assignee_")
        | {
            "version": ticket.version_for(staff=staff),
            "updated_at": ticket.updated_at_for(staff=staff),
            "organization_name": organization.name if organization else "",
            "tags": " ".join(tags),
            "products": "\n".join(map(_line, products)) or None,
        }
    )


def _line(product: Product) -> str:
    """As `_PRODUCT` makes it."""
    return f"{product.id} {product.name}".replace("\n", " ")


def _parts(user: User | None, prefix: str) -> dict[str, Any]:
    """Columns of a person as `with_people` selects them; None for nobody."""
    names = (column.key for column in Person.columns(User))
    return {f"{prefix}{name}": getattr(user, name, None) for name in names}


def with_people(query: AnySelect) -> AnySelect:
    """`query` on tickets, joined with requester, assignee and organization."""
    return (
        query.join(_REQUESTER, _REQUESTER.id == Ticket.requester_id)
        .join(Organization, Organization.id == Ticket.organization_id)
        .outerjoin(_ASSIGNEE, _ASSIGNEE.id == Ticket.assignee_id)
    )


def with_writer(query: AnySelect) -> AnySelect:
    """`query` on tickets, joined with who wrote the last message."""
    return query.outerjoin(_WRITER, _WRITER.id == Ticket.last_message_by_id)


@cache
def _one(sight: Sight, *, staff: bool) -> Prepared[TicketRow]:
    query = with_people(select(*all_columns(staff=staff)).select_from(Ticket))
    rule = visibility_condition(sight)
    return Prepared(query.where(Ticket.id == bindparam("ticket_id"), rule), TicketRow._make)


def find(actor: Actor, number: str) -> TicketRow:
    """The ticket of that number. Raises NotFound for an invisible one as for none."""
    return _find(actor, actor.sight, number)


def find_changed(actor: Actor, number: str) -> TicketRow:
    """The ticket that `actor` has just changed, even if it went out of sight by that."""
    return _find(actor, Sight.ALL if actor.is_staff else actor.sight, number)


def _find(actor: Actor, sight: Sight, number: str) -> TicketRow:
    values = {"ticket_id": parse_number(number), **visibility_values(actor)}
    return or_not_found(_one(sight, staff=actor.is_staff).first(values))
