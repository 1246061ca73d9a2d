"""Parts of a search that must all be true, each as the condition that a list is read by best.

A list is read in its own order, row by row, until a page is full. What few tickets have is found by
an index first and sorted then, or a search without a hit would read the whole table.
"""

from typing import Any

from sqlalchemy import and_, false, func, select
from sqlalchemy.orm import aliased

from portal.extensions import db
from portal.models.people import Actor
from portal.models.tickets import Attachment, Ticket
from portal.queries.paging import AnySelect
from portal.queries.tickets.distinct_values import distinct_values
from portal.queries.tickets.lists import fact_conditions, field_conditions
from portal.queries.tickets.lists.field_conditions import Condition
from portal.queries.tickets.lists.ticket_filter import NOBODY, Sort
from portal.search_language.fields import NONE
from portal.search_language.tree import Comparison, Tree

# So many are sorted in less time than a list may need until it comes to them.
FEW = 10_000
_BY_UPDATE = {Sort.UPDATED, Sort.IDLE}


def conjunct(part: Tree, actor: Actor, order: Sort) -> Condition:
    """The condition of a part that has to be true whatever the others are."""
    match part:
        case Comparison("requester" | "organization", values=(_,)):
            # The tickets of a customer are few.
            return field_conditions.leading_condition(part, actor)
        case Comparison("assignee", values=words) if NOBODY not in map(str.lower, words):
            # Whose name nobody has, no ticket is.
            assigned: Any = aliased(Ticket)
            people = field_conditions.people(assigned.assignee_id, words, actor)
            return _if_few(select(assigned.id).where(people), part, actor)
        case Comparison(field) if field in fact_conditions.LEADING:
            return _if_few(fact_conditions.ids(part), part, actor)
        case Comparison("has"):
            return _if_few(select(Attachment.ticket_id).distinct(), part, actor)
        case Comparison("created"):
            filed: Any = aliased(Ticket)
            found = select(filed.id).where(field_conditions.days(filed.created_at, part))
            return and_(_if_few(found, part, actor), *_changed_since(part, order))
        case Comparison("updated") if order in _BY_UPDATE:
            return field_conditions.days(Ticket.updated_at, part)
        case Comparison("type" | "department" | "language", values=words) if NONE not in words:
            return _of_kind(part, actor, order)
    return field_conditions.condition(part, actor)


def _of_kind(part: Comparison, actor: Actor, order: Sort) -> Condition:
    """A type, department or language in any case, by the index of that column."""
    words = {value.lower() for value in part.values}
    written = [value for value in distinct_values(part.field) if value.lower() in words]
    if not written:
        return false()
    column: Any = getattr(Ticket, part.field)
    if len(written) == 1 and order in _BY_UPDATE:
        return column == written[0]  # type: ignore[no-any-return]
    kind: Any = aliased(Ticket)
    found = select(kind.id).where(getattr(kind, part.field).in_(written))
    return _if_few(found, part, actor)


def _if_few(ids: AnySelect, part: Tree, actor: Actor) -> Condition:
    """`part` by those ids, if they are few."""
    few = ids.limit(FEW + 1)
    number = db.session.scalar(select(func.count()).select_from(few.subquery()))
    if (number or 0) > FEW:
        return field_conditions.condition(part, actor)
    # With its limit PostgreSQL does not turn it into a join that it might begin elsewhere.
    return Ticket.id.in_(few)


def _changed_since(part: Comparison, order: Sort) -> list[Condition]:
    """No ticket was changed before it was filed: there the list ends."""
    first = field_conditions.first_moment(part)
    return [Ticket.updated_at >= first] if first and order in _BY_UPDATE else []
