"""Which subscriptions an ended session ends."""

import pytest

from portal.live_events import endings
from portal.live_events.endings import PersonEnded, SessionEnded
from tests.stream_readers import subscription


def test_a_session_ends_its_own_and_a_person_s_epoch_those_before() -> None:
    session = endings.read(b"session s1")
    assert session == SessionEnded("s1")
    assert session.ends(subscription(session="s1"))
    assert not session.ends(subscription(session="s2"))
    person = endings.read(b"person 7 3")
    assert person == PersonEnded(7, 3)
    assert person.ends(subscription(reader=7, epoch=2))
    assert not person.ends(subscription(reader=7, epoch=3))
    assert not person.ends(subscription(reader=8, epoch=2))


def test_what_is_held_is_taken_once() -> None:
    info: dict[object, object] = {}
    endings.hold_session(info, "f" * 64)
    endings.hold_person(info, 7, 3)
    endings.hold_person(info, 7, 3)
    assert endings.take_held(info) == ["session ffffffffffffffff", "person 7 3"]
    assert endings.take_held(info) == []


@pytest.mark.parametrize("message", [b"", b"\xff", b"session", b"session a b", b"person 1", b"x y"])
def test_what_we_did_not_write_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whichever of its kinds
        endings.read(message)
