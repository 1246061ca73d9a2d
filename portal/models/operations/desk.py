"""Desk: what tells this desk from others."""

from datetime import datetime

from sqlalchemy import SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Model, UtcDateTime


class Desk(Model):
    """One row, which a migration makes. `key` is random, and the file store carries it, too.

    `files_since` is when a store was first marked with it. Until then an unmarked store may be
    taken; afterwards one that carries no mark is another one.
    """

    __tablename__ = "desk"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(32))
    files_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
