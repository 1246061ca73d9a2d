"""Pages of a read-only desk can be read and say so, and what is written is shown again."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import clock
from portal.cli import migrations
from portal.extensions import db, execute_on_logs
from portal.models.operations import ApiRequest
from portal.models.people import UserSession
from portal.models.tickets import Comment
from portal.web.operations import health
from tests import factories
from tests.api.api_client import ApiClient, key_of
from tests.cast import PASSWORD, Cast
from tests.conftest import MakeApp
from tests.factories import Filed
from tests.page import Visitor
from tests.read_only_mode import change_mode
from tests.waiting import PATIENCE

SAID = "This desk is being moved. Reading works, writing again from about"
WITHOUT_TIME = "This desk is being moved. Reading works, writing does not for now."


@pytest.fixture
def ticket(app: Flask, cast: Cast) -> Filed:
    return factories.file_ticket(app, cast.ann, "Cold")


def comments(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(db.select(Comment.message).order_by(Comment.id)))


def test_every_page_says_it_from_the_next_request_on_and_stops_after(
    app: Flask, cast: Cast, client: Visitor, ticket: Filed
) -> None:
    client.sign_in(cast.sam)
    paths = ("/tickets/queue", f"/tickets/{ticket.number}", "/account/")
    assert not any(SAID in client.get(path).words for path in paths)
    change_mode(app)
    assert all(SAID in client.get(path).words for path in paths)
    change_mode(app, minutes=None)
    assert WITHOUT_TIME in client.get("/tickets/queue").words
    change_mode(app, on=False)
    assert "being moved" not in client.get("/tickets/queue").words


def test_a_time_that_is_over_is_not_promised(app: Flask, client: Visitor) -> None:
    change_mode(app, minutes=-1)
    assert WITHOUT_TIME in client.get("/").words


def test_what_is_written_is_refused_shown_again_and_can_be_sent_later(
    app: Flask, cast: Cast, client: Visitor, ticket: Filed
) -> None:
    client.sign_in(cast.ann)
    change_mode(app)
    before = comments(app)
    path = f"/tickets/{ticket.number}/comments"
    page = client.post(path, {"message": "It is still cold.", "version": "1"}, 503)
    assert SAID in page.words
    assert "It is still cold." in page.one("textarea", name="message").text
    assert page.headers["Retry-After"] == "900"  # it may be over sooner than was said
    assert comments(app) == before
    change_mode(app, on=False)
    client.post(path, {"message": "It is still cold.", "version": "1"})
    assert comments(app)[-1] == "It is still cold."


def test_nobody_is_signed_in_and_it_is_said_why(app: Flask, cast: Cast, client: Visitor) -> None:
    change_mode(app)
    fields = {"email": cast.ann.email, "password": PASSWORD}
    page = client.post("/auth/login", fields, 503)
    assert SAID in page.words
    assert PASSWORD not in page.text
    with app.app_context():
        assert db.session.query(UserSession).count() == 0


def test_who_is_signed_in_reads_on_after_a_pause(app: Flask, cast: Cast, client: Visitor) -> None:
    """The session is not noted as used, since that would be written."""
    client.sign_in(cast.ann)
    change_mode(app)
    with clock.at(clock.now() + timedelta(minutes=20)):
        client.get("/tickets/")


def test_programs_read_and_are_told_when_to_come_again(
    app: Flask, cast: Cast, ticket: Filed
) -> None:
    ann = ApiClient(app, key_of(app, cast.ann))
    change_mode(app, minutes=5)
    path = f"/tickets/{ticket.number}"
    assert ann.get(path).json["subject"] == "Cold"
    refused = ann.post(f"{path}/comments", {"message": "Still cold."}, 503)
    assert refused.code == "read_only"
    assert 290 <= int(refused.headers["Retry-After"]) <= 300
    with clock.at(clock.now() + timedelta(minutes=20)):  # when its use would be noted
        ann.get(path)


def test_the_probe_is_degraded_and_answers_200(
    app: Flask, client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_VALID_SECONDS", -1.0)
    monkeypatch.setattr(health, "_TIMEOUT_SECONDS", PATIENCE)
    client.get("/health/ready")  # the first look marks the file store
    change_mode(app)
    page = client.get("/health/ready")
    assert page.json["checks"]["database"] == "degraded"


def logged(app: Flask) -> int:
    app.extensions["lodge.api_log"].flush()
    with app.app_context():
        return execute_on_logs(select(func.count()).select_from(ApiRequest)).scalar_one()


def test_requests_of_programs_are_logged_afterwards(app: Flask, client: Visitor) -> None:
    change_mode(app)
    client.http.get("/api/v1/nothing")
    assert logged(app) == 0
    change_mode(app, on=False)
    assert logged(app) == 1


def test_a_log_in_a_database_of_its_own_goes_on(
    app: Flask, another_app: MakeApp, tmp_path: Path
) -> None:
    apart = another_app(LOGS_DATABASE_URL=f"sqlite:///{tmp_path}/logs.sqlite3")
    with apart.app_context():
        migrations.prepare_logs()
    change_mode(app)
    Visitor(apart).http.get("/api/v1/nothing")
    assert logged(apart) == 1
