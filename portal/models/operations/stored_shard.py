"""StoredShard: how much lies in one part of the file store, as a sweep last saw it."""

from datetime import datetime

from sqlalchemy import BigInteger, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Model, UtcDateTime


class StoredShard(Model):
    """One row for each part that was looked at."""

    __tablename__ = "stored_shards"

    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    files: Mapped[int]
    bytes: Mapped[int] = mapped_column(BigInteger)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
