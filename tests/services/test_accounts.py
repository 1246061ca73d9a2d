import pytest
from flask.ctx import AppContext
from sqlalchemy import select

from portal.extensions import begin_write, db
from portal.models import Organization, Outbox, User
from portal.security import passwords
from portal.services import accounts
from tests.cast import PASSWORD, Cast

HASH = passwords.hash_password("a new password", rounds=4)


def register(email: str, **facts: str) -> User | None:
    begin_write()
    return accounts.register(email=email, password_hash=HASH, **facts)


def test_who_names_a_company_owns_it(context: AppContext, app: object):
    user = register("dora@example.com", company_name="Dora & Sons")
    assert user is not None
    organization = db.session.get_one(Organization, user.organization_id)
    assert (organization.name, organization.personal) == ("Dora & Sons", False)
    assert (user.role, user.organization_role) == ("customer", "owner")


def test_who_names_none_gets_a_personal_one(context: AppContext, app: object):
    user = register("dora@example.com", first_name="Dora", last_name="Dean")
    assert user is not None
    organization = db.session.get_one(Organization, user.organization_id)
    assert (organization.name, organization.personal) == ("Dora Dean", True)


def test_a_taken_address_makes_no_account_and_its_owner_is_told(context: AppContext, cast: Cast):
    assert register(cast.ann.email) is None
    owed = db.session.scalars(select(Outbox)).one()
    assert (owed.template, owed.recipient) == ("already_registered", cast.ann.email)


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
    assert accounts.renewed_hash(user, PASSWORD, rounds=4) is None
    renewed = accounts.renewed_hash(user, PASSWORD, rounds=5)
    assert renewed is not None
    assert passwords.verify(PASSWORD, renewed, rounds=5)
