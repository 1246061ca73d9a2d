"""What counts once counts once for those who come with it at the same moment."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import OrganizationRole, TokenPurpose, User
from portal.queries.people import second_factors
from portal.security.people import tokens
from portal.services.organizations import invitations
from portal.services.people import forgotten_password, pending_sign_ins, second_factor
from tests import factories
from tests.cast import Cast
from tests.services.organizations.test_organizations import at_once
from tests.totp import CODES, add_app, code_of

pytestmark = pytest.mark.threat("mailed links")

TOGETHER = 4
Verb = Callable[[], object]


def a_code_of_the_app(app: Flask, cast: Cast) -> Verb:
    with factories.writing(app):
        code = code_of(add_app(db.session.get_one(User, cast.ann.id)))
    return lambda: second_factor.verify(user=db.session.get_one(User, cast.ann.id), code=code)


def a_recovery_code(app: Flask, cast: Cast) -> Verb:
    with factories.writing(app):
        add_app(db.session.get_one(User, cast.ann.id))
        found = second_factor.find_recovery_hash(db.session.get_one(User, cast.ann.id), CODES[0])
        assert found in second_factors.unused_recovery_codes(cast.ann.id)

    def prove() -> None:
        ann = db.session.get_one(User, cast.ann.id)
        second_factor.verify(user=ann, code=CODES[0], recovery_hash=found)

    return prove


def a_pending_sign_in(app: Flask, cast: Cast) -> Verb:
    with factories.writing(app):
        ann = db.session.get_one(User, cast.ann.id)
        token = pending_sign_ins.begin(user=ann, remembered=False)
        text = tokens.sign(TokenPurpose.SECOND_FACTOR, token)
    return lambda: tokens.use(TokenPurpose.SECOND_FACTOR, text)


def a_link_for_a_password(app: Flask, cast: Cast) -> Verb:
    with factories.writing(app):
        ann = db.session.get_one(User, cast.ann.id)
        text = tokens.sign(TokenPurpose.RESET, tokens.issue(ann, TokenPurpose.RESET))
    return lambda: forgotten_password.reset(text=text, password_hash="hash")


def an_invitation(app: Flask, cast: Cast) -> Verb:
    """Carl's, into Ann's organization; he presses the button in several windows."""
    with factories.writing(app):
        db.session.execute(update(Organization).values(personal=False))
        own = Organization.id == cast.carl.organization_id
        db.session.execute(update(Organization).where(own).values(personal=True))
        made = invitations.invite(actor=cast.ann, email=cast.carl.email, role=OrganizationRole.USER)
        text = tokens.sign(TokenPurpose.INVITATION, made)
    return lambda: invitations.accept(actor=cast.carl, text=text)


def an_invitation_of_somebody_new(app: Flask, cast: Cast) -> Verb:
    with factories.writing(app):
        db.session.get_one(Organization, cast.ann.organization_id).personal = False
        made = invitations.invite(
            actor=cast.ann, email="new@example.com", role=OrganizationRole.USER
        )
        text = tokens.sign(TokenPurpose.INVITATION, made)
    return lambda: invitations.accept_new(text=text, password_hash="hash")


@pytest.mark.parametrize(
    "made",
    [
        a_code_of_the_app,
        a_recovery_code,
        a_pending_sign_in,
        a_link_for_a_password,
        an_invitation,
        an_invitation_of_somebody_new,
    ],
)
def test_of_several_at_once_one_is_taken(
    app: Flask, cast: Cast, made: Callable[[Flask, Cast], Verb]
) -> None:
    outcomes = at_once(app, *[made(app, cast)] * TOGETHER)
    assert outcomes.count("done") == 1
    assert set(outcomes) - {"done"} <= {"Invalid", "BadLink"}
    assert len(outcomes) == TOGETHER
