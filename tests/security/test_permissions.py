from dataclasses import dataclass, replace

import pytest

from portal.models.people import Actor
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
