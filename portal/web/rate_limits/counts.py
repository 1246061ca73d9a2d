"""Counts of tries and deeds: by what each is kept, who has reached it, and what adds to it.

They lie in the storage of Flask-Limiter, which is asked here directly where a limit is more than
"so many, then no more". Keys are digests: nobody who reads the queue server learns an address.
Whoever asks while a limit is decided lets errors pass, for then Flask-Limiter turns to its count in
memory; whoever adds later goes on without.
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
# More than anybody can do in any window.
_ENDLESS = 10**9


class Of(StrEnum):
    """What is counted."""

    SIGN_IN = "sign-in"
    SIGN_IN_OF_LATE = "sign-in-of-late"
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
    MOVE = "move"
    UNASKED = "unasked"
    EXPORT = "export"
    CALL_OUT = "call-out"
    WRITING = "writing"
    WARNING = "warning"
    API = "api"


class By(StrEnum):
    """Whose count it is. Those of `SHARED` are filled by strangers as well."""

    BROWSER = "browser"
    ADDRESS = "address"
    CREDENTIAL = "credential"
    PERSON = "person"
    ORGANIZATION = "organization"
    NETWORK = "network"
    ACCOUNT = "account"
    RECIPIENT = "recipient"
    EVERYBODY = "everybody"


SHARED = frozenset({By.NETWORK, By.ACCOUNT, By.RECIPIENT, By.EVERYBODY})


@dataclass(frozen=True, slots=True)
class Count:
    """One count: of what, by what, and how many in which time. Nothing is counted for no key."""

    of: Of
    by: By
    each: str | Callable[[], str]

    @property
    def shared(self) -> bool:
        """Whether strangers fill it: then it refuses nobody by itself."""
        return self.by in SHARED

    @property
    def scope(self) -> str:
        """Its name in the storage."""
        return f"{self.of}.{self.by}"

    @property
    def items(self) -> list[RateLimitItem]:
        """How many in which time."""
        return parse_many(self.each() if callable(self.each) else self.each)

    def is_full(self, key: str) -> bool:
        """Whether there have been as many as may be."""
        if not key or not limiter.enabled:
            return False
        return not all(limiter.limiter.test(item, key, self.scope) for item in self.items)

    def add(self, key: str) -> bool:
        """One more. False, and not counted, when that would be too many."""
        if not key or not limiter.enabled:
            return True
        hits = (limiter.limiter.hit(item, key, self.scope) for item in self.items)
        return _answer(lambda: all(hits), True)

    def surplus(self, key: str) -> int:
        """One more, however many there are; answers how many more than may be."""
        if not key or not limiter.enabled:
            return 0
        (item,) = self.items
        every = type(item)(_ENDLESS, item.multiples)

        def counted() -> int:
            limiter.limiter.hit(every, key, self.scope)
            return _ENDLESS - limiter.limiter.get_window_stats(every, key, self.scope).remaining

        return max(0, _answer(counted, 0) - item.amount)


def keyed(who: str) -> str:
    """The key of whoever that is; none for nobody."""
    if not who:
        return ""
    secret = current_app.config["SECRET_KEY"].encode()
    return hmac.new(secret, b"lodge limits " + who.encode(), "sha256").hexdigest()[:32]


def noted() -> dict[Count, str]:
    """What a try of this request would be counted by."""
    if "counts" not in g:
        g.counts = {}
    found: dict[Count, str] = g.counts
    return found


def note(count: Count, who: str) -> str:
    """Have a try of this request counted by `count` as well. Answers its key."""
    key = noted()[count] = keyed(who)
    return key


def add(of: Of) -> list[Count]:
    """Count this try: it got as far as the check. Answers the counts that are full."""
    return [count for count, key in noted().items() if count.of == of and not count.add(key)]


def _answer(question: Callable[[], Answer], otherwise: Answer) -> Answer:
    """A storage that goes away at this moment costs one count."""
    try:
        return question()
    except Exception as error:
        log.warning("a try was not counted: %s", error)
        return otherwise
