import pytest
import time_machine
from flask.ctx import AppContext

from portal import clock
from portal.extensions import begin_write, db
from portal.models.people import TokenPurpose, User, UserToken
from portal.security.people import sessions, tokens
from portal.services.people import pending_sign_ins
from portal.services.people.pending_sign_ins import LIFETIME
from tests.cast import Cast


@pytest.fixture
def ann(context: AppContext, cast: Cast) -> User:
    begin_write()
    return db.session.get_one(User, cast.ann.id)


def pending(user: User) -> UserToken:
    return pending_sign_ins.begin(user=user, remembered=True)


def text_of(token: UserToken) -> str:
    return tokens.sign(TokenPurpose.SECOND_FACTOR, token)


def test_a_pending_sign_in_knows_its_user_for_five_minutes(ann: User):
    token = pending(ann)
    assert pending_sign_ins.find(text_of(token)) == (token, ann)
    with time_machine.travel(clock.now() + LIFETIME, tick=False):
        assert pending_sign_ins.find(text_of(token)) is None


def test_a_pending_sign_in_is_used_up_once(ann: User):
    token = pending(ann)
    assert pending_sign_ins.end(token)
    assert not pending_sign_ins.end(token)
    db.session.refresh(token)
    assert pending_sign_ins.find(text_of(token)) is None


@pytest.mark.parametrize("nothing", ["", "1", "WzEsMV0.x"])
def test_what_is_no_pending_sign_in_is_none(ann: User, nothing: str):
    assert pending_sign_ins.find(nothing) is None


def test_a_row_for_another_purpose_is_no_pending_sign_in(ann: User):
    token = tokens.issue(ann, TokenPurpose.RESET)
    assert pending_sign_ins.find(text_of(token)) is None


def test_a_new_password_or_role_and_a_disabled_account_end_what_is_pending(ann: User):
    token = pending(ann)
    sessions.end_all(ann)
    assert pending_sign_ins.find(text_of(token)) is None
    token = pending(ann)
    ann.is_active = False
    assert pending_sign_ins.find(text_of(token)) is None
