"""Download a file. It is always data: nothing uploaded ever runs as a page or script of ours."""

from urllib.parse import quote

from flask import Response, current_app
from werkzeug.wsgi import FileWrapper

from portal.errors import NotFound
from portal.models import Attachment
from portal.queries import tickets as ticket_queries
from portal.queries import timeline
from portal.storage import Storage
from portal.tickets import bp
from portal.web.headers import SANDBOX
from portal.web.sessions import actor


@bp.get("/<number>/attachments/<id:attachment_id>")
def download(number: str, attachment_id: int) -> Response:
    """Stream it to whoever may read the comment it hangs on."""
    ticket = ticket_queries.find(actor(), number)
    attachment = timeline.attachment(actor(), ticket.id, attachment_id)
    if attachment is None:
        raise NotFound
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
