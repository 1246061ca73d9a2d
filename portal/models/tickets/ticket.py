"""Ticket: the head of a conversation, and the indexes for its lists.

Each filter of the queue has an index in each order it offers. Every index makes changes slower, so
none is kept without a query that needs it.
"""

import re
from datetime import datetime
from enum import IntEnum, StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, TextClause, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import (
    BARE_NUMBER,
    CONVERSATION,
    IN_TICKETS,
    NOT_THEIRS,
    erased_by_rule,
    not_exported,
)
from portal.models.base import BigId, Created, Model, UtcDateTime
from portal.models.tickets.ticket_type import MAX_TYPE


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
    """A number, because lists are sorted by it. Forms and the API use the name in lower case."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    URGENT = 4

    @property
    def word(self) -> str:
        """The name for forms, URLs and the API."""
        return self.name.lower()

    @classmethod
    def from_word(cls, word: str) -> "Priority":
        """Parse `word`. Raises KeyError."""
        return _PRIORITY_WORDS[word]


_PRIORITY_WORDS = {priority.word: priority for priority in Priority}


class Channel(StrEnum):
    """How the ticket came in. The column has no CHECK: a new value needs no migration."""

    PAGE = "page"
    PHONE = "phone"
    API = "api"
    IMPORT = "import"
    MAIL = "mail"


class Rating(StrEnum):
    """The requester's rating of how the ticket was handled."""

    GOOD = "good"
    BAD = "bad"


MAX_EXTERNAL_NUMBER = 64
MAX_DEPARTMENT = 100
MAX_EXCERPT = 120
# Literal text on both sides: SQLite uses a partial index only for a query with the same words.
UNSOLVED = text("tickets.status NOT IN ('solved', 'closed')")
# Not by IN, for which SQLite would prefer an index of statuses to the order of the list.
TO_ANSWER = text(
    "tickets.waiting_since IS NOT NULL"
    " AND tickets.status NOT IN ('pending', 'on_hold', 'solved', 'closed')"
)
_TO_ANSWER_INDEX = text(
    "waiting_since IS NOT NULL AND status NOT IN ('pending', 'on_hold', 'solved', 'closed')"
)
_UNFILLED_INDEX = text("last_message_id IS NULL")
DONE_ONES = text("tickets.status IN ('solved', 'closed')")
_UNSOLVED_INDEX = text("status NOT IN ('solved', 'closed')")
_TRASH_INDEX = text("deleted_at IS NOT NULL")
_PUBLIC_UPDATED = text("coalesce(public_updated_at, updated_at)")
_RATED_INDEX = text("rating IS NOT NULL AND deleted_at IS NULL")


def _unsolved_index(name: str, *columns: str | TextClause) -> Index:
    return Index(name, *columns, sqlite_where=_UNSOLVED_INDEX, postgresql_where=_UNSOLVED_INDEX)


def _known_index(name: str, column: str) -> Index:
    known = text(f"{column} IS NOT NULL")
    return Index(name, column, "updated_at", "id", sqlite_where=known, postgresql_where=known)


def _rated_index(name: str, *columns: str) -> Index:
    return Index(name, *columns, sqlite_where=_RATED_INDEX, postgresql_where=_RATED_INDEX)


def _to_answer_index(name: str, *columns: str) -> Index:
    return Index(name, *columns, sqlite_where=_TO_ANSWER_INDEX, postgresql_where=_TO_ANSWER_INDEX)


class Ticket(Created, Model):
    """`version` grows by one with each change; writers send the version they saw.

    Notes, tags and the trash are internal to staff, so customers see another version and another
    time of change, which those do not move. NULL means the same as the staff's.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        CheckConstraint(
            "status IN ('new', 'open', 'pending', 'on_hold', 'solved', 'closed')", name="status"
        ),
        CheckConstraint("priority BETWEEN 1 AND 4", name="priority"),
        Index("ix_tickets_updated", "updated_at", "id"),
        # For days in a search: those of few tickets are found first.
        Index("ix_tickets_created", "created_at"),
        Index("ix_tickets_status_updated", "status", "updated_at", "id"),
        Index("ix_tickets_status_id", "status", "id"),
        Index("ix_tickets_assignee_updated", "assignee_id", "updated_at", "id"),
        Index("ix_tickets_assignee_id", "assignee_id", "id"),
        Index("ix_tickets_priority_updated", "priority", "updated_at", "id"),
        Index("ix_tickets_priority_id", "priority", "id"),
        Index("ix_tickets_channel_updated", "channel", "updated_at", "id"),
        Index("ix_tickets_channel_id", "channel", "id"),
        # For the API. Most tickets have neither type nor department.
        _known_index("ix_tickets_type_updated", "type"),
        _known_index("ix_tickets_department_updated", "department"),
        _known_index("ix_tickets_language_updated", "language"),
        Index("ix_tickets_requester_updated", "requester_id", "updated_at", "id"),
        Index("ix_tickets_organization_updated", "organization_id", "updated_at", "id"),
        Index("ix_tickets_requester_public", "requester_id", _PUBLIC_UPDATED, "id"),
        Index("ix_tickets_organization_public", "organization_id", _PUBLIC_UPDATED, "id"),
        # For customers, who have few of them among many.
        _unsolved_index("ix_tickets_unsolved_requester", "requester_id", _PUBLIC_UPDATED, "id"),
        _unsolved_index(
            "ix_tickets_unsolved_organization", "organization_id", _PUBLIC_UPDATED, "id"
        ),
        _unsolved_index("ix_tickets_unsolved_updated", "updated_at", "id"),
        _unsolved_index("ix_tickets_unsolved_id", "id"),
        _unsolved_index("ix_tickets_unsolved_priority", "priority", "updated_at", "id"),
        _unsolved_index("ix_tickets_unsolved_channel", "channel", "updated_at", "id"),
        _unsolved_index("ix_tickets_unsolved_assignee", "assignee_id", "updated_at", "id"),
        _unsolved_index("ix_tickets_unsolved_assignee_id", "assignee_id", "id"),
        _unsolved_index(
            "ix_tickets_unsolved_assignee_priority", "assignee_id", "priority", "updated_at", "id"
        ),
        _to_answer_index("ix_tickets_to_answer", "waiting_since", "id"),
        _to_answer_index("ix_tickets_to_answer_updated", "updated_at", "id"),
        _to_answer_index("ix_tickets_to_answer_priority", "priority", "updated_at", "id"),
        _to_answer_index("ix_tickets_to_answer_assignee", "assignee_id", "waiting_since", "id"),
        # Empty but for a while after an upgrade.
        Index(
            "ix_tickets_without_last_message",
            "id",
            sqlite_where=_UNFILLED_INDEX,
            postgresql_where=_UNFILLED_INDEX,
        ),
        Index(
            "ix_tickets_trash",
            "deleted_at",
            "id",
            sqlite_where=_TRASH_INDEX,
            postgresql_where=_TRASH_INDEX,
        ),
        # For the page of ratings; unrated tickets are not in it.
        _rated_index("ix_tickets_rated", "rating", "rated_at", "id"),
        # For the numbers of ratings of a person and of an organization.
        _rated_index("ix_tickets_rated_requester", "requester_id", "rating"),
        _rated_index("ix_tickets_rated_organization", "organization_id", "rating"),
        # Ids are never reused, not even after the row was deleted.
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
    # The key of a TicketType.
    type: Mapped[str | None] = mapped_column(String(MAX_TYPE))
    department: Mapped[str | None] = mapped_column(String(MAX_DEPARTMENT))
    language: Mapped[str | None] = mapped_column(String(8))
    # The default of the database is for older code on this schema.
    channel: Mapped[str] = mapped_column(String(16), default=Channel.PAGE, server_default="page")
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    public_version: Mapped[int | None]
    public_updated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_response_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    solved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # When the requester's side first wrote what nobody has answered; NULL once somebody has, and
    # when it is done.
    waiting_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The last public comment, for lists; 0 for none, NULL until `services.tickets.last_messages`
    # has looked for it.
    last_message_id: Mapped[int | None] = mapped_column(BigId)
    last_message_by_id: Mapped[int | None] = mapped_column(BigId, info=BARE_NUMBER | NOT_THEIRS)
    last_message_excerpt: Mapped[str | None] = mapped_column(
        String(MAX_EXCERPT), info=CONVERSATION | not_exported("the message, which is in `tickets`")
    )
    # The requester's latest rating.
    rating: Mapped[str | None] = mapped_column(String(8))
    rating_comment: Mapped[str | None] = mapped_column(
        String(1000), info=erased_by_rule("emptied") | IN_TICKETS
    )
    rated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Set while the ticket is in the trash.
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Where an imported ticket came from: the same row imported again is recognised by it.
    import_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    # The number there. Customers know it from mails, so it is shown and found.
    external_number: Mapped[str | None] = mapped_column(String(MAX_EXTERNAL_NUMBER))

    @property
    def number(self) -> str:
        """The public id: REQ000001."""
        return format_number(self.id)

    def version_for(self, *, staff: bool) -> int:
        """The version shown to staff or to customers."""
        return self.version if staff or self.public_version is None else self.public_version

    def updated_at_for(self, *, staff: bool) -> datetime:
        """The time of the last change that staff or customers see."""
        return self.updated_at if staff else self.public_updated_at or self.updated_at

    @property
    def is_done(self) -> bool:
        """Whether it is solved or closed."""
        return self.status in DONE

    @property
    def is_closed(self) -> bool:
        return self.status == TicketStatus.CLOSED


_NUMBER = re.compile(r"REQ([0-9]{6,18})", re.ASCII)


def format_number(ticket_id: int) -> str:
    """Format the public id: REQ000001."""
    return f"REQ{ticket_id:06d}"


def parse_number(number: str) -> int | None:
    """The id in REQ000001; None for any other text."""
    match = _NUMBER.fullmatch(number)
    return int(match[1]) if match and format_number(int(match[1])) == number else None
