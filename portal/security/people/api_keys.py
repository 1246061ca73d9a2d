"""API keys of integrations. The row holds a digest; the key is shown once.

A key consists of `lk_`, eight characters that identify it, and a secret of 256 bits. It holds no
rights: user and rights are read at each request.
"""

import hashlib
import hmac
import secrets
import string
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, exists, or_, select, update

from portal import clock
from portal.bulk_statements import execute_bulk
from portal.errors import OrganizationShut
from portal.extensions import db, note_settings_version
from portal.models.organizations import Organization
from portal.models.people import Actor, ApiKey, KeyScope, Role, User
from portal.prepared import Prepared
from portal.security.people.actors import ACTOR_COLUMNS, SETTINGS_VERSION

MARK = "lk_"
# Resolution of the time of last use, which saves writes.
TOUCH_EVERY = timedelta(minutes=5)
_ALPHABET = string.ascii_letters + string.digits
_PREFIX = len(MARK) + 8
_SECRET = 43
_LENGTH = _PREFIX + _SECRET


def issue(
    user: User, *, name: str, scope: KeyScope, expires_at: datetime | None
) -> tuple[ApiKey, str]:
    """Create a key of `user`; return its row and its text, which is not stored."""
    text = MARK + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH - len(MARK)))
    row = ApiKey(
        user_id=user.id,
        name=name,
        prefix=text[:_PREFIX],
        digest=_digest(text),
        scope=scope,
        expires_at=expires_at,
        created_at=clock.now(),
    )
    db.session.add(row)
    return row, text


class ActiveKey(NamedTuple):
    """Columns of an active key that a request needs."""

    id: int
    prefix: str
    scope: str
    expires_at: datetime | None
    last_used_at: datetime | None


# Of the staff nobody's is.
_SHUT = (
    exists()
    .where(Organization.id == User.organization_id, Organization.is_active.is_(False))
    .where(User.role == Role.CUSTOMER)
)
_BY_PREFIX: Prepared[tuple[Any, ...]] = Prepared(
    select(
        *ACTOR_COLUMNS,
        ApiKey.id,
        ApiKey.prefix,
        ApiKey.scope,
        ApiKey.expires_at,
        ApiKey.last_used_at,
        SETTINGS_VERSION,
        _SHUT,
        ApiKey.digest,
    )
    .join(ApiKey, ApiKey.user_id == User.id)
    .where(
        ApiKey.prefix == bindparam("prefix"),
        ApiKey.revoked_at.is_(None),
        or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > bindparam("moment")),
        User.is_active,
    ),
    tuple,
)
_ACTOR_ENDS = len(ACTOR_COLUMNS)


def authenticate(text: str) -> tuple[ActiveKey, Actor] | None:
    """The key and its user's current rights; None for an invalid, revoked or expired key.

    Raises OrganizationShut.

    Reads only. The caller calls `touch` when `touch_is_due`.
    """
    if len(text) != _LENGTH or not text.startswith(MARK) or not text.isascii():
        return None
    values = {"prefix": text[:_PREFIX], "moment": clock.now()}
    row = _BY_PREFIX.first(values)
    if row is None or not hmac.compare_digest(row[-1], _digest(text)):
        return None
    settings_version, is_shut, _digest_of_key = row[-3:]
    note_settings_version(settings_version)
    if is_shut:
        raise OrganizationShut
    return ActiveKey(*row[_ACTOR_ENDS:-3]), Actor(*row[:_ACTOR_ENDS])


def is_active(key: ApiKey) -> bool:
    """Whether it is neither revoked nor expired."""
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > clock.now())


def touch_is_due(key: ApiKey | ActiveKey) -> bool:
    """Whether the recorded time of last use is older than TOUCH_EVERY."""
    return key.last_used_at is None or clock.now() - key.last_used_at >= TOUCH_EVERY


def touch(key_id: int) -> None:
    """Record the time of last use."""
    execute_bulk(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=clock.now()))


def revoke(key: ApiKey) -> None:
    if key.revoked_at is None:
        key.revoked_at = clock.now()


def revoke_all(user: User) -> list[ApiKey]:
    """Revoke all keys of `user`; return those that were not revoked before."""
    query = select(ApiKey).where(ApiKey.user_id == user.id, ApiKey.revoked_at.is_(None))
    keys = list(db.session.scalars(query))
    for key in keys:
        revoke(key)
    return keys


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()
