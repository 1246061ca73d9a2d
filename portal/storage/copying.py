"""Copies files from one store into another, each checked by reading it back."""

import hashlib
import io
from enum import Enum, auto
from typing import Any, BinaryIO, cast

from portal.errors import NotFound
from portal.storage.store import Storage

_CHUNK = 256 * 1024


class Outcome(Enum):
    """`GONE`: it was deleted meanwhile. `DAMAGED`: what was read back is not what was written."""

    COPIED = auto()
    THERE = auto()
    GONE = auto()
    DAMAGED = auto()


def copy(key: str, source: Storage, target: Storage) -> Outcome:
    """Copy the file unless it is there: a store has files whole or not at all.

    Raises OSError when the source cannot be read, StorageAway and StorageFull.
    """
    if target.has(key):
        return Outcome.THERE
    try:
        with source.open(key) as file:
            read = _Hashed(file)
            target.put_back(key, cast(BinaryIO, read))
    except NotFound:
        return Outcome.GONE
    if _sha256(target, key) != read.digest.digest():
        target.delete(key)
        return Outcome.DAMAGED
    return Outcome.COPIED


def _sha256(store: Storage, key: str) -> bytes:
    digest = hashlib.sha256()
    with store.open(key) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.digest()


class _Hashed(io.RawIOBase):
    """A stream whose SHA-256 is known once it was read."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self.digest.update(data)
        return len(data)
