"""`/account/organization`: what each role sees of it and may change, and what is refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.delivery import Outbox
from portal.models.organizations import Credential, Invitation, Organization
from portal.models.people import AccountEvent, Actor, OrganizationRole, User
from portal.queries.organizations.organizations import MEMBERS_PAGE
from tests import factories
from tests.cast import Cast
from tests.databases import BOTH
from tests.page import Page, Visitor

PAGE = "/account/organization"
SECRET = "wb-0123456789-planted"
OWNER, ADMIN, USER, VIEWER = OrganizationRole
Visit = Callable[[], Visitor]


def row(app: Flask, person: Actor) -> User:
    with app.app_context():
        return db.session.get_one(User, person.id)


def make(app: Flask, person: Actor, role: OrganizationRole) -> None:
    with factories.writing(app):
        db.session.get_one(User, person.id).organization_role = role


def actions(page: Page) -> set[str]:
    """Where the page's forms lead, without the ways that every page has."""
    found = {form["action"] for form in page.one("main").all("form", method="post")}
    return {action.removeprefix(PAGE) for action in found}


def count(app: Flask, model: Any) -> int:
    with app.app_context():
        return len(db.session.scalars(select(model)).all())


def management_forms(cast: Cast) -> list[tuple[str, dict[str, str]]]:
    """Every change that the page offers, with good values."""
    return [
        ("", {"name": "Changed"}),
        (f"/members/{cast.bob.id}/role", {"role": "viewer"}),
        (f"/members/{cast.bob.id}/remove", {}),
        ("/leave", {}),
        ("/invitations", {"email": "zoe@example.com", "role": "user"}),
        ("/invitations/1/revoke", {}),
        ("/credentials", {"name": "WB", "secret": SECRET}),
        ("/credentials/1/delete", {}),
        ("/domains", {"email": "admin@acme.example", "role": "user"}),
        ("/domains/1/remove", {}),
    ]


def test_an_owner_sees_and_may_change_everything(client: Visitor, cast: Cast) -> None:
    page = client.sign_in(cast.ann).get(PAGE)
    assert actions(page) == {
        "",
        f"/members/{cast.bob.id}/role",
        f"/members/{cast.bob.id}/remove",
        "/leave",
        "/invitations",
        "/domains",
        "/credentials",
    }
    members = page.one("section", id="members")
    assert "ann@example.com · Owner" in members.text
    assert "bob@example.com · User" in members.text
    line = page.one("nav", id="rail").one("a", aria_current="page")
    assert line.text == "Members and name"


def test_an_admin_manages_all_but_owners_and_the_name(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    make(app, cast.bob, ADMIN)
    page = client.sign_in(cast.bob).get(PAGE)
    assert actions(page) == {"/leave", "/invitations", "/domains", "/credentials"}
    offered = [option["value"] for option in page.one("select", id="invite-role").all("option")]
    assert offered == ["viewer", "user", "admin"]


@pytest.mark.parametrize("role", [USER, VIEWER])
def test_users_and_viewers_see_who_is_in_it_and_can_leave(
    client: Visitor, app: Flask, cast: Cast, role: OrganizationRole
) -> None:
    make(app, cast.bob, role)
    page = client.sign_in(cast.bob).get(PAGE)
    assert actions(page) == {"/leave"}
    assert "Ann Archer" in page.words
    assert not page.all("section", id="invitations")
    assert not page.all("section", id="credentials")


@pytest.mark.parametrize("role", [USER, VIEWER])
def test_users_and_viewers_change_nothing(
    client: Visitor, app: Flask, cast: Cast, role: OrganizationRole
) -> None:
    make(app, cast.bob, role)
    client.sign_in(cast.bob)
    for path, fields in management_forms(cast):
        if path != "/leave":
            client.post(PAGE + path, fields, status=403)
    assert count(app, Invitation) == count(app, Credential) == 0
    assert row(app, cast.bob).organization_role == role


def test_strangers_sign_in_first_and_change_nothing(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    assert "/auth/login" in client.get(PAGE, status=303).location
    for path, fields in management_forms(cast):
        assert "/auth/login" in client.post(PAGE + path, fields).location
    assert row(app, cast.bob).organization_id == cast.ann.organization_id


@pytest.mark.threat("foreign rows")
def test_another_organizations_owner_finds_nobody_and_nothing(
    client: Visitor, visit: Visit, app: Flask, cast: Cast
) -> None:
    """V1: access across organizations."""
    ann = client.sign_in(cast.ann)
    ann.post(f"{PAGE}/invitations", {"email": "zoe@example.com", "role": "user"})
    ann.post(f"{PAGE}/credentials", {"name": "Wildberries", "secret": SECRET})
    carl = visit().sign_in(cast.carl)
    page = carl.get(PAGE)
    for word in ("Ann", "Bob", "Acme", "zoe@example.com", "Wildberries"):
        assert word not in page.words
    for path in (
        f"/members/{cast.bob.id}/role",
        f"/members/{cast.bob.id}/remove",
        "/members/999999/remove",
        "/members/99999999999999999999/remove",
        "/invitations/1/revoke",
        "/invitations/99999999999999999999/revoke",
        "/credentials/1/delete",
        "/credentials/99999999999999999999/delete",
    ):
        carl.post(PAGE + path, {"role": "user"}, status=404)
    assert count(app, Credential) == 1


@pytest.mark.parametrize("path", ["/members/1/role", "/leave", "/invitations", "/credentials"])
def test_nothing_changes_by_following_a_link(client: Visitor, cast: Cast, path: str) -> None:
    client.sign_in(cast.ann).get(PAGE + path, status=405)


def test_a_personal_organization_gets_a_name_before_others_get_in(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    client.sign_in(cast.carl)
    assert actions(client.get(PAGE)) == {"", "/credentials"}
    asked = {"email": "zoe@example.com", "role": "user"}
    page = client.post(f"{PAGE}/invitations", asked, status=422)
    assert "personal one" in page.words
    page = client.follow(client.post(PAGE, {"name": "Cooper & Sons"}))
    assert page.one("h2", id="organization-head").text == "Cooper & Sons"
    client.post(f"{PAGE}/invitations", asked)
    with app.app_context():
        assert not db.session.get_one(Organization, cast.carl.organization_id).personal


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
def test_a_name_that_is_none_is_refused_beside_its_field(
    client: Visitor, cast: Cast, name: str
) -> None:
    page = client.sign_in(cast.ann).post(PAGE, {"name": name}, status=422)
    assert page.one("p", id="organization-name-error").text
    assert page.one("h2", id="organization-head").text == "Acme"


def test_a_new_role_holds_at_the_next_request(
    client: Visitor, visit: Visit, app: Flask, cast: Cast
) -> None:
    """V2: stale rights."""
    bob = visit().sign_in(cast.bob)
    client.sign_in(cast.ann).post(f"{PAGE}/members/{cast.bob.id}/role", {"role": "admin"})
    bob.get(PAGE, status=303)
    assert row(app, cast.bob).organization_role == ADMIN


@pytest.mark.parametrize("role", ["", "king", "OWNER"])
def test_a_role_that_is_none_is_refused(client: Visitor, app: Flask, cast: Cast, role: str) -> None:
    path = f"{PAGE}/members/{cast.bob.id}/role"
    client.sign_in(cast.ann).post(path, {"role": role}, status=422)
    assert row(app, cast.bob).organization_role == USER


@pytest.mark.threat("rights kept or taken")
def test_who_is_removed_is_out_of_the_tickets_at_the_next_request(
    client: Visitor, visit: Visit, app: Flask, cast: Cast
) -> None:
    """V2: removal cuts every right."""
    filed = factories.file_ticket(app, cast.bob)
    bob = visit().sign_in(cast.bob)
    bob.get(f"/tickets/{filed.number}")
    client.sign_in(cast.ann).post(f"{PAGE}/members/{cast.bob.id}/remove")
    assert "/auth/login" in bob.get(f"/tickets/{filed.number}", status=303).location
    bob.sign_in(cast.bob).get(f"/tickets/{filed.number}", status=404)
    client.get(f"/tickets/{filed.number}")


def test_who_leaves_goes_on_in_a_personal_organization(
    client: Visitor, visit: Visit, app: Flask, cast: Cast
) -> None:
    elsewhere = visit().sign_in(cast.bob)
    page = client.follow(client.sign_in(cast.bob).post(f"{PAGE}/leave"))
    assert "personal organization" in page.words
    elsewhere.get(PAGE, status=303)
    assert row(app, cast.bob).organization_id != cast.ann.organization_id


def test_the_last_owner_is_told_why_not(client: Visitor, app: Flask, cast: Cast) -> None:
    client.sign_in(cast.ann)
    mine = f"/members/{cast.ann.id}"
    for path, fields in (
        ("/leave", {}),
        (f"{mine}/remove", {}),
        (f"{mine}/role", {"role": "user"}),
    ):
        page = client.post(PAGE + path, fields, status=409)
        assert "last owner" in page.words
    assert row(app, cast.ann).organization_role == OWNER


def test_an_owner_who_steps_down_stays_signed_in_with_less(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    make(app, cast.bob, OWNER)
    client.sign_in(cast.ann)
    old = client.cookie()
    page = client.follow(client.post(f"{PAGE}/members/{cast.ann.id}/role", {"role": "viewer"}))
    assert actions(page) == {"/leave"}
    assert client.cookie() != old


def test_an_invitation_is_listed_mailed_and_taken_back(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    client.sign_in(cast.ann)
    asked = {"email": "Zoe@Example.COM", "role": "viewer"}
    page = client.follow(client.post(f"{PAGE}/invitations", asked))
    line = page.one("li", id="invitation-1")
    assert "zoe@example.com" in line.text
    assert "Viewer · by Ann Archer" in line.text
    with app.app_context():
        mail = db.session.scalars(select(Outbox).where(Outbox.template == "invitation")).one()
        assert mail.recipient == "zoe@example.com"
    page = client.follow(client.post(f"{PAGE}/invitations/1/revoke"))
    assert not page.all("li", id="invitation-1")
    page = client.follow(client.post(f"{PAGE}/invitations/1/revoke"))
    assert "was not open any more" in page.words


@pytest.mark.threat("telling who exists")
def test_inviting_says_the_same_of_every_address(client: Visitor, cast: Cast) -> None:
    """V14: no way to find out who has an account."""
    client.sign_in(cast.ann)
    texts = []
    for email in (cast.carl.email, cast.sam.email, "nobody@example.com"):
        page = client.follow(client.post(f"{PAGE}/invitations", {"email": email, "role": "user"}))
        texts.append(page.one("div", id="flash").text.replace(email, "…"))
    assert len(set(texts)) == 1


@pytest.mark.parametrize(
    ("email", "role", "field", "sentence"),
    [
        ("", "user", "invite-email", "not an e-mail address"),
        ("zoe", "user", "invite-email", "not an e-mail address"),
        ("bob@example.com", "user", "invite-email", "member already"),
        ("zoe@example.com", "king", "invite-role", "one of the list"),
    ],
)
def test_what_cannot_be_invited_is_refused_beside_its_field(
    client: Visitor, app: Flask, cast: Cast, email: str, role: str, field: str, sentence: str
) -> None:
    asked = {"email": email, "role": role}
    page = client.sign_in(cast.ann).post(f"{PAGE}/invitations", asked, status=422)
    assert sentence in page.one("p", id=f"{field}-error").text
    assert count(app, Invitation) == 0


def test_nobody_invites_above_the_own_role(client: Visitor, app: Flask, cast: Cast) -> None:
    """V2: role escalation."""
    make(app, cast.bob, ADMIN)
    asked = {"email": "zoe@example.com", "role": "owner"}
    client.sign_in(cast.bob).post(f"{PAGE}/invitations", asked, status=403)


@pytest.mark.threat("floods")
def test_an_address_is_not_mailed_at_without_end(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.ann)
    asked = {"email": "zoe@example.com", "role": "user"}
    for _time in range(5):
        client.post(f"{PAGE}/invitations", asked)
    client.post(f"{PAGE}/invitations", asked, status=429)
    client.post(f"{PAGE}/invitations", {**asked, "email": "yan@example.com"})


@pytest.mark.threat("notes and secrets shown")
def test_a_credential_is_stored_replaced_and_forgotten_and_never_shown(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    client.sign_in(cast.ann)
    for secret in (SECRET, f"{SECRET}-2"):
        page = client.follow(
            client.post(f"{PAGE}/credentials", {"name": "Wildberries", "secret": secret})
        )
        assert "Wildberries" in page.one("li", id="credential-1").text
        assert SECRET not in page.text
    client.post(f"{PAGE}/credentials/1/delete")
    assert count(app, Credential) == 0
    with app.app_context():
        kinds = [
            event.data["change"]
            for event in db.session.scalars(select(AccountEvent).order_by(AccountEvent.id))
            if event.kind == "credential_changed"
        ]
    assert kinds == ["put", "put", "deleted"]


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"name": "", "secret": SECRET}, "credential-name", "fill this in"),
        ({"name": "x" * 61, "secret": SECRET}, "credential-name", "too long"),
        ({"name": "Google", "secret": ""}, "credential-secret", "fill this in"),
        ({"name": "Google", "secret": "{" + SECRET}, "credential-secret", "JSON"),
        ({"name": "Google", "secret": SECRET * 1000}, "credential-secret", "too long"),
    ],
)
def test_a_credential_that_is_refused_does_not_come_back_with_the_page(
    client: Visitor, app: Flask, cast: Cast, fields: dict[str, str], field: str, sentence: str
) -> None:
    page = client.sign_in(cast.ann).post(f"{PAGE}/credentials", fields, status=422)
    assert sentence in page.one("p", id=f"{field}-error").text
    assert SECRET not in page.text
    assert page.one("input", id="organization-name")["value"] == "Acme"
    assert count(app, Credential) == 0


def test_without_a_key_to_encrypt_with_the_page_says_so(
    client: Visitor, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "ENCRYPTION_MASTER_KEYS", [])
    client.sign_in(cast.ann)
    page = client.post(f"{PAGE}/credentials", {"name": "WB", "secret": SECRET}, status=503)
    assert "operator" in page.words


def test_what_changes_who_has_access_asks_who_is_there(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    client.sign_in(cast.ann)
    with time_machine.travel(clock.now() + timedelta(minutes=11), tick=False):
        for path, fields in management_forms(cast):
            if path and path not in {"/invitations/1/revoke", "/domains/1/remove"}:
                # What was typed is shown, to be sent again.
                status = 403 if fields.keys() & {"name", "email"} else 303
                page = client.post(PAGE + path, fields, status=status)
                asks = page.location or page.one("a", target="_blank")["href"]
                assert "/account/confirm" in asks, path
    assert count(app, Invitation) == count(app, Credential) == 0
    assert row(app, cast.bob).organization_id == cast.ann.organization_id


def test_a_name_with_markup_is_shown_as_it_was_typed(client: Visitor, cast: Cast) -> None:
    name = "<b>Acme</b> & {{ 7*7 }}"
    page = client.follow(client.sign_in(cast.ann).post(PAGE, {"name": name}))
    assert page.one("h2", id="organization-head").text == name


@BOTH
def test_many_members_stand_on_pages_and_a_deed_leads_back_to_its_page(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    with factories.writing(app):
        for number in range(MEMBERS_PAGE):
            factories.user(
                f"m{number}@example.com",
                organization_id=cast.ann.organization_id,
                organization_role=OrganizationRole.USER,
            )
    client.sign_in(cast.ann)
    first = client.get(PAGE)
    path = first.one("a", rel="next")["href"]
    second = client.get(path)
    rows = [
        [row["id"] for row in page.one("section", id="members").all("li", id=True)]
        for page in (first, second)
    ]
    assert [len(page) for page in rows] == [MEMBERS_PAGE, 2]
    assert len({*rows[0], *rows[1]}) == MEMBERS_PAGE + 2
    form = second.one("section", id="members").all("form")[0]
    fields = {"role": "viewer", "cursor": form.one("input", name="cursor")["value"]}
    assert client.post(form["action"], fields).location == path
    client.get(f"{PAGE}?cursor=x", status=422)
