"""Reads of the settings that administrators have chosen."""

from typing import NamedTuple

from sqlalchemy import select

from portal.extensions import db
from portal.models.operations import Desk, SettingValue
from portal.prepared import Prepared


class StoredSetting(NamedTuple):
    name: str
    value: str
    storage_key: str | None


_VERSION: Prepared[tuple[str | None]] = Prepared(select(Desk.settings_version), tuple)
_STORED = Prepared(
    select(SettingValue.name, SettingValue.value, SettingValue.storage_key), StoredSetting._make
)


def version() -> str | None:
    """Another text after each change; None while nothing was ever chosen."""
    row = _VERSION.first()
    return row[0] if row else None


def stored() -> list[StoredSetting]:
    return _STORED.all()


def find(name: str) -> SettingValue | None:
    return db.session.get(SettingValue, name, populate_existing=True)
