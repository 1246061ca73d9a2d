from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from portal import clock
from portal.extensions import db
from portal.models.people import User
from portal.models.tickets import NotificationKind, Ticket
from portal.queries.tickets import notifications as queries
from portal.services.tickets import notifications, scheduled, tickets
from tests import factories
from tests.cast import Cast
from tests.databases import BOTH
from tests.page import Page, Visitor
from tests.statements import statements

LIST, BELL = "/tickets/notifications", "/tickets/notifications/bell"


@pytest.fixture
def told(app: Flask, cast: Cast) -> None:
    """Sam is told of a ticket, of an answer on it, and of a note that names him."""
    filed = factories.file_ticket(app, cast.ann, "The boiler")
    with factories.writing(app):
        ticket = db.session.get_one(Ticket, filed.id)
        sam = db.session.get_one(User, cast.sam.id)
        tickets.assign(actor=cast.sue, ticket=ticket, assignee=sam)
    factories.post_comment(app, cast.ann, filed, "Still cold.")
    factories.post_comment(app, cast.sue, filed, f"@{cast.sam.name}, a secret", internal=True)


@pytest.fixture
def sam(client: Visitor, cast: Cast) -> Visitor:
    return client.sign_in(cast.sam)


def lines(page: Page) -> list[str]:
    return [line.text for line in page.one(id="notifications").all("li", id=True)]


def unread(page: Page) -> int:
    return int(page.one(id="bell")["data-unread"])


@pytest.mark.usefixtures("told")
@BOTH
def test_the_newest_stands_first_with_who_and_what(sam: Visitor) -> None:
    page = sam.get(LIST)
    note, answer, given = lines(page)
    assert "The boiler REQ000001" in note and "Sue Stone named you in a note" in note
    assert "Ann Archer answered on your ticket" in answer
    assert "Sue Stone gave this ticket to you" in given
    assert "a secret" not in page.words
    hrefs = [line.one("a")["href"] for line in page.all("li", class_="is-unread")]
    assert hrefs == [f"/tickets/REQ000001{anchor}" for anchor in ("#comment-3", "#comment-2", "")]


def test_why_an_answer_was_not_sent_is_said(sam: Visitor, app: Flask, cast: Cast) -> None:
    filed = factories.file_ticket(app, cast.ann, "The boiler")
    later = {"message": "Later.", "send_at": f"{clock.now() + timedelta(days=2):%Y-%m-%dT%H:%M}"}
    sam.post(f"/tickets/{filed.number}/comments", later)
    factories.post_comment(app, cast.ann, filed, "It is warm again.")
    [line] = lines(sam.get(LIST))
    assert "Ann Archer wrote first, so your answer was not sent" in line
    sam.post(f"/tickets/{filed.number}/comments", later)
    with factories.writing(app):
        ticket = db.session.get_one(Ticket, filed.id)
        scheduled.cancel(actor=cast.sue, ticket=ticket, scheduled_id=2)
    line, _read = lines(sam.get(LIST))
    assert "Sue Stone kept your answer from leaving" in line
    assert "Sue Stone stopped an answer before it left" in sam.get(f"/tickets/{filed.number}").words


@pytest.mark.usefixtures("told")
def test_the_number_stands_in_bell_title_and_icon_of_each_page(sam: Visitor) -> None:
    for path in (LIST, "/tickets/queue", "/tickets/REQ000001", "/account/"):
        page = sam.get(path)
        assert unread(page) == 3
        assert page.one("title").text.startswith("(3) ")
        icon = page.one("link", rel="icon")
        assert icon["href"] == icon["data-unread"] != icon["data-read"]
    assert "3 unread" in sam.get(BELL).words
    sam.post(f"{LIST}/1/read")
    assert unread(sam.get(BELL)) == 2


def test_without_any_there_is_no_number_and_a_word_of_what_will_stand_there(sam: Visitor) -> None:
    page = sam.get(LIST)
    assert unread(page) == 0 and "Nothing yet" in page.words
    assert page.one("title").text.startswith("Notifications")
    icon = page.one("link", rel="icon")
    assert icon["href"] == icon["data-read"]
    assert "Nothing unread" in sam.get(f"{LIST}?unread=1").words


@pytest.mark.usefixtures("told")
def test_one_is_marked_as_read_and_one_comes_back_to_the_same_list(sam: Visitor) -> None:
    answer = sam.post(f"{LIST}/2/read", {"unread": "1"})
    assert answer.location == f"{LIST}?unread=1"
    page = sam.follow(answer)
    assert "Marked as read." in page.words
    assert len(lines(page)) == unread(page) == 2
    assert len(lines(sam.get(LIST))) == 3


@pytest.mark.usefixtures("told")
def test_all_are_marked_as_read_and_a_script_gets_list_and_bell(sam: Visitor) -> None:
    button = sam.get(LIST).one("button", id="read-all")
    assert button.text == "Mark all as read"
    page = sam.post(f"{LIST}/read/3", status=200, htmx=True)
    assert (len(lines(page)), unread(page)) == (3, 0)
    assert "All is marked as read." in page.words
    assert not page.all("button", id="read-all")


@pytest.mark.usefixtures("told")
def test_what_came_after_the_page_stays_unread(sam: Visitor) -> None:
    sam.post(f"{LIST}/read/2")
    assert unread(sam.get(LIST)) == 1


@pytest.mark.usefixtures("told")
def test_those_of_others_are_neither_shown_nor_marked(
    visit: Callable[[], Visitor], sam: Visitor, cast: Cast
) -> None:
    sue = visit().sign_in(cast.sue)
    assert lines(sue.get(LIST)) == []
    sue.post(f"{LIST}/1/read", status=404)
    sue.post(f"{LIST}/read/3")
    assert unread(sam.get(LIST)) == 3


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    ("path", "status"),
    [("99/read", 404), ("0/read", 404), ("x/read", 404), ("read/0", 404), ("read/x", 404)],
)
def test_what_is_no_notification_is_not_found(sam: Visitor, path: str, status: int) -> None:
    sam.post(f"{LIST}/{path}", status=status)


def test_a_cursor_that_is_none_is_refused(sam: Visitor) -> None:
    sam.get(f"{LIST}?cursor=x", status=422)


def test_customers_and_strangers_find_nothing_here(
    client: Visitor, visit: Callable[[], Visitor], cast: Cast
) -> None:
    ann = visit().sign_in(cast.ann)
    for path in (LIST, BELL):
        ann.get(path, status=404)
        assert client.get(path, status=303).location.startswith("/auth/login")
    for path in (f"{LIST}/1/read", f"{LIST}/read/1"):
        ann.post(path, status=404)
        assert client.post(path).location.startswith("/auth/login")
    assert not ann.get("/tickets/").all(id="bell")


@pytest.mark.usefixtures("told")
def test_pages_leave_nothing_out(sam: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PAGE", 2)
    first = sam.get(LIST)
    second = sam.get(first.one("a", rel="next")["href"])
    assert len(lines(first)) == 2 and "gave this ticket" in lines(second)[0]
    answer = sam.post(f"{LIST}/1/read", {"cursor": "2"})
    assert answer.location == f"{LIST}?cursor=2"


@pytest.mark.usefixtures("told")
def test_a_page_asks_as_much_whatever_there_is_to_tell(sam: Visitor, app: Flask) -> None:
    def asked(path: str) -> int:
        with statements(app) as seen:
            sam.get(path)
        return len(seen)

    before = asked(LIST), asked("/tickets/queue")
    sam.post(f"{LIST}/read/3")
    assert (asked(LIST), asked("/tickets/queue")) == before
    assert before[0] == 2  # the session with the number, and the list


@BOTH
def test_what_is_the_matter_with_the_desk_stands_without_a_ticket(
    app: Flask, cast: Cast, client: Visitor
) -> None:
    with factories.writing(app):
        ada = db.session.get_one(User, cast.ada.id)
        notifications.desk_changed(NotificationKind.MAIL_STOPPED, [ada])
    page = client.sign_in(cast.ada).get(LIST)
    [line] = page.one(id="notifications").all("li", id=True)
    assert "Mail does not come in any more" in line.text
    assert "Somebody" not in line.text
    assert line.one("a")["href"] == "/admin/mail/doctor"
    assert unread(page) == 1
    client.post(f"{LIST}/1/read")
    assert unread(client.get(LIST)) == 0
