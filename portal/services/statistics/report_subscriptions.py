"""Statistics by mail: asking for a report each week or month, stopping it, and sending it.

A run and what it owes are one transaction, so each period is mailed once. Numbers are read when the
mail is made (`mail.outgoing`), with the rights of then.
"""

from collections.abc import Iterable
from datetime import timedelta
from zoneinfo import ZoneInfo

from portal import clock, i18n
from portal.bulk_statements import insert_missing
from portal.errors import BadLink, Invalid
from portal.extensions import db, setting
from portal.models.delivery.outbox import REPORT
from portal.models.people import AccountEventKind, Actor, User
from portal.models.statistics import ReportSubscription
from portal.queries.statistics import report_subscriptions as queries
from portal.queries.statistics.narrowing import EVERYTHING, Narrowing
from portal.queries.statistics.period import Period
from portal.rhythm import Every
from portal.security import permissions, report_links
from portal.services.delivery.outbox import Mail, schedule_mails
from portal.services.people import account_log

# Of one person.
MAX_SUBSCRIPTIONS = 20


def subscribe(
    *, actor: Actor, user: User, every: Every, narrowing: Narrowing = EVERYTHING
) -> ReportSubscription:
    """Mail `user` the statistics of these tickets.

    Asking for the same again changes nothing. Raises Forbidden, and Invalid by field.
    """
    permissions.require(permissions.can_mail_report(actor, user.id))
    if not user.is_active or not permissions.can_see_statistics(user.actor):
        raise Invalid(person="no_statistics")
    if every is Every.DAY:
        raise Invalid(every="unknown")
    query = narrowing.query
    owned = queries.of_person(user.id)
    if len(owned) >= MAX_SUBSCRIPTIONS and not _same(owned, every, query):
        raise Invalid(every="too_many")
    # Two requests at once add one row.
    row = {"user_id": user.id, "every": every, "query": query, "created_at": clock.now()}
    insert_missing(ReportSubscription, [row])
    [subscription] = _same(queries.of_person(user.id), every, query)
    if subscription.due_at is None:
        subscription.due_at = subscription.rhythm.next_run(clock.now(), _zone())
        _record(user, AccountEventKind.REPORT_ASKED, actor, every)
    return subscription


def _same(
    owned: Iterable[ReportSubscription], every: Every, query: str
) -> list[ReportSubscription]:
    return [one for one in owned if (one.every, one.query) == (every, query)]


def end(*, actor: Actor, subscription_id: int) -> None:
    """Stop one's own; admins anybody's. Raises NotFound."""
    subscription = queries.find(actor, subscription_id)
    user = db.session.get_one(User, subscription.user_id)
    db.session.delete(subscription)
    _record(user, AccountEventKind.REPORT_ENDED, actor, subscription.every)


def of_link(text: str) -> ReportSubscription:
    """The subscription of a mailed link. Raises BadLink, also for one that was stopped."""
    link = report_links.read(text)
    subscription = queries.lock(link.subscription_id)
    if subscription is None or not report_links.is_of(link, subscription):
        raise BadLink
    return subscription


def end_by_link(text: str) -> None:
    """Stop the one of a mailed link, without signing in. Raises BadLink."""
    subscription = of_link(text)
    user = db.session.get_one(User, subscription.user_id)
    db.session.delete(subscription)
    _record(user, AccountEventKind.REPORT_ENDED, None, subscription.every)


def run(subscription_id: int) -> bool:
    """Owe the report of the last period if it is due; False if not, or if nobody may have it."""
    subscription = queries.lock(subscription_id)
    now, zone = clock.now(), _zone()
    if subscription is None or subscription.due_at is None or subscription.due_at > now:
        return False
    user = db.session.get_one(User, subscription.user_id)
    if not user.is_active or not permissions.can_see_statistics(user.actor):
        subscription.due_at = None
        return False
    rhythm = subscription.rhythm
    first, end = rhythm.days(rhythm.last_run(now, subscription.due_at, zone), zone)
    subscription.due_at = rhythm.next_run(now, zone)
    _owe(subscription, user, Period(first, end - timedelta(days=1)))
    return True


def _owe(subscription: ReportSubscription, user: User, period: Period) -> None:
    data = {
        "subscription": subscription.id,
        "first": period.first.isoformat(),
        "last": period.last.isoformat(),
    }
    schedule_mails(Mail(REPORT, user.email, user.id, data=data))


def _record(user: User, kind: AccountEventKind, actor: Actor | None, every: str) -> None:
    account_log.record(user=user, kind=kind, actor=actor, every=str(every))


def _zone() -> ZoneInfo:
    return i18n.zone(setting("DESK_TIMEZONE"))
