from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.delivery import Outbox
from portal.models.people import User
from portal.models.tickets import Attachment, Ticket
from tests import factories
from tests.cast import Cast
from tests.page import Visitor

NEW = "/tickets/new"
FIELDS = {"subject": "Нет горячей воды", "message": "С **понедельника**.", "priority": "high"}


def filed(app: Flask) -> list[Ticket]:
    with app.app_context():
        return list(db.session.scalars(select(Ticket)))


def test_a_customer_files_a_ticket_and_is_shown_it(client: Visitor, cast: Cast, app: Flask):
    client.sign_in(cast.ann)
    assert client.get(NEW).one("form", action=NEW).one("textarea", name="message")
    answer = client.post(NEW, FIELDS)
    assert answer.location == "/tickets/REQ000001"
    page = client.follow(answer)
    assert page.one("h1").text == FIELDS["subject"]
    assert "понедельника" in [strong.text for strong in page.all("strong")]
    assert [(t.priority, t.status, t.channel) for t in filed(app)] == [(3, "new", "page")]


def test_a_receipt_is_owed_in_the_same_transaction(client: Visitor, cast: Cast, app: Flask):
    client.sign_in(cast.ann).post(NEW, FIELDS)
    with app.app_context():
        owed = db.session.scalars(select(Outbox.recipient).order_by(Outbox.template)).all()
    assert cast.ann.email in owed
    assert len(owed) == 2


def test_files_come_along(client: Visitor, cast: Cast, app: Flask):
    client.sign_in(cast.ann)
    files = [(BytesIO(b"hello"), "привет.txt"), (BytesIO(b"%PDF-1.7"), "../../etc/passwd")]
    page = client.follow(client.post(NEW, {**FIELDS, "attachments": files}))
    assert "привет.txt" in page.words
    with app.app_context():
        rows = db.session.scalars(select(Attachment).order_by(Attachment.id)).all()
    assert [(row.filename, row.size) for row in rows] == [("привет.txt", 5), ("passwd", 8)]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"subject": ""}, "Please fill this in."),
        ({"subject": " \t "}, "Please fill this in."),
        ({"message": ""}, "Please fill this in."),
        ({"subject": "x" * 251}, "This is too long."),
        ({"message": "x" * 65_537}, "This is too long."),
        ({"priority": "extreme"}, "Please choose one of the list."),
    ],
)
def test_what_is_wrong_is_said_and_the_text_kept(
    client: Visitor, cast: Cast, app: Flask, changes: dict[str, str], sentence: str
):
    client.sign_in(cast.ann)
    page = client.post(NEW, {**FIELDS, **changes}, status=422)
    assert sentence in page.words
    if "message" not in changes:
        assert page.one("textarea", name="message").text == FIELDS["message"]
    assert filed(app) == []


@pytest.mark.threat("floods")
def test_too_many_files_are_refused_and_nothing_is_filed(client: Visitor, cast: Cast, app: Flask):
    files = [(BytesIO(b"x"), f"{number}.txt") for number in range(11)]
    client.sign_in(cast.ann).post(NEW, {**FIELDS, "attachments": files}, status=413)
    assert filed(app) == []


@pytest.mark.threat("floods")
def test_a_file_over_the_limit_is_refused_and_nothing_is_filed(
    client: Visitor, cast: Cast, app: Flask
):
    app.config["ATTACHMENT_BYTES"], kept = 1000, app.config["ATTACHMENT_BYTES"]
    try:
        files = [(BytesIO(b"x" * 1001), "large.bin")]
        client.sign_in(cast.ann).post(NEW, {**FIELDS, "attachments": files}, status=413)
    finally:
        app.config["ATTACHMENT_BYTES"] = kept
    assert filed(app) == []


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "{{ 7*7 }} {% raw %}",
        "\u202egnp.exe",
        "a" * 250,
        "👩‍👩‍👧‍👦" * 20,
        "' OR 1=1 --",
    ],
)
def test_any_text_comes_back_as_text(client: Visitor, cast: Cast, text: str):
    client.sign_in(cast.ann)
    page = client.follow(client.post(NEW, {**FIELDS, "subject": text, "message": text}))
    assert "49" not in page.one("h1").text
    assert not [script for script in page.all("script") if not script.get("src")]


def test_strangers_are_asked_to_sign_in(client: Visitor):
    assert client.get(NEW, status=303).location == "/auth/login?next=/tickets/new"
    assert client.post(NEW, FIELDS).location == "/auth/login"


@pytest.mark.parametrize("email", ["ann@example.com", "анна@example.com"])
def test_a_receipt_is_promised_to_an_address_that_it_can_reach(
    client: Visitor, cast: Cast, app: Flask, email: str
):
    with factories.writing(app):
        db.session.get_one(User, cast.ann.id).email = email
    ann = client.sign_in(cast.ann)
    page = ann.follow(ann.post("/tickets/new", FIELDS))
    said = page.one(id="flash").text
    assert "We have it. Your ticket REQ000001 is filed." in said
    assert (f"A receipt goes to {email}." in said) is email.isascii()


def test_customers_choose_in_their_own_words(client: Visitor, cast: Cast, app: Flask):
    client.sign_in(cast.ann)
    page = client.get(NEW)
    choices = {node["value"] for node in page.all("input", name="priority")}
    assert choices == {"low", "medium", "urgent"}
    assert [n["value"] for n in page.all("input", name="priority", checked=True)] == ["medium"]
    assert {"It can wait", "Normal", "I cannot work"} <= {n.text for n in page.all("label")}
    client.post(NEW, {**FIELDS, "priority": "urgent"})
    assert [t.priority for t in filed(app)] == [4]


def test_a_priority_that_an_address_or_draft_has_besides_is_kept(client: Visitor, cast: Cast):
    client.sign_in(cast.ann)
    page = client.post(NEW, {**FIELDS, "subject": "", "priority": "high"}, status=422)
    assert [n["value"] for n in page.all("input", name="priority", checked=True)] == ["high"]


def test_staff_choose_in_theirs(client: Visitor, cast: Cast):
    page = client.sign_in(cast.sam).get(NEW)
    options = page.one("select", name="priority").all("option")
    assert [option.text for option in options] == ["Low", "Medium", "High", "Urgent"]
