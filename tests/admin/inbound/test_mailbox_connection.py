"""A mailbox is connected to its provider by one administrator's browser."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import time_machine
from flask import Flask

from portal import clock
from portal.extensions import db
from portal.models.inbound import FailureReason, Mailbox
from portal.security import encryption
from portal.security.delivery import oauth
from portal.security.people.step_up import FRESH
from portal.services.inbound import mailboxes
from tests.cast import Cast
from tests.factories import writing
from tests.fetched import add_mailbox, mailbox_row
from tests.imap_fixtures import provider as provider
from tests.oauth_provider import OAuthProvider
from tests.page import Page, Visitor

LIST = "/admin/mail/mailboxes"
BACK = "/admin/mail/connected"


@pytest.fixture
def ada(visit: Callable[[], Visitor], cast: Cast) -> Visitor:
    return visit().sign_in(cast.ada)


@pytest.fixture
def google(app: Flask, provider: OAuthProvider, monkeypatch: pytest.MonkeyPatch) -> OAuthProvider:
    """The provider in Google's place, as a tenant may be in an address of Microsoft's."""
    monkeypatch.setitem(app.config, "OUTBOUND_ALLOW", frozenset({("127.0.0.1", provider.port)}))
    monkeypatch.setitem(oauth.PROVIDERS, "google", provider.as_provider)
    return provider


@pytest.fixture
def mailbox_id(app: Flask, cast: Cast, provider: OAuthProvider) -> int:
    with app.app_context():
        secret = encryption.encrypt(provider.client_secret)
        return add_mailbox(
            app,
            993,
            "desk",
            host="imap.example.com",
            security="tls",
            secret=None,
            authentication="google",
            oauth_client_id=provider.client_id,
            oauth_client_secret=secret,
        )


def link_to(page: Page, start: str) -> str:
    links = (str(link["href"]) for link in page.all("a", href=True))
    return next(link for link in links if link.startswith(start))


def consented(visitor: Visitor, mailbox_id: int, google: OAuthProvider) -> str:
    """The page that the provider sends the browser back to."""
    page = visitor.get(f"{LIST}/{mailbox_id}/connect")
    url = link_to(page, google.url)
    return f"{BACK}?{urlencode(google.consent(url, 'desk'))}"


def token_of(app: Flask, mailbox_id: int) -> str | None:
    with app.app_context():
        row: Mailbox = mailbox_row(app, mailbox_id)
        return row.access_token and encryption.decrypt(row.access_token)


def test_a_consent_brings_tokens_which_are_encrypted(
    ada: Visitor, app: Flask, mailbox_id: int, google: OAuthProvider
) -> None:
    with writing(app):
        mailbox = db.session.get_one(Mailbox, mailbox_id)
        mailboxes.record_failure(mailbox, FailureReason.TOKEN, "invalid_grant")
    assert "is not connected yet" in ada.get(f"{LIST}/{mailbox_id}").words
    page = ada.follow(ada.get(consented(ada, mailbox_id, google), 303))
    assert "is connected, and fetched within a minute" in page.words
    assert google.owners[token_of(app, mailbox_id) or ""] == "desk"
    row = mailbox_row(app, mailbox_id)
    assert row.failure_reason is None
    assert row.access_token not in google.owners
    assert "desk@example.com" in ada.get("/account/log").words


@pytest.mark.threat("forged requests")
def test_a_consent_belongs_to_the_session_that_asked_for_it(
    ada: Visitor,
    visit: Callable[[], Visitor],
    cast: Cast,
    app: Flask,
    mailbox_id: int,
    google: OAuthProvider,
) -> None:
    other = visit().sign_in(cast.ada)
    url = consented(other, mailbox_id, google)
    ada.get(url, 410)
    assert token_of(app, mailbox_id) is None
    visit().sign_in(cast.sam).get(url, 403)
    visit().get(url, 303)


def test_a_state_that_is_old_or_made_up_is_refused(
    ada: Visitor, app: Flask, mailbox_id: int, google: OAuthProvider
) -> None:
    url = consented(ada, mailbox_id, google)
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        ada.get(url, 410)
    ada.get(BACK, 410)
    ada.get(f"{BACK}?state=x&code=y", 410)
    assert token_of(app, mailbox_id) is None


def test_a_code_works_once(
    ada: Visitor, app: Flask, mailbox_id: int, google: OAuthProvider
) -> None:
    url = consented(ada, mailbox_id, google)
    ada.get(url, 303)
    token = token_of(app, mailbox_id)
    page = ada.follow(ada.get(url, 303))
    assert "The provider gave no access: invalid_grant" in page.words
    assert token_of(app, mailbox_id) == token


def test_the_verifier_belongs_to_its_state(
    ada: Visitor, app: Flask, mailbox_id: int, google: OAuthProvider
) -> None:
    first, second = (parse_qs(urlsplit(consented(ada, mailbox_id, google)).query) for _ in range(2))
    mixed = urlencode({"state": first["state"][0], "code": second["code"][0]})
    page = ada.follow(ada.get(f"{BACK}?{mixed}", 303))
    assert "invalid_grant" in page.words
    assert token_of(app, mailbox_id) is None


def test_a_refusal_changes_nothing(
    ada: Visitor, app: Flask, mailbox_id: int, google: OAuthProvider
) -> None:
    state = parse_qs(urlsplit(consented(ada, mailbox_id, google)).query)["state"][0]
    refused = urlencode({"state": state, "error": "access_denied"})
    page = ada.follow(ada.get(f"{BACK}?{refused}", 303))
    assert "There was no consent" in page.words
    assert token_of(app, mailbox_id) is None


def test_a_wrong_client_secret_is_said(
    ada: Visitor, app: Flask, mailbox_id: int, google: OAuthProvider, monkeypatch
) -> None:
    url = consented(ada, mailbox_id, google)
    monkeypatch.setattr(google, "client_secret", "another")
    assert "invalid_client" in ada.follow(ada.get(url, 303)).words


def test_connecting_asks_for_a_fresh_proof(ada: Visitor, mailbox_id: int) -> None:
    with time_machine.travel(clock.now() + FRESH + timedelta(minutes=1)):
        assert "/account/confirm" in ada.get(f"{LIST}/{mailbox_id}/connect", 303).location


def test_microsoft_is_asked_in_the_directory_of_the_mailbox(
    ada: Visitor, app: Flask, mailbox_id: int
) -> None:
    fields = {"authentication": "microsoft", "oauth_tenant": "contoso.example"}
    ada.post(f"{LIST}/{mailbox_id}", form(app, mailbox_id) | fields, 303)
    page = ada.get(f"{LIST}/{mailbox_id}/connect")
    url = link_to(page, "https://login.microsoftonline.com/")
    assert urlsplit(url).path == "/contoso.example/oauth2/v2.0/authorize"
    assert "IMAP.AccessAsUser.All offline_access" in parse_qs(urlsplit(url).query)["scope"][0]


def form(app: Flask, mailbox_id: int) -> dict[str, str]:
    """The mailbox's form as its page shows it."""
    row = mailbox_row(app, mailbox_id)
    names = ("address", "way", "host", "port", "security", "username", "folder")
    names += ("authentication", "oauth_client_id", "oauth_tenant")
    return {name: str(getattr(row, name)) for name in names}


@pytest.mark.threat("notes and secrets shown")
def test_another_server_needs_another_consent(
    ada: Visitor, app: Flask, mailbox_id: int, google: OAuthProvider
) -> None:
    ada.get(consented(ada, mailbox_id, google), 303)
    ada.post(f"{LIST}/{mailbox_id}", form(app, mailbox_id) | {"name": "Desk"}, 303)
    assert token_of(app, mailbox_id) is not None
    ada.post(f"{LIST}/{mailbox_id}", form(app, mailbox_id) | {"host": "imap.evil.example"}, 303)
    row = mailbox_row(app, mailbox_id)
    assert (row.access_token, row.refresh_token) == (None, None)


def test_client_id_and_secret_are_needed(ada: Visitor, app: Flask) -> None:
    fields = {
        "address": "new@example.com",
        "way": "imap",
        "host": "imap.gmail.com",
        "security": "tls",
        "username": "new@example.com",
        "folder": "INBOX",
        "authentication": "google",
    }
    ada.post(f"{LIST}/new", fields, 422)
    ada.post(f"{LIST}/new", fields | {"oauth_client_id": "x"}, 422)
    ada.post(f"{LIST}/new", fields | {"oauth_client_id": "x", "client_secret": "y"}, 303)


def test_what_no_provider_has_is_not_connected(ada: Visitor, app: Flask) -> None:
    mailbox_id = add_mailbox(app, 993, "brought", way="delivered")
    ada.get(f"{LIST}/{mailbox_id}/connect", 404)
    by_password = add_mailbox(app, 993, "fetched")
    ada.get(f"{LIST}/{by_password}/connect", 404)
