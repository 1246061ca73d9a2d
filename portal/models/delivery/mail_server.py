"""MailServer: state of the circuit breaker in front of the mail server."""

from datetime import datetime

from sqlalchemy import JSON, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import DELETE_ALL_ROWS, after_restore
from portal.models.base import Model, UtcDateTime


class MailServer(Model):
    """One row, as MAIL_URL names one server.

    The circuit is open while `retry_at` is set: nothing is sent before that moment, then one mail
    is the probe. `failing` holds ids of different mails that failed since the last success, and
    `failing_since` is when the first of them failed.
    """

    __tablename__ = "mail_server"
    # The state at the time of a backup says nothing about the present.
    __table_args__ = (after_restore(DELETE_ALL_ROWS),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    last_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failing: Mapped[list[int]] = mapped_column(JSON, default=list)
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(Text)
