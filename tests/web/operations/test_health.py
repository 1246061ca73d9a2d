"""Probes: quick, silent about what they found, and true."""

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from portal import clock
from portal.extensions import db
from portal.models.delivery import MailServer, Outbox, OutboxState
from portal.models.inbound import Mailbox, MailboxWay
from portal.services.delivery.outbox import Mail, schedule_mails
from portal.web.operations import health
from tests import factories, timing
from tests.cast import Cast
from tests.conftest import MakeApp
from tests.databases import BOTH, Database
from tests.page import Page, Visitor
from tests.servers import create_database, postgres
from tests.waiting import PATIENCE

READY = "/health/ready"


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not away is found, however busy the machine."""
    monkeypatch.setattr(health, "_TIMEOUT_SECONDS", PATIENCE)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, patience: None) -> None:
    monkeypatch.setattr(health, "_TIMEOUT_SECONDS", 0.3)


def checks(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.json["checks"]
    return found


def test_the_process_answers(client: Visitor) -> None:
    assert client.get("/health").json == {"status": "ok"}


def test_a_probe_may_call_us_by_any_name(client: Visitor) -> None:
    for path in ("/health", READY):
        client.get(path, headers={"Host": "10.0.0.7:8000"})
    client.get("/", 400, headers={"Host": "10.0.0.7:8000"})


def test_without_a_worker_the_desk_is_ready_and_degraded(another_app: MakeApp, app: Flask) -> None:
    page = Visitor(another_app()).get(READY)
    assert page.json["status"] == "degraded"
    assert checks(page) == {
        "database": "ok",
        "schema": "ok",
        "files": "ok",
        "queue": "degraded",
        "streams": "ok",
        "mail": "ok",
        "mail_in": "ok",
        "model": "ok",
        "background": "degraded",
    }


def test_a_silent_mailbox_degrades_and_never_fails(another_app: MakeApp, app: Flask) -> None:
    with factories.writing(app):
        long_ago = clock.now() - timedelta(minutes=16)
        way = MailboxWay.IMAP
        db.session.add(Mailbox(address="a@example.com", way=way, last_success_at=long_ago))
    page = Visitor(another_app()).get(READY)
    assert checks(page)["mail_in"] == "degraded"
    assert page.json["status"] == "degraded"


def test_mail_that_nobody_tries_is_lag_and_mail_between_two_tries_is_not(
    another_app: MakeApp, app: Flask
) -> None:
    with factories.writing(app):
        schedule_mails(Mail(template="already_registered", recipient="ann@example.com"))
        db.session.execute(db.update(Outbox).values(due_at=clock.now() + timedelta(hours=1)))
    assert checks(Visitor(another_app()).get(READY))["mail"] == "ok"
    with factories.writing(app):
        db.session.execute(db.update(Outbox).values(due_at=clock.now() - timedelta(hours=1)))
    assert checks(Visitor(another_app()).get(READY))["mail"] == "degraded"


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("cannot be made: ValueError: a line of the header is none", "degraded"),
        ("recipient refused: 550 no such user", "ok"),
    ],
)
def test_a_mail_that_cannot_be_made_is_said_and_a_refused_one_is_no_fault_of_the_desk(
    another_app: MakeApp, app: Flask, reason: str, state: str
) -> None:
    with factories.writing(app):
        schedule_mails(Mail(template="already_registered", recipient="ann@example.com"))
        db.session.execute(db.update(Outbox).values(state=OutboxState.PARKED, error=reason))
    assert checks(Visitor(another_app()).get(READY))["mail"] == state


@pytest.mark.parametrize(
    ("minutes", "away", "state"),
    [(2, True, "ok"), (4, True, "degraded"), (50, False, "ok"), (70, False, "degraded")],
)
@BOTH
def test_mail_that_does_not_leave_is_seen_in_time(
    another_app: MakeApp, app: Flask, minutes: int, away: bool, state: str
) -> None:
    now = clock.now()
    with factories.writing(app):
        schedule_mails(Mail(template="already_registered", recipient="ann@example.com"))
        since = now - timedelta(minutes=minutes)
        db.session.add(MailServer(id=1, failing_since=since, retry_at=now if away else None))
    assert checks(Visitor(another_app()).get(READY))["mail"] == state


@pytest.mark.parametrize(
    ("revision", "status", "state"), [("0001", 503, "failed"), ("9999", 200, "degraded")]
)
@BOTH
def test_an_old_schema_fails_and_a_newer_one_is_a_rolling_upgrade(
    another_app: MakeApp, app: Flask, revision: str, status: int, state: str
) -> None:
    with factories.writing(app):
        before = db.session.scalar(text("SELECT version_num FROM alembic_version"))
        db.session.execute(text(f"UPDATE alembic_version SET version_num = '{revision}'"))
    try:
        assert checks(Visitor(another_app()).get(READY, status))["schema"] == state
    finally:
        with factories.writing(app):
            db.session.execute(text(f"UPDATE alembic_version SET version_num = '{before}'"))


@BOTH
def test_an_empty_database_and_a_file_store_that_cannot_be_written(
    another_app: MakeApp, empty_database: Database, tmp_path: Path
) -> None:
    (tmp_path / "files").write_text("in the way")
    app = another_app(DATABASE_URL=empty_database.url, FILES_URL=f"file://{tmp_path}/files")
    page = Visitor(app).get(READY, 503)
    assert page.json["status"] == "unavailable"
    assert {name: checks(page)[name] for name in ("database", "schema", "files")} == {
        "database": "failed",
        "schema": "failed",
        "files": "failed",
    }


def test_it_says_nothing_of_versions_and_addresses(client: Visitor) -> None:
    page = client.get(READY)
    assert set(page.json) == {"status", "checks"}
    assert set(checks(page).values()) <= {"ok", "degraded", "failed"}
    assert "Server" not in page.headers


@BOTH
def test_a_locked_database_is_reported_before_it_would_give_up(
    another_app: MakeApp, app: Flask, impatient: None
) -> None:
    visitor = Visitor(another_app())
    with app.app_context():
        engine = db.engine
    with engine.connect().execution_options(lodge_write=True) as other:
        other.execute(
            text("INSERT INTO heartbeats (name, beat_at) VALUES ('probe', '2026-01-01 00:00:00')")
        )
        # SQLite waits for ten seconds, PostgreSQL for fifteen.
        at_once = timing.within(5, lambda: visitor.get(READY, 503))
        page = visitor.get(READY, 503)
        other.rollback()
    assert at_once
    assert checks(page)["database"] == "failed"


def test_while_the_database_is_frozen_both_answer(
    another_app: MakeApp, cast: Cast, visit: Callable[[], Visitor], impatient: None
) -> None:
    """Also to somebody who is signed in: no probe asks who is calling."""
    with postgres() as address:
        url = create_database(address, "frozen")
        with psycopg.connect(url) as connection:
            pid = connection.info.backend_pid
            parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        visitor = Visitor(another_app(DATABASE_URL=url))
        visitor.set_cookie(visit().sign_in(cast.ann).cookie())
        os.kill(parent, signal.SIGSTOP)
        try:
            for path, status in (("/health", 200), (READY, 503), (READY, 503)):
                # Less than the three seconds that a connection is waited for.
                assert timing.within(2.5, lambda p=path, s=status: visitor.get(p, s))
        finally:
            os.kill(parent, signal.SIGCONT)
