from collections.abc import Callable

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.organizations.organization import format_id
from portal.models.people import OrganizationRole, User
from portal.models.tickets import Rating
from portal.queries.organizations import customers
from portal.services.people import users
from tests import factories
from tests.cast import Cast
from tests.databases import BOTH
from tests.page import Visitor
from tests.people.test_person import told

pytestmark = BOTH


def url(cast: Cast, name: str = "bob", way: str = "") -> str:
    return f"/organizations/{format_id(getattr(cast, name).organization_id)}{way}"


def test_staff_read_who_its_members_are_and_how_to_reach_them(
    client: Visitor, app: Flask, cast: Cast
):
    with factories.writing(app):
        db.session.get_one(User, cast.bob.id).phone = "+44 20 7946 0000"
    page = client.sign_in(cast.sam).get(url(cast))
    assert page.one("h1").text == "Acme"
    ann, bob = page.one("ul", class_="customer-members").all("li")
    assert "Ann Archer Owner" in ann.text and "ann@example.com" in ann.text
    assert "+44 20 7946 0000" in bob.text and "Carl" not in page.words
    assert client.get(bob.all("a")[0]["href"]).one("h1").text == "Bob Baker"


def test_all_of_its_tickets_stand_there_with_who_asked(client: Visitor, app: Flask, cast: Cast):
    for person in (cast.ann, cast.bob, cast.carl):
        factories.file_ticket(app, person, f"{person.name} asks")
    page = client.sign_in(cast.sam).get(url(cast))
    items = page.one("section", id="customer-tickets").all("li")
    assert ["Bob Baker asks" in items[0].text, "Ann Archer asks" in items[1].text] == [True, True]
    assert len(items) == 2
    assert [a.text for a in items[0].all("a")] == ["Bob Baker asks", "Bob Baker"]
    queue = client.get(page.one("a", id="customer-unsolved")["href"])
    assert "Ann Archer asks" in queue.words and "Carl Cooper asks" not in queue.words


def test_its_ratings_are_told_in_numbers(client: Visitor, app: Flask, cast: Cast):
    for person in (cast.ann, cast.bob):
        filed = factories.file_ticket(app, person)
        factories.rate_ticket(app, person, filed, Rating.BAD)
    page = client.sign_in(cast.sam).get(url(cast))
    assert page.one("ul", class_="customer-ratings").text == "2 Bad"


@pytest.mark.threat("foreign rows")
@pytest.mark.parametrize("reader", ["ann", "bob", "carl"])
@pytest.mark.parametrize("way", ["", "/log"])
def test_customers_are_told_of_no_such_page(client: Visitor, cast: Cast, reader: str, way: str):
    client.sign_in(getattr(cast, reader))
    known = client.get(url(cast, way=way), 404)
    unknown = client.get(f"/organizations/ORG999999{way}", 404)
    assert told(known) == told(unknown)


def test_who_is_not_signed_in_is_asked_to(client: Visitor, cast: Cast):
    assert client.get(url(cast), 303).location.startswith("/auth/login")


@pytest.mark.parametrize("number", ["ORG999999", "ORG1", "1", "org000001", "USR000001"])
def test_what_is_no_number_of_any_is_not_found(client: Visitor, cast: Cast, number: str):
    client.sign_in(cast.sam)
    client.get(f"/organizations/{number}", 404)
    client.get(f"/organizations/{number}/log", 404)


@pytest.mark.parametrize("query", ["status=lost", "members=x", "cursor=x"])
def test_what_nothing_can_have_is_refused(client: Visitor, cast: Cast, query: str):
    client.sign_in(cast.sam).get(f"{url(cast)}?{query}", 422)


def test_nothing_is_done_by_sending_to_it(client: Visitor, cast: Cast):
    client.sign_in(cast.sam).post(url(cast), status=405)


def test_many_members_come_in_pages(
    client: Visitor, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(customers, "MEMBERS_PAGE", 1)
    page = client.sign_in(cast.sam).get(url(cast))
    more = next(link for link in page.all("a") if link.text == "More members")
    assert "Bob Baker" not in page.one("ul", class_="customer-members").text
    assert "Bob Baker" in client.get(more["href"]).one("ul", class_="customer-members").text


def test_its_log_is_that_of_its_customers_and_names_them(
    visit: Callable[[], Visitor], app: Flask, cast: Cast
):
    with factories.writing(app):
        for person in (cast.bob, cast.carl):
            users.set_active(actor=cast.ada, user=db.session.get_one(User, person.id), active=False)
        colleague = factories.user(
            "temp@example.com", organization_id=cast.ann.organization_id, role="staff"
        )
        colleague.organization_role = OrganizationRole.USER
        users.set_active(actor=cast.ada, user=colleague, active=False)
    page = visit().sign_in(cast.sam).get(url(cast, way="/log"))
    (line,) = page.one("tbody").all("tr")
    assert "Account disabled" in line.text and "Bob Baker" in line.text
    assert line.one("td", class_="who").text == "Ada Adams"


def test_companies_lead_here_from_the_queue(client: Visitor, app: Flask, cast: Cast):
    factories.file_ticket(app, cast.bob)
    queue = client.sign_in(cast.sam).get("/tickets/queue?view=all")
    (link,) = [a for a in queue.all("a") if (a.get("href") or "").startswith("/organizations/")]
    assert link.text == "Acme" and client.get(link["href"]).one("h1").text == "Acme"
