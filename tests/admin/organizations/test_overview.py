from collections.abc import Callable

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.organizations import Organization, Plan
from portal.models.organizations.organization import format_id
from tests import factories
from tests.api.api_client import ApiClient, key_of
from tests.cast import PASSWORD, Cast
from tests.page import Visitor


def path(cast: Cast, verb: str = "") -> str:
    return f"/admin/organizations/{format_id(cast.ann.organization_id)}{verb}"


@pytest.fixture
def ada(visit: Callable[[], Visitor], app: Flask, cast: Cast) -> Visitor:
    with factories.writing(app):
        limits = {"free": (3, 20), "starter": (10, 100), "enterprise": (None, None)}
        db.session.add_all(
            Plan(name=name, members=members, open_tickets=open_tickets)
            for name, (members, open_tickets) in limits.items()
        )
    return visit().sign_in(cast.ada)


def limit(app: Flask, cast: Cast, **limits: int) -> None:
    """Acme has the plan FREE, with these limits."""
    with factories.writing(app):
        db.session.add(Plan(name="free", **limits))
        db.session.get_one(Organization, cast.ann.organization_id).plan = "free"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"Acme", "Lodge desk"}),
        ("?q=ACM", {"Acme"}),
        ("?plan=enterprise", {"Acme", "Lodge desk"}),
        ("?plan=free", set()),
        ("?state=shut", set()),
        ("?q=%25", set()),
    ],
)
def test_companies_are_found(ada: Visitor, query: str, found: set[str]):
    page = ada.get(f"/admin/organizations{query}")
    assert {row.one("a").text for row in page.all("li", id=True) if row.all("a")} == found


@pytest.mark.parametrize("query", ["?plan=gold", "?state=lost", "?cursor=x"])
def test_malformed_filters_are_refused(ada: Visitor, query: str):
    ada.get(f"/admin/organizations{query}", status=422)


def test_a_plan_is_given_and_its_owner_sees_what_is_in_use(
    ada: Visitor, visit: Callable[[], Visitor], cast: Cast
):
    page = ada.follow(ada.post(path(cast, "/plan"), {"plan": "starter"}))
    assert "Acme has the plan STARTER." in page.words
    assert "2 of 10" in page.words
    assert "2 of 10" in visit().sign_in(cast.ann).get("/account/organization").words
    assert "2 of 10" not in visit().sign_in(cast.bob).get("/account/organization").words


def test_a_plan_below_what_is_in_use_is_refused_with_a_sentence(
    ada: Visitor, app: Flask, cast: Cast
):
    with factories.writing(app):
        db.session.get_one(Plan, "free").members = 1
    page = ada.post(path(cast, "/plan"), {"plan": "free"}, 422)
    assert "More is in use than this plan has room for." in page.words


def test_the_door_says_what_the_plan_is_full_of(
    visit: Callable[[], Visitor], app: Flask, cast: Cast
):
    factories.file_ticket(app, cast.bob)
    limit(app, cast, members=2, open_tickets=1)
    bob = visit().sign_in(cast.bob)
    page = bob.post("/tickets/new", {"subject": "Cold again", "message": "It is."}, 402)
    assert "room for 1 open ticket." in page.words
    assert "It is." in page.text
    ann = visit().sign_in(cast.ann)
    invited = {"email": "c@example.com", "role": "user"}
    page = ann.post("/account/organization/invitations", invited, 402)
    assert "room for 2 members" in page.words


def test_the_api_says_it_too(app: Flask, cast: Cast):
    factories.file_ticket(app, cast.bob)
    limit(app, cast, open_tickets=1)
    robot = ApiClient(app, key_of(app, cast.bob))
    answer = robot.post("/tickets", {"subject": "Cold again", "message": "It is."}, 402)
    assert answer.code == "plan_full"


def test_access_is_switched_off_and_on(
    ada: Visitor, visit: Callable[[], Visitor], app: Flask, cast: Cast
):
    bob, key = visit().sign_in(cast.bob), key_of(app, cast.bob)
    page = ada.follow(ada.post(path(cast, "/active"), {"active": "0"}))
    assert "cannot sign in" in page.words
    bob.get("/tickets/", status=303)
    form = {"email": cast.bob.email, "password": PASSWORD}
    assert (
        "access of your organization is switched off"
        in visit().post("/auth/login", form, 403).words
    )
    assert ApiClient(app, key).get("/users/me", 403).code == "organization_shut"
    ada.post(path(cast, "/active"), {"active": "1"})
    visit().post("/auth/login", form)


def test_it_is_for_who_manages_people(ada: Visitor, visit: Callable[[], Visitor], cast: Cast):
    for verb, fields in (("", None), ("/plan", {"plan": "pro"}), ("/active", {"active": "0"})):
        for person, status in ((cast.sam, 403), (cast.ann, 404)):
            visitor = visit().sign_in(person)
            if fields is None:
                visitor.get(path(cast), status=status)
            else:
                visitor.post(path(cast, verb), fields, status=status)
    assert "/auth/login" in visit().get(path(cast), status=303).location
    ada.get("/admin/organizations/ORG999999", status=404)
    ada.post(path(cast, "/plan"), {"plan": "gold"}, 422)
    ada.post(path(cast, "/active"), {"active": "2"}, 422)
