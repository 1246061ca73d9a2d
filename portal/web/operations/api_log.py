"""The log of API requests: noted in memory, written by a thread. No caller waits for a disk.

A process that is killed loses the requests of its last second at most; one that is told to end
writes them first. What people did is logged elsewhere: see `services.operations.action_log`.
"""

import atexit
import logging
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from functools import cache

from flask import Flask, Response
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from portal import clock
from portal.errors import ReadOnlyDesk
from portal.extensions import begin_log_write, db
from portal.isolation import attempt_together
from portal.security.people import api_keys
from portal.services.operations import api_log
from portal.services.operations.api_log import Entry
from portal.web import problems
from portal.web.current import current_globals, current_request

log = logging.getLogger(__name__)

# Errors that are not caused by the entries.
_DATABASE_AWAY = (
    OperationalError,
    InterfaceError,
    ProgrammingError,
    PoolTimeoutError,
    ReadOnlyDesk,
)

_BATCH_ENTRIES = 500
# Kept while the database is away; further entries are only counted.
_MAX_ENTRIES = 20_000
_PREFIX = len(api_keys.MARK) + 8


def attach(app: Flask) -> None:
    """Log the requests to the API. To be called before all other `after_request` functions."""
    recorder = Recorder(app)
    recorder.tried = app.extensions["lodge.metrics"].api_log_lag.set
    app.extensions["lodge.api_log"] = recorder

    def note(response: Response) -> Response:
        if problems.is_api_request():
            recorder.note(_entry(response))
        return response

    app.after_request(note)


def _entry(response: Response) -> Entry:
    asked, known = current_request(), current_globals()
    caller = known.get("api_caller")
    ended = time.perf_counter()
    return Entry(
        at=clock.now(),
        user_id=caller.actor.id if caller else known.get("api_signed_in"),
        key_prefix=_prefix(asked.environ.get("HTTP_AUTHORIZATION", "")),
        method=asked.method[:8],
        # The rule, not the URL, which may contain personal data.
        route=_template(asked.url_rule.rule)[:120] if asked.url_rule else "-",
        status=response.status_code,
        milliseconds=round((ended - known.get("began", ended)) * 1000),
        address=(asked.remote_addr or "")[:45],
        request_id=known.get("request_id", "-"),
    )


@cache
def _template(rule: str) -> str:
    """A URL rule in the notation of OpenAPI: `/tickets/{number}`."""
    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule)


def _prefix(credential: str) -> str:
    """The prefix of an API key in an Authorization header; empty for any other credential."""
    scheme, _, text = credential.partition(" ")
    key = text.strip()[:_PREFIX]
    is_key = key.startswith(api_keys.MARK) and key.isascii() and key[len(api_keys.MARK) :].isalnum()
    return key if is_key and scheme.lower() == "bearer" else ""


class Recorder:
    """The unwritten entries of one process, and the thread that writes them."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._notes: deque[Entry] = deque()
        self._lost = 0
        self._thread: threading.Thread | None = None
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._wake = threading.Event()
        # Called with `waiting_for` in seconds after each attempt to write.
        self.tried: Callable[[float], object] = float

    def note(self, entry: Entry) -> None:
        """Keep `entry` until it is written. Never waits, never fails."""
        if len(self._notes) >= _MAX_ENTRIES:
            self._lost += 1
            return
        self._notes.append(entry)
        if self._thread is None:
            self._start()
        if len(self._notes) >= _BATCH_ENTRIES:
            self._wake.set()

    def waiting_for(self) -> timedelta:
        """The age of the oldest unwritten entry."""
        try:
            return max(timedelta(0), clock.now() - self._notes[0].at)
        except IndexError:
            return timedelta(0)

    def flush(self) -> None:
        """Write what was noted. Entries stay when the database is away; bad ones are dropped."""
        with self._writing, self._app.app_context():
            while self._notes:
                batch = list(self._notes)[:_BATCH_ENTRIES]
                named = {f"{at} ({entry.request_id})": entry for at, entry in enumerate(batch)}
                try:
                    self._lost += len(
                        attempt_together("API request", _commit, named, unless=_DATABASE_AWAY)
                    )
                except _DATABASE_AWAY as error:
                    # While the desk is moved each second would be a line.
                    level = logging.DEBUG if isinstance(error, ReadOnlyDesk) else logging.WARNING
                    waiting = len(self._notes)
                    log.log(level, "%s API requests wait to be logged: %s", waiting, error)
                    return
                for _ in batch:
                    self._notes.popleft()
            if self._lost:
                lost, self._lost = self._lost, 0
                log.error("%s API requests were not logged", lost)

    def _start(self) -> None:
        """Start the thread at the first entry: a thread does not survive a fork."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="api-log", daemon=True)
                self._thread.start()
                atexit.register(self.flush)

    def _run(self) -> None:
        while True:
            self._wake.wait(self._app.config["API_LOG_SECONDS"])
            self._wake.clear()
            try:
                self.flush()
            except Exception:
                log.exception("API requests could not be logged")
            self.tried(self.waiting_for().total_seconds())


def _commit(batch: list[Entry]) -> None:
    try:
        begin_log_write()
        api_log.write(batch)
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
