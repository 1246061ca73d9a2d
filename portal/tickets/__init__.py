"""Pages of tickets: lists, the conversation, and the staff's queue."""

from flask import Blueprint

from portal.web.people.guards import guard_signed_in

bp = Blueprint("tickets", __name__, url_prefix="/tickets")
bp.before_request(guard_signed_in)

from portal.tickets import (  # noqa: E402, F401 - the modules register their routes
    attachments,
    bulk,
    bulk_changes,
    colleagues,
    comments,
    customer_card,
    drafts,
    earlier,
    index,
    live,
    mails,
    neighbours,
    new,
    notifications,
    presence,
    previews,
    properties,
    queue,
    quotes,
    ratings,
    reads,
    replies,
    saved_replies,
    saved_views,
    scheduled,
    thread,
    trash,
)
