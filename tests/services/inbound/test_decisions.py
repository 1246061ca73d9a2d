"""Who may decide about mail that waits, and who may not, whatever page leads there."""

from collections.abc import Callable

import pytest
from flask import Flask

from portal.errors import Forbidden, NotFound, ProofNeeded
from portal.extensions import db
from portal.models.inbound import InboundMessage, InboundState, Mailbox
from portal.models.people import Actor, User
from portal.services.inbound import (
    blocked_senders,
    decisions,
    mailbox_settings,
    own_mails,
    raw_tickets,
)
from portal.services.inbound.mailbox_settings import MailboxValues
from tests import factories
from tests.cast import Cast
from tests.inbound.mails import mail, row, take_in

VALUES = MailboxValues(address="sales@example.com")
Verb = Callable[[Actor, InboundMessage], object]
VERBS: dict[str, Verb] = {
    "accept": lambda who, mail: decisions.apply(actor=who, decision="accept", ids=[mail.id]),
    "read": lambda who, mail: decisions.record_fetch(actor=who, message=mail),
    "file": lambda who, mail: raw_tickets.file(
        actor=who, message=mail, text="x", email="nina@example.com"
    ),
    "block": lambda who, _mail: blocked_senders.block(actor=who, pattern="list.example"),
    "add": lambda who, _mail: mailbox_settings.create(actor=who, values=VALUES),
    "switch": lambda who, mail: mailbox_settings.switch(
        actor=who, mailbox=db.session.get_one(Mailbox, mail.mailbox_id), active=False
    ),
}


@pytest.fixture
def held(app: Flask, cast: Cast) -> int:
    """A mail in Sam's name that waits."""
    return take_in(app, mail("sam@example.com"))[0]


@pytest.mark.threat("rights kept or taken")
@pytest.mark.parametrize("name", ["ann", "sam"])
@pytest.mark.parametrize("verb", VERBS)
def test_administrators_alone_decide(
    app: Flask, cast: Cast, held: int, name: str, verb: str
) -> None:
    with factories.writing(app):
        who, message = getattr(cast, name), db.session.get_one(InboundMessage, held)
        with pytest.raises(Forbidden):
            VERBS[verb](who, message)
    assert row(app, held).state == InboundState.HELD


@pytest.mark.parametrize("verb", ["read", "add"])
def test_what_shows_or_stores_a_secret_takes_a_fresh_proof(
    app: Flask, cast: Cast, held: int, verb: str
) -> None:
    with factories.writing(app):
        ada = db.session.get_one(User, cast.ada.id).actor
        with pytest.raises(ProofNeeded):
            VERBS[verb](ada, db.session.get_one(InboundMessage, held))


@pytest.mark.threat("foreign rows")
@pytest.mark.parametrize(("name", "error"), [("ann", Forbidden), ("sue", NotFound)])
def test_nobody_speaks_for_a_colleague(
    app: Flask, cast: Cast, held: int, name: str, error: type[Exception]
) -> None:
    with factories.writing(app), pytest.raises(error):
        own_mails.answer(actor=getattr(cast, name), message_id=held, is_theirs=True)
    assert row(app, held).state == InboundState.HELD
