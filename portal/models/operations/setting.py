"""SettingValue: what an administrator has chosen over the environment."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock
from portal.models.annotations import NOT_THEIRS, StorageKey
from portal.models.base import Model, UtcDateTime


class SettingValue(Model):
    """A setting of `portal.settings.registry` by its name; without a row the environment's holds.

    `value` is the text that the environment would hold; of a picture it is its type, and the bytes
    are in the file store. With each change `desk.settings_version` becomes another one.
    """

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    storage_key: Mapped[str | None] = mapped_column(StorageKey(), info=NOT_THEIRS)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
