"""Real SMTP on loopback: TLS, sign-in, refusals for now and for good, servers that stall."""

import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from portal.mail.failures import PermanentFailure, TemporaryFailure
from portal.mail.messages import compose
from portal.mail.transport import open_transport
from tests.mail.outgoing import comment, desk, outgoing_mail, part
from tests.servers import free_port
from tests.smtp_sink import Sink, certificate, sink
from tests.waiting import PATIENCE, wait_for

MESSAGE = compose(outgoing_mail("reply"), desk())
ANN = "ann@example.com"


@pytest.fixture
def server() -> Iterator[Sink]:
    with sink() as running:
        yield running


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    certificate(folder, "127.0.0.1")
    certificate(folder, "elsewhere.example.com")
    return folder


def server_context(folder: Path, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
    return context


def send(url: str, within: float = PATIENCE) -> None:
    open_transport(url).send(MESSAGE, within=within)


def plain(server: Sink) -> str:
    return f"smtp://127.0.0.1:{server.port}?tls=0"


@contextmanager
def listener(talk: str = "", every: float = 0.0) -> Iterator[int]:
    """A server that says `talk` one character every so many seconds, and never anything else."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        over = threading.Event()

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                for character in talk:
                    if over.wait(every):
                        return
                    try:
                        connection.sendall(character.encode())
                    except OSError:
                        return
                over.wait(PATIENCE)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        over.set()
        thread.join(PATIENCE)


def test_a_message_arrives_as_it_was_composed(server: Sink) -> None:
    send(plain(server))
    [envelope] = server.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("support@example.com", [ANN])
    assert envelope.content == MESSAGE.data


def test_a_line_that_is_a_single_dot_does_not_end_the_message(server: Sink) -> None:
    said = comment("before\n.\n..\nafter")
    message = compose(outgoing_mail("reply", comment=said), desk())
    open_transport(plain(server)).send(message, within=PATIENCE)
    assert "before\n.\n..\nafter\n" in part(server.taken[0])


def test_starttls_with_a_certificate_that_the_operator_named(certificates: Path) -> None:
    context = server_context(certificates, "127.0.0.1")
    with sink(tls_context=context, require_starttls=True) as server:
        send(f"smtp://127.0.0.1:{server.port}?ca={certificates}/127.0.0.1.crt")
        assert len(server.taken) == 1


def test_tls_from_the_first_byte(certificates: Path) -> None:
    context = server_context(certificates, "127.0.0.1")
    with sink(implicit_tls=True, tls_context=context) as server:
        send(f"smtps://127.0.0.1:{server.port}?ca={certificates}/127.0.0.1.crt")
        assert len(server.taken) == 1


@pytest.mark.parametrize(
    ("name", "options"),
    [("127.0.0.1", ""), ("elsewhere.example.com", "?ca={folder}/elsewhere.example.com.crt")],
    ids=["signed by nobody we know", "for another host"],
)
def test_a_certificate_that_proves_nothing_stops_the_mail(
    certificates: Path, name: str, options: str
) -> None:
    with sink(tls_context=server_context(certificates, name)) as server:
        with pytest.raises(TemporaryFailure, match="certificate"):
            send(f"smtp://127.0.0.1:{server.port}{options.format(folder=certificates)}")
        assert server.taken == []


def test_a_server_without_tls_gets_nothing_when_tls_is_asked_for(server: Sink) -> None:
    with pytest.raises(TemporaryFailure, match="STARTTLS"):
        send(f"smtp://127.0.0.1:{server.port}")
    assert server.taken == []


def test_signing_in(certificates: Path) -> None:
    context = server_context(certificates, "127.0.0.1")
    with sink(tls_context=context, password="p@ss/word") as server:
        ca = f"ca={certificates}/127.0.0.1.crt"
        send(f"smtp://lodge:p%40ss%2Fword@127.0.0.1:{server.port}?{ca}")
        assert len(server.taken) == 1


def test_a_wrong_password_is_our_fault_and_stays_secret(
    certificates: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    context = server_context(certificates, "127.0.0.1")
    with sink(tls_context=context, password="right") as server:
        ca = f"ca={certificates}/127.0.0.1.crt"
        url = f"smtp://lodge:hunter2secret@127.0.0.1:{server.port}?{ca}"
        with pytest.raises(TemporaryFailure, match="535") as caught:
            send(url)
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("mail.log")]
    assert "hunter2secret" not in str(caught.value) + repr(open_transport(url)) + "".join(ours)


@pytest.mark.parametrize("code", ["450", "421", "452"])
def test_a_recipient_refused_for_now(server: Sink, code: str) -> None:
    server.refusals[ANN] = [f"{code} come back later"]
    with pytest.raises(TemporaryFailure, match=f"recipient refused: {code} come back later"):
        send(plain(server))


def test_a_recipient_refused_for_good(server: Sink) -> None:
    server.refusals[ANN] = ["550 no such user"]
    with pytest.raises(PermanentFailure, match="recipient refused: 550 no such user"):
        send(plain(server))


def test_a_recipient_refused_because_we_did_not_sign_in_is_not_the_recipients_fault(
    server: Sink,
) -> None:
    server.refusals[ANN] = ["530 authentication required"]
    with pytest.raises(TemporaryFailure, match="530"):
        send(plain(server))


@pytest.mark.parametrize(
    ("verdict", "failure"),
    [("451 busy", TemporaryFailure), ("554 looks like spam", PermanentFailure)],
)
def test_a_message_that_is_refused_after_it_was_read(
    server: Sink, verdict: str, failure: type[Exception]
) -> None:
    server.verdicts = [verdict]
    with pytest.raises(failure, match=f"message refused: {verdict}"):
        send(plain(server))


def test_a_server_that_says_something_unprintable_is_quoted_in_one_line(server: Sink) -> None:
    server.refusals[ANN] = ["550-first\r\n550 \x07second"]
    with pytest.raises(PermanentFailure) as caught:
        send(plain(server))
    assert str(caught.value).isprintable()


def test_a_closed_port_is_a_reason_to_wait() -> None:
    with pytest.raises(TemporaryFailure, match="refused"):
        send(f"smtp://127.0.0.1:{free_port()}?tls=0")


def test_a_host_that_does_not_exist_is_a_reason_to_wait() -> None:
    with pytest.raises(TemporaryFailure, match=r"nowhere\.invalid"):
        send("smtp://nowhere.invalid:25?tls=0")


def test_a_mute_server_is_left_when_the_time_is_over() -> None:
    with listener() as port:
        began = time.monotonic()
        with pytest.raises(TemporaryFailure):
            send(f"smtp://127.0.0.1:{port}?tls=0", within=0.3)
        # By itself a connection is given up after ten seconds.
        assert time.monotonic() - began < 9


def test_a_server_that_drips_is_left_when_the_time_is_over() -> None:
    with listener("220 this takes very long indeed" * 100, every=0.05) as port:
        began = time.monotonic()
        with pytest.raises(TemporaryFailure):
            send(f"smtp://127.0.0.1:{port}?tls=0", within=0.4)
        # All of it takes two and a half minutes.
        assert time.monotonic() - began < 60


def test_a_server_that_never_answers_the_message_is_left(server: Sink) -> None:
    server.answer_after = PATIENCE
    began = time.monotonic()
    with pytest.raises(TemporaryFailure):
        send(plain(server), within=0.5)
    server.answer_after = 0
    assert time.monotonic() - began < 60


def test_nothing_is_handed_over_after_the_time_is_over(server: Sink) -> None:
    server.rcpt_after = 0.4
    with pytest.raises(TemporaryFailure):
        send(plain(server), within=0.2)
    time.sleep(0.4)
    assert server.taken == []


def test_no_alarm_is_left_behind(server: Sink) -> None:
    before = threading.active_count()
    send(plain(server), within=10 * PATIENCE)
    with pytest.raises(TemporaryFailure):
        send(f"smtp://127.0.0.1:{free_port()}?tls=0", within=10 * PATIENCE)
    wait_for(lambda: threading.active_count() <= before, "the end of both alarms")


@pytest.mark.parametrize("local", ["a!b", "a%b", "{a}", "a+b", "o'neil", "#a", "a=b", "a/b", "=a?"])
def test_the_envelope_names_the_very_address(server: Sink, local: str) -> None:
    address = f"{local}@xn--mller-kva.example"
    message = replace(MESSAGE, recipient=address)
    open_transport(plain(server)).send(message, within=PATIENCE)
    assert server.envelopes[0].rcpt_tos == [address]
