"""Makes thumbnails of attached pictures: see `portal.thumbnails`."""

from io import BytesIO
from typing import NamedTuple

from flask import current_app

from jobs import job
from portal import thumbnails as pictures
from portal.extensions import begin_write
from portal.services.tickets import thumbnails
from portal.storage import Storage, Stored


class _Made(NamedTuple):
    stored: Stored
    width: int
    height: int


@job
def make(attachment_id: int) -> None:
    """Make it if it is due. The picture is decoded between two transactions."""
    key = _claim(attachment_id)
    if key is None:
        return
    try:
        made = _store(key)
    except pictures.NoPictureError:
        _refuse(attachment_id)
        return
    if not _finish(attachment_id, made):
        _delete(made.stored.key)


@job
def _store(key: str) -> _Made:
    storage: Storage = current_app.extensions["lodge.storage"]
    with storage.open(key) as source:
        small = pictures.make(source)
    stored = storage.put(BytesIO(small.content), limit=len(small.content))
    return _Made(stored, small.width, small.height)


@job
def _claim(attachment_id: int) -> str | None:
    begin_write()
    return thumbnails.claim(attachment_id)


@job
def _finish(attachment_id: int, made: _Made) -> bool:
    begin_write()
    return thumbnails.finish(attachment_id, made.stored, width=made.width, height=made.height)


@job
def _refuse(attachment_id: int) -> None:
    begin_write()
    thumbnails.refuse(attachment_id)


@job
def _delete(key: str) -> None:
    storage: Storage = current_app.extensions["lodge.storage"]
    storage.delete(key)
