"""Circuit breaker for the mail server, shared by all workers.

While the server is unreachable, one mail at a time is tried. Mails that fail because of it do not
use up a try, and leave within minutes of its return.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.delivery import MailServer
from portal.queueing import Job, enqueue_after_commit

_ID = 1
# Number of different mails that fail in a row before the circuit opens, for whatever reason.
_OPENS_AFTER = 3
_FIRST_REST, _LONGEST_REST = timedelta(seconds=5), timedelta(minutes=2)
_ABOUT_MAILS = "it takes no mail for now, see: flask outbox list"
# Longer than a probe can take: its worker may die.
_PROBE = timedelta(seconds=60)
# Resolution of `last_sent_at`, which saves writes.
_NOTED_EVERY = timedelta(seconds=10)


def may_be_tried() -> bool:
    """Whether a mail may be sent now. While the circuit is open, the row is locked."""
    server = _read(lock=False)
    if server is None or server.retry_at is None:
        return True
    server = _read(lock=True)
    return server is None or server.retry_at is None or server.retry_at <= clock.now()


def begin_try() -> None:
    """Record that a mail is being sent. While the circuit is open it is the only probe."""
    server = _read(lock=False)
    if server is not None and server.retry_at is not None:
        server.retry_at = clock.now() + _PROBE
        db.session.flush()


def record_answer(*, sent: bool) -> None:
    """The server accepted a mail, or rejected its recipient: it is reachable."""
    server, now = _read(lock=False), clock.now()
    if server is not None and not _is_news(server, now, sent=sent):
        return
    server = _locked()
    if sent:
        server.last_sent_at = now
    if server.retry_at is not None:
        # Send waiting mails now, not with the next sweep.
        enqueue_after_commit(db.session(), Job.DRAIN_OUTBOX)
    if sent or server.retry_at is not None:
        server.failing_since = server.retry_at = server.error = None
        server.failing = []
    db.session.flush()


def record_failure(outbox_id: int, reason: str, *, reached: bool) -> bool:
    """A mail was not delivered; returns whether that is the server's fault, not the mail's.

    `reached`: whether the server answered about this mail.
    """
    server, now = _locked(), clock.now()
    server.failing_since = server.failing_since or now
    server.failing = sorted({*server.failing, outbox_id})[:_OPENS_AFTER]
    # A reply about a mail may name its recipient; it is stored with that mail.
    server.error = _ABOUT_MAILS if reached else reason
    is_open = not reached or server.retry_at is not None or len(server.failing) >= _OPENS_AFTER
    if is_open:
        # Half of the time it has been unreachable, within bounds.
        rest = max(_FIRST_REST, (now - server.failing_since) / 2)
        server.retry_at = now + min(rest, _LONGEST_REST)
    db.session.flush()
    return is_open


def _is_news(server: MailServer, now: datetime, *, sent: bool) -> bool:
    if server.failing_since is not None:
        return sent or server.retry_at is not None
    return sent and (server.last_sent_at is None or server.last_sent_at <= now - _NOTED_EVERY)


def _locked() -> MailServer:
    """The row, locked; created if it is missing."""
    server = _read(lock=True)
    if server is None:
        server = MailServer(id=_ID, failing=[])
        db.session.add(server)
        db.session.flush()
    return server


def _read(*, lock: bool) -> MailServer | None:
    query = select(MailServer).where(MailServer.id == _ID)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(query)
