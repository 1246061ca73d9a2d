"""A file store in a local folder."""

import hashlib
import io
import secrets
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from portal.durable_files import private_file, sync_folder
from portal.errors import NotFound, StorageFull, TooLarge
from portal.storage import mark
from portal.storage.store import KEY, PROBES, SHARDS, UNFINISHED, FindOwner, Stored

_CHUNK = 256 * 1024
# Errors of reading the upload; all other OSErrors are the store's.
_OF_THE_CLIENT = (ConnectionError, TimeoutError)


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
            path.with_name(key + UNFINISHED).unlink(missing_ok=True)
            self._store(key, stream, sys.maxsize)

    def _store(self, key: str, stream: BinaryIO, limit: int) -> Stored:
        self._require_ours()
        path = self._path(key)
        unfinished = path.with_name(key + UNFINISHED)
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

    def link(self, key: str, *, mimetype: str, disposition: str) -> str | None:  # noqa: ARG002
        return None

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
                if KEY.fullmatch(path.name) and path.stat().st_mtime < limit:
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
        key = PROBES + secrets.token_hex(14)
        self.delete(self._store(key, io.BytesIO(b"\0"), 1).key)

    def owner(self) -> str | None:
        return mark.read(self._root)

    def claim(self, desk: str) -> None:
        with mark.failing_as_storage_full():
            self._make(self._root)
        mark.write(self._root, desk)

    def overwrite_owner(self, desk: str | None) -> None:
        with mark.failing_as_storage_full():
            self._make(self._root)
        mark.replace(self._root, desk)

    def _require_ours(self) -> None:
        """Ask for the expected owner again when the marker has changed."""
        if self._find_owner is not None and (self._desk is None or self.owner() != self._desk):
            self._desk = self._find_owner(self)

    def _path(self, key: str) -> Path:
        """Two levels of folders, so that none grows large. Raises NotFound for a malformed key."""
        if not KEY.fullmatch(key):
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
