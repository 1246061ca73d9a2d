"""Pictures of a mail inside its HTML: the frame that shows it has no origin to fetch them from."""

from base64 import b64encode
from collections.abc import Iterable

from flask import current_app

from portal.errors import NotFound
from portal.queries.paging import AnyRow
from portal.services.tickets.thumbnails import PICTURES
from portal.storage import Storage

# A larger one is shown small; beyond all together none is shown. Each is a link below its message.
_LARGEST = 2 * 1024 * 1024
_MOST = 8 * 1024 * 1024


def as_data(files: Iterable[AnyRow], names: frozenset[str]) -> dict[str, str]:
    """Of `queries.tickets.files.of_mail` the pictures with those names, as `data:` addresses."""
    found: dict[str, str] = {}
    left = _MOST
    for file in files:
        name = (file.content_id or file.filename).lower()
        if name not in names or name in found or file.content_type not in PICTURES:
            continue
        kind, key, size = _form(file)
        if key and size <= left and (content := _content(key)):
            left -= size
            found[name] = f"data:{kind};base64,{b64encode(content).decode()}"
    return found


def _form(file: AnyRow) -> tuple[str, str | None, int]:
    """Type, key and size of the picture itself, or of its thumbnail."""
    if file.size <= _LARGEST:
        return file.content_type, file.storage_key, file.size
    return "image/webp", file.thumbnail, file.thumbnail_size or 0


def _content(key: str) -> bytes:
    storage: Storage = current_app.extensions["lodge.storage"]
    try:
        with storage.open(key) as source:
            return source.read()
    except NotFound:
        return b""
