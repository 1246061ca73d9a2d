"""Ticket: the head of a conversation, and the indexes that keep the queue fast.

Each filter that the queue offers, with each order, is one of the indexes here; an index on a hot
table is paid for by every change, so none is here for the case that it may help.
"""

import re
from datetime import datetime
from enum import IntEnum, StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import (
    BARE_NUMBER,
    CONVERSATION,
    IN_TICKETS,
    NOT_THEIRS,
    erased_by_rule,
)
from portal.models.base import BigId, Created, Model, UtcDateTime


class TicketStatus(StrEnum):
    """`pending` waits for the customer, `on_hold` for others; `closed` is final."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    ON_HOLD = "on_hold"
    SOLVED = "solved"
    CLOSED = "closed"


DONE = frozenset({TicketStatus.SOLVED, TicketStatus.CLOSED})


class Priority(IntEnum):
    """A number, because lists are sorted by it. People and the API use the name in lower case."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    URGENT = 4

    @property
    def word(self) -> str:
        """The name that forms, URLs and the API use."""
        return self.name.lower()

    @classmethod
    def from_word(cls, word: str) -> "Priority":
        """The priority of that name, in lower case. Raises KeyError for another word."""
        return _PRIORITY_WORDS[word]


_PRIORITY_WORDS = {priority.word: priority for priority in Priority}


class TicketType(StrEnum):
    """What kind of matter it is, in the words of ITIL; set by import and by staff."""

    INCIDENT = "incident"
    REQUEST = "request"
    PROBLEM = "problem"
    CHANGE = "change"


class Channel(StrEnum):
    """By which way it came. The column has no CHECK: another way needs no migration."""

    PAGE = "page"
    API = "api"
    IMPORT = "import"


class Rating(StrEnum):
    """What a requester says of how their ticket was handled."""

    GOOD = "good"
    BAD = "bad"


# Literal text on both sides: SQLite uses a partial index only for a query with the same words.
UNSOLVED = text("tickets.status NOT IN ('solved', 'closed')")
_UNSOLVED_INDEX = text("status NOT IN ('solved', 'closed')")
_TRASH_INDEX = text("deleted_at IS NOT NULL")
_PUBLIC_UPDATED = text("coalesce(public_updated_at, updated_at)")
_RATED_INDEX = text("rating IS NOT NULL AND deleted_at IS NULL")


def _unsolved_index(name: str, *columns: str) -> Index:
    return Index(name, *columns, sqlite_where=_UNSOLVED_INDEX, postgresql_where=_UNSOLVED_INDEX)


class Ticket(Created, Model):
    """`version` grows by one with each change; who writes says which version they saw.

    Notes, tags and the trash are the staff's own business, so customers are told of another version
    and another time, which those do not move. NULL: they are the same as the staff's.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        CheckConstraint(
            "status IN ('new', 'open', 'pending', 'on_hold', 'solved', 'closed')", name="status"
        ),
        CheckConstraint("priority BETWEEN 1 AND 4", name="priority"),
        Index("ix_tickets_updated", "updated_at", "id"),
        Index("ix_tickets_status_updated", "status", "updated_at", "id"),
        Index("ix_tickets_status_id", "status", "id"),
        Index("ix_tickets_assignee_updated", "assignee_id", "updated_at", "id"),
        Index("ix_tickets_assignee_id", "assignee_id", "id"),
        Index("ix_tickets_priority_updated", "priority", "updated_at", "id"),
        Index("ix_tickets_priority_id", "priority", "id"),
        Index("ix_tickets_channel_updated", "channel", "updated_at", "id"),
        Index("ix_tickets_channel_id", "channel", "id"),
        Index("ix_tickets_requester_updated", "requester_id", "updated_at", "id"),
        Index("ix_tickets_organization_updated", "organization_id", "updated_at", "id"),
        Index("ix_tickets_requester_public", "requester_id", _PUBLIC_UPDATED, "id"),
        Index("ix_tickets_organization_public", "organization_id", _PUBLIC_UPDATED, "id"),
        _unsolved_index("ix_tickets_unsolved_updated", "updated_at", "id"),
        _unsolved_index("ix_tickets_unsolved_id", "id"),
        _unsolved_index("ix_tickets_unsolved_priority", "priority", "updated_at", "id"),
        _unsolved_index("ix_tickets_unsolved_channel", "channel", "updated_at", "id"),
        _unsolved_index("ix_tickets_unsolved_assignee", "assignee_id", "updated_at", "id"),
        _unsolved_index("ix_tickets_unsolved_assignee_id", "assignee_id", "id"),
        _unsolved_index(
            "ix_tickets_unsolved_assignee_priority", "assignee_id", "priority", "updated_at", "id"
        ),
        Index(
            "ix_tickets_trash",
            "deleted_at",
            "id",
            sqlite_where=_TRASH_INDEX,
            postgresql_where=_TRASH_INDEX,
        ),
        # For who reads what customers say; a ticket that nobody has rated is not in it.
        Index(
            "ix_tickets_rated",
            "rating",
            "rated_at",
            "id",
            sqlite_where=_RATED_INDEX,
            postgresql_where=_RATED_INDEX,
        ),
        # A number is never given twice, not even after its ticket is gone.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    requester_id: Mapped[int] = mapped_column(ForeignKey("users.id"), info=BARE_NUMBER | IN_TICKETS)
    assignee_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id"), info=erased_by_rule("unsolved ones are nobody's") | NOT_THEIRS
    )
    subject: Mapped[str] = mapped_column(String(250), info=CONVERSATION | IN_TICKETS)
    status: Mapped[str] = mapped_column(String(16), default=TicketStatus.NEW)
    priority: Mapped[int] = mapped_column(SmallInteger, default=Priority.MEDIUM)
    type: Mapped[str | None] = mapped_column(String(16))
    department: Mapped[str | None] = mapped_column(String(100))
    language: Mapped[str | None] = mapped_column(String(8))
    # The default of the database is for older code on this schema.
    channel: Mapped[str] = mapped_column(String(16), default=Channel.PAGE, server_default="page")
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    public_version: Mapped[int | None]
    public_updated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_response_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    solved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The requester's word on how it was handled, the last one they gave.
    rating: Mapped[str | None] = mapped_column(String(8))
    rating_comment: Mapped[str | None] = mapped_column(
        String(1000), info=erased_by_rule("emptied") | IN_TICKETS
    )
    rated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # In the trash: for nobody to see, until it is taken out again.
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Where an imported ticket came from: the same row imported again is recognised by it.
    import_key: Mapped[str | None] = mapped_column(String(64), unique=True)

    @property
    def number(self) -> str:
        """The id as people write it: REQ000001."""
        return format_number(self.id)

    def version_for(self, *, staff: bool) -> int:
        """The version that staff, or customers, are told of."""
        return self.version if staff or self.public_version is None else self.public_version

    def updated_at_for(self, *, staff: bool) -> datetime:
        """When it last changed for staff, or for customers."""
        return self.updated_at if staff else self.public_updated_at or self.updated_at

    @property
    def is_done(self) -> bool:
        """Solved or closed: no work is owed."""
        return self.status in DONE

    @property
    def is_closed(self) -> bool:
        """Final: nothing is added any more."""
        return self.status == TicketStatus.CLOSED


_NUMBER = re.compile(r"REQ([0-9]{6,18})", re.ASCII)


def format_number(ticket_id: int) -> str:
    """Ticket 1 is REQ000001; a millionth ticket just gets longer."""
    return f"REQ{ticket_id:06d}"


def parse_number(number: str) -> int | None:
    """The id behind a ticket number; None for anything that is not written as we write it."""
    match = _NUMBER.fullmatch(number)
    return int(match[1]) if match and format_number(int(match[1])) == number else None
