"""Leases on rows that are worked on outside a transaction: take one, make it last, settle the row.

The row is the truth. Whoever works on it holds its lease: `claim` takes it by one conditional
update, and nothing is settled by somebody whose lease has gone to another. A dead holder's lease
runs out. What is done under a lease is done by `jobs.delivery`.
"""

import random
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update

from portal import clock
from portal.extensions import db, setting

# A model that is `models.delivery.leased.Leased`; SQLAlchemy's own types do not say that.
Model = Any


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to send what a row owes, until it runs out and somebody else takes it."""

    row_id: int
    token: str
    attempt: int


def claim(
    model: Model,
    row_id: int,
    *conditions: ColumnElement[bool],
    span: timedelta | None = None,
    **values: Any,
) -> Lease | None:
    """The lease on a row that is due; None when it is not, or another has the lease."""
    token = secrets.token_hex(16)
    attempt = db.session.scalar(
        update(model)
        .where(model.id == row_id, due(model), *conditions)
        # Counted now and not at the end: what kills its worker has to run out of tries too.
        .values(lease=token, due_at=_end(span), attempts=model.attempts + 1, **values)
        .returning(model.attempts)
        .execution_options(synchronize_session=False)
    )
    return None if attempt is None else Lease(row_id, token, attempt)


def lasts_for(model: Model, lease: Lease, span: timedelta) -> bool:
    """Whether the lease has not gone to another, and runs out after `span` at the earliest."""
    due_at = db.session.scalar(select(model.due_at).where(_held(model, lease)))
    return due_at is not None and due_at >= clock.now() + span


def renew(model: Model, lease: Lease, *, span: timedelta | None = None, **values: Any) -> bool:
    """Make the lease last its full time from now; False when it has gone to another."""
    return change(model, _held(model, lease), due_at=_end(span), **values)


def settle(model: Model, lease: Lease, state: str, **values: Any) -> bool:
    """End the lease with what became of the row; False, and no change, when it has gone."""
    return change(model, _held(model, lease), state=state, lease=None, **values)


def postpone(model: Model, lease: Lease, reason: str, pause: timedelta, **values: Any) -> bool:
    """End the lease, and let the row be tried again after `backoff`; False when it has gone."""
    due_at = clock.now() + pause
    return settle(model, lease, model.OPEN[0], error=reason, due_at=due_at, **values)


def change(model: Model, which: ColumnElement[bool], **values: Any) -> bool:
    """Change the rows that are `which`; whether there were any."""
    statement = update(model).where(which).values(**values).returning(model.id)
    changed = db.session.scalars(statement.execution_options(synchronize_session=False))
    return changed.first() is not None


def backoff(attempt: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """How long to wait after that many tries: doubling, and never all rows at one moment."""
    return jittered(min(first * 2 ** min(attempt - 1, 30), longest))


def jittered(pause: timedelta) -> timedelta:
    """About as long, and never all rows at one moment."""
    return pause * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, keeps no secret


def due(model: Model) -> ColumnElement[bool]:
    """Something is left to do, now, and nobody is at it."""
    return and_(model.state.in_(model.OPEN), model.due_at <= clock.now())


def unleased(model: Model) -> ColumnElement[bool]:
    """Something is left to do, now or later, and nobody is at it."""
    nobody_has_it = or_(model.lease.is_(None), model.due_at <= clock.now())
    return and_(model.state.in_(model.OPEN), nobody_has_it)


def _end(span: timedelta | None) -> datetime:
    """When a lease runs out that begins now."""
    return clock.now() + (span or setting("OUTBOX_LEASE"))


def _held(model: Model, lease: Lease) -> ColumnElement[bool]:
    # The token alone: while nobody has taken an expired lease over, it is still its holder's.
    return and_(model.id == lease.row_id, model.state.in_(model.OPEN), model.lease == lease.token)
