"""Connections whose request is being read. Nobody knows yet who they are."""

from collections.abc import Sized
from typing import Protocol

# Each may hold a head of 16 KB.
_MOST = 1_000


class Asker(Protocol):
    def let_go(self) -> None: ...


class Askers:
    """Whoever came first goes when there are too many, or no files for more.

    A loop without a free file tries to take the next connection thousands of times a second, and
    logs each. `most` is how many connections there may be, with those that have their stream.
    """

    def __init__(self, streams: Sized, most: int) -> None:
        self._streams, self._most = streams, most
        # The oldest first.
        self._all: dict[Asker, None] = {}

    def __len__(self) -> int:
        return len(self._all)

    def add(self, asker: Asker) -> None:
        self._all[asker] = None
        while len(self._all) > min(_MOST, max(1, self._most - len(self._streams))):
            oldest = next(iter(self._all))
            self.discard(oldest)
            oldest.let_go()

    def discard(self, asker: Asker) -> None:
        self._all.pop(asker, None)
