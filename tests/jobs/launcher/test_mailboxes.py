"""`make run` starts the program that fetches mailboxes once there is one to fetch."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jobs.launcher.mailboxes import are_wanted
from portal.inbound_url import Listening, parse


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """One with an empty table of mailboxes, while the web server has it open."""
    with closing(sqlite3.connect(tmp_path / "lodge.sqlite3", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE mailboxes (way TEXT, is_active BOOLEAN)")
        yield connection


def config(folder: Path, inbound_url: object = None) -> dict[str, object]:
    uri = f"sqlite:///{folder / 'lodge.sqlite3'}"
    return {"SQLALCHEMY_DATABASE_URI": uri, "INBOUND_URL": inbound_url}


def test_no_database_and_no_mailbox_want_none(tmp_path: Path) -> None:
    assert not are_wanted(config(tmp_path))
    assert not (tmp_path / "lodge.sqlite3").exists()
    (tmp_path / "lodge.sqlite3").write_bytes(b"")
    assert not are_wanted(config(tmp_path))


def test_a_mailbox_that_is_switched_on_and_fetched_wants_it(
    tmp_path: Path, desk: sqlite3.Connection
) -> None:
    desk.execute("INSERT INTO mailboxes VALUES ('delivered', 1), ('imap', 0)")
    assert not are_wanted(config(tmp_path, Listening("lmtp", port=24)))
    desk.execute("INSERT INTO mailboxes VALUES ('imap', 1)")
    assert are_wanted(config(tmp_path))
    desk.execute("BEGIN IMMEDIATE")  # somebody writes
    assert are_wanted(config(tmp_path))
    desk.execute("ROLLBACK")


def test_the_setting_and_another_database_want_it(tmp_path: Path) -> None:
    assert are_wanted(config(tmp_path, parse("imaps://ann:x@imap.example.com")))
    assert are_wanted({"SQLALCHEMY_DATABASE_URI": "postgresql:///lodge", "INBOUND_URL": None})
