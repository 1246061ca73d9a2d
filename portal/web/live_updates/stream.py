"""One stream of server-sent events."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

# A dead client is noticed by a write; proxies close connections that are silent for a minute.
_HEARTBEAT_SECONDS = 15.0
_LIFETIME_SECONDS = 120.0
# How long a stream may outlive its reader's session or rights.
_CHECK_SECONDS = 2.0
# Pages that hear of a change together ask again spread over so many milliseconds for each of them,
# about what an answer takes: else all would ask at once. Nobody waits for longer than the second.
_WAIT_PER_PAGE, _LONGEST_WAIT = 30, 5_000
# The same for changes that touch a page's counts alone.
_WAIT_FOR_COUNTS = 15_000


class Topics(NamedTuple):
    """What a page hears of.

    `soon`: changes of what it is about; `later`: those of what it shows beside. `named` has topics
    of a part of the page, whose changes are events of the name there.
    """

    soon: frozenset[str]
    later: frozenset[str] = frozenset()
    named: Mapping[str, str] = MappingProxyType({})

    @property
    def all(self) -> frozenset[str]:
        return self.soon | self.later | self.named.keys()


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
        self._kinds, self.topics, self.reader, self.page = topics, topics.all, reader, page
        self._leave, self._may_continue = leave, may_continue
        self._asked_at = time.monotonic()
        self._changed = threading.Event()
        # Milliseconds; None when the page as a whole has nothing to ask.
        self._wait: int | None = None
        self._names: set[str] = set()
        self._over = False

    def hears_soon(self, topics: Iterable[str]) -> bool:
        """Whether a change of these topics is one of what the page is about."""
        return not self._kinds.soon.isdisjoint(topics)

    def hear(self, topics: Iterable[str], listeners: int = 1) -> None:
        """Send the events of a change of these topics, of which so many pages hear soon."""
        own = self.topics.intersection(topics)
        if self.hears_soon(own):
            self.notify(listeners)
        elif not self._kinds.later.isdisjoint(own) and self._wait is None:
            self._wait = _WAIT_FOR_COUNTS
            self._changed.set()
        if names := {self._kinds.named[topic] for topic in own if topic in self._kinds.named}:
            self._names |= names
            self._changed.set()

    def notify(self, listeners: int = 1) -> None:
        """Send an event soon: something changed, and so many pages of this process hear of it."""
        soon = 0 if self._wait in {None, _WAIT_FOR_COUNTS} else self._wait or 0
        self._wait = min(_LONGEST_WAIT, max(soon, listeners * _WAIT_PER_PAGE))
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
                yield from self._events() if moved else (": still here\n\n",)

    def _events(self) -> Iterator[str]:
        """What was heard.

        The event of the page says within how many milliseconds it is to ask; named ones say
        nothing.
        """
        self._changed.clear()
        wait, self._wait = self._wait, None
        names, self._names = self._names, set()
        if wait is not None:
            yield f"data: {wait}\n\n"
        for name in sorted(names):
            yield f"event: {name}\ndata:\n\n"

    def _may_still_continue(self, now: float) -> bool:
        if now < self._asked_at + _CHECK_SECONDS:
            return True
        self._asked_at = now
        return self._may_continue()
