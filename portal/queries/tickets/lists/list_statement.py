"""The statements of ticket lists: one for each shape of a filter, with its values as parameters."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, bindparam, exists, join, select, tuple_

from portal.models.base import BigId
from portal.models.organizations import Organization
from portal.models.people import Actor, Sight
from portal.models.products import Product
from portal.models.tickets import Tag, Ticket, TicketParticipant, TicketProduct, TicketTag
from portal.models.tickets.ticket import DONE_ONES, TO_ANSWER, UNSOLVED
from portal.prepared import Prepared
from portal.queries.id_lists import is_listed
from portal.queries.paging import AnyRow, AnySelect
from portal.queries.tickets import search
from portal.queries.tickets.lists import index_choice, own_tickets, ticket_rows, ticket_since
from portal.queries.tickets.lists.ticket_filter import (
    NOBODY,
    PRIORITIES,
    Sort,
    TicketFilter,
    View,
    organization_id,
    person_id,
)
from portal.queries.tickets.lists.ticket_rows import TicketRow
from portal.queries.tickets.tickets import NOT_DELETED, in_sight_of

# Columns of each order, all in one direction, so that an index can be read backwards.
ORDERS: Mapping[Sort, tuple[str, ...]] = {
    Sort.UPDATED: ("updated_at", "id"),
    Sort.WAITING: ("waiting_since", "id"),
    Sort.IDLE: ("updated_at", "id"),
    Sort.CREATED: ("id",),
    Sort.OLDEST: ("id",),
    Sort.PRIORITY: ("priority", "updated_at", "id"),
}
# Filters that one column equals: the column, and its value for whoever asks with that word.
EQUALS: Mapping[str, tuple[Any, Callable[[Actor, str], Any]]] = {
    "status": (Ticket.status, lambda _actor, word: word),
    "priority": (Ticket.priority, lambda _actor, word: int(PRIORITIES[word])),
    "channel": (Ticket.channel, lambda _actor, word: word),
    "type": (Ticket.type, lambda _actor, word: word),
    "department": (Ticket.department, lambda _actor, word: word),
    "language": (Ticket.language, lambda _actor, word: word),
    "requester": (
        Ticket.requester_id,
        lambda actor, word: person_id("requester", word, me=actor.id),
    ),
    "organization": (Ticket.organization_id, lambda _actor, word: organization_id(word)),
}
_LISTED = (
    Ticket.id,
    Ticket.subject,
    Ticket.status,
    Ticket.priority,
    Ticket.updated_at,
    Ticket.waiting_since,
    Ticket.last_message_by_id,
    Ticket.last_message_excerpt,
    *ticket_rows.WRITER_NAME,
    Ticket.requester_id,
    *ticket_rows.REQUESTER_NAME,
    Ticket.organization_id,
    Organization.name.label("organization_name"),
    Ticket.assignee_id,
    *ticket_rows.ASSIGNEE_NAME,
)


class Shape(NamedTuple):
    """A statement's form without its values: one statement is built for each shape."""

    sight: Sight
    unsolved: bool
    to_answer: bool
    # Names of EQUALS.
    equals: tuple[str, ...]
    assignee: str
    tag: bool
    product: bool
    words: search.QueryKind | None
    order: Sort
    after: bool
    # Names of the fields of Since.
    since: tuple[str, ...]
    full: bool
    # Of a search: whether its best matches come first, and whether matches are listed.
    ranked: bool = False
    listed: bool = False
    done: bool = False
    # Towards the beginning of the list, nearest first.
    back: bool = False
    # Ids and subjects alone: what is counted, or put into another order first.
    brief: bool = False
    # All that match are read, in the order of ids: the table once, whatever it is narrowed by.
    whole: bool = False
    shared: bool = False

    @property
    def staff(self) -> bool:
        return self.sight in {Sight.ALL, Sight.DEPARTMENTS}


def shape_of(
    actor: Actor, wanted: TicketFilter, found: search.Query, *, full: bool = False
) -> Shape:
    ranked = wanted.order is Sort.RELEVANCE and found.can_be_ranked
    assignee = {"": "", NOBODY: NOBODY}.get(wanted.assignee, "one")
    if wanted.view is View.MINE:
        assignee = "one"
    elif wanted.view is View.UNASSIGNED:
        assignee = NOBODY
    return Shape(
        sight=actor.sight,
        unsolved=wanted.unsolved,
        to_answer=wanted.view is View.TO_ANSWER,
        # A customer's list without words is limited to one organization anyway.
        equals=tuple(
            name
            for name in EQUALS
            if getattr(wanted, name) and (name != "organization" or actor.is_staff or wanted.q)
        ),
        assignee=assignee,
        tag=bool(wanted.tag),
        product=bool(wanted.product),
        words=found.kind if wanted.q else None,
        order=wanted.order if wanted.order in ORDERS else Sort.CREATED,
        since=(),
        after=bool(wanted.cursor) and not ranked,
        full=full,
        ranked=ranked,
        done=wanted.done,
        shared=wanted.shared and not actor.is_staff,
        listed=found.is_listed,
    )


@lru_cache(maxsize=512)
def statement(shape: Shape) -> Prepared[AnyRow]:
    return Prepared(build(shape), TicketRow._make if shape.full and not shape.brief else None)


@cache
def rows_of_ids(*, staff: bool, full: bool) -> Prepared[AnyRow]:
    """The rows of tickets that such a list has found already, in any order."""
    query = _select(Ticket, staff=staff, full=full).where(is_listed(Ticket.id, "ids"))
    return Prepared(query, TicketRow._make if full else None)


def build(shape: Shape) -> AnySelect:
    tickets, ticket_id = _source(shape)
    if shape.brief:
        query: AnySelect = select(Ticket.id, Ticket.subject).select_from(tickets)
    else:
        query = _select(tickets, staff=shape.staff, full=shape.full)
    query = query.limit(bindparam("size", type_=Integer))
    for condition in _conditions(shape):
        query = query.where(condition)
    names = ORDERS[shape.order]
    columns = [_ordering(name, ticket_id, staff=shape.staff) for name in names]
    descending = _descends(shape)
    query = query.order_by(*(c.desc() if descending else c.asc() for c in columns))
    if shape.after:
        query = query.where(*_after(names, columns, descending=descending))
    return query


def _select(tickets: Any, *, staff: bool, full: bool) -> AnySelect:
    if full:
        columns = ticket_rows.all_columns(staff=staff)
        return ticket_rows.with_people(select(*columns).select_from(tickets))
    columns = ticket_rows.for_audience(_LISTED, staff=staff)
    return ticket_rows.with_writer(ticket_rows.with_people(select(*columns).select_from(tickets)))


def _after(
    names: Sequence[str], columns: Sequence[Any], *, descending: bool
) -> list[ColumnElement[bool]]:
    """Conditions after a cursor, repeated so that each database enters its index there."""
    pairs = zip(names, columns, strict=True)
    last = [bindparam(f"after_{name}", type_=column.type) for name, column in pairs]
    here, there = tuple_(*columns), tuple_(*last)
    conditions: list[ColumnElement[bool]] = [here < there if descending else here > there]
    if columns[-1] is not Ticket.id:
        # PostgreSQL does not derive this for the other side of the join.
        conditions.append(Ticket.id < last[-1] if descending else Ticket.id > last[-1])
    if columns[0] is ticket_rows.PUBLIC_UPDATED_AT:
        # SQLite does not use an expression index for the first part of a row comparison.
        conditions.append(columns[0] <= last[0] if descending else columns[0] >= last[0])
    return conditions


def _ordering(name: str, ticket_id: Any, *, staff: bool) -> Any:
    """The column for an order's name."""
    if name == "waiting_since":
        return Ticket.waiting_since
    if name == "updated_at":
        return Ticket.updated_at if staff else ticket_rows.PUBLIC_UPDATED_AT
    return ticket_id if name == "id" else Ticket.priority


def _descends(shape: Shape) -> bool:
    return shape.order.startswith("-") is not shape.back


def _source(shape: Shape) -> tuple[Any, Any]:
    """The tables to select from, and the column that is in the order of ticket ids.

    The indexes of words, tags and products return ids in order: starting there, a page is read
    without sorting.
    """
    if shape.words is search.QueryKind.WORDS:
        found = search.listed(descending=_descends(shape)) if shape.listed else search.INDEX
        return join(found, Ticket, Ticket.id == found.c.rowid), found.c.rowid
    if shape.product:
        of_product = Ticket.id == TicketProduct.ticket_id
        return join(TicketProduct, Ticket, of_product), TicketProduct.ticket_id
    if shape.tag:
        tagged = join(Tag, TicketTag, Tag.id == TicketTag.tag_id)
        return join(tagged, Ticket, Ticket.id == TicketTag.ticket_id), TicketTag.ticket_id
    if shape.shared and not shape.words:
        # A person takes part in few: those are sorted.
        return join(TicketParticipant, Ticket, Ticket.id == TicketParticipant.ticket_id), Ticket.id
    return Ticket, Ticket.id


def _leader(shape: Shape) -> str:
    """The column whose index a list uses; empty for words, tags, products, numbers, shared tickets.

    Words that tickets must not have are asked of each ticket that another index gives.
    """
    if shape.words and shape.words is not search.QueryKind.EXCLUDED:
        return ""
    if shape.tag or shape.product or shape.whole or shape.shared:
        return ""
    if "requester" in shape.equals or shape.sight is Sight.OWN:
        return index_choice.REQUESTER
    if not shape.staff or "organization" in shape.equals:
        return index_choice.ORGANIZATION
    if shape.assignee:
        return index_choice.ASSIGNEE
    for name in (index_choice.DEPARTMENT, index_choice.TYPE, index_choice.LANGUAGE):
        if name in shape.equals:
            return name
    if shape.to_answer:
        return index_choice.WAITING
    if shape.order is Sort.PRIORITY:
        return index_choice.PRIORITY
    # Unsolved tickets have an index in the order of ids, and are few.
    if shape.unsolved and shape.order in {Sort.CREATED, Sort.OLDEST}:
        return index_choice.STATUS
    if "priority" in shape.equals:
        return index_choice.PRIORITY
    return index_choice.CHANNEL if "channel" in shape.equals else index_choice.STATUS


def _conditions(shape: Shape) -> list[ColumnElement[bool] | Any]:
    leader = _leader(shape)

    def equals(column: Any, name: str) -> ColumnElement[bool]:
        return index_choice.indexed_if_leading(column, leader) == bindparam(name, type_=column.type)

    conditions: list[ColumnElement[bool] | Any] = [NOT_DELETED]
    if shape.sight is Sight.DEPARTMENTS:
        conditions.append(in_sight_of(shape.sight))
    if not shape.staff:
        conditions += own_tickets.conditions(
            shape.sight, shape.words, equals, shared=shape.shared, by_product=shape.product
        )
    if shape.unsolved:
        conditions.append(UNSOLVED)
    if shape.to_answer:
        conditions.append(TO_ANSWER)
    if shape.done:
        conditions.append(DONE_ONES)
    for column, _value in map(EQUALS.__getitem__, shape.equals):
        conditions.append(equals(column, column.key))
    if shape.assignee == NOBODY:
        conditions.append(index_choice.indexed_if_leading(Ticket.assignee_id, leader).is_(None))
    elif shape.assignee:
        conditions.append(equals(Ticket.assignee_id, "assignee_id"))
    conditions += _linked(shape)
    if shape.words and not shape.listed:
        conditions.append(search.condition(shape.words))
    return [*conditions, *ticket_since.conditions(shape.since, staff=shape.staff)]


# A ticket that has moved names products of another organization, which its customers may not find
# out by asking for one after another.
_IS_OWN_PRODUCT = exists().where(
    Product.id == bindparam("product_id", type_=BigId),
    Product.organization_id == bindparam("actor_organization_id", type_=BigId),
)


def _linked(shape: Shape) -> Iterator[ColumnElement[bool]]:
    """The conditions of tag and product: of the index that the list is read by, or of each row."""
    by_words = shape.words is search.QueryKind.WORDS
    if shape.product:
        named = TicketProduct.product_id == bindparam("product_id", type_=BigId)
        about = select(TicketProduct.ticket_id).where(named)
        yield Ticket.id.in_(about) if by_words else named
        if not shape.staff:
            yield _IS_OWN_PRODUCT
    if shape.tag:
        called = Tag.name == bindparam("tag")
        tagged = select(TicketTag.ticket_id).join(Tag).where(called)
        yield Ticket.id.in_(tagged) if by_words or shape.product else called
