"""Which mails people may decline. Their names are listed in `User.muted`.

Others are receipts or security warnings: an attacker could switch those off to hide a takeover.
"""

from portal.models.people.actor import Role

_BY_ALL = ("reply",)
_BY_STAFF = (*_BY_ALL, "customer_reply", "assigned")
# Templates that are declined together with another.
_TOGETHER = {"ticket_solved": "reply"}


def declinable(role: str) -> tuple[str, ...]:
    """Names that a user with that platform role may list."""
    return _BY_ALL if role == Role.CUSTOMER else _BY_STAFF


def preference(template: str) -> str:
    """The name under which mails of that template are declined."""
    return _TOGETHER.get(template, template)
