"""Whether mail comes in: each mailbox, and the mails that wait."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select

from portal import clock
from portal.extensions import db, setting
from portal.inbound_url import Listening
from portal.models.inbound import InboundMessage, InboundState, Mailbox
from portal.models.inbound.mailbox import MailboxWay
from portal.models.operations import Heartbeat, HeartbeatName
from portal.queries.inbound.messages import COUNT_CAP

# Longer than a mail server is restarted, and than a worker is upgraded.
SILENCE_LIMIT = timedelta(minutes=15)
# A mail that was tried so often is late since it came, not since its next try.
RETRIED = 3


@dataclass(frozen=True, slots=True)
class MailboxHealth:
    """What is known of an active mailbox. `failure_reason` is a FailureReason."""

    id: int
    address: str
    way: str
    created_at: datetime
    last_success_at: datetime | None
    last_mail_at: datetime | None
    failing_since: datetime | None
    failure_reason: str | None
    failure: str | None

    @property
    def is_fetched(self) -> bool:
        return self.way == MailboxWay.IMAP

    @property
    def silent_since(self) -> datetime:
        """Since when it has not been fetched: it failed then, or nobody has tried since."""
        return self.failing_since or self.last_success_at or self.created_at

    @property
    def silent_for(self) -> timedelta:
        """Zero for one that mail is brought to: there nobody knows whether mail should come."""
        if not self.is_fetched:
            return timedelta(0)
        return max(timedelta(0), clock.now() - self.silent_since)

    @property
    def is_silent(self) -> bool:
        return self.silent_for > SILENCE_LIMIT


@dataclass(frozen=True, slots=True)
class Health:
    """Mails by state, counted up to COUNT_CAP. `unread_for`: how late the reading is.

    `gone_since`: since when the program that takes mail from a mail server gives no sign of life.
    """

    mailboxes: tuple[MailboxHealth, ...]
    waiting: int
    unread_for: timedelta
    held: int
    suspected: int
    failed: int
    gone_since: datetime | None

    @property
    def silent(self) -> list[MailboxHealth]:
        return [mailbox for mailbox in self.mailboxes if mailbox.is_silent]

    @property
    def is_unread(self) -> bool:
        return self.unread_for > SILENCE_LIMIT

    @property
    def is_degraded(self) -> bool:
        """Whether somebody has to act, or mail does not reach the desk."""
        return self.is_unread or self.gone_since is not None or bool(self.silent)


_COLUMNS = (
    Mailbox.id, Mailbox.address, Mailbox.way, Mailbox.created_at, Mailbox.last_success_at,
    Mailbox.last_mail_at, Mailbox.failing_since, Mailbox.failure_reason, Mailbox.failure,
)  # fmt: skip
_MAILBOXES = select(*_COLUMNS).where(Mailbox.is_active).order_by(Mailbox.address)
_RECEIVED = (
    select(InboundMessage.due_at, InboundMessage.received_at, InboundMessage.attempts)
    .where(InboundMessage.state == InboundState.RECEIVED)
    .order_by(InboundMessage.due_at)
    .limit(COUNT_CAP)
    .subquery()
)
_LATE_SINCE = case(
    (_RECEIVED.c.attempts >= RETRIED, _RECEIVED.c.received_at), else_=_RECEIVED.c.due_at
)
_WAITING = select(func.count(), func.min(_LATE_SINCE)).select_from(_RECEIVED)


def health() -> Health:
    """Takes the same time however many mails there are."""
    mailboxes = tuple(MailboxHealth(*row) for row in db.session.execute(_MAILBOXES))
    waiting, since = db.session.execute(_WAITING).one()
    late = max(timedelta(0), clock.now() - since) if since else timedelta(0)
    held, suspected, failed = db.session.execute(_UNDECIDED).one()
    gone_since = _receiver_gone_since()
    return Health(mailboxes, waiting, late, held, suspected, failed, gone_since)


def is_brought() -> bool:
    """Whether a mail server brings mail to a program of ours."""
    return isinstance(setting("INBOUND_URL"), Listening)


def _receiver_gone_since() -> datetime | None:
    """None while it is there, or nobody wants it."""
    if not is_brought():
        return None
    query = select(Heartbeat.beat_at).where(Heartbeat.name == HeartbeatName.INBOUND)
    seen, now = db.session.scalar(query), clock.now()
    if seen is None:
        return now
    return seen if now - seen > SILENCE_LIMIT else None


def _counts() -> Iterator[object]:
    for state in (InboundState.HELD, InboundState.SUSPECTED, InboundState.FAILED):
        some = select(InboundMessage.id).where(InboundMessage.state == state).limit(COUNT_CAP)
        yield select(func.count()).select_from(some.subquery()).scalar_subquery()


_UNDECIDED = select(*_counts())  # type: ignore[call-overload]
