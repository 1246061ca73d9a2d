"""Reads of webhook deliveries: which are due, backlog sizes, and the log of one webhook."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, or_, select

from portal import clock
from portal.errors import NotFound
from portal.extensions import db
from portal.models.delivery import OutboxState
from portal.models.tickets import TicketEvent
from portal.models.webhooks import Webhook, WebhookAttempt, WebhookDelivery, WebhookState
from portal.queries.paging import AnyRow, AnySelect, Page, make_page

PAGE = 30
# More than one sweep could serve.
_DUE = 100
# Larger backlogs are not counted exactly.
COUNT_CAP = 1000


@dataclass(frozen=True, slots=True)
class Health:
    """Backlog sizes. Deliveries are counted up to COUNT_CAP; `failed` counts webhooks."""

    pending: int
    parked: int
    failed: int


def next_due(webhook_id: int) -> int | None:
    """The id of the webhook's delivery that has been due longest."""
    query = (
        select(WebhookDelivery.id)
        .where(
            WebhookDelivery.webhook_id == webhook_id,
            WebhookDelivery.state == OutboxState.PENDING,
            WebhookDelivery.due_at <= clock.now(),
        )
        .order_by(WebhookDelivery.due_at, WebhookDelivery.id)
        .limit(1)
    )
    return db.session.scalar(query)


def next_due_at(webhook_id: int) -> datetime | None:
    """When the webhook's next delivery is due, or was; None when none waits."""
    query = (
        select(WebhookDelivery.due_at)
        .where(
            WebhookDelivery.webhook_id == webhook_id,
            WebhookDelivery.state == OutboxState.PENDING,
        )
        .order_by(WebhookDelivery.due_at)
        .limit(1)
    )
    return db.session.scalar(query)


def is_being_called(webhook_id: int) -> bool:
    """Whether a delivery to the webhook is being sent under a lease."""
    return bool(
        db.session.scalar(
            select(_being_sent().where(WebhookDelivery.webhook_id == webhook_id).exists())
        )
    )


def webhooks_with_due() -> list[int]:
    """Ids of webhooks with a due delivery that may be called now, the longest due first.

    Without those that are being called.
    """
    first = _first_of_each()
    being_called = _being_sent().where(WebhookDelivery.webhook_id == Webhook.id).exists()
    query = (
        select(Webhook.id)
        .where(_may_be_called(), first <= clock.now(), ~being_called)
        .order_by(first)
        .limit(_DUE)
    )
    return list(db.session.scalars(query))


def health() -> Health:
    """Backlog sizes for metrics. Takes the same time however many deliveries there are."""
    return Health(*db.session.execute(_health()).one())


def overdue() -> timedelta:
    """How long the longest due delivery that may be sent now has waited.

    Deliveries that wait for an unreachable receiver are left out.
    """
    first = db.session.scalar(_first_due())
    return max(timedelta(0), clock.now() - first) if first else timedelta(0)


def _health() -> AnySelect:
    failed = select(func.count()).where(Webhook.state == WebhookState.FAILED)
    return select(
        _counted(OutboxState.PENDING), _counted(OutboxState.PARKED), failed.scalar_subquery()
    )


def _counted(state: OutboxState) -> ColumnElement[int]:
    # Ordered by the index, so that the planner uses it for the limit.
    rows = select(WebhookDelivery.id).where(WebhookDelivery.state == state)
    capped = rows.order_by(WebhookDelivery.due_at).limit(COUNT_CAP).subquery()
    return select(func.count()).select_from(capped).scalar_subquery()


def _first_due() -> AnySelect:
    """The earliest due date; asked webhook by webhook, as paused ones may have large backlogs."""
    first = _first_of_each()
    return select(func.min(first)).select_from(Webhook).where(_may_be_called())


def _first_of_each() -> ScalarSelect[datetime]:
    return (
        select(func.min(WebhookDelivery.due_at))
        .where(
            WebhookDelivery.webhook_id == Webhook.id,
            WebhookDelivery.state == OutboxState.PENDING,
        )
        .correlate(Webhook)
        .scalar_subquery()
    )


def _being_sent() -> Select[int]:
    return select(WebhookDelivery.id).where(
        WebhookDelivery.state == OutboxState.PENDING,
        WebhookDelivery.lease.is_not(None),
        WebhookDelivery.due_at > clock.now(),
    )


def _may_be_called() -> ColumnElement[bool]:
    """Condition: active, and its circuit closed or due for a probe."""
    rested = or_(Webhook.retry_at.is_(None), Webhook.retry_at <= clock.now())
    return (Webhook.state == WebhookState.ACTIVE) & rested


_LAST = (
    select(func.max(WebhookAttempt.id))
    .where(WebhookAttempt.delivery_id == WebhookDelivery.id)
    .correlate(WebhookDelivery)
    .scalar_subquery()
)


def page(webhook_id: int, *, before: int | None = None, size: int = PAGE) -> Page[AnyRow]:
    """(WebhookDelivery, its last WebhookAttempt, the ticket's id), newest first."""
    query = (
        select(WebhookDelivery, WebhookAttempt, TicketEvent.ticket_id)
        .outerjoin(WebhookAttempt, WebhookAttempt.id == _LAST)
        .outerjoin(TicketEvent, TicketEvent.id == WebhookDelivery.event_id)
        .where(WebhookDelivery.webhook_id == webhook_id)
        .order_by(WebhookDelivery.id.desc())
        .limit(size + 1)
    )
    if before is not None:
        query = query.where(WebhookDelivery.id < before)
    return make_page(list(db.session.execute(query)), size, lambda row: str(row[0].id))


def find(webhook: Webhook, delivery_id: int) -> WebhookDelivery:
    """The webhook's delivery of that id. Raises NotFound."""
    found = db.session.get(WebhookDelivery, delivery_id)
    if found is None or found.webhook_id != webhook.id:
        raise NotFound
    return found


def attempts(delivery_id: int) -> list[WebhookAttempt]:
    """All tries, newest first."""
    query = select(WebhookAttempt).where(WebhookAttempt.delivery_id == delivery_id)
    return list(db.session.scalars(query.order_by(WebhookAttempt.id.desc()).limit(100)))
