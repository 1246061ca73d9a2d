"""The one clock: aware, in UTC, and pretending only where it is told to."""

from datetime import UTC, datetime, timedelta

from portal import clock

THEN = datetime(2026, 2, 28, 23, 59, tzinfo=UTC)


def test_now_is_aware_and_in_utc() -> None:
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=2)


def test_a_pretended_moment_holds_inside_its_block_alone() -> None:
    with clock.at(THEN):
        assert clock.now() == THEN
        with clock.at(THEN + timedelta(days=1)):
            assert clock.now() == THEN + timedelta(days=1)
        assert clock.now() == THEN
    assert clock.now() > THEN
