from dataclasses import dataclass, replace

import pytest

from portal.models.people import Actor, Right, Sight
from portal.models.people.right import to_text
from portal.security import permissions

SAM = Actor(1, "sam@x.example", "Sam", "", "staff", 1, "owner", "en", "UTC")
ADA = replace(SAM, id=2, role="admin")
OWNER = replace(SAM, id=3, role="customer", organization_id=7)
ADMIN = replace(OWNER, id=4, organization_role="admin")
USER = replace(OWNER, id=5, organization_role="user")
VIEWER = replace(OWNER, id=6, organization_role="viewer")
STRANGER = replace(OWNER, id=9, organization_id=8)


@dataclass
class Facts:
    organization_id: int = 7
    requester_id: int = 5
    status: str = "open"


@dataclass
class View:
    owner_id: int | None
    shared: bool


def allowed(rule, *arguments) -> set[int]:
    people = (SAM, ADA, OWNER, ADMIN, USER, VIEWER, STRANGER)
    return {person.id for person in people if rule(person, *arguments)}


@pytest.mark.threat("rules in the browser alone")
def test_who_may_do_what_is_this_table():
    ticket = Facts()
    assert allowed(permissions.can_file) == {1, 2, 3, 4, 5, 9}
    assert allowed(permissions.can_comment, ticket) == {1, 2, 3, 4, 5}
    assert allowed(permissions.can_note) == {1, 2}
    assert allowed(permissions.can_triage) == {1, 2}
    assert allowed(permissions.can_administer) == {2}
    assert allowed(permissions.can_read_people) == {1, 2}
    assert allowed(permissions.can_note_about, "customer") == {1, 2}
    assert allowed(permissions.can_note_about, "staff") == set()
    assert allowed(permissions.can_change_note, SAM.id) == {1}
    assert allowed(permissions.can_change_note, USER.id) == set()
    assert allowed(permissions.can_read_account_log, "customer") == {1, 2}
    assert allowed(permissions.can_read_account_log, "staff") == {2}
    assert allowed(permissions.can_set_status, ticket, "solved") == {1, 2, 3, 4, 5}
    assert allowed(permissions.can_set_status, ticket, "on_hold") == {1, 2}
    assert allowed(permissions.can_rate, ticket) == {5}
    assert allowed(permissions.can_rate, Facts(requester_id=SAM.id)) == {1}


def test_who_may_do_what_to_an_organization_is_this_table():
    assert allowed(permissions.can_rename_organization) == {1, 2, 3, 9}
    assert allowed(permissions.can_manage_organization) == {1, 2, 3, 4, 9}
    assert allowed(permissions.can_grant, "owner") == {1, 2, 3, 9}
    for role in ("admin", "user", "viewer"):
        assert allowed(permissions.can_grant, role) == {1, 2, 3, 4, 9}
    assert allowed(permissions.can_manage_member, OWNER) == {3}
    for member in (ADMIN, USER, VIEWER):
        assert allowed(permissions.can_manage_member, member) == {3, 4}
    assert allowed(permissions.can_join) == {3, 4, 5, 6, 9}


def test_a_fellow_user_and_a_viewer_who_filed_it_once_do_not_answer():
    assert allowed(permissions.can_comment, Facts(requester_id=99)) == {1, 2, 3, 4}
    for rule in (permissions.can_comment, permissions.can_rate):
        assert not rule(VIEWER, Facts(requester_id=VIEWER.id))


def test_who_has_left_the_organization_has_left_its_tickets():
    for rule in (permissions.can_comment, permissions.can_rate):
        assert not rule(replace(USER, organization_id=8), Facts())


def test_require_raises_for_no():
    permissions.require(True)
    with pytest.raises(permissions.Forbidden):
        permissions.require(False)


RULES = {
    permissions.can_see_statistics: Right.STATISTICS,
    permissions.can_export: Right.EXPORTS,
    permissions.can_manage_people: Right.PEOPLE,
    permissions.can_change_settings: Right.SETTINGS,
    permissions.can_change_templates: Right.TEMPLATES,
    permissions.can_change_rights: Right.RIGHTS,
}


@pytest.mark.threat("rules in the browser alone")
def test_a_right_opens_one_thing_to_staff_and_nothing_to_customers():
    assert set(RULES.values()) == set(Right) - {Right.OWN_DEPARTMENTS}
    for rule, right in RULES.items():
        assert allowed(rule) == {ADA.id}
        for other in Right:
            assert rule(replace(SAM, rights=f"x {other}")) is (other is right)
            assert not rule(replace(OWNER, rights=other))


@pytest.mark.threat("rights kept or taken")
def test_who_sees_own_departments_alone_has_no_right_over_the_whole_desk():
    clerk = replace(SAM, rights=to_text(Right))
    may = {right for rule, right in RULES.items() if rule(clerk)}
    assert may == {Right.TEMPLATES}
    for person in (OWNER, ADA):
        limited = replace(person, rights=Right.OWN_DEPARTMENTS)
        assert limited.sight is person.sight
    assert clerk.sight is Sight.DEPARTMENTS
    giver = replace(SAM, rights="rights")
    assert permissions.can_give_right(giver, Right.OWN_DEPARTMENTS)
    assert not permissions.can_give_right(giver, Right.PEOPLE)
    assert not permissions.can_give_right(clerk, Right.OWN_DEPARTMENTS)
    assert permissions.can_manage_person(replace(SAM, rights="people"), replace(clerk, rights=""))


def test_who_manages_people_manages_those_with_no_more_rights():
    sam = replace(SAM, rights="people exports")
    for person, may in (
        (OWNER, True),
        (replace(SAM, id=8), True),
        (replace(SAM, id=8, rights="exports own_departments"), True),
        (replace(SAM, id=8, rights="settings"), False),
        (ADA, False),
    ):
        assert permissions.can_manage_person(sam, person) is may
        assert permissions.can_manage_person(ADA, person)
        assert not permissions.can_manage_person(SAM, person)
    assert not permissions.can_give_role(sam, "admin")
    assert permissions.can_give_role(sam, "staff")


def test_rights_go_to_colleagues_alone():
    sam = replace(SAM, rights="rights")
    for person, may in ((replace(SAM, id=8), True), (sam, False), (OWNER, False), (ADA, False)):
        assert permissions.can_give_rights(sam, person) is may
    assert not permissions.can_give_rights(SAM, replace(SAM, id=8))


def test_what_others_share_is_changed_by_who_has_the_right():
    view = View(owner_id=USER.id, shared=True)
    assert not permissions.can_change_view(SAM, view)
    assert permissions.can_change_view(replace(SAM, rights="templates"), view)
    assert not permissions.can_change_view(
        replace(SAM, rights="templates"), replace(view, shared=False)
    )
