"""Declining mails by the link in their header: by a page, or by a press in the mail program."""

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.people import AccountEvent, Role, User
from portal.rhythm import Every
from portal.security import report_links
from portal.security.people import unsubscribe_links
from portal.services.statistics import report_subscriptions
from tests import factories
from tests.cast import Cast
from tests.page import Visitor

pytestmark = pytest.mark.threat("mailed links")

GONE = 410
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
SAID = "You are not mailed about this any more."


def link_of(app: Flask, person_id: int, name: str) -> str:
    with app.app_context():
        user = db.session.get_one(User, person_id)
        return f"/auth/mails/{unsubscribe_links.sign(user, name)}"


@pytest.fixture
def link(app: Flask, cast: Cast) -> str:
    """That of mails to Bob about answers."""
    return link_of(app, cast.bob.id, "reply")


def declined(app: Flask, person_id: int) -> list[str]:
    with app.app_context():
        return db.session.get_one(User, person_id).muted


def test_looking_at_it_changes_nothing(client: Visitor, app: Flask, link: str, cast: Cast) -> None:
    page = client.get(link)
    assert "Somebody answers on, or solves, one of my tickets" in page.words
    assert declined(app, cast.bob.id) == []


def test_its_button_stops_these_mails(client: Visitor, app: Flask, link: str, cast: Cast) -> None:
    form = client.get(link).one("form", class_="stack")
    page = client.follow(client.post(form["action"]))
    assert SAID in page.words
    assert "You are not mailed when this happens" in page.words
    assert page.all("form", class_="stack") == []
    assert declined(app, cast.bob.id) == ["reply"]


def test_a_press_in_the_mail_program_stops_them_without_a_page_or_a_token(
    client: Visitor, app: Flask, link: str, cast: Cast
) -> None:
    for _once_more in range(2):
        answer = client.http.post(link, data=ONE_CLICK)
        assert (answer.status_code, answer.text) == (200, f"{SAID}\n")
    assert declined(app, cast.bob.id) == ["reply"]
    with app.app_context():
        kinds = db.session.scalars(select(AccountEvent.kind).filter_by(user_id=cast.bob.id))
        assert list(kinds) == ["profile_changed"]


def test_other_mails_that_were_declined_stay_so(client: Visitor, app: Flask, cast: Cast) -> None:
    for name in ("mentioned", "assigned"):
        client.post(link_of(app, cast.sam.id, name))
    assert declined(app, cast.sam.id) == ["assigned", "mentioned"]


@pytest.mark.parametrize("text", ["x", "WzEsMSwiMjAyNiJd.x", "a" * 5000])
def test_what_we_did_not_sign_is_none(client: Visitor, text: str) -> None:
    client.get(f"/auth/mails/{text}", status=GONE)
    client.post(f"/auth/mails/{text}", ONE_CLICK, status=GONE)


def test_a_link_of_mails_that_the_person_does_not_get_any_more_is_none(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    link = link_of(app, cast.sam.id, "assigned")
    with factories.writing(app):
        db.session.get_one(User, cast.sam.id).role = Role.CUSTOMER
    client.get(link, status=GONE)
    client.post(link, ONE_CLICK, status=GONE)


def test_a_link_does_not_fit_an_account_that_got_the_number_later(
    client: Visitor, app: Flask, link: str, cast: Cast
) -> None:
    with factories.writing(app):
        user = db.session.get_one(User, cast.bob.id)
        user.created_at = user.created_at.replace(year=2020)
    client.post(link, ONE_CLICK, status=GONE)
    assert declined(app, cast.bob.id) == []


def test_a_report_is_stopped_by_a_press_in_the_mail_program(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    with factories.writing(app):
        ada = db.session.get_one(User, cast.ada.id)
        report = report_subscriptions.subscribe(actor=cast.ada, user=ada, every=Every.WEEK)
        text = report_links.sign(report)
    answer = client.http.post(f"/auth/reports/{text}", data=ONE_CLICK)
    assert (answer.status_code, answer.text) == (200, "This report is not mailed any more.\n")
    client.get(f"/auth/reports/{text}", status=GONE)
