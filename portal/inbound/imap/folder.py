"""The selected folder of an open mailbox: what is new in it, and waiting for more."""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from imapclient import SEEN
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from portal.inbound.imap.client import Client
from portal.mail_parsing.process import MAX_BYTES
from portal.models.inbound import Reason

_COMMAND_SECONDS = 60.0
# A line that is as slow as the slowest of today.
_BYTES_A_SECOND = 20_000
_SIZES_AT_ONCE = 100
_HEADER_BYTES = 65_536
# Days of a search are those of the server's own time zone.
_ZONES = timedelta(days=1)
# Servers end an IDLE after 29 minutes, firewalls forget it sooner.
IDLE_SECONDS = 240.0


class Position(NamedTuple):
    """Up to which UID the folder was fetched, while it has this UIDVALIDITY."""

    validity: int | None
    uid: int


class Fetched(NamedTuple):
    """A mail: whole, or only its header and the reason why."""

    uid: int
    data: bytes
    size: int
    left_out: Reason | None = None


class Folder:
    def __init__(self, client: Client, selected: Mapping[bytes, Any]) -> None:
        self._client = client
        self._is_read_only = b"READ-ONLY" in selected
        self.validity: int = selected.get(b"UIDVALIDITY", 0)
        self._next_uid: int | None = selected.get(b"UIDNEXT")

    def begin(self, position: Position, since: datetime | None) -> tuple[Position, list[int]]:
        """Where to go on from `position`, and what to fetch before that.

        The first time that is what nobody has read: what was dealt with elsewhere makes no tickets.
        A folder with another UIDVALIDITY is read again from the day of `since`, when all was
        fetched; mails that are known are recognised.
        """
        if position.validity == self.validity:
            return position, []
        with self._client.within(_COMMAND_SECONDS):
            last = self._last_uid()
            criteria: list[Any] = ["UNSEEN"]
            if position.validity is not None and since is not None:
                criteria = ["OR", "UNSEEN", "SINCE", (since - _ZONES).date()]
            old = sorted(uid for uid in self._client.search(criteria) if uid <= last)
        return Position(self.validity, last), old

    def newer(self, uid: int) -> list[int]:
        """UIDs above `uid`. Some servers tell of new mail only after a NOOP."""
        with self._client.within(_COMMAND_SECONDS):
            self._client.noop()
            self._client.forget_news()
            # The range always holds the newest mail, however old.
            found = self._client.search(["UID", f"{uid + 1}:*"])
        return sorted(one for one in found if one > uid)

    def fetch(self, uids: Sequence[int]) -> Iterator[Fetched]:
        """Their mails, not marked as seen; those that are gone meanwhile are left out."""
        for first in range(0, len(uids), _SIZES_AT_ONCE):
            some = uids[first : first + _SIZES_AT_ONCE]
            with self._client.within(_COMMAND_SECONDS):
                sizes = self._client.fetch(some, ["RFC822.SIZE"])
            for uid in some:
                size = sizes.get(uid, {}).get(b"RFC822.SIZE")
                if size is not None and (found := self._fetch_one(uid, size)):
                    yield found

    def mark_seen(self, uid: int) -> None:
        """For people who look into the mailbox; nothing of ours rests on it."""
        if self._is_read_only:
            return
        with self._client.within(_COMMAND_SECONDS):
            try:
                self._client.add_flags([uid], [SEEN], silent=True)
            except IMAPClientAbortError:
                raise
            except IMAPClientError:
                self._is_read_only = True

    @property
    def has_news(self) -> bool:
        """Whether mail has come since `newer` looked: of that an IDLE would not tell."""
        return self._client.has_news

    @property
    def can_idle(self) -> bool:
        """Whether the server tells of new mail by itself."""
        return bool(self._client.has_capability("IDLE"))

    def idle(self, seconds: float) -> None:
        """Wait until the server tells of something new, or `seconds` are over."""
        deadline = time.monotonic() + seconds
        with self._client.within(seconds + _COMMAND_SECONDS):
            self._client.idle()
            while not self._client.has_news and (left := deadline - time.monotonic()) > 0:
                told = self._client.idle_check(left)
                # Nothing although there was time: the connection has ended, which DONE will say.
                if not told or any(len(line) > 1 and line[1] == b"EXISTS" for line in told):
                    break
            self._client.idle_done()

    def hang_up(self) -> None:
        """End whatever is waited for, from another thread."""
        self._client.hang_up()

    def _last_uid(self) -> int:
        if self._next_uid is not None:
            return self._next_uid - 1
        return max(self._client.search("ALL"), default=0)

    def _fetch_one(self, uid: int, size: int) -> Fetched | None:
        if size > MAX_BYTES:
            return self._header(uid, size, Reason.TOO_LARGE)
        try:
            with self._client.within(_COMMAND_SECONDS + size / _BYTES_A_SECOND):
                answer = self._client.fetch([uid], ["BODY.PEEK[]"])
        except IMAPClientAbortError:
            raise
        except IMAPClientError:
            # Of this one alone: those behind it are fetched.
            return self._header(uid, size, Reason.NOT_GIVEN)
        if uid not in answer:
            return None
        raw = answer[uid].get(b"BODY[]")
        return Fetched(uid, raw, size) if raw else self._header(uid, size, Reason.NOT_GIVEN)

    def _header(self, uid: int, size: int, reason: Reason) -> Fetched:
        """The header if it can be had."""
        header = b""
        try:
            with self._client.within(_COMMAND_SECONDS):
                answer = self._client.fetch([uid], [f"BODY.PEEK[HEADER]<0.{_HEADER_BYTES}>"])
            header = answer.get(uid, {}).get(b"BODY[HEADER]<0>") or b""
        except IMAPClientAbortError:
            raise
        except IMAPClientError:
            pass  # the row says so without its header
        return Fetched(uid, header, size, reason)
