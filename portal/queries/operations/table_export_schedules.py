"""Finding schedules of exports: one's own, and due ones."""

from collections.abc import Sequence

from sqlalchemy import select

from portal import clock
from portal.errors import NotFound
from portal.extensions import db
from portal.models.operations import TableExportSchedule
from portal.models.people import Actor


def of_person(actor: Actor) -> Sequence[TableExportSchedule]:
    """One's own, the oldest first. There are few."""
    query = select(TableExportSchedule).where(TableExportSchedule.user_id == actor.id)
    return db.session.scalars(query.order_by(TableExportSchedule.id)).all()


def find(actor: Actor, schedule_id: int) -> TableExportSchedule:
    """One's own. Raises NotFound for another's as for none."""
    found = lock(schedule_id)
    if found is None or found.user_id != actor.id:
        raise NotFound
    return found


def lock(schedule_id: int) -> TableExportSchedule | None:
    return db.session.get(
        TableExportSchedule, schedule_id, populate_existing=True, with_for_update=True
    )


def due(limit: int) -> Sequence[int]:
    """Ids of schedules whose run is due, the longest due first."""
    query = select(TableExportSchedule.id).where(TableExportSchedule.due_at <= clock.now())
    return db.session.scalars(query.order_by(TableExportSchedule.due_at).limit(limit)).all()
