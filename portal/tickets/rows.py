"""Rows of ticket lists as plain values."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.models.people.actor import person_name
from portal.models.tickets.ticket import format_number
from portal.queries.paging import AnyRow


class ListRow(NamedTuple):
    """A ticket in a list; `assignee_name` is None for nobody."""

    id: int
    number: str
    subject: str
    status: str
    priority: int
    updated_at: datetime
    requester_name: str
    organization_name: str
    assignee_name: str | None


def list_text(name: object, context: Mapping[str, Any]) -> str:
    """What a list shows, in a few words: `Mine: 12 tickets`, and whether there are further pages.

    `context` has how many rows are `shown`, `first_url` and `next_url`, and whether the search was
    `mistaken`. Nothing is counted for it.
    """
    if context.get("mistaken") == "wrong":
        return _("Nothing was looked for")
    text = ngettext("%(num)d ticket", "%(num)d tickets", context["shown"])
    if context["first_url"]:
        text = _("%(tickets)s on this further page", tickets=text)
    if context["next_url"]:
        text = _("%(tickets)s, and more on the next page", tickets=text)
    return f"{name}: {text}."


def list_row(row: AnyRow) -> ListRow:
    """From the columns of `ticket_list.page`. Runs for each row of a hot page: keep it plain."""
    requester = person_name(row.requester_first_name, row.requester_last_name, row.requester_email)
    assignee = (
        person_name(row.assignee_first_name, row.assignee_last_name, row.assignee_email)
        if row.assignee_id is not None
        else None
    )
    return ListRow(
        row.id,
        format_number(row.id),
        row.subject,
        row.status,
        row.priority,
        row.updated_at,
        requester,
        row.organization_name,
        assignee,
    )
