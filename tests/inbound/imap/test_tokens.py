"""Access tokens of a mailbox that is changed while its provider is asked for a new one."""

from datetime import timedelta

import pytest
from flask import Flask

from portal import clock
from portal.inbound.imap import tokens
from portal.security.delivery import oauth
from portal.security.delivery.oauth import Client, Tokens
from portal.security.encryption import decrypt, encrypt
from tests.fetched import add_mailbox, change_mailbox, mailbox_row


@pytest.mark.threat("requests into the house")
@pytest.mark.parametrize("new", [None, "of another account"])
def test_what_was_asked_for_before_the_change_is_not_kept(
    app: Flask, monkeypatch: pytest.MonkeyPatch, new: str | None
) -> None:
    with app.app_context():
        mailbox_id = add_mailbox(
            app,
            993,
            "ann",
            authentication="google",
            secret=None,
            oauth_client_id="lodge",
            oauth_client_secret=encrypt("hush"),
            refresh_token=encrypt("former"),
        )

    def answer(_client: Client, refresh_token: str) -> Tokens:
        assert refresh_token == "former"
        with app.app_context():
            token = encrypt(new) if new else None
        change_mailbox(app, mailbox_id, refresh_token=token, host="imap.elsewhere.example")
        return Tokens("access", "rotated", clock.now() + timedelta(hours=1))

    monkeypatch.setattr(oauth, "refresh", answer)
    with app.app_context():
        assert tokens.renewed(mailbox_id) == "access"
    row = mailbox_row(app, mailbox_id)
    assert row.access_token is None
    with app.app_context():
        assert (decrypt(row.refresh_token) if row.refresh_token else None) == new
