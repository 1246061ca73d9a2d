"""Organizations whose access is switched off."""

from datetime import timedelta

import pytest
from flask.ctx import AppContext
from sqlalchemy import select

from portal.errors import Forbidden, Invalid, OrganizationShut
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox
from portal.models.people import Actor, User
from portal.queries.organizations import organizations
from portal.security.people import api_keys, refresh_tokens, sessions
from portal.services.organizations import standing
from portal.services.people import accounts
from tests.cast import Cast

DAY = timedelta(days=1)


@pytest.fixture
def desk(context: AppContext, cast: Cast) -> Cast:
    begin_write()
    return cast


def row(actor: Actor) -> User:
    return db.session.get_one(User, actor.id, populate_existing=True)


def switch(desk: Cast, active: bool, by: Actor | None = None) -> bool:
    place = organizations.lock(desk.ann.organization_id)
    done = standing.set_active(actor=by or desk.ada, organization=place, active=active)
    db.session.flush()
    return done


def sign_in(user: User) -> str:
    token = sessions.start(user, remembered=False, lifetime=DAY, address="", user_agent="")
    db.session.flush()
    return token


def test_sessions_and_programs_end_and_keys_do_not_work(desk: Cast):
    token = sign_in(row(desk.bob))
    _family, refresh = refresh_tokens.start(row(desk.bob))
    _key, text = api_keys.issue(row(desk.bob), name="k", scope="read", expires_at=None)
    db.session.flush()
    assert switch(desk, active=False)
    assert sessions.load(token, idle=DAY, idle_remembered=DAY) is None
    assert refresh_tokens.rotate(refresh).text is None
    with pytest.raises(OrganizationShut):
        api_keys.authenticate(text)
    with pytest.raises(OrganizationShut):
        accounts.record_sign_in(user=row(desk.bob), renewed_hash=None)


def test_switched_on_again_they_sign_in_and_the_keys_work(desk: Cast):
    _key, text = api_keys.issue(row(desk.bob), name="k", scope="read", expires_at=None)
    switch(desk, active=False)
    assert switch(desk, active=True)
    assert not switch(desk, active=True)
    assert api_keys.authenticate(text)
    accounts.record_sign_in(user=row(desk.bob), renewed_hash=None)


def test_its_owners_hear_of_it_by_mail(desk: Cast):
    for active in (False, True):
        switch(desk, active=active)
    told = db.session.execute(select(Outbox.recipient, Outbox.data))
    assert [(mail.recipient, mail.data["kind"], mail.data["from"]) for mail in told] == [
        (desk.ann.email, "organization_shut", ""),
        (desk.ann.email, "organization_opened", ""),
    ]


def test_others_go_on(desk: Cast):
    token = sign_in(row(desk.carl))
    switch(desk, active=False)
    assert sessions.load(token, idle=DAY, idle_remembered=DAY)
    accounts.record_sign_in(user=row(desk.carl), renewed_hash=None)


def test_the_desk_does_not_shut_itself_out(desk: Cast):
    place = organizations.lock(desk.sam.organization_id)
    with pytest.raises(Invalid):
        standing.set_active(actor=desk.ada, organization=place, active=False)


@pytest.mark.threat("rules in the browser alone")
def test_only_who_manages_people_does_it(desk: Cast):
    for actor in (desk.sam, desk.ann):
        with pytest.raises(Forbidden):
            switch(desk, active=False, by=actor)
