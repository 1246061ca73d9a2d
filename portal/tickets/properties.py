"""Forms for status, assignee, priority, type and tags of a ticket, and the undo of those."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.errors import Invalid, NotFound
from portal.extensions import setting
from portal.i18n import gettext as _
from portal.models.people import Actor, User
from portal.models.tickets import BulkAction, Priority, Ticket, TicketStatus
from portal.queries.people import users
from portal.queries.tickets import bulk_changes, ticket_types
from portal.queries.tickets import tickets as ticket_queries
from portal.queries.tickets.lists.ticket_filter import NOBODY
from portal.security import text
from portal.services.tickets import bulk, tags, tickets
from portal.services.tickets.tags import MAX_LINE
from portal.services.tickets.tickets import MAX_SUBJECT
from portal.tickets import bp
from portal.tickets.lists.bulk_texts import undo_of_one_text
from portal.tickets.thread import after_change
from portal.web.change import change
from portal.web.fragments import say
from portal.web.people.sessions import actor
from portal.web.templating.labels import (
    CUSTOMER_STATUS_LABELS,
    PRIORITY_LABELS,
    STATUS_LABELS,
    TYPE_LABELS,
)


@bp.post("/<number>/status")
def set_status(number: str) -> Response | str:
    """Any status for staff; customers close and reopen."""
    with changing(number) as ticket:
        status = parse_status(request.form.get("status", ""))
        undo = _set(ticket, BulkAction.STATUS, status)
    return _after(ticket, status_text(status), undo)


@bp.post("/<number>/assignment")
def assign(number: str) -> Response | str:
    """`assignee` is an id, `me`, or empty or `none` for nobody."""
    with changing(number) as ticket:
        assignee = parse_assignee(actor(), request.form.get("assignee", ""))
        undo = _set(ticket, BulkAction.ASSIGN, assignee)
        name = assignee.name if assignee else _("Nobody")
    return _after(ticket, _value_text(_("Assignee"), name), undo)


@bp.post("/<number>/priority")
def set_priority(number: str) -> Response | str:
    with changing(number) as ticket:
        priority = parse_priority(request.form.get("priority", ""))
        undo = _set(ticket, BulkAction.PRIORITY, priority)
    return _after(ticket, _value_text(_("Priority"), PRIORITY_LABELS[int(priority)]), undo)


@bp.post("/<number>/subject")
def set_subject(number: str) -> Response | str:
    """For staff, as through the API."""
    with changing(number) as ticket:
        subject = _subject(request.form.get("subject", ""))
        tickets.set_subject(actor=actor(), ticket=ticket, subject=subject)
    return _after(ticket, _value_text(_("Subject"), subject))


@bp.post("/<number>/type")
def set_type(number: str) -> Response | str:
    """`type` is the key of one that is offered, or empty for none."""
    if "type" not in request.form:
        raise Invalid(type="required")
    with changing(number) as ticket:
        key = request.form["type"] or None
        undo = _set(ticket, BulkAction.TYPE, key)
    label = TYPE_LABELS[key] if key else _("none")
    return _after(ticket, _value_text(_("Type"), label), undo)


@bp.post("/<number>/department")
def set_department(number: str) -> Response | str:
    """`department` is a name of the list, or empty for none."""
    with changing(number) as ticket:
        name = request.form.get("department", "") or None
        undo = _set(ticket, BulkAction.DEPARTMENT, name)
    return _after(ticket, _value_text(_("Department"), name or _("none")), undo)


@bp.post("/<number>/tags")
def set_tags(number: str) -> Response | str:
    """Replace the tags by those listed, with spaces or commas between them."""
    with changing(number) as ticket:
        names = parse_tags(request.form.get("tags", ""))
        undo = _set(ticket, BulkAction.TAGS, names)
    return _after(ticket, _value_text(_("Tags"), ", ".join(names) or _("none")), undo)


@bp.post("/<number>/changes/<changed>/undo")
def undo_change(number: str, changed: str) -> Response | str:
    """Set back what one of these forms has changed, unless somebody has changed it since."""
    with changing(number) as ticket:
        if not bulk_changes.is_of_ticket(changed, ticket.id):
            raise NotFound
        done = bulk.undo(actor=actor(), token=changed)
        said = undo_of_one_text(done)
    return _after(ticket, said)


def _set(ticket: Ticket, action: BulkAction, value: Any) -> str | None:
    """Set the value; returns the token to undo that with."""
    return bulk.apply_to_one(actor=actor(), ticket=ticket, action=action, value=value).token


def _after(ticket: Ticket, sentence: str, undo: str | None = None) -> Response | str:
    """Say what was done, and offer to undo it."""
    if undo:
        offer_undo(ticket, sentence, undo)
    else:
        say(sentence)
    return after_change(ticket)


def offer_undo(ticket: Ticket, sentence: str, token: str) -> None:
    """Say what was done, with a button beside it to undo it."""
    if not ticket_queries.is_visible(actor(), ticket):
        gone = _(
            "%(number)s is with another department now, where you do not see it.",
            number=ticket.number,
        )
        flash(f"{sentence} {gone}", "success")
        flash(token, "undo")
        return
    flash(sentence, "success")
    flash(url_for("tickets.undo_change", number=ticket.number, changed=token), "undo-change")


def status_text(status: TicketStatus) -> str:
    """The new status in a few words, as its setter calls it."""
    labels = STATUS_LABELS if actor().is_staff else CUSTOMER_STATUS_LABELS
    return _value_text(_("Status"), labels[status.value])


def _value_text(label: str, value: object) -> str:
    return f"{label}: {value}."


@contextmanager
def changing(number: str) -> Iterator[Ticket]:
    """A write unit with the ticket locked."""
    with change():
        yield ticket_queries.find(actor(), number, lock=True)


def _subject(line: str) -> str:
    try:
        return text.clean(line, max_length=MAX_SUBJECT, multiline=False).strip()
    except ValueError as problem:
        raise Invalid(subject=str(problem)) from None


def parse_status(word: str) -> TicketStatus:
    """Raises Invalid for an unknown word."""
    try:
        return TicketStatus(word)
    except ValueError:
        raise Invalid(status="unknown") from None


def parse_priority(word: str) -> Priority:
    """Raises Invalid for an unknown word."""
    try:
        return Priority.from_word(word)
    except KeyError:
        raise Invalid(priority="unknown") from None


def parse_type(word: str) -> str | None:
    """The key of a type that is offered, or nothing. Raises Invalid."""
    if word and not ticket_types.is_offered(word):
        raise Invalid(type="unknown")
    return word or None


def parse_department(word: str) -> str | None:
    """One of the list, or nothing. Raises Invalid."""
    if word and word not in setting("DEPARTMENTS"):
        raise Invalid(department="unknown")
    return word or None


def parse_assignee(actor: Actor, word: str) -> User | None:
    """From `me`, an id (`7` or `USR000007`), `none` or nothing. Raises Invalid."""
    return None if word in {"", NOBODY} else users.assignee(actor, word)


def parse_tags(line: str) -> list[str]:
    """Those of a line, sorted. Raises Invalid."""
    try:
        cleaned = text.clean(line, max_length=MAX_LINE, multiline=False)
    except ValueError as problem:
        raise Invalid(tags=str(problem)) from None
    return tags.clean_names([cleaned])
