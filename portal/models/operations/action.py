"""Action: a line of the hash-chained audit log of changes to tickets and accounts.

Each line holds a hash of itself and of the line before it, so changed or missing lines are
detected. It names people and tickets by id only: texts stand in the original event, which can be
erased without breaking the chain.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Date, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import not_exported, stays_after_erasure
from portal.models.base import Model, UtcDateTime

# The hash before the first line.
GENESIS_HASH = "0" * 64


class ActionSource(StrEnum):
    """The table of the event that a line was made from."""

    TICKET = "ticket"
    ACCOUNT = "account"


_NUMBER = stays_after_erasure("a number without a name, in a sealed chain")
_NUMBER |= not_exported("activity and tickets say what was done")


class Action(Model):
    """One event. `id` is gapless; `digest` is a hash of the event's data."""

    __tablename__ = "actions"
    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        Index(None, "day", "id"),
        Index(None, "kind", "id"),
        Index(None, "actor_id", "id"),
        Index(None, "ticket_id", "id"),
        Index(None, "user_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    source: Mapped[str] = mapped_column(String(8))
    source_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(32))
    actor_id: Mapped[int | None] = mapped_column(BigInteger, info=_NUMBER)
    ticket_id: Mapped[int | None] = mapped_column(BigInteger)
    user_id: Mapped[int | None] = mapped_column(BigInteger, info=_NUMBER)
    digest: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class ActionDay(Model):
    """Summary of one day's lines; it stays after the lines were deleted by retention.

    `ticket_top` and `account_top` are the highest ids of events sealed by then.
    """

    __tablename__ = "action_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    last_id: Mapped[int] = mapped_column(BigInteger)
    rows: Mapped[int]
    before: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    ticket_top: Mapped[int] = mapped_column(BigInteger, default=0)
    account_top: Mapped[int] = mapped_column(BigInteger, default=0)


_PERSONAL = frozenset({"comment", "email", "name", "from_address", "device", "user_agent"})
# Columns that a line's hash covers. The order must never change.
_SEALED = (
    "id",
    "day",
    "at",
    "source",
    "source_id",
    "kind",
    "actor_id",
    "ticket_id",
    "user_id",
    "digest",
)


def seal(line: Mapping[Any, Any], before: str) -> str:
    """Hash of `line` (an Action's columns by name) chained to the hash `before`."""
    values = [line[name] for name in _SEALED]
    words = [fact.isoformat() if isinstance(fact, date) else fact for fact in values]
    return _hash([before, *words])


def digest_of(data: dict[str, Any]) -> str:
    """Hash of an event's data without personal fields, which may be erased later."""
    return _hash({name: value for name, value in data.items() if name not in _PERSONAL})


def _hash(values: object) -> str:
    text = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
