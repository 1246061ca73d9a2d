"""Desk: identity of this installation."""

from datetime import datetime

from sqlalchemy import SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Model, UtcDateTime


class Desk(Model):
    """One row, made by a migration. `key` is random; the file store carries the same key.

    `files_since` is when a store was first marked with the key. Until then an unmarked store may be
    claimed; afterwards a store without a marker is a foreign one. `first_answer_seconds` is how
    long recent tickets have waited for their first answer, by the median. `settings_version` is
    another text after each change of a setting; NULL while none was ever changed.
    """

    __tablename__ = "desk"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(32))
    files_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_answer_seconds: Mapped[int | None]
    settings_version: Mapped[str | None] = mapped_column(String(32))
    # Of the link that makes the first administrator: see `services.operations.setup`.
    setup_hash: Mapped[str | None] = mapped_column(String(64))
    setup_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
