"""ReadOnlyMode: the desk takes no changes, because its database is being moved or was."""

from datetime import datetime

from sqlalchemy import Boolean, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock
from portal.models.annotations import DELETE_ALL_ROWS, after_restore
from portal.models.base import Model, UtcDateTime


class ReadOnlyMode(Model):
    """One row while the desk is read-only; none otherwise. `extensions.begin_write` looks for it.

    `closed`: not even what was begun before is finished any more. `until` is when changes are
    expected to be taken again. `token` is another text each time, so that what was copied under it
    is known to be of a database that nobody has changed since. `moved_to` names, without its
    password, the database that this one was moved to.
    """

    __tablename__ = "read_only_mode"
    __table_args__ = (after_restore(DELETE_ALL_ROWS),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, default=1)
    since: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed: Mapped[bool] = mapped_column(Boolean, default=False)
    token: Mapped[str] = mapped_column(String(32))
    moved_to: Mapped[str] = mapped_column(String(300), default="")
