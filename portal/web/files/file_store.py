"""Which desk the file store belongs to: read when a process opens the store or its mark changes."""

import logging

from flask import Flask

from portal.errors import ForeignStore
from portal.extensions import begin_write, db
from portal.services.operations import desk
from portal.storage import FindOwner, Storage

log = logging.getLogger(__name__)


def ownership_check(app: Flask) -> FindOwner:
    """The function that `Storage` calls for its owner; it claims a store that has none."""

    def ask(store: Storage) -> str:
        # A context of its own has its own database session: the caller may be inside a write unit.
        with app.app_context():
            try:
                return desk.confirmed_owner(store) or _claim(store)
            except ForeignStore as refusal:
                log.warning("files: %s", refusal)
                raise

    return ask


def _claim(store: Storage) -> str:
    begin_write()
    key = desk.claim_store(store)
    db.session.commit()
    return key
