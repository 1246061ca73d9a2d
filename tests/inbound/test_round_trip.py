"""A mail leaves by a real mail server, and what is written back lands on its ticket."""

from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from flask import Flask

from jobs.outbox import send_due
from portal.extensions import db
from portal.mail.transport import open_transport
from portal.models.inbound import InboundState, Mailbox
from tests import factories
from tests.cast import Cast
from tests.factories import writing
from tests.inbound.mails import comments, mail, row, take_in, tickets
from tests.smtp_sink import Sink, sink
from tests.waiting import PATIENCE

BILLS = "bills@example.com"


@pytest.fixture
def server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    with sink() as running:
        transport = open_transport(f"smtp://127.0.0.1:{running.port}?tls=0")
        monkeypatch.setitem(app.extensions, "lodge.mail", transport)
        yield running


@pytest.fixture(autouse=True)
def _desk(app: Flask) -> None:
    with writing(app):
        db.session.add(
            Mailbox(address=BILLS, name="Bills", takes_plus=True, signature="The bills of Acme")
        )


def sent(app: Flask, server: Sink, to: str) -> EmailMessage:
    """The newest mail to that address, after all that is due has left."""
    with app.app_context():
        send_due(PATIENCE)
    return [one for one in server.taken if one["To"] == to][-1]


def reply_to(received: EmailMessage, sender: str, text: str, subject: str) -> EmailMessage:
    """What a mail program sends when somebody presses Reply, with a subject of their own."""
    before = "".join(str(received["References"] or "").split("\n"))
    return mail(
        sender,
        text,
        subject=subject,
        to=str(received["Reply-To"]),
        headers={
            "In-Reply-To": str(received["Message-ID"]),
            "References": f"{before} {received['Message-ID']}",
        },
    )


def test_a_conversation_by_mail_is_one_ticket_and_one_thread(
    app: Flask, cast: Cast, server: Sink
) -> None:
    first = mail(to=BILLS, headers={"Message-ID": "<first@mail.example.com>"})
    take_in(app, first)
    [ticket] = tickets(app)
    receipt = sent(app, server, "ann@example.com")
    assert receipt["In-Reply-To"] == "<first@mail.example.com>"
    assert receipt["Auto-Submitted"] == "auto-replied"
    filed = factories.Filed(ticket.id, ticket.number, ticket.version)
    factories.post_comment(app, cast.sam, filed, "On our way.")
    answer = sent(app, server, "ann@example.com")
    assert answer["From"] == f"Bills <{BILLS}>"
    assert server.envelopes[-1].mail_from == BILLS
    assert "The bills of Acme" in answer.get_body(("plain",)).get_content()
    root, *rest = str(answer["References"]).split()
    assert root == str(receipt["References"]).split()[0]
    assert rest == ["<first@mail.example.com>", receipt["Message-ID"]]
    [message_id] = take_in(app, reply_to(answer, "ann@example.com", "Thank you.", "Thanks!"))
    assert row(app, message_id).state == InboundState.DONE
    assert len(tickets(app)) == 1
    assert comments(app, ticket.id)[-1].message == "Thank you."
    factories.post_comment(app, cast.sam, filed, "You are welcome.")
    last = sent(app, server, "ann@example.com")
    assert last["In-Reply-To"] not in {first["Message-ID"], answer["Message-ID"]}
    assert str(last["References"]).split()[-2] == answer["Message-ID"]
    assert last["Subject"] == answer["Subject"]


def test_the_signed_address_alone_finds_the_ticket(app: Flask, cast: Cast, server: Sink) -> None:
    ticket = factories.file_ticket(app, cast.ann, department="Bills")
    with writing(app):
        db.session.scalars(db.select(Mailbox)).one().department = "Bills"
    answer = sent(app, server, "ann@example.com")
    take_in(app, mail(subject="Hello", to=str(answer["Reply-To"]), text="By address."))
    assert comments(app, ticket.id)[-1].message == "By address."


def test_staff_answer_by_mail_from_the_address_that_was_signed_for_them(
    app: Flask, cast: Cast, server: Sink
) -> None:
    take_in(app, mail(to=BILLS))
    [ticket] = tickets(app)
    with writing(app):
        db.session.get_one(type(ticket), ticket.id).assignee_id = cast.sam.id
    filed = factories.Filed(ticket.id, ticket.number, ticket.version)
    factories.post_comment(app, cast.ann, filed, "It drips faster.")
    told = sent(app, server, cast.sam.email)
    take_in(app, reply_to(told, cast.sam.email, "On our way.", "Soon"))
    last = comments(app, ticket.id)[-1]
    assert (last.message, last.author_id) == ("On our way.", cast.sam.id)


def test_where_no_signed_address_arrives_the_message_id_finds_the_ticket(
    app: Flask, cast: Cast, server: Sink
) -> None:
    with writing(app):
        db.session.scalars(db.select(Mailbox)).one().takes_plus = False
    take_in(app, mail(to=BILLS))
    [ticket] = tickets(app)
    receipt = sent(app, server, "ann@example.com")
    assert receipt["Reply-To"] == f"Bills <{BILLS}>"
    answer = reply_to(receipt, "ann@example.com", "And more.", "Something else")
    # As programs do that keep no chain, and as others do that lose the last one.
    del answer["In-Reply-To"]
    answer.replace_header("References", str(receipt["References"]).split()[0])
    take_in(app, answer)
    assert comments(app, ticket.id)[-1].message == "And more."
