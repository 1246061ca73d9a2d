"""A server that stalls, drips or breaks the rules holds nobody for longer than a deadline."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from flask import Flask

from portal.extensions import db
from portal.inbound.imap import MailboxUnreachable, client, opening, try_mailbox
from portal.inbound.imap.folder import Folder
from portal.models.inbound import FailureReason, Mailbox
from tests.fetched import add_mailbox
from tests.waiting import PATIENCE

Talk = Callable[[socket.socket], object]


@contextmanager
def server(talk: Talk) -> Iterator[int]:
    """A server that talks so to whoever connects; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _address = listener.accept()
                    with connection, suppress(OSError):
                        talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(PATIENCE)


def silent(connection: socket.socket) -> None:
    connection.recv(1)


def dripping(connection: socket.socket) -> None:
    """A byte now and then, each before the timeout of one read."""
    while True:
        connection.sendall(b"*")
        time.sleep(0.02)


def silent_at_sign_in(connection: socket.socket) -> None:
    connection.sendall(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n")
    while connection.recv(1000):
        pass


def closing(connection: socket.socket) -> None:
    connection.sendall(b"* BYE too many connections\r\n")


def another_protocol(connection: socket.socket) -> None:
    connection.sendall(b"220 mail.example.com ESMTP\r\n")


def endless_line(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"x" * 100_000)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "READ_SECONDS", 0.3)
    monkeypatch.setattr(opening, "_SIGN_IN_SECONDS", 0.3)


@pytest.mark.parametrize(
    ("talk", "reason"),
    [
        (silent, FailureReason.CONNECTION),
        (dripping, FailureReason.CONNECTION),
        (silent_at_sign_in, FailureReason.CONNECTION),
        (closing, FailureReason.QUOTA),
        (another_protocol, FailureReason.CONNECTION),
        (endless_line, FailureReason.OTHER),
    ],
)
def test_a_server_that_does_not_play_along(
    app: Flask, monkeypatch: pytest.MonkeyPatch, talk: Talk, reason: FailureReason
) -> None:
    with server(talk) as port:
        monkeypatch.setitem(app.config, "OUTBOUND_ALLOW", frozenset({("127.0.0.1", port)}))
        mailbox_id = add_mailbox(app, port, "ann")
        with app.app_context(), pytest.raises(MailboxUnreachable) as raised:
            try_mailbox(db.session.get_one(Mailbox, mailbox_id))
    assert raised.value.reason == reason


def idling(answer: bytes) -> Talk:
    """Answers so to IDLE."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"* OK ready\r\n")
        for line in connection.makefile("rb"):
            tag, *words = line.split()
            if words == [b"IDLE"]:
                idling, said = tag, answer
            elif tag == b"DONE":
                said = idling + b" OK done\r\n"
            else:
                said = b"* CAPABILITY IMAP4rev1 IDLE\r\n" + tag + b" OK done\r\n"
            connection.sendall(said)

    return talk


@pytest.mark.parametrize("answer", [b"+ idling\r\n* 3 EXISTS\r\n", b"* 3 EXISTS\r\n+ idling\r\n"])
def test_an_idle_hears_of_mail_that_came_as_it_began(answer: bytes) -> None:
    with server(idling(answer)) as port, socket.create_connection(("127.0.0.1", port)) as made:
        talking = client.Client(made, "127.0.0.1", tls=False)
        folder = Folder(talking, {})
        assert folder.can_idle
        folder.idle(2 * PATIENCE)
        talking.shutdown()
