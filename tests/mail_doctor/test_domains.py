"""What DNS says of a domain, as findings."""

import ipaddress
from collections.abc import Mapping

import pytest

from portal.mail_doctor import dns_client, domains
from portal.mail_doctor.dns_client import DnsClient
from portal.mail_doctor.domains import Domain
from portal.mail_doctor.finding import Finding, Level
from tests.dns_server import Zone, dns_server

GOOD: Zone = {
    ("example.com", "MX"): ["10 mx.example.com."],
    ("mx.example.com", "A"): ["192.0.2.1"],
    ("example.com", "TXT"): ['"v=spf1 ip4:192.0.2.1 -all"'],
    ("mail._domainkey.example.com", "TXT"): ['"v=DKIM1; k=rsa; p=MIGf"'],
    ("_dmarc.example.com", "TXT"): ['"v=DMARC1; p=reject"'],
}
DOMAIN = Domain("example.com", receives=True, sends=True)


def findings(
    changes: Mapping[tuple[str, str], list[str]], domain: Domain = DOMAIN
) -> list[Finding]:
    zone = {key: records for key, records in {**GOOD, **changes}.items() if records}
    with dns_server(zone) as server:
        client = DnsClient(server.resolver())
        found = domains.examine(client, domain, [ipaddress.ip_address("192.0.2.1")])
    return list(found.findings)


def test_a_domain_in_order_has_four_good_findings() -> None:
    found = findings({})
    assert [one.level for one in found] == [Level.OK] * 4
    assert found[0].detail == "mx.example.com"
    assert found[2].detail == "mail"


@pytest.mark.parametrize(
    ("name", "records", "level", "words"),
    [
        (("example.com", "MX"), [], Level.WRONG, "no MX record, so no mail reaches"),
        (("example.com", "MX"), ["0 ."], Level.WRONG, "takes no mail"),
        (("example.com", "MX"), ["10 gone.example.com."], Level.WRONG, "has no address"),
        (("example.com", "TXT"), ['"hello"'], Level.WRONG, "There is no SPF record"),
        (
            ("example.com", "TXT"),
            ['"v=spf1 -all"', '"v=spf1 ~all"'],
            Level.WRONG,
            "several SPF records",
        ),
        (("example.com", "TXT"), ['"v=spf1 +all"'], Level.WRONG, "every server of the world"),
        (("example.com", "TXT"), ['"v=spf1 ip4:192.0.2.9 -all"'], Level.WARNING, "(192.0.2.1)"),
        (
            ("example.com", "TXT"),
            ['"v=spf1 include:missing.example -all"'],
            Level.WRONG,
            "does not hold",
        ),
        (("mail._domainkey.example.com", "TXT"), [], Level.WARNING, "No DKIM key is found"),
        (("mail._domainkey.example.com", "TXT"), ['"p="'], Level.WRONG, "taken back"),
        (("_dmarc.example.com", "TXT"), [], Level.WARNING, "no DMARC record"),
        (("_dmarc.example.com", "TXT"), ['"v=DMARC1; p=none"'], Level.WARNING, "only reports"),
        (("_dmarc.example.com", "TXT"), ['"v=DMARC1"'], Level.WRONG, "has no policy"),
        (
            ("_dmarc.example.com", "TXT"),
            ['"v=DMARC1; p=none"', '"v=DMARC1; p=reject"'],
            Level.WRONG,
            "several DMARC records",
        ),
    ],
)
def test_each_fault_is_said_with_what_to_do(
    name: tuple[str, str], records: list[str], level: Level, words: str
) -> None:
    [found] = [one for one in findings({name: records}) if one.level is not Level.OK]
    assert found.level == level
    assert words in found.sentence


def test_a_domain_with_an_address_alone_takes_mail_there() -> None:
    found = findings({("example.com", "MX"): [], ("example.com", "A"): ["192.0.2.1"]})
    assert found[0].level == Level.WARNING
    assert "goes to the domain's own address" in found[0].sentence


def test_the_policy_of_the_domain_above_holds_below() -> None:
    below = Domain("help.example.com", receives=False, sends=True)
    found = findings({("help.example.com", "TXT"): ['"v=spf1 ip4:192.0.2.1 -all"']}, below)
    assert found[-1].level == Level.OK
    assert "p=reject" in found[-1].detail


def test_where_no_mail_is_sent_from_nothing_but_mx_is_asked() -> None:
    found = findings({}, Domain("example.com", receives=True, sends=False))
    assert len(found) == 1


def test_dns_that_is_away_is_one_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_client, "_ONE_SECONDS", 0.05)
    with dns_server(GOOD) as server:
        server.is_silent = True
        found = domains.examine(DnsClient(server.resolver()), DOMAIN, [])
    [finding] = found.findings
    assert finding.level == Level.WARNING
    assert "DNS could not be asked" in finding.sentence
