"""ApiRequest: one API request without its body. ApiRequestCount: requests by hour.

Nothing here refers to another table, because the logs may lie in a database of their own.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import not_exported, stays_after_erasure
from portal.models.base import BigId, Model, UtcDateTime


class ApiRequest(Model):
    """Caller, request, time, address and result. Append-only."""

    __tablename__ = "api_requests"
    __table_args__ = (
        Index(None, "at"),
        Index(None, "user_id", "id"),
        Index(None, "key_prefix", "id"),
        Index(None, "route", "id"),
        Index(None, "status", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    user_id: Mapped[int | None] = mapped_column(
        BigInteger,
        info=stays_after_erasure("a number; goes with the log's age")
        | not_exported("short-lived, and of programs"),
    )
    key_prefix: Mapped[str] = mapped_column(String(16))
    method: Mapped[str] = mapped_column(String(8))
    route: Mapped[str] = mapped_column(String(120))
    status: Mapped[int] = mapped_column(SmallInteger)
    milliseconds: Mapped[int]
    address: Mapped[str] = mapped_column(
        String(45),
        info=stays_after_erasure("goes with the log's age")
        | not_exported("short-lived, and of programs"),
    )
    request_id: Mapped[str] = mapped_column(String(64))


class ApiRequestCount(Model):
    """Requests of one hour whose duration falls into the bucket `within` (upper bound, in ms)."""

    __tablename__ = "api_request_counts"

    hour: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    method: Mapped[str] = mapped_column(String(8), primary_key=True)
    route: Mapped[str] = mapped_column(String(120), primary_key=True)
    key_prefix: Mapped[str] = mapped_column(String(16), primary_key=True)
    within: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    requests: Mapped[int]
    errors: Mapped[int]
