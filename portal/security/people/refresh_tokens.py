"""Refresh tokens: exchanged for a new pair of tokens, each valid once.

A token consists of `lr_`, a secret shared by its family, and one of its own. The row holds hashes
of both. A used token that comes back was stolen, so the family ends.
"""

import hashlib
import secrets
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, func, select, update

from portal import clock, request_context
from portal.bulk_statements import changed_one, execute_bulk
from portal.extensions import db, note_settings_version, setting
from portal.models.people import Actor, RefreshFamily, User
from portal.prepared import Prepared
from portal.security.people.actors import ACTOR_COLUMNS, SETTINGS_VERSION
from portal.security.people.jwt import AccessToken

MARK = "lr_"
_FAMILY, _OWN = 22, 43
_LENGTH = len(MARK) + _FAMILY + _OWN

_SIGNED_IN: Prepared[tuple[Any, ...]] = Prepared(
    select(*ACTOR_COLUMNS, RefreshFamily.created_at, SETTINGS_VERSION)
    .join(RefreshFamily, RefreshFamily.user_id == User.id)
    .where(
        RefreshFamily.id == bindparam("family_id"),
        RefreshFamily.ended_at.is_(None),
        RefreshFamily.epoch == User.epoch,
        User.id == bindparam("user_id"),
        User.epoch == bindparam("epoch"),
        User.is_active,
    ),
    tuple,
)


class Rotation(NamedTuple):
    """Result of `rotate`: `text` is the next token, None if the old one was invalid.

    `reused`: the family was ended because a used token came back.
    """

    text: str | None
    family: RefreshFamily | None
    reused: bool = False


def start(user: User) -> tuple[RefreshFamily, str]:
    """A new family for `user`, and its first token. Flushes: access tokens name the family."""
    address, user_agent, _page = request_context.current.get()
    family_part, moment = secrets.token_urlsafe(16), clock.now()
    text = _new_text(family_part)
    family = RefreshFamily(
        user_id=user.id,
        epoch=user.epoch,
        family_hash=_hash(family_part),
        token_hash=_hash(text),
        address=address[:45],
        user_agent=user_agent[:300],
        created_at=moment,
        rotated_at=moment,
        expires_at=moment + setting("REFRESH_TOKEN_IDLE"),
    )
    db.session.add(family)
    db.session.flush()
    return family, text


def rotate(text: str) -> Rotation:
    """Exchange a token for the next one; of concurrent calls one succeeds.

    A used token ends its family, so the caller commits in any case.
    """
    if len(text) != _LENGTH or not text.startswith(MARK) or not text.isascii():
        return Rotation(None, None)
    family_part = text[len(MARK) : len(MARK) + _FAMILY]
    family = db.session.scalar(
        select(RefreshFamily)
        .where(RefreshFamily.family_hash == _hash(family_part))
        .execution_options(populate_existing=True)
    )
    if family is None or not _is_open(family):
        return Rotation(None, None)
    new = _new_text(family_part)
    if _exchanged(family, _hash(text), _hash(new)):
        return Rotation(new, family)
    family.ended_at = clock.now()
    return Rotation(None, family, reused=True)


def find_actor(access: AccessToken) -> Actor | None:
    """The user of an access token with their current rights; None when the sign-in has ended.

    One query. `confirmed_at` is the time of signing in.
    """
    values = {"user_id": access.user_id, "family_id": access.family_id, "epoch": access.epoch}
    if max(values.values()) >= 2**63:
        return None
    row = _SIGNED_IN.first(values)
    if row is None:
        return None
    *actor_columns, settings_version = row
    note_settings_version(settings_version)
    # The columns are the Actor's fields, in their order: `confirmed_at` is the last.
    return Actor(*actor_columns)


def count_open(user_id: int) -> int:
    """Number of programs signed in as that user."""
    query = (
        select(func.count())
        .select_from(RefreshFamily)
        .join(User, User.id == RefreshFamily.user_id)
        .where(
            RefreshFamily.user_id == user_id,
            RefreshFamily.epoch == User.epoch,
            RefreshFamily.ended_at.is_(None),
            RefreshFamily.expires_at > clock.now(),
        )
    )
    return db.session.scalar(query) or 0


def end_all(user_id: int) -> int:
    """End all families of the user; return how many were open."""
    moment = clock.now()
    return execute_bulk(
        update(RefreshFamily)
        .where(
            RefreshFamily.user_id == user_id,
            RefreshFamily.ended_at.is_(None),
            RefreshFamily.expires_at > moment,
        )
        .values(ended_at=moment)
    )


def delete_expired(limit: int) -> None:
    """Delete up to `limit` expired rows."""
    expired = select(RefreshFamily.id).where(RefreshFamily.expires_at <= clock.now()).limit(limit)
    execute_bulk(delete(RefreshFamily).where(RefreshFamily.id.in_(expired)))


def _is_open(family: RefreshFamily) -> bool:
    user = db.session.get_one(User, family.user_id, populate_existing=True)
    alive = family.ended_at is None and family.expires_at > clock.now()
    return alive and user.is_active and user.epoch == family.epoch


def _exchanged(family: RefreshFamily, old: str, new: str) -> bool:
    """Replace the hash of the old token; False when another request was first."""
    moment = clock.now()
    latest = family.created_at + setting("REFRESH_TOKEN_ABSOLUTE")
    return changed_one(
        update(RefreshFamily)
        .where(
            RefreshFamily.id == family.id,
            RefreshFamily.token_hash == old,
            RefreshFamily.ended_at.is_(None),
        )
        .values(
            token_hash=new,
            rotated_at=moment,
            expires_at=min(moment + setting("REFRESH_TOKEN_IDLE"), latest),
        )
    )


def _new_text(family_part: str) -> str:
    return MARK + family_part + secrets.token_urlsafe(32)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()
