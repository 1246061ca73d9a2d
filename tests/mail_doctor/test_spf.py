"""Whether an SPF record lets a host send."""

import ipaddress
from collections.abc import Callable

import pytest

from portal.mail_doctor.dns_client import DnsClient
from portal.mail_doctor.spf import Evaluation, Result, records
from tests.dns_server import Zone, dns_server

Ask = Callable[[Zone, str], Result]


@pytest.fixture
def ask() -> Ask:
    def result(zone: Zone, sender: str = "192.0.2.1") -> Result:
        with dns_server(zone) as server:
            client = DnsClient(server.resolver())
            return Evaluation(client, ipaddress.ip_address(sender)).result("example.com")

    return result


def of(*texts: str, **others: str) -> Zone:
    zone = {("example.com", "TXT"): [f'"{text}"' for text in texts]}
    return zone | {(name.replace("__", "."), "TXT"): [f'"{one}"'] for name, one in others.items()}


@pytest.mark.parametrize(
    ("record", "sender", "wanted"),
    [
        ("v=spf1 ip4:192.0.2.1 -all", "192.0.2.1", Result.PASS),
        ("v=spf1 ip4:192.0.2.0/24 -all", "192.0.2.200", Result.PASS),
        ("v=spf1 ip4:192.0.2.0/24 -all", "198.51.100.1", Result.FAIL),
        ("v=spf1 ip6:2001:db8::/32 ~all", "2001:db8::7", Result.PASS),
        ("v=spf1 ip6:2001:db8::/32 ~all", "192.0.2.1", Result.SOFTFAIL),
        ("v=spf1 -ip4:192.0.2.1 +all", "192.0.2.1", Result.FAIL),
        ("v=spf1 ?all", "192.0.2.1", Result.NEUTRAL),
        ("v=spf1", "192.0.2.1", Result.NEUTRAL),
        ("v=spf1 exists:%{i}.example.com ptr -all", "192.0.2.1", Result.FAIL),
        ("v=spf1 ip4:nonsense -all", "192.0.2.1", Result.FAIL),
    ],
)
def test_mechanisms_without_questions(ask: Ask, record: str, sender: str, wanted: Result) -> None:
    assert ask(of(record), sender) == wanted


def test_hosts_of_a_and_mx_are_looked_up(ask: Ask) -> None:
    hosts: Zone = {
        ("example.com", "A"): ["192.0.2.9"],
        ("example.com", "MX"): ["10 mx.example.com."],
        ("mx.example.com", "A"): ["192.0.2.1"],
        ("relay.example.org", "A"): ["198.51.100.8"],
    }
    assert ask({**of("v=spf1 mx -all"), **hosts}, "192.0.2.1") == Result.PASS
    assert ask({**of("v=spf1 a -all"), **hosts}, "192.0.2.1") == Result.FAIL
    assert ask({**of("v=spf1 a:relay.example.org/24 -all"), **hosts}, "198.51.100.1") == Result.PASS


def test_what_is_included_counts_only_if_it_passes(ask: Ask) -> None:
    zone = of("v=spf1 include:other.example -all", other__example="v=spf1 ip4:192.0.2.1 -all")
    assert ask(zone, "192.0.2.1") == Result.PASS
    assert ask(zone, "192.0.2.2") == Result.FAIL


def test_a_redirect_takes_over_where_nothing_matches(ask: Ask) -> None:
    zone = of("v=spf1 redirect=other.example", other__example="v=spf1 ip4:192.0.2.1 -all")
    assert ask(zone, "192.0.2.1") == Result.PASS
    assert ask(zone, "192.0.2.2") == Result.FAIL


@pytest.mark.parametrize(
    "zone",
    [
        of("v=spf1 -all", "v=spf1 +all"),
        of("v=spf1 include:missing.example -all"),
        of("v=spf1 include:example.com -all"),
        of("v=spf1 redirect=example.com"),
    ],
    ids=["two", "missing", "circle", "turning"],
)
def test_a_record_that_does_not_hold(ask: Ask, zone: Zone) -> None:
    assert ask(zone, "192.0.2.1") == Result.PERMERROR


def test_other_texts_of_the_domain_are_no_spf() -> None:
    texts = ["google-site-verification=x", "V=SPF1 -all", "v=spf10 -all"]
    assert records(texts) == ["V=SPF1 -all"]
