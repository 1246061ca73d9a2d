"""The file store that a backup reads, and that a restore writes to and hands over."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from portal.backups import BackupError
from portal.extensions import db
from portal.queries.operations import desk as desks
from portal.services.operations import desk as services
from portal.storage import Storage, open_storage


def store_to_back_up() -> tuple[Storage, str | None]:
    """The store to copy, and the desk's key (None: the schema is older than keys).

    Raises BackupError if the store belongs to another desk.
    """
    store, desk = _store(), desks.find()
    if desk is not None and (reason := services.ownership_problem(desk, store)):
        raise BackupError(reason)
    return store, None if desk is None else desk.key


def store_to_restore_to(desk: str | None, keys: Iterable[str]) -> Storage:
    """The store for the files of a backup of `desk`. Raises BackupError if it is another's.

    It may belong to the desk in the database now, or to `desk`.
    """
    store, now = _store(), desks.find()
    owner = store.owner()
    if owner is not None and owner not in {desk, None if now is None else now.key}:
        raise BackupError(
            "FILES_URL leads to the files of another desk: name an empty folder, or this desk's own"
        )
    if owner is None and not store.is_empty() and not any(map(store.has, keys)):
        raise BackupError(
            "FILES_URL leads to a folder with other files than this backup's: name an empty one"
        )
    return store


@contextmanager
def handed_over(store: Storage, desk: str | None) -> Iterator[None]:
    """Give the store to `desk`; give it back when the block fails.

    `desk` is None for backups older than such marks: the first process then marks the store.
    """
    before = store.owner()
    store.overwrite_owner(desk)
    try:
        yield
    except BaseException:
        if not _is_restored(desk):
            store.overwrite_owner(before)
        raise


def _is_restored(desk: str | None) -> bool:
    """Whether the database is `desk`'s by now, whatever failed afterwards."""
    db.session.rollback()
    with suppress(SQLAlchemyError):
        now = desks.find()
        return now is not None and now.key == desk
    return False


def _store() -> Storage:
    # Not the application's store, which checks its owner against the present database.
    config = current_app.config
    return open_storage(config["FILES_URL"], account=config["S3_ACCOUNT"])
