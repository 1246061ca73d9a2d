"""Messages on their way: kept, leased to be read, settled, tried again.

Reading happens between two transactions, see `jobs.inbound_reading`; what becomes of what was read
is decided in `services.inbound.reading`, and by people in `services.inbound.decisions`.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, update

from portal import clock
from portal.bulk_statements import execute_bulk, insert_missing
from portal.extensions import db, setting
from portal.mail_parsing.envelope import Head
from portal.models.inbound import (
    InboundMessage,
    InboundState,
    InboundWay,
    Mailbox,
    Reason,
    Step,
)
from portal.models.inbound.inbound_message import MAX_MESSAGE_ID
from portal.models.people import Actor
from portal.queries.inbound import messages as queries
from portal.queueing import Job, enqueue_after_commit
from portal.services.delivery import leases
from portal.services.delivery.leases import Lease
from portal.services.inbound import mailboxes, senders, texts
from portal.services.tickets import notifications
from portal.storage import Stored

# Within a day: whatever stops one message that long will not pass by itself.
MAX_ATTEMPTS = 8
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=6)


class Kept(NamedTuple):
    """`is_new` is False for a mail that this mailbox has had before."""

    id: int
    is_new: bool


def keep(
    *,
    stored: Stored,
    fingerprint: str,
    way: InboundWay,
    recipients: Iterable[str],
    mailbox: Mailbox | None = None,
) -> Kept:
    """Keep a message whose bytes are stored. It is read once this transaction has committed.

    `recipients` are those that the mail server named, else those in the header; without a
    `mailbox` they lead to one.
    """
    named = list(recipients)
    mailbox = mailbox or mailboxes.find_or_default(named)
    kept = _insert(
        mailbox,
        fingerprint,
        way=way,
        storage_key=stored.key,
        size=stored.size,
        recipient=(named or [""])[0][:254],
    )
    if kept.is_new:
        enqueue_after_commit(db.session(), Job.READ_INBOUND)
    return kept


def note_left_out(
    *, head: Head, fingerprint: str, size: int, way: InboundWay, mailbox: Mailbox, reason: Reason
) -> Kept:
    """Keep a row of a message that was not taken and stays where it is: it has failed."""
    return _insert(
        mailbox,
        fingerprint,
        way=way,
        size=size,
        message_id=head.message_id[:MAX_MESSAGE_ID],
        sender=senders.address_of(head),
        subject=texts.subject_of(head),
        state=InboundState.FAILED,
        reason=reason,
        journey=[line(Step.RECEIVED, way=way, size=size), line(Step.FAILED, reason=reason)],
    )


def _insert(
    mailbox: Mailbox, fingerprint: str, *, way: InboundWay, size: int, **values: Any
) -> Kept:
    moment = clock.now()
    row = {
        "mailbox_id": mailbox.id,
        "way": way,
        "received_at": moment,
        "storage_key": None,
        "size": size,
        "fingerprint": fingerprint,
        "recipient": "",
        "message_id": "",
        "sender": "",
        "subject": "",
        "state": InboundState.RECEIVED,
        "is_accepted": False,
        "journey": [line(Step.RECEIVED, way=way, size=size)],
        "attempts": 0,
        "due_at": moment,
        **values,
    }
    is_new = bool(insert_missing(InboundMessage, [row]))
    same = (InboundMessage.mailbox_id == mailbox.id, InboundMessage.fingerprint == fingerprint)
    message_id = db.session.scalars(select(InboundMessage.id).where(*same)).one()
    if is_new:
        mailboxes.record_mail(mailbox)
    return Kept(message_id, is_new)


def line(step: Step, **facts: Any) -> dict[str, Any]:
    """A line of a message's journey."""
    return {"at": clock.now().isoformat(), "step": step, **facts}


def claim_next() -> Lease | None:
    """The lease on the longest due message, one of each mailbox at a time."""
    found = queries.next_due(MAX_ATTEMPTS)
    if found is None:
        return None
    message_id, mailbox_id = found
    # Another worker may claim another one of this mailbox at the same moment: the second one waits
    # here, and sees it.
    lock = select(Mailbox.id).where(Mailbox.id == mailbox_id).with_for_update(key_share=True)
    db.session.execute(lock)
    if queries.is_busy(mailbox_id):
        return None
    return leases.claim(InboundMessage, message_id)


def held(lease: Lease) -> InboundMessage | None:
    """The leased message, locked; None when another worker has the lease."""
    query = select(InboundMessage).where(
        InboundMessage.id == lease.row_id, InboundMessage.lease == lease.token
    )
    return db.session.scalar(query.with_for_update())


def settle(message: InboundMessage, state: InboundState, reason: Reason | None = None) -> None:
    """End the lease, and say what became of the message."""
    message.state, message.reason, message.lease, message.error = state, reason, None, None
    if state not in queries.WAITING_FOR_STAFF:
        message.preview = ""
        notifications.mail_settled(message.id)
    step = {InboundState.HELD: Step.HELD, InboundState.SUSPECTED: Step.HELD}.get(state)
    if step is not None:
        add_line(message, step, state=state, reason=reason)


def add_line(message: InboundMessage, step: Step, **facts: Any) -> None:
    # A new list: changes inside of one are not noticed.
    message.journey = [*message.journey, line(step, **facts)]


def fail(lease: Lease, reason: Reason, error: str) -> None:
    """It cannot be read, now or ever: it stays with its reason, and nothing waits for it."""
    message = held(lease)
    if message is not None:
        message.state, message.reason, message.lease = InboundState.FAILED, reason, None
        message.error = error[:300]
        add_line(message, Step.FAILED, reason=reason, error=error[:300])


def postpone(lease: Lease, error: str) -> None:
    """After an error of ours, try again later; others of its mailbox go on meanwhile."""
    if lease.attempt >= MAX_ATTEMPTS:
        fail(lease, Reason.ERROR, error)
    else:
        pause = leases.backoff(lease.attempt, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)
        leases.postpone(InboundMessage, lease, error[:300], pause)


def fail_exhausted() -> bool:
    """Give up messages whose readers died at each try; whether there were any."""
    return leases.change(
        InboundMessage,
        leases.due(InboundMessage) & (InboundMessage.attempts >= MAX_ATTEMPTS),
        state=InboundState.FAILED,
        reason=Reason.WORKER_DIED,
        lease=None,
    )


def read_again(message: InboundMessage, *, by: Actor, accept: bool) -> None:
    """Let a locked message be read again that waits for a decision, as `by` has decided.

    `accept`: what it was suspected of does not matter any more.
    """
    message.state, message.reason, message.error = InboundState.RECEIVED, None, None
    message.attempts, message.due_at = 0, clock.now()
    message.is_accepted = message.is_accepted or accept
    add_line(message, Step.AGAIN, by=by.id, accepted=accept)
    notifications.mail_settled(message.id)
    enqueue_after_commit(db.session(), Job.READ_INBOUND)


def forget_raw(limit: int) -> int:
    """Let go of the bytes of messages that were settled long ago; returns of how many.

    The sweep of the store deletes the files. What waits for staff keeps its own.
    """
    kept = setting("RAW_MAIL_RETENTION")
    if kept is None:
        return 0
    settled = (InboundState.DONE, InboundState.DISMISSED)
    old = (
        select(InboundMessage.id)
        .where(
            InboundMessage.state.in_(settled),
            InboundMessage.storage_key.is_not(None),
            InboundMessage.received_at < clock.now() - kept,
        )
        .order_by(InboundMessage.received_at)
        .limit(limit)
    )
    statement = update(InboundMessage).where(InboundMessage.id.in_(old)).values(storage_key=None)
    return execute_bulk(statement)
