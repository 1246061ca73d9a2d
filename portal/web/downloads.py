"""Files as downloads. They are always data: nothing uploaded ever runs as a page of ours."""

from urllib.parse import quote

from flask import Response, current_app
from werkzeug.wsgi import FileWrapper

from portal.models import Attachment
from portal.storage import Storage
from portal.web.headers import SANDBOX


def send(attachment: Attachment) -> Response:
    """Stream the file to whoever was found to may read it."""
    storage: Storage = current_app.extensions["lodge.storage"]
    response = Response(
        FileWrapper(storage.open(attachment.storage_key), 65_536),
        mimetype=attachment.content_type,
        direct_passthrough=True,
    )
    response.content_length = attachment.size
    response.headers["Content-Disposition"] = _disposition(attachment)
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _disposition(attachment: Attachment) -> str:
    """RFC 6266: an ASCII name for old clients, the real one in UTF-8."""
    name = attachment.filename
    plain = "".join(c if (c.isascii() and c.isalnum()) or c in "-_." else "_" for c in name)
    encoded = quote(attachment.filename, safe="")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
