"""Serializers of tickets, comments and files for API, webhooks and exports.

Allow lists: a field that is not listed for an audience is left out. Moments stay datetimes; each
caller formats them.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from portal.models.organizations.organization import organization_json
from portal.models.people.person import person_json
from portal.models.products.product import format_id as format_product
from portal.models.tickets import Priority
from portal.models.tickets.ticket import format_number
from portal.queries.audience import Audience as Audience
from portal.queries.tickets.lists.ticket_rows import TicketRow

Object = dict[str, Any]


# All fields, in the order of the API.
TICKET = (
    "number", "subject", "status", "priority", "type", "department", "language", "channel",
    "tags", "products", "requester", "assignee", "organization", "version", "created_at",
    "updated_at", "first_response_at", "waiting_since", "solved_at",
)  # fmt: skip
COMMENT = ("id", "author", "message", "html", "quoted", "internal", "attachments", "created_at")
ATTACHMENT = ("id", "comment_id", "filename", "content_type", "size", "created_at")
# Tags and waits are the desk's own; its webhooks are told each message, which moves the wait.
_SAID = tuple(name for name in COMMENT if name != "quoted")
_TOLD = tuple(name for name in TICKET if name not in {"tags", "waiting_since"})

TICKET_FIELDS = {
    Audience.STAFF: TICKET,
    Audience.CUSTOMER: TICKET,
    Audience.DESK_WEBHOOK: (*_TOLD, "tags"),
    Audience.ORGANIZATION_WEBHOOK: _TOLD,
    Audience.ARCHIVE: (
        "number", "subject", "status", "type", "department", "language", "channel", "priority",
        "products", "requester", "organization", "created_at", "updated_at", "first_response_at",
        "solved_at",
    ),
}  # fmt: skip
COMMENT_FIELDS = {
    Audience.STAFF: COMMENT,
    Audience.CUSTOMER: COMMENT,
    Audience.DESK_WEBHOOK: _SAID,
    Audience.ORGANIZATION_WEBHOOK: _SAID,
    Audience.ARCHIVE: ("id", "author", "created_at", "message", "attachments"),
}
ATTACHMENT_FIELDS = {
    Audience.STAFF: ATTACHMENT,
    Audience.CUSTOMER: ATTACHMENT,
    Audience.DESK_WEBHOOK: ("id", "filename", "size"),
    Audience.ORGANIZATION_WEBHOOK: ("id", "filename", "size"),
    Audience.ARCHIVE: ("filename", "content_type", "size"),
}
# Tags are internal to the desk: customers get an empty list.
_SEE_TAGS = frozenset({Audience.STAFF, Audience.DESK_WEBHOOK})
_PRIORITY_WORDS = {int(priority): priority.word for priority in Priority}


def ticket(row: TicketRow, audience: Audience) -> Object:
    """A ticket; version and time of `row` have to be those of the audience."""
    is_customer = audience is Audience.CUSTOMER
    # Written out in the order of TICKET: lists have a hundred, and this is half of the time that
    # copying and merging dictionaries took.
    made = {
        "number": format_number(row.id),
        "subject": row.subject,
        "status": row.status,
        "priority": _PRIORITY_WORDS[row.priority],
        "type": row.type,
        "department": row.department,
        "language": row.language,
        "channel": None if is_customer else row.channel,
        "tags": sorted(row.tags.split()) if row.tags and audience in _SEE_TAGS else [],
        "products": _products(row.products),
        "requester": person_json(row, "requester_"),
        "assignee": None if row.assignee_id is None else person_json(row, "assignee_"),
        "organization": organization_json(row.organization_id, row.organization_name),
        "version": row.version,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "first_response_at": row.first_response_at,
        "waiting_since": None if is_customer else row.waiting_since,
        "solved_at": row.solved_at,
    }
    fields = TICKET_FIELDS[audience]
    return made if fields is TICKET else {name: made[name] for name in fields}


def _products(lines: str | None) -> list[Object]:
    """From `ticket_rows.PRODUCTS`."""
    parts = (line.partition(" ") for line in (lines or "").split("\n") if line)
    found = [{"id": format_product(int(of)), "name": name} for of, _space, name in parts]
    return sorted(found, key=itemgetter("name", "id"))


def comment(
    row: Any, audience: Audience, *, author: Object | None, attachments: Sequence[Object]
) -> Object:
    """A comment, from a row or model with the columns of COMMENT_FIELDS."""
    made = {"author": author, "attachments": attachments}
    return {
        name: made[name] if name in made else getattr(row, name)
        for name in COMMENT_FIELDS[audience]
    }


def attachment(row: Any, audience: Audience) -> Object:
    """A file, from a row or model with the columns of ATTACHMENT_FIELDS."""
    return {name: getattr(row, name) for name in ATTACHMENT_FIELDS[audience]}
