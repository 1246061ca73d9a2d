"""The log of the load's requests: the marker of each, and what the answer means.

Each request of the load carries a fresh random marker, written down before it is sent.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from http.client import HTTPException

from portal.models.people import Actor
from tests.flows.http_browser import Reply
from tests.waiting import wait_for

MARKER = re.compile("mk[0-9a-f]{20}")


class State(StrEnum):
    """`unknown`: a server error, a reset or no answer; it may have happened or not."""

    UNKNOWN = "unknown"
    ACKED = "acked"
    REFUSED = "refused"


class Action(StrEnum):
    """What a request is for."""

    FILE = "file"
    ANSWER = "answer"  # of the requester
    REPLY = "reply"  # of staff


@dataclass
class Entry:
    """One request. `number` is its ticket's; a new ticket has one when it was acknowledged."""

    action: Action
    requester: Actor
    number: str = ""
    sha256: str = ""
    marker: str = field(default_factory=lambda: f"mk{secrets.token_hex(10)}")
    state: State = State.UNKNOWN
    status: int = 0
    retry_after: str = ""
    seconds: float = 0.0
    over: bool = False


class RequestLog:
    """All requests sent. Several threads add to it, each its own entries."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def send(self, entry: Entry, request: Callable[[], Reply]) -> None:
        """Record `entry`, send `request`, and record what the response means."""
        self.entries.append(entry)
        try:
            reply = request()
        except (OSError, HTTPException):
            return
        finally:
            entry.over = True
        entry.status, entry.seconds = reply.status, reply.seconds
        entry.retry_after = str(reply.headers["Retry-After"] or "")
        if reply.status == 303 and reply.location.startswith("/tickets/REQ"):
            entry.number = reply.location.removeprefix("/tickets/")
            entry.state = State.ACKED
        elif reply.status < 500:
            entry.state = State.REFUSED

    def all(self, state: State, *actions: Action) -> list[Entry]:
        """Finished entries in `state`, of these actions or of all."""
        return [
            e
            for e in self.entries[:]
            if e.over and e.state == state and e.action in (actions or Action)
        ]

    @property
    def statuses(self) -> set[int]:
        """Every status that was answered; 0 for no answer."""
        return {entry.status for entry in self.entries}

    def wait_for_one_in_flight(self) -> None:
        """Wait until a request has no answer yet."""
        wait_for(lambda: not all(e.over for e in self.entries[-8:]), "a request in flight")

    def wait_for_more(self, number: int, state: State = State.ACKED) -> None:
        """Wait until `number` more requests came to `state`."""
        wanted = len(self.all(state)) + number
        wait_for(lambda: len(self.all(state)) >= wanted, f"{number} more {state}")
