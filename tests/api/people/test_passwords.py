"""Changing and resetting passwords, and starting anew with API keys."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from portal import clock
from portal.models.people import KeyScope
from tests.api.api_client import ApiClient, key_of
from tests.api.conftest import Call
from tests.cast import PASSWORD, Cast
from tests.mail.outgoing import part
from tests.mailbox import Mailbox

NEW = "another four unrelated words"
CHANGE, KEYS = "/auth/change-password", "/auth/api-key-reset"


def sign_in(api_client: ApiClient, email: str, password: str, status: int = 200) -> None:
    api_client.post("/auth/login", {"email": email, "password": password}, status)


@pytest.mark.threat("sessions that outlive their end")
def test_a_new_password_signs_everybody_out(
    app: Flask, api_client: ApiClient, call: Call, cast: Cast, mailbox: Mailbox
) -> None:
    one, other, key = call(cast.ann), call(cast.ann), ApiClient(app, key_of(app, cast.ann))
    one.post(CHANGE, {"old_password": PASSWORD, "new_password": NEW}, 204)
    for gone in (one, other, key):
        gone.get("/users/me", 401)
    sign_in(api_client, cast.ann.email, PASSWORD, 401)
    sign_in(api_client, cast.ann.email, NEW)
    (mail,) = mailbox.sent(cast.ann.email)
    assert "API keys were revoked" in part(mail)


@pytest.mark.parametrize(
    ("old", "new", "field", "code"),
    [
        ("wrong", NEW, "old_password", "wrong_password"),
        (PASSWORD, "short", "new_password", "short_password"),
        (PASSWORD, "AnnArcher1", "new_password", "weak_password"),
        (PASSWORD, "", "new_password", "required"),
    ],
)
def test_what_is_wrong_is_named(
    call: Call, cast: Cast, old: str, new: str, field: str, code: str
) -> None:
    ann = call(cast.ann)
    reply = ann.post(CHANGE, {"old_password": old, "new_password": new}, 422)
    assert reply.errors == {field: [code]}
    ann.get("/users/me")


@pytest.mark.threat("guessing without end")
def test_a_stolen_token_cannot_guess_the_password_for_long(call: Call, cast: Cast) -> None:
    ann = call(cast.ann)
    body = {"old_password": "wrong", "new_password": NEW}
    statuses = [ann.ask("POST", CHANGE, json=body).status for _ in range(11)]
    assert statuses == [422] * 10 + [429]


def test_a_forgotten_password_is_set_through_the_mailed_link(
    app: Flask, api_client: ApiClient, call: Call, cast: Cast, mailbox: Mailbox
) -> None:
    ann, key = call(cast.ann), ApiClient(app, key_of(app, cast.ann))
    assert (
        api_client.post("/auth/password-reset-request", {"email": cast.ann.email}, 202).body == b""
    )
    token = mailbox.link(cast.ann.email, "reset").rpartition("/")[2]
    confirm = {"token": token, "new_password": NEW}
    weak = {**confirm, "new_password": "ann.archer"}
    reply = api_client.post("/auth/password-reset-confirm", weak, 422)
    assert list(reply.errors) == ["new_password"]
    api_client.post("/auth/password-reset-confirm", confirm, 204)
    for gone in (ann, key):
        gone.get("/users/me", 401)
    sign_in(api_client, cast.ann.email, NEW)
    assert api_client.post("/auth/password-reset-confirm", confirm, 410).code == "bad_link"


@pytest.mark.threat("telling who exists")
def test_whoever_asks_learns_nothing_of_who_is_here(
    api_client: ApiClient, cast: Cast, mailbox: Mailbox
) -> None:
    api_client.post("/auth/password-reset-request", {"email": "nobody@example.com"}, 202)
    assert mailbox.sent("nobody@example.com") == []


@pytest.mark.threat("mailed links")
@pytest.mark.parametrize("token", ["x", "a.b", "\0", "é" * 20])
def test_a_link_that_is_none_is_410(api_client: ApiClient, token: str) -> None:
    body = {"token": token, "new_password": NEW}
    assert api_client.post("/auth/password-reset-confirm", body, 410).code == "bad_link"


def test_a_new_key_takes_the_place_of_all_others(
    app: Flask, call: Call, cast: Cast, mailbox: Mailbox
) -> None:
    old = [key_of(app, cast.ann) for _ in range(2)]
    made = call(cast.ann).post(KEYS, status=201).json
    assert (made["name"], made["scope"]) == ("API", "write")
    assert made["key"].startswith(made["prefix"])
    ApiClient(app, made["key"]).get("/users/me")
    for text in old:
        ApiClient(app, text).get("/users/me", 401)
    (mail,) = mailbox.sent(cast.ann.email)
    assert made["key"] not in mail.as_string()


def test_it_is_what_one_asks_for(call: Call, cast: Cast) -> None:
    body = {"name": "ERP", "scope": "read", "expires_in_days": None}
    made = call(cast.ann).post(KEYS, body, 201).json
    assert (made["name"], made["scope"], made["expires_at"]) == ("ERP", "read", None)


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"scope": "admin"}, {"scope": ["unknown"]}),
        # As in JSON Schema, 31.0 is an integer.
        ({"expires_in_days": 31.0}, {"expires_in_days": ["unknown"]}),
        ({"expires_in_days": 30.5}, {"expires_in_days": ["type"]}),
        ({"expires_in_days": 0}, {"expires_in_days": ["range"]}),
        ({"name": " "}, {"name": ["required"]}),
        ({"password": "wrong"}, {"password": ["wrong_password"]}),
    ],
)
def test_what_it_cannot_be_is_named(
    call: Call, cast: Cast, body: dict[str, object], errors: dict[str, list[str]]
) -> None:
    assert call(cast.ann).post(KEYS, body, 422).errors == errors


def test_who_has_not_just_signed_in_sends_the_password(
    app: Flask, api_client: ApiClient, call: Call, cast: Cast
) -> None:
    ann = call(cast.ann)
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        assert ann.post(KEYS, status=403).code == "proof_needed"
        ann.post(KEYS, {"password": PASSWORD}, 201)


@pytest.mark.threat("rights kept or taken")
def test_a_key_alone_makes_no_other_key(app: Flask, cast: Cast) -> None:
    by_key = ApiClient(app, key_of(app, cast.ann))
    assert by_key.post(KEYS, status=403).code == "proof_needed"
    made = by_key.post(KEYS, {"password": PASSWORD}, 201).json
    ApiClient(app, made["key"]).get("/users/me")
    ApiClient(app, key_of(app, cast.ann, KeyScope.READ)).post(KEYS, {"password": PASSWORD}, 403)
