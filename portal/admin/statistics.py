"""`/admin/`: how many tickets of which kind, each number a way to them; how mail and jobs do."""

from flask import current_app, render_template, url_for

from portal import clock
from portal.admin import bp
from portal.models import DONE, Priority, TicketStatus
from portal.queries import counts, outbox
from portal.queries.ticket_filter import View
from portal.queueing import Doorbell
from portal.web.labels import PRIORITY_LABELS, STATUS_LABELS, VIEW_LABELS
from portal.web.sessions import actor


def _mail() -> dict[str, object]:
    health = outbox.health()
    oldest = health.oldest_pending_at
    return {
        "pending": health.pending,
        "parked": health.parked,
        "oldest_seconds": int((clock.now() - oldest).total_seconds()) if oldest else None,
    }


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


@bp.get("/")
def index() -> str:
    """Two small tables of numbers and the health of what works in the background."""
    cells = counts.by_status_and_priority()
    doorbell: Doorbell = current_app.extensions["lodge.doorbell"]
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
        totals=_totals(),
        mail=_mail(),
        jobs=doorbell.health(),
    )
