"""`POST /tickets`: file a ticket, for oneself or (staff) for somebody else."""

from typing import Any

from flask import Response

from portal.api import bp
from portal.api.authentication import by_caller, is_staff
from portal.api.authorization import Audience, begin_change
from portal.api.schemas import TicketSchema
from portal.api.tickets.ticket_schemas import NewTicketSchema
from portal.api.tickets.tickets import (
    ETAG,
    committed_ticket,
    find_assignee,
    parse_products,
    set_status,
)
from portal.errors import AssigneeAway, EmailTaken, Forbidden, Invalid, PlanFull, require_all
from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.tickets import Channel, Priority, Ticket
from portal.queries.people import users
from portal.queries.tickets.lists.ticket_filter import ME, person_id
from portal.security import permissions
from portal.services.people import accounts
from portal.services.tickets import comments, counts, products
from portal.services.tickets import tickets as services
from portal.web.rate_limits import limits

_FOR_STAFF = NewTicketSchema().fields.keys() - {
    *("subject", "message", "priority", "products"),
}


@bp.serve(
    "POST",
    "/tickets",
    to=Audience.SIGNED_IN,
    tag="tickets",
    body=NewTicketSchema,
    gives=TicketSchema,
    status=201,
    fails=[Forbidden, EmailTaken, AssigneeAway, PlanFull],
    headers={"Location": "Where it is.", **ETAG},
    limits=limits.writing_limits(by_caller, is_staff),
)
def file_ticket(*, body: dict[str, Any]) -> Response:
    """File a ticket. It belongs to the requester's organization; a receipt goes there by mail.

    Staff may file for somebody else: the message is theirs, the ticket the requester's.
    """
    comments.prerender(body["message"], subject=body["subject"])
    who = begin_change()
    if any(map(body.get, _FOR_STAFF)):
        permissions.require(permissions.can_triage(who))
    requester, assignee = require_all(
        lambda: _requester(who, body.get("requester")),
        lambda: find_assignee(who, body.get("assignee")),
    )
    with counts.together():
        ticket = _file(who, requester, body)
        ids = parse_products(body.get("products", ()))
        products.name_first(actor=who, ticket=ticket, ids=ids)
        if body.get("tags"):
            services.set_tags(actor=who, ticket=ticket, names=body["tags"])
        if assignee is not None:
            services.assign(actor=who, ticket=ticket, assignee=assignee)
        if "status" in body:
            set_status(who, ticket, body["status"])
    return committed_ticket(who, ticket, 201, {"Location": f"/api/v1/tickets/{ticket.number}"})


def _file(who: Actor, requester: User | None, body: dict[str, Any]) -> Ticket:
    texts = {"subject": body["subject"], "message": body["message"]}
    properties: services.Properties = {
        "priority": Priority.from_word(body.get("priority", "medium")),
        "channel": Channel(body.get("channel", Channel.API)),
    }
    for name in ("type", "department", "language"):
        if body.get(name):
            properties[name] = body[name]
    internal = body.get("internal", False)
    if requester is None and not internal:
        return services.file(actor=who, **texts, **properties)
    own = db.session.get_one(User, who.id) if requester is None else requester
    return services.file_for(actor=who, requester=own, internal=internal, **texts, **properties)


def _requester(who: Actor, said: str | dict[str, str] | None) -> User | None:
    """Somebody else whose ticket it is; None for the caller's own."""
    if isinstance(said, dict):
        return accounts.find_or_add_contact(actor=who, **said)
    user_id = person_id("requester", said or ME, me=who.id)
    if user_id == who.id:
        return None
    found = None if user_id is None else users.by_id(user_id)
    if found is None:
        raise Invalid(requester="unknown")
    return found
