import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from jobs.scheduled import send_due
from portal import clock
from portal.extensions import db
from portal.models.people import User
from portal.models.tickets import Comment, ScheduledComment
from tests import factories
from tests.cast import Cast
from tests.mailbox import Mailbox
from tests.page import Page, Visitor

TEXT = "It will be warm tomorrow."


@pytest.fixture
def filed(app: Flask, cast: Cast) -> factories.Filed:
    return factories.file_ticket(app, cast.ann)


@pytest.fixture
def ticket(filed: factories.Filed) -> str:
    return f"/tickets/{filed.number}"


@pytest.fixture
def delay(app: Flask) -> Iterator[None]:
    """Answers wait for fifteen seconds."""
    before = app.config["UNDO_SEND"]
    app.config["UNDO_SEND"] = timedelta(seconds=15)
    yield
    app.config["UNDO_SEND"] = before


@pytest.fixture
def sam(client: Visitor, cast: Cast) -> Visitor:
    return client.sign_in(cast.sam)


@pytest.fixture
def answered(sam: Visitor, ticket: str, delay: None) -> Page:
    """The page after Sam's answer with a file."""
    fields = {"message": TEXT, "status": "solved"}
    return sam.follow(
        sam.post(f"{ticket}/comments", {**fields, "attachments": (BytesIO(b"Plan"), "plan.txt")})
    )


def test_who_was_disabled_while_one_wrote_gets_no_mail_and_that_is_said(
    sam: Visitor, app: Flask, cast: Cast, ticket: str, delay: None
):
    assert "by mail" in sam.get(ticket).one("form", id="reply").text
    with factories.writing(app):
        db.session.get_one(User, cast.ann.id).is_active = False
    words = "No mail goes to Ann Archer: the account is disabled."
    page = sam.follow(sam.post(f"{ticket}/comments", {"message": TEXT}))
    assert f"The answer to Ann Archer is about to leave. {words}" in page.words
    tomorrow = f"{clock.now() + timedelta(days=1):%Y-%m-%dT%H:%M}"
    fields = {"message": "Later.", "send_at": tomorrow}
    assert words in sam.follow(sam.post(f"{ticket}/comments", fields)).words


def undo_path(page: Page) -> str:
    forms = [
        form["action"] for form in page.all("form", action=True) if form["action"].endswith("/undo")
    ]
    return forms[-1]


def written(page: Page) -> str:
    return page.one("textarea", name="message")._raw_text().removeprefix("\n")


def later(app: Flask, seconds: float = 16) -> None:
    with time_machine.travel(clock.now() + timedelta(seconds=seconds)), app.app_context():
        send_due()


def said(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Comment.message).order_by(Comment.id)))


def test_staff_see_that_it_leaves_and_customers_see_nothing(
    answered: Page, visit: Callable[[], Visitor], cast: Cast, ticket: str
):
    assert "is about to leave" in answered.words
    entry = answered.one("li", id="scheduled-1")
    assert re.search(r"Leaves in 1\d s · then: Solved", " ".join(entry.text.split()))
    assert "plan.txt" in entry.text
    assert "Undo" in entry.text
    other = visit().sign_in(cast.sue).get(ticket).one("li", id="scheduled-1")
    assert TEXT in other.text
    assert "Undo" not in other.text
    mine = visit().sign_in(cast.ann).get(ticket)
    assert TEXT not in mine.words
    assert "plan.txt" not in mine.words
    assert "Solved" not in mine.words


def test_it_leaves_when_it_is_due(
    answered: Page,
    app: Flask,
    visit: Callable[[], Visitor],
    cast: Cast,
    ticket: str,
    mailbox: Mailbox,
):
    later(app, 14)
    assert TEXT not in said(app)
    later(app)
    assert said(app)[-1] == TEXT
    page = visit().sign_in(cast.ann).get(ticket)
    assert TEXT in page.words
    assert "plan.txt" in page.words
    with time_machine.travel(clock.now() + timedelta(seconds=17)):
        [_receipt, mail] = mailbox.sent(cast.ann.email)
    assert TEXT in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_undo_gives_text_and_files_back_and_nobody_was_told(
    answered: Page, sam: Visitor, app: Flask, cast: Cast, ticket: str, mailbox: Mailbox
):
    before = said(app)
    page = sam.follow(sam.post(undo_path(answered), {}))
    assert "Taken back" in page.words
    assert written(page) == TEXT
    kept = page.one("input", name="kept")
    assert "plan.txt" in page.one("fieldset", class_="kept-files").text
    later(app)
    assert said(app) == before
    with time_machine.travel(clock.now() + timedelta(seconds=17)):
        [_receipt] = mailbox.sent(cast.ann.email)
    fields = {"message": f"{TEXT} Surely.", "kept": kept["value"]}
    page = sam.follow(sam.post(f"{ticket}/comments", fields))
    assert "plan.txt" in page.one("li", id="scheduled-2").text
    later(app)
    assert said(app)[-1] == f"{TEXT} Surely."


def test_undo_in_place_keeps_what_was_begun(answered: Page, sam: Visitor, ticket: str):
    page = sam.post(undo_path(answered), {"message": "Next words"}, status=200, htmx=True)
    assert written(page) == TEXT
    assert "Next words" in page.one(id="reply").text


def test_a_second_too_late_is_said_in_one_sentence(
    answered: Page, sam: Visitor, app: Flask, ticket: str
):
    later(app)
    page = sam.follow(sam.post(undo_path(answered), {}))
    assert "Too late: this answer has left, or was taken back already." in page.words
    assert written(page) == ""
    assert said(app)[-1] == TEXT


def test_undo_twice_is_undone_once(answered: Page, sam: Visitor, app: Flask):
    sam.post(undo_path(answered), {})
    page = sam.follow(sam.post(undo_path(answered), {}))
    assert "Too late" in page.words
    assert written(page) == TEXT


def test_notes_and_customers_answers_are_there_at_once(
    sam: Visitor,
    delay: None,
    app: Flask,
    visit: Callable[[], Visitor],
    cast: Cast,
    ticket: str,
):
    sam.post(f"{ticket}/comments", {"message": "A note", "internal": "1"})
    visit().sign_in(cast.ann).post(f"{ticket}/comments", {"message": "Thanks"})
    assert said(app)[-2:] == ["A note", "Thanks"]


def test_the_second_of_two_who_answer_is_shown_what_is_about_to_leave(
    answered: Page, visit: Callable[[], Visitor], cast: Cast, ticket: str, filed: factories.Filed
):
    sue = visit().sign_in(cast.sue)
    fields = {"message": "Mine", "version": str(filed.version), "scheduled": "0"}
    page = sue.post(f"{ticket}/comments", fields, status=409)
    assert TEXT in page.one(id="newer").text
    assert written(page) == "Mine"
    fields["scheduled"] = page.one("input", name="scheduled")["value"]
    sue.post(f"{ticket}/comments", fields)


def at(**ahead: float) -> str:
    return f"{clock.now() + timedelta(**ahead):%Y-%m-%dT%H:%M}"


def test_an_answer_for_later_is_listed_and_leaves_then(
    sam: Visitor, app: Flask, ticket: str, visit: Callable[[], Visitor], cast: Cast
):
    page = sam.follow(sam.post(f"{ticket}/comments", {"message": TEXT, "send_at": at(hours=5)}))
    assert "will leave on" in page.words
    assert "Take back and change" in page.one("li", id="scheduled-1").text
    assert "Do not send" in visit().sign_in(cast.sue).get(ticket).one("li", id="scheduled-1").text
    later(app, 4 * 3600)
    assert TEXT not in said(app)
    later(app, 5 * 3600 + 60)
    assert said(app)[-1] == TEXT


def test_a_time_is_in_the_zone_of_who_writes(sam: Visitor, app: Flask, cast: Cast, ticket: str):
    sam.http.set_cookie("timezone", "Asia/Tokyo")
    with factories.writing(app):
        db.session.get_one(User, cast.sam.id).timezone = "Asia/Tokyo"
    moment = clock.now() + timedelta(hours=12)
    sam.post(f"{ticket}/comments", {"message": TEXT, "send_at": f"{moment:%Y-%m-%dT%H:%M}"})
    with app.app_context():
        due_at = db.session.scalars(select(ScheduledComment.due_at)).one()
    assert moment - due_at >= timedelta(hours=9)


@pytest.mark.parametrize("send_at", ["soon", "2020-01-01T10:00", "2190-01-01T10:00"])
def test_a_time_that_cannot_be_is_refused_and_the_text_kept(
    sam: Visitor, app: Flask, ticket: str, send_at: str
):
    before = said(app)
    page = sam.post(f"{ticket}/comments", {"message": TEXT, "send_at": send_at}, status=422)
    assert page.one(id="send-at-error").text
    assert written(page) == TEXT
    assert said(app) == before


def test_what_is_for_later_comes_back_when_the_customer_writes_first(
    sam: Visitor, app: Flask, ticket: str, visit: Callable[[], Visitor], cast: Cast
):
    sam.post(f"{ticket}/comments", {"message": TEXT, "send_at": at(hours=5)})
    visit().sign_in(cast.ann).post(f"{ticket}/comments", {"message": "It is warm again."})
    page = sam.get(ticket)
    assert "Not sent: the customer wrote first." in page.words
    page = sam.follow(sam.post(undo_path(page), {}))
    assert written(page) == TEXT
    later(app, 6 * 3600)
    assert TEXT not in said(app)


def test_a_colleague_stops_it_and_throws_it_away(
    sam: Visitor, app: Flask, ticket: str, visit: Callable[[], Visitor], cast: Cast
):
    sam.post(f"{ticket}/comments", {"message": TEXT, "send_at": at(hours=5)})
    sue = visit().sign_in(cast.sue)
    page = sue.follow(sue.post(f"{ticket}/comments/1/cancel", {}))
    assert "Not sent: a colleague has stopped it." in page.words
    page = sue.follow(sue.post(f"{ticket}/comments/1/throw-away", {}))
    assert TEXT not in page.words
    for way in ("cancel", "throw-away", "undo"):
        assert "Too late" in sue.follow(sue.post(f"{ticket}/comments/1/{way}", {})).words


@pytest.mark.parametrize("way", ["undo", "cancel", "throw-away"])
def test_strangers_and_customers_do_nothing_to_it(
    answered: Page, visit: Callable[[], Visitor], cast: Cast, app: Flask, ticket: str, way: str
):
    path = f"{ticket}/comments/1/{way}"
    visit().sign_in(cast.carl).post(path, {}, status=404)
    visit().sign_in(cast.ann).post(path, {}, status=403)
    visit().sign_in(cast.sue).post(path, {}, status=403)
    visit().get(path, status=405)
    with app.app_context():
        assert db.session.get(ScheduledComment, 1) is not None


def test_files_that_are_gone_are_said_and_the_text_kept(sam: Visitor, app: Flask, ticket: str):
    for kept in ("7", "x"):
        page = sam.post(f"{ticket}/comments", {"message": TEXT, "kept": kept}, status=422)
        assert TEXT in page.words
    assert TEXT not in said(app)


def test_files_of_others_are_not_taken(
    answered: Page, visit: Callable[[], Visitor], sam: Visitor, cast: Cast, ticket: str
):
    sam.post(undo_path(answered), {})
    visit().sign_in(cast.sue).post(
        f"{ticket}/comments", {"message": "Mine", "kept": "1"}, status=422
    )
    assert "plan.txt" in sam.get(ticket).one("fieldset", class_="kept-files").text
