"""Writing to the desk without an account: one form for the ticket and the registration."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.delivery import Outbox
from portal.models.people import PendingAttachment, PendingRegistration, User
from portal.models.tickets import Attachment, Comment, Ticket
from portal.services.people import registration
from portal.services.people.registration import Mode
from portal.services.tickets import first_tickets
from portal.web.middleware import request_limits
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.mail.outgoing import part
from tests.mailbox import Mailbox
from tests.page import Visitor
from tests.registration import ask as register
from tests.statements import statements

ASK, SENT = "/auth/ask", "/auth/ask/sent"
DORA = "dora@example.com"
WORDS = {"subject": "No hot water", "message": "Since **Monday**."}
FIELDS = {"email": "Dora@Example.com", "first_name": "Дора", "last_name": "Dean", **WORDS}


def rows(app: Flask, model: Any) -> list[Any]:
    with app.app_context():
        return list(db.session.scalars(select(model).order_by(model.id)))


def texts(mailbox: Mailbox, to: str) -> list[str]:
    return [part(mail) for mail in mailbox.sent(to)]


@pytest.fixture
def opened(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "REGISTRATION", Mode.OPEN.value)


@pytest.fixture
def invited(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "REGISTRATION", Mode.INVITED.value)


def test_the_start_page_leads_there(client: Visitor):
    form = client.get("/").one("form", class_="start")
    assert form["action"] == ASK
    assert form.one("input", name="subject")["maxlength"] == "250"


def test_what_was_typed_on_the_start_page_is_the_subject(client: Visitor):
    page = client.get(f"{ASK}?subject=No+%3Cb%3Ewater")
    assert page.one("input", name="subject")["value"] == "No <b>water"
    long = client.get(f"{ASK}?subject={'x' * 999}").one("input", name="subject")["value"]
    assert long == "x" * 250


def test_a_ticket_waits_until_its_writer_has_proven_the_address(
    client: Visitor, app: Flask, mailbox: Mailbox
):
    page = client.follow(client.post(ASK, FIELDS))
    assert DORA in page.words
    assert rows(app, Ticket) == rows(app, User) == []
    assert mailbox.subjects(DORA) == ["Open your account"]
    link = mailbox.link(DORA, "verify")
    shown = client.get(link).one("blockquote").text
    assert "No hot water" in shown
    assert "Since **Monday**." in shown
    assert rows(app, Ticket) == []
    answer = client.post(link, {"password": PASSWORD})
    assert answer.location == "/tickets/REQ000001"
    page = client.follow(answer)
    assert page.one("h1").text == "No hot water"
    (ticket,), (dora,) = rows(app, Ticket), rows(app, User)
    assert (ticket.requester_id, ticket.channel, ticket.priority) == (dora.id, "page", 2)
    assert (dora.name, dora.is_verified) == ("Дора Dean", True)
    assert rows(app, PendingRegistration) == []
    assert "ticket_filed" in {mail.template for mail in rows(app, Outbox)}


def test_the_api_finishes_it_too(client: Visitor, app: Flask, mailbox: Mailbox):
    client.post(ASK, FIELDS)
    token = mailbox.link(DORA, "verify").rpartition("/")[2]
    body = {"token": token, "password": PASSWORD}
    assert client.http.post("/api/v1/auth/verify-email", json=body).status_code == 200
    assert [ticket.subject for ticket in rows(app, Ticket)] == ["No hot water"]


def test_a_link_files_it_once(client: Visitor, app: Flask, mailbox: Mailbox):
    client.post(ASK, FIELDS)
    link = mailbox.link(DORA, "verify")
    client.post(link, {"password": PASSWORD})
    client.post(link, {"password": PASSWORD}, status=410)
    assert len(rows(app, Comment)) == 1


@pytest.mark.threat("telling who exists")
def test_the_same_answer_after_the_same_work_for_every_address(
    app: Flask, cast: Cast, visit: Callable[[], Visitor], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bcrypt.checkpw", None)
    monkeypatch.setattr("bcrypt.hashpw", None)
    visit().post(ASK, FIELDS)
    seen = []
    for email in ("ann@example.com", "zoe@example.com", DORA):
        visitor = visit()
        token = visitor.csrf_token()
        with statements(app) as work:
            page = visitor.post(ASK, {**FIELDS, "email": email, "csrf_token": token})
        words = visitor.get(SENT).words.replace(email, "…")
        seen.append((page.status, page.location, words, list(work)))
    assert all(answer == seen[0] for answer in seen)
    assert len(seen[0][3]) > 1


def test_who_has_an_account_is_told_by_mail_that_nothing_was_kept(
    client: Visitor, app: Flask, cast: Cast, mailbox: Mailbox
):
    client.post(ASK, {**FIELDS, "email": cast.ann.email})
    (text,) = texts(mailbox, cast.ann.email)
    assert "was not kept" in text
    assert rows(app, PendingRegistration) == rows(app, Ticket) == []


@pytest.mark.threat("words for strangers")
def test_no_word_of_it_is_mailed(client: Visitor, cast: Cast, mailbox: Mailbox):
    for email in (DORA, cast.ann.email):
        client.post(ASK, {**FIELDS, "email": email})
        (text,) = texts(mailbox, email)
        for word in ("hot water", "Monday", "Дора", "Dean"):
            assert word not in text


@pytest.mark.threat("words for strangers")
def test_who_registers_afterwards_files_nothing_of_a_strangers(
    client: Visitor, app: Flask, mailbox: Mailbox
):
    client.post(ASK, FIELDS)
    register(client, DORA)
    link = mailbox.link(DORA, "verify")
    assert not client.get(link).all("blockquote")
    assert client.post(link, {"password": PASSWORD}).location == "/"
    assert rows(app, Ticket) == []


def test_the_newest_one_counts(client: Visitor, app: Flask, mailbox: Mailbox):
    client.post(ASK, FIELDS)
    old = mailbox.link(DORA, "verify")
    client.post(ASK, {**FIELDS, "subject": "Cold radiator"})
    new = mailbox.link(DORA, "verify")
    client.get(old, status=410)
    client.post(new, {"password": PASSWORD})
    assert [ticket.subject for ticket in rows(app, Ticket)] == ["Cold radiator"]


def test_it_ends_with_its_link(client: Visitor, app: Flask, mailbox: Mailbox):
    client.post(ASK, FIELDS)
    link = mailbox.link(DORA, "verify")
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        client.post(link, {"password": PASSWORD}, status=410)
        with factories.writing(app):
            registration.delete_expired(100)
    assert rows(app, PendingRegistration) == rows(app, Ticket) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"email": "nobody"}, "This is not an e-mail address."),
        ({"email": ""}, "This is not an e-mail address."),
        ({"subject": " "}, "Please fill this in."),
        ({"message": ""}, "Please fill this in."),
        ({"subject": "x" * 251}, "This is too long."),
        ({"message": "x" * 10_001}, "This is too long."),
        ({"first_name": "x" * 101}, "This is too long."),
    ],
)
def test_what_is_wrong_is_said_and_the_text_kept(
    client: Visitor, app: Flask, changes: dict[str, str], sentence: str
):
    page = client.post(ASK, {**FIELDS, **changes}, status=422)
    assert sentence in page.words
    if "message" not in changes:
        assert page.one("textarea", name="message").text == WORDS["message"]
    assert rows(app, PendingRegistration) == []


@pytest.mark.usefixtures("opened")
def test_an_open_desk_files_it_at_once(client: Visitor, app: Flask):
    answer = client.post(ASK, {**FIELDS, "password": PASSWORD})
    assert answer.location == "/tickets/REQ000001"
    assert "is filed" in client.follow(answer).words
    assert [ticket.subject for ticket in rows(app, Ticket)] == ["No hot water"]


@pytest.mark.usefixtures("opened")
def test_an_open_desk_says_that_an_address_is_known(client: Visitor, app: Flask, cast: Cast):
    fields = {**FIELDS, "email": cast.ann.email, "password": PASSWORD}
    page = client.post(ASK, fields, status=422)
    assert "There is an account with this address." in page.words
    assert rows(app, Ticket) == []


@pytest.mark.usefixtures("invited")
def test_a_desk_by_invitation_takes_nothing(client: Visitor, app: Flask):
    client.get(ASK, status=403)
    client.post(ASK, FIELDS, status=403)
    assert not client.get("/").all("form", class_="start")
    assert rows(app, PendingRegistration) == []


def test_who_is_signed_in_has_another_form(client: Visitor, cast: Cast):
    assert client.sign_in(cast.ann).get(ASK, status=303).location == "/tickets/new"


def test_the_page_afterwards_needs_a_form_before(client: Visitor):
    assert client.get(SENT, status=303).location == ASK


@pytest.mark.threat("floods")
def test_it_is_limited_together_with_registering(client: Visitor):
    for number in range(10):
        client.post(ASK, {**FIELDS, "email": f"a{number}@example.com"})
        client.post("/auth/register", {"email": f"b{number}@example.com"})
    client.post(ASK, FIELDS, status=429)


def with_files(*names: str, size: int = 4) -> dict[str, Any]:
    return {**FIELDS, "attachments": [(BytesIO(b"x" * size), name) for name in names]}


def test_files_wait_with_the_words_and_become_attachments(
    client: Visitor, app: Flask, mailbox: Mailbox
):
    client.post(ASK, with_files("photo.png", "log.txt"))
    assert [row.filename for row in rows(app, PendingAttachment)] == ["photo.png", "log.txt"]
    assert rows(app, Attachment) == []
    link = mailbox.link(DORA, "verify")
    assert "photo.png" in client.get(link).words
    client.follow(client.post(link, {"password": PASSWORD}))
    kept = rows(app, Attachment)
    assert [row.filename for row in kept] == ["photo.png", "log.txt"]
    assert rows(app, PendingAttachment) == []
    answer = client.http.get(f"/tickets/REQ000001/attachments/{kept[0].id}")
    assert answer.data == b"xxxx"


def test_where_accounts_are_opened_at_once_files_are_there_at_once(
    client: Visitor, app: Flask, opened: None
):
    client.post(ASK, {**with_files("photo.png"), "password": PASSWORD})
    assert [row.filename for row in rows(app, Attachment)] == ["photo.png"]


def test_the_next_request_replaces_the_files_of_the_last_one(client: Visitor, app: Flask):
    client.post(ASK, with_files("photo.png"))
    client.post(ASK, with_files("other.png"))
    assert [row.filename for row in rows(app, PendingAttachment)] == ["other.png"]
    register(client, DORA)
    assert rows(app, PendingAttachment) == []


@pytest.mark.threat("telling who exists")
def test_of_a_known_address_no_file_is_kept(
    client: Visitor, app: Flask, cast: Cast, mailbox: Mailbox
):
    client.post(ASK, {**with_files("photo.png"), "email": cast.ann.email})
    assert mailbox.subjects(cast.ann.email)
    assert rows(app, PendingAttachment) == []


def test_files_go_with_a_registration_that_runs_out(client: Visitor, app: Flask):
    client.post(ASK, with_files("photo.png"))
    with time_machine.travel(clock.now() + timedelta(days=1)), factories.writing(app):
        registration.delete_expired(10)
    assert rows(app, PendingAttachment) == []


@pytest.mark.threat("floods")
@pytest.mark.parametrize(
    ("names", "size"),
    [(("a", "b", "c", "d"), 1), (("a",), 600), (("a", "b", "c"), 500)],
    ids=["many", "large", "together"],
)
def test_of_strangers_few_and_small_files_are_taken(
    client: Visitor,
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, ...],
    size: int,
):
    # Hundreds of bytes for millions.
    monkeypatch.setattr(first_tickets, "MAX_FILE_BYTES", 500)
    monkeypatch.setattr(first_tickets, "MAX_FILES_BYTES", 1000)
    monkeypatch.setattr(request_limits, "FORM_ROOM", 1500)
    client.post(ASK, with_files(*names, size=size), status=413)
    assert rows(app, PendingRegistration) == []


def test_a_preview_shows_what_is_written_and_keeps_nothing(client: Visitor, app: Flask):
    fields = {"email": "dora@example.com", "subject": "Cold", "message": "It *is* <b>cold</b>."}
    page = client.post("/auth/ask/preview", fields, status=200)
    assert page.one(id="preview").one("em").text == "is"
    assert "<b>cold</b>" in page.one(id="preview").text
    assert page.one("input", name="subject")["value"] == "Cold"
    page = client.post("/auth/ask/preview", {"message": "x" * 10_001}, status=422)
    assert page.all(class_="field-error") and not page.one(id="preview").text
    assert client.post("/auth/ask/preview", {}, status=200).one(id="preview").text == ""
    with app.app_context():
        assert db.session.scalars(select(PendingRegistration)).all() == []
