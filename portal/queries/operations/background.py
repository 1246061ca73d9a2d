"""Lags of background work: how long ago each task ran, or how long its oldest work has waited.

Missing heartbeats count as a failure. Each lag has a limit.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select

from portal import clock
from portal.extensions import db, setting
from portal.inbound_url import Listening
from portal.models.operations import Heartbeat, HeartbeatName
from portal.models.operations.heartbeat import PART_SEPARATOR
from portal.models.privacy import PrivacyKind, PrivacyRequest, PrivacyState
from portal.models.privacy.privacy_request import OPEN_EXPORT, UNDO_FOR
from portal.queries.delivery import mail_server, outbox
from portal.queries.operations import table_exports
from portal.queries.operations.heartbeats import SWEEPS
from portal.queries.products import syncs
from portal.queries.webhooks import deliveries

_ROUND = timedelta(minutes=5)
_WAITING = timedelta(minutes=5)
_EXPORT = timedelta(hours=1)
_DELETION = timedelta(days=1)


class Lag(NamedTuple):
    """`name` is the task's, such as `sweep:seal_actions`. `age` is None when it never ran."""

    name: str
    age: timedelta | None
    limit: timedelta

    @property
    def is_late(self) -> bool:
        return self.age is None or self.age > self.limit


class PartRun(NamedTuple):
    """The last run of a part of a sweep. `error` is the exception's class; None after success.

    `seconds` is None while no run has finished.
    """

    name: str
    began: timedelta
    seconds: float | None
    error: str | None
    # When it is due again; of one that runs, when another worker may take over.
    due_at: datetime | None
    # None while no run of this version has finished.
    every: timedelta | None


def lags() -> list[Lag]:
    """All lags. A missing backup is none: backups may be made by other means."""
    return [*_heartbeats(), *_mail(), *_work()]


def excessive_lags() -> list[Lag]:
    return [lag for lag in lags() if lag.is_late]


def runs() -> list[PartRun]:
    """The last runs of all parts of sweeps."""
    now = clock.now()
    rows = db.session.scalars(select(Heartbeat).order_by(Heartbeat.name))
    return [
        PartRun(
            row.name,
            now - row.began_at,
            row.seconds,
            row.error,
            row.due_at,
            None if row.every_seconds is None else timedelta(seconds=row.every_seconds),
        )
        for row in rows
        if row.began_at is not None
    ]


def _heartbeats() -> Iterator[Lag]:
    now = clock.now()
    ages = {row.name: now - row.beat_at for row in db.session.scalars(select(Heartbeat))}
    for sweep in SWEEPS:
        yield Lag(sweep, ages.get(sweep), _ROUND)
    for name in sorted(ages):
        if PART_SEPARATOR in name:
            yield Lag(name, ages[name], _ROUND)
    if isinstance(setting("INBOUND_URL"), Listening):
        yield Lag(HeartbeatName.INBOUND, ages.get(HeartbeatName.INBOUND), _ROUND)
    limit: timedelta | None = setting("BACKUP_MAX_AGE")
    if limit and HeartbeatName.BACKUP in ages:
        yield Lag(HeartbeatName.BACKUP, ages[HeartbeatName.BACKUP], limit)


def _mail() -> Iterator[Lag]:
    server = mail_server.state()
    yield Lag("mail_queue", outbox.overdue(), _WAITING)
    yield Lag("mail_server", server.unreachable_for, mail_server.UNREACHABLE_LIMIT)
    yield Lag("mail_failing", server.failing_for or timedelta(0), mail_server.FAILING_LIMIT)


def _work() -> Iterator[Lag]:
    yield Lag("webhook_queue", deliveries.overdue(), _WAITING)
    yield Lag("exports", _asked(PrivacyKind.EXPORT, OPEN_EXPORT), _EXPORT)
    yield Lag("table_exports", table_exports.oldest_open(), _EXPORT)
    yield Lag("product_syncs", syncs.overdue(), _EXPORT)
    asked = _asked(PrivacyKind.DELETION, (PrivacyState.WAITING,))
    yield Lag("deletions", max(timedelta(0), asked - UNDO_FOR), _DELETION)


def _asked(kind: PrivacyKind, states: Collection[PrivacyState]) -> timedelta:
    """Age of the oldest request in one of `states`; zero without any."""
    open_requests = (PrivacyRequest.kind == kind) & PrivacyRequest.state.in_(states)
    first = db.session.scalar(select(func.min(PrivacyRequest.created_at)).where(open_requests))
    return clock.now() - first if first else timedelta(0)
