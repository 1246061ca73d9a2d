"""`/setup/<token>`: the first administrator of a desk, and nobody after them."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from jobs.first_start import print_link
from portal import clock
from portal.cli.setup_link import setup_link
from portal.extensions import begin_write, db
from portal.mail.transport import FolderTransport
from portal.models.people import Role, User
from portal.services.operations import setup
from tests import factories
from tests.cast import Cast
from tests.page import Visitor

FIELDS = {
    "product_name": "Birch Help",
    "mail_from": "Birch <help@birch.example>",
    "support_email": "desk@birch.example",
    "first_name": "Nina",
    "last_name": "North",
    "email": "nina@birch.example",
    "password": "seven quiet lamps beside a harbour",
}


@pytest.fixture
def link(app: Flask) -> str:
    with factories.writing(app):
        return f"/setup/{setup.issue()}"


def test_the_first_administrator_names_the_desk_and_is_signed_in(
    client: Visitor, app: Flask, link: str
):
    page = client.get(link)
    assert page.one("input", name="product_name")["value"] == "Lodge"
    page = client.follow(client.post(link, FIELDS, 303))
    assert "The desk is yours." in page.words
    assert "Until the desk is ready" in page.words
    assert "· Birch Help</title>" in page.text
    assert client.get("/admin/settings/mail").one("input", name="support_email")["value"] == (
        "desk@birch.example"
    )
    with app.app_context():
        assert db.session.query(User.role).scalar() == Role.ADMIN


def test_a_link_works_once(client: Visitor, visit: Callable[[], Visitor], link: str):
    client.post(link, FIELDS, 303)
    late = visit()
    assert "This desk is set up already. Sign in" in late.get(link, 410).words
    page = late.post(link, {**FIELDS, "email": "eve@example.com"}, 410)
    assert "This desk is set up already. Sign in" in page.words


def test_mail_is_tried_before_anything_is_set_up(
    client: Visitor, app: Flask, link: str, mail_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    page = client.post(link, {**FIELDS, "password": "", "last_name": "", "trial": "1"}, 200)
    assert "written to the folder of mails" in page.words
    assert page.one("input", name="email")["value"] == FIELDS["email"]
    [mail] = mail_folder.glob("*.eml")
    assert "From: Birch Help <help@birch.example>" in mail.read_text()
    assert "To: nina@birch.example" in mail.read_text()
    refusing = FolderTransport(Path("/dev/null/nowhere"))
    monkeypatch.setitem(app.extensions, "lodge.mail", refusing)
    page = client.post(link, {**FIELDS, "trial": "1"}, 200)
    assert "It did not leave:" in page.words
    for field in ("mail_from", "email"):
        page = client.post(link, {**FIELDS, field: "nobody", "trial": "1"}, 422)
        assert page.one("p", id=f"{field}-error")
    with app.app_context():
        assert not db.session.query(User).count()


def test_a_link_ends_after_a_day_and_with_the_next_one(client: Visitor, app: Flask, link: str):
    with clock.at(clock.now() + timedelta(days=1)):
        client.get(link, 410)
    with factories.writing(app):
        newer = setup.issue()
    assert "prints another one" in client.get(link, 410).words
    client.get(f"/setup/{newer}")
    client.get(f"/setup/{newer}x", 410)
    client.get("/setup/%F0%9F%A6%89", 410)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("product_name", ""),
        ("product_name", "=?utf-8?q?Birch?="),
        ("mail_from", "nobody"),
        ("support_email", ""),
        ("email", "nina"),
        ("password", "birch help"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field_and_nothing_is_done(
    client: Visitor, app: Flask, link: str, field: str, value: str
):
    page = client.post(link, {**FIELDS, field: value}, 422)
    assert page.one("p", id=f"{field}-error")
    other = "last_name"
    assert page.one("input", name=other)["value"] == FIELDS[other]
    with app.app_context():
        assert not db.session.query(User).count()
    client.get(link)


def test_where_somebody_administers_the_desk_there_is_no_link(
    app: Flask, cast: Cast, capsys: pytest.CaptureFixture[str]
):
    with app.app_context():
        begin_write()
        assert setup.issue() is None
    print_link(app)
    assert "/setup/" not in capsys.readouterr().out
    outcome = app.test_cli_runner().invoke(setup_link)
    assert outcome.exit_code == 1
    assert "somebody administers this desk already" in outcome.output


def test_the_console_prints_a_link_that_works(
    client: Visitor, app: Flask, capsys: pytest.CaptureFixture[str]
):
    print_link(app)
    printed = capsys.readouterr().out
    client.get("/setup/" + printed.strip().rpartition("/")[2])
    outcome = app.test_cli_runner().invoke(setup_link)
    client.get("/setup/" + outcome.output.strip().rpartition("/")[2])


def test_the_token_is_nowhere_in_the_database(app: Flask, link: str):
    from tests.databases import everything_stored

    assert link.rpartition("/")[2] not in everything_stored(app)
