"""Questions to DNS end in time."""

import dns.rcode
import pytest

from portal.mail_doctor import dns_client
from portal.mail_doctor.dns_client import DnsAway, DnsClient
from tests.dns_server import dns_server

ZONE = {
    ("example.com", "TXT"): ['"v=spf1 " "-all"', '"other"'],
    ("example.com", "MX"): ["20 b.example.com.", "10 a.example.com."],
    ("a.example.com", "A"): ["192.0.2.1"],
    ("a.example.com", "AAAA"): ["2001:db8::1"],
    ("quiet.example", "MX"): ["0 ."],
}


def test_records_are_read_as_they_are_meant() -> None:
    with dns_server(ZONE) as server:
        client = DnsClient(server.resolver())
        assert sorted(client.texts("example.com")) == ["other", "v=spf1 -all"]
        assert client.exchanges("example.com") == ["a.example.com", "b.example.com"]
        assert client.exchanges("quiet.example") == ["."]
        assert client.addresses("a.example.com") == ["192.0.2.1", "2001:db8::1"]


@pytest.mark.parametrize(
    "name", ["missing.example", "a..b", "x" * 64 + ".example", "quiet.example"]
)
def test_what_does_not_exist_has_no_records(name: str) -> None:
    with dns_server(ZONE) as server:
        assert DnsClient(server.resolver()).texts(name) == []


def test_a_server_that_cannot_answer_says_so() -> None:
    with dns_server(ZONE) as server:
        server.rcode = dns.rcode.SERVFAIL
        with pytest.raises(DnsAway):
            DnsClient(server.resolver()).texts("example.com")


def test_after_two_questions_without_an_answer_none_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dns_client, "_ONE_SECONDS", 0.05)
    with dns_server(ZONE) as server:
        server.is_silent = True
        client = DnsClient(server.resolver())
        for _ in range(3):
            with pytest.raises(DnsAway):
                client.texts("example.com")
        heard = len(server.asked)
        with pytest.raises(DnsAway):
            client.texts("other.example")
        assert len(server.asked) == heard
        assert ("other.example", "TXT") not in server.asked


def test_nothing_is_asked_when_the_time_is_over() -> None:
    with dns_server(ZONE) as server:
        with pytest.raises(DnsAway):
            DnsClient(server.resolver(), seconds=0.0).texts("example.com")
        assert not server.asked
