"""A file is its owner's alone, and on the disk when the `with` is over."""

import os
from pathlib import Path

import pytest

from portal.durable_files import private_file, sync_folder


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The inodes that were put on the disk."""
    inodes: list[int] = []
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        inodes.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    return inodes


def test_what_was_written_is_on_the_disk_and_its_owners_alone(
    tmp_path: Path, synced: list[int]
) -> None:
    path = tmp_path / "file"
    with private_file(path) as file:
        file.write(b"bytes")
        assert not synced
    sync_folder(tmp_path)
    assert synced == [path.stat().st_ino, tmp_path.stat().st_ino]
    assert path.read_bytes() == b"bytes"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_is_replaced_on_purpose_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    with pytest.raises(FileExistsError), private_file(path):
        pass
    with private_file(path, replace=True) as file:
        file.write(b"after")
    assert path.read_bytes() == b"after"
