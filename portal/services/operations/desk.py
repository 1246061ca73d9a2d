"""Binds the file store to this installation by a key that both hold.

Otherwise two nodes with different folders, a folder that is not mounted, or another installation's
folder would lose files unnoticed, and the sweep would delete files it does not know.
"""

from sqlalchemy import update

from portal import clock
from portal.bulk_statements import execute_bulk
from portal.errors import ForeignStore
from portal.extensions import db
from portal.models.operations import Desk
from portal.queries.operations import desk as desks
from portal.storage import Storage

_OF_ANOTHER = "FILES_URL leads to the files of another desk"
_ELSEWHERE = "FILES_URL leads to a folder without this desk's mark, while its files are in another"
_NONE_THERE = "FILES_URL leads to a folder with none of the files that the database names"
_UNKNOWN = "FILES_URL leads to a folder with files that the database does not name"
_TOO_OLD = "the schema is older than this code: flask --app wsgi db upgrade"


def ownership_problem(desk: Desk, store: Storage) -> str | None:
    """Why `store` does not belong to this installation, in one line.

    None if it does or may be claimed.
    """
    owner = store.owner()
    if owner is not None:
        return None if owner == desk.key else _OF_ANOTHER
    if desk.files_since is not None:
        return _ELSEWHERE
    named = desks.newest_files()
    if any(store.has(key) for key in named):
        return None  # from before stores had marks
    if named:
        return _NONE_THERE
    return None if store.is_empty() else _UNKNOWN


def confirmed_owner(store: Storage) -> str | None:
    """The installation's key if the store is marked with it; else None."""
    desk = desks.find()
    if desk is None or desk.files_since is None or store.owner() != desk.key:
        return None
    return desk.key


def claim_store(store: Storage) -> str:
    """Mark the store unless it is marked already; return the key. Raises ForeignStore."""
    desk = _locked()
    if reason := ownership_problem(desk, store):
        raise ForeignStore(reason=reason)
    if store.owner() is None:
        store.claim(desk.key)
    if store.owner() != desk.key:
        raise ForeignStore(reason=_OF_ANOTHER)
    _note(desk)
    return desk.key


def require_schema() -> None:
    """Raises ForeignStore where the schema is older than stores with marks."""
    if desks.find() is None:
        raise ForeignStore(reason=_TOO_OLD)


def claim_store_by_force(store: Storage) -> None:
    """Mark the store whatever its marker was."""
    desk = _locked()
    store.overwrite_owner(desk.key)
    _note(desk)


def set_first_answer(seconds: int | None) -> None:
    """Keep how soon the desk usually answers; None for too few answers to say."""
    execute_bulk(update(Desk).values(first_answer_seconds=seconds))


def _locked() -> Desk:
    desk = desks.find(lock=True)
    if desk is None:
        raise ForeignStore(reason=_TOO_OLD)
    return desk


def _note(desk: Desk) -> None:
    if desk.files_since is None:
        desk.files_since = clock.now()
        db.session.flush()
