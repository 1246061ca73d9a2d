"""The file store: bytes under random keys, outside of any served folder.

A key says nothing about the file; whose it is and what it is called stand in the database. A file
is there whole or not at all.

A store carries the mark of the desk whose it is. Whoever opens it with `ask` neither writes to
another desk's nor lists or deletes what is in it.
"""

import hashlib
import io
import re
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from portal import storage_mark
from portal.durable_files import private_file, sync_folder
from portal.errors import ConfigError, NotFound, StorageFull, TooLarge

SHARDS = 256
_CHUNK = 256 * 1024
# What a killed process leaves behind keeps its second ending, and is listed like any other key.
_UNFINISHED = ".part"
# How the keys of probes begin.
_PROBES = "0000"
_KEY = re.compile(r"[0-9a-f]{32}(\.part)?", re.ASCII)
# What reading an upload can raise; every other error of the system is the store's.
_OF_THE_CLIENT = (ConnectionError, TimeoutError)


class Stored(NamedTuple):
    """What is known of bytes that were just stored."""

    key: str
    size: int
    sha256: str


class Storage(Protocol):
    """Where uploaded bytes lie."""

    def put(self, stream: BinaryIO, *, limit: int) -> Stored:
        """Store all of `stream`. Raises TooLarge over `limit` bytes, StorageFull without room."""

    def put_back(self, key: str, stream: BinaryIO) -> None:
        """Store bytes under the key that they had before; nothing happens when they are there."""

    def open(self, key: str) -> BinaryIO:
        """The bytes of `key`. Raises NotFound."""

    def delete(self, key: str) -> None:
        """Forget `key`; nothing happens when it is gone already."""

    def keys(self, shard: int, *, older_than: datetime) -> Iterator[str]:
        """The keys of one of SHARDS equal parts that were stored before `older_than`."""

    def has(self, key: str) -> bool:
        """Whether `key` is there."""

    def is_empty(self) -> bool:
        """Whether no key at all is there."""

    def check(self) -> None:
        """Raises StorageFull when nothing can be stored now."""

    def owner(self) -> str | None:
        """The desk whose store it is, as its mark says; None without a mark."""

    def claim(self, desk: str) -> None:
        """Mark a store that has no mark; of two who try, the first one's stays."""

    def hand_over(self, desk: str | None) -> None:
        """Put the mark of `desk`, or none, in the place of whatever is there."""


# Answers the key of the desk whose mark the store has to carry. Raises ForeignStore.
FindOwner = Callable[[Storage], str]


def open_storage(url: str, ask: FindOwner | None = None) -> Storage:
    """The store at FILES_URL. Raises ConfigError."""
    if url.startswith("file:///"):
        return Folder(Path(url.removeprefix("file://")), ask)
    if url.startswith("s3://"):
        raise ConfigError("FILES_URL: s3:// is not supported yet, name a folder: file:///path")
    raise ConfigError(f"FILES_URL has to begin with file:/// and a path, not {url!r}")


class Folder:
    """A store in a local folder, made when the first file comes."""

    def __init__(self, root: Path, ask: FindOwner | None = None) -> None:
        self._root = root
        self._ask = ask
        self._desk: str | None = None

    def put(self, stream: BinaryIO, *, limit: int) -> Stored:
        """Stream to a temporary file beside the final place, sync it, then give it its name."""
        return self._store(secrets.token_hex(16), stream, limit)

    def put_back(self, key: str, stream: BinaryIO) -> None:
        """The same under a key that is known. Raises NotFound for what is no key."""
        self._require_ours()
        path = self._path(key)
        if not path.exists():
            # Somebody may have been killed at just this.
            path.with_name(key + _UNFINISHED).unlink(missing_ok=True)
            self._store(key, stream, sys.maxsize)

    def _store(self, key: str, stream: BinaryIO, limit: int) -> Stored:
        self._require_ours()
        path = self._path(key)
        unfinished = path.with_name(key + _UNFINISHED)
        try:
            self._make(path.parent)
            with private_file(unfinished) as file:
                size, digest = _copy(stream, file, limit)
            unfinished.rename(path)
            sync_folder(path.parent)
        except BaseException as problem:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            if isinstance(problem, OSError) and not isinstance(problem, _OF_THE_CLIENT):
                raise StorageFull from problem
            raise
        return Stored(key, size, digest)

    def open(self, key: str) -> BinaryIO:
        """Open the file for reading."""
        try:
            return self._path(key).open("rb")
        except FileNotFoundError:
            # In another desk's store it says nothing that a file is missing.
            self._require_ours()
            raise NotFound from None

    def delete(self, key: str) -> None:
        """Remove the file; its folder stays for the next one."""
        self._require_ours()
        self._path(key).unlink(missing_ok=True)

    def keys(self, shard: int, *, older_than: datetime) -> Iterator[str]:
        """Walk one first-level folder."""
        self._require_ours()
        return self._listed(shard, older_than)

    def _listed(self, shard: int, older_than: datetime) -> Iterator[str]:
        limit = older_than.timestamp()
        for path in (self._root / f"{shard:02x}").glob("*/*"):
            # Gone by now, or not to be read: neither is a key that anything could be done about.
            with suppress(OSError):
                if _KEY.fullmatch(path.name) and path.stat().st_mtime < limit:
                    yield path.name

    def has(self, key: str) -> bool:
        """Look for the file; what is no key is nowhere."""
        with suppress(NotFound):
            return self._path(key).exists()
        return False

    def is_empty(self) -> bool:
        """Look through the folders until there is a file."""
        ever = datetime.max.replace(tzinfo=UTC)
        return not any(True for shard in range(SHARDS) for _ in self._listed(shard, ever))

    def check(self) -> None:
        """Store a byte and take it away again, in one place: the folders for it stay."""
        key = _PROBES + secrets.token_hex(14)
        self.delete(self._store(key, io.BytesIO(b"\0"), 1).key)

    def owner(self) -> str | None:
        """Read the mark."""
        return storage_mark.read(self._root)

    def claim(self, desk: str) -> None:
        """Make the folder, too."""
        with storage_mark.failing_as_storage_full():
            self._make(self._root)
        storage_mark.write(self._root, desk)

    def hand_over(self, desk: str | None) -> None:
        """The same."""
        with storage_mark.failing_as_storage_full():
            self._make(self._root)
        storage_mark.replace(self._root, desk)

    def _require_ours(self) -> None:
        """Ask when the mark is not the one that was right before."""
        if self._ask is not None and (self._desk is None or self.owner() != self._desk):
            self._desk = self._ask(self)

    def _path(self, key: str) -> Path:
        """Two levels of folders, so that none grows large. Raises NotFound for what is no key."""
        if not _KEY.fullmatch(key):
            raise NotFound
        return self._root / key[:2] / key[2:4] / key

    def _make(self, folder: Path) -> None:
        """Make `folder` so that it survives a power cut like the file in it."""
        missing = [f for f in (folder, *folder.parents) if not f.exists()]
        for new in reversed(missing):
            new.mkdir(mode=0o700, exist_ok=True)
            sync_folder(new.parent)


def _copy(stream: BinaryIO, file: BinaryIO, limit: int) -> tuple[int, str]:
    """Size and SHA-256 of what was copied."""
    size, digest = 0, hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > limit:
            raise TooLarge(limit=limit)
        digest.update(chunk)
        file.write(chunk)
    return size, digest.hexdigest()
