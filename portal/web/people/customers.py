"""Plain values about customers, for staff: beside a ticket and on pages of their own."""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from flask import url_for

from portal import clock, i18n
from portal.i18n import pgettext
from portal.models.tickets import Priority, Rating
from portal.queries.tickets.customers import MANY, Figures
from portal.queries.tickets.lists.ticket_filter import TicketFilter, View
from portal.web.templating.labels import RATING_LABELS


class RatingNumber(NamedTuple):
    """How many tickets were rated so: `3`, or `100+`."""

    rating: str
    number: str
    label: str


def capped(number: int) -> str:
    """The number, or `100+`."""
    return f"{MANY}+" if number > MANY else str(number)


def rating_numbers(figures: Figures) -> tuple[RatingNumber, ...]:
    """Of those ratings that were given."""
    numbers = {Rating.GOOD.value: figures.good, Rating.BAD.value: figures.bad}
    return tuple(
        RatingNumber(kind, capped(number), str(RATING_LABELS[kind]))
        for kind, number in numbers.items()
        if number
    )


def queue_url(wanted: TicketFilter) -> str:
    """The queue with the tickets of that filter."""
    return f"{url_for('tickets.queue')}?{wanted.to_query()}"


def ways(owned: TicketFilter) -> tuple[tuple[str, str, str], ...]:
    """Into the queue, to what staff look for first: (id, text, address).

    `owned` are the tickets of a person or an organization.
    """
    unsolved = replace(owned, view=View.UNSOLVED)
    urgent = replace(owned, priority=Priority.URGENT.word)
    return (
        ("unsolved", pgettext("tickets", "Unsolved"), queue_url(unsolved)),
        ("urgent", pgettext("tickets", "Urgent"), queue_url(urgent)),
    )


def local_time(timezone: str) -> tuple[datetime, str] | None:
    """The present moment, and what clocks show where the person is; None if nobody knows where."""
    if not timezone:
        return None
    now = clock.now()
    return now, f"{now.astimezone(i18n.zone(timezone)):%H:%M}"
