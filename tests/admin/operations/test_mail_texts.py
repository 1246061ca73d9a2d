"""`/admin/settings/texts`: own words for mails, and what stays ours whatever they say."""

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from portal import i18n, mail_words
from portal.admin.operations.mail_text_forms import MAIL_NAMES
from portal.cli.checks import CHECKS
from portal.extensions import db
from portal.mail.messages import compose
from portal.mail.samples import our_words, sample, sample_context
from portal.mail_words import OwnText
from portal.models.delivery import NoticeKind
from portal.models.operations import MailText
from portal.queries.organizations import organizations
from portal.services.organizations import standing
from tests import factories
from tests.cast import Cast
from tests.mail.outgoing import TEMPLATES, desk, outgoing_mail, part, received
from tests.mailbox import Mailbox
from tests.page import Visitor

PAGE = "/admin/settings/texts/reply/en"
WORDS = {
    "subject": "[{{ticket.number}}] News & more",
    "heading": "News from {{desk.name}} <b>",
    "lead": "{{happened}}\n\nKind regards, <script>alert(1)</script>",
    "action": "Look at it",
}


@pytest.fixture
def ada(visit: Callable[[], Visitor], cast: Cast) -> Visitor:
    return visit().sign_in(cast.ada)


def answered(app: Flask, cast: Cast, mailbox: Mailbox) -> tuple[str, str, str]:
    """Subject, text and HTML of the mail about an answer."""
    filed = factories.file_ticket(app, cast.ann)
    factories.post_comment(app, cast.sam, filed, "Look at the boiler.")
    mail = mailbox.sent("ann@example.com")[-1]
    text, html_part = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text
    assert html_part
    return mail["Subject"], text.get_content(), html_part.get_content()


def test_a_mail_goes_out_with_own_words_and_what_was_written(
    ada: Visitor, app: Flask, cast: Cast, mailbox: Mailbox
):
    page = ada.follow(ada.post(PAGE, WORDS, 303))
    assert "News &amp; more" in page.text
    subject, text, html = answered(app, cast, mailbox)
    assert subject == "[REQ000001] News & more"
    assert "Sam Smith answered on ticket REQ000001." in text
    assert "Kind regards" in text
    assert "Look at the boiler." in text
    assert "http://localhost/tickets/REQ000001" in text
    assert "News from Lodge &lt;b&gt;" in html
    assert "<script>" not in html
    assert "Look at it</a>" in html


def test_back_to_our_words(ada: Visitor, app: Flask, cast: Cast, mailbox: Mailbox):
    ada.post(PAGE, WORDS, 303)
    page = ada.follow(ada.post(PAGE, {"reset": "1"}, 303))
    assert (
        page.one("input", name="subject")["value"] == "Re: [{{ticket.number}}] {{ticket.subject}}"
    )
    assert page.one("textarea", name="lead").text.strip() == "{{happened}}"
    _subject, text, _html = answered(app, cast, mailbox)
    assert "Kind regards" not in text


def test_a_text_that_no_longer_fits_stops_no_mail_and_is_named(
    ada: Visitor, app: Flask, cast: Cast, mailbox: Mailbox
):
    ada.post(PAGE, WORDS, 303)
    with factories.writing(app):
        db.session.get_one(MailText, ("reply", "en")).lead = "Of {{an.older.version}}"
    subject, text, _html = answered(app, cast, mailbox)
    assert subject.startswith("Re: [REQ000001]")
    assert "older" not in text
    with app.app_context():
        said = [finding.text for finding in CHECKS["settings"]()]
    assert any(text.startswith("the text of reply (en) names what") for text in said)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("subject", "", "Please fill this in."),
        ("heading", "{{requester.password}}", "names something that this mail does not have"),
        ("lead", "{{desk.__class__}}", "names something that this mail does not have"),
        ("lead", "", "Please fill this in."),
        ("action", "x" * 81, "too long"),
    ],
)
def test_what_cannot_be_sent_is_refused_at_its_field(
    ada: Visitor, field: str, value: str, sentence: str
):
    page = ada.post(PAGE, {**WORDS, field: value}, 422)
    assert sentence in page.one("p", id=f"{field}-error").text
    assert "own words" not in ada.get("/admin/settings/texts").words


def test_what_looks_like_code_stays_as_it_was_typed(
    ada: Visitor, app: Flask, cast: Cast, mailbox: Mailbox
):
    ada.post(PAGE, {**WORDS, "lead": "{{ 7*7 }} {% for x in y %}"}, 303)
    _subject, text, _html = answered(app, cast, mailbox)
    assert "{{ 7*7 }} {% for x in y %}" in text


def test_it_is_looked_at_and_sent_to_oneself(ada: Visitor, mail_folder: Path):
    ada.post(PAGE, WORDS, 303)
    preview = ada.http.get(f"{PAGE}/preview")
    assert "News from Lodge" in preview.text
    assert "sandbox" in preview.headers["Content-Security-Policy"]
    assert "script-src" not in preview.headers["Content-Security-Policy"]
    ada.follow(ada.post(PAGE, {"send": "1"}, 303))
    [mail] = mail_folder.glob("*.eml")
    assert "To: ada@example.com" in mail.read_text()


def test_every_mail_of_the_list_can_be_looked_at_in_every_language(ada: Visitor):
    page = ada.get("/admin/settings/texts").one("main")
    links = [a["href"] for a in page.all("a") if "/settings/texts/" in (a["href"] or "")]
    assert len(links) == 2 * len(MAIL_NAMES)
    for link in links:
        assert ada.get(link).one("pre").text
    ada.get("/admin/settings/texts/nothing/en", 404)
    ada.get("/admin/settings/texts/reply/de", 404)


def test_no_mail_is_left_out():
    notices = {mail_words.notice_name(kind) for kind in NoticeKind}
    folders = {template for template in TEMPLATES if template != "account_notice"}
    assert set(MAIL_NAMES) == folders | notices | {mail_words.LAYOUT}
    assert set(mail_words.VARIABLES) == folders


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_mail_has_own_words_in_the_frame_and_keeps_what_is_not_words(template: str):
    text = OwnText("Own subject", "Own heading", "Own lead of {{desk.name}}.", "Own button")
    frame = OwnText("", "{{desk.name}} & Co", "Main Street 1\n\nRegister 42", "")
    words = {mail_words.LAYOUT: frame}
    made = outgoing_mail(template)
    ours = compose(made, desk())
    settings = desk(own_text=lambda name, _locale: words.get(name, text))
    theirs = compose(made, settings)
    for kind in ("plain", "html"):
        own = part(theirs, kind)
        for word in ("Own lead of Acme Support.", "Own button", "Main Street 1", "Register 42"):
            assert word in own
        # Links are ours.
        addresses = re.findall(r"https://[^\s\"<]+", part(ours, kind))
        assert addresses == re.findall(r"https://[^\s\"<]+", own)
    assert "Acme Support & Co" in part(theirs)
    assert "Own heading" in part(theirs, "html")
    assert received(theirs)["Subject"] == "Own subject"


def test_the_frame_stands_around_all_mails_of_its_language(
    ada: Visitor, app: Flask, cast: Cast, mailbox: Mailbox
):
    page = "/admin/settings/texts/layout/en"
    ada.post(page, {"heading": "", "lead": ""}, 422)
    ada.post(page, {"heading": "{{ticket.number}}", "lead": ""}, 422)
    shown = ada.follow(ada.post(page, {"heading": "Acme & Co", "lead": "Main Street 1"}, 303))
    assert "Main Street 1" in shown.one("pre").text
    _subject, text, html = answered(app, cast, mailbox)
    assert "-- \nAcme & Co\nAnswer on" in text.replace("\r\n", "\n")
    assert "\n\nMain Street 1" in text.replace("\r\n", "\n")
    assert "Acme &amp; Co" in html


def test_a_notice_has_words_of_its_own_and_says_what_happened(
    ada: Visitor, app: Flask, cast: Cast, mailbox: Mailbox
):
    page = "/admin/settings/texts/notice.organization_shut/en"
    ada.post(page, {**WORDS, "subject": "Closed", "lead": "{{about}} is closed."}, 303)
    with factories.writing(app):
        place = organizations.lock(cast.ann.organization_id)
        standing.set_active(actor=cast.ada, organization=place, active=False)
    [mail] = mailbox.sent("ann@example.com")
    text = part(mail)
    assert mail["Subject"] == "Closed"
    assert "Acme is closed." in text
    assert "What: Acme" in text
    assert "If you want to know why, answer this mail." in text


def test_it_is_looked_at_before_it_is_saved(ada: Visitor):
    page = ada.post(PAGE, {**WORDS, "preview": "1"}, 200)
    assert "not saved yet" in page.words
    assert "Kind regards" in page.one("pre").text
    assert page.one("input", name="subject")["value"] == WORDS["subject"]
    assert "own words" not in ada.get("/admin/settings/texts").words
    ada.post(PAGE, {**WORDS, "lead": "{{nothing}}", "preview": "1"}, 422)


@pytest.mark.parametrize("locale", ["en", "ru"])
def test_one_begins_with_our_words_and_they_fit(locale: str):
    settings = desk()
    for name in set(MAIL_NAMES) - {mail_words.LAYOUT}:
        with i18n.force_locale(locale, "UTC"):
            ours = our_words(name, settings)
            filled = mail_words.fill(name, ours._replace(lead="x"), sample_context(name, settings))
            shown = sample(name, settings, None)
        assert not mail_words.unknown(name, ours), name
        assert ours.lead or name == "statistics_report", name
        assert filled, name
        assert filled.subject == shown.subject, name
        assert filled.heading in html.unescape(shown.html), name
        assert f"{filled.action}:" in shown.text, name
