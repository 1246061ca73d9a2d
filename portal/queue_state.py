"""What the queue server knows: queues, workers, and jobs that failed. For administrators."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.job import Job
from rq.registry import FailedJobRegistry, StartedJobRegistry

from portal.queueing import QUEUES, connect

log = logging.getLogger(__name__)

# Of failed jobs; RQ forgets each after an hour.
MOST_FAILED = 30
_MAX_TRACE = 4_000


class QueueLine(NamedTuple):
    name: str
    waiting: int
    running: int
    failed: int


class WorkerLine(NamedTuple):
    """`job` is the name of what it does now, or empty."""

    name: str
    host: str
    pid: int
    job: str
    seen_at: datetime | None
    done: int


class FailedJob(NamedTuple):
    """`trace` ends with the error; it is cut at its beginning."""

    id: str
    name: str
    ended_at: datetime | None
    trace: str


class QueueState(NamedTuple):
    queues: list[QueueLine]
    workers: list[WorkerLine]
    failed: list[FailedJob]


def read(url: str) -> QueueState | None:
    """None when the queue server does not answer."""
    try:
        with connect(url) as client:
            return QueueState(_queues(client), _workers(client), list(_failed(client)))
    except (RedisError, OSError) as error:
        log.warning("queue server away: %s", error)
        return None


def retry(url: str, job_id: str) -> bool:
    """Enqueue a failed job once more; False when it is no failed job any more."""
    try:
        with connect(url) as client:
            for name in QUEUES:
                registry = FailedJobRegistry(name, connection=client)
                if job_id in registry.get_job_ids():
                    registry.requeue(job_id)
                    return True
    except (RedisError, OSError, NoSuchJobError, InvalidJobOperation) as error:
        log.warning("job %s is not enqueued again: %s", job_id[:80], error)
    return False


def _queues(client: Redis) -> list[QueueLine]:
    return [
        QueueLine(
            name,
            Queue(name, connection=client).count,
            StartedJobRegistry(name, connection=client).count,
            FailedJobRegistry(name, connection=client).count,
        )
        for name in QUEUES
    ]


def _workers(client: Redis) -> list[WorkerLine]:
    lines = [
        WorkerLine(
            worker.name,
            worker.hostname or "",
            worker.pid or 0,
            _current(worker),
            _aware(worker.last_heartbeat),
            worker.successful_job_count,
        )
        for worker in Worker.all(connection=client)
    ]
    return sorted(lines, key=lambda line: (line.host, line.pid))


def _current(worker: Any) -> str:
    try:
        job = worker.get_current_job()
    except NoSuchJobError:
        return ""
    return job.func_name if job else ""


def _failed(client: Redis) -> Iterator[FailedJob]:
    ids = [
        job_id
        for name in QUEUES
        for job_id in FailedJobRegistry(name, connection=client).get_job_ids(0, MOST_FAILED)
    ]
    jobs = [job for job in Job.fetch_many(ids, connection=client) if job is not None]
    jobs.sort(key=lambda job: job.ended_at or job.created_at, reverse=True)
    for job in jobs[:MOST_FAILED]:
        result = job.latest_result()
        trace = (result.exc_string if result else None) or ""
        yield FailedJob(job.id, job.func_name or "", _aware(job.ended_at), trace[-_MAX_TRACE:])


def _aware(moment: datetime | None) -> datetime | None:
    """RQ's moments are in UTC and do not say so."""
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
