"""Who sees a ticket: asked of the database, and of a ticket at hand."""

from itertools import product

import pytest
from sqlalchemy import select

from portal import clock
from portal.extensions import begin_write, db
from portal.models.people import Actor, OrganizationRole, Right, Role, User
from portal.models.tickets import Ticket
from portal.queries.tickets import counts
from portal.queries.tickets.lists import ticket_list
from portal.queries.tickets.lists.ticket_filter import TicketFilter, View
from portal.queries.tickets.tickets import is_visible, visible_to
from portal.services.tickets import comments, departments, tickets
from tests.cast import Cast


@pytest.mark.threat("foreign rows")
def test_a_ticket_at_hand_is_visible_to_whom_the_database_shows_it(
    context: object, cast: Cast
) -> None:
    begin_write()
    filed = [
        tickets.file(actor=person, subject="No hot water", message="Since Monday.")
        for person in (cast.ann, cast.bob, cast.carl, cast.sam, cast.bob)
    ]
    filed[-1].deleted_at = clock.now()
    db.session.flush()
    answers = set()
    reader = db.session.get_one(User, cast.bob.id)
    places = {cast.ann.organization_id, cast.carl.organization_id}
    for role, place, organization in product(Role, OrganizationRole, sorted(places)):
        reader.role, reader.organization_role, reader.organization_id = role, place, organization
        db.session.flush()
        shown = set(db.session.scalars(select(Ticket.id).where(visible_to(reader.actor))))
        assert {one.id for one in filed if is_visible(reader.actor, one)} == shown
        answers.add(tuple(sorted(shown)))
    assert len(answers) == 5, "nobody's, one's own, two organizations', all"


@pytest.mark.threat("foreign rows")
def test_a_clerk_sees_own_departments_and_what_they_have_to_do_with(
    context: object, cast: Cast
) -> None:
    begin_write()
    clerk = db.session.get_one(User, cast.sam.id)
    clerk.rights = Right.OWN_DEPARTMENTS
    for name in ("Counter", "Vault"):
        departments.create(actor=cast.ada, name=name)
    counter = departments.queries.by_name("Counter")
    assert counter is not None

    def serve(name: str, members: list[int]) -> None:
        departments.change(
            actor=cast.ada, department=counter, name=name, default_assignee=None, members=members
        )

    def file(what: str, department: str | None, requester: Actor = cast.bob) -> Ticket:
        filed[what] = tickets.file(
            actor=requester, subject=what, message="Text", department=department
        )
        return filed[what]

    filed: dict[str, Ticket] = {}
    serve("Counter", [cast.sam.id])
    file("nobody's", None)
    file("served", "Counter")
    file("own", "Vault", clerk.actor)
    tickets.assign(actor=cast.sue, ticket=file("assigned", "Vault"), assignee=clerk)
    note = {"message": "@Sam Smith, look.", "internal": True}
    comments.post(actor=cast.sue, ticket=file("named", "Vault"), **note)
    comments.post(actor=clerk.actor, ticket=file("answered", "Counter"), message="Text")
    tickets.set_department(actor=cast.sue, ticket=filed["answered"], name="Vault")
    foreign = file("foreign", "Vault")

    def seen() -> set[str]:
        db.session.flush()
        actor = clerk.actor
        shown = set(db.session.scalars(select(Ticket.id).where(visible_to(actor))))
        for one in filed.values():
            assert is_visible(actor, one) is (one.id in shown)
        listed = ticket_list.page(actor, TicketFilter(view=View.ALL)).rows
        assert {row.id for row in listed} == shown
        assert counts.views(actor).all == len(shown)
        return {what for what, one in filed.items() if one.id in shown}

    assert seen() == filed.keys() - {"foreign"}
    serve("Till", [cast.sam.id])  # its tickets follow by a job
    assert seen() == filed.keys() - {"foreign"}
    epoch = clerk.rights_epoch
    serve("Till", [])
    db.session.refresh(clerk)
    assert clerk.rights_epoch > epoch
    assert seen() == filed.keys() - {"foreign", "served"}
    clerk.rights = ""
    assert seen() == filed.keys()
    assert foreign.department == "Vault"
