"""Rows that are there already are counted up, replaced or left, on both databases."""

import pytest
from flask.ctx import AppContext
from sqlalchemy import select

from portal import clock
from portal.bulk_statements import insert_missing, insert_tuples, upsert
from portal.extensions import UnlockedWrite, begin_write, db, logs_connection
from portal.models.operations import ApiRequest
from portal.models.people import PendingRegistration
from portal.models.tickets import Tag, TicketCount
from portal.services.operations.api_log import Entry


@pytest.fixture(autouse=True)
def change(context: AppContext) -> None:
    begin_write()


def test_what_is_there_keeps_its_row_and_takes_the_new_values() -> None:
    kept = ("email", "first_name", "last_name")
    connection = db.session.connection()
    statement = upsert(
        PendingRegistration, connection.dialect.name, key=("email",), replaced=("first_name",)
    )
    for name in ("Ann", "Anna"):
        row = {"email": "ann@example.com", "first_name": name, "last_name": name}
        connection.execute(statement, {**row, "expires_at": clock.now()})
    columns = [getattr(PendingRegistration, column) for column in kept]
    assert db.session.execute(select(*columns)).all() == [("ann@example.com", "Anna", "Ann")]


def test_numbers_are_added_to_those_that_are_there() -> None:
    connection = db.session.connection()
    statement = upsert(
        TicketCount,
        connection.dialect.name,
        key=("status", "priority", "assignee_id"),
        added=("tickets",),
    )
    for tickets in (2, 3):
        row = {"status": "new", "priority": 1, "assignee_id": 0, "tickets": tickets}
        connection.execute(statement, [row])
    assert db.session.scalars(select(TicketCount.tickets)).all() == [5]


def test_only_what_is_missing_is_inserted() -> None:
    assert insert_missing(Tag, [{"name": "printer"}]) == 1
    assert insert_missing(Tag, [{"name": "printer"}]) == 0
    assert insert_missing(Tag, [{"name": name} for name in ("printer", "toner", "ink")]) == 2
    assert sorted(db.session.scalars(select(Tag.name))) == ["ink", "printer", "toner"]


def test_tuples_are_stored_as_rows_are_by_the_session() -> None:
    moment = clock.now()
    values = (moment, None, "lk_12345678", "GET", "/it's %s ?", 200, 7, "::1", "id")
    entry = Entry._make(values)
    insert_tuples(db.session.connection(), ApiRequest.__table__, Entry._fields, [entry, entry])
    db.session.add(ApiRequest(**entry._asdict()))
    db.session.flush()
    columns = [getattr(ApiRequest, name) for name in Entry._fields]
    assert db.session.execute(select(*columns)).all() == [values] * 3


def test_the_log_is_written_inside_its_unit_alone() -> None:
    assert logs_connection() is db.session.connection()
    db.session.rollback()
    with pytest.raises(UnlockedWrite):
        logs_connection()
