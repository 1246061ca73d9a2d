"""Credentials: who keeps them, that they are encrypted, and what is no credential."""

import json

import pytest
from flask import Flask
from sqlalchemy import select

from portal.errors import Forbidden, Invalid, NotConfigured, NotFound
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox
from portal.models.organizations import Credential
from portal.models.people import AccountEvent, Actor, OrganizationRole, User
from portal.queries.organizations import organizations
from portal.security import encryption
from portal.services.organizations import credentials
from tests import factories
from tests.cast import Cast

OWNER, ADMIN, USER, VIEWER = OrganizationRole
SECRET = "wb-0123456789-planted"

pytestmark = pytest.mark.usefixtures("context")


def make(actor: Actor, role: OrganizationRole) -> Actor:
    row = db.session.get_one(User, actor.id)
    row.organization_role = role
    db.session.flush()
    return factories.actor(row)


def put(actor: Actor, name: str = "Wildberries", secret: str = SECRET) -> Credential:
    return credentials.store(actor=actor, name=name, secret=secret)


def test_a_secret_is_kept_encrypted_and_listed_by_its_name(cast: Cast) -> None:
    begin_write()
    kept = put(make(cast.bob, ADMIN))
    assert SECRET not in kept.secret
    assert encryption.decrypt(kept.secret) == SECRET
    (shown,) = organizations.credentials(cast.ann)
    assert (shown.name, shown.updated_by) == ("Wildberries", "Bob Baker")
    assert "secret" not in shown._fields


def test_the_same_name_replaces_and_another_organization_has_its_own(cast: Cast) -> None:
    begin_write()
    put(cast.ann)
    put(cast.ann, secret="newer")
    put(cast.carl, secret="carl's")
    stored = db.session.scalars(select(Credential).order_by(Credential.id))
    assert [encryption.decrypt(row.secret) for row in stored] == ["newer", "carl's"]


def test_every_change_is_recorded_and_told_without_the_secret(cast: Cast) -> None:
    begin_write()
    kept = put(make(cast.bob, ADMIN))
    credentials.delete(actor=cast.ann, credential_id=kept.id)
    events = list(db.session.scalars(select(AccountEvent).order_by(AccountEvent.id)))
    assert [(e.user_id, e.kind, e.data["change"]) for e in events] == [
        (cast.bob.id, "credential_changed", "put"),
        (cast.ann.id, "credential_changed", "deleted"),
    ]
    mails = list(db.session.scalars(select(Outbox).order_by(Outbox.id)))
    assert [m.recipient for m in mails] == [cast.ann.email, cast.bob.email, cast.ann.email]
    assert all(SECRET not in str(row.data) for row in (*events, *mails))


@pytest.mark.parametrize("role", [USER, VIEWER])
def test_users_and_viewers_change_nothing(cast: Cast, role: OrganizationRole) -> None:
    begin_write()
    kept = put(cast.ann)
    bob = make(cast.bob, role)
    with pytest.raises(Forbidden):
        put(bob)
    with pytest.raises(Forbidden):
        credentials.delete(actor=bob, credential_id=kept.id)


@pytest.mark.threat("foreign rows")
def test_another_organizations_is_as_unknown_as_none(cast: Cast) -> None:
    """V1: access across organizations."""
    begin_write()
    kept = put(cast.ann)
    for credential_id in (kept.id, kept.id + 1):
        with pytest.raises(NotFound):
            credentials.delete(actor=cast.carl, credential_id=credential_id)


@pytest.mark.parametrize(
    ("name", "secret", "problem"),
    [
        ("", SECRET, {"name": "required"}),
        ("x" * 61, SECRET, {"name": "too_long"}),
        ("Google", "", {"secret": "required"}),
        ("Google", " \r\n ", {"secret": "required"}),
        ("Google", "x" * 16_385, {"secret": "too_long"}),
        ("Google", "я" * 8_193, {"secret": "too_long"}),
        ("Google", '{"type": "service_account"', {"secret": "json"}),
        ("Google", "[1, 2]", {"secret": "json"}),
        ("Google", "[" * 16_000, {"secret": "json"}),
    ],
)
def test_what_is_no_credential_is_refused(
    cast: Cast, name: str, secret: str, problem: dict[str, str]
) -> None:
    begin_write()
    with pytest.raises(Invalid) as refused:
        put(cast.ann, name, secret)
    assert refused.value.details == problem


def test_a_service_account_is_kept_as_it_was_pasted(cast: Cast) -> None:
    begin_write()
    account = json.dumps({"type": "service_account", "private_key": "---\nя\n---"}, indent=2)
    kept = put(cast.ann, "Google", f"  {account}\n".replace("\n", "\r\n"))
    assert json.loads(encryption.decrypt(kept.secret)) == json.loads(account)


def test_there_is_an_end_to_how_many(cast: Cast) -> None:
    begin_write()
    for number in range(credentials.MAX_CREDENTIALS):
        put(cast.ann, f"Key {number}")
    put(cast.ann, "Key 7", "replaced")
    with pytest.raises(Invalid) as refused:
        put(cast.ann, "One more")
    assert refused.value.details == {"name": "too_many"}


def test_without_a_key_to_encrypt_with_nothing_is_kept(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "ENCRYPTION_MASTER_KEYS", [])
    begin_write()
    with pytest.raises(NotConfigured):
        put(cast.ann)
    assert db.session.scalar(select(Credential.id)) is None
