"""Invitations: who may send them, what they open, and every way in which they stop working."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.ctx import AppContext
from sqlalchemy import delete, select, update

from portal import clock
from portal.errors import BadLink, EmailTaken, Forbidden, Invalid, MemberElsewhere, NotFound
from portal.extensions import begin_write, db
from portal.mail import outgoing
from portal.models.delivery import Outbox
from portal.models.organizations import Credential, Invitation, Organization
from portal.models.people import AccountEvent, Actor, OrganizationRole, Role, TokenPurpose, User
from portal.models.products import ProductSchedule
from portal.queries.organizations import invitations as invitation_queries
from portal.queries.tickets import tickets
from portal.queries.tickets.lists import ticket_list
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.security.people import tokens
from portal.services.organizations import invitations, organizations
from tests import factories
from tests.cast import Cast

OWNER, ADMIN, USER, VIEWER = OrganizationRole
ZOE = "zoe@example.com"

pytestmark = pytest.mark.usefixtures("context")


def row(actor: Actor) -> User:
    return db.session.get_one(User, actor.id)


def make(actor: Actor, role: OrganizationRole) -> Actor:
    row(actor).organization_role = role
    db.session.flush()
    return factories.actor(row(actor))


def invite(actor: Actor, email: str = ZOE, role: OrganizationRole = USER) -> str:
    """The text of the link that is mailed."""
    made = invitations.invite(actor=actor, email=email, role=role)
    return tokens.sign(invitations.PURPOSE, made)


def accept_new(text: str) -> User | None:
    return invitations.accept_new(text=text, password_hash="x", first_name="Zoe")


def events(kind: str) -> list[AccountEvent]:
    return list(db.session.scalars(select(AccountEvent).where(AccountEvent.kind == kind)))


def mails(template: str) -> list[Outbox]:
    query = select(Outbox).where(Outbox.template == template).order_by(Outbox.id)
    return list(db.session.scalars(query))


def open_emails(actor: Actor) -> list[str]:
    return [offer.invitation.email for offer in invitation_queries.list_acceptable(actor)]


def test_an_invitation_owes_a_mail_that_names_no_secret(cast: Cast) -> None:
    begin_write()
    text = invite(cast.ann, role=ADMIN)
    (mail,) = mails("invitation")
    assert (mail.recipient, mail.user_id, set(mail.data)) == (ZOE, None, {"invitation"})
    assert text not in str(mail.data)
    assert open_emails(cast.ann) == [ZOE]
    (event,) = events("invited")
    assert (event.user_id, event.data) == (cast.ann.id, {"email": ZOE, "role": "admin"})


def test_other_owners_hear_of_an_invitation(cast: Cast) -> None:
    begin_write()
    invite(make(cast.bob, ADMIN))
    assert [(m.recipient, m.data["kind"]) for m in mails("account_notice")] == [
        (cast.ann.email, "invited")
    ]


def test_an_account_of_that_address_changes_nothing_about_the_answer(cast: Cast) -> None:
    """V14: who invites does not find out who is a customer."""
    begin_write()
    known = invitations.invite(actor=cast.ann, email=cast.carl.email, role=USER)
    unknown = invitations.invite(actor=cast.ann, email=ZOE, role=USER)
    assert (known.role, known.expires_at - known.created_at < timedelta(days=7, seconds=1)) == (
        unknown.role,
        True,
    )
    assert sorted(open_emails(cast.ann)) == sorted([ZOE, cast.carl.email])
    assert [mail.recipient for mail in mails("invitation")] == [cast.carl.email, ZOE]


@pytest.mark.threat("rights kept or taken")
@pytest.mark.parametrize(
    ("place", "role", "may"),
    [
        (OWNER, OWNER, True),
        (ADMIN, ADMIN, True),
        (ADMIN, OWNER, False),
        (USER, VIEWER, False),
        (VIEWER, VIEWER, False),
    ],
)
def test_nobody_invites_above_the_own_role(
    cast: Cast, place: OrganizationRole, role: OrganizationRole, may: bool
) -> None:
    """V2: role escalation."""
    begin_write()
    bob = make(cast.bob, place)
    if may:
        assert invite(bob, role=role)
        return
    with pytest.raises(Forbidden):
        invite(bob, role=role)


def test_what_cannot_be_asked_is_refused_beside_the_address(cast: Cast) -> None:
    begin_write()
    for actor, email, code in (
        (cast.ann, cast.bob.email, "member"),
        (cast.carl, ZOE, "unnamed"),
    ):
        with pytest.raises(Invalid) as refused:
            invite(actor, email)
        assert refused.value.details == {"email": code}


def test_twenty_can_be_open_and_asking_one_again_is_none_more(cast: Cast) -> None:
    begin_write()
    here_since(timedelta(days=30), cast.ann)
    for number in range(20):
        invite(cast.ann, f"zoe{number}@example.com")
    invite(cast.ann, "zoe3@example.com")
    with pytest.raises(Invalid) as refused:
        invite(cast.ann)
    assert refused.value.details == {"email": "too_many_invitations"}
    assert len(open_emails(cast.ann)) == 20


def here_since(age: timedelta, *people: Actor) -> None:
    """Let them, and Ann's organization, have been here for so long."""
    for made in (*map(row, people), db.session.get_one(Organization, people[0].organization_id)):
        made.created_at = clock.now() - age
    db.session.flush()


def sent_in_a_day(actor: Actor, prefix: str) -> int:
    """How many invitations go through, though each is taken back at once."""
    for number in range(100):
        try:
            made = invitations.invite(actor=actor, email=f"{prefix}{number}@example.com", role=USER)
        except Invalid as refused:
            return number if refused.details == {"email": "invitations_of_a_day"} else -1
        invitations.revoke(actor=actor, invitation_id=made.id)
    return 100


@pytest.mark.threat("words for strangers")
@pytest.mark.parametrize(("days", "most"), [(0, 10), (1, 20), (29, 20), (30, 50), (400, 50)])
def test_who_is_new_invites_few_in_a_day(cast: Cast, days: int, most: int) -> None:
    begin_write()
    here_since(timedelta(days=days), cast.ann, cast.carl)
    assert sent_in_a_day(cast.ann, "zoe") == most
    organizations.rename(actor=cast.carl, name="Cooper & Sons")
    assert sent_in_a_day(cast.carl, "max") == 10, "somebody else's are counted apart"
    with time_machine.travel(clock.now() + timedelta(days=1, minutes=1), tick=False):
        assert sent_in_a_day(factories.actor(row(cast.ann)), "joe") >= most


def test_somebody_new_in_an_old_organization_is_new(cast: Cast) -> None:
    begin_write()
    here_since(timedelta(days=400), cast.ann)
    bob = make(cast.bob, ADMIN)
    assert sent_in_a_day(bob, "zoe") == 10
    assert sent_in_a_day(cast.ann, "max") == 40


def test_a_newer_invitation_ends_the_former(cast: Cast) -> None:
    begin_write()
    old, new = invite(cast.ann, role=OWNER), invite(cast.ann, role=VIEWER)
    with pytest.raises(BadLink):
        accept_new(old)
    zoe = accept_new(new)
    assert zoe.organization_role == VIEWER


def test_a_new_person_comes_in_with_a_confirmed_address(cast: Cast) -> None:
    begin_write()
    zoe = accept_new(invite(cast.ann))
    assert (zoe.email, zoe.first_name, zoe.role) == (ZOE, "Zoe", Role.CUSTOMER)
    assert (zoe.organization_id, zoe.organization_role) == (cast.ann.organization_id, USER)
    assert zoe.is_verified
    (event,) = events("joined")
    assert (event.user_id, event.data["invited_by"]) == (zoe.id, cast.ann.id)
    assert len(events("registered")) == len(events("verified")) == 1
    assert [(m.recipient, m.data["kind"], m.data["about"]) for m in mails("account_notice")] == [
        (cast.ann.email, "joined", ZOE)
    ]


def test_an_account_joins_and_brings_its_tickets_but_no_credentials(app: Flask, cast: Cast) -> None:
    filed = factories.file_ticket(app, cast.carl, "Cold radiator")
    begin_write()
    home = cast.carl.organization_id
    facts = {"updated_at": clock.now(), "updated_by_id": cast.carl.id}
    db.session.add(Credential(organization_id=home, name="wb", secret="x", **facts))
    db.session.add(ProductSchedule(organization_id=home, cron="0 6 * * *", zone="UTC", failures=0))
    epoch = row(cast.carl).epoch
    text = invite(cast.ann, cast.carl.email, VIEWER)
    carl = invitations.accept(actor=cast.carl, text=text)
    assert (carl.organization_id, carl.organization_role) == (cast.ann.organization_id, VIEWER)
    assert carl.epoch == epoch + 1
    assert tickets.find(factories.actor(carl), filed.number)
    for reader, q in (
        (cast.ann, "radiator"),
        (factories.actor(carl), "radiator"),
        (factories.actor(carl), "REQ000001"),
    ):
        assert [found.id for found in ticket_list.page(reader, TicketFilter(q=q)).rows] == [
            filed.id
        ]
    assert not ticket_list.page(cast.bob, TicketFilter(q="radiator")).rows
    assert db.session.scalar(select(Credential.id)) is None
    assert db.session.scalar(select(ProductSchedule.organization_id)) is None


@pytest.mark.threat("mailed links")
def test_a_link_works_once(cast: Cast) -> None:
    """V9: replay."""
    begin_write()
    text = invite(cast.ann, cast.carl.email)
    invitations.accept(actor=cast.carl, text=text)
    organizations.leave(actor=factories.actor(row(cast.carl)))
    with pytest.raises(BadLink):
        invitations.accept(actor=factories.actor(row(cast.carl)), text=text)
    with pytest.raises(BadLink):
        accept_new(text)


def test_a_link_lives_seven_days(cast: Cast) -> None:
    """V9: expiry."""
    with time_machine.travel("2026-03-01 12:00:00Z", tick=False) as time:
        begin_write()
        text = invite(cast.ann)
        time.shift(timedelta(days=7, seconds=-1))
        assert invitations.find(text)
        time.shift(timedelta(seconds=1))
        with pytest.raises(BadLink):
            invitations.find(text)
        assert open_emails(cast.ann) == []


@pytest.mark.threat("mailed links")
def test_a_link_is_for_its_address_alone(cast: Cast) -> None:
    """V9: an invitation that was passed on, or read by another."""
    begin_write()
    text = invite(cast.ann)
    with pytest.raises(Forbidden):
        invitations.accept(actor=cast.carl, text=text)
    assert invitations.find(text)


@pytest.mark.parametrize("change", [str.upper, str.strip, lambda t: t + " ", lambda t: t[:-1]])
def test_a_text_that_is_not_ours_opens_nothing(cast: Cast, change) -> None:  # type: ignore[no-untyped-def]
    """V9: forged and mangled links."""
    begin_write()
    text = invite(cast.ann)
    altered = change(text)
    if altered == text:
        assert invitations.find(altered)
        return
    for wrong in (altered, "", " ", "1"):
        with pytest.raises(BadLink):
            invitations.find(wrong)


def test_a_link_of_another_purpose_opens_nothing(cast: Cast) -> None:
    """V9: purpose confusion."""
    begin_write()
    made = invitations.invite(actor=cast.ann, email=ZOE, role=USER)
    for purpose in set(TokenPurpose) - {invitations.PURPOSE}:
        with pytest.raises(BadLink):
            invitations.find(tokens.sign(purpose, made))
    with pytest.raises(BadLink):
        tokens.find(TokenPurpose.RESET, tokens.sign(invitations.PURPOSE, made))


@pytest.mark.threat("mailed links")
def test_a_link_does_not_open_what_got_its_number_later(cast: Cast) -> None:
    begin_write()
    text = invite(cast.ann)
    number = db.session.scalars(select(Invitation.id)).one()
    db.session.execute(delete(Invitation))
    invitations.invite(actor=cast.ann, email="cfo@example.com", role=USER)
    db.session.execute(update(Invitation).values(id=number))
    db.session.expunge_all()
    made = db.session.get_one(Invitation, number)
    with pytest.raises(BadLink):
        invitations.find(text)
    assert (
        invitations.find(tokens.sign(invitations.PURPOSE, made)).invitation.email
        == "cfo@example.com"
    )


def test_what_is_taken_back_does_not_work_nor_leave_by_mail(cast: Cast) -> None:
    begin_write()
    text = invite(cast.ann)
    (mail,) = mails("invitation")
    assert outgoing.reason_not_to_send(outgoing.read(mail.id)) is None
    invitation_id = db.session.scalars(select(Invitation.id)).one()
    assert invitations.revoke(actor=cast.ann, invitation_id=invitation_id)
    assert not invitations.revoke(actor=cast.ann, invitation_id=invitation_id)
    with pytest.raises(BadLink):
        accept_new(text)
    assert "taken back" in (outgoing.reason_not_to_send(outgoing.read(mail.id)) or "")
    db.session.execute(db.delete(Invitation))  # as the sweep does in the end
    assert "taken back" in (outgoing.reason_not_to_send(outgoing.read(mail.id)) or "")


def test_nobody_takes_back_what_is_another_organizations_or_above_them(cast: Cast) -> None:
    """V1: access across organizations."""
    begin_write()
    made = invitations.invite(actor=cast.ann, email=ZOE, role=OWNER)
    for stranger in (cast.carl, cast.ada):
        with pytest.raises(NotFound):
            invitations.revoke(actor=stranger, invitation_id=made.id)
    with pytest.raises(NotFound):
        invitations.revoke(actor=cast.ann, invitation_id=made.id + 1)
    for role in (ADMIN, USER, VIEWER):
        with pytest.raises(Forbidden):
            invitations.revoke(actor=make(cast.bob, role), invitation_id=made.id)


@pytest.mark.threat("rights kept or taken")
@pytest.mark.parametrize("fate", ["removed", "demoted", "disabled"])
def test_who_lost_the_right_to_invite_leaves_no_door_open(cast: Cast, fate: str) -> None:
    begin_write()
    text = invite(make(cast.bob, ADMIN))
    if fate == "removed":
        organizations.remove_member(actor=cast.ann, member_id=cast.bob.id)
    elif fate == "demoted":
        organizations.set_member_role(actor=cast.ann, member_id=cast.bob.id, role=USER)
    else:
        row(cast.bob).is_active = False
        db.session.flush()
    with pytest.raises(BadLink):
        accept_new(text)
    assert open_emails(cast.ann) == []


def test_who_belongs_somewhere_or_serves_everybody_does_not_join(cast: Cast) -> None:
    begin_write()
    organizations.rename(actor=cast.carl, name="Cooper & Sons")
    text = invite(cast.ann, cast.carl.email)
    with pytest.raises(MemberElsewhere):
        invitations.accept(actor=cast.carl, text=text)
    text = invite(cast.ann, cast.sam.email)
    with pytest.raises(Forbidden):
        invitations.accept(actor=cast.sam, text=text)


def test_an_address_that_has_an_account_by_now_gets_no_second_one(cast: Cast) -> None:
    begin_write()
    text = invite(cast.ann, cast.carl.email)
    with pytest.raises(EmailTaken):
        accept_new(text)
    assert invitations.find(text)


def test_joining_shows_that_the_address_is_ones_own(context: AppContext, cast: Cast) -> None:
    begin_write()
    row(cast.carl).is_verified = False
    db.session.flush()
    invitations.accept(actor=cast.carl, text=invite(cast.ann, cast.carl.email))
    assert row(cast.carl).is_verified
    assert not db.session.get_one(Organization, cast.ann.organization_id).personal
