"""Leases on rows that workers process outside of a transaction.

`claim` takes a lease by one conditional update, and only its holder can settle the row. The lease
of a dead worker expires. The loop over leased rows is `jobs.delivery`.
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
    """The right to process a row until it expires and another worker takes it."""

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
    """Take the lease on a due row; None when it is not due or another worker has it.

    The lease lasts for `span`, by default OUTBOX_LEASE; `values` are set with it.
    """
    token = secrets.token_hex(16)
    attempt = db.session.scalar(
        update(model)
        .where(model.id == row_id, due(model), *conditions)
        # Counted at the beginning, so that a row that kills its worker runs out of tries, too.
        .values(lease=token, due_at=_end(span), attempts=model.attempts + 1, **values)
        .returning(model.attempts)
        .execution_options(synchronize_session=False)
    )
    return None if attempt is None else Lease(row_id, token, attempt)


def lasts_for(model: Model, lease: Lease, span: timedelta) -> bool:
    """Whether the lease is still held and does not expire within `span`."""
    due_at = db.session.scalar(select(model.due_at).where(_held(model, lease)))
    return due_at is not None and due_at >= clock.now() + span


def renew(model: Model, lease: Lease, *, span: timedelta | None = None, **values: Any) -> bool:
    """Extend the lease to its full time from now; False when another worker has it."""
    return change(model, _held(model, lease), due_at=_end(span), **values)


def settle(model: Model, lease: Lease, state: str, **values: Any) -> bool:
    """End the lease and set the row's state; False, and no change, when another worker has it."""
    return change(model, _held(model, lease), state=state, lease=None, **values)


def postpone(model: Model, lease: Lease, reason: str, pause: timedelta, **values: Any) -> bool:
    """End the lease, and let the row be tried again after `pause`; False when it was lost."""
    due_at = clock.now() + pause
    return settle(model, lease, model.OPEN[0], error=reason, due_at=due_at, **values)


def change(model: Model, which: ColumnElement[bool], **values: Any) -> bool:
    """Update the rows that match `which`; whether there were any."""
    statement = update(model).where(which).values(**values).returning(model.id)
    changed = db.session.scalars(statement.execution_options(synchronize_session=False))
    return changed.first() is not None


def backoff(attempt: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """Pause after that many tries: doubled each time, with jitter."""
    return jittered(min(first * 2 ** min(attempt - 1, 30), longest))


def jittered(pause: timedelta) -> timedelta:
    """`pause` plus or minus up to 20 %, so that rows are not due at one moment."""
    return pause * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, keeps no secret


def due(model: Model) -> ColumnElement[bool]:
    """Condition: work is left, due now, and nobody holds the lease."""
    return and_(model.state.in_(model.OPEN), model.due_at <= clock.now())


def unleased(model: Model) -> ColumnElement[bool]:
    """Condition: work is left, due or not, and nobody holds the lease."""
    nobody_has_it = or_(model.lease.is_(None), model.due_at <= clock.now())
    return and_(model.state.in_(model.OPEN), nobody_has_it)


def _end(span: timedelta | None) -> datetime:
    """When a lease that begins now expires."""
    return clock.now() + (span or setting("OUTBOX_LEASE"))


def _held(model: Model, lease: Lease) -> ColumnElement[bool]:
    # The token alone: while nobody has taken an expired lease over, it is still its holder's.
    return and_(model.id == lease.row_id, model.state.in_(model.OPEN), model.lease == lease.token)
