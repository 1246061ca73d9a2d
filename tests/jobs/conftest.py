"""Receivers of webhooks, for those who call them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flask import Flask

from portal.security.delivery import outbound
from tests.waiting import PATIENCE
from tests.webhook_receiver import Receiver, receiver

Allowed = Callable[[], Receiver]


@pytest.fixture
def another(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Allowed]:
    """Each call is another receiver that the operator allows."""
    pairs: set[tuple[str, int]] = set()
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", PATIENCE)  # busy machines need some
    with ExitStack() as running:

        def start() -> Receiver:
            made = running.enter_context(receiver())
            pairs.add(("127.0.0.1", made.port))
            monkeypatch.setitem(app.config, "OUTBOUND_ALLOW", frozenset(pairs))
            return made

        yield start


@pytest.fixture
def hooked(another: Allowed) -> Receiver:
    """A receiver that the operator allows."""
    return another()
