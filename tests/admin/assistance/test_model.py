"""`/admin/assistance/model`: state, permissions, trial and log."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from jobs.parts.expiry import delete_old_model_calls
from portal import clock
from portal.cli.model_checks import model as doctor
from portal.extensions import db
from portal.models.assistance import CallState, ModelCall, ModelDay
from portal.models.people import User
from portal.queries.assistance import model_calls
from tests import factories
from tests.cast import Cast
from tests.model_server import KEY, FakeModel, desk_with_model
from tests.page import Page, Visitor

PAGE = "/admin/assistance/model"


@pytest.fixture
def fake(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeModel]:
    with desk_with_model(app, monkeypatch) as made:
        yield made


@pytest.fixture
def ada(visit: Callable[[], Visitor], cast: Cast) -> Visitor:
    return visit().sign_in(cast.ada)


def calls(page: Page) -> list[str]:
    return [row.text for row in page.one("tbody").all("tr")]


def test_without_a_model_the_page_says_how_to_get_one(ada: Visitor, app: Flask) -> None:
    assert "The operator sets AI_URL" in ada.get(PAGE).words
    ada.post(f"{PAGE}/trial", {}, 409)
    with app.app_context():
        assert [found.text for found in doctor()] == [
            "AI_URL is not set: nothing leaves for a language model"
        ]


@pytest.mark.threat("secrets in logs")
def test_a_trial_says_what_came_or_why_nothing_did_and_never_the_key(
    app: Flask, ada: Visitor, fake: FakeModel
) -> None:
    fake.pieces = ["ready"]
    page = ada.follow(ada.post(f"{PAGE}/trial"))
    assert "The language model answers: ready" in page.words
    assert fake.material() == {}
    fake.status = 401
    page = ada.follow(ada.post(f"{PAGE}/trial"))
    assert "does not take our key" in page.words
    assert KEY not in page.text
    newest, oldest = calls(page)
    assert "Trial" in oldest and "answered" in oldest and "42" in oldest
    assert "failed" in newest and "≈0" in newest


def test_an_organization_is_switched_on_and_off_and_the_log_says_so(
    app: Flask, ada: Visitor, cast: Cast, fake: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "AI_ORGANIZATIONS", "chosen")
    page = ada.get(f"{PAGE}?q=acm")
    [form] = [form for form in page.all("form") if "/organizations/" in (form["action"] or "")]
    assert "as set for all" in page.words
    for word, said in (("1", "may read the tickets of Acme"), ("0", "reads no ticket of Acme")):
        page = ada.follow(ada.post(str(form["action"]), {"allowed": word}))
        assert said in page.words
    assert "is not read" in page.words
    assert "Language model may not read" in ada.get("/admin/logs/actions").words
    ada.post(str(form["action"]), {"allowed": "2"}, 422)
    ada.post(f"{PAGE}/organizations/ORG999999", {"allowed": "1"}, 404)
    assert "No organization is called that." in ada.get(f"{PAGE}?q=%25").words


@pytest.mark.parametrize("allowed", ["0", "1"])
def test_letting_texts_leave_or_not_needs_a_proof(
    app: Flask, ada: Visitor, cast: Cast, allowed: str
) -> None:
    with app.app_context():
        hour = clock.now() + timedelta(hours=1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(clock, "now", lambda: hour)
        refused = ada.post(f"{PAGE}/organizations/ORG000001", {"allowed": allowed}, 303)
    assert "/account/confirm" in refused.location


def test_only_who_may_change_settings_comes_in(
    app: Flask, client: Visitor, cast: Cast, fake: FakeModel
) -> None:
    assert client.get(PAGE, 303).location.startswith("/auth/login")
    client.sign_in(cast.ann).get(PAGE, 404)
    sam = client.sign_in(cast.sam)
    for path in (PAGE, f"{PAGE}/trial", f"{PAGE}/organizations/ORG000001"):
        sam._open(
            "GET" if path == PAGE else "POST", path, 403, data={"csrf_token": sam.csrf_token()}
        )
    with factories.writing(app):
        db.session.execute(update(User).where(User.id == cast.sam.id).values(rights="settings"))
    sam.get(PAGE)
    sam.get(f"{PAGE}?cursor=x", 422)


def test_calls_that_fail_again_and_again_are_seen_from_outside(
    app: Flask, ada: Visitor, client: Visitor, fake: FakeModel
) -> None:
    def state() -> str:
        with app.app_context():
            found = model_calls.health()
            assert found is not None
            return found.reason

    fake.status = 500
    for _ in range(2):
        ada.post(f"{PAGE}/trial")
    assert state() == ""
    ada.post(f"{PAGE}/trial")
    assert state() == "server"
    with app.app_context():
        assert any("its last calls failed: server" in found.text for found in doctor())
    metrics = client.http.get("/metrics").text
    assert "lodge_model_up 0.0" in metrics
    assert "lodge_model_tokens_limit 200000.0" in metrics
    fake.status = 200
    ada.post(f"{PAGE}/trial")
    assert state() == ""


def test_doctor_names_a_server_that_may_not_be_called(
    app: Flask, fake: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "OUTBOUND_ALLOW", frozenset())
    with app.app_context():
        said = [found.text for found in doctor()]
    assert f"add 127.0.0.1:{fake.port} to OUTBOUND_ALLOW" in said[0]


def test_old_calls_go_and_one_whose_process_died_stops_nobody(
    app: Flask, ada: Visitor, cast: Cast, fake: FakeModel
) -> None:
    now = clock.now()
    with factories.writing(app):
        for ago in (timedelta(days=400), timedelta(minutes=10)):
            db.session.add(
                ModelCall(
                    user_id=cast.ada.id,
                    day=(now - ago).date(),
                    task="draft",
                    model="m",
                    state=CallState.RUNNING,
                    tokens=5,
                    created_at=now - ago,
                )
            )
            db.session.add(ModelDay(day=(now - ago).date(), tokens=5))
    ada.post(f"{PAGE}/trial")
    with app.app_context():
        delete_old_model_calls()
        assert db.session.scalar(select(func.count(ModelCall.id))) == 2
        assert db.session.scalar(select(func.sum(ModelDay.tokens))) == 47
