"""Mail leaves once, or stays with its reason; on both databases, to a real mail server."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from flask import Flask

from jobs.outbox import deliver
from portal import clock
from portal.extensions import begin_write, db
from portal.mail import enclosures, outgoing
from portal.mail.transport import open_transport
from portal.models.delivery import Outbox, OutboxState, ReasonNotToSend
from portal.models.people import User
from portal.models.tickets import Ticket
from portal.queries.delivery import outbox as outbox_queries
from portal.services.tickets import comments
from portal.services.tickets.attachments import Upload
from tests import factories
from tests.cast import Cast
from tests.factories import writing
from tests.servers import free_port
from tests.smtp_sink import Sink, sink
from tests.waiting import PATIENCE

Send = Callable[..., None]


@pytest.fixture
def server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    with sink() as running:
        transport = open_transport(f"smtp://127.0.0.1:{running.port}?tls=0")
        monkeypatch.setitem(app.extensions, "lodge.mail", transport)
        yield running


@pytest.fixture
def reply(app: Flask, cast: Cast) -> int:
    """The id of a mail to Bob: Sam answered his ticket."""
    ticket = factories.file_ticket(app, cast.bob)
    factories.post_comment(app, cast.sam, ticket, "On our way.")
    return owed(app)["reply"]


def owed(app: Flask) -> dict[str, int]:
    with app.app_context():
        return {row.template: row.id for row in db.session.scalars(db.select(Outbox))}


def row(app: Flask, outbox_id: int) -> Outbox:
    with app.app_context():
        return db.session.get_one(Outbox, outbox_id)


def run(app: Flask, outbox_id: int) -> None:
    with app.app_context():
        deliver(outbox_id)


def test_a_mail_is_sent_and_marked(app: Flask, server: Sink, reply: int) -> None:
    run(app, reply)
    after = row(app, reply)
    assert (after.state, after.lease, after.error) == (OutboxState.SENT, None, None)
    assert after.sent_at is not None
    assert server.ids == [after.message_id]
    assert server.taken[0]["To"] == "bob@example.com"
    assert "On our way." in server.taken[0].get_body(("plain",)).get_content()


def test_a_job_that_runs_twice_sends_once(app: Flask, server: Sink, reply: int) -> None:
    run(app, reply)
    run(app, reply)
    assert len(server.taken) == 1


def test_a_job_for_a_row_that_is_gone_does_nothing(app: Flask, server: Sink) -> None:
    run(app, 404)
    assert server.taken == []


def test_of_many_deliverers_one_sends(app: Flask, server: Sink, reply: int) -> None:
    server.answer_after = 0.2
    threads = [threading.Thread(target=run, args=(app, reply)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(server.taken) == 1
    assert row(app, reply).state == OutboxState.SENT


def test_no_transaction_is_open_while_a_mail_is_being_sent(
    app: Flask, server: Sink, reply: int, cast: Cast
) -> None:
    server.answer_after = PATIENCE
    sending = threading.Thread(target=run, args=(app, reply))
    sending.start()
    server.wait_for(1)
    factories.file_ticket(app, cast.carl)
    assert row(app, reply).state == OutboxState.PENDING, "the write had to wait for the mail"
    server.answer_after = 0
    sending.join(PATIENCE)
    assert row(app, reply).state == OutboxState.SENT


def test_nothing_is_sent_for_what_was_rolled_back(app: Flask, server: Sink, cast: Cast) -> None:
    ticket = factories.file_ticket(app, cast.bob)
    before = owed(app)
    with app.app_context():
        begin_write()
        found = db.session.get_one(Ticket, ticket.id)
        comments.post(actor=cast.sam, ticket=found, message="On our way.")
        unwritten = [row.id for row in db.session.scalars(db.select(Outbox))]
        db.session.rollback()
    for outbox_id in unwritten:
        run(app, outbox_id)
    assert sorted(server.ids) == sorted(row(app, i).message_id for i in before.values())


def test_a_refusal_for_now_is_tried_again_with_the_same_id(
    app: Flask, server: Sink, reply: int
) -> None:
    server.refusals["bob@example.com"] = ["451 greylisted", "451 greylisted"]
    run(app, reply)
    waiting = row(app, reply)
    assert (waiting.state, waiting.error) == (
        OutboxState.PENDING,
        "recipient refused: 451 greylisted",
    )
    run(app, reply)  # not due yet
    assert row(app, reply).attempts == 1
    for tries in (2, 3):
        with time_machine.travel(row(app, reply).due_at, tick=False):
            run(app, reply)
        assert row(app, reply).attempts == tries
    assert row(app, reply).state == OutboxState.SENT
    assert server.ids == [waiting.message_id]


def test_a_refusal_for_good_is_parked_at_once(app: Flask, server: Sink, reply: int) -> None:
    server.refusals["bob@example.com"] = ["550 no such user"]
    run(app, reply)
    after = row(app, reply)
    assert (after.state, after.error) == (OutboxState.PARKED, "recipient refused: 550 no such user")
    run(app, reply)
    assert server.taken == []


def test_a_refused_recipient_costs_the_others_nothing(app: Flask, server: Sink, cast: Cast) -> None:
    server.refusals["bob@example.com"] = ["550 no such user"]
    factories.file_ticket(app, cast.bob)
    mails = owed(app)
    for outbox_id in mails.values():
        run(app, outbox_id)
    assert row(app, mails["ticket_filed"]).state == OutboxState.PARKED
    assert row(app, mails["ticket_filed_staff"]).state == OutboxState.SENT
    assert len(server.taken) == 1


def test_a_server_that_is_away_loses_nothing(
    app: Flask, reply: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = open_transport(f"smtp://127.0.0.1:{free_port()}?tls=0")
    monkeypatch.setitem(app.extensions, "lodge.mail", away)
    run(app, reply)
    waiting = row(app, reply)
    assert waiting.state == OutboxState.PENDING
    assert "refused" in (waiting.error or "")
    with sink() as back:
        transport = open_transport(f"smtp://127.0.0.1:{back.port}?tls=0")
        monkeypatch.setitem(app.extensions, "lodge.mail", transport)
        with time_machine.travel(waiting.due_at, tick=False):
            run(app, reply)
        assert back.ids == [waiting.message_id]


def test_a_mail_that_cannot_be_made_is_parked_at_once_with_the_reason(
    app: Flask, server: Sink, reply: int
) -> None:
    with writing(app):
        db.session.get_one(Outbox, reply).template = "no_such_mail"
    run(app, reply)
    after = row(app, reply)
    assert (after.state, after.attempts) == (OutboxState.PARKED, 1)
    assert (after.error or "").startswith("cannot be made: TemplateNotFound")
    assert server.taken == []
    with app.app_context():
        assert outbox_queries.health().uncomposable == outbox_queries.count_uncomposable() == 1


@pytest.mark.threat("headers made of text")
@pytest.mark.parametrize(
    "address", ["bob\r\nBcc: eve@example.com", "=?utf-8?q?bob=40evil.example?=@example.com"]
)
def test_a_poisoned_address_gets_nothing_and_the_others_flow(
    app: Flask, server: Sink, reply: int, cast: Cast, address: str
) -> None:
    with writing(app):
        db.session.get_one(User, cast.bob.id).email = address
    run(app, reply)
    after = row(app, reply)
    assert (after.state, after.attempts) == (OutboxState.DROPPED, 1)
    assert after.error == ReasonNotToSend.NO_ADDRESS
    run(app, owed(app)["ticket_filed_staff"])
    assert len(server.taken) == 1
    with app.app_context():
        assert outbox_queries.count_uncomposable() == 0, "an address is nothing of ours to mend"


def test_a_domain_beyond_ascii_gets_mail(app: Flask, server: Sink, reply: int, cast: Cast) -> None:
    with writing(app):
        db.session.get_one(User, cast.bob.id).email = "info@müller.example"
    run(app, reply)
    assert row(app, reply).state == OutboxState.SENT
    assert server.envelopes[0].rcpt_tos == ["info@xn--mller-kva.example"]
    assert server.taken[0]["To"] == "info@xn--mller-kva.example"


def test_a_fault_of_ours_is_the_reason_and_the_mail_is_tried_again(
    app: Flask, server: Sink, reply: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(outgoing, "read", lambda *_args: 1 / 0)
        run(app, reply)
    after = row(app, reply)
    assert (after.state, after.lease) == (OutboxState.PENDING, None)
    assert after.error == "ZeroDivisionError: division by zero"
    with time_machine.travel(after.due_at, tick=False):
        run(app, reply)
    assert row(app, reply).state == OutboxState.SENT


@pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"organization_id": None}],
    ids=["disabled", "left the organization"],
)
def test_who_lost_the_right_gets_nothing(
    app: Flask, server: Sink, reply: int, cast: Cast, change: dict[str, object]
) -> None:
    with writing(app):
        bob = db.session.get_one(User, cast.bob.id)
        for name, value in change.items():
            setattr(bob, name, cast.carl.organization_id if value is None else value)
    run(app, reply)
    after = row(app, reply)
    assert after.state == OutboxState.DROPPED
    assert after.error
    assert server.taken == []


def test_an_internal_note_is_in_no_mail(app: Flask, server: Sink, cast: Cast) -> None:
    ticket = factories.file_ticket(app, cast.bob)
    factories.post_comment(app, cast.sam, ticket, "He pays late: be strict.", internal=True)
    factories.post_comment(app, cast.sue, ticket, "On our way.")
    factories.post_comment(app, cast.bob, ticket, "Thank you.")
    with app.app_context():
        everything = [row.id for row in db.session.scalars(db.select(Outbox))]
    for outbox_id in everything:
        run(app, outbox_id)
    assert len(server.taken) == 4
    assert not any(b"strict" in bytes(message) for message in server.taken)


def test_mail_speaks_the_readers_language(app: Flask, server: Sink, reply: int, cast: Cast) -> None:
    with writing(app):
        bob = db.session.get_one(User, cast.bob.id)
        bob.locale, bob.timezone = "ru", "Europe/Moscow"
    run(app, reply)
    assert '<html lang="ru">' in server.taken[0].get_body(("html",)).get_content()


def test_who_loses_the_lease_before_sending_sends_nothing(
    app: Flask, server: Sink, reply: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.mail import messages

    compose = messages.compose

    def slowly(*args: object) -> object:
        """The lease runs out while the message is being made, and another takes it."""
        monkeypatch.setattr(messages, "compose", compose)
        with time_machine.travel(clock.now() + timedelta(hours=1), tick=False):
            run(app, reply)
        return compose(*args)

    monkeypatch.setattr(messages, "compose", slowly)
    run(app, reply)
    assert len(server.taken) == 1
    assert row(app, reply).attempts == 2


def answer_with_file(app: Flask, cast: Cast, content: bytes) -> int:
    """The id of a mail to Bob about an answer of Sam with that file."""
    ticket = factories.file_ticket(app, cast.bob)
    with app.app_context():
        stored = app.extensions["lodge.storage"].put(BytesIO(content), limit=len(content))
    upload = Upload(stored.key, "план.pdf", "application/pdf", stored.size, stored.sha256)
    factories.post_comment(app, cast.sam, ticket, "Here it is.", uploads=[upload])
    return owed(app)["reply"]


def test_a_file_goes_inside_the_mail_as_it_was_stored(app: Flask, server: Sink, cast: Cast) -> None:
    run(app, answer_with_file(app, cast, bytes(range(256)) * 500))
    [file] = server.taken[0].iter_attachments()
    assert file.get_filename() == "план.pdf"
    assert file.get_content() == bytes(range(256)) * 500


def test_a_file_that_is_too_large_stays_on_the_page(
    app: Flask, server: Sink, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAIL_ATTACHMENTS_BYTES", 100)
    run(app, answer_with_file(app, cast, b"x" * 101))
    assert list(server.taken[0].iter_attachments()) == []
    assert "Files, on the ticket's page:" in server.taken[0].get_body(("plain",)).get_content()


def test_while_the_file_store_is_away_the_mail_waits(
    app: Flask, server: Sink, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = answer_with_file(app, cast, b"x")
    with monkeypatch.context() as patch:
        patch.setattr(enclosures, "read", lambda *_args: 1 / 0)
        run(app, mail)
    after = row(app, mail)
    assert (after.state, server.taken) == (OutboxState.PENDING, [])
    assert "ZeroDivisionError" in (after.error or "")
