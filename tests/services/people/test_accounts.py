import pytest
from flask.ctx import AppContext
from sqlalchemy import select

from portal.errors import EmailTaken, Invalid
from portal.extensions import begin_write, db
from portal.models.organizations import Organization
from portal.models.people import AccountEvent, User
from portal.security.people import passwords
from portal.services.organizations import organizations
from portal.services.people import accounts
from tests.cast import PASSWORD, Cast

HASH = passwords.hash_password("a new password", rounds=4)


def register(email: str, **facts: str) -> User:
    begin_write()
    return accounts.register(email=email, password_hash=HASH, verified=True, **facts)


def test_who_names_a_company_owns_it(context: AppContext, app: object):
    user = register("dora@example.com", company_name="Dora & Sons")
    organization = db.session.get_one(Organization, user.organization_id)
    assert (organization.name, organization.personal) == ("Dora & Sons", False)
    assert (user.role, user.organization_role) == ("customer", "owner")


def test_who_names_none_gets_a_personal_one(context: AppContext, app: object):
    user = register("dora@example.com", first_name="Dora", last_name="Dean")
    organization = db.session.get_one(Organization, user.organization_id)
    assert (organization.name, organization.personal) == ("Dora Dean", True)


@pytest.mark.parametrize(
    "facts",
    [
        {"email": "dora@example.com", "first_name": "D" * 100, "last_name": "E" * 100},
        {"email": f"{'d' * 60}@{'e' * 63}.{'f' * 63}.{'g' * 55}.example"},
    ],
    ids=["two names of full length", "an address of full length"],
)
def test_whoever_has_a_long_name_gets_a_personal_one_too(
    context: AppContext, app: object, facts: dict[str, str]
):
    user = register(**facts)
    organization = db.session.get_one(Organization, user.organization_id)
    assert len(organization.name) == organizations.MAX_NAME


def test_a_taken_address_makes_no_account(context: AppContext, cast: Cast):
    with pytest.raises(EmailTaken):
        register(cast.ann.email)


def test_a_name_that_was_taken_at_this_very_moment_is_named(context: AppContext, cast: Cast):
    begin_write()
    db.session.get_one(User, cast.ann.id).username = "annie"
    db.session.flush()
    with pytest.raises(Invalid) as refused:
        accounts.register(
            email="dora@example.com", password_hash=HASH, verified=True, username="annie"
        )
    assert refused.value.details == {"username": "taken"}


def test_the_address_is_shown_to_be_ones_own_once(context: AppContext, cast: Cast):
    begin_write()
    user = db.session.get_one(User, cast.ann.id)
    user.is_verified = False
    for _ in range(2):
        accounts.mark_verified(user)
    assert user.is_verified
    assert [line.kind for line in db.session.scalars(select(AccountEvent))] == ["verified"]


@pytest.mark.parametrize(
    ("active", "password", "opens"),
    [(True, PASSWORD, True), (True, "wrong", False), (False, PASSWORD, False)],
)
def test_a_password_opens_an_active_account(
    context: AppContext, cast: Cast, active: bool, password: str, opens: bool
):
    user = db.session.get_one(User, cast.ann.id)
    user.is_active = active
    assert accounts.check_password(user, password, rounds=4) is opens
    db.session.rollback()


def test_a_password_opens_nothing_for_nobody(context: AppContext, app: object):
    assert not accounts.check_password(None, PASSWORD, rounds=4)


def test_an_old_or_cheap_hash_is_renewed(context: AppContext, cast: Cast):
    user = db.session.get_one(User, cast.ann.id)
    assert accounts.rehash_if_outdated(user, PASSWORD, rounds=4) is None
    renewed = accounts.rehash_if_outdated(user, PASSWORD, rounds=5)
    assert renewed is not None
    assert passwords.verify(PASSWORD, renewed, rounds=5)
