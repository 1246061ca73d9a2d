"""TicketFact: what of a ticket is counted, as it has been counted."""

from datetime import date

from sqlalchemy import Date, Index, SmallInteger, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import BigId, Model

_UNSOLVED = text("solved_on IS NULL")


def _known_index(column: str) -> Index:
    known = text(f"{column} IS NOT NULL")
    name = f"ix_ticket_facts_{column}"
    return Index(name, column, "ticket_id", sqlite_where=known, postgresql_where=known)


class TicketFact(Model):
    """A ticket that is not in the trash. Days and hours are in the desk's zone.

    By it a changed ticket is counted out before it is counted in again, and lists find exactly the
    tickets that a number has counted.
    """

    __tablename__ = "ticket_facts"
    __table_args__ = (
        Index("ix_ticket_facts_filed_on", "filed_on", "ticket_id"),
        Index(
            "ix_ticket_facts_unsolved",
            "filed_on",
            "ticket_id",
            sqlite_where=_UNSOLVED,
            postgresql_where=_UNSOLVED,
        ),
        _known_index("answered_on"),
        _known_index("solved_on"),
        _known_index("reopened_on"),
        _known_index("rated_on"),
    )

    ticket_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    filed_on: Mapped[date] = mapped_column(Date)
    # Monday 0 to Sunday 6, and the hour of the day.
    weekday: Mapped[int] = mapped_column(SmallInteger)
    hour: Mapped[int] = mapped_column(SmallInteger)
    answered_on: Mapped[date | None] = mapped_column(Date)
    answer_seconds: Mapped[int | None] = mapped_column(BigId)
    solved_on: Mapped[date | None] = mapped_column(Date)
    solution_seconds: Mapped[int | None] = mapped_column(BigId)
    # The last time.
    reopened_on: Mapped[date | None] = mapped_column(Date)
    rated_on: Mapped[date | None] = mapped_column(Date)
    rating: Mapped[str | None] = mapped_column(String(8))
    status: Mapped[str] = mapped_column(String(16))
    priority: Mapped[int] = mapped_column(SmallInteger)
    channel: Mapped[str] = mapped_column(String(16))
    type: Mapped[str | None] = mapped_column(String(16))
    department: Mapped[str | None] = mapped_column(String(100))
    language: Mapped[str | None] = mapped_column(String(8))
    organization_id: Mapped[int] = mapped_column(BigId)
    assignee_id: Mapped[int | None] = mapped_column(BigId)
    # Names, which have no spaces, in order and with a space between them.
    tags: Mapped[str] = mapped_column(String)
    # Ids in order, with a space between them.
    products: Mapped[str] = mapped_column(String, default="", server_default="")
    # The ticket was deleted for good when its time was over: it stays counted, and is in no list.
    is_gone: Mapped[bool] = mapped_column(default=False, server_default=false())
