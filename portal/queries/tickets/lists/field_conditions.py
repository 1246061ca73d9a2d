"""Conditions of searches that name fields: a tree in, a condition on tickets out.

Each is true or false and never NULL, so that it can be negated. Columns are hidden from SQLite's
planner, which would leave the index in the order of the list for theirs.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time
from operator import ge, gt, le, lt
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from portal import clock, i18n
from portal.models.organizations.organization import parse_id as parse_organization
from portal.models.people import Actor
from portal.models.tickets import DONE, Attachment, Tag, Ticket, TicketProduct, TicketTag
from portal.queries.people import users
from portal.queries.products import products
from portal.queries.tickets import search
from portal.queries.tickets.lists import fact_conditions
from portal.queries.tickets.lists.index_choice import unindexed
from portal.queries.tickets.lists.named import organizations_named, people_named
from portal.queries.tickets.lists.ticket_filter import ME, NOBODY, PRIORITIES, normal_id
from portal.search_language.days import Days, parse_days
from portal.search_language.fields import NONE
from portal.search_language.tree import And, Comparison, Not, Operator, Or, Tree, has_fields

Condition = ColumnElement[bool]
_COMPARE: Mapping[Operator, Callable[[Any, Any], Any]] = {
    Operator.AT_LEAST: ge,
    Operator.AT_MOST: le,
    Operator.ABOVE: gt,
    Operator.BELOW: lt,
}


def leading_condition(asked: Comparison, actor: Actor) -> Condition:
    """Of a requester or an organization: with its index, so that what is found is sorted."""
    by = _requester if asked.field == "requester" else _organization
    return by(asked, actor, leads=True)


def condition(tree: Tree, actor: Actor) -> Condition:
    """The condition that `tree` is, of fields and words."""
    if not has_fields(tree):
        return search.literal_condition(search.of_words(tree, actor))
    match tree:
        case And(parts):
            return and_(*(condition(part, actor) for part in parts))
        case Or(parts):
            return or_(*(condition(part, actor) for part in parts))
        case Not(part):
            return not_(condition(part, actor))
        case Comparison(field):
            return _FIELDS[field](tree, actor)
    raise TypeError(tree)


def _choice(column: InstrumentedAttribute[Any]) -> Callable[[Comparison, Actor], Condition]:
    return lambda asked, _actor: _among(column, asked.values)


def _among(column: InstrumentedAttribute[Any], values: Any) -> Condition:
    found: Condition = unindexed(column).in_(values)
    return _or_none(column, values, found) if column.nullable else found


def _or_none(column: InstrumentedAttribute[Any], values: Any, found: Condition) -> Condition:
    """Whether the column is `found`, or empty where that is among the values."""
    known = column.is_not(None) & found
    return column.is_(None) | known if NONE in values else known


def _typed(column: InstrumentedAttribute[Any]) -> Callable[[Comparison, Actor], Condition]:
    """A column of free text, in any case."""

    def compare(asked: Comparison, _actor: Actor) -> Condition:
        words = [value.lower() for value in asked.values]
        return _or_none(column, words, func.lower(column).in_(words))

    return compare


def _priority(asked: Comparison, _actor: Actor) -> Condition:
    numbers = [int(PRIORITIES[value]) if value else None for value in asked.values]
    column = unindexed(Ticket.priority)
    if asked.operator is Operator.IS:
        return column.in_(numbers)
    if asked.operator is Operator.RANGE:
        return _between(column, *numbers)
    return _COMPARE[asked.operator](column, numbers[0])  # type: ignore[no-any-return]


def _between(column: Any, first: Any, last: Any) -> Condition:
    ends = [] if first is None else [column >= first]
    return and_(*ends, *([] if last is None else [column <= last]))


def _assignee(asked: Comparison, actor: Actor) -> Condition:
    column = Ticket.assignee_id
    nobody = [column.is_(None)] if NOBODY in map(str.lower, asked.values) else []
    named = [value for value in asked.values if value.lower() != NOBODY]
    theirs = people(unindexed(column), named, actor)
    return or_(*nobody, column.is_not(None) & theirs)


def _requester(asked: Comparison, actor: Actor, *, leads: bool = False) -> Condition:
    column = Ticket.requester_id if leads else unindexed(Ticket.requester_id)
    return people(column, asked.values, actor)


def people(column: Any, values: Iterable[str], actor: Actor) -> Condition:
    """Whether `column` is one of those who are named by number, address, name or `me`."""
    return or_(false(), *(_person(column, value, actor) for value in values))


def _person(column: Any, value: str, actor: Actor) -> Condition:
    if word := normal_id("requester", value):
        found: Condition = column == (actor.id if word == ME else users.parse_id(word))
        return found
    return column.in_(people_named(value))  # type: ignore[no-any-return]


def _organization(asked: Comparison, _actor: Actor, *, leads: bool = False) -> Condition:
    column: Any = Ticket.organization_id if leads else unindexed(Ticket.organization_id)

    def one(value: str) -> Condition:
        found = parse_organization(value.upper())
        return column == found if found else column.in_(organizations_named(value))  # type: ignore[no-any-return]

    return or_(*map(one, asked.values))


def _tag(asked: Comparison, _actor: Actor) -> Condition:
    names = [value.lower() for value in asked.values]
    tagged = select(TicketTag.ticket_id).join(Tag).where(Tag.name.in_(names))
    return unindexed(Ticket.id).in_(tagged)


def _product(asked: Comparison, _actor: Actor) -> Condition:
    """For staff, as all fields are."""
    named = or_(*(TicketProduct.product_id.in_(products.named(value)) for value in asked.values))
    return unindexed(Ticket.id).in_(select(TicketProduct.ticket_id).where(named))


def _days(column: InstrumentedAttribute[Any]) -> Callable[[Comparison, Actor], Condition]:
    return lambda asked, _actor: days(unindexed(column), asked)


def days(column: Any, asked: Comparison) -> Condition:
    """Whether `column` is in, before or after the days that `asked` names."""
    named = _named_days(asked)
    if asked.operator is Operator.RANGE:
        return _within(column, *named)
    if asked.operator is Operator.IS:
        return or_(*(_within(column, one, one) for one in named))
    return or_(*(_beside(column, asked.operator, one) for one in named if one))


def first_moment(asked: Comparison) -> datetime | None:
    """Before that none of the days that `asked` names begins; None where they have no beginning."""
    first, *others = _named_days(asked)
    if first is None or asked.operator in {Operator.BELOW, Operator.AT_MOST}:
        return None
    is_range = asked.operator is Operator.RANGE
    return _moment(min(one.first for one in (first, *([] if is_range else others)) if one))


def _named_days(asked: Comparison) -> list[Days | None]:
    today = clock.now().astimezone(i18n.current_timezone()).date()
    return [parse_days(value, today) if value else None for value in asked.values]


def _within(column: Any, first: Days | None, last: Days | None) -> Condition:
    ends = [] if first is None else [column >= _moment(first.first)]
    return and_(*ends, *([] if last is None else [column < _moment(last.end)]))


def _beside(column: Any, operator: Operator, days: Days) -> Condition:
    """Before or after `days`, with or without them."""
    # A span ends today: what is compared is its first day.
    end = days.first if days.is_span else days.end
    edge = days.first if operator in {Operator.AT_LEAST, Operator.BELOW} else end
    later = operator in {Operator.AT_LEAST, Operator.ABOVE}
    return (column >= _moment(edge)) if later else (column < _moment(edge))  # type: ignore[no-any-return]


def _moment(day: date) -> datetime:
    """The beginning of the day where the reader is."""
    return datetime.combine(day, time(), i18n.current_timezone()).astimezone(UTC)


def _has(_asked: Comparison, _actor: Actor) -> Condition:
    return select(Attachment.id).where(Attachment.ticket_id == Ticket.id).exists()


def _is(asked: Comparison, actor: Actor) -> Condition:
    column = unindexed(Ticket.assignee_id)
    known: dict[str, Condition] = {
        "unsolved": unindexed(Ticket.status).not_in(DONE),
        "unassigned": Ticket.assignee_id.is_(None),
        "mine": Ticket.assignee_id.is_not(None) & (column == actor.id),
    }
    return or_(*(known[value] for value in asked.values))


_FIELDS: Mapping[str, Callable[[Comparison, Actor], Condition]] = {
    "status": _choice(Ticket.status),
    "priority": _priority,
    "assignee": _assignee,
    "requester": _requester,
    "organization": _organization,
    "tag": _tag,
    "product": _product,
    "channel": _choice(Ticket.channel),
    "type": _typed(Ticket.type),
    "department": _typed(Ticket.department),
    "language": _typed(Ticket.language),
    "created": _days(Ticket.created_at),
    "updated": _days(Ticket.updated_at),
    **fact_conditions.FIELDS,
    "has": _has,
    "is": _is,
}
