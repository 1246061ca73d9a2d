"""Changes as a process hears of them, and the recent ones, for pages that come later."""

import math
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

# So many a process remembers.
_MOST = 1_000


class Change(NamedTuple):
    """When a process heard of a change, the page that made it, and its topics."""

    at: float
    page: str
    topics: tuple[str, ...]

    def concerns(self, page: str, topics: frozenset[str]) -> bool:
        """Whether one of these topics changed, and that page did not make the change."""
        return page != self.page and not topics.isdisjoint(self.topics)


def read(message: bytes, at: float) -> Change:
    """A message of LIVE_CHANNEL. Raises UnicodeError and ValueError for what we did not write."""
    page, *topics = message.decode().split()
    return Change(at, page, tuple(topics))


class RecentChanges:
    """Of moments in seconds since the epoch."""

    def __init__(self, most: int = _MOST) -> None:
        self._changes: deque[Change] = deque(maxlen=most)
        # None is missing since then.
        self._complete_since = math.inf

    def begin(self, now: float) -> None:
        """From now on all are heard of."""
        self._changes.clear()
        self._complete_since = now

    def add(self, change: Change) -> None:
        if len(self._changes) == self._changes.maxlen:
            self._complete_since = self._changes[0].at
        self._changes.append(change)

    def since(
        self, moment: float, page: str, topics: frozenset[str]
    ) -> Iterator[tuple[str, ...] | frozenset[str]]:
        """The topics of each change since then that concerns a page.

        All of its topics when nobody can know: an update in vain costs little.
        """
        if moment < self._complete_since:
            yield topics
            return
        for change in list(self._changes):
            if change.at >= moment and change.concerns(page, topics):
                yield change.topics
