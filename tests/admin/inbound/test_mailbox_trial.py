"""`/admin/mail/mailboxes/<id>/try`: whether a mailbox can be read, as its server says."""

from collections.abc import Callable

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.inbound import Mailbox
from portal.security.encryption import encrypt
from tests import factories
from tests.cast import Cast
from tests.dovecot import Dovecot
from tests.fetched import add_mailbox
from tests.page import Visitor

PAGE = "/admin/mail/mailboxes"


@pytest.fixture
def ada(visit: Callable[[], Visitor], cast: Cast) -> Visitor:
    return visit().sign_in(cast.ada)


def said(ada: Visitor, mailbox_id: int) -> str:
    """What the page says after it was tried out."""
    where = f"{PAGE}/{mailbox_id}"
    assert ada.get(where).all("form", action=f"{where}/try")
    return ada.follow(ada.post(f"{where}/try")).words


def test_one_that_works(ada: Visitor, app: Flask, server: Dovecot, user: str) -> None:
    words = said(ada, add_mailbox(app, server.port, user))
    assert "The mailbox can be read: signing in works" in words


def test_a_password_that_is_wrong(ada: Visitor, app: Flask, server: Dovecot, user: str) -> None:
    with app.app_context():
        wrong = encrypt("wrong")
    words = said(ada, add_mailbox(app, server.port, user, secret=wrong))
    assert "The mail server refuses user name or password." in words


def test_a_server_that_may_not_be_called(ada: Visitor, app: Flask) -> None:
    mailbox_id = add_mailbox(app, 143, "anna")
    assert "see OUTBOUND_ALLOW" in said(ada, mailbox_id)


def test_what_is_brought_is_not_tried(ada: Visitor, app: Flask) -> None:
    with factories.writing(app):
        db.session.add(Mailbox(address="support@example.com"))
    assert not ada.get(f"{PAGE}/1").all("form", action=f"{PAGE}/1/try")
    ada.post(f"{PAGE}/1/try", {}, 404)
