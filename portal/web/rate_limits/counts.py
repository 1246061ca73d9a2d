"""Counts of attempts in the storage of Flask-Limiter.

The storage is used directly where a limit is more than "so many, then no more". Keys are digests:
nobody who reads the queue server learns an address. `is_full` raises the storage's errors, so that
Flask-Limiter turns to its counts in memory; `add` and `excess` log them and go on.
"""

import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from flask import current_app, g
from limits import RateLimitItem, parse_many

from portal.extensions import limiter

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")
# A limit that is never reached.
_ENDLESS = 10**9


class Attempt(StrEnum):
    """What is counted. The values are part of the keys in the storage."""

    SIGN_IN = "sign-in"
    RECENT_SIGN_IN = "sign-in-of-late"
    CODE = "code"
    PASSKEY = "passkey"
    PASSKEY_OPTIONS = "passkey-options"
    REFRESH = "refresh"
    TOKEN = "token"  # noqa: S105 - a word
    PROOF = "proof"
    FIRST_CODE = "first-code"
    RECOVERY_CODES = "recovery-codes"
    LINK = "link"
    REGISTER = "register"
    FORGOT = "forgot"
    INVITE = "invite"
    PARTICIPANT = "participant"
    EMAIL_CHANGE = "move"
    UNREQUESTED = "unasked"
    EXPORT = "export"
    TABLE_EXPORT = "table_export"
    OUTGOING_CALL = "call-out"
    MODEL_CALL = "model"
    WRITING = "writing"
    DRAFT = "draft"
    EARLIER = "earlier"
    PREVIEW = "preview"
    WARNING = "warning"
    API = "api"


class CountedBy(StrEnum):
    """What identifies who is counted. Counts by those in `SHARED` are filled by strangers, too."""

    BROWSER = "browser"
    ADDRESS = "address"
    CREDENTIAL = "credential"
    PERSON = "person"
    ORGANIZATION = "organization"
    NETWORK = "network"
    ACCOUNT = "account"
    RECIPIENT = "recipient"
    EVERYBODY = "everybody"


SHARED = frozenset({CountedBy.NETWORK, CountedBy.ACCOUNT, CountedBy.RECIPIENT, CountedBy.EVERYBODY})


@dataclass(frozen=True, slots=True)
class Count:
    """Attempts of one kind by one kind of key, at most `rate` ("10 per 5 minutes; 50 per day").

    An empty key is never counted and never full.
    """

    attempt: Attempt
    by: CountedBy
    rate: str | Callable[[], str]

    @property
    def shared(self) -> bool:
        """Whether strangers fill it. Such a count refuses nobody by itself."""
        return self.by in SHARED

    @property
    def scope(self) -> str:
        """The first part of its keys in the storage."""
        return f"{self.attempt}.{self.by}"

    @property
    def items(self) -> list[RateLimitItem]:
        return parse_many(self.rate() if callable(self.rate) else self.rate)

    def is_full(self, key: str) -> bool:
        """Whether `key` has reached the rate."""
        if not key or not limiter.enabled:
            return False
        return not all(limiter.limiter.test(item, key, self.scope) for item in self.items)

    def add(self, key: str) -> bool:
        """Count one attempt. Returns False, without counting, when that would exceed the rate."""
        if not key or not limiter.enabled:
            return True
        hits = (limiter.limiter.hit(item, key, self.scope) for item in self.items)
        return _or_log(lambda: all(hits), True)

    def excess(self, key: str) -> int:
        """Count one attempt whatever the rate. Returns by how many the rate is exceeded."""
        if not key or not limiter.enabled:
            return 0
        (item,) = self.items
        every = type(item)(_ENDLESS, item.multiples)

        def counted() -> int:
            limiter.limiter.hit(every, key, self.scope)
            return _ENDLESS - limiter.limiter.get_window_stats(every, key, self.scope).remaining

        return max(0, _or_log(counted, 0) - item.amount)


def hashed_key(plain: str) -> str:
    """The HMAC of a key from `limit_keys`; empty for an empty one."""
    if not plain:
        return ""
    secret = current_app.config["SECRET_KEY"].encode()
    return hmac.new(secret, b"lodge limits " + plain.encode(), "sha256").hexdigest()[:32]


def keys_of_request() -> dict[Count, str]:
    """The counts that an attempt of this request adds to, each with its hashed key."""
    if "counts" not in g:
        g.counts = {}
    found: dict[Count, str] = g.counts
    return found


def note_key(count: Count, plain: str) -> str:
    """Let attempts of this request add to `count`. Returns the hashed key."""
    key = keys_of_request()[count] = hashed_key(plain)
    return key


def add(attempt: Attempt) -> list[Count]:
    """Count this request's attempt, which reached the check. Returns the counts that are full."""
    noted = [(count, key) for count, key in keys_of_request().items() if count.attempt == attempt]
    return [count for count, key in noted if not count.add(key)]


def _or_log(hit: Callable[[], Answer], otherwise: Answer) -> Answer:
    """The result of `hit`; `otherwise` when the storage fails, which is logged."""
    try:
        return hit()
    except Exception as error:
        log.warning("a try was not counted: %s", error)
        return otherwise
