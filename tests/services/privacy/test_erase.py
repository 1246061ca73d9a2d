"""Erasure: what stays for the others, who takes over, and every moment at which it must not."""

from datetime import timedelta

import pytest
from flask.ctx import AppContext
from sqlalchemy import Column, ForeignKey, Integer, Table, func, insert, select

from portal import clock
from portal.errors import Forbidden
from portal.extensions import begin_write, db, setting
from portal.integrations.shop import Item, Page, Stock
from portal.models.annotations import ROW_GOES
from portal.models.delivery import Outbox, OutboxState
from portal.models.organizations import (
    Credential,
    CustomerNote,
    Invitation,
    Marketplace,
    Organization,
)
from portal.models.people import (
    Actor,
    ApiKey,
    OrganizationRole,
    PendingRegistration,
    Role,
    User,
    UserSession,
)
from portal.models.privacy import PrivacyState
from portal.models.products import Product, ProductSchedule, ProductStock, ProductSync
from portal.models.tickets import ParticipantWay, Rating, TicketEvent, TicketStatus
from portal.models.webhooks import Webhook, WebhookEvent
from portal.queries.organizations import organizations
from portal.queries.privacy import find_personal_data
from portal.queries.privacy import privacy_requests as requests
from portal.queries.tickets import participants as participant_queries
from portal.queries.webhooks.webhooks import has_authorized_owner
from portal.security.delivery import outbound
from portal.security.people import api_keys, sessions, tokens
from portal.services.delivery import mail_notifications
from portal.services.delivery.outbox import Mail, schedule_mails
from portal.services.organizations import credentials, customer_notes, invitations
from portal.services.people import registration, users
from portal.services.privacy import erase, privacy_requests, scrub
from portal.services.products import catalogue, schedules, syncs
from portal.services.tickets import participants, ratings, tickets
from portal.services.webhooks import webhooks
from tests import factories
from tests.cast import Cast

OWNER, ADMIN, USER, VIEWER = OrganizationRole


def row(actor: Actor) -> User:
    return db.session.get_one(User, actor.id, populate_existing=True)


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def desk(context: AppContext, cast: Cast) -> Cast:
    begin_write()
    return cast


def forget(person: Actor) -> list[str] | None:
    """As the sweep does, when the time has come."""
    request = privacy_requests.ask_deletion(actor=person)
    request.due_at = clock.now()
    db.session.flush()
    keys = erase.erase_person(request.id, find_personal_data.find_rows(row(person)))
    db.session.flush()
    return keys


def mails(template: str | None = None) -> list[Outbox]:
    query = select(Outbox).order_by(Outbox.id).execution_options(populate_existing=True)
    return [m for m in db.session.scalars(query) if template in (None, m.template)]


def test_nothing_of_the_account_opens_anything(desk: Cast):
    sessions.start(
        row(desk.carl), remembered=True, lifetime=timedelta(1), address="", user_agent=""
    )
    _key, text = api_keys.issue(row(desk.carl), name="k", scope="read", expires_at=None)
    epoch = row(desk.carl).epoch
    assert forget(desk.carl) == []
    carl = row(desk.carl)
    assert (carl.is_active, carl.password_hash, carl.epoch > epoch) == (False, None, True)
    assert api_keys.authenticate(text) is None
    assert count(UserSession) == count(ApiKey) == 0


def test_a_participant_is_a_number_in_the_history_and_takes_part_in_nothing(desk: Cast):
    ticket = tickets.file(actor=desk.bob, subject="No hot water", message="Since Monday.")
    db.session.flush()
    for email in (desk.carl.email, desk.ann.email):
        way = ParticipantWay.PAGE
        participants.add(actor=desk.bob, ticket=ticket, email=email, way=way)
    participants.remove(actor=desk.bob, ticket=ticket, user_id=desk.carl.id)
    participants.add(actor=desk.bob, ticket=ticket, email=desk.carl.email, way=way)
    forget(desk.carl)
    said = db.session.scalars(
        select(TicketEvent.data)
        .where(TicketEvent.kind.startswith("person_"))
        .order_by(TicketEvent.id)
        .execution_options(populate_existing=True)
    ).all()
    names = [data["name"] for data in said]
    assert names == ["USR000003", desk.ann.email, "USR000003", "USR000003"]
    assert [one.id for one in participant_queries.of_ticket(ticket.id)] == [desk.ann.id]


def test_rows_of_a_new_table_go_as_soon_as_it_says_so(desk: Cast):
    table = Table(
        "hobbies",
        db.metadata,
        Column("id", Integer, primary_key=True),
        Column("user_id", ForeignKey("users.id"), info=ROW_GOES),
    )
    try:
        table.create(db.session.connection())
        for person in (desk.carl, desk.ann):
            db.session.execute(insert(table).values(user_id=person.id))
        forget(desk.carl)
        assert db.session.scalars(select(table.c.user_id)).all() == [desk.ann.id]
    finally:
        db.session.rollback()
        db.metadata.remove(table)


def test_a_forgotten_person_has_a_number_for_a_name(desk: Cast):
    forget(desk.carl)
    carl = row(desk.carl)
    assert carl.name == "Deleted user"
    assert carl.email == "usr000003@deleted.invalid"
    assert carl.is_erased and not row(desk.ann).is_erased
    assert organizations.own(carl.actor).name == "USR000003"


@pytest.mark.parametrize("active", [True, False])
def test_nobody_is_forgotten_before_the_time(desk: Cast, active: bool):
    request = privacy_requests.ask_deletion(actor=desk.carl)
    request.due_at = clock.now() + timedelta(seconds=1)
    row(desk.carl).is_active = active
    db.session.flush()
    assert erase.erase_person(request.id, find_personal_data.NO_ROWS) is None
    assert row(desk.carl).email == "carl@example.com"


def test_nobody_is_forgotten_who_has_thought_better_of_it(desk: Cast):
    request = privacy_requests.ask_deletion(actor=desk.carl)
    privacy_requests.undo_deletion(actor=desk.carl)
    request.due_at = clock.now()
    db.session.flush()
    assert erase.erase_person(request.id, find_personal_data.NO_ROWS) is None
    assert row(desk.carl).is_active


def test_twice_is_once(desk: Cast):
    forget(desk.carl)
    (request_id,) = [r.id for r in requests.list_for(desk.carl)]
    assert erase.erase_person(request_id, find_personal_data.NO_ROWS) is None
    assert erase.erase_person(404, find_personal_data.NO_ROWS) is None
    assert len(mails(scrub.FAREWELL)) == 1


def test_the_disabled_are_forgotten_as_they_asked(desk: Cast):
    request = privacy_requests.ask_deletion(actor=desk.carl)
    users.set_active(actor=desk.ada, user=row(desk.carl), active=False)
    request.due_at = clock.now()
    db.session.flush()
    assert erase.erase_person(request.id, find_personal_data.NO_ROWS) == []
    assert row(desk.carl).is_erased
    assert request.state == PrivacyState.DONE


def test_the_forgotten_stay_so(desk: Cast):
    forget(desk.carl)
    with pytest.raises(Forbidden):
        users.set_active(actor=desk.ada, user=row(desk.carl), active=True)
    with pytest.raises(Forbidden):
        users.set_role(actor=desk.ada, user=row(desk.carl), role=Role.ADMIN)


def test_members_go_on_without_the_person(desk: Cast):
    forget(desk.bob)
    assert [m.id for m in organizations.members(row(desk.ann).actor).rows] == [desk.ann.id]
    assert row(desk.bob).organization_id != desk.ann.organization_id
    assert organizations.own(desk.ann).name == "Acme"


@pytest.mark.parametrize("role", [ADMIN, USER, VIEWER])
def test_an_organization_that_lost_its_owners_gets_the_next_one(desk: Cast, role: OrganizationRole):
    row(desk.bob).is_active = False
    request = privacy_requests.ask_deletion(actor=desk.ann)
    row(desk.bob).is_active = True
    row(desk.bob).organization_role = role
    factories.user(
        "zoe@example.com", organization_id=desk.ann.organization_id, organization_role=VIEWER
    )
    request.due_at = clock.now()
    db.session.flush()
    erase.erase_person(request.id, find_personal_data.NO_ROWS)
    assert row(desk.bob).organization_role == OWNER
    told = [m for m in mails("account_notice") if m.recipient == desk.bob.email]
    assert [m.data["kind"] for m in told] == ["organization_role_changed"]


def test_keys_to_elsewhere_go_with_the_last_member_alone(desk: Cast):
    for person in (desk.ann, desk.carl):
        organizations.own(person).personal = False
        credentials.store(actor=person, name="marketplace", secret="x")
    row(desk.bob).organization_role = OWNER
    forget(desk.ann)
    assert count(Credential) == 2
    forget(desk.carl)
    assert count(Credential) == 1


def test_products_and_their_fetching_go_with_the_last_member_alone(desk: Cast):
    for person in (desk.ann, desk.carl):
        organization = organizations.own(person)
        schedules.put(actor=person, cron="0 6 * * *", zone="UTC")
        sync = syncs.start(organization, Marketplace.OZON, person.id)
        catalogue._store(sync, Page((Item("7", stocks=(Stock("FBO", 1),)),), None))
    row(desk.bob).organization_role = OWNER
    models = (Product, ProductStock, ProductSync, ProductSchedule)
    forget(desk.ann)
    assert [count(model) for model in models] == [2, 2, 2, 2]
    forget(desk.carl)
    assert [count(model) for model in models] == [1, 1, 1, 1]


def test_notes_about_the_person_go_and_those_about_the_company_stay(desk: Cast):
    for person in (desk.ann, desk.bob):
        customer_notes.write_about_person(actor=desk.sam, user=row(person), text="Likes tea.")
    acme = organizations.lock(desk.ann.organization_id)
    customer_notes.write_about_organization(actor=desk.sam, organization=acme, text="Moves.")
    row(desk.bob).organization_role = OWNER
    forget(desk.ann)
    assert {note.user_id for note in db.session.scalars(select(CustomerNote))} == {
        desk.bob.id,
        None,
    }
    forget(desk.bob)
    # The last member has left: nobody needs to know of the company any more.
    assert count(CustomerNote) == 0


def test_notes_outlive_who_wrote_them(desk: Cast):
    customer_notes.write_about_person(actor=desk.sam, user=row(desk.bob), text="Likes tea.")
    forget(desk.sam)
    assert count(CustomerNote) == 1


def test_webhooks_of_others_fall_silent_until_somebody_answers_for_them(desk: Cast):
    row(desk.bob).organization_role = OWNER
    for person in (desk.ann, desk.carl):
        webhooks.create(
            actor=person,
            organization_id=person.organization_id,
            target=outbound.parse("https://9.9.9.9/"),
            events=[WebhookEvent.TICKET_CREATED],
        )
    forget(desk.ann)
    forget(desk.carl)
    (left,) = db.session.scalars(select(Webhook).execution_options(populate_existing=True))
    assert (left.organization_id, left.owner_id) == (desk.ann.organization_id, None)
    assert not has_authorized_owner(left)


def test_invitations_by_and_for_the_person_end(desk: Cast):
    row(desk.bob).organization_role = OWNER
    organizations.own(desk.carl).personal = False
    invitations.invite(actor=desk.ann, email="zoe@example.com", role=USER)
    invitations.invite(actor=desk.carl, email=desk.ann.email, role=USER)
    invitations.invite(actor=desk.carl, email="max@example.com", role=USER)
    forget(desk.ann)
    found = db.session.execute(
        select(Invitation.email, Invitation.revoked_at.is_(None)).order_by(Invitation.id)
    )
    assert [tuple(invitation) for invitation in found] == [
        ("zoe@example.com", False),
        ("usr000001@deleted.invalid", False),
        ("max@example.com", True),
    ]


def test_what_is_owed_to_the_person_does_not_leave_any_more(desk: Cast):
    ticket = tickets.file(actor=desk.carl, subject="Pump", message="It leaks.")
    schedule_mails(Mail("reset_password", desk.carl.email, data={"asked": True}))
    mail_notifications.account_notice(row(desk.ann), "joined", about=desk.carl.email)
    forget(desk.carl)
    ours = [m for m in mails() if m.user_id == desk.carl.id]
    assert {m.template for m in ours} == {"ticket_filed", "reset_password", "account_notice"}
    assert {(m.state, m.recipient, str(m.data)) for m in ours} == {
        (OutboxState.DROPPED, "usr000003@deleted.invalid", "{}")
    }
    others = [m for m in mails() if m.user_id != desk.carl.id]
    assert [(m.template, m.recipient, m.state) for m in others] == [
        ("ticket_filed_staff", setting("SUPPORT_EMAIL"), OutboxState.PENDING),
        ("account_notice", desk.ann.email, OutboxState.PENDING),
        ("account_deleted", desk.carl.email, OutboxState.PENDING),
    ]
    assert others[1].data["about"] == ""
    assert ticket.requester_id == desk.carl.id


def test_what_somebody_typed_with_the_address_goes_too(desk: Cast):
    registration.ask(email=desk.carl.email, locale="en", first_name="Carlos")
    registration.ask(email="zoe@example.com", locale="en")
    forget(desk.carl)
    assert list(db.session.scalars(select(PendingRegistration.email))) == ["zoe@example.com"]


def test_of_a_rating_stays_what_it_was_and_no_word(desk: Cast):
    ticket, others = (
        tickets.file(actor=person, subject="Pump", message="It leaks.")
        for person in (desk.carl, desk.bob)
    )
    for rated, person in ((ticket, desk.carl), (others, desk.bob)):
        tickets.set_status(actor=person, ticket=rated, status=TicketStatus.SOLVED)
        ratings.rate(actor=person, ticket=rated, rating=Rating.GOOD, comment="Carl is happy.")
    ratings.rate(actor=desk.carl, ticket=ticket, rating=Rating.BAD, comment="Call 0123 456.")
    forget(desk.carl)
    db.session.refresh(ticket)
    assert (ticket.rating, ticket.rating_comment) == (Rating.BAD, None)
    assert others.rating_comment == "Carl is happy."
    events = db.session.scalars(
        select(TicketEvent).where(TicketEvent.ticket_id == ticket.id, TicketEvent.kind == "rated")
    )
    assert [event.data for event in events] == [
        {"from": None, "to": "good", "comment": ""},
        {"from": "good", "to": "bad", "comment": ""},
    ]


def test_the_desks_own_mail_leaves_even_when_its_address_is_an_accounts(
    desk: Cast, monkeypatch: pytest.MonkeyPatch, context: AppContext
):
    monkeypatch.setitem(context.app.config, "SUPPORT_EMAIL", desk.carl.email)
    tickets.file(actor=desk.bob, subject="Pump", message="It leaks.")
    forget(desk.carl)
    (mail,) = mails("ticket_filed_staff")
    assert (mail.state, mail.recipient) == (OutboxState.PENDING, desk.carl.email)


def test_what_came_after_the_search_is_found_under_the_lock(desk: Cast):
    request = privacy_requests.ask_deletion(actor=desk.carl)
    found = find_personal_data.find_rows(row(desk.carl))
    late = tickets.file(actor=desk.carl, subject="Pump", message="It leaks.")
    request.due_at = clock.now()
    db.session.flush()
    erase.erase_person(request.id, found)
    (mail,) = mails("ticket_filed")
    assert (mail.recipient, mail.state) == ("usr000003@deleted.invalid", OutboxState.DROPPED)
    assert late.subject == "Pump"


@pytest.mark.parametrize(
    ("state", "after"),
    [
        (OutboxState.SENT, OutboxState.SENT),
        (OutboxState.PARKED, OutboxState.DROPPED),
        (OutboxState.DROPPED, OutboxState.DROPPED),
    ],
)
def test_the_goodbye_is_the_last_to_know_the_address(
    desk: Cast, state: OutboxState, after: OutboxState
):
    forget(desk.carl)
    scrub.clear_farewells()
    (mail,) = mails(scrub.FAREWELL)
    assert (mail.recipient, mail.user_id) == (desk.carl.email, None)
    mail.state = state
    db.session.flush()
    scrub.clear_farewells()
    (mail,) = mails(scrub.FAREWELL)
    assert (mail.state, mail.recipient, mail.data) == (after, "", {})


def test_the_home_that_was_left_behind_has_no_name_any_more(desk: Cast):
    home = organizations.own(desk.carl)
    offer = invitations.invite(actor=desk.ann, email=desk.carl.email, role=USER)
    invitations.accept(actor=desk.carl, text=tokens.sign(invitations.PURPOSE, offer))
    assert db.session.get_one(Organization, home.id).name == "USR000003"
