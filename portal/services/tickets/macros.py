"""Macros: several changes of a ticket and a reply or a note, in one choice and one transaction.

Each change is made by the verb that makes it by hand, so history, mails and webhooks are the same.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from portal.errors import Invalid, MacroOutdated
from portal.extensions import setting
from portal.models.people import Actor, User
from portal.models.tickets import (
    Priority,
    SavedReply,
    Ticket,
    TicketStatus,
)
from portal.queries.people import users
from portal.queries.tickets import saved_replies as queries
from portal.queries.tickets import ticket_types
from portal.security import permissions
from portal.services.tickets import comments, counts, saved_replies, scheduled, tags, tickets

ME, NOBODY = "me", "none"


def clean_changes(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be changed, without what is left alone. Raises Invalid."""
    found: dict[str, Any] = {name: value for name, value in values.items() if value}
    _parse(found, "status", TicketStatus)
    _parse(found, "priority", Priority.from_word)
    if "type" in found and not ticket_types.is_known(found["type"]):
        raise Invalid(type="unknown")
    if "tags" in found:
        found["tags"] = tags.clean_names([found["tags"]])
    if (
        found.get("assignee") not in {None, ME, NOBODY}
        and users.parse_id(found["assignee"]) is None
    ):
        raise Invalid(assignee="unknown")
    return found


@counts.together()
def apply(
    *,
    actor: Actor,
    macro: SavedReply,
    ticket: Ticket,
    delay: timedelta,
    seen_version: int | None = None,
    seen_scheduled: int = 0,
) -> int | None:
    """Make all changes and write its text to the ticket, which the caller has locked.

    Returns the id of an answer that waits for `delay`, 0 for one that has left, None if there is
    none. Raises TicketClosed, Stale, and MacroOutdated when it asks for somebody or something that
    is no more.
    """
    permissions.require(permissions.can_triage(actor))
    comments.require_open(
        actor=actor, ticket=ticket, internal=macro.internal, seen_version=seen_version
    )
    changes = dict(macro.changes)
    status = _status(changes)
    message = saved_replies.use(actor=actor, reply=macro, ticket=ticket)
    _change(actor, ticket, changes)
    if not message:
        if status is not None:
            tickets.set_status(actor=actor, ticket=ticket, status=status)
        return None
    held = scheduled.post_or_schedule(
        actor=actor,
        ticket=ticket,
        message=message,
        internal=macro.internal,
        delay=delay,
        seen_version=seen_version,
        seen_scheduled=seen_scheduled,
        status=status,
    )
    if macro.internal:
        return None
    return held.id if held else 0


def frozen(macro: SavedReply) -> dict[str, Any]:
    """The macro as it is now, as JSON: what a change of many tickets goes on with."""
    return {
        "id": macro.id,
        "name": macro.name,
        "message": macro.message,
        "internal": macro.internal,
        "changes": macro.changes,
    }


def frozen_verb(actor: Actor, value: Mapping[str, Any]) -> Callable[[Ticket], int | None]:
    """A function that applies a frozen macro to a ticket as `apply` does.

    It also raises Stale where an answer of somebody else waits. Raises NotFound for a macro that is
    no more, MacroOutdated for one that was changed since.
    """
    macro = queries.find(actor, value["id"])
    if frozen(macro) != value:
        raise MacroOutdated(field="macro")

    def apply_to(ticket: Ticket) -> int | None:
        if macro.message and not macro.internal:
            scheduled.require_none_newer(
                actor=actor, ticket=ticket, seen_id=0, since=ticket.version
            )
        return apply(actor=actor, macro=macro, ticket=ticket, delay=setting("UNDO_SEND"))

    return apply_to


def _change(actor: Actor, ticket: Ticket, changes: Mapping[str, Any]) -> None:
    if "priority" in changes:
        priority = Priority.from_word(changes["priority"])
        tickets.set_priority(actor=actor, ticket=ticket, priority=priority)
    if "type" in changes:
        with _outdated("type"):
            tickets.set_type(actor=actor, ticket=ticket, type_=changes["type"])
    if "department" in changes:
        with _outdated("department"):
            tickets.set_department(actor=actor, ticket=ticket, name=changes["department"])
    if "assignee" in changes:
        assignee = _assignee(actor, changes["assignee"])
        tickets.assign(actor=actor, ticket=ticket, assignee=assignee)
    if "tags" in changes:
        names = [*tags.names_of(ticket), *changes["tags"]]
        with _outdated("tags"):
            tickets.set_tags(actor=actor, ticket=ticket, names=names)


@contextmanager
def _outdated(field: str) -> Iterator[None]:
    """What the macro asks for is no more."""
    try:
        yield
    except Invalid as problem:
        raise MacroOutdated(field=field) from problem


def _status(changes: Mapping[str, Any]) -> TicketStatus | None:
    return TicketStatus(changes["status"]) if "status" in changes else None


def _assignee(actor: Actor, word: str) -> User | None:
    if word == NOBODY:
        return None
    with _outdated("assignee"):
        person = users.assignee(actor, word)
    if not person.is_assignable:
        raise MacroOutdated(field="assignee")
    return person


def _parse(found: dict[str, Any], name: str, parse: Any) -> None:
    if name not in found:
        return
    try:
        parse(found[name])
    except (ValueError, KeyError):
        raise Invalid(**{name: "unknown"}) from None
