"""`/health`: the process answers. `/health/ready`: it can do its work.

Both are for probes that ask every few seconds, so they are cheap and never wait long: a check that
does not answer in time has failed. Each check has a thread of its own, because a query to a frozen
database cannot be cancelled.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, current_app
from sqlalchemy import Connection

from portal import schema
from portal.errors import ReadOnlyDesk
from portal.extensions import begin_write, db
from portal.models.operations import HeartbeatName
from portal.queries.assistance import model_calls
from portal.queries.delivery import mail_server, outbox
from portal.queries.inbound import health as inbound_health
from portal.queries.operations import background
from portal.queueing import Enqueuer
from portal.services.operations import heartbeats
from portal.web.operations.api_log import Recorder

log = logging.getLogger(__name__)

OK, DEGRADED, FAILED = "ok", "degraded", "failed"
_TIMEOUT_SECONDS = 0.7
# A result is used again for so many seconds, however many probes ask.
_VALID_SECONDS = 1.0
_MAIL_LAG_SECONDS = 300
_LOG_LAG = timedelta(minutes=5)
_PATHS = frozenset({"/health", "/health/ready"})

Check = Callable[[], str]


def attach(app: Flask) -> None:
    watches = [ReadinessCheck(app, name, check) for name, check in CHECKS.items()]

    def ready() -> tuple[dict[str, object], int]:
        return report(watches)

    app.add_url_rule("/health", "health", health)
    app.add_url_rule("/health/ready", "ready", ready)
    app.wsgi_app = _without_host_and_cookies(app.wsgi_app, app.config["TRUSTED_HOSTS"][0])  # type: ignore[assignment,method-assign]


def health() -> dict[str, str]:
    """Liveness: independent of database, queue and files."""
    return {"status": "ok"}


class ReadinessCheck:
    """One check, run by at most one thread at a time; a result is valid for a second."""

    def __init__(self, app: Flask, name: str, check: Check) -> None:
        self.name = name
        self._app, self._check = app, check
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._done.set()
        self._state, self._at = FAILED, float("-inf")

    def ask(self) -> None:
        """Start the check, unless it is running or its result is still valid."""
        with self._lock:
            if self._done.is_set() and time.monotonic() - self._at > _VALID_SECONDS:
                self._done.clear()
                threading.Thread(target=self._run, name=f"ready-{self.name}", daemon=True).start()

    def answer(self, until: float) -> str | None:
        """The result; None if there is none by `until` (of time.monotonic)."""
        return self._state if self._done.wait(max(0.0, until - time.monotonic())) else None

    def _run(self) -> None:
        try:
            with self._app.app_context():
                self._state = self._check()
        except Exception as error:
            log.warning("not ready, %s: %s", self.name, error)
            self._state = FAILED
        finally:
            self._at = time.monotonic()
            self._done.set()


def report(watches: list[ReadinessCheck]) -> tuple[dict[str, object], int]:
    """Body and status of `/health/ready`: 503 when a check has failed that requests depend on."""
    until = time.monotonic() + _TIMEOUT_SECONDS
    for watch in watches:
        watch.ask()
    states = {watch.name: watch.answer(until) or FAILED for watch in watches}
    for name in _MAY_LAG & states.keys():
        states[name] = DEGRADED if states[name] == FAILED else states[name]
    if FAILED in states.values():
        return {"status": "unavailable", "checks": states}, 503
    status = DEGRADED if DEGRADED in states.values() else "ready"
    return {"status": status, "checks": states}, 200


def _database() -> str:
    """Degraded: it can be read, and takes no changes while the desk is moved."""
    try:
        begin_write()
    except ReadOnlyDesk:
        return DEGRADED
    heartbeats.beat(HeartbeatName.PROBE)
    db.session.commit()
    return OK


def _schema() -> str:
    """An older schema fails; a newer one is met by old code during a rolling upgrade."""
    connection: Connection = db.session.connection()
    revision = schema.database_revision(connection)
    if revision == schema.latest_revision():
        return OK
    return FAILED if revision is None or revision in schema.known_revisions() else DEGRADED


def _files() -> str:
    current_app.extensions["lodge.storage"].check()
    return OK


def _queue() -> str:
    enqueuer: Enqueuer = current_app.extensions["lodge.enqueuer"]
    return OK if enqueuer.health()["workers"] else DEGRADED


def _streams() -> str:
    """Degraded: pages are told of changes by the web processes, as many as have room."""
    if not current_app.config["STREAMS_LISTEN"]:
        return OK
    enqueuer: Enqueuer = current_app.extensions["lodge.enqueuer"]
    return DEGRADED if enqueuer.open_streams() is None else OK


def _mail() -> str:
    """Degraded: mail is late, its server is away, or mails wait for a fault of ours."""
    late = outbox.overdue().total_seconds() >= _MAIL_LAG_SECONDS
    return (
        DEGRADED if late or mail_server.state().is_degraded or outbox.count_uncomposable() else OK
    )


def _mail_in() -> str:
    """Degraded: a mailbox is not fetched, or what came is not read."""
    return DEGRADED if inbound_health.health().is_degraded else OK


def _model() -> str:
    """Degraded: the last calls of the language model failed."""
    found = model_calls.health()
    return DEGRADED if found is not None and found.is_failing else OK


def _background() -> str:
    """Degraded: a part of the background work is late, or the API log of this process is."""
    late = [lag.name for lag in background.excessive_lags() if not lag.name.startswith("mail_")]
    recorder: Recorder = current_app.extensions["lodge.api_log"]
    if recorder.waiting_for() > _LOG_LAG:
        late.append("api_log")
    if late:
        log.warning("late in the background: %s", ", ".join(late))
    return DEGRADED if late else OK


CHECKS: dict[str, Check] = {
    "database": _database,
    "schema": _schema,
    "files": _files,
    "queue": _queue,
    "streams": _streams,
    "mail": _mail,
    "mail_in": _mail_in,
    "background": _background,
    "model": _model,
}
# Background work may lag: requests do not depend on it.
_MAY_LAG = frozenset({"queue", "streams", "mail", "mail_in", "background", "model"})


def _without_host_and_cookies(wsgi_app: WSGIApplication, host: str) -> WSGIApplication:
    """Serve probes under any host name: a load balancer knows an address alone.

    Their responses name no host, and without a cookie no session is looked up.
    """

    def call(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        if environ.get("PATH_INFO") in _PATHS:
            environ = {**environ, "HTTP_HOST": host}
            environ.pop("HTTP_COOKIE", None)
        return wsgi_app(environ, start_response)

    return call
