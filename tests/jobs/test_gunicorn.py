"""`gunicorn -c jobs/gunicorn.py`, as a production server starts it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.architecture.source import ROOT
from tests.running import Running, end
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.slow

GUNICORN = (str(Path(sys.executable).with_name("gunicorn")), "-c", "jobs/gunicorn.py")


@pytest.fixture
def served(app: Flask, settings: dict[str, str], data_dir: Path) -> Iterator[Running]:
    environment = {key: value for key, value in settings.items() if key != "DATA_DIR"}
    started = Running(data_dir, GUNICORN, **environment)
    try:
        yield started
    finally:
        end(started)


def test_it_answers_and_ends_as_it_is_told(served: Running) -> None:
    wait_for(lambda: served.get("/health") == 200, "answering")
    served.process.send_signal(signal.SIGTERM)
    assert served.wait_until_over() == 0
    wait_for(lambda: not served.pids(), "gone")


def test_workers_do_not_outlive_a_master_that_is_killed(served: Running) -> None:
    wait_for(lambda: served.get("/health") == 200, "answering")
    served.process.kill()
    served.process.wait(PATIENCE)
    wait_for(lambda: not served.pids(), "gone")


def refusal(settings: dict[str, str], **wrong: str) -> str:
    """The one line that a start ends with which cannot succeed. From any folder."""
    config = str(ROOT / GUNICORN[-1])
    ended = subprocess.run(
        [*GUNICORN[:-1], config],
        cwd="/",
        env={**os.environ, **settings, **wrong},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1), ended.stderr
    return ended.stderr


@pytest.mark.parametrize("missing", ["SECRET_KEY", "BASE_URL"])
def test_a_missing_setting_stops_the_start_with_one_line(
    settings: dict[str, str], missing: str
) -> None:
    assert refusal(settings, **{missing: ""}).startswith(f"lodge: {missing} is not set")


@pytest.mark.parametrize("name", ["FILES_URL", "MAIL_URL", "SENTRY_DSN"])
def test_a_wrong_address_stops_the_start_with_one_line(settings: dict[str, str], name: str) -> None:
    assert refusal(settings, **{name: "somewhere"}).startswith(f"lodge: {name} has to ")


@pytest.mark.parametrize(("name", "value"), [("WEB_WORKERS", "two"), ("WEB_THREADS", "0")])
def test_a_number_of_processes_that_is_none_stops_it_with_one_line(
    settings: dict[str, str], name: str, value: str
) -> None:
    line = refusal(settings, **{name: value})
    assert line == f"lodge: {name} has to be a whole number from 1, not {value!r}\n"
