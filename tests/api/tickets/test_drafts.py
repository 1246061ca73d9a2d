"""`POST /tickets/{number}/drafts`: a language model for programs of the staff."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.assistance import ModelCall
from portal.models.tickets import Draft
from tests import factories
from tests.api.api_client import ApiClient, key_of
from tests.cast import Cast
from tests.factories import Filed
from tests.model_server import FakeModel, desk_with_model


@pytest.fixture
def fake(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeModel]:
    with desk_with_model(app, monkeypatch) as made:
        yield made


@pytest.fixture
def ticket(app: Flask, cast: Cast) -> Filed:
    return factories.file_ticket(app, cast.ann, "No hot water", "Write to ann@home.example.")


def test_a_draft_is_answered_and_nothing_kept(
    app: Flask, cast: Cast, ticket: Filed, fake: FakeModel
) -> None:
    fake.pieces = ["We write to [EMAIL_1]", ", [NAME_7]."]
    api = ApiClient(app, key_of(app, cast.sam))
    url = f"/tickets/{ticket.number}/drafts"
    reply = api.post(url, {"task": "draft"}, 200, headers={"Idempotency-Key": "one"})
    assert reply.json["text"] == "We write to ann@home.example, [NAME_7]."
    assert reply.json["unresolved"] == ["[NAME_7]"]
    assert {"placeholder": "[EMAIL_1]", "kind": "EMAIL", "value": "ann@home.example"} in (
        reply.json["redacted"]
    )
    assert reply.json["tokens"] == 42
    again = api.post(url, {"task": "draft"}, 200, headers={"Idempotency-Key": "one"})
    assert again.json == reply.json
    assert len(fake.asked) == 1
    with app.app_context():
        assert db.session.scalar(select(Draft.id)) is None
        assert db.session.scalars(select(ModelCall.state)).all() == ["answered"]


def test_what_cannot_be_is_refused_with_a_code(
    app: Flask, cast: Cast, ticket: Filed, fake: FakeModel
) -> None:
    api = ApiClient(app, key_of(app, cast.sam))
    url = f"/tickets/{ticket.number}/drafts"
    assert "task" in api.post(url, {"task": "delete"}, 422).errors
    assert "text" in api.post(url, {"task": "shorter"}, 422).errors
    assert "text" in api.post(url, {"task": "shorter", "text": "x" * 20_000}, 422).errors
    api.post("/tickets/REQ999999/drafts", {"task": "draft"}, 404)
    fake.status = 429
    assert api.post(url, {"task": "draft"}, 503).code == "model_failed"
    app.config["AI"], kept = None, app.config["AI"]
    assert api.post(url, {"task": "draft"}, 409).code == "model_not_set_up"
    app.config["AI"] = kept
    ApiClient(app, key_of(app, cast.ann)).post(url, {"task": "draft"}, 403)
    ApiClient(app).post(url, {"task": "draft"}, 401)
