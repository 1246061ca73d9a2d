from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import update

from portal.extensions import db
from portal.models.people import Actor, OrganizationRole, User
from tests import factories
from tests.cast import Cast
from tests.page import Page, Visitor

HTMX = {"HX-Request": "true"}
TEXT = "**Warm** <b>water</b>"


@pytest.fixture
def ticket(app: Flask, cast: Cast) -> str:
    """The address of a ticket of Ann's."""
    return f"/tickets/{factories.file_ticket(app, cast.ann).number}"


def make_viewer(app: Flask, cast: Cast) -> Actor:
    """Bob, who may only read what his organization writes."""
    role = {"organization_role": OrganizationRole.VIEWER}
    with factories.writing(app):
        db.session.execute(update(User).where(User.id == cast.bob.id).values(**role))
    return cast.bob


def shown(page: Page) -> str:
    return " ".join(page.one("section", id="preview").text.split())


@pytest.mark.parametrize("who", ["ann", "sam"])
def test_what_is_written_is_shown_as_its_readers_will_see_it(
    client: Visitor, cast: Cast, ticket: str, who: str
):
    visitor = client.sign_in(getattr(cast, who))
    page = visitor.post(f"{ticket}/preview", {"message": TEXT}, status=200)
    assert page.one("section", id="preview").one("strong").text == "Warm"
    assert "<b>water</b>" in shown(page)
    assert page.one("textarea", name="message").text.strip() == TEXT
    assert page.one("form", id="reply")["action"] == f"{ticket}/comments"


def test_scripts_get_the_preview_alone(client: Visitor, cast: Cast, ticket: str):
    sam = client.sign_in(cast.sam)
    for url in (f"{ticket}/preview", "/tickets/new/preview"):
        page = sam.post(url, {"message": TEXT}, headers=HTMX, status=200)
        assert shown(page) == "PreviewWarm <b>water</b>"
        assert not page.all("form")


def test_an_answer_has_its_signature_and_a_note_none(
    app: Flask, client: Visitor, cast: Cast, ticket: str
):
    with factories.writing(app):
        db.session.execute(update(User).where(User.id == cast.sam.id).values(signature="Sam, desk"))
    sam = client.sign_in(cast.sam)
    assert "Sam, desk" in shown(sam.post(f"{ticket}/preview", {"message": TEXT}, status=200))
    note = {"message": TEXT, "internal": "1"}
    assert "Sam, desk" not in shown(sam.post(f"{ticket}/preview", note, status=200))


def test_a_new_ticket_keeps_what_stands_in_its_form(client: Visitor, cast: Cast):
    fields = {"subject": "Cold", "message": TEXT, "priority": "high"}
    file = {"attachments": (BytesIO(b"x"), "a.txt")}
    page = client.sign_in(cast.ann).post("/tickets/new/preview", {**fields, **file}, status=200)
    assert shown(page).startswith("PreviewWarm")
    assert page.one("input", name="subject")["value"] == "Cold"
    assert page.one("input", name="priority", value="high").get("checked") is not None
    assert "Please choose your files again" in page.words


def test_nothing_is_kept_of_it(app: Flask, client: Visitor, cast: Cast, ticket: str):
    sam = client.sign_in(cast.sam)
    sam.post(f"{ticket}/preview", {"message": TEXT}, status=200)
    assert sam.get(ticket).one("textarea", name="message").text.strip() == ""


def test_nothing_and_too_much_are_answered_in_words(client: Visitor, cast: Cast, ticket: str):
    sam = client.sign_in(cast.sam)
    assert shown(sam.post(f"{ticket}/preview", {"message": ""}, status=200)) == ""
    sam.post(f"{ticket}/preview", {"message": "x" * 70_000}, status=422)


@pytest.mark.threat("foreign rows")
def test_strangers_to_the_ticket_have_none(
    app: Flask, visit: Callable[[], Visitor], cast: Cast, ticket: str
):
    visit().sign_in(cast.carl).post(f"{ticket}/preview", {"message": TEXT}, status=404)
    visit().sign_in(make_viewer(app, cast)).post(f"{ticket}/preview", {"message": TEXT}, status=403)
    visit().post(f"{ticket}/preview", {"message": TEXT}, status=303)
