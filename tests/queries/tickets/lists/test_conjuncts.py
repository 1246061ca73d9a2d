"""A search for what few tickets have does not read the others, on both databases."""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from flask import Flask
from flask.ctx import AppContext
from sqlalchemy import event, insert, update

from portal.extensions import db
from portal.models.people import Actor
from portal.models.tickets import Ticket
from portal.queries import time_limit
from portal.queries.tickets.lists import conjuncts, ticket_list
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from tests import factories
from tests.cast import Cast
from tests.queries.tickets.test_plans import explained, sorts
from tests.statements import sqlite_work

NO_HIT = [
    "has:attachment",
    "created:2019",
    "created<2019-05-01",
    "updated:2019",
    "updated<2019",
    "reopened:2019",
    "type:incident",
    "department:it",
    "language:fr,de",
    "rating:bad",
    "assignee:nobody-of-this-name",
    "assignee:USR999999,ghost@example.com",
]


@pytest.fixture
def context(app: Flask, cast: Cast) -> Iterator[AppContext]:
    factories.file_ticket(app, cast.ann, "Lamp")
    with app.app_context() as held:
        yield held


def found(actor: Actor, q: str) -> list[int]:
    wanted = TicketFilter.from_args({"q": q, "view": "all"})
    return [row.id for row in ticket_list.page(actor, wanted).rows]


def last_plan(actor: Actor, q: str) -> list[str]:
    sent: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, text: str, parameters: Any, *_more: object) -> None:
        sent.append((text, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    found(actor, q)
    event.remove(db.engine, "before_cursor_execute", note)
    return explained(*sent[-1])


@pytest.mark.parametrize(
    ("q", "index"),
    [
        ("has:attachment", "ix_attachments_ticket_id"),
        ("created:2019", "ix_tickets_created"),
        ("created<2019-05-01", "ix_tickets_created"),
        ("created:2019..2020 has:attachment", "ix_"),
        ("solved:2019", "ix_ticket_facts_solved_on"),
        ("rating:bad", "ix_ticket_facts_rated_on"),
    ],
)
def test_few_tickets_are_found_by_an_index_first(
    cast: Cast, context: AppContext, q: str, index: str
):
    assert index in " ".join(last_plan(cast.sam, q))


@pytest.mark.parametrize("q", ["has:attachment", "created:2019", "created>2019-05-01"])
def test_many_are_met_in_the_order_of_the_list(
    cast: Cast, context: AppContext, monkeypatch: pytest.MonkeyPatch, q: str
):
    monkeypatch.setattr(conjuncts, "FEW", -1)
    assert not sorts(last_plan(cast.sam, q))


@pytest.mark.parametrize("q", ["created>=2019-05-01", "created:7d", "updated:7d", "updated>2019"])
def test_the_list_ends_where_no_ticket_can_be_new_enough(
    cast: Cast, context: AppContext, monkeypatch: pytest.MonkeyPatch, q: str
):
    monkeypatch.setattr(conjuncts, "FEW", -1)
    steps = " ".join(last_plan(cast.sam, q))
    assert "ix_tickets_updated" in steps
    assert "updated_at>" in steps or "updated_at >= " in steps or "updated_at > " in steps


@pytest.mark.parametrize("q", ["type:incident", "department:it", "language:DE"])
def test_a_kind_is_read_by_its_index_however_it_is_written(
    app: Flask, cast: Cast, context: AppContext, q: str
):
    with factories.writing(app):
        kinds = {"type": "incident", "department": "IT", "language": "de"}
        db.session.execute(update(Ticket).where(Ticket.id == 1).values(kinds))
    steps = last_plan(cast.sam, q)
    assert found(cast.sam, q) == [1] and not sorts(steps)
    if db.engine.name == "sqlite":  # which is told what to read by
        assert f"ix_tickets_{q.partition(':')[0]}_updated" in " ".join(steps)


def test_two_ways_of_writing_a_department_are_one(app: Flask, cast: Cast, context: AppContext):
    for name in ("IT", "it", "Sales"):
        ticket = factories.file_ticket(app, cast.ann, "Lamp")
        with factories.writing(app):
            one = update(Ticket).where(Ticket.id == ticket.id)
            db.session.execute(one.values(department=name, language="de"))
    assert found(cast.sam, "department:It") == [3, 2]
    assert found(cast.sam, "department:it language:de -department:sales") == [3, 2]
    assert found(cast.sam, "department:sales,none") == [4, 1]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("q", NO_HIT)
def test_a_search_without_a_hit_costs_the_same_however_many_tickets_there_are(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, q: str
):
    # The limit of time hangs on the same hook as the count of steps.
    monkeypatch.setattr(time_limit, "_limited", lambda *_: nullcontext())

    def work() -> int:
        with sqlite_work(app) as done, app.app_context():
            assert found(cast.sam, q) == []
        return done[0]

    _copy_a_ticket(app, cast, 20)
    before = work()
    _copy_a_ticket(app, cast, 2_000)
    assert before > 0
    assert work() <= before + 10


def _copy_a_ticket(app: Flask, cast: Cast, times: int) -> None:
    filed = factories.file_ticket(app, cast.ann, "Lamp")
    with factories.writing(app):
        ticket = db.session.get_one(Ticket, filed.id)
        names = [column.key for column in Ticket.__table__.columns if column.key != "id"]
        row = {name: getattr(ticket, name) for name in names}
        db.session.execute(insert(Ticket), [row] * times)


def test_days_and_files_find_what_they_found(app: Flask, cast: Cast, context: AppContext):
    for q in (
        "created:7d",
        "created>=2019-05-01",
        "updated:7d",
        "created:2019..",
        "-has:attachment",
    ):
        assert found(cast.sam, q) == [1], q
    for q in ("created:2019 OR has:attachment", "created<2019-05-01", "updated<2019-05-01"):
        assert found(cast.sam, q) == [], q
