"""Moments are stored as SQLAlchemy would, and come back as they went."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import DateTime
from sqlalchemy.dialects import postgresql, sqlite

from portal.models.base import UtcDateTime

_ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=_ZONES)  # noqa: DTZ001


@given(moment=_MOMENTS)
def test_sqlite_gets_sqlalchemys_text_and_gives_the_moment_back(moment: datetime) -> None:
    dialect = sqlite.dialect()
    written = UtcDateTime().bind_processor(dialect)(moment)
    usual = DateTime().dialect_impl(dialect).bind_processor(dialect)
    assert usual is not None
    assert written == usual(moment.astimezone(UTC))
    assert UtcDateTime().result_processor(dialect, None)(written) == moment


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()])
def test_nothing_stays_nothing_and_a_moment_without_zone_is_refused(dialect: object) -> None:
    write = UtcDateTime().bind_processor(dialect)  # type: ignore[arg-type]
    assert write(None) is None
    with pytest.raises(ValueError, match="without a time zone"):
        write(datetime(2026, 1, 1))  # noqa: DTZ001
