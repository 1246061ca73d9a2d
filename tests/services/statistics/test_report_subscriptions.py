"""Statistics by mail: for whom, once a period, and in the words and days of now."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.ctx import AppContext
from sqlalchemy import select

from jobs.outbox import _compose
from jobs.parts.reports import mail_reports
from portal import clock
from portal.errors import BadLink, Forbidden, Invalid, NotFound
from portal.extensions import begin_write, db
from portal.mail.message import Message
from portal.mail.outgoing import NOTHING_ENCLOSED
from portal.models.delivery import Outbox
from portal.models.people import AccountEvent, Right, Role, User
from portal.models.statistics import ReportSubscription
from portal.queries.statistics import report_subscriptions as queries
from portal.queries.statistics.narrowing import Narrowing
from portal.rhythm import Every
from portal.security import report_links
from portal.services.delivery.leases import Lease
from portal.services.statistics import counting
from portal.services.statistics import report_subscriptions as reports
from portal.services.statistics.report_subscriptions import MAX_SUBSCRIPTIONS
from portal.services.tickets import tickets
from tests.cast import Cast
from tests.mail.outgoing import part, received

TUESDAY = datetime(2026, 3, 24, 12, tzinfo=UTC)
# Seven by the clock of Berlin, on the Monday after the change to summer time.
MONDAY = datetime(2026, 3, 30, 5, tzinfo=UTC)


@pytest.fixture
def desk(app: Flask, context: AppContext, cast: Cast) -> Any:
    app.config["DESK_TIMEZONE"] = "Europe/Berlin"
    begin_write()
    yield cast
    app.config["DESK_TIMEZONE"] = "UTC"


def user(person: Any) -> User:
    return db.session.get_one(User, person.id)


def subscribe(desk: Cast, every: Every = Every.WEEK, **narrowed: Any) -> ReportSubscription:
    with time_machine.travel(TUESDAY, tick=False):
        narrowing = Narrowing(**narrowed)
        return reports.subscribe(
            actor=desk.ada, user=user(desk.ada), every=every, narrowing=narrowing
        )


def run(at: datetime, subscription: ReportSubscription) -> bool:
    with time_machine.travel(at, tick=False):
        return reports.run(subscription.id)


def owed() -> list[Outbox]:
    query = select(Outbox).where(Outbox.template == "statistics_report").order_by(Outbox.id)
    return list(db.session.scalars(query))


def mailed() -> Message | str:
    """What the job makes of the mail that is owed."""
    [row] = owed()
    db.session.commit()
    return _compose(Lease(row.id, "lease", 1), NOTHING_ENCLOSED)


def count() -> None:
    counting.count_some()
    db.session.commit()
    begin_write()


def test_it_is_owed_once_each_week_at_seven_by_the_clock_of_the_desk(desk: Cast) -> None:
    subscription = subscribe(desk)
    assert subscription.due_at == MONDAY
    assert not run(MONDAY.replace(hour=4, minute=59), subscription)
    assert run(MONDAY, subscription)
    assert not run(MONDAY, subscription)
    [mail] = owed()
    assert (mail.recipient, mail.user_id) == (desk.ada.email, desk.ada.id)
    assert (mail.data["first"], mail.data["last"]) == ("2026-03-23", "2026-03-29")


def test_what_a_desk_that_was_off_has_missed_is_made_up_once(desk: Cast) -> None:
    monthly = subscribe(desk, Every.MONTH)
    assert run(datetime(2026, 8, 19, tzinfo=UTC), monthly)
    assert not run(datetime(2026, 8, 20, tzinfo=UTC), monthly)
    [mail] = owed()
    assert (mail.data["first"], mail.data["last"]) == ("2026-07-01", "2026-07-31")
    assert monthly.due_at == datetime(2026, 9, 1, 5, tzinfo=UTC)


def test_a_sweep_that_runs_twice_owes_it_once(app: Flask, desk: Cast) -> None:
    tickets.file(actor=desk.ann, subject="No hot water", message="Since Monday.")
    count()
    subscribe(desk)
    db.session.commit()
    with time_machine.travel(MONDAY, tick=False):
        mail_reports()
        mail_reports()
    assert len(owed()) == 1


def test_it_waits_until_tickets_that_are_counted_anew_are_counted(desk: Cast) -> None:
    tickets.file(actor=desk.ann, subject="No hot water", message="Since Monday.")
    counting.begin_anew()
    subscribe(desk)
    db.session.commit()
    with time_machine.travel(MONDAY, tick=False):
        mail_reports()
        assert owed() == []
        begin_write()
        count()
        db.session.rollback()
        mail_reports()
    assert len(owed()) == 1


def test_the_mail_has_the_numbers_of_both_weeks_each_with_its_tickets(desk: Cast) -> None:
    for day in (17, 23, 29):
        with clock.at(datetime(2026, 3, day, 12, tzinfo=UTC)):
            tickets.file(actor=desk.ann, subject="Cold", message="It is.", department="IT")
    tickets.file(actor=desk.ann, subject="Cold", message="It is.")
    subscription = subscribe(desk, department="IT")
    count()
    run(MONDAY, subscription)
    message = mailed()
    assert isinstance(message, Message)
    text, html = part(message), part(message, "html")
    assert received(message)["Subject"] == "Statistics of Mar 23, 2026 – Mar 29, 2026"
    assert "Department: IT. Compared with Mar 16, 2026 – Mar 22, 2026." in text
    assert "Filed: 2 (before: 1)" in text
    filed = "/tickets/queue?view=all&amp;department=IT&amp;q=filed%3A2026-03-23..2026-03-29"
    assert filed in html
    assert "q=filed%3A2026-03-16..2026-03-22" in html
    assert "/admin/?from=2026-03-23&to=2026-03-29&department=IT" in text
    link = f"/auth/reports/{report_links.sign(subscription)}"
    assert link in text
    assert link in html
    assert link in received(message)["List-Unsubscribe"]


def test_a_month_is_compared_with_the_month_before_in_the_readers_language(desk: Cast) -> None:
    user(desk.ada).locale = "ru"
    monthly = subscribe(desk, Every.MONTH)
    run(datetime(2026, 4, 1, 6, tzinfo=UTC), monthly)
    message = mailed()
    assert "1 мар. 2026 – 31 мар. 2026" in received(message)["Subject"]
    assert "1 февр. 2026 – 28 февр. 2026" in part(message)


def test_a_department_that_is_gone_is_told_in_the_mail(desk: Cast) -> None:
    subscription = subscribe(desk, department="Gone")
    run(MONDAY, subscription)
    message = mailed()
    assert received(message)["Subject"] == "No statistics this time"
    assert "there are no tickets of Gone any more" in part(message)


def lose_role(desk: Cast, _subscription: ReportSubscription) -> None:
    user(desk.ada).role = Role.STAFF


def stop(desk: Cast, subscription: ReportSubscription) -> None:
    reports.end(actor=desk.ada, subscription_id=subscription.id)


def leave(desk: Cast, _subscription: ReportSubscription) -> None:
    user(desk.ada).is_active = False


@pytest.mark.threat("rights kept or taken")
@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (lose_role, "the recipient may not see the statistics any more"),
        (stop, "the report was stopped"),
        (leave, "the recipient's account is disabled"),
    ],
)
def test_it_is_asked_again_who_may_have_it_when_it_is_sent(
    desk: Cast, happens: Any, reason: str
) -> None:
    subscription = subscribe(desk)
    run(MONDAY, subscription)
    happens(desk, subscription)
    db.session.flush()
    assert mailed() == reason


def test_who_has_lost_the_right_is_owed_none_until_they_ask_again(desk: Cast) -> None:
    subscription = subscribe(desk)
    lose_role(desk, subscription)
    db.session.flush()
    assert not run(MONDAY, subscription)
    assert (owed(), subscription.due_at) == ([], None)
    user(desk.ada).role = Role.ADMIN
    assert subscribe(desk) is subscription
    assert subscription.due_at == MONDAY


def test_one_asks_for_oneself_and_admins_for_others_who_may_see_statistics(desk: Cast) -> None:
    sam = user(desk.sam)
    for actor, person in ((desk.sam, desk.sam), (desk.ann, desk.ann)):
        with pytest.raises(Forbidden):
            reports.subscribe(actor=actor, user=user(person), every=Every.WEEK)
    with pytest.raises(Invalid) as refused:
        reports.subscribe(actor=desk.ada, user=sam, every=Every.WEEK)
    assert refused.value.details == {"person": "no_statistics"}
    sam.granted_rights = sam.rights = Right.STATISTICS
    db.session.flush()
    reports.subscribe(actor=sam.actor, user=sam, every=Every.WEEK)
    reports.subscribe(actor=desk.ada, user=sam, every=Every.MONTH)
    with pytest.raises(Forbidden):
        reports.subscribe(actor=sam.actor, user=user(desk.ada), every=Every.WEEK)
    assert [row.ReportSubscription.every for row in queries.visible(sam.actor)] == ["week", "month"]
    kinds = select(AccountEvent.kind).where(AccountEvent.user_id == sam.id)
    assert list(db.session.scalars(kinds)) == ["report_asked", "report_asked"]


def test_asking_twice_is_asking_once_and_twenty_are_enough(desk: Cast) -> None:
    assert subscribe(desk) is subscribe(desk)
    for number in range(MAX_SUBSCRIPTIONS - 1):
        subscribe(desk, department=f"Department {number}")
    with pytest.raises(Invalid) as refused:
        subscribe(desk, department="One more")
    assert refused.value.details == {"every": "too_many"}
    subscribe(desk)


def test_only_ones_own_are_stopped_and_by_admins_anybodys(desk: Cast) -> None:
    subscription = subscribe(desk)
    for actor in (desk.sam, desk.ann):
        with pytest.raises(NotFound):
            reports.end(actor=actor, subscription_id=subscription.id)
    reports.end(actor=desk.ada, subscription_id=subscription.id)
    db.session.flush()
    with pytest.raises(NotFound):
        reports.end(actor=desk.ada, subscription_id=subscription.id)


@pytest.mark.threat("mailed links")
def test_a_link_stops_its_report_and_nothing_else(desk: Cast) -> None:
    subscription, other = subscribe(desk), subscribe(desk, Every.MONTH)
    link = report_links.sign(subscription)
    for wrong in ("", link[:-1], link + "x"):
        with pytest.raises(BadLink):
            reports.end_by_link(wrong)
    reports.end_by_link(link)
    db.session.flush()
    with pytest.raises(BadLink):
        reports.of_link(link)
    assert queries.of_person(desk.ada.id) == [other]
