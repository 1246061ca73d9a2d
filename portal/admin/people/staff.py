"""`/admin/staff`: who serves, and how much is on their table."""

from collections.abc import Sequence
from typing import Any

from flask import render_template, url_for

from portal import clock
from portal.admin import bp
from portal.i18n import gettext as _
from portal.models.people.person import name_of
from portal.models.people.user import format_id
from portal.models.tickets import DONE, TicketStatus
from portal.queries.people import users
from portal.queries.tickets import counts, departments, workload
from portal.queries.tickets.lists.ticket_filter import NOBODY, View
from portal.queries.tickets.workload import StaffMember
from portal.security import permissions
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor
from portal.web.templating.labels import ROLE_LABELS, STATUS_LABELS

_UNSOLVED = [status for status in TicketStatus if status not in DONE]


@bp.get("/staff")
@permitted(permissions.can_manage_people)
def staff() -> str:
    """All of the staff by name with their unsolved tickets; each number leads to them."""
    served = departments.served()
    return render_template(
        "admin/people/staff.html",
        statuses=[STATUS_LABELS[status.value] for status in _UNSOLVED],
        rows=[_row(member, served.get(member.id, ())) for member in workload.staff_members()],
        edits_departments=permissions.can_change_settings(actor()),
        unassigned=counts.views(actor()).unassigned,
        unassigned_url=_queue(NOBODY),
        takers=(("me", _("Me")), (NOBODY, _("Nobody")), *users.assignees()),
    )


def _row(member: StaffMember, served: Sequence[str]) -> dict[str, Any]:
    number = format_id(member.id)
    return {
        "id": member.id,
        "number": number,
        "name": name_of(member),
        "email": member.email,
        "role": ROLE_LABELS[member.role],
        "is_active": member.is_active,
        "serves": ", ".join(served),
        "away_until": member.away_until if _is_away(member) else None,
        "manages": permissions.can_manage_person(actor(), member),
        "query": f"view={View.UNSOLVED.value}&assignee={number}",
        "cells": [
            (member.by_status.get(status, 0), _queue(number, status=status.value))
            for status in _UNSOLVED
        ],
        "unsolved": (sum(member.by_status.values()), _queue(number)),
    }


def _is_away(member: StaffMember) -> bool:
    return member.away_until is not None and member.away_until > clock.now()


def _queue(assignee: str, status: str | None = None) -> str:
    """The queue with that person's unsolved tickets."""
    view = View.UNSOLVED.value
    return url_for("tickets.queue", view=view, assignee=assignee, status=status)
