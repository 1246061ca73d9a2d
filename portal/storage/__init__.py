"""The file store: bytes under random keys, outside of any served folder.

A key says nothing about its file; owner and name stand in the database. A file is stored whole or
not at all.

A store carries the marker of its desk. With `find_owner`, a store of another desk is neither
written, listed nor deleted from.
"""

from portal.errors import ConfigError
from portal.path_urls import to_path
from portal.storage.folder import Folder
from portal.storage.s3_account import Account
from portal.storage.store import SHARDS, FindOwner, Storage, Stored

__all__ = ["SHARDS", "Account", "FindOwner", "Folder", "Storage", "Stored", "open_storage"]


def open_storage(
    url: str, find_owner: FindOwner | None = None, *, account: Account | None = None
) -> Storage:
    """The store at FILES_URL; `account` is that of a bucket. Raises ConfigError."""
    if url.startswith("file:///"):
        return Folder(to_path(url), find_owner)
    if url.startswith("s3://"):
        if account is None:
            raise ConfigError("S3_ACCESS_KEY_ID is not set (FILES_URL names a bucket)")
        # Imported late: most desks have a folder.
        from portal.storage.s3 import Bucket

        return Bucket(url, account, find_owner)
    raise ConfigError(f"FILES_URL has to begin with file:/// or s3://, not {url!r}")
