"""Tickets that belong to another one: what continues a closed ticket, and what perhaps does."""

from portal.models.people import Actor
from portal.models.tickets import EventKind, Ticket
from portal.services.tickets import changes, events


def link(*, actor: Actor, closed: Ticket, ticket: Ticket) -> None:
    """Say on both that `ticket` continues `closed`; the caller has locked them."""
    _record(actor, closed, EventKind.FOLLOWED_BY, ticket)
    _record(actor, ticket, EventKind.FOLLOWS, closed)


def suppose(*, actor: Actor, other: Ticket, ticket: Ticket) -> None:
    """Say to staff alone that `ticket` may belong to `other`, which its requester may not see."""
    _record(actor, ticket, EventKind.PERHAPS_RELATED, other)


def _record(actor: Actor, ticket: Ticket, kind: EventKind, other: Ticket) -> None:
    changes.bump_version(ticket, kind)
    events.record(actor=actor, ticket=ticket, kind=kind, data={"from": None, "to": other.number})
