"""Payloads of webhooks: an OutgoingEvent in, a JSON object out. No database, request or clock.

Objects are those of the API: `queries.tickets.serializers` and `queries.people.serializers` name
the fields. Tags, which only staff see, go to the desk's own webhooks.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from portal.i18n import iso
from portal.models.people import User
from portal.models.people.person import person_json
from portal.models.people.user import format_id
from portal.models.products.product import format_id as format_product
from portal.models.tickets import Comment, EventKind, Priority, Ticket, TicketEvent, TicketStatus
from portal.models.tickets.ticket_event import ValueType
from portal.queries.audience import Audience
from portal.queries.people import serializers as account_serializers
from portal.queries.tickets import serializers
from portal.queries.tickets.lists import ticket_rows
from portal.queries.webhooks.outgoing import OutgoingEvent

Object = dict[str, Any]


def payload(outgoing: OutgoingEvent) -> Object:
    """The payload of an event. `data` is empty for a test."""
    return {
        "type": str(outgoing.delivery.type),
        "timestamp": _moment(outgoing.delivery.created_at),
        "data": _data(outgoing),
    }


def _data(outgoing: OutgoingEvent) -> Object:
    if outgoing.user is not None:
        return {
            "user": _with_formatted_moments(
                account_serializers.account(outgoing.user, _audience(outgoing))
            )
        }
    if outgoing.ticket is None or outgoing.event is None:
        return {}
    data: Object = {"ticket": _ticket(outgoing.ticket, outgoing), "actor": _person(outgoing.actor)}
    if outgoing.comment is not None:
        data["comment"] = _comment(outgoing.comment, outgoing)
    elif outgoing.event.kind == EventKind.FILED:
        data["comment"] = None  # it began with a note among staff
    if outgoing.event.kind == EventKind.RATED:
        data |= _rating(outgoing.event)
    elif changes := _changes(outgoing.event, outgoing.webhook.organization_id):
        data["changes"] = changes
    return data


def _ticket(ticket: Ticket, outgoing: OutgoingEvent) -> Object:
    row = ticket_rows.from_models(
        ticket,
        requester=outgoing.requester,
        assignee=outgoing.assignee,
        organization=outgoing.organization,
        tags=outgoing.tags,
        products=outgoing.products,
        staff=outgoing.webhook.belongs_to_desk,
    )
    return _with_formatted_moments(serializers.ticket(row, _audience(outgoing)))


def _comment(comment: Comment, outgoing: OutgoingEvent) -> Object:
    audience = _audience(outgoing)
    files = [serializers.attachment(file, audience) for file in outgoing.attachments]
    author = _person(outgoing.author)
    return _with_formatted_moments(
        serializers.comment(comment, audience, author=author, attachments=files)
    )


def _audience(outgoing: OutgoingEvent) -> Audience:
    return Audience.of_webhook(belongs_to_desk=outgoing.webhook.belongs_to_desk)


def _rating(event: TicketEvent) -> Object:
    """Rating and comment as given then; `comment` is a text here, or null."""
    return {"rating": event.data["to"], "comment": event.data["comment"] or None}


def _changes(event: TicketEvent, organization_id: int | None) -> Object:
    """Former and new value by event kind, for kinds with a value of their own."""
    kind = EventKind.known(event.kind)
    form = _FORMS.get(kind.spec.value) if kind else None
    if kind and kind.spec.value is ValueType.PRODUCTS:
        form = partial(_products, organization_id)
    return {str(kind): _ends(event, form)} if form else {}


_FORMS: dict[ValueType | None, Callable[[Any], object]] = {
    ValueType.STATUS: lambda word: str(TicketStatus(word)),
    ValueType.PRIORITY: lambda number: Priority(number).word,
    ValueType.PERSON: format_id,
    ValueType.PARTICIPANT: format_id,
    ValueType.TYPE: str,
    ValueType.LINE: str,
    ValueType.TAGS: list,
}


def _products(organization_id: int | None, entries: list[Object]) -> list[Object]:
    """An organization (None: the desk) is told of its own."""
    return [
        {"id": format_product(one["id"]), "name": one["name"]}
        for one in entries
        if organization_id in {None, one["organization"]}
    ]


def _ends(event: TicketEvent, form: Callable[[Any], object]) -> Object:
    return {
        end: None if event.data[end] is None else form(event.data[end]) for end in ("from", "to")
    }


def _person(user: User | None) -> Object | None:
    return None if user is None else person_json(user)


def _with_formatted_moments(fields: Object) -> Object:
    return {
        name: _moment(value) if isinstance(value, datetime) else value
        for name, value in fields.items()
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
