"""Choosing a password: what is good enough, and what ends when it changes.

Passwords arrive here hashed, because hashing is slow and these verbs run under the write lock.
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
    """Raise Invalid, naming `field`, for a password that is too short, too long or easy to guess.

    `about` is what others may know of the person: names, address, company.
    """
    if (problem := strength.find_problem(password, about)) is not None:
        raise Invalid(**{field: problem})


def personal_words(user: User) -> tuple[str, ...]:
    """What a guesser would try first for `user`."""
    return tuple(filter(None, (user.email, user.first_name, user.last_name, user.username)))


def change(*, user: User, proven_hash: str | None, password_hash: str) -> None:
    """Replace the password whose hash was `proven_hash` when it was checked; sign everybody out.

    Raises Stale when it has changed since: then the old password was proven for nothing.
    """
    if user.password_hash != proven_hash:
        raise Stale
    user.password_hash = password_hash
    account_log.record(user=user, kind=AccountEventKind.PASSWORD_CHANGED, actor=user.actor)
    end_access(user, EndReason.PASSWORD_CHANGED, actor=user.actor)
    mail_notifications.account_notice(user, NoticeKind.PASSWORD_CHANGED)
