"""StatisticsCell: a number of tickets on a day."""

from datetime import date
from enum import StrEnum

from sqlalchemy import Date, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import BigId, Model

# Instead of an assignee, as a key column cannot be NULL.
EVERYBODY, NOBODY = -1, 0


class Measure(StrEnum):
    """What happened on the day."""

    FILED = "filed"
    ANSWERED = "answered"
    SOLVED = "solved"
    REOPENED = "reopened"
    GOOD = "good"
    BAD = "bad"
    # Filed on the day, and not solved by now.
    UNSOLVED = "unsolved"


class Dimension(StrEnum):
    """What the number is broken down by."""

    TOTAL = ""
    STATUS = "status"
    PRIORITY = "priority"
    CHANNEL = "channel"
    TYPE = "type"
    DEPARTMENT = "department"
    TAG = "tag"
    # Its id.
    PRODUCT = "product"
    LANGUAGE = "language"
    ASSIGNEE = "assignee"
    # Weekday and hour: 0 is Monday at midnight.
    HOUR = "hour"
    # A step of `queries.statistics.durations`.
    DURATION = "duration"


class StatisticsCell(Model):
    """Of the tickets of one assignee there are only totals and durations.

    A value that a ticket does not have is an empty text. Numbers may be 0.
    """

    __tablename__ = "statistics_cells"
    # Read in the order of the key, so SQLite keeps the rows in it.
    __table_args__ = ({"sqlite_with_rowid": False},)

    assignee_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    measure: Mapped[str] = mapped_column(String(12), primary_key=True)
    dimension: Mapped[str] = mapped_column(String(12), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    value: Mapped[str] = mapped_column(String(100), primary_key=True)
    tickets: Mapped[int]
