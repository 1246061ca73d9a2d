from datetime import timedelta

import pytest
import time_machine
from flask.ctx import AppContext
from sqlalchemy import select

from portal import clock
from portal.errors import Forbidden, Invalid, NotConfigured
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox
from portal.models.people import (
    AccountEvent,
    Actor,
    Passkey,
    RecoveryCode,
    TokenPurpose,
    User,
)
from portal.queries.people import second_factors
from portal.security.people import recovery_codes, tokens, totp
from portal.services.people import pending_sign_ins, second_factor
from tests import factories
from tests.cast import Cast
from tests.totp import CODES, add_app, code_of


def row(person: Actor) -> User:
    return db.session.get_one(User, person.id)


@pytest.fixture
def ann(context: AppContext, cast: Cast) -> User:
    begin_write()
    return row(cast.ann)


def kinds(user: User) -> list[str]:
    query = select(AccountEvent.kind).where(AccountEvent.user_id == user.id)
    return list(db.session.scalars(query.order_by(AccountEvent.id)))


def refused(user: User, code: str) -> bool:
    try:
        found = second_factor.find_recovery_hash(user, code)
        second_factor.verify(user=user, code=code, recovery_hash=found)
    except Invalid:
        return True
    db.session.refresh(user)
    return False


def test_an_app_counts_only_after_its_first_code(ann: User):
    second_factor.begin_totp(actor=factories.actor(ann), user=ann)
    assert not second_factor.is_set_up(ann)
    secret = second_factor.secret_to_confirm(ann)
    assert secret
    with pytest.raises(Invalid):
        second_factor.confirm_totp(actor=factories.actor(ann), user=ann, code="000000x")
    assert not second_factor.is_set_up(ann)
    second_factor.confirm_totp(actor=factories.actor(ann), user=ann, code=code_of(secret))
    assert second_factor.is_set_up(ann)
    assert second_factor.secret_to_confirm(ann) is None


@pytest.mark.threat("secrets that can be guessed")
def test_the_secret_is_stored_encrypted(ann: User):
    secret = add_app(ann)
    assert ann.totp_secret
    assert secret not in ann.totp_secret


def test_an_app_in_use_is_not_replaced_by_another(ann: User):
    add_app(ann)
    with pytest.raises(Invalid):
        second_factor.begin_totp(actor=factories.actor(ann), user=ann)


def test_the_code_that_confirmed_the_app_does_not_sign_in(ann: User):
    second_factor.begin_totp(actor=factories.actor(ann), user=ann)
    code = code_of(second_factor.secret_to_confirm(ann) or "")
    second_factor.confirm_totp(actor=factories.actor(ann), user=ann, code=code)
    db.session.flush()
    assert refused(ann, code)


def test_a_code_counts_once_and_no_older_one_after_it(ann: User):
    secret = add_app(ann)
    older = code_of(secret, ahead=timedelta(seconds=-totp.STEP))
    code = code_of(secret)
    assert not refused(ann, code)
    assert refused(ann, code)
    assert refused(ann, older)


@pytest.mark.parametrize(
    ("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_clocks_may_differ_by_one_step(ann: User, steps: int, right: bool):
    secret = add_app(ann)
    with time_machine.travel(clock.now(), tick=False):
        code = code_of(secret, ahead=timedelta(seconds=steps * totp.STEP))
        assert refused(ann, code) is not right


def test_codes_may_be_typed_with_a_space(ann: User):
    code = code_of(add_app(ann))
    assert not refused(ann, f" {code[:3]} {code[3:]} ")


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "١٢٣٤٥٦", "x" * 40, "aaaaa-aaaaa", "é" * 10]
)
def test_what_is_no_code_is_refused(ann: User, code: str):
    add_app(ann)
    assert refused(ann, code)


def test_without_an_app_no_code_is_right(ann: User):
    assert refused(ann, code_of("A" * 32))


def test_somebody_elses_code_is_refused(ann: User, cast: Cast):
    add_app(ann)
    assert refused(ann, code_of(add_app(row(cast.bob))))


def test_a_lost_key_is_the_operators_fault_and_opens_nothing(ann: User):
    add_app(ann)
    ann.totp_secret = "gAAAAABfoo"
    with pytest.raises(NotConfigured):
        second_factor.verify(user=ann, code="123456")


def test_a_recovery_code_counts_once_however_it_is_typed(ann: User):
    add_app(ann)
    assert not refused(ann, CODES[3].upper().replace("-", " "))
    assert refused(ann, CODES[3])
    assert len(second_factors.unused_recovery_codes(ann.id)) == len(CODES) - 1
    assert kinds(ann)[-1] == "recovery_code_used"


@pytest.mark.threat("secrets that can be guessed")
def test_recovery_codes_are_stored_as_slow_hashes_and_open_their_own_account_alone(
    ann: User, cast: Cast
):
    add_app(ann)
    hashes = second_factors.unused_recovery_codes(ann.id)
    assert len(set(hashes)) == len(CODES) == 10
    assert not [code for code in CODES if code in "".join(hashes)]
    bob = row(cast.bob)
    add_app(bob)
    own = recovery_codes.hash_codes(["22222-33333"])
    second_factor.store_codes(actor=factories.actor(bob), user=bob, hashes=own)
    assert refused(bob, CODES[0])
    assert not refused(ann, CODES[0])


def test_new_codes_end_the_former_ones(ann: User):
    add_app(ann)
    second_factor.store_codes(actor=factories.actor(ann), user=ann, hashes=["x" * 64])
    db.session.flush()
    assert refused(ann, CODES[0])


def test_without_the_app_its_codes_go_too(ann: User):
    add_app(ann)
    second_factor.remove_totp(actor=factories.actor(ann), user=ann)
    db.session.flush()
    assert not second_factor.is_set_up(ann)
    assert not db.session.scalars(select(RecoveryCode)).all()
    assert ann.totp_secret is None


def test_each_change_is_written_down_and_told(ann: User):
    add_app(ann)
    second_factor.remove_totp(actor=factories.actor(ann), user=ann)
    db.session.flush()
    told = ["totp_added", "recovery_codes_made", "totp_removed"]
    assert kinds(ann) == told
    notices = db.session.scalars(select(Outbox).order_by(Outbox.id)).all()
    assert [mail.data["kind"] for mail in notices] == told  # type: ignore[index]
    assert {mail.recipient for mail in notices} == {ann.email}


def test_an_admin_takes_away_all_that_was_lost_and_ends_what_is_pending(ann: User, cast: Cast):
    add_app(ann)
    db.session.add(Passkey(user_id=ann.id, name="Phone", credential_id="x", public_key="x"))
    pending = pending_sign_ins.begin(user=ann, remembered=False)
    assert second_factor.reset_by_admin(actor=cast.ada, user=ann)
    assert not second_factor.is_set_up(ann)
    assert not second_factors.unused_recovery_codes(ann.id)
    assert pending_sign_ins.find(tokens.sign(TokenPurpose.SECOND_FACTOR, pending)) is None
    line = db.session.scalars(select(AccountEvent).order_by(AccountEvent.id.desc())).first()
    assert line is not None
    assert (line.kind, line.user_id, line.actor_id) == ("second_factor_taken", ann.id, cast.ada.id)
    assert not second_factor.reset_by_admin(actor=cast.ada, user=ann)


@pytest.mark.parametrize("who", ["sam", "bob", "ann"])
def test_nobody_but_an_admin_takes_a_second_factor_away(ann: User, cast: Cast, who: str):
    add_app(ann)
    with pytest.raises(Forbidden):
        second_factor.reset_by_admin(actor=getattr(cast, who), user=ann)
    assert second_factor.is_set_up(ann)


def test_an_admin_does_not_take_away_the_own_one(ann: User, cast: Cast):
    with pytest.raises(Forbidden):
        second_factor.reset_by_admin(actor=cast.ada, user=row(cast.ada))
