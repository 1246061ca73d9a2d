"""The messages of an imported ticket with their authors, moments and versions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from portal import clock, markdown
from portal.models.tickets import DONE
from portal.services.tickets import last_messages
from portal.services.tickets.comments import MAX_MESSAGE
from portal.services.tickets.importing.import_rows import ImportedComment, ImportedTicket
from portal.services.tickets.importing.import_staff import ImportStaff
from portal.text_analysis.terms import text_terms


class ReadyMessage(NamedTuple):
    """A message with its HTML and terms. Without an author it is the requester's."""

    message: str
    html: str
    author_id: int | None
    internal: bool
    at: datetime | None
    terms: list[str]


class ReadyTicket(NamedTuple):
    """A ticket with its rendered messages; the first is the question."""

    row: ImportedTicket
    assignee_id: int | None
    messages: tuple[ReadyMessage, ...]


def ready(row: ImportedTicket, staff: ImportStaff, *, staff_id: int) -> ReadyTicket:
    """Render all messages. `staff_id` writes what nobody here has written."""
    question = _rendered(
        row.message, None, at=row.created_at, also=(row.external_number or "", row.subject)
    )
    said = [_message(comment, staff, staff_id) for comment in row.comments]
    if all(one.at for one in said):
        said.sort(key=_when)
    return ReadyTicket(row, staff.assignee_id(row.assignee), (question, *said))


def _when(message: ReadyMessage) -> datetime:
    return message.at or clock.now()


def _message(comment: ImportedComment, staff: ImportStaff, staff_id: int) -> ReadyMessage:
    author_id, message = None, comment.message
    if not comment.by_requester:
        author_id = staff.id_of(comment.author) if comment.author else staff_id
        if author_id is None:
            author_id = staff_id
            message = f"{comment.author}:\n\n{message}"[:MAX_MESSAGE]
    return _rendered(message, author_id, internal=comment.internal, at=comment.at)


def _rendered(
    message: str,
    author_id: int | None,
    *,
    at: datetime | None,
    internal: bool = False,
    also: Sequence[str] = (),
) -> ReadyMessage:
    """A message that is found by its words and those of `also`."""
    terms = text_terms([*also, message])
    return ReadyMessage(message, markdown.render(message), author_id, internal, at, terms)


class Moments(NamedTuple):
    """When things happened to a ticket: never before it was filed, never after now."""

    created_at: datetime
    updated_at: datetime
    public_updated_at: datetime | None
    solved_at: datetime | None
    first_response_at: datetime | None
    waiting_since: datetime | None
    messages: tuple[datetime, ...]


def moments(ticket: ReadyTicket, now: datetime) -> Moments:
    """Moments as the other system told them; what it did not tell is put where it fits."""
    row = ticket.row
    told = [moment for moment in (row.updated_at, row.solved_at) if moment is not None]
    created = min([row.created_at or min([*told, now]), now])

    def within(moment: datetime | None) -> datetime | None:
        return None if moment is None else min(max(moment, created), now)

    last = within(max(told)) if told else created
    said = _in_order(created, [within(one.at) for one in ticket.messages], last or created)
    updated = max(within(row.updated_at) or created, said[-1])
    public = [at for at, one in zip(said, ticket.messages, strict=True) if not one.internal]
    has_notes = len(public) < len(said)
    answers = [one.author_id is not None for one in ticket.messages if not one.internal]
    solved = within(row.solved_at) or updated if row.status in DONE else None
    return Moments(
        created_at=created,
        updated_at=updated if solved is None else max(updated, solved),
        public_updated_at=max(public[-1], solved or created) if has_notes else None,
        solved_at=solved,
        first_response_at=within(row.first_response_at or _first_response(ticket)),
        waiting_since=last_messages.waiting_since(row.status, public, answers),
        messages=said,
    )


def _in_order(
    created: datetime, told: list[datetime | None], last: datetime
) -> tuple[datetime, ...]:
    """A moment for each message, none before the one above it."""
    found = [created]
    for moment in told[1:]:
        found.append(max(found[-1], moment or last))
    return tuple(found)


def _first_response(ticket: ReadyTicket) -> datetime | None:
    answers = (one for one in ticket.messages if one.author_id is not None and not one.internal)
    return next((one.at for one in answers), None)


def versions(ticket: ReadyTicket) -> list[dict[str, Any]]:
    """The versions that each message made, for the staff and for customers.

    Those of the last one are the ticket's.
    """
    found, public = [], 0
    for version, one in enumerate(ticket.messages, start=1):
        public += not one.internal
        found.append(
            {"ticket_version": version, "public_version": public if public < version else None}
        )
    return found
