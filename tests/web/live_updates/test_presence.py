"""Who is there: for seconds, on whatever page, and nowhere when the queue server is away."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from redis import Redis

from portal import clock
from portal.live_events import LIVE_CHANNEL
from portal.web.live_updates import presence
from portal.web.live_updates.presence import Presence, State
from tests.servers import free_port

ROOM, SAM, SUE, ADA = "ticket-1", 4, 5, 6
READING, WRITING, GONE = State.READING, State.WRITING, State.GONE


@pytest.fixture
def here(app: Flask) -> Presence:
    return Presence(app.config["REDIS_URL"])


@pytest.fixture
def told(queue: Redis) -> Iterator[Callable[[], list[str]]]:
    """`told()`: what was published since."""
    with queue.pubsub(ignore_subscribe_messages=True) as channel:
        channel.subscribe(LIVE_CHANNEL)
        channel.get_message(timeout=5)
        yield lambda: [
            message["data"].decode() for message in iter(lambda: channel.get_message(0.2), None)
        ]


def test_others_are_seen_and_oneself_is_not(here: Presence) -> None:
    assert here.beat(ROOM, SAM, "a", READING) == {}
    assert here.beat(ROOM, SUE, "b", WRITING) == {SAM: READING}
    assert here.beat(ROOM, SAM, "c", READING) == {SUE: WRITING}
    assert here.beat("ticket-2", ADA, "d", READING) == {}


def test_who_has_two_pages_writes_if_one_of_them_does(here: Presence) -> None:
    for page, state in (("a", READING), ("b", WRITING), ("c", READING)):
        here.beat(ROOM, SAM, page, state)
    assert here.beat(ROOM, SUE, "d", READING) == {SAM: WRITING}
    here.beat(ROOM, SAM, "b", GONE)
    assert here.beat(ROOM, SUE, "d", READING) == {SAM: READING}


def test_who_leaves_is_gone_at_once(here: Presence, queue: Redis) -> None:
    here.beat(ROOM, SAM, "a", READING)
    here.beat(ROOM, SAM, "a", GONE)
    assert here.beat(ROOM, SUE, "b", READING) == {}
    assert list(queue.hgetall(f"lodge:here:{ROOM}")) == [b"5.b"]


def test_a_silent_page_is_forgotten_before_half_a_minute_is_over(
    here: Presence, queue: Redis
) -> None:
    """Its browser crashed right after it had said that it was there."""
    here.beat(ROOM, SAM, "a", WRITING)
    with clock.at(clock.now() + timedelta(seconds=29 - presence.BEAT_SECONDS)):
        assert here.beat(ROOM, SUE, "b", READING) == {}
        assert list(queue.hgetall(f"lodge:here:{ROOM}")) == [b"5.b"]
    assert 0 < queue.ttl(f"lodge:here:{ROOM}") < 30  # type: ignore[operator]


def test_one_late_beat_is_no_reason_to_be_gone(here: Presence) -> None:
    here.beat(ROOM, SAM, "a", READING)
    with clock.at(clock.now() + timedelta(seconds=presence.BEAT_SECONDS * 1.5)):
        assert here.beat(ROOM, SUE, "b", READING) == {SAM: READING}


def test_pages_are_told_of_news_alone(here: Presence, told: Callable[[], list[str]]) -> None:
    news = f"a {presence.topic(ROOM)}"
    for state, heard in (
        (READING, [news]),
        (READING, []),
        (WRITING, [news]),
        (GONE, [news]),
        (GONE, []),
    ):
        here.beat(ROOM, SAM, "a", state)
        assert told() == heard


def test_without_a_queue_server_nobody_is_seen_and_it_is_not_asked_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone = Presence(f"redis://127.0.0.1:{free_port()}/0")
    assert alone.beat(ROOM, SAM, "a", READING) == {}
    monkeypatch.setattr(alone, "_client", None)
    assert alone.beat(ROOM, SAM, "a", READING) == {}
