"""What an organization uses of its plan, for its own page and the desk's."""

from typing import NamedTuple

from portal.i18n import gettext as _
from portal.models.organizations import Organization
from portal.queries.organizations import plans
from portal.queries.organizations.plans import Use
from portal.web.rate_limits.daily_calls import calls_today


class UsageRow(NamedTuple):
    """`in_bytes`: it is a size."""

    label: str
    use: Use
    in_bytes: bool = False


def usage(place: Organization) -> list[UsageRow]:
    plan = plans.plan_of(place.id)
    calls = Use(calls_today(place.id), plan.calls_a_day)
    return [
        UsageRow(_("Members"), plans.members(place.id, plan)),
        UsageRow(_("Open tickets"), plans.open_tickets(place.id, plan)),
        UsageRow(_("Storage"), plans.storage(place.id, plan), in_bytes=True),
        UsageRow(_("API calls today"), calls),
    ]
