"""One's own organization by the API: who is in it, as what, and the secrets it keeps."""

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.organizations import Credential
from portal.security import encryption
from tests.api.conftest import Call
from tests.cast import Cast
from tests.databases import BOTH
from tests.mailbox import Mailbox

ME, MEMBERS = "/organizations/me", "/organizations/me/members"
CREDENTIALS = "/organizations/me/credentials"
SECRET = "the key to everything we sell"


def test_everybody_reads_their_own(call: Call, cast: Cast) -> None:
    own = call(cast.bob).get(ME).json
    assert (own["id"], own["name"], own["personal"]) == ("ORG000001", "Acme", False)
    assert own["role"] == "user"
    people = call(cast.bob).get(MEMBERS).json["items"]
    assert [(p["id"], p["role"]) for p in people] == [("USR000001", "owner"), ("USR000002", "user")]


@BOTH
def test_members_come_in_pages(call: Call, cast: Cast) -> None:
    first = call(cast.ann).get(f"{MEMBERS}?limit=1").json
    second = call(cast.ann).get(f"{MEMBERS}?limit=1&cursor={first['next']}").json
    assert [p["items"][0]["name"] for p in (first, second)] == ["Ann Archer", "Bob Baker"]
    assert second["next"] is None


def test_owners_give_it_another_name(call: Call, cast: Cast) -> None:
    assert call(cast.ann).patch(ME, {"name": " Acme & Co "}).json["name"] == "Acme & Co"
    assert call(cast.bob).patch(ME, {"name": "Mine"}, 403).code == "forbidden"
    assert call(cast.ann).patch(ME, {"name": " "}, 422).errors == {"name": ["required"]}
    assert call(cast.ann).patch(ME, {}).json["name"] == "Acme & Co"


def test_people_are_asked_in_by_mail(call: Call, cast: Cast, mailbox: Mailbox) -> None:
    ann = call(cast.ann)
    made = ann.post(MEMBERS, {"email": "New@Example.com", "role": "viewer"}, 201).json
    assert (made["email"], made["role"]) == ("new@example.com", "viewer")
    assert mailbox.link("new@example.com", "invitations")
    assert ann.post(MEMBERS, {"email": cast.bob.email}, 422).errors == {"email": ["member"]}
    call(cast.bob).post(MEMBERS, {"email": "other@example.com"}, 403)
    reply = call(cast.carl).post(MEMBERS, {"email": "other@example.com"}, 422)
    assert reply.errors == {"email": ["unnamed"]}


def test_members_are_made_more_and_less_and_put_out(call: Call, cast: Cast) -> None:
    ann, bob = call(cast.ann), call(cast.bob)
    assert ann.patch(f"{MEMBERS}/USR000002", {"role": "admin"}).json["role"] == "admin"
    bob.get(ME, 401)  # other rights, another sign-in
    bob = call(cast.bob)
    bob.patch(f"{MEMBERS}/me", {"role": "owner"}, 403)
    bob.delete(f"{MEMBERS}/USR000001", 403)
    ann.delete(f"{MEMBERS}/USR000002")
    bob.get(ME, 401)
    assert call(cast.bob).get(ME).json["personal"] is True
    assert len(ann.get(MEMBERS).json["items"]) == 1


def test_the_last_owner_stays(call: Call, cast: Cast) -> None:
    ann = call(cast.ann)
    assert ann.delete(f"{MEMBERS}/me", 409).code == "last_owner"
    assert ann.patch(f"{MEMBERS}/me", {"role": "user"}, 409).code == "last_owner"


def test_one_leaves_by_oneself(call: Call, cast: Cast) -> None:
    call(cast.bob).delete(f"{MEMBERS}/me")
    assert len(call(cast.ann).get(MEMBERS).json["items"]) == 1


@pytest.mark.threat("foreign rows")
@pytest.mark.parametrize("who", ["USR000003", "USR000999", "x", "USR" + "9" * 30])
def test_strangers_are_as_unknown_as_nobody(call: Call, cast: Cast, who: str) -> None:
    ann = call(cast.ann)
    ann.patch(f"{MEMBERS}/{who}", {"role": "user"}, 404)
    ann.delete(f"{MEMBERS}/{who}", 404)


@pytest.mark.threat("notes and secrets shown")
def test_secrets_go_in_and_never_come_out(
    app: Flask, call: Call, cast: Cast, mailbox: Mailbox
) -> None:
    ann = call(cast.ann)
    kept = ann.patch(CREDENTIALS, {"name": "Ozon", "secret": SECRET})
    assert [(c["name"], c["updated_by"]) for c in kept.json["items"]] == [("Ozon", "Ann Archer")]
    assert SECRET.encode() not in kept.body
    with app.app_context():
        stored = db.session.scalars(select(Credential.secret)).one()
        assert SECRET not in stored and encryption.decrypt(stored) == SECRET
    assert all(SECRET not in mail.as_string() for mail in mailbox.sent(cast.ann.email))
    assert ann.patch(CREDENTIALS, {"name": "Ozon", "secret": None}).json["items"] == []
    ann.patch(CREDENTIALS, {"name": "Ozon", "secret": None}, 404)


@pytest.mark.threat("foreign rows")
def test_plain_members_and_strangers_keep_nothing(call: Call, cast: Cast) -> None:
    call(cast.ann).patch(CREDENTIALS, {"name": "Ozon", "secret": SECRET})
    call(cast.bob).patch(CREDENTIALS, {"name": "Ozon", "secret": "mine"}, 403)
    call(cast.bob).patch(CREDENTIALS, {"name": "Ozon", "secret": None}, 403)
    assert call(cast.carl).patch(CREDENTIALS, {"name": "X", "secret": "y"}).json["items"][0]
    call(cast.carl).patch(CREDENTIALS, {"name": "Ozon", "secret": None}, 404)


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"name": "x", "secret": '{"half": '}, {"secret": ["json"]}),
        ({"name": "x", "secret": " "}, {"secret": ["required"]}),
        ({"name": "x" * 61, "secret": "y"}, {"name": ["too_long"]}),
        ({"name": "x", "secret": "y" * 16385}, {"secret": ["too_long"]}),
    ],
    ids=["half", "empty", "name", "long"],
)
def test_what_cannot_be_kept_is_named(
    call: Call, cast: Cast, body: dict[str, str], errors: dict[str, list[str]]
) -> None:
    assert call(cast.ann).patch(CREDENTIALS, body, 422).errors == errors
