"""Types of tickets: their list. Their keys never change, and none is deleted."""

import re

from portal import clock
from portal.bulk_statements import insert_missing
from portal.errors import Invalid, or_not_found
from portal.extensions import db
from portal.models.people import AccountEventKind, Actor, User
from portal.models.tickets import FirstType, TicketType
from portal.models.tickets.ticket_type import MAX_TYPE, MAX_TYPE_NAME
from portal.queries.tickets import ticket_types as queries
from portal.security import permissions
from portal.services.people import account_log
from portal.services.tickets import departments

# What lists and searches call it.
_NO_TYPE = "none"
_OTHER_LETTERS = re.compile(r"[^a-z0-9]+")


def create(*, actor: Actor, name: str) -> TicketType:
    """Add one behind the others. Raises Invalid."""
    permissions.require(permissions.can_change_settings(actor))
    known = _all()
    _check_name(name, known)
    if len(known) >= queries.MOST:
        raise Invalid(name="too_many")
    made = TicketType(
        key=_key(name, {one.key for one in known}),
        name=name,
        position=known[-1].position + 1,
        created_at=clock.now(),
    )
    db.session.add(made)
    _note(actor, name)
    return made


def change(*, actor: Actor, key: str, name: str, active: bool) -> None:
    """An empty name is that of the beginning, where there is one. Raises NotFound, Invalid."""
    permissions.require(permissions.can_change_settings(actor))
    known = _all()
    one = _find(key, known)
    if name or key not in set(FirstType):
        _check_name(name, [other for other in known if other is not one])
    one.name, one.active = name, active
    _note(actor, name or key)


def move(*, actor: Actor, key: str, by: int) -> None:
    """Change places with the one before (-1) or after (1). Raises NotFound."""
    permissions.require(permissions.can_change_settings(actor))
    known = _all()
    departments.reorder(known, _find(key, known), by)
    _note(actor, key)


def _all() -> list[TicketType]:
    """The rows, which a desk gets with its first change."""
    if known := queries.stored():
        return known
    moment = clock.now()
    first = [
        {"key": row.key, "name": "", "position": place, "active": True, "created_at": moment}
        for place, row in enumerate(queries.rows(), 1)
    ]
    insert_missing(TicketType, first)
    return queries.stored()


def _find(key: str, known: list[TicketType]) -> TicketType:
    return or_not_found(next((one for one in known if one.key == key), None))


def _check_name(name: str, others: list[TicketType]) -> None:
    if not name:
        raise Invalid(name="required")
    if len(name) > MAX_TYPE_NAME:
        raise Invalid(name="too_long")
    if name.casefold() in {(one.name or one.key).casefold() for one in others}:
        raise Invalid(name="taken_here")


def _key(name: str, taken: set[str]) -> str:
    """What programs call it: its letters, if it has some of theirs, else a number."""
    word = _OTHER_LETTERS.sub("-", name.casefold()).strip("-")[:MAX_TYPE].strip("-")
    if word and word not in taken and word != _NO_TYPE:
        return word
    number = len(taken) + 1
    while f"type-{number}" in taken:
        number += 1
    return f"type-{number}"


def _note(actor: Actor, name: str) -> None:
    account_log.record(
        user=db.session.get_one(User, actor.id),
        kind=AccountEventKind.TYPE_CHANGED,
        actor=actor,
        name=name,
    )
    db.session.flush()
    departments.touch()
