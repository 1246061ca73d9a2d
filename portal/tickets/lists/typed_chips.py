"""What is compared in the search box, as chips beside those of the filters."""

from collections.abc import Mapping

from flask import url_for

from portal.i18n import gettext as _
from portal.i18n import lazy_gettext, lazy_pgettext
from portal.queries.tickets.lists.ticket_filter import ME, NOBODY, TicketFilter
from portal.search_language.removable import Removable, removable
from portal.search_language.tree import Operator
from portal.tickets.lists.chips import LABELS, VALUES, Chip
from portal.web.templating.labels import RATING_LABELS

# Of each field of `search_language.fields`.
FIELD_LABELS: Mapping[str, object] = {
    **LABELS,
    "created": lazy_pgettext("ticket", "Created"),
    "updated": lazy_pgettext("ticket", "Updated"),
    "filed": lazy_pgettext("ticket", "Filed"),
    "answered": lazy_pgettext("ticket", "First answered"),
    "solved": lazy_pgettext("ticket", "Solved"),
    "reopened": lazy_pgettext("ticket", "Reopened"),
    "rated": lazy_pgettext("ticket", "Rated"),
    "unsolved_on": lazy_gettext("Unsolved at the end of"),
    "rating": lazy_gettext("Rating"),
    "weekday": lazy_gettext("Day of the week"),
    "hour": lazy_gettext("Hour"),
    "first_answer": lazy_gettext("First answer"),
    "solution": lazy_gettext("Time to solve"),
    "has": lazy_gettext("Has"),
    "is": lazy_gettext("Is"),
}
_VALUES: Mapping[str, Mapping[str, object]] = {
    **VALUES,
    "rating": RATING_LABELS,
    "has": {"attachment": lazy_gettext("a file")},
    "is": {
        "unsolved": lazy_gettext("unsolved"),
        "unassigned": lazy_gettext("unassigned"),
        "mine": lazy_gettext("mine"),
    },
}
_WORDS = {ME: lazy_gettext("Me"), NOBODY: lazy_gettext("Nobody")}
_SIGNS = {
    Operator.AT_LEAST: "≥ ",
    Operator.AT_MOST: "≤ ",
    Operator.ABOVE: "> ",
    Operator.BELOW: "< ",
}


def typed_chips(wanted: TicketFilter) -> list[Chip]:
    """One for each comparison of `wanted.q` that can be dropped."""
    if not wanted.q:
        return []
    here = url_for("tickets.queue")
    return [
        Chip(
            f"q{at}", _label(part), _value(part), f"{here}?{wanted.to_query(q=part.rest, saved='')}"
        )
        for at, part in enumerate(removable(wanted.q))
    ]


def _label(part: Removable) -> str:
    label = str(FIELD_LABELS[part.comparison.field])
    return _("Not %(name)s", name=label) if part.is_not else label


def _value(part: Removable) -> str:
    field, operator, values = (
        part.comparison.field,
        part.comparison.operator,
        part.comparison.values,
    )
    known = _VALUES.get(field, _WORDS if field in {"assignee", "requester"} else {})
    texts = [str(known.get(value, value)) for value in values]
    if operator is Operator.RANGE:
        return " – ".join(text or "…" for text in texts)
    return f"{_SIGNS.get(operator, '')}{', '.join(texts)}"
