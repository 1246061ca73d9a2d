"""`/admin/mail/doctor`: trials, examination and dry runs on pages."""

from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask

from portal import clock
from portal.extensions import db
from portal.inbound import dry_run
from portal.mail_doctor.dns_client import DnsClient
from portal.models.inbound import Mailbox, MailTrial
from tests.cast import Cast
from tests.dns_server import dns_server
from tests.factories import writing
from tests.inbound.mails import DESK, mail, tickets
from tests.mail_doctor.test_domains import GOOD
from tests.page import HTMX, Visitor

PAGE = "/admin/mail/doctor"
DRY_RUN = f"{PAGE}/dry-run"


@pytest.fixture
def ada(client: Visitor, app: Flask, cast: Cast) -> Visitor:
    with writing(app):
        db.session.add(Mailbox(address=DESK))
    return client.sign_in(cast.ada)


def test_a_trial_is_sent_and_its_state_is_shown(ada: Visitor) -> None:
    assert "support@example.com" in ada.get(PAGE).words
    ada.post(PAGE, {"action": "send"})
    page = ada.get(PAGE)
    assert "did not leave" in page.words
    assert "MAIL_URL names no mail server" in page.words
    assert not page.all("section", **{"hx-trigger": "every 3s"})


def test_the_page_asks_again_while_a_mail_is_under_way(app: Flask, ada: Visitor) -> None:
    ada.post(PAGE, {"action": "send"})
    with writing(app):
        db.session.execute(db.update(MailTrial).values(error=None))
    page = ada.get(PAGE)
    assert "under way" in page.words
    assert page.one("section", id="trials")["hx-trigger"] == "every 3s"
    fragment = ada.get(PAGE, headers=HTMX)
    assert 'id="trials"' in fragment.text and "<html" not in fragment.text
    assert "Mails that have arrived" not in fragment.text
    with writing(app):
        db.session.execute(db.update(MailTrial).values(arrived_at=clock.now()))
    fragment = ada.get(PAGE, headers=HTMX)
    assert "Mails that have arrived: 1 of 1." in fragment.text
    assert "hx-trigger" not in fragment.text


def test_a_look_at_all_of_it_names_what_is_wrong(
    app: Flask, ada: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dns_server(GOOD) as server:
        monkeypatch.setitem(app.extensions, "lodge.dns", lambda: DnsClient(server.resolver()))
        page = ada.post(PAGE, {"action": "examine"}, 200)
    assert "INBOUND_AUTHSERV names no server" in page.words
    assert "DMARC: forged mails are put aside or refused." in page.words


def test_what_is_not_known_is_refused(ada: Visitor) -> None:
    ada.post(PAGE, {"action": "other"}, 422)
    ada.post(PAGE, {}, 422)


@pytest.mark.threat("scripts in text")
def test_a_pasted_mail_shows_its_journey_escaped(app: Flask, ada: Visitor) -> None:
    raw = mail(subject="<script>alert(1)</script>", text="It <b>drips</b>.").as_string()
    page = ada.post(DRY_RUN, {"raw": raw}, 200)
    assert "Nothing was changed" in page.words
    assert "It is a new ticket." in page.words
    assert "It <b>drips</b>." in page.words
    assert "<script>alert" not in page.text
    assert not tickets(app)


def test_a_file_is_tried_as_well(app: Flask, ada: Visitor) -> None:
    file = (BytesIO(mail("sam@example.com").as_bytes()), "one.eml")
    page = ada.post(DRY_RUN, {"file": file}, 200)
    assert "nothing proves that" in page.words
    assert not tickets(app)


def test_nothing_and_too_much_are_said(ada: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Paste a mail" in ada.post(DRY_RUN, {"raw": " "}, 422).words
    monkeypatch.setattr(dry_run, "MAX_BYTES", 10)
    assert "can be tried here" in ada.post(DRY_RUN, {"raw": "x" * 11}, 422).words


def test_the_jobs_page_and_the_overview_say_that_mail_is_silent(app: Flask, ada: Visitor) -> None:
    assert "Mail comes in" in ada.get("/admin/").words
    with writing(app):
        db.session.execute(
            db.text(
                "UPDATE mailboxes SET way = 'imap', created_at = '2020-01-01 00:00:00',"
                " failing_since = '2020-01-01 00:00:00', failure_reason = 'password'"
            )
        )
    assert "Mail does not come in" in ada.get("/admin/").words
    page = ada.get("/admin/jobs")
    assert "The mail server refuses user name or password." in page.words
    assert page.all("a", href=PAGE)


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        ({"created_at": 0}, "is not fetched yet"),
        ({"created_at": 20}, "is not fetched"),
        ({"created_at": 20, "last_success_at": 1}, "is fetched"),
        ({"created_at": 20, "last_success_at": 1, "failing_since": 0}, "cannot be fetched"),
    ],
)
def test_of_each_mailbox_stands_whether_it_is_fetched(
    app: Flask, ada: Visitor, ago: dict[str, int], said: str
) -> None:
    times = {name: clock.now() - timedelta(minutes=minutes) for name, minutes in ago.items()}
    with writing(app):
        db.session.execute(db.update(Mailbox).values(way="imap", **times))
    line = ada.get(PAGE).one("section", id="mail-in").one("li")
    assert line.one("span").text == said
