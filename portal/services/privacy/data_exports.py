"""States of an export of personal data: claim, progress, file, expiry.

Rows are leased like mails (`services.delivery.leases`). Functions that leave files without a row
return their storage keys; the caller deletes those after the commit. The file's content is made by
`services.privacy.export_zip`.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, select
from sqlalchemy.orm import InstrumentedAttribute

from portal import clock
from portal.extensions import db, setting
from portal.models.delivery import NoticeKind
from portal.models.people import User
from portal.models.privacy import PrivacyKind, PrivacyRequest, PrivacyState
from portal.models.privacy.privacy_request import OPEN_EXPORT
from portal.queries.privacy import privacy_requests
from portal.services.delivery import leases, mail_notifications
from portal.services.delivery.leases import Lease
from portal.storage import Stored

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 3
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=20), timedelta(minutes=1)
_EXPORT = PrivacyRequest.kind == PrivacyKind.EXPORT


def claim(request_id: int) -> Lease | None:
    """The lease on a due export; None when it is not due or another worker has it."""
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
    """Why the export must not be made any more, or None."""
    return None if user.is_active else "the account is disabled"


def advance(lease: Lease, percent: int) -> bool:
    """Record the progress and renew the lease; False when it was lost."""
    return leases.renew(PrivacyRequest, lease, span=LEASE, progress=percent)


def finish(lease: Lease, stored: Stored, ticket_ids: Sequence[int] = ()) -> list[str]:
    """Store the finished file and notify the user; returns storage keys of unneeded files.

    That is the new file if the lease was lost or the user's rights have changed, else the previous
    one: a user has one export at a time. `ticket_ids` are the tickets in the file.
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
    ends = now + setting("EXPORT_RETENTION")
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
        expires_at=ends,
        due_at=ends,
    )
    if not done:
        return [stored.key]
    mail_notifications.account_notice(user, NoticeKind.EXPORT_READY)
    former = (PrivacyRequest.user_id == user.id, PrivacyRequest.id != lease.row_id)
    return _expire(*former)


def fail(lease: Lease, reason: str) -> bool:
    """Retry after a pause, or fail after the last try."""
    if lease.attempt >= MAX_ATTEMPTS:
        return refuse(lease, reason)
    pause = leases.backoff(lease.attempt, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)
    return leases.postpone(PrivacyRequest, lease, reason[:300], pause)


def refuse(lease: Lease, reason: str) -> bool:
    """Fail without another try."""
    ended: dict[str, Any] = {"error": reason[:300], "finished_at": clock.now()}
    return leases.settle(PrivacyRequest, lease, PrivacyState.FAILED, **ended)


def give_up() -> bool:
    """Fail exports whose worker died at every try."""
    return leases.change(
        PrivacyRequest,
        _EXPORT & leases.due(PrivacyRequest) & (PrivacyRequest.attempts >= MAX_ATTEMPTS),
        state=PrivacyState.FAILED,
        lease=None,
        error="the worker died while writing it",
        finished_at=clock.now(),
    )


def expire(limit: int) -> list[str]:
    """Expire up to `limit` exports that are due to; return their storage keys."""
    ids = privacy_requests.due(PrivacyKind.EXPORT, [PrivacyState.READY], limit)
    return _expire(PrivacyRequest.id.in_(ids)) if ids else []


def expire_early(request_ids: Sequence[int]) -> list[str]:
    """Expire these exports now; return their storage keys."""
    return _expire(PrivacyRequest.id.in_(request_ids)) if request_ids else []


def withdraw(user: User) -> list[str]:
    """Expire all exports of `user`, ready or not; return their storage keys."""
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
