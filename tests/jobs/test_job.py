"""What `@job` promises, on both databases."""

import pytest
from flask import Flask
from rq import Queue, SimpleWorker

from jobs import job
from portal.extensions import begin_write, db
from portal.logs import request_id
from portal.models.organizations import Organization
from portal.queueing import QUEUE, connect
from tests import factories

seen: list[str] = []


@job
def found(name: str, *, fail: bool = False) -> None:
    """Add an organization, then perhaps break."""
    begin_write()
    factories.organization(name)
    if fail:
        raise ZeroDivisionError


@job
def note_the_request_id() -> None:
    seen.append(request_id.get())


def names(app: Flask) -> list[str]:
    with app.app_context():
        return [row.name for row in db.session.query(Organization)]


def test_a_job_commits_when_it_returns(app: Flask) -> None:
    with app.app_context():
        found("Acme")
    assert names(app) == ["Acme"]


def test_a_job_that_raises_changes_nothing(app: Flask) -> None:
    with app.app_context(), pytest.raises(ZeroDivisionError):
        found("Acme", fail=True)
    assert names(app) == []


@pytest.mark.usefixtures("context")
def test_a_job_has_a_session_of_its_own() -> None:
    begin_write()
    held = factories.organization("Held")
    db.session.rollback()
    found("Acme")
    assert held not in db.session
    assert [row.name for row in db.session.query(Organization)] == ["Acme"]


def test_log_lines_of_a_job_carry_its_id(app: Flask, queue_url: str) -> None:
    with connect(queue_url, timeout=None) as connection, app.app_context():
        queue = Queue(QUEUE, connection=connection)
        queued = queue.enqueue(note_the_request_id)
        SimpleWorker([queue], connection=connection).work(burst=True)
    assert seen.pop() == f"job-{queued.id[:8]}"
    assert request_id.get() == "-"
