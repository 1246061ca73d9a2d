"""A request's id goes with what it asked for: into jobs, and into mail that a sweep finds."""

import json
import logging
from collections.abc import Iterator

import pytest
from flask import Flask
from rq import Queue, SimpleWorker

from jobs.outbox import send_due
from portal import logs
from portal.extensions import db
from portal.models.delivery import Outbox
from portal.queueing import QUEUE, connect
from tests.cast import Cast
from tests.page import Page, Visitor
from tests.waiting import PATIENCE


@pytest.fixture
def logging_restored() -> Iterator[None]:
    """Logging as it was, after the test has changed it."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def file_ticket(client: Visitor, cast: Cast) -> Page:
    client.sign_in(cast.ann)
    return client.post("/tickets/new", {"subject": "Cold", "message": "It is.", "priority": "low"})


def sent(text: str) -> list[str]:
    """The request ids of the lines that say a mail was sent."""
    entries = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [entry["request_id"] for entry in entries if " sent in " in entry["message"]]


@pytest.mark.usefixtures("logging_restored")
def test_a_job_logs_under_the_request_that_rang(
    app: Flask, client: Visitor, cast: Cast, queue_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("INFO", "json")
    request_id = file_ticket(client, cast).headers["X-Request-ID"]
    with connect(queue_url, timeout=None) as connection, app.app_context():
        SimpleWorker([Queue(QUEUE, connection=connection)], connection=connection).work(burst=True)
    found = sent(capsys.readouterr().err)
    assert found
    assert set(found) == {request_id}
    assert logs.request_id.get() == "-"


@pytest.mark.usefixtures("logging_restored")
def test_a_mail_that_was_not_enqueued_is_logged_under_its_request(
    app: Flask, client: Visitor, cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("INFO", "json")
    request_id = file_ticket(client, cast).headers["X-Request-ID"]
    with app.app_context():
        owed = db.session.query(Outbox).count()
        send_due(PATIENCE)
    assert sent(capsys.readouterr().err) == [request_id] * owed


def test_lines_of_a_block_belong_to_one_request_and_later_ones_do_not() -> None:
    with logs.bind_request_id("a"), logs.bind_request_id(None):
        assert logs.request_id.get() == "a"
    assert logs.request_id.get() == "-"
