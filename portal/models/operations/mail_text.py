"""MailText: an administrator's own words for a mail in one language."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock
from portal.models.annotations import NOT_THEIRS, stays_after_erasure
from portal.models.base import Model, UtcDateTime

_OURS = stays_after_erasure("the desk's own words") | NOT_THEIRS


class MailText(Model):
    """By template and language; without a row the mail has our words.

    What a mail is about, its link and its frame are not here: they stand in its template.
    """

    __tablename__ = "mail_texts"

    template: Mapped[str] = mapped_column(String(40), primary_key=True)
    locale: Mapped[str] = mapped_column(String(8), primary_key=True)
    subject: Mapped[str] = mapped_column(String(200), info=_OURS)
    heading: Mapped[str] = mapped_column(String(200))
    lead: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(String(80))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
