"""Imports tickets of another system in bulk, with their people and history. Sends no mail."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from portal import clock, markdown
from portal.extensions import db, lock_imports
from portal.models.people import Actor
from portal.models.tickets import Comment, EventKind, SearchDocument, Ticket, TicketEvent, TicketTag
from portal.models.tickets.ticket_count import UNASSIGNED
from portal.queries.people.users import Account
from portal.services.people.imports import accounts_for
from portal.services.tickets import (
    counts,
    departments,
    last_messages,
    search,
    tags,
    uncounted,
)
from portal.services.tickets.importing.import_histories import (
    Moments,
    ReadyMessage,
    ReadyTicket,
    moments,
    ready,
    versions,
)
from portal.services.tickets.importing.import_rows import ImportedTicket
from portal.services.tickets.importing.import_staff import ImportStaff


@dataclass(frozen=True)
class TicketImport:
    """What all tickets of an import have in common.

    `source` names the old desk, `requester` files what has no address, `staff` writes what nobody
    here has written.
    """

    source: str
    requester: Actor
    staff: Actor
    directory: ImportStaff


def prepare(row: ImportedTicket, how: TicketImport) -> ReadyTicket:
    """Render the messages of `row` and find their terms, before the write transaction."""
    return ready(row, how.directory, staff_id=how.staff.id)


def known_keys(keys: Collection[str]) -> set[str]:
    """Those of `keys` whose tickets are here, in the trash as well."""
    return set(db.session.scalars(select(Ticket.import_key).where(Ticket.import_key.in_(keys))))


def add(tickets: Sequence[ReadyTicket], how: TicketImport) -> int:
    """Add the tickets that are not imported yet; return how many."""
    lock_imports()
    known = known_keys([ticket.row.key for ticket in tickets])
    new = {ticket.row.key: ticket for ticket in reversed(tickets) if ticket.row.key not in known}
    if not new:
        return 0
    _add_all([ticket for ticket in tickets if new.get(ticket.row.key) is ticket], how)
    return len(new)


def _add_all(tickets: Sequence[ReadyTicket], how: TicketImport) -> None:
    people = [ticket.row.requester for ticket in tickets if ticket.row.requester]
    accounts = accounts_for(people, source=how.source)
    default = Account(how.requester.id, how.requester.organization_id)
    owners = [
        accounts[ticket.row.requester.email] if ticket.row.requester else default
        for ticket in tickets
    ]
    now = clock.now()
    happened = [moments(ticket, now) for ticket in tickets]
    rows = [
        _ticket(ticket.row, owner, ticket, moment)
        for ticket, owner, moment in zip(tickets, owners, happened, strict=True)
    ]
    departments.add_missing(row["department"] for row in rows)
    ids = _inserted(Ticket, rows)
    _add_conversations(ids, tickets, owners, happened, actor=how.staff)
    _link_tags(ids, tickets)
    _index(ids, tickets, owners)
    uncounted.note(*ids)
    counts.apply(
        Counter(
            counts.CountKey(
                row["status"],
                row["priority"],
                row["assignee_id"] or UNASSIGNED,
                row["waiting_since"] is not None,
            )
            for row in rows
        )
    )


def _inserted(model: type[Ticket | Comment], rows: list[dict[str, Any]]) -> list[int]:
    """Insert rows and return their ids, in order."""
    statement = insert(model).returning(model.id, sort_by_parameter_order=True)
    return list(db.session.scalars(statement, rows))


# `priority` is a number there, and moments are fitted.
_KEPT = ("external_number", "subject", "status", "type", "department", "language", "channel")


def _ticket(
    row: ImportedTicket, owner: Account, ticket: ReadyTicket, when: Moments
) -> dict[str, Any]:
    last = versions(ticket)[-1]
    return {
        **{name: getattr(row, name) for name in _KEPT},
        "organization_id": owner.organization_id,
        "requester_id": owner.user_id,
        "assignee_id": ticket.assignee_id,
        "priority": int(row.priority),
        "version": last["ticket_version"],
        "public_version": last["public_version"],
        "created_at": when.created_at,
        "updated_at": when.updated_at,
        "public_updated_at": when.public_updated_at,
        "first_response_at": when.first_response_at,
        "solved_at": when.solved_at,
        "waiting_since": when.waiting_since,
        "import_key": row.key,
    }


def _add_conversations(
    ids: Sequence[int],
    tickets: Sequence[ReadyTicket],
    owners: Sequence[Account],
    happened: Sequence[Moments],
    *,
    actor: Actor,
) -> None:
    """Add all messages, and the history's one event of each ticket."""
    comments: list[dict[str, Any]] = []
    questions: list[int] = []
    for ticket_id, ticket, owner, when in zip(ids, tickets, owners, happened, strict=True):
        questions.append(len(comments))
        comments += _comments(ticket_id, ticket, owner, when)
    comment_ids = _inserted(Comment, comments)
    _remember_last(comments, comment_ids)
    events = [
        {
            "ticket_id": ticket_id,
            "actor_id": actor.id,
            "comment_id": comment_ids[position],
            "kind": EventKind.IMPORTED,
            "data": {},
            "created_at": clock.now(),
        }
        for ticket_id, position in zip(ids, questions, strict=True)
    ]
    db.session.execute(insert(TicketEvent), events)


def _remember_last(comments: Sequence[dict[str, Any]], ids: Sequence[int]) -> None:
    """Note the last public message of each ticket. The question is public, so each has one."""
    last = {
        comment["ticket_id"]: {
            "of": comment["ticket_id"],
            "message": comment_id,
            "by": comment["author_id"],
            "words": last_messages.excerpt(comment["html"]),
        }
        for comment, comment_id in zip(comments, ids, strict=True)
        if not comment["internal"]
    }
    statement = (
        update(Ticket)
        .where(Ticket.id == bindparam("of"))
        .values(
            last_message_id=bindparam("message"),
            last_message_by_id=bindparam("by"),
            last_message_excerpt=bindparam("words"),
        )
    )
    db.session.connection().execute(statement, list(last.values()))


def _comments(
    ticket_id: int, ticket: ReadyTicket, owner: Account, when: Moments
) -> list[dict[str, Any]]:
    return [
        {
            "ticket_id": ticket_id,
            "author_id": _author_id(one, owner),
            "internal": one.internal,
            "message": one.message,
            "html": one.html,
            "renderer_version": markdown.RENDERER_VERSION,
            "created_at": at,
            **version,
        }
        for one, at, version in zip(ticket.messages, when.messages, versions(ticket), strict=True)
    ]


def _link_tags(ids: Sequence[int], tickets: Sequence[ReadyTicket]) -> None:
    names = {name for ticket in tickets for name in ticket.row.tags}
    tag_ids = tags.ids_for(sorted(names))
    links = [
        {"ticket_id": ticket_id, "tag_id": tag_ids[name]}
        for ticket_id, ticket in zip(ids, tickets, strict=True)
        for name in ticket.row.tags
    ]
    if links:
        db.session.execute(insert(TicketTag), links)


def _index(ids: Sequence[int], tickets: Sequence[ReadyTicket], owners: Sequence[Account]) -> None:
    rows = []
    for ticket_id, ticket, owner in zip(ids, tickets, owners, strict=True):
        messages = [
            search.MessageTerms(_author_id(one, owner), one.internal, one.terms)
            for one in ticket.messages
        ]
        document = search.ticket_document(
            messages,
            ticket_id=ticket_id,
            organization_id=owner.organization_id,
            requester_id=owner.user_id,
            assignee_id=ticket.assignee_id,
        )
        rows.append({"ticket_id": ticket_id, **document._asdict()})
    db.session.execute(insert(SearchDocument), rows)


def _author_id(message: ReadyMessage, owner: Account) -> int:
    return owner.user_id if message.author_id is None else message.author_id
