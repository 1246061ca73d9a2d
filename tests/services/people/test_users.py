import pytest
from flask.ctx import AppContext
from sqlalchemy import func, select

from portal.errors import Forbidden, LastAdmin
from portal.extensions import begin_write, db
from portal.models.people import AccountEvent, Actor, Role, User, UserSession
from portal.security.people import sessions
from portal.services.people import users
from tests.cast import Cast


def row(actor: Actor) -> User:
    return db.session.get_one(User, actor.id)


def session_count() -> int:
    return db.session.scalar(select(func.count()).select_from(UserSession)) or 0


def start_session(actor: Actor) -> None:
    from datetime import timedelta

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
