"""`/account/keys`: a key is shown once, on the page that follows, and never again."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.delivery import Outbox
from portal.models.people import Actor, ApiKey
from portal.security.people import api_keys
from portal.services.people.api_keys import MAX_KEYS
from tests.cast import Cast
from tests.page import Page, Visitor

Visit = Callable[[], Visitor]
FIELDS = {"name": "Nightly report", "scope": "read", "expires": "90"}


def make(visitor: Visitor, **fields: str) -> tuple[Page, str]:
    """The page that follows and the key on it."""
    page = visitor.follow(visitor.post("/account/keys", {**FIELDS, **fields}))
    return page, page.one("input", id="key")["value"]


def opens(app: Flask, text: str) -> bool:
    with app.app_context():
        return api_keys.authenticate(text) is not None


def ids(app: Flask, person: Actor) -> list[int]:
    with app.app_context():
        query = select(ApiKey.id).where(ApiKey.user_id == person.id).order_by(ApiKey.id)
        return list(db.session.scalars(query))


def test_a_new_key_is_shown_once_and_kept_by_nobody(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    page, key = make(client.sign_in(cast.ann))
    assert opens(app, key)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.one("a", href="/account/keys", aria_current="page").text == "API keys"
    later = client.get("/account/keys")
    assert key not in later.text and key[11:] not in later.text
    row = later.one("section", id="keys").one("li")
    assert "Nightly report" in row.text and key[:11] in row.text
    assert "never used" in row.text


def test_reloading_the_page_that_shows_a_new_key_makes_no_second_one(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    _page, key = make(client.sign_in(cast.ann))
    assert key not in client.get("/account/keys").text
    assert len(ids(app, cast.ann)) == 1


def test_a_revoked_key_is_gone_and_opens_nothing(client: Visitor, app: Flask, cast: Cast) -> None:
    page, key = make(client.sign_in(cast.ann))
    action = page.one("section", id="keys").one("form")["action"]
    page = client.follow(client.post(action))
    assert "No keys yet" in page.words
    assert not opens(app, key)
    client.post(action)


def test_all_keys_can_be_replaced_by_one(client: Visitor, app: Flask, cast: Cast) -> None:
    client.sign_in(cast.ann)
    assert not client.get("/account/keys").all("button", formaction=True)
    old = [make(client)[1] for _ in range(2)]
    page = client.follow(client.post("/account/keys/reset", {**FIELDS, "name": "The one"}))
    new = page.one("input", id="key")["value"]
    assert [opens(app, key) for key in (*old, new)] == [False, False, True]
    assert len(page.one("section", id="keys").all("li")) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 101},
        {"scope": "admin"},
        {"scope": ""},
        {"expires": "31"},
        {"expires": "-1"},
        {"expires": "NEVER"},
    ],
)
@pytest.mark.parametrize("path", ["/account/keys", "/account/keys/reset"])
def test_what_is_no_key_is_refused_and_nothing_is_revoked(
    client: Visitor, app: Flask, cast: Cast, path: str, fields: dict[str, str]
) -> None:
    _page, key = make(client.sign_in(cast.ann))
    page = client.post(path, {**FIELDS, **fields}, status=422)
    assert page.all(class_="field-error")
    assert opens(app, key)
    assert len(ids(app, cast.ann)) == 1


def test_the_twenty_first_key_is_refused(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.ann)
    for _ in range(MAX_KEYS):
        make(client)
    assert "as many keys" in client.post("/account/keys", FIELDS, status=422).words


def test_two_forms_at_once_do_not_pass_the_limit(visit: Visit, app: Flask, cast: Cast) -> None:
    browsers = [visit().sign_in(cast.ann) for _ in range(2)]
    for _ in range(MAX_KEYS - 1):
        make(browsers[0])
    tokens = [browser.csrf_token() for browser in browsers]

    def send(number: int) -> None:
        fields = {**FIELDS, "csrf_token": tokens[number]}
        browsers[number].http.post("/account/keys", data=fields)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids(app, cast.ann)) == MAX_KEYS


def test_a_key_is_made_only_soon_after_a_proof_of_presence(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    _page, key = make(client.sign_in(cast.ann))
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        page = client.get("/account/keys")
        assert not page.all("input", name="name")
        assert "/account/confirm" in page.one("a", class_="btn")["href"]
        for path in ("/account/keys", "/account/keys/reset"):
            refused = client.post(path, FIELDS, status=403)
            assert "/account/confirm" in refused.one("a", target="_blank")["href"]
        assert opens(app, key)
        assert len(ids(app, cast.ann)) == 1
        client.post(page.one("section", id="keys").one("form")["action"])
        assert not opens(app, key)


def test_the_owner_is_told_by_mail_and_the_mail_has_no_key(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    page, key = make(client.sign_in(cast.ann))
    client.post(page.one("section", id="keys").one("form")["action"])
    client.post("/account/keys/reset", FIELDS)
    with app.app_context():
        rows = list(db.session.scalars(select(Outbox).order_by(Outbox.id)))
    assert [(row.template, row.recipient, row.data["kind"]) for row in rows] == [
        ("account_notice", cast.ann.email, kind)
        for kind in ("key_made", "key_revoked", "keys_reset")
    ]
    assert key[:11] in rows[0].data["about"]
    assert key[11:] not in str([row.data for row in rows])


@pytest.mark.threat("foreign rows")
def test_nobody_sees_or_ends_keys_of_others(visit: Visit, app: Flask, cast: Cast) -> None:
    _page, key = make(visit().sign_in(cast.bob))
    path = f"/account/keys/{ids(app, cast.bob)[0]}/revoke"
    for stranger in (cast.ann, cast.sam, cast.ada):
        visitor = visit().sign_in(stranger)
        assert key[:11] not in visitor.get("/account/keys").text
        visitor.post(path, status=404)
    for signed_out in (path, "/account/keys", "/account/keys/reset"):
        assert "/auth/login" in visit().post(signed_out, FIELDS).location
    assert "/auth/login" in visit().get("/account/keys", status=303).location
    assert opens(app, key)


@pytest.mark.parametrize("key_id", ["0", "999999", "9" * 30, "-1", "x"])
def test_malformed_and_unknown_ids_are_nowhere(client: Visitor, cast: Cast, key_id: str) -> None:
    client.sign_in(cast.ann).post(f"/account/keys/{key_id}/revoke", status=404)


def test_nothing_is_made_or_ended_by_looking(client: Visitor, app: Flask, cast: Cast) -> None:
    _page, key = make(client.sign_in(cast.ann))
    client.get("/account/keys/reset", status=405)
    client.get(f"/account/keys/{ids(app, cast.ann)[0]}/revoke", status=405)
    assert client.http.post("/account/keys", data=FIELDS).status_code == 400
    assert opens(app, key)
    assert len(ids(app, cast.ann)) == 1
