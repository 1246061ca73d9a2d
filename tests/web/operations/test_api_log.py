"""What is noted of an API request, and that noting it never stands in the way."""

import threading
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, g
from sqlalchemy import Row, select, text

from portal import clock
from portal.extensions import begin_write, db, execute_on_logs
from portal.models.operations import ApiRequest, HeartbeatName
from portal.queries.operations import api_log as api_queries
from portal.services.operations import heartbeats
from portal.web.operations import api_log, health
from portal.web.operations.api_log import Recorder
from tests import timing
from tests.cast import Cast
from tests.conftest import MakeApp
from tests.databases import BOTH
from tests.page import Visitor
from tests.waiting import PATIENCE, wait_for

KEY = "lk_abcdefgh" + "Z9" * 21 + "Z"


def logged(app: Flask) -> list[Row[Any]]:
    app.extensions["lodge.api_log"].flush()
    with app.app_context():
        return list(execute_on_logs(select(*ApiRequest.__table__.columns).order_by(ApiRequest.id)))


def test_a_request_is_logged_without_its_secrets(app: Flask, client: Visitor) -> None:
    answer = client.http.post(
        "/api/v1/nothing/ann@example.com?token=hunter2",
        json={"password": "correct horse"},
        headers={"Authorization": f"Bearer {KEY}"},
    )
    [row] = logged(app)
    assert (row.method, row.route, row.status) == ("POST", "-", answer.status_code)
    assert (row.key_prefix, row.address) == ("lk_abcdefgh", "127.0.0.1")
    assert row.request_id == answer.headers["X-Request-ID"]
    assert row.milliseconds < 120_000
    told = " ".join(map(str, row))
    assert not [s for s in (KEY[11:], "hunter2", "correct horse", "ann@") if s in told]


def test_who_called_is_logged(app: Flask, cast: Cast) -> None:
    recorder: Recorder = app.extensions["lodge.api_log"]
    with app.test_request_context("/api/v1/tickets"):
        g.api_caller = SimpleNamespace(actor=cast.ann)
        recorder.note(api_log._entry(app.response_class(status=200)))
    assert [row.user_id for row in logged(app)] == [cast.ann.id]


def test_pages_are_not_logged(app: Flask, client: Visitor) -> None:
    client.get("/")
    client.get("/health")
    assert logged(app) == []


def test_counts_come_to_statistics(app: Flask, client: Visitor) -> None:
    for _ in range(3):
        client.http.get("/api/v1/nothing", headers={"Authorization": f"Bearer {KEY}"})
    logged(app)
    client.http.get("/api/v1/nothing")
    [row, *_] = logged(app)
    with app.app_context():
        found = api_queries.statistics(row.at)
    assert (found.total.requests, found.total.errors) == (4, 4)
    assert [(f.name, f.requests) for f in found.by_route] == [("GET -", 4)]
    assert [(f.name, f.requests) for f in found.by_key] == [("lk_abcdefgh", 3), ("", 1)]
    assert found.total.p95 >= 1


def test_the_thread_writes_by_itself(another_app: MakeApp, app: Flask) -> None:
    served = another_app(flask={"API_LOG_SECONDS": 0.05})
    Visitor(served).http.get("/api/v1/nothing")
    with app.app_context():
        engine = db.engine

    def there() -> bool:
        with engine.connect() as connection:
            return connection.scalar(text("SELECT count(*) FROM api_requests")) == 1

    wait_for(there, "written")


@BOTH
def test_no_caller_waits_for_a_database_that_is_locked(app: Flask, client: Visitor) -> None:
    client.http.get("/api/v1/nothing")  # loads what is loaded once
    with app.app_context():
        engine = db.engine
    writer = threading.Thread(target=app.extensions["lodge.api_log"].flush)
    with engine.connect().execution_options(lodge_write=True) as other:
        other.execute(text("DELETE FROM api_requests"))
        other.execute(text("DELETE FROM api_request_counts"))
        writer.start()
        at_once = timing.within(5, lambda: client.http.get("/api/v1/nothing"))
        other.rollback()
    writer.join(PATIENCE)
    assert at_once
    assert len(logged(app)) >= 2


def test_while_the_database_is_away_notes_wait_and_the_oldest_are_kept(
    another_app: MakeApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_log, "_MAX_ENTRIES", 3)
    app = another_app(DATABASE_URL=f"sqlite:///{tmp_path}/new.sqlite3")
    for _ in range(5):
        assert Visitor(app).http.get("/api/v1/nothing").status_code == 404
    recorder: Recorder = app.extensions["lodge.api_log"]
    recorder.flush()  # there is no table yet
    with app.app_context():
        for name in ("read_only_mode", "api_requests", "api_request_counts"):
            db.metadata.tables[name].create(db.engine)
    assert len(logged(app)) == 3


@BOTH
def test_a_note_that_no_database_takes_costs_the_others_nothing(
    app: Flask, client: Visitor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    recorder: Recorder = app.extensions["lodge.api_log"]
    for _ in range(3):
        client.http.get("/api/v1/nothing")
    recorder._notes[1] = recorder._notes[1]._replace(address="\ud800")
    assert len(logged(app)) == 2
    assert "1 API requests were not logged" in caplog.text


def test_logs_can_have_a_database_of_their_own(
    another_app: MakeApp, app: Flask, tmp_path: Path
) -> None:
    from portal.cli import migrations

    apart = another_app(LOGS_DATABASE_URL=f"sqlite:///{tmp_path}/logs.sqlite3")
    with apart.app_context():
        migrations.prepare_logs()
    Visitor(apart).http.get("/api/v1/nothing")
    assert len(logged(apart)) == 1
    assert logged(app) == []


def test_notes_that_nobody_writes_are_seen(app: Flask, client: Visitor) -> None:
    recorder: Recorder = app.extensions["lodge.api_log"]
    client.http.get("/api/v1/nothing")
    with app.app_context():
        begin_write()
        heartbeats.beat(HeartbeatName.SWEEP, HeartbeatName.WEBHOOKS)
        db.session.commit()
        assert health.CHECKS["background"]() == "ok"
        recorder._notes[0] = recorder._notes[0]._replace(at=clock.now() - timedelta(minutes=6))
        assert health.CHECKS["background"]() == "degraded"
    assert logged(app)
    assert recorder.waiting_for() == timedelta(0)
