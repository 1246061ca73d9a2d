"""Signs of life: each has a limit, and what is over it is named."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from portal import clock
from portal.extensions import begin_write, db
from portal.models.delivery import MailServer, Outbox
from portal.models.operations import Heartbeat, HeartbeatName, TableKind
from portal.models.organizations import Marketplace, Organization
from portal.models.people import Actor, User
from portal.models.privacy import PrivacyRequest
from portal.models.webhooks import WebhookDelivery
from portal.queries.operations import background
from portal.queries.operations.background import Lag
from portal.services.delivery.outbox import Mail, schedule_mails
from portal.services.operations import heartbeats, table_exports
from portal.services.operations.table_exports import Order
from portal.services.privacy import privacy_requests
from portal.services.products import syncs
from tests import factories
from tests.cast import Cast
from tests.factories import writing
from tests.webhooks import create_webhook

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def well(app: Flask) -> Flask:
    with writing(app):
        heartbeats.beat(HeartbeatName.SWEEP, HeartbeatName.WEBHOOKS)
    return app


def late(app: Flask) -> list[str]:
    with app.app_context():
        return [lag.name for lag in background.excessive_lags()]


def age(name: str, by: timedelta) -> None:
    heartbeats.beat(name)
    when = clock.now() - by
    db.session.execute(db.update(Heartbeat).where(Heartbeat.name == name).values(beat_at=when))


def test_what_was_never_seen_is_late(app: Flask) -> None:
    assert late(app) == ["sweep", "webhooks"]
    assert Lag("sweep", None, HOUR).is_late


def test_a_backup_that_was_never_made_is_no_sign(well: Flask) -> None:
    assert late(well) == []


def a_mail() -> None:
    schedule_mails(Mail(template="already_registered", recipient="ann@example.com"))


def mail_waits(cast: Cast, by: timedelta) -> None:
    a_mail()
    db.session.execute(db.update(Outbox).values(due_at=clock.now() - by))


def server_away(cast: Cast, by: timedelta) -> None:
    a_mail()
    db.session.add(MailServer(id=1, failing_since=clock.now() - by, retry_at=clock.now()))


def mail_fails(cast: Cast, by: timedelta) -> None:
    a_mail()
    db.session.execute(db.update(Outbox).values(due_at=clock.now() + DAY))
    db.session.add(MailServer(id=1, failing_since=clock.now() - by))


def event_waits(cast: Cast, by: timedelta) -> None:
    db.session.execute(db.update(WebhookDelivery).values(due_at=clock.now() - by))


def present(person: Actor) -> Actor:
    """With a fresh proof of presence, whenever it is."""
    return factories.actor(db.session.get_one(User, person.id))


def export_waits(cast: Cast, by: timedelta) -> None:
    with clock.at(clock.now() - by):
        privacy_requests.ask_export(actor=present(cast.ann))


def table_waits(cast: Cast, by: timedelta) -> None:
    with clock.at(clock.now() - by):
        table_exports.ask(actor=present(cast.ada), order=Order(TableKind.PEOPLE))


def sync_waits(cast: Cast, by: timedelta) -> None:
    organization = db.session.get_one(Organization, cast.ann.organization_id)
    with clock.at(clock.now() - by):
        syncs.start(organization, Marketplace.OZON, None)


def deletion_waits(cast: Cast, by: timedelta) -> None:
    with clock.at(clock.now() - privacy_requests.UNDO_FOR - by):
        privacy_requests.ask_deletion(actor=present(cast.carl))
    db.session.execute(db.delete(Outbox))
    # As one that fails is put off, again and again.
    db.session.execute(db.update(PrivacyRequest).values(due_at=clock.now() + HOUR))


WORK: dict[str, tuple[Callable[[Cast, timedelta], None], timedelta]] = {
    "mail_queue": (mail_waits, 5 * MINUTE),
    "mail_server": (server_away, 3 * MINUTE),
    "mail_failing": (mail_fails, HOUR),
    "webhook_queue": (event_waits, 5 * MINUTE),
    "exports": (export_waits, HOUR),
    "table_exports": (table_waits, HOUR),
    "product_syncs": (sync_waits, HOUR),
    "deletions": (deletion_waits, DAY),
    "sweep": (lambda _cast, by: age(HeartbeatName.SWEEP, by), 5 * MINUTE),
    "webhooks": (lambda _cast, by: age(HeartbeatName.WEBHOOKS, by), 5 * MINUTE),
    "sweep:part": (lambda _cast, by: age("sweep:part", by), 5 * MINUTE),
    "backup": (lambda _cast, by: age(HeartbeatName.BACKUP, by), 36 * HOUR),
}


def test_every_sign_is_in_the_list(well: Flask) -> None:
    with writing(well):
        heartbeats.beat(HeartbeatName.BACKUP, HeartbeatName.PROBE, "sweep:part")
        assert {lag.name for lag in background.lags()} == set(WORK)


@pytest.mark.parametrize("name", WORK)
def test_a_sign_is_late_when_it_is_over_its_limit(well: Flask, cast: Cast, name: str) -> None:
    bring_about, limit = WORK[name]
    if name == "webhook_queue":
        create_webhook(well, cast.ann, "https://9.9.9.9/hook")
        factories.file_ticket(well, cast.ann)
    for by, found in ((limit - MINUTE, []), (limit + MINUTE, [name])):
        with well.app_context():
            begin_write()
            db.session.execute(db.delete(Outbox))
            bring_about(cast, by)
            db.session.flush()
            assert [lag.name for lag in background.excessive_lags()] == found
            db.session.rollback()
