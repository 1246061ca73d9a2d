"""`/admin/`: numbers of tickets, each a link to them, and the state of mail and jobs.

Numbers are kept or read from an index: none of them is counted over all tickets.
"""

from flask import current_app, render_template, url_for

from portal.admin import bp
from portal.admin.mail_state import mail_state
from portal.i18n import gettext as _
from portal.models.tickets import DONE, Priority, Rating, TicketStatus
from portal.queries.tickets import counts, ratings
from portal.queries.tickets.ticket_filter import View
from portal.queueing import Enqueuer
from portal.web.people.sessions import actor
from portal.web.templating.labels import PRIORITY_LABELS, STATUS_LABELS, VIEW_LABELS


def _totals() -> list[dict[str, object]]:
    numbers = counts.views(actor())
    return [
        {
            "label": VIEW_LABELS[view],
            "count": getattr(numbers, view.value),
            "url": url_for("tickets.queue", view=view.value),
        }
        for view in (View.UNSOLVED, View.UNASSIGNED, View.ALL)
    ]


def _ratings() -> list[dict[str, object]]:
    """Ratings of the last 30 days, in the form of `_totals`."""
    labels = {
        Rating.GOOD: _("Rated good in 30 days"),
        Rating.BAD: _("Rated bad in 30 days"),
    }
    return [
        {
            "label": labels[rating],
            "count": count,
            "url": url_for("admin.ratings", rating=rating.value),
        }
        for rating, count in ratings.counts().items()
    ]


@bp.get("/")
def index() -> str:
    cells = counts.by_status_and_priority()
    enqueuer: Enqueuer = current_app.extensions["lodge.enqueuer"]
    by_status = [
        {
            "label": STATUS_LABELS[status.value],
            "count": sum(n for (s, _p), n in cells.items() if s == status),
            "url": url_for("tickets.queue", view="all", status=status.value),
            "tone": f"st-{status.value}",
        }
        for status in TicketStatus
    ]
    by_priority = [
        {
            "label": PRIORITY_LABELS[int(priority)],
            "count": sum(n for (s, p), n in cells.items() if p == priority and s not in DONE),
            "url": url_for("tickets.queue", view="unsolved", priority=priority.word),
            "tone": f"pr-{int(priority)}",
        }
        for priority in reversed(Priority)
    ]
    return render_template(
        "admin/index.html",
        by_status=by_status,
        by_priority=by_priority,
        totals=[*_totals(), *_ratings()],
        mail=mail_state(),
        jobs=enqueuer.health(),
    )
