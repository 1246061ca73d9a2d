"""What staff see of a customer's tickets beside one of them: a few, and capped numbers.

Tickets that the reader does not see do not count. Nothing is counted beyond MANY, so a page costs
the same for whoever has filed a hundred thousand.
"""

from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, func, literal_column, select

from portal.models.people import Actor, Sight
from portal.models.tickets import Rating, Ticket
from portal.prepared import Prepared
from portal.queries.paging import AnyRow, AnySelect
from portal.queries.tickets.tickets import visibility_condition, visibility_values

# Shown as "100+".
MANY = 100
RECENT = 5


class Figures(NamedTuple):
    """Numbers of tickets, and of those rated so; MANY + 1 stands for more than MANY."""

    tickets: int
    good: int
    bad: int


def figures_of_person(actor: Actor, user_id: int) -> Figures:
    return _of_person(actor.sight).one(_values(actor, user_id))


def figures_of_organization(actor: Actor, organization_id: int) -> Figures:
    return _of_organization(actor.sight).one(_values(actor, organization_id))


def recent(actor: Actor, user_id: int) -> list[AnyRow]:
    """The person's tickets that changed last, RECENT and one, each with all of the Figures.

    Rows: id, subject, status, updated_at, tickets, good, bad.
    """
    return _recent(actor.sight).all(_values(actor, user_id))


def _values(actor: Actor, owner_id: int) -> dict[str, int]:
    return {"owner_id": owner_id, **visibility_values(actor)}


def _figures(owner: Any, sight: Sight) -> list[Any]:
    owned = (visibility_condition(sight), owner == bindparam("owner_id", type_=owner.type))
    return [
        _capped(*owned).label("tickets"),
        *(_capped(*owned, Ticket.rating == rating).label(rating.value) for rating in Rating),
    ]


def _capped(*conditions: ColumnElement[bool]) -> Any:
    some: AnySelect = (
        select(literal_column("1")).select_from(Ticket).where(*conditions).limit(MANY + 1)
    )
    return select(func.count()).select_from(some.subquery()).scalar_subquery()


@cache
def _of_person(sight: Sight) -> Prepared[Figures]:
    return Prepared(select(*_figures(Ticket.requester_id, sight)), Figures._make)


@cache
def _of_organization(sight: Sight) -> Prepared[Figures]:
    return Prepared(select(*_figures(Ticket.organization_id, sight)), Figures._make)


@cache
def _recent(sight: Sight) -> Prepared[AnyRow]:
    owner = Ticket.requester_id
    columns = (Ticket.id, Ticket.subject, Ticket.status, Ticket.updated_at)
    return Prepared(
        select(*columns, *_figures(owner, sight))
        .where(visibility_condition(sight), owner == bindparam("owner_id", type_=owner.type))
        .order_by(Ticket.updated_at.desc(), Ticket.id.desc())
        .limit(RECENT + 1)
    )
