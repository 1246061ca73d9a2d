"""Which mails and notifications people may decline.

Names of mails are listed in `User.muted`, those of notifications on pages in `User.muted_on_pages`.

Others are receipts or security warnings: an attacker could switch those off to hide a takeover.
"""

from portal.models.people.actor import Role

_BY_ALL = ("reply",)
# What staff are told of by mail, on pages, or both; and on pages alone.
_TOLD_STAFF = ("customer_reply", "assigned", "mentioned")
_TOLD_ON_PAGES = (*_TOLD_STAFF, "answer_returned")
_BY_STAFF = (*_BY_ALL, *_TOLD_STAFF)
# Templates and notifications that are declined together with another.
_TOGETHER = {"ticket_solved": "reply", "mail_returned": "answer_returned"}


def declinable(role: str) -> tuple[str, ...]:
    """Names that a user with that platform role may list."""
    return _BY_ALL if role == Role.CUSTOMER else _BY_STAFF


def declinable_on_pages(role: str) -> tuple[str, ...]:
    """The same for notifications on pages, which only staff have."""
    return () if role == Role.CUSTOMER else _TOLD_ON_PAGES


def preference(template: str) -> str:
    """The name under which mails of that template, or notifications of that kind, are declined."""
    return _TOGETHER.get(template, template)
