"""Tells staff on pages of what concerns them, in the transaction of its event.

Nobody is told of their own actions. A newer notification takes the place of an unread one of the
same kind about the same ticket: who was away finds one line for each ticket.
"""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, select, update

from portal import clock
from portal.bulk_statements import execute_bulk, insert_missing
from portal.errors import or_not_found
from portal.extensions import db
from portal.models.people import Actor, Right, Sight, User
from portal.models.tickets import (
    Comment,
    Notification,
    NotificationKind,
    Ticket,
    TicketEvent,
    TicketViewer,
)
from portal.queries.tickets.tickets import is_visible
from portal.queueing import publish_notification
from portal.security import permissions
from portal.services.delivery import ticket_mails
from portal.services.tickets import mentions

KEPT = timedelta(days=90)
_UNREAD = Notification.read_at.is_(None)
_OF_DESK = (NotificationKind.MAIL_STOPPED, NotificationKind.MAIL_COMES_AGAIN)


def comment_posted(*, actor: Actor, event: TicketEvent, ticket: Ticket, comment: Comment) -> None:
    """Tell the assignee of a customer's answer, and colleagues of a note that names them.

    Who writes has read what was said before.
    """
    if actor.sight is Sight.DEPARTMENTS:
        _let_see(ticket, [actor.id])
    if actor.is_staff:
        mark_ticket_read(actor=actor, ticket_id=ticket.id, comment_id=comment.id)
    if comment.internal:
        named = [db.session.get_one(User, of) for of in sorted(mentions.mentioned(comment.message))]
        _let_see(ticket, [user.id for user in named])
        _notify(event, NotificationKind.MENTIONED, named)
        ticket_mails.mentioned(actor=actor, event=event, ticket=ticket, users=named)
    elif ticket.assignee_id and (actor.id == ticket.requester_id or not actor.is_staff):
        assignee = db.session.get_one(User, ticket.assignee_id)
        _notify(event, NotificationKind.REPLIED, [assignee])


def answers_returned(*, event: TicketEvent, authors: Iterable[int]) -> None:
    """Tell them that an answer of theirs was not sent, because of that event."""
    users = [db.session.get_one(User, user_id) for user_id in sorted(authors)]
    _notify(event, NotificationKind.RETURNED, users)


def mail_returned(event: TicketEvent) -> None:
    """Tell who wrote that answer that the mail about it came back."""
    if event.actor_id is not None:
        author = db.session.get_one(User, event.actor_id)
        _notify(event, NotificationKind.MAIL_RETURNED, [author])


def answer_settled(*, actor: Actor, ticket: Ticket) -> None:
    """Who goes on with an answer that was returned, or throws it away, knows of it."""
    about = Notification.kind == NotificationKind.RETURNED
    _mark_read(actor, and_(Notification.ticket_id == ticket.id, about))


def ticket_assigned(*, event: TicketEvent, ticket: Ticket) -> None:
    """Tell the assignee, and leave nobody the news of a ticket that was given away since."""
    _forget(
        Notification.ticket_id == ticket.id,
        Notification.kind == NotificationKind.ASSIGNED,
        Notification.user_id != (ticket.assignee_id or 0),
    )
    if ticket.assignee_id is not None:
        assignee = db.session.get_one(User, ticket.assignee_id)
        _notify(event, NotificationKind.ASSIGNED, [assignee])


def desk_changed(kind: NotificationKind, users: Iterable[User]) -> None:
    """Tell them what is the matter with the desk; what they were told before does not hold."""
    for user in users:
        _forget(Notification.user_id == user.id, Notification.kind.in_(_OF_DESK))
        db.session.add(Notification(user_id=user.id, kind=kind))
        publish_notification(db.session(), user.id)


def forget_unseen(ticket: Ticket) -> None:
    """Forget what they do not see any more who see their own departments alone."""
    unread = select(Notification.user_id).where(_UNREAD, Notification.ticket_id == ticket.id)
    limited = User.rights.contains(Right.OWN_DEPARTMENTS)
    for user in db.session.scalars(select(User).where(User.id.in_(unread), limited)):
        if not is_visible(user.actor, ticket):
            _forget(Notification.user_id == user.id, Notification.ticket_id == ticket.id)


def mail_held(*, user: User, message_id: int) -> None:
    """Tell somebody of the staff that a mail in their name waits for their word."""
    db.session.add(
        Notification(
            user_id=user.id,
            kind=NotificationKind.MAIL_HELD,
            inbound_message_id=message_id,
            created_at=clock.now(),
        )
    )
    publish_notification(db.session(), user.id)


def mail_settled(message_id: int) -> None:
    """Nobody has to be told any more."""
    _forget(Notification.inbound_message_id == message_id)


def ticket_deleted(ticket: Ticket) -> None:
    """Forget what nobody can read any more."""
    _forget(Notification.ticket_id == ticket.id)


def mark_read(*, actor: Actor, notification_id: int) -> None:
    """Mark one of the actor's own. Raises NotFound for another's."""
    own = (Notification.id == notification_id, Notification.user_id == actor.id)
    or_not_found(db.session.scalar(select(Notification.id).where(*own)))
    _mark_read(actor, Notification.id == notification_id)


def mark_ticket_read(*, actor: Actor, ticket_id: int, comment_id: int) -> None:
    """Mark what the actor was told about that ticket, but for comments after that one."""
    later = select(TicketEvent.id).where(
        TicketEvent.ticket_id == ticket_id, TicketEvent.comment_id > comment_id
    )
    _mark_read(
        actor, and_(Notification.ticket_id == ticket_id, Notification.event_id.not_in(later))
    )


def mark_all_read(*, actor: Actor, last_id: int) -> None:
    """Mark those up to `last_id`, the newest that the actor has seen."""
    _mark_read(actor, Notification.id <= last_id)


def delete_old(limit: int) -> None:
    """Delete up to `limit` that are older than KEPT, read or not."""
    past = Notification.created_at < clock.now() - KEPT
    old = select(Notification.id).where(past).limit(limit)
    execute_bulk(delete(Notification).where(Notification.id.in_(old)))


def _let_see(ticket: Ticket, user_ids: Iterable[int]) -> None:
    """Whatever its department is: who is asked about a ticket, or has written in it, follows it."""
    rows = [{"user_id": user_id, "ticket_id": ticket.id} for user_id in user_ids]
    if rows:
        insert_missing(TicketViewer, rows)


def _notify(event: TicketEvent, kind: NotificationKind, users: Iterable[User]) -> None:
    for user in users:
        # What came back is nobody's action, but that of a mail server.
        own = user.id == event.actor_id and kind is not NotificationKind.MAIL_RETURNED
        if own or not user.is_assignable or user.declines_on_pages(kind):
            continue
        _forget(
            Notification.user_id == user.id,
            Notification.ticket_id == event.ticket_id,
            Notification.kind == kind,
        )
        db.session.add(
            Notification(
                user_id=user.id,
                kind=kind,
                ticket_id=event.ticket_id,
                event_id=event.id,
                created_at=clock.now() if user.id == event.actor_id else event.created_at,
            )
        )
        publish_notification(db.session(), user.id)


def _forget(*which: ColumnElement[bool]) -> None:
    for user_id in db.session.scalars(select(Notification.user_id).where(_UNREAD, *which)):
        publish_notification(db.session(), user_id)
    execute_bulk(delete(Notification).where(_UNREAD, *which))


def _mark_read(actor: Actor, which: ColumnElement[bool]) -> None:
    permissions.require(permissions.can_be_notified(actor))
    unread = (Notification.user_id == actor.id, _UNREAD, which)
    if execute_bulk(update(Notification).where(*unread).values(read_at=clock.now())):
        publish_notification(db.session(), actor.id)
