"""What ran out goes, and nothing else does."""

from datetime import timedelta

import time_machine
from flask import Flask

from portal import clock
from portal.extensions import db
from portal.models.organizations import Invitation
from portal.models.people import AccountEvent, AccountEventKind, User, UserSession
from portal.security.people import sessions
from portal.services.people import account_log
from tests.cast import Cast
from tests.factories import writing
from tests.sweeping import sweep

LONG_AGO = timedelta(days=400)


def run(app: Flask) -> None:
    with app.app_context():
        sweep()


def test_sessions_that_ran_out_are_removed_and_others_stay(app: Flask, cast: Cast) -> None:
    with writing(app):
        ann = db.session.get_one(User, cast.ann.id)
        for days in (1, 10):
            sessions.start(
                ann,
                remembered=False,
                lifetime=timedelta(days=days),
                address="127.0.0.1",
                user_agent="",
            )
    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        run(app)
    with app.app_context():
        assert len(list(db.session.scalars(db.select(UserSession)))) == 1


def test_old_visits_go_and_what_changed_an_account_stays(app: Flask, cast: Cast) -> None:
    kinds = (
        AccountEventKind.EMAIL_CHANGED,
        AccountEventKind.SIGNED_IN,
        AccountEventKind.SIGN_IN_FAILED,
        AccountEventKind.SIGNED_OUT,
    )
    with writing(app):
        db.session.execute(db.delete(AccountEvent))
        ann = db.session.get_one(User, cast.ann.id)
        for age in (LONG_AGO, timedelta(days=300)):
            with clock.at(clock.now() - age):
                for kind in kinds:
                    account_log.record(user=ann, kind=kind)
    run(app)
    with app.app_context():
        left = db.session.scalars(db.select(AccountEvent.kind).order_by(AccountEvent.id))
        assert list(left) == [kinds[0], *kinds]


def test_the_number_of_the_newest_line_is_not_given_again(app: Flask, cast: Cast) -> None:
    def visit() -> int:
        with writing(app):
            ann = db.session.get_one(User, cast.ann.id)
            event = account_log.record(user=ann, kind=AccountEventKind.SIGNED_IN)
            db.session.flush()
            return event.id

    with clock.at(clock.now() - LONG_AGO):
        last = [visit() for _ in range(3)][-1]
    run(app)
    run(app)
    assert visit() == last + 1
    with app.app_context():
        assert db.session.query(AccountEvent).filter_by(kind="signed_in").count() == 2


def test_invitations_that_ran_out_long_ago_go(app: Flask, cast: Cast) -> None:
    with writing(app):
        for age in (LONG_AGO, timedelta(days=300)):
            db.session.add(
                Invitation(
                    organization_id=cast.ann.organization_id,
                    email="zoe@example.com",
                    role="user",
                    invited_by_id=cast.ann.id,
                    expires_at=clock.now() - age,
                )
            )
    run(app)
    with app.app_context():
        assert db.session.query(Invitation).count() == 1
