"""`/auth/invitations/<token>`: who gets in by it, and who is sent where."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from jobs.outbox import deliver
from portal import clock
from portal.extensions import db
from portal.models.delivery import Outbox
from portal.models.organizations import Invitation
from portal.models.people import Actor, OrganizationRole, TokenPurpose, User, UserSession
from portal.security.people import tokens
from portal.security.people.step_up import FRESH
from portal.services.organizations import invitations, organizations
from tests import factories
from tests.cast import PASSWORD as PASSWORD_OF_CAST
from tests.cast import Cast
from tests.page import Visitor

ZOE = "zoe@example.com"
PASSWORD = "quiet marble otter lantern"
JOIN = {"first_name": "Zoe", "last_name": "Zimmer", "password": PASSWORD}
Visit = Callable[[], Visitor]


def invite(app: Flask, actor: Actor, email: str = ZOE, role: str = "user") -> str:
    """The path of the link."""
    with factories.writing(app):
        place = OrganizationRole(role)
        made = invitations.invite(actor=actor, email=email, role=place)
        return f"/auth/invitations/{tokens.sign('invitation', made)}"


def person(app: Flask, email: str) -> User | None:
    with app.app_context():
        return db.session.scalar(select(User).where(User.email == email))


def test_the_link_is_in_the_mail_and_leads_in(
    client: Visitor, app: Flask, cast: Cast, mail_folder: Path
) -> None:
    invite(app, cast.ann)
    with app.app_context():
        mail_id = db.session.scalars(select(Outbox.id).where(Outbox.template == "invitation")).one()
        deliver(mail_id)
    text = next(mail_folder.glob("*.eml")).read_text().replace("=\n", "")
    path = "/auth/invitations/" + text.split("/auth/invitations/", 1)[1].split()[0]
    assert "Ann Archer invites you to Acme" in text
    page = client.get(path)
    assert "You are invited to Acme" in page.words
    assert "ann@example.com" in page.words
    assert page.one("strong").text == "User"


def test_somebody_new_opens_an_account_and_is_a_member(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    path = invite(app, cast.ann, role="viewer")
    page = client.post(path, JOIN)
    assert page.location == "/auth/login"
    zoe = person(app, ZOE)
    assert zoe is not None
    assert (zoe.organization_id, zoe.organization_role) == (cast.ann.organization_id, "viewer")
    assert (zoe.name, zoe.is_verified) == ("Zoe Zimmer", True)
    assert "Acme" in client.enter(zoe, PASSWORD).get("/account/organization").words


@pytest.mark.parametrize("password", ["", "short", "zoe@example.com", "x" * 201])
def test_a_password_that_is_none_is_refused(
    client: Visitor, app: Flask, cast: Cast, password: str
) -> None:
    path = invite(app, cast.ann)
    page = client.post(path, {**JOIN, "password": password}, status=422)
    assert page.one("p", id="password-error").text
    assert page.one("input", name="first_name")["value"] == "Zoe"
    assert person(app, ZOE) is None
    client.post(path, JOIN)


@pytest.mark.threat("fields nobody asked for")
def test_nothing_else_can_be_set(client: Visitor, app: Flask, cast: Cast) -> None:
    """V16: mass assignment."""
    wish = {"email": "eve@example.com", "role": "admin", "organization_role": "owner"}
    client.post(invite(app, cast.ann), {**JOIN, **wish})
    zoe = person(app, ZOE)
    assert zoe is not None
    assert (zoe.role, zoe.organization_role) == ("customer", "user")
    assert person(app, "eve@example.com") is None


def test_who_has_an_account_signs_in_comes_back_and_joins(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    path = invite(app, cast.ann, cast.carl.email)
    way = client.get(path).one("a", class_="btn-primary")["href"]
    assert client.post(path, JOIN).location == way
    signed_in = client.post(way, {"email": cast.carl.email, "password": PASSWORD_OF_CAST})
    assert signed_in.location == path
    page = client.follow(signed_in)
    assert "Your own tickets come along" in page.words
    old = client.cookie()
    client.follow(client.post(path), status=303)
    assert client.cookie() != old
    assert "Acme" in client.get("/account/organization").words


@pytest.mark.threat("rules in the browser alone")
def test_joining_proves_nothing_to_whoever_sits_at_a_browser_left_open(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    path = invite(app, cast.ann, cast.carl.email)
    client.sign_in(cast.carl)
    with factories.writing(app):
        db.session.execute(update(UserSession).values(confirmed_at=clock.now() - FRESH))
    client.post(path)
    key = {"name": "robot", "scope": "write", "expires": "30"}
    refused = client.post("/account/keys", key, status=403)
    assert "/account/confirm" in refused.one("a", target="_blank")["href"]


def test_fetching_the_link_does_nothing(client: Visitor, app: Flask, cast: Cast) -> None:
    path = invite(app, cast.ann, cast.carl.email)
    client.enter(cast.carl)
    for _time in range(3):
        client.get(path)
    carl = person(app, cast.carl.email)
    assert carl is not None
    assert carl.organization_id == cast.carl.organization_id


def test_another_account_is_asked_to_sign_out_and_cannot_join(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    """V9: the link is bound to its address."""
    path = invite(app, cast.ann)
    page = client.enter(cast.carl).get(path)
    assert "signed in as carl@example.com" in page.words
    assert page.one("form", action="/auth/logout")
    client.post(path, JOIN, status=403)
    assert person(app, ZOE) is None


def test_who_is_in_an_organization_leaves_that_first(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    with factories.writing(app):
        organizations.rename(actor=cast.carl, name="Cooper & Sons")
    path = invite(app, cast.ann, cast.carl.email)
    assert "Leave that one first" in client.enter(cast.carl).get(path).words
    assert "Leave that one first" in client.post(path, status=409).words


def test_staff_do_not_join(client: Visitor, app: Flask, cast: Cast) -> None:
    path = invite(app, cast.ann, cast.sam.email)
    assert "do not join" in client.enter(cast.sam).get(path).words
    client.post(path, status=403)


def test_a_used_or_revoked_link_is_gone(client: Visitor, app: Flask, cast: Cast) -> None:
    """V9: replay."""
    used, revoked = invite(app, cast.ann), invite(app, cast.ann, "yan@example.com")
    client.post(used, JOIN)
    with factories.writing(app):
        found = db.session.scalars(
            select(Invitation.id).where(Invitation.email == "yan@example.com")
        ).one()
        invitations.revoke(actor=cast.ann, invitation_id=found)
    for path in (used, revoked):
        client.get(path, status=410)
        client.post(path, JOIN, status=410)
    assert person(app, "yan@example.com") is None


def test_a_link_that_is_not_ours_is_gone(client: Visitor, app: Flask, cast: Cast) -> None:
    """V9: forged links, and those of another purpose."""
    path = invite(app, cast.ann)
    with app.app_context():
        made = db.session.scalars(db.select(Invitation)).one()
        purposes = set(TokenPurpose) - {invitations.PURPOSE}
        others = [tokens.sign(purpose, made) for purpose in purposes]
    wrong = [f"/auth/invitations/{text}" for text in ("1", "x.y", "%20", *others)]
    for link in (*wrong, path + "A", path[:-1]):
        client.get(link, status=410)
        client.post(link, JOIN, status=410)


def test_it_is_fetched_or_posted_and_nothing_else(client: Visitor, app: Flask, cast: Cast) -> None:
    path = invite(app, cast.ann)
    token = {"X-CSRFToken": client.csrf_token()}
    assert client.http.put(path, headers=token).status_code == 405
    assert client.http.post(path, data=JOIN).status_code == 400


def test_links_that_open_nothing_are_counted(client: Visitor, app: Flask, cast: Cast) -> None:
    path = invite(app, cast.ann)
    for _time in range(20):
        client.post("/auth/invitations/guess", JOIN, status=410)
    client.post("/auth/invitations/guess", JOIN, status=429)
    client.post(path, JOIN, status=429)


def test_a_form_that_is_filled_in_badly_is_no_try(client: Visitor, app: Flask, cast: Cast) -> None:
    path = invite(app, cast.ann)
    for _time in range(21):
        client.post(path, {**JOIN, "password": ""}, status=422)
    client.post(path, JOIN)
