"""Periodic jobs: enqueued once an interval, by however many workers, over a server's absence."""

from collections.abc import Iterator

import pytest
from redis import Redis
from rq import Queue

from jobs import scheduler as scheduler_module
from jobs.scheduler import TICKS, Scheduler, Tick, enqueue
from portal.queueing import BACKLOG_QUEUE, QUEUE, Job, connect
from tests.servers import queue_server
from tests.waiting import PATIENCE, wait_for

TICK = Tick(Job.SWEEP, 15)


@pytest.fixture(autouse=True)
def short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler_module, "_PAUSE_SECONDS", 0.05)


@pytest.fixture
def connection(queue_url: str) -> Iterator[Redis]:
    with connect(queue_url, timeout=PATIENCE) as client:
        client.flushdb()
        yield client


def test_a_tick_is_enqueued_once_in_its_interval(connection: Redis) -> None:
    assert [enqueue(connection, TICK) for _ in range(3)] == [True, False, False]
    assert len(Queue(QUEUE, connection=connection)) == 1


def test_it_is_enqueued_again_when_the_interval_is_over(connection: Redis) -> None:
    enqueue(connection, TICK)
    (lock,) = connection.keys("lodge:tick:*")
    assert 0 < connection.ttl(lock) <= TICK.seconds
    connection.delete(lock)
    assert enqueue(connection, TICK)


def test_a_tick_that_nobody_worked_on_is_gone_before_the_next(connection: Redis) -> None:
    enqueue(connection, TICK)
    (queued,) = Queue(QUEUE, connection=connection).jobs
    assert queued.func_name == Job.SWEEP
    assert queued.ttl is not None
    assert queued.ttl < TICK.seconds


def test_every_sweep_is_among_the_ticks() -> None:
    assert [tick.job for tick in TICKS] == [Job.SWEEP, Job.SWEEP_LATER, Job.SWEEP_WEBHOOKS]


def test_what_may_wait_for_others_has_its_turn_behind_them(connection: Redis) -> None:
    """Else a backlog of minutes would keep it from being done at all."""
    [patient] = [tick for tick in TICKS if tick.job == Job.SWEEP_LATER]
    enqueue(connection, patient)
    (queued,) = Queue(BACKLOG_QUEUE, connection=connection).jobs
    assert queued.ttl > 10 * patient.seconds


def test_a_tick_that_cannot_be_enqueued_does_not_stop_the_next(
    connection: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = scheduler_module.enqueue

    def breaking(client: Redis, tick: Tick) -> bool:
        if tick == TICKS[0]:
            raise ZeroDivisionError
        return whole(client, tick)

    monkeypatch.setattr(scheduler_module, "enqueue", breaking)
    scheduler = Scheduler(connection)
    scheduler.start()
    turns = Queue(TICKS[1].job.queue, connection=connection)
    wait_for(
        lambda: TICKS[1].job in [job.func_name for job in turns.jobs],
        "the tick after the broken one",
    )
    assert scheduler.is_alive()
    scheduler.stop()
    scheduler.join(PATIENCE)


def test_the_thread_waits_for_a_queue_server_that_is_away() -> None:
    with queue_server() as url:
        client = connect(url, timeout=PATIENCE)
    # The server is gone now; its socket is not.
    scheduler = Scheduler(client)
    scheduler.start()
    scheduler.join(0.3)
    assert scheduler.is_alive()
    scheduler.stop()
    scheduler.join(PATIENCE)
    assert not scheduler.is_alive()
    client.close()


def test_the_thread_enqueues_by_itself(connection: Redis) -> None:
    scheduler = Scheduler(connection, (TICK,))
    scheduler.start()
    wait_for(lambda: len(Queue(QUEUE, connection=connection)) == 1, "enqueued")
    scheduler.stop()
    scheduler.join(PATIENCE)
