"""Leases, back-off, parking: what happens to a row, without anything being sent."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from redis import Redis
from time_machine import Traveller

from portal.extensions import begin_write, db
from portal.models.delivery import Outbox, OutboxState
from portal.queries.delivery import outbox as queries
from portal.queueing import QUEUE
from portal.services.delivery import leases, outbox
from portal.services.delivery.outbox import MAX_ATTEMPTS, Lease, Mail

pytestmark = pytest.mark.usefixtures("context")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LEASE = timedelta(seconds=120)


@pytest.fixture
def clock() -> Iterator[Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def owed(clock: Traveller, app: Flask) -> int:
    """The id of a mail that is owed since noon."""
    return owe()


def owe(recipient: str = "ann@example.com") -> int:
    begin_write()
    outbox.schedule_mails(Mail(template="already_registered", recipient=recipient))
    db.session.commit()
    return int(db.session.scalars(db.select(Outbox.id).order_by(Outbox.id.desc())).first() or 0)


def claim(outbox_id: int) -> Lease | None:
    begin_write()
    lease = outbox.claim(outbox_id)
    db.session.commit()
    return lease


def claimed(outbox_id: int) -> Lease:
    lease = claim(outbox_id)
    assert lease is not None
    return lease


def row(outbox_id: int) -> Outbox:
    db.session.rollback()
    return db.session.get_one(Outbox, outbox_id)


def test_a_mail_may_be_owed_for_later_and_is_not_enqueued_before(
    clock: Traveller, app: Flask, queue: Redis
) -> None:
    begin_write()
    outbox.schedule_mails(
        Mail(template="already_registered", recipient="a@example.com", wait=timedelta(minutes=3)),
        Mail(template="already_registered", recipient="b@example.com"),
    )
    db.session.commit()
    later, at_once = db.session.scalars(db.select(Outbox.id).order_by(Outbox.recipient))
    assert queue.llen(f"rq:queue:{QUEUE}") == 1
    assert claim(later) is None and claim(at_once) is not None
    clock.shift(timedelta(minutes=3))
    assert claim(later) is not None


def enqueued(queue_url: str) -> int:
    with Redis.from_url(queue_url) as queue:
        return int(queue.llen(f"rq:queue:{QUEUE}"))


def test_what_is_owed_waits_and_is_enqueued_after_the_commit(app: Flask, queue_url: str) -> None:
    begin_write()
    outbox.schedule_mails(Mail(template="already_registered", recipient="ann@example.com"))
    assert enqueued(queue_url) == 0
    db.session.commit()
    assert enqueued(queue_url) == 1


def test_what_was_rolled_back_is_neither_owed_nor_enqueued(app: Flask, queue_url: str) -> None:
    begin_write()
    outbox.schedule_mails(Mail(template="already_registered", recipient="ann@example.com"))
    db.session.rollback()
    assert enqueued(queue_url) == 0
    assert queries.page() == []


def test_owing_nothing_is_fine() -> None:
    begin_write()
    outbox.schedule_mails()
    assert queries.page() == []


def test_message_ids_are_in_the_name_of_the_desk() -> None:
    made = {outbox.new_message_id("https://help.example.com:8443") for _ in range(50)}
    assert len(made) == 50
    assert all(i.startswith("<lodge.") and i.endswith("@help.example.com>") for i in made)


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        ("http://localhost", "localhost"),
        ("https://помощь.рф", "xn--l1adbb7cs.xn--p1ai"),
        ("http://[fe80::1]:8000", "fe80-1"),
    ],
)
def test_a_message_id_is_ascii_whatever_the_host(base_url: str, host: str) -> None:
    assert outbox.new_message_id(base_url).endswith(f"@{host}>")


def test_one_of_two_gets_the_lease(owed: int) -> None:
    assert claim(owed) is not None
    assert claim(owed) is None


def test_nobody_gets_a_lease_on_what_is_unknown() -> None:
    assert claim(404) is None


def test_a_lease_that_ran_out_is_for_the_next(owed: int, clock: Traveller) -> None:
    first = claimed(owed)
    clock.shift(LEASE - timedelta(seconds=1))
    assert claim(owed) is None
    clock.shift(timedelta(seconds=1))
    second = claimed(owed)
    assert second.token != first.token
    assert second.attempt == 2


def test_who_lost_the_lease_changes_nothing(owed: int, clock: Traveller) -> None:
    frozen = claimed(owed)
    clock.shift(LEASE)
    holder = claimed(owed)
    begin_write()
    assert not leases.renew(Outbox, frozen)
    assert not outbox.mark_sent(frozen)
    assert not outbox.postpone(frozen, "too late", reached=True)
    assert not outbox.mark_dropped(frozen, "too late")
    assert outbox.mark_sent(holder)
    db.session.commit()
    assert row(owed).state == OutboxState.SENT
    assert row(owed).error is None


def test_a_renewed_lease_lasts_its_full_time(owed: int, clock: Traveller) -> None:
    lease = claimed(owed)
    clock.shift(LEASE - timedelta(seconds=1))
    begin_write()
    assert leases.renew(Outbox, lease)
    db.session.commit()
    clock.shift(LEASE - timedelta(seconds=1))
    assert claim(owed) is None


def test_what_was_sent_stays_sent(owed: int, clock: Traveller) -> None:
    lease = claimed(owed)
    begin_write()
    outbox.mark_sent(lease)
    db.session.commit()
    assert row(owed).sent_at == NOON
    clock.shift(timedelta(days=1))
    assert claim(owed) is None
    begin_write()
    assert not outbox.retry(owed)
    assert not outbox.park(owed, "no")
    assert not outbox.postpone(lease, "changed my mind", reached=True)


def test_a_failure_is_tried_again_after_a_pause(owed: int, clock: Traveller) -> None:
    lease = claimed(owed)
    begin_write()
    assert outbox.postpone(lease, "451 later", reached=True)
    db.session.commit()
    after = row(owed)
    assert (after.state, after.error, after.lease) == (OutboxState.PENDING, "451 later", None)
    assert timedelta(seconds=24) <= after.due_at - NOON <= timedelta(seconds=36)
    assert claim(owed) is None
    clock.shift(timedelta(seconds=36))
    assert claimed(owed).attempt == 2


def test_pauses_double_up_to_four_hours() -> None:
    for attempt in range(1, MAX_ATTEMPTS + 1):
        middle = min(30 * 2 ** (attempt - 1), 4 * 3600)
        pauses = {outbox.backoff_after(attempt).total_seconds() for _ in range(20)}
        assert len(pauses) > 1
        assert all(0.8 * middle <= pause <= 1.2 * middle for pause in pauses)


def test_the_last_try_parks_with_the_reason_after_days(owed: int, clock: Traveller) -> None:
    for _ in range(MAX_ATTEMPTS):
        assert row(owed).state == OutboxState.PENDING
        lease = claimed(owed)
        begin_write()
        outbox.postpone(lease, "452 mailbox full", reached=True)
        db.session.commit()
        clock.move_to(row(owed).due_at)
    assert (row(owed).state, row(owed).error) == (OutboxState.PARKED, "452 mailbox full")
    assert row(owed).due_at - NOON > timedelta(days=3)
    assert claim(owed) is None


def test_a_final_no_parks_at_once(owed: int) -> None:
    lease = claimed(owed)
    begin_write()
    outbox.mark_refused(lease, "550 no such user")
    db.session.commit()
    assert row(owed).state == OutboxState.PARKED


def test_a_mail_that_kills_every_worker_is_parked(owed: int, clock: Traveller) -> None:
    for _ in range(MAX_ATTEMPTS):
        claimed(owed)
        clock.shift(LEASE)
    assert claim(owed) is None
    begin_write()
    assert outbox.park_exhausted()
    db.session.commit()
    assert row(owed).state == OutboxState.PARKED
    assert row(owed).error == "no worker lived to say what became of the last try"


def test_tries_that_are_under_way_are_not_parked(owed: int) -> None:
    claimed(owed)
    begin_write()
    assert not outbox.park_exhausted()


def test_a_parked_mail_gets_all_its_tries_again(owed: int, queue_url: str) -> None:
    begin_write()
    assert outbox.park(owed, "by hand")
    db.session.commit()
    assert claim(owed) is None
    before = enqueued(queue_url)
    begin_write()
    assert outbox.retry(owed)
    db.session.commit()
    assert enqueued(queue_url) == before + 1
    assert claimed(owed).attempt == 1


def test_a_mail_that_waits_after_a_failure_can_be_sent_now(owed: int) -> None:
    lease = claimed(owed)
    begin_write()
    outbox.postpone(lease, "451 later", reached=True)
    assert outbox.retry(owed)
    db.session.commit()
    assert claim(owed) is not None


def test_nobody_decides_over_a_mail_that_is_being_sent(owed: int) -> None:
    claimed(owed)
    begin_write()
    assert not outbox.retry(owed)
    assert not outbox.park(owed, "by hand")


def test_a_mail_whose_worker_died_can_be_parked(owed: int, clock: Traveller) -> None:
    claimed(owed)
    clock.shift(LEASE)
    begin_write()
    assert outbox.park(owed, "by hand")
