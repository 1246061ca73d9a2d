"""A mail server brings mail by LMTP or SMTP, and is told what became of it for each recipient."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from jobs.receiving import dialogue, reception
from portal.errors import StorageFull
from portal.extensions import db
from portal.mail_parsing.process import MAX_BYTES
from portal.models.inbound import InboundMessage, InboundWay, Mailbox
from portal.storage import Folder
from tests.cast import Cast
from tests.factories import writing
from tests.inbound.mails import DESK, mail, read, tickets
from tests.jobs.receiving.conftest import Connect
from tests.read_only_mode import change_mode

RAW = mail(text="It drips.\n.\n..again").as_bytes()
KEPT = "250 2.0.0 kept as "


@contextmanager
def rows(app: Flask) -> Iterator[list[InboundMessage]]:
    with app.app_context():
        yield list(db.session.scalars(select(InboundMessage).order_by(InboundMessage.id)))


def add_mailboxes(app: Flask, *addresses: str) -> None:
    with writing(app):
        db.session.add_all(Mailbox(address=address) for address in addresses)


def test_a_mail_is_kept_as_it_is_before_it_is_answered(app: Flask, connect: Connect) -> None:
    [said] = connect().bring(RAW, DESK)
    with rows(app) as [row]:
        assert said == f"{KEPT}{row.id}"
        assert (row.way, row.recipient) == (InboundWay.LMTP, DESK)
        with app.extensions["lodge.storage"].open(row.storage_key) as stored:
            assert stored.read() == RAW


def test_it_becomes_a_ticket(app: Flask, cast: Cast, connect: Connect) -> None:
    connect("smtp").bring(RAW, DESK)
    read(app)
    assert [ticket.subject for ticket in tickets(app)] == ["A leak"]


def test_the_same_mail_again_is_known(app: Flask, connect: Connect) -> None:
    first, again = (connect().bring(RAW, DESK)[0] for _ in range(2))
    assert again == f"{first}, as before"
    with rows(app) as found:
        assert len(found) == 1


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
def test_a_mail_to_two_mailboxes_is_one_row_in_each(
    app: Flask, connect: Connect, protocol: str
) -> None:
    add_mailboxes(app, "sales@example.com", "help@example.com")
    named = ["Sales@example.com", "help+t.x@example.com", "sales+a@example.com"]
    said = connect(protocol).bring(RAW, *named)
    with rows(app) as found:
        assert len(found) == 2
    assert len(set(said)) == (2 if protocol == "lmtp" else 1)
    assert all(answer.startswith(KEPT) for answer in said)


def test_an_address_that_no_mailbox_has_is_refused_alone(app: Flask, connect: Connect) -> None:
    add_mailboxes(app, "sales@example.com")
    with writing(app):
        db.session.add(Mailbox(address="old@example.com", is_active=False))
    with app.app_context():
        own = app.config["SUPPORT_EMAIL"]
    named = ["sales@example.com", "nobody@example.com", "old@example.com", own, "a\0b@example.com"]
    said = connect().bring(RAW, *named)
    assert [answer[:9] for answer in said] == [
        "250 2.0.0",
        "550 5.1.1",
        "550 5.1.1",
        "250 2.0.0",
        "553 5.1.3",
    ]


def test_until_there_is_a_mailbox_all_addresses_are_taken(app: Flask, connect: Connect) -> None:
    for _ in range(2):  # the first mail makes the default one
        [said] = connect().bring(mail().as_bytes(), "anything@example.com")
        assert said.startswith(KEPT)


def test_the_limits_are_announced_and_no_way_to_sign_in_is(connect: Connect) -> None:
    lines = connect().say("LHLO mx.example.com").splitlines()
    words = {line[4:] for line in lines}
    assert {f"SIZE {MAX_BYTES}", "8BITMIME", "SMTPUTF8", "PIPELINING"} <= words
    assert not [word for word in words if word.startswith(("AUTH", "STARTTLS"))]
    assert connect().say("AUTH PLAIN AGEAYg==").startswith("502 5.5.1")
    assert connect("smtp").say("AUTH LOGIN").startswith("502 5.5.1")


def test_what_is_too_large_is_refused_whether_or_not_it_says_so(
    app: Flask, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert connect().say(f"MAIL FROM:<a@b.example> SIZE={MAX_BYTES + 1}").startswith("552")
    monkeypatch.setattr(dialogue, "MAX_BYTES", 1000)
    bringer = connect()
    assert bringer.bring(b"x" * 2000, DESK)[0].startswith("552 5.3.4")
    assert bringer.bring(b"Subject: small\n\nx", DESK)[0].startswith(KEPT)


def test_commands_may_come_together(app: Flask, connect: Connect) -> None:
    bringer = connect()
    together = ["MAIL FROM:<>", f"RCPT TO:<{DESK}>", "RCPT TO:<x@y.example>", "DATA"]
    said = [bringer.say("\r\n".join(together)), *(bringer.answer() for _ in together[1:])]
    assert [answer[:3] for answer in said] == ["250", "250", "250", "354"]


def test_a_mail_without_sender_and_addresses_beyond_ascii_are_taken(
    app: Flask, connect: Connect
) -> None:
    add_mailboxes(app, "hilfe@bücher.example")
    bringer = connect()
    assert bringer.bring(RAW, "hilfe@bücher.example", sender="")[0].startswith(KEPT)
    sender = "MAIL FROM:<jörg@example.com> BODY=8BITMIME SMTPUTF8"
    assert bringer.say(sender).startswith("250")


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (OperationalError("BEGIN", None, Exception("away")), "451 4.3.0"),
        (StorageFull(), "452 4.3.1"),
        (OSError("disk"), "451 4.3.0"),
        (ZeroDivisionError(), "451 4.3.0"),
    ],
)
def test_what_cannot_be_kept_now_is_to_come_again(
    app: Flask, connect: Connect, monkeypatch: pytest.MonkeyPatch, error: Exception, answer: str
) -> None:
    bringer = connect()
    with monkeypatch.context() as broken:

        def fail(*_arguments: object, **_options: object) -> None:
            raise error

        broken.setattr(reception, "receive", fail)
        assert bringer.bring(RAW, DESK)[0].startswith(answer)
    assert bringer.bring(RAW, DESK)[0].startswith(KEPT)


def test_while_the_desk_is_read_only_mail_is_to_come_again(app: Flask, connect: Connect) -> None:
    bringers = connect(), connect("smtp")
    change_mode(app)
    for bringer in bringers:
        assert bringer.bring(RAW, DESK)[0].startswith("451 4.3.0")
    with rows(app) as found:
        assert found == []
    change_mode(app, on=False)
    assert bringers[0].bring(RAW, DESK)[0].startswith(KEPT)


def test_without_room_on_the_disk_a_large_mail_is_to_come_again(
    app: Flask, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(Folder, "_make", full)
    assert connect().bring(RAW, DESK)[0].startswith("452 4.3.1")
    with rows(app) as found:
        assert found == []


def test_one_mailbox_that_fails_does_not_lose_the_other_its_mail(
    app: Flask, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_mailboxes(app, "sales@example.com", "help@example.com")
    receive = reception.receive

    def fail_for_help(raw: bytes, *, recipients: list[str], **options: InboundWay) -> object:
        if recipients == ["help@example.com"]:
            raise OperationalError("BEGIN", None, Exception("away"))
        return receive(raw, recipients=recipients, **options)

    named = ("sales@example.com", "help@example.com")
    with monkeypatch.context() as broken:
        broken.setattr(reception, "receive", fail_for_help)
        said = connect().bring(RAW, *named)
        assert [answer[:3] for answer in said] == ["250", "451"]
        assert connect("smtp").bring(RAW, *named)[0].startswith("451")
    assert all(answer.startswith(KEPT) for answer in connect("smtp").bring(RAW, *named))
    with rows(app) as found:
        assert len(found) == 2


def test_where_the_database_cannot_be_asked_a_recipient_is_to_come_again(
    app: Flask, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_address: str) -> bool:
        raise OperationalError("SELECT", None, Exception("away"))

    monkeypatch.setattr(reception.mailboxes, "takes", fail)
    assert connect().address(DESK)[0].startswith("451 4.3.0")


def test_there_is_an_end_to_recipients_and_to_connections(
    app: Flask, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception, "_MOST_RECIPIENTS", 2)
    said = connect().address(*[DESK] * 3)
    assert [answer[:9] for answer in said] == ["250 2.1.5", "250 2.1.5", "452 4.5.3"]
    monkeypatch.setattr(reception, "MOST_CONNECTIONS", 1)
    crowded = connect()
    assert crowded.greeting.startswith("421 4.3.2")


def test_who_says_nothing_is_left(
    app: Flask, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialogue, "_SILENCE_SECONDS", 0.2)
    silent = connect()
    assert silent.answer() == ""


@pytest.mark.parametrize(
    "lines",
    [
        ["DATA"],
        ["MAIL FROM:<a@b.example>", "DATA"],
        ["MAIL FROM:<a@b.example>", f"RCPT TO:<{DESK}>", "DATA now"],
        ["EXPN staff"],
        ["TURN"],
        ["MAIL FROM:<a@b.example> BODY=BINARYMIME"],
        ["RCPT TO:<support@example.com>"],
        ["x" * 3000],
    ],
)
def test_what_has_no_place_here_is_refused_and_the_dialogue_goes_on(
    connect: Connect, lines: list[str]
) -> None:
    bringer = connect()
    said = [bringer.say(line) for line in lines]
    assert said[-1].startswith("50")
    assert bringer.bring(RAW, DESK)[0].startswith(KEPT)


def test_an_unfinished_mail_is_none(app: Flask, connect: Connect) -> None:
    bringer = connect()
    bringer.address(DESK)
    bringer.say("DATA")
    bringer.sock.sendall(b"Subject: half\r\n\r\nand the other")
    bringer.close()
    assert connect().bring(RAW, DESK)[0].startswith(KEPT)
    with rows(app) as found:
        assert len(found) == 1
