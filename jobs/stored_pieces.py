"""Streams a file that is made piece by piece into the store, and reports how far it is.

The file is written outside of any transaction; each report is one of its own, and renews the lease.
"""

import io
import time
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Generic, Protocol, TypeVar, cast

from jobs import job
from portal.extensions import begin_write
from portal.storage import Storage, Stored

T = TypeVar("T")
_EVERY_SECONDS = 1.0
# What somebody may have is as large as what they have.
_NO_LIMIT = 2**63 - 1


class Piece(Protocol):
    """Some bytes of a file; may be none."""

    @property
    def data(self) -> bytes: ...


AnyPiece = TypeVar("AnyPiece", bound=Piece)


class LeaseLostError(Exception):
    """Another worker writes this file, or it is not wanted any more."""


def store(
    storage: Storage, pieces: Iterator[AnyPiece], advance: Callable[[AnyPiece], bool]
) -> Stored:
    """Store all pieces. `advance` reports a piece, and returns False when the lease was lost.

    Raises LeaseLostError.
    """
    return storage.put(cast(BinaryIO, _Stream(pieces, advance)), limit=_NO_LIMIT)


@job
def write(verb: Callable[..., T], *args: Any) -> T:
    """Call `verb` in a unit that may write."""
    begin_write()
    return verb(*args)


class _Stream(io.RawIOBase, Generic[AnyPiece]):
    """The pieces as a readable file; reports the progress from time to time."""

    def __init__(self, pieces: Iterator[AnyPiece], advance: Callable[[AnyPiece], bool]) -> None:
        super().__init__()
        self._pieces = pieces
        self._advance = advance
        self._left = b""
        self._reported_at = time.monotonic()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` as far as the next piece goes; 0 at the end."""
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = piece.data
            self._report(piece)
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size

    def _report(self, piece: AnyPiece) -> None:
        if time.monotonic() - self._reported_at < _EVERY_SECONDS:
            return
        self._reported_at = time.monotonic()
        if not self._advance(piece):
            raise LeaseLostError
