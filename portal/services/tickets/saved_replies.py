"""Texts that staff send again and again, and what stands in them for a ticket.

One's own are their owner's. Those that are shared are changed by their author and by admins.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import delete, update

from portal.bulk_statements import execute_bulk
from portal.errors import Invalid
from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import Actor, User
from portal.models.tickets import SavedReply, Ticket
from portal.queries.tickets import saved_replies as queries
from portal.security import permissions
from portal.services.tickets.comments import MAX_MESSAGE

MAX_NAME = 60
_VARIABLE = re.compile(r"\{\{ *([a-z_.]+) *\}\}")
# What may stand in a text, in the order in which pages list it.
VARIABLES = (
    "requester.first_name",
    "requester.last_name",
    "requester.name",
    "requester.email",
    "organization.name",
    "ticket.number",
    "ticket.subject",
    "agent.first_name",
    "agent.name",
)


def create(*, actor: Actor, **values: Any) -> SavedReply:
    """`values` are those of `change`. Raises Invalid."""
    permissions.require(permissions.can_triage(actor))
    reply = SavedReply(owner_id=actor.id, uses=0)
    _set(reply, **values)
    db.session.add(reply)
    db.session.flush()
    return reply


def change(*, actor: Actor, reply: SavedReply, **values: Any) -> None:
    """Set `name`, `message`, `internal`, `shared` and `changes`. Raises Invalid.

    Who takes back a shared one that somebody else made becomes its owner.
    """
    permissions.require(permissions.can_change_saved(actor, reply))
    if reply.shared and not values["shared"]:
        reply.owner_id = actor.id
    _set(reply, **values)


def delete_reply(*, actor: Actor, reply: SavedReply) -> None:
    permissions.require(permissions.can_change_saved(actor, reply))
    db.session.delete(reply)


def use(*, actor: Actor, reply: SavedReply, ticket: Ticket) -> str:
    """Its text for the ticket; counts that it was taken."""
    permissions.require(permissions.can_note(actor))
    reply.uses = SavedReply.uses + 1
    return fill(reply.message, actor=actor, ticket=ticket)


def fill(message: str, *, actor: Actor, ticket: Ticket) -> str:
    """The text with the ticket's values; variables that are unknown stay as they were typed.

    Once: what a value looks like is not read again.
    """
    values: Mapping[str, Callable[[], str]] | None = None

    def value(found: re.Match[str]) -> str:
        nonlocal values
        values = values or _values(actor, ticket)
        name = found[1]
        return " ".join(values[name]().split()) if name in values else found[0]

    return _VARIABLE.sub(value, message)


def unknown_variables(message: str) -> list[str]:
    """Those that would stay as they are typed."""
    names = dict.fromkeys(_VARIABLE.findall(message))
    return [name for name in names if name not in VARIABLES]


def release(user: User) -> None:
    """Of somebody who is erased: own ones go, shared ones belong to the desk."""
    own = SavedReply.owner_id == user.id
    execute_bulk(delete(SavedReply).where(own, SavedReply.shared.is_(False)))
    execute_bulk(update(SavedReply).where(own).values(owner_id=None))


def _values(actor: Actor, ticket: Ticket) -> Mapping[str, Callable[[], str]]:
    requester = db.session.get_one(User, ticket.requester_id)
    return {
        "requester.first_name": lambda: requester.first_name or requester.name,
        "requester.last_name": lambda: requester.last_name or requester.name,
        "requester.name": lambda: requester.name,
        "requester.email": lambda: requester.email,
        "organization.name": lambda: db.session.get_one(Organization, ticket.organization_id).name,
        "ticket.number": lambda: ticket.number,
        "ticket.subject": lambda: ticket.subject,
        "agent.first_name": lambda: actor.first_name or actor.name,
        "agent.name": lambda: actor.name,
    }


def _set(
    reply: SavedReply,
    *,
    name: str,
    message: str,
    internal: bool,
    shared: bool,
    changes: dict[str, Any],
) -> None:
    if not name:
        raise Invalid(name="required")
    if len(name) > MAX_NAME:
        raise Invalid(name="too_long")
    if not message and not changes:
        raise Invalid(message="required")
    if len(message) > MAX_MESSAGE:
        raise Invalid(message="too_long")
    if reply.id is None or reply.shared is not shared:
        most = queries.MAX_SHARED if shared else queries.MAX_OWN
        with db.session.no_autoflush:
            if queries.count(reply.owner_id, shared=shared) >= most:
                raise Invalid(name="too_many_replies")
    reply.name, reply.message, reply.internal = name, message, internal
    reply.shared, reply.changes = shared, changes
