"""Exports on a schedule: "every Monday at 7, last week", in the desk's zone.

A run that was missed is made up once, however many were missed, and its period is that of the last
one that was due.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal import clock, i18n
from portal.errors import TooManyExports
from portal.extensions import db, setting
from portal.models.operations import FileFormat, TableExportSchedule, TableKind
from portal.models.operations.table_export_schedule import Every
from portal.models.people import Actor, User
from portal.queries.operations import table_export_schedules as queries
from portal.security import permissions
from portal.security.people.step_up import sensitive
from portal.services.operations import table_exports
from portal.services.operations.table_exports import Order

# Of one person.
MAX_SCHEDULES = 20


@dataclass(frozen=True)
class Rhythm:
    """When it runs. `weekday` counts from Monday and is of weekly ones."""

    every: Every
    hour: int
    weekday: int = 0

    def next_run(self, after: datetime, zone: ZoneInfo) -> datetime:
        """The first run after that moment."""
        day = self._first_day(after.astimezone(zone).date())
        while (run := self._on(day, zone)) <= after:
            day = self._day_after(day)
        return run

    def last_run(self, by: datetime, due: datetime, zone: ZoneInfo) -> datetime:
        """The last run from `due` on that is not after `by`."""
        run = due
        while (following := self.next_run(run, zone)) <= by:
            run = following
        return run

    def period(self, run: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The whole day, week or month before that run."""
        today = run.astimezone(zone).date()
        if self.every is Every.MONTH:
            end = today.replace(day=1)
            begin = (end - timedelta(1)).replace(day=1)
        elif self.every is Every.WEEK:
            end = today - timedelta(today.weekday())
            begin = end - timedelta(7)
        else:
            begin, end = today - timedelta(1), today
        midnights = (datetime.combine(day, time(), zone) for day in (begin, end))
        since, until = (moment.astimezone(UTC) for moment in midnights)
        return since, until

    def _on(self, day: date, zone: ZoneInfo) -> datetime:
        return datetime.combine(day, time(self.hour), zone).astimezone(UTC)

    def _first_day(self, day: date) -> date:
        if self.every is Every.MONTH:
            return day.replace(day=1)
        if self.every is Every.WEEK:
            return day - timedelta((day.weekday() - self.weekday) % 7)
        return day

    def _day_after(self, day: date) -> date:
        if self.every is Every.MONTH:
            return (day.replace(day=28) + timedelta(4)).replace(day=1)
        return day + timedelta(7 if self.every is Every.WEEK else 1)


@sensitive
def create(*, actor: Actor, order: Order, rhythm: Rhythm) -> TableExportSchedule:
    """A new schedule; the period of `order` does not count. Raises Invalid, TooManyExports."""
    permissions.require(permissions.can_export(actor))
    order = replace(order, since=None, until=None).checked(actor)
    if len(queries.of_person(actor)) >= MAX_SCHEDULES:
        raise TooManyExports
    schedule = TableExportSchedule(
        user_id=actor.id,
        kind=order.kind,
        format=order.format,
        columns=list(order.columns),
        query=order.query,
        every=rhythm.every,
        weekday=rhythm.weekday,
        hour=rhythm.hour,
        due_at=rhythm.next_run(clock.now(), _zone()),
        created_at=clock.now(),
    )
    db.session.add(schedule)
    return schedule


def delete(*, actor: Actor, schedule_id: int) -> None:
    """Delete one's own. Raises NotFound."""
    db.session.delete(queries.find(actor, schedule_id))


def run(schedule_id: int) -> bool:
    """Ask for the export of a schedule that is due; False when it is not, or may not any more."""
    schedule = queries.lock(schedule_id)
    now = clock.now()
    if schedule is None or schedule.due_at is None or schedule.due_at > now:
        return False
    user = db.session.get_one(User, schedule.user_id)
    if table_exports.reason_not_to_write(user) is not None:
        schedule.due_at = None
        return False
    rhythm, zone = rhythm_of(schedule), _zone()
    since, until = rhythm.period(rhythm.last_run(now, schedule.due_at, zone), zone)
    schedule.due_at = rhythm.next_run(now, zone)
    table_exports.add(user.id, replace(_order_of(schedule), since=since, until=until))
    return True


def rhythm_of(schedule: TableExportSchedule) -> Rhythm:
    return Rhythm(Every(schedule.every), schedule.hour, schedule.weekday)


def _order_of(schedule: TableExportSchedule) -> Order:
    return Order(
        TableKind(schedule.kind),
        FileFormat(schedule.format),
        tuple(schedule.columns),
        schedule.query,
    )


def _zone() -> ZoneInfo:
    return i18n.zone(setting("DESK_TIMEZONE"))
