"""What the outbox says of itself."""

from datetime import UTC, datetime, timedelta

import pytest

from portal import clock
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox, OutboxState
from portal.queries.delivery import outbox

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def add(number: int, **facts: object) -> int:
    known = {
        "template": "already_registered",
        "recipient": "ann@example.com",
        "message_id": f"<{number}@localhost>",
        "state": OutboxState.PENDING,
        "due_at": NOON,
    }
    row = Outbox(**{**known, **facts})
    db.session.add(row)
    db.session.flush()
    return row.id


@pytest.mark.usefixtures("context")
def test_due_is_what_waits_and_whose_time_has_come() -> None:
    begin_write()
    now = clock.now()
    add(1, due_at=now - timedelta(minutes=1))
    add(2, due_at=now - timedelta(minutes=2))
    add(3, due_at=now + timedelta(minutes=1))
    add(4, due_at=now - timedelta(minutes=3), state=OutboxState.SENT)
    assert outbox.count_due(10) == 2
    assert outbox.count_due(1) == 1


@pytest.mark.usefixtures("context")
def test_the_health_of_an_empty_outbox() -> None:
    assert outbox.health() == outbox.Health(0, 0, 0, 0, None)


@pytest.mark.usefixtures("context")
def test_health_counts_what_waits_what_failed_and_what_was_given_up() -> None:
    begin_write()
    add(1, created_at=NOON)
    add(2, created_at=NOON - timedelta(hours=1), error="server away")
    add(3, state=OutboxState.PARKED, error="550")
    add(4, state=OutboxState.SENT)
    add(5, state=OutboxState.DROPPED)
    assert outbox.health() == outbox.Health(2, 1, 1, 0, NOON - timedelta(hours=1))


@pytest.mark.usefixtures("context")
def test_a_long_backlog_is_not_counted_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "COUNT_CAP", 2)
    begin_write()
    for number in range(4):
        add(number)
    assert outbox.health().pending == 2


@pytest.mark.usefixtures("context")
def test_pages_are_newest_first_and_of_one_state() -> None:
    begin_write()
    first, second = add(1), add(2, state=OutboxState.PARKED)
    assert [row.id for row in outbox.page()] == [second, first]
    assert [row.id for row in outbox.page(OutboxState.PARKED)] == [second]
    assert outbox.ids_in_state(OutboxState.PARKED) == [second]


@pytest.mark.usefixtures("context")
def test_of_one_state_the_order_is_that_of_its_index() -> None:
    begin_write()
    late, soon = add(1), add(2)
    db.session.get_one(Outbox, late).due_at = NOON + timedelta(hours=1)
    db.session.get_one(Outbox, soon).due_at = NOON
    db.session.flush()
    assert [row.id for row in outbox.page(OutboxState.PENDING)] == [late, soon]
    assert outbox.ids_in_state(OutboxState.PENDING) == [soon, late]
