"""Schedules notification mails: who is notified of which event. Events have been flushed.

Nobody is notified of their own actions, except for the receipt of a filed ticket. Internal notes
are never notified of.
"""

from datetime import timedelta
from typing import Any

from portal import clock, request_context
from portal.extensions import db, setting
from portal.models.delivery import NoticeKind, Outbox
from portal.models.delivery.outbox import OF_ORGANIZATION
from portal.models.people import Actor, Role, User, UserToken
from portal.models.tickets import Comment, Ticket, TicketEvent
from portal.queries.delivery import outbox as outbox_queries
from portal.queries.people import users
from portal.services.delivery.outbox import Mail, schedule_mails

_ALREADY_REGISTERED = "already_registered"
_NOTICE = "account_notice"
# Anybody can submit another person's address repeatedly.
_ALREADY_REGISTERED_PAUSE = timedelta(hours=1)
# Templates that users may decline. Others are receipts or security warnings: an attacker could
# switch those off to hide a takeover.
_DECLINABLE = ("reply",)
_DECLINABLE_BY_STAFF = (*_DECLINABLE, "customer_reply", "assigned")


def declinable(role: str) -> tuple[str, ...]:
    """Templates that a user with that platform role may list in `User.muted`."""
    return _DECLINABLE if role == Role.CUSTOMER else _DECLINABLE_BY_STAFF


def ticket_filed(*, actor: Actor, event: TicketEvent) -> None:
    """Mail the receipt to `actor` and a notice to the staff mailbox."""
    receipt = Mail(
        template="ticket_filed", recipient=actor.email, user_id=actor.id, event_id=event.id
    )
    schedule_mails(receipt, _to_mailbox("ticket_filed_staff", event))


def comment_posted(*, actor: Actor, event: TicketEvent, ticket: Ticket, comment: Comment) -> None:
    """Notify the requester, or the staff who serve the requester, of a public comment.

    Both, when another member of the requester's organization wrote it.
    """
    if comment.internal:
        return
    mails = []
    if actor.id != ticket.requester_id:
        mails.extend(_to_user("reply", _user(ticket.requester_id), event))
    if actor.id == ticket.requester_id or not actor.is_staff:
        mails.extend(_to_desk(actor, event, ticket))
    schedule_mails(*mails)


def ticket_assigned(*, actor: Actor, event: TicketEvent, ticket: Ticket) -> None:
    """Notify the assignee unless they took the ticket themselves."""
    if ticket.assignee_id is None or ticket.assignee_id == actor.id:
        return
    schedule_mails(*_to_user("assigned", _user(ticket.assignee_id), event))


def rewrite_for_holder(row: Outbox, holder: User) -> None:
    """Turn a mail to an address into one for the account that already holds it.

    The holder is told at most once an hour; otherwise the row stays a mail that is not sent. The
    former owner of a left address is reminded of the undo link instead.
    """
    if holder.email != row.recipient:
        rewrite_as_undo_notice(row)
        return
    since = clock.now() - _ALREADY_REGISTERED_PAUSE
    notified_lately = outbox_queries.added_since(_ALREADY_REGISTERED, row.recipient, since)
    if holder.is_active and not notified_lately:
        row.template, row.user_id, row.data = _ALREADY_REGISTERED, holder.id, {}


def rewrite_as_undo_notice(row: Outbox) -> bool:
    """Turn a mail to a left address into a reminder of the undo link.

    False when there is no usable one.
    """
    token = users.undo_link(row.recipient)
    if token is None:
        return False
    row.template, row.user_id = _NOTICE, token.user_id
    row.data = _notice(NoticeKind.EMAIL_LEFT, token.data["to"], request_context.Origin(), token)
    return True


def account_notice(
    user: User,
    kind: str,
    to: str | None = None,
    *,
    about: str = "",
    by: Actor | None = None,
    link: UserToken | None = None,
    tells_where: bool = True,
) -> None:
    """Notify `user` of a change to the account: what, when, from where, and what to do.

    `kind` is a NoticeKind or its value, `to` an address other than the current one. `about` names
    the object in words that anybody may read: a key's name and prefix, never the key. `by` made the
    change: another person's address and browser are left out, and without `tells_where`
    everybody's. `link` is the target of the button.
    """
    own = tells_where and (by is None or by.id == user.id)
    data = _notice(
        kind, about, request_context.current.get() if own else request_context.Origin(), link
    )
    if kind in OF_ORGANIZATION:
        data["organization"] = user.organization_id
    schedule_mails(Mail(template=_NOTICE, recipient=to or user.email, user_id=user.id, data=data))


def _notice(
    kind: str, about: str, where: request_context.Origin, link: UserToken | None
) -> dict[str, Any]:
    return {
        "kind": NoticeKind(kind),
        "about": about,
        "from": where.address,
        "user_agent": where.user_agent,
        **({"token": link.id} if link else {}),
    }


def _to_desk(actor: Actor, event: TicketEvent, ticket: Ticket) -> list[Mail]:
    """To the assignee; to the staff mailbox without an active assignee."""
    if ticket.assignee_id == actor.id:
        return []
    assignee = _user(ticket.assignee_id) if ticket.assignee_id else None
    if assignee is None or not assignee.is_assignable:
        return [_to_mailbox("customer_reply", event)]
    return _to_user("customer_reply", assignee, event)


def _to_user(template: str, user: User, event: TicketEvent) -> list[Mail]:
    """Empty when `user` has muted that template."""
    if template in user.muted and template in declinable(user.role):
        return []
    return [Mail(template=template, recipient=user.email, user_id=user.id, event_id=event.id)]


def _to_mailbox(template: str, event: TicketEvent) -> Mail:
    return Mail(template=template, recipient=setting("SUPPORT_EMAIL"), event_id=event.id)


def _user(user_id: int) -> User:
    return db.session.get_one(User, user_id)
