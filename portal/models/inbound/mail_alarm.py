"""MailAlarm: that mail does not come in, while it does not."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import (
    DELETE_ALL_ROWS,
    INTERNAL,
    after_restore,
    stays_after_erasure,
)
from portal.models.base import Model, UtcDateTime

READING = "reading"
RECEIVING = "receiving"
_MAILBOX = "mailbox:"


def mailbox_trouble(mailbox_id: int) -> str:
    return f"{_MAILBOX}{mailbox_id}"


class MailAlarm(Model):
    """One row for each trouble.

    `trouble` is READING, RECEIVING, or that of a mailbox that is not fetched, whose `address` it
    has. `since` is when the trouble began, `seen_at` when it was first noticed. Administrators are
    told at `told_at`, once.
    """

    __tablename__ = "mail_alarms"
    # The state at the time of a backup says nothing about the present.
    __table_args__ = (after_restore(DELETE_ALL_ROWS),)

    trouble: Mapped[str] = mapped_column(String(32), primary_key=True)
    address: Mapped[str] = mapped_column(
        String(254), default="", info=stays_after_erasure("the desk's own") | INTERNAL
    )
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
