"""The open streams: what each is to hear, and when each is due."""

import secrets
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from portal.live_events.changes import Change, RecentChanges
from portal.live_events.endings import PersonEnded, SessionEnded
from portal.live_events.pending import Pending
from portal.live_events.subscriptions import LIFETIME_SECONDS, Subscription

# A dead client is noticed by a write; proxies close connections that are silent for a minute.
BEAT_SECONDS = 15.0
# So long before its end a stream asks the browser for the next one.
_OVERLAP_SECONDS = 15.0
# What holds for less would ask for the next at once, each second: the clocks of two nodes differ.
_LEAST_SECONDS = 2 * _OVERLAP_SECONDS
# Pages in the background close theirs.
MOST_PER_PERSON = 30
# What comes within so many seconds is told together, so that a flood is some writes for each.
_GATHER_SECONDS = 0.05
# Pages that lost their streams together come back one after the other: at least so late, and
# spread over so many milliseconds for each of them.
_PAUSE_LEAST, _PAUSE_PER_STREAM = 2_000, 5

Later = Callable[[float, Callable[[], None]], object]


class Wire(Protocol):
    """Where a stream is written."""

    def write(self, data: bytes) -> None: ...

    def end(self) -> None: ...


@dataclass(slots=True, eq=False)
class Stream:
    """Times are those of a clock that does not jump."""

    subscription: Subscription
    wire: Wire
    ends_at: float
    beat_at: float
    pending: Pending = field(init=False)
    was_asked: bool = False
    is_over: bool = False

    def __post_init__(self) -> None:
        self.pending = Pending(self.subscription.topics)

    @property
    def due_at(self) -> float:
        renewal = self.ends_at if self.was_asked else self.ends_at - _OVERLAP_SECONDS
        return min(self.beat_at, renewal, self.ends_at)

    def write(self, text: str, now: float) -> None:
        self.beat_at = now + BEAT_SECONDS
        self.wire.write(text.encode())


class Streams:
    """`later` calls a function after some seconds; `clock` is one that does not jump."""

    def __init__(self, most: int, later: Later, clock: Callable[[], float]) -> None:
        self.is_listening = False
        self._most, self._later, self._clock = most, later, clock
        self._all: set[Stream] = set()
        # By topic, session and reader.
        self._index: dict[Hashable, set[Stream]] = {}
        # Those that have something to tell.
        self._noted: set[Stream] = set()
        # By the second in which they are due.
        self._due: dict[int, list[Stream]] = {}
        self._ticked = int(clock())
        self._recent = RecentChanges()
        # What ended by session and reader, and until when a subscription from before might come.
        self._endings: dict[Hashable, tuple[SessionEnded | PersonEnded, float]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def open(self, subscription: Subscription, wire: Wire, now: float) -> Stream | None:
        """A new stream, or None: no room, nothing is heard, or it does not hold any more.

        `now` is in seconds since the epoch.
        """
        holds_for = min(subscription.until - now, LIFETIME_SECONDS)
        if not self.is_listening or len(self._all) >= self._most or holds_for < _LEAST_SECONDS:
            return None
        own = self._index.get(("reader", subscription.reader), ())
        if len(own) >= MOST_PER_PERSON or self._has_ended(subscription):
            return None
        moment = self._clock()
        made = Stream(subscription, wire, moment + holds_for, moment + BEAT_SECONDS)
        self._add(made)
        return made

    def catch_up(self, stream: Stream) -> None:
        """Tell what changed since its page was made."""
        since, page = stream.subscription.since, stream.subscription.page
        if since is not None:
            for topics in self._recent.since(since, page, stream.pending.topics):
                self._note(stream, topics, 1)

    def pause(self) -> int:
        """After how many milliseconds a page is to come back whose stream breaks off."""
        return _PAUSE_LEAST + secrets.randbelow(_PAUSE_PER_STREAM * len(self._all) + 1)

    def end(self, stream: Stream) -> None:
        """Close it, once."""
        if stream.is_over:
            return
        stream.is_over = True
        self._all.discard(stream)
        self._noted.discard(stream)
        for key in _keys(stream):
            found = self._index.get(key, set())
            found.discard(stream)
            if not found:
                self._index.pop(key, None)
        stream.wire.end()

    def end_all(self) -> None:
        """Close all: changes may have been missed, or the process ends."""
        for stream in list(self._all):
            self.end(stream)

    def begin(self, now: float) -> None:
        """From now on (seconds since the epoch) changes are heard."""
        self._recent.begin(now)
        self.is_listening = True

    def deafen(self) -> None:
        """Changes are not heard any more: pages have to come back, or look by themselves."""
        self.is_listening = False
        self.end_all()

    def hear(self, change: Change) -> None:
        """Tell the pages that a change concerns, soon."""
        self._recent.add(change)
        found: set[Stream] = set()
        for topic in change.topics:
            found |= self._index.get(("topic", topic), set())
        concerned = [one for one in found if one.subscription.page != change.page]
        listeners = sum(one.pending.hears_soon(change.topics) for one in concerned)
        for stream in concerned:
            self._note(stream, change.topics, listeners)

    def end_those(self, ending: SessionEnded | PersonEnded) -> None:
        """Close the streams of sessions that ended, and take no subscription of theirs."""
        key = _key(ending)
        # Of two of a person the later one may be heard first.
        known, _ = self._endings.get(key, (ending, 0.0))
        self._endings[key] = max(ending, known), self._clock() + LIFETIME_SECONDS
        for stream in list(self._index.get(key, ())):
            if ending.ends(stream.subscription):
                self.end(stream)

    def tick(self) -> None:
        """Once a second: beats, renewals and ends that are due."""
        now = self._clock()
        while self._ticked < int(now):
            for stream in self._due.pop(self._ticked, ()):
                self._turn(stream, now)
            self._ticked += 1
        for key in [key for key, (_, until) in self._endings.items() if until < now]:
            del self._endings[key]

    def _has_ended(self, subscription: Subscription) -> bool:
        keys = ("session", subscription.session), ("reader", subscription.reader)
        known = [self._endings[key][0] for key in keys if key in self._endings]
        return any(ending.ends(subscription) for ending in known)

    def _turn(self, stream: Stream, now: float) -> None:
        if stream.is_over:
            return
        if stream.ends_at <= now:
            self.end(stream)
            return
        if not stream.was_asked and stream.ends_at - _OVERLAP_SECONDS <= now:
            # This one goes on until the next is open, so that no change is lost between them.
            stream.was_asked = True
            stream.write("event: renew\ndata:\n\n", now)
        elif stream.beat_at <= now:
            stream.write(": still here\n\n", now)
        self._wait(stream)

    def _add(self, stream: Stream) -> None:
        self._all.add(stream)
        for key in _keys(stream):
            self._index.setdefault(key, set()).add(stream)
        self._wait(stream)

    def _wait(self, stream: Stream) -> None:
        # Never a second that is over: it would not come again.
        self._due.setdefault(max(int(stream.due_at), self._ticked), []).append(stream)

    def _note(self, stream: Stream, topics: Iterable[str], listeners: int) -> None:
        if not stream.pending.add(topics, listeners):
            return
        if not self._noted:
            self._later(_GATHER_SECONDS, self._tell)
        self._noted.add(stream)

    def _tell(self) -> None:
        now, noted, self._noted = self._clock(), self._noted, set()
        for stream in noted:
            if not stream.is_over:
                stream.write("".join(stream.pending.take()), now)


def _keys(stream: Stream) -> Iterator[Hashable]:
    yield "session", stream.subscription.session
    yield "reader", stream.subscription.reader
    for topic in stream.pending.topics:
        yield "topic", topic


def _key(ending: SessionEnded | PersonEnded) -> Hashable:
    if isinstance(ending, SessionEnded):
        return "session", ending.key
    return "reader", ending.user_id
