"""Exports of the desk's tables are written by a worker, once, unless they are called off."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from jobs import stored_pieces
from jobs.parts.table_exports import enqueue_table_exports, expire_table_exports
from jobs.table_exports import export_table
from portal import clock
from portal.errors import NotFound
from portal.extensions import db
from portal.models.delivery import Outbox
from portal.models.operations import FileFormat, TableExport, TableExportState, TableKind
from portal.models.people import Actor, Role, User
from portal.queueing import BACKLOG_QUEUE, Enqueuer, Job
from portal.services.delivery.leases import Lease
from portal.services.operations import table_exports
from portal.services.operations.table_exports import LEASE, MAX_ATTEMPTS, Order
from portal.storage import Storage
from tests import factories
from tests.cast import Cast
from tests.sweeping import sweep

TICKETS = Order(TableKind.TICKETS, columns=("number", "subject"))


def ask(app: Flask, person: Actor, order: Order = TICKETS) -> int:
    with factories.writing(app):
        return table_exports.ask(actor=person, order=order).id


def run(app: Flask, export_id: int) -> None:
    with app.app_context():
        export_table(export_id)


def row(app: Flask, export_id: int) -> TableExport:
    with app.app_context():
        return db.session.get_one(TableExport, export_id)


def notices(app: Flask) -> list[tuple[str, str]]:
    with app.app_context():
        query = select(Outbox).where(Outbox.template == "account_notice")
        return [(mail.data["kind"], mail.data["about"]) for mail in db.session.scalars(query)]


def enqueued(app: Flask) -> list[tuple[Any, ...]]:
    enqueuer: Enqueuer = app.extensions["lodge.enqueuer"]
    jobs = enqueuer._queues[BACKLOG_QUEUE].jobs
    return [(*job.args, job.timeout) for job in jobs if job.func_name == Job.EXPORT_TABLE]


def files(app: Flask) -> list[Path]:
    return list(Path(app.config["DATA_DIR"], "files").glob("*/*/*"))


def content(app: Flask, export: TableExport) -> bytes:
    storage: Storage = app.extensions["lodge.storage"]
    assert export.storage_key
    with storage.open(export.storage_key) as file:
        return file.read()


def lines(app: Flask, export_id: int) -> list[list[str]]:
    data = content(app, row(app, export_id)).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(data, newline="")))


def test_a_table_is_written_and_who_asked_is_told(app: Flask, cast: Cast) -> None:
    factories.file_ticket(app, cast.bob, "=cold water")
    export_id = ask(app, cast.ada)
    assert enqueued(app) == [(export_id, 3600)]
    run(app, export_id)
    made = row(app, export_id)
    assert (made.state, made.progress, made.rows, made.lease) == (
        TableExportState.READY,
        100,
        1,
        None,
    )
    assert made.expires_at and made.finished_at
    assert made.expires_at - made.finished_at == timedelta(days=7)
    assert lines(app, export_id) == [["number", "subject"], ["REQ000001", "'=cold water"]]
    assert len(content(app, made)) == made.size
    assert notices(app) == [("table_export_ready", "Tickets (CSV)")]


def test_a_workbook_is_one(app: Flask, cast: Cast) -> None:
    export_id = ask(app, cast.ada, Order(TableKind.PEOPLE, FileFormat.XLSX))
    run(app, export_id)
    made = row(app, export_id)
    assert content(app, made).startswith(b"PK")
    assert made.rows == 6


def test_run_twice_it_is_written_once(app: Flask, cast: Cast) -> None:
    export_id = ask(app, cast.ada)
    run(app, export_id)
    first = row(app, export_id)
    run(app, export_id)
    assert row(app, export_id).storage_key == first.storage_key
    assert len(files(app)) == 1
    assert len(notices(app)) == 1


def test_an_export_that_is_not_there_writes_nothing(app: Flask) -> None:
    run(app, 404)
    assert files(app) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"is_active": False}, "the account is disabled"),
        ({"role": Role.STAFF}, "the account may not export any more"),
    ],
)
def test_who_may_not_any_more_gets_none(
    app: Flask, cast: Cast, change: dict[str, Any], reason: str
) -> None:
    export_id = ask(app, cast.ada)
    with factories.writing(app):
        for name, value in change.items():
            setattr(db.session.get_one(User, cast.ada.id), name, value)
    run(app, export_id)
    made = row(app, export_id)
    assert (made.state, made.error) == (TableExportState.FAILED, reason)
    assert files(app) == []


def test_rights_that_are_lost_while_it_is_written_count(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = table_exports.finish

    def finish(*args: Any) -> list[str]:
        db.session.get_one(User, cast.ada.id).role = Role.STAFF
        db.session.flush()
        return real(*args)

    monkeypatch.setattr(table_exports, "finish", finish)
    export_id = ask(app, cast.ada)
    run(app, export_id)
    assert row(app, export_id).state == TableExportState.FAILED
    assert files(app) == []


def test_one_that_was_called_off_stops_and_leaves_nothing(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_pieces, "_EVERY_SECONDS", 0)
    real = table_exports.advance

    def advance(lease: Lease, percent: int, rows: int) -> bool:
        assert table_exports.cancel(actor=cast.ada, export_id=lease.row_id)
        return real(lease, percent, rows)

    monkeypatch.setattr(table_exports, "advance", advance)
    export_id = ask(app, cast.ada)
    run(app, export_id)
    assert row(app, export_id).state == TableExportState.CANCELLED
    assert files(app) == []
    assert notices(app) == []


def test_one_that_was_called_off_at_the_last_moment_is_not_ready_after_all(
    app: Flask, cast: Cast
) -> None:
    export_id = ask(app, cast.ada)
    with factories.writing(app):
        lease = table_exports.claim(export_id)
        assert lease
    with factories.writing(app):
        table_exports.cancel(actor=cast.ada, export_id=export_id)
    storage: Storage = app.extensions["lodge.storage"]
    stored = storage.put(io.BytesIO(b"number"), limit=10)
    with factories.writing(app):
        assert table_exports.finish(lease, stored, 1) == [stored.key]
    assert row(app, export_id).state == TableExportState.CANCELLED
    assert notices(app) == []


def test_progress_and_rows_are_written_down(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        factories.file_ticket(app, cast.bob, f"Matter {number}")
    monkeypatch.setattr(stored_pieces, "_EVERY_SECONDS", 0)
    monkeypatch.setattr("portal.queries.operations.export_tables.reading.BATCH", 1)
    seen: list[tuple[int, int]] = []
    real = table_exports.advance

    def advance(lease: Lease, percent: int, rows: int) -> bool:
        seen.append((percent, rows))
        return real(lease, percent, rows)

    monkeypatch.setattr(table_exports, "advance", advance)
    run(app, ask(app, cast.ada))
    assert seen == [(0, 0), (33, 1), (66, 2), (99, 3)]


def test_what_was_never_enqueued_is_found_by_the_sweep(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(app.extensions, "lodge.enqueuer", Enqueuer("redis://127.0.0.1:1"))
        export_id = ask(app, cast.ada)
    assert enqueued(app) == []
    with app.app_context():
        sweep()
    assert enqueued(app) == [(export_id, 3600)]


def test_whose_workers_die_each_time_has_failed_and_says_so(app: Flask, cast: Cast) -> None:
    export_id = ask(app, cast.ada)
    moment = clock.now()
    for attempt in range(1, MAX_ATTEMPTS + 1):
        with time_machine.travel(moment + attempt * LEASE, tick=False), factories.writing(app):
            assert table_exports.claim(export_id)
    with (
        time_machine.travel(moment + (MAX_ATTEMPTS + 1) * LEASE, tick=False),
        app.app_context(),
    ):
        enqueue_table_exports()
    made = row(app, export_id)
    assert (made.state, made.error) == (
        TableExportState.FAILED,
        "the worker died while writing it",
    )
    assert notices(app) == [("table_export_failed", "Tickets (CSV)")]


def test_an_error_is_tried_again_and_then_failed_with_its_reason(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr("jobs.stored_pieces.store", broken)
    export_id = ask(app, cast.ada)
    moment = clock.now()
    for attempt in range(1, MAX_ATTEMPTS + 1):
        with time_machine.travel(moment + attempt * timedelta(minutes=2), tick=False):
            run(app, export_id)
        assert row(app, export_id).attempts == attempt
    made = row(app, export_id)
    assert (made.state, made.error) == (TableExportState.FAILED, "OSError: no room")


def test_a_filter_that_is_no_more_fails_at_once_and_says_so(app: Flask, cast: Cast) -> None:
    export_id = ask(app, cast.ada)
    with factories.writing(app):
        db.session.get_one(TableExport, export_id).query = "status=lost"
    run(app, export_id)
    made = row(app, export_id)
    assert (made.state, made.attempts) == (TableExportState.FAILED, 1)
    assert made.error == "a filter or column is no more"


def test_a_file_goes_after_a_week(app: Flask, cast: Cast) -> None:
    export_id = ask(app, cast.ada)
    run(app, export_id)
    key = row(app, export_id).storage_key
    assert key
    for days, there in ((6.9, True), (7.1, False)):
        with time_machine.travel(clock.now() + timedelta(days=days)), app.app_context():
            expire_table_exports()
        assert bool(files(app)) is there
    assert row(app, export_id).state == TableExportState.EXPIRED
    storage: Storage = app.extensions["lodge.storage"]
    with pytest.raises(NotFound):
        storage.open(key)
