from typing import Any

import pytest
from flask.ctx import AppContext

from portal import clock
from portal.errors import Invalid, NotFound
from portal.extensions import begin_write, db
from portal.models.people import Actor, Passkey, User
from portal.queries.people import second_factors
from portal.security.people import passkeys as ceremonies
from portal.security.people.passkeys import Challenge, user_handle
from portal.services.people import passkeys, second_factor
from tests import factories
from tests.authenticator import Authenticator
from tests.cast import Cast


def row(person: Actor) -> User:
    return db.session.get_one(User, person.id)


@pytest.fixture
def ann(context: AppContext, cast: Cast) -> User:
    begin_write()
    return row(cast.ann)


def challenge() -> Challenge:
    return Challenge(ceremonies.new_challenge(), clock.now())


def added(user: User, device: Authenticator, name: str = "Phone", **facts: Any) -> Passkey:
    asked = challenge()
    made = ceremonies.read_registration(device.register(asked.value, **facts), asked)
    return passkeys.add(actor=factories.actor(user), user=user, made=made, name=name)


def proved(
    device: Authenticator,
    asked: Challenge | None = None,
    alone: bool = True,
    user: User | None = None,
    **facts: Any,
) -> User:
    """Whom `device` proves to be there."""
    asked = asked or challenge()
    answer = ceremonies.read_answer(device.sign(facts.pop("value", asked.value), **facts))
    return passkeys.verify(answer, asked, alone=alone, user=user)


def test_a_passkey_proves_its_owner(ann: User):
    device = Authenticator()
    passkey = added(ann, device)
    assert second_factor.is_set_up(ann)
    assert passkey.transports == ["internal"]
    assert proved(device, handle=user_handle(ann.id)) == ann
    db.session.refresh(passkey)
    assert passkey.last_used_at


def test_an_answer_counts_once_though_nothing_counts_the_signatures(ann: User):
    device, asked = Authenticator(), challenge()
    added(ann, device)
    proved(device, asked)
    with pytest.raises(Invalid):
        proved(device, asked)
    proved(device)


def test_a_count_that_does_not_grow_shows_a_copy(ann: User):
    device = Authenticator(count=5)
    passkey = added(ann, device)
    device.count = 6
    proved(device)
    db.session.refresh(passkey)
    assert passkey.sign_count == 6
    with pytest.raises(Invalid):
        proved(device)


@pytest.mark.parametrize(
    "lie",
    [
        {"value": b"another challenge"},
        {"origin": "http://localhost.evil.example"},
        {"origin": "https://localhost"},
        {"host": "evil.example"},
        {"kind": "webauthn.create"},
        {"verified": False},
        {"handle": "999"},
    ],
    ids=str,
)
def test_an_answer_that_is_not_true_is_refused(ann: User, lie: dict[str, Any]):
    device = Authenticator()
    added(ann, device)
    with pytest.raises(Invalid):
        proved(device, **lie)


def test_another_key_under_the_same_name_is_refused(ann: User):
    device, thief = Authenticator(), Authenticator()
    added(ann, device)
    thief.id = device.id
    with pytest.raises(Invalid):
        proved(thief)


def test_beside_the_password_the_device_alone_is_enough(ann: User):
    device = Authenticator()
    added(ann, device)
    assert proved(device, alone=False, user=ann, verified=False) == ann


def test_beside_somebody_elses_password_it_is_nothing(ann: User, cast: Cast):
    device = Authenticator()
    added(ann, device)
    with pytest.raises(Invalid):
        proved(device, alone=False, user=row(cast.bob))


def test_a_disabled_owner_is_not_let_in(ann: User):
    device = Authenticator()
    added(ann, device)
    ann.is_active = False
    db.session.flush()
    with pytest.raises(Invalid):
        proved(device)


@pytest.mark.parametrize(
    "lie", [{"origin": "http://evil.example"}, {"host": "evil.example"}], ids=str
)
def test_a_passkey_made_elsewhere_is_not_kept(ann: User, lie: dict[str, str]):
    with pytest.raises(Invalid):
        added(ann, Authenticator(), **lie)


def test_a_passkey_belongs_to_one_account(ann: User, cast: Cast):
    device = Authenticator()
    added(ann, device)
    with pytest.raises(Invalid):
        added(row(cast.bob), device)


def test_there_is_a_limit_to_how_many_one_may_have(ann: User):
    for _ in range(passkeys.MAX_PASSKEYS):
        added(ann, Authenticator())
    with pytest.raises(Invalid):
        added(ann, Authenticator())


def test_a_removed_passkey_opens_nothing(ann: User):
    device = Authenticator()
    passkey = added(ann, device)
    passkeys.remove(actor=factories.actor(ann), user=ann, passkey_id=passkey.id)
    with pytest.raises(Invalid):
        proved(device)
    assert not second_factor.is_set_up(ann)


def test_others_can_neither_name_nor_remove_it(ann: User, cast: Cast):
    passkey = added(ann, Authenticator())
    bob = row(cast.bob)
    with pytest.raises(NotFound):
        passkeys.rename(actor=factories.actor(bob), passkey_id=passkey.id, name="Mine")
    with pytest.raises(NotFound):
        passkeys.remove(actor=factories.actor(bob), user=bob, passkey_id=passkey.id)
    assert second_factors.passkeys_of(ann.id) == [passkey]
