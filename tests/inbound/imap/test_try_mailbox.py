"""Whether a mailbox can be opened: secure connections, allowed addresses, and what is wrong."""

from pathlib import Path

import pytest
from flask import Flask

from portal.extensions import db
from portal.inbound.imap import MailboxUnreachable, try_mailbox
from portal.models.inbound import FailureReason, Mailbox
from portal.security.delivery import connections
from tests.dovecot import Dovecot, dovecot
from tests.fetched import add_mailbox
from tests.smtp_sink import certificate


def reason(app: Flask, mailbox_id: int) -> FailureReason | None:
    """Why the mailbox cannot be opened; None if it can."""
    with app.app_context():
        try:
            try_mailbox(db.session.get_one(Mailbox, mailbox_id))
        except MailboxUnreachable as error:
            return error.reason if error.detail else None
    return None


@pytest.fixture(scope="module")
def certificate_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("certificate"), "127.0.0.1")


@pytest.fixture(scope="module")
def _secure_server(certificate_file: tuple[Path, Path]) -> object:
    with dovecot(certificate=certificate_file) as running:
        yield running


@pytest.fixture
def secure(_secure_server: Dovecot, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Dovecot:
    ports = (_secure_server.port, _secure_server.tls_port)
    allowed = frozenset(("127.0.0.1", port) for port in ports)
    monkeypatch.setitem(app.config, "OUTBOUND_ALLOW", allowed)
    return _secure_server


@pytest.fixture
def trusted(certificate_file: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine trusts the server's certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate_file[0]))
    connections.tls_context.cache_clear()
    yield
    connections.tls_context.cache_clear()


def test_a_mailbox_that_works(app: Flask, server: Dovecot, user: str) -> None:
    assert reason(app, add_mailbox(app, server.port, user)) is None


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_secure_connection(app: Flask, secure: Dovecot, user: str, security: str) -> None:
    port = secure.tls_port if security == "tls" else secure.port
    assert reason(app, add_mailbox(app, port, user, security=security)) is None


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_that_nobody_trusts(
    app: Flask, secure: Dovecot, user: str, security: str
) -> None:
    port = secure.tls_port if security == "tls" else secure.port
    mailbox_id = add_mailbox(app, port, user, security=security)
    assert reason(app, mailbox_id) == FailureReason.TLS


@pytest.mark.usefixtures("trusted")
def test_a_certificate_of_another_host(app: Flask, secure: Dovecot, user: str, monkeypatch) -> None:
    allowed = frozenset({("localhost", secure.tls_port)})
    monkeypatch.setitem(app.config, "OUTBOUND_ALLOW", allowed)
    mailbox_id = add_mailbox(app, secure.tls_port, user, security="tls", host="localhost")
    assert reason(app, mailbox_id) == FailureReason.TLS


def test_a_server_without_starttls(app: Flask, server: Dovecot, user: str) -> None:
    mailbox_id = add_mailbox(app, server.port, user, security="starttls")
    assert reason(app, mailbox_id) == FailureReason.TLS


@pytest.mark.threat("requests into the house")
@pytest.mark.parametrize(
    ("host", "port", "security"),
    [
        ("127.0.0.1", 993, "tls"),
        ("localhost", 143, "starttls"),
        ("10.0.0.5", 993, "tls"),
        ("[::1]", 993, "tls"),
        ("mail.example.com", 25, "tls"),
        ("mail.example.com", 143, "none"),
        ("bad host", 993, "tls"),
    ],
)
def test_addresses_that_only_the_operator_may_open(
    app: Flask, host: str, port: int, security: str
) -> None:
    mailbox_id = add_mailbox(app, port, "ann", host=host, security=security)
    assert reason(app, mailbox_id) == FailureReason.CONNECTION
