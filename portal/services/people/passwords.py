"""Rules for new passwords, and changing the password.

Passwords arrive hashed, because hashing is slow and these functions run under the write lock.
"""

from portal.errors import Invalid, Stale
from portal.models.delivery import NoticeKind
from portal.models.people import AccountEventKind, User
from portal.security.people import strength
from portal.security.people.access import EndReason
from portal.services.delivery import mail_notifications
from portal.services.people import account_log
from portal.services.people.access import end_access


def require_strong(password: str, *, field: str = "password", about: tuple[str, ...] = ()) -> None:
    """Raise Invalid for `field` if the password is too short, too long or guessable.

    `about` holds personal texts: names, address, company.
    """
    if (problem := strength.find_problem(password, about)) is not None:
        raise Invalid(**{field: problem})


def personal_words(user: User) -> tuple[str, ...]:
    """Texts that a password of `user` must not be made of."""
    return tuple(filter(None, (user.email, user.first_name, user.last_name, user.username)))


def change(*, user: User, proven_hash: str | None, password_hash: str) -> None:
    """Replace the password and end all access.

    Raises Stale when the hash is not `proven_hash` any more: then the old password was checked in
    vain.
    """
    if user.password_hash != proven_hash:
        raise Stale
    user.password_hash = password_hash
    account_log.record(user=user, kind=AccountEventKind.PASSWORD_CHANGED, actor=user.actor)
    end_access(user, EndReason.PASSWORD_CHANGED, actor=user.actor)
    mail_notifications.account_notice(user, NoticeKind.PASSWORD_CHANGED)
