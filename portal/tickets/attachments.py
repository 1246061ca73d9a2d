"""Downloads of attachments, and their thumbnails."""

from flask import Response

from portal.errors import or_not_found
from portal.queries.tickets import files
from portal.queries.tickets import tickets as ticket_queries
from portal.tickets import bp
from portal.web.files import downloads
from portal.web.people.sessions import actor


@bp.get("/<number>/attachments/<id:attachment_id>")
def download(number: str, attachment_id: int) -> Response:
    """Stream an attachment to whoever may read its comment."""
    ticket = ticket_queries.find(actor(), number)
    attachment = or_not_found(files.attachment(actor(), ticket.id, attachment_id))
    return downloads.send_attachment(attachment, by_link=True)


@bp.get("/<number>/attachments/<id:attachment_id>/thumbnail")
def thumbnail(number: str, attachment_id: int) -> Response:
    """A small picture of an attached one; who may not have that has none of this."""
    ticket = ticket_queries.find(actor(), number)
    found = or_not_found(files.thumbnail(actor(), ticket.id, attachment_id))
    return downloads.send_thumbnail(found)
