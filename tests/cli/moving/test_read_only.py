"""`flask read-only`: nothing changes any more once it has returned, and all goes on after `off`."""

import threading
from pathlib import Path
from typing import Any

import flask_migrate.cli
import pytest
from click.testing import Result
from flask import Flask
from rq import Queue, SimpleWorker

from jobs import job, running
from jobs.outbox import deliver
from portal.cli import migrations
from portal.cli.backups.backup import backup
from portal.cli.backups.restore import restore
from portal.cli.doctor import doctor
from portal.cli.inbound import inbound
from portal.cli.moving import closing
from portal.cli.moving.read_only import read_only
from portal.cli.rebuild_statistics import rebuild_statistics
from portal.errors import ReadOnlyDesk
from portal.extensions import begin_maintenance_write, begin_write, db
from portal.mail.transport import FolderTransport
from portal.models.delivery import Outbox, OutboxState
from portal.models.organizations import Organization
from portal.queries.operations import read_only as queries
from portal.queueing import QUEUE, connect
from portal.services.operations import read_only as services
from tests import factories
from tests.cast import Cast
from tests.conftest import MakeApp
from tests.databases import AnotherDatabase
from tests.waiting import PATIENCE, wait_for


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(read_only, words)


@job
def add_organization() -> None:
    begin_write()
    factories.organization("From a job")


def names(app: Flask) -> list[str]:
    with app.app_context():
        return [row.name for row in db.session.query(Organization)]


def test_it_is_switched_on_and_off_and_says_how_it_stands(app: Flask) -> None:
    assert run(app, "status").output == "the desk takes changes\n"
    assert run(app, "off").output == "the desk was not read-only\n"
    done = run(app, "on", "--minutes", "20")
    assert done.output == "the desk is read-only, and nothing is being written any more\n"
    said = run(app, "status")
    assert (said.exit_code, "until about" in said.output) == (1, True)
    run(app, "on")
    assert "until" not in run(app, "status").output
    assert run(app, "off").output == "the desk takes changes again\n"
    assert run(app, "status").exit_code == 0


def test_minutes_are_a_number_that_makes_sense(app: Flask) -> None:
    for minutes in ("0", "-5", "soon", "99999999"):
        assert run(app, "on", "--minutes", minutes).exit_code == 2
    assert run(app, "status").exit_code == 0


def test_what_has_begun_to_write_is_waited_for_and_nothing_begins_after(app: Flask) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with app.app_context():
            begin_write()
            begun.set()
            go_on.wait(PATIENCE)
            factories.organization("Late")
            db.session.commit()

    writer, switching = (
        threading.Thread(target=write),
        threading.Thread(target=run, args=(app, "on")),
    )
    writer.start()
    assert begun.wait(PATIENCE)
    switching.start()
    go_on.set()
    writer.join(PATIENCE)
    switching.join(PATIENCE)
    assert names(app) == ["Late"]
    with app.app_context():
        for finishing in (False, True):
            with pytest.raises(ReadOnlyDesk):
                begin_write(finishing=finishing)


def test_a_transaction_that_does_not_end_is_named_and_the_desk_stays_read_only(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "_TRANSACTION_SECONDS", 0.0)
    monkeypatch.setattr(queries, "open_transactions", lambda: {"4/17"})
    done = run(app, "on")
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "a transaction does not end (is it a backup?): the desk is read-only" in done.output
    with app.app_context(), pytest.raises(ReadOnlyDesk):
        begin_write()
    assert run(app, "off").exit_code == 0


def test_a_mail_that_is_leaving_is_settled_before_nothing_changes_any_more(
    app: Flask, cast: Cast, mail_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would be sent again where the desk is moved to."""
    factories.post_comment(app, cast.sam, factories.file_ticket(app, cast.bob))
    switching = threading.Thread(target=run, args=(app, "on"))
    send = FolderTransport.send

    def send_meanwhile(*words: Any, **options: Any) -> None:
        switching.start()
        wait_until_read_only(app)
        send(*words, **options)

    monkeypatch.setattr(FolderTransport, "send", send_meanwhile)
    with app.app_context():
        deliver(db.session.scalar(db.select(db.func.min(Outbox.id))))
    switching.join(PATIENCE)
    assert len(list(mail_folder.glob("*.eml"))) == 1
    with app.app_context():
        states = list(db.session.scalars(db.select(Outbox.state).order_by(Outbox.id)))
        leases = list(db.session.scalars(db.select(Outbox.lease).where(Outbox.lease.is_not(None))))
        mode = queries.current()
    assert (states[0], leases) == (OutboxState.SENT, [])
    assert OutboxState.PENDING in states  # the others wait
    assert mode is not None
    assert mode.closed


def wait_until_read_only(app: Flask) -> None:
    def is_read_only() -> bool:
        with app.app_context():
            return queries.current() is not None

    wait_for(is_read_only, "read-only")


def test_jobs_wait_without_failing(
    app: Flask, queue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "application", lambda: app)
    run(app, "on")
    with connect(queue_url, timeout=None) as connection:
        queue = Queue(QUEUE, connection=connection)
        queued = queue.enqueue(add_organization)
        SimpleWorker([queue], connection=connection).work(burst=True)
        assert queued.is_finished
    assert names(app) == []


def test_other_commands_end_with_one_line(app: Flask, tmp_path: Path) -> None:
    run(app, "on")
    done = app.test_cli_runner().invoke(rebuild_statistics, [])
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "the desk is read-only, so nothing was changed" in done.output
    migrations.attach(app)
    upgraded = app.test_cli_runner().invoke(flask_migrate.cli.db, ["upgrade"])
    assert (upgraded.exit_code, "the desk is read-only" in upgraded.output) == (1, True)
    mail = tmp_path / "mail.eml"
    mail.write_bytes(b"From: ann@example.com\r\nSubject: Cold\r\n\r\nIt is.\r\n")
    brought = app.test_cli_runner().invoke(inbound, [str(mail)])
    assert brought.exit_code == 75  # to be brought again


def test_a_backup_is_made_and_what_it_restores_takes_changes(
    app: Flask, another_app: MakeApp, migrated_database: AnotherDatabase, tmp_path: Path
) -> None:
    with factories.writing(app):
        factories.organization("Acme")
    run(app, "on")
    done = app.test_cli_runner().invoke(backup, [str(tmp_path / "monday")])
    assert done.exit_code == 0, done.output
    with migrated_database() as fresh:
        restored = another_app(DATABASE_URL=fresh.url, FILES_URL=f"file://{tmp_path}/files")
        done = restored.test_cli_runner().invoke(restore, [str(tmp_path / "monday")])
        assert done.exit_code == 0, done.output
        assert run(restored, "status").output == "the desk takes changes\n"
        assert names(restored) == ["Acme"]


def test_doctor_says_so_and_after_a_move_where_the_desk_is(app: Flask) -> None:
    run(app, "on")
    said = app.test_cli_runner().invoke(doctor).output
    assert "warn database   read-only since" in said
    with app.app_context():
        begin_maintenance_write()
        services.note_move("postgresql://db.example/lodge")
        db.session.commit()
    said = app.test_cli_runner().invoke(doctor).output
    assert "FAIL database   read-only since" in said
    assert "let DATABASE_URL lead there" in said
