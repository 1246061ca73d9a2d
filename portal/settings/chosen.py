"""The chosen settings of one process, read anew when another process has changed some.

A request or job looks at the version once: with the query that finds who is signed in, else by one
of its own at the first setting it asks for. The queue server is not asked, so it may be away.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from flask import Flask, current_app, g
from sqlalchemy.exc import SQLAlchemyError

from portal import product
from portal.errors import ConfigError, NotFound
from portal.queries.operations import read_only
from portal.queries.operations import settings as queries
from portal.queries.operations.settings import StoredSetting
from portal.queries.tickets import departments, ticket_types
from portal.settings.registry import KEYS, SETTINGS
from portal.settings.setting import Kind

log = logging.getLogger(__name__)
# Not settings, but read as seldom: the lists from which a department and a type are chosen.
DEPARTMENTS, TYPES = "DEPARTMENTS", "TYPES"
# Nor this: what pages say while the desk takes no changes; else None.
READ_ONLY = "READ_ONLY"
_NONE: Mapping[str, Any] = {}


class _State(NamedTuple):
    version: str | None
    values: Mapping[str, Any]


class ChosenSettings:
    """`app.extensions["lodge.settings"]`, which `extensions.setting` asks."""

    keys = KEYS | {DEPARTMENTS, TYPES, READ_ONLY}

    def __init__(self) -> None:
        self._state = _State(None, _NONE)

    def known(self) -> Mapping[str, Any]:
        """What this process knows, without a look whether it still holds."""
        return self._state.values

    def values(self) -> Mapping[str, Any]:
        """What holds now, by keys of the config: only what was chosen."""
        version = g.get("settings_version", self)
        if version == self._state.version:
            return self._state.values
        try:
            self._look(queries.version() if version is self else version)
        except SQLAlchemyError as error:
            log.warning("the settings hold on as they were: %s", type(error).__name__)
            g.settings_version = self._state.version
        return self._state.values

    def _look(self, version: str | None) -> None:
        if version != self._state.version:
            self._state = _State(version, _read() if version else _NONE)
        g.settings_version = version


def attach(app: Flask) -> None:
    app.extensions["lodge.settings"] = ChosenSettings()


def problems() -> list[str]:
    """Names of stored settings that do not fit: the environment's hold instead."""
    return [name for name, _value, problem in _parsed(queries.stored()) if problem]


def _read() -> dict[str, Any]:
    config = current_app.config
    values: dict[str, Any] = {DEPARTMENTS: departments.names(), TYPES: ticket_types.rows()}
    values[READ_ONLY] = read_only.current()
    for name, value, problem in _parsed(queries.stored()):
        if problem:
            log.warning("the setting %s does not fit: %s", name, problem)
            continue
        key, _dot, part = SETTINGS[name].key.partition(".")
        whole = values.get(key, config[key])
        values[key] = replace(whole, **{part: value}) if part else value
    return values


def _parsed(rows: list[StoredSetting]) -> Iterator[tuple[str, Any, str]]:
    """(name, value, why it does not fit) of each; a newer version's are left alone."""
    for row in rows:
        if row.name not in SETTINGS:
            continue
        try:
            yield row.name, _value(row), ""
        except (ConfigError, NotFound, OSError) as problem:
            yield row.name, None, str(problem) or type(problem).__name__


def _value(row: StoredSetting) -> Any:
    setting = SETTINGS[row.name]
    if setting.kind is not Kind.PICTURE:
        return setting.read_text(row.value)
    if row.storage_key is None:
        return None
    with current_app.extensions["lodge.storage"].open(row.storage_key) as file:
        return product.check_logo(file.read(product.MAX_LOGO + 1), "the picture")
