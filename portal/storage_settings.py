"""The settings of the file store: a folder, or a bucket of S3 and the account to reach it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from portal import variables
from portal.errors import ConfigError
from portal.path_urls import from_path

if TYPE_CHECKING:
    from portal.storage import Account

_REGION = "us-east-1"


def files_url(env: Mapping[str, str], folder: Path) -> str:
    """FILES_URL, opened once to find mistakes now. Raises ConfigError."""
    url = env.get("FILES_URL")
    if url is None:
        return from_path("file://", folder / "files")
    # Imported late: opened only to find mistakes now.
    from portal.storage import open_storage

    open_storage(url, account=account(env))
    return url


def account(env: Mapping[str, str]) -> "Account | None":
    """The account of the S3_… settings; None without a key. Raises ConfigError."""
    access_key = env.get("S3_ACCESS_KEY_ID")
    if access_key is None:
        return None
    from portal.storage import Account

    region = env.get("S3_REGION", _REGION)
    return Account(
        endpoint=_endpoint(env.get("S3_ENDPOINT", f"https://s3.{region}.amazonaws.com")),
        region=region,
        access_key=access_key,
        secret_key=variables.required(env, "S3_SECRET_ACCESS_KEY", "that of S3_ACCESS_KEY_ID"),
        links=variables.one_of(env, "S3_DOWNLOADS", "stream link") == "link",
    )


def _endpoint(url: str) -> str:
    parts = urlsplit(url if variables.is_valid_url(url) else "")
    whole = parts.scheme in {"http", "https"} and parts.hostname and not parts.username
    if not whole or parts.path.strip("/") or parts.query:
        raise ConfigError(f"S3_ENDPOINT has to be like https://s3.example.com, not {url[:80]!r}")
    return f"{parts.scheme}://{parts.netloc}"
