"""Sessions of signed-in browsers: a row each, found by the token in the cookie."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, delete, func, or_, select, update

from portal import clock
from portal.bulk_statements import execute_bulk
from portal.extensions import db, note_settings_version
from portal.live_events import endings
from portal.models.people import Actor, User, UserSession
from portal.models.privacy import PrivacyKind, PrivacyRequest, PrivacyState
from portal.models.tickets import Notification
from portal.prepared import Prepared
from portal.security.people.actors import ACTOR_COLUMNS, SETTINGS_VERSION

# Resolution of the time of last use, which saves writes.
TOUCH_EVERY = timedelta(minutes=5)

_ACTOR_QUERY: Prepared[tuple[Any, ...]] = Prepared(
    select(
        *ACTOR_COLUMNS,
        UserSession.confirmed_at,
        select(func.min(PrivacyRequest.due_at))
        .where(
            PrivacyRequest.user_id == User.id,
            PrivacyRequest.kind == PrivacyKind.DELETION,
            PrivacyRequest.state == PrivacyState.WAITING,
        )
        .scalar_subquery(),
        select(func.count())
        .where(Notification.user_id == User.id, Notification.read_at.is_(None))
        .scalar_subquery(),
        UserSession.last_seen_at,
        UserSession.remembered,
        SETTINGS_VERSION,
    )
    .join(User, User.id == UserSession.user_id)
    .where(
        User.is_active,
        UserSession.epoch == User.epoch,
        UserSession.token_hash == bindparam("token_hash"),
        UserSession.expires_at > bindparam("moment"),
    ),
    tuple,
)


def start(
    user: User,
    *,
    remembered: bool,
    lifetime: timedelta,
    address: str,
    user_agent: str,
    confirmed_at: datetime | None = None,
) -> str:
    """Add a session for `user`; return its token (256 random bits, not stored).

    `confirmed_at` is when the user last proved their identity, now by default.
    """
    token = secrets.token_urlsafe(32)
    moment = clock.now()
    db.session.add(
        UserSession(
            token_hash=hash_token(token),
            user_id=user.id,
            epoch=user.epoch,
            remembered=remembered,
            address=address[:45],
            user_agent=user_agent[:300],
            confirmed_at=confirmed_at or moment,
            last_seen_at=moment,
            expires_at=moment + lifetime,
        )
    )
    return token


def load(
    token: str, *, idle: timedelta, idle_remembered: timedelta
) -> tuple[Actor, datetime] | None:
    """The active user of `token` with the session's last use; None if invalid or expired."""
    moment = clock.now()
    values = {"token_hash": hash_token(token), "moment": moment}
    row = _ACTOR_QUERY.first(values)
    if row is None:
        return None
    *actor_columns, last_seen_at, remembered, settings_version = row
    note_settings_version(settings_version)
    if last_seen_at < moment - (idle_remembered if remembered else idle):
        return None
    # The columns of _ACTOR_QUERY are the Actor's fields, in their order.
    return Actor(*actor_columns, session_token=token), last_seen_at  # type: ignore[misc]


def touch(token: str) -> None:
    """Record the time of last use."""
    execute_bulk(
        update(UserSession)
        .where(UserSession.token_hash == hash_token(token))
        .values(last_seen_at=clock.now())
    )


def confirm(token: str) -> None:
    """Record that the user has just proved their identity."""
    execute_bulk(
        update(UserSession)
        .where(UserSession.token_hash == hash_token(token))
        .values(confirmed_at=clock.now())
    )


def end(token: str) -> bool:
    """Delete the session; False when it did not exist."""
    token_hash = hash_token(token)
    endings.hold_session(db.session().info, token_hash)
    return execute_bulk(delete(UserSession).where(UserSession.token_hash == token_hash)) > 0


def end_row(row: UserSession) -> None:
    """Delete a session that was loaded."""
    endings.hold_session(db.session().info, row.token_hash)
    db.session.delete(row)


def end_all(user: User, *, keep: str = "") -> int:
    """Delete all sessions of `user` and raise the epoch; return how many there were.

    The session with the token `keep` stays valid.
    """
    user.epoch += 1
    endings.hold_person(db.session().info, user.id, user.epoch)
    kept = UserSession.token_hash == hash_token(keep)
    execute_bulk(
        update(UserSession).where(UserSession.user_id == user.id, kept).values(epoch=user.epoch)
    )
    return execute_bulk(delete(UserSession).where(UserSession.user_id == user.id, ~kept))


def end_of_members(organization_id: int) -> None:
    """Delete all sessions of an organization's members, and raise their epochs."""
    members = User.organization_id == organization_id
    execute_bulk(update(User).where(members).values(epoch=User.epoch + 1))
    for user_id, epoch in db.session.execute(select(User.id, User.epoch).where(members)):
        endings.hold_person(db.session().info, user_id, epoch)
    ids = select(User.id).where(members)
    execute_bulk(delete(UserSession).where(UserSession.user_id.in_(ids)))


def epoch_of(token: str) -> int | None:
    """The epoch of an open session, by which its streams are ended with all of its person's."""
    return db.session.scalar(
        select(UserSession.epoch).where(UserSession.token_hash == hash_token(token))
    )


class OpenSession(NamedTuple):
    """A session as its owner sees it. `is_this` marks the current one."""

    id: int
    created_at: datetime
    last_seen_at: datetime
    address: str
    user_agent: str
    is_this: bool


def list_open(
    user_id: int, *, token: str, idle: timedelta, idle_remembered: timedelta
) -> list[OpenSession]:
    """The account's sessions: that of `token`, which is the current one, then by last use."""
    moment, this = clock.now(), hash_token(token)
    query = (
        select(
            UserSession.id,
            UserSession.created_at,
            UserSession.last_seen_at,
            UserSession.address,
            UserSession.user_agent,
            UserSession.token_hash,
        )
        .join(User, User.id == UserSession.user_id)
        .where(
            User.id == user_id,
            UserSession.epoch == User.epoch,
            UserSession.expires_at > moment,
            or_(
                UserSession.last_seen_at >= moment - idle,
                and_(UserSession.remembered, UserSession.last_seen_at >= moment - idle_remembered),
            ),
        )
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
    )
    found = [
        OpenSession(
            row.id,
            row.created_at,
            row.last_seen_at,
            row.address,
            row.user_agent,
            is_this=row.token_hash == this,
        )
        for row in db.session.execute(query)
    ]
    return sorted(found, key=lambda session: not session.is_this)


def delete_expired(limit: int) -> None:
    """Delete up to `limit` expired rows."""
    expired = select(UserSession.id).where(UserSession.expires_at <= clock.now()).limit(limit)
    execute_bulk(delete(UserSession).where(UserSession.id.in_(expired)))


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
