"""The rows of each table: all that match, once each, with the columns that were chosen."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from flask import Flask

from portal import clock
from portal.errors import Invalid
from portal.extensions import begin_log_write, db
from portal.models.operations import TableKind
from portal.models.people import Actor
from portal.models.tickets import Channel, FirstType, Priority, Rating, Ticket, TicketStatus
from portal.queries.operations.export_tables import comments, reading
from portal.queries.operations.export_tables.reading import Scope
from portal.queries.operations.export_tables.tables import TABLES
from portal.queries.tickets.lists import ticket_list
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.services.operations import action_log
from portal.services.tickets import products, tickets
from tests import factories
from tests.cast import Cast, make_cast
from tests.databases import unchanged
from tests.products import add_product
from tests.statements import statements

DAY = timedelta(days=1)
# Filters of the queue; 1 is Ann's, 2 and 3 are Bob's, 4 is Carl's, 5 is in the trash.
FILTERS = {
    "": [1, 2, 3, 4],
    "view=unsolved": [2, 3, 4],
    "view=to_answer": [3, 4],
    "view=mine": [2],
    "view=unassigned": [3, 4],
    "status=solved": [1],
    "view=unsolved&status=solved": [1],
    "priority=urgent": [3],
    "channel=api&type=incident&language=de": [4],
    "department=IT": [4],
    "assignee=me": [2],
    "assignee=none": [1, 3, 4],
    "requester=USR000002": [2, 3],
    "organization=ORG000001": [1, 2, 3],
    "organization=ORG000001&priority=urgent&view=unsolved": [3],
    "tag=cold": [2, 3],
    "product=PRD000001": [3],
    "tag=cold&product=PRD000001": [3],
    "q=boiler&product=PRD000001": [],
    "q=radiator&product=PRD000001": [3],
    "q=product:lamp": [3],
    "q=product:PRD000001+tag:cold": [3],
    "q=-product:lamp": [1, 2, 4],
    "q=(product:nothing+OR+status:solved)": [1],
    "tag=cold&view=unsolved&sort=-priority": [2, 3],
    "q=boiler": [1, 2],
    "q=boiler&tag=cold": [2],
    "q=-boiler": [3, 4],
    "q=REQ000003": [3],
    "q=status:solved": [1],
    "q=boiler+status:open": [2],
    "q=requester:bob": [2, 3],
    "q=(tag:cold+OR+status:solved)": [1, 2, 3],
    "q=no:such:thing+nothing": [],
    "cursor=12.3": [1, 2, 3, 4],
}


@pytest.fixture(scope="module")
def desk(shared_app: Flask) -> Iterator[Cast]:
    """Five tickets of different kinds, in a context."""
    cast = make_cast(shared_app)
    first = factories.file_ticket(shared_app, cast.ann, "Boiler", "The boiler is cold.")
    second = factories.file_ticket(shared_app, cast.bob, "Old boiler")
    third = factories.file_ticket(shared_app, cast.bob, "=Radiator")
    kind = {"type": FirstType.INCIDENT, "department": "IT", "language": "de"}
    factories.file_ticket(shared_app, cast.carl, "Frozen pipe", channel=Channel.API, **kind)
    gone = factories.file_ticket(shared_app, cast.carl, "Spam")
    factories.post_comment(shared_app, cast.sam, second, "We look into it.")
    factories.post_comment(shared_app, cast.sam, second, "He is cross.", internal=True)
    factories.rate_ticket(shared_app, cast.ann, first, Rating.GOOD, "Quick")
    lamp = add_product(shared_app, cast.bob, "=Lamp", stocks={"North": 2})
    with factories.writing(shared_app):
        row = {n.id: db.session.get_one(Ticket, n.id) for n in (second, third, gone)}
        sam = cast.sam
        tickets.assign(actor=sam, ticket=row[second.id], assignee=_user(sam))
        tickets.set_status(actor=sam, ticket=row[second.id], status=TicketStatus.OPEN)
        tickets.set_priority(actor=sam, ticket=row[third.id], priority=Priority.URGENT)
        products.add(actor=sam, ticket=row[third.id], ids=[lamp])
        for ticket in (second, third):
            tickets.set_tags(actor=sam, ticket=row[ticket.id], names=["cold", "heating"])
        tickets.delete(actor=sam, ticket=row[gone.id])
    with shared_app.app_context():
        begin_log_write()
        action_log.seal_new()
        db.session.commit()
    with unchanged(shared_app), shared_app.app_context():
        yield cast


def _user(person: Actor) -> Any:
    from portal.models.people import User

    return db.session.get_one(User, person.id)


def rows(
    kind: TableKind, person: Actor, names: Sequence[str], query: str = "", **period: Any
) -> list[list[Any]]:
    scope = Scope(person, query, **period)
    return [row for batch in TABLES[kind].batches(scope, names) for row in batch.rows]


def numbers(person: Actor, query: str = "", **period: Any) -> list[int]:
    found = rows(TableKind.TICKETS, person, ["number"], query, **period)
    return [int(number.removeprefix("REQ")) for (number,) in found]


@pytest.mark.parametrize("batch", [1, 2000])
@pytest.mark.parametrize("query", FILTERS)
def test_a_filter_of_the_queue_gives_what_the_queue_shows_in_the_order_of_numbers(
    desk: Cast, monkeypatch: pytest.MonkeyPatch, query: str, batch: int
) -> None:
    monkeypatch.setattr(reading, "BATCH", batch)
    assert numbers(desk.sam, query) == FILTERS[query]
    wanted = TicketFilter.from_args(dict(parse_qsl(query))).first_page
    listed = ticket_list.page(desk.sam, wanted).rows
    assert sorted(row.id for row in listed) == FILTERS[query]


def test_me_is_who_asks(desk: Cast) -> None:
    assert numbers(desk.sue, "assignee=me") == []


def test_a_filter_that_nobody_knows_is_refused(desk: Cast) -> None:
    with pytest.raises(Invalid):
        numbers(desk.ada, "status=lost")


@pytest.mark.parametrize("kind", TableKind)
def test_a_period_has_its_beginning_and_not_its_end(desk: Cast, kind: TableKind) -> None:
    now, (name, *_) = clock.now(), TABLES[kind].columns
    assert rows(kind, desk.ada, [name], since=now - DAY, until=now + DAY)
    assert not rows(kind, desk.ada, [name], since=now + DAY)
    assert not rows(kind, desk.ada, [name], until=now - DAY)


def test_the_first_moment_of_a_period_is_in_it_and_the_last_is_not(desk: Cast) -> None:
    filed = db.session.get_one(Ticket, 2).created_at
    assert 2 in numbers(desk.ada, since=filed)
    assert 2 not in numbers(desk.ada, until=filed)


@pytest.mark.parametrize("kind", TableKind)
def test_each_column_alone_has_the_cells_that_it_has_among_all(desk: Cast, kind: TableKind) -> None:
    names = list(TABLES[kind].columns)
    whole = rows(kind, desk.ada, names)
    assert whole
    for at, name in enumerate(names):
        assert rows(kind, desk.ada, [name]) == [[row[at]] for row in whole], name
    backwards = rows(kind, desk.ada, names[::-1])
    assert backwards == [row[::-1] for row in whole]


def test_the_columns_of_a_ticket_say_what_is_true_of_it(desk: Cast) -> None:
    columns = (
        "subject status priority tags requester_id requester_name requester_email "
        "organization_id organization_name assignee_id assignee_name channel department"
    )
    found = rows(TableKind.TICKETS, desk.ada, columns.split())
    assert found[1] == [
        "Old boiler", "open", "medium", "cold, heating", "USR000002", "Bob Baker",
        "bob@example.com", "ORG000001", "Acme", "USR000004", "Sam Smith", "page", None,
    ]  # fmt: skip
    assert found[3][-4:] == [None, None, "api", "IT"]


def test_messages_stand_ticket_by_ticket_with_notes_marked(desk: Cast) -> None:
    names = ["number", "author_name", "internal", "message"]
    assert rows(TableKind.COMMENTS, desk.ada, names, "organization=ORG000001") == [
        ["REQ000001", "Ann Archer", False, "The boiler is cold."],
        ["REQ000002", "Bob Baker", False, "Old boiler. Please help."],
        ["REQ000002", "Sam Smith", False, "We look into it."],
        ["REQ000002", "Sam Smith", True, "He is cross."],
        ["REQ000003", "Bob Baker", False, "=Radiator. Please help."],
    ]


def test_messages_come_once_each_in_batches_of_any_size(
    desk: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = rows(TableKind.COMMENTS, desk.ada, ["number", "message"])
    assert len(whole) == 6
    for size in (1, 2, 3):
        monkeypatch.setattr(comments, "_TICKETS", size)
        monkeypatch.setattr(comments, "_ROWS", size)
        assert rows(TableKind.COMMENTS, desk.ada, ["number", "message"]) == whole


def test_ratings_are_of_rated_tickets_alone(desk: Cast) -> None:
    names = ["number", "rating", "rating_comment", "requester_name"]
    assert rows(TableKind.RATINGS, desk.ada, names) == [
        ["REQ000001", "good", "Quick", "Ann Archer"]
    ]
    assert rows(TableKind.RATINGS, desk.ada, names, "organization=ORG000002") == []


def test_people_and_organizations_are_all_there(desk: Cast) -> None:
    people = rows(TableKind.PEOPLE, desk.ada, ["email", "role", "organization_name", "is_active"])
    assert people[0] == ["ann@example.com", "customer", "Acme", True]
    assert len(people) == 6
    names = ["id", "name", "personal", "members"]
    assert rows(TableKind.ORGANIZATIONS, desk.ada, names)[::2] == [
        ["ORG000001", "Acme", False, 2],
        ["ORG000003", "Carl", True, 1],
    ]


def test_actions_name_who_did_what_to_what(desk: Cast) -> None:
    names = ["kind", "actor_id", "actor_name", "ticket"]
    found = rows(TableKind.ACTIONS, desk.ada, names)
    assert ["deleted", "USR000004", "Sam Smith", "REQ000005"] in found
    assert rows(TableKind.ACTIONS, desk.ada, ["id"]) == [[n] for n in range(1, len(found) + 1)]


@pytest.mark.parametrize("kind", TableKind)
def test_a_batch_costs_the_same_statements_however_many_rows(
    desk: Cast, shared_app: Flask, kind: TableKind
) -> None:
    with statements(shared_app) as seen:
        rows(kind, desk.ada, list(TABLES[kind].columns))
    assert len(seen) <= 3
    assert not [
        statement for statement in seen if "OFFSET" in statement and "? OFFSET" not in statement
    ]
