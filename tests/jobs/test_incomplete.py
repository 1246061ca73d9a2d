"""Programs of an installation in which a package is missing end, with one line that says which."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.jobs.test_gunicorn import GUNICORN
from tests.running import Running, end
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.slow

Hide = Callable[[str], dict[str, str]]
# The settings without which nothing starts. None of these programs comes as far as a database.
ENOUGH = {"SECRET_KEY": "only-for-tests", "BASE_URL": "http://localhost"}
FLASK = (str(Path(sys.executable).with_name("flask")), "--app", "wsgi", "db", "upgrade")


@pytest.fixture
def hide(tmp_path: Path) -> Hide:
    """`hide("redis")`: the environment of a program that finds no such package."""

    def hidden(package: str) -> dict[str, str]:
        words = f'"No module named {package!r}", name="{package}"'
        (tmp_path / f"{package}.py").write_text(f"raise ModuleNotFoundError({words})\n")
        return {"PYTHONPATH": str(tmp_path)}

    return hidden


def said(package: str) -> str:
    """How the line begins."""
    return f"lodge: the installation is incomplete: No module named '{package}'; install it again: "


@pytest.mark.parametrize(
    "package",
    [
        pytest.param("dotenv", id="the supervisor itself"),
        pytest.param("alembic", id="preparing the database"),
    ],
)
def test_make_run_ends_with_one_line(tmp_path: Path, hide: Hide, package: str) -> None:
    started = Running(tmp_path / "var", **hide(package))
    try:
        assert started.wait_until_over() == 1
        wait_for(lambda: not started.pids(), "gone")
        assert started.output.startswith(said(package))
        assert started.output.count("\n") == 1, started.output
    finally:
        end(started)


def ended(command: tuple[str, ...], **changed: str) -> subprocess.CompletedProcess[str]:
    """What became of a program that an operator, or systemd, has started."""
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **ENOUGH, **changed},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


@pytest.mark.parametrize(
    ("command", "package"),
    [
        pytest.param((sys.executable, "-m", "jobs.web"), "gunicorn", id="web server of make run"),
        pytest.param((sys.executable, "-m", "jobs.worker"), "redis", id="worker"),
        pytest.param((sys.executable, "-m", "jobs.mailboxes"), "imapclient", id="mailbox fetcher"),
        pytest.param(GUNICORN, "dotenv", id="web server's settings"),
        pytest.param(GUNICORN, "sqlalchemy", id="web server's application"),
        pytest.param(FLASK, "sqlalchemy", id="operator's command"),
        pytest.param(FLASK, "alembic", id="operator's migration"),
    ],
)
def test_a_program_ends_with_one_line(hide: Hide, command: tuple[str, ...], package: str) -> None:
    program = ended(command, **hide(package))
    assert program.returncode == 1
    assert program.stderr.startswith(said(package))
    assert program.stderr.count("\n") == 1, program.stderr
