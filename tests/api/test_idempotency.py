"""A POST that is sent again with its key is answered as the first time, and done once."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, update

from jobs.parts.expiry import delete_old_requests
from portal import clock
from portal.api import idempotency as edge
from portal.extensions import begin_write, db
from portal.models.operations import IdempotencyKey
from portal.models.people import ApiKey
from portal.models.tickets import Comment, Ticket
from portal.services.operations import idempotency
from portal.services.tickets import tickets as ticket_services
from tests import factories
from tests.api.api_client import ApiClient, Reply, key_of
from tests.api.conftest import Call
from tests.cast import PASSWORD, Cast
from tests.conftest import MakeApp
from tests.databases import BOTH
from tests.read_only_mode import change_mode
from tests.waiting import PATIENCE

pytestmark = BOTH

NEW = {"subject": "No hot water", "message": "Since this morning."}
KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}


def count(app: Flask, model: type = Ticket) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def file(api_client: ApiClient, status: int = 201, **more: str) -> Reply:
    return api_client.post("/tickets", {**NEW, **more}, status, headers=KEY)


def test_the_same_request_is_answered_as_the_first_time(app: Flask, call: Call, cast: Cast) -> None:
    ann = call(cast.ann)
    first, second = file(ann), file(ann)
    assert count(app) == 1
    assert first.body == second.body
    for name in ("Location", "ETag", "Content-Type"):
        assert first.headers[name] == second.headers[name]
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"


@pytest.mark.threat("foreign rows")
def test_it_is_the_caller_and_not_the_credential_who_asks_again(
    app: Flask, call: Call, cast: Cast
) -> None:
    file(call(cast.ann))
    assert file(ApiClient(app, key_of(app, cast.ann))).headers["Idempotent-Replayed"]
    file(call(cast.bob))
    assert count(app) == 2


@pytest.mark.threat("rights kept or taken")
def test_a_credential_that_has_ended_is_answered_nothing_again(
    app: Flask, call: Call, cast: Cast
) -> None:
    body = {"name": "ERP", "password": PASSWORD}

    def reset(api_client: ApiClient, status: int) -> Reply:
        return api_client.post("/auth/api-key-reset", body, status, headers=KEY)

    robot = ApiClient(app, key_of(app, cast.ann))
    made = reset(robot, 201).json
    assert reset(robot, 401).code == "bad_credential"
    again = reset(call(cast.ann), 201)
    assert (again.json, again.headers["Idempotent-Replayed"]) == (made, "true")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/auth/logout", None),
        (
            "/auth/change-password",
            {"old_password": PASSWORD, "new_password": "four unrelated small words"},
        ),
    ],
)
def test_who_has_signed_out_learns_that_it_was_done(
    app: Flask, call: Call, cast: Cast, path: str, body: dict[str, str] | None
) -> None:
    ann = call(cast.ann)
    ann.post(path, body, 204, headers=KEY)
    assert ann.post(path, body, 401, headers=KEY).code == "bad_credential"
    assert call(cast.ann).post(path, body, 204, headers=KEY).headers["Idempotent-Replayed"]


def test_another_body_under_the_same_key_is_422(app: Flask, call: Call, cast: Cast) -> None:
    ann = call(cast.ann)
    file(ann)
    assert file(ann, 422, subject="Another").code == "key_reused"
    assert count(app) == 1


def test_the_key_means_nothing_at_another_address(app: Flask, call: Call, cast: Cast) -> None:
    ann = call(cast.ann)
    file(ann)
    for _ in range(2):
        said = {"message": "Hello"}
        ann.post("/tickets/REQ000001/comments", said, 201, headers=KEY)
    assert count(app, Comment) == 2


def test_what_failed_can_be_tried_again_under_its_key(app: Flask, call: Call, cast: Cast) -> None:
    ann = call(cast.ann)
    file(ann, 422, subject=" ")
    file(ann, 422, nonsense="x")
    file(ann)
    assert count(app) == 1


def test_what_broke_can_be_tried_again_under_its_key(
    app: Flask, call: Call, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = call(cast.ann)
    with monkeypatch.context() as broken:
        broken.setattr(ticket_services, "file", lambda **_facts: 1 / 0)
        broken.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
        broken.setattr(app, "testing", False)
        file(ann, 500)
    file(ann)


def test_who_began_just_before_the_desk_became_read_only_is_told_so(
    app: Flask, call: Call, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = call(cast.ann)
    claim = edge._Claim

    def claim_and_close(*facts: str) -> object:
        change_mode(app)
        return claim(*facts)

    with monkeypatch.context() as closing:
        closing.setattr(edge, "_Claim", claim_and_close)
        assert file(ann, 503).code == "read_only"
    change_mode(app, on=False)
    with clock.at(clock.now() + idempotency.LEASE + timedelta(seconds=1)):
        file(ann)


def test_after_a_day_the_key_is_free(app: Flask, call: Call, cast: Cast) -> None:
    file(call(cast.ann))
    with time_machine.travel(clock.now() + timedelta(hours=23, minutes=59)):
        file(call(cast.ann))
        assert count(app) == 1
    with time_machine.travel(clock.now() + timedelta(hours=24, minutes=1)):
        assert "Idempotent-Replayed" not in file(call(cast.ann), subject="Another").headers
        assert count(app) == 2


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "ключ", "a\x7f"])
def test_a_key_that_is_none_is_named(app: Flask, call: Call, cast: Cast, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("utf-8").decode("latin-1")}
    reply = call(cast.ann).post("/tickets", NEW, 422, headers=headers)
    assert list(reply.errors) == ["Idempotency-Key"]
    assert count(app) == 0


def test_of_many_at_once_one_is_done_and_the_others_wait_or_are_told(
    app: Flask, call: Call, cast: Cast
) -> None:
    ann = call(cast.ann)
    at_once = Barrier(6)

    def send(_number: int) -> int:
        at_once.wait(PATIENCE)
        return ApiClient(app, ann.credential).ask("POST", "/tickets", json=NEW, headers=KEY).status

    with ThreadPoolExecutor(6) as programs:
        statuses = list(programs.map(send, range(6)))
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert count(app) == 1


@pytest.fixture
def held(app: Flask, call: Call, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> ApiClient:
    """Ann, whose first request is being answered for ever: its process was killed."""
    ann = call(cast.ann)
    with monkeypatch.context() as killed:
        killed.setattr(idempotency, "release", lambda **_claim: None)
        killed.setattr(ticket_services, "file", lambda **_facts: 1 / 0)
        killed.setattr(app, "testing", False)
        file(ann, 500)
    return ann


def test_while_the_first_is_being_answered_the_others_are_told(held: ApiClient) -> None:
    told = file(held, 409)
    assert (told.code, told.headers["Retry-After"]) == ("still_running", "1")
    assert file(held, 422, subject="Another").code == "key_reused"


def test_what_somebody_who_died_left_behind_is_taken_over(app: Flask, held: ApiClient) -> None:
    with time_machine.travel(clock.now() + idempotency.LEASE + timedelta(seconds=1)):
        file(held)
        assert file(held).headers["Idempotent-Replayed"]
    assert count(app) == 1


def test_who_was_slow_and_lost_the_lease_changes_nothing(
    app: Flask, call: Call, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = call(cast.ann)
    real = ticket_services.file

    def overtaken(**facts: object) -> Ticket:
        row = db.session.scalars(select(IdempotencyKey)).one()
        row.lease = "another's"
        return real(**facts)  # type: ignore[arg-type]

    with monkeypatch.context() as slow:
        slow.setattr(ticket_services, "file", overtaken)
        assert file(ann, 409).code == "still_running"
    assert count(app) == 0


@pytest.mark.threat("notes and secrets shown")
def test_secrets_in_answers_are_not_in_the_row(
    app: Flask, api_client: ApiClient, cast: Cast
) -> None:
    body = {"email": cast.ann.email, "password": PASSWORD}
    tokens = api_client.post("/auth/login", body, headers=KEY).json
    again = api_client.post("/auth/login", body, headers=KEY).json
    assert tokens == again
    with app.app_context():
        row = db.session.scalars(select(IdempotencyKey)).one()
        kept = repr(vars(row))
    for secret in (tokens["access_token"], tokens["refresh_token"], KEY["Idempotency-Key"]):
        assert secret not in kept and secret[:20] not in kept


def test_a_new_secret_key_forgets_rather_than_repeats(
    another_app: MakeApp, app: Flask, cast: Cast
) -> None:
    key = key_of(app, cast.ann)
    file(ApiClient(app, key))
    renewed = ApiClient(another_app(SECRET_KEY="new", SECRET_KEY_FALLBACKS="only-for-tests"), key)
    assert file(renewed).headers["Idempotent-Replayed"]
    stranger = ApiClient(another_app(SECRET_KEY="other"), key)
    assert file(stranger, 422).code == "key_reused"
    assert count(app) == 1


def test_the_same_files_are_the_same_request(app: Flask, call: Call, cast: Cast) -> None:
    factories.file_ticket(app, cast.ann)
    ann = call(cast.ann)

    def upload(content: bytes, status: int) -> Reply:
        data = {"attachments": (io.BytesIO(content), "a.txt")}
        path = "/tickets/REQ000001/attachments"
        return ann.call("POST", path, status, data=data, headers=KEY)

    assert upload(b"one", 201).body == upload(b"one", 201).body
    assert upload(b"two", 422).code == "key_reused"
    assert count(app, Comment) == 2


def test_only_a_post_is_remembered(app: Flask, call: Call, cast: Cast) -> None:
    ann = call(cast.ann)
    for name in ("One", "Two"):
        ann.patch("/users/me", {"first_name": name}, headers=KEY)
    assert ann.get("/users/me", headers=KEY).json["first_name"] == "Two"
    assert count(app, IdempotencyKey) == 0


def test_what_only_reads_is_answered_anew(app: Flask, api_client: ApiClient, cast: Cast) -> None:
    key = key_of(app, cast.ann)

    def is_active() -> bool:
        found: bool = api_client.post("/auth/verify-token", {"token": key}, headers=KEY).json[
            "active"
        ]
        return found

    assert is_active()
    with factories.writing(app):
        db.session.execute(update(ApiKey).values(revoked_at=clock.now()))
    assert not is_active()
    assert count(app, IdempotencyKey) == 0


def test_old_requests_are_swept(app: Flask, call: Call, cast: Cast) -> None:
    file(call(cast.ann))
    with app.app_context():
        delete_old_requests()
    assert count(app, IdempotencyKey) == 1
    with time_machine.travel(clock.now() + timedelta(hours=25)), app.app_context():
        delete_old_requests()
    assert count(app, IdempotencyKey) == 0


def test_releasing_what_is_somebody_elses_does_nothing(app: Flask, call: Call, cast: Cast) -> None:
    file(call(cast.ann))
    with app.app_context():
        begin_write()
        row = db.session.scalars(select(IdempotencyKey)).one()
        idempotency.release(digest=row.digest, lease=row.lease)
        db.session.commit()
    assert count(app, IdempotencyKey) == 1
