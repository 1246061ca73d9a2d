"""The queue: jobs wait for a worker; a queue server that is away costs nothing."""

import pytest
from redis import Redis

from portal import queueing
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


def test_a_queue_server_that_is_away_is_asked_once_and_then_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = []
    monkeypatch.setattr(queueing.log, "warning", lambda text, *_: said.append(text))
    enqueuer = Enqueuer(f"redis://127.0.0.1:{free_port()}/0")
    assert not enqueuer.enqueue(Job.DELIVER_OUTBOX, 1)
    assert not enqueuer.enqueue(Job.DELIVER_OUTBOX, 2)
    assert len(said) == 1
