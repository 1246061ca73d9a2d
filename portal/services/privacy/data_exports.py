"""How a worker gets an export of somebody's data done: lease, progress, file, end.

The row is leased as mails are (`services.delivery.leases`). Verbs that leave files without an owner
answer their keys; the caller deletes those after the commit. What is in the file is
`services.privacy.export_zip`'s matter.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, select
from sqlalchemy.orm import InstrumentedAttribute

from portal import clock
from portal.extensions import db
from portal.models.delivery import NoticeKind
from portal.models.people import User
from portal.models.privacy import PrivacyKind, PrivacyRequest, PrivacyState
from portal.models.privacy.privacy_request import OPEN_EXPORT
from portal.queries.privacy import privacy_requests
from portal.services.delivery import leases, mail_notifications
from portal.services.delivery.leases import Lease
from portal.storage import Stored

LEASE = timedelta(seconds=60)
KEEP_FOR = timedelta(days=7)
MAX_ATTEMPTS = 3
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=20), timedelta(minutes=1)
_EXPORT = PrivacyRequest.kind == PrivacyKind.EXPORT


def claim(request_id: int) -> Lease | None:
    """The lease on an export that is due; None when it is not, or another has the lease."""
    return leases.claim(
        PrivacyRequest,
        request_id,
        _EXPORT,
        PrivacyRequest.attempts < MAX_ATTEMPTS,
        span=LEASE,
        state=PrivacyState.RUNNING,
        progress=0,
        organization_id=_of_its_owner(User.organization_id),
        rights_epoch=_of_its_owner(User.rights_epoch),
    )


def reason_not_to_write(user: User) -> str | None:
    """Why a copy must not be made any more."""
    return None if user.is_active else "the account is disabled"


def advance(lease: Lease, percent: int) -> bool:
    """Show how far it is, and go on for a full lease; False when it has gone to another."""
    return leases.renew(PrivacyRequest, lease, span=LEASE, progress=percent)


def finish(lease: Lease, stored: Stored, ticket_ids: Sequence[int] = ()) -> list[str]:
    """Give the person the file and tell them; answers the keys of files that nobody wants now.

    That is the new one, when the lease has gone or the person's rights have changed meanwhile;
    otherwise the one before it: a person has one copy at a time. `ticket_ids` are of the tickets
    in the file.
    """
    request = db.session.get_one(PrivacyRequest, lease.row_id, populate_existing=True)
    user = db.session.get_one(User, request.user_id, populate_existing=True)
    if (reason := reason_not_to_write(user)) is not None:
        refuse(lease, reason)
        return [stored.key]
    if not request.matches_rights_of(user.actor):
        fail(lease, "the person's rights changed while it was written")
        return [stored.key]
    now = clock.now()
    done = leases.settle(
        PrivacyRequest,
        lease,
        PrivacyState.READY,
        progress=100,
        storage_key=stored.key,
        size=stored.size,
        ticket_ids=list(ticket_ids),
        error=None,
        finished_at=now,
        expires_at=now + KEEP_FOR,
        due_at=now + KEEP_FOR,
    )
    if not done:
        return [stored.key]
    mail_notifications.account_notice(user, NoticeKind.EXPORT_READY)
    former = (PrivacyRequest.user_id == user.id, PrivacyRequest.id != lease.row_id)
    return _expire(*former)


def fail(lease: Lease, reason: str) -> bool:
    """It did not work: try again after a pause, or leave it with its reason after the last try."""
    if lease.attempt >= MAX_ATTEMPTS:
        return refuse(lease, reason)
    pause = leases.backoff(lease.attempt, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)
    return leases.postpone(PrivacyRequest, lease, reason[:300], pause)


def refuse(lease: Lease, reason: str) -> bool:
    """It is not to be, or no try would do better."""
    ended: dict[str, Any] = {"error": reason[:300], "finished_at": clock.now()}
    return leases.settle(PrivacyRequest, lease, PrivacyState.FAILED, **ended)


def give_up() -> bool:
    """Leave what killed a worker at every try, with that for a reason."""
    return leases.change(
        PrivacyRequest,
        _EXPORT & leases.due(PrivacyRequest) & (PrivacyRequest.attempts >= MAX_ATTEMPTS),
        state=PrivacyState.FAILED,
        lease=None,
        error="the worker died while writing it",
        finished_at=clock.now(),
    )


def expire(limit: int) -> list[str]:
    """End up to `limit` exports whose time is over; answers the keys of their files."""
    ids = privacy_requests.due(PrivacyKind.EXPORT, [PrivacyState.READY], limit)
    return _expire(PrivacyRequest.id.in_(ids)) if ids else []


def expire_early(request_ids: Sequence[int]) -> list[str]:
    """End these copies before their time; answers the keys of their files."""
    return _expire(PrivacyRequest.id.in_(request_ids)) if request_ids else []


def withdraw(user: User) -> list[str]:
    """End every export of `user`, ready or not; answers the keys of their files."""
    leases.change(
        PrivacyRequest,
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
        expired: dict[str, Any] = {"state": PrivacyState.EXPIRED, "storage_key": None}
        leases.change(PrivacyRequest, PrivacyRequest.id.in_(ids), **expired)
    return [row.storage_key for row in found if row.storage_key]


def _of_its_owner(column: InstrumentedAttribute[int]) -> ScalarSelect[int]:
    return select(column).where(User.id == PrivacyRequest.user_id).scalar_subquery()
