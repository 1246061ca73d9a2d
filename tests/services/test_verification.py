import pytest
from flask.ctx import AppContext
from sqlalchemy import select

from portal.errors import BadLink, Unverified
from portal.extensions import begin_write, db
from portal.models import AccountEvent, KeyScope, Outbox, User, UserToken, WebhookEvent
from portal.security import tokens
from portal.security.outbound import Target
from portal.security.passkeys import NewPasskey
from portal.services import api_keys, passkeys, second_factor, tickets, verification, webhooks
from tests.cast import Cast


@pytest.fixture
def carl(context: AppContext, cast: Cast) -> User:
    """Carl, whose address is not confirmed, inside a write unit."""
    begin_write()
    user = db.session.get_one(User, cast.carl.id)
    user.is_verified = False
    db.session.flush()
    return user


def test_one_ticket_is_filed_and_no_second(carl: User) -> None:
    tickets.file(actor=carl.actor, subject="One", message="First.")
    with pytest.raises(Unverified):
        tickets.file(actor=carl.actor, subject="Two", message="Second.")
    verification.mark(carl)
    tickets.file(actor=carl.actor, subject="Two", message="Second.")


def test_mail_to_others_has_to_wait(carl: User) -> None:
    with pytest.raises(Unverified):
        verification.require(carl.actor)
    verification.mark(carl)
    verification.require(carl.actor)


@pytest.mark.threat("rights kept or taken")
def test_nothing_can_be_left_behind_that_opens_the_account_after_a_reset(carl: User) -> None:
    """Whoever registers with an address of somebody else has no way in once that one comes."""
    who = {"actor": carl.actor, "user": carl}
    made = NewPasskey("id", "key", 0, [])
    key = {"name": "Key", "scope": KeyScope.READ, "days": 90}
    target = Target("https", "example.com", 443, "/")
    for plant in (
        lambda: api_keys.create(**who, **key),
        lambda: api_keys.reset_all(**who, **key),
        lambda: passkeys.add(**who, made=made, name="Passkey"),
        lambda: second_factor.begin_totp(user=carl),
        lambda: second_factor.confirm_totp(**who, code="000000"),
        lambda: webhooks.create(
            actor=carl.actor,
            organization_id=carl.organization_id,
            target=target,
            events=[WebhookEvent.TICKET_CREATED],
        ),
    ):
        with pytest.raises(Unverified):
            plant()


def test_who_is_believed_is_not_asked(carl: User) -> None:
    carl.is_verified = True
    assert not verification.ask(carl)
    assert not list(db.session.scalars(select(Outbox)))


def test_the_outbox_holds_no_link(carl: User) -> None:
    verification.ask(carl)
    owed = db.session.scalars(select(Outbox)).one()
    token = db.session.scalars(select(UserToken)).one()
    assert (owed.template, owed.recipient, owed.data) == (
        "verify_email", carl.email, {"token": token.id},
    )  # fmt: skip


def test_being_confirmed_twice_is_written_down_once(carl: User) -> None:
    verification.ask(carl)
    token = db.session.scalars(select(UserToken)).one()
    verification.confirm(tokens.sign("verify", token))
    verification.mark(carl)
    assert [line.kind for line in db.session.scalars(select(AccountEvent))] == ["verified"]
    with pytest.raises(BadLink):
        verification.confirm(tokens.sign("verify", token))
