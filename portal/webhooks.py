"""What a webhook is told: an OutgoingEvent in, a JSON object out. No database, request or clock.

Every field is named here; a column that is new leaves nothing by itself. The objects are those of
the API. What staff alone see (tags) goes to the desk's own webhooks.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from portal.i18n import iso
from portal.models.organizations import Organization
from portal.models.people import User
from portal.models.people.user import format_id
from portal.models.tickets import Comment, EventKind, Priority, Ticket, TicketEvent, TicketStatus
from portal.models.tickets.ticket_event import ValueType
from portal.queries.webhooks.deliveries import OutgoingEvent

Object = dict[str, Any]


def payload(outgoing: OutgoingEvent) -> Object:
    """The event as it is sent. `data` is empty for a test."""
    return {
        "type": str(outgoing.delivery.type),
        "timestamp": _moment(outgoing.delivery.created_at),
        "data": _data(outgoing),
    }


def _data(outgoing: OutgoingEvent) -> Object:
    if outgoing.user is not None:
        return {"user": _user(outgoing.user, outgoing.organization)}
    if outgoing.ticket is None or outgoing.event is None:
        return {}
    data: Object = {"ticket": _ticket(outgoing.ticket, outgoing), "actor": _person(outgoing.actor)}
    if outgoing.comment is not None:
        data["comment"] = _comment(outgoing.comment, outgoing)
    if outgoing.event.kind == EventKind.RATED:
        data |= _rating(outgoing.event)
    elif changes := _changes(outgoing.event):
        data["changes"] = changes
    return data


def _ticket(ticket: Ticket, outgoing: OutgoingEvent) -> Object:
    staff = outgoing.webhook.is_desks
    told: Object = {
        "number": ticket.number,
        "subject": ticket.subject,
        "status": str(ticket.status),
        "priority": Priority(ticket.priority).word,
        "type": ticket.type,
        "department": ticket.department,
        "language": ticket.language,
        "requester": _person(outgoing.requester),
        "assignee": _person(outgoing.assignee),
        "organization": _organization(outgoing.organization),
        "version": ticket.version_for(staff=staff),
        "created_at": _moment(ticket.created_at),
        "updated_at": _moment(ticket.updated_at_for(staff=staff)),
        "solved_at": _moment(ticket.solved_at),
    }
    return told | {"tags": list(outgoing.tags)} if staff else told


def _comment(comment: Comment, outgoing: OutgoingEvent) -> Object:
    return {
        "id": comment.id,
        "author": _person(outgoing.author),
        "message": comment.message,
        "html": comment.html,
        "internal": False,
        "attachments": [
            {"id": file.id, "filename": file.filename, "size": file.size}
            for file in outgoing.attachments
        ],
        "created_at": _moment(comment.created_at),
    }


def _rating(event: TicketEvent) -> Object:
    """The requester's word, as it was given then: `comment` is a text here, or null."""
    return {"rating": event.data["to"], "comment": event.data["comment"] or None}


def _user(user: User, organization: Organization | None) -> Object:
    return {
        "id": user.number,
        "email": user.email,
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "role": str(user.role),
        "organization": _organization(organization),
        "organization_role": str(user.organization_role),
        "is_active": user.is_active,
        "is_verified": user.is_verified,
        "locale": user.locale,
        "timezone": user.timezone,
        "created_at": _moment(user.created_at),
    }


def _changes(event: TicketEvent) -> Object:
    """What was changed from what to what, for the changes that have a form of their own."""
    kind = EventKind.known(event.kind)
    form = _FORMS.get(kind.spec.value) if kind else None
    return {str(kind): _ends(event, form)} if form else {}


_FORMS: dict[ValueType | None, Callable[[Any], object]] = {
    ValueType.STATUS: lambda word: str(TicketStatus(word)),
    ValueType.PRIORITY: lambda number: Priority(number).word,
    ValueType.PERSON: format_id,
    ValueType.LINE: str,
    ValueType.TAGS: list,
}


def _ends(event: TicketEvent, form: Callable[[Any], object]) -> Object:
    return {
        end: None if event.data[end] is None else form(event.data[end]) for end in ("from", "to")
    }


def _person(user: User | None) -> Object | None:
    return None if user is None else {"id": user.number, "name": user.name}


def _organization(organization: Organization | None) -> Object | None:
    return None if organization is None else {"id": organization.number, "name": organization.name}


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
