"""What is installed here, and how much room there is: for administrators."""

import platform
import shutil
from importlib.metadata import version

from flask import current_app

from portal import schema
from portal.extensions import db
from portal.i18n import gettext as _
from portal.queries.operations import storage
from portal.storage import SHARDS

_PACKAGES = ("Flask", "SQLAlchemy", "rq", "redis")


def versions() -> list[tuple[str, str]]:
    """(what, its version)."""
    database = storage.database()
    return [
        (_("Schema"), schema.database_revision(db.session.connection()) or "–"),
        (database.name, database.version),
        ("Python", platform.python_version()),
        *((name, version(name)) for name in _PACKAGES),
    ]


def room() -> list[tuple[str, int]]:
    """(what, bytes)."""
    files = storage.files()
    disk = shutil.disk_usage(current_app.config["DATA_DIR"])
    return [
        (_("Database"), storage.database().size),
        (_stored_label(files), files.size),
        (_("Free in the data folder"), disk.free),
        (_("Size of its disk"), disk.total),
    ]


def _stored_label(files: storage.StoreFacts) -> str:
    """The whole store is looked at within some hours."""
    if files.parts >= SHARDS:
        return _("Files in the store")
    return _(
        "Files in the store, in %(parts)s of %(all)s parts so far", parts=files.parts, all=SHARDS
    )
