"""Who takes part in a ticket beside its requester, and whether somebody does."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import exists, select

from portal.extensions import db
from portal.models.people import Actor, Role, User
from portal.models.people.person import Person, name_of
from portal.models.tickets import EventKind, Ticket, TicketEvent, TicketParticipant
from portal.queries.tickets.tickets import takes_part
from portal.security import permissions


class Participant(NamedTuple):
    """`first_comment_id`: the first comment that they wrote on the ticket."""

    id: int
    name: str
    email: str
    organization_id: int
    added_at: datetime
    way: str
    first_comment_id: int | None

    def name_for(self, actor: Actor) -> str:
        """The name, for who may know whose address it is; else the address.

        Those who have answered have told it themselves.
        """
        is_known = (
            actor.is_staff
            or actor.id == self.id
            or actor.organization_id == self.organization_id
            or self.first_comment_id is not None
        )
        return self.name if is_known else self.email


# Who has become one of the staff since sees the ticket as such.
_IS_CUSTOMER = User.role == Role.CUSTOMER
_IN_ORDER = (TicketParticipant.created_at, User.id)


def of_ticket(ticket_id: int) -> list[Participant]:
    """All participants of a ticket that the caller has found, the first ones first."""
    query = (
        select(
            User.id,
            *Person.columns(User),
            User.organization_id,
            TicketParticipant.created_at,
            TicketParticipant.way,
            TicketParticipant.first_comment_id,
        )
        .join(TicketParticipant, TicketParticipant.user_id == User.id)
        .where(TicketParticipant.ticket_id == ticket_id, _IS_CUSTOMER)
    )
    return [
        Participant(
            row.id,
            name_of(row),
            row.email,
            row.organization_id,
            row.created_at,
            row.way,
            row.first_comment_id,
        )
        for row in db.session.execute(query.order_by(*_IN_ORDER))
    ]


def users_of(ticket: Ticket) -> list[User]:
    """Their accounts, who are told of each public answer."""
    query = select(User).join(TicketParticipant, TicketParticipant.user_id == User.id)
    query = query.where(TicketParticipant.ticket_id == ticket.id, _IS_CUSTOMER)
    return list(db.session.scalars(query.order_by(*_IN_ORDER)))


def former_addresses(ticket_id: int) -> set[str]:
    """Of those who have left the ticket or were taken out of it, whether or not they are back."""
    removed = select(TicketEvent.data).where(
        TicketEvent.ticket_id == ticket_id, TicketEvent.kind == EventKind.PERSON_REMOVED
    )
    ids = {data["from"] for data in db.session.scalars(removed)}
    return set(db.session.scalars(select(User.email).where(User.id.in_(ids)))) if ids else set()


def shares_any(actor: Actor) -> bool:
    """Whether they take part in any ticket."""
    rows = exists().where(TicketParticipant.user_id == actor.id)
    return not actor.is_staff and bool(db.session.scalar(select(rows)))


def may_answer(actor: Actor, ticket: Ticket) -> bool:
    """Whether they may comment on a ticket that they see: by their role, or as a participant."""
    if permissions.can_comment(actor, ticket):
        return True
    return permissions.can_take_part(actor) and takes_part(actor, ticket.id)
