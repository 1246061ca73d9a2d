"""What somebody on the staff may mean by a few letters: a ticket, a person, an organization."""

import re
from typing import NamedTuple

from sqlalchemy import select

from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import Actor
from portal.models.tickets import Ticket
from portal.queries.paging import AnyRow
from portal.queries.tickets import requesters
from portal.queries.tickets.lists.named import organizations_named
from portal.queries.tickets.requesters import Match
from portal.queries.tickets.tickets import visible_to

MAX_ORGANIZATIONS = 5
_NUMBER = re.compile(r"(?:REQ|#)?\s*0*([1-9][0-9]{0,17})", re.IGNORECASE)


class Found(NamedTuple):
    """`ticket` has id, subject, status, priority and assignee_id; organizations id and name."""

    ticket: AnyRow | None
    people: list[Match]
    organizations: list[AnyRow]


def ticket(actor: Actor, text: str) -> AnyRow | None:
    """The ticket of that number, as people write it: REQ000001, #1 or 1."""
    number = _NUMBER.fullmatch(text.strip())
    if number is None:
        return None
    columns = (Ticket.id, Ticket.subject, Ticket.status, Ticket.priority, Ticket.assignee_id)
    query = select(*columns).where(Ticket.id == int(number[1]), visible_to(actor))
    return db.session.execute(query).first()


def find(actor: Actor, text: str) -> Found:
    """By three statements, each with an end. Nothing without text, and nothing for customers."""
    if not text.strip() or not actor.is_staff:
        return Found(None, [], [])
    query = (
        select(Organization.id, Organization.name)
        .where(Organization.id.in_(organizations_named(text).limit(50).subquery().select()))
        .where(Organization.personal.is_(False))
        .order_by(Organization.name, Organization.id)
        .limit(MAX_ORGANIZATIONS)
    )
    return Found(ticket(actor, text), requesters.matching(text), list(db.session.execute(query)))
