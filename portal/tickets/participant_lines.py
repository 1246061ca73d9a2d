"""Who takes part in a ticket, as its page shows them to one reader."""

from typing import Any, NamedTuple

from flask import url_for

from portal.models.people import Actor
from portal.models.people.user import format_id as format_user
from portal.models.tickets import Ticket
from portal.queries.paging import AnyRow
from portal.queries.tickets import participants
from portal.queries.tickets.participants import Participant
from portal.security import permissions


class ParticipantLine(NamedTuple):
    """`email` and `url` of the person's page are for staff. `remove_url`: for who may do that."""

    id: int
    name: str
    is_self: bool
    email: str = ""
    url: str = ""
    remove_url: str = ""


class ParticipantList(NamedTuple):
    """`add_url` is for who may add somebody.

    For staff: ids of the first comment of each of them, and the addresses of all.
    """

    lines: tuple[ParticipantLine, ...] = ()
    add_url: str = ""
    first_comments: frozenset[int] = frozenset()
    addresses: frozenset[str] = frozenset()
    is_staff: bool = False


def participant_list(actor: Actor, ticket: Ticket, head: AnyRow) -> ParticipantList:
    """`head` is the row of `queries.tickets.tickets.details`."""
    rows = participants.of_ticket(ticket.id) if head.has_participants else []
    may_add = permissions.can_add_participant(actor, ticket) and not ticket.is_closed
    add_url = url_for("tickets.add_participant", number=ticket.number) if may_add else ""
    found = ParticipantList(tuple(_line(actor, ticket, row) for row in rows), add_url)
    if not actor.is_staff:
        return found
    spoken = {row.first_comment_id for row in rows if row.first_comment_id is not None}
    addresses = {row.email for row in rows} | {head.requester_email}
    return found._replace(
        first_comments=frozenset(spoken), addresses=frozenset(addresses), is_staff=True
    )


def _line(actor: Actor, ticket: Ticket, one: Participant) -> ParticipantLine:
    number = format_user(one.id)
    of_staff: dict[str, Any] = {}
    if actor.is_staff:
        of_staff = {"email": one.email, "url": url_for("people.person", number=number)}
    removes = permissions.can_remove_participant(actor, ticket, one.id)
    return ParticipantLine(
        one.id,
        one.name_for(actor),
        is_self=actor.id == one.id,
        remove_url=url_for("tickets.remove_participant", number=ticket.number, participant=number)
        if removes
        else "",
        **of_staff,
    )
