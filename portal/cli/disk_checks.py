"""Checks of `flask doctor` on free space and the file store."""

import shutil
from pathlib import Path

from flask import current_app

from portal.cli.finding import FAIL, OK, WARN, Finding, Findings
from portal.errors import StorageAway, StorageFull
from portal.extensions import db
from portal.path_urls import to_path
from portal.queries.operations import desk as desks
from portal.services.operations import desk
from portal.storage import open_storage

_SMALL_DISK, _FULL_DISK = 1024**3, 100 * 1024**2


def disk() -> Findings:
    config = current_app.config
    places = {Path(config["DATA_DIR"])}
    if config["FILES_URL"].startswith("file:///"):
        places.add(to_path(config["FILES_URL"]))
    if db.engine.dialect.name == "sqlite":
        places.add(Path(db.engine.url.database or ""))
    for place in sorted({_existing_parent(place) for place in places}):
        free = shutil.disk_usage(place).free
        level = FAIL if free < _FULL_DISK else WARN if free < _SMALL_DISK else OK
        yield Finding(level, f"{free / 1024**3:.1f} GB are free in {place}")


def files() -> Findings:
    """Whether the store belongs to this desk and can be written. It does not claim the store."""
    url, account = current_app.config["FILES_URL"], current_app.config["S3_ACCOUNT"]
    store, this = open_storage(url, account=account), desks.find()
    try:
        if this is not None and (reason := desk.ownership_problem(this, store)):
            yield Finding(FAIL, f"{reason}: name the one that all nodes share, or see claim-files")
            return
        store.check()
        marked = store.owner() is not None
        yield Finding(OK, "files can be stored" + ("" if marked else ", where none are yet"))
    except (StorageAway, StorageFull):
        yield Finding(FAIL, f"files cannot be stored in {url}")


def _existing_parent(place: Path) -> Path:
    while not place.is_dir():
        place = place.parent
    return place
