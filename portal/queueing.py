"""Names of jobs, and enqueueing after the outermost commit.

The outbox and other rows are the source of truth: the sweep finds work that was not enqueued. So an
unreachable queue server delays work but never fails a request.

Open pages are told in the same round trip that something changed, never what: they ask again with
their own rights (`portal.web.live_updates`).
"""

import json
import logging
import secrets
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from threading import local
from typing import Any, TypeAlias

from flask import current_app
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.exceptions import DuplicateJobError
from rq.worker_registration import WORKERS_BY_QUEUE_KEY
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from portal import clock, logs, request_context
from portal.extensions import db
from portal.live_events import ENDED_CHANNEL, LIVE_CHANNEL, PROCESSES_KEY, endings

log = logging.getLogger(__name__)

QUEUE = "lodge"
# Jobs that work off a backlog for some seconds, or may wait. Short jobs have the other queue, so
# that they never wait behind slow remote servers.
BACKLOG_QUEUE = "lodge-turns"
# In the order in which a worker looks into them.
QUEUES = (QUEUE, BACKLOG_QUEUE)
QUEUE_TOPIC = "queue"
# A sorted set: calls as JSON, by the time when they are due (seconds since the epoch).
_LATER = "lodge:later"
# Calls of it that one look takes.
_DUE_AT_ONCE = 200
# A hanging queue server must not block pages: short timeout, then a pause without attempts.
_TIMEOUT_SECONDS = 0.5
_PAUSE_SECONDS = 5.0
# How long a job may take; whoever copies many files needs more.
_JOB_TIMEOUT_SECONDS = 180


class Job(StrEnum):
    """Jobs by dotted path. `portal` never imports `jobs`; a test resolves these names."""

    DELIVER_OUTBOX = "jobs.outbox.deliver"
    DRAIN_OUTBOX = "jobs.outbox.drain"
    SEND_SCHEDULED = "jobs.scheduled.send"
    MAKE_THUMBNAIL = "jobs.thumbnails.make"
    READ_INBOUND = "jobs.inbound_reading.read"
    SWEEP = "jobs.sweep.sweep"
    SWEEP_LATER = "jobs.sweep.sweep_later"
    CHANGE_TICKETS = "jobs.bulk.change_tickets"
    EXPORT_PERSON = "jobs.exports.export_person"
    EXPORT_TABLE = "jobs.table_exports.export_table"
    SYNC_PRODUCTS = "jobs.products.sync"
    ASSIST = "jobs.assistance.assist"
    DELIVER_WEBHOOK = "jobs.webhooks.deliver"
    SWEEP_WEBHOOKS = "jobs.webhooks.sweep"

    @property
    def queue(self) -> str:
        """The queue in which it waits for a worker."""
        return BACKLOG_QUEUE if self in _BACKLOG_JOBS else QUEUE


_BACKLOG_JOBS = {
    Job.DRAIN_OUTBOX,
    Job.READ_INBOUND,
    Job.CHANGE_TICKETS,
    Job.ASSIST,
    Job.DELIVER_WEBHOOK,
    Job.MAKE_THUMBNAIL,
    Job.EXPORT_TABLE,
    Job.SYNC_PRODUCTS,
    Job.SWEEP_LATER,
    Job.SWEEP_WEBHOOKS,
}
_UNIQUE_JOBS = {Job.DELIVER_WEBHOOK: "webhook", Job.READ_INBOUND: "inbound"}
# A job with its arguments.
Call: TypeAlias = tuple[Any, ...]
_LONG_TIMEOUTS = {Job.EXPORT_PERSON: 3600, Job.EXPORT_TABLE: 3600}


def connect(url: str, *, timeout: float | None = _TIMEOUT_SECONDS) -> Redis:
    """A client for the queue server. It connects at the first command."""
    return Redis.from_url(url, socket_connect_timeout=timeout, socket_timeout=timeout)


class Enqueuer:
    """Enqueues jobs; after a failure it does not try again for a few seconds."""

    def __init__(self, url: str, *, timeout: float = _TIMEOUT_SECONDS) -> None:
        self._connection = connect(url, timeout=timeout)
        self._queues = {name: Queue(name, connection=self._connection) for name in QUEUES}
        self._silent = local()

    def enqueue(self, job: Job, *args: object) -> bool:
        """Enqueue `job`; False when the queue server could not be reached. Never raises."""
        return self.enqueue_all([(job, *args)])

    def enqueue_all(
        self,
        calls: Iterable[Call],
        topics: Iterable[str] = (),
        later: Mapping[Call, datetime] | None = None,
        ended: Iterable[str] = (),
    ) -> bool:
        """Enqueue all calls, keep those for `later`, publish `topics` and what has `ended`.

        That is one round trip.
        """
        if time.monotonic() < getattr(self._silent, "until", 0.0):
            return False
        try:
            with self._connection.pipeline() as pipeline:
                for job, *args in calls:
                    self._add(job, args, pipeline)
                for call, moment in (later or {}).items():
                    # Of two moments for the same call the earlier one counts.
                    pipeline.zadd(_LATER, {json.dumps(call): moment.timestamp()}, lt=True)
                if published := " ".join(topics):
                    pipeline.publish(
                        LIVE_CHANNEL, f"{request_context.current.get().page or '-'} {published}"
                    )
                for ending in ended:
                    pipeline.publish(ENDED_CHANNEL, ending)
                pipeline.execute()
        except (RedisError, OSError) as error:
            self._silent.until = time.monotonic() + _PAUSE_SECONDS
            log.warning("queue server away, the sweep will find the work: %s", error)
            return False
        return True

    def _add(self, job: Job, args: list[Any], pipeline: Pipeline) -> None:
        with suppress(DuplicateJobError):  # the same job is queued already
            self._queues[job.queue].enqueue(
                str(job),
                *args,
                pipeline=pipeline,
                job_timeout=_LONG_TIMEOUTS.get(job, _JOB_TIMEOUT_SECONDS),
                meta={"request_id": logs.request_id.get()},
                result_ttl=0,
                ttl=3600,
                **_identity(job, args),
            )

    def enqueue_due(self, now: datetime) -> int:
        """Enqueue the calls that are due by now; return how many.

        Of several who look at once each call is enqueued by one. Raises what Redis raises.
        """
        due: Any = self._connection.zrangebyscore(
            _LATER, "-inf", now.timestamp(), start=0, num=_DUE_AT_ONCE
        )
        calls: list[Call] = []
        for call in due:
            # Whoever dies after this loses it to the sweep, which finds all that is owed.
            if self._connection.zrem(_LATER, call):
                with suppress(ValueError):  # of another version: the sweep finds it
                    job, *args = json.loads(call)
                    calls.append((Job(job), *args))
        if calls:
            self.enqueue_all(calls)
        return len(calls)

    def enqueue_for_workers(self, job: Job, most: int) -> bool:
        """Enqueue the job once per worker, at most `most` times, minus those already queued."""
        queue = self._queues[job.queue]
        try:
            workers = Worker.count(queue=queue)
            waiting = sum(name.endswith(f"-{job.name}") for name in queue.get_job_ids())
        except (RedisError, OSError) as error:
            log.warning("queue server away: %s", error)
            return False
        return self.enqueue_all([(job,)] * (min(workers, most) - waiting))

    def health(self) -> dict[str, object]:
        """Connection, queue length and number of workers, for admins."""
        try:
            with self._connection.pipeline(transaction=False) as pipeline:
                pipeline.scard(WORKERS_BY_QUEUE_KEY % QUEUE)
                for queue in self._queues.values():
                    pipeline.llen(queue.key)
                workers, *queued = pipeline.execute()
            return {"connected": True, "queued": sum(queued), "workers": workers}
        except (RedisError, OSError):
            return {"connected": False, "queued": 0, "workers": 0}

    def workers(self) -> int | None:
        """How many there are; None while the queue server is away."""
        try:
            found: Any = self._connection.scard(WORKERS_BY_QUEUE_KEY % QUEUE)
        except (RedisError, OSError):
            return None
        return int(found)

    def open_streams(self) -> int | None:
        """How many the processes of streams have open; None when there is no such process."""
        try:
            said: Any = self._connection.hvals(PROCESSES_KEY)
        except (RedisError, OSError):
            return None
        now = clock.now().timestamp()
        there = [int(count) for until, count in map(bytes.split, said) if float(until) > now]
        return sum(there) if there else None

    def server_version(self) -> str:
        """That of the queue server; empty while it is away."""
        try:
            info: Any = self._connection.info("server")
        except (RedisError, OSError):
            return ""
        return str(info.get("valkey_version") or info.get("redis_version", ""))


def _identity(job: Job, args: list[Any]) -> dict[str, Any]:
    """RQ's job id and failure settings. A webhook's job is queued once, so none gets more turns.

    So is the one that reads mails, of which thousands may come at once. Its failure is forgotten
    at once: RQ would not enqueue the id again while it remembers it.
    """
    if (name := _UNIQUE_JOBS.get(job)) is not None:
        return {"failure_ttl": 0, "unique": True, "job_id": "-".join([name, *map(str, args)])}
    return {"failure_ttl": 3600, "job_id": f"{secrets.token_hex(16)}-{job.name}"}


def enqueue_after_commit(session: Session, job: Job, *args: object) -> None:
    """Enqueue `job` after `session` has committed; the same call twice is one."""
    held: dict[Call, None] = session.info.setdefault("held_jobs", {})
    held[(job, *args)] = None


def leave_mails_to_drain(session: Session) -> None:
    """Enqueue no job for each mail that this transaction owes: one that drains will send them all.

    For whoever owes mails in many transactions, one after the other, and then enqueues that one.
    """
    held: dict[Call, None] = session.info.get("held_jobs", {})
    for call in [one for one in held if one[0] == Job.DELIVER_OUTBOX]:
        del held[call]


def enqueue_later(session: Session, moment: datetime, job: Job, *args: object) -> None:
    """Enqueue `job` at `moment` if `session` has committed; of several moments at the earliest.

    For what a sweep would find as well, only later: nothing survives the queue server's end.
    """
    held: dict[Call, datetime] = session.info.setdefault("held_later", {})
    call = (job, *args)
    held[call] = min(moment, held.get(call, moment))


def publish_change(
    session: Session, ticket_id: int, *, internal: bool, lists: Iterable[str] = ()
) -> None:
    """After the commit, tell open pages of the ticket and of the queue that it changed.

    An `internal` change is published to staff only: even that something happened is confidential.
    `lists` are topics of narrowed lists in which the ticket stands, or stood.
    """
    held: dict[str, None] = session.info.setdefault("held_topics", {})
    held |= dict.fromkeys((QUEUE_TOPIC, ticket_topics(ticket_id, staff=internal)[-1], *lists))


def list_topic(narrowed_by: str, row_id: int | None) -> str:
    """The topic of a list with one assignee, requester or organization; None is nobody."""
    return f"{narrowed_by}-{row_id or 0}"


def publish_to_ticket(session: Session, ticket_id: int, *, internal: bool) -> None:
    """After the commit, tell those who have the ticket open; lists show nothing of it."""
    held: dict[str, None] = session.info.setdefault("held_topics", {})
    held[ticket_topics(ticket_id, staff=internal)[-1]] = None


def publish_notification(session: Session, user_id: int) -> None:
    """After the commit, tell that person's open pages that what they are notified of changed."""
    held: dict[str, None] = session.info.setdefault("held_topics", {})
    held[person_topic(user_id)] = None


def person_topic(user_id: int) -> str:
    """The topic of what that person is notified of."""
    return f"person-{user_id}"


def ticket_topics(ticket_id: int, *, staff: bool) -> tuple[str, ...]:
    """The topics that a page of that ticket subscribes to."""
    public = f"ticket-{ticket_id}"
    return (public, f"{public}-internal") if staff else (public,)


def discard_held(session: Session) -> None:
    """Enqueue and publish nothing of what this transaction has asked for so far."""
    session.info.pop("held_jobs", None)
    session.info.pop("held_topics", None)
    session.info.pop("held_later", None)
    endings.take_held(session.info)


@event.listens_for(db.session, "after_commit")
def _enqueue_held(session: Session) -> None:
    """Enqueue held jobs once the outermost transaction has committed."""
    # Also fires when a savepoint is released, inside the still open transaction.
    if session.in_nested_transaction():
        return
    calls, topics = (session.info.pop(name, ()) for name in ("held_jobs", "held_topics"))
    later, ended = session.info.pop("held_later", None), endings.take_held(session.info)
    if calls or topics or later or ended:
        enqueuer: Enqueuer = current_app.extensions["lodge.enqueuer"]
        enqueuer.enqueue_all(calls, topics, later, ended)


@event.listens_for(db.session, "after_soft_rollback")
def _discard_after_rollback(session: Session, previous: SessionTransaction) -> None:
    if previous.parent is None:
        discard_held(session)
