"""What is read while people work on, and what is left out."""

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.operations import TableKind
from portal.models.people import User
from portal.models.tickets import Priority, Ticket
from portal.queries.operations.export_tables import reading
from portal.queries.operations.export_tables.reading import Scope
from portal.queries.operations.export_tables.tables import TABLES
from portal.services.tickets import tickets
from tests import factories
from tests.cast import Cast


def test_nobody_who_was_erased_is_among_people(app: Flask, cast: Cast) -> None:
    with factories.writing(app):
        db.session.get_one(User, cast.carl.id).email = "usr000003@deleted.invalid"
    with app.app_context():
        [batch] = TABLES[TableKind.PEOPLE].batches(Scope(cast.ada), ["id"])
    assert [number for (number,) in batch.rows] == [f"USR00000{n}" for n in (1, 2, 4, 5, 6)]


def test_what_comes_and_goes_meanwhile_doubles_and_hides_no_other(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH", 2)
    filed = [factories.file_ticket(app, cast.bob, f"Matter {n}") for n in range(6)]
    with app.app_context():
        batches = TABLES[TableKind.TICKETS].batches(Scope(cast.ada), ["number"])
        seen = next(batches).rows
        with factories.writing(app):
            for at in (0, 3):
                ticket = db.session.get_one(Ticket, filed[at].id)
                tickets.set_priority(actor=cast.sam, ticket=ticket, priority=Priority.URGENT)
            tickets.delete(actor=cast.sam, ticket=db.session.get_one(Ticket, filed[4].id))
        factories.file_ticket(app, cast.bob, "Came late")
        seen += [row for batch in batches for row in batch.rows]
    assert [number for (number,) in seen] == [f"REQ00000{n}" for n in (1, 2, 3, 4, 6, 7)]
