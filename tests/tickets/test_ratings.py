from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.extensions import db
from portal.models.tickets import Rating, Ticket, TicketEvent, TicketStatus
from portal.services.tickets import tickets
from tests import factories
from tests.cast import Cast
from tests.page import Page, Visitor

Visit = Callable[[], Visitor]
WORDS = "He came <b>late</b>,\nbut all is dry."


@pytest.fixture
def filed(app: Flask, cast: Cast) -> factories.Filed:
    """Bob's, and solved."""
    made = factories.file_ticket(app, cast.bob, "No hot water")
    turn(app, cast, made, TicketStatus.SOLVED)
    return made


@pytest.fixture
def path(filed: factories.Filed) -> str:
    return f"/tickets/{filed.number}/rating"


def turn(app: Flask, cast: Cast, filed: factories.Filed, status: TicketStatus) -> None:
    with factories.writing(app):
        ticket = db.session.get_one(Ticket, filed.id)
        tickets.set_status(actor=cast.sam, ticket=ticket, status=status)


def given(app: Flask, filed: factories.Filed) -> tuple[str | None, str | None]:
    with app.app_context():
        ticket = db.session.get_one(Ticket, filed.id)
        return ticket.rating, ticket.rating_comment


def asked(page: Page) -> bool:
    return bool(page.one(id="rating").all("form"))


@pytest.mark.parametrize("htmx", [False, True])
def test_the_requester_says_how_it_went(
    client: Visitor, app: Flask, cast: Cast, filed: factories.Filed, path: str, htmx: bool
):
    fields = {"rating": "good", "comment": WORDS.replace("\n", "\r\n")}
    answer = client.sign_in(cast.bob).post(path, fields, status=200 if htmx else 303, htmx=htmx)
    page = answer if htmx else client.follow(answer)
    assert given(app, filed) == ("good", WORDS)
    assert "Thank you" in page.one(id="flash").text
    assert "Your rating: Good" in page.one(id="rating").text
    assert "<b>late" in page.one(id="rating").text
    assert "Bob Baker rated this good: He came" in page.one(id="timeline").text
    chosen = page.one(id="rating").one("input", value="good")
    assert chosen.get("checked") is not None


def test_rating_again_replaces(
    client: Visitor, app: Flask, cast: Cast, filed: factories.Filed, path: str
):
    client.sign_in(cast.bob)
    client.post(path, {"rating": "good", "comment": "Quick."})
    page = client.follow(client.post(path, {"rating": "bad", "comment": ""}))
    assert given(app, filed) == ("bad", None)
    assert "Your rating: Bad" in page.one(id="rating").text
    words = page.one(id="timeline").text
    assert "rated this good: Quick." in words
    assert words.index("rated this good") < words.index("rated this bad")


def test_the_question_is_there_for_the_requester_while_the_ticket_is_done(
    visit: Visit, app: Flask, cast: Cast, filed: factories.Filed
):
    url = f"/tickets/{filed.number}"
    bob, ann, sam = (visit().sign_in(person) for person in (cast.bob, cast.ann, cast.sam))
    assert [asked(person.get(url)) for person in (bob, ann, sam)] == [True, False, False]
    turn(app, cast, filed, TicketStatus.OPEN)
    assert not asked(bob.get(url))
    turn(app, cast, filed, TicketStatus.CLOSED)
    assert asked(bob.get(url))


def test_the_question_comes_and_goes_with_the_status(
    client: Visitor, app: Flask, cast: Cast, filed: factories.Filed
):
    client.sign_in(cast.bob)
    for status, there in (("open", False), ("solved", True)):
        path = f"/tickets/{filed.number}/status"
        page = client.post(path, {"status": status}, status=200, htmx=True)
        assert asked(page) is there
    reply = client.post(
        f"/tickets/{filed.number}/comments", {"message": "Cold again."}, status=200, htmx=True
    )
    assert not asked(reply)


def test_the_question_comes_with_what_others_do(
    client: Visitor, cast: Cast, filed: factories.Filed
):
    news = {"htmx": True, "headers": {"HX-Target": "ol#timeline"}}
    assert asked(client.sign_in(cast.bob).get(f"/tickets/{filed.number}", **news))


def test_staff_see_it_among_the_facts_and_colleagues_in_the_history(
    visit: Visit, app: Flask, cast: Cast, filed: factories.Filed
):
    factories.rate_ticket(app, cast.bob, filed, Rating.BAD, WORDS)
    turn(app, cast, filed, TicketStatus.OPEN)
    url = f"/tickets/{filed.number}"
    facts = visit().sign_in(cast.sam).get(url).one(id="ticket-details").text
    assert "Rating Bad" in facts and "but all is dry." in facts
    colleague = visit().sign_in(cast.ann).get(url)
    assert "dry" not in colleague.one(id="ticket-details").text
    assert "rated this bad: He came" in colleague.one(id="timeline").text


def test_who_may_not_changes_nothing(
    visit: Visit, app: Flask, cast: Cast, filed: factories.Filed, path: str
):
    fields = {"rating": "good", "comment": "Great."}
    assert visit().post(path, fields).location == "/auth/login"
    visit().sign_in(cast.carl).post(path, fields, status=404)
    for person in (cast.ann, cast.sam, cast.ada):
        visit().sign_in(person).post(path, fields, status=403)
    bob = visit().sign_in(cast.bob)
    bob.get(path, status=405)
    bob.post("/tickets/REQ999999/rating", fields, status=404)
    assert given(app, filed) == (None, None)


@pytest.mark.parametrize(
    ("locale", "sentence"),
    [("en", "A ticket can be rated once it is solved"), ("ru", "Оценить заявку можно, когда")],
)
def test_what_is_not_solved_is_refused_in_one_sentence(
    client: Visitor,
    app: Flask,
    cast: Cast,
    filed: factories.Filed,
    path: str,
    locale: str,
    sentence: str,
):
    turn(app, cast, filed, TicketStatus.OPEN)
    client.sign_in(cast.bob).post("/language", {"locale": locale})
    for htmx in (False, True):
        page = client.post(path, {"rating": "good"}, status=409, htmx=htmx)
        assert sentence in page.words
    assert given(app, filed) == (None, None)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Please choose one of the list."),
        ({"rating": ""}, "Please choose one of the list."),
        ({"rating": "GOOD"}, "Please choose one of the list."),
        ({"rating": "5", "comment": "Great."}, "Please choose one of the list."),
        ({"rating": "good", "comment": "x" * 1001}, "This is too long."),
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_what_is_refused_comes_back_with_what_was_typed(
    client: Visitor,
    app: Flask,
    cast: Cast,
    filed: factories.Filed,
    path: str,
    fields: dict[str, str],
    sentence: str,
    htmx: bool,
):
    page = client.sign_in(cast.bob).post(path, fields, status=422, htmx=htmx)
    part = page.one(id="rating")
    assert bool(page.all("html")) is not htmx
    assert sentence in part.text
    assert part.one("textarea", name="comment").text == fields.get("comment", "")
    assert given(app, filed) == (None, None)


def test_a_refused_change_does_not_fold_away(
    client: Visitor, app: Flask, cast: Cast, filed: factories.Filed, path: str
):
    factories.rate_ticket(app, cast.bob, filed)
    page = client.sign_in(cast.bob).post(path, {"rating": "bad", "comment": "x" * 1001}, status=422)
    assert page.one(id="rating").one("details").get("open") is not None
    assert page.one(id="rating").one("input", value="bad").get("checked") is not None
    assert given(app, filed) == ("good", None)


def test_what_is_in_the_trash_is_not_there(
    client: Visitor, app: Flask, cast: Cast, filed: factories.Filed, path: str
):
    with factories.writing(app):
        tickets.delete(actor=cast.sam, ticket=db.session.get_one(Ticket, filed.id))
    client.sign_in(cast.bob).post(path, {"rating": "good"}, status=404)
    assert given(app, filed) == (None, None)


def test_sending_it_twice_is_one_event(
    client: Visitor, app: Flask, cast: Cast, filed: factories.Filed, path: str
):
    client.sign_in(cast.bob)
    for _ in range(2):
        client.post(path, {"rating": "good", "comment": "Quick."})
    with app.app_context():
        rated = select(func.count()).select_from(TicketEvent).where(TicketEvent.kind == "rated")
        assert db.session.scalar(rated) == 1
