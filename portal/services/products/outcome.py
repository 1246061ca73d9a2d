"""What the end of a sync means for the schedule: counted, and told to the owners once."""

from sqlalchemy import Update, update

from portal.bulk_statements import changed_one, execute_bulk
from portal.extensions import db
from portal.models.delivery import NoticeKind
from portal.models.organizations import Organization
from portal.models.organizations.marketplace import MARKETPLACE_LABELS
from portal.models.people import OrganizationRole
from portal.models.products import ProductSchedule, ProductSync, SyncError
from portal.queries.organizations import organizations
from portal.queries.products import syncs
from portal.services.delivery import mail_notifications
from portal.services.products.connection import marketplaces_of

# The owners have done that themselves, or hear of it by another mail.
_KNOWN = frozenset({SyncError.NOT_CHOSEN, SyncError.SHUT})


def record_success(sync: ProductSync) -> None:
    """The schedule's syncs fail no more, unless those of another marketplace still do."""
    kind = db.session.get_one(Organization, sync.organization_id).marketplace_type
    others = set(marketplaces_of(kind)) - {sync.marketplace}
    if not any(syncs.fails(sync.organization_id, other) for other in others):
        execute_bulk(_schedule(sync).where(ProductSchedule.failures > 0).values(failures=0))


def record_failure(sync_id: int) -> None:
    """Of a schedule's sync: of several failures of a marketplace in a row the owners hear once.

    Who has begun one looks at it.
    """
    sync = db.session.get_one(ProductSync, sync_id, populate_existing=True)
    if sync.started_by_id is not None or sync.error in _KNOWN:
        return
    more = ProductSchedule.failures + 1
    counted = _schedule(sync).where(ProductSchedule.failures < 1000).values(failures=more)
    failed_before = syncs.fails(sync.organization_id, sync.marketplace, before=sync.id)
    if not changed_one(counted) or failed_before:
        return
    for owner in organizations.with_roles(sync.organization_id, OrganizationRole.OWNER):
        mail_notifications.account_notice(
            owner,
            NoticeKind.PRODUCTS_NOT_FETCHED,
            about=str(MARKETPLACE_LABELS[sync.marketplace]),
            tells_where=False,
        )


def _schedule(sync: ProductSync) -> Update:
    return update(ProductSchedule).where(ProductSchedule.organization_id == sync.organization_id)
