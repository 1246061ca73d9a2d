"""Exports on a schedule: asked for once each time, and for whom."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask.ctx import AppContext
from sqlalchemy import select

from portal.errors import Forbidden, Invalid, NotFound, ProofNeeded, TooManyExports
from portal.extensions import begin_write, db
from portal.models.operations import TableExport, TableExportSchedule, TableKind
from portal.models.people import AccountEvent, Role, User
from portal.rhythm import Every, Rhythm
from portal.services.operations import table_export_schedules as schedules
from portal.services.operations.table_export_schedules import MAX_SCHEDULES
from portal.services.operations.table_exports import Order
from tests import factories
from tests.cast import Cast

MONDAYS = Rhythm(Every.WEEK, hour=7, weekday=0)
PEOPLE = Order(TableKind.PEOPLE)


@pytest.fixture
def desk(context: AppContext, cast: Cast) -> Cast:
    begin_write()
    return cast


def create(desk: Cast, rhythm: Rhythm = MONDAYS, **changes: Any) -> TableExportSchedule:
    person = factories.actor(db.session.get_one(User, desk.ada.id))
    made = schedules.create(actor=person, order=replace(PEOPLE, **changes), rhythm=rhythm)
    db.session.flush()
    return made


def exports() -> list[TableExport]:
    return list(db.session.scalars(select(TableExport).order_by(TableExport.id)))


def test_it_asks_for_its_export_when_it_is_due_and_once(desk: Cast) -> None:
    with time_machine.travel(datetime(2026, 11, 25, 12, tzinfo=UTC), tick=False):
        schedule = create(desk)
        assert not schedules.run(schedule.id)
    with time_machine.travel(datetime(2026, 11, 30, 7, 1, tzinfo=UTC), tick=False):
        assert schedules.run(schedule.id)
        assert not schedules.run(schedule.id)
    [export] = exports()
    assert (export.kind, export.user_id) == (TableKind.PEOPLE, desk.ada.id)
    assert export.since == datetime(2026, 11, 23, tzinfo=UTC)
    assert export.until == datetime(2026, 11, 30, tzinfo=UTC)


def test_what_was_missed_is_made_up_once_with_the_last_period(desk: Cast) -> None:
    with time_machine.travel(datetime(2026, 11, 1, 12, tzinfo=UTC), tick=False):
        schedule = create(desk)
    with time_machine.travel(datetime(2026, 12, 2, 12, tzinfo=UTC), tick=False):
        assert schedules.run(schedule.id)
        assert not schedules.run(schedule.id)
    [export] = exports()
    assert export.until == datetime(2026, 11, 30, tzinfo=UTC)
    assert schedule.due_at == datetime(2026, 12, 7, 7, tzinfo=UTC)


def test_who_has_lost_the_right_gets_no_more(desk: Cast) -> None:
    with time_machine.travel(datetime(2026, 11, 25, 12, tzinfo=UTC), tick=False):
        schedule = create(desk)
    db.session.get_one(User, desk.ada.id).role = Role.STAFF
    db.session.flush()
    with time_machine.travel(datetime(2026, 11, 30, 8, tzinfo=UTC), tick=False):
        assert not schedules.run(schedule.id)
    assert schedule.due_at is None
    assert exports() == []


def test_it_is_made_by_who_may_export_with_a_proof_and_as_the_page_would(desk: Cast) -> None:
    for person, error in (
        (desk.sam, Forbidden),
        (desk.ann, Forbidden),
        (replace(desk.ada, confirmed_at=None), ProofNeeded),
    ):
        with pytest.raises(error):
            schedules.create(actor=person, order=PEOPLE, rhythm=MONDAYS)
    with pytest.raises(Invalid):
        create(desk, columns=["password_hash"])
    for _ in range(MAX_SCHEDULES):
        create(desk)
    with pytest.raises(TooManyExports):
        create(desk)


def test_it_is_changed_by_its_owner_and_goes_on(desk: Cast) -> None:
    with time_machine.travel(datetime(2026, 11, 25, 12, tzinfo=UTC), tick=False):
        schedule = create(desk)
        schedule.due_at = None  # as when the right was gone
        person = factories.actor(db.session.get_one(User, desk.ada.id))
        daily = Rhythm(Every.DAY, hour=9)
        schedules.change(actor=person, schedule_id=schedule.id, rhythm=daily)
        assert schedule.due_at == datetime(2026, 11, 26, 9, tzinfo=UTC)
        order = replace(PEOPLE, columns=["email"])
        schedules.change(actor=person, schedule_id=schedule.id, order=order)
        for wrong in (
            replace(PEOPLE, columns=["password_hash"]),
            Order(TableKind.TICKETS, query="q=status:"),
        ):
            with pytest.raises(Invalid):
                schedules.change(actor=person, schedule_id=schedule.id, order=wrong)
    assert (schedule.every, schedule.hour, schedule.columns) == ("day", 9, ["email"])
    for other, error in ((desk.sam, Forbidden), (replace(person, confirmed_at=None), ProofNeeded)):
        with pytest.raises(error):
            schedules.change(actor=other, schedule_id=schedule.id, rhythm=MONDAYS)


def test_what_becomes_of_it_stands_in_the_log(desk: Cast) -> None:
    schedule = create(desk)
    schedules.change(actor=factories.actor(db.session.get_one(User, desk.ada.id)), schedule_id=1)
    schedules.delete(actor=desk.ada, schedule_id=schedule.id)
    events = db.session.scalars(select(AccountEvent).order_by(AccountEvent.id))
    about = {"table": "people", "format": "csv", "every": "week"}
    assert [(event.kind, event.data) for event in events] == [
        ("table_schedule_made", about),
        ("table_schedule_changed", about),
        ("table_schedule_deleted", about),
    ]


def test_one_deletes_ones_own(desk: Cast) -> None:
    schedule = create(desk)
    with pytest.raises(NotFound):
        schedules.delete(actor=desk.sam, schedule_id=schedule.id)
    schedules.delete(actor=desk.ada, schedule_id=schedule.id)
    db.session.flush()
    with pytest.raises(NotFound):
        schedules.delete(actor=desk.ada, schedule_id=schedule.id)
