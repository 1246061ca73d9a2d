"""Batches of what is owed to the outside: mails and webhooks."""

from collections.abc import Callable

from jobs import delivery
from jobs import outbox as mail_jobs
from jobs import scheduled as scheduled_jobs
from jobs import webhooks as webhook_jobs
from portal import clock
from portal.extensions import db
from portal.mail import messages
from portal.mail.transport import FolderTransport
from portal.models.delivery import NoticeKind, Outbox, OutboxState
from portal.models.tickets import ScheduledComment, Ticket
from portal.models.webhooks import WebhookDelivery
from portal.services.delivery import mail_notifications
from portal.services.tickets import scheduled
from tests import factories
from tests.jobs.batch import BatchCase, World
from tests.waiting import PATIENCE
from tests.webhooks import create_webhook, deliver_due


def mails(world: World) -> BatchCase:
    """Three people are to hear of something; each mail is an item."""
    with factories.writing(world.app):
        for person in world.people():
            mail_notifications.account_notice(person, NoticeKind.PASSWORD_CHANGED)
    ids = world.ids(db.select(Outbox.id).order_by(Outbox.id))
    names = world.ids(db.select(Outbox.message_id).order_by(Outbox.id))
    sent = db.select(Outbox.id).where(Outbox.state == OutboxState.SENT)
    return BatchCase(
        items=ids,
        done=lambda: set(world.ids(sent)),
        run=lambda: mail_jobs.send_due(PATIENCE),
        steps={
            "read": (mail_jobs, "_compose", lambda lease, _files: lease.row_id),
            "compose": (messages, "compose", lambda mail, _desk: mail.row.id),
            "hold": (delivery, "_still_holds", lambda _channel, lease, _seconds: lease.row_id),
            "settle": (
                delivery,
                "_settle_and_claim",
                lambda _channel, settle, **_o: settle and settle.args[0].row_id,
            ),
            "send": (
                FolderTransport,
                "send",
                lambda _self, message, **_o: ids[names.index(message.message_id)],
            ),
        },
    )


def due_answers(world: World) -> BatchCase:
    """Three answers, each to a ticket of its own, whose time has come."""
    filed = [factories.file_ticket(world.app, world.cast.ann) for _ in range(3)]
    return _answers(world, filed, scheduled_jobs.send_due)


def answers_of_a_ticket(world: World) -> BatchCase:
    """Three answers to one ticket; the last one's job sends those before it first."""
    filed = factories.file_ticket(world.app, world.cast.ann)
    case = _answers(world, [filed] * 3, lambda: scheduled_jobs.send(max(case.items)))
    return case


def _answers(world: World, filed: list[factories.Filed], run: Callable[[], object]) -> BatchCase:
    with factories.writing(world.app):
        items = [
            scheduled.schedule(
                actor=world.cast.sam,
                ticket=db.session.get_one(Ticket, one.id),
                message="It is warm.",
                due_at=clock.now(),
                later=False,
            ).id
            for one in filed
        ]
    return BatchCase(
        items=items,
        done=lambda: set(items) - set(world.ids(db.select(ScheduledComment.id))),
        run=run,
        steps={
            "load": (scheduled, "send", lambda number: number),
            "post": (scheduled.unsent, "take_files_of", lambda row: row.id),
        },
    )


def deliveries(world: World) -> BatchCase:
    """Three events for one webhook."""
    create_webhook(world.app, world.cast.ann, world.another().url)
    for number in range(3):
        factories.file_ticket(world.app, world.cast.ann, f"Number {number}")
    sent = db.select(WebhookDelivery.id).where(WebhookDelivery.state == OutboxState.SENT)
    items = world.ids(db.select(WebhookDelivery.id).order_by(WebhookDelivery.id))
    return BatchCase(
        items=items,
        done=lambda: set(world.ids(sent)),
        run=lambda: deliver_due(world.app),
        steps={
            "read": (webhook_jobs.EventHandler, "compose", lambda _self, item: item.lease.row_id),
            "make": (webhook_jobs, "payload", lambda outgoing: outgoing.delivery.id),
            "hold": (delivery, "_still_holds", lambda _channel, lease, _seconds: lease.row_id),
            "record": (webhook_jobs.deliveries, "record", lambda lease, _outcome: lease.row_id),
            "sign": (
                webhook_jobs.signatures,
                "headers",
                lambda *, event_key, **_o: world.ids(
                    db.select(WebhookDelivery.id).where(WebhookDelivery.event_key == event_key)
                )[0],
            ),
        },
    )


def webhooks(world: World) -> BatchCase:
    """Three webhooks with an event each."""
    receivers = [world.another() for _ in range(3)]
    hooks = [create_webhook(world.app, world.cast.ann, receiver.url).id for receiver in receivers]
    factories.file_ticket(world.app, world.cast.ann)
    return BatchCase(
        items=hooks,
        done=lambda: {hook for hook, r in zip(hooks, receivers, strict=True) if r.taken},
        run=lambda: deliver_due(world.app),
        steps={
            "claim": (webhook_jobs.deliveries, "claim_next", lambda webhook_id: webhook_id),
            "look": (webhook_jobs.queries, "is_being_called", lambda webhook_id: webhook_id),
        },
    )
