"""Each mail of the corpus on its whole way: none is lost, none comes twice, none stops the next.

`desk` in the file beside a mail says what becomes of it where that is not a new ticket: the number
of an older one, or why it waits.
"""

import json
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import clock
from portal.extensions import db
from portal.mail_parsing.message import parse
from portal.models.inbound import InboundMessage, InboundState, Mailbox
from portal.models.tickets import Attachment, Comment, MailedComment, Ticket
from tests import factories
from tests.cast import make_cast
from tests.databases import BOTH
from tests.inbound.mails import DESK, take_in
from tests.inbound.test_corpus import MAILS

pytestmark = BOTH
# Of many mails of one sender within an hour some would wait.
APART = timedelta(hours=2)


class Outcome(NamedTuple):
    """`became` is "new", the number of an older ticket, or the reason why it waits."""

    became: str
    message: str = ""
    rest: str = ""
    files: int = 0


@pytest.fixture(scope="module")
def outcomes(shared_app: Flask) -> dict[str, Outcome]:
    """All mails in one desk, in which Ann has a ticket, by name."""
    cast = make_cast(shared_app)
    with factories.writing(shared_app):
        db.session.add(Mailbox(address=DESK))
    factories.file_ticket(shared_app, cast.ann, "A leak")
    begun, found = clock.now(), {}
    for number, path in enumerate(MAILS):
        with clock.at(begun + number * APART):
            # Else those that differ in other headers alone would be one mail that comes again.
            own_id = f"<{path.stem}@mail.example.com>".encode()
            raw = path.read_bytes().replace(b"<m@mail.example.com>", own_id)
            [message_id] = take_in(shared_app, raw)
        found[path.stem] = _outcome(shared_app, message_id)
    return found


def _outcome(app: Flask, message_id: int) -> Outcome:
    with app.app_context():
        row = db.session.get_one(InboundMessage, message_id)
        if row.state != InboundState.DONE or row.comment_id is None:
            return Outcome(row.reason or row.state)
        comment = db.session.get_one(Comment, row.comment_id)
        of_comment = select(func.count()).where(Attachment.comment_id == comment.id)
        first = select(func.min(Comment.id)).where(Comment.ticket_id == comment.ticket_id)
        number = db.session.get_one(Ticket, comment.ticket_id).number
        return Outcome(
            "new" if db.session.scalar(first) == comment.id else number,
            comment.message,
            db.session.get_one(MailedComment, comment.id).rest,
            db.session.scalar(of_comment) or 0,
        )


def _expected(stem: str) -> dict[str, Any]:
    [path] = [path for path in MAILS if path.stem == stem]
    known: dict[str, Any] = json.loads(path.with_suffix(".json").read_text("utf-8"))
    return known


def test_each_becomes_what_stands_beside_it(outcomes: dict[str, Outcome]) -> None:
    became = {stem: outcome.became for stem, outcome in outcomes.items()}
    assert became == {stem: _expected(stem).get("desk", "new") for stem in outcomes}


def test_words_and_files_of_each_are_in_its_message(outcomes: dict[str, Outcome]) -> None:
    lost = []
    for path in MAILS:
        outcome = outcomes[path.stem]
        mail = parse(path.read_bytes())
        whole = f"{outcome.message}\n{outcome.rest}".replace("\ufeff", "").split()
        words = f"{mail.text} {mail.rest}".replace("\ufeff", "").split()
        placed = outcome.became == "new" or outcome.became.startswith("REQ")
        if placed and (outcome.files != len(mail.files) or not set(words) <= set(whole)):
            lost.append((path.stem, outcome.files, sorted(set(words) - set(whole))[:5]))
    assert not lost
