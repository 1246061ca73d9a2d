"""Schedules of syncs, and the keys that an organization has stored for them."""

from collections.abc import Collection, Iterable

from sqlalchemy import func, select

from portal import clock
from portal.extensions import db
from portal.models.organizations import Credential, Organization
from portal.models.people import Actor
from portal.models.products import ProductSchedule


def of(actor: Actor) -> ProductSchedule | None:
    """That of the actor's organization."""
    return db.session.get(ProductSchedule, actor.organization_id, populate_existing=True)


def due(limit: int) -> Collection[int]:
    """Organizations whose schedule is due, the longest due first."""
    query = select(ProductSchedule.organization_id).where(
        ProductSchedule.next_run_at <= clock.now()
    )
    return db.session.scalars(query.order_by(ProductSchedule.next_run_at).limit(limit)).all()


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(ProductSchedule)) or 0


def sellers() -> Collection[int]:
    """Organizations that are open and have chosen a marketplace."""
    query = select(Organization.id).where(
        Organization.marketplace_type.is_not(None), Organization.is_active
    )
    return db.session.scalars(query.order_by(Organization.id)).all()


def failing() -> int:
    """How many schedules have failed the last time."""
    query = select(func.count()).select_from(ProductSchedule).where(ProductSchedule.failures > 0)
    return db.session.scalar(query) or 0


def secrets(organization_id: int, names: Iterable[str]) -> dict[str, str]:
    """Encrypted secrets by the names under which they are stored."""
    query = select(Credential.name, Credential.secret).where(
        Credential.organization_id == organization_id, Credential.name.in_(list(names))
    )
    return {row.name: row.secret for row in db.session.execute(query)}
