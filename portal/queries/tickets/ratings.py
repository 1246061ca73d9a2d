"""Recent ratings, for admins.

Only rated tickets are read, by an index of their own, so the cost does not grow with the number of
tickets.
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, func, select, tuple_

from portal import clock
from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import User
from portal.models.people.person import Person
from portal.models.tickets import Rating, Ticket
from portal.queries.paging import (
    AnyRow,
    AnySelect,
    Page,
    make_page,
    moment_to_number,
    number_to_moment,
    parse_cursor,
)
from portal.queries.tickets.tickets import NOT_DELETED

LATELY = timedelta(days=30)
PAGE = 30


def counts() -> dict[Rating, int]:
    """Number of tickets by rating since LATELY, in one statement."""
    return dict(zip(Rating, db.session.execute(_counts()).one(), strict=True))


def page(rating: Rating, *, cursor: str = "", size: int = PAGE) -> Page[AnyRow]:
    """Tickets with that rating since LATELY, the newest rating first.

    Rows: id, subject, rating_comment, rated_at, requester_id, first_name, last_name, email,
    organization_id, organization_name.
    """
    query = _page(rating).limit(size + 1)
    if cursor:
        moment, ticket_id = parse_cursor(cursor, 2)
        last = (number_to_moment(moment), ticket_id)
        query = query.where(tuple_(Ticket.rated_at, Ticket.id) < last)
    rows = list(db.session.execute(query))
    return make_page(rows, size, lambda row: f"{moment_to_number(row.rated_at)}.{row.id}")


def _counts() -> AnySelect:
    counted = select(func.count()).select_from(Ticket)
    return select(*(counted.where(*_rated(rating)).scalar_subquery() for rating in Rating))


def _page(rating: Rating) -> AnySelect:
    return (
        select(
            Ticket.id,
            Ticket.subject,
            Ticket.rating_comment,
            Ticket.rated_at,
            Ticket.requester_id,
            Ticket.organization_id,
            *Person.columns(User),
            Organization.name.label("organization_name"),
        )
        .join(User, User.id == Ticket.requester_id)
        .join(Organization, Organization.id == Ticket.organization_id)
        .where(*_rated(rating))
        .order_by(Ticket.rated_at.desc(), Ticket.id.desc())
    )


def _rated(rating: Rating) -> list[ColumnElement[bool]]:
    return [NOT_DELETED, Ticket.rating == rating, Ticket.rated_at >= clock.now() - LATELY]
