"""`gunicorn -c jobs/gunicorn.py`, as a production server starts it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.running import Running, end
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.slow

GUNICORN = (str(Path(sys.executable).with_name("gunicorn")), "-c", "jobs/gunicorn.py")
# The settings without which nothing starts.
ENOUGH = {"SECRET_KEY": "only-for-tests", "BASE_URL": "http://127.0.0.1"}
# An application that is loaded at once and says which one it is.
APPLICATION = """
class Application:
    config = {"WEB_THREADS": 8}
    extensions = {"lodge.live": type("Live", (), {"end": lambda self: None})()}

    def __call__(self, environ, start_response):
        start_response("200 OK", [])
        return [b"the old one"]

app = Application()
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Lodge with an application that says less."""
    compiled = shutil.ignore_patterns("__pycache__")
    for package in ("jobs", "portal"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=compiled)
    (tmp_path / "wsgi.py").write_text(APPLICATION)
    # It has no database that could be asked whether somebody administers it.
    (tmp_path / "jobs" / "first_start.py").write_text("def say_how_to_set_up(app): pass")
    return tmp_path


@pytest.fixture
def served(checkout: Path) -> Iterator[Running]:
    command = (*GUNICORN[:-1], str(checkout / GUNICORN[-1]))
    started = Running(checkout / "data", command, WEB_WORKERS="1", **ENOUGH)
    try:
        wait_for(lambda: started.get("/") == 200 or started.process.poll() is not None, "answering")
        assert started.process.poll() is None, started.output
        yield started
    finally:
        end(started)


def said(started: Running) -> str:
    connection = HTTPConnection("127.0.0.1", started.port, timeout=PATIENCE)
    connection.request("GET", "/")
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def upgrade(checkout: Path) -> None:
    (checkout / "wsgi.py").write_text(APPLICATION.replace("old", "new"))


def test_a_worker_that_is_started_after_an_upgrade_has_the_code_of_the_others(
    served: Running, checkout: Path
) -> None:
    [worker] = set(served.pids()) - {served.process.pid}
    upgrade(checkout)
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: worker not in served.pids() and served.get("/") == 200, "replaced")
    assert said(served) == "the old one"


def test_who_asks_for_a_reload_is_told_that_there_is_none_and_the_server_ends(
    served: Running, checkout: Path
) -> None:
    upgrade(checkout)
    served.process.send_signal(signal.SIGHUP)
    assert served.wait_until_over() == 0
    wait_for(lambda: not served.pids(), "gone")
    [line] = served.output.splitlines()
    assert "ERROR" in line
    assert "systemctl restart" in line


def test_workers_do_not_outlive_a_master_that_is_killed(served: Running) -> None:
    served.process.kill()
    served.process.wait(PATIENCE)
    wait_for(lambda: not served.pids(), "gone")


@pytest.mark.parametrize("words", [(), ("--check-config",)], ids=["a start", "a check before"])
def test_a_missing_setting_stops_it_with_one_line_in_any_folder(words: tuple[str, ...]) -> None:
    ended = subprocess.run(
        [*GUNICORN[:-1], ROOT / GUNICORN[-1], *words],
        cwd="/",
        env={**os.environ, **ENOUGH, "BASE_URL": ""},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1), ended.stderr
    assert ended.stderr.startswith("lodge: BASE_URL is not set")
