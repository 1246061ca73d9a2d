"""Schedules mails about accounts. Those about tickets are in `services.delivery.ticket_mails`."""

from datetime import timedelta
from typing import Any

from portal import clock, request_context
from portal.models.delivery import NoticeKind, Outbox
from portal.models.delivery.outbox import OF_ORGANIZATION
from portal.models.people import Actor, User, UserToken
from portal.queries.delivery import outbox as outbox_queries
from portal.queries.people import users
from portal.services.delivery.outbox import Mail, schedule_mails

_ALREADY_REGISTERED = "already_registered"
_NOTICE = "account_notice"
# Anybody can submit another person's address repeatedly.
_ALREADY_REGISTERED_PAUSE = timedelta(hours=1)


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
        row.template, row.user_id = _ALREADY_REGISTERED, holder.id
        row.data = {"filed": True} if row.data.get("filed") else {}


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
