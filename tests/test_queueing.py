"""The queue: jobs wait for a worker; a queue server that is away costs nothing."""

from datetime import timedelta

import pytest
from redis import Redis

from portal import clock, queueing
from portal.queueing import BACKLOG_QUEUE, QUEUE, Enqueuer, Job
from tests.servers import free_port


def waiting(queue: Redis, name: str) -> int:
    return int(queue.llen(f"rq:queue:{name}"))


@pytest.fixture
def enqueuer(queue: Redis, queue_url: str) -> Enqueuer:
    queue.flushdb()
    return Enqueuer(queue_url)


def test_all_that_is_asked_for_is_enqueued_in_its_queue(enqueuer: Enqueuer, queue: Redis) -> None:
    calls = [(Job.DELIVER_OUTBOX, 1), (Job.DELIVER_WEBHOOK, 7, 0), (Job.DELIVER_OUTBOX, 2)]
    assert enqueuer.enqueue_all(calls)
    assert (waiting(queue, QUEUE), waiting(queue, BACKLOG_QUEUE)) == (2, 1)


def test_a_turn_that_waits_already_holds_up_nothing_else(enqueuer: Enqueuer, queue: Redis) -> None:
    assert enqueuer.enqueue(Job.DELIVER_WEBHOOK, 7, 0)
    assert enqueuer.enqueue_all([(Job.DELIVER_WEBHOOK, 7, 0), (Job.DELIVER_OUTBOX, 1)])
    assert (waiting(queue, QUEUE), waiting(queue, BACKLOG_QUEUE)) == (1, 1)


def test_what_was_put_off_is_enqueued_once_when_its_moment_has_come(
    enqueuer: Enqueuer, queue: Redis
) -> None:
    now = clock.now()
    late, early = (Job.DELIVER_WEBHOOK, 7, 0), (Job.DELIVER_WEBHOOK, 8, 0)
    enqueuer.enqueue_all([], later={late: now + timedelta(seconds=20), early: now})
    # Of two moments for the same call the earlier one counts.
    enqueuer.enqueue_all([], later={late: now + timedelta(seconds=10)})
    enqueuer.enqueue_all([], later={late: now + timedelta(seconds=30)})
    found = [enqueuer.enqueue_due(now + timedelta(seconds=s)) for s in (0, 0, 9, 10, 40)]
    assert found == [1, 0, 0, 1, 0]
    assert waiting(queue, BACKLOG_QUEUE) == 2


def test_what_cannot_be_read_stops_nothing_of_what_was_put_off(
    enqueuer: Enqueuer, queue: Redis
) -> None:
    queue.zadd("lodge:later", {"nonsense": 1, '["jobs.gone.away", 1]': 2})
    enqueuer.enqueue_all([], later={(Job.DELIVER_OUTBOX, 1): clock.now()})
    assert enqueuer.enqueue_due(clock.now()) == 1
    assert (waiting(queue, QUEUE), queue.zcard("lodge:later")) == (1, 0)


def test_a_queue_server_that_is_away_is_asked_once_and_then_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = []
    monkeypatch.setattr(queueing.log, "warning", lambda text, *_: said.append(text))
    enqueuer = Enqueuer(f"redis://127.0.0.1:{free_port()}/0")
    assert not enqueuer.enqueue(Job.DELIVER_OUTBOX, 1)
    assert not enqueuer.enqueue(Job.DELIVER_OUTBOX, 2)
    assert len(said) == 1


def test_workers_and_version_are_told_apart_from_a_server_that_is_away(enqueuer: Enqueuer) -> None:
    assert enqueuer.workers() == 0
    assert enqueuer.server_version()
    away = Enqueuer(f"redis://127.0.0.1:{free_port()}/0")
    assert (away.workers(), away.server_version()) == (None, "")
