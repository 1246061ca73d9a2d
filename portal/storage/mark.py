"""The marker of a file store: a file with the key of the desk that owns it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.durable_files import private_file, sync_folder
from portal.errors import StorageFull

NAME = "desk"


def read(root: Path) -> str | None:
    """The desk's key; None without a marker. Raises StorageFull."""
    with failing_as_storage_full():
        try:
            return (root / NAME).read_text("ascii", errors="replace").strip()
        except FileNotFoundError:
            return None


def write(root: Path, desk: str) -> None:
    """Write the marker unless there is one. Raises StorageFull."""
    with failing_as_storage_full():
        try:
            _save(root / NAME, desk)
        except FileExistsError:
            return


def replace(root: Path, desk: str | None) -> None:
    """Replace the marker by another, or remove it. Raises StorageFull."""
    with failing_as_storage_full():
        if desk is None:
            (root / NAME).unlink(missing_ok=True)
        else:
            new = root / f"{NAME}.{secrets.token_hex(4)}"
            _save(new, desk)
            new.rename(root / NAME)
        sync_folder(root)


def _save(path: Path, text: str) -> None:
    with private_file(path) as file:
        file.write(f"{text}\n".encode("ascii"))
    sync_folder(path.parent)


@contextmanager
def failing_as_storage_full() -> Iterator[None]:
    """Raise StorageFull instead of OSError."""
    try:
        yield
    except OSError as problem:
        raise StorageFull from problem
