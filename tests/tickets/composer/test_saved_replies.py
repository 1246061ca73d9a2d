from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.tickets import Comment, SavedReply, Ticket
from portal.services.tickets import scheduled, tags
from tests import factories
from tests.cast import Cast
from tests.page import Page, Visitor

LIST = "/tickets/replies"
HELLO = {"name": "Hello", "message": "Hello {{requester.first_name}}, {{x.y}}."}
MACRO = {
    "name": "Refund",
    "message": "Paid back.",
    "shared": "1",
    "status": "solved",
    "priority": "low",
    "assignee": "me",
    "type": "request",
    "tags": "refund",
}


@pytest.fixture
def ticket(app: Flask, cast: Cast) -> str:
    return f"/tickets/{factories.file_ticket(app, cast.ann).number}"


@pytest.fixture
def sam(client: Visitor, cast: Cast) -> Visitor:
    return client.sign_in(cast.sam)


@pytest.fixture
def delay(app: Flask) -> Iterator[None]:
    app.config["UNDO_SEND"] = timedelta(seconds=15)
    yield
    app.config["UNDO_SEND"] = timedelta(0)


def create(visitor: Visitor, **fields: str) -> Page:
    return visitor.follow(visitor.post(f"{LIST}/new", fields))


def written(page: Page) -> str:
    return page.one("textarea", name="message")._raw_text().removeprefix("\n")


def said(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Comment.message).order_by(Comment.id)))


def test_one_is_written_changed_and_deleted(sam: Visitor, app: Flask):
    assert "No saved replies yet" in sam.get(LIST).words
    page = create(sam, **HELLO)
    assert "“Hello” is saved." in page.words
    assert "These are no variables and stay as typed: {{x.y}}" in page.words
    page = sam.follow(sam.post(f"{LIST}/1", {**MACRO, "name": "Other"}))
    words = page.one("li", id="reply-1").text
    for part in ("Other", "Status: Solved", "Priority: Low", "Assignee: you", "refund", "0 times"):
        assert part in words
    assert page.one("select", id="status-1").one("option", selected=True)["value"] == "solved"
    assert page.one("input", id="tags-1")["value"] == "refund"
    page = sam.follow(sam.post(f"{LIST}/1/delete", {}))
    assert "“Other” is deleted." in page.words
    with app.app_context():
        assert db.session.scalars(select(SavedReply)).all() == []


def test_the_page_to_write_one_lists_the_variables(sam: Visitor):
    assert "{{requester.first_name}}" in sam.get(f"{LIST}/new").words


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"message": ""}, {"status": "lost"}, {"assignee": "x"}, {"tags": "x" * 90}],
    ids=str,
)
def test_what_is_no_reply_is_refused_and_kept(sam: Visitor, app: Flask, wrong: dict[str, str]):
    page = sam.post(f"{LIST}/new", {**HELLO, **wrong}, status=422)
    assert page.all(class_="field-error")
    create(sam, **HELLO)
    page = sam.post(f"{LIST}/1", {**HELLO, **wrong}, status=422)
    assert page.one("details", open=True)
    with app.app_context():
        assert [reply.name for reply in db.session.scalars(select(SavedReply))] == ["Hello"]


def test_others_see_and_change_nothing_of_ones_own(
    sam: Visitor, visit: Callable[[], Visitor], cast: Cast, ticket: str
):
    create(sam, **HELLO)
    sue, ann = visit().sign_in(cast.sue), visit().sign_in(cast.ann)
    for path in (f"{LIST}/1", f"{LIST}/1/delete", f"{ticket}/replies/1", f"{ticket}/macros/1"):
        sue.post(path, HELLO, status=404)
        ann.post(path, HELLO, status=404)
        visit().get(path, status=405)
        assert visit().post(path, HELLO).location.startswith("/auth/login")
    for path in (LIST, f"{LIST}/new", f"{ticket}/replies"):
        ann.get(path, status=404)
    ann.post(f"{ticket}/replies", {}, status=404)
    ann.post(f"{LIST}/new", HELLO, status=404)
    sam.get("/tickets/REQ009999/replies", status=404)
    sam.post(f"{ticket}/replies/99", {}, status=404)


def test_what_stands_in_the_composer_is_kept_and_the_text_comes_below(
    sam: Visitor, app: Flask, ticket: str
):
    create(sam, **HELLO)
    page = sam.follow(sam.post(f"{ticket}/replies", {"message": "First this."}))
    assert "Hello Ann, {{x.y}}." in page.words
    page = sam.follow(sam.post(f"{ticket}/replies/1", {}))
    assert written(page) == "First this.\n\nHello Ann, {{x.y}}."
    assert "not sent yet" in page.words
    assert len(said(app)) == 1
    assert "used 1 time" in sam.get(LIST).words


def test_a_note_that_was_begun_stays_a_note(sam: Visitor, ticket: str):
    create(sam, **HELLO)
    sam.post(f"{ticket}/replies", {"message": "Among us:", "internal": "1"})
    page = sam.follow(sam.post(f"{ticket}/replies/1", {}))
    assert page.one("input", name="internal", value="1").get("checked") is not None


def test_a_saved_note_is_inserted_as_a_note(sam: Visitor, ticket: str):
    create(sam, **HELLO, internal="1")
    page = sam.follow(sam.post(f"{ticket}/replies/1", {}))
    assert page.one("input", name="internal", value="1").get("checked") is not None


def test_scripts_get_the_text_alone(sam: Visitor, ticket: str):
    create(sam, **HELLO)
    page = sam.post(f"{ticket}/replies/1", {"insert": "text"}, status=200)
    assert page.body.decode() == "Hello Ann, {{x.y}}."
    assert page.response.mimetype == "text/plain"
    assert written(sam.get(ticket)) == ""


def test_the_list_is_searched_by_name(sam: Visitor, ticket: str):
    create(sam, **HELLO)
    create(sam, **MACRO)
    page = sam.get(f"{ticket}/replies?q=REF", htmx=True)
    assert "Paid back." in page.words
    assert "Hello" not in page.words
    assert "No saved reply is called that." in sam.get(f"{ticket}/replies?q=zz").words


def test_a_macro_is_previewed_and_applied(sam: Visitor, app: Flask, ticket: str):
    create(sam, **MACRO)
    page = sam.get(f"{ticket}/replies")
    for part in ("Paid back.", "Status: Solved", "Assignee: you", "Tags to add: refund"):
        assert part in page.words
    page = sam.follow(sam.post(f"{ticket}/macros/1", {}))
    assert "“Refund” is applied." in page.words
    assert not page.all("form", class_="undo-change")
    for part in ("set the status to Solved", "set the type to Request", "took this ticket"):
        assert part in page.words
    assert said(app)[-1] == "Paid back."


def test_the_answer_of_a_macro_can_be_taken_back(
    sam: Visitor, app: Flask, delay: None, ticket: str
):
    create(sam, **MACRO)
    page = sam.follow(sam.post(f"{ticket}/macros/1", {}))
    assert "its answer is about to leave" in page.words
    page = sam.follow(sam.post(f"{ticket}/comments/1/undo", {}))
    assert written(page) == "Paid back."
    assert len(said(app)) == 1


def undo(visitor: Visitor, page: Page) -> Page:
    """Press the button beside what was said."""
    action = page.one("form", class_="undo-change")["action"]
    return visitor.follow(visitor.post(action))


def state(app: Flask) -> tuple[object, ...]:
    with app.app_context():
        row = db.session.scalars(select(Ticket)).one()
        return (row.status, row.priority, row.type, row.assignee_id, tags.names_of(row))


def test_the_undo_of_a_macro_takes_its_answer_and_all_changes_back(
    sam: Visitor, app: Flask, delay: None, ticket: str
):
    before = state(app)
    create(sam, **MACRO)
    page = sam.follow(sam.post(f"{ticket}/macros/1", {}))
    assert state(app) != before
    page = undo(sam, page)
    assert "It is as it was." in page.words
    assert (state(app), written(page), len(said(app))) == (before, "", 1)


def test_it_also_does_where_the_answer_is_back_in_the_composer(
    sam: Visitor, app: Flask, delay: None, ticket: str
):
    before = state(app)
    create(sam, **MACRO)
    page = sam.follow(sam.post(f"{ticket}/macros/1", {}))
    sam.follow(sam.post(f"{ticket}/comments/1/undo", {}))
    page = undo(sam, page)
    assert (state(app), written(page)) == (before, "Paid back.")


def test_the_note_of_a_macro_stays_and_is_named(sam: Visitor, app: Flask, ticket: str):
    before = state(app)
    create(sam, **MACRO, internal="1")
    page = undo(sam, sam.follow(sam.post(f"{ticket}/macros/1", {})))
    assert "The note stays" in page.words
    assert (state(app), len(said(app))) == (before, 2)


def test_what_came_with_an_answer_that_has_left_stays(
    sam: Visitor, app: Flask, delay: None, ticket: str
):
    create(sam, **MACRO)
    page = sam.follow(sam.post(f"{ticket}/macros/1", {}))
    with factories.writing(app), clock.at(clock.now() + timedelta(minutes=1)):
        scheduled.send(1)
    now = state(app)
    page = undo(sam, page)
    assert "Its answer has left: all that came with it stays." in page.words
    assert (state(app), len(said(app))) == (now, 2)


def test_the_answer_does_not_leave_where_the_rest_was_changed_since(
    sam: Visitor, app: Flask, delay: None, ticket: str
):
    create(sam, **MACRO)
    page = sam.follow(sam.post(f"{ticket}/macros/1", {}))
    sam.post(f"{ticket}/priority", {"priority": "urgent"})
    page = undo(sam, page)
    assert "The answer will not leave. All else was changed since" in page.words
    assert (state(app)[1], len(said(app))) == (4, 1)


def test_a_macro_that_asks_for_who_is_gone_does_nothing_and_says_so(
    sam: Visitor, app: Flask, cast: Cast, ticket: str
):
    create(sam, **{**MACRO, "assignee": str(cast.sue.id)})
    with factories.writing(app):
        db.session.execute(db.text(f"UPDATE users SET is_active = false WHERE id = {cast.sue.id}"))
    page = sam.post(f"{ticket}/macros/1", {}, status=409)
    assert "somebody or something that is no more, so nothing was done" in page.words
    with app.app_context():
        row = db.session.scalars(select(Ticket)).one()
        assert (row.status, row.version) == ("new", 1)
    assert "not on the staff any more" in sam.get(LIST).words


def test_a_macro_on_a_closed_ticket_does_nothing_and_says_so(sam: Visitor, app: Flask, ticket: str):
    create(sam, **MACRO)
    sam.post(f"{ticket}/status", {"status": "closed"})
    assert "closed is final" in sam.post(f"{ticket}/macros/1", {}, status=409).words
    assert len(said(app)) == 1


def test_who_missed_an_answer_is_told_and_nothing_is_done(
    sam: Visitor, app: Flask, visit: Callable[[], Visitor], cast: Cast, ticket: str
):
    create(sam, **MACRO)
    visit().sign_in(cast.sue).post(f"{ticket}/comments", {"message": "I have it."})
    page = sam.follow(sam.post(f"{ticket}/macros/1", {"version": "1"}))
    assert "Somebody else has answered meanwhile, so nothing was done." in page.words
    assert said(app)[-1] == "I have it."
