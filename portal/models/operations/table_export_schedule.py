"""TableExportSchedule: an export that is asked for again each day, week or month."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import NOT_THEIRS, ROW_GOES
from portal.models.base import BigId, Created, Model, UtcDateTime


class TableExportSchedule(Created, Model):
    """Each run takes the whole day, week or month before it, in the desk's zone.

    `weekday` counts from Monday and is of weekly ones; monthly ones run on the first. `due_at` is
    the next run; NULL once the person had lost the right to it.
    """

    __tablename__ = "table_export_schedules"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id"), index=True, info=ROW_GOES | NOT_THEIRS
    )
    kind: Mapped[str] = mapped_column(String(16))
    format: Mapped[str] = mapped_column(String(8))
    columns: Mapped[list[str]] = mapped_column(JSON)
    query: Mapped[str] = mapped_column(Text, default="")
    every: Mapped[str] = mapped_column(String(8))
    weekday: Mapped[int] = mapped_column(SmallInteger, default=0)
    hour: Mapped[int] = mapped_column(SmallInteger)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
