from datetime import timedelta

import pytest
from flask.ctx import AppContext
from sqlalchemy import func, select

from portal.errors import Forbidden, Invalid, LastAdmin
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox
from portal.models.people import AccountEvent, Actor, Role, User, UserSession, UserToken
from portal.security.people import sessions
from portal.services.people import users
from tests import factories
from tests.cast import Cast


def row(actor: Actor) -> User:
    return db.session.get_one(User, actor.id)


def session_count() -> int:
    return db.session.scalar(select(func.count()).select_from(UserSession)) or 0


def start_session(actor: Actor) -> None:
    sessions.start(
        row(actor), remembered=False, lifetime=timedelta(days=1), address="", user_agent=""
    )
    db.session.flush()


def test_a_new_role_ends_every_session(context: AppContext, cast: Cast):
    begin_write()
    start_session(cast.sam)
    epoch = row(cast.sam).epoch
    assert users.set_role(actor=cast.ada, user=row(cast.sam), role=Role.CUSTOMER)
    assert session_count() == 0
    assert row(cast.sam).epoch == epoch + 1
    assert not users.set_role(actor=cast.ada, user=row(cast.sam), role=Role.CUSTOMER)


def test_disabling_ends_every_session_and_can_be_taken_back(context: AppContext, cast: Cast):
    begin_write()
    start_session(cast.sam)
    assert users.set_active(actor=cast.ada, user=row(cast.sam), active=False)
    assert session_count() == 0
    assert users.set_active(actor=cast.ada, user=row(cast.sam), active=True)
    assert row(cast.sam).is_active


def test_the_last_admin_stays(context: AppContext, cast: Cast):
    begin_write()
    with pytest.raises(LastAdmin):
        users.set_role(actor=cast.ada, user=row(cast.ada), role=Role.STAFF)
    with pytest.raises(LastAdmin):
        users.set_active(actor=cast.ada, user=row(cast.ada), active=False)
    users.set_role(actor=cast.ada, user=row(cast.sue), role=Role.ADMIN)
    assert users.set_role(actor=cast.ada, user=row(cast.ada), role=Role.STAFF)


@pytest.mark.threat("rules in the browser alone")
def test_only_admins_manage_accounts(context: AppContext, cast: Cast):
    begin_write()
    for person in (cast.sam, cast.ann):
        with pytest.raises(Forbidden):
            users.set_role(actor=person, user=row(cast.bob), role=Role.ADMIN)
        with pytest.raises(Forbidden):
            users.set_active(actor=person, user=row(cast.bob), active=False)


def test_who_did_what_to_an_account_is_written_down(context: AppContext, cast: Cast):
    begin_write()
    users.set_role(actor=cast.ada, user=row(cast.sam), role=Role.ADMIN)
    users.set_active(actor=cast.ada, user=row(cast.sam), active=False)
    users.set_active(actor=cast.ada, user=row(cast.sam), active=False)
    users.set_active(actor=cast.ada, user=row(cast.sam), active=True)
    lines = list(db.session.scalars(select(AccountEvent).order_by(AccountEvent.id)))
    assert {(line.user_id, line.actor_id) for line in lines} == {(cast.sam.id, cast.ada.id)}
    assert [(line.kind, line.data) for line in lines] == [
        ("role_changed", {"from": "staff", "to": "admin"}),
        ("disabled", {}),
        ("enabled", {}),
    ]


def test_somebody_is_signed_out_everywhere_and_told(context: AppContext, cast: Cast):
    begin_write()
    start_session(cast.bob)
    start_session(cast.bob)
    assert users.end_sessions(actor=cast.ada, user=row(cast.bob)) == 2
    assert session_count() == 0
    assert notices(cast.bob) == ["signed_out_by_desk"]
    assert users.end_sessions(actor=cast.ada, user=row(cast.bob)) == 0


def test_a_second_factor_is_asked_of_one_account(context: AppContext, cast: Cast):
    begin_write()
    assert users.require_second_factor(actor=cast.ada, user=row(cast.bob), required=True)
    assert not users.require_second_factor(actor=cast.ada, user=row(cast.bob), required=True)
    assert row(cast.bob).actor.second_factor_required
    assert notices(cast.bob) == ["second_factor_required"]
    assert users.require_second_factor(actor=cast.ada, user=row(cast.bob), required=False)
    assert not row(cast.bob).second_factor_required


def test_a_link_to_choose_a_password_goes_to_the_owner_alone(context: AppContext, cast: Cast):
    begin_write()
    users.send_reset(actor=cast.ada, user=row(cast.bob))
    db.session.flush()
    mails = db.session.scalars(select(Outbox).filter_by(template="reset_password")).all()
    assert [mail.recipient for mail in mails] == [cast.bob.email]


def test_an_account_that_nobody_has_used_gets_a_link_for_longer(context: AppContext, cast: Cast):
    begin_write()
    contact = factories.user("contact@example.com", is_verified=False)
    users.send_reset(actor=cast.ada, user=contact)
    db.session.flush()
    [mail] = db.session.scalars(select(Outbox).filter_by(template="account_opened"))
    token = db.session.get_one(UserToken, mail.data["token"])
    assert token.expires_at - token.created_at > timedelta(days=6)


def test_a_disabled_account_gets_no_link(context: AppContext, cast: Cast):
    begin_write()
    row(cast.bob).is_active = False
    with pytest.raises(Invalid):
        users.send_reset(actor=cast.ada, user=row(cast.bob))


@pytest.mark.threat("rules in the browser alone")
def test_only_admins_do_it_and_to_others(context: AppContext, cast: Cast):
    begin_write()
    for actor, user in ((cast.sam, cast.bob), (cast.ann, cast.bob), (cast.ada, cast.ada)):
        with pytest.raises(Forbidden):
            users.end_sessions(actor=actor, user=row(user))
        with pytest.raises(Forbidden):
            users.send_reset(actor=actor, user=row(user))
    for actor in (cast.sam, cast.ann):
        with pytest.raises(Forbidden):
            users.require_second_factor(actor=actor, user=row(cast.bob), required=True)


def notices(person: Actor) -> list[str]:
    db.session.flush()
    mails = db.session.scalars(select(Outbox).filter_by(recipient=person.email))
    return [mail.data["kind"] for mail in mails if mail.template == "account_notice"]
