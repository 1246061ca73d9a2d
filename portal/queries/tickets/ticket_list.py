"""Pages of the tickets that match a filter and are visible to an actor, in index order."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, bindparam, join, select, tuple_

from portal.models.organizations import Organization
from portal.models.people import Actor
from portal.models.tickets import Tag, Ticket, TicketTag
from portal.models.tickets.ticket import UNSOLVED
from portal.prepared import Prepared
from portal.queries.paging import (
    AnyRow,
    AnySelect,
    Page,
    make_page,
    moment_to_number,
    number_to_moment,
    parse_cursor,
)
from portal.queries.tickets import (
    field_conditions,
    index_choice,
    search,
    ticket_rows,
    ticket_since,
    typed_query,
)
from portal.queries.tickets.ticket_filter import (
    NOBODY,
    PRIORITIES,
    Sort,
    TicketFilter,
    View,
    organization_id,
    person_id,
)
from portal.queries.tickets.ticket_rows import TicketRow
from portal.queries.tickets.ticket_since import EVER, Since
from portal.queries.tickets.tickets import NOT_DELETED
from portal.queries.time_limit import fetch_in_time
from portal.search_language.tree import Tree

PAGE = 30
# Columns of each order, all in one direction, so that an index can be read backwards.
_ORDERS: Mapping[Sort, tuple[str, ...]] = {
    Sort.UPDATED: ("updated_at", "id"),
    Sort.WAITING: ("updated_at", "id"),
    Sort.CREATED: ("id",),
    Sort.OLDEST: ("id",),
    Sort.PRIORITY: ("priority", "updated_at", "id"),
}
# Filters that one column equals: the column, and its value for whoever asks with that word.
_EQUALS: Mapping[str, tuple[Any, Callable[[Actor, str], Any]]] = {
    "status": (Ticket.status, lambda _actor, word: word),
    "priority": (Ticket.priority, lambda _actor, word: int(PRIORITIES[word])),
    "channel": (Ticket.channel, lambda _actor, word: word),
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
    *ticket_rows.REQUESTER_NAME,
    Organization.name.label("organization_name"),
    Ticket.assignee_id,
    *ticket_rows.ASSIGNEE_NAME,
)


class _Shape(NamedTuple):
    """A statement's form without its values: one statement is built for each shape."""

    staff: bool
    own_only: bool
    unsolved: bool
    # Names of _EQUALS.
    equals: tuple[str, ...]
    assignee: str
    tag: bool
    words: search.QueryKind | None
    order: Sort
    after: bool
    # Names of the fields of Since.
    since: tuple[str, ...]
    full: bool
    # How many words matches are ranked by.
    ranked: int = 0


def page(actor: Actor, wanted: TicketFilter, *, size: int = PAGE) -> Page[AnyRow]:
    """A page of visible tickets that match `wanted`, with the columns of a list.

    Rows: id, subject, status, priority, updated_at, requester_*, organization_name, assignee_*.
    """
    return _page(actor, wanted, size, full=False)


def full_page(
    actor: Actor, wanted: TicketFilter, *, size: int, since: Since = EVER
) -> Page[TicketRow]:
    """The same with all columns of each ticket."""
    return _page(actor, wanted, size, since, full=True)


def _page(
    actor: Actor, wanted: TicketFilter, size: int, since: Since = EVER, *, full: bool
) -> Page[AnyRow]:
    typed = typed_query.understand(actor, wanted)
    wanted = typed.filter
    found = search.of_words(typed.text, actor)
    shape = _shape(actor, wanted, found, full=full)._replace(since=since.names)
    if (
        typed.is_nothing
        or shape.words is search.QueryKind.NOTHING
        or wanted.is_empty
        or _is_foreign(actor, wanted)
    ):
        return Page([], None)
    values = _values(actor, wanted, shape, found) | since.values
    if shape.ranked and found.matching:
        rows = _rows(actor, shape, typed.fields, {**values, "size": search.RANKED + 1})
        ranking = search.ranking_of(found.matching.tree, staff=actor.is_staff)
        page = _best_first(ranking, rows, wanted.cursor, size)
    else:
        rows = _rows(actor, shape, typed.fields, {**values, "size": size + 1})
        page = make_page(rows, size, lambda row: _cursor(shape.order, row))
    return page._replace(rows=[_full_row(row) for row in page.rows]) if full else page


def count(actor: Actor, wanted: TicketFilter, *, limit: int) -> int:
    """How many tickets match, up to `limit`."""
    typed = typed_query.understand(actor, wanted)
    found = search.of_words(typed.text, actor)
    shape = _shape(actor, typed.filter, found)._replace(ranked=0, after=False)
    if typed.is_nothing or shape.words is search.QueryKind.NOTHING:
        return 0
    values = {**_values(actor, typed.filter, shape, found), "size": limit}
    return len(_rows(actor, shape, typed.fields, values))


def _best_first(
    ranking: search.Ranking, rows: Sequence[AnyRow], cursor: str, size: int
) -> Page[AnyRow]:
    """A page of the ranked rows; a cursor is the points and the id of the last row."""
    best = ranking.best_first(rows[: search.RANKED])
    if cursor:
        last = parse_cursor(cursor, 2)
        best = [match for match in best if (match.points, match.row.id) < last]
    page = make_page(best, size, lambda match: f"{match.points}.{match.row.id}")
    is_cut = page.next is None and len(rows) > search.RANKED
    return Page([match.row for match in page.rows], page.next, is_cut)


def _full_row(row: AnyRow) -> TicketRow:
    if isinstance(row, TicketRow):
        return row
    return TicketRow._make(row[: len(TicketRow._fields)])


def _rows(
    actor: Actor, shape: _Shape, fields: Sequence[Tree], values: dict[str, Any]
) -> Sequence[AnyRow]:
    """By a statement that is kept, unless `fields` need one of their own."""
    if not fields:
        return _statement(shape).all(values)
    conditions = [field_conditions.conjunct(part, actor) for part in fields]
    return fetch_in_time(_query(shape).where(*conditions), values)


def _is_foreign(actor: Actor, wanted: TicketFilter) -> bool:
    """Whether a customer filters by an organization that is not theirs."""
    asked = organization_id(wanted.organization)
    return not actor.is_staff and asked not in {None, actor.organization_id}


def _shape(
    actor: Actor, wanted: TicketFilter, found: search.Query, *, full: bool = False
) -> _Shape:
    ranked = found.ranked_words if wanted.order is Sort.RELEVANCE else 0
    assignee = {"": "", NOBODY: NOBODY}.get(wanted.assignee, "one")
    if wanted.view is View.MINE:
        assignee = "one"
    elif wanted.view is View.UNASSIGNED:
        assignee = NOBODY
    return _Shape(
        staff=actor.is_staff,
        own_only=not actor.reads_organization,
        unsolved=wanted.unsolved,
        # A customer's list is limited to one organization anyway.
        equals=tuple(
            name
            for name in _EQUALS
            if getattr(wanted, name) and (name != "organization" or actor.is_staff)
        ),
        assignee=assignee,
        tag=bool(wanted.tag),
        words=found.kind if wanted.q else None,
        order=wanted.order if wanted.order in _ORDERS else Sort.CREATED,
        since=(),
        after=bool(wanted.cursor) and not ranked,
        full=full,
        ranked=ranked,
    )


def _values(
    actor: Actor, wanted: TicketFilter, shape: _Shape, found: search.Query
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if not shape.staff:
        values |= {"organization_id": actor.organization_id, "actor_id": actor.id}
    for name in shape.equals:
        column, value = _EQUALS[name]
        values[column.key] = value(actor, getattr(wanted, name))
    if shape.assignee == "one":
        mine = wanted.view is View.MINE
        values["assignee_id"] = (
            actor.id if mine else person_id("assignee", wanted.assignee, me=actor.id)
        )
    if shape.tag:
        values["tag"] = wanted.tag.lower()
    if shape.words:
        values |= found.values
    if shape.ranked:
        values |= found.ranking_values(staff=shape.staff)
    if shape.after:
        values |= parse_position(shape.order, wanted.cursor)
    return values


@lru_cache(maxsize=512)
def _statement(shape: _Shape) -> Prepared[AnyRow]:
    return Prepared(_query(shape), TicketRow._make if shape.full and not shape.ranked else None)


def _query(shape: _Shape) -> AnySelect:
    tickets, ticket_id = _source(shape)
    columns_for = (
        ticket_rows.all_columns if shape.full else partial(ticket_rows.for_audience, _LISTED)
    )
    chosen = [*columns_for(staff=shape.staff), *search.rank_columns(shape.ranked)]
    query = ticket_rows.with_people(select(*chosen).select_from(tickets))
    query = query.limit(bindparam("size", type_=Integer))
    for condition in _conditions(shape):
        query = query.where(condition)
    names = _ORDERS[shape.order]
    columns = [_ordering(name, ticket_id, staff=shape.staff) for name in names]
    descending = shape.order.startswith("-")
    query = query.order_by(*(c.desc() if descending else c.asc() for c in columns))
    if shape.after:
        query = query.where(*_after(names, columns, descending=descending))
    return query


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
        conditions.append(Ticket.id < last[-1])
    if columns[0] is ticket_rows.PUBLIC_UPDATED_AT:
        # SQLite does not use an expression index for the first part of a row comparison.
        conditions.append(columns[0] <= last[0] if descending else columns[0] >= last[0])
    return conditions


def _ordering(name: str, ticket_id: Any, *, staff: bool) -> Any:
    """The column for an order's name."""
    if name == "updated_at":
        return Ticket.updated_at if staff else ticket_rows.PUBLIC_UPDATED_AT
    return ticket_id if name == "id" else Ticket.priority


def _source(shape: _Shape) -> tuple[Any, Any]:
    """The tables to select from, and the column that is in the order of ticket ids.

    The indexes of words and tags return ids in order: starting there, a page is read without
    sorting.
    """
    if shape.words is search.QueryKind.WORDS:
        ticket_id = search.INDEX.c.rowid
        return join(search.INDEX, Ticket, Ticket.id == ticket_id), ticket_id
    if shape.tag:
        tagged = join(Tag, TicketTag, Tag.id == TicketTag.tag_id)
        return join(tagged, Ticket, Ticket.id == TicketTag.ticket_id), TicketTag.ticket_id
    return Ticket, Ticket.id


def _leader(shape: _Shape) -> str:
    """The column whose index a list uses; empty for words, tags and numbers.

    Words that tickets must not have are asked of each ticket that another index gives.
    """
    if (shape.words and shape.words is not search.QueryKind.EXCLUDED) or shape.tag:
        return ""
    if "requester" in shape.equals or (not shape.staff and shape.own_only):
        return index_choice.REQUESTER
    if not shape.staff or "organization" in shape.equals:
        return index_choice.ORGANIZATION
    if shape.assignee:
        return index_choice.ASSIGNEE
    if shape.order is Sort.PRIORITY:
        return index_choice.PRIORITY
    # Unsolved tickets have an index in the order of ids, and are few.
    if shape.unsolved and shape.order in {Sort.CREATED, Sort.OLDEST}:
        return index_choice.STATUS
    if "priority" in shape.equals:
        return index_choice.PRIORITY
    return index_choice.CHANNEL if "channel" in shape.equals else index_choice.STATUS


def _conditions(shape: _Shape) -> list[ColumnElement[bool] | Any]:
    leader = _leader(shape)

    def equals(column: Any, name: str) -> ColumnElement[bool]:
        return index_choice.indexed_if_leading(column, leader) == bindparam(name, type_=column.type)

    conditions: list[ColumnElement[bool] | Any] = [NOT_DELETED]
    if not shape.staff:
        conditions.append(equals(Ticket.organization_id, "organization_id"))
        if shape.own_only:
            conditions.append(equals(Ticket.requester_id, "actor_id"))
    if shape.unsolved:
        conditions.append(UNSOLVED)
    for column, _value in map(_EQUALS.__getitem__, shape.equals):
        conditions.append(equals(column, column.key))
    if shape.assignee == NOBODY:
        conditions.append(index_choice.indexed_if_leading(Ticket.assignee_id, leader).is_(None))
    elif shape.assignee:
        conditions.append(equals(Ticket.assignee_id, "assignee_id"))
    if shape.tag and shape.words is search.QueryKind.WORDS:
        tagged = select(TicketTag.ticket_id).join(Tag).where(Tag.name == bindparam("tag"))
        conditions.append(Ticket.id.in_(tagged))
    elif shape.tag:
        conditions.append(Tag.name == bindparam("tag"))
    if shape.words:
        conditions.append(search.condition(shape.words))
    return [*conditions, *ticket_since.conditions(shape.since, staff=shape.staff)]


def _cursor(order: Sort, row: AnyRow) -> str:
    parts = {
        "id": row.id,
        "updated_at": moment_to_number(row.updated_at),
        "priority": row.priority,
    }
    return ".".join(str(parts[name]) for name in _ORDERS[order])


def parse_position(order: Sort, text: str) -> dict[str, Any]:
    """The values that a cursor of that order stands for. Raises Invalid."""
    names = _ORDERS[order]
    values: dict[str, Any] = dict(zip(names, parse_cursor(text, len(names)), strict=True))
    if "updated_at" in values:
        values["updated_at"] = number_to_moment(values["updated_at"])
    return {f"after_{name}": value for name, value in values.items()}
