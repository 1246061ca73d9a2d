"""Begins and ends the state in which the desk takes no changes. For the operator's commands.

Callers begin their unit by `begin_maintenance_write`.
"""

import secrets
from datetime import datetime

from sqlalchemy import delete, select, update

from portal.bulk_statements import execute_bulk
from portal.extensions import db, forget_settings_version
from portal.models.operations import Desk, ReadOnlyMode


def begin(until: datetime | None) -> ReadOnlyMode:
    """Take no changes from now on, but let workers settle what they have begun.

    Who has begun already goes on, with another `until`.
    """
    mode = db.session.scalar(select(ReadOnlyMode))
    if mode is None:
        mode = ReadOnlyMode(token=secrets.token_hex(16))
        db.session.add(mode)
    mode.until = until
    _tell_processes()
    db.session.flush()
    return mode


def close() -> None:
    """Nothing that was begun before is settled any more."""
    execute_bulk(update(ReadOnlyMode).values(closed=True))


def note_move(name: str) -> None:
    """Say that the desk was moved to the database of that name."""
    execute_bulk(update(ReadOnlyMode).values(moved_to=name[:300], until=None))
    _tell_processes()


def end() -> None:
    """Take changes again."""
    execute_bulk(delete(ReadOnlyMode))
    _tell_processes()


def _tell_processes() -> None:
    """Pages say it from their next request on: they read it with the settings."""
    execute_bulk(update(Desk).values(settings_version=secrets.token_hex(16)))
    forget_settings_version()
