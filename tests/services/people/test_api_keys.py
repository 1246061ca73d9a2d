"""The rules around keys: whose, how many, and what is written down."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.errors import Forbidden, Invalid, NotFound
from portal.extensions import begin_write, db
from portal.models.people import AccountEvent, Actor, ApiKey, KeyScope, User
from portal.security.people import api_keys as keys
from portal.services.people import api_keys
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("context")


def row(person: Actor) -> User:
    return db.session.get_one(User, person.id)


def create(person: Actor, name: str = "robot", days: int | None = 90) -> tuple[ApiKey, str]:
    made = api_keys.create(
        actor=person, user=row(person), name=name, scope=KeyScope.WRITE, days=days
    )
    db.session.flush()
    return made


def reset(person: Actor) -> tuple[ApiKey, str]:
    made = api_keys.reset_all(
        actor=person, user=row(person), name="new", scope=KeyScope.READ, days=None
    )
    db.session.flush()
    return made


def log() -> list[tuple[str, dict[str, str]]]:
    db.session.flush()
    events = db.session.scalars(select(AccountEvent).order_by(AccountEvent.id))
    return [(event.kind, event.data) for event in events]


def test_a_key_expires_when_it_was_said(cast: Cast) -> None:
    begin_write()
    key, text = create(cast.bob, days=30)
    assert key.expires_at is not None
    assert timedelta(days=29) < key.expires_at - clock.now() <= timedelta(days=30)
    assert create(cast.bob, days=None)[0].expires_at is None
    assert keys.authenticate(text) is not None


def test_the_log_has_name_and_prefix_and_never_the_key(cast: Cast) -> None:
    begin_write()
    key, text = create(cast.bob)
    api_keys.revoke(actor=cast.bob, user=row(cast.bob), key_id=key.id)
    api_keys.revoke(actor=cast.bob, user=row(cast.bob), key_id=key.id)
    facts = {"name": "robot", "prefix": key.prefix}
    assert log() == [("key_made", {**facts, "scope": "write"}), ("key_revoked", facts)]
    assert text[11:] not in str(log())


def test_resetting_ends_every_key_and_makes_one(cast: Cast) -> None:
    begin_write()
    texts = [create(cast.bob)[1] for _ in range(3)]
    anns = create(cast.ann)[1]
    _key, text = reset(cast.bob)
    assert [keys.authenticate(t) is not None for t in (*texts, anns, text)] == [
        *(False, False, False),
        *(True, True),
    ]
    assert [kind for kind, _data in log()].count("key_revoked") == 3


def test_there_are_at_most_twenty_keys_that_are_not_revoked(cast: Cast) -> None:
    begin_write()
    key, *_others = [create(cast.bob)[0] for _ in range(api_keys.MAX_KEYS)]
    with pytest.raises(Invalid) as refused:
        create(cast.bob)
    assert refused.value.details == {"name": "too_many_keys"}
    create(cast.ann)
    api_keys.revoke(actor=cast.bob, user=row(cast.bob), key_id=key.id)
    db.session.flush()
    create(cast.bob)
    reset(cast.bob)


@pytest.mark.parametrize(
    ("name", "days", "field"),
    [("", 90, "name"), ("x" * 101, 90, "name"), ("robot", 31, "expires"), ("robot", 0, "expires")],
)
def test_what_is_no_key_is_not_made(cast: Cast, name: str, days: int, field: str) -> None:
    begin_write()
    with pytest.raises(Invalid) as refused:
        create(cast.bob, name, days)
    assert list(refused.value.details) == [field]


def test_nobody_makes_or_ends_keys_of_others(cast: Cast) -> None:
    begin_write()
    key, _text = create(cast.bob)
    for actor in (cast.ann, cast.sam, cast.ada):
        if actor is not cast.ada:
            with pytest.raises(Forbidden):
                api_keys.revoke(actor=actor, user=row(cast.bob), key_id=key.id)
        with pytest.raises(NotFound):
            api_keys.revoke(actor=actor, user=row(actor), key_id=key.id)
        for verb in (api_keys.create, api_keys.reset_all):
            with pytest.raises(Forbidden):
                verb(actor=actor, user=row(cast.bob), name="x", scope=KeyScope.READ, days=90)


def test_an_admin_revokes_keys_of_others(cast: Cast) -> None:
    begin_write()
    key, _text = create(cast.bob)
    api_keys.revoke(actor=cast.ada, user=row(cast.bob), key_id=key.id)
    assert key.revoked_at is not None
