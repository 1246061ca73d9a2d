"""What a page may hear of, signed for the process that tells it.

The web process asks who reads and what they may see; the other one asks nobody. So it says little,
and holds for minutes: then the browser comes back to the web process, which asks again.
"""

import json
from collections.abc import Sequence
from typing import NamedTuple

from itsdangerous import BadSignature, URLSafeSerializer

from portal.live_events.topics import Topics

# How long it holds.
LIFETIME_SECONDS = 120.0
# Below this path of the desk's own address, or of STREAMS_URL.
PATH = "/streams/"
_SALT = "lodge streams"
_KEY_LENGTH = 16


class Subscription(NamedTuple):
    """`until`, `since`: seconds since the epoch; `since` is when the page was made, if it says so.

    `session` is a `session_key`, `epoch` that of the reader's sessions. `origin` is that of the
    page when the stream has another one.
    """

    reader: int
    session: str
    epoch: int
    until: float
    page: str
    since: float | None
    origin: str
    topics: Topics


def session_key(token_hash: str) -> str:
    """What stands for a session between our processes. Nobody is signed in by it."""
    return token_hash[:_KEY_LENGTH]


def sign(subscription: Subscription, keys: Sequence[str]) -> str:
    """A text for an URL, signed with the first of `keys`."""
    soon, later, named = subscription.topics
    content = [*subscription[:-1], sorted(soon), sorted(later), dict(named)]
    return str(_serializer(keys).dumps(content))


def read(text: str, keys: Sequence[str]) -> Subscription | None:
    """What such a text says; None for one that was not signed with one of `keys`."""
    try:
        *facts, soon, later, named = _serializer(keys).loads(text)
        return Subscription._make([*facts, Topics(frozenset(soon), frozenset(later), named)])
    except (BadSignature, ValueError, TypeError):  # or of another version, which had other parts
        return None


class _Compact:
    """JSON without spaces: it stands in an address."""

    @staticmethod
    def dumps(content: object) -> str:
        return json.dumps(content, separators=(",", ":"))

    @staticmethod
    def loads(text: str) -> object:
        return json.loads(text)


def _serializer(keys: Sequence[str]) -> URLSafeSerializer:
    # The last one signs.
    return URLSafeSerializer(list(keys[::-1]), salt=_SALT, serializer=_Compact)
