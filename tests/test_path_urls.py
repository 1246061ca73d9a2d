"""A data folder may have any name that a folder can have: everything that uses it finds it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from limits.storage import storage_from_string
from redis.connection import ConnectionPool
from sqlalchemy.engine import make_url

from jobs.launcher import queue_server
from portal import assembly, config
from portal.mail.transport import FolderTransport, open_transport
from portal.path_urls import from_path, to_path
from portal.queueing import connect
from portal.setting_values import queue_url
from portal.storage import Folder, open_storage
from tests.running import running
from tests.servers import short_folder
from tests.waiting import wait_for

HOSTILE = "50% off? #1 = 'ü' \"%41\" & + ;$HOME\\"
ENOUGH = {"SECRET_KEY": "a secret", "BASE_URL": "https://help.example.com"}
# Whatever Linux takes for a name, as far as UTF-8 can say it.
names = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=40
).filter(lambda name: name not in {".", ".."})


def places(settings: dict[str, Any]) -> dict[str, Path]:
    """Where each user of the settings looks."""
    pool: ConnectionPool = connect(settings["REDIS_URL"]).connection_pool
    limits: Any = storage_from_string(assembly._limiter_url(settings["REDIS_URL"]))
    store, mails = open_storage(settings["FILES_URL"]), open_transport(settings["MAIL_URL"])
    assert isinstance(store, Folder)
    assert isinstance(mails, FolderTransport)
    return {
        "lodge.sqlite3": Path(str(make_url(settings["SQLALCHEMY_DATABASE_URI"]).database)),
        "run/queue.sock": Path(pool.connection_kwargs["path"]),
        "run/queue.sock for limits": Path(limits.storage.connection_pool.connection_kwargs["path"]),
        "files": store._root,
        "outbox": mails.folder,
    }


@given(names)
@example(HOSTILE)
@example("%")
@example("a?b")
@example("a#b")
@example(" ")
def test_everything_is_found_in_it(name: str) -> None:
    folder = Path("/srv") / name
    settings = config.load(ENOUGH | {"DATA_DIR": str(folder)})
    assert settings["DATA_DIR"] == folder
    for place, found in places(settings).items():
        assert found == folder / place.removesuffix(" for limits"), place


@given(names)
@example(HOSTILE)
def test_a_path_comes_back_out_of_its_url(name: str) -> None:
    path = Path("/srv") / name / "x"
    for scheme in ("file://", "folder://"):
        assert to_path(from_path(scheme, path)) == path
    assert connect(queue_url(path)).connection_pool.connection_kwargs["path"] == str(path)


@given(names)
def test_the_queue_server_is_told_of_it_as_it_is(name: str) -> None:
    path = Path("/srv") / name / "queue.sock"
    command = queue_server.command("valkey-server", path)
    assert command[command.index("--unixsocket") + 1] == str(path)


@pytest.mark.slow
def test_it_starts_in_a_folder_of_such_a_name() -> None:
    with short_folder("paths") as place:
        folder = place / HOSTILE
        with running(folder) as started:
            wait_for(lambda: started.get("/health/ready") == 200, "all of it answering")
            assert (folder / "lodge.sqlite3").exists()
            assert (folder / "run" / "queue.sock").exists()
        assert [path.name for path in place.iterdir()] == [HOSTILE]
