"""Syncs of products: asking for one, calling it off, and its states while a worker is at it.

Rows are leased like mails (`services.delivery.leases`); an organization is locked before its syncs.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from portal import clock
from portal.bulk_statements import execute_bulk
from portal.errors import Invalid
from portal.extensions import db
from portal.integrations.shop import ShopError
from portal.models.organizations import Marketplace, Organization
from portal.models.people import Actor
from portal.models.products import ProductSync, SyncError, SyncStage, SyncState
from portal.models.products.product_sync import MAX_DETAIL
from portal.queries.organizations import organizations
from portal.queries.products import syncs as queries
from portal.queueing import Job, enqueue_after_commit, enqueue_later
from portal.security import permissions
from portal.services.delivery import leases
from portal.services.delivery.leases import Lease
from portal.services.products import outcome
from portal.services.products.connection import marketplaces_of, missing_keys

LEASE = timedelta(minutes=2)
# At one place: each page that was stored begins to count anew.
MAX_ATTEMPTS = 5
LONGEST = timedelta(days=1)
# The log of syncs is as long as this.
RETENTION = timedelta(days=90)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=20), timedelta(minutes=5)


def ask(*, actor: Actor, marketplaces: Sequence[Marketplace] = ()) -> list[ProductSync]:
    """A sync for each of the organization's marketplaces, or of those; the open ones if there are.

    Raises Invalid when none is chosen, or keys are missing.
    """
    organization, actor = organizations.lock_own(actor)
    permissions.require(permissions.can_sync_products(actor))
    chosen = marketplaces_of(organization.marketplace_type)
    wanted = tuple(dict.fromkeys(marketplaces)) or chosen
    if not wanted or set(wanted) - set(chosen):
        raise Invalid(marketplace="not_chosen")
    if any(missing_keys(organization.id, marketplace) for marketplace in wanted):
        raise Invalid(marketplace="key_missing")
    return [start(organization, marketplace, actor.id) for marketplace in wanted]


def start(
    organization: Organization, marketplace: Marketplace, started_by_id: int | None
) -> ProductSync:
    """A new sync, or the open one. The caller has locked the organization."""
    if (already := queries.open_one(organization.id, marketplace)) is not None:
        return already
    now = clock.now()
    sync = ProductSync(
        organization_id=organization.id,
        marketplace=marketplace,
        started_by_id=started_by_id,
        state=SyncState.QUEUED,
        stage=SyncStage.CARDS,
        created_at=now,
        due_at=now,
        attempts=0,
    )
    db.session.add(sync)
    db.session.flush()  # the caller needs its id
    enqueue_after_commit(db.session(), Job.SYNC_PRODUCTS, sync.id)
    return sync


def cancel(*, actor: Actor, sync_id: int) -> bool:
    """Call it off; False when it has ended. What was fetched stays. Raises NotFound, Forbidden."""
    sync = queries.find(actor, sync_id)
    permissions.require(permissions.can_sync_products(actor))
    return leases.change(
        ProductSync,
        (ProductSync.id == sync.id) & ProductSync.state.in_(ProductSync.OPEN),
        state=SyncState.CANCELLED,
        lease=None,
        ended_at=clock.now(),
    )


def claim(sync_id: int) -> Lease | None:
    """The lease on a due sync; None when it is not due or another worker has it."""
    return leases.claim(
        ProductSync,
        sync_id,
        ProductSync.attempts < MAX_ATTEMPTS,
        span=LEASE,
        state=SyncState.RUNNING,
        started_at=func.coalesce(ProductSync.started_at, clock.now()),
        error=None,
        detail=None,
    )


def reason_not_to_sync(sync: ProductSync) -> SyncError | None:
    """Why it must not go on, or None."""
    organization = db.session.get_one(Organization, sync.organization_id)
    if not organization.is_active:
        return SyncError.SHUT
    if sync.marketplace not in marketplaces_of(organization.marketplace_type):
        return SyncError.NOT_CHOSEN
    return SyncError.TOO_LONG if sync.created_at < clock.now() - LONGEST else None


def let_others(lease: Lease) -> bool:
    """End the lease in the middle of it, so that what others wait for is not held up."""
    done = leases.settle(ProductSync, lease, SyncState.RUNNING, due_at=clock.now())
    if done:
        enqueue_after_commit(db.session(), Job.SYNC_PRODUCTS, lease.row_id)
    return done


def wait(lease: Lease, seconds: float) -> bool:
    """The marketplace wants to be asked later, which is no failed try."""
    return _try_again(
        lease, timedelta(seconds=seconds), SyncError.BUSY, None, attempts=lease.attempt - 1
    )


def fail(lease: Lease, error: ShopError) -> bool:
    """Try again after a pause when that may help, else or after the last try end it."""
    code = SyncError(error.problem)
    if not error.problem.may_pass or lease.attempt >= MAX_ATTEMPTS:
        stage = {"stage": SyncStage(error.asked)} if error.asked else {}
        return refuse(lease, code, error.detail, **stage)
    return _try_again(lease, _backoff(lease), code, error.detail)


def postpone(lease: Lease, error: Exception) -> bool:
    """After a fault of ours or of the database. Its words may hold anything, so they stay here."""
    if lease.attempt >= MAX_ATTEMPTS:
        return refuse(lease, SyncError.INTERNAL, type(error).__name__)
    return _try_again(lease, _backoff(lease), SyncError.INTERNAL, type(error).__name__)


def refuse(lease: Lease, code: SyncError, detail: str = "", **values: object) -> bool:
    """End it without another try."""
    done = leases.settle(
        ProductSync,
        lease,
        SyncState.FAILED,
        error=code,
        detail=detail[:MAX_DETAIL] or None,
        ended_at=clock.now(),
        **values,
    )
    if done:
        outcome.record_failure(lease.row_id)
    return done


def give_up() -> None:
    """Fail syncs whose worker died at every try."""
    ended = leases.due(ProductSync) & (ProductSync.attempts >= MAX_ATTEMPTS)
    for sync_id in db.session.scalars(select(ProductSync.id).where(ended)).all():
        leases.change(
            ProductSync,
            ended & (ProductSync.id == sync_id),
            state=SyncState.FAILED,
            lease=None,
            error=SyncError.INTERRUPTED,
            ended_at=clock.now(),
        )
        outcome.record_failure(sync_id)


def delete_old(limit: int) -> int:
    """Delete up to `limit` ended syncs that are older than the log; return how many."""
    old = (
        select(ProductSync.id)
        .where(
            ProductSync.state.in_(set(SyncState) - set(ProductSync.OPEN)),
            ProductSync.due_at < clock.now() - RETENTION,
        )
        .limit(limit)
    )
    return execute_bulk(db.delete(ProductSync).where(ProductSync.id.in_(old)))


def _backoff(lease: Lease) -> timedelta:
    return leases.backoff(lease.attempt, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)


def _try_again(
    lease: Lease, pause: timedelta, code: SyncError, detail: str | None, **values: object
) -> bool:
    done = leases.postpone(
        ProductSync, lease, code, pause, detail=(detail or "")[:MAX_DETAIL] or None, **values
    )
    if done:
        enqueue_later(db.session(), clock.now() + pause, Job.SYNC_PRODUCTS, lease.row_id)
    return done
