"""Imported tickets are as if they had always been here: moments, versions, counts, search."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.ctx import AppContext
from sqlalchemy import func, select

from portal import clock
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox
from portal.models.tickets import (
    Channel,
    Comment,
    EventKind,
    Priority,
    SearchDocument,
    Ticket,
    TicketCount,
    TicketEvent,
    TicketStatus,
)
from portal.models.webhooks import WebhookDelivery
from portal.queries.tickets import workload
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.queries.tickets.lists.ticket_list import page
from portal.services.people.imports import ImportedPerson
from portal.services.tickets import comments, search_rebuild
from portal.services.tickets.importing import imports
from portal.services.tickets.importing.import_rows import ImportedComment, ImportedTicket
from portal.services.tickets.importing.import_staff import ImportStaff
from portal.services.tickets.importing.imports import TicketImport
from tests.cast import Cast

FILED = datetime(2025, 11, 12, 9, 5, tzinfo=UTC)
NEW = ImportedPerson("new@example.org", "New", "Person", "Northwind")
TICKET = ImportedTicket(
    key="k" * 64,
    external_number="ZD-4711",
    subject="Boiler",
    message="It is cold",
    comments=(),
    requester=NEW,
    status=TicketStatus.OPEN,
    priority=Priority.HIGH,
    type=None,
    department=None,
    language=None,
    channel=Channel.IMPORT,
    tags=["heating"],
    assignee="",
    created_at=FILED,
    updated_at=None,
    solved_at=None,
    first_response_at=None,
)


def at(days: int) -> datetime:
    return FILED + timedelta(days=days)


def added(cast: Cast, *rows: ImportedTicket) -> list[Ticket]:
    how = TicketImport("zendesk", cast.carl, cast.sue, ImportStaff.load())
    prepared = [imports.prepare(row, how) for row in rows]
    begin_write()
    imports.add(prepared, how)
    db.session.commit()
    return list(db.session.scalars(select(Ticket).order_by(Ticket.id)))


def found(cast: Cast, q: str) -> int:
    return len(page(cast.sam, TicketFilter.from_args({"q": q})).rows)


def conversation() -> list[Comment]:
    return list(db.session.scalars(select(Comment).order_by(Comment.id)))


def test_moments_are_those_of_the_old_desk(context: AppContext, cast: Cast) -> None:
    solved = TICKET._replace(
        status=TicketStatus.SOLVED, updated_at=at(3), solved_at=at(2), first_response_at=at(1)
    )
    (ticket,) = added(cast, solved)
    assert (ticket.created_at, ticket.updated_at) == (FILED, at(3))
    assert (ticket.first_response_at, ticket.solved_at) == (at(1), at(2))
    response, solution = workload.times(cast.sam)
    assert (response.median, solution.median) == (86_400, 2 * 86_400)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, (0, 0, None)),
        ({"updated_at": at(-5), "solved_at": at(-4)}, (0, 0, None)),
        ({"status": TicketStatus.CLOSED, "updated_at": at(2)}, (0, 2, 2)),
        ({"status": TicketStatus.CLOSED, "solved_at": at(2)}, (0, 2, 2)),
        ({"created_at": None, "updated_at": at(2)}, (2, 2, None)),
        ({"solved_at": at(2)}, (0, 0, None)),
    ],
)
def test_moments_that_are_missing_or_impossible_are_put_where_they_fit(
    context: AppContext, cast: Cast, told: dict[str, Any], expected: tuple[int | None, ...]
) -> None:
    (ticket,) = added(cast, TICKET._replace(**told))
    moments = (ticket.created_at, ticket.updated_at, ticket.solved_at)
    assert tuple(moment and (moment - FILED).days for moment in moments) == expected


def test_what_has_no_date_is_of_now(context: AppContext, cast: Cast) -> None:
    before = clock.now()
    (ticket,) = added(cast, TICKET._replace(created_at=None))
    assert before <= ticket.created_at == ticket.updated_at <= clock.now()


def test_comments_stand_in_their_order_by_who_wrote_them(context: AppContext, cast: Cast) -> None:
    said = (
        ImportedComment("third", "Sam Smith", at=at(3)),
        ImportedComment("first", "sam@example.com", at=at(1)),
        ImportedComment("second", "new@example.org", by_requester=True, at=at(2)),
        ImportedComment("fourth", "Some Agent", at=at(4)),
    )
    (ticket,) = added(cast, TICKET._replace(comments=said))
    lines = [(one.message, one.author_id, one.created_at) for one in conversation()]
    assert lines == [
        ("It is cold", ticket.requester_id, FILED),
        ("first", cast.sam.id, at(1)),
        ("second", ticket.requester_id, at(2)),
        ("third", cast.sam.id, at(3)),
        ("Some Agent:\n\nfourth", cast.sue.id, at(4)),
    ]
    assert (ticket.version, ticket.updated_at, ticket.first_response_at) == (5, at(4), at(1))


@pytest.mark.threat("notes and secrets shown")
def test_notes_are_the_staffs_alone_and_move_nothing_that_customers_see(
    context: AppContext, cast: Cast
) -> None:
    said = (
        ImportedComment("He is angry", "Sam Smith", internal=True, at=at(1)),
        ImportedComment("On our way", "Sam Smith", at=at(2)),
        ImportedComment("Rather sad", "Sam Smith", internal=True, at=at(3)),
    )
    (ticket,) = added(cast, TICKET._replace(comments=said))
    assert (ticket.version, ticket.public_version) == (4, 2)
    assert (ticket.updated_at, ticket.public_updated_at) == (at(3), at(2))
    assert ticket.first_response_at == at(2)
    assert [(one.internal, one.public_version) for one in conversation()] == [
        (False, None),
        (True, 1),
        (False, 2),
        (True, 2),
    ]
    assert found(cast, "angry") == 1
    (requester,) = db.session.scalars(select(Ticket.requester_id))
    mine = page(user_actor(requester), TicketFilter.from_args({"q": "angry"}))
    assert not mine.rows


def user_actor(user_id: int) -> Any:
    from portal.models.people import User

    return db.session.get_one(User, user_id).actor


def test_a_ticket_goes_on_as_if_it_had_been_filed_here(context: AppContext, cast: Cast) -> None:
    note = ImportedComment("a note", internal=True, at=at(1))
    added(cast, TICKET._replace(comments=(note,)))
    begin_write()
    (ticket,) = db.session.scalars(select(Ticket))
    comments.post(actor=cast.sam, ticket=ticket, message="We come", seen_version=ticket.version)
    db.session.commit()
    assert (ticket.version, ticket.public_version) == (3, 2)


@pytest.mark.parametrize("q", ["boiler", "cold", "ZD-4711", "4711"])
def test_it_is_found_by_its_words_and_its_former_number(
    context: AppContext, cast: Cast, q: str
) -> None:
    added(cast, TICKET)
    assert found(cast, q) == 1


def test_its_search_document_is_the_one_that_a_rebuild_makes(
    context: AppContext, cast: Cast
) -> None:
    said = (
        ImportedComment("Wir kommen morgen", "Sam Smith", at=at(1)),
        ImportedComment("He is angry", internal=True, at=at(2)),
        ImportedComment("Thanks", by_requester=True, at=at(3)),
    )
    (ticket,) = added(cast, TICKET._replace(comments=said, assignee="Sam Smith"))
    stored = db.session.get_one(SearchDocument, ticket.id)
    (fresh,) = search_rebuild.fresh_documents([ticket.id])
    assert (stored.public, stored.internal) == (fresh.public, fresh.internal)


@pytest.mark.parametrize("q", ["Northwind", "new person", "new@example.org"])
def test_it_is_found_by_its_people(context: AppContext, cast: Cast, q: str) -> None:
    added(cast, TICKET)
    assert found(cast, q) == 1


def test_it_is_assigned_to_who_is_here_by_that_address_or_name(
    context: AppContext, cast: Cast
) -> None:
    words = ("SAM@example.com", "sue stone", "Some Agent", "ann@example.com", "")
    rows = [TICKET._replace(key=f"{n:064}", assignee=word) for n, word in enumerate(words)]
    assigned = [ticket.assignee_id for ticket in added(cast, *rows)]
    assert assigned == [cast.sam.id, cast.sue.id, None, None, None]
    counts = {row.assignee_id: row.tickets for row in db.session.scalars(select(TicketCount))}
    assert counts == {0: 3, cast.sam.id: 1, cast.sue.id: 1}


def test_a_ticket_without_an_address_is_the_named_requesters(
    context: AppContext, cast: Cast
) -> None:
    (ticket,) = added(cast, TICKET._replace(requester=None))
    assert (ticket.requester_id, ticket.organization_id) == (
        cast.carl.id,
        cast.carl.organization_id,
    )


def test_its_history_says_that_it_was_imported_now_and_nobody_is_told(
    context: AppContext, cast: Cast
) -> None:
    said = (ImportedComment("We come", at=at(1)),)
    added(cast, TICKET._replace(comments=said))
    (event,) = db.session.scalars(select(TicketEvent))
    assert (event.kind, event.actor_id) == (EventKind.IMPORTED, cast.sue.id)
    assert clock.now() - event.created_at < timedelta(minutes=5)
    for model in (Outbox, WebhookDelivery):
        assert db.session.scalar(select(func.count()).select_from(model)) == 0


def test_the_same_ticket_comes_in_once(context: AppContext, cast: Cast) -> None:
    other = TICKET._replace(key="o" * 64, subject="Other")
    assert len(added(cast, TICKET, TICKET, other)) == 2
    assert len(added(cast, other, TICKET)) == 2
    assert db.session.scalar(select(func.sum(TicketCount.tickets))) == 2
