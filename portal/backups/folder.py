"""The folder of a backup: its files, manifest and checksums.

`SHA256SUMS` lists every file in the format of `sha256sum -c`, so a backup can be verified without
Lodge. `manifest.json`, one of those files, describes the rest.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from portal.backups import BackupError, UnreadableError
from portal.durable_files import private_file, sync_folder
from portal.errors import StorageAway

SUMS, MANIFEST, FILES = "SHA256SUMS", "manifest.json", "files"
FORMAT = 1
_CHUNK = 1024 * 1024
_NAME = re.compile(r"manifest\.json|(database|logs)\.(sqlite3|pgdump)|files/[0-9a-f]{32}", re.ASCII)
_LINE = re.compile(r"([0-9a-f]{64})  (\S+)", re.ASCII)


@dataclass(frozen=True)
class DatabaseCopy:
    """A database in a backup: its kind, its file, and the number of rows by table."""

    kind: str
    file: str
    rows: dict[str, int]


@dataclass(frozen=True)
class Manifest:
    """Description of a backup. `databases` has `database` and, if it is a separate one, `logs`.

    `desk` is the marker of the file store; None for schemas from before there were markers.
    """

    made_at: str
    schema: str
    databases: dict[str, DatabaseCopy]
    files: int
    desk: str | None = None


def write(folder: Path, manifest: Manifest, sums: dict[str, str]) -> None:
    """Write manifest and checksums, synced to disk: the last step of a backup."""
    text = json.dumps({"format": FORMAT, **asdict(manifest)}, indent=1) + "\n"
    save(folder / MANIFEST, text.encode())
    sums = {**sums, MANIFEST: digest(folder / MANIFEST)}
    lines = [f"{value}  {name}\n" for name, value in sorted(sums.items())]
    save(folder / SUMS, "".join(lines).encode())
    for place in (folder / FILES, folder):
        sync_folder(place)


def read(folder: Path) -> tuple[Manifest, dict[str, str]]:
    """Read manifest and checksums, without verifying files. Raises BackupError."""
    try:
        lines = (folder / SUMS).read_text("ascii").splitlines()
        raw: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
        if raw.pop("format") != FORMAT:
            raise BackupError(f"{folder} was made by a newer Lodge")
        copies = {name: DatabaseCopy(**copy) for name, copy in raw.pop("databases").items()}
        manifest = Manifest(databases=copies, **raw)
    except FileNotFoundError as error:
        raise BackupError(
            f"{folder} is no backup: {Path(error.filename).name} is missing"
        ) from None
    except OSError as error:
        raise BackupError(f"{folder} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BackupError(f"{folder} is no backup: {MANIFEST} cannot be understood") from None
    matches = [_LINE.fullmatch(line) for line in lines]
    sums = {match[2]: match[1] for match in matches if match and _NAME.fullmatch(match[2])}
    needed = {MANIFEST, *(copy.file for copy in manifest.databases.values())}
    if len(sums) != len(lines) or not needed <= sums.keys() or "database" not in copies:
        raise BackupError(f"{folder} is damaged: {SUMS} cannot be understood")
    return manifest, sums


def verify(folder: Path, sums: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Verify every file; yields its name and what is wrong with it, or an empty text."""
    for name, expected in sums.items():
        try:
            found = digest(folder / name)
        except FileNotFoundError:
            yield name, "is missing"
        except OSError as error:
            yield name, f"cannot be read: {error.strerror}"
        else:
            yield name, "" if found == expected else "has changed since it was written"


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_file(source: BinaryIO, target: Path) -> str:
    """Copy a file and return its SHA-256.

    Raises UnreadableError, and leaves no file behind, when the source cannot be read.
    """
    seen = hashlib.sha256()
    try:
        with private_file(target) as file:
            while chunk := _read(source):
                seen.update(chunk)
                file.write(chunk)
    except UnreadableError:
        target.unlink()
        raise
    return seen.hexdigest()


def _read(source: BinaryIO) -> bytes:
    try:
        return source.read(_CHUNK)
    except OSError as error:
        raise UnreadableError(error.strerror) from error
    except StorageAway as error:
        raise UnreadableError("the store does not answer") from error


def save(path: Path, data: bytes) -> None:
    """Write a small file that only its owner can read."""
    with private_file(path) as file:
        file.write(data)
