"""Outbox verbs: owe a mail, lease it, settle it, decide about a parked one.

The row is the truth about a mail, and whoever sends holds its lease (`services.delivery.leases`).
Sending itself is not here: it happens between two transactions, see `jobs.outbox`.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Select, delete, func, insert, or_, select

from portal import clock, logs
from portal.bulk_statements import execute_bulk
from portal.extensions import db, setting
from portal.models.delivery import Outbox, OutboxState
from portal.queueing import Job, enqueue_after_commit
from portal.services.delivery import leases, mail_server
from portal.services.delivery.leases import Lease

# Four days and some hours: as long as mail servers themselves are patient (RFC 5321, 4.5.4.1).
MAX_ATTEMPTS = 32
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=4)
# A mail that failed because of the server lets others be the probe for a while.
_AFTER_A_PROBE = timedelta(minutes=1)
_WORKER_DIED = "no worker lived to say what became of the last try"


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one recipient. `user_id` is whose rights count when it is sent.

    `data` is what the template needs and no row knows. It is kept as it is, so never a secret. It
    leaves after `wait`.
    """

    template: str
    recipient: str
    user_id: int | None = None
    event_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    wait: timedelta = timedelta(0)


def schedule_mails(*mails: Mail) -> None:
    """Write `mails` down with the change that owes them; they are sent after its commit."""
    now = clock.now()
    rows = [
        {
            "template": mail.template,
            "recipient": mail.recipient,
            "user_id": mail.user_id,
            "event_id": mail.event_id,
            "data": dict(mail.data),
            "message_id": new_message_id(setting("BASE_URL")),
            "due_at": now + mail.wait,
            "request_id": logs.request_id.get()[:64],
        }
        for mail in mails
    ]
    if not rows:
        return
    for outbox_id, due_at in db.session.execute(_OWED, rows):
        if due_at <= now:  # the sweep finds the others
            enqueue_after_commit(db.session(), Job.DELIVER_OUTBOX, outbox_id)


# One statement for all, and no objects: nobody looks at them again in this transaction.
_OWED = insert(Outbox.__table__).returning(  # type: ignore[arg-type]
    Outbox.__table__.c.id, Outbox.__table__.c.due_at
)


def new_message_id(base_url: str) -> str:
    """A Message-ID in the name of our own host, fixed before the first try to send."""
    host = (urlsplit(base_url).hostname or "").encode("idna").decode("ascii")
    # What is no host name (an IPv6 address) may not stand here as it is (RFC 5322, 3.6.4).
    return f"<lodge.{secrets.token_hex(16)}@{re.sub('[^a-z0-9.-]+', '-', host).strip('.-')}>"


def claim(outbox_id: int) -> Lease | None:
    """The lease on a mail that is due; None when it is not, or another has the lease.

    None as well while the server is away, but for one mail now and then.
    """
    return _claim(select(Outbox.id, Outbox.lease).where(Outbox.id == outbox_id))


def claim_next() -> Lease | None:
    """The lease on the mail that has been due longest, of those that nobody is just taking."""
    longest = (
        select(Outbox.id, Outbox.lease)
        .where(leases.due(Outbox), Outbox.attempts < MAX_ATTEMPTS)
        .order_by(Outbox.due_at)
        .limit(1)
    )
    return _claim(longest.with_for_update(skip_locked=True))


def _claim(which: Select[int, str | None]) -> Lease | None:
    if not mail_server.may_be_tried():
        return None
    row = db.session.execute(which).one_or_none()
    lease = row and leases.claim(Outbox, row.id, Outbox.attempts < MAX_ATTEMPTS)
    if not row or lease is None:
        return None
    if row.lease is not None:
        # Nobody was left to say so: a message may end whoever sends it, or a server all of them.
        mail_server.record_failure(row.id, _WORKER_DIED, reached=True)
    mail_server.begin_try()
    return lease


def mark_sent(lease: Lease) -> bool:
    """The mail has left. False, and nothing changed, when the lease has gone to another."""
    mail_server.record_answer(sent=True)
    return leases.settle(Outbox, lease, OutboxState.SENT, sent_at=clock.now(), error=None)


def mark_dropped(lease: Lease, reason: str) -> bool:
    """The mail must not leave any more, because of `reason`."""
    return leases.settle(Outbox, lease, OutboxState.DROPPED, error=reason)


def mark_refused(lease: Lease, reason: str) -> bool:
    """The server said no to this mail, and would say so again: it is parked."""
    mail_server.record_answer(sent=False)
    return park_leased(lease, reason)


def park_leased(lease: Lease, reason: str) -> bool:
    """No try would do better: the mail waits for people."""
    return leases.settle(Outbox, lease, OutboxState.PARKED, error=reason)


def postpone(lease: Lease, reason: str, *, reached: bool) -> bool:
    """The mail did not leave: try again after a pause, or park it when that was the last try.

    `reached` is whether the server was there and spoke about this mail. What is the server's fault
    costs no try: such a mail waits for days if need be, and goes when the server is back.
    """
    if mail_server.record_failure(lease.row_id, reason, reached=reached):
        pause = leases.jittered(_AFTER_A_PROBE)
        return leases.postpone(Outbox, lease, reason, pause, attempts=lease.attempt - 1)
    return retry_later(lease, reason)


def retry_later(lease: Lease, reason: str) -> bool:
    """As `postpone`, for what says nothing of the server."""
    if lease.attempt >= MAX_ATTEMPTS:
        return park_leased(lease, reason)
    return leases.postpone(Outbox, lease, reason, backoff_after(lease.attempt))


def backoff_after(attempt: int) -> timedelta:
    """How long to wait after that many tries: doubling, and never all mails at one moment."""
    return leases.backoff(attempt, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)


def retry(outbox_id: int) -> bool:
    """Give a parked, dropped or waiting mail all its tries again, from now.

    False for one that was sent or is being sent: no decision of ours may double a mail.
    """
    unsent = or_(
        Outbox.state.in_([OutboxState.PARKED, OutboxState.DROPPED]),
        (Outbox.state == OutboxState.PENDING) & Outbox.lease.is_(None),
    )
    again = leases.change(
        Outbox,
        (Outbox.id == outbox_id) & unsent,
        state=OutboxState.PENDING,
        due_at=clock.now(),
        attempts=0,
        lease=None,
    )
    if again:
        enqueue_after_commit(db.session(), Job.DELIVER_OUTBOX, outbox_id)
    return again


def park(outbox_id: int, reason: str) -> bool:
    """Stop trying to send a mail that waits; False when it is being sent or needs no stopping."""
    waiting = (Outbox.id == outbox_id) & leases.unleased(Outbox)
    return leases.change(Outbox, waiting, state=OutboxState.PARKED, lease=None, error=reason)


def drop(outbox_id: int, reason: str) -> bool:
    """Decide that a parked mail is never to leave; False for any other."""
    parked = (Outbox.id == outbox_id) & (Outbox.state == OutboxState.PARKED)
    return leases.change(Outbox, parked, state=OutboxState.DROPPED, error=reason)


def park_exhausted() -> bool:
    """Park what used up its tries without anybody living to say so."""
    return leases.change(
        Outbox,
        leases.due(Outbox) & (Outbox.attempts >= MAX_ATTEMPTS),
        state=OutboxState.PARKED,
        lease=None,
        error=_WORKER_DIED + func.coalesce("; before that: " + Outbox.error, ""),
    )


def delete_settled(before: datetime, limit: int) -> None:
    """Remove up to `limit` mails that left, or must not leave, before that moment.

    Those that were given up stay: somebody has to decide about them.
    """
    old = (
        select(Outbox.id)
        .where(
            Outbox.state.in_([OutboxState.SENT, OutboxState.DROPPED]),
            Outbox.due_at < before,
        )
        .limit(limit)
    )
    execute_bulk(delete(Outbox).where(Outbox.id.in_(old)))
