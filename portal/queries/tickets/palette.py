"""What somebody on the staff may mean by a few letters: a ticket, a person, an organization."""

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from sqlalchemy import bindparam, select

from portal.models.base import BigId
from portal.models.organizations import Organization
from portal.models.people import Actor, Sight
from portal.models.tickets import Ticket
from portal.prepared import Prepared
from portal.queries.paging import AnyRow
from portal.queries.tickets import requesters
from portal.queries.tickets.lists.named import beginning, beginning_values
from portal.queries.tickets.requesters import Match
from portal.queries.tickets.tickets import visibility_condition, visibility_values
from portal.text_analysis.terms import name_words

MAX_ORGANIZATIONS = 5
# Of the owners of one beginning so many are read.
_MAX_READ = 50
_NUMBER = re.compile(r"(?:REQ|#)?\s*0*([1-9][0-9]{0,17})", re.IGNORECASE)


class Found(NamedTuple):
    """`ticket` has id, subject, status, priority and assignee_id; organizations id and name."""

    ticket: AnyRow | None
    people: list[Match]
    organizations: Sequence[AnyRow]


def ticket(actor: Actor, text: str) -> AnyRow | None:
    """The ticket of that number, as people write it: REQ000001, #1 or 1."""
    number = _NUMBER.fullmatch(text.strip())
    if number is None:
        return None
    values = {"ticket_id": int(number[1]), **visibility_values(actor)}
    return _ticket(actor.sight).first(values)


def find(actor: Actor, text: str) -> Found:
    """By three statements, each with an end. Nothing without text, and nothing for customers."""
    if not text.strip() or not actor.is_staff:
        return Found(None, [], [])
    return Found(ticket(actor, text), requesters.matching(text), _organizations(text))


def _organizations(text: str) -> Sequence[AnyRow]:
    words = name_words(text)
    return _organizations_of(len(words)).all(beginning_values(words)) if words else []


@cache
def _ticket(sight: Sight) -> Prepared[AnyRow]:
    columns = (Ticket.id, Ticket.subject, Ticket.status, Ticket.priority, Ticket.assignee_id)
    number = Ticket.id == bindparam("ticket_id", type_=BigId)
    return Prepared(select(*columns).where(number, visibility_condition(sight)))


@cache
def _organizations_of(words: int) -> Prepared[AnyRow]:
    found = beginning("organization_id", words).limit(_MAX_READ).subquery()
    return Prepared(
        select(Organization.id, Organization.name)
        .where(Organization.id.in_(select(found)), Organization.personal.is_(False))
        .order_by(Organization.name, Organization.id)
        .limit(MAX_ORGANIZATIONS)
    )
