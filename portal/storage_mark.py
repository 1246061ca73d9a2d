"""The mark of a file store: a file that says which desk's it is."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.errors import StorageFull

NAME = "desk"


def read(root: Path) -> str | None:
    """The desk that the store carries; None when nobody has marked it. Raises StorageFull."""
    with told():
        try:
            return (root / NAME).read_text("ascii", errors="replace").strip()
        except FileNotFoundError:
            return None


def write(root: Path, desk: str) -> None:
    """Mark a store that carries no mark; one that is there already stays. Raises StorageFull."""
    with told():
        try:
            _save(root / NAME, desk)
        except FileExistsError:
            return


def replace(root: Path, desk: str | None) -> None:
    """Put another mark in the place of what is there, or none. Raises StorageFull."""
    with told():
        if desk is None:
            (root / NAME).unlink(missing_ok=True)
        else:
            new = root / f"{NAME}.{secrets.token_hex(4)}"
            _save(new, desk)
            new.rename(root / NAME)
        sync(root)


def sync(folder: Path) -> None:
    """A new name is safe when the folder that lists it is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def private(path: str, flags: int) -> int:
    """How `open` makes a file that only its owner can read."""
    return os.open(path, flags, 0o600)


def _save(path: Path, text: str) -> None:
    with open(path, "xb", opener=private) as file:
        file.write(f"{text}\n".encode("ascii"))
        file.flush()
        os.fsync(file.fileno())
    sync(path.parent)


@contextmanager
def told() -> Iterator[None]:
    """Whatever the system refuses is StorageFull."""
    try:
        yield
    except OSError as problem:
        raise StorageFull from problem
