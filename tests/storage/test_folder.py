"""Bytes come back as they were stored, and nothing half stored is ever seen."""

import hashlib
import io
import os
import resource
import signal
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from portal.errors import ConfigError, NotFound, StorageFull, TooLarge
from portal.storage import SHARDS, Storage, open_storage

LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "a" / "files"


@pytest.fixture
def storage(root: Path) -> Storage:
    return open_storage(f"file://{root}")


def files(root: Path) -> list[Path]:
    return [path for path in root.glob("**/*") if path.is_file()]


def keys(storage: Storage, older_than: datetime = LATER) -> set[str]:
    return {key for shard in range(SHARDS) for key in storage.keys(shard, older_than=older_than)}


@pytest.mark.parametrize("data", [b"", b"x", os.urandom(700_000)], ids=len)
def test_what_is_stored_comes_back(storage: Storage, data: bytes) -> None:
    stored = storage.put(io.BytesIO(data), limit=len(data))
    assert (stored.size, stored.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    with storage.open(stored.key) as file:
        assert file.read() == data


def test_equal_files_have_different_keys(storage: Storage) -> None:
    one, two = (storage.put(io.BytesIO(b"same"), limit=10).key for _ in range(2))
    assert one != two
    assert len(one) == 32


def test_only_the_service_can_read_the_files(storage: Storage, root: Path) -> None:
    storage.put(io.BytesIO(b"secret"), limit=10)
    assert [stat.S_IMODE(path.stat().st_mode) for path in files(root)] == [0o600]
    assert {stat.S_IMODE(p.stat().st_mode) for p in root.glob("**/*") if p.is_dir()} == {0o700}


def test_a_file_over_the_limit_is_refused_and_leaves_nothing(storage: Storage, root: Path) -> None:
    with pytest.raises(TooLarge) as refused:
        storage.put(io.BytesIO(b"x" * 600_000), limit=599_999)
    assert refused.value.details == {"limit": 599_999}
    assert files(root) == []


def test_a_client_that_goes_away_leaves_nothing(storage: Storage, root: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        storage.put(Broken(), limit=10)
    assert files(root) == []


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file of this process can grow over 100 KB, as on a disk that fills up."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.usefixtures("small_files")
def test_a_full_disk_is_said_and_leaves_nothing(storage: Storage, root: Path) -> None:
    with pytest.raises(StorageFull):
        storage.put(io.BytesIO(b"x" * 200_000), limit=300_000)
    assert files(root) == []


@pytest.mark.threat("names of files")
@pytest.mark.parametrize("key", ["", "..", "../../etc/passwd", "0" * 31, "A" * 32, "0" * 32 + "\n"])
def test_what_is_no_key_names_no_file(storage: Storage, key: str) -> None:
    for ask in (storage.open, storage.delete):
        with pytest.raises(NotFound):
            ask(key)


def test_one_can_look_for_a_file_without_opening_it(storage: Storage) -> None:
    key = storage.put(io.BytesIO(b"x"), limit=10).key
    assert [storage.has(one) for one in (key, "0" * 32, "no key", "")] == [
        True,
        False,
        False,
        False,
    ]


def test_a_deleted_file_is_gone_and_deleting_it_again_is_no_error(storage: Storage) -> None:
    key = storage.put(io.BytesIO(b"x"), limit=10).key
    storage.delete(key)
    storage.delete(key)
    with pytest.raises(NotFound):
        storage.open(key)


def test_keys_of_a_time_are_listed_part_by_part(storage: Storage) -> None:
    stored = {storage.put(io.BytesIO(b"x"), limit=10).key for _ in range(20)}
    assert keys(storage) == stored
    assert keys(storage, datetime.now(UTC) - timedelta(hours=1)) == set()


def test_a_file_that_goes_while_keys_are_listed_is_left_out(storage: Storage) -> None:
    one, two = ("00" * 15 + end for end in ("01", "02"))
    for key in (one, two):
        storage.put_back(key, io.BytesIO(b"x"))
    listed = storage.keys(0, older_than=LATER)
    seen = next(listed)
    storage.delete(two if seen == one else one)
    assert list(listed) == []


def test_an_unfinished_file_is_listed_and_can_be_deleted(storage: Storage, root: Path) -> None:
    key = storage.put(io.BytesIO(b"x"), limit=10).key
    [path] = files(root)
    path.rename(path.with_name(key + ".part"))
    assert keys(storage) == {key + ".part"}
    storage.delete(key + ".part")
    assert files(root) == []


def test_a_store_that_works_passes_its_check(storage: Storage, root: Path) -> None:
    for _ in range(3):
        storage.check()
    assert files(root) == []
    assert len(list(root.glob("*/*"))) == 1, "each check leaves folders behind"


def test_a_store_that_cannot_be_written_fails_its_check(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageFull):
        open_storage(f"file://{tmp_path}/file/files").check()


@pytest.mark.parametrize("url", ["file://relative", "", "/var/files", "ftp:"])
def test_a_store_that_we_do_not_have_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(ConfigError, match=r"^FILES_URL[^\n]+$"):
        open_storage(url)
