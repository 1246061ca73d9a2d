from dataclasses import replace

import pytest
from flask import Flask
from flask.ctx import AppContext

from portal.extensions import db
from portal.models.people import Actor, NamedRole, Right, User
from portal.models.people.right import to_text
from portal.models.people.user import format_id
from portal.settings.setting import Group
from portal.web.people.guards import permission_of
from tests import factories
from tests.cast import Cast
from tests.page import Visitor


def let(app: Flask, person: Actor, *rights: Right) -> None:
    with factories.writing(app):
        user = db.session.get_one(User, person.id)
        user.granted_rights = user.rights = to_text(rights)


def role_id(app: Flask) -> int:
    with app.app_context():
        return db.session.query(NamedRole.id).scalar()


def test_a_role_is_made_given_and_explained(client: Visitor, app: Flask, cast: Cast):
    client.sign_in(cast.ada)
    client.post("/admin/rights", {"name": "Team lead", "rights": ["statistics"]}, 303)
    fields = {"named_role": role_id(app), "rights": ["exports"]}
    client.post(f"/admin/users/{format_id(cast.sam.id)}/rights", fields, 303)
    page = client.get(f"/admin/users/{format_id(cast.sam.id)}/rights")
    assert "because of the role “Team lead”" in page.words
    assert "because it was given to this person" in page.words
    assert "Sam Smith" in client.get("/admin/rights").words
    page = client.post(f"/admin/rights/{role_id(app)}/delete", status=409)
    client.post(f"/admin/users/{format_id(cast.sam.id)}/rights", {"named_role": ""}, 303)
    client.post(f"/admin/rights/{role_id(app)}", {"name": "Lead", "rights": []}, 303)
    client.post(f"/admin/rights/{role_id(app)}/delete", status=303)
    assert "No named roles yet" in client.get("/admin/rights").words


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("/admin/rights", {"name": "", "rights": ["people"]}, "Please fill this in."),
        ("/admin/rights", {"name": "x", "rights": ["everything"]}, "choose one of the list"),
        ("/admin/users/{sam}/rights", {"named_role": "99"}, "choose one of the list"),
    ],
)
def test_nonsense_is_said_at_its_field(
    client: Visitor, cast: Cast, path: str, fields: dict[str, object], said: str
):
    client.sign_in(cast.ada)
    assert said in client.post(path.format(sam=format_id(cast.sam.id)), fields, 422).words


@pytest.mark.threat("rules in the browser alone")
def test_staff_open_the_pages_that_they_have_a_right_to(client: Visitor, app: Flask, cast: Cast):
    client.sign_in(cast.sam)
    client.get("/admin/ratings", status=403)
    assert not client.get("/tickets/queue").all("a", href="/admin/ratings")
    let(app, cast.sam, Right.STATISTICS)
    client.get("/admin/ratings")
    client.get("/admin/jobs", status=403)
    client.get("/admin/rights", status=403)
    let(app, cast.sam, Right.RIGHTS)
    assert client.get("/tickets/queue").all("a", href="/admin/rights")
    client.get("/admin/rights")
    client.get("/admin/ratings", status=403)


@pytest.mark.threat("rules in the browser alone")
def test_who_manages_people_is_offered_neither_admins_nor_their_role(
    client: Visitor, app: Flask, cast: Cast
):
    let(app, cast.sam, Right.PEOPLE)
    client.sign_in(cast.sam)
    ada, bob = (f"/admin/users/{format_id(person.id)}" for person in (cast.ada, cast.bob))
    for page in map(client.get, ("/admin/users", "/admin/staff")):
        assert "Ada" in page.words
        assert not page.all("a", href=ada) and not page.all("form", action=f"{ada}/role")
    for address in ("/admin/users/new", bob):
        roles = client.get(address).one("select", name="role").all("option")
        assert [role["value"] for role in roles] == ["customer", "staff"]
    assert client.get(f"/people/{format_id(cast.bob.id)}").all("a", href=bob)
    assert not client.get(f"/people/{format_id(cast.ada.id)}").all("a", href=ada)
    fields = {"email": "eve@example.com", "role": "admin"}
    assert "choose one of the list" in client.post("/admin/users/new", fields, 422).words


# What each right opens of the administration. Everything else there is for admins alone.
OPENED: dict[Right, set[str]] = {
    Right.PEOPLE: {
        "organizations",
        "organization",
        "set_plan",
        "set_organization_active",
        "ask_for_domain",
        "set_domain_role",
        "remove_domain",
        "plans",
        "save_plans",
        "staff",
        "absence",
        "save_absence",
        "users",
        "new_user",
        "open_account",
        "user",
        "edit_user",
        "save_user",
        "user_email",
        "change_user_email",
        "set_role",
        "set_active",
        "end_sessions",
        "send_reset",
        "second_factor",
        "take_second_factor",
        "require_second_factor",
        "revoke_key",
        "merge_user",
        "merge_into",
        "user_deletion",
        "ask_user_deletion",
        "undo_user_deletion",
    },
    Right.OWN_DEPARTMENTS: set(),
    Right.STATISTICS: {
        "index",
        "ratings",
        "statistics_file",
        "statistics_table",
        "reports",
        "ask_report",
        "end_report",
    },
    Right.EXPORTS: {
        "table_exports",
        "ask_table_export",
        "download_table_export",
        "ask_table_export_again",
        "cancel_table_export",
        "change_table_schedule",
        "delete_table_schedule",
    },
    Right.RIGHTS: {
        "rights",
        "create_named_role",
        "named_role",
        "change_named_role",
        "delete_named_role",
        "person_rights",
        "give_rights",
    },
    Right.TEMPLATES: {"mail_texts", "mail_text", "save_mail_text", "mail_preview"},
    Right.SETTINGS: {
        "send_trial",
        "settings",
        "departments",
        "create_department",
        "change_department",
        "move_department",
        "served_departments",
        "save_served_departments",
        "create_type",
        "change_type",
        "move_type",
        "remove_department",
        "assistance",
        "learn_anew",
        "model",
        "allow_model",
        "try_model",
        *(f"settings_{group}" for group in Group),
        *(f"save_settings_{group}" for group in Group),
    },
}


@pytest.mark.threat("rules in the browser alone")
@pytest.mark.parametrize("right", [None, *Right])
def test_each_right_opens_these_views_and_no_other(
    context: AppContext, app: Flask, cast: Cast, right: Right | None
):
    person = replace(cast.sam, rights=right or "")
    opened = {
        rule.endpoint.removeprefix("admin.")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("admin.") and permission_of(rule.endpoint)(person)
    }
    assert opened == (OPENED.get(right, set()) if right else set())


def test_who_gives_rights_is_told_which_they_lack(client: Visitor, app: Flask, cast: Cast):
    let(app, cast.sam, Right.RIGHTS)
    page = client.sign_in(cast.sam).post(
        f"/admin/users/{format_id(cast.sue.id)}/rights",
        {"named_role": "", "rights": ["people"]},
        422,
    )
    assert "only rights that you have yourself" in page.words
