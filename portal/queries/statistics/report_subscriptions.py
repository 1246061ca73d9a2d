"""Finding subscriptions to reports: one's own, everybody's for admins, and due ones."""

from collections.abc import Sequence

from sqlalchemy import select

from portal import clock
from portal.errors import NotFound
from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.people.person import Person
from portal.models.statistics import ReportSubscription
from portal.queries.paging import AnyRow
from portal.security import permissions

# Of all: there are about as many as people who may see statistics.
_MOST = 500


def of_person(user_id: int) -> Sequence[ReportSubscription]:
    """The oldest first. There are few."""
    query = select(ReportSubscription).where(ReportSubscription.user_id == user_id)
    return db.session.scalars(query.order_by(ReportSubscription.id)).all()


def visible(actor: Actor) -> Sequence[AnyRow]:
    """Rows of ReportSubscription and who gets it: one's own, and for admins everybody's."""
    query = select(ReportSubscription, *Person.columns(User)).join(
        User, User.id == ReportSubscription.user_id
    )
    if not actor.is_admin:
        query = query.where(ReportSubscription.user_id == actor.id)
    return db.session.execute(query.order_by(ReportSubscription.id).limit(_MOST)).all()


def find(actor: Actor, subscription_id: int) -> ReportSubscription:
    """One that `actor` may stop. Raises NotFound for another's as for none."""
    found = lock(subscription_id)
    if found is None or not permissions.can_end_report(actor, found.user_id):
        raise NotFound
    return found


def lock(subscription_id: int) -> ReportSubscription | None:
    return db.session.get(
        ReportSubscription, subscription_id, populate_existing=True, with_for_update=True
    )


def due(limit: int) -> Sequence[int]:
    """Ids of those whose run is due, the longest due first."""
    query = select(ReportSubscription.id).where(ReportSubscription.due_at <= clock.now())
    return db.session.scalars(query.order_by(ReportSubscription.due_at).limit(limit)).all()
