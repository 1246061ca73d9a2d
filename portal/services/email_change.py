"""Moving an account to another address: asked with the password, done by the new one's link."""

from typing import Any

from portal.errors import BadLink, Invalid
from portal.models import AccountEventKind, Actor, NoticeKind, TokenPurpose, User
from portal.queries import users
from portal.security import tokens
from portal.security.access import Why
from portal.security.step_up import sensitive
from portal.services import account_log, notifications
from portal.services.access import end_access
from portal.services.outbox import Mail, owe


@sensitive
def ask(*, actor: Actor, user: User, email: str) -> None:
    """Mail a link to `email`; nothing changes before it is used. The old address is told.

    When the address is somebody else's, that one is told instead, and whoever asked sees no
    difference. Raises Invalid for the address that the account has.
    """
    if email == user.email:
        raise Invalid(email="same_address")
    account_log.record(
        user=user, kind=AccountEventKind.EMAIL_CHANGE_ASKED, actor=actor, email=email
    )
    notifications.account_notice(user, NoticeKind.EMAIL_CHANGE_ASKED, about=email)
    token = tokens.issue(user, TokenPurpose.CHANGE_EMAIL, email=email)
    owner = users.by_email(email)
    if owner is not None:
        notifications.already_registered(owner)
        return
    owe(Mail("change_email", email, user_id=user.id, data={"token": token.id}))


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


def confirm(text: str) -> User:
    """Give the account its new address. Raises BadLink when the link does not work.

    So it does when the address has been taken meanwhile. Every other link of the account ends:
    they went to the old address.
    """
    user, data = tokens.use(TokenPurpose.CHANGE_EMAIL, text)
    old, new = user.email, str(data["email"])
    if users.by_email(new) is not None:
        raise BadLink
    user.email = new
    user.is_verified = True
    end_access(user, Why.EMAIL_CHANGED)
    moved: dict[str, Any] = {"from": old, "to": new}
    account_log.record(user=user, kind=AccountEventKind.EMAIL_CHANGED, **moved)
    for address in (old, new):
        notifications.account_notice(user, NoticeKind.EMAIL_CHANGED, address, about=new)
    return user
