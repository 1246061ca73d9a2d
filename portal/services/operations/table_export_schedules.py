"""Exports on a schedule: "every Monday at 7, last week", in the desk's zone."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from portal import clock, i18n
from portal.errors import TooManyExports
from portal.extensions import db, setting
from portal.models.operations import FileFormat, TableExportSchedule, TableKind
from portal.models.people import AccountEventKind, Actor, User
from portal.queries.operations import table_export_schedules as queries
from portal.rhythm import Every, Rhythm
from portal.security import permissions
from portal.security.people.step_up import sensitive
from portal.services.operations import table_exports
from portal.services.operations.table_exports import Order
from portal.services.people import account_log

# Of one person.
MAX_SCHEDULES = 20


@sensitive
def create(*, actor: Actor, order: Order, rhythm: Rhythm) -> TableExportSchedule:
    """A new schedule; the period of `order` does not count. Raises Invalid, TooManyExports."""
    permissions.require(permissions.can_export(actor))
    order = replace(order, since=None, until=None).checked(actor)
    if len(queries.of_person(actor)) >= MAX_SCHEDULES:
        raise TooManyExports
    schedule = TableExportSchedule(user_id=actor.id, created_at=clock.now())
    _set(schedule, order, rhythm)
    db.session.add(schedule)
    db.session.flush()
    _record(actor, AccountEventKind.TABLE_SCHEDULE_MADE, schedule)
    return schedule


@sensitive
def change(
    *, actor: Actor, schedule_id: int, order: Order | None = None, rhythm: Rhythm | None = None
) -> TableExportSchedule:
    """Change one's own: what it exports, or when; it goes on if it had stopped.

    Raises NotFound, Invalid.
    """
    permissions.require(permissions.can_export(actor))
    schedule = queries.find(actor, schedule_id)
    wanted = replace(order or order_of(schedule), since=None, until=None).checked(actor)
    _set(schedule, wanted, rhythm or rhythm_of(schedule))
    _record(actor, AccountEventKind.TABLE_SCHEDULE_CHANGED, schedule)
    return schedule


def delete(*, actor: Actor, schedule_id: int) -> None:
    """Delete one's own. Raises NotFound."""
    schedule = queries.find(actor, schedule_id)
    _record(actor, AccountEventKind.TABLE_SCHEDULE_DELETED, schedule)
    db.session.delete(schedule)


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
    table_exports.add(user.id, replace(order_of(schedule), since=since, until=until))
    return True


def _set(schedule: TableExportSchedule, order: Order, rhythm: Rhythm) -> None:
    schedule.kind, schedule.format = order.kind, order.format
    schedule.columns, schedule.query = list(order.columns), order.query
    schedule.every, schedule.weekday, schedule.hour = rhythm.every, rhythm.weekday, rhythm.hour
    schedule.due_at = rhythm.next_run(clock.now(), _zone())


def _record(actor: Actor, kind: AccountEventKind, schedule: TableExportSchedule) -> None:
    user = db.session.get_one(User, actor.id)
    about = {"table": schedule.kind, "format": schedule.format, "every": schedule.every}
    account_log.record(user=user, kind=kind, actor=actor, **about)


def rhythm_of(schedule: TableExportSchedule) -> Rhythm:
    return Rhythm(Every(schedule.every), schedule.hour, schedule.weekday)


def order_of(schedule: TableExportSchedule) -> Order:
    return Order(
        TableKind(schedule.kind),
        FileFormat(schedule.format),
        tuple(schedule.columns),
        schedule.query,
    )


def _zone() -> ZoneInfo:
    return i18n.zone(setting("DESK_TIMEZONE"))
