from flask import Flask

from portal.extensions import db
from portal.models.people import Actor, User
from tests.cast import Cast
from tests.page import Page, Visitor

SETTINGS = "/account/notifications"


def row(app: Flask, person: Actor) -> User:
    with app.app_context():
        return db.session.get_one(User, person.id)


def ticked(page: Page, name: str) -> list[str]:
    return [box["value"] for box in page.all("input", name=name, checked=True)]


def test_staff_choose_for_each_matter_page_mail_both_or_none(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    page = client.sign_in(cast.sam).get(SETTINGS)
    assert ticked(page, "mail") == ["reply", "customer_reply", "assigned", "mentioned"]
    told = ["customer_reply", "assigned", "mentioned", "answer_returned"]
    assert ticked(page, "page") == told
    fields = {"mail": ["assigned", "mentioned"], "page": ["mentioned"]}
    page = client.follow(client.post(SETTINGS, fields))
    assert "Your choice is saved." in page.words
    assert (ticked(page, "mail"), ticked(page, "page")) == (
        ["assigned", "mentioned"],
        ["mentioned"],
    )
    sam = row(app, cast.sam)
    assert sam.muted == ["reply", "customer_reply"]
    assert sam.muted_on_pages == ["customer_reply", "assigned", "answer_returned"]


def test_customers_choose_mails_alone(client: Visitor, app: Flask, cast: Cast) -> None:
    page = client.sign_in(cast.ann).get(SETTINGS)
    assert (ticked(page, "mail"), page.all("input", name="page")) == (["reply"], [])
    client.post(SETTINGS, {})
    assert row(app, cast.ann).muted == ["reply"]
    client.post(SETTINGS, {"page": "assigned"}, status=422)


def test_a_matter_that_nobody_may_decline_is_refused(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    page = client.sign_in(cast.sam).post(SETTINGS, {"mail": "account_notice"}, status=422)
    assert "one of the list" in page.one(class_="field-error").text
    assert row(app, cast.sam).muted == []


def test_who_is_not_signed_in_is_asked_to(client: Visitor) -> None:
    assert client.get(SETTINGS, status=303).location.startswith("/auth/login")
    assert client.post(SETTINGS, {}).location.startswith("/auth/login")


def test_the_profile_says_nothing_of_mails_any_more(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    client.sign_in(cast.sam).post(SETTINGS, {"mail": ["reply"]})
    client.post("/account/", {"first_name": "Samuel", "locale": "en", "timezone": "UTC"})
    assert row(app, cast.sam).muted == ["customer_reply", "assigned", "mentioned"]
