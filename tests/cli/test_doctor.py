"""`flask doctor`: silent praise, loud complaints, and an exit code."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from rq import Queue, Worker
from sqlalchemy import text

from portal import clock
from portal.cli import checks
from portal.cli.doctor import doctor
from portal.extensions import db
from portal.inbound_url import Listening
from portal.models.delivery import MailServer, Outbox, OutboxState
from portal.models.inbound import InboundMessage, InboundState, Mailbox
from portal.models.operations import Heartbeat, HeartbeatName
from portal.models.people import User
from portal.models.tickets import TicketEvent
from portal.queueing import QUEUE, connect
from portal.security import encryption
from portal.services.delivery.outbox import Mail, schedule_mails
from portal.services.operations import heartbeats
from tests import factories
from tests.cast import Cast
from tests.conftest import MakeApp
from tests.databases import Database
from tests.inbound.mails import mail, take_in

Lines = dict[str, list[str]]


def ask(app: Flask, exit_code: int) -> Lines:
    """What it says, by what it looked at."""
    result = app.test_cli_runner().invoke(doctor)
    assert result.exit_code == exit_code, result.output
    found: Lines = {}
    for line in result.output.splitlines():
        level, name, words = line.split(maxsplit=2)
        found.setdefault(name, []).append(f"{level} {words}")
    return found


@pytest.fixture
def well(app: Flask, queue_url: str) -> Flask:
    """A desk with a worker, sweeps and a backup; what remains is that these are tests."""
    with connect(queue_url, timeout=None) as connection:
        Worker([Queue(QUEUE, connection=connection)], connection=connection).register_birth()
    with factories.writing(app):
        of_trouble = {HeartbeatName.INCOMPLETE_BACKUP, HeartbeatName.RESTORE}
        heartbeats.beat(*set(HeartbeatName) - of_trouble)
    return app


def complaints(lines: Lines) -> set[str]:
    return {name for name, said in lines.items() if any(not s.startswith("ok") for s in said)}


def test_a_desk_that_is_well_ends_with_0(well: Flask, database: Database) -> None:
    durable = database.name == "sqlite"  # the tests' PostgreSQL has fsync off, to be fast
    lines = ask(well, 0 if durable else 1)
    assert complaints(lines) == {"settings"} | (set() if durable else {"database"})
    [backups] = lines["backups"]
    assert re.fullmatch(r"ok the last one is 0 min \d+ s old", backups)
    assert lines["queue"] == ["ok 0 job(s) wait, 1 worker(s)"]


def test_settings_for_load_tests_and_for_nobody_are_named(
    another_app: MakeApp, well: Flask
) -> None:
    app = another_app(RATELIMIT_ENABLED="0", BASE_URL="https://help.example.com")
    said = " ".join(ask(app, _code(app))["settings"])
    for name in ("SECRET_KEY", "RATELIMIT_ENABLED is 0", "TRUSTED_PROXIES is 0", "MAIL_URL"):
        assert f"warn {name}" in said


@pytest.mark.threat("identity by mail")
def test_mail_that_is_taken_from_beyond_this_machine_is_named(
    well: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "warn INBOUND_URL listens beyond this machine, without a password"
    for host, is_named in (("0.0.0.0", True), ("127.0.0.1", False)):
        monkeypatch.setitem(well.config, "INBOUND_URL", Listening("lmtp", host=host, port=24))
        lines = ask(well, _code(well))
        assert any(line.startswith(said) for line in lines["settings"]) is is_named


def test_what_takes_mail_is_missed_where_it_should_listen(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = Listening("lmtp", path=Path("/run/lodge/inbound.sock"))
    said = "warn inbound was never seen: INBOUND_URL wants `python -m jobs.inbound` to run"
    assert said not in ask(app, 1)["background"]
    monkeypatch.setitem(app.config, "INBOUND_URL", where)
    assert said in ask(app, 1)["background"]
    with factories.writing(app):
        heartbeats.beat(HeartbeatName.INBOUND)
    assert said not in ask(app, 1)["background"]


def _code(app: Flask) -> int:
    return 0 if "sqlite" in app.config["SQLALCHEMY_DATABASE_URI"] else 1


def test_fsync_off_is_a_failure(well: Flask, database: Database) -> None:
    if database.name == "postgresql":
        assert "FAIL fsync is off: acknowledged changes can be lost" in ask(well, 1)["database"]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_connections_that_postgresql_may_not_have_are_named(
    another_app: MakeApp, well: Flask
) -> None:
    """The tests' server takes 300, and has a worker."""
    assert "ok 1 node(s) may take 17 of 297 connections" in ask(well, 1)["database"]
    greedy = another_app(DATABASE_POOL="100", WEB_WORKERS="3")
    said = "warn 1 node(s) may take 301 of 297 connections: lower DATABASE_POOL"
    assert said in ask(greedy, 1)["database"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.threat("notes and secrets shown")
def test_a_database_that_others_may_read_is_named(well: Flask) -> None:
    file = Path(well.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///"))
    kept = file.stat().st_mode
    file.chmod(0o644)
    try:
        said = ask(well, 0)["database"]
    finally:
        file.chmod(kept)
    assert said[0] == f"warn others on this machine may read {file}: chmod 600 {file}*"


def test_a_key_that_does_not_open_what_is_stored(
    another_app: MakeApp, well: Flask, cast: Cast
) -> None:
    with factories.writing(well):
        db.session.get_one(User, cast.ann.id).totp_secret = encryption.encrypt("seed")
    app = another_app(ENCRYPTION_MASTER_KEY="A" * 43 + "=")
    [line] = ask(app, 1)["keys"]
    assert line.startswith("FAIL ENCRYPTION_MASTER_KEY does not open")


def test_a_folder_that_is_not_this_desk_s_file_store(
    another_app: MakeApp, well: Flask, tmp_path: Path
) -> None:
    assert ask(well, _code(well))["files"] == ["ok files can be stored, where none are yet"]
    well.extensions["lodge.storage"].check()
    assert ask(well, _code(well))["files"] == ["ok files can be stored"]
    [line] = ask(another_app(FILES_URL=f"file://{tmp_path}/unshared"), 1)["files"]
    assert line.startswith("FAIL FILES_URL leads to a folder without this desk's mark")
    assert not (tmp_path / "unshared").exists()


def test_no_queue_server(another_app: MakeApp, well: Flask) -> None:
    lines = ask(another_app(REDIS_URL="unix:///nowhere/queue.sock?db=0"), 1)
    assert lines["queue"][0].startswith("FAIL the queue server does not answer")


def test_no_worker_and_no_sweep_and_no_backup(app: Flask) -> None:
    lines = ask(app, 1)
    assert "FAIL no worker runs: mail does not leave" in lines["queue"]
    assert lines["background"][0].startswith("warn sweep was never seen")
    assert lines["backups"][0].startswith("warn there was none yet")


def mails(app: Flask, change: Callable[[Outbox], None]) -> None:
    with factories.writing(app):
        schedule_mails(Mail(template="already_registered", recipient="ann@example.com"))
        change(db.session.query(Outbox).one())


def test_mail_that_was_given_up_and_mail_that_waits(well: Flask) -> None:
    def park(row: Outbox) -> None:
        row.state = OutboxState.PARKED

    def forget(row: Outbox) -> None:
        row.state, row.due_at = OutboxState.PENDING, clock.now() - timedelta(hours=3)

    mails(well, park)
    assert ask(well, _code(well))["mail"][0].startswith("warn 1 mail(s) given up")
    with factories.writing(well):
        forget(db.session.query(Outbox).one())
    assert ask(well, 1)["mail"][0] == "FAIL mail has waited 3 h 0 min for a worker"


def test_a_check_that_breaks_leaves_the_others_alone(
    well: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> checks.Findings:
        raise ZeroDivisionError("no")
        yield

    monkeypatch.setitem(checks.CHECKS, "mail", broken)
    lines = ask(well, 1)
    assert lines["mail"] == ["FAIL cannot be looked at: ZeroDivisionError: no"]
    assert lines["backups"]


@pytest.mark.parametrize(("minutes", "level"), [(1, "warn"), (4, "FAIL")])
def test_a_mail_server_that_is_away(well: Flask, minutes: int, level: str) -> None:
    with factories.writing(well):
        schedule_mails(Mail(template="already_registered", recipient="ann@example.com"))
        since = clock.now() - timedelta(minutes=minutes)
        db.session.add(
            MailServer(id=1, failing_since=since, retry_at=clock.now(), error="no route to host")
        )
    said = ask(well, 1 if level == "FAIL" else _code(well))["mail"][0]
    assert re.fullmatch(
        rf"{level} no mail leaves since {minutes} min \d+ s: no route to host", said
    )


def test_a_mail_that_cannot_be_made_is_a_failure(well: Flask) -> None:
    def park(row: Outbox) -> None:
        row.state, row.error = OutboxState.PARKED, "cannot be made: ValueError: no"

    mails(well, park)
    assert "FAIL 1 of them cannot be made" in ask(well, 1)["mail"][1]


def test_a_clock_that_went_back(well: Flask, cast: Cast) -> None:
    factories.file_ticket(well, cast.ann)
    with factories.writing(well):
        later = clock.now() + timedelta(days=400)
        db.session.execute(db.update(TicketEvent).values(created_at=later))
    assert ask(well, 1)["clock"][0].endswith("in the future")


def test_an_old_schema(well: Flask) -> None:
    with factories.writing(well):
        before = db.session.scalar(text("SELECT version_num FROM alembic_version"))
        db.session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    try:
        assert "FAIL the schema is 0001" in " ".join(ask(well, 1)["database"])
    finally:
        with factories.writing(well):
            db.session.execute(text(f"UPDATE alembic_version SET version_num = '{before}'"))


def test_a_database_that_is_away_is_said_in_lines_and_no_trace(another_app: MakeApp) -> None:
    lines = ask(another_app(DATABASE_URL="postgresql://127.0.0.1:1/nowhere"), 1)
    assert lines["database"][0].startswith("FAIL the database cannot be asked: ")
    assert "settings" in lines


def test_a_part_of_the_sweep_that_fails_again_and_again(well: Flask) -> None:
    assert ask(well, _code(well))["background"] == ["ok 7 signs of life, none of them late"]
    with factories.writing(well):
        heartbeats.beat(HeartbeatName.SWEEP.part("seal_actions"))
        beat_at = clock.now() - timedelta(minutes=6)
        part = Heartbeat.name == HeartbeatName.SWEEP.part("seal_actions")
        db.session.execute(db.update(Heartbeat).where(part).values(beat_at=beat_at))
    [said] = ask(well, 1)["background"]
    assert said.startswith("FAIL sweep:seal_actions is late, for 6 min")


def test_what_the_last_runs_of_parts_came_to(well: Flask) -> None:
    name = HeartbeatName.SWEEP.part("seal_actions")

    def went(seconds: float, error: str | None) -> None:
        with factories.writing(well):
            heartbeats.set_parts(HeartbeatName.SWEEP, {name})
            db.session.execute(db.update(Heartbeat).values(due_at=None))
            run = heartbeats.claim(name, timedelta(minutes=1))
            assert run is not None
            heartbeats.finish(
                run, seconds=seconds, error=error, again_in=timedelta(0), every=timedelta(0)
            )

    went(2.5, None)
    [said] = ask(well, _code(well))["background"]
    assert said.endswith("none of them late; sweep:seal_actions took longest, 2.5 s")
    went(0.2, "ZeroDivisionError")
    [said] = ask(well, _code(well))["background"]
    assert said.startswith("warn sweep:seal_actions failed, last begun 0 min ")
    assert "ago, ZeroDivisionError after 0.2 s: see" in said


@pytest.mark.parametrize(("hours", "level"), [("48", "ok"), ("36", "warn"), ("0", "ok")])
def test_how_old_a_backup_may_be_is_set(another_app: MakeApp, well: Flask, hours: str, level: str):
    with factories.writing(well):
        beat_at = clock.now() - timedelta(hours=40)
        pulse = Heartbeat.name == HeartbeatName.BACKUP
        db.session.execute(db.update(Heartbeat).where(pulse).values(beat_at=beat_at))
    app = another_app(BACKUP_MAX_HOURS=hours)
    [said] = ask(app, _code(app))["backups"]
    assert said.startswith(level)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("columns", "exit_code", "said"),
    [
        ({"way": "delivered"}, 0, "ok a@example.com is delivered to, no mail yet"),
        ({"way": "imap", "last_success_at": 1}, 0, "ok a@example.com was fetched 1 min 0 s ago"),
        ({"way": "imap", "last_success_at": 20}, 1, "FAIL nobody has fetched a@example.com for"),
        (
            {"way": "imap", "failing_since": 5, "failure_reason": "password", "failure": "no"},
            0,
            "warn a@example.com cannot be fetched for 5 min 0 s: password: no",
        ),
        ({"way": "imap", "failing_since": 20}, 1, "FAIL a@example.com cannot be fetched for"),
    ],
)
def test_each_mailbox_has_a_line(
    well: Flask, columns: dict[str, Any], exit_code: int, said: str
) -> None:
    moments = {
        name: clock.now() - timedelta(minutes=value) if isinstance(value, int) else value
        for name, value in columns.items()
    }
    with factories.writing(well):
        db.session.add(Mailbox(address="a@example.com", **moments))
    assert any(line.startswith(said) for line in ask(well, exit_code)["inbound"])


def test_mails_that_wait_for_a_reader_or_a_decision_are_told(well: Flask) -> None:
    take_in(well, mail(headers={"X-Spam-Flag": "YES"}), mail())
    late = {"state": InboundState.RECEIVED, "due_at": clock.now() - timedelta(minutes=20)}
    with factories.writing(well):
        done = db.update(InboundMessage).where(InboundMessage.state == InboundState.DONE)
        db.session.execute(done.values(**late))
    lines = ask(well, 1)["inbound"]
    assert "FAIL mail that came has waited 20 min 0 s to be read: is there a worker?" in lines
    assert "warn 1 mail(s) wait for a decision: /admin/mail" in lines
