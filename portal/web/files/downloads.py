"""Files as downloads. They are sent with a policy under which browsers run nothing in them.

`by_link`: a browser asks, which may be led to the bucket for it (S3_DOWNLOADS). Programs that use
the API get the bytes from us, as not all of them follow.
"""

from urllib.parse import quote

from flask import Response, after_this_request, current_app, request
from werkzeug.wsgi import FileWrapper

from portal.models.operations import FileFormat, TableExport
from portal.models.tickets import Attachment, Thumbnail
from portal.storage import Storage
from portal.web.middleware.headers import SANDBOX

_TABLE_TYPES = {
    FileFormat.CSV: "text/csv",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def send_attachment(attachment: Attachment, *, by_link: bool = False) -> Response:
    """An attachment. The caller has checked that the reader may see it."""
    return _download(
        attachment.storage_key,
        size=attachment.size,
        mimetype=attachment.content_type,
        disposition=_disposition(attachment.filename),
        by_link=by_link,
    )


def send_thumbnail(thumbnail: Thumbnail) -> Response:
    """A small picture. Browsers keep it, and show it again only when the reader still may see it.

    The caller has checked that.
    """
    response = stream(thumbnail.storage_key or "", size=thumbnail.size or 0, mimetype="image/webp")
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(str(thumbnail.attachment_id))
    response.make_conditional(request)
    return response


def send_export(key: str, *, size: int, day: str, by_link: bool = False) -> Response:
    """The copy of a person's data that was made on `day` (YYYY-MM-DD)."""
    named = f'attachment; filename="lodge-{day}.zip"'
    return _download(key, size=size, mimetype="application/zip", disposition=named, by_link=by_link)


def send_table(key: str, export: TableExport, *, by_link: bool = False) -> Response:
    """The file of an export of a table. The caller has checked who may have it."""
    name = f"{export.kind}-{export.created_at:%Y-%m-%d}-{export.id}.{export.format}"
    return _download(
        key,
        size=export.size or 0,
        mimetype=_TABLE_TYPES[FileFormat(export.format)],
        disposition=f'attachment; filename="{name}"',
        by_link=by_link,
    )


def _download(key: str, *, size: int, mimetype: str, disposition: str, by_link: bool) -> Response:
    # A link is signed for GET alone, and a page shows pictures of ours alone.
    shown = request.headers.get("Sec-Fetch-Dest", "document") != "document"
    if by_link and request.method == "GET" and not shown:
        link = _store().link(key, mimetype=mimetype, disposition=disposition)
        if link is not None:
            return _lead_to(link)
    response = stream(key, size=size, mimetype=mimetype)
    response.headers["Content-Disposition"] = disposition
    return response


def _lead_to(link: str) -> Response:
    response = Response(status=302, headers={"Location": link})
    response.headers["Cache-Control"] = "private, no-store"
    return response


def stream(key: str, *, size: int, mimetype: str) -> Response:
    """Stream `key` from the file store, not to be cached anywhere."""
    response = Response(
        FileWrapper(_store().open(key), 65_536), mimetype=mimetype, direct_passthrough=True
    )
    response.content_length = size
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cache-Control"] = "private, no-store"

    @after_this_request
    def close_unless_sent(sent: Response) -> Response:
        # Noting who fetches it may be refused: the desk is read-only, or the right has ended.
        if sent is not response:
            response.close()
        return sent

    return response


def _store() -> Storage:
    store: Storage = current_app.extensions["lodge.storage"]
    return store


def _disposition(name: str) -> str:
    """Content-Disposition (RFC 6266): an ASCII name for old clients, the real one in UTF-8."""
    plain = "".join(c if (c.isascii() and c.isalnum()) or c in "-_." else "_" for c in name)
    encoded = quote(name, safe="")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
