"""A dry run tells what would become of a mail, and changes nothing at all."""

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import select

from portal.errors import Forbidden, TooLarge
from portal.extensions import db
from portal.inbound import dry_run
from portal.inbound.dry_run import DryRun
from portal.mail_parsing.process import Parser
from portal.models.inbound import InboundState, Mailbox, Reason
from portal.models.tickets import Ticket
from portal.security import reply_addresses
from tests import factories
from tests.cast import Cast
from tests.databases import BOTH
from tests.factories import writing
from tests.inbound.mails import DESK, InProcess, mail, take_in, tickets

pytestmark = BOTH


@pytest.fixture(autouse=True)
def _desk(app: Flask, cast: Cast) -> None:
    with writing(app):
        db.session.add(Mailbox(address=DESK))


def everything(app: Flask, data_dir: Path) -> dict[str, Any]:
    """All rows of all tables, and all stored files."""
    with app.app_context():
        tables = {
            table.name: [tuple(row) for row in db.session.execute(select(table)).all()]
            for table in db.metadata.sorted_tables
        }
    files = sorted(path for path in data_dir.rglob("*") if path.is_file() and "files" in path.parts)
    return {**tables, "files": files}


def run(app: Flask, one: EmailMessage | bytes, **options: Any) -> DryRun:
    raw = one if isinstance(one, bytes) else one.as_bytes()
    with app.app_context():
        return dry_run.run(raw, parser=InProcess, **options)


def with_file(**options: Any) -> EmailMessage:
    made = mail(**options)
    made.add_attachment(b"\x89PNG\r\n\x1a\n", maintype="image", subtype="png", filename="x.png")
    return made


@pytest.mark.parametrize(
    "sender",
    ["ann@example.com", "stranger@elsewhere.example", DESK, "sam@example.com"],
    ids=["customer", "stranger", "desk", "staff"],
)
def test_nothing_is_written_stored_or_enqueued(
    app: Flask, data_dir: Path, queue: Redis, sender: str
) -> None:
    before, keys = everything(app, data_dir), set(queue.keys())
    run(app, with_file(sender=sender))
    assert everything(app, data_dir) == before
    assert set(queue.keys()) == keys


@pytest.mark.parametrize("broken", [b"", b"\0\xff\r\n" * 50, b"From: a\r\n"], ids=len)
def test_whatever_is_put_in_changes_nothing(app: Flask, data_dir: Path, broken: bytes) -> None:
    before = everything(app, data_dir)
    assert run(app, broken).state == InboundState.HELD
    assert everything(app, data_dir) == before


def test_a_new_ticket_with_its_words_and_mails(app: Flask) -> None:
    found = run(app, with_file(text="It drips.\n\n-- \nAnn", subject="Re: A leak"))
    assert found.state == InboundState.DONE
    assert [line["step"] for line in found.journey][-1] == "filed"
    assert found.analysis is not None
    assert found.analysis.words.subject == "A leak"
    assert found.analysis.words.message == "It drips."
    assert "Ann" in found.analysis.words.rest
    assert found.analysis.sender_role == "customer"
    assert [file.filename for file in found.analysis.mail.files] == ["x.png"]
    assert ("ticket_filed", "ann@example.com", None) in found.owed


def test_its_tickets_with_the_sign_and_whether_the_sender_sees_them(app: Flask, cast: Cast) -> None:
    anns = factories.file_ticket(app, cast.ann)
    carls = factories.file_ticket(app, cast.carl)
    with app.app_context():
        address = reply_addresses.sign(DESK, db.session.get_one(Ticket, carls.id), 1)
    found = run(app, mail(to=address, subject=f"[{anns.number}]"))
    assert found.analysis is not None
    assert [tuple(one) for one in found.analysis.found] == [
        (carls.number, "address", False),
        (anns.number, "subject", True),
    ]
    assert found.journey[-1]["ticket"] == anns.number
    assert len(tickets(app)) == 2


def test_what_is_doubted_says_why(app: Flask) -> None:
    found = run(app, mail("sam@example.com"))
    assert (found.state, found.reason) == (InboundState.HELD, Reason.UNPROVEN_STAFF)
    assert [one.recipient for one in found.owed] == ["sam@example.com"], "whom it names is asked"
    assert run(app, mail(DESK)).reason == Reason.OWN_ADDRESS


def test_a_mail_that_has_come_before_is_named(app: Flask) -> None:
    one = mail()
    [message_id] = take_in(app, one)
    found = run(app, one)
    assert found.known_id == message_id
    assert found.journey


def test_what_cannot_be_parsed_says_so(app: Flask) -> None:
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(2_000)
    )
    found = run(app, nested)
    assert (found.state, found.reason) == (InboundState.FAILED, Reason.UNREADABLE)
    assert found.error and found.analysis is None


def test_the_parser_is_a_process_with_limits(app: Flask) -> None:
    with app.app_context():
        found = dry_run.run(mail().as_bytes())
    assert found.state == InboundState.DONE
    assert dry_run.run.__kwdefaults__["parser"] is Parser


def test_large_mails_and_people_without_the_right_are_refused(app: Flask, cast: Cast) -> None:
    with pytest.raises(TooLarge):
        run(app, b"x" * (dry_run.MAX_BYTES + 1))
    for person in (cast.ann, cast.sam):
        with pytest.raises(Forbidden):
            run(app, mail(), actor=person)


def test_an_error_of_ours_is_shown(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr("portal.services.inbound.reading.take", fail)
    found = run(app, mail())
    assert found.error == "RuntimeError: a fault"
    assert found.state == InboundState.RECEIVED
