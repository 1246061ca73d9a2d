"""Who is in an organization and as what: rights, the last owner, and two who act at once."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from flask.ctx import AppContext
from sqlalchemy import func, select

from portal.errors import DomainError, Forbidden, Invalid, LastOwner, NotFound
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox
from portal.models.organizations import Organization
from portal.models.people import AccountEvent, Actor, OrganizationRole, User, UserSession
from portal.models.tickets import Ticket
from portal.queries.tickets import tickets
from portal.queries.tickets.lists import ticket_list
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.security.people import sessions
from portal.services.organizations import organizations
from tests import factories
from tests.cast import Cast

OWNER, ADMIN, USER, VIEWER = OrganizationRole


def row(actor: Actor) -> User:
    return db.session.get_one(User, actor.id)


def make(actor: Actor, role: OrganizationRole) -> Actor:
    """The same person with another role, as the next request would load them."""
    row(actor).organization_role = role
    db.session.flush()
    return factories.actor(row(actor))


def events(kind: str) -> list[AccountEvent]:
    return list(db.session.scalars(select(AccountEvent).where(AccountEvent.kind == kind)))


def told() -> list[tuple[str, str]]:
    rows = db.session.scalars(select(Outbox).where(Outbox.template == "account_notice"))
    return [(mail.recipient, mail.data["kind"]) for mail in rows]


def set_role(actor: Actor, member: Actor, role: OrganizationRole) -> bool:
    return organizations.set_member_role(actor=actor, member_id=member.id, role=role)


def test_an_owner_names_it_and_a_personal_one_becomes_one_for_others(
    context: AppContext, cast: Cast
) -> None:
    begin_write()
    named = organizations.rename(actor=cast.carl, name="Cooper & Sons")
    assert (named.name, named.personal) == ("Cooper & Sons", False)
    assert db.session.get_one(Organization, cast.ann.organization_id).name == "Acme"


@pytest.mark.parametrize(("name", "code"), [("", "required"), ("x" * 201, "too_long")])
def test_a_name_is_neither_nothing_nor_a_book(
    context: AppContext, cast: Cast, name: str, code: str
) -> None:
    begin_write()
    with pytest.raises(Invalid) as refused:
        organizations.rename(actor=cast.ann, name=name)
    assert refused.value.details == {"name": code}


@pytest.mark.parametrize("role", [ADMIN, USER, VIEWER])
def test_only_owners_rename(context: AppContext, cast: Cast, role: OrganizationRole) -> None:
    begin_write()
    with pytest.raises(Forbidden):
        organizations.rename(actor=make(cast.bob, role), name="Bob's")


def test_a_new_role_signs_the_member_out_is_recorded_and_told(
    context: AppContext, cast: Cast
) -> None:
    begin_write()
    sessions.start(
        row(cast.bob), remembered=False, lifetime=timedelta(days=1), address="", user_agent=""
    )
    assert set_role(cast.ann, cast.bob, ADMIN)
    assert row(cast.bob).organization_role == ADMIN
    assert db.session.scalar(select(func.count()).select_from(UserSession)) == 0
    (event,) = events("organization_role_changed")
    assert (event.user_id, event.actor_id) == (cast.bob.id, cast.ann.id)
    assert event.data == {"from": "user", "to": "admin"}
    assert told() == [(cast.bob.email, "organization_role_changed")]
    assert not set_role(cast.ann, cast.bob, ADMIN)
    assert len(events("organization_role_changed")) == 1


@pytest.mark.threat("rights kept or taken")
def test_nobody_grants_above_the_own_role_or_touches_who_stands_above(
    context: AppContext, cast: Cast
) -> None:
    """V2: role escalation."""
    begin_write()
    zoe = factories.user("zoe@example.com", organization_id=cast.ann.organization_id)
    zoe.organization_role = VIEWER
    bob = make(cast.bob, ADMIN)
    assert organizations.set_member_role(actor=bob, member_id=zoe.id, role=ADMIN)
    for member_id, role in ((zoe.id, OWNER), (bob.id, OWNER), (cast.ann.id, USER)):
        with pytest.raises(Forbidden):
            organizations.set_member_role(actor=bob, member_id=member_id, role=role)
    with pytest.raises(Forbidden):
        organizations.remove_member(actor=bob, member_id=cast.ann.id)
    for role in (USER, VIEWER):
        with pytest.raises(Forbidden):
            organizations.set_member_role(actor=make(cast.bob, role), member_id=zoe.id, role=VIEWER)
        with pytest.raises(Forbidden):
            organizations.remove_member(actor=make(cast.bob, role), member_id=zoe.id)


def test_a_member_of_another_organization_is_as_unknown_as_nobody(
    context: AppContext, cast: Cast
) -> None:
    """V1: access across organizations."""
    begin_write()
    for member_id in (cast.carl.id, cast.ada.id, 999_999):
        with pytest.raises(NotFound):
            organizations.set_member_role(actor=cast.ann, member_id=member_id, role=VIEWER)
        with pytest.raises(NotFound):
            organizations.remove_member(actor=cast.ann, member_id=member_id)


@pytest.mark.threat("rights kept or taken")
def test_rights_are_those_of_now_not_those_that_the_request_began_with(
    context: AppContext, cast: Cast
) -> None:
    begin_write()
    make(cast.bob, OWNER)
    organizations.set_member_role(
        actor=factories.actor(row(cast.bob)), member_id=cast.ann.id, role=USER
    )
    with pytest.raises(Forbidden):
        organizations.rename(actor=cast.ann, name="Still mine")
    organizations.remove_member(actor=factories.actor(row(cast.bob)), member_id=cast.ann.id)
    with pytest.raises(Forbidden):
        organizations.remove_member(actor=cast.ann, member_id=cast.bob.id)


def test_who_is_removed_has_a_place_of_their_own_and_leaves_the_tickets(
    app: Flask, context: AppContext, cast: Cast
) -> None:
    filed = factories.file_ticket(app, cast.bob, "Cold radiator")
    begin_write()
    bob = organizations.remove_member(actor=cast.ann, member_id=cast.bob.id)
    home = db.session.get_one(Organization, bob.organization_id)
    assert (home.personal, bob.organization_role) == (True, OWNER)
    assert db.session.get_one(Ticket, filed.id).organization_id == cast.ann.organization_id
    assert tickets.find(cast.ann, filed.number)
    with pytest.raises(NotFound):
        tickets.find(factories.actor(bob), filed.number)
    for q in ("radiator", filed.number, ""):
        assert not ticket_list.page(factories.actor(bob), TicketFilter(q=q)).rows
    (event,) = events("left")
    assert (event.user_id, event.actor_id, event.data["name"]) == (cast.bob.id, cast.ann.id, "Acme")
    assert told() == [(cast.bob.email, "left")]


def test_who_has_a_long_name_is_removed_like_others(context: AppContext, cast: Cast) -> None:
    begin_write()
    row(cast.bob).first_name = "A" * 100
    row(cast.bob).last_name = "B" * 100
    db.session.flush()
    bob = organizations.remove_member(actor=cast.ann, member_id=cast.bob.id)
    home = db.session.get_one(Organization, bob.organization_id)
    assert len(home.name) == organizations.MAX_NAME


def test_everybody_may_leave_but_the_last_owner(context: AppContext, cast: Cast) -> None:
    begin_write()
    with pytest.raises(LastOwner):
        organizations.leave(actor=cast.ann)
    with pytest.raises(LastOwner):
        set_role(cast.ann, cast.ann, ADMIN)
    with pytest.raises(LastOwner):
        organizations.remove_member(actor=cast.ann, member_id=cast.ann.id)
    with pytest.raises(LastOwner):
        organizations.leave(actor=cast.carl)
    set_role(cast.ann, cast.bob, OWNER)
    organizations.leave(actor=cast.ann)
    organizations.rename(actor=factories.actor(row(cast.bob)), name="Bob's")


def test_a_disabled_owner_is_no_owner_to_stay_behind(context: AppContext, cast: Cast) -> None:
    begin_write()
    set_role(cast.ann, cast.bob, OWNER)
    row(cast.bob).is_active = False
    db.session.flush()
    with pytest.raises(LastOwner):
        organizations.leave(actor=cast.ann)


def test_of_two_owners_who_remove_each_other_at_once_one_stays(app: Flask, cast: Cast) -> None:
    with factories.writing(app):
        bob = make(cast.bob, OWNER)
    results = at_once(
        app,
        lambda: organizations.remove_member(actor=cast.ann, member_id=cast.bob.id),
        lambda: organizations.remove_member(actor=bob, member_id=cast.ann.id),
    )
    assert sorted(results) == ["Forbidden", "done"]
    assert owners_of(app, cast.ann.organization_id) == 1


def test_of_two_owners_who_leave_at_once_one_stays(app: Flask, cast: Cast) -> None:
    with factories.writing(app):
        bob = make(cast.bob, OWNER)
    results = at_once(
        app, lambda: organizations.leave(actor=cast.ann), lambda: organizations.leave(actor=bob)
    )
    assert sorted(results) == ["LastOwner", "done"]
    assert owners_of(app, cast.ann.organization_id) == 1


def owners_of(app: Flask, organization_id: int) -> int:
    query = select(func.count()).select_from(User).where(User.organization_id == organization_id)
    with app.app_context():
        return db.session.scalar(query.where(User.organization_role == OWNER)) or 0


def at_once(app: Flask, *verbs: Callable[[], object]) -> list[str]:
    """Do each verb in a thread and a transaction of its own; what became of each, by name."""
    start = Barrier(len(verbs))
    results: list[str] = []

    def run(verb: Callable[[], object]) -> None:
        with app.app_context():
            start.wait()
            begin_write()
            try:
                verb()
            except DomainError as error:
                db.session.rollback()
                results.append(type(error).__name__)
            else:
                db.session.commit()
                results.append("done")

    threads = [Thread(target=run, args=(verb,)) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
