"""The file store: bytes under random keys, outside of any served folder.

A key says nothing about its file; owner and name stand in the database. A file is stored whole or
not at all.

A store carries the marker of its desk. With `find_owner`, a store of another desk is neither
written, listed nor deleted from.
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
from portal.path_urls import to_path

SHARDS = 256
_CHUNK = 256 * 1024
# Files of killed processes keep this suffix, and are listed like other keys.
_UNFINISHED = ".part"
# Prefix of keys used by `check`.
_PROBES = "0000"
_KEY = re.compile(r"[0-9a-f]{32}(\.part)?", re.ASCII)
# Errors of reading the upload; all other OSErrors are the store's.
_OF_THE_CLIENT = (ConnectionError, TimeoutError)


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
        """Open `key` for reading. Raises NotFound."""

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
        """Write the marker of `desk` unless there is one; of two who try, the first wins."""

    def overwrite_owner(self, desk: str | None) -> None:
        """Replace the marker by that of `desk`, or remove it."""


# Returns the desk's key that the store's marker has to have. Raises ForeignStore.
FindOwner = Callable[[Storage], str]


def open_storage(url: str, find_owner: FindOwner | None = None) -> Storage:
    """The store at FILES_URL. Raises ConfigError."""
    if url.startswith("file:///"):
        return Folder(to_path(url), find_owner)
    if url.startswith("s3://"):
        raise ConfigError("FILES_URL: s3:// is not supported yet, name a folder: file:///path")
    raise ConfigError(f"FILES_URL has to begin with file:/// and a path, not {url!r}")


class Folder:
    """A store in a local folder, which is made when the first file comes."""

    def __init__(self, root: Path, find_owner: FindOwner | None = None) -> None:
        self._root = root
        self._find_owner = find_owner
        self._desk: str | None = None

    def put(self, stream: BinaryIO, *, limit: int) -> Stored:
        """Stream to a temporary file beside the final place, sync it, then rename it."""
        return self._store(secrets.token_hex(16), stream, limit)

    def put_back(self, key: str, stream: BinaryIO) -> None:
        """The same under a given key. Raises NotFound for a malformed key."""
        self._require_ours()
        path = self._path(key)
        if not path.exists():
            # A former call may have been killed at this point.
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
        try:
            return self._path(key).open("rb")
        except FileNotFoundError:
            # A missing file means nothing in another desk's store.
            self._require_ours()
            raise NotFound from None

    def delete(self, key: str) -> None:
        self._require_ours()
        self._path(key).unlink(missing_ok=True)

    def keys(self, shard: int, *, older_than: datetime) -> Iterator[str]:
        self._require_ours()
        return self._listed(shard, older_than)

    def _listed(self, shard: int, older_than: datetime) -> Iterator[str]:
        limit = older_than.timestamp()
        for path in (self._root / f"{shard:02x}").glob("*/*"):
            # Deleted meanwhile or unreadable: skip it.
            with suppress(OSError):
                if _KEY.fullmatch(path.name) and path.stat().st_mtime < limit:
                    yield path.name

    def measure(self, shard: int) -> tuple[int, int]:
        self._require_ours()
        sizes = []
        for path in (self._root / f"{shard:02x}").glob("*/*"):
            with suppress(OSError):
                sizes.append(path.stat().st_size)
        return len(sizes), sum(sizes)

    def has(self, key: str) -> bool:
        with suppress(NotFound):
            return self._path(key).exists()
        return False

    def is_empty(self) -> bool:
        ever = datetime.max.replace(tzinfo=UTC)
        return not any(True for shard in range(SHARDS) for _ in self._listed(shard, ever))

    def check(self) -> None:
        """Store one byte and delete it again."""
        key = _PROBES + secrets.token_hex(14)
        self.delete(self._store(key, io.BytesIO(b"\0"), 1).key)

    def owner(self) -> str | None:
        return storage_mark.read(self._root)

    def claim(self, desk: str) -> None:
        with storage_mark.failing_as_storage_full():
            self._make(self._root)
        storage_mark.write(self._root, desk)

    def overwrite_owner(self, desk: str | None) -> None:
        with storage_mark.failing_as_storage_full():
            self._make(self._root)
        storage_mark.replace(self._root, desk)

    def _require_ours(self) -> None:
        """Ask for the expected owner again when the marker has changed."""
        if self._find_owner is not None and (self._desk is None or self.owner() != self._desk):
            self._desk = self._find_owner(self)

    def _path(self, key: str) -> Path:
        """Two levels of folders, so that none grows large. Raises NotFound for a malformed key."""
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
    """Copy `stream`; return size and hexadecimal SHA-256."""
    size, digest = 0, hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > limit:
            raise TooLarge(limit=limit)
        digest.update(chunk)
        file.write(chunk)
    return size, digest.hexdigest()
