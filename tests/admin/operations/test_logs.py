"""`/admin/logs/actions`: what people did, by person, ticket and kind, for admins alone."""

from collections.abc import Callable

import pytest
from flask import Flask

from portal.extensions import begin_log_write, db
from portal.models.people import AccountEvent, AccountEventKind, Actor, User
from portal.models.people.user import format_id
from portal.models.tickets import EventKind, Ticket, TicketEvent, TicketStatus
from portal.queries.operations.action_log import PAGE
from portal.services.operations import action_log
from portal.services.people import account_log
from portal.services.tickets import tickets
from tests import factories
from tests.cast import Cast
from tests.databases import BOTH
from tests.html import Node
from tests.page import Page, Visitor

pytestmark = BOTH

PATH = "/admin/logs/actions"


def record(app: Flask, person: Actor, kind: AccountEventKind, times: int = 1) -> None:
    with factories.writing(app):
        user = db.session.get_one(User, person.id)
        for _ in range(times):
            account_log.record(user=user, kind=kind, actor=person)
    seal(app)


def seal(app: Flask) -> None:
    """As the sweep does every few seconds."""
    with app.app_context():
        begin_log_write()
        action_log.seal_new()
        db.session.commit()


@pytest.fixture
def events(app: Flask, cast: Cast) -> None:
    record(app, cast.ann, AccountEventKind.PASSKEY_ADDED)
    record(app, cast.bob, AccountEventKind.PASSKEY_ADDED)
    record(app, cast.bob, AccountEventKind.TOTP_ADDED)


def log_lines(page: Page) -> list[Node]:
    return page.one("div", class_="log").one("tbody").all("tr") if page.all(class_="log") else []


def lines(page: Page) -> list[tuple[str, str]]:
    """(whom it concerns, what happened)"""
    return [
        (line.one("td", class_="who").text, line.one("td", class_="what").text)
        for line in log_lines(page)
    ]


ANN, BOB = ("Ann Archer", "Passkey added"), ("Bob Baker", "Passkey added")
BOBS_APP = ("Bob Baker", "Authenticator app added")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=passkey_added", [BOB, ANN]),
        ("kind=totp_added", [BOBS_APP]),
        ("person=bob@example.com", [BOBS_APP, BOB]),
        ("person=BOB@Example.com&kind=passkey_added", [BOB]),
        ("person=nobody@example.com", []),
        ("person=999999", []),
        ("person=%25", []),
        ("person=" + "9" * 40, []),
        ("person=ann@example.com&kind=totp_added", []),
    ],
)
@pytest.mark.usefixtures("events")
def test_events_are_found_by_person_and_kind(
    client: Visitor, cast: Cast, query: str, found: list[tuple[str, str]]
) -> None:
    assert lines(client.sign_in(cast.ada).get(f"{PATH}?{query}")) == found


@pytest.mark.usefixtures("events")
def test_a_name_leads_to_the_person_and_to_their_events(client: Visitor, cast: Cast) -> None:
    page = client.sign_in(cast.ada).get(f"{PATH}?kind=totp_added")
    person, events = (link["href"] for link in page.one("tbody").all("a"))
    assert format_id(cast.bob.id) in events
    assert lines(client.get(events)) == [BOBS_APP, BOB]
    assert client.get(person).one("h1").text == "Bob Baker"


@pytest.fixture
def ticket(app: Flask, cast: Cast) -> factories.Filed:
    """Filed by Ann, given to Sue by Sam, pending, and answered."""
    filed = factories.file_ticket(app, cast.ann)
    with factories.writing(app):
        row = db.session.get_one(Ticket, filed.id)
        tickets.assign(actor=cast.sam, ticket=row, assignee=db.session.get_one(User, cast.sue.id))
        tickets.set_status(actor=cast.sam, ticket=row, status=TicketStatus.PENDING)
    factories.file_ticket(app, cast.bob)
    record(app, cast.ann, AccountEventKind.PASSKEY_ADDED)
    return filed


def test_what_was_done_to_a_ticket_is_told(
    client: Visitor, cast: Cast, ticket: factories.Filed
) -> None:
    page = client.sign_in(cast.ada).get(f"{PATH}?ticket={ticket.number.lower()}")
    assert [line.one("td", class_="what").text for line in log_lines(page)] == [
        "Status of a ticket changed from New to Waiting for customer REQ000001",
        "Ticket given to somebody Sue Stone REQ000001",
        "Ticket filed REQ000001",
    ]
    assert {line.all("a")[-1]["href"] for line in log_lines(page)} == {"/tickets/REQ000001"}
    assert [who for who, _what in lines(page)] == ["Sam Smith", "Sam Smith", "Ann Archer"]


def test_a_person_s_lines_are_what_they_did_and_what_was_done_to_them(
    client: Visitor, app: Flask, cast: Cast, ticket: factories.Filed
) -> None:
    with factories.writing(app):
        user = db.session.get_one(User, cast.ann.id)
        account_log.record(user=user, kind=AccountEventKind.DISABLED, actor=cast.ada)
    seal(app)
    page = client.sign_in(cast.ada).get(f"{PATH}?person=ann@example.com")
    told = [line.one("td", class_="what").all("span")[0].text for line in log_lines(page)]
    assert told == ["Account disabled", "Passkey added", "Ticket filed"]
    assert lines(page)[0] == ("Ada Adams", "Account disabled Ann Archer")


def test_a_line_outlives_its_event(
    client: Visitor, app: Flask, cast: Cast, ticket: factories.Filed
) -> None:
    with factories.writing(app):
        db.session.execute(db.delete(AccountEvent))
        db.session.execute(db.delete(TicketEvent).where(TicketEvent.kind == EventKind.STATUS))
    words = client.sign_in(cast.ada).get(PATH).words
    assert "Passkey added" in words
    assert "Status of a ticket changed" in words


@pytest.mark.parametrize("number", ["REQ000099", "nonsense", "REQ1", "%00"])
def test_no_such_ticket(client: Visitor, cast: Cast, number: str) -> None:
    status = 422 if "%00" in number else 200
    page = client.sign_in(cast.ada).get(f"{PATH}?ticket={number}", status)
    assert status != 200 or lines(page) == []


def test_pages_keep_the_filter(client: Visitor, app: Flask, cast: Cast) -> None:
    record(app, cast.ann, AccountEventKind.PASSKEY_ADDED, PAGE + 1)
    record(app, cast.ann, AccountEventKind.TOTP_ADDED)
    first = client.sign_in(cast.ada).get(f"{PATH}?person=ann@example.com&kind=passkey_added")
    second = client.get(first.one("a", rel="next")["href"])
    assert [len(lines(page)) for page in (first, second)] == [PAGE, 1]
    assert set(lines(first) + lines(second)) == {ANN}


@pytest.mark.parametrize("query", ["kind=king", "cursor=x", "cursor=" + "9" * 30])
def test_malformed_filters_are_refused(client: Visitor, cast: Cast, query: str) -> None:
    client.sign_in(cast.ada).get(f"{PATH}?{query}", status=422)


def test_the_log_is_for_admins_and_for_reading(visit: Callable[[], Visitor], cast: Cast) -> None:
    visit().sign_in(cast.sam).get(PATH, status=403)
    visit().sign_in(cast.ann).get(PATH, status=404)
    assert "/auth/login" in visit().get(PATH, status=303).location
    ada = visit().sign_in(cast.ada)
    ada.post(PATH, status=405)
    assert ada.get("/admin/").one("a", href=PATH).text == "Activity"
