"""Pages of changes of many tickets: what would be done, doing it, and how far it is."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from jobs.bulk import change_tickets
from portal import clock
from portal.extensions import db
from portal.models.people import User
from portal.models.tickets import BulkChange, Comment, SavedReply, ScheduledComment, Ticket
from portal.services.tickets import bulk, saved_replies, tickets
from tests import factories
from tests.cast import Cast
from tests.page import Page, Visitor
from tests.statements import statements

NEW = "/tickets/queue/bulk/new"
BULK = "/tickets/queue/bulk"


@pytest.fixture
def numbers(app: Flask, cast: Cast) -> list[str]:
    return [factories.file_ticket(app, cast.ann, f"Matter {n}").number for n in range(3)]


@pytest.fixture
def sam(client: Visitor, cast: Cast, numbers: list[str]) -> Visitor:
    assert numbers
    return client.sign_in(cast.sam)


@pytest.fixture
def by_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if there were more than are changed at once."""
    monkeypatch.setattr(bulk, "MAX_TICKETS", 1)


@pytest.fixture
def undo_send(app: Flask) -> Iterator[None]:
    app.config["UNDO_SEND"] = timedelta(seconds=15)
    yield
    app.config["UNDO_SEND"] = timedelta(0)


def macro(app: Flask, cast: Cast, **values: object) -> SavedReply:
    usual = {"name": "Refund", "message": "Hello {{requester.first_name}}", "internal": False}
    with factories.writing(app):
        return saved_replies.create(
            actor=cast.sam, **{**usual, "shared": True, "changes": {}, **values}
        )


def values(app: Flask, column: str) -> list[object]:
    with app.app_context():
        return list(db.session.scalars(select(getattr(Ticket, column)).order_by(Ticket.id)))


def fields(page: Page) -> dict[str, str | list[str]]:
    """Of the form that does it."""
    form = page.one("form", action=NEW)
    found: dict[str, str | list[str]] = {}
    for field in form.all("input"):
        name, value = field["name"], field["value"] or ""
        found[name] = [*found.get(name, []), value] if name == "numbers" else value
    return found


def work(app: Flask) -> None:
    with app.app_context():
        for change_id in db.session.scalars(select(BulkChange.id)).all():
            change_tickets(change_id)


def test_all_that_fit_are_asked_about_and_then_changed(sam: Visitor, app: Flask):
    asked = {"action": "status:pending", "all": "1", "next": "/tickets/queue?view=all&cursor=9.9"}
    answer = sam.post(BULK, asked)
    assert answer.location == f"{NEW}?action=status%3Apending&query=view%3Dall%26cursor%3D9.9"
    page = sam.follow(answer)
    assert "Change 3 tickets" in page.words
    assert "Status: Waiting for customer" in page.words
    assert "get mail" not in page.words
    assert values(app, "status") == ["new"] * 3
    page = sam.follow(sam.post(NEW, fields(page)))
    assert "3 tickets changed." in page.one(id="flash").text
    assert values(app, "status") == ["pending"] * 3
    token = page.one("form", action="/tickets/queue/undo").one("input", name="token")["value"]
    page = sam.follow(sam.post("/tickets/queue/undo", {"token": token}))
    assert "3 tickets set back." in page.words


def test_htmx_is_led_to_the_page_that_asks(sam: Visitor):
    fields = {"action": "status:pending", "all": "1", "next": "/tickets/queue?view=all"}
    answer = sam.post(BULK, fields, 200, htmx=True)
    assert answer.headers["HX-Redirect"].startswith(NEW)


def test_the_same_form_twice_is_one_change(sam: Visitor, app: Flask):
    form = fields(sam.get(f"{NEW}?action=tag&value=vpn&query=view%3Dall"))
    for _ in range(2):
        sam.post(NEW, form)
    assert values(app, "version") == [2, 2, 2]


def test_what_somebody_changed_after_the_page_was_shown_is_left_alone_and_named(
    sam: Visitor, app: Flask, cast: Cast, numbers: list[str]
):
    form = fields(sam.get(f"{NEW}?action=status:pending&query=view%3Dall"))
    with factories.writing(app):
        tickets.set_priority(actor=cast.sue, ticket=db.session.get_one(Ticket, 2), priority=4)
    page = sam.follow(sam.post(NEW, form))
    text = page.one(id="flash").text
    assert f"2 tickets changed. 1 was changed meanwhile and stays as it is: {numbers[1]}." in text


@pytest.mark.usefixtures("by_job")
def test_many_are_changed_by_a_job_with_progress_and_one_undo(
    sam: Visitor, app: Flask, numbers: list[str]
):
    form = fields(sam.get(f"{NEW}?action=status:pending&query=view%3Dall"))
    answer = sam.post(NEW, form)
    assert re.fullmatch(rf"{BULK}/[0-9]+", answer.location)
    page = sam.follow(answer)
    assert "Under way: 0 of 3 tickets." in page.words
    assert page.one(id="bulk-change")["hx-trigger"] == "every 1s"
    assert values(app, "status") == ["new"] * 3
    work(app)
    sam.post(f"/tickets/{numbers[2]}/priority", {"priority": "urgent"})
    page = sam.get(answer.location)
    assert "3 tickets changed." in page.words
    assert "hx-trigger" not in page.one(id="bulk-change").attributes
    token = page.one("form", action="/tickets/queue/undo").one("input", name="token")["value"]
    undone = sam.post("/tickets/queue/undo", {"token": token})
    assert undone.location == answer.location
    assert "Being undone: 0 of 3 tickets." in sam.follow(undone).words
    work(app)
    page = sam.get(answer.location)
    assert "2 tickets set back." in page.words
    assert "1 was changed meanwhile and stays as it is:" in page.words
    assert page.one("a", href=f"/tickets/{numbers[2]}")
    assert values(app, "status") == ["new", "new", "pending"]
    assert "2 tickets set back." in sam.get(BULK).words


@pytest.mark.usefixtures("by_job")
def test_the_rest_can_be_cancelled(sam: Visitor, app: Flask):
    form = fields(sam.get(f"{NEW}?action=status:pending&query=view%3Dall"))
    location = sam.post(NEW, form).location
    page = sam.follow(sam.post(f"{location}/cancel"))
    assert "Cancelled: the rest stays as it was. 0 tickets changed." in page.words
    work(app)
    assert values(app, "status") == ["new"] * 3


@pytest.mark.usefixtures("by_job")
def test_somebody_disabled_meanwhile_changes_nothing_more(sam: Visitor, app: Flask, cast: Cast):
    location = sam.post(
        NEW, fields(sam.get(f"{NEW}?action=status:pending&query=view%3Dall"))
    ).location
    with factories.writing(app):
        db.session.get_one(User, cast.sam.id).is_active = False
    work(app)
    with factories.writing(app):
        db.session.get_one(User, cast.sam.id).is_active = True
    assert values(app, "status") == ["new"] * 3
    assert "Stopped, since the right to do this was taken meanwhile." in sam.get(location).words


def test_more_than_fit_and_none_at_all_are_said(
    sam: Visitor, app: Flask, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bulk, "MAX_LISTED", 2)
    monkeypatch.setattr("portal.tickets.lists.bulk_forms.MAX_LISTED", 2)
    url = f"{NEW}?action=status:pending&query=view%3Dall"
    assert "More than 2 tickets fit. Narrow the filter first." in sam.get(url, 422).words
    form = {"action": "status:pending", "query": "view=all", "seen_at": "2030-01-01T00:00:00Z"}
    assert "More than 2 tickets fit." in sam.post(NEW, form, 422).words
    none = f"{NEW}?action=status:pending&query=view%3Dall%26tag%3Dgone"
    assert "No ticket fits any more" in sam.get(none, 422).words
    assert values(app, "status") == ["new"] * 3


def test_a_macro_is_chosen_shown_and_applied(
    sam: Visitor, app: Flask, cast: Cast, numbers: list[str]
):
    one = macro(app, cast, changes={"status": "solved", "tags": ["refund"]})
    page = sam.follow(sam.post(BULK, {"numbers": numbers[:2], "action": "macro"}))
    assert "A macro for 2 tickets" in page.words
    assert page.one("button", name="value", value=str(one.id))
    page = sam.get(f"{NEW}?action=macro&value={one.id}&numbers={numbers[0]}&numbers={numbers[1]}")
    assert "Macro “Refund”" in page.words
    assert "Hello {{requester.first_name}}" in page.words
    assert "1 customer gets mail." in page.words
    page = sam.follow(sam.post(NEW, fields(page)))
    assert "2 tickets changed." in page.words
    assert values(app, "status") == ["solved", "solved", "new"]
    with app.app_context():
        said = db.session.scalars(select(Comment.message).order_by(Comment.id.desc()).limit(2))
        assert list(said) == ["Hello Ann"] * 2


@pytest.mark.usefixtures("undo_send")
def test_its_answers_wait_and_the_undo_takes_them_back(
    sam: Visitor, app: Flask, cast: Cast, numbers: list[str]
):
    one = macro(app, cast)
    url = f"{NEW}?action=macro:{one.id}&numbers={numbers[0]}&numbers={numbers[1]}"
    page = sam.follow(sam.post(NEW, fields(sam.get(url))))
    with app.app_context():
        assert len(db.session.scalars(select(ScheduledComment)).all()) == 2
    token = page.one("form", action="/tickets/queue/undo").one("input", name="token")["value"]
    assert (
        "2 tickets set back." in sam.follow(sam.post("/tickets/queue/undo", {"token": token})).words
    )
    with app.app_context():
        assert db.session.scalars(select(ScheduledComment)).all() == []


def test_a_macro_that_is_gone_is_asked_for_anew(sam: Visitor, app: Flask, cast: Cast):
    one = macro(app, cast)
    form = fields(sam.get(f"{NEW}?action=macro:{one.id}&query=view%3Dall"))
    with factories.writing(app):
        row = db.session.get_one(SavedReply, one.id)
        saved_replies.delete_reply(actor=cast.sam, reply=row)
    assert "This macro is no more: choose another one." in sam.post(NEW, form, 422).words
    assert values(app, "version") == [1, 1, 1]


def test_somebody_who_left_after_the_page_was_shown_gets_nothing(
    sam: Visitor, app: Flask, cast: Cast
):
    form = fields(sam.get(f"{NEW}?action=assign:{cast.sue.id}&query=view%3Dall"))
    with factories.writing(app):
        db.session.get_one(User, cast.sue.id).is_active = False
    sam.post(NEW, form, 422)
    assert values(app, "assignee_id") == [None] * 3


def test_the_list_of_changes_asks_as_much_for_many_as_for_one(
    sam: Visitor, app: Flask, cast: Cast, numbers: list[str]
):
    def asked() -> int:
        with statements(app) as seen:
            sam.get(BULK)
        return len(seen)

    one = macro(app, cast, message="", changes={"priority": "low"})
    for action in (f"assign:{cast.sue.id}", f"macro:{one.id}"):
        sam.post(NEW, fields(sam.get(f"{NEW}?action={action}&query=view%3Dall")))
    few = asked()
    for action in ("assign:me", f"assign:{cast.ada.id}", f"macro:{one.id}"):
        sam.post(NEW, fields(sam.get(f"{NEW}?action={action}&query=view%3Dall")))
    assert asked() == few


def test_an_undo_that_comes_too_late_says_so(sam: Visitor, app: Flask, numbers: list[str]):
    page = sam.follow(sam.post(BULK, {"numbers": numbers, "action": "status:pending"}))
    token = page.one("form", action="/tickets/queue/undo").one("input", name="token")["value"]
    with factories.writing(app):
        db.session.scalars(select(BulkChange)).one().ended_at = clock.now() - timedelta(hours=1)
    page = sam.post("/tickets/queue/undo", {"token": token}, 409)
    assert "Too late: this cannot be undone any more" in page.words
    assert values(app, "status") == ["pending"] * 3


@pytest.mark.parametrize(
    "query",
    [
        "",
        "action=delete&query=view%3Dall",
        "action=status:lost&query=view%3Dall",
        "action=status:open&query=view%3Dlost",
        "action=status:open&query=assignee%3Dme",
        "action=status:open&query=qqq",
        "action=macro:99999999999999999999&query=view%3Dall",
        "action=macro:x&query=view%3Dall",
    ],
)
def test_malformed_questions_are_refused(sam: Visitor, query: str):
    sam.get(f"{NEW}?{query}", 422)


def test_malformed_forms_change_nothing(sam: Visitor, app: Flask, numbers: list[str]):
    form = fields(sam.get(f"{NEW}?action=status:pending&numbers={numbers[0]}"))
    for wrong in (
        {"seen_at": ""},
        {"seen_at": "yesterday"},
        {"seen_at": "2026-01-01T00:00:00"},
        {"action": "x"},
        {"query": "view=lost"},
        {"numbers": []},
        {"numbers": [f"REQ{number:06d}" for number in range(101)]},
    ):
        sam.post(NEW, {**form, **wrong}, 422)
    sam.post(NEW, {**form, "numbers": "REQ999999"}, 404)
    assert values(app, "version") == [1, 1, 1]


def test_only_staff_and_only_ones_own(
    visit: Callable[[], Visitor], app: Flask, cast: Cast, numbers: list[str]
):
    sam = visit().sign_in(cast.sam)
    sam.post(BULK, {"numbers": numbers, "action": "status:pending"})
    with app.app_context():
        change_id = db.session.scalars(select(BulkChange.id)).one()
    url = f"{BULK}/{change_id}"
    sam.get(url)
    for other in (cast.sue, cast.ann):
        visitor = visit().sign_in(other)
        visitor.get(url, 404)
        visitor.post(f"{url}/cancel", status=404)
    ann = visit().sign_in(cast.ann)
    ann.get(BULK, 404)
    ann.get(f"{NEW}?action=status:open&query=view%3Dall", 404)
    ann.post(NEW, {"action": "status:open", "query": "view=all"}, 404)
    assert visit().get(NEW, 303).location.startswith("/auth/login")
    sam.get(f"{BULK}/999999", 404)
    sam.get(f"{NEW}?action=status:open&numbers=REQ999999", 404)
