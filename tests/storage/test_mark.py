"""A store carries one desk's mark: whole, and the first one's."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from portal.errors import StorageFull
from portal.storage import Storage, open_storage


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(f"file://{tmp_path}/a/files")


def test_a_new_store_is_nobody_s_and_then_the_first_one_s(storage: Storage, tmp_path: Path) -> None:
    assert storage.owner() is None
    assert storage.is_empty()
    storage.claim("one")
    storage.claim("two")
    assert storage.owner() == "one"
    assert storage.is_empty(), "the mark is no file of anybody's"
    assert stat.S_IMODE((tmp_path / "a/files/desk").stat().st_mode) == 0o600


def test_of_many_who_claim_at_once_one_is_the_owner_for_all(storage: Storage) -> None:
    names = [f"desk{number}" for number in range(20)]

    def claim(name: str) -> str | None:
        storage.claim(name)
        return storage.owner()

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(claim, names))
    assert storage.owner() in names


def test_a_store_is_handed_over_and_given_up(storage: Storage, tmp_path: Path) -> None:
    storage.overwrite_owner(None)
    assert storage.owner() is None
    storage.claim("one")
    storage.overwrite_owner("two")
    assert storage.owner() == "two"
    assert [path.name for path in (tmp_path / "a/files").iterdir()] == ["desk"]
    storage.overwrite_owner(None)
    assert storage.owner() is None


def test_a_mark_that_was_never_finished_is_somebody_else_s(
    storage: Storage, tmp_path: Path
) -> None:
    storage.claim("one")
    (tmp_path / "a/files/desk").write_bytes(b"")
    storage.claim("two")
    assert storage.owner() == ""


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    storage = open_storage(f"file://{tmp_path}/file/files")
    for ask in (
        storage.owner,
        lambda: storage.claim("one"),
        lambda: storage.overwrite_owner("one"),
    ):
        with pytest.raises(StorageFull):
            ask()
