"""A master that lives through an upgrade: whom it starts has the code as it is then."""

import os
import shutil
import signal
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.jobs.test_gunicorn import GUNICORN
from tests.running import Running, end
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.slow

# An application that is loaded at once and says what it was made of.
APPLICATION = """
from portal import config

class Application:
    extensions = {"lodge.live": type("Live", (), {"end": lambda self: None})()}

    def __call__(self, environ, start_response):
        start_response("200 OK", [])
        return [config.DEMO_FILE.encode(), SUPPORT.encode()]

SUPPORT = config.load()["SUPPORT_EMAIL"].partition("@")[0]
app = Application()
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Lodge with an application that says less."""
    compiled = shutil.ignore_patterns("__pycache__")
    for package in ("jobs", "portal"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=compiled)
    (tmp_path / "wsgi.py").write_text(APPLICATION)
    return tmp_path


@pytest.fixture
def served(checkout: Path) -> Iterator[Running]:
    settings = {"SECRET_KEY": "x" * 32, "BASE_URL": "http://127.0.0.1", "WEB_WORKERS": "1"}
    command = (*GUNICORN[:-1], str(checkout / GUNICORN[-1]))
    started = Running(checkout / "data", command, **settings)
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


def workers(started: Running) -> set[int]:
    return set(started.pids()) - {started.process.pid}


def kill_worker(started: Running) -> None:
    """Kill it, and wait for the next one."""
    [worker] = workers(started)
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: workers(started) - {worker} and started.get("/") == 200, "replaced")


def upgrade(checkout: Path) -> None:
    config = checkout / "portal" / "config.py"
    config.write_text(config.read_text().replace('"demo.env"', '"another.env"'))


def test_after_a_reload_all_of_it_is_new(served: Running, checkout: Path) -> None:
    old = workers(served)
    assert said(served) == "demo.envsupport"
    upgrade(checkout)
    (checkout / ".env").write_text("SUPPORT_EMAIL=hello@example.com\n")
    served.process.send_signal(signal.SIGHUP)
    wait_for(lambda: not workers(served) & old, "replaced")
    assert said(served) == "another.envhello"


def test_a_worker_that_is_started_in_between_is_of_one_piece(
    served: Running, checkout: Path
) -> None:
    upgrade(checkout)
    kill_worker(served)
    assert said(served) == "another.envsupport"


def test_after_a_reload_the_master_says_things_once(served: Running) -> None:
    old = workers(served)
    served.process.send_signal(signal.SIGHUP)
    wait_for(lambda: not workers(served) & old, "replaced")
    kill_worker(served)
    assert served.output.count("SIGKILL") == 1, served.output
