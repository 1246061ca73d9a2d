"""The state of the mail server's circuit breaker."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import exists, select

from portal import clock
from portal.extensions import db
from portal.models.delivery import MailServer, Outbox, OutboxState

# While the circuit is open: the server is unreachable, or three different mails have failed.
UNREACHABLE_LIMIT = timedelta(minutes=3)
# While the circuit is closed: one or two mails fail and no other leaves, which may be a bad
# address in a quiet night, or the server.
FAILING_LIMIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class State:
    """`failing_for`: time since the first failure while no mail has left; None when mail leaves.

    `is_unreachable`: the circuit is open, so only a probe is sent now and then. `error` is of the
    last try.
    """

    last_sent: timedelta | None = None
    failing_for: timedelta | None = None
    is_unreachable: bool = False
    error: str | None = None

    @property
    def unreachable_for(self) -> timedelta:
        """How long the server has been unreachable; zero when it is not."""
        return self.failing_for or timedelta(0) if self.is_unreachable else timedelta(0)

    @property
    def is_degraded(self) -> bool:
        """Whether an operator has to act."""
        failing_for = self.failing_for or timedelta(0)
        return self.unreachable_for > UNREACHABLE_LIMIT or failing_for > FAILING_LIMIT


def state() -> State:
    """The current state. Without waiting mails nothing counts as failing."""
    server = db.session.scalar(select(MailServer))
    if server is None:
        return State()
    now = clock.now()
    last_sent = None if server.last_sent_at is None else now - server.last_sent_at
    if server.failing_since is None or not _some_wait():
        return State(last_sent)
    failing_for = max(timedelta(0), now - server.failing_since)
    return State(last_sent, failing_for, server.retry_at is not None, server.error)


def _some_wait() -> bool:
    waiting = exists().where(Outbox.state == OutboxState.PENDING)
    return bool(db.session.scalar(select(waiting)))
