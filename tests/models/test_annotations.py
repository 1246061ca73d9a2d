"""A table that is new is served by all who look after columns and tables of its sort."""

import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, insert, select

from portal import clock
from portal.backups import contents, sqlite
from portal.extensions import begin_write, db
from portal.models.annotations import (
    DELETE_ALL_ROWS,
    EXPORTED,
    INTERNAL,
    ROW_GOES,
    SECRET,
    Encrypted,
    Erasure,
    Export,
    StorageKey,
    after_restore,
    columns_of,
    exported_as,
    exported_columns,
    exports,
    park_pending,
    personal_columns,
    statements_after_restore,
)
from portal.queries.privacy import personal_data
from portal.security import encryption
from portal.services.operations import rotation
from portal.services.operations.files import GRACE, remove_orphans
from portal.services.privacy import export_zip
from portal.storage import SHARDS, Storage
from tests.cast import Cast

# What keeps a row from being worked on by others, opens something, or ends by itself.
WAKES_UP = re.compile(r"lease|token|epoch|revoked|expires|retry|due_at|failing")
# Tables with such a column that a restore leaves as they were, and why.
STAYS = {
    "api_keys": "a key of then works again; the guide says so",
    "heartbeats": "a lease ends by itself, and the part is done again",
    "inbound_messages": "a lease ends by itself, and a mail that is read again changes nothing",
    "idempotency_keys": "a lease ends by itself, and an answer opens to its own key alone",
    "mailboxes": "the next look says anew whether it fails; a hold and tokens end by themselves",
    "model_calls": "tokens of a bill; one that ran is over after minutes",
    "model_days": "tokens of a bill",
    "passkeys": "the other factor; the guide says so",
    "product_syncs": "a lease ends by itself, and the fetching goes on",
    "privacy_requests": "a lease ends by itself, and the work is done again",
    "report_subscriptions": "a run that is due is made up once",
    "table_export_schedules": "a run that is due is made up once",
    "table_exports": "a lease ends by itself, and the work is done again",
    "refresh_families": "ended by the user's epoch",
    "recovery_codes": "the other factor; the guide says so",
    "thumbnails": "what is due is made again from the attachment",
    "webhooks": "one that was given rest is asked by a probe",
}
# What may hold a person's words, name or whereabouts, by its name.
OF_PEOPLE = re.compile(
    r"(email|name|recipient|phone|inn|address|user_agent|signature|message|html|subject|comment"
    r"|filename|data|public|internal)$"
)
# What points to a person although no foreign key says so.
POINTERS = {"user_id", "actor_id"}
# Names of things.
THINGS = {
    "comments.internal",
    "credentials.name",
    "departments.former_name",
    "departments.name",
    "ticket_types.name",
    "heartbeats.name",
    "learned_labels.name",
    "named_roles.name",
    "products.name",
    "settings.name",
    "tags.name",
}
# What is kept of people who have no account, so that nobody can ask for a copy of it.
OF_NO_ACCOUNT = "pending_registrations"
# Columns that many tables share: they say nothing of whether their table is in the copy.
SHARED = {"created_at", "due_at"}


@pytest.fixture
def another(app: Flask) -> Iterator[Table]:
    """A table with a person, a file, a secret and a lease, in schema and database."""
    table = Table(
        "contraptions",
        db.metadata,
        Column("id", Integer, primary_key=True),
        Column("user_id", ForeignKey("users.id"), info=ROW_GOES | exported_as("contraptions")),
        Column("email", String(100), info=EXPORTED),
        Column("storage_key", StorageKey(), info=INTERNAL),
        Column("password", Encrypted("password of contraption"), info=SECRET),
        Column("state", String(16), info=EXPORTED),
        Column("lease", String(32), info=INTERNAL),
        Column("error", String(100), info=INTERNAL),
        **after_restore(park_pending("brought back")),
    )
    try:
        with app.app_context():
            begin_write()
            table.create(db.session.connection())
            db.session.commit()
        yield table
    finally:
        with app.app_context():
            begin_write()
            table.drop(db.session.connection())
            db.session.commit()
        db.metadata.remove(table)


def add(app: Flask, table: Table, **values: object) -> None:
    with app.app_context():
        begin_write()
        db.session.execute(insert(table).values(id=7, **values))
        db.session.commit()


def test_its_files_live_as_long_as_its_rows_name_them(app: Flask, another: Table) -> None:
    storage: Storage = app.extensions["lodge.storage"]
    kept, orphan = (storage.put(io.BytesIO(b"bytes"), limit=9).key for _ in range(2))
    add(app, another, storage_key=kept)
    later = clock.now() + GRACE + timedelta(hours=1)
    with app.app_context():
        for minute in range(SHARDS):
            with clock.at(later + timedelta(minutes=minute)):
                remove_orphans(storage)
    left = {path.name for path in Path(app.config["DATA_DIR"], "files").glob("*/*/*")}
    assert left & {kept, orphan} == {kept}


def test_its_secrets_move_to_a_new_key(
    app: Flask, another: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        secret = encryption.encrypt("swordfish")
    add(app, another, password=secret)
    new = Fernet.generate_key().decode()
    keys = [new, *app.config["ENCRYPTION_MASTER_KEYS"]]
    monkeypatch.setitem(app.config, "ENCRYPTION_MASTER_KEYS", keys)
    with app.app_context():
        [place] = [p for p in rotation.encrypted_columns() if p.name == "password of contraption"]
        begin_write()
        assert rotation.rotate(place, after=0, limit=10) == ([7], [])
        db.session.commit()
        moved = db.session.scalar(select(another.c.password))
    assert Fernet(new).decrypt(moved) == b"swordfish"


@pytest.mark.usefixtures("another")
def test_a_restore_parks_what_it_owed(tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    with sqlite3.connect(copy) as connection:
        connection.execute("CREATE TABLE contraptions (id, storage_key, state, lease, error)")
        connection.execute("INSERT INTO contraptions VALUES (7, 'abc', 'pending', 'held', NULL)")
        for statement in contents.restore_statements(["contraptions"]):
            connection.execute(statement)
        row = connection.execute("SELECT state, lease, error FROM contraptions").fetchone()
    assert row == ("parked", None, "brought back")
    assert sqlite.stored_keys(copy) == {"abc"}


def test_its_rows_are_in_the_copy_of_whom_they_point_to(
    app: Flask, another: Table, cast: Cast
) -> None:
    add(app, another, user_id=cast.ann.id, email="ann@example.org", password="swordfish")
    with app.app_context():
        given = {actor: dict(personal_data.rows(actor)) for actor in (cast.ann, cast.bob)}
    assert given[cast.ann]["contraptions"] == [{"email": "ann@example.org", "state": None}]
    assert given[cast.bob]["contraptions"] == []


@pytest.mark.usefixtures("another")
def test_whoever_asks_for_a_copy_is_given_the_new_file(app: Flask, cast: Cast) -> None:
    with app.app_context():
        pieces = list(export_zip.pieces(cast.ann, [], app.extensions["lodge.storage"]))
    made = zipfile.ZipFile(io.BytesIO(b"".join(piece.data for piece in pieces)))
    assert json.loads(made.read("contraptions.json")) == []


def test_what_names_a_file_or_hides_a_secret_is_marked() -> None:
    named = {
        f"{table.name}.{column.name}"
        for table in db.metadata.sorted_tables
        for column in table.columns
        if re.search(r"storage|(secret|_token)$", column.name)
    }
    marked = {f"{t.name}.{c.name}" for k in (StorageKey, Encrypted) for t, c, _ in columns_of(k)}
    assert named == marked
    assert {column.name for _table, column, _kind in columns_of(StorageKey)} == {"storage_key"}
    assert all("id" in table.columns for table, _column, _kind in columns_of(Encrypted))


def test_every_table_that_could_wake_up_after_a_restore_has_been_decided_about() -> None:
    waking = {
        table.name: sorted(c.name for c in table.columns if WAKES_UP.search(c.name))
        for table in db.metadata.sorted_tables
        if any(WAKES_UP.search(column.name) for column in table.columns)
    }
    undecided = {
        name: found
        for name, found in waking.items()
        if name not in {*statements_after_restore(), *STAYS}
    }
    assert not undecided
    assert not set(STAYS) & set(statements_after_restore())
    assert DELETE_ALL_ROWS in statements_after_restore().values()


def is_personal(column: Column[object]) -> bool:
    """Whether a column holds something of a person, or points to one."""
    return bool(
        OF_PEOPLE.search(column.name)
        or column.name in POINTERS
        or any(key.target_fullname == "users.id" for key in column.foreign_keys)
    )


def not_decided_for_erasure(tables: Iterable[Table]) -> set[str]:
    """Columns of which nobody said what becomes of them when the person is erased."""
    decided = {column: what for _table, column, what, _why in personal_columns(tables)}
    # A row that goes takes all that is in it along, whoever is meant.
    gone = {column.table for column, what in decided.items() if what is Erasure.ROW_GOES}
    return {
        f"{table.name}.{column.name}"
        for table in tables
        if table not in gone and table.name != OF_NO_ACCOUNT
        for column in table.columns
        if is_personal(column) and column not in decided
    } - THINGS


def not_decided_for_the_copy(tables: Iterable[Table]) -> set[str]:
    """Columns of which nobody said whether the copy of personal data gives them.

    Of rows that are in the copy each column has to say it, of others what is personal, and what
    belongs to such a row.
    """
    theirs = {table.name for table, _column, how, _what in exports() if how is Export.FILE}
    decided = {column: how for _table, column, how, _what in exports(tables)}
    shown = {
        column.table
        for column, how in decided.items()
        if how is Export.FILE or (how is Export.GIVEN and column.name not in SHARED)
    }
    return {
        f"{table.name}.{column.name}"
        for table in tables
        if table.name != OF_NO_ACCOUNT
        for column in table.columns
        if (table in shown and not column.primary_key)
        or is_personal(column)
        or isinstance(column.type, (Encrypted, StorageKey))
        or any(key.target_fullname.partition(".")[0] in theirs for key in column.foreign_keys)
        if column not in decided
    } - THINGS


def test_what_holds_or_points_to_a_person_says_what_becomes_of_it() -> None:
    assert not not_decided_for_erasure(db.metadata.sorted_tables)


def test_what_holds_or_points_to_a_person_says_whether_the_copy_gives_it() -> None:
    assert not not_decided_for_the_copy(db.metadata.sorted_tables)


def test_names_of_things_are_still_there() -> None:
    assert {f"{t.name}.{c.name}" for t in db.metadata.sorted_tables for c in t.columns} >= THINGS


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        (lambda: [Column("owner_id", ForeignKey("users.id"))], {"owner_id"}),
        (lambda: [Column("actor_id", Integer)], {"actor_id"}),
        (lambda: [Column("session_id", ForeignKey("user_sessions.id"))], {"session_id"}),
        (lambda: [Column("last_name", String(100))], {"last_name"}),
        (lambda: [Column("contact_email", String(100))], {"contact_email"}),
        (lambda: [Column("storage_key", StorageKey())], {"storage_key"}),
        (lambda: [Column("secret", Encrypted("secret of contraption"))], {"secret"}),
        (lambda: [Column("colour", String(9))], set()),
        # Beside columns that are given, each has to say something.
        (
            lambda: [Column("shape", String(9), info=EXPORTED), Column("colour", String(9))],
            {"colour"},
        ),
        (
            lambda: [Column("user_id", Integer, info=exported_as("x")), Column("size", Integer)],
            {"size"},
        ),
    ],
    ids=lambda value: "-".join(sorted(value)) if isinstance(value, set) else "",
)
def test_a_new_column_that_says_nothing_is_named(
    columns: Callable[[], list[Column[object]]], named: set[str]
) -> None:
    made = [Column("id", Integer, primary_key=True), *columns()]
    table = Table("contraptions", MetaData(), *made)
    assert not_decided_for_the_copy([table]) == {f"contraptions.{name}" for name in named}
    personal = {f"contraptions.{column.name}" for column in table.columns if is_personal(column)}
    assert not_decided_for_erasure([table]) == personal


def test_the_copy_gives_no_secret_and_says_why_it_leaves_something_out() -> None:
    for table in db.metadata.sorted_tables:
        given = exported_columns(table)
        assert not [c for c in given if isinstance(c.type, (Encrypted, StorageKey))]
        assert not [c for c in given if re.search("hash|digest|secret|password", c.name)]
    assert all(bool(what) is (how is not Export.GIVEN) for _t, _c, how, what in exports())


def test_what_stays_says_why_and_what_goes_by_a_rule_how() -> None:
    told = (Erasure.STAYS, Erasure.BY_RULE)
    assert all(bool(why) is (what in told) for _t, _c, what, why in personal_columns())
    points = {c.name for _t, c, what, _why in personal_columns() if what is Erasure.ROW_GOES}
    assert points == {"user_id"}
    blanked = {t.name for t, _c, what, _why in personal_columns() if what is Erasure.BLANKED}
    assert blanked == {"users"}
