"""Lets the desk become read-only: from then on nothing in its database changes."""

import time
from collections.abc import Callable
from datetime import datetime

from flask import current_app

from portal.backups import BackupError
from portal.extensions import begin_maintenance_write, db
from portal.queries.operations import read_only as queries
from portal.services.operations import read_only as services

# A statement of a page may take 15 seconds; one of a backup as long as it needs.
_TRANSACTION_SECONDS = 60.0
_LOOK_SECONDS = 0.1


def close(until: datetime | None) -> None:
    """Take no changes, and return when what was begun before has ended.

    Raises BackupError when something does not end. Then the desk is read-only all the same.
    """
    begin_maintenance_write()
    services.begin(until)
    db.session.commit()
    _wait_for_transactions()
    # A mail that has left is settled, else it would be sent again where the desk goes.
    lease: float = current_app.config["OUTBOX_LEASE"].total_seconds()
    _wait(lambda: not queries.being_sent(), lease + 10, "mails or events are still being sent")
    begin_maintenance_write()
    services.close()
    db.session.commit()
    _wait_for_transactions()


def open_again() -> None:
    """Take changes again."""
    begin_maintenance_write()
    services.end()
    db.session.commit()


def _wait_for_transactions() -> None:
    before = queries.open_transactions()
    _wait(
        lambda: not before & queries.open_transactions(),
        _TRANSACTION_SECONDS,
        "a transaction does not end (is it a backup?)",
    )


def _wait(is_done: Callable[[], bool], seconds: float, problem: str) -> None:
    until = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > until:
            raise BackupError(
                f"{problem}: the desk is read-only; try again, or `read-only off` opens it"
            )
        time.sleep(_LOOK_SECONDS)
