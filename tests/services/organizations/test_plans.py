"""Plans: what is refused at the limit, and who may change one."""

import pytest
from flask.ctx import AppContext

from portal.errors import Forbidden, Invalid, PlanFull
from portal.extensions import begin_write, db
from portal.models.organizations import Organization, Plan, PlanName
from portal.models.people import Actor, OrganizationRole, Role
from portal.models.tickets import Ticket, TicketStatus
from portal.queries.organizations import organizations, plans
from portal.services.organizations import invitations, opened_accounts
from portal.services.organizations import plans as services
from portal.services.tickets import tickets
from tests import factories
from tests.cast import Cast


@pytest.fixture
def desk(context: AppContext, cast: Cast) -> Cast:
    """Acme, with two members, has a plan for two members and one open ticket."""
    begin_write()
    db.session.add_all(
        [Plan(name=PlanName.FREE, members=2, open_tickets=1), Plan(name=PlanName.PRO)]
    )
    acme(cast).plan = PlanName.FREE
    db.session.flush()
    return cast


def acme(cast: Cast) -> Organization:
    return organizations.lock(cast.ann.organization_id)


def file(person: Actor) -> Ticket:
    ticket = tickets.file(actor=person, subject="No hot water", message="Since Monday.")
    db.session.flush()
    return ticket


def test_a_full_organization_files_again_once_something_is_solved(desk: Cast):
    ticket = file(desk.bob)
    with pytest.raises(PlanFull) as refused:
        file(desk.ann)
    assert refused.value.details == {"tickets": 1}
    tickets.set_status(actor=desk.sam, ticket=ticket, status=TicketStatus.SOLVED)
    db.session.flush()
    file(desk.ann)


def test_staff_file_for_a_full_organization(desk: Cast):
    file(desk.bob)
    bob = factories.user("more@example.com", organization_id=desk.ann.organization_id)
    tickets.file_for(actor=desk.sam, requester=bob, subject="Cold", message="By telephone.")


def test_nobody_is_invited_or_added_where_there_is_no_room(desk: Cast):
    with pytest.raises(PlanFull) as refused:
        invitations.invite(actor=desk.ann, email="c@example.com", role=OrganizationRole.USER)
    assert refused.value.details == {"members": 2}
    with pytest.raises(PlanFull):
        opened_accounts.open_account(
            actor=desk.ada,
            email="c@example.com",
            role=Role.CUSTOMER,
            organization_id=desk.ann.organization_id,
        )


def test_open_invitations_take_room(desk: Cast):
    db.session.get_one(Plan, PlanName.FREE).members = 3
    db.session.flush()
    invitations.invite(actor=desk.ann, email="c@example.com", role=OrganizationRole.USER)
    with pytest.raises(PlanFull):
        invitations.invite(actor=desk.ann, email="d@example.com", role=OrganizationRole.USER)


def test_a_plan_below_what_is_in_use_is_refused(desk: Cast):
    services.set_plan(actor=desk.ada, organization=acme(desk), name=PlanName.PRO)
    db.session.get_one(Plan, PlanName.FREE).members = 1
    db.session.flush()
    with pytest.raises(Invalid) as refused:
        services.set_plan(actor=desk.ada, organization=acme(desk), name=PlanName.FREE)
    assert refused.value.details == {"plan": "plan_too_small"}
    assert acme(desk).plan == PlanName.PRO


def test_a_smaller_plan_deletes_nothing_and_says_who_is_over_it(desk: Cast):
    file(desk.bob)
    plan = db.session.get_one(Plan, PlanName.FREE)
    assert plans.over_limits(plan) == 0
    for limits in (services.Limits(1, None, None, None), services.Limits(None, 0, None, None)):
        assert services.set_limits(actor=desk.ada, name=PlanName.FREE, limits=limits)
        db.session.flush()
        assert plans.over_limits(plan) == 1
    assert not services.set_limits(
        actor=desk.ada, name=PlanName.FREE, limits=services.Limits(None, 0, None, None)
    )
    with pytest.raises(PlanFull):
        file(desk.bob)
    for actor in (desk.sam, desk.ann):
        with pytest.raises(Forbidden):
            services.set_limits(actor=actor, name=PlanName.FREE, limits=services.Limits(1, 1, 1, 1))


def test_no_count_goes_far_beyond_the_limit(desk: Cast):
    for number in range(3):
        factories.user(f"{number}@example.com", organization_id=desk.ann.organization_id)
    plan = db.session.get_one(Plan, PlanName.FREE)
    assert plans.members(desk.ann.organization_id, plan) == plans.Use(3, 2)


def test_without_limits_nothing_is_refused(desk: Cast):
    acme(desk).plan = PlanName.ENTERPRISE
    db.session.flush()
    for _ in range(3):
        file(desk.bob)
    invitations.invite(actor=desk.ann, email="c@example.com", role=OrganizationRole.USER)


@pytest.mark.threat("rules in the browser alone")
def test_only_who_manages_people_changes_plans(desk: Cast):
    for actor in (desk.sam, desk.ann):
        with pytest.raises(Forbidden):
            services.set_plan(actor=actor, organization=acme(desk), name=PlanName.PRO)
