"""Programs that answer each other: a few mails, then silence, with marks and without."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from jobs.outbox import send_due
from portal.extensions import db
from portal.mail.transport import open_transport
from portal.models.delivery import Outbox, OutboxState
from portal.models.inbound import InboundMessage, InboundState
from tests import factories
from tests.cast import Cast, make_cast
from tests.conftest import MakeApp
from tests.databases import AnotherDatabase
from tests.factories import Filed
from tests.inbound.mails import DESK, mail, read, take_in, tickets
from tests.jobs.receiving.conftest import receiver
from tests.mailbox import Mailbox
from tests.waiting import PATIENCE

pytestmark = pytest.mark.threat("mail loops")
# Nobody needs so many turns to fall silent.
TURNS = 20
MOST_MAILS = 5
DESKS = ("support@one.example", "support@two.example")


@pytest.fixture
def desks(
    another_app: MakeApp, migrated_database: AnotherDatabase, tmp_path: Path
) -> Iterator[list[Flask]]:
    """Two desks; what one of them sends, whoever it is to, is brought to the other by SMTP."""
    with ExitStack() as stack:
        made = [
            another_app(
                DATABASE_URL=stack.enter_context(migrated_database()).url,
                FILES_URL=f"file://{tmp_path}/{address}",
                SUPPORT_EMAIL=address,
                MAIL_FROM=f"Support <{address}>",
            )
            for address in DESKS
        ]
        for app, other in zip(made, reversed(made), strict=True):
            _host, port = stack.enter_context(receiver(other, "smtp"))
            app.extensions["lodge.mail"] = open_transport(f"smtp://127.0.0.1:{port}?tls=0")
        yield made
        for app in made:
            with app.app_context():
                db.engine.dispose()


def play(desks: list[Flask]) -> int:
    """Let them send and read until nothing is left; how many mails there were."""
    for _ in range(TURNS):
        for app in desks:
            with app.app_context():
                send_due(PATIENCE)
        for app in desks:
            read(app)
        if not any(map(owed, desks)):
            return sum(map(sent, desks))
    raise AssertionError("they do not fall silent")


def owed(app: Flask) -> int:
    with app.app_context():
        return (
            db.session.scalar(
                select(func.count(Outbox.id)).where(Outbox.state == OutboxState.PENDING)
            )
            or 0
        )


def sent(app: Flask) -> int:
    with app.app_context():
        unread = InboundMessage.state == InboundState.RECEIVED
        assert not db.session.scalar(select(func.count(InboundMessage.id)).where(unread))
        is_sent = Outbox.state == OutboxState.SENT
        return db.session.scalar(select(func.count(Outbox.id)).where(is_sent)) or 0


def test_two_desks_do_not_answer_each_other_for_ever(desks: list[Flask]) -> None:
    one, _two = desks
    take_in(one, mail(DESKS[1], to=DESKS[0]))
    # A receipt, and a notice for the staff.
    assert play(desks) <= MOST_MAILS
    [ticket] = tickets(one)
    sam = make_cast(one).sam
    factories.post_comment(one, sam, Filed(ticket.id, ticket.number, ticket.version))
    assert play(desks) <= 2 * MOST_MAILS


@pytest.mark.parametrize("subject", ["Thank you for your message", "Re: {}"])
def test_a_responder_without_marks_gets_few_mails(
    app: Flask, cast: Cast, mailbox: Mailbox, subject: str
) -> None:
    robot = "robot@new.example"
    answered = 0
    take_in(app, mail(robot))
    for _ in range(TURNS):
        came = mailbox.sent(robot)[answered:]
        if not came:
            break
        answered += len(came)
        take_in(
            app, *(mail(robot, "Noted.", subject=subject.format(one["Subject"])) for one in came)
        )
    assert answered <= MOST_MAILS
    assert not came


def test_a_list_that_sends_the_desk_its_own_mails_is_not_answered(
    app: Flask, cast: Cast, mailbox: Mailbox
) -> None:
    member = "ann@lists.example"
    marks = {"List-Id": "<all.lists.example>", "Precedence": "list"}
    take_in(app, *(mail(member, to=DESK, headers=marks) for _ in range(7)))
    assert mailbox.sent(member) == []
