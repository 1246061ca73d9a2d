"""A copy of all one's data, and being forgotten, asked for by programs."""

from datetime import timedelta

import time_machine
from flask import Flask

from portal import clock
from tests.api.api_client import ApiClient, key_of
from tests.api.conftest import Call
from tests.cast import PASSWORD, Cast
from tests.sweeping import sweep

EXPORT, ME = "/account/export-data", "/account/me"


def test_a_copy_is_asked_for_waited_for_and_fetched(app: Flask, call: Call, cast: Cast) -> None:
    ann = call(cast.ann)
    asked = ann.post(EXPORT, status=202)
    path = asked.headers["Location"].removeprefix("/api/v1")
    assert (asked.json["kind"], asked.json["state"]) == ("export", "waiting")
    assert ann.get(path, 202).json["id"] == asked.json["id"]
    assert ann.post(EXPORT, status=202).json["id"] == asked.json["id"]
    with app.app_context():
        from jobs.exports import export_person

        export_person(asked.json["id"])
    copy = ann.get(path)
    assert copy.body.startswith(b"PK")
    assert copy.headers["Cache-Control"] == "private, no-store"
    for other in (cast.bob, cast.ada):
        call(other).get(path, 404)
    ann.get("/account/exports/999", 404)


def test_being_forgotten_is_asked_for_with_a_proof(app: Flask, call: Call, cast: Cast) -> None:
    by_key = ApiClient(app, key_of(app, cast.carl))
    assert by_key.call("DELETE", ME, 403, json={}).code == "proof_needed"
    wrong = by_key.call("DELETE", ME, 422, json={"password": "wrong"})
    assert wrong.errors == {"password": ["wrong_password"]}
    asked = by_key.call("DELETE", ME, 202, json={"password": PASSWORD}).json
    assert (asked["kind"], asked["state"]) == ("deletion", "waiting")
    assert asked["due_at"] > asked["created_at"]
    assert by_key.get(ME).json["is_active"] is True
    with time_machine.travel(clock.now() + timedelta(days=15)):
        with app.app_context():
            sweep()
        by_key.get(ME, 401)


def test_who_has_just_signed_in_needs_no_password(call: Call, cast: Cast) -> None:
    call(cast.carl).delete(ME, 202)
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        call_later = call(cast.bob)
        with time_machine.travel(clock.now() + timedelta(minutes=11)):
            call_later.delete(ME, 403)


def test_who_is_the_last_to_answer_for_something_stays(call: Call, cast: Cast) -> None:
    assert call(cast.ann).delete(ME, 409).code == "last_owner"
    assert call(cast.ada).delete(ME, 409).code in {"last_admin", "last_owner"}
