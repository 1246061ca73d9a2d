"""Commands belong to the user who has the desk's files."""

import os
import pwd
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from portal.cli.system_user import refuse_root
from portal.errors import ConfigError


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Root has typed one."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(sys, "argv", [".venv/bin/flask", "--app", "wsgi", "db", "upgrade"])
    with click.Context(click.Command("upgrade")):
        yield


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A data folder that is not root's."""
    if os.getuid() == 0:
        os.chown(tmp_path, pwd.getpwnam("nobody").pw_uid, -1)
    return tmp_path


@pytest.mark.usefixtures("command")
def test_root_is_told_as_whom_to_run_it(desk: Path) -> None:
    name = desk.owner()
    line = f"sudo -u {name} .venv/bin/flask --app wsgi db upgrade"
    with pytest.raises(ConfigError, match=f"^run this as {name}, who has DATA_DIR: {line}$"):
        refuse_root(desk)


@pytest.mark.usefixtures("command")
def test_root_may_have_a_desk_or_begin_one(tmp_path: Path) -> None:
    refuse_root(tmp_path / "not there yet")
    if os.getuid() == 0:
        refuse_root(tmp_path)


def test_who_is_not_root_and_what_is_no_command_is_let_go_on(
    desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    refuse_root(desk)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with click.Context(click.Command("upgrade")):
        refuse_root(desk)
