"""Links in the header of mails by which their reader declines such mails without signing in.

As those that stop a report (`security.report_links`): a signature with a salt of its own, good for
one person and one kind of mails. It needs no row, and does not run out: old mails can be declined.
"""

from typing import NamedTuple

from itsdangerous import BadSignature, URLSafeSerializer

from portal.errors import BadLink
from portal.extensions import setting
from portal.models.people import User

_SALT = "lodge link unsubscribe"


class UnsubscribeLink(NamedTuple):
    """`name` as `models.people.declined_mails` has it."""

    user_id: int
    name: str
    opened_at: str


def sign(user: User, name: str) -> str:
    """The signed text for a link."""
    link = UnsubscribeLink(user.id, name, user.created_at.isoformat())
    return str(URLSafeSerializer(setting("SECRET_KEY"), salt=_SALT).dumps(link))


def read(text: str) -> UnsubscribeLink:
    """What a link's text says. Raises BadLink for one that we did not sign."""
    keys = [setting("SECRET_KEY"), *setting("SECRET_KEY_FALLBACKS")]
    try:
        return UnsubscribeLink(*URLSafeSerializer(keys[::-1], salt=_SALT).loads(text))
    except (BadSignature, TypeError, ValueError):
        raise BadLink from None


def is_of(link: UnsubscribeLink, user: User) -> bool:
    """Whether the link is that person's: ids come back after a backup is restored."""
    return (link.user_id, link.opened_at) == (user.id, user.created_at.isoformat())
