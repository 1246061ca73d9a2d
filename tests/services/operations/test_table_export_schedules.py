"""Exports on a schedule: when they run, of which period, and for whom."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask.ctx import AppContext
from sqlalchemy import select

from portal.errors import Forbidden, Invalid, NotFound, ProofNeeded, TooManyExports
from portal.extensions import begin_write, db
from portal.models.operations import TableExport, TableExportSchedule, TableKind
from portal.models.operations.table_export_schedule import Every
from portal.models.people import Role, User
from portal.services.operations import table_export_schedules as schedules
from portal.services.operations.table_export_schedules import MAX_SCHEDULES, Rhythm
from portal.services.operations.table_exports import Order
from tests import factories
from tests.cast import Cast

BERLIN = ZoneInfo("Europe/Berlin")
MONDAYS = Rhythm(Every.WEEK, hour=7, weekday=0)
DAYS, MONTHS = Rhythm(Every.DAY, hour=7), Rhythm(Every.MONTH, hour=7)
PEOPLE = Order(TableKind.PEOPLE)


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN).astimezone(UTC)  # type: ignore[misc,arg-type]


@pytest.fixture
def desk(context: AppContext, cast: Cast) -> Cast:
    begin_write()
    return cast


@pytest.mark.parametrize(
    ("rhythm", "after", "run"),
    [
        (MONDAYS, (2026, 11, 30, 6), (2026, 11, 30, 7)),
        (MONDAYS, (2026, 11, 30, 7), (2026, 12, 7, 7)),
        (MONDAYS, (2026, 12, 2, 12), (2026, 12, 7, 7)),
        (DAYS, (2026, 12, 31, 8), (2027, 1, 1, 7)),
        (MONTHS, (2026, 12, 1, 7), (2027, 1, 1, 7)),
        (MONTHS, (2027, 1, 31, 7), (2027, 2, 1, 7)),
        # Over the change to summer time, and to winter time: always seven by the clock.
        (DAYS, (2026, 3, 28, 7), (2026, 3, 29, 7)),
        (DAYS, (2026, 10, 24, 7), (2026, 10, 25, 7)),
        (MONDAYS, (2026, 3, 23, 7), (2026, 3, 30, 7)),
    ],
)
def test_it_runs_at_its_hour_by_the_clock_of_the_desk(
    rhythm: Rhythm, after: tuple[int, ...], run: tuple[int, ...]
) -> None:
    assert rhythm.next_run(berlin(*after), BERLIN) == berlin(*run)


def test_an_hour_that_summer_time_leaves_out_or_repeats_comes_once() -> None:
    nights = Rhythm(Every.DAY, hour=2)
    for begin in (datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)):
        runs = [begin]
        for _ in range(3):
            runs.append(nights.next_run(runs[-1], BERLIN))
        days = [run.astimezone(BERLIN).date() for run in runs[1:]]
        assert len(set(days)) == 3


@pytest.mark.parametrize(
    ("rhythm", "run", "since", "until"),
    [
        (MONDAYS, (2026, 11, 30, 7), (2026, 11, 23), (2026, 11, 30)),
        (Rhythm(Every.WEEK, 7, 2), (2026, 12, 2, 7), (2026, 11, 23), (2026, 11, 30)),
        (DAYS, (2026, 3, 30, 7), (2026, 3, 29), (2026, 3, 30)),
        (MONTHS, (2026, 3, 1, 7), (2026, 2, 1), (2026, 3, 1)),
        (MONTHS, (2027, 1, 1, 7), (2026, 12, 1), (2027, 1, 1)),
    ],
)
def test_it_takes_the_whole_day_week_or_month_before(
    rhythm: Rhythm, run: tuple[int, ...], since: tuple[int, ...], until: tuple[int, ...]
) -> None:
    assert rhythm.period(berlin(*run), BERLIN) == (berlin(*since), berlin(*until))


def test_a_day_of_summer_time_has_its_23_hours() -> None:
    since, until = DAYS.period(berlin(2026, 3, 30, 7), BERLIN)
    assert until - since == timedelta(hours=23)


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


def test_one_deletes_ones_own(desk: Cast) -> None:
    schedule = create(desk)
    with pytest.raises(NotFound):
        schedules.delete(actor=desk.sam, schedule_id=schedule.id)
    schedules.delete(actor=desk.ada, schedule_id=schedule.id)
    db.session.flush()
    with pytest.raises(NotFound):
        schedules.delete(actor=desk.ada, schedule_id=schedule.id)
