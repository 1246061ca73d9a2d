"""One stream of server-sent events: when it speaks, and when it ends."""

import threading
import time
from collections.abc import Callable, Iterator

# A dead client is noticed when something is written to it; proxies end what is silent for a minute.
_BEAT_SECONDS = 15.0
_LIFE_SECONDS = 120.0
# How long it may go unnoticed that a reader has signed out or lost a right.
_CHECK_SECONDS = 2.0


class Stream:
    """One open page. Changes that come faster than they are told are told once.

    `welcome` is asked every _CHECK_SECONDS at most, so that a flood of changes asks no more.
    """

    def __init__(
        self,
        topics: frozenset[str],
        reader: int,
        page: str,
        leave: Callable[["Stream"], None],
        welcome: Callable[[], bool],
    ) -> None:
        self.topics, self.reader, self.page = topics, reader, page
        self._leave, self._welcome = leave, welcome
        self._asked_at = time.monotonic()
        self._moved = threading.Event()
        self._over = False

    def tell(self) -> None:
        """Something changed."""
        self._moved.set()

    def end(self) -> None:
        """There is nothing more to come."""
        self._over = True
        self._moved.set()

    def leave(self) -> None:
        """Nobody reads it any more."""
        self._leave(self)

    def events(self) -> Iterator[str]:
        """The body (WHATWG, server-sent events): an event at each change, a comment now and then.

        `renew` asks for the next stream. This one goes on until that is open, so that no change
        falls between them.
        """
        yield ": open\n\n"
        yield from self._for(_LIFE_SECONDS)
        if not self._over:
            yield "event: renew\ndata:\n\n"
            yield from self._for(_BEAT_SECONDS)

    def _for(self, seconds: float) -> Iterator[str]:
        now = time.monotonic()
        end, beat_at = now + seconds, now + _BEAT_SECONDS
        while not self._over and now < end:
            moved = self._moved.wait(min(end, beat_at, self._asked_at + _CHECK_SECONDS) - now)
            now = time.monotonic()
            if self._over or not self._is_welcome(now):
                self._over = True
            elif moved or beat_at <= now < end:
                beat_at = now + _BEAT_SECONDS
                if moved:
                    self._moved.clear()
                yield "data: changed\n\n" if moved else ": still here\n\n"

    def _is_welcome(self, now: float) -> bool:
        if now < self._asked_at + _CHECK_SECONDS:
            return True
        self._asked_at = now
        return self._welcome()
