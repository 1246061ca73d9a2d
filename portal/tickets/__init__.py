"""Pages of tickets: lists, the conversation, and the staff's queue."""

from flask import Blueprint

from portal.web.people.guards import guard_signed_in

bp = Blueprint("tickets", __name__, url_prefix="/tickets")
bp.before_request(guard_signed_in)

from portal.tickets import (  # noqa: E402, F401 - the modules register their routes
    as_sent,
    attachments,
    customer_card,
    earlier,
    live,
    mails,
    notifications,
    participants,
    presence,
    products,
    properties,
    ratings,
    reads,
    suggestions,
    thread,
)
from portal.tickets.composer import (  # noqa: E402, F401
    assistance,
    colleagues,
    comments,
    drafts,
    new,
    previews,
    quotes,
    replies,
    saved_replies,
    scheduled,
)
from portal.tickets.lists import (  # noqa: E402, F401
    bulk,
    bulk_changes,
    index,
    neighbours,
    queue,
    saved_views,
    trash,
)
