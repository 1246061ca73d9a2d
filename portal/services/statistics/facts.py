"""Reads what of tickets is counted: as they are now, and as they have been counted."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from portal.extensions import db
from portal.isolation import attempt
from portal.models.statistics import TicketFact
from portal.models.tickets import (
    DONE,
    EventKind,
    Tag,
    Ticket,
    TicketEvent,
    TicketProduct,
    TicketTag,
)
from portal.queries.paging import AnyRow
from portal.queries.tickets.tickets import NOT_DELETED
from portal.services.statistics.cells import Fact

_COLUMNS = (
    Ticket.id,
    Ticket.created_at,
    Ticket.first_response_at,
    Ticket.solved_at,
    Ticket.updated_at,
    Ticket.rated_at,
    Ticket.rating,
    Ticket.status,
    Ticket.priority,
    Ticket.channel,
    Ticket.type,
    Ticket.department,
    Ticket.language,
    Ticket.organization_id,
    Ticket.assignee_id,
)

_FACT = tuple(TicketFact.__table__.c[name] for name in Fact._fields)


def counted(ids: Sequence[int]) -> dict[int, Fact]:
    """The facts of these tickets as they have been counted; none of those that were not."""
    query = select(*_FACT).where(TicketFact.ticket_id.in_(ids), TicketFact.is_gone.is_(False))
    return {row.ticket_id: Fact._make(row) for row in db.session.connection().execute(query)}


def gone_after(ticket_id: int, limit: int) -> list[Fact]:
    """The facts of tickets that were deleted for good, by id."""
    query = select(*_FACT).where(TicketFact.ticket_id > ticket_id, TicketFact.is_gone)
    rows = db.session.connection().execute(query.order_by(TicketFact.ticket_id).limit(limit))
    return [Fact._make(row) for row in rows]


def present(ids: Sequence[int], zone: ZoneInfo) -> dict[int, Fact]:
    """The facts of these tickets now; none of those in the trash, or that cannot be read."""
    query = select(*_COLUMNS).where(Ticket.id.in_(ids), NOT_DELETED)
    rows = db.session.connection().execute(query).all()
    tags, products, reopened = _tags(ids), _products(ids), _reopened(ids)
    found = {row.id: row for row in rows}

    def read(of: int) -> Fact:
        return _fact(found[of], zone, tags[of], products[of], reopened.get(of))

    facts = {of: attempt("facts of ticket", read, of) for of in found}
    return {of: fact for of, fact in facts.items() if fact is not None}


def _tags(ids: Sequence[int]) -> dict[int, list[str]]:
    query = select(TicketTag.ticket_id, Tag.name).join(Tag).where(TicketTag.ticket_id.in_(ids))
    found: dict[int, list[str]] = defaultdict(list)
    for ticket_id, name in db.session.connection().execute(query):
        found[ticket_id].append(name)
    return found


def _products(ids: Sequence[int]) -> dict[int, list[int]]:
    query = select(TicketProduct.ticket_id, TicketProduct.product_id)
    found: dict[int, list[int]] = defaultdict(list)
    of_tickets = query.where(TicketProduct.ticket_id.in_(ids))
    for ticket_id, product_id in db.session.connection().execute(of_tickets):
        found[ticket_id].append(product_id)
    return found


def _reopened(ids: Sequence[int]) -> dict[int, datetime]:
    """When each of these tickets was last opened again. What was undone did not happen."""
    query = (
        select(TicketEvent.ticket_id, TicketEvent.data, TicketEvent.created_at)
        .where(TicketEvent.ticket_id.in_(ids), TicketEvent.kind == EventKind.STATUS)
        .order_by(TicketEvent.id)
    )
    found: dict[int, list[datetime]] = defaultdict(list)
    for ticket_id, data, moment in db.session.connection().execute(query):
        was_done, is_done = data["from"] in DONE, data["to"] in DONE
        if data.get("undone"):
            if is_done and not was_done:
                del found[ticket_id][-1:]
        elif was_done and not is_done:
            found[ticket_id].append(moment)
    return {ticket_id: moments[-1] for ticket_id, moments in found.items() if moments}


def _fact(
    row: AnyRow,
    zone: ZoneInfo,
    tags: Sequence[str],
    products: Sequence[int],
    reopened: datetime | None,
) -> Fact:
    filed = row.created_at.astimezone(zone)
    solved = (row.solved_at or row.updated_at) if row.status in DONE else None

    # Another desk may have told moments before the ticket was filed.
    def day(moment: datetime | None) -> date | None:
        return None if moment is None else max(moment.astimezone(zone), filed).date()

    def seconds(end: datetime | None) -> int | None:
        return None if end is None else max(0, int((end - row.created_at).total_seconds()))

    return Fact(
        ticket_id=row.id,
        filed_on=filed.date(),
        weekday=filed.weekday(),
        hour=filed.hour,
        answered_on=day(row.first_response_at),
        answer_seconds=seconds(row.first_response_at),
        solved_on=day(solved),
        solution_seconds=seconds(solved),
        reopened_on=day(reopened),
        rated_on=day(row.rated_at) if row.rating else None,
        rating=row.rating,
        status=row.status,
        priority=row.priority,
        channel=row.channel,
        type=row.type,
        department=row.department,
        language=row.language,
        organization_id=row.organization_id,
        assignee_id=row.assignee_id,
        tags=" ".join(sorted(tags)),
        products=" ".join(map(str, sorted(products))),
    )
