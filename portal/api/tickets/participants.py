"""`/tickets/{number}/participants`: who takes part in a ticket beside its requester."""

from typing import Any

from flask import Response
from marshmallow import fields

from portal.api import bp
from portal.api.authentication import actor, by_caller, is_staff
from portal.api.authorization import Audience, begin_change
from portal.api.fields import Answer, Email, Schema, about, moment
from portal.api.responses import committed, empty_response, json_response, list_response
from portal.errors import Forbidden, NotFound, TicketClosed, or_not_found
from portal.extensions import db
from portal.models.people import Actor
from portal.models.people.user import format_id
from portal.models.tickets import ParticipantWay
from portal.queries.people import users
from portal.queries.tickets import participants as queries
from portal.queries.tickets import tickets as ticket_queries
from portal.queries.tickets.participants import Participant
from portal.services.tickets import participants as services
from portal.web.rate_limits import limits, mail_rates

_ALL = "/tickets/<number>/participants"


class ParticipantSchema(Answer):
    """A customer who reads and answers the ticket of another."""

    id = fields.String(metadata=about("A user's id.", "USR000007"))
    name = fields.String(
        metadata=about("To customers the address, until they have answered.", "Dora Dean")
    )
    email = fields.String(
        allow_none=True, metadata=about("For staff; else null.", "dora@example.com")
    )
    way = fields.String(
        metadata={"enum": [*map(str, ParticipantWay)], **about("How they came to it.")}
    )
    added_at = moment("When they did.")


class ParticipantsSchema(Answer):
    """All of them."""

    items = fields.List(fields.Nested(ParticipantSchema))
    next = fields.String(allow_none=True, metadata=about("Always null."))


class NewParticipantSchema(Schema):
    """Who is to take part."""

    email = Email(
        required=True,
        metadata=about(
            "Of a customer, or of somebody who has no account yet and gets one.", "dora@example.com"
        ),
    )


@bp.serve(
    "GET",
    _ALL,
    to=Audience.SIGNED_IN,
    tag="tickets",
    gives=ParticipantsSchema,
    fails=[NotFound],
)
def list_participants(number: str) -> Response:
    """Who takes part in a ticket beside its requester, the first ones first."""
    who = actor()
    ticket = ticket_queries.find(who, number)
    return list_response([_json(who, one) for one in queries.of_ticket(ticket.id)])


@bp.serve(
    "POST",
    _ALL,
    to=Audience.SIGNED_IN,
    tag="tickets",
    body=NewParticipantSchema,
    gives=ParticipantSchema,
    status=201,
    fails=[NotFound, Forbidden, TicketClosed],
    limits=limits.call_limits(
        limits.PARTICIPANT, by_caller, exempt_when=is_staff, override_defaults=False
    ),
)
def add_participant(number: str, *, body: dict[str, Any]) -> Response:
    """Let somebody take part: they read it, may answer, and get each answer by mail.

    For staff, the requester, and owners and admins of the organization. Whoever takes part already
    stays as they are.
    """
    wait = mail_rates.invitation_delay(body["email"])
    who = begin_change()
    ticket = ticket_queries.find(who, number, lock=True)
    user_id = services.add(
        actor=who, ticket=ticket, email=body["email"], way=ParticipantWay.API, wait=wait
    )
    db.session.flush()
    found = next(one for one in queries.of_ticket(ticket.id) if one.id == user_id)
    return committed(json_response(_json(who, found), 201), ticket=ticket)


@bp.serve(
    "DELETE",
    f"{_ALL}/<id>",
    to=Audience.SIGNED_IN,
    tag="tickets",
    status=204,
    fails=[NotFound, Forbidden],
)
def remove_participant(number: str, id: str) -> Response:  # noqa: A002
    """Take somebody out, who sees it no more. Participants leave with `me`, or their own id."""
    who = begin_change()
    ticket = ticket_queries.find(who, number, lock=True)
    user_id = or_not_found(who.id if id == "me" else users.parse_id(id))
    services.remove(actor=who, ticket=ticket, user_id=user_id)
    return committed(empty_response())


def _json(who: Actor, one: Participant) -> dict[str, Any]:
    return {
        "id": format_id(one.id),
        "name": one.name_for(who),
        "email": one.email if who.is_staff else None,
        "way": one.way,
        "added_at": one.added_at,
    }
