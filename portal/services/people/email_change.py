"""Changing an account's address, and undoing that.

The request needs the password. The link to the new address proves the mailbox only: the change is
made by the signed-in user, as the address may be mistyped and belong to a stranger. The former
address, if verified, can take the account back for some days.
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
    """Mail a link to `email` after `wait`; the address changes when its owner uses it.

    For one's own account or, for admins, any: who may write the address must not come in by it.
    The old address is notified at once. If another account has the new address, its owner is
    notified instead, and the actor sees no difference. Raises Invalid for the current address.
    """
    own = actor.id == user.id
    permissions.require(own or (permissions.can_manage_person(actor, user) and not user.is_erased))
    if email == user.email:
        raise Invalid(email="same_address")
    account_log.record(
        user=user, kind=AccountEventKind.EMAIL_CHANGE_ASKED, actor=actor, email=email
    )
    kind = NoticeKind.EMAIL_CHANGE_ASKED if own else NoticeKind.EMAIL_CHANGE_ASKED_BY_DESK
    mail_notifications.account_notice(user, kind, about=email, by=actor)
    token = tokens.issue(user, TokenPurpose.CHANGE_EMAIL, email=email)
    asked = {"asked": True, "token": token.id}
    schedule_mails(Mail(TEMPLATE, email, user_id=user.id, data=asked, wait=wait))


@sensitive
def correct(*, actor: Actor, user: User, email: str) -> None:
    """Set the address of an account that nobody has ever used, without confirmation; for admins.

    Raises Invalid for an address that another account has, or for an account in use.
    """
    permissions.require(permissions.can_manage_person(actor, user) and not user.is_erased)
    if not user.is_untouched:
        raise Invalid(email="in_use")
    if email == user.email:
        raise Invalid(email="same_address")
    if users.holder(email) is not None:
        raise Invalid(email="email_taken")
    former, user.email = user.email, email
    try:
        db.session.flush()
    except IntegrityError:
        raise Invalid(email="email_taken") from None
    end_access(user, EndReason.EMAIL_CHANGED, actor=actor)
    ends = {"from": former, "to": email}
    account_log.record(user=user, kind=AccountEventKind.EMAIL_CHANGED, actor=actor, **ends)


def prepare_mail(outbox_id: int) -> None:
    """Decide the mail's content, which depends on who has the address. For the worker."""
    row = db.session.get_one(Outbox, outbox_id)
    if row.template != TEMPLATE or not row.data.get("asked"):
        return
    holder = users.holder(row.recipient)
    if holder is None or holder.id == row.user_id:
        row.data = {"token": row.data["token"]}
    else:
        mail_notifications.rewrite_for_holder(row, holder)


def pending(user: User) -> str | None:
    """The requested new address while its link is usable."""
    token = tokens.pending(user, TokenPurpose.CHANGE_EMAIL)
    return str(token.data["email"]) if token else None


def undo(*, user: User) -> bool:
    """End the link of a requested change; returns whether there was one."""
    email = pending(user)
    if email is None:
        return False
    tokens.end_all(user, TokenPurpose.CHANGE_EMAIL)
    account_log.record(
        user=user, kind=AccountEventKind.EMAIL_CHANGE_UNDONE, actor=user.actor, email=email
    )
    return True


def confirm(*, actor: Actor, text: str) -> User:
    """Change the actor's address to that of the link.

    Links to the old address end; it is notified with a link to take the account back. Raises
    BadLink when the link is not usable or the address is taken, Forbidden when it is for another
    account.
    """
    token = tokens.find(TokenPurpose.CHANGE_EMAIL, text)
    permissions.require(token.user_id == actor.id)
    tokens.redeem(token)
    user = db.session.get_one(User, actor.id)
    holder = users.holder(str(token.data["email"]))
    if holder is not None and holder.id != user.id:
        raise BadLink
    # Returning to the former address must not leave an undo link to the address that was left.
    undoable = user.is_verified and holder is None
    moved = _move(user, str(token.data["email"]))
    end_access(user, EndReason.EMAIL_CHANGED, actor=actor)
    account_log.record(user=user, kind=AccountEventKind.EMAIL_CHANGED, actor=actor, **moved)
    _notify(user, token, undoable=undoable, **moved)
    return user


def restore(text: str) -> User:
    """Give the account back to its former address, and end all access to it.

    For the holder of the former address's link, signed in or not; a link to set a new password is
    mailed there. Raises BadLink, and EmailTaken when another account has the address.
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
        # The other address may belong to an attacker, who must not learn the owner's location.
        here = address == user.email
        mail_notifications.account_notice(
            user, NoticeKind.EMAIL_RESTORED, address, about=user.email, tells_where=here
        )
    forgotten_password.send(user)
    return user


def _move(user: User, email: str) -> dict[str, Any]:
    """Set the verified address; returns former and new one. Raises BadLink when it is taken."""
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
