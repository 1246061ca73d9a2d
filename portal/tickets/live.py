"""Streams that tell open pages of changes to a ticket or the queue."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, abort, request

from portal.errors import NotFound
from portal.live_events.topics import Topics
from portal.models.people import Actor
from portal.queries.tickets.lists import ticket_rows
from portal.queries.tickets.lists.ticket_filter import (
    ME,
    NOBODY,
    TicketFilter,
    View,
    organization_id,
    person_id,
)
from portal.queueing import QUEUE_TOPIC, list_topic, person_topic, ticket_topics
from portal.security import permissions
from portal.tickets import bp
from portal.tickets.presence import room
from portal.web.live_updates import hub, presence
from portal.web.people.sessions import actor


@bp.get("/<number>/live")
def watch(number: str) -> Response:
    """For whoever may see the ticket."""
    who = actor()
    ticket = ticket_rows.find(who, number)
    staff = permissions.can_note(who)

    def may(reader: Actor) -> bool:
        try:
            ticket_rows.find(reader, number)
        except NotFound:
            return False
        return permissions.can_note(reader) or not staff

    of_ticket = frozenset(ticket_topics(ticket.id, staff=staff))
    named = _named(who, ticket.id) if staff else {}
    return hub.stream(Topics(of_ticket, named=named), reader=who, may=may)


@bp.get("/queue/live")
def watch_queue() -> Response:
    """For staff; customers get a 404. Arguments: those of `narrowed`."""
    who = actor()
    if not permissions.can_triage(who):
        abort(404)
    lists = _lists(TicketFilter.from_args(request.args), who)
    everything = frozenset({QUEUE_TOPIC})
    # What does not concern a narrowed list may still change the counts beside it.
    topics = Topics(lists, later=everything) if lists else Topics(everything)
    return hub.stream(topics._replace(named=_named(who)), reader=who, may=permissions.can_triage)


def narrowed(wanted: TicketFilter) -> dict[str, Any]:
    """The argument by which most tickets are left out of a list; empty when there is none."""
    assignee = {View.MINE: ME, View.UNASSIGNED: NOBODY}.get(wanted.view, wanted.assignee)
    by = {"assignee": assignee, "requester": wanted.requester, "organization": wanted.organization}
    return dict([pair for pair in by.items() if pair[1]][:1])


def _lists(wanted: TicketFilter, who: Actor) -> frozenset[str]:
    ids: Mapping[str, Callable[[str], int | None]] = {
        "assignee": lambda word: person_id("assignee", word, me=who.id),
        "requester": lambda word: person_id("requester", word, me=who.id),
        "organization": organization_id,
    }
    return frozenset(list_topic(name, ids[name](word)) for name, word in narrowed(wanted).items())


def _named(who: Actor, ticket_id: int | None = None) -> dict[str, str]:
    """The topics whose changes concern a part of the page: the bell, and who else is there."""
    here = {} if ticket_id is None else {presence.topic(room(ticket_id)): "presence"}
    return {person_topic(who.id): "bell", **here}
