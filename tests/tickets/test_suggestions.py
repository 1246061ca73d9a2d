"""`/tickets/<number>/suggestions`: what is suggested to the staff, and the undo of what was set."""

from collections.abc import Callable

import pytest
from flask import Flask

from jobs import assistance as jobs
from portal.extensions import db
from portal.models.tickets import Ticket, TicketStatus
from portal.services.tickets import comments, saved_replies, tickets
from tests import assistance_world as world
from tests import factories
from tests.cast import Cast
from tests.factories import Filed
from tests.page import Visitor
from tests.statements import statements

MESSAGE = "The invoice was charged twice, please refund the payment: price of the subscription"
REPLY = "We have sent the money back to your card, it arrives within three working days."


@pytest.fixture
def desk(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Filed:
    """A new ticket of Bob's at a desk that has learned."""
    monkeypatch.setitem(app.config, "ASSISTANCE_SUGGESTIONS", world.ALL)
    world.learned_desk(app, cast.ann)
    return factories.file_ticket(app, cast.bob, "Invoice", MESSAGE)


@pytest.fixture
def filed(app: Flask, cast: Cast) -> Filed:
    return factories.file_ticket(app, cast.bob, "Invoice", MESSAGE)


def url(ticket: Filed) -> str:
    return f"/tickets/{ticket.number}/suggestions"


def test_one_press_sets_what_is_suggested_and_says_why(
    client: Visitor, app: Flask, cast: Cast, desk: Filed
):
    client.sign_in(cast.sam)
    section = client.get(url(desk)).one("section", id="suggestions")
    for words in ("Request", "Billing", "Low", "money", "right in 100 of 100 cases", "invoice"):
        assert words in section.text
    for field, value in (("type", "request"), ("department", "Billing"), ("tags", "money")):
        assert section.all("button", name=field)[0]["value"] == value
        client.post(f"/tickets/{desk.number}/{field}", {field: value}, 303)
    with app.app_context():
        ticket = db.session.get_one(Ticket, desk.id)
        assert (ticket.type, ticket.department) == ("request", "Billing")
    assert not client.get(url(desk)).one("section", id="suggestions").all("button", name="type")


def test_the_ticket_leads_there_and_asks_nothing_more(
    client: Visitor, app: Flask, cast: Cast, filed: Filed, monkeypatch: pytest.MonkeyPatch
):
    client.sign_in(cast.sam)
    page = f"/tickets/{filed.number}"
    client.get(page)
    with statements(app) as before:
        assert not client.get(page).all("section", id="suggestions")
    monkeypatch.setitem(app.config, "ASSISTANCE_SUGGESTIONS", world.ALL)
    with statements(app) as after:
        link = client.get(page).one("a", id="suggestions-link")
    assert link["href"] == url(filed)
    assert len(after) == len(before)


def test_similar_answers_and_their_saved_reply_are_shown(
    client: Visitor, app: Flask, cast: Cast, desk: Filed
):
    rare = "The invoice INV-777 for the subscription was charged twice"
    for status in (TicketStatus.SOLVED, TicketStatus.OPEN):
        other = factories.file_ticket(app, cast.ann, "Charged twice", rare)
        with factories.writing(app):
            ticket = db.session.get_one(Ticket, other.id)
            comments.post(actor=cast.sam, ticket=ticket, message=f"Hello! {REPLY}")
            tickets.set_status(actor=cast.sam, ticket=ticket, status=status)
    with factories.writing(app):
        values = {"internal": False, "shared": True, "changes": {}}
        saved_replies.create(actor=cast.sam, name="Refunded", message=REPLY, **values)
        saved_replies.create(
            actor=cast.sam, name="Else", message="Please restart the router now and then", **values
        )
    mine = factories.file_ticket(app, cast.bob, "Charged twice", rare)
    client.sign_in(cast.sam)
    section = client.get(url(mine)).one("section", id="suggestions")
    assert REPLY in section.text and "perhaps the same matter" in section.text
    assert "Refunded" in section.text and "Else" not in section.text
    assert "1 similar ticket was answered with it" in section.text
    form = next(f for f in section.all("form") if "/replies/" in (f["action"] or ""))
    client.post(form["action"] or "", {}, 303)
    assert REPLY in client.get(f"/tickets/{mine.number}").one("textarea", id="message").text


def test_tone_and_language_are_shown(
    client: Visitor, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(app.config, "ASSISTANCE_SUGGESTIONS", ["tone"])
    angry = "Это безобразие! Я возмущён, опять ничего не работает <b>совсем</b>"
    ticket = factories.file_ticket(app, cast.bob, "Жалоба", angry)
    client.sign_in(cast.sam)
    words = client.get(url(ticket)).words
    assert "Language: Russian" in words and "Tone: angry" in words and "безобразие" in words


def test_what_was_set_by_itself_is_undone_by_one_press(
    client: Visitor, app: Flask, cast: Cast, desk: Filed, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(app.config, "ASSISTANCE_ACTIONS", ["type", "department"])
    new = factories.file_ticket(app, cast.bob, "Invoice", MESSAGE)
    with app.app_context():
        jobs.assist(new.id)
    client.sign_in(cast.sam)
    page = client.get(f"/tickets/{new.number}")
    assert "Assistance set the type to Request" in page.words
    section = client.get(url(new)).one("section", id="suggestions")
    assert "set by itself, since it is right in 100 of 100 cases" in section.text
    client.post(f"{url(new)}/undo", {"target": "type"}, 303)
    with app.app_context():
        assert db.session.get_one(Ticket, new.id).type is None
    client.post(f"{url(new)}/undo", {"target": "type"}, 404)
    client.post(f"/tickets/{new.number}/department", {"department": "Network"}, 303)
    client.post(f"{url(new)}/undo", {"target": "department"}, 303)
    assert "stays as it is" in client.get(f"/tickets/{new.number}").words


def test_switched_off_nothing_is_suggested(client: Visitor, cast: Cast, filed: Filed):
    client.sign_in(cast.sam)
    assert "Suggestions are switched off." in client.get(url(filed)).words


@pytest.mark.parametrize("who", ["ann", "bob", "carl"])
def test_customers_know_of_none(client: Visitor, cast: Cast, filed: Filed, who: str):
    client.sign_in(getattr(cast, who))
    client.get(url(filed), 404)
    client.post(f"{url(filed)}/undo", {"target": "type"}, 404)


def test_odd_requests_are_refused(client: Visitor, cast: Cast, filed: Filed):
    assert client.get(url(filed), 303).location.startswith("/auth/login")
    client.sign_in(cast.sam)
    client.get("/tickets/REQ999999/suggestions", 404)
    client.post("/tickets/REQ999999/suggestions/undo", {"target": "type"}, 404)
    for target in ("", "subject", "type'", "\u0000"):
        client.post(f"{url(filed)}/undo", {"target": target}, 422)
    client.get(f"{url(filed)}/undo", 405)
    client.post(url(filed), {}, 405)


def test_a_clerk_is_told_nothing_of_other_departments(
    visit: Callable[[], Visitor], app: Flask, cast: Cast, desk: Filed
):
    from portal.models.people import User

    with factories.writing(app):
        db.session.get_one(User, cast.sue.id).rights = "own_departments"
        db.session.get_one(Ticket, desk.id).department = "Billing"
    visit().sign_in(cast.sue).get(url(desk), 404)
