"""What an engine does when it connects."""

import stat
from pathlib import Path

import pytest
from flask.ctx import AppContext
from sqlalchemy import text

from portal.extensions import begin_write, db
from tests.conftest import MakeApp


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_new_database_and_what_lies_beside_it_is_its_owner_s_alone(
    another_app: MakeApp, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    app = another_app(DATABASE_URL=f"sqlite:///{folder}/new.sqlite3")
    with app.app_context():
        begin_write()
        db.session.execute(text("CREATE TABLE things (id INTEGER)"))
        db.session.commit()
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {f"new.sqlite3{end}": 0o600 for end in ("", "-wal", "-shm")}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_days_begin_at_the_same_moment_wherever_the_server_stands(context: AppContext) -> None:
    assert db.session.scalar(text("SHOW timezone")) == "UTC"
