"""`/tickets/new/earlier`: earlier tickets that are like the subject that somebody is typing."""

from flask import request

from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.queries.tickets import earlier
from portal.security import permissions
from portal.services.tickets.tickets import MAX_SUBJECT
from portal.tickets import bp
from portal.tickets.lists.rows import list_row
from portal.web.fragments import render_read_out
from portal.web.people.sessions import actor
from portal.web.rate_limits.limit_keys import by_actor
from portal.web.rate_limits.limits import EARLIER, call_limits, limited_by


@bp.get("/new/earlier")
@limited_by(call_limits(EARLIER, by_actor))
def find_earlier() -> str:
    """A list of links; empty when nothing fits."""
    permissions.require(permissions.can_file(actor()))
    rows = earlier.to_subject(actor(), request.args.get("subject", "")[:MAX_SUBJECT])
    words = _("No earlier ticket is like it")
    if number := len(rows):
        words = ngettext(
            "%(num)d earlier ticket may help", "%(num)d earlier tickets may help", number
        )
    return render_read_out(
        "tickets/_earlier_tickets.html", words, earlier=[list_row(row) for row in rows]
    )
