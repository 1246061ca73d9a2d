"""Several messages over one connection; servers that end it, or stall at a later message."""

import time
from collections.abc import Iterator
from dataclasses import replace
from threading import Timer
from threading import enumerate as enumerate_threads

import pytest

from portal.mail.failures import PermanentFailure, ServerFailure, TemporaryFailure
from portal.mail.messages import compose
from portal.mail.transport import Sender, open_transport
from tests.mail.outgoing import desk, outgoing_mail
from tests.smtp_sink import Sink, sink
from tests.waiting import PATIENCE, wait_for

MESSAGE = compose(outgoing_mail("reply"), desk())
ANN = "ann@example.com"


@pytest.fixture
def server() -> Iterator[Sink]:
    with sink() as running:
        yield running


@pytest.fixture
def sender(server: Sink) -> Iterator[Sender]:
    with open_transport(f"smtp://127.0.0.1:{server.port}?tls=0").open() as opened:
        yield opened


def test_the_next_message_goes_over_the_same_connection(server: Sink, sender: Sender) -> None:
    for _ in range(3):
        sender.send(MESSAGE, within=PATIENCE)
    assert (len(server.taken), server.connections) == (3, 1)


def test_without_a_message_nobody_is_called(server: Sink, sender: Sender) -> None:
    assert server.connections == 0


@pytest.mark.parametrize("words", ["421 too many messages", "451 not over this connection"])
def test_a_server_that_has_had_enough_of_us_is_called_again(
    server: Sink, sender: Sender, words: str
) -> None:
    sender.send(MESSAGE, within=PATIENCE)
    server.senders = [words]
    sender.send(MESSAGE, within=PATIENCE)
    assert (len(server.taken), server.connections) == (2, 2)


def test_a_server_that_hung_up_meanwhile_is_called_again(server: Sink, sender: Sender) -> None:
    sender.send(MESSAGE, within=PATIENCE)
    server.hang_up()
    sender.send(MESSAGE, within=PATIENCE)
    assert (len(server.taken), server.connections) == (2, 2)


def test_a_new_connection_is_not_tried_twice(server: Sink, sender: Sender) -> None:
    server.senders = ["451 later", "451 later"]
    with pytest.raises(TemporaryFailure, match="sender refused: 451 later"):
        sender.send(MESSAGE, within=PATIENCE)
    assert server.connections == 1


def test_after_a_refusal_the_next_message_begins_anew(server: Sink, sender: Sender) -> None:
    server.refusals[ANN] = ["550 no such user"]
    with pytest.raises(PermanentFailure):
        sender.send(MESSAGE, within=PATIENCE)
    sender.send(MESSAGE, within=PATIENCE)
    assert (len(server.taken), server.connections) == (1, 2)


def test_each_message_has_its_own_time(server: Sink, sender: Sender) -> None:
    sender.send(MESSAGE, within=10 * PATIENCE)
    server.rcpt_after = PATIENCE
    began = time.monotonic()
    with pytest.raises(TemporaryFailure):
        sender.send(MESSAGE, within=0.3)
    # By itself a connection is given up after ten seconds.
    assert time.monotonic() - began < 9
    server.rcpt_after = 0


def test_between_two_messages_nothing_is_hung_up(server: Sink, sender: Sender) -> None:
    sender.send(MESSAGE, within=10 * PATIENCE)
    wait_for(lambda: not any(isinstance(one, Timer) for one in enumerate_threads()), "disarmed")
    sender.send(MESSAGE, within=PATIENCE)
    assert (len(server.taken), server.connections) == (2, 1)


@pytest.mark.parametrize("words", ["550 not your address", "451 later"])
def test_a_refused_mailbox_says_nothing_of_the_desks_own_sender(
    server: Sink, sender: Sender, words: str
) -> None:
    server.senders = [words]
    with pytest.raises(TemporaryFailure, match="sender refused") as refused:
        sender.send(replace(MESSAGE, has_own_sender=True), within=PATIENCE)
    assert not isinstance(refused.value, ServerFailure)
    server.senders = [words]
    with pytest.raises(ServerFailure):
        sender.send(MESSAGE, within=PATIENCE)
    sender.send(MESSAGE, within=PATIENCE)
    assert len(server.taken) == 1


@pytest.mark.parametrize("words", ["421 closing", "530 sign in first"])
def test_a_server_that_minds_us_is_away_for_every_sender(
    server: Sink, sender: Sender, words: str
) -> None:
    server.senders = [words]
    with pytest.raises(ServerFailure):
        sender.send(replace(MESSAGE, has_own_sender=True), within=PATIENCE)
