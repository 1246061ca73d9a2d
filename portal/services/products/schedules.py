"""When an organization's products are fetched again: a cron line by the clock of a zone."""

from zoneinfo import ZoneInfo

from portal import clock, i18n
from portal.cron import Cron, CronError
from portal.errors import Invalid
from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import Actor
from portal.models.products import ProductSchedule
from portal.models.products.product_schedule import MAX_CRON
from portal.queries.organizations import organizations
from portal.queries.products import schedules as queries
from portal.security import permissions
from portal.services.products import syncs
from portal.services.products.connection import marketplaces_of


def put(*, actor: Actor, cron: str, zone: str) -> ProductSchedule:
    """The organization's schedule, in the place of the former one. Raises Invalid by field."""
    organization, actor = organizations.lock_own(actor)
    permissions.require(permissions.can_sync_products(actor))
    cron = " ".join(cron.split())
    next_run_at = _parsed(cron).next_run(clock.now(), _known(zone))
    schedule = queries.of(actor)
    if schedule is None:
        schedule = ProductSchedule(organization_id=organization.id, failures=0)
        db.session.add(schedule)
    schedule.cron, schedule.zone, schedule.next_run_at = cron, zone, next_run_at
    db.session.flush()
    return schedule


def delete(*, actor: Actor) -> bool:
    """Fetch when somebody asks, and not by itself; False when it was so already."""
    _organization, actor = organizations.lock_own(actor)
    permissions.require(permissions.can_sync_products(actor))
    schedule = queries.of(actor)
    if schedule is None:
        return False
    db.session.delete(schedule)
    return True


def run(organization_id: int) -> int:
    """Begin the syncs of a schedule that is due, one run for all that were missed.

    Returns how many there are.
    """
    organization = organizations.lock(organization_id)
    schedule = db.session.get(ProductSchedule, organization_id, populate_existing=True)
    now = clock.now()
    if schedule is None or schedule.next_run_at is None or schedule.next_run_at > now:
        return 0
    try:
        schedule.next_run_at = Cron.parse(schedule.cron).next_run(now, i18n.zone(schedule.zone))
    except CronError:  # another version of ours has understood it
        schedule.next_run_at = None
        return 0
    return len(begin(organization))


def begin(organization: Organization) -> list[int]:
    """Syncs of all its marketplaces, in nobody's name; none while it is shut."""
    if not organization.is_active:
        return []
    chosen = marketplaces_of(organization.marketplace_type)
    return [syncs.start(organization, marketplace, None).id for marketplace in chosen]


def _parsed(cron: str) -> Cron:
    if len(cron) > MAX_CRON:
        raise Invalid(cron="too_long")
    try:
        return Cron.parse(cron)
    except CronError as error:
        raise Invalid(cron=error.code) from None


def _known(zone: str) -> ZoneInfo:
    if zone not in i18n.zone_names():
        raise Invalid(zone="unknown")
    return ZoneInfo(zone)
