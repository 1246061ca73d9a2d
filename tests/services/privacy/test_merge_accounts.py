"""Two accounts of one person: what moves, what stays, and who gains nothing by it."""

from datetime import timedelta

import pytest
from flask.ctx import AppContext
from sqlalchemy import select

from portal.errors import Forbidden, Invalid, LastOwner
from portal.extensions import begin_write, db
from portal.mail import outgoing
from portal.models.delivery import Outbox, OutboxState, ReasonNotToSend
from portal.models.organizations import CustomerNote
from portal.models.people import (
    AccountEvent,
    AccountEventKind,
    Actor,
    OrganizationRole,
    Role,
    User,
)
from portal.models.tickets import Comment, ParticipantWay, Ticket
from portal.queries.people import users
from portal.queries.privacy import find_personal_data
from portal.queries.tickets import of_person
from portal.queries.tickets import participants as participant_queries
from portal.queries.tickets import tickets as ticket_queries
from portal.queries.tickets.lists import ticket_list
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.security.people import api_keys, sessions
from portal.services.organizations import customer_notes
from portal.services.privacy import erase, merge_accounts, privacy_requests
from portal.services.tickets import comments, participants, tickets
from tests import factories
from tests.cast import Cast

_DAY = timedelta(days=1)


def row(actor: Actor) -> User:
    return db.session.get_one(User, actor.id, populate_existing=True)


@pytest.fixture
def desk(context: AppContext, cast: Cast) -> Cast:
    begin_write()
    return cast


@pytest.fixture
def twin(desk: Cast) -> Actor:
    """Carl's second account, with a personal organization of its own."""
    return factories.actor(factories.user("carl.private@example.com", phone="+12025550143"))


def file(person: Actor, subject: str = "No hot water") -> Ticket:
    ticket = tickets.file(actor=person, subject=subject, message=f"{subject} since Monday.")
    db.session.flush()
    return ticket


def merge(desk: Cast, source: Actor, kept: Actor) -> None:
    merge_accounts.merge(actor=desk.ada, source=row(source), kept=row(kept))
    db.session.flush()


def found_by(person: Actor, words: str) -> list[int]:
    page = ticket_list.page(row(person).actor, TicketFilter.from_args({"q": words}), size=10)
    return [found.id for found in page.rows]


def test_tickets_and_words_become_those_of_the_kept_account(desk: Cast, twin: Actor):
    ticket = file(twin)
    comments.post(actor=twin, ticket=ticket, message="It is cold.")
    before = ticket.version
    merge(desk, twin, desk.carl)
    db.session.refresh(ticket)
    assert (ticket.requester_id, ticket.organization_id) == (
        desk.carl.id,
        desk.carl.organization_id,
    )
    assert ticket.version > before
    assert set(db.session.scalars(select(Comment.author_id))) == {desk.carl.id}
    assert ticket_queries.is_visible(row(desk.carl).actor, ticket)
    assert found_by(desk.carl, "water") == [ticket.id]
    assert found_by(desk.sam, "Carl") == [ticket.id]
    assert of_person.ids(twin.id, limit=10) == []
    assert of_person.ids(desk.carl.id, limit=10) == [ticket.id]


def share(ticket: Ticket, *people: Actor) -> None:
    for person in people:
        way = ParticipantWay.PAGE
        participants.add(actor=desk_of(ticket), ticket=ticket, email=person.email, way=way)
    db.session.flush()


def desk_of(ticket: Ticket) -> Actor:
    return db.session.get_one(User, ticket.requester_id).actor


def taking_part(ticket: Ticket) -> list[str]:
    return [one.email for one in participant_queries.of_ticket(ticket.id)]


def test_the_kept_account_takes_part_where_the_other_did(desk: Cast, twin: Actor) -> None:
    only, both = file(desk.bob, "Warm rooms"), file(desk.bob, "Warm halls")
    share(only, twin)
    share(both, twin, desk.carl)
    merge(desk, twin, desk.carl)
    assert taking_part(only) == taking_part(both) == [desk.carl.email]
    assert ticket_queries.is_visible(row(desk.carl).actor, only)
    assert set(found_by(desk.carl, "warm")) == {only.id, both.id}
    comments.post(actor=desk.sam, ticket=both, message="On our way.")


def test_nobody_takes_part_in_a_ticket_that_became_their_own(desk: Cast, twin: Actor) -> None:
    of_twin, of_carl = file(twin), file(desk.carl)
    share(of_twin, desk.carl)
    share(of_carl, twin)
    merge(desk, twin, desk.carl)
    assert taking_part(of_twin) == taking_part(of_carl) == []
    comments.post(actor=desk.sam, ticket=of_twin, message="On our way.")


def test_the_other_account_opens_nothing_and_keeps_its_name(desk: Cast, twin: Actor):
    row(twin).first_name = "Carlos"
    _key, text = api_keys.issue(row(twin), name="k", scope="read", expires_at=None)
    merge(desk, twin, desk.carl)
    gone = row(twin)
    assert gone.is_erased
    assert not gone.is_active
    assert gone.name == "Carlos"
    assert gone.merged_into_id == desk.carl.id
    assert api_keys.authenticate(text) is None
    assert not sessions.list_open(gone.id, token="", idle=_DAY, idle_remembered=_DAY)
    assert users.by_email("carl.private@example.com") is None


def test_facts_fill_what_the_kept_account_does_not_say(desk: Cast, twin: Actor):
    merge(desk, twin, desk.carl)
    kept = row(desk.carl)
    assert (kept.first_name, kept.phone) == ("Carl", "+12025550143")


def test_notes_of_staff_move_along(desk: Cast, twin: Actor):
    note = customer_notes.write_about_person(
        actor=desk.sam, user=row(twin), text="Likes cold water."
    )
    merge(desk, twin, desk.carl)
    assert db.session.get_one(CustomerNote, note.id, populate_existing=True).user_id == desk.carl.id


def test_both_logs_say_it_and_both_mailboxes_are_told(desk: Cast, twin: Actor):
    merge(desk, twin, desk.carl)
    events = {
        event.kind: event
        for event in db.session.scalars(select(AccountEvent))
        if event.kind in {"merged", "merged_away"}
    }
    assert {kind: event.user_id for kind, event in events.items()} == {
        "merged": desk.carl.id,
        "merged_away": twin.id,
    }
    assert {event.actor_id for event in events.values()} == {desk.ada.id}
    told = db.session.scalars(select(Outbox.recipient)).all()
    assert sorted(told) == ["carl.private@example.com", "carl@example.com"]


def test_mails_about_tickets_that_have_not_left_go_to_the_kept_account(desk: Cast, twin: Actor):
    ticket = file(twin)
    comments.post(actor=desk.sam, ticket=ticket, message="On our way.")
    receipt, reply = db.session.scalars(
        select(Outbox).where(Outbox.user_id == twin.id).order_by(Outbox.id)
    )
    receipt.state = OutboxState.SENT
    merge(desk, twin, desk.carl)
    db.session.expire_all()
    assert (receipt.user_id, receipt.recipient) == (twin.id, "carl.private@example.com")
    assert (reply.user_id, reply.recipient) == (desk.carl.id, "carl@example.com")
    assert outgoing.reason_not_to_send(outgoing.read(reply.id)) is None


def test_what_the_kept_account_may_not_see_is_not_mailed_to_it(desk: Cast):
    ticket = file(desk.bob)
    comments.post(actor=desk.sam, ticket=ticket, message="On our way.")
    merge(desk, desk.bob, desk.carl)
    reply = db.session.scalars(select(Outbox).filter_by(template="reply")).one()
    reason = outgoing.reason_not_to_send(outgoing.read(reply.id))
    assert (reply.user_id, reason) == (desk.carl.id, ReasonNotToSend.NOT_VISIBLE)


@pytest.mark.threat("rights kept or taken")
def test_a_company_keeps_its_tickets_and_the_kept_account_gains_no_view_of_them(desk: Cast):
    ticket, colleague = file(desk.bob), file(desk.ann, "Too much hot water")
    merge(desk, desk.bob, desk.carl)
    db.session.refresh(ticket)
    assert ticket.requester_id == desk.carl.id
    assert ticket.organization_id == desk.ann.organization_id
    carl = row(desk.carl).actor
    assert not ticket_queries.is_visible(carl, ticket)
    assert not ticket_queries.is_visible(carl, colleague)
    assert found_by(desk.carl, "water") == []
    assert ticket_queries.is_visible(desk.ann, ticket)


@pytest.mark.threat("rights kept or taken")
def test_no_role_moves_along(desk: Cast):
    factories.user(
        "second.owner@example.com",
        organization_id=desk.ann.organization_id,
        organization_role=OrganizationRole.OWNER,
    )
    merge(desk, desk.ann, desk.bob)
    bob = row(desk.bob)
    assert (bob.role, bob.organization_role) == (Role.CUSTOMER, OrganizationRole.USER)


def test_a_company_is_not_left_without_an_owner(desk: Cast):
    with pytest.raises(LastOwner):
        merge(desk, desk.ann, desk.carl)
    assert not row(desk.ann).is_erased


def test_the_preview_says_what_would_happen_and_changes_nothing(desk: Cast, twin: Actor):
    file(twin)
    file(desk.bob)
    api_keys.issue(row(twin), name="k", scope="read", expires_at=None)
    db.session.flush()
    moved = merge_accounts.preview(actor=desk.ada, source=row(twin), kept=row(desk.carl))
    assert (moved.tickets, moved.keys, moved.company) == (1, 1, None)
    stays = merge_accounts.preview(actor=desk.ada, source=row(desk.bob), kept=row(desk.carl))
    assert stays.company is not None
    assert stays.company.name == "Acme"
    assert not row(twin).is_erased


@pytest.mark.parametrize(
    ("source", "kept", "code"),
    [
        ("carl", "carl", "merge_unknown"),
        ("sam", "carl", "merge_staff"),
        ("ada", "sam", "merge_staff"),
    ],
)
def test_what_cannot_be_merged_is_refused(desk: Cast, source: str, kept: str, code: str):
    with pytest.raises(Invalid) as refused:
        merge(desk, getattr(desk, source), getattr(desk, kept))
    assert refused.value.details == {"into": code}


def test_neither_may_wait_for_its_deletion(desk: Cast, twin: Actor):
    privacy_requests.ask_deletion(actor=desk.carl)
    for pair in ((twin, desk.carl), (desk.carl, twin)):
        with pytest.raises(Invalid) as refused:
            merge(desk, *pair)
        assert refused.value.details == {"into": "merge_leaving"}


def test_too_many_tickets_are_refused_before_anything_is_done(
    desk: Cast, twin: Actor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(merge_accounts, "MAX_TICKETS", 1)
    file(twin)
    file(twin)
    with pytest.raises(Invalid) as refused:
        merge(desk, twin, desk.carl)
    assert refused.value.details == {"into": "merge_many"}


@pytest.mark.threat("rules in the browser alone")
def test_only_admins_merge(desk: Cast, twin: Actor):
    for actor in (desk.sam, desk.ann, desk.carl):
        with pytest.raises(Forbidden):
            merge_accounts.merge(actor=actor, source=row(twin), kept=row(desk.carl))


def test_erasing_the_kept_account_erases_the_name_of_the_merged_one(desk: Cast, twin: Actor):
    row(twin).first_name = "Carlos"
    db.session.flush()
    merge(desk, twin, desk.carl)
    request = privacy_requests.ask_deletion(actor=desk.carl)
    request.due_at = request.created_at
    db.session.flush()
    erase.erase_person(request.id, find_personal_data.find_rows(row(desk.carl)))
    db.session.flush()
    assert row(twin).first_name == ""
    data = str([event.data for event in db.session.scalars(select(AccountEvent))])
    assert "carl.private@example.com" not in data
    assert "Carlos" not in data
    assert "carl.private@example.com" not in str(db.session.scalars(select(Outbox.recipient)).all())
    merged = AccountEvent.kind == AccountEventKind.MERGED
    assert db.session.scalar(select(AccountEvent.user_id).where(merged)) == desk.carl.id
