"""How much of a request has arrived: whether a thread that took it now would have to wait.

This only guesses, from as little of HTTP as that takes. What the request says is the business of
the parser, who reads the same bytes again. In doubt it is long: a thread that waits for a client
must be one of those few that may.
"""

import re
import sys
from enum import Enum, auto

# What is larger is read by the thread that answers it.
SMALL = 64 * 1024
_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_CHUNK = re.compile(rb"([0-9a-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n", re.IGNORECASE)
_EXPECT = re.compile(rb"\r\nexpect:", re.IGNORECASE)


class Stage(Enum):
    """How far a request has arrived."""

    HEAD = auto()
    BODY = auto()
    # Nobody waits for the rest, or the parser refuses it without the rest.
    WHOLE = auto()
    # Its body is large, or its client waits for a word before it sends it.
    LONG = auto()
    # More than any head has.
    EXCESSIVE = auto()


class Arrival:
    """One request as it comes in."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._end = -1
        self.stage = Stage.HEAD
        self._length = 0

    def __bool__(self) -> bool:
        return bool(self._bytes)

    def add(self, data: bytes) -> None:
        """Look at what came now."""
        looked_at = max(0, len(self._bytes) - len(_END) + 1)
        self._bytes += data
        if self._end < 0 and (found := self._bytes.find(_END, looked_at)) >= 0:
            self._end = found + len(_END)
            self._read_head(bytes(self._bytes[: self._end]))
        self.stage = self._stage()

    def peek(self, size: int) -> bytes:
        """The first bytes."""
        return bytes(self._bytes[:size])

    def take(self) -> bytes:
        """Hand over all bytes, and begin anew."""
        data = bytes(self._bytes)
        self.__init__()  # type: ignore[misc]
        return data

    def _read_head(self, head: bytes) -> None:
        self._chunked = _CHUNKED.search(head) is not None
        self._expects = _EXPECT.search(head) is not None
        length = _LENGTH.search(head)
        self._length = _number(length[1]) if length else 0

    def _stage(self) -> Stage:
        if self._end < 0:
            return self._stage_of_head()
        if self._chunked:
            return Stage.WHOLE if _are_whole(self._bytes[self._end :]) else Stage.LONG
        if len(self._bytes) >= self._end + self._length:
            return Stage.WHOLE
        return Stage.LONG if self._expects or self._length > SMALL else Stage.BODY

    def _stage_of_head(self) -> Stage:
        newline = self._bytes.find(b"\n")
        if newline >= 0 and self._bytes[newline - 1 : newline] != b"\r":
            return Stage.WHOLE
        return Stage.HEAD if len(self._bytes) < SMALL else Stage.EXCESSIVE


def _number(digits: bytes) -> int:
    """As large as anything when there are more digits than a length has."""
    digits = digits.lstrip(b"0")
    return int(digits or b"0") if len(digits) <= 18 else sys.maxsize


def _are_whole(chunks: bytearray) -> bool:
    """Whether the last chunk is there, and what ends it."""
    at = 0
    while found := _CHUNK.match(chunks, at):
        size = int(found[1], 16)
        if not size:
            rest = chunks[found.end() :]
            return rest.startswith(b"\r\n") or _END in rest
        at = found.end() + size + len(b"\r\n")
    return False
