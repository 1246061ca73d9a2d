"""The sealed log: everything is in it once, and whatever is done to it shows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, update

from portal import clock
from portal.extensions import begin_log_write, begin_write, db, execute_on_logs
from portal.models.operations import Action, ActionDay
from portal.models.people import AccountEvent, AccountEventKind, User
from portal.models.tickets import EventKind, TicketEvent
from portal.queries.operations import action_log as action_queries
from portal.services.operations import action_log
from portal.services.people import account_log
from portal.services.tickets import tickets
from tests import factories
from tests.cast import Cast

MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


def seal(app: Flask, at: datetime = MONDAY, limit: int = 1000) -> int:
    with app.app_context(), clock.at(at):
        begin_log_write()
        number = action_log.seal_new(limit)
        db.session.commit()
        return number


def change(app: Flask, *statements: Any) -> None:
    """What somebody with the database's password does."""
    with app.app_context():
        begin_log_write()
        for statement in statements:
            execute_on_logs(statement)
        db.session.commit()


def problems(app: Flask) -> list[str]:
    with app.app_context():
        return action_queries.verify().problems


@pytest.fixture
def sealed(app: Flask, cast: Cast) -> Flask:
    """Three days with several lines each."""
    for day in range(3):
        at = MONDAY + timedelta(days=day)
        with clock.at(at):
            ticket = factories.file_ticket(app, cast.ann, f"Day {day}")
            factories.post_comment(app, cast.sam, ticket)
            with factories.writing(app):
                ann = db.session.get_one(User, cast.ann.id)
                account_log.record(user=ann, kind=AccountEventKind.SIGNED_IN, actor=cast.ann)
        seal(app, at)
    return app


def test_every_event_is_sealed_once(sealed: Flask) -> None:
    assert seal(sealed, MONDAY + timedelta(days=3)) == 0
    with sealed.app_context():
        lines = execute_on_logs(db.select(Action.__table__)).all()
        events = {("ticket", row.id) for row in db.session.query(TicketEvent.id)}
        events |= {("account", row.id) for row in db.session.query(AccountEvent.id)}
        assert {(line.source, line.source_id) for line in lines} == events
        assert [line.id for line in lines] == list(range(1, len(events) + 1))
        assert len({line.day for line in lines}) == 3
    assert problems(sealed) == []


def test_a_line_says_who_did_what_to_whom(sealed: Flask, cast: Cast) -> None:
    with sealed.app_context():
        [line, *_] = action_queries.page(kind=EventKind.FILED).rows
        assert (line.actor_id, line.ticket_id, line.user_id) == (cast.ann.id, 3, None)
        [line, *_] = action_queries.page(kind=AccountEventKind.SIGNED_IN).rows
        assert (line.actor_id, line.ticket_id, line.user_id) == (cast.ann.id, None, cast.ann.id)


def test_events_that_are_committed_out_of_their_order_are_found(app: Flask, cast: Cast) -> None:
    factories.file_ticket(app, cast.ann)
    seal(app)
    with factories.writing(app):
        late = TicketEvent(
            id=500, ticket_id=1, actor_id=cast.ann.id, kind=EventKind.TAGS, data={"to": "a"}
        )
        db.session.add(late)
    assert seal(app) == 1
    with factories.writing(app):
        early = TicketEvent(
            id=400, ticket_id=1, actor_id=cast.ann.id, kind=EventKind.TAGS, data={"to": "b"}
        )
        db.session.add(early)
    assert seal(app) == 1
    assert seal(app) == 0


def test_many_are_sealed_in_pieces(app: Flask, cast: Cast) -> None:
    for _ in range(5):
        factories.file_ticket(app, cast.ann)
    with app.app_context():
        events = db.session.query(TicketEvent).count()
    pieces = []
    while number := seal(app, limit=2):
        pieces.append(number)
    assert max(pieces) <= 2
    assert sum(pieces) == events
    assert problems(app) == []


@pytest.mark.parametrize(
    ("statements", "complaint"),
    [
        ([update(Action).where(Action.id == 4).values(actor_id=6)], "line 4 was changed"),
        ([update(Action).where(Action.id == 4).values(kind="noted")], "line 4 was changed"),
        ([delete(Action).where(Action.id == 2)], "line 3 was changed, or a line before it"),
        ([delete(Action).where(Action.id == 9)], "lines were sealed"),
        ([delete(Action).where(Action.day == MONDAY.date() + timedelta(days=1))], "were sealed"),
        ([update(ActionDay).values(hash="0" * 64)], "does not follow the day before it"),
        (
            [delete(ActionDay).where(ActionDay.day == MONDAY.date() + timedelta(days=1))],
            "does not follow the day before it",
        ),
    ],
)
def test_whatever_is_changed_or_taken_away_shows(
    sealed: Flask, statements: list[Any], complaint: str
) -> None:
    change(sealed, *statements)
    assert any(complaint in problem for problem in problems(sealed)), problems(sealed)


def test_a_changed_event_shows_while_an_erased_one_does_not(sealed: Flask, cast: Cast) -> None:
    with factories.writing(sealed):
        db.session.execute(update(AccountEvent).values(data={}, address=""))
    assert problems(sealed) == []
    with factories.writing(sealed):
        row = db.session.query(TicketEvent).filter_by(kind=EventKind.COMMENTED).first()
        assert row is not None
        row.data = {"to": "something else"}
        number = row.id
    assert [f"the ticket event {number} of line" in p for p in problems(sealed)] == [True]


def test_the_words_beside_a_rating_can_be_erased_and_the_rating_cannot(
    app: Flask, cast: Cast
) -> None:
    factories.rate_ticket(app, cast.ann, factories.file_ticket(app, cast.ann), comment="My name.")
    seal(app)
    for data, sound in (
        ({"from": None, "to": "good", "comment": ""}, True),
        ({"from": None, "to": "bad", "comment": ""}, False),
    ):
        with factories.writing(app):
            rated = TicketEvent.kind == EventKind.RATED
            db.session.execute(update(TicketEvent).where(rated).values(data=data))
        assert (problems(app) == []) is sound


def test_old_days_go_and_the_rest_still_stands(sealed: Flask) -> None:
    with sealed.app_context():
        begin_log_write()
        first = action_log.delete_before(MONDAY.date() + timedelta(days=1))
        again = action_log.delete_before(MONDAY.date() + timedelta(days=1))
        db.session.commit()
        assert first > 0
        assert again == 0
    assert problems(sealed) == []
    assert seal(sealed, MONDAY + timedelta(days=3)) == 0  # what was let go is not sealed again


def test_when_everything_was_let_go_the_chain_goes_on(sealed: Flask, cast: Cast) -> None:
    with sealed.app_context():
        begin_log_write()
        while action_log.delete_before(MONDAY.date() + timedelta(days=9)):
            continue
        db.session.commit()
    assert seal(sealed, MONDAY + timedelta(days=9)) == 0
    factories.file_ticket(sealed, cast.ann)
    assert seal(sealed, MONDAY + timedelta(days=9)) > 0
    assert problems(sealed) == []


def test_a_clock_that_goes_back_does_not_mix_the_days(sealed: Flask, cast: Cast) -> None:
    factories.file_ticket(sealed, cast.ann)
    seal(sealed, MONDAY)
    assert problems(sealed) == []


def test_what_was_rolled_back_is_not_sealed(app: Flask, cast: Cast) -> None:
    with app.app_context():
        begin_write()
        tickets.file(actor=cast.ann, subject="No", message="No.")
        db.session.rollback()
    assert seal(app) == 0
