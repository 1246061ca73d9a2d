"""Records the SQL statements of an application."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from portal import prepared
from portal.extensions import db


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """A list that grows with each statement, except BEGIN and COMMIT."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    def note_prepared(_engine: object, statement: str) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        with prepared.statement_sent.connected_to(note_prepared, engine):
            yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@contextmanager
def long_texts(app: Flask, longest: int) -> Iterator[list[str]]:
    """A list that grows with each statement that carries a text longer than `longest`."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, sent: Any, *_rest: Any) -> None:
        if len(repr(sent)) > longest:
            seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@contextmanager
def sqlite_work(app: Flask) -> Iterator[list[int]]:
    """A list of one number: how often SQLite has done ten of its steps."""
    work = [0]

    def count() -> int:
        work[0] += 1
        return 0

    def watch(connection: Any, *_rest: Any) -> None:
        connection.set_progress_handler(count, 10)

    # Prepared statements borrow a connection without checking it out: so each is a new one.
    with app.app_context():
        engine = db.engine
    engine.dispose()
    event.listen(engine, "connect", watch)
    try:
        yield work
    finally:
        event.remove(engine, "connect", watch)
        engine.dispose()
