"""A person's own draft for a ticket, or for a new one. Nobody else's is ever read."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select

from portal.models.people import Actor
from portal.models.tickets import Draft
from portal.models.tickets.draft import text_digest
from portal.prepared import Prepared


class DraftRow(NamedTuple):
    """See the model for each column."""

    version: int
    internal: bool
    subject: str
    message: str
    priority: int | None
    replaced: str
    discarded: bool
    updated_at: datetime
    model_digest: str | None

    @property
    def is_by_model(self) -> bool:
        """Whether it is what a language model wrote, and nobody has changed or accepted."""
        return self.model_digest is not None and self.model_digest == text_digest(self.message)


_COLUMNS = select(*(getattr(Draft, name) for name in DraftRow._fields))
_OWN = _COLUMNS.where(Draft.user_id == bindparam("user_id"))
# Each page of a ticket asks.
_OF_TICKET = Prepared(_OWN.where(Draft.ticket_id == bindparam("ticket_id")), DraftRow._make)
_TICKETS: Prepared[tuple[int]] = Prepared(
    select(Draft.ticket_id).where(
        Draft.user_id == bindparam("user_id"),
        Draft.ticket_id.is_not(None),
        Draft.discarded.is_(False),
    ),
    tuple,
)
_OF_NEW_TICKET = Prepared(_OWN.where(Draft.ticket_id.is_(None)), DraftRow._make)


def find(actor: Actor, ticket_id: int | None) -> DraftRow | None:
    """The actor's draft for that ticket; with None, for a new one."""
    if ticket_id is None:
        return _OF_NEW_TICKET.first({"user_id": actor.id})
    return _OF_TICKET.first({"user_id": actor.id, "ticket_id": ticket_id})


def ticket_ids(actor: Actor) -> list[int]:
    """The tickets for which the actor has begun to write."""
    return [ticket_id for (ticket_id,) in _TICKETS.all({"user_id": actor.id})]
