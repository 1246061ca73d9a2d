"""ReportSubscription: the statistics by mail, each week or month, to one person."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import EXPORTED, INTERNAL, ROW_GOES, exported_as
from portal.models.base import BigId, Created, Model, UtcDateTime
from portal.rhythm import Every, Rhythm


class ReportSubscription(Created, Model):
    """`query` says of which tickets, in the words of the page's address (`Narrowing.query`).

    `due_at` is the next run; NULL once the person had lost the right to see statistics.
    """

    __tablename__ = "report_subscriptions"
    __table_args__ = (UniqueConstraint("user_id", "every", "query"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id"), info=ROW_GOES | exported_as("statistics_by_mail")
    )
    every: Mapped[str] = mapped_column(String(8), info=EXPORTED)
    query: Mapped[str] = mapped_column(String(1000), default="", info=EXPORTED)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True, info=INTERNAL)

    @property
    def rhythm(self) -> Rhythm:
        """Of the days of a week when it is over: on Monday, and on the first of a month."""
        return Rhythm(Every(self.every), hour=7)
