"""Exports on a schedule: "every Monday at 7, last week", in the desk's zone."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from portal import clock, i18n
from portal.errors import TooManyExports
from portal.extensions import db, setting
from portal.models.operations import FileFormat, TableExportSchedule, TableKind
from portal.models.people import Actor, User
from portal.queries.operations import table_export_schedules as queries
from portal.rhythm import Every, Rhythm
from portal.security import permissions
from portal.security.people.step_up import sensitive
from portal.services.operations import table_exports
from portal.services.operations.table_exports import Order

# Of one person.
MAX_SCHEDULES = 20


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
