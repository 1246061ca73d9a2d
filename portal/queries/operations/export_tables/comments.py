"""The table of messages: all public answers and internal notes of the tickets that match."""

from collections.abc import Iterator, Sequence

from sqlalchemy import bindparam, select, tuple_
from sqlalchemy.orm import aliased

from portal.i18n import lazy_gettext as _
from portal.models.people import User
from portal.models.people.actor import person_name
from portal.models.people.person import Person
from portal.models.people.user import format_id
from portal.models.tickets import Comment, Ticket
from portal.queries.operations.export_tables.columns import Column, Reading, by_name, or_nobody
from portal.queries.operations.export_tables.reading import (
    BATCH,
    Batch,
    Scope,
    Source,
    cells,
    execute,
    highest,
    id_batches,
    percent,
)
from portal.queries.operations.export_tables.ticket_columns import (
    NUMBER,
    PEOPLE,
    STATUS,
    SUBJECT,
    wanted,
)
from portal.queries.paging import AnyRow, AnySelect
from portal.queries.tickets.lists import all_matches, ticket_rows

# Messages are longer than other rows, and tickets have several.
_TICKETS = 200
_ROWS = BATCH // 4
_AUTHOR = aliased(User)
_AUTHOR_NAME = Person.columns(_AUTHOR, "author_")
OF_COMMENTS = by_name(
    NUMBER,
    SUBJECT,
    STATUS,
    *PEOPLE,
    Column(
        "author_id",
        _("Author's number"),
        (Comment.author_id,),
        or_nobody(format_id),
        usual=False,
    ),
    Column("author_name", _("Author"), _AUTHOR_NAME, person_name),
    Column("internal", _("Internal note"), (Comment.internal,)),
    Column("written_at", _("Written at"), (Comment.created_at.label("written_at"),)),
    Column("message", _("Message"), (Comment.message,)),
)


def comments(scope: Scope, reading: Reading) -> Iterator[Batch]:
    """Messages of tickets that were filed in the period, ticket by ticket."""
    found = all_matches.statements(scope.actor, wanted(scope), (), scope.period(Ticket.created_at))
    if found is None:
        return
    top = highest(Ticket.id)
    first, rest = _statements(reading)
    for tickets in id_batches(Source(*found), _TICKETS):
        ids = [row[0] for row in tickets]
        for rows in _of_tickets(ids, first, rest):
            yield Batch(percent(rows[-1][-1], top), cells(reading, rows))


def _statements(reading: Reading) -> tuple[AnySelect, AnySelect]:
    """As a Source's, of the tickets `ids`; the ticket's id is the last column."""
    query = ticket_rows.with_people(
        select(Comment.id, *reading.columns, Comment.ticket_id).select_from(Ticket)
    )
    place = (Comment.ticket_id, Comment.id)
    first = (
        query.join(Comment, Comment.ticket_id == Ticket.id)
        .join(_AUTHOR, _AUTHOR.id == Comment.author_id)
        .where(Comment.ticket_id.in_(bindparam("ids", expanding=True)))
        .order_by(*place)
        .limit(bindparam("size"))
    )
    return first, first.where(
        tuple_(*place) > tuple_(bindparam("after_ticket"), bindparam("after_id"))
    )


def _of_tickets(
    ids: Sequence[int], first: AnySelect, rest: AnySelect
) -> Iterator[Sequence[AnyRow]]:
    values = {"ids": ids, "size": _ROWS}
    rows = execute(first, values)
    while rows:
        yield rows
        if len(rows) < _ROWS:
            return
        rows = execute(rest, {**values, "after_id": rows[-1][0], "after_ticket": rows[-1][-1]})
