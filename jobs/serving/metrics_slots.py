"""Where the processes of one web server keep the metrics that `/metrics` adds up.

Each process has a file of its own for each kind of metric, named by its slot. Prometheus's client
would name them by process id: then every restart leaves files for good. A slot is free when
nobody holds its lock, which ends with the process however that ended, and whoever takes it next
counts on from there, so that no counter ever falls.
"""

import fcntl
import os
import shutil
import tempfile
from itertools import count
from pathlib import Path
from typing import BinaryIO

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the client's own name for it
# The master has the same metrics as its workers, and never counts.
_slot = "master"
# Held until the process ends.
_locks: list[BinaryIO] = []


def open_folder() -> None:
    """For the master: a new folder, for all workers to come. Removes those of dead masters."""
    # In memory where there is some: on a disk that is full, writing to a mapped file kills.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
    prefix = f"lodge-metrics-{os.getuid()}-"
    for old in Path(memory or tempfile.gettempdir()).glob(f"{prefix}*"):
        if _lock(old / "master") is not None:
            shutil.rmtree(old, ignore_errors=True)
    # It has its name when it has its lock: another master that starts now would remove it.
    made = Path(tempfile.mkdtemp(prefix=f"new-{prefix}", dir=memory))
    _hold(made / "master")
    folder = made.rename(made.with_name(made.name.removeprefix("new-")))
    os.environ[FOLDER] = str(folder)
    from prometheus_client import values

    # Whenever something is counted it looks at the name; a new name has files of its own.
    values.ValueClass = values.MultiProcessValue(lambda: _slot)  # type: ignore[no-untyped-call]


def close_folder() -> None:
    """For the master, at its end."""
    if folder := os.environ.pop(FOLDER, None):
        shutil.rmtree(folder, ignore_errors=True)


def take_slot() -> None:
    """For a worker that was just forked: count under the first number that nobody has."""
    folder = Path(os.environ[FOLDER])
    if not folder.is_dir():
        raise FileNotFoundError(f"the folder of metrics is gone: {folder}")
    slot = next(number for number in count() if _hold(folder / f"slot-{number}"))
    _remove_gauges(folder, slot)
    global _slot  # noqa: PLW0603 - one process, one slot
    _slot = str(slot)


def remove_gauges_of_dead() -> None:
    """For the master, when a worker has ended: its connections and streams are gone with it."""
    folder = Path(os.environ[FOLDER])
    for path in folder.glob("slot-*"):
        if (file := _lock(path)) is not None:
            _remove_gauges(folder, int(path.name.removeprefix("slot-")))
            file.close()


def _remove_gauges(folder: Path, slot: int) -> None:
    """Remove what was true of a process only while it lived; what it counted stays."""
    for path in folder.glob(f"gauge_*_{slot}.db"):
        path.unlink(missing_ok=True)


def _hold(path: Path) -> bool:
    """Lock `path` until the process ends; False when somebody else has done so."""
    if (file := _lock(path)) is None:
        return False
    _locks.append(file)
    return True


def _lock(path: Path) -> BinaryIO | None:
    """`path`, open and locked; None when somebody else holds it."""
    try:
        file = path.open("ab")
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
