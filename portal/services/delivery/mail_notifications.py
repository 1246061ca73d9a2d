"""Who must hear of what: each function owes the mails of one event, which has been flushed.

Nobody hears of what they did themselves, but for the receipt of a filed ticket. Nothing here
ever concerns an internal note.
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
# Somebody may type a stranger's address into a form as often as they like.
_ALREADY_REGISTERED_PAUSE = timedelta(hours=1)
# Mails that a person may decline. All others are receipts of what was just done or warnings about
# the account: who could switch those off for somebody could hide a theft.
_DECLINABLE = ("reply",)
_DECLINABLE_BY_STAFF = (*_DECLINABLE, "customer_reply", "assigned")


def declinable(role: str) -> tuple[str, ...]:
    """The mails that somebody of that platform role may put on `User.muted`."""
    return _DECLINABLE if role == Role.CUSTOMER else _DECLINABLE_BY_STAFF


def ticket_filed(*, actor: Actor, event: TicketEvent) -> None:
    """`actor` filed a ticket and has the receipt, the staff mailbox the work."""
    receipt = Mail(
        template="ticket_filed", recipient=actor.email, user_id=actor.id, event_id=event.id
    )
    schedule_mails(receipt, _to_mailbox("ticket_filed_staff", event))


def comment_posted(*, actor: Actor, event: TicketEvent, ticket: Ticket, comment: Comment) -> None:
    """A public comment was added: the requester hears of it, or who serves the requester.

    Both, when somebody else of the requester's organization wrote it.
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
    """A ticket was given to somebody, who hears of it unless they took it themselves."""
    if ticket.assignee_id is None or ticket.assignee_id == actor.id:
        return
    schedule_mails(*_to_user("assigned", _user(ticket.assignee_id), event))


def rewrite_for_holder(row: Outbox, holder: User) -> None:
    """Make of a mail that is owed to an address the one for the account that holds it.

    Its owner hears at most once an hour that somebody wanted the address: else it stays as it is, a
    mail that is not sent. Whoever the account was taken from hears once more how to take it back.
    """
    if holder.email != row.recipient:
        rewrite_as_undo_notice(row)
        return
    since = clock.now() - _ALREADY_REGISTERED_PAUSE
    told = outbox_queries.added_since(_ALREADY_REGISTERED, row.recipient, since)
    if holder.is_active and not told:
        row.template, row.user_id, row.data = _ALREADY_REGISTERED, holder.id, {}


def rewrite_as_undo_notice(row: Outbox) -> bool:
    """Make of a mail to an address that an account has left the one that tells of the way back.

    False when there is none.
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
    """Tell `user` what was done to the account, when, from where, and what to do about it.

    `kind` is a NoticeKind or its word; `to` another address than today's; `about` names the thing
    in words that may be read by anybody: a key's name and prefix, never the key. `by` is who did
    it: where somebody else sat is not `user`'s business, and without `tells_where` nobody's.
    `link` is what its button does.
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
    """The assignee, or the staff mailbox while nobody (or nobody active) has the ticket."""
    if ticket.assignee_id == actor.id:
        return []
    assignee = _user(ticket.assignee_id) if ticket.assignee_id else None
    if assignee is None or not assignee.is_assignable:
        return [_to_mailbox("customer_reply", event)]
    return _to_user("customer_reply", assignee, event)


def _to_user(template: str, user: User, event: TicketEvent) -> list[Mail]:
    """The mail, or none when `user` has declined that kind."""
    if template in user.muted and template in declinable(user.role):
        return []
    return [Mail(template=template, recipient=user.email, user_id=user.id, event_id=event.id)]


def _to_mailbox(template: str, event: TicketEvent) -> Mail:
    return Mail(template=template, recipient=setting("SUPPORT_EMAIL"), event_id=event.id)


def _user(user_id: int) -> User:
    """The row; a foreign key says that it is there."""
    return db.session.get_one(User, user_id)
