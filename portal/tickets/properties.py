"""Status, assignee, priority and tags of one ticket: small forms, each a verb."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import request
from werkzeug.wrappers import Response

from portal.errors import Invalid
from portal.models.people import Actor, User
from portal.models.tickets import Priority, Ticket, TicketStatus
from portal.queries.people import users
from portal.queries.tickets import tickets as ticket_queries
from portal.queries.tickets.ticket_filter import NOBODY
from portal.security import text
from portal.services.tickets import tickets as ticket_services
from portal.services.tickets.tags import MAX_LINE
from portal.tickets import bp
from portal.tickets.thread import changed
from portal.web.change import change
from portal.web.people.sessions import actor


@bp.post("/<number>/status")
def set_status(number: str) -> Response | str:
    """Staff any status; customers close and reopen."""
    with changing(number) as ticket:
        status = parse_status(request.form.get("status", ""))
        ticket_services.set_status(actor=actor(), ticket=ticket, status=status)
    return changed(ticket)


@bp.post("/<number>/assignment")
def assign(number: str) -> Response | str:
    """Give the ticket to somebody, to oneself (`me`) or to nobody."""
    with changing(number) as ticket:
        assignee = parse_assignee(actor(), request.form.get("assignee", ""))
        ticket_services.assign(actor=actor(), ticket=ticket, assignee=assignee)
    return changed(ticket)


@bp.post("/<number>/priority")
def set_priority(number: str) -> Response | str:
    """Another priority."""
    with changing(number) as ticket:
        priority = parse_priority(request.form.get("priority", ""))
        ticket_services.set_priority(actor=actor(), ticket=ticket, priority=priority)
    return changed(ticket)


@bp.post("/<number>/tags")
def set_tags(number: str) -> Response | str:
    """Exactly these tags, written with spaces or commas between them."""
    with changing(number) as ticket:
        names = parse_tags(request.form.get("tags", ""))
        ticket_services.set_tags(actor=actor(), ticket=ticket, names=names)
    return changed(ticket)


@contextmanager
def changing(number: str) -> Iterator[Ticket]:
    """A write unit about one ticket, which nobody else changes meanwhile."""
    with change():
        yield ticket_queries.find(actor(), number, lock=True)


def parse_status(word: str) -> TicketStatus:
    """The status of that word. Raises Invalid."""
    try:
        return TicketStatus(word)
    except ValueError:
        raise Invalid(status="unknown") from None


def parse_priority(word: str) -> Priority:
    """The priority of that word. Raises Invalid."""
    try:
        return Priority.from_word(word)
    except KeyError:
        raise Invalid(priority="unknown") from None


def parse_assignee(actor: Actor, word: str) -> User | None:
    """`me`, an id (`7` or `USR000007`), or nobody (`none` or nothing). Raises Invalid."""
    return None if word in {"", NOBODY} else users.assignee(actor, word)


def parse_tags(line: str) -> list[str]:
    """The names in a line of tags. Raises Invalid."""
    try:
        return [text.clean(line, max_length=MAX_LINE, multiline=False)]
    except ValueError as problem:
        raise Invalid(tags=str(problem)) from None
