"""What one page has to be told. Several changes at once become one event."""

from collections.abc import Iterable

from portal.live_events.topics import Topics

# Pages that hear of a change together ask again spread over so many milliseconds for each of them,
# about what an answer takes: else all would ask at once. Nobody waits for longer than the second.
_WAIT_PER_PAGE, _LONGEST_WAIT = 30, 5_000
# The same for changes that touch a page's counts alone.
_WAIT_FOR_COUNTS = 15_000


class Pending:
    # A process may have thousands.
    __slots__ = ("_kinds", "_names", "_wait", "topics")

    def __init__(self, topics: Topics) -> None:
        self._kinds, self.topics = topics, topics.all
        # Milliseconds; None when the page as a whole has nothing to ask.
        self._wait: int | None = None
        self._names: set[str] = set()

    def hears_soon(self, topics: Iterable[str]) -> bool:
        """Whether a change of these topics is one of what the page is about."""
        return not self._kinds.soon.isdisjoint(topics)

    def add(self, topics: Iterable[str], listeners: int = 1) -> bool:
        """Note a change of these topics, of which so many pages hear soon.

        Returns whether there is something new to tell.
        """
        own = self.topics.intersection(topics)
        is_new = True
        if self.hears_soon(own):
            self.add_soon(listeners)
        elif not self._kinds.later.isdisjoint(own) and self._wait is None:
            self._wait = _WAIT_FOR_COUNTS
        else:
            is_new = False
        names = {self._kinds.named[topic] for topic in own if topic in self._kinds.named}
        self._names |= names
        return is_new or bool(names)

    def add_soon(self, listeners: int = 1) -> None:
        """Note that something changed, of which so many pages of this process hear."""
        soon = 0 if self._wait in {None, _WAIT_FOR_COUNTS} else self._wait or 0
        self._wait = min(_LONGEST_WAIT, max(soon, listeners * _WAIT_PER_PAGE))

    def take(self) -> list[str]:
        """The events of what was noted (WHATWG, server-sent events), which is told with that.

        The event of the page says within how many milliseconds it is to ask; named ones say
        nothing.
        """
        wait, self._wait = self._wait, None
        names, self._names = self._names, set()
        page = [] if wait is None else [f"data: {wait}\n\n"]
        return [*page, *(f"event: {name}\ndata:\n\n" for name in sorted(names))]
