"""What a key opens, and what opens nothing."""

import hashlib
from datetime import timedelta

import pytest
import time_machine

from portal import clock
from portal.extensions import begin_write, db
from portal.models.people import Actor, ApiKey, KeyScope, Role, User
from portal.security.people import api_keys
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("context")


def issue(person: Actor, *, lifetime: timedelta | None = None) -> tuple[ApiKey, str]:
    user = db.session.get_one(User, person.id)
    expires_at = clock.now() + lifetime if lifetime else None
    key, text = api_keys.issue(user, name="robot", scope=KeyScope.READ, expires_at=expires_at)
    db.session.flush()
    return key, text


def opens(text: str) -> bool:
    db.session.expire_all()
    return api_keys.authenticate(text) is not None


def test_a_key_acts_for_its_user_within_its_scope(cast: Cast) -> None:
    begin_write()
    key, text = issue(cast.bob)
    found = api_keys.authenticate(text)
    assert found is not None
    assert (found[0].id, found[0].scope, found[1].id) == (key.id, "read", cast.bob.id)
    assert found[1].organization_id == cast.bob.organization_id


@pytest.mark.threat("secrets that can be guessed")
def test_the_row_has_a_digest_and_a_prefix_and_nothing_to_sign_in_with(cast: Cast) -> None:
    begin_write()
    key, text = issue(cast.bob)
    assert text.startswith("lk_") and len(text) == 54
    assert key.prefix == text[:11]
    assert key.digest == hashlib.sha256(text.encode()).hexdigest()
    assert text[11:] not in repr(vars(key))
    assert not opens(key.prefix)
    assert not opens(key.digest)


@pytest.mark.threat("secrets that can be guessed")
def test_two_keys_are_never_alike(cast: Cast) -> None:
    begin_write()
    texts = {issue(cast.bob)[1] for _ in range(50)}
    assert len({text[:11] for text in texts}) == len({text[11:] for text in texts}) == 50


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1] + ("a" if text[-1] != "a" else "b"),
        lambda text: text[:-1],
        lambda text: text + "a",
        lambda text: text.lower(),
        lambda text: text.upper(),
        lambda text: f" {text}",
        lambda text: text + "\n",
        lambda text: "lk_" + "a" * 51,
        lambda text: text[:11] + "é" * 43,
        lambda text: "",
        lambda text: "\0" * 54,
    ],
)
def test_what_is_not_the_very_key_opens_nothing(cast: Cast, spoil) -> None:  # type: ignore[no-untyped-def]
    begin_write()
    _key, text = issue(cast.bob)
    assert opens(text)
    assert not opens(spoil(text))


def test_the_secret_of_another_key_opens_nothing(cast: Cast) -> None:
    begin_write()
    (_one, first), (_two, second) = issue(cast.bob), issue(cast.bob)
    assert not opens(first[:11] + second[11:])


def test_an_expired_key_opens_nothing(cast: Cast) -> None:
    begin_write()
    _key, text = issue(cast.bob, lifetime=timedelta(days=30))
    with time_machine.travel(clock.now() + timedelta(days=30) - timedelta(minutes=1)):
        assert opens(text)
    with time_machine.travel(clock.now() + timedelta(days=30)):
        assert not opens(text)


def test_a_revoked_key_opens_nothing_and_others_still_do(cast: Cast) -> None:
    begin_write()
    (key, text), (_other, other_text) = issue(cast.bob), issue(cast.bob)
    api_keys.revoke(key)
    db.session.flush()
    assert (opens(text), opens(other_text)) == (False, True)
    _anns, anns_text = issue(cast.ann)
    api_keys.revoke_all(db.session.get_one(User, cast.bob.id))
    db.session.flush()
    assert (opens(other_text), opens(anns_text)) == (False, True)


@pytest.mark.threat("rights kept or taken")
def test_rights_are_those_of_now(cast: Cast) -> None:
    begin_write()
    _key, text = issue(cast.sam)
    user = db.session.get_one(User, cast.sam.id)
    user.role, user.organization_role = Role.CUSTOMER, "viewer"
    db.session.flush()
    found = api_keys.authenticate(text)
    assert found is not None
    assert (found[1].is_staff, found[1].organization_role) == (False, "viewer")
    user.is_active = False
    db.session.flush()
    assert not opens(text)


def test_the_last_use_is_written_every_five_minutes(cast: Cast) -> None:
    begin_write()
    key, _text = issue(cast.bob)
    assert api_keys.touch_is_due(key)
    api_keys.touch(key.id)
    db.session.refresh(key)
    assert not api_keys.touch_is_due(key)
    with time_machine.travel(clock.now() + timedelta(minutes=5)):
        assert api_keys.touch_is_due(key)
