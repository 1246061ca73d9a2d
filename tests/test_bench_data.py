"""The benchmark's data is what a desk would have left, though it went past all of its code."""

import pytest
from flask import Flask
from sqlalchemy import inspect, select, text

from portal.cli import migrations
from portal.extensions import db
from portal.models.people import User
from portal.models.tickets import Ticket
from portal.queries.tickets.lists import ticket_list
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from tests import factories
from tests.bench import data, words
from tests.conftest import MakeApp
from tests.databases import Database
from tests.flows.consistency import check_counts, check_integrity

pytestmark = pytest.mark.slow

_TICKETS = 1000


@pytest.fixture
def desk(another_app: MakeApp, empty_database: Database, monkeypatch: pytest.MonkeyPatch) -> Flask:
    app = another_app(DATABASE_URL=empty_database.url)
    monkeypatch.setattr(data, "VARIETY", 100)
    with app.app_context():
        migrations.upgrade(app)
        before = made_by_hand()
        data.build(db.engine, _TICKETS)
        assert made_by_hand() == before
    return app


def made_by_hand() -> set[tuple[str, str]]:
    """Every index and every trigger, with the statement that makes it."""
    if db.engine.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type IN ('index', 'trigger')"
    else:
        query = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    with db.engine.connect() as connection:
        assert inspect(connection).has_table("tickets")
        return {tuple(row) for row in connection.execute(text(query))}


def test_rows_counts_and_words_fit_together_and_the_desk_goes_on(desk: Flask) -> None:
    with desk.app_context():
        check_counts()
        check_integrity()
        check_search_index()
        people = {name: person(name) for name in (data.STAFF_EMAIL, data.CUSTOMER_EMAIL)}
        wanted = TicketFilter.from_args({"view": "all", "q": words.RARE})
        [row] = ticket_list.page(people[data.STAFF_EMAIL], wanted, size=30).rows
        assert words.RARE in row.subject
    assert factories.file_ticket(desk, people[data.CUSTOMER_EMAIL]).id == _TICKETS + 1
    with desk.app_context():
        check_counts()
        assert db.session.scalar(select(Ticket.version).where(Ticket.id == _TICKETS)) == 3


def check_search_index() -> None:
    """That of SQLite, which grows in another file, has what the documents have."""
    if db.engine.dialect.name == "sqlite":
        check = "INSERT INTO search_index (search_index) VALUES ('integrity-check')"
        db.session.execute(text(check))
        db.session.rollback()


def person(email: str):  # type: ignore[no-untyped-def]
    return db.session.scalars(select(User).where(User.email == email)).one().actor
