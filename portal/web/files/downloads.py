"""Files as downloads. They are sent with a policy under which browsers run nothing in them."""

from urllib.parse import quote

from flask import Response, current_app, request
from werkzeug.wsgi import FileWrapper

from portal.models.operations import FileFormat, TableExport
from portal.models.tickets import Attachment, Thumbnail
from portal.storage import Storage
from portal.web.middleware.headers import SANDBOX

_TABLE_TYPES = {
    FileFormat.CSV: "text/csv",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def send_attachment(attachment: Attachment) -> Response:
    """Stream an attachment. The caller has checked that the reader may see it."""
    response = stream(
        attachment.storage_key, size=attachment.size, mimetype=attachment.content_type
    )
    response.headers["Content-Disposition"] = _disposition(attachment.filename)
    return response


def send_thumbnail(thumbnail: Thumbnail) -> Response:
    """A small picture. Browsers keep it, and show it again only when the reader still may see it.

    The caller has checked that.
    """
    response = stream(thumbnail.storage_key or "", size=thumbnail.size or 0, mimetype="image/webp")
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(str(thumbnail.attachment_id))
    response.make_conditional(request)
    return response


def send_export(key: str, *, size: int, day: str) -> Response:
    """Stream the copy of a person's data that was made on `day` (YYYY-MM-DD)."""
    response = stream(key, size=size, mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="lodge-{day}.zip"'
    return response


def send_table(key: str, export: TableExport) -> Response:
    """Stream the file of an export of a table. The caller has checked who may have it."""
    response = stream(key, size=export.size or 0, mimetype=_TABLE_TYPES[FileFormat(export.format)])
    name = f"{export.kind}-{export.created_at:%Y-%m-%d}-{export.id}.{export.format}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def stream(key: str, *, size: int, mimetype: str) -> Response:
    """Stream `key` from the file store, not to be cached anywhere."""
    storage: Storage = current_app.extensions["lodge.storage"]
    response = Response(
        FileWrapper(storage.open(key), 65_536), mimetype=mimetype, direct_passthrough=True
    )
    response.content_length = size
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _disposition(name: str) -> str:
    """Content-Disposition (RFC 6266): an ASCII name for old clients, the real one in UTF-8."""
    plain = "".join(c if (c.isascii() and c.isalnum()) or c in "-_." else "_" for c in name)
    encoded = quote(name, safe="")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
