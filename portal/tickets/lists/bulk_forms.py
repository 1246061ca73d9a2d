"""What forms and addresses say about a change of many tickets: which ones, and what to do."""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from flask import url_for
from werkzeug.datastructures import MultiDict

from portal import clock
from portal.errors import Invalid, NotFound
from portal.models.people import Actor
from portal.models.tickets import BulkAction, SavedReply
from portal.queries.tickets import bulk_changes as queries
from portal.queries.tickets import saved_replies
from portal.queries.tickets.lists import ticket_list
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.queries.tickets.lists.ticket_list import Listed
from portal.services.tickets import saved_views, tags
from portal.services.tickets.bulk import MAX_LISTED, MAX_TICKETS
from portal.tickets.properties import (
    parse_assignee,
    parse_department,
    parse_priority,
    parse_status,
    parse_type,
)

Values = MultiDict[str, str]


class Selection(NamedTuple):
    """Tickets by number, or all that fit a filter of the queue, by its query string."""

    numbers: list[str]
    query: str

    @property
    def filter(self) -> TicketFilter:
        return saved_views.filter_of(self.query)

    @property
    def queue_url(self) -> str:
        query = f"?{self.query}" if self.query else ""
        return f"{url_for('tickets.queue')}{query}"

    def listed(self, actor: Actor) -> list[Listed]:
        """One more than can be changed where there are more. Raises NotFound, TooBroad."""
        if self.query:
            return ticket_list.every(actor, self.filter, limit=MAX_LISTED + 1)
        return queries.listed(actor, self.numbers)


def read_selection(values: Values) -> Selection:
    """`query`, else `numbers`. Raises Invalid for too many, and for a filter that is none."""
    if query := values.get("query", ""):
        # What is no filter would be all tickets. The queue names a view each time.
        if "view" not in dict(parse_qsl(query)):
            raise Invalid(query="unknown")
        return Selection([], saved_views.normal_query(query))
    numbers = list(dict.fromkeys(values.getlist("numbers")))
    if len(numbers) > MAX_TICKETS:
        raise Invalid(numbers="too_many")
    return Selection(numbers, "")


def action_words(values: Values) -> tuple[BulkAction, str]:
    """The action and the word for its value. Raises Invalid for an unknown action."""
    # One select serves all actions without JavaScript: `status:solved` carries its value.
    word, colon, value = values.get("action", "").partition(":")
    try:
        return BulkAction(word), value if colon else values.get("value", "")
    except ValueError:
        raise Invalid(action="unknown") from None


def read_action(actor: Actor, values: Values) -> tuple[BulkAction, Any]:
    """The action and its value, as `services.tickets.bulk` takes them. Raises Invalid."""
    action, word = action_words(values)
    match action:
        case BulkAction.ASSIGN:
            return action, parse_assignee(actor, word)
        case BulkAction.STATUS:
            return action, parse_status(word)
        case BulkAction.PRIORITY:
            return action, parse_priority(word)
        case BulkAction.TYPE:
            return action, parse_type(word)
        case BulkAction.DEPARTMENT:
            return action, parse_department(word)
        case BulkAction.TAG:
            names = tags.clean_names([word])
            if len(names) != 1:
                raise Invalid(value="unknown")
            return action, names[0]
        case BulkAction.TRASH:
            return action, None
        case BulkAction.MACRO:
            return action, _macro(actor, word)
        case BulkAction.TAGS:
            raise Invalid(action="unknown")


def read_seen_at(values: Values) -> datetime:
    """When the reader was shown the tickets; never ahead. Raises Invalid."""
    try:
        moment = datetime.fromisoformat(values.get("seen_at", ""))
    except ValueError:
        raise Invalid(seen_at="unknown") from None
    if moment.tzinfo is None:
        raise Invalid(seen_at="unknown")
    return min(moment.astimezone(UTC), clock.now())


def _macro(actor: Actor, word: str) -> SavedReply:
    """Raises Invalid for one that is no more, or somebody else's."""
    try:
        return saved_replies.find(actor, int(word))
    except (ValueError, OverflowError, NotFound):
        raise Invalid(macro="unknown") from None
