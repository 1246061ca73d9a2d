"""One stream of server-sent events."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator

from portal.live_events.pending import Pending
from portal.live_events.topics import Topics

# A dead client is noticed by a write; proxies close connections that are silent for a minute.
_HEARTBEAT_SECONDS = 15.0
_LIFETIME_SECONDS = 120.0
# How long a stream may outlive its reader's session or rights.
_CHECK_SECONDS = 2.0


class Stream:
    """The stream of one open page. Several changes at once become one event.

    `may_continue` is called at most every _CHECK_SECONDS, however many changes there are.
    """

    def __init__(
        self,
        topics: Topics,
        reader: int,
        page: str,
        leave: Callable[["Stream"], None],
        may_continue: Callable[[], bool],
    ) -> None:
        self._pending, self.topics = Pending(topics), topics.all
        self.reader, self.page = reader, page
        self._leave, self._may_continue = leave, may_continue
        self._asked_at = time.monotonic()
        self._changed = threading.Event()
        self._over = False

    def hears_soon(self, topics: Iterable[str]) -> bool:
        """Whether a change of these topics is one of what the page is about."""
        return self._pending.hears_soon(topics)

    def hear(self, topics: Iterable[str], listeners: int = 1) -> None:
        """Send the events of a change of these topics, of which so many pages hear soon."""
        if self._pending.add(topics, listeners):
            self._changed.set()

    def notify(self, listeners: int = 1) -> None:
        """Send an event soon: something changed, and so many pages of this process hear of it."""
        self._pending.add_soon(listeners)
        self._changed.set()

    def end(self) -> None:
        """Let `events` end."""
        self._over = True
        self._changed.set()

    def leave(self) -> None:
        """Take the stream out of its hub."""
        self._leave(self)

    def events(self) -> Iterator[str]:
        """The body (WHATWG, server-sent events): an event at each change, a comment now and then.

        The event `renew` asks the browser for the next stream. This one goes on until that is open,
        so that no change is lost between them.
        """
        yield ": open\n\n"
        yield from self._for(_LIFETIME_SECONDS)
        if not self._over:
            yield "event: renew\ndata:\n\n"
            yield from self._for(_HEARTBEAT_SECONDS)

    def _for(self, seconds: float) -> Iterator[str]:
        now = time.monotonic()
        end, beat_at = now + seconds, now + _HEARTBEAT_SECONDS
        while not self._over and now < end:
            moved = self._changed.wait(min(end, beat_at, self._asked_at + _CHECK_SECONDS) - now)
            now = time.monotonic()
            if self._over or not self._may_still_continue(now):
                self._over = True
            elif moved or beat_at <= now < end:
                beat_at = now + _HEARTBEAT_SECONDS
                yield from self._events() if moved else [": still here\n\n"]

    def _events(self) -> list[str]:
        """What was heard."""
        self._changed.clear()
        return self._pending.take()

    def _may_still_continue(self, now: float) -> bool:
        if now < self._asked_at + _CHECK_SECONDS:
            return True
        self._asked_at = now
        return self._may_continue()
