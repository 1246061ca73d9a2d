"""Refresh tokens: each works once, and a used one that comes back ends its family."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from flask import Flask
from flask.ctx import AppContext
from sqlalchemy import func, select

from portal import clock
from portal.extensions import begin_write, db
from portal.models.people import Actor, RefreshFamily, User
from portal.security.people import refresh_tokens, sessions
from portal.security.people.jwt import AccessToken
from tests import factories
from tests.cast import Cast
from tests.waiting import PATIENCE


def start(person: Actor) -> tuple[RefreshFamily, str]:
    return refresh_tokens.start(db.session.get_one(User, person.id))


@pytest.fixture
def family(cast: Cast, context: AppContext) -> tuple[RefreshFamily, str]:
    """Bob's, with its first token."""
    begin_write()
    return start(cast.bob)


Family = tuple[RefreshFamily, str]


def access(row: RefreshFamily) -> AccessToken:
    return AccessToken(row.user_id, row.epoch, row.id, clock.now())


def test_the_row_has_hashes_alone(family: Family) -> None:
    row, text = family
    assert text.startswith("lr_") and len(text) == 68
    assert text[3:25] not in repr(vars(row)) and text[25:] not in repr(vars(row))


def test_each_token_gives_the_next_one(family: Family) -> None:
    text = family[1]
    seen = {text}
    for _ in range(5):
        rotated = refresh_tokens.rotate(text)
        assert rotated.text is not None and rotated.family is not None
        text = rotated.text
        seen.add(text)
    assert len(seen) == 6


@pytest.mark.threat("replayed refresh tokens")
def test_a_used_token_ends_the_family(family: Family) -> None:
    row, first = family
    second = refresh_tokens.rotate(first).text or ""
    third = refresh_tokens.rotate(second).text or ""
    again = refresh_tokens.rotate(first)
    assert (again.text, again.reused) == (None, True)
    assert refresh_tokens.rotate(third).text is None
    assert refresh_tokens.find_actor(access(row)) is None


def test_a_guess_that_knows_the_family_ends_it_and_one_that_does_not_ends_nothing(
    family: Family,
) -> None:
    _row, text = family
    stranger = text[:3] + ("A" if text[3] != "A" else "B") + text[4:]
    assert refresh_tokens.rotate(stranger) == (None, None, False)
    assert refresh_tokens.rotate(text).text


@pytest.mark.parametrize(
    "text", ["", "lr_", "x" * 68, "lr_" + "é" * 65, "lr_" + "a" * 65, "\0" * 68]
)
def test_what_is_no_token_opens_nothing(context: AppContext, text: str) -> None:
    begin_write()
    assert refresh_tokens.rotate(text) == (None, None, False)


def disable(user: User) -> None:
    user.is_active = False


def delete_all(user: User) -> None:
    refresh_tokens.end_all(user.id)


@pytest.mark.parametrize("end", [disable, delete_all, sessions.end_all])
def test_disabling_signing_out_and_a_new_password_end_it(
    family: Family, end: Callable[[User], None]
) -> None:
    row, text = family
    assert refresh_tokens.find_actor(access(row)) is not None
    end(db.session.get_one(User, row.user_id))
    db.session.flush()
    assert refresh_tokens.find_actor(access(row)) is None
    assert refresh_tokens.rotate(text).text is None


def test_an_access_token_speaks_for_its_own_user_and_family(cast: Cast, family: Family) -> None:
    row, _text = family
    found = refresh_tokens.find_actor(access(row))
    assert found is not None
    assert (found.id, found.organization_id) == (cast.bob.id, cast.bob.organization_id)
    assert found.confirmed_at == row.created_at
    for other in (
        AccessToken(cast.ada.id, row.epoch, row.id, clock.now()),
        AccessToken(row.user_id, row.epoch + 1, row.id, clock.now()),
        AccessToken(row.user_id, row.epoch, row.id + 1, clock.now()),
        AccessToken(10**30, row.epoch, row.id, clock.now()),
    ):
        assert refresh_tokens.find_actor(other) is None


def test_it_runs_out_when_it_lies_idle(family: Family) -> None:
    with time_machine.travel(clock.now() + timedelta(days=31)):
        assert refresh_tokens.rotate(family[1]).text is None


def test_it_runs_out_for_good_after_ninety_days(family: Family) -> None:
    text = family[1]
    for days in (25, 50, 75):
        with time_machine.travel(clock.now() + timedelta(days=days)):
            text = refresh_tokens.rotate(text).text or ""
            assert text
    with time_machine.travel(clock.now() + timedelta(days=91)):
        assert refresh_tokens.rotate(text).text is None


def test_rows_that_ran_out_are_removed(cast: Cast, family: Family) -> None:
    start(cast.ann)
    with time_machine.travel(clock.now() + timedelta(days=20)):
        start(cast.sam)
        db.session.flush()
    with time_machine.travel(clock.now() + timedelta(days=31)):
        refresh_tokens.delete_expired(1)
        assert count() == 2
        refresh_tokens.delete_expired(10)
        assert count() == 1


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(RefreshFamily)) or 0


@pytest.mark.threat("replayed refresh tokens")
def test_of_many_at_once_one_gets_the_next_token(app: Flask, cast: Cast) -> None:
    with factories.writing(app):
        _row, text = start(cast.bob)
    at_once = Barrier(8)

    def trade(_number: int) -> bool:
        with app.app_context():
            at_once.wait(PATIENCE)
            begin_write()
            rotated = refresh_tokens.rotate(text)
            db.session.commit()
            return rotated.text is not None

    with ThreadPoolExecutor(8) as programs:
        assert sum(programs.map(trade, range(8))) == 1
