"""A server that is killed and comes back, tokens that end, a fetcher that is killed."""

import os
import signal
from collections.abc import Mapping
from datetime import timedelta

import pytest
from flask import Flask

from jobs.fetching import program, steps
from portal import clock
from portal.models.inbound import FailureReason
from portal.security.encryption import encrypt
from tests.dovecot import Dovecot, dovecot
from tests.fetched import (
    add_mailbox,
    change_mailbox,
    fetching,
    kept,
    mailbox_row,
    wait_for_failure,
    wait_for_kept,
    wait_for_success,
)
from tests.forked import ended, forked
from tests.inbound.mails import mail
from tests.oauth_provider import OAuthProvider
from tests.servers import free_port, short_folder
from tests.waiting import wait_for


def test_a_server_that_is_killed_is_fetched_from_when_it_is_back(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setitem(app.config, "OUTBOUND_ALLOW", frozenset({("127.0.0.1", port)}))
    mailbox_id = add_mailbox(app, port, "ann")
    with fetching(app), short_folder("mails") as mails:
        with dovecot(keep=mails, port=port) as server:
            server.deliver("ann", mail().as_bytes())
            wait_for_kept(app, mailbox_id, 1)
            wait_for_success(app, mailbox_id)
            server.kill()
            failed = wait_for_failure(app, mailbox_id)
            assert failed.failure_reason == FailureReason.CONNECTION
        with dovecot(keep=mails, port=port) as server:
            server.deliver("ann", mail().as_bytes())
            wait_for_kept(app, mailbox_id, 2)
            wait_for(lambda: mailbox_row(app, mailbox_id).failing_since is None, "well")
    assert len(kept(app, mailbox_id)) == 2


def connected(app: Flask, port: int, user: str, google: OAuthProvider) -> int:
    """A mailbox that the provider has given tokens for an hour."""
    tokens = google.tokens_for(user)
    with app.app_context():
        return add_mailbox(
            app,
            port,
            user,
            authentication="google",
            secret=None,
            oauth_client_id=google.client_id,
            oauth_client_secret=encrypt(google.client_secret),
            refresh_token=encrypt(str(tokens["refresh_token"])),
            access_token=encrypt(str(tokens["access_token"])),
            access_token_expires_at=clock.now() + timedelta(hours=1),
        )


def test_a_mailbox_is_fetched_with_a_token(
    app: Flask, server: Dovecot, user: str, google: OAuthProvider
) -> None:
    server.deliver(user, mail().as_bytes())
    mailbox_id = connected(app, server.port, user, google)
    google.asked.clear()
    with fetching(app):
        wait_for_kept(app, mailbox_id, 1)
    assert google.asked == []


def test_a_token_is_renewed_before_its_end(
    app: Flask, server: Dovecot, user: str, google: OAuthProvider
) -> None:
    mailbox_id = connected(app, server.port, user, google)
    soon = clock.now() + timedelta(minutes=1)
    change_mailbox(app, mailbox_id, access_token_expires_at=soon)
    former = mailbox_row(app, mailbox_id).refresh_token
    with fetching(app):
        wait_for_success(app, mailbox_id)
    row = mailbox_row(app, mailbox_id)
    assert row.refresh_token != former
    assert row.access_token_expires_at is not None
    assert row.access_token_expires_at > soon


def test_a_token_that_has_ended_before_its_time_is_renewed_once(
    app: Flask, server: Dovecot, user: str, google: OAuthProvider
) -> None:
    mailbox_id = connected(app, server.port, user, google)
    google.owners.clear()
    google.asked.clear()
    with fetching(app):
        wait_for_success(app, mailbox_id)
    assert [form["grant_type"] for form in google.asked] == ["refresh_token"]


def test_a_consent_that_was_taken_back_is_named(
    app: Flask, server: Dovecot, user: str, google: OAuthProvider
) -> None:
    mailbox_id = connected(app, server.port, user, google)
    google.owners.clear()
    google.refresh_tokens.clear()
    with fetching(app):
        failed = wait_for_failure(app, mailbox_id)
    assert failed.failure_reason == FailureReason.TOKEN
    assert failed.failure == "invalid_grant"


def die_before_the_position_is_noted() -> None:
    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    steps.note_position = die
    program.work()


def environment(settings: Mapping[str, str], server: Dovecot) -> dict[str, str]:
    return {**settings, "OUTBOUND_ALLOW": f"127.0.0.1:{server.port}"}


@pytest.mark.slow
def test_a_mail_whose_fetcher_was_killed_after_keeping_it_is_kept_once(
    app: Flask, server: Dovecot, user: str, settings: dict[str, str]
) -> None:
    mailbox_id = add_mailbox(app, server.port, user)
    with fetching(app):
        wait_for_success(app, mailbox_id)
    server.deliver(user, mail().as_bytes(), mail().as_bytes())
    with forked(environment(settings, server), die_before_the_position_is_noted) as killed:
        assert ended(killed) == -signal.SIGKILL
    assert len(kept(app, mailbox_id)) == 1
    # Its hold ends by itself within a minute.
    change_mailbox(app, mailbox_id, fetched_until=clock.now())
    with fetching(app):
        wait_for_kept(app, mailbox_id, 2)
        wait_for(lambda: mailbox_row(app, mailbox_id).last_uid == 2, "through")
    assert len(kept(app, mailbox_id)) == 2


@pytest.mark.slow
def test_the_program_fetches_until_it_is_told_to_end(
    app: Flask, server: Dovecot, user: str, settings: dict[str, str]
) -> None:
    server.deliver(user, mail().as_bytes())
    mailbox_id = add_mailbox(app, server.port, user)
    with forked(environment(settings, server), program.work) as running:
        wait_for_success(app, mailbox_id)
        assert running.pid is not None
        os.kill(running.pid, signal.SIGTERM)
        assert ended(running) == 0
    assert mailbox_row(app, mailbox_id).fetcher is None
    assert len(kept(app, mailbox_id)) == 1
