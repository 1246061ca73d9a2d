"""What a participant sees: that ticket, in lists of its own, and by its words."""

from itertools import product

import pytest
from flask.ctx import AppContext
from sqlalchemy import select

from portal import clock
from portal.extensions import begin_write, db
from portal.models.people import Actor, OrganizationRole, Role, User
from portal.models.tickets import ParticipantWay, Ticket
from portal.queries.tickets import participants, similar
from portal.queries.tickets.lists import ticket_list
from portal.queries.tickets.lists.ticket_filter import TicketFilter, View
from portal.queries.tickets.tickets import is_visible, visible_to
from portal.services.tickets import comments, search_rebuild, tickets
from portal.services.tickets import participants as services
from tests.cast import Cast

pytestmark = pytest.mark.threat("foreign rows")


@pytest.fixture
def desk(context: AppContext, cast: Cast) -> Cast:
    begin_write()
    return cast


def filed(actor: Actor, subject: str = "No hot water") -> Ticket:
    ticket = tickets.file(actor=actor, subject=subject, message="Since Monday.")
    db.session.flush()
    return ticket


def share(ticket: Ticket, person: Actor, by: Actor) -> None:
    services.add(actor=by, ticket=ticket, email=person.email, way=ParticipantWay.PAGE)
    db.session.flush()


def listed(actor: Actor, **wanted: object) -> set[int]:
    found = ticket_list.page(actor, TicketFilter(**wanted)).rows  # type: ignore[arg-type]
    return {row.id for row in found}


def test_a_ticket_at_hand_is_visible_to_whom_the_database_shows_it(desk: Cast) -> None:
    people = (desk.ann, desk.bob, desk.carl, desk.sam, desk.sue, desk.carl)
    every = [filed(person) for person in people]
    for ticket in (*every[2:4], every[-1]):
        share(ticket, desk.bob, desk.sue)
    every[-1].deleted_at = clock.now()
    db.session.flush()
    reader = db.session.get_one(User, desk.bob.id)
    places = {desk.ann.organization_id, desk.carl.organization_id}
    answers = set()
    for role, place, organization in product(Role, OrganizationRole, sorted(places)):
        reader.role, reader.organization_role, reader.organization_id = role, place, organization
        db.session.flush()
        shown = set(db.session.scalars(select(Ticket.id).where(visible_to(reader.actor))))
        assert {one.id for one in every if is_visible(reader.actor, one)} == shown
        assert every[-1].id not in shown
        if role is Role.CUSTOMER:
            assert {every[2].id, every[3].id} <= shown
        answers.add(tuple(sorted(shown)))
    assert len(answers) == 4, "both shared ones; with one's own, with the company's, all"


def test_shared_tickets_have_a_list_of_their_own(desk: Cast) -> None:
    mine, shared, foreign = filed(desk.bob), filed(desk.carl), filed(desk.carl)
    share(shared, desk.bob, desk.carl)
    assert listed(desk.bob, shared=True) == {shared.id}
    assert listed(desk.bob) == {mine.id}
    assert listed(desk.carl) == {shared.id, foreign.id}
    assert listed(desk.carl, shared=True) == set()
    assert participants.shares_any(desk.bob)
    assert not participants.shares_any(desk.carl)
    assert not participants.shares_any(desk.sam)


def test_the_list_of_shared_tickets_has_states_and_pages(desk: Cast) -> None:
    shared = [filed(desk.carl, f"Pump {number}") for number in range(5)]
    for ticket in shared:
        share(ticket, desk.bob, desk.sam)
    tickets.set_status(actor=desk.sam, ticket=shared[0], status="solved")  # type: ignore[arg-type]
    db.session.flush()
    assert listed(desk.bob, shared=True, view=View.UNSOLVED) == {one.id for one in shared[1:]}
    assert listed(desk.bob, shared=True, done=True) == {shared[0].id}
    wanted = TicketFilter(shared=True)
    first = ticket_list.page(desk.bob, wanted, size=3)
    assert first.next
    rest = ticket_list.page(desk.bob, TicketFilter(shared=True, cursor=first.next), size=3)
    seen = [row.id for row in (*first.rows, *rest.rows)]
    assert sorted(seen) == [one.id for one in shared]
    assert ticket_list.count(desk.bob, wanted, limit=100) == 5


def test_words_and_numbers_find_what_one_takes_part_in(desk: Cast) -> None:
    mine, shared, foreign = filed(desk.bob), filed(desk.carl), filed(desk.carl)
    share(shared, desk.bob, desk.carl)
    comments.post(actor=desk.sam, ticket=shared, message="The valve.", internal=False)
    comments.post(actor=desk.sam, ticket=shared, message="A secret.", internal=True)
    db.session.flush()
    assert listed(desk.bob, q="water") == {mine.id, shared.id}
    assert listed(desk.bob, q="valve") == {shared.id}
    assert listed(desk.bob, q="secret") == set()
    assert listed(desk.bob, q="water", shared=True) == {shared.id}
    assert listed(desk.bob, q="water", requester="me") == {mine.id}
    assert listed(desk.bob, q=shared.number) == {shared.id}
    assert listed(desk.bob, q=foreign.number) == set()
    assert listed(desk.bob, q="water", organization="ORG000001") == {mine.id}
    search_rebuild.rewrite_documents([shared.id])
    assert listed(desk.bob, q="valve") == {shared.id}
    services.remove(actor=desk.carl, ticket=shared, user_id=desk.bob.id)
    db.session.flush()
    assert listed(desk.bob, q="water") == {mine.id}
    assert listed(desk.bob, q=shared.number) == set()


def test_staff_find_a_ticket_by_the_name_of_a_participant(desk: Cast) -> None:
    shared, other = filed(desk.carl), filed(desk.carl)
    share(shared, desk.bob, desk.carl)
    assert listed(desk.sam, q="Baker") == {shared.id}
    assert other.id in listed(desk.sam, q="water")


def test_who_answers_as_a_participant(desk: Cast) -> None:
    ticket = filed(desk.carl)
    assert not participants.may_answer(desk.bob, ticket)
    share(ticket, desk.bob, desk.carl)
    assert participants.may_answer(desk.bob, ticket)
    assert [one.email for one in participants.of_ticket(ticket.id)] == [desk.bob.email]
    reader = db.session.get_one(User, desk.bob.id)
    reader.organization_role = OrganizationRole.VIEWER
    assert not participants.may_answer(reader.actor, ticket)


def test_who_has_joined_the_staff_is_no_participant(desk: Cast) -> None:
    ticket = filed(desk.carl)
    share(ticket, desk.bob, desk.carl)
    reader = db.session.get_one(User, desk.bob.id)
    reader.role = Role.STAFF
    db.session.flush()
    assert participants.of_ticket(ticket.id) == []
    assert participants.users_of(ticket) == []
    assert listed(reader.actor, shared=True) == set()
    assert not participants.shares_any(reader.actor)


def test_similar_tickets_are_those_that_one_sees(desk: Cast) -> None:
    first, second = filed(desk.carl, "Boiler ignition fails"), filed(desk.carl, "Boiler ignition")
    share(first, desk.bob, desk.carl)
    share(second, desk.bob, desk.carl)
    found = {row.id for row in similar.of_ticket(desk.bob, first)}
    assert found <= {second.id}
