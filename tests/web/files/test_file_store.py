"""Nodes of one desk share one file store. One that does not says so, and does no harm."""

import inspect
import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from jobs.parts import files
from portal import clock
from portal.errors import ForeignStore
from portal.extensions import db
from portal.services.operations.files import GRACE
from portal.storage import SHARDS, Storage, open_storage
from portal.web.operations import health
from tests import factories
from tests.cast import Cast
from tests.conftest import MakeApp
from tests.page import Visitor
from tests.waiting import PATIENCE

TICKET = {"subject": "Cold", "message": "It is.", "priority": "low"}


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not away is found, however busy the machine."""
    monkeypatch.setattr(health, "_TIMEOUT_SECONDS", PATIENCE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "unshared"


@pytest.fixture
def apart(another_app: MakeApp, app: Flask, cast: Cast, folder: Path) -> Flask:
    """A node with a folder of its own, beside one that has a file of this desk's."""
    Visitor(app).sign_in(cast.ann).post("/tickets/new", {**TICKET, "attachments": attachment()})
    return another_app(FILES_URL=f"file://{folder}")


def attachment() -> tuple[io.BytesIO, str]:
    return io.BytesIO(b"\x00attached"), "photo.bin"


def files_of(app: Flask) -> str:
    state: str = Visitor(app).http.get("/health/ready").get_json()["checks"]["files"]
    return state


def test_a_node_that_shares_no_folder_is_not_ready(apart: Flask, folder: Path) -> None:
    assert files_of(apart) == "failed"
    assert not folder.exists(), "nothing is written where nothing of ours is"


def test_before_the_first_file_only_one_of_two_folders_becomes_the_store(
    another_app: MakeApp, app: Flask, folder: Path
) -> None:
    assert files_of(another_app()) == "ok"
    assert files_of(another_app(FILES_URL=f"file://{folder}")) == "failed"


def test_of_two_nodes_at_once_one_marks_its_folder(
    another_app: MakeApp, app: Flask, tmp_path: Path
) -> None:
    nodes = [another_app(FILES_URL=f"file://{tmp_path}/{name}") for name in ("one", "two")]
    start = threading.Barrier(len(nodes))

    def check(node: Flask) -> str:
        start.wait(PATIENCE)
        try:
            node.extensions["lodge.storage"].check()
        except ForeignStore:
            return "refused"
        return "marked"

    with ThreadPoolExecutor(len(nodes)) as pool:
        assert sorted(pool.map(check, nodes)) == ["marked", "refused"]
    assert len(list(tmp_path.rglob("desk"))) == 1


def test_nodes_that_share_a_folder_are_ready_and_have_all_files(
    another_app: MakeApp, apart: Flask, cast: Cast
) -> None:
    beside = another_app()
    assert files_of(beside) == "ok"
    page = Visitor(beside).sign_in(cast.ann).get("/tickets/REQ000001/attachments/1")
    assert page.body == b"\x00attached"


def test_a_file_is_not_said_to_be_gone_by_a_node_that_cannot_know(apart: Flask, cast: Cast) -> None:
    Visitor(apart).sign_in(cast.ann).get("/tickets/REQ000001/attachments/1", 503)


def test_an_upload_goes_nowhere_and_what_was_written_is_given_back(
    apart: Flask, cast: Cast, folder: Path
) -> None:
    page = (
        Visitor(apart)
        .sign_in(cast.ann)
        .post("/tickets/new", {**TICKET, "attachments": attachment()}, 503)
    )
    assert "It is." in page.text
    assert not folder.exists()


@pytest.mark.parametrize("whose", ["f" * 32, None])
def test_the_sweep_deletes_nothing_in_a_store_that_is_not_ours(
    apart: Flask, folder: Path, whose: str | None
) -> None:
    strangers = open_storage(f"file://{folder}")
    strangers.overwrite_owner(whose)
    for _ in range(5):
        strangers.put(io.BytesIO(b"theirs"), limit=10)
    before = sorted(folder.rglob("*"))
    later = clock.now() + GRACE + timedelta(days=1)
    with apart.app_context():
        for minute in range(SHARDS):
            with clock.at(later + timedelta(minutes=minute)), pytest.raises(ForeignStore):
                files.remove_orphans()
    assert sorted(folder.rglob("*")) == before


def test_a_folder_that_is_unmounted_while_the_node_runs_is_noticed(
    app: Flask, cast: Cast, data_dir: Path
) -> None:
    person = Visitor(app).sign_in(cast.ann)
    person.post("/tickets/new", {**TICKET, "attachments": attachment()})
    (data_dir / "files").rename(data_dir / "away")
    try:
        person.get("/tickets/REQ000001/attachments/1", 503)
        person.post("/tickets/new", {**TICKET, "attachments": attachment()}, 503)
        assert not (data_dir / "files").exists()
    finally:
        (data_dir / "away").rename(data_dir / "files")
    person.get("/tickets/REQ000001/attachments/1")


KEY = "0" * 32
# What of a store reads, writes, lists or deletes files; each is tried.
TOUCHES: dict[str, Callable[[Storage], object]] = {
    "put": lambda s: s.put(io.BytesIO(b"x"), limit=10),
    "put_back": lambda s: s.put_back(KEY, io.BytesIO(b"x")),
    "open": lambda s: s.open(KEY),
    "delete": lambda s: s.delete(KEY),
    "keys": lambda s: s.keys(0, older_than=clock.now()),
    "measure": lambda s: s.measure(0),
    "check": lambda s: s.check(),
}
# How one finds out whose it is, and says so.
ABOUT_THE_MARK = {"owner", "claim", "overwrite_owner", "has", "is_empty"}


# Touches nothing: who opens the link asks the store.
LINKS = {"link"}


def test_every_use_of_a_store_is_known_here() -> None:
    members = {name for name, _ in inspect.getmembers(Storage, inspect.isfunction)}
    known = TOUCHES.keys() | ABOUT_THE_MARK | LINKS
    assert {name for name in members if not name.startswith("_")} == known


@pytest.mark.parametrize("use", TOUCHES)
def test_no_use_touches_another_desk_s_store(apart: Flask, folder: Path, use: str) -> None:
    open_storage(f"file://{folder}").claim("f" * 32)
    with pytest.raises(ForeignStore):
        TOUCHES[use](apart.extensions["lodge.storage"])
    assert [path.name for path in folder.rglob("*")] == ["desk"]


def test_a_desk_that_was_restored_meanwhile_is_met_under_its_new_key(
    app: Flask, cast: Cast
) -> None:
    storage: Storage = app.extensions["lodge.storage"]
    storage.check()
    with factories.writing(app):
        before = storage.owner()
        db.session.execute(db.text("UPDATE desk SET key = :key"), {"key": "e" * 32})
    storage.overwrite_owner("e" * 32)
    storage.check()
    with factories.writing(app):
        db.session.execute(db.text("UPDATE desk SET key = :key"), {"key": before})
