"""`flask claim-files`: an operator says whose the file store is."""

import io
from pathlib import Path

from flask import Flask

from portal.cli.backups.claim_files import claim_files
from tests.conftest import MakeApp
from tests.databases import Database


def test_a_desk_whose_files_are_lost_can_store_again(
    another_app: MakeApp, app: Flask, tmp_path: Path
) -> None:
    app.extensions["lodge.storage"].check()
    astray = another_app(FILES_URL=f"file://{tmp_path}/new")
    done = astray.test_cli_runner().invoke(claim_files, ["--yes"])
    assert done.exit_code == 0, done.output
    assert done.output.endswith(f"file://{tmp_path}/new is this desk's\n")
    astray.extensions["lodge.storage"].put(io.BytesIO(b"x"), limit=1)


def test_without_a_schema_or_a_folder_it_is_one_line(
    app: Flask, another_app: MakeApp, empty_database: Database, tmp_path: Path
) -> None:
    empty = another_app(DATABASE_URL=empty_database.url, FILES_URL=f"file://{tmp_path}/x")
    said = empty.test_cli_runner().invoke(claim_files, ["--yes"])
    assert said.exit_code == 1
    assert said.output.splitlines()[-1].startswith("Error: the schema is older than this code")
    (tmp_path / "file").write_text("in the way")
    nowhere = another_app(FILES_URL=f"file://{tmp_path}/file/x")
    said = nowhere.test_cli_runner().invoke(claim_files, ["--yes"])
    assert (said.exit_code, "cannot be written" in said.output) == (1, True)
