"""BulkChange: one change of many tickets, with what each was before. Kept for a day."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import (
    DELETE_ALL_ROWS,
    NOT_THEIRS,
    after_restore,
    stays_after_erasure,
)
from portal.models.base import BigId, Created, Model, UtcDateTime
from portal.models.people.rights_snapshot import RightsSnapshot

TOKEN_LENGTH = 32


class BulkAction(StrEnum):
    """`tags` (all of them) are changed at one ticket alone."""

    ASSIGN = "assign"
    STATUS = "status"
    PRIORITY = "priority"
    DEPARTMENT = "department"
    TAG = "tag"
    TRASH = "trash"
    MACRO = "macro"
    TYPE = "type"
    TAGS = "tags"


class BulkState(StrEnum):
    """`stopped`: whoever asked for it may not do it any more."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    STOPPED = "stopped"
    UNDOING = "undoing"
    UNDONE = "undone"

    @property
    def is_open(self) -> bool:
        """Whether a job is to go on with it."""
        return self in {BulkState.RUNNING, BulkState.UNDOING}


class BulkTicketState(StrEnum):
    """`same`: it was like that already. `left`: it was left alone, for a reason."""

    WAITING = "waiting"
    CHANGED = "changed"
    SAME = "same"
    LEFT = "left"
    UNDONE = "undone"
    KEPT = "kept"


class BulkReason(StrEnum):
    """Why a ticket was left alone, or kept at an undo."""

    CLOSED = "closed"
    CHANGED = "changed"
    TRASHED = "trashed"
    OUTDATED = "outdated"
    REFUSED = "refused"
    ANSWERED = "answered"
    FAILED = "failed"


# SQLite uses a partial index only for a query with the same words.
OPEN = text("state IN ('running', 'undoing')")


class BulkChange(RightsSnapshot, Created, Model):
    """`value` is what `action` sets, as JSON: an id, a word, or a macro as it was then.

    `query` is the queue's filter whose tickets they are; empty where they were chosen one by one. A
    job works on it while it is open; one that has not reported until `due_at` is taken for dead.
    """

    __tablename__ = "bulk_changes"
    __table_args__ = (
        Index(None, "created_at"),
        Index("ix_bulk_changes_open", "due_at", sqlite_where=OPEN, postgresql_where=OPEN),
        # What was under way does not go on by itself.
        after_restore(DELETE_ALL_ROWS),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token: Mapped[str] = mapped_column(String(TOKEN_LENGTH), unique=True)
    actor_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"),
        info=stays_after_erasure("gone after a day") | NOT_THEIRS,
    )
    action: Mapped[str] = mapped_column(String(16))
    # Of an older version, which kept all tickets here. Nothing is written to it any more.
    changes: Mapped[list[Any]] = mapped_column(JSON, default=list)
    value: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    query: Mapped[str] = mapped_column(Text, default="", server_default="")
    state: Mapped[str] = mapped_column(
        String(16), default=BulkState.RUNNING, server_default=BulkState.DONE
    )
    # How many tickets there are, and what became of them so far.
    total: Mapped[int] = mapped_column(default=0, server_default="0")
    changed: Mapped[int] = mapped_column(default=0, server_default="0")
    same: Mapped[int] = mapped_column(default=0, server_default="0")
    left: Mapped[int] = mapped_column(default=0, server_default="0")
    undone: Mapped[int] = mapped_column(default=0, server_default="0")
    kept: Mapped[int] = mapped_column(default=0, server_default="0")
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BulkChangeTicket(Model):
    """A ticket of it. `seen_version` is the one that was listed; another one is left alone.

    `before` are the values and times that an undo gives back, `version` that after the change.
    `answer_id` is the scheduled answer of a macro, 0 for one that left at once.
    """

    __tablename__ = "bulk_change_tickets"
    __table_args__ = (
        Index(None, "bulk_change_id", "state", "ticket_id"),
        Index(None, "ticket_id"),
        after_restore(DELETE_ALL_ROWS),
    )

    bulk_change_id: Mapped[int] = mapped_column(
        ForeignKey("bulk_changes.id", ondelete="CASCADE"), primary_key=True
    )
    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True
    )
    seen_version: Mapped[int] = mapped_column()
    state: Mapped[str] = mapped_column(String(16), default=BulkTicketState.WAITING)
    reason: Mapped[str | None] = mapped_column(String(16))
    before: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    version: Mapped[int | None] = mapped_column()
    answer_id: Mapped[int | None] = mapped_column(BigInteger)
