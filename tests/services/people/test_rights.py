from dataclasses import replace

import pytest
from flask.ctx import AppContext
from sqlalchemy import select

from portal.errors import Forbidden, Invalid, ProofNeeded, RoleInUse
from portal.extensions import begin_write, db
from portal.models.people import AccountEvent, Actor, NamedRole, Right, Role, Sight, User
from portal.queries.people import rights as queries
from portal.security import permissions
from portal.services.people import rights, users
from tests.cast import Cast
from tests.databases import BOTH

pytestmark = BOTH


@pytest.fixture(autouse=True)
def writing(context: AppContext, cast: Cast) -> None:
    begin_write()


def row(actor: Actor) -> User:
    return db.session.get_one(User, actor.id)


def give(cast: Cast, person: Actor, *given: Right, role: NamedRole | None = None) -> Actor:
    """Ada gives them; the person as they are then, with the proof that they had."""
    rights.give(actor=cast.ada, user=row(person), rights=given, named_role=role)
    db.session.flush()
    return fresh(cast, person)


def fresh(cast: Cast, person: Actor) -> Actor:
    return replace(row(person).actor, confirmed_at=cast.ada.confirmed_at)


def test_admins_have_every_right_staff_those_given_and_customers_none(
    context: AppContext, cast: Cast
):
    sam = give(cast, cast.sam, Right.EXPORTS)
    for right in Right:
        assert permissions.has_right(cast.ada, right) is (right is not Right.OWN_DEPARTMENTS)
        assert permissions.has_right(sam, right) is (right is Right.EXPORTS)
    row(cast.bob).rights = "exports"  # past the services: still a customer
    assert not permissions.has_right(fresh(cast, cast.bob), Right.EXPORTS)


@pytest.mark.threat("rights kept or taken")
def test_who_gives_rights_may_limit_others_and_who_is_limited_may_not(
    context: AppContext, cast: Cast
):
    sam = give(cast, cast.sam, Right.RIGHTS, Right.TEMPLATES)
    sue = row(cast.sue)
    rights.give(actor=sam, user=sue, rights=[Right.OWN_DEPARTMENTS], named_role=None)
    db.session.flush()
    assert fresh(cast, cast.sue).sight is Sight.DEPARTMENTS
    sam = give(cast, cast.sam, Right.RIGHTS, Right.TEMPLATES, Right.OWN_DEPARTMENTS)
    with pytest.raises(Forbidden):
        rights.give(actor=sam, user=sue, rights=[], named_role=None)


def test_a_named_role_gives_its_rights_and_its_change_reaches_all_who_have_it(
    context: AppContext, cast: Cast
):
    lead = rights.create_role(actor=cast.ada, name="Team lead", rights=[Right.STATISTICS])
    sam = give(cast, cast.sam, Right.EXPORTS, role=lead)
    assert sam.rights == "statistics exports"
    before = sam.rights_epoch
    rights.change_role(actor=cast.ada, role=lead, name="Lead", rights=[Right.PEOPLE])
    db.session.flush()
    sam = fresh(cast, cast.sam)
    assert (sam.rights, sam.rights_epoch) == ("exports people", before + 1)
    assert [(reason.right, reason.why, reason.role) for reason in queries.reasons(row(sam))] == [
        (Right.EXPORTS, "granted", ""),
        (Right.PEOPLE, "named_role", "Lead"),
    ]
    with pytest.raises(RoleInUse):
        rights.delete_role(actor=cast.ada, role=lead)
    sam = give(cast, cast.sam)
    rights.delete_role(actor=cast.ada, role=lead)
    assert sam.rights == ""
    assert not queries.named_roles()


@pytest.mark.threat("rights kept or taken")
def test_nobody_gives_what_they_do_not_have_nor_anything_to_themselves(
    context: AppContext, cast: Cast
):
    sam = give(cast, cast.sam, Right.RIGHTS, Right.EXPORTS)
    lead = rights.create_role(actor=cast.ada, name="Lead", rights=[Right.PEOPLE])
    for given, role in (([Right.PEOPLE], None), ([], lead)):
        with pytest.raises(Invalid) as refused:
            rights.give(actor=sam, user=row(cast.sue), rights=given, named_role=role)
        assert refused.value.details == {"rights": "not_held"}
        row(cast.sue).granted_rights, row(cast.sue).named_role_id = "", None
    for change in (
        lambda: rights.create_role(actor=sam, name="Mine", rights=[Right.SETTINGS]),
        lambda: rights.change_role(actor=sam, role=lead, name="Lead", rights=[]),
        lambda: rights.delete_role(actor=sam, role=lead),
    ):
        with pytest.raises(Invalid):
            change()
    for person in (cast.sam, cast.ada, cast.bob):
        with pytest.raises(Forbidden):
            rights.give(actor=sam, user=row(person), rights=[Right.EXPORTS], named_role=None)
    assert rights.give(actor=sam, user=row(cast.sue), rights=[Right.EXPORTS], named_role=None)
    with pytest.raises(Forbidden):  # Sue may export, and no more
        rights.give(actor=fresh(cast, cast.sue), user=row(cast.sam), rights=[], named_role=None)
    with pytest.raises(ProofNeeded):
        rights.give(actor=row(cast.ada).actor, user=row(cast.sam), rights=[], named_role=None)


@pytest.mark.threat("rights kept or taken")
def test_who_manages_people_touches_nobody_with_more_rights(context: AppContext, cast: Cast):
    sam = give(cast, cast.sam, Right.PEOPLE)
    assert users.set_active(actor=sam, user=row(cast.bob), active=False)
    assert users.set_role(actor=sam, user=row(cast.carl), role=Role.STAFF)
    with pytest.raises(Forbidden):
        users.set_role(actor=sam, user=row(cast.ann), role=Role.ADMIN)
    with pytest.raises(Forbidden):
        users.set_active(actor=sam, user=row(cast.ada), active=False)
    give(cast, cast.sue, Right.EXPORTS)
    with pytest.raises(Forbidden):
        users.set_active(actor=sam, user=row(cast.sue), active=False)


@pytest.mark.threat("rights kept or taken")
def test_who_leaves_the_staff_comes_back_without_the_rights(context: AppContext, cast: Cast):
    give(cast, cast.sam, Right.EXPORTS)
    for role in (Role.CUSTOMER, Role.STAFF):
        users.set_role(actor=cast.ada, user=row(cast.sam), role=role)
    assert (row(cast.sam).rights, row(cast.sam).granted_rights) == ("", "")


def test_the_log_says_what_came_and_what_went(context: AppContext, cast: Cast):
    give(cast, cast.sam, Right.EXPORTS)
    give(cast, cast.sam, Right.PEOPLE)
    assert not rights.give(
        actor=cast.ada, user=row(cast.sam), rights=[Right.PEOPLE], named_role=None
    )
    lines = db.session.scalars(select(AccountEvent).order_by(AccountEvent.id)).all()
    assert [(line.user_id, line.actor_id, line.kind, line.data) for line in lines] == [
        (cast.sam.id, cast.ada.id, "rights_changed", {"added": "exports", "removed": ""}),
        (cast.sam.id, cast.ada.id, "rights_changed", {"added": "people", "removed": "exports"}),
    ]


@pytest.mark.parametrize(
    ("name", "code"),
    [("", "required"), (" ", "required"), ("x" * 61, "too_long"), ("Lead", "taken")],
)
def test_a_named_role_needs_a_name_of_its_own(
    context: AppContext, cast: Cast, name: str, code: str
):
    rights.create_role(actor=cast.ada, name="Lead", rights=[])
    with pytest.raises(Invalid) as refused:
        rights.create_role(actor=cast.ada, name=name, rights=[])
    assert refused.value.details == {"name": code}
