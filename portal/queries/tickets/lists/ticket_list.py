"""Pages of the tickets that match a filter and are visible to an actor, in index order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from portal.errors import Invalid
from portal.models.people import Actor, Sight
from portal.models.products.product import parse_id as parse_product
from portal.models.tickets import Ticket
from portal.queries.paging import (
    AnyRow,
    Page,
    make_page,
    moment_to_number,
    number_to_moment,
    parse_cursor,
)
from portal.queries.tickets import search
from portal.queries.tickets.lists import list_statement, typed_query
from portal.queries.tickets.lists.conjuncts import conjunct
from portal.queries.tickets.lists.list_statement import EQUALS, ORDERS, Shape, shape_of
from portal.queries.tickets.lists.ticket_filter import (
    Sort,
    TicketFilter,
    View,
    organization_id,
    person_id,
)
from portal.queries.tickets.lists.ticket_rows import TicketRow
from portal.queries.tickets.lists.ticket_since import EVER, Since
from portal.queries.tickets.tickets import visibility_values
from portal.queries.time_limit import fetch_in_time
from portal.search_language.tree import Tree

PAGE = 30


def page(
    actor: Actor, wanted: TicketFilter, *, size: int = PAGE, query: search.Query | None = None
) -> Page[AnyRow]:
    """A page of visible tickets that match `wanted`, with the columns of a list.

    `query` is what `wanted.q` asks of the index, if the caller knows it already.
    Rows: id, subject, status, priority, updated_at, waiting_since, last_message_*, writer_* (of the
    last message), requester_*, organization_name, assignee_*.
    """
    return _page(actor, wanted, size, full=False, query=query)


def full_page(
    actor: Actor, wanted: TicketFilter, *, size: int, since: Since = EVER
) -> Page[TicketRow]:
    """The same with all columns of each ticket."""
    return _page(actor, wanted, size, since, full=True)


def _page(
    actor: Actor,
    wanted: TicketFilter,
    size: int,
    since: Since = EVER,
    *,
    full: bool,
    query: search.Query | None = None,
) -> Page[AnyRow]:
    typed = typed_query.understand(actor, wanted)
    wanted = typed.filter
    found = query or search.of_words(typed.text, actor)
    shape = shape_of(actor, wanted, found, full=full)._replace(since=since.names)
    if (
        typed.is_nothing
        or shape.words is search.QueryKind.NOTHING
        or wanted.is_empty
        or _is_foreign(actor, wanted)
    ):
        return Page([], None)
    values = filter_values(actor, wanted, shape, found) | since.values
    if shape.ranked and found.matching:
        brief = shape._replace(brief=True)
        rows = _rows(actor, brief, typed.fields, {**values, "size": search.RANKED + 1})
        ranking = search.ranking_of(found.matching.tree, staff=actor.is_staff)
        page = _best_first(ranking, rows, wanted.cursor, size)
        return page._replace(rows=_whole(actor, page.rows, full=full))
    rows = _rows(actor, shape, typed.fields, {**values, "size": size + 1})
    page = make_page(rows, size, lambda row: _cursor(shape.order, row))
    return page._replace(rows=[_full_row(row) for row in page.rows]) if full else page


def _whole(actor: Actor, found: Sequence[AnyRow], *, full: bool) -> list[AnyRow]:
    """The rows of a list for those whose ids were found, in their order."""
    if not found:
        return []
    ids = [row.id for row in found]
    statement = list_statement.rows_of_ids(staff=actor.is_staff, full=full)
    rows = {row.id: row for row in statement.all({"ids": ids, **visibility_values(actor)})}
    return [rows[one] for one in ids if one in rows]


class Neighbour(NamedTuple):
    """Another ticket of a list."""

    id: int
    updated_at: datetime


def place_of(wanted: TicketFilter, ticket: AnyRow) -> str:
    """The cursor of a ticket in the list of `wanted`, by its columns; empty if it has no place."""
    order = wanted.order if wanted.order in ORDERS else Sort.CREATED
    if any(getattr(ticket, name) is None for name in ORDERS[order]):
        return ""
    return _cursor(order, ticket)


def neighbour(
    actor: Actor, wanted: TicketFilter, ticket: AnyRow, *, back: bool = False
) -> Neighbour | None:
    """The ticket after the cursor of `wanted` in its list, or before it; None at the end.

    Without a usable cursor the ticket's own place counts; if it has none, the list's beginning. The
    ticket itself, which may have another place by now, is passed over.
    """
    typed = typed_query.understand(actor, wanted)
    wanted = typed.filter
    found = search.of_words(typed.text, actor)
    shape = shape_of(actor, wanted, found)
    if typed.is_nothing or shape.words is search.QueryKind.NOTHING or wanted.is_empty:
        return None
    if shape.ranked:
        others = _around(
            page(actor, wanted.first_page, size=search.RANKED).rows, ticket.id, back=back
        )
    else:
        wanted = _placed(wanted, shape.order, ticket)
        shape = shape._replace(after=bool(wanted.cursor), back=back and bool(wanted.cursor))
        values = {**filter_values(actor, wanted, shape, found), "size": 2}
        rows = _rows(actor, shape, typed.fields, values)
        others = [row for row in rows if row.id != ticket.id]
    return Neighbour(others[0].id, others[0].updated_at) if others else None


def _placed(wanted: TicketFilter, order: Sort, ticket: AnyRow) -> TicketFilter:
    try:
        parse_position(order, wanted.cursor)
    except Invalid:
        return replace(wanted, cursor=place_of(replace(wanted, sort=order), ticket))
    return wanted


def _around(rows: Sequence[AnyRow], ticket_id: int, *, back: bool) -> Sequence[AnyRow]:
    """The rows after that ticket's, or before it, nearest first; none if it is not among them."""
    ids = [row.id for row in rows]
    if ticket_id not in ids:
        return ()
    at = ids.index(ticket_id)
    return rows[:at][::-1] if back else rows[at + 1 :]


def count(
    actor: Actor, wanted: TicketFilter, *, limit: int, query: search.Query | None = None
) -> int:
    """How many tickets match, up to `limit`; `query` as for `page`."""
    typed = typed_query.understand(actor, wanted)
    found = query or search.of_words(typed.text, actor)
    shape = shape_of(actor, typed.filter, found)._replace(ranked=False, after=False, brief=True)
    if typed.is_nothing or shape.words is search.QueryKind.NOTHING:
        return 0
    values = {**filter_values(actor, typed.filter, shape, found), "size": limit}
    return len(_rows(actor, shape, typed.fields, values))


def first_ids(actor: Actor, wanted: TicketFilter, *, limit: int) -> list[int]:
    """Ids of the first tickets of a list, by one statement.

    None of a search by fields: those that are in no filter are checked row by row.
    """
    typed = typed_query.understand(actor, wanted)
    wanted = typed.filter
    found = search.of_words(typed.text, actor)
    shape = shape_of(actor, wanted, found)._replace(after=False, brief=True)
    is_none = typed.is_nothing or shape.words is search.QueryKind.NOTHING or wanted.is_empty
    if is_none or typed.fields:
        return []
    is_ranked = bool(shape.ranked and found.matching)
    values = filter_values(actor, wanted, shape, found)
    rows = _rows(actor, shape, (), {**values, "size": search.RANKED if is_ranked else limit})
    if is_ranked and found.matching:
        ranking = search.ranking_of(found.matching.tree, staff=actor.is_staff)
        rows = [match.row for match in ranking.best_first(rows)]
    return [row.id for row in rows[:limit]]


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
    return row if isinstance(row, TicketRow) else TicketRow._make(row)


def _rows(
    actor: Actor, shape: Shape, fields: Sequence[Tree], values: dict[str, Any]
) -> Sequence[AnyRow]:
    """By a statement that is kept, unless `fields` need one of their own."""
    if not fields:
        return list_statement.statement(shape).all(values)
    conditions = [conjunct(part, actor, shape.order) for part in fields]
    return fetch_in_time(list_statement.build(shape).where(*conditions), values)


def _is_foreign(actor: Actor, wanted: TicketFilter) -> bool:
    """Whether a customer filters by an organization that is not theirs, or staff by taking part."""
    if actor.is_staff and wanted.shared:
        return True
    asked = organization_id(wanted.organization)
    return not actor.is_staff and asked not in {None, actor.organization_id}


def filter_values(
    actor: Actor, wanted: TicketFilter, shape: Shape, found: search.Query
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if not shape.staff:
        values |= {"organization_id": actor.organization_id, **visibility_values(actor)}
    elif shape.sight is Sight.DEPARTMENTS:
        values["actor_id"] = actor.id
    for name in shape.equals:
        column, value = EQUALS[name]
        values[column.key] = value(actor, getattr(wanted, name))
    if shape.assignee == "one":
        mine = wanted.view is View.MINE
        values["assignee_id"] = (
            actor.id if mine else person_id("assignee", wanted.assignee, me=actor.id)
        )
    if shape.tag:
        values["tag"] = wanted.tag.lower()
    if shape.product:
        values["product_id"] = parse_product(wanted.product)
    if shape.words:
        values |= found.values
    if shape.after:
        values |= parse_position(shape.order, wanted.cursor)
    return values


def _cursor(order: Sort, row: AnyRow) -> str:
    values = (getattr(row, name) for name in ORDERS[order])
    numbers = (moment_to_number(one) if isinstance(one, datetime) else one for one in values)
    return ".".join(map(str, numbers))


class Listed(NamedTuple):
    """As much of a ticket as is needed to change it with others."""

    id: int
    version: int
    updated_at: datetime
    status: str
    requester_id: int


def every(actor: Actor, wanted: TicketFilter, *, limit: int) -> list[Listed]:
    """All that match, whatever page they are on, up to `limit`. Raises TooBroad."""
    typed = typed_query.understand(actor, wanted)
    found = search.of_words(typed.text, actor)
    shape = shape_of(actor, typed.filter, found)._replace(ranked=False, after=False)
    if typed.is_nothing or shape.words is search.QueryKind.NOTHING or typed.filter.is_empty:
        return []
    columns = [getattr(Ticket, name) for name in Listed._fields]
    query = list_statement.build(shape).with_only_columns(*columns, maintain_column_froms=True)
    conditions = [conjunct(part, actor, shape.order) for part in typed.fields]
    values = {**filter_values(actor, typed.filter, shape, found), "size": limit}
    rows = fetch_in_time(query.where(*conditions), values)
    return [Listed._make(row) for row in rows]


def parse_position(order: Sort, text: str) -> dict[str, Any]:
    """The values that a cursor of that order stands for. Raises Invalid."""
    names = ORDERS[order]
    values: dict[str, Any] = dict(zip(names, parse_cursor(text, len(names)), strict=True))
    for name in values.keys() & {"updated_at", "waiting_since"}:
        values[name] = number_to_moment(values[name])
    return {f"after_{name}": value for name, value in values.items()}
