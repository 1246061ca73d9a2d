"""What ends when: somebody has one of each kind of access, something happens, and what is left?"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Response, current_app
from flask.ctx import AppContext
from sqlalchemy import select

from portal import clock
from portal.errors import BadLink
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox
from portal.models.organizations import Invitation
from portal.models.people import (
    AccountEvent,
    Actor,
    KeyScope,
    OrganizationRole,
    Passkey,
    RecoveryCode,
    Role,
    TokenPurpose,
    User,
)
from portal.models.privacy import PrivacyKind, PrivacyRequest
from portal.models.webhooks import Webhook
from portal.queries.privacy import find_personal_data
from portal.security import encryption
from portal.security.people import api_keys, refresh_tokens, sessions, tokens
from portal.security.people.access import DECISIONS, Access, EndReason
from portal.security.people.jwt import AccessToken as AccessToken
from portal.services.organizations import invitations, organizations
from portal.services.people import (
    accounts,
    email_change,
    forgotten_password,
    passwords,
    pending_sign_ins,
    second_factor,
    users,
)
from portal.services.people import sessions as session_services
from portal.services.privacy import erase
from portal.web.people import devices
from tests import factories
from tests.cast import Cast

pytestmark = pytest.mark.threat("sessions that outlive their end")

IDLE = {"idle": timedelta(days=1), "idle_remembered": timedelta(days=1)}
Opens = Callable[[], bool]


def row(person: Actor) -> User:
    return db.session.get_one(User, person.id)


def browser(user: User) -> str:
    lifetime = timedelta(days=1)
    token = sessions.start(user, remembered=False, lifetime=lifetime, address="", user_agent="")
    db.session.flush()
    return token


def added(made: Any) -> Any:
    db.session.add(made)
    db.session.flush()
    return made


def is_there(model: type, made_id: int) -> bool:
    return db.session.scalar(select(model).where(model.id == made_id)) is not None  # type: ignore[attr-defined]


# Each makes one for `user` and answers how to find out whether it still opens anything.


def password(user: User) -> Opens:
    return lambda: user.password_hash is not None


def authenticator(user: User) -> Opens:
    user.totp_secret, user.totp_counter = encryption.encrypt("secret"), 1
    return lambda: user.totp_counter is not None and user.totp_secret is not None


def passkey(user: User) -> Opens:
    made = added(Passkey(user_id=user.id, name="Phone", credential_id="phone", public_key="x"))
    made_id = made.id
    return lambda: is_there(Passkey, made_id)


def recovery_code(user: User) -> Opens:
    made_id = added(RecoveryCode(user_id=user.id, code_hash="x")).id
    return lambda: is_there(RecoveryCode, made_id)


def signed_in_browser(user: User) -> Opens:
    token = browser(user)
    return lambda: sessions.load(token, **IDLE) is not None


def known_browser(user: User) -> Opens:
    with current_app.test_request_context():
        devices.remember(user)
        answer = current_app.process_response(Response())
    cookie = answer.headers["Set-Cookie"].partition(";")[0]

    def knows() -> bool:
        with current_app.test_request_context(headers={"Cookie": cookie}):
            return devices.number_for_email(user.email) is not None

    return knows


def pending_sign_in(user: User) -> Opens:
    made = pending_sign_ins.begin(user=user, remembered=False)
    text = tokens.sign(TokenPurpose.SECOND_FACTOR, made)
    return lambda: pending_sign_ins.find(text) is not None


def program(user: User) -> Opens:
    family, _text = refresh_tokens.start(user)
    token = AccessToken(user.id, user.epoch, family.id, clock.now())
    return lambda: refresh_tokens.find_actor(token) is not None


def api_key(user: User) -> Opens:
    _row, text = api_keys.issue(user, name="ERP", scope=KeyScope.WRITE, expires_at=None)
    db.session.flush()
    return lambda: api_keys.authenticate(text) is not None


def link(purpose: TokenPurpose) -> Callable[[User], Opens]:
    def make(user: User) -> Opens:
        text = tokens.sign(purpose, tokens.issue(user, purpose, email="moved@example.com"))

        def works() -> bool:
            try:
                tokens.find(purpose, text)
            except BadLink:
                return False
            return True

        return works

    return make


def invitation(user: User) -> Opens:
    made = added(
        Invitation(
            organization_id=user.organization_id,
            email="guest@example.com",
            role=OrganizationRole.USER,
            invited_by_id=user.id,
            expires_at=clock.now() + timedelta(days=1),
        )
    )
    made_id = made.id
    query = select(Invitation.revoked_at).where(Invitation.id == made_id)
    return lambda: db.session.scalar(query) is None


def webhook(user: User) -> Opens:
    """An admin's is the desk's own."""
    place = None if user.role == Role.ADMIN else user.organization_id
    made = added(
        Webhook(
            organization_id=place,
            owner_id=user.id,
            url="https://hooks.example/",
            events=[],
            secret="x",
        )
    )
    made_id = made.id
    return lambda: (
        db.session.scalar(select(Webhook.owner_id).where(Webhook.id == made_id)) is not None
    )


MAKE: dict[Access, Callable[[User], Opens]] = {
    Access.PASSWORD: password,
    Access.AUTHENTICATOR: authenticator,
    Access.PASSKEYS: passkey,
    Access.RECOVERY_CODES: recovery_code,
    Access.BROWSERS: signed_in_browser,
    Access.KNOWN_BROWSERS: known_browser,
    Access.PENDING_SIGN_INS: pending_sign_in,
    Access.PROGRAMS: program,
    Access.API_KEYS: api_key,
    Access.RESET_LINKS: link(TokenPurpose.RESET),
    Access.EMAIL_LINKS: link(TokenPurpose.CHANGE_EMAIL),
    Access.UNDO_LINKS: link(TokenPurpose.UNDO_EMAIL),
    Access.INVITATIONS: invitation,
    Access.WEBHOOKS: webhook,
}


# What happens, and to whom.


def text_of(user: User, purpose: TokenPurpose) -> str:
    found = tokens.pending(user, purpose)
    assert found is not None
    return tokens.sign(purpose, found)


def sign_in(cast: Cast, user: User) -> None:
    accounts.record_sign_in(user=user, renewed_hash=None)


def change_password(cast: Cast, user: User) -> None:
    passwords.change(user=user, proven_hash=user.password_hash, password_hash="another")


def reset_password(cast: Cast, user: User) -> None:
    forgotten_password.reset(text=text_of(user, TokenPurpose.RESET), password_hash="another")


def prove_address(cast: Cast, user: User) -> None:
    user.is_verified = False
    reset_password(cast, user)


def change_email(cast: Cast, user: User) -> None:
    email_change.confirm(actor=user.actor, text=text_of(user, TokenPurpose.CHANGE_EMAIL))


def take_account_back(cast: Cast, user: User) -> None:
    change_email(cast, user)
    email_change.restore(text_of(user, TokenPurpose.UNDO_EMAIL))


def sign_others_out(cast: Cast, user: User) -> None:
    here = sessions.load(browser(user), **IDLE)
    assert here is not None
    session_services.end_others(actor=here[0], user=user)
    assert sessions.load(here[0].session_token, **IDLE) is not None


def take_second_factor(cast: Cast, user: User) -> None:
    second_factor.reset_by_admin(actor=cast.ada, user=user)


def change_role(cast: Cast, user: User) -> None:
    sue = row(cast.sue)
    users.set_role(actor=cast.ada, user=sue, role=Role.ADMIN)
    users.set_role(actor=factories.actor(sue), user=user, role=Role.STAFF)


def disable(cast: Cast, user: User) -> None:
    users.set_active(actor=cast.ada, user=user, active=False)


def disable_and_enable(cast: Cast, user: User) -> None:
    disable(cast, user)
    users.set_active(actor=cast.ada, user=user, active=True)


def join(cast: Cast, user: User) -> None:
    offer = invitations.invite(actor=cast.ann, email=user.email, role=OrganizationRole.ADMIN)
    invitations.accept(actor=factories.actor(user), text=tokens.sign(invitations.PURPOSE, offer))


def leave(cast: Cast, user: User) -> None:
    organizations.leave(actor=factories.actor(user))


def lose_role(cast: Cast, user: User) -> None:
    role = OrganizationRole.VIEWER
    organizations.set_member_role(actor=cast.ann, member_id=user.id, role=role)


def be_forgotten(cast: Cast, user: User) -> None:
    request = added(PrivacyRequest(user_id=user.id, kind=PrivacyKind.DELETION, due_at=clock.now()))
    assert erase.erase_person(request.id, find_personal_data.find_rows(user)) is not None


OCCASIONS: dict[EndReason, tuple[str, Callable[[Cast, User], None]]] = {
    EndReason.SIGNED_IN: ("bob", sign_in),
    EndReason.PASSWORD_CHANGED: ("bob", change_password),
    EndReason.PASSWORD_RESET: ("bob", reset_password),
    EndReason.ADDRESS_PROVEN: ("bob", prove_address),
    EndReason.EMAIL_CHANGED: ("bob", change_email),
    EndReason.EMAIL_RESTORED: ("bob", take_account_back),
    EndReason.OTHERS_SIGNED_OUT: ("bob", sign_others_out),
    EndReason.SECOND_FACTOR_TAKEN: ("bob", take_second_factor),
    EndReason.ROLE_CHANGED: ("ada", change_role),
    EndReason.DISABLED: ("bob", disable),
    EndReason.ENABLED: ("bob", disable_and_enable),
    EndReason.JOINED: ("carl", join),
    EndReason.LEFT: ("bob", leave),
    EndReason.ORGANIZATION_ROLE_CHANGED: ("bob", lose_role),
    EndReason.ERASED: ("bob", be_forgotten),
}


@pytest.fixture
def cast(cast: Cast, context: AppContext) -> Cast:
    """The cast in a write unit; Bob helps Ann to run Acme."""
    begin_write()
    row(cast.bob).organization_role = OrganizationRole.ADMIN
    return cast


@pytest.mark.parametrize("why", EndReason, ids=str)
def test_what_is_decided_to_end_ends_and_the_rest_goes_on(cast: Cast, why: EndReason) -> None:
    name, happen = OCCASIONS[why]
    user = row(getattr(cast, name))
    held = {kind: make(user) for kind, make in MAKE.items()}
    assert all(opens() for opens in held.values())
    happen(cast, user)
    db.session.flush()
    assert {kind for kind, opens in held.items() if opens()} == DECISIONS[why].keeps


def test_each_kind_and_each_occasion_is_tried() -> None:
    assert (set(MAKE), set(OCCASIONS)) == (set(Access), set(EndReason))


def test_what_was_left_to_somebody_disabled_long_ago_is_not_given_back(cast: Cast) -> None:
    user = row(cast.bob)
    opens = [make(user) for make in (api_key, program, signed_in_browser)]
    user.is_active = False
    users.set_active(actor=cast.ada, user=user, active=True)
    db.session.flush()
    assert not any(one() for one in opens)


def test_no_purpose_of_a_link_is_forgotten_when_an_account_is_shut(cast: Cast) -> None:
    # Those have rows of their own, and are not for people with an account.
    others = {TokenPurpose.INVITATION, TokenPurpose.REGISTRATION, TokenPurpose.DOMAIN}
    works = [link(purpose)(row(cast.bob)) for purpose in set(TokenPurpose) - others]
    assert all(one() for one in works)
    disable_and_enable(cast, row(cast.bob))
    assert not any(one() for one in works)


def test_each_key_that_ends_stands_in_the_log_by_name(cast: Cast) -> None:
    api_key(row(cast.bob))
    disable(cast, row(cast.bob))
    db.session.flush()
    event = db.session.scalars(select(AccountEvent).where(AccountEvent.kind == "key_revoked")).one()
    assert (event.user_id, event.actor_id, event.data["name"]) == (cast.bob.id, cast.ada.id, "ERP")


def told(person: Actor) -> list[str]:
    db.session.flush()
    query = select(Outbox).where(Outbox.user_id == person.id).order_by(Outbox.id)
    return [mail.data["kind"] for mail in db.session.scalars(query)]


def test_who_is_let_in_again_or_has_another_role_is_told_what_ended(cast: Cast) -> None:
    user = row(cast.bob)
    user.last_sign_in_at = clock.now()
    disable_and_enable(cast, user)
    users.set_role(actor=cast.ada, user=user, role=Role.STAFF)
    assert told(cast.bob) == ["enabled", "role_changed"]


def test_who_has_never_been_here_is_told_nothing_of_being_let_in(cast: Cast) -> None:
    disable_and_enable(cast, row(cast.carl))
    assert told(cast.carl) == []


def test_a_webhook_stays_in_the_hands_of_who_may_still_see_to_it(cast: Cast) -> None:
    answered_for = webhook(row(cast.bob))
    role = OrganizationRole.OWNER
    organizations.set_member_role(actor=cast.ann, member_id=cast.bob.id, role=role)
    assert answered_for()
