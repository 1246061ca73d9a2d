"""Whose the file store is, asked when a process meets it, and when it has changed since."""

import logging

from flask import Flask

from portal.errors import ForeignStore
from portal.extensions import begin_write, db
from portal.services.operations import desk
from portal.storage import Ask, Storage

log = logging.getLogger(__name__)


def asking(app: Flask) -> Ask:
    """What a store is opened with: takes it for this desk, when it is nobody's."""

    def ask(store: Storage) -> str:
        # In a context of its own, so with a session of its own: who stores a file has another one.
        with app.app_context():
            try:
                return desk.owner(store) or _take(store)
            except ForeignStore as refusal:
                log.warning("files: %s", refusal)
                raise

    return ask


def _take(store: Storage) -> str:
    begin_write()
    key = desk.take(store)
    db.session.commit()
    return key
