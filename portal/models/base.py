"""What all models share: the base class, column types, time stamps."""

from datetime import UTC, datetime
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
    """An aware moment. PostgreSQL keeps it with its zone; SQLite keeps UTC text."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Refuse naive moments: nobody knows which zone they mean."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:  # noqa: ARG002
        """Every list has moments in its rows, so each database gets the shortest way."""
        return _from_text if dialect.name == "sqlite" else _from_moment


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
    """A `created_at` that the application sets, so that tests can fake the clock."""

    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, info=EXPORTED)
