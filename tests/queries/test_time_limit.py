import pytest
from flask import Flask
from sqlalchemy import literal, select
from sqlalchemy.exc import DBAPIError, OperationalError

from portal.errors import TooBroad
from portal.extensions import db
from portal.queries import time_limit
from portal.queries.time_limit import at_most, fetch_in_time

_NUMBERS = select(literal(1).label("n")).cte("numbers", recursive=True)
_NUMBERS = _NUMBERS.union_all(select(_NUMBERS.c.n + 1).where(_NUMBERS.c.n > 0))
ENDLESS = select(_NUMBERS.c.n).where(_NUMBERS.c.n < 0)


@pytest.fixture
def short_of_time(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements may take nearly no time."""
    monkeypatch.setattr(time_limit, "SECONDS", 0.01)


@pytest.mark.usefixtures("context", "short_of_time")
def test_a_statement_without_end_is_stopped():
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET statement_timeout = 10")
    try:
        with pytest.raises(TooBroad):
            fetch_in_time(ENDLESS, {})
        assert fetch_in_time(select(literal(1)), {}) == [(1,)]
    finally:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("RESET statement_timeout")


@pytest.mark.usefixtures("context")
def test_a_block_has_a_time_of_its_own_and_what_follows_has_its_usual_one():
    with pytest.raises(TooBroad), at_most(0.01):
        db.session.execute(ENDLESS)
    assert limit_now() in {"15s", None}
    with at_most(5.0):
        assert limit_now() in {"5s", None}
    assert limit_now() in {"15s", None}


def limit_now() -> str | None:
    """Of each statement; None on SQLite, which has none by itself."""
    connection = db.session.connection()
    is_postgresql = connection.dialect.name == "postgresql"
    return connection.exec_driver_sql("SHOW statement_timeout").scalar() if is_postgresql else None


@pytest.mark.usefixtures("context")
def test_what_else_is_wrong_with_a_statement_is_told_as_it_is(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_anything: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("disk I/O error"))

    monkeypatch.setattr(db.session.connection(), "execute", refuse)
    with pytest.raises(DBAPIError):
        fetch_in_time(select(literal(1)), {})
