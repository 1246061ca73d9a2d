"""What comes from the queue server, and what happens while it is away."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from redis import Redis

from jobs.streaming import redis_listener
from portal.live_events import ENDED_CHANNEL, LIVE_CHANNEL, PROCESSES_KEY
from tests.flows.process import Process
from tests.servers import queue_answers, queue_command, short_folder
from tests.stream_readers import Reader, request, signed
from tests.stream_server import serving
from tests.waiting import wait_for


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_listener, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(redis_listener, "BEAT_SECONDS", 0.05)


def test_changes_and_ended_sessions_are_heard(queue_url: str, queue: Redis) -> None:
    with serving(queue_url=queue_url) as server:
        readers = [
            Reader(server.address).say(request(signed("a", session=name))) for name in ("s1", "s2")
        ]
        for reader in readers:
            reader.hear("event: pause")
        queue.publish(LIVE_CHANNEL, "- a")
        for reader in readers:
            reader.hear("data: 60\n\n")
        queue.publish(ENDED_CHANNEL, "session s1")
        readers[0].rest()
        queue.publish(ENDED_CHANNEL, "person 1 0")
        queue.publish(LIVE_CHANNEL, "- a")
        readers[1].hear("data: 30\n\n")
        for reader in readers:
            reader.close()


def test_a_sign_of_life_says_how_many_there_are_and_clears_what_others_left(
    queue_url: str, queue: Redis
) -> None:
    queue.delete(PROCESSES_KEY)
    queue.hset(PROCESSES_KEY, "killed long ago", "1.0 5")
    with serving(queue_url=queue_url) as server:
        reader = Reader(server.address).say(request(signed("a")))
        reader.hear("event: pause")

        def said() -> list[bytes]:
            return [line.split()[1] for line in queue.hvals(PROCESSES_KEY)]

        wait_for(lambda: said() == [b"1"], "said")
        assert queue.ttl(PROCESSES_KEY) > 0
        reader.close()


@pytest.mark.parametrize("message", [b"\xff", b"session", b"person x y"])
def test_what_nobody_foresaw_makes_nobody_deaf(
    queue_url: str, queue: Redis, caplog: pytest.LogCaptureFixture, message: bytes
) -> None:
    with serving(queue_url=queue_url) as server:
        reader = Reader(server.address).say(request(signed("a")))
        reader.hear("event: pause")
        queue.publish(ENDED_CHANNEL, message)
        reader.rest()
        assert "listening for changes failed" in caplog.text
        wait_for(lambda: server.streams.is_listening, "ears again")
        again = Reader(server.address).say(request(signed("a")))
        again.hear("event: pause")
        queue.publish(LIVE_CHANNEL, "- a")
        again.hear("data: ")
        again.close()
        reader.close()


@contextmanager
def queue_server() -> Iterator[tuple[Process, str]]:
    with short_folder("streams") as folder:
        command, url = queue_command(folder)
        server = Process(command, folder / "log")
        server.start()
        wait_for(lambda: queue_answers(url), "a queue server")
        try:
            yield server, url
        finally:
            server.kill()


@pytest.mark.parametrize("fault", ["kill", "freeze"])
def test_while_the_queue_server_is_away_there_are_no_streams(
    monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(redis_listener, "PING_SECONDS", 0.3)
    with queue_server() as (process, url), serving(queue_url=url) as server:
        reader = Reader(server.address).say(request(signed("a")))
        reader.hear("event: pause")
        getattr(process, fault)()
        reader.rest()
        refused = Reader(server.address).say(request(signed("a")))
        assert refused.status == 204
        process.thaw() if fault == "freeze" else process.start()
        wait_for(lambda: server.streams.is_listening, "ears again")
        for one in (reader, refused):
            one.close()
