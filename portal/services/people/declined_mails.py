"""Declining a kind of mails by the link in one of them, without signing in.

Whoever is signed in chooses all of them at once, see `services.people.profile`.
"""

from portal.errors import BadLink
from portal.extensions import db
from portal.models.people import AccountEventKind, User, declinable
from portal.queries.people import users
from portal.security.people import unsubscribe_links
from portal.services.people import account_log


def of_link(text: str) -> tuple[User, str]:
    """Whose link it is, and which mails it declines. Raises BadLink."""
    link = unsubscribe_links.read(text)
    return _checked(link, db.session.get(User, link.user_id))


def decline_by_link(text: str) -> None:
    """Send such mails no more; does nothing when they are declined already. Raises BadLink."""
    link = unsubscribe_links.read(text)
    user, name = _checked(link, users.lock(link.user_id))
    if name in user.muted:
        return
    user.muted = [one for one in declinable(user.role) if one in {*user.muted, name}]
    account_log.record(user=user, kind=AccountEventKind.PROFILE_CHANGED, fields=["muted"])


def _checked(link: unsubscribe_links.UnsubscribeLink, user: User | None) -> tuple[User, str]:
    if user is None or not unsubscribe_links.is_of(link, user):
        raise BadLink
    # Of a former role.
    if link.name not in declinable(user.role):
        raise BadLink
    return user, link.name
