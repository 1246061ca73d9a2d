"""People of another desk get accounts that only their owners can take, and nobody else's rights."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.ctx import AppContext
from sqlalchemy import func, select

from portal import clock
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox
from portal.models.organizations import Organization
from portal.models.people import AccountEvent, OrganizationRole, TokenPurpose, User, UserToken
from portal.models.webhooks import WebhookDelivery
from portal.queries.people.users import Account
from portal.services.people.imports import ImportedPerson, accounts_for
from tests.cast import PASSWORD, Cast
from tests.mailbox import Mailbox
from tests.page import Visitor


def person(email: str, company: str = "", name: str = "New Person") -> ImportedPerson:
    first, _space, last = name.partition(" ")
    return ImportedPerson(email, first, last, company)


def imported(*people: ImportedPerson, source: str = "zendesk") -> dict[str, Account]:
    begin_write()
    accounts = accounts_for(people, source=source)
    db.session.commit()
    return accounts


def user(account: Account) -> User:
    return db.session.get_one(User, account.user_id)


def test_a_person_without_a_company_has_an_organization_of_their_own(context: AppContext) -> None:
    account = imported(person("new@example.org"))["new@example.org"]
    made = user(account)
    assert (made.name, made.role, made.password_hash) == ("New Person", "customer", None)
    assert (made.is_active, made.is_verified) == (True, False)
    assert (made.organization_id, made.organization_role) == (account.organization_id, "owner")
    home = db.session.get_one(Organization, account.organization_id)
    assert (home.name, home.personal) == ("New Person", True)
    assert list(db.session.scalars(select(AccountEvent.kind))) == ["imported"]


def test_colleagues_share_an_organization_and_read_their_own_tickets_alone(
    context: AppContext,
) -> None:
    accounts = imported(person("a@example.org", "Northwind"), person("b@example.org", "NORTHWIND "))
    later = imported(person("c@example.org", "northwind"))
    members = [user(account) for account in (*accounts.values(), *later.values())]
    assert len({one.organization_id for one in members}) == 1
    assert {one.organization_role for one in members} == {OrganizationRole.USER}
    assert not any(one.actor.reads_organization for one in members)


@pytest.mark.threat("foreign rows")
def test_who_has_called_an_organization_the_same_reads_nothing_of_theirs(
    app: Flask, context: AppContext, cast: Cast
) -> None:
    accounts = imported(person("new@example.org", "Acme"), person("also@example.org", "acme"))
    assert cast.ann.organization_id not in {one.organization_id for one in accounts.values()}


def test_equal_companies_of_two_old_desks_are_two(context: AppContext) -> None:
    first = imported(person("a@example.org", "Northwind"), source="zendesk")
    second = imported(person("b@example.org", "Northwind"), source="jira")
    assert first["a@example.org"].organization_id != second["b@example.org"].organization_id


@pytest.mark.threat("rights kept or taken")
def test_who_has_an_account_keeps_it_as_it_is(context: AppContext, cast: Cast) -> None:
    before = {name: getattr(cast.ann, name) for name in ("id", "organization_id")}
    known = imported(
        person(cast.ann.email, "Northwind", "Somebody Else"), person(cast.sam.email, "Northwind")
    )
    assert known[cast.ann.email] == Account(*before.values())
    assert known[cast.sam.email] == Account(cast.sam.id, cast.sam.organization_id)
    assert user(known[cast.ann.email]).name == "Ann Archer"
    query = select(func.count()).where(Organization.name == "Northwind")
    assert db.session.scalar(query) == 0


def test_an_address_that_can_still_be_taken_back_stays_with_its_account(
    context: AppContext, cast: Cast
) -> None:
    begin_write()
    link = UserToken(
        user_id=cast.ann.id,
        purpose=TokenPurpose.UNDO_EMAIL,
        expires_at=clock.now() + timedelta(days=1),
        data={"from": "former@example.com", "to": cast.ann.email},
    )
    db.session.add(link)
    db.session.commit()
    account = imported(person("former@example.com"))["former@example.com"]
    assert account.user_id == cast.ann.id


def test_a_second_time_adds_nobody(context: AppContext) -> None:
    people = person("a@example.org", "Northwind"), person("b@example.org")
    assert imported(*people) == imported(*people)
    assert db.session.scalar(select(func.count()).select_from(User)) == 2


def test_nobody_is_told(context: AppContext, cast: Cast) -> None:
    imported(person("a@example.org", "Northwind"), person("b@example.org"))
    for model in (Outbox, WebhookDelivery):
        assert db.session.scalar(select(func.count()).select_from(model)) == 0


def test_the_owner_of_the_address_gets_in_by_the_link_for_a_forgotten_password(
    app: Flask, client: Visitor, mailbox: Mailbox
) -> None:
    with app.app_context():
        account = imported(person("new@example.org", "Northwind"))["new@example.org"]
        owner = user(account).actor
    client.post("/auth/login", {"email": owner.email, "password": PASSWORD}, status=422)
    client.post("/auth/forgot", {"email": owner.email})
    client.post(mailbox.link(owner.email, "reset"), {"password": PASSWORD})
    client.enter(owner)
    assert owner.email in client.get("/account/").text
