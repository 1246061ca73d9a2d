"""Serializers of accounts for API, webhooks and exports.

Allow lists: a field that is not listed for an audience is left out. Moments stay datetimes; each
caller formats them.
"""

from collections.abc import Callable
from typing import Any

from portal.models.annotations import exported_columns
from portal.models.organizations.organization import organization_json
from portal.models.people import User
from portal.models.people.user import format_id
from portal.queries.audience import Audience as Audience

# All fields, in the order of the API.
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
    """An account, from a row with the columns of ACCOUNT_FIELDS.

    `queries.people.users.details` has all but those of the archive.
    """
    return {
        name: _MADE[name](row) if name in _MADE else getattr(row, name)
        for name in ACCOUNT_FIELDS[audience]
    }


_MADE: dict[str, Callable[[Any], Any]] = {
    "id": lambda row: format_id(row.id),
    "timezone": lambda row: row.timezone or "UTC",
    "organization": lambda row: organization_json(row.organization_id, row.organization_name),
}
