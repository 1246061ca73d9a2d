"""`/metrics` for Prometheus. Requests are counted as they end; the rest is read at each scrape.

`jobs.serving.metrics_slots` says how the counts of several processes are added up.
"""

import ipaddress
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

from flask import Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy.exc import SQLAlchemyError

from portal.errors import NotFound, ReadOnlyDesk
from portal.extensions import begin_write, db
from portal.queries.assistance import model_calls, waiting
from portal.queries.delivery import mail_server, outbox
from portal.queries.inbound import health as inbound_health
from portal.queries.operations import background
from portal.queries.webhooks import deliveries
from portal.queueing import Enqueuer
from portal.security.people import api_keys
from portal.web.current import current_globals, current_request
from portal.web.operations import (
    assistance_metrics,
    background_metrics,
    mail_in_metrics,
    model_metrics,
)

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded")


def attach(app: Flask) -> None:
    """Count requests, and add `/metrics`."""
    figures = app.extensions["lodge.metrics"] = Metrics(app)
    app.before_request(figures.start)
    app.after_request(figures.count)
    app.add_url_rule("/metrics", "metrics", figures.page)


class Metrics:
    """The metrics of one process, and the page that shows those of all."""

    def __init__(self, app: Flask) -> None:
        self._registry = CollectorRegistry()
        folder = app.config["METRICS_DIR"]
        if folder:
            MultiProcessCollector(self._registry, folder)  # type: ignore[no-untyped-call]
        self._registry.register(_StateCollector())
        self._define(None if folder else self._registry)
        app.extensions["lodge.live"].on_count_change = self._streams.set
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        with app.app_context():
            self._engine = db.engine

    def _define(self, own: CollectorRegistry | None) -> None:
        """Create the metrics. `own` is None where several processes share METRICS_DIR."""
        self._requests = Counter(
            "lodge_http_requests",
            "Requests that were answered.",
            ["method", "route", "status"],
            registry=own,
        )
        self._seconds = Histogram(
            "lodge_http_request_seconds",
            "Time to the answer's first byte.",
            ["route"],
            buckets=_BUCKETS,
            registry=own,
        )
        self._in_use = Gauge(
            "lodge_database_connections_in_use",
            "Connections of the pool that requests hold as others begin or end.",
            multiprocess_mode="livesum",
            registry=own,
        )
        self._streams = Gauge(
            "lodge_live_streams",
            "Open pages that are told of changes.",
            multiprocess_mode="livesum",
            registry=own,
        )
        self.wrong_sign_ins = Counter(
            "lodge_wrong_sign_ins", "Wrong passwords, of whomever, by page and API.", registry=own
        )
        self.api_log_lag = Gauge(
            "lodge_api_log_lag_seconds",
            "How long the oldest API request has waited to be logged.",
            multiprocess_mode="livemax",
            registry=own,
        )

    def start(self) -> None:
        """A `before_request`: when it began, and how many connections others hold now."""
        g.began = time.perf_counter()
        self._count_connections()

    def _count_connections(self) -> None:
        """Those of others, at both ends of a request: counting at each statement costs too much."""
        pool: Any = self._engine.pool
        own = db.session.registry.has() and db.session.registry().in_transaction()
        self._in_use.set(pool.checkedout() - own)

    def count(self, response: Response) -> Response:
        """An `after_request`: count the request."""
        asked, known = current_request(), current_globals()
        method = asked.method if asked.method in _METHODS else "other"
        # By rule, never by URL: strangers must not be able to create new labels.
        route = asked.url_rule.rule if asked.url_rule else "-"
        # Looking up a labelled child takes several steps, and there are few of them.
        key = (method, route, response.status_code)
        if key not in self._children:
            self._children[key] = (self._requests.labels(*key), self._seconds.labels(route))
        requests, seconds = self._children[key]
        requests.inc()
        if (began := known.get("began")) is not None:
            seconds.observe(time.perf_counter() - began)
        self._count_connections()
        return response

    def page(self) -> Response:
        """For programs on this machine, or with an admin's API key. Raises NotFound for others."""
        if not (_is_local() or _has_admin_key()):
            raise NotFound
        text = generate_latest(self._registry)
        return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")


class _StateCollector:
    """Metrics that are read at each scrape. Those of a server that is away are left out."""

    def describe(self) -> list[Metric]:
        """Empty: describing would query."""
        return []

    def collect(self) -> Iterator[Metric]:
        enqueuer: Enqueuer = current_app.extensions["lodge.enqueuer"]
        queue = enqueuer.health()
        yield _gauge("lodge_queue_up", "Whether the queue server answers.", queue["connected"])
        if queue["connected"]:
            yield _gauge("lodge_queue_depth", "Jobs that wait for a worker.", queue["queued"])
            yield _gauge("lodge_queue_workers", "Workers that are there.", queue["workers"])
        yield from _streams_gauges(enqueuer)
        try:
            mail, overdue = outbox.health(), outbox.overdue()
            server, lags = mail_server.state(), background.lags()
            runs = background.runs()
            mail_in = inbound_health.health()
            learned = waiting.state()
            hooks, hooks_overdue = deliveries.health(), deliveries.overdue()
            model = model_calls.health()
        except SQLAlchemyError:
            db.session.rollback()
            yield _gauge("lodge_database_up", "Whether the database answers.", 0)
            return
        yield _gauge("lodge_database_up", "Whether the database answers.", 1)
        yield _gauge("lodge_mail_pending", "Mails that wait, up to 1000.", mail.pending)
        yield _gauge("lodge_mail_failing", "Of these, after a failed try.", mail.failing)
        yield _gauge("lodge_mail_parked", "Mails that were given up, up to 1000.", mail.parked)
        yield _gauge("lodge_mail_unmade", "Of these, mails that cannot be made.", mail.uncomposable)
        yield _gauge(
            "lodge_outbox_lag_seconds",
            "How long the mail that is longest due has waited for a worker.",
            overdue.total_seconds(),
        )
        yield from _mail_server_gauges(server)
        yield from mail_in_metrics.gauges(mail_in)
        yield from assistance_metrics.gauges(learned)
        yield from _webhook_gauges(hooks, hooks_overdue)
        yield from model_metrics.gauges(model)
        yield from background_metrics.lag_gauges(lags)
        yield from background_metrics.run_gauges(runs)
        pool = current_app.config["SQLALCHEMY_ENGINE_OPTIONS"]
        yield _gauge(
            "lodge_database_connections_limit",
            "Connections that one process may hold.",
            pool["pool_size"] + pool["max_overflow"],
        )


def _mail_server_gauges(server: mail_server.State) -> Iterator[GaugeMetricFamily]:
    failing_for = server.failing_for or timedelta(0)
    yield _gauge(
        "lodge_mail_server_away_seconds",
        "How long the mail server has been away; 0 when it is there.",
        server.unreachable_for.total_seconds(),
    )
    yield _gauge(
        "lodge_mail_failing_seconds",
        "How long tries have failed and no mail has left; 0 when mail leaves.",
        failing_for.total_seconds(),
    )
    if server.last_sent is not None:
        yield _gauge(
            "lodge_mail_last_sent_age_seconds",
            "How long ago a mail left.",
            server.last_sent.total_seconds(),
        )


def _streams_gauges(enqueuer: Enqueuer) -> Iterator[GaugeMetricFamily]:
    if not current_app.config["STREAMS_LISTEN"]:
        return
    streams = enqueuer.open_streams()
    yield _gauge("lodge_streams_up", "Whether a process of streams is there.", streams is not None)
    if streams is not None:
        yield _gauge("lodge_streams", "Open pages that such processes tell of changes.", streams)


def _webhook_gauges(health: deliveries.Health, overdue: timedelta) -> Iterator[GaugeMetricFamily]:
    yield _gauge("lodge_webhook_pending", "Events that wait, up to 1000.", health.pending)
    yield _gauge("lodge_webhook_parked", "Events that were given up, up to 1000.", health.parked)
    yield _gauge(
        "lodge_webhook_lag_seconds",
        "How long the event that is longest due has waited, of those that may be sent now.",
        overdue.total_seconds(),
    )
    yield _gauge(
        "lodge_webhooks_failed", "Webhooks that were switched off by failures.", health.failed
    )


def _gauge(name: str, text: str, value: object) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, float(value))  # type: ignore[arg-type]


def _is_local() -> bool:
    """Whether the caller is a program on this machine, and not a proxy that speaks for others."""
    trusted = request.environ.get("werkzeug.proxy_fix.orig") is not None
    if not trusted and any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _has_admin_key() -> bool:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    found = api_keys.authenticate(text.strip()) if scheme.lower() == "bearer" else None
    if found is None or not found[1].is_admin:
        return False
    if api_keys.touch_is_due(found[0]):
        with suppress(ReadOnlyDesk):
            begin_write()
            api_keys.touch(found[0].id)
            db.session.commit()
    return True
