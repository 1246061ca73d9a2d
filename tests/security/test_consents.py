"""The state of a consent: whose it is, for how long, and its verifier."""

from datetime import timedelta

import pytest
import time_machine
from flask import current_app

from portal import clock
from portal.errors import BadLink
from portal.security import consents

pytestmark = pytest.mark.usefixtures("bare_context")


def test_a_state_says_its_mailbox_and_has_its_own_verifier() -> None:
    first, second = (consents.ask(7, "session") for _ in range(2))
    assert consents.read(first.state, "session") == first
    assert first.mailbox_id == 7
    assert first.verifier != second.verifier
    assert 43 <= len(first.verifier) <= 128
    assert first.verifier not in first.state


@pytest.mark.threat("forged requests")
@pytest.mark.parametrize("state", ["", "x", "WzFd.x.y"])
def test_a_state_that_we_have_not_signed(state: str) -> None:
    with pytest.raises(BadLink):
        consents.read(state, "session")


@pytest.mark.threat("forged requests")
def test_a_state_of_another_session_and_one_that_is_old() -> None:
    state = consents.ask(7, "session").state
    with pytest.raises(BadLink):
        consents.read(state, "another")
    with time_machine.travel(clock.now() + timedelta(minutes=11)), pytest.raises(BadLink):
        consents.read(state, "session")


def test_a_state_from_before_the_key_was_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    config = current_app.config
    consent = consents.ask(7, "session")
    monkeypatch.setitem(config, "SECRET_KEY_FALLBACKS", [config["SECRET_KEY"]])
    monkeypatch.setitem(config, "SECRET_KEY", "another key")
    assert consents.read(consent.state, "session") == consent
