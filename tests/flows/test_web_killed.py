"""The web server is killed under load: what was acknowledged is there once, and its mail comes."""

import os
import random
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException
from threading import Event

import pytest
from flask import Flask

from tests.cast import Cast
from tests.flows.consistency import check
from tests.flows.desk import Desk
from tests.flows.desk import desk as make_desk
from tests.flows.http_browser import CastBrowser
from tests.flows.load import load
from tests.flows.request_log import State
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

KILLS = 5


@pytest.fixture
def desk(app: Flask, settings: dict[str, str]) -> Iterator[Desk]:
    """Two web processes on SQLite, too: one is killed while the other goes on."""
    with make_desk(settings, web_workers=2) as made:
        yield made


def test_nothing_acknowledged_is_lost_or_doubled(app: Flask, cast: Cast, desk: Desk) -> None:
    desk.open()
    with load(desk.port, cast, pause=0.15) as work:
        request_log = work.request_log
        for _ in range(KILLS):
            request_log.wait_for_more(3)
            request_log.wait_for_one_in_flight()
            kill_one_worker(desk)
        request_log.wait_for_more(5)
        request_log.wait_for_one_in_flight()
        desk.web.kill()
        desk.start_web()
        request_log.wait_for_more(5)
        request_log.wait_for_more(1, State.REFUSED)
    # A worker that dies answers nothing; nobody is told of an error or signed out.
    assert request_log.statuses <= {0, 303, 422}
    assert {entry.status for entry in request_log.all(State.REFUSED)} == {422}
    check(app, desk, work)


def kill_one_worker(desk: Desk) -> None:
    workers = desk.web.children()
    if workers:
        with suppress(ProcessLookupError):
            os.kill(random.choice(workers), signal.SIGKILL)


def test_a_draft_that_was_acknowledged_is_there(cast: Cast, desk: Desk) -> None:
    """Each draft goes on from the one before it, so the last that was saved holds all."""
    desk.open()
    ann = CastBrowser(cast.ann, desk.port)
    ann.sign_in()
    fields = {"subject": "No hot water", "message": "Since Monday.", "priority": "high"}
    path = ann.post("/tickets/new", fields).location
    written, acknowledged, over = "", "", Event()

    def write() -> None:
        nonlocal written, acknowledged
        while not over.wait(0.05):  # fewer than the limit on saving
            written += f" {len(written)}"
            with suppress(OSError, HTTPException):
                if ann.post(f"{path}/draft", {"message": written}).status == 303:
                    acknowledged = written

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        for _ in range(KILLS):
            before = len(acknowledged)
            wait_for(lambda known=before: len(acknowledged) > known, "a draft that is saved")
            kill_one_worker(desk)
        desk.web.kill()
        over.set()
        writing.result()
    desk.start_web()
    assert acknowledged.strip() in ann.get(path).text
