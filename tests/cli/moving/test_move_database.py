"""`flask move-database`: all is in the other database, once, or it is said what is in the way."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import Engine, create_engine, inspect, null, select, text

from portal import clock
from portal.cli.moving import move_database as command
from portal.cli.moving.move_database import move_database
from portal.cli.moving.read_only import read_only
from portal.database_move import rows
from portal.database_move.target import Move
from portal.errors import ReadOnlyDesk
from portal.extensions import begin_write, db
from portal.models.operations import ActionDay, ApiRequestCount
from portal.models.privacy import PrivacyRequest
from portal.models.tickets import Ticket
from tests import factories
from tests.cast import Cast
from tests.cli.moving.dying_move import move_and_die
from tests.conftest import MakeApp
from tests.databases import NAMES, Cluster, Database, create
from tests.forked import ended, forked
from tests.page import Visitor

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
# What is said of a database's state, and differs afterwards.
NOTES = {"read_only_mode", "desk"}
GONE = "gone@example.com"


class KilledError(BaseException):
    """As by SIGKILL: nobody handles it."""


@pytest.fixture(autouse=True)
def small_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "BATCH", 3)


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Flask:
    """A desk with some of each kind of value, and an id that nobody may have again."""
    for subject in ("Cold", "Тепло 🙂"):
        ticket = factories.file_ticket(app, cast.ann, subject)
    factories.post_comment(app, cast.sam, ticket, "A line\nand ' \" \\ | \x1f.")
    with factories.writing(app):
        for ids in ([1, {"é": None}], None, null()):
            request = PrivacyRequest(
                user_id=cast.ann.id, kind="export", state="failed", ticket_ids=ids
            )
            request.due_at = request.created_at = ticket_time(ticket.id)
            request.rights_epoch = 1
            db.session.add(request)
        for hours in range(5):  # tables whose keys are times and days, in more than one lot
            hour = clock.now() - timedelta(hours=hours)
            count = {"method": "GET", "key_prefix": "", "within": 5, "requests": 1, "errors": 0}
            db.session.add(ApiRequestCount(hour=hour, route="/tickets", **count))
            day = hour.date() - timedelta(days=hours)
            db.session.add(ActionDay(day=day, last_id=hours, rows=1, before="0", hash="0"))
        gone = factories.user(GONE)
        db.session.flush()
        db.session.delete(gone)
    return app


def ticket_time(ticket_id: int) -> Any:
    return db.session.scalar(select(Ticket.created_at).where(Ticket.id == ticket_id))


@pytest.fixture
def other(database: Database, cluster: Cluster) -> Iterator[Database]:
    """An empty database of the other kind."""
    [kind] = set(NAMES) - {database.name}
    with create(kind, cluster) as made:
        yield made


@pytest.fixture
def target(tmp_path: Path) -> str:
    """The address of a file that is not there yet."""
    return f"sqlite:///{tmp_path}/new/lodge.sqlite3"


def run(app: Flask, url: str, typed: str = "") -> Result:
    return app.test_cli_runner().invoke(move_database, [url], input=typed)


def require_moved(app: Flask, url: str) -> Result:
    done = run(app, url)
    assert done.exit_code == 0, done.output
    return done


def is_killed(app: Flask, url: str) -> bool:
    """Whether the command ends as by SIGKILL."""
    try:
        run(app, url)
    except KilledError:
        return True
    return False


def error(result: Result) -> str:
    """The one line of a command that ends with an error."""
    assert result.exit_code == 1, result.output
    last: str = result.output.splitlines()[-1]
    assert last.startswith("Error: "), result.output
    return last


def mode(app: Flask) -> str:
    said: str = app.test_cli_runner().invoke(read_only, ["status"]).output
    return said


def stored(engine: Engine) -> dict[str, list[str]]:
    """All rows of all tables, as each database has them for us."""
    with engine.connect() as connection:
        tables = [table for table in db.metadata.sorted_tables if table.name not in NOTES]
        return {t.name: sorted(repr(row) for row in connection.execute(select(t))) for t in tables}


def test_all_goes_to_the_other_kind_of_database_and_the_desk_goes_on_there(
    desk: Flask, other: Database, another_app: MakeApp, cast: Cast
) -> None:
    with desk.app_context():
        before = stored(db.engine)
    done = require_moved(desk, other.url)
    assert "tables are there, with the same counts and hashes" in done.output
    moved = another_app(DATABASE_URL=other.url)
    with moved.app_context():
        assert stored(db.engine) == before
        missing = select(PrivacyRequest.id).where(PrivacyRequest.ticket_ids.is_(None))
        assert db.session.scalars(missing).all() == [3]  # the second has JSON's own null
        assert "database_move" not in inspect(db.engine).get_table_names()
    with factories.writing(moved):
        assert factories.user("new@example.com").id == 8
        with pytest.raises(Exception, match=r"(?i)foreign key"), db.session.begin_nested():
            db.session.execute(text("UPDATE tickets SET requester_id = 4711"))
    sam = Visitor(moved).sign_in(cast.sam)
    for words in ("Тепло", "line"):
        assert "REQ000002" in sam.get(f"/tickets/queue?view=all&q={words}").words
    sam.post("/tickets/REQ000002/status", {"status": "solved"})
    # Whoever still comes to the old one reads, and is told.
    assert "it was moved to" in mode(desk)
    old = Visitor(desk)
    assert "This desk is being moved." in old.get("/auth/login").words
    with desk.app_context(), pytest.raises(ReadOnlyDesk):
        begin_write()
    require_moved(desk, other.url)  # nothing is left to do


# In their order.
POINTS: list[tuple[Any, str]] = [
    (Move, "prepare"),
    (rows, "write"),
    (Move, "finish"),
    (Move, "note_verified"),
    (command.services, "note_move"),
    (Move, "open"),
]


def dying(function: Any, *, is_after: bool) -> Any:
    """`function`, in whose place or after which everything ends."""

    def die(*given: Any) -> None:
        if is_after:
            function(*given)
        raise KilledError

    return die


@SQLITE
def test_broken_off_anywhere_it_goes_on_and_nothing_is_lost_or_doubled(
    desk: Flask, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk.app_context():
        before = stored(db.engine)
    for owner, name in POINTS:
        for is_after in (False, True):
            with monkeypatch.context() as patch:
                patch.setattr(owner, name, dying(getattr(owner, name), is_after=is_after))
                assert is_killed(desk, target), name
            with desk.app_context():
                db.session.rollback()
    with desk.app_context(), pytest.raises(ReadOnlyDesk):
        begin_write()
    require_moved(desk, target)
    assert stored(create_engine(target)) == before


def test_a_process_that_is_killed_in_the_middle_is_gone_on_with(
    desk: Flask, settings: dict[str, str], database: Database, cluster: Cluster
) -> None:
    with create(database.name, cluster) as new:
        with forked(settings, move_and_die, new.url, 20) as process:
            assert ended(process) == -9
        engine = create_engine(new.url.replace("postgresql:", "postgresql+psycopg:"))
        there = sum(map(len, stored(engine).values()))
        assert there > 0
        copied: list[int] = []
        write = rows.write
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                rows, "write", lambda c, t, found: (copied.append(len(found)), write(c, t, found))
            )
            require_moved(desk, new.url)
        with desk.app_context():
            assert stored(engine) == stored(db.engine)
        assert sum(copied) < sum(map(len, stored(engine).values()))
        engine.dispose()


@SQLITE
def test_what_was_copied_before_somebody_changed_the_desk_is_copied_anew(
    desk: Flask, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Move, "finish", dying(Move.finish, is_after=True))
    assert is_killed(desk, target)
    monkeypatch.undo()
    desk.test_cli_runner().invoke(read_only, ["off"])
    with factories.writing(desk):
        db.session.execute(text("UPDATE users SET first_name = 'Anna' WHERE id = 1"))
    require_moved(desk, target)
    with desk.app_context():
        assert stored(create_engine(target)) == stored(db.engine)


@SQLITE
def test_nothing_goes_where_something_is_and_the_desk_stays_open(
    desk: Flask, database: Database, target: str, tmp_path: Path, settings: dict[str, str]
) -> None:
    elsewhere = tmp_path / "elsewhere.sqlite3"
    begun = tmp_path / "begun.sqlite3"
    for path, statements in {
        elsewhere: ["CREATE TABLE theirs (id INTEGER)"],
        begun: [
            "CREATE TABLE database_move (name TEXT, value TEXT)",
            "INSERT INTO database_move VALUES ('desk', '\"another\"')",
        ],
    }.items():
        with create_engine(f"sqlite:///{path}").begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
    (tmp_path / "text.sqlite3").write_text("no database at all, but some text in a file " * 99)
    said = {
        f"sqlite:///{elsewhere}": "has tables, and not those of this Lodge",
        f"sqlite:///{begun}": "another desk is being moved there",
        f"sqlite:///{tmp_path}/text.sqlite3": "file is not a database",
        f"sqlite:///{tmp_path}/text.sqlite3/new": "File exists",
        database.url: "the desk is there already",
        "mysql://lodge:hunter2@db/lodge": "URL has to begin with sqlite:/// or postgresql://",
        "postgresql://lodge:hunter2@127.0.0.1:1/lodge": "the new database: connection",
        "postgresql://lodge:hunter2@127.0.0.1:1/lodge?pgbouncer=1": "URL leads to PgBouncer",
        "postgresql://lodge:hunter2@127.0.0.1:1/lodge?nonsense=1": "the new database: invalid",
        "": "URL has to begin with",
    }
    for url, words in said.items():
        result = run(desk, url)
        assert words in error(result), (url, result.output)
        assert "hunter2" not in result.output
    assert mode(desk) == "the desk takes changes\n"
    assert "there already" in error(run(desk, "-", typed=f"{database.url}\n"))
    del target, settings


@SQLITE
def test_a_database_with_rows_or_of_another_schema_is_left_alone(
    desk: Flask, migrated_database: Any
) -> None:
    with migrated_database() as made:
        engine = create_engine(made.url)
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO tags (name) VALUES ('theirs')"))
        assert "not empty" in error(run(desk, made.url))
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM tags"))
            connection.execute(text("UPDATE alembic_version SET version_num = '0042'"))
        assert "not those of this Lodge" in error(run(desk, made.url))
        with engine.begin() as connection:
            version = {"now": desk_schema(desk)}
            connection.execute(text("UPDATE alembic_version SET version_num = :now"), version)
        require_moved(desk, made.url)  # it has the schema, and no rows


def desk_schema(app: Flask) -> str:
    with app.app_context():
        found: str = db.session.execute(
            text("SELECT version_num FROM alembic_version")
        ).scalar_one()
        return found


@SQLITE
def test_what_postgresql_would_refuse_is_named_before_anything_is_closed(
    desk: Flask, cluster: Cluster
) -> None:
    spoilt = (
        "UPDATE tickets SET subject = 'zero' || char(0) || 'byte' WHERE id = 1",
        "UPDATE tickets SET priority = 70000 WHERE id = 2",
        f"UPDATE users SET first_name = '{'x' * 200}' WHERE id = 3",
        "UPDATE users SET last_name = x'ff' WHERE id = 4",
    )
    with desk.app_context():
        begin_write()
        for statement in ("PRAGMA ignore_check_constraints = ON", *spoilt):
            db.session.connection().exec_driver_sql(statement)
        db.session.connection().exec_driver_sql("PRAGMA ignore_check_constraints = OFF")
        db.session.commit()
    with create("postgresql", cluster) as new:
        result = run(desk, new.url)
        assert "nothing was changed" in error(result)
        for words in (
            "tickets [1]: subject has a zero byte",
            "tickets [2]: priority is 70000: too large",
            "users [3]: first_name has 200 characters, and",
            "users [4]: last_name is no text",
        ):
            assert words in result.output, result.output
    assert mode(desk) == "the desk takes changes\n"


@SQLITE
def test_a_row_that_cannot_be_read_is_named(desk: Flask, target: str) -> None:
    with desk.app_context():
        begin_write()
        spoil = "UPDATE tickets SET created_at = 'yesterday' WHERE id = 2"
        db.session.connection().exec_driver_sql(spoil)
        db.session.commit()
    said = error(run(desk, target))
    assert "the old database: tickets, the row after [1], cannot be read" in said
    assert mode(desk) == "the desk takes changes\n"


@SQLITE
def test_a_disk_that_is_full_and_a_row_that_is_refused_stop_it_and_it_goes_on_after(
    desk: Flask, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Move, "prepare", dying(Move.prepare, is_after=True))
    assert is_killed(desk, target)
    monkeypatch.undo()
    monkeypatch.setattr(rows, "BATCH", 3)
    engine = create_engine(target)
    with engine.begin() as connection:
        connection.execute(text(FULL))
    full = run(desk, target)
    assert "database or disk is full" in error(full)
    assert "The desk stays read-only: mend what follows and call this again" in full.output
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER full"))
        connection.execute(text(REFUSES))
    assert "the new database refuses comments [2]: no such word" in error(run(desk, target))
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER refuses"))
    require_moved(desk, target)
    with desk.app_context():
        assert stored(engine) == stored(db.engine)


@SQLITE
def test_a_server_that_vanishes_in_the_middle_is_gone_on_with_when_it_is_back(
    desk: Flask, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, lots = rows.write, 0

    def write_and_vanish(connection: Any, table: Any, found: Any) -> None:
        nonlocal lots
        lots += 1
        write(connection, table, found)
        if lots == 10:  # its server ends the session, as when it is shut down
            with psycopg.connect(new.url, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

    with create("postgresql", cluster) as new:
        monkeypatch.setattr(rows, "write", write_and_vanish)
        said = error(run(desk, new.url))
        assert "the new database: " in said
        assert "call it again when that is mended, it goes on where it was" in said
        assert "read-only since" in mode(desk)
        assert (
            "tables are there, with the same counts and hashes"
            in require_moved(desk, new.url).output
        )


FULL = """CREATE TRIGGER full BEFORE INSERT ON tickets BEGIN
SELECT RAISE(ABORT, 'database or disk is full'); END"""
REFUSES = """CREATE TRIGGER refuses BEFORE INSERT ON comments WHEN new.id = 2 BEGIN
SELECT RAISE(ABORT, 'no such word'); END"""


@SQLITE
def test_what_is_not_the_same_afterwards_is_named_and_the_new_one_stays_closed(
    desk: Flask, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = rows.write

    def spoil(connection: Any, table: Any, found: Any) -> None:
        write(connection, table, found)
        if table.name == "tags" or table.name == "comments":
            connection.execute(text("UPDATE comments SET message = 'Another.' WHERE id = 1"))

    monkeypatch.setattr(rows, "write", spoil)
    assert "not the same in both databases: comments:" in error(run(desk, target))
    with create_engine(target).connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM read_only_mode")) == 1
