"""`flask move-files`: every file is at the other place, whole, however often it is begun."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from portal import clock
from portal.cli.backups.backup import backup
from portal.cli.backups.move_files import move_files
from portal.cli.backups.restore import restore
from portal.storage import Storage
from tests import s3_server
from tests.conftest import MakeApp
from tests.databases import Database
from tests.s3_server import Buckets

BUCKET = "s3://files/desk"


@pytest.fixture
def buckets() -> Iterator[Buckets]:
    with s3_server.s3_server("files") as running:
        yield running


@pytest.fixture
def desk(another_app: MakeApp, app: Flask, buckets: Buckets, tmp_path: Path) -> Flask:
    """A desk with files in a folder, and with an account for the bucket."""
    given = s3_server.settings(buckets) | {"FILES_URL": f"file://{tmp_path}/files"}
    return another_app(**given)


def store_of(app: Flask) -> Storage:
    store: Storage = app.extensions["lodge.storage"]
    return store


def fill(app: Flask, *contents: bytes) -> list[str]:
    return [store_of(app).put(io.BytesIO(one), limit=len(one)).key for one in contents]


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(move_files, words)


def names(buckets: Buckets) -> set[str]:
    return {name.rpartition("/")[2] for name in buckets.objects["files"]}


def test_files_go_into_a_bucket_and_back(
    desk: Flask, another_app: MakeApp, buckets: Buckets, tmp_path: Path
) -> None:
    keys = fill(desk, b"one", b"two", b"")
    done = run(desk, BUCKET)
    assert done.exit_code == 0, done.output
    assert "3 copied, 0 were there" in done.output
    assert f"Now set FILES_URL={BUCKET} everywhere" in done.output
    moved = another_app(**s3_server.settings(buckets))
    late = fill(desk, b"late")
    again = run(moved, BUCKET, "--from", f"file://{tmp_path}/files")
    assert "1 copied, 3 were there" in again.output
    assert "Now set" not in again.output
    assert names(buckets) == {*keys, *late, "desk"}
    with store_of(moved).open(keys[0]) as file:
        assert file.read() == b"one"
    back = run(moved, f"file://{tmp_path}/back")
    assert "4 copied" in back.output
    found = {path.name for path in (tmp_path / "back").rglob("*") if path.is_file()}
    assert found == {*keys, *late, "desk"}


def test_a_bucket_that_is_full_in_the_middle_stops_it_and_it_goes_on_later(
    desk: Flask, buckets: Buckets
) -> None:
    fill(desk, *(bytes([number]) for number in range(5)))
    buckets.room = 3
    stopped = run(desk, BUCKET)
    assert (stopped.exit_code, stopped.output.splitlines()[-1]) == (
        1,
        "Error: the file store cannot be written, or is full",
    )
    buckets.room = None
    assert "3 copied, 2 were there" in run(desk, BUCKET).output


def test_a_file_that_cannot_be_read_stops_no_other(
    desk: Flask, buckets: Buckets, tmp_path: Path
) -> None:
    bad, good = fill(desk, b"bad", b"good")
    path = tmp_path / "files" / bad[:2] / bad[2:4] / bad
    path.unlink()
    path.mkdir()
    done = run(desk, BUCKET)
    assert done.exit_code == 1
    assert f"{bad} cannot be read" in done.output
    assert done.output.endswith("Error: 1 could not be copied; all others are there\n")
    assert good in names(buckets)


def test_what_is_read_back_as_another_one_is_said_and_not_kept(
    desk: Flask, buckets: Buckets
) -> None:
    [key] = fill(desk, b"not a palindrome")
    run(desk, BUCKET)
    buckets.objects["files"] = {k: v for k, v in buckets.objects["files"].items() if key not in k}
    buckets.spoils = True
    done = run(desk, BUCKET)
    assert done.exit_code == 1
    assert f"{key} is another one when it is read back" in done.output
    assert key not in names(buckets)


def test_nothing_goes_where_something_else_is(
    desk: Flask, buckets: Buckets, tmp_path: Path
) -> None:
    key = "ab" * 16
    elsewhere = tmp_path / "others" / "ab" / "ab"
    elsewhere.mkdir(parents=True)
    (elsewhere / key).write_text("somebody's")
    buckets.objects["files"]["other/desk"] = (b"f" * 32, clock.now())
    said = {
        f"file://{tmp_path}/others": "not this desk's",
        "s3://files/other": "another desk",
        f"file://{tmp_path}/files": "there already",
        "s3://gone/desk": "does not answer, or refuses us",
        "ftp://files": "URL has to begin with",
    }
    for url, words in said.items():
        done = run(desk, url)
        assert (done.exit_code, words in done.output) == (1, True), done.output


def test_a_desk_with_a_bucket_is_backed_up_and_restored(
    another_app: MakeApp, app: Flask, buckets: Buckets, empty_database: Database, tmp_path: Path
) -> None:
    del app
    desk = another_app(**s3_server.settings(buckets))
    [key] = fill(desk, b"precious")
    runner = desk.test_cli_runner()
    done = runner.invoke(backup, [str(tmp_path / "monday")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "monday" / "files" / key).read_bytes() == b"precious"
    given = s3_server.settings(buckets) | {"FILES_URL": "s3://files/restored"}
    fresh = another_app(DATABASE_URL=empty_database.url, **given)
    done = fresh.test_cli_runner().invoke(restore, [str(tmp_path / "monday")])
    assert done.exit_code == 0, done.output
    assert f"restored/{key[:2]}/{key[2:4]}/{key}" in buckets.objects["files"]
