"""What the mail doctor finds out about the desk, its mail server and its domains."""

from collections.abc import Iterator

import pytest
from flask import Flask

from portal.extensions import db
from portal.inbound import examination
from portal.mail.transport import open_transport
from portal.mail_doctor.dns_client import DnsAway, DnsClient
from portal.mail_doctor.finding import Examined, Level
from portal.models.inbound import Mailbox
from tests.cast import Cast
from tests.dns_server import DnsServer, dns_server
from tests.factories import writing
from tests.mail_doctor.test_domains import GOOD
from tests.smtp_sink import Sink, sink


@pytest.fixture
def names(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[DnsServer]:
    with dns_server(GOOD) as server:
        monkeypatch.setitem(app.extensions, "lodge.dns", lambda: DnsClient(server.resolver()))
        yield server


@pytest.fixture
def server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    with sink() as made:
        transport = open_transport(f"smtp://127.0.0.1:{made.port}?tls=0")
        monkeypatch.setitem(app.extensions, "lodge.mail", transport)
        yield made


def examine(app: Flask, *addresses: str) -> list[Examined]:
    with app.app_context():
        return examination.examine(addresses)


def said(group: Examined) -> str:
    return " | ".join(f"{one.level} {one.sentence} {one.detail}" for one in group.findings)


@pytest.mark.usefixtures("names")
def test_settings_the_clock_and_loops(app: Flask, server: Sink) -> None:
    with writing(app):
        db.session.add(Mailbox(address="other@example.com"))
    desk, mail_server, *_domains = examine(app)
    assert "is no mailbox of the desk" in said(desk)
    assert "warning INBOUND_AUTHSERV names no server" in said(desk)
    assert "ok The clock says" in said(desk)
    assert "ok A mail from the desk's own address makes no ticket" in said(desk)
    assert "ok It answers" in said(mail_server)
    assert "warning The connection has no TLS" in said(mail_server)
    assert not server.taken, "a mail was sent"


@pytest.mark.usefixtures("names")
def test_a_mail_server_that_refuses_us_says_why(app: Flask, server: Sink) -> None:
    server.senders = ["550 who are you"]
    group = examine(app)[1]
    assert group.findings[0].level is Level.WRONG
    assert "550 who are you" in group.findings[0].detail


@pytest.mark.usefixtures("names")
def test_a_folder_is_no_mail_server(app: Flask) -> None:
    assert "wrong MAIL_URL names no mail server" in said(examine(app)[1])


def test_the_domains_of_the_desks_own_addresses_are_looked_up(app: Flask, names: DnsServer) -> None:
    with writing(app):
        db.session.add(Mailbox(address="help@shop.example"))
    domains = [group.name for group in examine(app)[2:]]
    assert "shop.example" in domains
    assert ("shop.example", "MX") in names.asked


def test_another_address_takes_the_place_of_our_own(app: Flask, names: DnsServer) -> None:
    [group] = examine(app, "somebody@example.com")[2:]
    assert group.name == "example.com"
    assert [one.level for one in group.findings] == [Level.OK] * 4


def test_what_is_no_address_is_refused(app: Flask, names: DnsServer) -> None:
    with pytest.raises(ValueError, match="address"):
        examine(app, "no address")


def test_a_machine_without_dns_has_findings_all_the_same(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> DnsClient:
        raise DnsAway("no name server")

    monkeypatch.setitem(app.extensions, "lodge.dns", away)
    found = examine(app)
    assert len(found) == 3
    assert "no name server" in said(found[-1])
