"""Webhooks for tests: created without forms, delivered without a worker."""

from dataclasses import dataclass
from datetime import timedelta
from unittest.mock import patch

from flask import Flask

from jobs import webhooks as jobs
from portal.extensions import db
from portal.models.people import Actor
from portal.models.webhooks import Webhook, WebhookAttempt, WebhookDelivery, WebhookEvent
from portal.security.delivery import connections, outbound
from portal.services.webhooks import deliveries as services
from portal.services.webhooks import webhooks
from tests import factories

EVERYTHING = tuple(WebhookEvent)


@dataclass(frozen=True)
class CreatedWebhook:
    """The id and secret of a webhook, for use after the transaction that created it."""

    id: int
    secret: str


def create_webhook(
    app: Flask,
    actor: Actor,
    url: str,
    events: tuple[WebhookEvent, ...] = EVERYTHING,
    *,
    desk: bool = False,
) -> CreatedWebhook:
    """Create a webhook of `actor`'s organization, or the desk's, that calls `url`."""
    with factories.writing(app):
        webhook, secret = webhooks.create(
            actor=actor,
            organization_id=None if desk else actor.organization_id,
            target=outbound.parse(url),
            events=events,
        )
        return CreatedWebhook(webhook.id, secret)


def deliver_due(app: Flask, *, turn: float = 60.0) -> None:
    """Deliver what is due as the sweep does, within `turn` seconds: a busy machine needs some."""
    with (
        app.app_context(),
        patch.object(jobs, "_SWEEP_SECONDS", turn),
        patch.object(outbound, "TOTAL_SECONDS", 60.0),
        patch.object(connections, "CONNECT_SECONDS", 60.0),
        # What failed is not due again while the others have their turn.
        patch.object(services, "_FIRST_PAUSE", timedelta(seconds=40)),
    ):
        jobs.deliver_due()


def webhook(app: Flask, hook: CreatedWebhook) -> Webhook:
    with app.app_context():
        return db.session.get_one(Webhook, hook.id)


def deliveries(app: Flask) -> list[WebhookDelivery]:
    with app.app_context():
        return list(db.session.scalars(db.select(WebhookDelivery).order_by(WebhookDelivery.id)))


def attempts(app: Flask) -> list[WebhookAttempt]:
    with app.app_context():
        return list(db.session.scalars(db.select(WebhookAttempt).order_by(WebhookAttempt.id)))
