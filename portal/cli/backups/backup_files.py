"""The files of a backup. One that is damaged or cannot be read does not stop the others."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

import click

from portal import clock
from portal.backups import BackupError, UnreadableError, folder
from portal.backups.folder import FILES
from portal.errors import NotFound, StorageAway
from portal.storage import SHARDS, Storage

_NAMED = 10


def copy_all(storage: Storage, target: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Copy all stored files. Returns checksums by name, and reasons by name for unreadable ones."""
    sums, unreadable = {}, {}
    everything = clock.now() + timedelta(days=1)
    with click.progressbar(range(SHARDS), label="Copying files") as bar:
        for shard in bar:
            for key in storage.keys(shard, older_than=everything):
                if "." in key:
                    continue  # is being written: no row names it yet
                try:
                    with _open(storage, key) as source:
                        sums[f"{FILES}/{key}"] = folder.copy_file(source, target / FILES / key)
                except NotFound:
                    continue  # was deleted between the two
                except UnreadableError as error:
                    unreadable[f"{FILES}/{key}"] = f"cannot be read: {error}"
    return sums, unreadable


def verified_files(directory: Path, sums: dict[str, str], *, without: bool) -> dict[str, str]:
    """The checksums of those files that match them.

    Raises BackupError if some do not, unless `without` is set and only attachments are damaged: a
    database cannot be restored in part.
    """
    damaged = {}
    with click.progressbar(length=len(sums), label="Checking") as bar:
        for name, fault in folder.verify(directory, sums):
            if fault:
                damaged[name] = fault
            bar.update(1)
    spared = all(name.startswith(f"{FILES}/") for name in damaged)
    if damaged and not (without and spared):
        hint = "; --without-damaged-files restores the rest" if spared else ""
        raise BackupError(f"{directory} is damaged: {_list(damaged)}{hint}")
    report_faults(damaged)
    return {name: value for name, value in sums.items() if name not in damaged}


def restore_all(storage: Storage, directory: Path, sums: dict[str, str]) -> None:
    """Store the files under the keys that they had."""
    with click.progressbar(keys_in(sums), label="Restoring files") as bar:
        for key in bar:
            with (directory / FILES / key).open("rb") as source:
                storage.put_back(key, source)


def keys_in(sums: dict[str, str]) -> list[str]:
    """The keys of the stored files among `sums`."""
    return [name.removeprefix(f"{FILES}/") for name in sums if name.startswith(f"{FILES}/")]


def report_faults(faults: Mapping[str, str]) -> None:
    """Print a line for each file."""
    for name, fault in faults.items():
        click.echo(f"{name} {fault}", err=True)


def _list(faults: Mapping[str, str]) -> str:
    lines = [f"{name} {fault}" for name, fault in faults.items()]
    more = [f"{len(lines) - _NAMED} more"] if len(lines) > _NAMED else []
    return ", ".join(lines[:_NAMED] + more)


def _open(storage: Storage, key: str) -> BinaryIO:
    try:
        return storage.open(key)
    except OSError as error:
        raise UnreadableError(error.strerror) from error
    except StorageAway as error:
        raise UnreadableError("the store does not answer") from error
