"""The sweeps: each part in its time, by one worker, and none before what has to be on time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.synchronize import Event

import pytest
from flask import Flask
from redis import Redis
from rq import Queue
from rq.timeouts import JobTimeoutException

from jobs import sweep as jobs
from jobs.parts.registry import EACH_SWEEP, MINUTE, PARTS, Part, Sweep
from portal import clock
from portal.extensions import db
from portal.models.operations import Heartbeat
from portal.models.people import User, UserSession
from portal.queries.delivery import outbox as outbox_queries
from portal.queries.operations import background
from portal.queueing import BACKLOG_QUEUE, QUEUE, QUEUES, Job
from portal.security.people import sessions
from portal.services.operations.heartbeats import INTERRUPTED
from tests import factories
from tests.cast import Cast
from tests.factories import writing
from tests.forked import event, forked
from tests.statements import statements
from tests.sweeping import sweep
from tests.waiting import PATIENCE

MAIL = "sweep:enqueue_mail"
SLOW = "sweep:delete_expired_sessions"

Done = list[str]


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Done:
    """The parts that were done, as they were; each does nothing else."""
    seen: Done = []
    for name in PARTS:
        instead(monkeypatch, name, lambda name=name: seen.append(name))
    return seen


def instead(
    monkeypatch: pytest.MonkeyPatch, name: str, do: Callable[[], object], **changed: object
) -> None:
    """Let the part do that."""
    do.__name__ = name.partition(":")[2]
    monkeypatch.setitem(PARTS, name, PARTS[name]._replace(do=do, **changed))


def later(app: Flask, span: timedelta = timedelta(0)) -> None:
    """What may wait is gone through at that time."""
    with clock.at(clock.now() + span), app.app_context():
        jobs.run_due_parts(Sweep.LATER)


def row(app: Flask, name: str) -> Heartbeat:
    with app.app_context():
        return db.session.get_one(Heartbeat, name)


def run_of(app: Flask, name: str) -> background.PartRun:
    with app.app_context():
        return next(run for run in background.runs() if run.name == name)


def names_of(sweep: Sweep) -> set[str]:
    return {name for name, part in PARTS.items() if part.sweep is sweep}


def test_one_part_that_breaks_does_not_stop_the_next(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_most: int) -> int:
        raise ZeroDivisionError

    with writing(app):
        ann = db.session.get_one(User, cast.ann.id)
        sessions.start(
            ann, remembered=False, lifetime=timedelta(), address="127.0.0.1", user_agent=""
        )
    factories.file_ticket(app, cast.ann)
    monkeypatch.setattr(outbox_queries, "count_due", broken)
    with app.app_context():
        sweep()
    assert "enqueue_mail failed" in caplog.text
    with app.app_context():
        assert list(db.session.scalars(db.select(UserSession))) == []


@pytest.mark.parametrize("sweep", Sweep)
def test_each_part_is_done_by_its_own_sweep_and_once(app: Flask, done: Done, sweep: Sweep) -> None:
    with app.app_context():
        jobs.run_due_parts(sweep)
        jobs.run_due_parts(sweep)
    assert sorted(done) == sorted(names_of(sweep))


def test_a_part_is_done_again_when_its_period_is_over(app: Flask, done: Done) -> None:
    later(app)
    done.clear()
    later(app, MINUTE / 2)
    assert sorted(done) == ["sweep:measure_files", "sweep:remove_orphans"]
    done.clear()
    later(app, MINUTE)
    assert SLOW in done


def test_one_that_has_left_work_is_done_by_the_next_sweep(
    app: Flask, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    def some() -> bool:
        done.append(SLOW)
        return True

    instead(monkeypatch, SLOW, some)
    later(app)
    done.clear()
    later(app, EACH_SWEEP)
    assert done == [SLOW]


def test_what_is_not_due_costs_no_write(app: Flask) -> None:
    later(app)
    with statements(app) as seen:
        later(app)
    assert len(seen) == 2
    assert all(statement.startswith("SELECT") for statement in seen)


def test_what_has_been_due_longest_comes_first(
    app: Flask, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    later(app)
    done.clear()
    with writing(app):
        early = {"due_at": clock.now() - timedelta(days=1)}
        db.session.execute(db.update(Heartbeat).where(Heartbeat.name == SLOW).values(early))
    later(app, 2 * MINUTE)
    assert done[0] == SLOW
    assert set(done) == names_of(Sweep.LATER)


def test_what_was_written_under_a_clock_that_was_wrong_waits_for_nothing(
    app: Flask, done: Done
) -> None:
    later(app, timedelta(days=400))
    done.clear()
    later(app)
    assert set(done) == names_of(Sweep.LATER)


@contextmanager
def in_hand(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another worker is in the middle of the slow part, which may wait."""
    begun, let_go = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        assert let_go.wait(PATIENCE)

    def work() -> None:
        with app.app_context():
            jobs.sweep_later()

    with monkeypatch.context() as patch:
        instead(patch, SLOW, slow)
        worker = threading.Thread(target=work)
        worker.start()
        assert begun.wait(PATIENCE)
        try:
            yield
        finally:
            let_go.set()
            worker.join(PATIENCE)


def test_a_slow_part_that_may_wait_holds_up_no_mail(
    app: Flask, cast: Cast, queue: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.sadd(f"rq:workers:{BACKLOG_QUEUE}", "rq:worker:1")
    factories.file_ticket(app, cast.ann)
    with in_hand(app, monkeypatch):
        with app.app_context():
            jobs.sweep()
        asked = [job.func_name for job in Queue(BACKLOG_QUEUE, connection=queue).jobs]
        assert asked.count(Job.DRAIN_OUTBOX) == 1
        assert row(app, SLOW).ended_at is None


def test_what_may_wait_stands_behind_what_is_on_time() -> None:
    assert (Job.SWEEP.queue, Job.SWEEP_LATER.queue) == (QUEUE, BACKLOG_QUEUE)
    assert QUEUES.index(QUEUE) < QUEUES.index(BACKLOG_QUEUE)


def test_a_turn_at_what_may_wait_is_short_and_asks_for_another(
    app: Flask, done: Done, queue: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_TURN_SECONDS", 0.0)
    turns = 0
    with app.app_context():
        while turns == 0 or Queue(BACKLOG_QUEUE, connection=queue).count:
            queue.flushdb()
            jobs.sweep_later()
            turns += 1
            assert len(done) <= turns
    assert set(done) == names_of(Sweep.LATER)


def test_what_one_worker_is_at_no_other_does(
    app: Flask, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    with in_hand(app, monkeypatch):
        later(app)
        assert SLOW not in done
        assert {SLOW, *done} == names_of(Sweep.LATER)
    assert sorted(done) == sorted(names_of(Sweep.LATER) - {SLOW})


def test_who_was_slower_than_its_lease_writes_nothing_over(
    app: Flask, done: Done, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with in_hand(app, monkeypatch):
        taken_over = PARTS[SLOW]._replace(do=done_by(done))
        monkeypatch.setitem(PARTS, SLOW, taken_over)
        later(app, 4 * MINUTE)
        assert SLOW in done
        written = row(app, SLOW)
    assert row(app, SLOW).ended_at == written.ended_at
    assert "another has begun it" in caplog.text


def done_by(done: Done) -> Callable[[], None]:
    def delete_expired_sessions() -> None:
        done.append(SLOW)

    return delete_expired_sessions


def test_when_the_jobs_time_is_over_the_rest_is_for_the_next(
    app: Flask, done: Done, queue: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless() -> None:
        raise JobTimeoutException

    first = min(names_of(Sweep.LATER))
    instead(monkeypatch, first, endless)
    with app.app_context():
        jobs.sweep_later()
        assert done == []
        assert Queue(BACKLOG_QUEUE, connection=queue).count == 1
        assert run_of(app, first).error == "JobTimeoutException"
        jobs.sweep_later()
    assert set(done) == names_of(Sweep.LATER) - {first}


def hang(begun: Event) -> None:
    """Work that is never done."""
    PARTS[SLOW] = Part(SLOW, lambda: wait_with(begun), Sweep.LATER, MINUTE, 3 * MINUTE)
    jobs.sweep_later()


def wait_with(begun: Event) -> None:
    begun.set()
    threading.Event().wait()


@pytest.mark.slow
def test_the_part_of_a_killed_worker_is_taken_over_after_its_deadline(
    app: Flask, settings: dict[str, str], done: Done, caplog: pytest.LogCaptureFixture
) -> None:
    begun = event()
    with forked(settings, hang, begun) as process:
        assert begun.wait(PATIENCE)
        process.kill()
        process.join(PATIENCE)
    later(app)
    assert SLOW not in done
    later(app, 2 * MINUTE)
    assert SLOW not in done
    later(app, 3 * MINUTE)
    assert SLOW in done
    assert f"{SLOW} was taken over" in caplog.text
    assert run_of(app, SLOW).error is None


def test_while_it_is_done_again_it_is_known_that_the_last_run_broke_off(
    app: Flask, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    with in_hand(app, monkeypatch):
        assert run_of(app, SLOW).error is None
        seen = []
        instead(monkeypatch, SLOW, lambda: seen.append(run_of(app, SLOW).error))
        later(app, 4 * MINUTE)
        assert seen == [INTERRUPTED]
        assert run_of(app, SLOW).error is None
