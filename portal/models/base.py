"""The base class of models, column types, and time stamps."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from portal import clock
from portal.extensions import db
from portal.models.annotations import EXPORTED

if TYPE_CHECKING:

    class Model(DeclarativeBase):
        """For the type checker; at run time this is Flask-SQLAlchemy's own class."""
else:
    Model = db.Model

# SQLite gives automatic ids to INTEGER primary keys alone.
BigId = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC: with time zone in PostgreSQL, as text in SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Raises ValueError for a naive datetime."""
        return _to_moment(value)

    def bind_processor(self, dialect: Dialect) -> Any:
        """The fastest conversion for each database, as in `result_processor`."""
        return _to_text if dialect.name == "sqlite" else _to_moment

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:  # noqa: ARG002
        """The fastest conversion for each database: every list has time stamps."""
        return _from_text if dialect.name == "sqlite" else _from_moment


class Money(TypeDecorator[Decimal]):
    """An amount with two decimal places, stored as hundredths: SQLite has no exact decimals."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else int((value * 100).to_integral_value())

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(value).scaleb(-2)


def _to_moment(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(UTC)


def _to_text(moment: datetime | None) -> str | None:
    """As SQLAlchemy writes it."""
    there = _to_moment(moment)
    # Without `+00:00`. Taking the zone off first would cost more than the text.
    return None if there is None else there.isoformat(" ", "microseconds")[:26]


def _from_text(text: str | None) -> datetime | None:
    return text if text is None else datetime.fromisoformat(f"{text}+00:00")


def _from_moment(moment: datetime | None) -> datetime | None:
    return moment if moment is None or moment.tzinfo is UTC else moment.astimezone(UTC)


def default_of(column: Any) -> Any:
    """What a new row has there when nothing is said."""
    default = column.default
    if default is None:
        return None
    return default.arg(None) if default.is_callable else default.arg


class Created:
    """`created_at`, set by the application so that tests can replace the clock."""

    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, info=EXPORTED)
