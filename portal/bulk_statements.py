"""Changing rows without loading them."""

from typing import Any

from sqlalchemy import Delete, Update

from portal.extensions import db


def execute_bulk(statement: Update | Delete, *, follow: bool = False) -> int:
    """Execute it; answers how many rows it was about.

    Objects at hand keep what they had, unless they are to `follow`, which costs more.
    """
    synchronize = "auto" if follow else False
    done: Any = db.session.execute(statement.execution_options(synchronize_session=synchronize))
    return int(done.rowcount)


def changed_one(statement: Update | Delete, *, follow: bool = False) -> bool:
    """Whether there was a row for it: of several who try, one is told so."""
    return execute_bulk(statement, follow=follow) == 1
