"""Tokens of a provider, whatever it answers; the flow is in tests/admin/inbound."""

from datetime import timedelta

import pytest
import time_machine
from flask.ctx import AppContext

from portal import clock
from portal.security.delivery import oauth
from portal.security.delivery.oauth import Client, Provider, TokensRefused
from tests.webhook_receiver import Receiver, receiver


@pytest.fixture
def server(bare_context: AppContext, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    with receiver() as running:
        allowed = frozenset({("127.0.0.1", running.port)})
        monkeypatch.setitem(bare_context.app.config, "OUTBOUND_ALLOW", allowed)
        provider = Provider(running.url, running.url, "mail", {})
        monkeypatch.setitem(oauth.PROVIDERS, "google", provider)
        yield running


def refreshed(server: Receiver, body: bytes, status: int = 200) -> oauth.Tokens:
    server.body, server.answers = body, [status]
    return oauth.refresh(Client("google", "lodge", "hush"), "old")


@pytest.mark.parametrize(
    ("life", "seconds"),
    [("3599", 3599), ('"3599"', 3599), ("null", 3600), ('"soon"', 3600), ("-5", 0), ("1e99", 3600)],
)
def test_how_long_a_token_lasts(server: Receiver, life: str, seconds: int) -> None:
    with time_machine.travel(clock.now(), tick=False):
        tokens = refreshed(server, f'{{"access_token": "new", "expires_in": {life}}}'.encode())
        assert tokens.expires_at == clock.now() + timedelta(seconds=seconds)
    assert (tokens.access, tokens.refresh) == ("new", None)


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        (b'{"error": "invalid_grant", "error_description": "x"}', 400, "invalid_grant"),
        (b"<html>", 502, "HTTP 502"),
        (b"[]", 200, "no token"),
        (b'{"access_token": ""}', 200, "no token"),
        (b'{"access_token": ["x"]}', 200, "no token"),
        (b"\xff", 200, "no token"),
    ],
)
def test_an_answer_without_a_token(server: Receiver, body: bytes, status: int, why: str) -> None:
    with pytest.raises(TokensRefused, match=why):
        refreshed(server, body, status)


@pytest.mark.threat("secrets in logs")
def test_secrets_are_in_no_representation() -> None:
    tokens = oauth.Tokens("access-word", "refresh-word", clock.now())
    shown = f"{tokens!r} {Client('google', 'lodge', 'secret-word')!r}"
    assert not {"access-word", "refresh-word", "secret-word"} & set(shown.replace("'", " ").split())
