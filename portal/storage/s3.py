"""A file store in a bucket of S3, or of anything that speaks its protocol.

Objects are called as the files of a folder are, so that other tools can copy one into the other.
"""

import hashlib
import io
import os
import secrets
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error
from minio.helpers import check_bucket_name

from portal.errors import ConfigError, NotFound, StorageAway, StorageFull, TooLarge
from portal.storage.s3_account import Account
from portal.storage.store import KEY, PROBES, UNFINISHED, FindOwner, Stored

# A piece of an upload is in memory as a whole. The protocol knows none below 5 MB.
PART = 8 * 1024 * 1024
_CHUNK = 256 * 1024
# With its tries a request ends within half a minute.
_PATIENCE = urllib3.Timeout(connect=3, read=8)
_TRIES = urllib3.Retry(total=2, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504))
_CONNECTIONS = 16
_LINK = timedelta(minutes=1)
# A bucket does not change hands like a folder that is not mounted.
_OWNER_SECONDS = 60.0
_MARK = "desk"


class Bucket:
    """A store under a prefix of a bucket."""

    def __init__(self, url: str, account: Account, find_owner: FindOwner | None = None) -> None:
        """Raises ConfigError for an address that names no bucket."""
        parts = urlsplit(url)
        self._bucket, path = parts.netloc, parts.path.strip("/")
        self._prefix = f"{path}/" if path else ""
        self._account = account
        self._find_owner = find_owner
        self._ours_until = 0.0
        # By process: a connection is not shared with what was forked.
        self._clients: dict[int, Minio] = {}
        try:
            check_bucket_name(self._bucket, strict=True)
        except ValueError:
            raise ConfigError(f"FILES_URL: {self._bucket!r} is no name of a bucket") from None

    def put(self, stream: BinaryIO, *, limit: int) -> Stored:
        """Send it in pieces; the object is there after the last one."""
        return self._store(secrets.token_hex(16), stream, limit)

    def put_back(self, key: str, stream: BinaryIO) -> None:
        """The same under a given key. Raises NotFound for a malformed key."""
        if not self.has(key):
            self._store(key, stream, None)

    def _store(self, key: str, stream: BinaryIO, limit: int | None) -> Stored:
        self._require_ours()
        source = _Measured(stream, limit)
        with _failing_as(StorageFull):
            self._client().put_object(
                self._bucket,
                self._name(key),
                cast(BinaryIO, source),
                -1,
                part_size=PART,
                num_parallel_uploads=1,
            )
        return Stored(key, source.size, source.digest.hexdigest())

    def open(self, key: str) -> BinaryIO:
        try:
            return self._opened(self._name(key))
        except NotFound:
            # A missing file means nothing in another desk's store.
            self._require_ours()
            raise

    def _opened(self, name: str) -> BinaryIO:
        with _failing_as(StorageAway):
            response = self._client().get_object(self._bucket, name)
        return io.BufferedReader(_Download(response), _CHUNK)

    def link(self, key: str, *, mimetype: str, disposition: str) -> str | None:
        if not self._account.links:
            return None
        said = {
            "response-content-type": mimetype,
            "response-content-disposition": disposition,
            "response-cache-control": "private, no-store",
        }
        return self._client().presigned_get_object(
            self._bucket, self._name(key), expires=_LINK, response_headers=dict(said)
        )

    def delete(self, key: str) -> None:
        self._require_ours()
        name = self._name(key.removesuffix(UNFINISHED))
        with _failing_as(StorageAway):
            if not key.endswith(UNFINISHED):
                self._client().remove_object(self._bucket, name)
                return
            for upload_name, upload_id, _began in self._unfinished(name):
                if upload_name == name:
                    self._client()._abort_multipart_upload(self._bucket, name, upload_id)

    def keys(self, shard: int, *, older_than: datetime) -> Iterator[str]:
        self._require_ours()
        return self._listed(f"{shard:02x}/", older_than)

    def _listed(self, shard: str, older_than: datetime) -> Iterator[str]:
        """Keys of objects, then those of uploads that were not ended."""
        for key, _size, moment in self._objects(shard):
            if moment < older_than:
                yield key
        with _failing_as(StorageAway):
            unfinished = self._unfinished(f"{self._prefix}{shard}")
        for name, _upload_id, began in unfinished:
            if began < older_than:
                yield name.rpartition("/")[2] + UNFINISHED

    def _objects(self, shard: str) -> Iterator[tuple[str, int, datetime]]:
        """Key, size and time of each object."""
        prefix = f"{self._prefix}{shard}"
        with _failing_as(StorageAway):
            for found in self._client().list_objects(self._bucket, prefix, recursive=True):
                key = (found.object_name or "").rpartition("/")[2]
                if KEY.fullmatch(key) and found.last_modified is not None:
                    yield key, found.size or 0, found.last_modified

    def _unfinished(self, prefix: str) -> list[tuple[str, str, datetime]]:
        """Name, id and beginning of uploads that were not ended: the first thousand."""
        found = self._client()._list_multipart_uploads(self._bucket, prefix=prefix)
        return [
            (one.object_name, one.upload_id, one.initiated_time)
            for one in found.uploads
            if one.upload_id is not None and one.initiated_time is not None
        ]

    def measure(self, shard: int) -> tuple[int, int]:
        self._require_ours()
        sizes = [size for _key, size, _moment in self._objects(f"{shard:02x}/")]
        return len(sizes), sum(sizes)

    def has(self, key: str) -> bool:
        with suppress(NotFound), _failing_as(StorageAway):
            self._client().stat_object(self._bucket, self._name(key))
            return True
        return False

    def is_empty(self) -> bool:
        return not any(True for _found in self._objects(""))

    def check(self) -> None:
        """Store one byte and delete it again."""
        key = PROBES + secrets.token_hex(14)
        self._store(key, io.BytesIO(b"\0"), 1)
        with _failing_as(StorageFull):
            self._client().remove_object(self._bucket, self._name(key))

    def owner(self) -> str | None:
        with suppress(NotFound), self._opened(self._prefix + _MARK) as mark:
            return mark.read(1_000).decode("ascii", "replace").strip()
        return None

    def claim(self, desk: str) -> None:
        if self.owner() is None:
            self.overwrite_owner(desk)

    def overwrite_owner(self, desk: str | None) -> None:
        name = self._prefix + _MARK
        with _failing_as(StorageFull):
            if desk is None:
                self._client().remove_object(self._bucket, name)
            else:
                text = f"{desk}\n".encode("ascii")
                self._client().put_object(self._bucket, name, io.BytesIO(text), len(text))

    def _require_ours(self) -> None:
        """Ask for the owner from time to time."""
        if self._find_owner is not None and time.monotonic() >= self._ours_until:
            self._find_owner(self)
            self._ours_until = time.monotonic() + _OWNER_SECONDS

    def _name(self, key: str) -> str:
        """Raises NotFound for a malformed key."""
        if not KEY.fullmatch(key):
            raise NotFound
        return f"{self._prefix}{key[:2]}/{key[2:4]}/{key}"

    def _client(self) -> Minio:
        process = os.getpid()
        if process not in self._clients:
            self._clients = {process: _connect(self._account)}
        return self._clients[process]


def _connect(account: Account) -> Minio:
    endpoint = urlsplit(account.endpoint)
    return Minio(
        endpoint.netloc,
        access_key=account.access_key,
        secret_key=account.secret_key,
        secure=endpoint.scheme == "https",
        # Known: it is not asked for.
        region=account.region,
        http_client=urllib3.PoolManager(
            maxsize=_CONNECTIONS,
            timeout=_PATIENCE,
            retries=_TRIES,
            ssl_context=ssl.create_default_context(),
        ),
    )


@contextmanager
def _failing_as(kind: type[StorageFull | StorageAway]) -> Iterator[None]:
    """Raise NotFound for what is not there, and that kind for all other trouble of the bucket."""
    try:
        yield
    except S3Error as problem:
        if problem.code == "NoSuchKey":
            raise NotFound from None
        raise kind from problem
    except (MinioException, urllib3.exceptions.HTTPError) as problem:
        raise kind from problem


class _Measured:
    """A stream whose size and SHA-256 are known once it was read. Raises TooLarge above `limit`."""

    def __init__(self, stream: BinaryIO, limit: int | None) -> None:
        self._stream = stream
        self._limit = limit
        self.size = 0
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self.size += len(data)
        if self._limit is not None and self.size > self._limit:
            raise TooLarge(limit=self._limit)
        self.digest.update(data)
        return data


class _Download(io.RawIOBase):
    """An object as it comes. Raises StorageAway when it breaks off."""

    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        super().__init__()
        self._response = response

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _failing_as(StorageAway):
            data = self._response.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._response.close()
            self._response.release_conn()
        super().close()
