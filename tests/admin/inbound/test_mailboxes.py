"""`/admin/mail/mailboxes`: the list, the form, switching off and deleting."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.inbound import FailureReason, Mailbox
from portal.security import encryption
from portal.security.people.step_up import FRESH
from portal.services.inbound import mailboxes
from tests import factories
from tests.cast import Cast
from tests.inbound.mails import mail, take_in, tickets
from tests.page import Visitor

PAGE = "/admin/mail/mailboxes"
FETCHED = {
    "address": "support@example.com",
    "name": "Help",
    "way": "imap",
    "host": "IMAP.Example.com.",
    "port": "993",
    "security": "tls",
    "username": "support",
    "password": "s3cret words",
    "folder": "INBOX",
}


@pytest.fixture
def ada(visit: Callable[[], Visitor], cast: Cast) -> Visitor:
    return visit().sign_in(cast.ada)


def found(app: Flask) -> Mailbox:
    with app.app_context():
        return db.session.scalars(select(Mailbox)).one()


def test_a_mailbox_is_added_and_stands_in_list_and_log(ada: Visitor, app: Flask) -> None:
    assert "No mailbox yet" in ada.get(PAGE).words
    ada.post(f"{PAGE}/new", FETCHED, 303)
    row = found(app)
    assert (row.host, row.port, row.username) == ("imap.example.com", 993, "support")
    with app.app_context():
        assert encryption.decrypt(row.secret or "") == FETCHED["password"]
    page = ada.get(PAGE)
    assert "support@example.com" in page.words
    assert "It was not fetched yet" in page.words
    log = ada.get("/account/log").words
    assert "Mailbox changed" in log
    assert "support@example.com" in log


def test_the_password_is_on_no_page_and_kept_when_nothing_is_typed(
    ada: Visitor, app: Flask
) -> None:
    ada.post(f"{PAGE}/new", FETCHED, 303)
    before = found(app).secret
    form = ada.get(f"{PAGE}/{found(app).id}")
    assert FETCHED["password"] not in form.text
    ada.post(f"{PAGE}/{found(app).id}", {**FETCHED, "password": "", "name": "Sales"}, 303)
    assert (found(app).secret, found(app).name) == (before, "Sales")


@pytest.mark.threat("notes and secrets shown")
def test_a_stored_password_goes_to_no_other_server(ada: Visitor, app: Flask) -> None:
    ada.post(f"{PAGE}/new", FETCHED, 303)
    moved = {**FETCHED, "host": "imap.evil.example", "password": ""}
    page = ada.post(f"{PAGE}/{found(app).id}", moved, 422)
    assert "Enter the password again" in page.one("p", id="password-error").text
    assert found(app).host == "imap.example.com"
    ada.post(f"{PAGE}/{found(app).id}", {**moved, "password": "another"}, 303)
    assert found(app).host == "imap.evil.example"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("address", "no address", "This is not an e-mail address."),
        ("address", "help+us@example.com", "Leave out what stands between the plus and the @."),
        ("address", "ann@example.com", "Somebody's account has this address."),
        ("address", "taken@example.com", "There is a mailbox with this address."),
        ("name", "x" * 101, "This is too long."),
        ("department", "Nowhere", "Please choose one of the list."),
        ("language", "tlh", "Please choose one of the list."),
        ("way", "pigeon", "Please choose one of the list."),
        ("host", "", "Please fill this in."),
        ("host", "imap example", "This is not the name of a server"),
        ("host", "imap.example.com/x", "This is not the name of a server"),
        ("port", "0", "A port is a number from 1 to 65535."),
        ("port", "65536", "A port is a number from 1 to 65535."),
        ("port", "x", "A port is a number from 1 to 65535."),
        ("security", "rot13", "Please choose one of the list."),
        ("username", "", "Please fill this in."),
        ("folder", "", "Please fill this in."),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    ada: Visitor, app: Flask, field: str, value: str, sentence: str
) -> None:
    ada.post(f"{PAGE}/new", {"address": "taken@example.com", "way": "delivered"}, 303)
    page = ada.post(f"{PAGE}/new", {**FETCHED, field: value}, 422)
    assert sentence in page.one("p", id=f"{field}-error").text
    assert found(app).address == "taken@example.com"


def test_what_is_brought_keeps_no_server_and_no_password(ada: Visitor, app: Flask) -> None:
    ada.post(f"{PAGE}/new", FETCHED, 303)
    ada.post(f"{PAGE}/{found(app).id}", {**FETCHED, "way": "delivered"}, 303)
    row = found(app)
    assert (row.host, row.port, row.username, row.secret) == ("", None, "", None)


def test_new_tickets_get_the_department_also_after_it_was_named_anew(
    ada: Visitor, app: Flask
) -> None:
    ada.post("/admin/departments", {"name": "Sales"}, 303)
    ada.post(
        f"{PAGE}/new",
        {"address": "support@example.com", "way": "delivered", "department": "Sales"},
        303,
    )
    take_in(app, mail())
    ada.post("/admin/departments/1", {"name": "Shop"}, 303)
    take_in(app, mail())
    ada.post("/admin/departments/1/delete", {}, 303)
    take_in(app, mail())
    assert [ticket.department for ticket in tickets(app)] == ["Sales", "Shop", None]


def test_it_is_switched_off_and_on_and_twice_changes_nothing(ada: Visitor, app: Flask) -> None:
    ada.post(f"{PAGE}/new", {"address": "support@example.com", "way": "delivered"}, 303)
    where = f"{PAGE}/{found(app).id}/state"
    for _ in range(2):
        ada.post(where, {"active": "0"}, 303)
    assert not found(app).is_active
    assert "support@example.com is switched off." in ada.get(PAGE).words
    ada.post(where, {"active": "1"}, 303)
    assert found(app).is_active
    assert ada.get("/account/log").words.count("Mailbox changed") == 3


def test_one_that_mail_has_come_to_is_not_deleted(ada: Visitor, app: Flask) -> None:
    ada.post(f"{PAGE}/new", {"address": "support@example.com", "way": "delivered"}, 303)
    take_in(app, mail())
    where = f"{PAGE}/{found(app).id}"
    assert not ada.get(where).all("form", action=f"{where}/delete")
    ada.post(f"{where}/delete", {}, 303)
    assert "switch it off instead" in ada.get(PAGE).words
    assert found(app).is_active


def test_one_without_mail_is_deleted(ada: Visitor, app: Flask) -> None:
    ada.post(f"{PAGE}/new", {"address": "support@example.com", "way": "delivered"}, 303)
    where = f"{PAGE}/{found(app).id}"
    ada.post(ada.get(where).one("form", action=f"{where}/delete")["action"] or "", {}, 303)
    assert "support@example.com is deleted." in ada.get(PAGE).words
    ada.get(where, 404)


def test_a_failing_one_says_since_when_and_why(ada: Visitor, app: Flask) -> None:
    ada.post(f"{PAGE}/new", FETCHED, 303)
    with factories.writing(app):
        found_here = db.session.scalars(select(Mailbox)).one()
        mailboxes.record_failure(found_here, FailureReason.PASSWORD, "NO [AUTHENTICATIONFAILED]")
    page = ada.get(PAGE).words
    assert "It has not been fetched since" in page
    assert "The mail server refuses user name or password." in page
    assert "NO [AUTHENTICATIONFAILED]" in page


def test_the_form_asks_for_a_fresh_proof(ada: Visitor) -> None:
    with clock.at(clock.now() + FRESH):
        for answer in (ada.get(f"{PAGE}/new", 303), ada.post(f"{PAGE}/new", {}, 303)):
            assert answer.location.startswith("/account/confirm")
        assert "Mailboxes" in ada.get(PAGE).words
