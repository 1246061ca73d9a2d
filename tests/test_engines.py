"""What an engine does when it connects."""

import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.ctx import AppContext
from sqlalchemy import text

from portal import engines
from portal.engines import TRUSTED_IDLE_SECONDS
from portal.extensions import begin_write, db
from tests.cast import Cast
from tests.conftest import MakeApp
from tests.page import Visitor
from tests.tcp_relay import Relay, relay


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_new_database_and_what_lies_beside_it_is_its_owner_s_alone(
    another_app: MakeApp, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    app = another_app(DATABASE_URL=f"sqlite:///{folder}/new.sqlite3")
    with app.app_context():
        # Each write asks whether it may.
        db.session.execute(text("CREATE TABLE read_only_mode (closed BOOLEAN, until DATETIME)"))
        db.session.commit()
        begin_write()
        db.session.execute(text("CREATE TABLE things (id INTEGER)"))
        db.session.commit()
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {f"new.sqlite3{end}": 0o600 for end in ("", "-wal", "-shm", "-gate")}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_who_reads_whole_tables_maps_nothing(another_app: MakeApp) -> None:
    with another_app().app_context():
        mapped = db.session.scalar(text("PRAGMA mmap_size"))
        db.session.remove()
        engines.read_without_map(db.engine)
        db.engine.dispose()
        assert mapped > 0 == db.session.scalar(text("PRAGMA mmap_size"))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_days_begin_at_the_same_moment_wherever_the_server_stands(context: AppContext) -> None:
    assert db.session.scalar(text("SHOW timezone")) == "UTC"


@pytest.fixture
def network(settings: dict[str, str]) -> Iterator[Relay]:
    """What lies between an application and PostgreSQL."""
    [folder] = parse_qs(urlsplit(settings["DATABASE_URL"]).query)["host"]
    with relay(Path(folder) / ".s.PGSQL.5432") as made:
        yield made


@pytest.fixture
def far(network: Relay, settings: dict[str, str], another_app: MakeApp) -> Flask:
    name = urlsplit(settings["DATABASE_URL"]).path
    return another_app(DATABASE_URL=f"postgresql://lodge@127.0.0.1:{network.port}{name}")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_connections_that_were_cut_while_idle_cost_nobody_an_answer(
    far: Flask, network: Relay, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = Visitor(far).sign_in(cast.ann)
    ann.get("/tickets/")
    assert TRUSTED_IDLE_SECONDS < 60
    monkeypatch.setattr(engines, "TRUSTED_IDLE_SECONDS", 0.0)
    assert network.cut() > 0
    ann.get("/tickets/")
    network.cut()
    ann.post("/tickets/new", {"subject": "Cut", "message": "Off.", "priority": "low"})


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_connection_that_is_in_use_is_asked_nothing(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    with app.app_context():
        monkeypatch.setattr(db.engine.dialect, "do_ping", asked.append)
    ann = Visitor(app).sign_in(cast.ann)
    ann.get("/tickets/")
    ann.get("/tickets/")
    assert not asked
    monkeypatch.setattr(engines, "TRUSTED_IDLE_SECONDS", 0.0)
    ann.get("/tickets/")
    assert asked
