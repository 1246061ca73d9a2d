"""The worker, on RQ's: takes jobs from the queue, one at a time, each in a fork.

It outlives the queue server: when that goes away, the worker waits for it to come back.
"""

import logging
import os
import signal
import time

from redis import Redis
from redis.client import Pipeline
from redis.exceptions import RedisError
from rq import Queue, Worker, worker_registration
from rq.exceptions import StopRequested
from rq.job import Job as QueuedJob

from jobs.process import die_with_parent, settle
from jobs.running import application
from jobs.scheduler import Scheduler
from portal import reporting
from portal.engines import read_without_map
from portal.extensions import db
from portal.queueing import QUEUES, Enqueuer, connect

log = logging.getLogger(__name__)

# How often jobs of workers that died are given up. As long as one of those that are queued once is
# not, nobody reads mails that come in.
_CLEAN_SECONDS = 60


class LodgeWorker(Worker):
    """RQ's worker, which also knows whether it was told to end or just broke off."""

    told_to_stop = False

    def request_stop(self, signum: int, frame: object) -> None:
        """Finish the job at hand, then end."""
        self.told_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Say that we are here; to a queue server that was emptied, also who we are."""
        known = worker_registration.REDIS_WORKER_KEYS
        if pipeline is None and not self.connection.sismember(known, self.key):
            worker_registration.register(self)
            self.connection.hset(self.key, mapping=self.serialize())
        super().heartbeat(timeout, pipeline)

    def perform_job(self, job: QueuedJob, queue: Queue) -> bool:
        """Do it; the fork ends at once afterwards, so what is to be reported has to leave first."""
        done: bool = super().perform_job(job, queue)
        if not done and reporting.is_on():
            reporting.flush()
        return done

    def main_work_horse(self, job: QueuedJob, queue: Queue) -> None:
        """Run one job in the fork, which does not outlive this worker."""
        die_with_parent(signal.SIGKILL, self.pid or os.getppid())
        super().main_work_horse(job, queue)


def work() -> None:
    """Work until told to stop. Raises ConfigError."""
    app = application()
    with app.app_context():
        for engine in db.engines.values():
            read_without_map(engine)
            engine.dispose()
    settle()
    url = app.config["REDIS_URL"]
    Scheduler(connect(url), enqueue_due=Enqueuer(url).enqueue_due).start()
    while not _take_jobs(connect(url, timeout=None)):
        log.warning("the queue server went away, waiting for it")


def _take_jobs(connection: Redis) -> bool:
    """Take jobs until told to stop (True) or until the queue server is lost (False)."""
    # Nothing is at hand while we wait: a signal may end the process where it stands.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    while not _answers(connection):
        time.sleep(0.5)
    queues = [Queue(name, connection=connection) for name in QUEUES]
    worker = LodgeWorker(queues, connection=connection, maintenance_interval=_CLEAN_SECONDS)
    try:
        worker.work(logging_level="WARNING")
    except (RedisError, OSError, StopRequested) as error:
        log.debug("the worker broke off: %r", error)
    return worker.told_to_stop


def _answers(connection: Redis) -> bool:
    try:
        return bool(connection.ping())
    except (RedisError, OSError):
        return False
