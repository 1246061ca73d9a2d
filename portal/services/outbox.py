"""Outbox verbs: owe a mail, lease it, settle it, decide about a parked one.

The row is the truth about a mail. Whoever sends holds its lease: `claim` takes it by one
conditional update, and nothing is settled by somebody whose lease has gone to another.
Sending itself is not here: it happens between two transactions, see `jobs.outbox`.
"""

import random
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, or_, update

from portal import clock
from portal.extensions import db, setting
from portal.models import Outbox, OutboxState
from portal.queueing import Job, enqueue

MAX_ATTEMPTS = 12
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one recipient. `user_id` is whose rights count when it is sent.

    `data` is what the template needs and no row knows. It is kept as it is, so never a secret.
    """

    template: str
    recipient: str
    user_id: int | None = None
    event_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


def owe(*mails: Mail) -> None:
    """Write `mails` down with the change that owes them; they are sent after its commit."""
    now = clock.now()
    rows = [
        Outbox(
            template=mail.template,
            recipient=mail.recipient,
            user_id=mail.user_id,
            event_id=mail.event_id,
            data=dict(mail.data),
            message_id=new_message_id(setting("BASE_URL")),
            due_at=now,
        )
        for mail in mails
    ]
    db.session.add_all(rows)
    db.session.flush()
    for row in rows:
        enqueue(db.session(), Job.DELIVER_OUTBOX, row.id)


def new_message_id(base_url: str) -> str:
    """A Message-ID in the name of our own host, fixed before the first try to send."""
    host = (urlsplit(base_url).hostname or "").encode("idna").decode("ascii")
    # What is no host name (an IPv6 address) may not stand here as it is (RFC 5322, 3.6.4).
    return f"<lodge.{secrets.token_hex(16)}@{re.sub('[^a-z0-9.-]+', '-', host).strip('.-')}>"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to send one mail, until it runs out and somebody else takes it."""

    outbox_id: int
    token: str
    attempt: int


def claim(outbox_id: int) -> Lease | None:
    """The lease on a mail that is due; None when it is not, or another has the lease."""
    now = clock.now()
    token = secrets.token_hex(16)
    attempt = db.session.scalar(
        update(Outbox)
        .where(
            Outbox.id == outbox_id,
            Outbox.state == OutboxState.PENDING,
            Outbox.due_at <= now,
            Outbox.attempts < MAX_ATTEMPTS,
        )
        # Counted now and not at the end: a mail that kills its worker has to run out of tries too.
        .values(lease=token, due_at=now + setting("OUTBOX_LEASE"), attempts=Outbox.attempts + 1)
        .returning(Outbox.attempts)
        .execution_options(synchronize_session=False)
    )
    return None if attempt is None else Lease(outbox_id, token, attempt)


def renew(lease: Lease) -> bool:
    """Make the lease last its full time from now; False when it has gone to another."""
    return _change(_held(lease), due_at=clock.now() + setting("OUTBOX_LEASE"))


def mark_sent(lease: Lease) -> bool:
    """The mail has left. False, and nothing changed, when the lease has gone to another."""
    return _settle(lease, OutboxState.SENT, sent_at=clock.now(), error=None)


def mark_dropped(lease: Lease, reason: str) -> bool:
    """The mail must not leave any more, because of `reason`."""
    return _settle(lease, OutboxState.DROPPED, error=reason)


def mark_failed(lease: Lease, reason: str, *, final: bool = False) -> bool:
    """The mail did not leave: try again after a pause, or park it when that was the last try."""
    if final or lease.attempt >= MAX_ATTEMPTS:
        return _settle(lease, OutboxState.PARKED, error=reason)
    due_at = clock.now() + pause_after(lease.attempt)
    return _settle(lease, OutboxState.PENDING, error=reason, due_at=due_at)


def pause_after(attempt: int) -> timedelta:
    """How long to wait after that many tries: doubling, and never all mails at one moment."""
    doubled: timedelta = min(_FIRST_PAUSE * 2 ** (attempt - 1), _LONGEST_PAUSE)
    return doubled * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, keeps no secret


def retry(outbox_id: int) -> bool:
    """Give a parked, dropped or waiting mail all its tries again, from now.

    False for one that was sent or is being sent: no decision of ours may double a mail.
    """
    unsent = or_(
        Outbox.state.in_([OutboxState.PARKED, OutboxState.DROPPED]),
        (Outbox.state == OutboxState.PENDING) & Outbox.lease.is_(None),
    )
    again = _change(
        (Outbox.id == outbox_id) & unsent,
        state=OutboxState.PENDING,
        due_at=clock.now(),
        attempts=0,
        lease=None,
    )
    if again:
        enqueue(db.session(), Job.DELIVER_OUTBOX, outbox_id)
    return again


def park(outbox_id: int, reason: str) -> bool:
    """Stop trying to send a mail that waits; False when it is being sent or needs no stopping."""
    free = or_(Outbox.lease.is_(None), Outbox.due_at <= clock.now())
    waiting = (Outbox.id == outbox_id) & (Outbox.state == OutboxState.PENDING) & free
    return _change(waiting, state=OutboxState.PARKED, lease=None, error=reason)


def park_exhausted() -> bool:
    """Park what used up its tries without anybody living to say so."""
    spent = (
        (Outbox.state == OutboxState.PENDING)
        & (Outbox.due_at <= clock.now())
        & (Outbox.attempts >= MAX_ATTEMPTS)
    )
    return _change(
        spent, state=OutboxState.PARKED, lease=None, error="the worker died while sending it"
    )


def _held(lease: Lease) -> ColumnElement[bool]:
    # The token alone: while nobody has taken an expired lease over, it is still its holder's.
    return (
        (Outbox.id == lease.outbox_id)
        & (Outbox.state == OutboxState.PENDING)
        & (Outbox.lease == lease.token)
    )


def _settle(lease: Lease, state: OutboxState, **values: Any) -> bool:
    return _change(_held(lease), state=state, lease=None, **values)


def _change(which: ColumnElement[bool], **values: Any) -> bool:
    statement = update(Outbox).where(which).values(**values).returning(Outbox.id)
    changed = db.session.scalars(statement.execution_options(synchronize_session=False))
    return changed.first() is not None
