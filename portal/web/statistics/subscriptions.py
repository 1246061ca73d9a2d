"""Subscriptions to reports for pages, and the form that asks for one."""

from collections.abc import Callable, Sequence
from typing import Any

from portal.i18n import lazy_gettext as _
from portal.models.statistics import ReportSubscription
from portal.queries.statistics import narrowing_names
from portal.rhythm import Every
from portal.web.forms import ChoiceField, Form
from portal.web.statistics import labels
from portal.web.templating.labels import EVERY_LABELS

EVERY = (
    (Every.WEEK.value, _("Every Monday, of the week before")),
    (Every.MONTH.value, _("On the first, of the month before")),
)


class ReportForm(Form):
    """`person` is offered to who may choose others."""

    every = ChoiceField(_("How often"), pairs=EVERY, default=Every.WEEK.value)
    person = ChoiceField(_("To whom"), pairs=(), default="")


def present(
    rows: Sequence[ReportSubscription], end_url: Callable[[int], str], people: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """`people` are the names of who gets each, where that is not the reader alone."""
    described = narrowing_names.described(row.query for row in rows)
    return [
        {
            "id": row.id,
            "every": EVERY_LABELS[row.every],
            "narrowed": labels.narrowed(names),
            "person": people[place] if people else "",
            "due_at": row.due_at,
            "query": row.query,
            "end_url": end_url(row.id),
        }
        for place, (row, names) in enumerate(zip(rows, described, strict=True))
    ]
