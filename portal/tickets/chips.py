"""The filters in force, as chips: what each is called, and the address without it."""

from collections.abc import Mapping
from typing import NamedTuple

from flask import url_for

from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.models.organizations.organization import parse_id as parse_organization
from portal.queries.organizations import organizations
from portal.queries.people import users
from portal.queries.tickets.ticket_filter import ME, NOBODY, TicketFilter
from portal.web.templating.labels import CHANNEL_LABELS, PRIORITY_CHOICES, STATUS_LABELS

_PRIORITIES = dict(PRIORITY_CHOICES)
_LABELS: Mapping[str, object] = {
    "status": lazy_gettext("Status"),
    "priority": lazy_gettext("Priority"),
    "channel": lazy_gettext("Channel"),
    "assignee": lazy_gettext("Assignee"),
    "requester": lazy_gettext("Requester"),
    "organization": lazy_gettext("Organization"),
    "tag": lazy_gettext("Tag"),
}
_VALUES: Mapping[str, Mapping[str, object]] = {
    "status": STATUS_LABELS,
    "priority": _PRIORITIES,
    "channel": CHANNEL_LABELS,
}


class Chip(NamedTuple):
    """`url` is the list without this filter."""

    name: str
    label: str
    value: str
    url: str


def chips(wanted: TicketFilter, known: Mapping[int, str]) -> list[Chip]:
    """One for each filter of the queue but the words; `known` are names of people by id."""
    here = url_for("tickets.queue")
    return [
        Chip(
            name, str(label), _called(name, value, known), f"{here}?{wanted.to_query(**{name: ''})}"
        )
        for name, label in _LABELS.items()
        if (value := getattr(wanted, name))
    ]


def _called(name: str, value: str, known: Mapping[int, str]) -> str:
    """What readers call a filter's value. What nobody has keeps its number."""
    if name in _VALUES:
        return str(_VALUES[name][value])
    if name == "organization":
        return organizations.name(parse_organization(value) or 0) or value
    if name in {"assignee", "requester"}:
        return _person(value, known)
    return value


def _person(value: str, known: Mapping[int, str]) -> str:
    if value in {ME, NOBODY}:
        return _("Me") if value == ME else _("Nobody")
    user_id = users.parse_id(value) or 0
    return known.get(user_id) or users.names([user_id]).get(user_id, value)
