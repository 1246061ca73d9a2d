"""Accounts as they are told outside the pages: to the API, to webhooks, in somebody's own copy.

Allow lists: a field that is not named for an audience does not leave. Moments stay moments; who
writes them out has a form of its own for them.
"""

from collections.abc import Callable
from typing import Any

from portal.models.annotations import exported_columns
from portal.models.organizations.organization import organization_json
from portal.models.people import User
from portal.models.people.user import format_id
from portal.queries.audience import Audience as Audience

# All that there is, in the order of the API.
ACCOUNT = (
    "id", "email", "username", "first_name", "last_name", "phone", "inn", "role", "organization",
    "organization_role", "is_active", "is_verified", "locale", "timezone", "created_at",
)  # fmt: skip
_OF_WEBHOOKS = tuple(name for name in ACCOUNT if name not in {"phone", "inn"})

ACCOUNT_FIELDS = {
    Audience.STAFF: ACCOUNT,
    Audience.CUSTOMER: ACCOUNT,
    Audience.DESK_WEBHOOK: _OF_WEBHOOKS,
    Audience.ORGANIZATION_WEBHOOK: _OF_WEBHOOKS,
    Audience.ARCHIVE: tuple(column.name for column in exported_columns(User.__table__)),
}


def account(row: Any, audience: Audience) -> dict[str, Any]:
    """An account, of a row that has the columns that the audience is told.

    `queries.people.users.details` has all but those that are in the archive alone.
    """
    return {
        name: _MADE[name](row) if name in _MADE else getattr(row, name)
        for name in ACCOUNT_FIELDS[audience]
    }


_MADE: dict[str, Callable[[Any], Any]] = {
    "id": lambda row: format_id(row.id),
    "organization": lambda row: organization_json(row.organization_id, row.organization_name),
}
