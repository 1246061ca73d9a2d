"""The open streams: who hears of what, when they end, how many there are."""

from collections.abc import Callable

import pytest

from jobs.streaming import streams as module
from jobs.streaming.streams import MOST_PER_PERSON, Stream, Streams
from portal.live_events.changes import Change
from portal.live_events.endings import PersonEnded, SessionEnded
from portal.live_events.topics import Topics
from tests.stream_readers import subscription

NOW = 1_000_000.0


class FakeWire:
    def __init__(self) -> None:
        self.written, self.is_over = "", False

    def write(self, data: bytes) -> None:
        assert not self.is_over
        self.written += data.decode()

    def end(self) -> None:
        assert not self.is_over
        self.is_over = True

    def take(self) -> str:
        taken, self.written = self.written, ""
        return taken


class Desk:
    """Streams whose time passes when that is said."""

    def __init__(self, most: int = 100) -> None:
        self.moment = 0.0
        self._later: list[Callable[[], None]] = []
        self.streams = Streams(most, lambda _, call: self._later.append(call), lambda: self.moment)
        self.streams.begin(NOW)

    def open(self, *soon: str, **changed: object) -> FakeWire:
        wire = FakeWire()
        assert self.stream(wire, *soon, **changed) is not None
        return wire

    def stream(self, wire: FakeWire, *soon: str, **changed: object) -> Stream | None:
        given = subscription(*soon, **{"until": NOW + 120 + self.moment, **changed})
        opened = self.streams.open(given, wire, NOW + self.moment)
        if opened is not None:
            self.streams.catch_up(opened)
        return opened

    def is_refused(self, *soon: str, **changed: object) -> bool:
        return self.stream(FakeWire(), *soon, **changed) is None

    def change(self, *topics: str, page: str = "-") -> None:
        self.streams.hear(Change(NOW + self.moment, page, topics))

    def gather(self) -> int:
        """Let what was to be done a moment later be done; return how many things that were."""
        due, self._later = self._later, []
        for call in due:
            call()
        return len(due)

    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.moment += 1.0
            self.streams.tick()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_change_is_told_to_those_it_concerns(desk: Desk) -> None:
    one, other = desk.open("ticket-1"), desk.open("ticket-2")
    desk.change("queue", "ticket-1")
    assert desk.gather() == 1
    assert (one.take(), other.take()) == ("data: 30\n\n", "")


def test_the_page_that_made_a_change_is_not_told(desk: Desk) -> None:
    own, other = desk.open("a", page="0" * 16), desk.open("a", page="1" * 16)
    desk.change("a", page="0" * 16)
    desk.gather()
    assert (own.take(), other.take()) == ("", "data: 30\n\n")


def test_many_who_hear_together_ask_one_after_the_other(desk: Desk) -> None:
    wires = [desk.open("a", reader=n) for n in range(90)]
    desk.change("a")
    desk.gather()
    assert {wire.take() for wire in wires} == {"data: 2700\n\n"}


def test_a_flood_of_changes_is_a_write_for_each(desk: Desk) -> None:
    wire = desk.open(topics=Topics(frozenset("a"), frozenset("b"), {"c": "bell"}))
    for _ in range(50):
        desk.change("b")
        desk.change("a", "c")
    assert desk.gather() == 1
    assert wire.take() == "data: 30\n\nevent: bell\ndata:\n\n"
    desk.change("b")
    desk.gather()
    assert wire.take() == "data: 15000\n\n"


def test_what_happened_before_a_stream_was_open_is_told(desk: Desk) -> None:
    desk.wait(10)
    desk.change("a")
    missed = desk.open("a", since=NOW + 9)
    fresh, too_early = desk.open("a", since=NOW + 11), desk.open("b", since=NOW - 1)
    silent = desk.open("a")
    desk.gather()
    assert [wire.take() for wire in (missed, fresh, too_early, silent)] == [
        *("data: 30\n\n", "", "data: 30\n\n", "")
    ]


def test_a_stream_beats_asks_for_the_next_one_and_ends(desk: Desk) -> None:
    wire = desk.open("a")
    desk.wait(16)
    assert wire.take() == ": still here\n\n"
    desk.wait(85)
    assert set(wire.take().split("\n\n")) == {": still here", ""}
    desk.wait(6)
    assert wire.take() == "event: renew\ndata:\n\n"
    desk.change("a")
    desk.gather()
    assert wire.take() == "data: 30\n\n"
    assert not wire.is_over
    desk.wait(15)
    assert wire.is_over
    assert len(desk.streams) == 0
    assert wire.take() in {"", ": still here\n\n"}


@pytest.mark.threat("sessions that outlive their end")
def test_a_subscription_holds_for_as_long_as_it_says_and_never_longer_than_two_minutes(
    desk: Desk,
) -> None:
    short, long = desk.open("a", until=NOW + 40), desk.open("a", until=NOW + 1e9)
    assert desk.is_refused("a", until=NOW)
    desk.wait(41)
    assert (short.is_over, long.is_over) == (True, False)
    desk.wait(80)
    assert long.is_over


@pytest.mark.threat("floods")
def test_a_clock_that_is_behind_sends_nobody_back_each_second(desk: Desk) -> None:
    assert desk.is_refused("a", until=NOW + 29)
    wire = desk.open("a", until=NOW + 30)
    desk.wait(14)
    assert wire.take() == ""


@pytest.mark.threat("sessions that outlive their end")
def test_an_ended_session_ends_its_streams_at_once_and_what_was_signed_before(desk: Desk) -> None:
    one = desk.open("a", session="s1")
    other, anonymous = desk.open("a", session="s2"), desk.open("a", reader=2, session="s3")
    desk.streams.end_those(SessionEnded("s1"))
    assert [wire.is_over for wire in (one, other, anonymous)] == [True, False, False]
    assert desk.is_refused("a", session="s1")
    desk.streams.end_those(PersonEnded(1, 2))
    desk.streams.end_those(PersonEnded(1, 1))  # which came late
    assert [wire.is_over for wire in (other, anonymous)] == [True, False]
    assert desk.is_refused("a", session="s2", epoch=1)
    assert not desk.is_refused("a", session="s2", epoch=2)
    desk.wait(121)
    assert not desk.streams._endings


def test_nothing_is_kept_of_who_has_gone(desk: Desk) -> None:
    for n in range(5):
        desk.open("a", f"ticket-{n}", reader=n, session=f"s{n}")
    desk.change("a")
    desk.streams.end_all()
    assert desk.gather() == 1  # and nobody is written to
    assert (len(desk.streams), desk.streams._index, desk.streams._noted) == (0, {}, set())
    desk.wait(130)
    assert not desk.streams._due


@pytest.mark.threat("floods")
def test_there_is_room_for_so_many_and_for_each_person_a_share() -> None:
    desk = Desk(most=MOST_PER_PERSON + 1)
    for _ in range(MOST_PER_PERSON):
        desk.open("a")
    assert desk.is_refused("a")
    one = FakeWire()
    opened = desk.stream(one, "a", reader=2)
    assert opened is not None
    assert desk.is_refused("a", reader=3)
    desk.streams.end(opened)
    assert not desk.is_refused("a", reader=3)


def test_while_nothing_is_heard_there_are_no_streams(desk: Desk) -> None:
    wire = desk.open("a")
    desk.streams.deafen()
    assert wire.is_over
    assert desk.is_refused("a")
    desk.streams.begin(NOW + 60)
    again = desk.open("a", since=NOW + 59)
    desk.gather()
    assert again.take() == "data: 30\n\n"


def test_those_who_come_back_do_not_come_together(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.secrets, "randbelow", lambda most: most)
    assert desk.streams.pause() == 2_001
    for n in range(100):
        desk.open("a", reader=n)
    assert desk.streams.pause() == 2_501
