"""The statistics of a week or month: what its mail is made of, and why it must not be sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

from portal.errors import Invalid, TooBroad
from portal.extensions import db
from portal.models.delivery import Outbox, ReasonNotToSend
from portal.models.people import User
from portal.models.statistics import ReportSubscription
from portal.queries.statistics import asking, narrowing_names, report
from portal.queries.statistics.period import Period
from portal.queries.statistics.report import Report
from portal.security import permissions


@dataclass(frozen=True, slots=True)
class MailedReport:
    """A report with its subscription and the names of what it is narrowed to.

    `report` is None where that is gone; `too_broad` where counting takes too long.
    """

    subscription: ReportSubscription
    period: Period
    names: Mapping[str, str]
    report: Report | None = None
    too_broad: bool = False


def read(row: Outbox, reader: User | None) -> MailedReport | ReasonNotToSend:
    """The numbers as they are now, with the rights of now."""
    subscription = db.session.get(ReportSubscription, row.data["subscription"])
    if reader is None or subscription is None or subscription.user_id != reader.id:
        return ReasonNotToSend.UNSUBSCRIBED
    if not permissions.can_see_statistics(reader.actor):
        return ReasonNotToSend.NO_STATISTICS
    [names] = narrowing_names.described([subscription.query])
    period = Period(*(date.fromisoformat(row.data[end]) for end in ("first", "last")))
    return MailedReport(subscription, period, names, **_counted(subscription, period, reader))


def _counted(subscription: ReportSubscription, period: Period, reader: User) -> dict[str, Any]:
    try:
        words = dict(parse_qsl(subscription.query))
        narrowing = asking.narrowing(words, reader.actor)
        return {"report": report.find(period, narrowing)}
    except Invalid:
        return {}
    except TooBroad:
        return {"too_broad": True}
