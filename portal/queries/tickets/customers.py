"""What staff see of a customer's tickets beside one of them: a few, and capped numbers.

Nothing is counted beyond MANY, so a page costs the same for whoever has filed a hundred thousand.
"""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, func, literal_column, select

from portal.models.tickets import Rating, Ticket
from portal.prepared import Prepared
from portal.queries.paging import AnyRow, AnySelect
from portal.queries.tickets.tickets import NOT_DELETED

# Shown as "100+".
MANY = 100
RECENT = 5


class Figures(NamedTuple):
    """Numbers of tickets, and of those rated so; MANY + 1 stands for more than MANY."""

    tickets: int
    good: int
    bad: int


def figures_of_person(user_id: int) -> Figures:
    return _OF_PERSON.one({"owner_id": user_id})


def figures_of_organization(organization_id: int) -> Figures:
    return _OF_ORGANIZATION.one({"owner_id": organization_id})


def recent(user_id: int) -> list[AnyRow]:
    """The person's tickets that changed last, RECENT and one, each with all of the Figures.

    Rows: id, subject, status, updated_at, tickets, good, bad.
    """
    return _RECENT.all({"owner_id": user_id})


def _figures(owner: Any) -> list[Any]:
    owned = (NOT_DELETED, owner == bindparam("owner_id", type_=owner.type))
    return [
        _capped(*owned).label("tickets"),
        *(_capped(*owned, Ticket.rating == rating).label(rating.value) for rating in Rating),
    ]


def _capped(*conditions: ColumnElement[bool]) -> Any:
    some: AnySelect = (
        select(literal_column("1")).select_from(Ticket).where(*conditions).limit(MANY + 1)
    )
    return select(func.count()).select_from(some.subquery()).scalar_subquery()


_OF_PERSON = Prepared(select(*_figures(Ticket.requester_id)), Figures._make)
_OF_ORGANIZATION = Prepared(select(*_figures(Ticket.organization_id)), Figures._make)
_RECENT: Prepared[AnyRow] = Prepared(
    select(
        Ticket.id, Ticket.subject, Ticket.status, Ticket.updated_at, *_figures(Ticket.requester_id)
    )
    .where(
        NOT_DELETED, Ticket.requester_id == bindparam("owner_id", type_=Ticket.requester_id.type)
    )
    .order_by(Ticket.updated_at.desc(), Ticket.id.desc())
    .limit(RECENT + 1)
)
