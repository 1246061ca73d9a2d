"""Prepared statements answer what the session answers, see what a change has written, and live
through a database that goes away."""

from contextlib import ExitStack
from typing import Any, NamedTuple

import psycopg
import pytest
from flask import Flask
from flask.ctx import AppContext
from sqlalchemy import Integer, bindparam, func, null, select, text, union_all
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from portal import clock, prepared
from portal.extensions import begin_write, db
from portal.models.people import User
from portal.models.tickets import TicketEvent
from portal.prepared import Prepared
from tests import factories
from tests.cast import Cast
from tests.statements import statements

_PEOPLE = (
    select(User.id, User.email, User.is_active, User.last_sign_in_at, User.created_at)
    .where(
        User.created_at <= bindparam("moment"),
        User.is_active.is_(True),
        User.role.in_(["customer", "staff"]),
        User.email != "nobody%@example.com",
    )
    .order_by(User.id)
    .limit(bindparam("size", type_=Integer))
)
_EVENTS = union_all(
    select(TicketEvent.id, TicketEvent.kind, TicketEvent.data, TicketEvent.created_at),
    select(-1, null(), null(), null()),
).order_by("id")
_NAME = select(User.first_name).where(User.id == bindparam("user_id"))
_COUNT = select(func.count().label("people"), func.sum(User.id).label("ids")).select_from(User)


@pytest.mark.parametrize("query", [_PEOPLE, _EVENTS, _COUNT])
def test_rows_are_those_of_the_session(app: Flask, cast: Cast, query: Any) -> None:
    ticket = factories.file_ticket(app, cast.ann)
    factories.rate_ticket(app, cast.ann, ticket)
    values = {"moment": clock.now(), "size": 3}
    with app.app_context():
        statement: Prepared[Any] = Prepared(query)
        found = statement.all(values)
        expected = db.session.execute(query, values).all()
        assert [tuple(row) for row in found] == [tuple(row) for row in expected]
        assert found[0]._fields == tuple(expected[0]._fields)
        assert statement.all(values) == found


class _Name(NamedTuple):
    first: str


def test_a_row_is_what_one_wants_it_to_be(cast: Cast, context: AppContext) -> None:
    name = Prepared(_NAME, _Name._make)
    assert name.first({"user_id": cast.ann.id}) == _Name("Ann")
    assert name.first({"user_id": 0}) is None


def test_a_change_sees_what_it_has_written(app: Flask, cast: Cast) -> None:
    name: Prepared[Any] = Prepared(_NAME)
    values = {"user_id": cast.ann.id}
    with app.app_context():
        begin_write()
        db.session.get_one(User, cast.ann.id).first_name = "Anna"
        db.session.flush()
        assert name.all(values) == [("Anna",)]
        db.session.rollback()
        assert name.all(values) == [("Ann",)]


def test_what_is_asked_is_counted_with_the_rest(app: Flask, cast: Cast) -> None:
    name: Prepared[Any] = Prepared(_NAME)
    with app.app_context(), statements(app) as seen:
        name.all({"user_id": cast.ann.id})
        db.session.scalar(_NAME, {"user_id": cast.ann.id})
    assert seen[0] == seen[1]


def test_an_error_is_sqlalchemys_own_and_tells_no_values(app: Flask, cast: Cast) -> None:
    broken: Prepared[Any] = Prepared(
        select(text("nothing")).where(User.email == bindparam("email"))
    )
    with app.app_context():
        with pytest.raises(DBAPIError) as caught:
            broken.all({"email": "secret@example.com"})
        assert "secret" not in str(caught.value)
        assert Prepared(_COUNT).one().people > 0


def test_connections_are_given_back_whatever_happens(
    cast: Cast, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    name: Prepared[Any] = Prepared(_NAME)
    pool = db.engine.pool
    assert isinstance(pool, QueuePool)
    before = kept()
    idle = pool.checkedin()
    with pytest.raises(DBAPIError):
        Prepared(select(text("nothing"))).all()
    assert (pool.checkedout(), pool.checkedin()) == (0, idle)
    assert name.all({"user_id": cast.ann.id}) == [("Ann",)]
    assert kept() is before
    with monkeypatch.context() as patched:
        patched.setattr(prepared, "_execute", _stop)
        with pytest.raises(KeyboardInterrupt):
            name.all({"user_id": cast.ann.id})
    assert (pool.checkedout(), pool.checkedin()) == (0, idle)
    assert name.all({"user_id": cast.ann.id}) == [("Ann",)]
    assert kept() is not before, "nobody knew what it was doing"


def kept() -> object:
    """The connection that is used next."""
    with db.engine.connect() as connection:
        return connection.connection.dbapi_connection


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def test_who_waits_too_long_for_a_connection_is_told_as_by_the_session(
    cast: Cast, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = db.engine.pool
    for limit in ("_max_overflow", "_timeout"):
        monkeypatch.setattr(pool, limit, 0)
    with ExitStack() as others:
        for _ in range(pool.size()):  # type: ignore[attr-defined]
            others.enter_context(db.engine.connect())
        with pytest.raises(PoolTimeout):
            Prepared(_NAME).all({"user_id": cast.ann.id})
    assert Prepared(_NAME).all({"user_id": cast.ann.id}) == [("Ann",)]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_database_that_was_away_fails_one_request_and_no_more(app: Flask, cast: Cast) -> None:
    name: Prepared[Any] = Prepared(_NAME)
    values = {"user_id": cast.ann.id}
    with app.app_context():
        with db.engine.connect() as one, db.engine.connect() as other:
            pids = [each.scalar(text("SELECT pg_backend_pid()")) for each in (one, other)]
        address = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as killer:
            for pid in pids:  # it waits until they are gone
                gone = killer.execute("SELECT pg_terminate_backend(%s, 120000)", (pid,)).fetchone()
                assert gone == (True,)
        with pytest.raises(OperationalError) as caught:
            name.all(values)
        assert caught.value.connection_invalidated
        assert [name.all(values) for _ in range(3)] == [[("Ann",)]] * 3
