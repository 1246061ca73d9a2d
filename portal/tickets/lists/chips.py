"""The filters in force, as chips: what each is called, and the address without it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flask import url_for

from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.models.organizations.organization import parse_id as parse_organization
from portal.models.products.product import parse_id as parse_product
from portal.queries.organizations import organizations
from portal.queries.people import users
from portal.queries.products import products
from portal.queries.tickets.lists.ticket_filter import ME, NOBODY, TicketFilter
from portal.web.templating.labels import (
    CHANNEL_LABELS,
    PRIORITY_CHOICES,
    SORT_LABELS,
    STATUS_LABELS,
    TYPE_LABELS,
    VIEW_LABELS,
)

_PRIORITIES = dict(PRIORITY_CHOICES)
LABELS: Mapping[str, object] = {
    "status": lazy_gettext("Status"),
    "priority": lazy_gettext("Priority"),
    "channel": lazy_gettext("Channel"),
    "type": lazy_gettext("Type"),
    "department": lazy_gettext("Department"),
    "language": lazy_gettext("Language"),
    "assignee": lazy_gettext("Assignee"),
    "requester": lazy_gettext("Requester"),
    "organization": lazy_gettext("Organization"),
    "tag": lazy_gettext("Tag"),
    "product": lazy_gettext("Product"),
}
VALUES: Mapping[str, Mapping[str, object]] = {
    "status": STATUS_LABELS,
    "priority": _PRIORITIES,
    "channel": CHANNEL_LABELS,
    "type": TYPE_LABELS,
}


class Chip(NamedTuple):
    """`url` is the list without this filter."""

    name: str
    label: str
    value: str
    url: str


def chips(wanted: TicketFilter, known: Mapping[int, str]) -> list[Chip]:
    """One for each filter of the queue but the words; `known` are names of people by id."""
    return chips_of([wanted], known)[0]


def chips_of(filters: Sequence[TicketFilter], known: Mapping[int, str]) -> list[list[Chip]]:
    """The same of several filters, by as many questions."""
    names = _names(filters, known)
    return [_chips(wanted, names) for wanted in filters]


def conditions_of(filters: Sequence[TicketFilter], known: Mapping[int, str]) -> list[list[str]]:
    """What each filter asks for, in words; `known` as for `chips`."""
    return [
        [
            str(VIEW_LABELS[wanted.view]),
            *([_("Search: %(words)s", words=wanted.q)] if wanted.q else []),
            *(f"{chip.label}: {chip.value}" for chip in texts),
            str(SORT_LABELS[wanted.order]),
        ]
        for wanted, texts in zip(filters, chips_of(filters, known), strict=True)
    ]


class _Names(NamedTuple):
    people: Mapping[int, str]
    organizations: Mapping[int, str]
    products: Mapping[int, str]


def _names(filters: Sequence[TicketFilter], known: Mapping[int, str]) -> _Names:
    people = {users.parse_id(word) for one in filters for word in (one.assignee, one.requester)}
    unknown = {user_id for user_id in people if user_id and user_id not in known}
    places = {parse_organization(one.organization) for one in filters} - {None}
    things = {parse_product(one.product) for one in filters} - {None}
    return _Names(
        {**known, **users.names(unknown)},
        organizations.names({place for place in places if place}),
        products.names({thing for thing in things if thing}),
    )


def _chips(wanted: TicketFilter, names: _Names) -> list[Chip]:
    asked = [(name, value) for name in LABELS if (value := getattr(wanted, name))]
    here = url_for("tickets.queue") if asked else ""
    return [
        Chip(
            name,
            str(LABELS[name]),
            _called(name, value, names),
            f"{here}?{wanted.to_query(**{name: ''})}",
        )
        for name, value in asked
    ]


def _called(name: str, value: str, names: _Names) -> str:
    """What readers call a filter's value. What nobody has keeps its number."""
    if name in VALUES:
        return str(VALUES[name][value])
    if name == "organization":
        return names.organizations.get(parse_organization(value) or 0, value)
    if name == "product":
        return names.products.get(parse_product(value) or 0) or value
    if name in {"assignee", "requester"}:
        return _person(value, names.people)
    return value


def _person(value: str, people: Mapping[int, str]) -> str:
    if value in {ME, NOBODY}:
        return _("Me") if value == ME else _("Nobody")
    return people.get(users.parse_id(value) or 0, value)
