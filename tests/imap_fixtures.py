"""Fixtures of tests that fetch: a mail server, a provider of tokens; both for the whole run."""

from collections.abc import Iterator
from itertools import count

import pytest
from flask import Flask

from portal.security.delivery import oauth
from tests.dovecot import Dovecot, dovecot
from tests.oauth_provider import OAuthProvider, oauth_provider

REDIRECT_URI = "http://localhost/admin/mail/connected"
_numbers = count(1)


@pytest.fixture(scope="session")
def provider() -> Iterator[OAuthProvider]:
    with oauth_provider(REDIRECT_URI) as running:
        yield running


@pytest.fixture(scope="session")
def _server(provider: OAuthProvider) -> Iterator[Dovecot]:
    with dovecot(introspection=provider.introspection) as running:
        yield running


@pytest.fixture
def server(_server: Dovecot, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Dovecot:
    """The server, to which the operator allows us to connect."""
    monkeypatch.setitem(app.config, "OUTBOUND_ALLOW", frozenset({("127.0.0.1", _server.port)}))
    return _server


@pytest.fixture
def google(
    server: Dovecot, provider: OAuthProvider, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> OAuthProvider:
    """The provider in Google's place."""
    allowed = app.config["OUTBOUND_ALLOW"] | {("127.0.0.1", provider.port)}
    monkeypatch.setitem(app.config, "OUTBOUND_ALLOW", allowed)
    monkeypatch.setitem(oauth.PROVIDERS, "google", provider.as_provider)
    return provider


@pytest.fixture
def user() -> str:
    """A user whose mail nobody else touches."""
    return f"user{next(_numbers)}"
