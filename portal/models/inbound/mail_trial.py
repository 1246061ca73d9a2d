"""MailTrial: a mail that the desk sent to one of its mailboxes, to see whether it comes back."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock
from portal.models.annotations import DELETE_ALL_ROWS, after_restore
from portal.models.base import BigId, Model, UtcDateTime

# Mail that takes longer is not lost, but something is wrong.
PATIENCE = timedelta(minutes=2)


class MailTrial(Model):
    """The last trial of each mailbox. `error` is why it did not leave."""

    __tablename__ = "mail_trials"
    # What was sent before a backup says nothing about the present.
    __table_args__ = (after_restore(DELETE_ALL_ROWS),)

    mailbox_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("mailboxes.id", ondelete="CASCADE"), primary_key=True
    )
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(String(300))
    arrived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_open(self) -> bool:
        """Whether it is still waited for."""
        waits = self.arrived_at is None and self.error is None
        return waits and clock.now() - self.asked_at < PATIENCE

    @property
    def seconds(self) -> int:
        """How long it took, or has been under way."""
        end = self.arrived_at or clock.now()
        return max(0, int((end - self.asked_at).total_seconds()))
