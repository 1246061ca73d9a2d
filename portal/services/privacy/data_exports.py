"""How a worker gets an export of somebody's data done: lease, progress, file, end.

The row is the truth, as with mail (`services.delivery.outbox`): `claim` takes the lease, and
whoever has lost it changes nothing any more. Verbs that leave files without an owner answer their
keys; the caller deletes those after the commit. What is in the file is
`services.privacy.export_zip`'s matter.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, select, update
from sqlalchemy.orm import InstrumentedAttribute

from portal import clock
from portal.extensions import db
from portal.models.delivery import NoticeKind
from portal.models.people import User
from portal.models.privacy import PrivacyKind, PrivacyRequest, PrivacyState
from portal.models.privacy.privacy_request import OPEN_EXPORT
from portal.queries.privacy import privacy_requests
from portal.services.delivery import mail_notifications
from portal.storage import Stored

LEASE = timedelta(seconds=60)
KEEP_FOR = timedelta(days=7)
MAX_ATTEMPTS = 3
_PAUSE = timedelta(seconds=20)
_EXPORT = PrivacyRequest.kind == PrivacyKind.EXPORT


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write one export, until it runs out and somebody else takes it."""

    request_id: int
    user_id: int
    token: str
    attempt: int


def claim(request_id: int) -> Lease | None:
    """The lease on an export that is due; None when it is not, or another has the lease."""
    now = clock.now()
    token = secrets.token_hex(16)
    claimed = db.session.execute(
        update(PrivacyRequest)
        .where(
            _EXPORT,
            PrivacyRequest.id == request_id,
            PrivacyRequest.state.in_(OPEN_EXPORT),
            PrivacyRequest.due_at <= now,
            PrivacyRequest.attempts < MAX_ATTEMPTS,
        )
        .values(
            state=PrivacyState.RUNNING,
            progress=0,
            lease=token,
            due_at=now + LEASE,
            attempts=PrivacyRequest.attempts + 1,
            organization_id=_of_its_owner(User.organization_id),
            rights_epoch=_of_its_owner(User.rights_epoch),
        )
        .returning(PrivacyRequest.user_id, PrivacyRequest.attempts)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if claimed is None:
        return None
    lease = Lease(request_id, claimed.user_id, token, claimed.attempts)
    if not db.session.get_one(User, lease.user_id).is_active:
        fail(lease, "the account is disabled", final=True)
        return None
    return lease


def advance(lease: Lease, percent: int) -> bool:
    """Show how far it is, and go on for a full lease; False when it has gone to another."""
    return _change(_held(lease), progress=percent, due_at=clock.now() + LEASE)


def finish(lease: Lease, stored: Stored, ticket_ids: Sequence[int] = ()) -> list[str]:
    """Give the person the file and tell them; answers the keys of files that nobody wants now.

    That is the new one, when the lease has gone or the person's rights have changed meanwhile;
    otherwise the one before it: a person has one copy at a time. `ticket_ids` are of the tickets
    in the file.
    """
    user = db.session.get_one(User, lease.user_id, populate_existing=True)
    if not user.is_active:
        fail(lease, "the account is disabled", final=True)
        return [stored.key]
    request = db.session.get_one(PrivacyRequest, lease.request_id, populate_existing=True)
    if not request.was_made_for(user.actor):
        fail(lease, "the person's rights changed while it was written")
        return [stored.key]
    now = clock.now()
    done = _change(
        _held(lease),
        state=PrivacyState.READY,
        progress=100,
        storage_key=stored.key,
        size=stored.size,
        ticket_ids=list(ticket_ids),
        lease=None,
        error=None,
        finished_at=now,
        expires_at=now + KEEP_FOR,
        due_at=now + KEEP_FOR,
    )
    if not done:
        return [stored.key]
    mail_notifications.account_notice(user, NoticeKind.EXPORT_READY)
    former = (PrivacyRequest.user_id == user.id, PrivacyRequest.id != lease.request_id)
    return _expire(*former)


def fail(lease: Lease, reason: str, *, final: bool = False) -> bool:
    """It did not work: try again after a pause, or leave it with its reason after the last try."""
    values: dict[str, Any] = {"lease": None, "error": reason[:300]}
    if final or lease.attempt >= MAX_ATTEMPTS:
        return _change(_held(lease), state=PrivacyState.FAILED, finished_at=clock.now(), **values)
    due_at = clock.now() + _PAUSE * lease.attempt
    return _change(_held(lease), state=PrivacyState.WAITING, due_at=due_at, **values)


def give_up() -> bool:
    """Leave what killed a worker at every try, with that for a reason."""
    spent = (
        _EXPORT
        & (PrivacyRequest.state == PrivacyState.RUNNING)
        & (PrivacyRequest.due_at <= clock.now())
        & (PrivacyRequest.attempts >= MAX_ATTEMPTS)
    )
    return _change(
        spent,
        state=PrivacyState.FAILED,
        lease=None,
        error="the worker died while writing it",
        finished_at=clock.now(),
    )


def expire(limit: int) -> list[str]:
    """End up to `limit` exports whose time is over; answers the keys of their files."""
    ids = privacy_requests.due(PrivacyKind.EXPORT, [PrivacyState.READY], limit)
    return _expire(PrivacyRequest.id.in_(ids)) if ids else []


def end(request_ids: Sequence[int]) -> list[str]:
    """End these copies before their time; answers the keys of their files."""
    return _expire(PrivacyRequest.id.in_(request_ids)) if request_ids else []


def withdraw(user: User) -> list[str]:
    """End every export of `user`, ready or not; answers the keys of their files."""
    _change(
        _EXPORT & (PrivacyRequest.user_id == user.id) & PrivacyRequest.state.in_(OPEN_EXPORT),
        state=PrivacyState.EXPIRED,
        lease=None,
        finished_at=clock.now(),
    )
    return _expire(PrivacyRequest.user_id == user.id)


def _expire(*which: ColumnElement[bool]) -> list[str]:
    ready = (_EXPORT, PrivacyRequest.state == PrivacyState.READY, *which)
    found = db.session.execute(
        select(PrivacyRequest.id, PrivacyRequest.storage_key).where(*ready).with_for_update()
    ).all()
    if found:
        ids = [row.id for row in found]
        _change(PrivacyRequest.id.in_(ids), state=PrivacyState.EXPIRED, storage_key=None)
    return [row.storage_key for row in found if row.storage_key]


def _of_its_owner(column: InstrumentedAttribute[int]) -> ScalarSelect[int]:
    return select(column).where(User.id == PrivacyRequest.user_id).scalar_subquery()


def _held(lease: Lease) -> ColumnElement[bool]:
    return (
        (PrivacyRequest.id == lease.request_id)
        & (PrivacyRequest.state == PrivacyState.RUNNING)
        & (PrivacyRequest.lease == lease.token)
    )


def _change(which: ColumnElement[bool], **values: Any) -> bool:
    statement = update(PrivacyRequest).where(which).values(**values).returning(PrivacyRequest.id)
    changed = db.session.scalars(statement.execution_options(synchronize_session=False))
    return changed.first() is not None
