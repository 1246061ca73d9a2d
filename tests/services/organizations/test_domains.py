"""Mail domains: who may ask for one, who confirms it, and whom it lets in."""

from datetime import timedelta

import pytest
import time_machine
from flask.ctx import AppContext
from sqlalchemy import select

from jobs.parts import expiry
from portal import clock
from portal.errors import BadLink, DomainTaken, Forbidden, Invalid, NotFound, OrganizationShut
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox
from portal.models.organizations import Organization, OrganizationDomain, Plan, PlanName
from portal.models.people import AccountEvent, Actor, OrganizationRole, TokenPurpose, User
from portal.queries.organizations import domains as queries
from portal.queries.organizations import organizations
from portal.security.people import tokens
from portal.services.organizations import domains, new_members, standing
from portal.services.people import accounts, users
from tests import factories
from tests.cast import Cast

OWNER, ADMIN, USER, VIEWER = OrganizationRole
MAILBOX = "postmaster@acme.example"


@pytest.fixture(autouse=True)
def unit(context: AppContext, cast: Cast) -> None:
    begin_write()


def place(person: Actor) -> Organization:
    return organizations.lock(person.organization_id)


def ask(
    person: Actor, email: str = MAILBOX, role: OrganizationRole = USER, of: Actor | None = None
) -> str:
    """The text of the link."""
    row = domains.ask(actor=person, organization=place(of or person), email=email, role=role)
    return tokens.sign(TokenPurpose.DOMAIN, row)


def register(email: str, **person: str) -> User:
    user = new_members.open_account(email=email, **person)  # type: ignore[arg-type]
    db.session.flush()
    return user


def kinds(person: Actor | User) -> list[str]:
    query = select(AccountEvent.kind).where(AccountEvent.user_id == person.id)
    return list(db.session.scalars(query.order_by(AccountEvent.id)))


def test_new_accounts_of_a_confirmed_domain_join_and_others_do_not(cast: Cast) -> None:
    text = ask(cast.ann, role=VIEWER)
    assert register("early@acme.example").organization_id != cast.ann.organization_id
    domains.confirm(text)
    dora = register("dora@acme.example", company_name="Dora & Sons", first_name="Dora")
    assert (dora.organization_id, dora.organization_role) == (cast.ann.organization_id, VIEWER)
    assert (dora.role, dora.is_verified) == ("customer", True)
    assert kinds(dora) == ["registered", "joined"]
    for email in ("dora@sub.acme.example", "dora@acme.example.org", "acme.example@birch.example"):
        assert register(email).organization_id != cast.ann.organization_id
    early = db.session.scalars(select(User).filter_by(email="early@acme.example")).one()
    assert early.organization_id != cast.ann.organization_id


def test_an_address_that_nobody_has_proven_does_not_join(cast: Cast) -> None:
    domains.confirm(ask(cast.ann))
    user = accounts.find_or_add_contact(actor=cast.sam, email="dora@acme.example")
    assert user.organization_id != cast.ann.organization_id


def test_the_link_goes_to_the_domain_and_owners_hear_of_its_confirmation(cast: Cast) -> None:
    text = ask(cast.ann)
    mail = db.session.scalars(select(Outbox)).one()
    assert (mail.template, mail.recipient, mail.user_id) == ("confirm_domain", MAILBOX, None)
    assert text not in str(mail.data)
    domains.confirm(text)
    told = db.session.scalars(select(Outbox).filter_by(template="account_notice")).one()
    assert (told.recipient, told.data["kind"], told.data["about"]) == (
        cast.ann.email, "domain_confirmed", "acme.example",
    )  # fmt: skip
    assert kinds(cast.ann) == ["domain_asked", "domain_confirmed"]


@pytest.mark.parametrize(
    ("email", "code"),
    [
        ("ann@acme.example", "not_of_domain"),
        ("postmaster@gmail.com", "public_domain"),
        ("admin@some.mail.ru", "public_domain"),
    ],
)
@pytest.mark.threat("foreign rows")
def test_what_speaks_for_no_domain_is_refused(cast: Cast, email: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        ask(cast.ann, email)
    assert refused.value.details == {"email": code}


def test_the_desk_knows_other_addresses_that_speak_for_a_domain(cast: Cast) -> None:
    domains.confirm(ask(cast.ada, "it@acme.example", of=cast.ann))
    assert register("dora@acme.example").organization_id == cast.ann.organization_id
    with pytest.raises(Invalid):
        ask(cast.ada, "postmaster@gmail.com", of=cast.ann)


def test_nobody_becomes_more_than_a_user_and_nobody_joins_one_person(cast: Cast) -> None:
    for role in (OWNER, ADMIN):
        with pytest.raises(Invalid):
            ask(cast.ann, role=role)
    with pytest.raises(Invalid) as refused:
        ask(cast.carl)
    assert refused.value.details == {"email": "unnamed"}


@pytest.mark.threat("rules in the browser alone")
def test_only_who_manages_the_organization_or_people_does_any_of_it(cast: Cast) -> None:
    row = queries.find(tokens.find_row(domains.PURPOSE, ask(cast.ann), OrganizationDomain).id)
    assert row
    for person in (cast.bob, cast.carl, cast.sam):
        given = {"actor": person, "organization": place(cast.ann)}
        with pytest.raises(Forbidden):
            domains.ask(**given, email=MAILBOX, role=USER)
        with pytest.raises(Forbidden):
            domains.set_role(**given, domain_id=row.domain.id, role=VIEWER)
        with pytest.raises(Forbidden):
            domains.remove(**given, domain_id=row.domain.id)
    with pytest.raises(NotFound):
        domains.remove(actor=cast.carl, organization=place(cast.carl), domain_id=row.domain.id)


def test_a_domain_has_one_organization_and_asking_does_not_tell_which(cast: Cast) -> None:
    birch = factories.user("o@birch.example", organization_id=factories.organization("Birch").id)
    theirs = ask(factories.actor(birch))
    mine = ask(cast.ann)
    domains.confirm(theirs)
    other = ask(cast.ann, "postmaster@other.example")
    with pytest.raises(DomainTaken):
        domains.confirm(mine)
    db.session.rollback()
    assert other


def test_asked_for_again_the_former_link_ends_and_a_confirmed_one_stays(cast: Cast) -> None:
    older, newer = ask(cast.ann), ask(cast.ann, "admin@acme.example", VIEWER)
    with pytest.raises(BadLink):
        domains.confirm(older)
    domains.confirm(newer)
    with pytest.raises(BadLink):
        domains.confirm(newer)
    with pytest.raises(Invalid) as refused:
        ask(cast.ann)
    assert refused.value.details == {"email": "domain_here"}


def test_the_link_ends_with_the_power_of_who_asked(cast: Cast) -> None:
    text = ask(cast.ann)
    users.set_active(actor=cast.ada, user=db.session.get_one(User, cast.ann.id), active=False)
    with pytest.raises(BadLink):
        domains.find(text)


def test_removed_nobody_joins_any_more_and_who_has_stays(cast: Cast) -> None:
    domains.confirm(ask(cast.ann))
    dora = register("dora@acme.example")
    (row,) = queries.of_organization(cast.ann.organization_id)
    assert domains.set_role(
        actor=cast.ann, organization=place(cast.ann), domain_id=row.id, role=VIEWER
    )
    assert register("eve@acme.example").organization_role == VIEWER
    name = domains.remove(actor=cast.ann, organization=place(cast.ann), domain_id=row.id)
    db.session.flush()
    assert name == "acme.example"
    assert register("fay@acme.example").organization_id != cast.ann.organization_id
    assert dora.organization_id == cast.ann.organization_id
    assert kinds(cast.ann)[-2:] == ["domain_changed", "domain_removed"]


def test_where_there_is_no_room_an_account_has_an_organization_of_its_own(cast: Cast) -> None:
    domains.confirm(ask(cast.ann))
    db.session.add(Plan(name=PlanName.FREE, members=2, open_tickets=1))
    place(cast.ann).plan = PlanName.FREE
    db.session.flush()
    assert register("dora@acme.example").organization_id != cast.ann.organization_id


def test_who_becomes_a_viewer_and_has_a_ticket_keeps_it_in_an_organization_of_their_own(cast: Cast):
    domains.confirm(ask(cast.ann, role=VIEWER))
    user = new_members.open_account(email="dora@acme.example", ticket_bytes=0)
    assert user.organization_role == OWNER
    assert register("eve@acme.example").organization_role == VIEWER


def test_who_writes_a_mail_joins_where_their_domain_has_signed_for_it(cast: Cast) -> None:
    domains.confirm(ask(cast.ann))
    for email, proven in (("dora@acme.example", True), ("eve@acme.example", False)):
        user = new_members.open_contact(email=email, name="Dora D", locale="en", proven=proven)
        db.session.flush()
        assert (user.organization_id == cast.ann.organization_id) is proven
        assert (user.is_verified, user.password_hash, user.name) == (False, None, "Dora D")


def test_of_an_organization_without_access_nobody_new_comes_in(cast: Cast) -> None:
    domains.confirm(ask(cast.ann))
    standing.set_active(actor=cast.ada, organization=place(cast.ann), active=False)
    user = register("dora@acme.example")
    with pytest.raises(OrganizationShut):
        accounts.record_sign_in(user=user, renewed_hash=None)


def test_what_nobody_confirms_goes_with_the_sweep(cast: Cast) -> None:
    ask(cast.ann)
    domains.confirm(ask(cast.ann, "admin@birch.example"))
    db.session.commit()
    with time_machine.travel(clock.now() + timedelta(days=15)):
        expiry.delete_expired_domains()
    assert [row.domain for row in db.session.scalars(select(OrganizationDomain))] == [
        "birch.example"
    ]
