"""Sessions that have ended: their streams are closed at once.

A message is `session KEY`, or `person ID EPOCH` for all of a person's sessions below that epoch.
"""

from collections.abc import MutableMapping
from typing import Any, NamedTuple

from portal.live_events.subscriptions import Subscription, session_key

_HELD = "held_endings"


class SessionEnded(NamedTuple):
    key: str

    def ends(self, subscription: Subscription) -> bool:
        return subscription.session == self.key


class PersonEnded(NamedTuple):
    user_id: int
    epoch: int

    def ends(self, subscription: Subscription) -> bool:
        return subscription.reader == self.user_id and subscription.epoch < self.epoch


def hold_session(info: MutableMapping[Any, Any], token_hash: str) -> None:
    """Have it told after the commit; `info` is that of the database session."""
    info.setdefault(_HELD, {})[f"session {session_key(token_hash)}"] = None


def hold_person(info: MutableMapping[Any, Any], user_id: int, epoch: int) -> None:
    """The same for all sessions of a person before this epoch."""
    info.setdefault(_HELD, {})[f"person {user_id} {epoch}"] = None


def take_held(info: MutableMapping[Any, Any]) -> list[str]:
    """The messages that were held, once."""
    return list(info.pop(_HELD, ()))


def read(message: bytes) -> SessionEnded | PersonEnded:
    """Raises UnicodeError and ValueError for what we did not write."""
    kind, *words = message.decode().split()
    if kind == "session":
        [key] = words
        return SessionEnded(key)
    user_id, epoch = map(int, words)
    return PersonEnded(user_id, epoch)
