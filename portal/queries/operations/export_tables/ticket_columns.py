"""Columns of tickets, which all tables of tickets begin with."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from portal.i18n import lazy_gettext as _
from portal.models.organizations import Organization
from portal.models.organizations.organization import format_id as format_organization
from portal.models.people.actor import person_name
from portal.models.people.user import format_id as format_user
from portal.models.tickets import Priority, Ticket
from portal.models.tickets.ticket import format_number
from portal.queries.operations.export_tables.columns import Column, Reading, by_name, or_nobody
from portal.queries.operations.export_tables.reading import (
    Batch,
    Scope,
    Source,
    highest,
    read,
)
from portal.queries.tickets.lists import all_matches, ticket_rows
from portal.queries.tickets.lists.ticket_filter import TicketFilter

_WORDS = {int(priority): priority.word for priority in Priority}
_ASSIGNEE_EMAIL = ticket_rows.ASSIGNEE_NAME[-1]
_REQUESTER_EMAIL = ticket_rows.REQUESTER_NAME[-1]


def _tags(joined: str | None) -> str:
    return ", ".join(sorted(joined.split())) if joined else ""


def _products(lines: str | None) -> str:
    names = [line.partition(" ")[2] for line in (lines or "").split("\n") if line]
    return ", ".join(sorted(names))


NUMBER = Column("number", _("Number"), (Ticket.id,), format_number)
SUBJECT = Column("subject", _("Subject"), (Ticket.subject,))
STATUS = Column("status", _("Status"), (Ticket.status,))
PEOPLE = (
    Column(
        "requester_id",
        _("Requester's number"),
        (Ticket.requester_id,),
        or_nobody(format_user),
        usual=False,
    ),
    Column("requester_name", _("Requester"), ticket_rows.REQUESTER_NAME, person_name),
    Column("requester_email", _("Requester's address"), (_REQUESTER_EMAIL,)),
    Column(
        "organization_id",
        _("Organization's number"),
        (Ticket.organization_id,),
        or_nobody(format_organization),
        usual=False,
    ),
    Column("organization_name", _("Organization"), (Organization.name.label("organization_name"),)),
    Column(
        "assignee_id",
        _("Assignee's number"),
        (Ticket.assignee_id,),
        or_nobody(format_user),
        usual=False,
    ),
    Column("assignee_name", _("Assignee"), ticket_rows.ASSIGNEE_NAME, or_nobody(person_name)),
    Column("assignee_email", _("Assignee's address"), (_ASSIGNEE_EMAIL,), usual=False),
)
RATING = (
    Column("rating", _("Rating"), (Ticket.rating,)),
    Column("rating_comment", _("Comment on the rating"), (Ticket.rating_comment,)),
    Column("rated_at", _("Rated at"), (Ticket.rated_at,)),
)
OF_TICKETS = by_name(
    NUMBER,
    SUBJECT,
    STATUS,
    Column("priority", _("Priority"), (Ticket.priority,), _WORDS.__getitem__),
    Column("type", _("Type"), (Ticket.type,)),
    Column("department", _("Department"), (Ticket.department,)),
    Column("language", _("Language"), (Ticket.language,)),
    Column("channel", _("Channel"), (Ticket.channel,)),
    Column("tags", _("Tags"), (ticket_rows.TAGS,), _tags),
    Column("products", _("Products"), (ticket_rows.PRODUCTS,), _products, usual=False),
    *PEOPLE,
    Column("created_at", _("Filed at"), (Ticket.created_at,)),
    Column("updated_at", _("Changed at"), (Ticket.updated_at,)),
    Column("first_response_at", _("First answered at"), (Ticket.first_response_at,)),
    Column("solved_at", _("Solved at"), (Ticket.solved_at,)),
    Column("waiting_since", _("Waits since"), (Ticket.waiting_since,), usual=False),
    *RATING,
    Column("external_number", _("Former number"), (Ticket.external_number,), usual=False),
)
OF_RATINGS = by_name(NUMBER, SUBJECT, *RATING, *PEOPLE)


def wanted(scope: Scope) -> TicketFilter:
    """The filter of the queue that the table is narrowed by. Raises Invalid."""
    return TicketFilter.from_args(dict(parse_qsl(scope.query)))


def tickets(scope: Scope, reading: Reading) -> Iterator[Batch]:
    """Tickets that were filed in the period."""
    return _read(scope, reading, scope.period(Ticket.created_at))


def ratings(scope: Scope, reading: Reading) -> Iterator[Batch]:
    """Tickets that were rated in the period."""
    return _read(scope, reading, [Ticket.rating.is_not(None), *scope.period(Ticket.rated_at)])


def _read(scope: Scope, reading: Reading, conditions: list[Any]) -> Iterator[Batch]:
    found = all_matches.statements(scope.actor, wanted(scope), reading.columns, conditions)
    return iter(()) if found is None else read(Source(*found), reading, highest(Ticket.id))
