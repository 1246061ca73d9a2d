"""Enqueues periodic jobs, and those that were put off until a moment.

A thread of every worker, not a process of its own.

RQ's own scheduler ends when the queue server is away, and a process that has RQ in it weighs
50 MB. Every worker ticks; a short lock in the queue server lets one of them through each time.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue

from jobs.parts.registry import SWEEP_SECONDS
from portal import clock
from portal.queueing import Job

log = logging.getLogger(__name__)
_PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Tick:
    """A job without arguments, enqueued every `seconds`; it waits `patience` seconds for a worker.

    Without patience it is worth nothing any more when the next one comes.
    """

    job: Job
    seconds: int
    patience: int = 0

    @property
    def waits(self) -> int:
        """How many seconds it waits for a worker."""
        return max(self.patience, self.seconds - 1)


TICKS = (
    Tick(Job.SWEEP, SWEEP_SECONDS),
    # It stands behind all turns, and has to have its own when there are many for minutes.
    Tick(Job.SWEEP_LATER, SWEEP_SECONDS, patience=240),
    Tick(Job.SWEEP_WEBHOOKS, SWEEP_SECONDS),
)


class Scheduler(threading.Thread):
    """Enqueues until the process ends; a queue server that is away is waited for."""

    def __init__(
        self,
        connection: Redis,
        ticks: tuple[Tick, ...] = TICKS,
        enqueue_due: Callable[[datetime], object] | None = None,
    ) -> None:
        """`enqueue_due` enqueues what was put off until a moment that has come."""
        super().__init__(name="scheduler", daemon=True)
        self._connection = connection
        self._steps: list[Callable[[], object]] = [
            partial(enqueue, connection, tick) for tick in ticks
        ]
        if enqueue_due is not None:
            self._steps.append(lambda: enqueue_due(clock.now()))
        self._stop_asked = threading.Event()

    def run(self) -> None:
        """Look again and again whether something is due."""
        while not self._stop_asked.wait(_PAUSE_SECONDS):
            for step in self._steps:
                try:
                    step()
                except (RedisError, OSError) as error:
                    log.debug("queue server away: %s", error)
                except Exception:
                    # Without this thread nothing would be done any more that nobody enqueues.
                    log.exception("enqueueing what is due failed")

    def stop(self) -> None:
        """Enqueue no more."""
        self._stop_asked.set()


def enqueue(connection: Redis, tick: Tick) -> bool:
    """Enqueue the tick's job unless somebody has done so within its interval."""
    lock = f"lodge:tick:{tick.job}"
    if not connection.set(lock, 1, nx=True, ex=tick.seconds):
        return False
    Queue(tick.job.queue, connection=connection).enqueue(
        str(tick.job), ttl=tick.waits, result_ttl=0, failure_ttl=3600
    )
    return True
