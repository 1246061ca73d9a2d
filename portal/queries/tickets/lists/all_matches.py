"""All visible tickets that match a filter, in the order of ids, for who reads every one of them.

Lists follow their index, whose order moves while tickets change; ids do not, so no ticket comes
twice. The table is read once, whatever the filter, a batch after the other.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement

from portal.models.people import Actor
from portal.models.tickets import Ticket
from portal.queries.paging import AnySelect
from portal.queries.tickets import search
from portal.queries.tickets.lists import list_statement, typed_query
from portal.queries.tickets.lists.conjuncts import conjunct
from portal.queries.tickets.lists.list_statement import shape_of
from portal.queries.tickets.lists.ticket_filter import Sort, TicketFilter
from portal.queries.tickets.lists.ticket_list import filter_values


class AllMatches(NamedTuple):
    """Statements of a first batch and of those after `after_id`; `size` is of a batch.

    Columns: the ticket's id, then those that were asked for.
    """

    first: AnySelect
    rest: AnySelect
    values: dict[str, Any]


def statements(
    actor: Actor,
    wanted: TicketFilter,
    columns: Sequence[Any],
    conditions: Sequence[ColumnElement[bool]] = (),
) -> AllMatches | None:
    """How to read `columns` of all matches; None where no ticket can match."""
    typed = typed_query.understand(actor, wanted.first_page)
    wanted = typed.filter
    found = search.of_words(typed.text, actor)
    shape = shape_of(actor, wanted, found, full=True)._replace(
        order=Sort.OLDEST, ranked=False, after=False, whole=True
    )
    if typed.is_nothing or shape.words is search.QueryKind.NOTHING or wanted.is_empty:
        return None
    checked = [conjunct(part, actor, shape.order) for part in typed.fields]

    def built(*, after: bool) -> AnySelect:
        statement = list_statement.build(shape._replace(after=after)).where(*checked, *conditions)
        return statement.with_only_columns(Ticket.id, *columns, maintain_column_froms=True)

    return AllMatches(
        built(after=False), built(after=True), filter_values(actor, wanted, shape, found)
    )
