"""What a file store offers, whatever it is made of."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import BinaryIO, NamedTuple, Protocol

SHARDS = 256
KEY = re.compile(r"[0-9a-f]{32}(\.part)?", re.ASCII)
# What killed processes left half written keeps this suffix, and is listed like other keys.
UNFINISHED = ".part"
# Prefix of keys used by `check`.
PROBES = "0000"


class Stored(NamedTuple):
    """Key, size in bytes and hexadecimal SHA-256 of a stored file."""

    key: str
    size: int
    sha256: str


class Storage(Protocol):
    """A file store."""

    def put(self, stream: BinaryIO, *, limit: int) -> Stored:
        """Store all of `stream`. Raises TooLarge above `limit` bytes, StorageFull without room."""

    def put_back(self, key: str, stream: BinaryIO) -> None:
        """Store bytes under their former key; does nothing when the key exists."""

    def open(self, key: str) -> BinaryIO:
        """Open `key` for reading. Raises NotFound, StorageAway."""

    def link(self, key: str, *, mimetype: str, disposition: str) -> str | None:
        """An address from which `key` can be fetched for a minute; None where there is none."""

    def delete(self, key: str) -> None:
        """Delete `key`; does nothing when it is gone already."""

    def keys(self, shard: int, *, older_than: datetime) -> Iterator[str]:
        """Keys in one of SHARDS equal parts that were stored before `older_than`."""

    def measure(self, shard: int) -> tuple[int, int]:
        """How many files one of SHARDS equal parts has, and their bytes together."""

    def has(self, key: str) -> bool:
        """Whether `key` is stored."""

    def is_empty(self) -> bool:
        """Whether no key at all is stored."""

    def check(self) -> None:
        """Raise StorageFull when nothing can be stored now."""

    def owner(self) -> str | None:
        """The key of the desk in the store's marker; None without a marker."""

    def claim(self, desk: str) -> None:
        """Write the marker of `desk` unless there is one; of two who try, one wins."""

    def overwrite_owner(self, desk: str | None) -> None:
        """Replace the marker by that of `desk`, or remove it."""


# Returns the desk's key that the store's marker has to have. Raises ForeignStore.
FindOwner = Callable[[Storage], str]
