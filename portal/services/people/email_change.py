"""Moving an account to another address, and the way back.

It is asked with the password. The new address's link shows that mail is read there, and does no
more: the move is made in a browser that is signed in to the account, for the address may have been
mistyped and be a stranger's. The address that was left may take the account back for some days, if
it was proven to be the owner's.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError

from portal.errors import BadLink, EmailTaken, Invalid
from portal.extensions import db
from portal.models.delivery import NoticeKind, Outbox
from portal.models.people import AccountEventKind, Actor, TokenPurpose, User, UserToken
from portal.queries.people import users
from portal.security import permissions
from portal.security.people import tokens
from portal.security.people.access import EndReason
from portal.security.people.step_up import sensitive
from portal.services.delivery import mail_notifications
from portal.services.delivery.outbox import Mail, schedule_mails
from portal.services.people import account_log, forgotten_password, second_factor
from portal.services.people.access import end_access

TEMPLATE = "change_email"
UNDO_FOR = timedelta(days=7)


@sensitive
def ask(*, actor: Actor, user: User, email: str, wait: timedelta = timedelta(0)) -> None:
    """Mail a link to `email` after `wait`; nothing changes before it is used.

    The old address is told at once.

    When the address is somebody else's, that one is told instead, and whoever asked sees no
    difference. Raises Invalid for the address that the account has.
    """
    if email == user.email:
        raise Invalid(email="same_address")
    account_log.record(
        user=user, kind=AccountEventKind.EMAIL_CHANGE_ASKED, actor=actor, email=email
    )
    mail_notifications.account_notice(user, NoticeKind.EMAIL_CHANGE_ASKED, about=email)
    token = tokens.issue(user, TokenPurpose.CHANGE_EMAIL, email=email)
    asked = {"asked": True, "token": token.id}
    schedule_mails(Mail(TEMPLATE, email, user_id=user.id, data=asked, wait=wait))


def prepare_mail(outbox_id: int) -> None:
    """For the worker: decide what the mail says, which depends on who has the address."""
    row = db.session.get_one(Outbox, outbox_id)
    if row.template != TEMPLATE or not row.data.get("asked"):
        return
    holder = users.holder(row.recipient)
    if holder is None or holder.id == row.user_id:
        row.data = {"token": row.data["token"]}
    else:
        mail_notifications.rewrite_for_holder(row, holder)


def pending(user: User) -> str | None:
    """The address that `user` has asked to move to, while its link still works."""
    token = tokens.pending(user, TokenPurpose.CHANGE_EMAIL)
    return str(token.data["email"]) if token else None


def undo(*, user: User) -> bool:
    """Call the move off: its link works no more. Answers whether there was one."""
    email = pending(user)
    if email is None:
        return False
    tokens.end_all(user, TokenPurpose.CHANGE_EMAIL)
    account_log.record(
        user=user, kind=AccountEventKind.EMAIL_CHANGE_UNDONE, actor=user.actor, email=email
    )
    return True


def confirm(*, actor: Actor, text: str) -> User:
    """Give the actor's account the address whose link they hold.

    Other links of the account end: they went to the old address, which is told, with a link to take
    the account back. Raises BadLink when the link does not work, or the address has been taken
    meanwhile; Forbidden when the link is for another account.
    """
    token = tokens.find(TokenPurpose.CHANGE_EMAIL, text)
    permissions.require(token.user_id == actor.id)
    tokens.redeem(token)
    user = db.session.get_one(User, actor.id)
    holder = users.holder(str(token.data["email"]))
    if holder is not None and holder.id != user.id:
        raise BadLink
    # Who comes back leaves nothing behind that could take the account away again.
    undoable = user.is_verified and holder is None
    moved = _move(user, str(token.data["email"]))
    end_access(user, EndReason.EMAIL_CHANGED, actor=actor)
    account_log.record(user=user, kind=AccountEventKind.EMAIL_CHANGED, actor=actor, **moved)
    _notify(user, token, undoable=undoable, **moved)
    return user


def restore(text: str) -> User:
    """Give the account back to the address that it has left, and end all access to it.

    For whoever holds that address's link, signed in or not, whatever was done to the account since;
    a link to choose a new password goes there. Raises BadLink, and EmailTaken when another account
    has the address by now.
    """
    user, data = tokens.use(TokenPurpose.UNDO_EMAIL, text)
    try:
        moved = _move(user, data["from"])
    except BadLink:
        raise EmailTaken from None
    second_factor.remove_added_since(user, datetime.fromisoformat(data["since"]))
    end_access(user, EndReason.EMAIL_RESTORED)
    account_log.record(user=user, kind=AccountEventKind.EMAIL_RESTORED, **moved)
    for address in sorted(set(moved.values())):
        # Whoever had taken the account over need not know where its owner sits.
        here = address == user.email
        mail_notifications.account_notice(
            user, NoticeKind.EMAIL_RESTORED, address, about=user.email, tells_where=here
        )
    forgotten_password.send(user)
    return user


def _move(user: User, email: str) -> dict[str, Any]:
    """Set the proven address; answers from where to where. Raises BadLink when another has it."""
    moved: dict[str, Any] = {"from": user.email, "to": email}
    user.email = email
    user.is_verified = True
    try:
        db.session.flush()
    except IntegrityError:
        raise BadLink from None
    return moved


def _notify(user: User, asked: UserToken, *, undoable: bool, **moved: str) -> None:
    old, new = moved["from"], moved["to"]
    mail_notifications.account_notice(user, NoticeKind.EMAIL_CHANGED, new, about=new)
    if not undoable:
        mail_notifications.account_notice(user, NoticeKind.EMAIL_CHANGED, old, about=new)
        return
    since = asked.created_at.isoformat()
    link = tokens.add(user, TokenPurpose.UNDO_EMAIL, UNDO_FOR, **moved, since=since)
    mail_notifications.account_notice(user, NoticeKind.EMAIL_LEFT, old, about=new, link=link)
