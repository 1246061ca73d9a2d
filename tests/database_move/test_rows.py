"""What is compared of two databases: equal for the same rows, and for nothing else."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import JSON, BigInteger, Boolean, Column, MetaData, String, Table

from portal.database_move import rows
from portal.database_move.refusals import refusals
from portal.models.base import UtcDateTime

TABLE = Table(
    "things",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("at", UtcDateTime, primary_key=True),
    Column("name", String(5)),
    Column("is_new", Boolean),
    Column("data", JSON),
)
AT = datetime(2026, 11, 1, 10, 0, 0, 25, tzinfo=UTC)


def row(**values: Any) -> rows.Row:
    usual = {"id": 1, "at": AT, "name": "a", "is_new": True, "data": '{"a": 1}'}
    return tuple((usual | values).values())


def digest(*found: rows.Row) -> int:
    return rows.digest(TABLE, found)


def test_order_and_the_writing_of_json_and_zones_do_not_matter() -> None:
    there = AT.astimezone(timezone(timedelta(hours=3))).astimezone(UTC)
    assert digest(row(), row(id=2)) == digest(row(id=2), row(data='{"a":1}', at=there))
    assert rows.add(digest(row()), digest(row(id=2))) == digest(row(), row(id=2))


def test_whatever_differs_is_told_apart() -> None:
    others = [
        row(name=None),
        row(name=""),
        row(name="-"),
        row(name="1"),
        row(is_new=None),
        row(is_new=False),
        row(at=AT + timedelta(microseconds=1)),
        row(data=None),
        row(data="null"),
        row(data='{"a": "1"}'),
        row(data="{a"),
    ]
    assert len({digest(), digest(row(), row()), *map(digest, [row(), *others])}) == len(others) + 3


@given(st.integers(-(2**63), 2**63 - 1), st.datetimes(timezones=st.just(UTC)))
def test_a_key_comes_back_as_it_was(number: int, at: datetime) -> None:
    key = rows.key_of(TABLE, row(id=number, at=at))
    assert rows.decode_key(TABLE, rows.encode_key(key)) == key == (number, at)


@given(st.text(max_size=7))
def test_only_what_postgresql_cannot_hold_is_refused(name: str) -> None:
    found = list(refusals(TABLE, [row(name=name)], "postgresql"))
    assert bool(found) == ("\0" in name or len(name) > 5)
    assert not list(refusals(TABLE, [row(name=name)], "sqlite"))
