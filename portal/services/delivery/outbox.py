"""Functions on the outbox: schedule, lease, settle, retry, park and drop mails.

Sending happens between two transactions, see `jobs.outbox`; leases are in
`services.delivery.leases`.
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
from portal.models.delivery import Outbox, OutboxState, ReasonNotToSend
from portal.models.tickets import TicketEvent
from portal.queueing import Job, enqueue_after_commit, publish_to_ticket
from portal.services.delivery import leases, mail_server
from portal.services.delivery.leases import Lease

# Tries for about four days, as mail servers do (RFC 5321, 4.5.4.1).
MAX_ATTEMPTS = 32
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=4)
# Pause after a failed probe, so that another mail is the next one.
_AFTER_A_PROBE = timedelta(minutes=1)
_WORKER_DIED = "no worker lived to say what became of the last try"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to schedule. `user_id` is the user whose rights are checked when it is sent.

    `data` holds parameters of the template. It is stored in plain text, so it must not contain
    secrets. The mail is sent after `wait`. With a `reason` it is not sent: the row says why.
    """

    template: str
    recipient: str
    user_id: int | None = None
    event_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    wait: timedelta = timedelta(0)
    reason: ReasonNotToSend | None = None


def schedule_mails(*mails: Mail) -> None:
    """Add mails to the outbox; they are sent after the commit."""
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
            "state": OutboxState.DROPPED if mail.reason else OutboxState.PENDING,
            "error": mail.reason,
            "request_id": logs.request_id.get()[:64],
        }
        for mail in mails
    ]
    if not rows:
        return
    for outbox_id, state, due_at in db.session.execute(_OWED, rows):
        # The sweep finds those that are due later.
        if state == OutboxState.PENDING and due_at <= now:
            enqueue_after_commit(db.session(), Job.DELIVER_OUTBOX, outbox_id)


# One core statement: the rows are not needed as objects in this transaction.
_OWED = insert(Outbox.__table__).returning(  # type: ignore[arg-type]
    Outbox.__table__.c.id, Outbox.__table__.c.state, Outbox.__table__.c.due_at
)


def new_message_id(base_url: str) -> str:
    """A random Message-ID under our own host."""
    host = (urlsplit(base_url).hostname or "").encode("idna").decode("ascii")
    # What is no host name (an IPv6 address) may not stand here as it is (RFC 5322, 3.6.4).
    return f"<lodge.{secrets.token_hex(16)}@{re.sub('[^a-z0-9.-]+', '-', host).strip('.-')}>"


def claim(outbox_id: int) -> Lease | None:
    """The lease on a due mail; None when it is not due or another worker has it.

    None too while the mail server is unreachable, except for a probe.
    """
    return _claim(select(Outbox.id, Outbox.lease).where(Outbox.id == outbox_id))


def claim_next() -> Lease | None:
    """The lease on the longest due mail that no other worker is claiming."""
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
        # The last worker died: the message may crash workers, or the server may hang them.
        mail_server.record_failure(row.id, _WORKER_DIED, reached=True)
    mail_server.begin_try()
    return lease


def mark_sent(lease: Lease) -> bool:
    """Settle a delivered mail; False, and no change, when the lease was lost."""
    mail_server.record_answer(sent=True)
    return _settle(lease, OutboxState.SENT, sent_at=clock.now(), error=None)


def mark_dropped(lease: Lease, reason: str) -> bool:
    """Settle a mail that must not be sent any more."""
    return _settle(lease, OutboxState.DROPPED, error=reason)


def mark_refused(lease: Lease, reason: str) -> bool:
    """Park a mail that the server rejected permanently."""
    mail_server.record_answer(sent=False)
    return park_leased(lease, reason)


def park_leased(lease: Lease, reason: str) -> bool:
    """Park a mail for which retrying is pointless."""
    return _settle(lease, OutboxState.PARKED, error=reason)


def _settle(lease: Lease, state: OutboxState, **values: Any) -> bool:
    settled = leases.settle(Outbox, lease, state, **values)
    if settled:
        _publish(lease.row_id)
    return settled


def _publish(outbox_id: int) -> None:
    """Tell staff who have its ticket open, if it is about one."""
    about = select(TicketEvent.ticket_id).join(Outbox, Outbox.event_id == TicketEvent.id)
    ticket_id = db.session.scalar(about.where(Outbox.id == outbox_id))
    if ticket_id is not None:
        publish_to_ticket(db.session(), ticket_id, internal=True)


def postpone(lease: Lease, reason: str, *, reached: bool) -> bool:
    """Retry after a pause, or park after the last try.

    `reached`: whether the server answered about this mail. A failure of the server does not count
    as a try, so such a mail waits for days if necessary.
    """
    if mail_server.record_failure(lease.row_id, reason, reached=reached):
        pause = leases.jittered(_AFTER_A_PROBE)
        return leases.postpone(Outbox, lease, reason, pause, attempts=lease.attempt - 1)
    return retry_later(lease, reason)


def retry_later(lease: Lease, reason: str) -> bool:
    """As `postpone`, for failures that are not the server's."""
    if lease.attempt >= MAX_ATTEMPTS:
        return park_leased(lease, reason)
    return leases.postpone(Outbox, lease, reason, backoff_after(lease.attempt))


def backoff_after(attempt: int) -> timedelta:
    """Pause after that many tries."""
    return leases.backoff(attempt, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)


def retry(outbox_id: int) -> bool:
    """Give a parked, dropped or waiting mail all its tries again, from now.

    False for one that was sent or is being sent, so that no mail is sent twice.
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


def mark_returned(outbox_id: int, reason: str) -> bool:
    """Park a mail that was sent and came back; False for any other."""
    sent = (Outbox.id == outbox_id) & (Outbox.state == OutboxState.SENT)
    returned = leases.change(Outbox, sent, state=OutboxState.PARKED, error=reason)
    if returned:
        _publish(outbox_id)
    return returned


def park(outbox_id: int, reason: str) -> bool:
    """Park a waiting mail; False when it is being sent or is not waiting."""
    waiting = (Outbox.id == outbox_id) & leases.unleased(Outbox)
    return leases.change(Outbox, waiting, state=OutboxState.PARKED, lease=None, error=reason)


def drop(outbox_id: int, reason: str) -> bool:
    """Drop a parked mail; False for any other."""
    parked = (Outbox.id == outbox_id) & (Outbox.state == OutboxState.PARKED)
    return leases.change(Outbox, parked, state=OutboxState.DROPPED, error=reason)


def park_exhausted() -> bool:
    """Park mails that used up their tries because their workers died."""
    return leases.change(
        Outbox,
        leases.due(Outbox) & (Outbox.attempts >= MAX_ATTEMPTS),
        state=OutboxState.PARKED,
        lease=None,
        error=_WORKER_DIED + func.coalesce("; before that: " + Outbox.error, ""),
    )


def delete_settled(before: datetime, limit: int) -> None:
    """Delete up to `limit` mails that were sent or dropped before `before`.

    Parked mails are kept until an operator decides.
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
