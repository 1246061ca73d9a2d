"""Syncs of products: the log of an organization, and those that are due."""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import func, select

from portal import clock
from portal.errors import or_not_found
from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.people.person import Person
from portal.models.products import ProductSync, SyncState
from portal.queries.paging import AnyRow, Page, make_page

PAGE = 30


def find(actor: Actor, sync_id: int, *, lock: bool = False) -> ProductSync:
    """One of the actor's organization. Raises NotFound for any other."""
    query = select(ProductSync).where(
        ProductSync.id == sync_id, ProductSync.organization_id == actor.organization_id
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return or_not_found(db.session.scalar(query))


def page(actor: Actor, *, cursor: int | None = None, size: int = PAGE) -> Page[AnyRow]:
    """The organization's, newest first: rows of ProductSync and who began it, if anybody did."""
    query = (
        select(ProductSync, *Person.columns(User))
        .outerjoin(User, User.id == ProductSync.started_by_id)
        .where(ProductSync.organization_id == actor.organization_id)
        .order_by(ProductSync.id.desc())
        .limit(size + 1)
    )
    if cursor is not None:
        query = query.where(ProductSync.id < cursor)
    return make_page(db.session.execute(query).all(), size, lambda row: str(row.ProductSync.id))


def open_one(organization_id: int, marketplace: str) -> ProductSync | None:
    """The one that is waiting or running."""
    query = select(ProductSync).where(
        ProductSync.organization_id == organization_id,
        ProductSync.marketplace == marketplace,
        ProductSync.state.in_(ProductSync.OPEN),
    )
    return db.session.scalar(query)


def fails(organization_id: int, marketplace: str, *, before: int | None = None) -> bool:
    """Whether the last of them that ended, of those before `before`, was a schedule's that failed.

    One that somebody has begun and that failed says nothing about the schedule.
    """
    by_itself = (ProductSync.state == SyncState.FAILED) & ProductSync.started_by_id.is_(None)
    query = select(ProductSync.state).where(
        ProductSync.organization_id == organization_id,
        ProductSync.marketplace == marketplace,
        (ProductSync.state == SyncState.DONE) | by_itself,
    )
    if before is not None:
        query = query.where(ProductSync.id < before)
    last = db.session.scalar(query.order_by(ProductSync.id.desc()).limit(1))
    return last == SyncState.FAILED


def due(limit: int) -> Collection[int]:
    """Ids of those that are due and have no lease, the longest due first."""
    query = select(ProductSync.id).where(
        ProductSync.state.in_(ProductSync.OPEN), ProductSync.due_at <= clock.now()
    )
    return db.session.scalars(query.order_by(ProductSync.due_at).limit(limit)).all()


def overdue() -> timedelta:
    """How long the longest due has been waiting for a worker; zero without any."""
    waiting = select(func.min(ProductSync.due_at)).where(ProductSync.state.in_(ProductSync.OPEN))
    first = db.session.scalar(waiting)
    return max(clock.now() - first, timedelta(0)) if first else timedelta(0)
