"""The scheduler: rings for periodic jobs. A thread of every worker, not a process of its own.

RQ's own scheduler ends when the queue server is away, and a process that has RQ in it weighs
50 MB. Every worker ticks; a short lock in the queue server lets one of them through each time.
"""

import logging
import threading
from dataclasses import dataclass

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue

from portal.queueing import Job

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tick:
    """A job without arguments, rung every `seconds`."""

    job: Job
    seconds: int


TICKS = (Tick(Job.SWEEP, 15), Tick(Job.SWEEP_WEBHOOKS, 15))


class Scheduler(threading.Thread):
    """Rings until the process ends; a queue server that is away is waited for."""

    def __init__(self, connection: Redis, ticks: tuple[Tick, ...] = TICKS) -> None:
        super().__init__(name="scheduler", daemon=True)
        self._connection = connection
        self._ticks = ticks
        self._stop_asked = threading.Event()

    def run(self) -> None:
        """Look every second whether something is due."""
        while not self._stop_asked.wait(1):
            for tick in self._ticks:
                try:
                    enqueue(self._connection, tick)
                except (RedisError, OSError) as error:
                    log.debug("queue server away: %s", error)
                except Exception:
                    # Without this thread nothing would be done any more that no bell is heard for.
                    log.exception("ringing for %s failed", tick.job)

    def stop(self) -> None:
        """Ring no more."""
        self._stop_asked.set()


def enqueue(connection: Redis, tick: Tick) -> bool:
    """Enqueue the tick's job unless somebody has done so within its interval."""
    lock = f"lodge:tick:{tick.job}"
    if not connection.set(lock, 1, nx=True, ex=tick.seconds):
        return False
    # A tick that was not worked on before the next one comes is worth nothing any more.
    Queue(tick.job.queue, connection=connection).enqueue(
        str(tick.job), ttl=tick.seconds - 1, result_ttl=0, failure_ttl=3600
    )
    return True
