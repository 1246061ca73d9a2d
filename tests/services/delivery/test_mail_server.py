"""The circuit breaker of mail: a server that is away is asked seldom, and that is seen soon.

Nothing is sent here: the mails' fate is told to the rows, under a clock of the test's own.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select
from time_machine import Traveller

from portal.extensions import begin_write, db
from portal.models.delivery import MailServer, Outbox, OutboxState
from portal.queries.delivery import mail_server as queries
from portal.services.delivery import outbox
from portal.services.delivery.outbox import Lease, Mail

pytestmark = pytest.mark.usefixtures("context")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
Fate = Callable[[Lease], object]


@pytest.fixture(autouse=True)
def clock() -> Iterator[Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def away(lease: Lease) -> None:
    outbox.postpone(lease, "connection refused", reached=False)


def later(lease: Lease) -> None:
    outbox.postpone(lease, "451 later", reached=True)


def sent(lease: Lease) -> None:
    outbox.mark_sent(lease)


def refused(lease: Lease) -> None:
    outbox.mark_refused(lease, "550 no such user")


def died(_lease: Lease) -> None:
    """Nobody says anything."""


def owe(number: int) -> None:
    begin_write()
    outbox.schedule_mails(
        *(Mail("already_registered", f"p{one}@example.com") for one in range(number))
    )
    db.session.commit()


def try_next(fate: Fate) -> int | None:
    """The id of the mail that was tried, if one was."""
    begin_write()
    lease = outbox.claim_next()
    db.session.commit()
    if lease is None:
        return None
    begin_write()
    fate(lease)
    db.session.commit()
    return lease.row_id


def server() -> MailServer:
    db.session.rollback()
    return db.session.scalars(select(MailServer)).one()


def state() -> queries.State:
    db.session.rollback()
    return queries.state()


def count(state: OutboxState) -> int:
    db.session.rollback()
    query = select(func.count()).select_from(Outbox).where(Outbox.state == state)
    return db.session.scalar(query) or 0


def test_before_the_first_mail_nothing_is_known() -> None:
    assert state() == queries.State()


def test_a_server_that_cannot_be_reached_is_left_alone_at_once(clock: Traveller) -> None:
    owe(3)
    assert try_next(away) is not None
    assert try_next(away) is None
    clock.shift(5 * SECOND)
    assert try_next(away) is not None, "the probe"


def test_one_mail_at_a_time_is_the_probe(clock: Traveller) -> None:
    owe(3)
    try_next(away)
    clock.shift(MINUTE)
    begin_write()
    assert outbox.claim_next() is not None
    db.session.commit()
    assert try_next(away) is None
    clock.shift(MINUTE)
    assert try_next(away) is not None, "whoever probed has died"


def test_another_mail_is_the_next_probe(clock: Traveller) -> None:
    """So one at which the server always hangs keeps nobody away from it."""
    owe(3)
    tried = []
    for _ in range(3):
        tried.append(try_next(away))
        clock.shift(8 * SECOND)
    assert len(set(tried)) == 3


def test_a_mail_that_the_server_refuses_for_now_holds_up_nobody(clock: Traveller) -> None:
    owe(3)
    assert try_next(later) is not None
    assert try_next(sent) is not None
    assert state().failing_for is None


def test_different_mails_that_fail_in_a_row_are_the_servers_fault() -> None:
    owe(4)
    for _ in range(3):
        assert not state().is_unreachable
        assert try_next(later) is not None
    assert state().is_unreachable
    assert try_next(later) is None


def test_what_was_said_about_a_mail_stays_beside_that_mail() -> None:
    owe(1)
    try_next(later)
    assert "451" not in (state().error or "")
    assert db.session.scalars(select(Outbox.error)).one() == "451 later"


def test_so_are_different_mails_whose_worker_died(clock: Traveller) -> None:
    owe(3)
    for _ in range(3):
        try_next(died)
    clock.shift(2 * MINUTE)
    for _ in range(3):
        assert not state().is_unreachable
        assert try_next(died) is not None
    assert state().is_unreachable


def test_one_mail_that_fails_again_and_again_is_its_own_fault(clock: Traveller) -> None:
    owe(1)
    for _ in range(6):
        assert try_next(later) is not None
        clock.shift(timedelta(hours=5))
    owe(1)
    assert not state().is_unreachable
    assert db.session.scalars(select(Outbox.attempts)).first() == 6


def test_what_is_the_servers_fault_costs_no_try_and_is_never_parked(clock: Traveller) -> None:
    owe(2)
    for _ in range(2 * outbox.MAX_ATTEMPTS):
        assert try_next(away) is not None
        clock.shift(2 * MINUTE + SECOND)
    assert set(db.session.scalars(select(Outbox.attempts))) == {0}
    assert count(OutboxState.PENDING) == 2


@pytest.mark.parametrize("fate", [sent, refused], ids=["takes a mail", "refuses a recipient"])
def test_a_server_that_speaks_about_a_mail_is_back(clock: Traveller, fate: Fate) -> None:
    owe(4)
    try_next(away)
    clock.shift(10 * MINUTE)
    try_next(fate)
    assert server().retry_at is None
    assert state().failing_for is None
    while try_next(sent):
        continue
    assert count(OutboxState.PENDING) == 0


@pytest.mark.parametrize("hours", [0.1, 0.5])
def test_however_long_it_was_away_all_goes_within_minutes_of_its_return(
    clock: Traveller, hours: float
) -> None:
    owe(20)
    back = NOON + timedelta(hours=hours)
    tries: Counter[int] = Counter()
    now = NOON
    while now < back:
        if tried := try_next(away):
            tries[tried] += 1
        now += 15 * SECOND  # the next sweep
        clock.move_to(now)
    assert sum(tries.values()) <= 12 + hours * 30
    for _ in range(13):
        while try_next(sent):
            continue
        clock.shift(15 * SECOND)
    assert count(OutboxState.SENT) == 20


def test_it_is_seen_within_five_minutes_and_not_before_somebody_can_know(
    clock: Traveller,
) -> None:
    owe(2)
    try_next(sent)
    clock.shift(timedelta(days=1))
    assert not state().is_degraded, "nothing was tried meanwhile"
    try_next(away)
    assert not state().is_degraded
    clock.shift(queries.UNREACHABLE_LIMIT + SECOND)
    seen = state()
    assert seen.is_degraded
    assert (
        seen.unreachable_for == seen.failing_for == queries.UNREACHABLE_LIMIT + SECOND < 5 * MINUTE
    )
    assert seen.last_sent == timedelta(days=1) + queries.UNREACHABLE_LIMIT + SECOND
    assert seen.error == "connection refused"


def test_a_mail_alone_that_fails_is_seen_when_no_other_has_left_for_an_hour(
    clock: Traveller,
) -> None:
    owe(1)
    try_next(later)
    clock.shift(timedelta(minutes=59))
    assert not state().is_degraded
    clock.shift(2 * MINUTE)
    assert state().is_degraded
    owe(1)
    try_next(sent)
    assert not state().is_degraded


def test_where_nothing_waits_any_more_nothing_fails(clock: Traveller) -> None:
    owe(1)
    tried = try_next(away)
    clock.shift(timedelta(hours=1))
    assert state().is_degraded
    begin_write()
    assert tried is not None
    outbox.park(tried, "by hand")
    db.session.commit()
    assert state().failing_for is None


def test_what_a_mail_that_left_says_is_not_written_each_time(clock: Traveller) -> None:
    owe(3)
    try_next(sent)
    clock.shift(9 * SECOND)
    try_next(sent)
    assert server().last_sent_at == NOON
    clock.shift(SECOND)
    try_next(sent)
    assert server().last_sent_at == NOON + 10 * SECOND
