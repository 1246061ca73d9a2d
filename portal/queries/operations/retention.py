"""What would go if things were kept for so long: numbers up to a cap, by indexes."""

from datetime import timedelta

from sqlalchemy import func, select

from portal import clock
from portal.extensions import execute_on_logs
from portal.models.operations import ActionDay, ApiRequest
from portal.queries.tickets import retention as tickets

# More is said as "10000+".
CAP = 10_000


def trashed(kept_for: timedelta) -> int:
    return len(tickets.trashed(kept_for, CAP))


def closed(kept_for: timedelta) -> int:
    return len(tickets.closed(kept_for, CAP))


def api_requests(kept_for: timedelta) -> int:
    old = select(ApiRequest.id).where(ApiRequest.at < clock.now() - kept_for).limit(CAP)
    return execute_on_logs(select(func.count()).select_from(old.subquery())).scalar() or 0


def actions(kept_for: timedelta) -> int:
    """Lines of whole days; days are summed up as they are sealed."""
    first_kept = (clock.now() - kept_for).date()
    query = select(func.sum(ActionDay.rows)).where(ActionDay.day < first_kept)
    return min(CAP, execute_on_logs(query).scalar() or 0)
