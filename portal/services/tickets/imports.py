"""Imports tickets of another system in bulk, with their history. Sends no mail."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import insert, select

from portal import clock, markdown
from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import Actor, OrganizationRole, Role, User
from portal.models.tickets import (
    DONE,
    Comment,
    EventKind,
    SearchDocument,
    Ticket,
    TicketEvent,
    TicketStatus,
    TicketTag,
)
from portal.models.tickets.ticket_count import UNASSIGNED
from portal.queries.people import users
from portal.services.tickets import counts, search, tags
from portal.services.tickets.import_rows import Row


def placeholder_user(role: Role) -> User:
    """The disabled account that stands for imported people of that role.

    It has no password and an address that cannot receive mail (RFC 2606), so nobody can register or
    reset it.
    """
    email = f"imported-{role}@lodge.invalid"
    if (known := users.by_email(email)) is not None:
        return known
    organization = Organization(name="Imported tickets", personal=False)
    db.session.add(organization)
    db.session.flush()  # the user needs the organization's id
    user = User(
        email=email,
        first_name="Imported",
        last_name=role.value,
        role=role,
        organization_id=organization.id,
        organization_role=OrganizationRole.USER,
        is_active=False,
        epoch=0,
        locale="en",
        timezone="UTC",
    )
    db.session.add(user)
    db.session.flush()  # tickets need the user's id
    return user


class ReadyRow(NamedTuple):
    """A row with its rendered messages."""

    row: Row
    html: str
    answer_html: str


def prepare(row: Row) -> ReadyRow:
    """Render the messages of `row`, before the write transaction."""
    return ReadyRow(row, markdown.render(row.message), row.answer and markdown.render(row.answer))


def add(rows: Sequence[ReadyRow], *, requester: Actor, staff: Actor, answered: TicketStatus) -> int:
    """Add the tickets that are not imported yet; return how many.

    `requester` files all of them and `staff` answers. Answered tickets get the status `answered`,
    others are new.
    """
    new = _not_imported(rows, requester)
    if not new:
        return 0
    tickets = [_ticket(prepared.row, requester, answered) for prepared in new]
    by_id = dict(zip(_inserted(Ticket, tickets), new, strict=True))
    _add_conversation(by_id, requester=requester, staff=staff)
    _link_tags(by_id)
    _index(by_id, requester, staff)
    counts.apply(Counter(counts.CountKey(t["status"], t["priority"], UNASSIGNED) for t in tickets))
    return len(new)


def _not_imported(rows: Sequence[ReadyRow], requester: Actor) -> list[ReadyRow]:
    # Serializes concurrent imports.
    db.session.get_one(User, requester.id, with_for_update=True)
    keys = [prepared.row.key for prepared in rows]
    known = set(db.session.scalars(select(Ticket.import_key).where(Ticket.import_key.in_(keys))))
    return [prepared for prepared in rows if prepared.row.key not in known]


def _inserted(model: type[Ticket | Comment], rows: list[dict[str, Any]]) -> list[int]:
    """Insert rows and return their ids, in order."""
    statement = insert(model).returning(model.id, sort_by_parameter_order=True)
    return list(db.session.scalars(statement, rows))


_KEPT = tuple(name for name in Row._fields if name in Ticket.__table__.columns)


def _ticket(row: Row, requester: Actor, answered: TicketStatus) -> dict[str, Any]:
    moment = clock.now()
    status = answered if row.answer else TicketStatus.NEW
    return {
        **{name: getattr(row, name) for name in _KEPT},
        "organization_id": requester.organization_id,
        "requester_id": requester.id,
        "status": status,
        "priority": int(row.priority),
        "version": 2 if row.answer else 1,
        "created_at": moment,
        "updated_at": moment,
        # The time of the first response is unknown, so it is left out of statistics.
        "solved_at": moment if status in DONE else None,
        "import_key": row.key,
    }


def _comment(
    ticket_id: int, message: str, html: str, author: Actor, *, version: int = 1
) -> dict[str, Any]:
    return {
        "ticket_id": ticket_id,
        "author_id": author.id,
        "internal": False,
        "message": message,
        "html": html,
        "renderer_version": markdown.RENDERER_VERSION,
        "ticket_version": version,
        "created_at": clock.now(),
    }


def _add_conversation(tickets: Mapping[int, ReadyRow], *, requester: Actor, staff: Actor) -> None:
    """Add question, answer and the history's one event of each ticket."""
    asked = [_comment(i, p.row.message, p.html, requester) for i, p in tickets.items()]
    events = [
        {
            "ticket_id": ticket_id,
            "actor_id": staff.id,
            "comment_id": comment_id,
            "kind": EventKind.IMPORTED,
            "data": {},
            "created_at": clock.now(),
        }
        for ticket_id, comment_id in zip(tickets, _inserted(Comment, asked), strict=True)
    ]
    db.session.execute(insert(TicketEvent), events)
    answers = [
        _comment(i, p.row.answer, p.answer_html, staff, version=2)
        for i, p in tickets.items()
        if p.row.answer
    ]
    if answers:
        db.session.execute(insert(Comment), answers)


def _link_tags(tickets: Mapping[int, ReadyRow]) -> None:
    names = {name for prepared in tickets.values() for name in prepared.row.tags}
    ids = tags.ids_for(sorted(names))
    links = [
        {"ticket_id": ticket_id, "tag_id": ids[name]}
        for ticket_id, prepared in tickets.items()
        for name in prepared.row.tags
    ]
    if links:
        db.session.execute(insert(TicketTag), links)


def _index(tickets: Mapping[int, ReadyRow], requester: Actor, staff: Actor) -> None:
    documents = [
        {
            "ticket_id": ticket_id,
            "public": search.public_document(
                ticket_id=ticket_id,
                organization_id=requester.organization_id,
                requester_id=requester.id,
                authors=[requester.id, *([staff.id] if row.answer else [])],
                texts=[row.subject, row.message, row.answer],
            ),
            "internal": "",
        }
        for ticket_id, (row, _html, _answer) in tickets.items()
    ]
    db.session.execute(insert(SearchDocument), documents)
