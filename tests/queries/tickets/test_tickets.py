"""Who sees a ticket: asked of the database, and of a ticket at hand."""

from itertools import product

import pytest
from sqlalchemy import select

from portal import clock
from portal.extensions import begin_write, db
from portal.models.people import OrganizationRole, Role, User
from portal.models.tickets import Ticket
from portal.queries.tickets.tickets import is_visible, visible_to
from portal.services.tickets import tickets
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
