"""Saved replies: one's own, and those that all staff share. Read on demand, by no list."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select

from portal.errors import or_not_found
from portal.extensions import db
from portal.models.people import Actor
from portal.models.tickets import SavedReply
from portal.models.tickets.saved_reply import SHARED

# Of one's own, and of shared ones.
MAX_OWN, MAX_SHARED = 200, 200


class SavedReplyRow(NamedTuple):
    """See the model for each column."""

    id: int
    owner_id: int | None
    name: str
    message: str
    internal: bool
    shared: bool
    changes: dict[str, Any]
    uses: int


def visible(actor: Actor, *, q: str = "") -> list[SavedReplyRow]:
    """By name; with `q` those whose name has it. Nobody but staff has any."""
    if not actor.is_staff:
        return []
    query = select(*(getattr(SavedReply, name) for name in SavedReplyRow._fields))
    rows = db.session.execute(
        query.where(_visible_to(actor))
        .order_by(SavedReply.name, SavedReply.id)
        .limit(MAX_OWN + MAX_SHARED)
    )
    found = [SavedReplyRow(*row) for row in rows]
    # Here, since databases differ in what they call the same letter.
    return [row for row in found if q.casefold() in row.name.casefold()]


def find(actor: Actor, reply_id: int) -> SavedReply:
    """One that the actor sees, locked. Raises NotFound."""
    query = select(SavedReply).where(SavedReply.id == reply_id, _visible_to(actor))
    return or_not_found(db.session.scalar(query.with_for_update()) if actor.is_staff else None)


def count(owner_id: int | None, *, shared: bool) -> int:
    """How many there are of that person's own, or of shared ones."""
    own = (SavedReply.owner_id == owner_id) & SavedReply.shared.is_(False)
    return (
        db.session.scalar(select(func.count(SavedReply.id)).where(SHARED if shared else own)) or 0
    )


def _visible_to(actor: Actor) -> ColumnElement[bool]:
    return or_(SHARED, SavedReply.owner_id == actor.id)
