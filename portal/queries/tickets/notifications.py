"""The notifications of a member of staff."""

from sqlalchemy import func, or_, select

from portal.extensions import db
from portal.models.inbound import InboundMessage
from portal.models.people import Actor, User
from portal.models.people.person import Person
from portal.models.tickets import Notification, Ticket, TicketEvent
from portal.queries.paging import AnyRow, Page, newest_page
from portal.queries.tickets.tickets import visible_to

PAGE = 50


def page(actor: Actor, *, before: int | None = None, unread: bool = False) -> Page[AnyRow]:
    """A page of the actor's own, newest first.

    Rows: id, kind, ticket_id, subject, comment_id, created_at, read_at, actor_*. Those about a mail
    that waits have no ticket, and the mail's subject; those about the desk have neither.
    """
    query = (
        select(
            Notification.id,
            Notification.kind,
            Notification.ticket_id,
            func.coalesce(Ticket.subject, InboundMessage.subject, "").label("subject"),
            TicketEvent.comment_id,
            Notification.created_at,
            Notification.read_at,
            TicketEvent.actor_id,
            *Person.columns(User, "actor_"),
        )
        .outerjoin(Ticket, Ticket.id == Notification.ticket_id)
        .outerjoin(TicketEvent, TicketEvent.id == Notification.event_id)
        .outerjoin(InboundMessage, InboundMessage.id == Notification.inbound_message_id)
        .outerjoin(User, User.id == TicketEvent.actor_id)
        .where(Notification.user_id == actor.id)
        .where(or_(Notification.ticket_id.is_(None), visible_to(actor)))
    )
    if unread:
        query = query.where(Notification.read_at.is_(None))
    return newest_page(query, Notification.id, before=before, size=PAGE)


def count_unread(actor: Actor) -> int:
    """How many are unread, as the bell says."""
    unread = (Notification.user_id == actor.id, Notification.read_at.is_(None))
    return db.session.scalar(select(func.count()).select_from(Notification).where(*unread)) or 0
