"""The gate of SQLite's writers: whoever waits is let in in turn, and nobody holds it for ever."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from flask.ctx import AppContext
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from portal import write_gate
from portal.extensions import begin_log_write, begin_write, db
from portal.models.operations import ApiRequest, Heartbeat
from portal.write_gate import WriteGate, WriteGateTimeout, gate_of
from tests import factories
from tests.architecture.source import ROOT
from tests.cast import Cast
from tests.conftest import MakeApp
from tests.databases import AnotherDatabase, Database
from tests.page import HTMX, Visitor
from tests.waiting import PATIENCE, wait_for

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
# Holds the gate from the line "in" until it is told something, and says when it is in.
_HOLDER = """
import sys
from pathlib import Path
from portal.write_gate import WriteGate
gate = WriteGate(Path(sys.argv[1]))
print("ready", flush=True)
for turn in sys.stdin:
    gate.enter(120)
    print("in", flush=True)
    sys.stdin.readline()
    gate.leave()
    print("out", flush=True)
"""


@pytest.fixture
def gate(tmp_path: Path) -> WriteGate:
    return WriteGate(tmp_path / "lodge.sqlite3")


class Other:
    """Another process at the same gate."""

    def __init__(self, tmp_path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _HOLDER, str(tmp_path / "lodge.sqlite3")],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.hear("ready")

    def tell(self) -> None:
        """Let it ask to come in, or leave."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def hear(self, word: str) -> None:
        """Wait for what it says."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == f"{word}\n"


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Other]:
    made = Other(tmp_path)
    yield made
    made.process.kill()
    made.process.communicate(timeout=PATIENCE)


def line(gate: WriteGate) -> int:
    """How many threads stand in line."""
    return len(gate._line)


def arrive(gate: WriteGate, action: Callable[[], None]) -> threading.Thread:
    """A thread that waits at the gate now, behind those that were there before."""
    before = line(gate)

    def run() -> None:
        gate.enter(PATIENCE)
        action()
        gate.leave()

    thread = threading.Thread(target=run)
    thread.start()
    wait_for(lambda: line(gate) > before, "in line")
    return thread


def test_threads_are_let_in_in_the_order_of_their_arrival(gate: WriteGate) -> None:
    served: list[int] = []
    gate.enter()
    threads = [arrive(gate, lambda number=n: served.append(number)) for n in range(12)]
    gate.leave()
    for thread in threads:
        thread.join(PATIENCE)
    assert served == list(range(12))


def test_another_process_is_let_in_between_the_threads_of_one(
    gate: WriteGate, other: Other
) -> None:
    """However many of ours stand in line, it waits for a few of them."""
    served: list[str] = []
    gate.enter()
    other.tell()
    wait_for(lambda: is_next_taken(gate), "another process that is next")
    threads = [arrive(gate, lambda: served.append("ours")) for _ in range(12)]
    gate.leave()
    other.hear("in")
    ours = len(served)
    other.tell()
    other.hear("out")
    for thread in threads:
        thread.join(PATIENCE)
    assert ours <= write_gate.LOCAL_TURNS
    assert len(served) == 12


def is_next_taken(gate: WriteGate) -> bool:
    if not gate._file._try(write_gate._NEXT):
        return True
    gate._file._unlock(write_gate._NEXT)
    return False


def test_who_is_killed_inside_holds_nobody_up(gate: WriteGate, other: Other) -> None:
    other.tell()
    other.hear("in")
    with pytest.raises(WriteGateTimeout):
        gate.enter(0.01)
    other.process.send_signal(signal.SIGKILL)
    gate.enter(PATIENCE)
    gate.leave()


def test_a_fork_has_not_what_its_parent_has(gate: WriteGate) -> None:
    gate.enter()
    child = os.fork()
    if child == 0:
        try:
            gate.enter(0.01)
        except WriteGateTimeout:
            os._exit(7)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    gate.leave()
    gate.enter(0.01)


def test_who_gives_up_leaves_the_line_to_the_others(gate: WriteGate) -> None:
    served: list[int] = []
    gate.enter()
    with pytest.raises(WriteGateTimeout):
        gate.enter(0.01)
    thread = arrive(gate, lambda: served.append(1))
    gate.leave()
    thread.join(PATIENCE)
    assert served == [1]


def test_without_a_file_the_threads_of_a_process_still_take_turns(tmp_path: Path) -> None:
    gate = WriteGate(tmp_path / "nowhere" / "lodge.sqlite3")
    gate.enter()
    with pytest.raises(WriteGateTimeout):
        gate.enter(0.01)
    gate.leave()
    gate.enter(0.01)


@pytest.fixture
def own(app: Flask) -> WriteGate:
    """The gate of the application's database."""
    return gate_of(Path(app.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///")))


def is_free(gate: WriteGate) -> bool:
    return not gate._taken


def _rolled_back() -> None:
    db.session.rollback()


def _removed() -> None:
    db.session.remove()


def _committed() -> None:
    db.session.commit()


def _broken_off() -> None:
    with pytest.raises(OperationalError):
        db.session.execute(text("SELECT nothing FROM nowhere"))
    db.session.rollback()


def _connection_lost() -> None:
    db.session.connection().invalidate()
    db.session.remove()


def _begun_again() -> None:
    begin_write()
    db.session.rollback()


@SQLITE
@pytest.mark.parametrize(
    "end", [_rolled_back, _removed, _committed, _broken_off, _connection_lost, _begun_again]
)
def test_each_end_of_a_write_unit_opens_the_gate(
    context: AppContext, own: WriteGate, end: Callable[[], None]
) -> None:
    begin_write()
    assert not is_free(own)
    end()
    assert is_free(own)


@SQLITE
def test_the_gate_is_open_before_anything_is_enqueued(
    context: AppContext, own: WriteGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Enqueueing asks another server."""
    free = []
    enqueuer = context.app.extensions["lodge.enqueuer"]
    monkeypatch.setattr(enqueuer, "enqueue_all", lambda *_calls: free.append(is_free(own)))
    begin_write()
    factories.organization()
    from portal.queueing import Job, enqueue_after_commit

    enqueue_after_commit(db.session(), Job.SWEEP)
    db.session.commit()
    assert free == [True]


@SQLITE
def test_a_writer_that_knows_no_gate_is_met_by_sqlite_s_own_lock(
    another_app: MakeApp, own: WriteGate, database: Database
) -> None:
    foreign = sqlite3.connect(database.url.removeprefix("sqlite:///"), isolation_level=None)
    with closing(foreign), another_app().app_context():
        foreign.execute("BEGIN IMMEDIATE")
        # On the one connection of this pool, which `begin_write` takes again.
        db.session.connection().exec_driver_sql("PRAGMA busy_timeout = 1")
        with pytest.raises(OperationalError, match="locked"):
            begin_write()
        assert is_free(own)
        foreign.rollback()
        begin_write()
        db.session.commit()


@SQLITE
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_who_has_waited_too_long_is_told_to_try_again_and_keeps_the_text(
    app: Flask,
    cast: Cast,
    visit: Callable[[], Visitor],
    own: WriteGate,
    monkeypatch: pytest.MonkeyPatch,
    headers: dict[str, str],
) -> None:
    monkeypatch.setattr(write_gate.WriteGate.enter, "__defaults__", (0.01,))
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    ann = visit().sign_in(cast.ann)
    fields = {"subject": "Cellar", "message": "Water <of the> well", "priority": "high"}
    own.enter()
    try:
        page = ann.post("/tickets/new", fields, 503, headers=headers)
    finally:
        own.leave()
    assert page.headers["Retry-After"] == "5"
    if headers:
        # It lands beside the form, which stays as it is.
        assert [node["id"] for node in page.all("div", id=True)] == ["error"]
    else:
        assert page.one("input", id="typed-subject")["value"] == "Cellar"
        assert page.one("textarea").text == "Water <of the> well"
    ann.post("/tickets/new", fields)
    assert "Cellar" in ann.get("/tickets/").words


@SQLITE
def test_of_many_who_write_at_once_none_is_lost(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WriteGate.enter, "__defaults__", (PATIENCE,))
    with factories.writing(app):
        db.session.execute(
            text("INSERT INTO heartbeats (name, beat_at) VALUES ('probe', '2026-01-01 00:00:00')")
        )
    errors: list[BaseException] = []
    threads = [threading.Thread(target=_count_up, args=(app, errors)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert errors == []
    with app.app_context():
        query = db.select(db.func.count()).select_from(Heartbeat)
        assert db.session.scalar(query) == 1 + 8 * 5


def _count_up(app: Flask, errors: list[BaseException]) -> None:
    """Read, then write what follows from it: what others did in between would be lost."""
    for _ in range(5):
        try:
            with factories.writing(app):
                number = db.session.scalar(text("SELECT count(*) FROM heartbeats"))
                row = {"name": f"n{number}"}
                statement = text(
                    "INSERT INTO heartbeats (name, beat_at) VALUES (:name, '2026-01-01 00:00:00')"
                )
                db.session.execute(statement, row)
        except BaseException as error:
            errors.append(error)
            return


@SQLITE
def test_the_log_has_the_gate_of_its_own_database(
    another_app: MakeApp, migrated_database: AnotherDatabase, tmp_path: Path
) -> None:
    logs = tmp_path / "logs.sqlite3"
    with migrated_database() as made:
        main = Path(made.url.removeprefix("sqlite:///"))
        app = another_app(DATABASE_URL=made.url, LOGS_DATABASE_URL=f"sqlite:///{logs}")
        _takes_turns(app, main, logs)


def _takes_turns(app: Flask, main: Path, logs: Path) -> None:
    with app.app_context():
        begin_log_write()
        assert (is_free(gate_of(main)), is_free(gate_of(logs))) == (True, False)
        begin_write()
        assert (is_free(gate_of(main)), is_free(gate_of(logs))) == (False, True)
        db.session.commit()


@SQLITE
def test_who_cannot_ask_whether_to_write_leaves_the_gate(
    another_app: MakeApp, tmp_path: Path
) -> None:
    main = tmp_path / "without-tables.sqlite3"
    with another_app(DATABASE_URL=f"sqlite:///{main}").app_context():
        with pytest.raises(OperationalError, match="read_only_mode"):
            begin_write()
        assert is_free(gate_of(main))


@SQLITE
def test_notes_of_api_requests_that_come_to_no_turn_are_written_later(
    app: Flask, client: Visitor, own: WriteGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.http.get("/api/v1/nothing")
    recorder = app.extensions["lodge.api_log"]
    with monkeypatch.context() as impatient:
        impatient.setattr(WriteGate.enter, "__defaults__", (0.01,))
        own.enter()
        recorder.flush()
        own.leave()
    assert noted(app) == 0
    recorder.flush()
    assert noted(app) == 1


def noted(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(db.select(db.func.count()).select_from(ApiRequest)) or 0
