"""What is owed to webhooks, as operators see it."""

from datetime import timedelta

import pytest
from flask.ctx import AppContext

from portal import clock
from portal.extensions import begin_write, db
from portal.models.delivery import OutboxState
from portal.models.webhooks import Webhook, WebhookDelivery, WebhookEvent, WebhookState
from portal.queries.webhooks import deliveries
from portal.security.delivery import outbound
from portal.services.webhooks import webhooks
from tests.cast import Cast

MINUTE = timedelta(minutes=1)


def owe(webhook: Webhook, number: int, *, late: timedelta = MINUTE, **facts: object) -> None:
    moment = clock.now()
    row = WebhookDelivery(
        webhook_id=webhook.id,
        type=WebhookEvent.TICKET_CREATED,
        event_key=f"event-{number}",
        give_up_at=moment + timedelta(days=1),
        due_at=moment - late,
        **facts,
    )
    db.session.add(row)
    db.session.flush()


@pytest.fixture
def two(context: AppContext, cast: Cast) -> tuple[Webhook, Webhook]:
    """The desk's and one of Acme's."""
    begin_write()
    target, events = outbound.parse("https://9.9.9.9/hook"), [WebhookEvent.TICKET_CREATED]
    desk, _secret = webhooks.create(
        actor=cast.ada, organization_id=None, target=target, events=events
    )
    acme, _secret = webhooks.create(
        actor=cast.ann, organization_id=cast.ann.organization_id, target=target, events=events
    )
    db.session.flush()
    return desk, acme


@pytest.mark.usefixtures("context")
def test_where_there_are_no_webhooks_nothing_waits() -> None:
    assert deliveries.health() == deliveries.Health(0, 0, 0)
    assert deliveries.overdue() == timedelta(0)


def test_health_counts_what_waits_what_was_given_up_and_who_was_switched_off(
    two: tuple[Webhook, Webhook],
) -> None:
    desk, acme = two
    owe(desk, 1)
    owe(acme, 2, late=-MINUTE)
    owe(desk, 3, state=OutboxState.PARKED)
    owe(desk, 4, state=OutboxState.SENT)
    owe(desk, 5, state=OutboxState.DROPPED)
    acme.state = WebhookState.FAILED
    desk.state = WebhookState.PAUSED
    db.session.flush()
    assert deliveries.health() == deliveries.Health(2, 1, 1)


def test_a_long_backlog_is_not_counted_to_its_end(
    two: tuple[Webhook, Webhook], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "COUNT_CAP", 2)
    for number in range(4):
        owe(two[0], number)
        owe(two[0], 10 + number, state=OutboxState.PARKED)
    assert deliveries.health() == deliveries.Health(2, 2, 0)


def test_the_longest_overdue_counts_and_what_is_settled_or_not_due_does_not(
    two: tuple[Webhook, Webhook],
) -> None:
    owe(two[0], 1, late=3 * MINUTE)
    owe(two[1], 2, late=7 * MINUTE)
    owe(two[1], 3, late=20 * MINUTE, state=OutboxState.SENT)
    assert deliveries.overdue() == pytest.approx(7 * MINUTE, abs=MINUTE)


def test_what_is_due_later_is_not_overdue(two: tuple[Webhook, Webhook]) -> None:
    owe(two[0], 1, late=-MINUTE)
    assert deliveries.overdue() == timedelta(0)


@pytest.mark.parametrize(
    "facts",
    [
        {"state": WebhookState.PAUSED},
        {"state": WebhookState.FAILED},
        {"retry_at": clock.now() + timedelta(days=1)},
    ],
)
def test_what_waits_for_its_receiver_is_not_overdue(
    two: tuple[Webhook, Webhook], facts: dict[str, object]
) -> None:
    desk, acme = two
    owe(desk, 1, late=60 * MINUTE)
    owe(acme, 2, late=2 * MINUTE)
    for name, value in facts.items():
        setattr(desk, name, value)
    db.session.flush()
    assert deliveries.overdue() == pytest.approx(2 * MINUTE, abs=MINUTE)


def test_a_receiver_whose_rest_is_over_counts_again(two: tuple[Webhook, Webhook]) -> None:
    desk, _acme = two
    owe(desk, 1, late=60 * MINUTE)
    desk.retry_at = clock.now() - MINUTE
    db.session.flush()
    assert deliveries.overdue() == pytest.approx(60 * MINUTE, abs=MINUTE)
