"""Answers that have not left, as staff see them below the conversation."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from flask import url_for
from markupsafe import Markup

from portal import clock
from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.people.person import name_of
from portal.models.tickets import ScheduledState, Ticket
from portal.queries.paging import AnyRow
from portal.queries.tickets import scheduled
from portal.queries.tickets.scheduled import ScheduledRow, UnsentFile
from portal.services.tickets import comments
from portal.tickets.presenters import TimelineEntry
from portal.web.templating.labels import REASON_RETURNED_LABELS, STATUS_LABELS


class ScheduledEntry(NamedTuple):
    """An answer that has not left. `seconds` are those that are left to take it back.

    `undo` gives it back to its author, `cancel` keeps it from leaving, `throw_away` deletes it.
    """

    id: int
    author_name: str
    html: Markup
    later: bool
    waits: bool
    due_at: datetime
    seconds: int
    status: str
    reason: str
    files: tuple[UnsentFile, ...]
    undo: str
    cancel: str
    throw_away: str


class Unsent(NamedTuple):
    """What has not left a ticket: `entries`, and `kept` files of what the reader is writing.

    `newest` is the highest id of the answers, 0 for none.
    """

    entries: tuple[ScheduledEntry, ...] = ()
    kept: tuple[UnsentFile, ...] = ()
    newest: int = 0


def unsent(actor: Actor, ticket: Ticket, head: AnyRow) -> Unsent:
    """For staff; customers are told of nothing that has not left.

    `head` is the row of `queries.tickets.tickets.details`.
    """
    rows = scheduled.of_ticket(actor, ticket.id) if head.has_scheduled else ()
    # Files come back with a text, which is a draft.
    has_files = actor.is_staff and (rows or head.has_draft)
    files = scheduled.files(actor, ticket.id) if has_files else []
    kept = tuple(file for file in files if file.scheduled_comment_id is None)
    entries = tuple(_entry(actor, ticket, row, files) for row in rows)
    return Unsent(entries, kept, max((row.id for row in rows), default=0))


def newer_scheduled(actor: Actor, ticket: Ticket, *, after: int) -> list[TimelineEntry]:
    """Answers of others that wait and are newer than the one of that id."""
    return [
        TimelineEntry(
            id=row.id,
            is_comment=True,
            created_at=row.due_at,
            author_name=name_of(row),
            by_staff=True,
            html=_html(row),
        )
        for row in scheduled.of_ticket(actor, ticket.id)
        if row.id > after and row.user_id != actor.id and row.state == ScheduledState.WAITING
    ]


def undo_url(number: str, scheduled_id: int) -> str:
    return url_for("tickets.undo_send", number=number, scheduled_id=scheduled_id)


def requester_name(ticket: Ticket) -> str:
    return db.session.get_one(User, ticket.requester_id).name


def _entry(
    actor: Actor, ticket: Ticket, row: ScheduledRow, files: Iterable[UnsentFile]
) -> ScheduledEntry:
    waits, mine = row.state == ScheduledState.WAITING, row.user_id == actor.id
    url = undo_url(ticket.number, row.id)
    path = url.removesuffix("undo")
    return ScheduledEntry(
        id=row.id,
        author_name=name_of(row),
        html=_html(row),
        later=row.later,
        waits=waits,
        due_at=row.due_at,
        seconds=max(0, round((row.due_at - clock.now()).total_seconds())),
        status=str(STATUS_LABELS[row.status]) if row.status else "",
        reason=str(REASON_RETURNED_LABELS[row.reason]) if row.reason else "",
        files=_files_of(row, files),
        undo=url if mine else "",
        cancel=f"{path}cancel" if waits and row.later and not mine else "",
        throw_away="" if waits else f"{path}throw-away",
    )


def _files_of(row: ScheduledRow, files: Iterable[UnsentFile]) -> tuple[UnsentFile, ...]:
    return tuple(file for file in files if file.scheduled_comment_id == row.id)


def _html(row: ScheduledRow) -> Markup:
    return Markup(comments.render(row.message))  # noqa: S704 - sanitized by the renderer
