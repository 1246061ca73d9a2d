"""How the document says that events are signed is how they are signed."""

import re
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from portal import clock
from portal.api.openapi.texts import DESCRIPTION
from portal.i18n import LOCALES
from portal.security.delivery import signatures
from tests.api.api_client import document
from tests.architecture.source import ROOT

BODY = '{"type": "ticket.solved", "data": {"subject": "Größe . dot"}}'.encode()


def example(text: str) -> str:
    """The program in a text of Markdown."""
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert found
    return found[1]


def verify(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """What the example in the document answers."""
    names: dict[str, Any] = {}
    exec(example(DESCRIPTION), names)  # noqa: S102 - our own text
    return bool(names["is_from_lodge"](headers, body, secret))


def signed(*secrets: str) -> dict[str, str]:
    return signatures.headers(event_key="evt_1", moment=clock.now(), body=BODY, keys=[*secrets])


def test_the_example_takes_what_we_sign_and_nothing_else() -> None:
    ours, other = signatures.new_secret(), signatures.new_secret()
    headers = signed(ours)
    assert verify(headers, BODY, ours)
    assert verify(signed(other, ours), BODY, ours)
    assert not verify(headers, BODY, other)
    assert not verify(headers, BODY + b" ", ours)
    assert not verify({**headers, "webhook-id": "evt_2"}, BODY, ours)


@pytest.mark.parametrize(("seconds", "is_taken"), [(290, True), (310, False), (-310, False)])
def test_the_example_takes_nothing_old_or_ahead(seconds: int, is_taken: bool) -> None:
    secret = signatures.new_secret()
    headers = signed(secret)
    with time_machine.travel(clock.now().timestamp() + seconds, tick=False):
        assert verify(headers, BODY, secret) is is_taken


def test_the_document_has_it_and_the_guide_has_the_same(app: Flask) -> None:
    told = document(app)["info"]["description"]
    assert told == DESCRIPTION
    for page in ("webhooks", *(f"guide/{each}/integrators/check-a-signature" for each in LOCALES)):
        text = Path(ROOT / "docs" / f"{page}.md").read_text("utf-8")
        # A desk has a name of its own, and shows the guide.
        assert example(text).replace("is_genuine", "is_from_lodge") == example(told)
    for word in (
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
        "whsec_",
        "joined by dots",
    ):
        assert word in told
