"""`/admin/settings/<group>`: the pages, what they refuse, and that other processes follow."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask

from portal import clock
from portal.extensions import db
from portal.mail.failures import ServerFailure
from portal.models.tickets import Ticket, TicketStatus
from portal.security.people import step_up
from portal.services.tickets import tickets
from portal.settings.setting import Group
from tests import factories
from tests.cast import Cast
from tests.conftest import MakeApp
from tests.page import Visitor

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
RETENTION = "/admin/settings/retention"
IDENTITY, MAIL, ACCESS = (f"/admin/settings/{group}" for group in ("identity", "mail", "access"))
MAILS = {
    "mail_from": "Desk <desk@example.com>",
    "support_email": "desk@example.com",
    "undo_send_seconds": "30",
    "mail_quoted_messages": "0",
    "mail_attachments_megabytes": "5",
}


def identity(client: Visitor, **changed: object) -> dict[str, object]:
    """The fields of the page as they are, and those that are changed."""
    page = client.get(IDENTITY)
    return {
        "seen": page.one("input", name="seen")["value"] or "",
        "product_name": page.one("input", name="product_name")["value"],
        "product_accent": page.one("input", name="product_accent")["value"],
        "languages": ["en", "ru"],
        **changed,
    }


def test_a_name_is_on_every_page_at_once(client: Visitor, cast: Cast, visit, app: Flask):
    client.sign_in(cast.ada)
    page = client.follow(client.post(IDENTITY, identity(client, product_name="Birch & Co"), 303))
    assert "Saved." in page.words
    assert page.one("input", name="product_name")["value"] == "Birch & Co"
    assert "The environment has: Lodge." in page.words
    assert "Birch &amp; Co</title>" in visit().get("/auth/login").text
    log = client.get("/admin/settings/identity")
    assert log.status == 200
    assert "Name of the desk: from Lodge to Birch & Co" in client.get("/account/log").words


def test_another_process_follows_without_the_queue_server(
    client: Visitor, cast: Cast, another_app: MakeApp
):
    other = another_app(REDIS_URL="unix:///nowhere/queue.sock?db=0")
    before = Visitor(other).sign_in(cast.sam)
    assert "Birch" not in before.get("/account/").text
    client.sign_in(cast.ada).post(IDENTITY, identity(client, product_name="Birch"), 303)
    assert "· Birch</title>" in before.get("/account/").text
    assert "· Birch</title>" in Visitor(other).get("/auth/login").text


def test_a_colour_changes_the_stylesheet(client: Visitor, cast: Cast):
    client.sign_in(cast.ada)
    page = client.follow(client.post(IDENTITY, identity(client, product_accent="#823"), 303))
    sheet = next(link["href"] for link in page.all("link") if "product" in (link["href"] or ""))
    assert "#882233" in client.get(sheet).text
    assert "In the light it is #882233" in page.words


def test_a_colour_that_cannot_be_read_on_white_is_refused_at_its_field(client: Visitor, cast: Cast):
    client.sign_in(cast.ada)
    page = client.post(IDENTITY, identity(client, product_accent="#fd0", product_name="Oak"), 422)
    error = page.one("p", id="product_accent-error")
    assert error.text == "This colour cannot be read on white: choose a darker one."
    assert page.one("input", name="product_name")["value"] == "Oak"
    assert "Oak" not in client.get("/auth/login", 303).text


@pytest.mark.parametrize("body", [PNG, b"RIFF0000WEBP0000"])
def test_a_logo_is_shown_beside_the_name(client: Visitor, cast: Cast, body: bytes):
    client.sign_in(cast.ada)
    fields = identity(client, product_logo=(BytesIO(body), "ours.bin"))
    page = client.follow(client.post(IDENTITY, fields, 303))
    source = page.one("header", role=False).one("img")["src"]
    assert client.get(source).response.data == body


@pytest.mark.parametrize(
    "body",
    [b"no picture", b"<svg><script/></svg>", PNG + b"0" * 65536],
    ids=["text", "svg", "large"],
)
def test_a_logo_that_is_none_is_refused_at_its_field(client: Visitor, cast: Cast, body: bytes):
    client.sign_in(cast.ada)
    page = client.post(IDENTITY, identity(client, product_logo=(BytesIO(body), "x.svg")), 422)
    assert "Use a PNG, WebP or plain SVG" in page.one("p", id="product_logo-error").text


def test_the_environments_value_can_be_taken_again(client: Visitor, cast: Cast):
    client.sign_in(cast.ada)
    client.post(IDENTITY, identity(client, product_name="Birch"), 303)
    page = client.follow(client.post(IDENTITY, {"reset": "PRODUCT_NAME"}, 303))
    assert page.one("input", name="product_name")["value"] == "Lodge"
    assert "The environment has" not in page.words
    client.post(IDENTITY, {"reset": "MAIL_FROM"}, 404)
    client.post(IDENTITY, {"reset": "SECRET_KEY"}, 404)


def test_a_page_that_is_older_than_a_change_saves_nothing_and_keeps_what_was_typed(
    client: Visitor, cast: Cast
):
    client.sign_in(cast.ada)
    stale = identity(client, product_name="Oak")
    client.post(IDENTITY, identity(client, product_name="Birch"), 303)
    page = client.post(IDENTITY, stale, 409)
    assert "Somebody has changed settings meanwhile." in page.words
    assert "Oak" in page.text
    assert identity(client)["product_name"] == "Birch"


def test_one_language_leaves_no_choice(client: Visitor, cast: Cast, visit):
    client.sign_in(cast.ada)
    client.post(IDENTITY, identity(client, languages="ru"), 303)
    page = visit().get("/auth/login")
    assert page.one("html")["lang"] == "ru"
    assert not page.all("button", name="locale")


def test_the_mailbox_of_the_staff_changes_only_after_a_proof(client: Visitor, cast: Cast):
    client.sign_in(cast.ada)
    with clock.at(clock.now() + step_up.FRESH):
        assert "/account/confirm" in client.get(MAIL, 303).location
        client.post(MAIL, {"seen": "", **MAILS}, 403)


def test_addresses_and_the_time_to_take_back_are_saved(client: Visitor, cast: Cast):
    client.sign_in(cast.ada)
    client.post(MAIL, {"seen": "", **MAILS}, 303)
    page = client.get(MAIL)
    shown = {name: page.one("input", name=name)["value"] for name in MAILS}
    assert shown == MAILS


def test_accounts_are_opened_for_the_named_domains_alone(client: Visitor, cast: Cast, visit):
    client.sign_in(cast.ada)
    wanted = {
        "seen": "",
        "registration": "confirmed",
        "registration_domains": "birch.example\noak.example",
    }
    client.post(ACCESS, wanted, 303)
    person = {"first_name": "Nina", "last_name": "North", "company_name": ""}
    page = visit().post("/auth/register", {"email": "nina@example.com", **person}, 422)
    assert page.one("p", id="email-error").text.startswith("Accounts are for addresses of certain")
    visit().post("/auth/register", {"email": "nina@oak.example", **person}, 303)


def test_a_second_factor_is_asked_of_a_role_at_its_next_step(client: Visitor, cast: Cast, visit):
    staff = visit().sign_in(cast.sam)
    staff.get("/tickets/queue")
    client.sign_in(cast.ada)
    wanted = {
        "seen": "",
        "registration": "open",
        "registration_domains": "",
        "require_second_factor": "staff",
    }
    client.post(ACCESS, wanted, 303)
    assert staff.get("/tickets/queue", 303).location == "/account/security"


def test_a_smaller_limit_of_files_holds_at_once(client: Visitor, cast: Cast, visit):
    client.sign_in(cast.ada)
    limits = {"attachment_megabytes": "1", "attachment_count": "1", "attachments_megabytes": "1"}
    client.post("/admin/settings/uploads", {"seen": "", **limits}, 303)
    page = visit().sign_in(cast.ann).get("/tickets/new")
    assert "Up to 1 files, 1.0 MB each." in page.words


@pytest.mark.parametrize("group", list(Group))
def test_nobody_but_admins_sees_them(client: Visitor, cast: Cast, visit, group: Group):
    assert "/auth/login" in visit().get(f"/admin/settings/{group}", 303).location
    visit().sign_in(cast.ann).get(f"/admin/settings/{group}", 404)
    visit().sign_in(cast.sam).get(f"/admin/settings/{group}", 403)
    client.sign_in(cast.ada).get("/admin/settings/nothing", 404)


def test_what_would_go_is_shown_before_it_goes(client: Visitor, app: Flask, cast: Cast):
    filed = factories.file_ticket(app, cast.ann)
    with factories.writing(app):
        ticket = db.session.get_one(Ticket, filed.id)
        tickets.set_status(actor=cast.sam, ticket=ticket, status=TicketStatus.CLOSED)
    client.sign_in(cast.ada)
    days = {
        "ticket_retention_days": "30",
        "trash_retention_days": "0",
        "log_retention_days": "365",
        "export_retention_days": "7",
    }
    with clock.at(clock.now() + timedelta(days=31)):
        client = Visitor(app).sign_in(cast.ada)
        page = client.follow(client.post(RETENTION, {**days, "preview": "1"}, 303))
    numbers = [row.text for row in page.one("section", id="preview").all("div")]
    assert numbers[0] == "Closed tickets1"
    assert page.one("input", name="ticket_retention_days")["value"] == "30"
    assert client.get(RETENTION).one("input", name="ticket_retention_days")["value"] == "0"
    wrong = client.get(f"{RETENTION}?preview=1&ticket_retention_days=soon")
    assert wrong.one("p", id="ticket_retention_days-error")
    assert not wrong.all("section", id="preview")


def test_a_mail_to_oneself_shows_whether_mail_leaves(
    client: Visitor, cast: Cast, mail_folder: Path, app: Flask, monkeypatch: pytest.MonkeyPatch
):
    client.sign_in(cast.ada)
    page = client.follow(client.post("/admin/settings/mail/test", {}, 303))
    assert "It was written to the folder of mails" in page.words
    [mail] = mail_folder.glob("*.eml")
    assert "To: ada@example.com" in mail.read_text()

    def refuse() -> None:
        raise ServerFailure("connection refused\r\nby <host>")

    monkeypatch.setattr(app.extensions["lodge.mail"], "open", refuse)
    page = client.follow(client.post("/admin/settings/mail/test", {}, 303))
    assert "It did not leave: connection refused by <host>" in page.words
