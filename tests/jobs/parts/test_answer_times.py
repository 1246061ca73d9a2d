from datetime import timedelta

import pytest
from flask import Flask

from portal import clock
from portal.extensions import db
from portal.models.tickets import Ticket
from portal.queries.operations import desk
from portal.queries.tickets import workload
from tests import factories
from tests.cast import Cast
from tests.databases import BOTH
from tests.page import Visitor
from tests.sweeping import sweep

pytestmark = BOTH


def answered(app: Flask, cast: Cast, *hours: int) -> None:
    """Tickets of Ann's, each answered after so many hours."""
    filed = [factories.file_ticket(app, cast.ann) for _ in hours]
    with factories.writing(app):
        for ticket, waited in zip(filed, hours, strict=True):
            row = db.session.get_one(Ticket, ticket.id)
            row.first_response_at = row.created_at + timedelta(hours=waited)


def measured(app: Flask) -> None:
    with app.app_context():
        sweep()


def kept(app: Flask) -> int | None:
    with app.app_context():
        return desk.first_answer_seconds()


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workload, "ENOUGH", 3)


def test_the_median_of_what_was_answered_is_kept(app: Flask, cast: Cast):
    answered(app, cast, 1, 30, 3)
    factories.file_ticket(app, cast.ann, "Not answered yet")
    measured(app)
    assert kept(app) == 3 * 3600


def test_too_few_say_nothing_and_take_back_what_was_said(app: Flask, cast: Cast):
    measured(app)
    assert kept(app) is None
    answered(app, cast, 2, 2, 2)
    measured(app)
    assert kept(app) == 7200
    with factories.writing(app):
        db.session.get_one(Ticket, 1).deleted_at = clock.now()
    measured(app)
    assert kept(app) is None


def test_customers_are_told_before_and_after_they_file(client: Visitor, app: Flask, cast: Cast):
    fields = {"subject": "Cold", "message": "It is.", "priority": "low"}
    ann = client.sign_in(cast.ann)
    assert "usually" not in ann.get("/tickets/new").words
    assert "usually" not in ann.follow(ann.post("/tickets/new", fields)).words
    answered(app, cast, 2, 2, 2)
    measured(app)
    assert "We usually answer within 2 hours." in ann.get("/tickets/new").words
    page = ann.follow(ann.post("/tickets/new", fields))
    assert "We usually answer within 2 hours." in page.one(id="flash").text
