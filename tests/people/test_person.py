from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from portal.extensions import db
from portal.models.people import User
from portal.models.people.user import format_id
from portal.models.tickets import Priority, Rating, Ticket, TicketStatus
from portal.people import tickets as person_tickets
from portal.queries.tickets import customers
from portal.services.people import users
from portal.services.tickets import tickets
from tests import factories
from tests.cast import Cast
from tests.databases import BOTH
from tests.page import Page, Visitor

pytestmark = BOTH


def url(cast: Cast, name: str = "bob", way: str = "") -> str:
    return f"/people/{format_id(getattr(cast, name).id)}{way}"


def subjects(page: Page) -> list[str]:
    return [item.one("p", class_="m").one("a").text for item in listed(page)]


def listed(page: Page) -> list:
    return page.one("section", id="customer-tickets").all("li")


def told(refusal: Page) -> str:
    """All of it but the number of the request."""
    return refusal.words.replace(refusal.headers["X-Request-ID"], "")


def set_columns(app: Flask, user_id: int, **columns: object) -> None:
    with factories.writing(app):
        db.session.execute(update(User).where(User.id == user_id).values(**columns))


def test_staff_read_who_somebody_is(client: Visitor, app: Flask, cast: Cast):
    set_columns(app, cast.bob.id, phone="+44 20 7946 0000", timezone="Asia/Kolkata", locale="ru")
    page = client.sign_in(cast.sam).get(url(cast))
    assert page.one("h1").text == "Bob Baker"
    assert {"bob@example.com", "+44 20 7946 0000", "Acme"} <= {a.text for a in page.all("a")}
    assert "User" in page.words and "Russian" in page.words and "Local time" in page.words
    company = next(link for link in page.all("a") if link.text == "Acme")
    assert client.get(company["href"]).one("h1").text == "Acme"


def test_nobody_guesses_where_somebody_is_who_has_not_said(client: Visitor, cast: Cast):
    assert "Local time" not in client.sign_in(cast.sam).get(url(cast)).words


def test_who_is_alone_has_no_company(client: Visitor, cast: Cast):
    page = client.sign_in(cast.sam).get(url(cast, "carl"))
    assert not [link for link in page.all("a") if "/organizations/" in (link.get("href") or "")]


@pytest.mark.threat("foreign rows")
@pytest.mark.parametrize("reader", ["ann", "bob", "carl"])
@pytest.mark.parametrize("way", ["", "/log"])
def test_customers_are_told_of_no_such_page(client: Visitor, cast: Cast, reader: str, way: str):
    client.sign_in(getattr(cast, reader))
    known, unknown = client.get(url(cast, way=way), 404), client.get(f"/people/USR9{way}", 404)
    assert told(known) == told(unknown)


def test_who_is_not_signed_in_is_asked_to(client: Visitor, cast: Cast):
    assert client.get(url(cast), 303).location.startswith("/auth/login")


@pytest.mark.parametrize(
    "number", ["USR999999", "USR1", "1", "usr000001", "USR0000001", "ORG000001", "USR" + "9" * 19]
)
def test_what_is_no_number_of_anybody_is_not_found(client: Visitor, cast: Cast, number: str):
    client.sign_in(cast.sam)
    client.get(f"/people/{number}", 404)
    client.get(f"/people/{number}/log", 404)


def test_nothing_is_done_by_sending_to_it(client: Visitor, cast: Cast):
    client.sign_in(cast.sam).post(url(cast), status=405)


def test_their_tickets_stand_there_the_last_changed_first(client: Visitor, app: Flask, cast: Cast):
    for subject in ("Radiator", "Window"):
        factories.file_ticket(app, cast.bob, subject)
    factories.file_ticket(app, cast.ann, "Not his")
    gone = factories.file_ticket(app, cast.bob, "Gone")
    with factories.writing(app):
        tickets.delete(actor=cast.sam, ticket=db.session.get_one(Ticket, gone.id))
    page = client.sign_in(cast.sam).get(url(cast))
    assert subjects(page) == ["Window", "Radiator"]
    assert page.one("h2", id="tickets-title").text == "Tickets 2"


def test_they_are_narrowed_by_status_and_priority(client: Visitor, app: Flask, cast: Cast):
    for subject, priority in (("Radiator", Priority.URGENT), ("Window", Priority.LOW)):
        factories.file_ticket(app, cast.bob, subject, priority=priority)
    solved = factories.file_ticket(app, cast.bob, "Door", priority=Priority.URGENT)
    with factories.writing(app):
        row = db.session.get_one(Ticket, solved.id)
        tickets.set_status(actor=cast.sam, ticket=row, status=TicketStatus.SOLVED)
    here = url(cast)
    client.sign_in(cast.sam)
    assert subjects(client.get(f"{here}?priority=urgent")) == ["Door", "Radiator"]
    assert subjects(client.get(f"{here}?priority=urgent&status=new")) == ["Radiator"]
    nothing = client.get(f"{here}?status=closed")
    assert subjects(nothing) == [] and "Show all tickets" in nothing.words
    fragment = client.get(f"{here}?status=solved", htmx=True)
    assert subjects(fragment) == ["Door"] and "1 ticket." in fragment.words


@pytest.mark.parametrize("query", ["status=lost", "priority=7", "cursor=x", "cursor=1.2.3"])
def test_a_filter_that_nothing_can_have_is_refused(client: Visitor, cast: Cast, query: str):
    client.sign_in(cast.sam).get(f"{url(cast)}?{query}", 422)


def test_nobody_elses_tickets_are_asked_for_by_its_address(client: Visitor, app: Flask, cast: Cast):
    factories.file_ticket(app, cast.ann, "Not his")
    page = client.sign_in(cast.sam).get(f"{url(cast)}?requester={format_id(cast.ann.id)}")
    assert subjects(page) == []


def test_many_tickets_come_in_pages_and_no_number_is_counted_out(
    client: Visitor, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(person_tickets, "_SIZE", 2)
    for number in range(5):
        factories.file_ticket(app, cast.bob, f"Matter {number}", priority=Priority.HIGH)
    page = client.sign_in(cast.sam).get(f"{url(cast)}?priority=high")
    seen = subjects(page)
    while following := page.all("a", rel="next"):
        page = client.get(following[0]["href"])
        seen += subjects(page)
    assert seen == [f"Matter {number}" for number in (4, 3, 2, 1, 0)]
    first = page.one("a", id="page-first")["href"]
    assert subjects(client.get(first)) == ["Matter 4", "Matter 3"]


@pytest.mark.parametrize("way", ["unsolved", "urgent", "queue"])
def test_ways_lead_into_the_queue_with_their_tickets(
    client: Visitor, app: Flask, cast: Cast, way: str
):
    for person in (cast.bob, cast.ann):
        factories.file_ticket(app, person, f"{person.name} asks", priority=Priority.URGENT)
    link = client.sign_in(cast.sam).get(url(cast)).one("a", id=f"customer-{way}")
    queue = client.get(link["href"])
    assert "Bob Baker asks" in queue.words and "Ann Archer asks" not in queue.words


def test_how_they_rated_is_told_in_numbers(client: Visitor, app: Flask, cast: Cast):
    for rating in (Rating.GOOD, Rating.GOOD, Rating.BAD):
        filed = factories.file_ticket(app, cast.bob)
        factories.rate_ticket(app, cast.bob, filed, rating)
    page = client.sign_in(cast.sam).get(url(cast))
    assert [item.text for item in page.one("ul", class_="customer-ratings").all("li")] == [
        "2 Good",
        "1 Bad",
    ]


def test_beyond_a_hundred_nothing_is_counted(
    client: Visitor, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    numbers = customers.Figures(customers.MANY + 1, customers.MANY, 0)
    monkeypatch.setattr(customers, "figures_of_person", lambda _actor, _id: numbers)
    page = client.sign_in(cast.sam).get(url(cast))
    assert page.one("h2", id="tickets-title").text == "Tickets 100+"
    assert page.one("ul", class_="customer-ratings").all("li")[0].text == "100 Good"


def test_what_happened_to_the_account_stands_there(
    visit: Callable[[], Visitor], app: Flask, cast: Cast
):
    with factories.writing(app):
        users.set_active(actor=cast.ada, user=db.session.get_one(User, cast.bob.id), active=False)
    visit().post("/auth/login", {"email": "bob@example.com", "password": "wrong"}, 422)
    for way in ("", "/log"):
        page = visit().sign_in(cast.sam).get(url(cast, way=way))
        assert "Ada Adams Account disabled" in page.words
        # How the account is guarded, and from where it is used, is not the staff's.
        assert "Sign-in failed" not in page.words and "127.0.0.1" not in page.words


def test_a_long_log_comes_in_pages(client: Visitor, app: Flask, cast: Cast):
    with factories.writing(app):
        bob = db.session.get_one(User, cast.bob.id)
        for number in range(60):
            users.set_active(actor=cast.ada, user=bob, active=bool(number % 2))
    client.sign_in(cast.sam)
    page = client.get(url(cast, way="/log"))
    older = client.get(page.one("a", rel="next")["href"])
    assert (len(page.all("td", class_="what")), len(older.all("td", class_="what"))) == (50, 10)
    client.get(f"{url(cast, way='/log')}?cursor=x", 422)


def test_what_happened_to_colleagues_is_for_admins(visit: Callable[[], Visitor], cast: Cast):
    sam, ada = visit().sign_in(cast.sam), visit().sign_in(cast.ada)
    sam.get(url(cast, "sue", "/log"), 404)
    ada.get(url(cast, "sue", "/log"))
    assert "Activity" not in sam.get(url(cast, "sue")).one("main").text
    assert "Staff" in ada.get(url(cast, "sue")).one("main").text


def test_who_was_forgotten_has_no_address_on_it(client: Visitor, app: Flask, cast: Cast):
    set_columns(app, cast.bob.id, email="usr000002@deleted.invalid", first_name="", last_name="")
    page = client.sign_in(cast.sam).get(url(cast))
    assert page.one("h1").text == "Deleted user" and "deleted.invalid" not in page.text


def test_what_somebody_is_called_is_text(client: Visitor, app: Flask, cast: Cast):
    set_columns(app, cast.bob.id, first_name="<b>Bob</b>", phone="<script>1</script>")
    page = client.sign_in(cast.sam).get(url(cast))
    assert "<b>Bob" not in page.text and "<script>1" not in page.text


def people_on(page: Page) -> set[str]:
    """Names that lead to somebody's page."""
    return {a.text for a in page.all("a") if (a.get("href") or "").startswith("/people/")}


def test_names_lead_here_wherever_staff_meet_them(
    visit: Callable[[], Visitor], app: Flask, cast: Cast
):
    filed = factories.file_ticket(app, cast.bob)
    factories.post_comment(app, cast.sue, filed)
    with factories.writing(app):
        row = db.session.get_one(Ticket, filed.id)
        tickets.set_status(actor=cast.ada, ticket=row, status=TicketStatus.PENDING)
        users.set_active(actor=cast.ada, user=db.session.get_one(User, cast.bob.id), active=False)
        db.session.get_one(User, cast.sam.id).rights = "people"
    sam = visit().sign_in(cast.sam)
    names = {"Bob Baker", "Sue Stone", "Ada Adams"}
    assert names <= people_on(sam.get(f"/tickets/{filed.number}"))
    assert "Ada Adams" in people_on(sam.get(url(cast, way="/log")))
    assert "Bob Baker" in people_on(sam.get("/tickets/queue?view=all"))
    for path in ("/admin/staff", "/admin/users"):  # whose account Sam does not manage
        assert people_on(sam.get(path)) >= {"Ada Adams"}


def test_customers_meet_no_such_link(visit: Callable[[], Visitor], app: Flask, cast: Cast):
    filed = factories.file_ticket(app, cast.bob)
    factories.post_comment(app, cast.sue, filed)
    for reader in (cast.bob, cast.ann):
        client = visit().sign_in(reader)
        for path in ("/tickets/", f"/tickets/{filed.number}", "/account/log"):
            assert not people_on(client.get(path))
