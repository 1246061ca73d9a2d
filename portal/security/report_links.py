"""Links in mailed reports by which their reader stops them without signing in.

As those to rate a ticket (`rating_links`): a signature with a salt of its own, good for that alone.
"""

from typing import NamedTuple

from itsdangerous import BadSignature, URLSafeSerializer

from portal.errors import BadLink
from portal.extensions import setting
from portal.models.statistics import ReportSubscription

_SALT = "lodge link report"


class ReportLink(NamedTuple):
    subscription_id: int
    user_id: int
    created_at: str


def sign(subscription: ReportSubscription) -> str:
    """The signed text for a link."""
    return str(URLSafeSerializer(setting("SECRET_KEY"), salt=_SALT).dumps(_of(subscription)))


def read(text: str) -> ReportLink:
    """What a link's text says. Raises BadLink for one that we did not sign."""
    keys = [setting("SECRET_KEY"), *setting("SECRET_KEY_FALLBACKS")]
    try:
        return ReportLink(*URLSafeSerializer(keys[::-1], salt=_SALT).loads(text))
    except (BadSignature, TypeError, ValueError):
        raise BadLink from None


def is_of(link: ReportLink, subscription: ReportSubscription) -> bool:
    """Whether the link is of this one: ids come back after a backup is restored."""
    return link == _of(subscription)


def _of(subscription: ReportSubscription) -> ReportLink:
    return ReportLink(subscription.id, subscription.user_id, subscription.created_at.isoformat())
